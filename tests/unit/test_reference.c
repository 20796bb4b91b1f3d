/* SPDX-License-Identifier: Apache-2.0 */
/* The fuzzer's reference device against numbers worked out by hand from docs/semantics.md and docs/numerics.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../fuzz/reference.h"

enum { ROWS = 4, COLS = 4, DRAM_BYTES = 8192, DATA = 4096, WINDOW_DATA = 1 };

/* A 4x4 machine with a program window and a data window. */
struct bench {
    struct ref_machine m;
    uint8_t dram[DRAM_BYTES];
    uint32_t count;
};

static int setup(void **state)
{
    static const struct ref_caps caps = {ROWS, COLS, 1, 8, 8, 1024, 1024, 16, 8, 3};
    struct bench *b = calloc(1, sizeof *b);
    if (b == NULL || ref_init(&b->m, &caps) != 0) {
        free(b);
        return -1;
    }
    const struct ref_region region = {0x10000, DRAM_BYTES, b->dram};
    b->m.region[0] = region;
    b->m.regions = 1;
    b->m.window[0].base = 0x10000;
    b->m.window[0].size = DATA;
    b->m.window[WINDOW_DATA].base = 0x10000 + DATA;
    b->m.window[WINDOW_DATA].size = DRAM_BYTES - DATA;
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    ref_free(&b->m);
    free(b);
    return 0;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void add(struct bench *b, const uint32_t *insn)
{
    for (uint32_t w = 0; w < SYSTOLE_INSN_WORDS; w++) {
        put32(b->dram + b->count * SYSTOLE_INSN_BYTES + 4 * w, insn[w]);
    }
    b->count++;
}

static void run(struct bench *b)
{
    uint32_t insn[SYSTOLE_INSN_WORDS] = {0};
    SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_END);
    add(b, insn);
    ref_run(&b->m);
}

static void sync_insn(struct bench *b, uint32_t queue, uint32_t wait, uint32_t signal)
{
    uint32_t insn[SYSTOLE_INSN_WORDS] = {0};
    SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_SYNC);
    SYSTOLE_PUT(insn, SYNC, queue, queue);
    SYSTOLE_PUT(insn, ANY, wait, wait);
    SYSTOLE_PUT(insn, ANY, signal, signal);
    add(b, insn);
}

/* One element from the start of the data window to the start of APAD. */
static uint32_t load_one(struct bench *b, uint32_t conv, uint32_t value)
{
    uint32_t insn[SYSTOLE_INSN_WORDS] = {0};
    put32(b->dram + DATA, value);
    SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_LOAD);
    SYSTOLE_PUT(insn, LOAD, conv, conv);
    SYSTOLE_PUT(insn, LOAD, window, WINDOW_DATA);
    SYSTOLE_PUT(insn, LOAD, len, 1);
    SYSTOLE_PUT(insn, LOAD, n1, 1);
    SYSTOLE_PUT(insn, LOAD, n2, 1);
    SYSTOLE_PUT(insn, LOAD, n3, 1);
    assert_int_equal(ref_check(&b->m, insn), SYSTOLE_ERR_OK);
    ref_execute(&b->m, insn);
    return b->m.mem[SYSTOLE_MEM_APAD][0] | (uint32_t)b->m.mem[SYSTOLE_MEM_APAD][1] << 8;
}

static void matmul(uint32_t *insn, uint32_t mode, uint32_t dtype, uint32_t k_tail)
{
    memset(insn, 0, SYSTOLE_INSN_BYTES);
    SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_MATMUL);
    SYSTOLE_PUT(insn, MATMUL, mode, mode);
    SYSTOLE_PUT(insn, MATMUL, dtype, dtype);
    SYSTOLE_PUT(insn, MATMUL, k_tail, k_tail);
    SYSTOLE_PUT(insn, MATMUL, kh, 1);
    SYSTOLE_PUT(insn, MATMUL, kw, 1);
    SYSTOLE_PUT(insn, MATMUL, kc, 1);
    SYSTOLE_PUT(insn, MATMUL, n, 1);
    SYSTOLE_PUT(insn, MATMUL, p, 1);
    SYSTOLE_PUT(insn, MATMUL, q, 1);
}

/* A STORE of lane 0 of row 0 to the start of the data window. */
static void store(uint32_t *insn, uint32_t src_fp, uint32_t out)
{
    memset(insn, 0, SYSTOLE_INSN_BYTES);
    SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_STORE);
    SYSTOLE_PUT(insn, STORE, src_fp, src_fp);
    SYSTOLE_PUT(insn, STORE, out, out);
    SYSTOLE_PUT(insn, STORE, window, WINDOW_DATA);
    SYSTOLE_PUT(insn, STORE, n, 1);
    SYSTOLE_PUT(insn, STORE, n_tail, 1);
    SYSTOLE_PUT(insn, STORE, p, 1);
    SYSTOLE_PUT(insn, STORE, q, 1);
}

static uint32_t stored(struct bench *b, const uint32_t *insn, uint32_t acc)
{
    put32(b->m.mem[SYSTOLE_MEM_ACC], acc);
    memset(b->dram + DATA, 0xee, 8);
    assert_int_equal(ref_check(&b->m, insn), SYSTOLE_ERR_OK);
    ref_execute(&b->m, insn);
    return get32(b->dram + DATA);
}

static void test_load_f32_tie_rounds_to_even(void **state)
{
    struct bench *b = *state;
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_H, 0x3f808000), 0x3f80); /* half way, even below */
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_H, 0x3f818000), 0x3f82); /* half way, even above */
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_H, 0x3f808001), 0x3f81);
}

static void test_load_f32_huge_splits_truncated(void **state)
{
    struct bench *b = *state;
    /* FLT_MAX would round to Inf: h = 0x7f7f; the rest is 65535 * 2^104, which rounds to 2^120 = 0x7b80 */
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_H, 0x7f7fffff), 0x7f7f);
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_M, 0x7f7fffff), 0x7b80);
    /* 65535 * 2^104 - 2^120 = -2^104 */
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_L, 0x7f7fffff), 0xf380);
}

static void test_load_infinity_has_no_middle(void **state)
{
    struct bench *b = *state;
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_H, 0xff800000), 0xff80);
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_M, 0xff800000), 0);
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_H, 0xffffffff), 0x7fc0);
    assert_int_equal(load_one(b, SYSTOLE_CONV_F32_L, 0xffffffff), 0);
    assert_int_equal(load_one(b, SYSTOLE_CONV_COPY16, 0xffff), 0x7fc0);
}

static void test_matmul_int8_zero_points_are_exact(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    matmul(insn, SYSTOLE_MODE_MATRIX, SYSTOLE_DTYPE_INT8, 3); /* the fourth row must not count */
    SYSTOLE_PUT(insn, MATMUL, a_unsigned, 1);
    SYSTOLE_PUT(insn, MATMUL, a_zp, 255);
    SYSTOLE_PUT(insn, MATMUL, b_zp, 0x80); /* -128 */
    for (int r = 0; r < ROWS; r++) {
        b->m.mem[SYSTOLE_MEM_APAD][r] = (uint8_t)r;           /* less 255: -255, -254, -253 */
        b->m.mem[SYSTOLE_MEM_WPAD][r * COLS] = (uint8_t)(127); /* less -128: 255 */
    }
    ref_execute(&b->m, insn);
    assert_int_equal((int32_t)get32(b->m.mem[SYSTOLE_MEM_ACC]), -255 * (255 + 254 + 253));
}

static void test_matmul_bf16_padding_leaves_negative_zero(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    matmul(insn, SYSTOLE_MODE_MATRIX, SYSTOLE_DTYPE_BF16, ROWS);
    SYSTOLE_PUT(insn, MATMUL, init, SYSTOLE_INIT_ACC);
    memset(b->m.mem[SYSTOLE_MEM_APAD], 0xff, 2 * ROWS);
    memset(b->m.mem[SYSTOLE_MEM_WPAD], 0x7f, 2 * ROWS * COLS); /* a NaN, were it used */
    put32(b->m.mem[SYSTOLE_MEM_ACC], 0x80000000);
    put32(b->m.mem[SYSTOLE_MEM_ACC] + 4, 0xffc12345); /* not even a NaN is touched */
    ref_execute(&b->m, insn);
    assert_int_equal(get32(b->m.mem[SYSTOLE_MEM_ACC]), 0x80000000);
    assert_int_equal(get32(b->m.mem[SYSTOLE_MEM_ACC] + 4), 0xffc12345);
}

static void test_matmul_bf16_zero_times_infinity_is_nan(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    matmul(insn, SYSTOLE_MODE_MATRIX, SYSTOLE_DTYPE_BF16, 1);
    b->m.mem[SYSTOLE_MEM_WPAD][0] = 0x80; /* -Inf in column 0, 0 in column 1 */
    b->m.mem[SYSTOLE_MEM_WPAD][1] = 0xff;
    b->m.mem[SYSTOLE_MEM_APAD][1] = 0x80; /* -0 */
    ref_execute(&b->m, insn);
    assert_int_equal(get32(b->m.mem[SYSTOLE_MEM_ACC]), 0x7fc00000);
    assert_int_equal(get32(b->m.mem[SYSTOLE_MEM_ACC] + 4), 0); /* 0 + -0*0: an exact zero is +0 */
}

static void test_max_keeps_accumulator_of_equal_zeros(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    matmul(insn, SYSTOLE_MODE_MAX, SYSTOLE_DTYPE_BF16, ROWS);
    SYSTOLE_PUT(insn, MATMUL, init, SYSTOLE_INIT_ACC);
    put32(b->m.mem[SYSTOLE_MEM_ACC], 0x80000000); /* -0 against +0: not above it */
    ref_execute(&b->m, insn);
    assert_int_equal(get32(b->m.mem[SYSTOLE_MEM_ACC]), 0x80000000);
    insn[0] &= ~(3u << SYSTOLE_F_MATMUL_init_LSB); /* ZERO: the lowest value, -Inf, below all */
    memset(b->m.mem[SYSTOLE_MEM_APAD], 0xff, 2 * COLS);
    ref_execute(&b->m, insn);
    assert_int_equal(get32(b->m.mem[SYSTOLE_MEM_ACC]), 0xff800000);
}

static void test_store_int8_tie_rounds_before_zero_point(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    store(insn, 0, SYSTOLE_OUT_I8);
    SYSTOLE_PUT(insn, STORE, scale, SYSTOLE_SCALE_IMM);
    SYSTOLE_PUT(insn, STORE, scale_imm, 0x3f000000); /* 0.5 */
    SYSTOLE_PUT(insn, STORE, o_zp, 1);
    assert_int_equal(stored(b, insn, 5), 0xeeeeee03);              /* 2.5 -> 2, + 1; one byte is written */
    assert_int_equal(stored(b, insn, 7), 0xeeeeee05);              /* 3.5 -> 4, + 1 */
    assert_int_equal(stored(b, insn, (uint32_t)-5), 0xeeeeeeff);   /* -2.5 -> -2, + 1 */
    assert_int_equal(stored(b, insn, 100000), 0xeeeeee7f);         /* saturated to 127 */
    assert_int_equal(stored(b, insn, (uint32_t)-100000), 0xeeeeee80);
}

static void test_store_int32_rounds_to_nearest_even_float(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    store(insn, 0, SYSTOLE_OUT_F32);
    assert_int_equal(stored(b, insn, 0x01000001), 0x4b800000); /* 2^24 + 1 -> 2^24 */
    assert_int_equal(stored(b, insn, 0x01000003), 0x4b800002); /* 2^24 + 3 -> 2^24 + 4 */
    assert_int_equal(stored(b, insn, 0x80000000), 0xcf000000); /* -2^31 */
}

static void test_store_nan_becomes_lowest_byte(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    store(insn, 1, SYSTOLE_OUT_U8);
    SYSTOLE_PUT(insn, STORE, act, SYSTOLE_ACT_RELU);
    SYSTOLE_PUT(insn, STORE, clamp, 1);
    SYSTOLE_PUT(insn, STORE, lo, 0x40000000);
    SYSTOLE_PUT(insn, STORE, hi, 0x40800000);
    SYSTOLE_PUT(insn, STORE, o_zp, 200);
    assert_int_equal(stored(b, insn, 0xff812345), 0xeeeeee00);            /* NaN goes through RELU and clamp */
    assert_int_equal(stored(b, insn, 0xbf800000), 0xeeeeee00u + 202);     /* -1 -> 0 -> 2, + 200 */
    assert_int_equal(stored(b, insn, 0x7f800000), 0xeeeeee00u + 204);     /* Inf -> 4 */
}

static void test_store_relu_of_negative_zero_is_zero(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    store(insn, 1, SYSTOLE_OUT_F32);
    assert_int_equal(stored(b, insn, 0x80000000), 0x80000000);
    assert_int_equal(stored(b, insn, 0xffc12345), 0x7fc00000);
    SYSTOLE_PUT(insn, STORE, act, SYSTOLE_ACT_RELU);
    assert_int_equal(stored(b, insn, 0x80000000), 0);
    store(insn, 1, SYSTOLE_OUT_RAW32);
    assert_int_equal(stored(b, insn, 0xffc12345), 0xffc12345);
}

static void test_store_residual_rounds_twice(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    store(insn, 1, SYSTOLE_OUT_F32);
    SYSTOLE_PUT(insn, STORE, res, SYSTOLE_RES_I8);
    SYSTOLE_PUT(insn, STORE, r_zp, 0xff);             /* -1 */
    SYSTOLE_PUT(insn, STORE, r_scale, 0x3f800001);    /* 1 + 2^-23 */
    b->m.mem[SYSTOLE_MEM_APAD][0] = 2;                /* less -1: 3 */
    /* 3 * (1 + 2^-23) = 3 + 3 * 2^-23; units there are 2^-22: 1.5 of them round to 2, so 3 + 2^-21; less 3: 2^-21. Fused it
     * would be 3 * 2^-23. */
    assert_int_equal(stored(b, insn, 0xc0400000), 0x35000000);
}

static void test_deadlock_names_lowest_waiting_instruction(void **state)
{
    struct bench *b = *state;
    sync_insn(b, SYSTOLE_QUEUE_LOAD, 0, 0x010);
    sync_insn(b, SYSTOLE_QUEUE_STORE, 0x100, 0);
    sync_insn(b, SYSTOLE_QUEUE_COMPUTE, 0x010, 0);
    sync_insn(b, SYSTOLE_QUEUE_COMPUTE, 0x010, 0);
    run(b);
    assert_int_equal(b->m.status, SYSTOLE_ERR_DEADLOCK);
    assert_int_equal(b->m.error_index, 1);
    assert_int_equal(b->m.counter[SYSTOLE_CNT_INSN_SYNC], 2);
}

/* The waiter and seven more fit into the queue; with `more` = 8 the signal behind them is never fetched. */
static void late_signal(struct bench *b, int more)
{
    sync_insn(b, SYSTOLE_QUEUE_LOAD, 0x1, 0);
    for (int i = 0; i < more; i++) {
        sync_insn(b, SYSTOLE_QUEUE_LOAD, 0, 0);
    }
    sync_insn(b, SYSTOLE_QUEUE_STORE, 0, 0x1);
    run(b);
}

static void test_full_queue_still_reaches_signal(void **state)
{
    struct bench *b = *state;
    late_signal(b, 7);
    assert_int_equal(b->m.status, SYSTOLE_ERR_OK);
    assert_int_equal(b->m.counter[SYSTOLE_CNT_INSN_SYNC], 9);
}

static void test_overfull_queue_deadlocks(void **state)
{
    struct bench *b = *state;
    late_signal(b, 8);
    assert_int_equal(b->m.status, SYSTOLE_ERR_DEADLOCK);
    assert_int_equal(b->m.error_index, 0);
}

static void test_window_byte_short_is_refused(void **state)
{
    struct bench *b = *state;
    uint32_t insn[SYSTOLE_INSN_WORDS];
    store(insn, 0, SYSTOLE_OUT_F32); /* n = 2 with a tail of 1, blocks backwards: the full one ends last */
    insn[SYSTOLE_F_STORE_n_WORD] = 0;
    SYSTOLE_PUT(insn, STORE, n, 2);
    SYSTOLE_PUT(insn, STORE, n_tail, 1);
    SYSTOLE_PUT(insn, STORE, dst_lo, 16);
    SYSTOLE_PUT(insn, STORE, d_sn, -16);
    b->m.window[WINDOW_DATA].size = 32;
    assert_int_equal(ref_check(&b->m, insn), SYSTOLE_ERR_OK);
    b->m.window[WINDOW_DATA].size = 31;
    assert_int_equal(ref_check(&b->m, insn), SYSTOLE_ERR_BAD_WINDOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_load_f32_tie_rounds_to_even, setup, teardown),
        cmocka_unit_test_setup_teardown(test_load_f32_huge_splits_truncated, setup, teardown),
        cmocka_unit_test_setup_teardown(test_load_infinity_has_no_middle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matmul_int8_zero_points_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matmul_bf16_padding_leaves_negative_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matmul_bf16_zero_times_infinity_is_nan, setup, teardown),
        cmocka_unit_test_setup_teardown(test_max_keeps_accumulator_of_equal_zeros, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_int8_tie_rounds_before_zero_point, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_int32_rounds_to_nearest_even_float, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_nan_becomes_lowest_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_relu_of_negative_zero_is_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_residual_rounds_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadlock_names_lowest_waiting_instruction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_queue_still_reaches_signal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overfull_queue_deadlocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_window_byte_short_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
