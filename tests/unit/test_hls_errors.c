/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functional device against programs that are wrong, and its registers: each error code with its index, what still
 * completes before it, and that the device takes another start.
 */
#include "hls_bench.h"

#include "../../driver/systole_hash.h"

/* A legal instruction of each kind, from which one field at a time is made wrong. */
static uint32_t *add_legal(struct program *p, uint32_t opcode)
{
    uint32_t *i;
    switch (opcode) {
    case SYSTOLE_OP_LOAD:
        return add_load(p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, 0, 0, 4);
    case SYSTOLE_OP_FILL:
        i = program_add(p, SYSTOLE_OP_FILL);
        SYSTOLE_PUT(i, FILL, mem, SYSTOLE_MEM_ACC);
        SYSTOLE_PUT(i, FILL, conv, SYSTOLE_CONV_COPY32);
        return i;
    case SYSTOLE_OP_MATMUL:
        return program_add(p, SYSTOLE_OP_MATMUL);
    case SYSTOLE_OP_STORE:
        return add_store(p, SYSTOLE_OUT_RAW32, 0, 1);
    default:
        return program_add(p, opcode);
    }
}

/* Up to five fields replaced, and the code that must come of it. */
struct wrong {
    const char *what;
    uint32_t opcode, code;
    struct {
        uint32_t word, lsb, width, value;
    } set[5];
};

#define AT(type, field, value)                                                                                         \
    {SYSTOLE_F_##type##_##field##_WORD, SYSTOLE_F_##type##_##field##_LSB, SYSTOLE_F_##type##_##field##_WIDTH,          \
     (uint32_t)(value)}
#define WRONG1(code, type, field, value)                                                                               \
    {#type "." #field "=" #value, SYSTOLE_OP_##type, SYSTOLE_ERR_##code, {AT(type, field, value)}}
#define WRONG2(code, type, field, value, field2, value2)                                                               \
    {#type "." #field "=" #value " " #field2 "=" #value2, SYSTOLE_OP_##type, SYSTOLE_ERR_##code,                       \
     {AT(type, field, value), AT(type, field2, value2)}}

static const struct wrong wrongs[] = {
    {"END waits", SYSTOLE_OP_END, SYSTOLE_ERR_BAD_FIELD, {AT(ANY, wait, 1)}},
    {"END signals", SYSTOLE_OP_END, SYSTOLE_ERR_BAD_FIELD, {AT(ANY, signal, 1)}},
    {"LOAD waits for compute's", SYSTOLE_OP_LOAD, SYSTOLE_ERR_BAD_FIELD, {AT(ANY, wait, 16)}},
    {"reserved word", SYSTOLE_OP_SYNC, SYSTOLE_ERR_BAD_FIELD, {{31, 31, 1, 1}}},
    {"reserved bit", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_FIELD, {{0, 16, 1, 1}}},
    {"opcode 0", 0, SYSTOLE_ERR_BAD_OPCODE, {{31, 0, 32, 1}}},
    {"opcode 7", 7, SYSTOLE_ERR_BAD_OPCODE, {{31, 0, 32, 1}}},
    WRONG1(BAD_FIELD, SYNC, queue, 3),
    WRONG1(BAD_FIELD, LOAD, mem, 5),
    WRONG1(BAD_FIELD, LOAD, conv, 6),
    WRONG1(BAD_FIELD, LOAD, conv, SYSTOLE_CONV_COPY32),
    WRONG1(BAD_FIELD, LOAD, mem, SYSTOLE_MEM_ACC),
    WRONG2(BAD_FIELD, LOAD, mem, SYSTOLE_MEM_LUT, trans, 1),
    WRONG2(BAD_FIELD, LOAD, conv, SYSTOLE_CONV_COPY16, dst, 1),
    WRONG2(BAD_FIELD, LOAD, conv, SYSTOLE_CONV_F32_H, src_lo, 2),
    WRONG1(BAD_FIELD, LOAD, len, 0),
    WRONG1(BAD_FIELD, LOAD, n3, 0),
    WRONG1(BAD_RANGE, LOAD, dst, SYSTOLE_APAD_BYTES - 3),
    WRONG2(BAD_RANGE, LOAD, n1, 2, d1, -1),
    WRONG2(BAD_RANGE, LOAD, n2, 2, d2, SYSTOLE_APAD_BYTES),
    WRONG2(BAD_RANGE, LOAD, n3, 2, d3, SYSTOLE_APAD_BYTES),
    WRONG2(BAD_RANGE, LOAD, trans, 1, d1, SYSTOLE_APAD_BYTES / 2),
    WRONG1(BAD_WINDOW, LOAD, src_lo, BENCH_DATA_BYTES - 3),
    WRONG1(BAD_WINDOW, LOAD, src_hi, 1),
    WRONG2(BAD_WINDOW, LOAD, n2, 2, s2, -1),
    WRONG1(BAD_WINDOW, LOAD, window, 2),
    WRONG1(BAD_WINDOW, LOAD, window, 7), /* its base is not aligned */
    WRONG1(BAD_FIELD, FILL, mem, SYSTOLE_MEM_LUT),
    WRONG1(BAD_FIELD, FILL, conv, SYSTOLE_CONV_COPY8),
    WRONG1(BAD_FIELD, FILL, dst, 2),
    WRONG1(BAD_RANGE, FILL, dst, SYSTOLE_ACC_ROWS * C * 4),
    WRONG1(BAD_FIELD, MATMUL, init, 3),
    WRONG1(BAD_FIELD, MATMUL, k_tail, 0),
    WRONG1(BAD_FIELD, MATMUL, k_tail, 65),
    WRONG1(BAD_FIELD, MATMUL, k_tail, R + 1),
    WRONG1(BAD_FIELD, MATMUL, a_base, R / 2),
    WRONG1(BAD_FIELD, MATMUL, a_skw, 1),
    WRONG1(BAD_FIELD, MATMUL, w_base, SYSTOLE_WORD_BYTES / 2),
    WRONG1(BAD_FIELD, MATMUL, q, 2),
    WRONG2(BAD_FIELD, MATMUL, p, 2, c_sp, 0),
    WRONG2(BAD_FIELD, MATMUL, dtype, SYSTOLE_DTYPE_BF16, a_zp, 1),
    WRONG1(BAD_RANGE, MATMUL, a_base, SYSTOLE_APAD_BYTES),
    WRONG2(BAD_RANGE, MATMUL, kh, 2, a_skh, -R),
    WRONG1(BAD_RANGE, MATMUL, w_base, SYSTOLE_WPAD_BYTES),
    WRONG2(BAD_RANGE, MATMUL, kh, 65535, kw, 65535),
    WRONG2(BAD_RANGE, MATMUL, init, SYSTOLE_INIT_PARAM, bias, SYSTOLE_PARAM_ROWS),
    WRONG2(BAD_RANGE, MATMUL, n, 2, c_sn, SYSTOLE_ACC_ROWS),
    WRONG1(BAD_FIELD, STORE, dst, 3),
    WRONG1(BAD_FIELD, STORE, out, 5),
    WRONG1(BAD_FIELD, STORE, scale, SYSTOLE_SCALE_IMM),
    WRONG1(BAD_FIELD, STORE, clamp, 1),
    WRONG1(BAD_FIELD, STORE, dst, SYSTOLE_DST_APAD),
    WRONG2(BAD_FIELD, STORE, out, SYSTOLE_OUT_F32, act, SYSTOLE_ACT_TABLE),
    WRONG2(BAD_FIELD, STORE, out, SYSTOLE_OUT_F32, act, 4),
    WRONG1(BAD_FIELD, STORE, n_tail, 65),
    WRONG1(BAD_FIELD, STORE, dst_lo, 2),
    WRONG2(BAD_FIELD, STORE, out, SYSTOLE_OUT_I8, scale, 3),
    WRONG2(BAD_RANGE, STORE, q, 2, c_sq, SYSTOLE_ACC_ROWS),
    WRONG1(BAD_WINDOW, STORE, dst_lo, BENCH_DATA_BYTES - 4),
    WRONG2(BAD_WINDOW, STORE, n, 2, d_sn, BENCH_DATA_BYTES - 4 * C + 4),
    WRONG2(BAD_WINDOW, STORE, p, 2, d_sp, -4),
    WRONG1(BAD_WINDOW, STORE, window, 2),
    {"tiles whose bytes, cut to 64 bits, would be none", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_RANGE,
     {AT(MATMUL, kh, 32768), AT(MATMUL, kw, 32768), AT(MATMUL, kc, 32768), AT(MATMUL, n, 2048), AT(MATMUL, c_sn, 1)}},
    {"a full block above the narrow last one, beyond the window", SYSTOLE_OP_STORE, SYSTOLE_ERR_BAD_WINDOW,
     {AT(STORE, dst_lo, BENCH_DATA_BYTES - 4 * C + 4), AT(STORE, n, 2), AT(STORE, n_tail, 1), AT(STORE, d_sn, -4 * C)}},
    {"tiles whose number, cut to 32 bits, would be none", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_RANGE,
     {AT(MATMUL, kh, 32768), AT(MATMUL, kw, 32768), AT(MATMUL, kc, 4)}},
    {"taps at once of the array", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_FIELD, {AT(MATMUL, taps, 1)}},
    {"taps at once of a maximum", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_FIELD,
     {AT(MATMUL, mode, SYSTOLE_MODE_MAX), AT(MATMUL, taps, 1)}},
    {"taps at once of bf16", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_FIELD,
     {AT(MATMUL, mode, SYSTOLE_MODE_DEPTHWISE), AT(MATMUL, taps, 1), AT(MATMUL, dtype, SYSTOLE_DTYPE_BF16)}},
    {"more taps at once than there are", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_FIELD,
     {AT(MATMUL, mode, SYSTOLE_MODE_DEPTHWISE), AT(MATMUL, taps, 1), AT(MATMUL, kc, SYSTOLE_LANE_TAPS + 1)}},
    {"taps at once, pixels three taps apart", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_FIELD,
     {AT(MATMUL, mode, SYSTOLE_MODE_DEPTHWISE), AT(MATMUL, taps, 1), AT(MATMUL, a_skc, C), AT(MATMUL, a_sq, 3 * C)}},
    {"taps at once, twice whose distance is beyond 32 bits", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_FIELD,
     {AT(MATMUL, mode, SYSTOLE_MODE_DEPTHWISE), AT(MATMUL, taps, 1), AT(MATMUL, a_skc, 0x80000000u)}},
    {"taps at once beyond APAD", SYSTOLE_OP_MATMUL, SYSTOLE_ERR_BAD_RANGE,
     {AT(MATMUL, mode, SYSTOLE_MODE_DEPTHWISE), AT(MATMUL, taps, 1), AT(MATMUL, kc, 2), AT(MATMUL, a_skc, SYSTOLE_APAD_BYTES),
      AT(MATMUL, a_sq, SYSTOLE_APAD_BYTES)}},
    {"the first of three blocks stored downwards, beyond the window", SYSTOLE_OP_STORE, SYSTOLE_ERR_BAD_WINDOW,
     {AT(STORE, dst_lo, BENCH_DATA_BYTES - 4 * C + 4), AT(STORE, n, 3), AT(STORE, n_tail, 1), AT(STORE, d_sn, -4 * C)}},
    {"scales that begin in PARAM and end beyond it", SYSTOLE_OP_STORE, SYSTOLE_ERR_BAD_RANGE,
     {AT(STORE, out, SYSTOLE_OUT_I8), AT(STORE, scale, SYSTOLE_SCALE_PARAM), AT(STORE, s_base, SYSTOLE_PARAM_ROWS - 1),
      AT(STORE, n, 2)}},
};

static void test_every_bad_instruction_is_named_and_those_before_complete(void **state)
{
    struct bench *b = *state;
    uint8_t *d = bench_data(b);
    bench_window(b, 7, BENCH_BASE + BENCH_DATA + 32, 4096);
    for (size_t k = 0; k < sizeof wrongs / sizeof wrongs[0]; k++) {
        const struct wrong *w = &wrongs[k];
        struct program p = {.count = 0};
        uint32_t *i = program_add(&p, SYSTOLE_OP_FILL);
        SYSTOLE_PUT(i, FILL, mem, SYSTOLE_MEM_ACC);
        SYSTOLE_PUT(i, FILL, conv, SYSTOLE_CONV_COPY32);
        SET(i, FILL, len, C);
        SYSTOLE_PUT(i, FILL, value, k + 1);
        program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_STORE);
        add_store(&p, SYSTOLE_OUT_RAW32, 256, 1);
        i = add_legal(&p, w->opcode);
        for (uint32_t s = 0; s < 5 && w->set[s].width; s++) {
            i[w->set[s].word] &= ~(SYSTOLE_MASK(w->set[s].width) << w->set[s].lsb);
            i[w->set[s].word] |= (w->set[s].value & SYSTOLE_MASK(w->set[s].width)) << w->set[s].lsb;
        }
        add_store(&p, SYSTOLE_OUT_RAW32, 512, 1);
        bench_run(b, &p);
        const uint32_t code = !SYSTOLE_HAS_FP && strstr(w->what, "BF16") ? SYSTOLE_ERR_BAD_FIELD : w->code;
        if (b->status != code || b->index != 4)
            fail_msg("%s: status %u at %u, not %u", w->what, b->status, b->index, code);
        assert_int_equal(get32(d + 256), k + 1);
        assert_int_equal(get32(d + 512), 0);
    }
}

static void test_program_without_end_is_reported_with_its_length(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    add_store(&p, SYSTOLE_OUT_RAW32, 0, 1);
    add_store(&p, SYSTOLE_OUT_RAW32, 0, 1);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    bench_window(b, 0, BENCH_BASE, 3 * SYSTOLE_INSN_BYTES - 1);
    bench_go(b);
    assert_int_equal(b->status, SYSTOLE_ERR_PROGRAM_END);
    assert_int_equal(b->index, 2);
    bench_window(b, 0, BENCH_BASE + 32, 1024);
    bench_go(b);
    assert_int_equal(b->status, SYSTOLE_ERR_BAD_WINDOW);
    assert_int_equal(b->index, 0);
}

static void test_deadlock_names_the_lowest_that_waits(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    add_legal(&p, SYSTOLE_OP_FILL);
    add_legal(&p, SYSTOLE_OP_FILL);
    SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_MATMUL), ANY, wait, 1u << 4);
    SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_FILL), ANY, wait, 1u << 0);
    SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_STORE), ANY, wait, 1u << 8);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_DEADLOCK);
    assert_int_equal(b->index, 2);
}

/* The token would come from behind eight that wait: there is room for them. Behind nine there is not. */
static void test_deadlock_when_a_full_queue_hides_the_token(void **state)
{
    struct bench *b = *state;
    for (uint32_t waiting = SYSTOLE_QUEUE_DEPTH; waiting <= SYSTOLE_QUEUE_DEPTH + 1; waiting++) {
        struct program p = {.count = 0};
        for (uint32_t k = 0; k < waiting; k++) {
            uint32_t *i = add_legal(&p, SYSTOLE_OP_MATMUL);
            SYSTOLE_PUT(i, ANY, wait, k ? 0 : 1u << 5);
        }
        SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_FILL), ANY, signal, 1u << 5);
        bench_run(b, &p);
        assert_int_equal(b->status, waiting > SYSTOLE_QUEUE_DEPTH ? SYSTOLE_ERR_DEADLOCK : SYSTOLE_ERR_OK);
        assert_int_equal(b->index, 0);
    }
}

static void test_bad_instruction_stands_over_the_deadlock_it_leaves(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_MATMUL), ANY, wait, 1u << 4);
    add_legal(&p, 9);
    SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_FILL), ANY, signal, 1u << 4);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_BAD_OPCODE);
    assert_int_equal(b->index, 1);
}

static void test_tokens_begin_at_zero_in_every_run(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_FILL), ANY, signal, 1u << 8 | 1u << 0);
    SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_FILL), ANY, wait, 1u << 0);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    SYSTOLE_PUT(add_legal(&p, SYSTOLE_OP_STORE), ANY, wait, 1u << 8);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_DEADLOCK);
}

static void test_memory_that_does_not_answer_is_a_bus_error(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    bench_window(b, 2, BENCH_BASE + BENCH_BYTES - 64, 128);
    for (uint32_t store = 0; store < 2; store++) {
        add_legal(&p, SYSTOLE_OP_FILL);
        uint32_t *i = add_legal(&p, store ? SYSTOLE_OP_STORE : SYSTOLE_OP_LOAD);
        if (store) {
            SET(i, STORE, window, 2);
            SYSTOLE_PUT(i, STORE, dst_lo, 64);
            SET(i, STORE, n_tail, 4);
        } else {
            SET(i, LOAD, window, 2);
            SET(i, LOAD, src_lo, 61);
        }
        bench_run(b, &p);
        assert_int_equal(b->status, store ? SYSTOLE_ERR_BUS_WRITE : SYSTOLE_ERR_BUS_READ);
        assert_int_equal(b->index, 1);
    }
    bench_window(b, 0, 64, 1024);
    bench_go(b);
    assert_int_equal(b->status, SYSTOLE_ERR_BUS_READ);
    assert_int_equal(b->index, 0);
}

static void test_watchdog_ends_a_run_without_end(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint32_t *i = add_legal(&p, SYSTOLE_OP_MATMUL);
    SET(i, MATMUL, mode, SYSTOLE_MODE_MAX);
    SET(i, MATMUL, kh, 65535);
    SET(i, MATMUL, kw, 65535);
    SET(i, MATMUL, kc, 65535);
    b->ops->write_reg(b->m, SYSTOLE_REG_WATCHDOG_LO, 100000);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_WATCHDOG);
    i = add_legal(&p, SYSTOLE_OP_LOAD);
    SET(i, LOAD, n1, 65535);
    SET(i, LOAD, n2, 65535);
    SET(i, LOAD, n3, 65535);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_WATCHDOG);
    add_legal(&p, SYSTOLE_OP_FILL);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
}

/* ---- registers ---- */

/* How many words the build's hash is of. */
#define SYSTOLE_CAP(name, index, doc) +1
enum { CAPS = 0
#include "../../driver/spec/caps.def"
};
#undef SYSTOLE_CAP

static void test_registers_name_the_device(void **state)
{
    struct bench *b = *state;
    const struct systole_model_ops *o = b->ops;
    uint64_t h = SYSTOLE_CONTRACT_HASH;
    assert_int_equal(o->abi, SYSTOLE_MODEL_ABI);
    assert_int_equal(o->size, sizeof *o);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_MAGIC), 0x53595354);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_VERSION), SYSTOLE_CONTRACT_VERSION);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CONTRACT_LO), (uint32_t)h);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CONTRACT_HI), (uint32_t)(h >> 32));
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CAPS + 4 * SYSTOLE_CAP_ROWS), R);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CAPS + 4 * SYSTOLE_CAP_WORD_BYTES), SYSTOLE_WORD_BYTES);
    for (uint32_t i = 0; i < CAPS; i++)
        h = (h ^ o->read_reg(b->m, SYSTOLE_REG_CAPS + 4 * i)) * UINT64_C(0x100000001b3);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_BUILD_LO), (uint32_t)h);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_BUILD_HI), (uint32_t)(h >> 32));
    o->write_reg(b->m, SYSTOLE_REG_MAGIC, 1);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_MAGIC), 0x53595354);
    assert_int_equal(o->read_reg(b->m, 0xffc), 0);
    o->write_reg(b->m, SYSTOLE_REG_WIN_SIZE_HI + 12 * 5, 0x12345678);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_WIN_SIZE_HI + 12 * 5), 0x12345678);
}

static void test_registers_follow_a_run(void **state)
{
    struct bench *b = *state;
    const struct systole_model_ops *o = b->ops;
    struct program p = {.count = 0};
    bench_run(b, &p);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CTRL), 0xe);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CTRL), 0xe);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_ISR), 0);
    o->write_reg(b->m, SYSTOLE_REG_CTRL, 2);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CTRL), 4);
    o->write_reg(b->m, SYSTOLE_REG_IER, 1);
    o->write_reg(b->m, SYSTOLE_REG_CTRL, 1);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CTRL), 1);
    assert_int_equal(o->run(b->m, 1), 1);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_ISR), 1);
    o->write_reg(b->m, SYSTOLE_REG_ISR, 1);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_ISR), 0);
    o->write_reg(b->m, SYSTOLE_REG_CTRL, 1);
    o->write_reg(b->m, SYSTOLE_REG_RESET, 1);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CTRL), 4);
    assert_int_equal(o->run(b->m, 1), 1);
    assert_int_equal(o->read_reg(b->m, SYSTOLE_REG_CTRL), 4);
}

static void test_attach_and_options_refuse_what_is_wrong(void **state)
{
    struct bench *b = *state;
    const struct systole_model_ops *o = b->ops;
    static uint8_t more[128];
    char why[100] = "";
    uint8_t byte = 0;
    assert_null(o->create("speed=9", why, sizeof why));
    assert_non_null(strstr(why, "speed=9"));
    assert_int_equal(o->attach(b->m, BENCH_BASE + 64, more, 64), -1);
    assert_int_equal(o->attach(b->m, 32, more, 64), -1);
    assert_int_equal(o->attach(b->m, 64, more, 63), -1);
    assert_int_equal(o->attach(b->m, UINT64_MAX - 63, more, 128), -1);
    assert_int_equal(o->attach(b->m, 64, more, 128), 0);
    assert_int_equal(o->detach(b->m, 64), 0);
    assert_int_equal(o->detach(b->m, 64), -1);
    assert_int_equal(o->peek(b->m, SYSTOLE_MEM_LUT, 256, &byte, 1), -1);
    assert_int_equal(o->poke(b->m, 5, 0, &byte, 1), -1);
}

static void test_two_devices_share_nothing(void **state)
{
    struct bench *b = *state;
    uint8_t one = 1, got = 1;
    struct systole_model *other = b->ops->create(NULL, NULL, 0);
    assert_non_null(other);
    b->ops->poke(b->m, SYSTOLE_MEM_APAD, 0, &one, 1);
    b->ops->peek(other, SYSTOLE_MEM_APAD, 0, &got, 1);
    assert_int_equal(got, 0);
    b->ops->destroy(other);
    b->ops->destroy(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
    const struct CMUnitTest tests[] = {
        TEST(test_every_bad_instruction_is_named_and_those_before_complete),
        TEST(test_program_without_end_is_reported_with_its_length),
        TEST(test_deadlock_names_the_lowest_that_waits),
        TEST(test_deadlock_when_a_full_queue_hides_the_token),
        TEST(test_bad_instruction_stands_over_the_deadlock_it_leaves),
        TEST(test_tokens_begin_at_zero_in_every_run),
        TEST(test_memory_that_does_not_answer_is_a_bus_error),
        TEST(test_watchdog_ends_a_run_without_end),
        TEST(test_registers_name_the_device),
        TEST(test_registers_follow_a_run),
        TEST(test_attach_and_options_refuse_what_is_wrong),
        TEST(test_two_devices_share_nothing),
    };
    return cmocka_run_group_tests_name("hls_errors", tests, NULL, NULL);
}
