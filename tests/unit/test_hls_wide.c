/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every bit of the wide things, which programs of ordinary size hardly move: registers, addresses of 64 bits, offsets of 48, strides of 32 and
 * counts of 16 and 24.
 */
#include "hls_bench.h"

/* Bit 0 to 63 one after the other, then all, then none. */
static uint64_t pattern(unsigned i)
{
    return i < 64 ? UINT64_C(1) << i : i == 64 ? UINT64_MAX : 0;
}
enum { PATTERNS = 66 };

static void test_wide_registers_hold_every_bit(void **state)
{
    struct bench *b = *state;
    for (unsigned i = 0; i < PATTERNS; i++) {
        const uint64_t v = pattern(i);
        for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++)
            bench_window(b, w, v, ~v);
        b->ops->write_reg(b->m, SYSTOLE_REG_WATCHDOG_LO, (uint32_t)v);
        b->ops->write_reg(b->m, SYSTOLE_REG_WATCHDOG_HI, (uint32_t)(v >> 32));
        for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++) {
            const uint32_t at = w * SYSTOLE_REG_WIN_BASE_LO_STEP;
            assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_WIN_BASE_LO + at), (uint32_t)v);
            assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_WIN_BASE_HI + at), (uint32_t)(v >> 32));
            assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_WIN_SIZE_LO + at), (uint32_t)~v);
            assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_WIN_SIZE_HI + at), (uint32_t)(~v >> 32));
        }
        assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_WATCHDOG_LO), (uint32_t)v);
        assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_WATCHDOG_HI), (uint32_t)(v >> 32));
    }
}

/* A copy of a row of ACC's size from the data to 256 bytes on, through window 1. */
static void add_copy(struct program *p, uint64_t src)
{
    uint32_t *i = add_load(p, SYSTOLE_MEM_ACC, SYSTOLE_CONV_COPY32, (uint32_t)src, 0, C);
    SYSTOLE_PUT(i, LOAD, src_hi, src >> 32);
    program_sync(p, 0, 2);
    i = add_store(p, SYSTOLE_OUT_RAW32, (uint32_t)(src + 256), 1);
    SYSTOLE_PUT(i, STORE, dst_hi, (src + 256) >> 32);
}

static void put_program(struct bench *b, struct program *p)
{
    program_add(p, SYSTOLE_OP_END);
    for (uint32_t i = 0; i < p->count * SYSTOLE_INSN_WORDS; i++)
        put32(b->memory + 4 * (size_t)i, p->words[i / SYSTOLE_INSN_WORDS][i % SYSTOLE_INSN_WORDS]);
}

/* Memory at `addr`, window 1 `below` bytes under its data: a program there must find what it is told to. */
static void run_at(struct bench *b, uint64_t addr, uint64_t below)
{
    struct program p = {.count = 0};
    uint8_t *data = bench_data(b);
    add_copy(&p, below);
    put_program(b, &p);
    for (uint32_t k = 0; k < 4 * C; k++)
        data[k] = (uint8_t)(k * 7 + addr + below + (addr >> 40));
    memset(data + 256, 0, 4 * C);
    assert_int_equal(b->ops->attach(b->m, addr, b->memory, BENCH_BYTES), 0);
    bench_window(b, 0, addr, (uint64_t)p.count * SYSTOLE_INSN_BYTES);
    bench_window(b, 1, addr + BENCH_DATA - below, below + BENCH_DATA_BYTES);
    bench_go(b);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    assert_memory_equal(data, data + 256, 4 * C);
    assert_int_equal(b->ops->detach(b->m, addr), 0);
}

static void test_wide_addresses_reach_memory_anywhere(void **state)
{
    struct bench *b = *state;
    assert_int_equal(b->ops->detach(b->m, BENCH_BASE), 0);
    for (unsigned bit = 20; bit < 64; bit++) {
        run_at(b, UINT64_C(1) << bit, 0);
        run_at(b, 0 - (UINT64_C(1) << bit), 0);
    }
    assert_int_equal(b->ops->attach(b->m, BENCH_BASE, b->memory, BENCH_BYTES), 0);
}

static void test_wide_offsets_reach_their_windows_end(void **state)
{
    struct bench *b = *state;
    assert_int_equal(b->ops->detach(b->m, BENCH_BASE), 0);
    for (unsigned bit = 8; bit < 48; bit++)
        run_at(b, (UINT64_C(1) << 62) + BENCH_BASE, (UINT64_C(1) << bit) & ~UINT64_C(63));
    assert_int_equal(b->ops->attach(b->m, BENCH_BASE, b->memory, BENCH_BYTES), 0);
}

/* Fields of an instruction with a stride and a count each. */
struct dimension {
    const char *name;
    uint32_t opcode, n_word, n_lsb, step_word, step_lsb, step_width;
};
#define DIMENSION(type, n, step)                                                                                       \
    {#type "." #step, SYSTOLE_OP_##type, SYSTOLE_F_##type##_##n##_WORD, SYSTOLE_F_##type##_##n##_LSB,               \
     SYSTOLE_F_##type##_##step##_WORD, SYSTOLE_F_##type##_##step##_LSB, SYSTOLE_F_##type##_##step##_WIDTH}
static const struct dimension dimensions[] = {
    DIMENSION(LOAD, n1, s1),     DIMENSION(LOAD, n2, s2),     DIMENSION(LOAD, n3, s3),    DIMENSION(LOAD, n1, d1),
    DIMENSION(LOAD, n2, d2),     DIMENSION(LOAD, n3, d3),     DIMENSION(FILL, n1, d1),    DIMENSION(FILL, n2, d2),
    DIMENSION(FILL, n3, d3),     DIMENSION(MATMUL, kh, a_skh), DIMENSION(MATMUL, kw, a_skw), DIMENSION(MATMUL, kc, a_skc),
    DIMENSION(MATMUL, n, a_sn),  DIMENSION(MATMUL, p, a_sp),  DIMENSION(MATMUL, q, a_sq), DIMENSION(MATMUL, n, c_sn),
    DIMENSION(MATMUL, p, c_sp),  DIMENSION(MATMUL, q, c_sq),  DIMENSION(STORE, n, c_sn),  DIMENSION(STORE, p, c_sp),
    DIMENSION(STORE, q, c_sq),   DIMENSION(STORE, n, d_sn),   DIMENSION(STORE, p, d_sp),  DIMENSION(STORE, q, d_sq),
};

static void replace(uint32_t *insn, uint32_t word, uint32_t lsb, uint32_t width, uint32_t value)
{
    const uint32_t mask = width == 32 ? UINT32_MAX : (1u << width) - 1;
    insn[word] = (insn[word] & ~(mask << lsb)) | (value & mask) << lsb;
}

/* The status of one instruction with n steps of this size, all else ordinary. */
static uint32_t status_of(struct bench *b, const struct dimension *d, uint32_t n, uint32_t step)
{
    struct program p = {.count = 0};
    uint32_t *i = d->opcode == SYSTOLE_OP_LOAD    ? add_load(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, 0, 0, 1)
                  : d->opcode == SYSTOLE_OP_STORE ? add_store(&p, SYSTOLE_OUT_RAW32, 0, 1)
                                                  : program_add(&p, d->opcode);
    replace(i, d->n_word, d->n_lsb, 16, n);
    replace(i, d->step_word, d->step_lsb, d->step_width, step);
    bench_run(b, &p);
    return b->status;
}

/* A step that is never taken may be anything aligned; one that leaves the memory is refused, however far it leads. */
static void test_wide_strides_are_heeded_to_the_last_bit(void **state)
{
    struct bench *b = *state;
    for (size_t k = 0; k < sizeof dimensions / sizeof dimensions[0]; k++) {
        const struct dimension *d = &dimensions[k];
        const unsigned most = d->step_width;
        for (unsigned bit = 7; bit < most; bit++) {
            const uint32_t step = 1u << bit;
            assert_int_equal(status_of(b, d, 1, step), SYSTOLE_ERR_OK);
            if (bit < 20 && !(most == 16 && bit > 11))
                continue;
            for (uint32_t n = 2; n < 65536; n = n * 4 + 1) {
                if (status_of(b, d, n, step) == SYSTOLE_ERR_OK || (most == 32 && status_of(b, d, n, 0 - step) == SYSTOLE_ERR_OK))
                    fail_msg("%s: %u times 0x%x passed", d->name, n, step);
            }
        }
    }
}

static void test_wide_counts_are_heeded_to_the_last_bit(void **state)
{
    struct bench *b = *state;
    for (unsigned bit = 17; bit < 24; bit++) {
        struct program p = {.count = 0};
        const uint32_t count = 1u << bit;
        add_load(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, 0, 0, count);
        bench_run(b, &p);
        assert_int_equal(b->status, count > SYSTOLE_APAD_BYTES   ? SYSTOLE_ERR_BAD_RANGE
                                    : count > BENCH_DATA_BYTES ? SYSTOLE_ERR_BAD_WINDOW
                                                               : SYSTOLE_ERR_OK);
        uint32_t *i = program_add(&p, SYSTOLE_OP_FILL);
        SET(i, FILL, len, count);
        SYSTOLE_PUT(i, FILL, mem, SYSTOLE_MEM_WPAD);
        bench_run(b, &p);
        assert_int_equal(b->status, count > SYSTOLE_WPAD_BYTES ? SYSTOLE_ERR_BAD_RANGE : SYSTOLE_ERR_OK);
    }
    /* Tiles: 2^48 of them are not 0. */
    struct program p = {.count = 0};
    uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL);
    SET(i, MATMUL, kh, 1u << 15);
    SET(i, MATMUL, kw, 1u << 15);
    SET(i, MATMUL, kc, 1u << 15);
    SET(i, MATMUL, n, 1u << 3);
    SYSTOLE_PUT(i, MATMUL, c_sn, 1);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_BAD_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wide_registers_hold_every_bit, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(test_wide_addresses_reach_memory_anywhere, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(test_wide_offsets_reach_their_windows_end, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(test_wide_strides_are_heeded_to_the_last_bit, bench_open, bench_close),
        cmocka_unit_test_setup_teardown(test_wide_counts_are_heeded_to_the_last_bit, bench_open, bench_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
