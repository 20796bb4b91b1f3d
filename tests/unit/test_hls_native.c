/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hls/native.h against the integer bodies it stands for: the same random operands through both, every bit compared.
 * SYSTOLE_VECTORS / 100 rounds, SYSTOLE_SEED the beginning.
 */
#ifndef SYSTOLE_NATIVE_FMA
#define SYSTOLE_NATIVE_FMA
#endif
/* The two files are compiled once more here, for what is static in them; the names must not meet those of the library. */
#define systole_hls_matmul native_test_matmul
#define systole_hls_store native_test_store
#include "../../hls/matmul.c"
#include "../../hls/store.c"

#include "hls_bench.h"

static struct systole_hls *first, *second;
static uint64_t random_state, rounds;

static uint32_t next(void)
{
    return bench_random(&random_state);
}

static uint16_t random_bf16(void)
{
    static const uint16_t special[] = {0x0000, 0x8000, 0x0001, 0x807f, 0x0080, 0x7f7f, 0xff7f, 0x7f80, 0xff80, 0x7fc0};
    const uint32_t x = next();
    return (uint16_t)(x % 64 == 0 ? special[x / 64 % 10] : x % 16 == 1 ? x >> 16 : (x >> 16 & 0x83ff) | 0x3e00);
}

static uint32_t random_f32(void)
{
    switch (next() % 32) {
    case 0:
        return (uint32_t)random_bf16() << 16;
    case 1:
        return next();
    case 2:
        return 0xffc12345;
    default:
        return (next() & 0x83ffffff) | 0x3e000000;
    }
}

/* Fills what a step reads; `padding` one in how many elements of A. */
static void fill_operands(bool bf16, uint32_t padding)
{
    for (uint32_t k = 0; k < 4096; k += 2) {
        const uint16_t a = bf16 ? (padding && next() % padding == 0 ? 0xffff : random_bf16()) : (uint16_t)next();
        put16(first->apad + k, a);
    }
    for (uint32_t k = 0; k < 64 * C; k++)
        first->acc[k] = bf16 ? random_f32() : next();
    memcpy(second->apad, first->apad, 4096);
    memcpy(second->acc, first->acc, 64 * C * sizeof first->acc[0]);
}

static void compare_step(uint32_t mode, bool bf16, uint32_t padding)
{
    struct matmul_step t = {.rows = next() % R + 1, .p = next() % 3 + 1, .q = next() % 9 + 1, .c_sq = 2, .c_sp = 18};
    struct matmul_tile tile;
    const uint32_t vector = (mode == SYSTOLE_MODE_MATRIX ? R : C) * (bf16 ? 2u : 1u);
    t.mode = mode;
    t.bf16 = bf16;
    t.a_unsigned = !bf16 && next() % 2;
    t.a_zp = bf16 ? 0 : (int32_t)(next() % 256) - (t.a_unsigned ? 0 : 128);
    t.a_sq = vector;
    t.a_sp = vector;
    fill_operands(bf16, padding);
    for (uint32_t r = 0; r < R; r++)
        for (uint32_t j = 0; j < C; j++) {
            tile.i8[r][j] = (int16_t)(r < t.rows ? (int32_t)(next() % 511) - 255 : 0);
            tile.bf16[r][j] = next() % 50 ? random_bf16() : 0xffff;
        }
    assert_true(native_step(first, &t, &tile));
    run_step(second, &t, &tile);
    assert_memory_equal(first->acc, second->acc, 64 * C * sizeof first->acc[0]);
}

static void test_native_matrix_int8_equals_integer_body(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < rounds; i++)
        compare_step(SYSTOLE_MODE_MATRIX, false, 0);
}

static void test_native_matrix_bf16_equals_integer_body(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < rounds; i++)
        compare_step(SYSTOLE_MODE_MATRIX, true, (uint32_t[]){0, 100, 2, 1}[i % 4]);
}

static void test_native_depthwise_bf16_equals_integer_body(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < rounds; i++)
        compare_step(SYSTOLE_MODE_DEPTHWISE, true, 5);
}

static void test_native_post_equals_integer_body(void **state)
{
    (void)state;
    struct store_row row = {.lanes = C, .c = 0, .scale = 0, .dst = 0, .res = 64};
    for (uint64_t i = 0; i < rounds; i++) {
        uint32_t insn[SYSTOLE_INSN_WORDS] = {0}, fast[C], exact[C];
        SYSTOLE_PUT(insn, STORE, src_fp, next());
        SYSTOLE_PUT(insn, STORE, out, SYSTOLE_OUT_F32 + next() % 4);
        SYSTOLE_PUT(insn, STORE, scale, next() % 3);
        SYSTOLE_PUT(insn, STORE, res, next());
        SYSTOLE_PUT(insn, STORE, act, next() % 3);
        SYSTOLE_PUT(insn, STORE, clamp, next());
        SYSTOLE_PUT(insn, STORE, scale_imm, random_f32());
        SYSTOLE_PUT(insn, STORE, r_scale, random_f32());
        SYSTOLE_PUT(insn, STORE, alpha, random_f32());
        SYSTOLE_PUT(insn, STORE, lo, random_f32());
        SYSTOLE_PUT(insn, STORE, hi, random_f32());
        SYSTOLE_PUT(insn, STORE, o_zp, next());
        SYSTOLE_PUT(insn, STORE, r_zp, next());
        fill_operands(true, 0);
        for (uint32_t j = 0; j < C; j++) {
            if (!SYSTOLE_GET(insn, STORE, src_fp))
                first->acc[j] = (uint32_t)((int32_t)next() >> (next() % 31));
            first->param[j] = random_f32();
        }
        const struct store_post k = decode_post(insn);
        assert_true(native_post_row(first, &k, &row, fast));
        post_row(first, &k, &row, exact);
        assert_memory_equal(fast, exact, sizeof exact);
    }
}

int main(void)
{
    const char *count = getenv("SYSTOLE_VECTORS"), *from = getenv("SYSTOLE_SEED");
    rounds = (count ? strtoull(count, NULL, 0) : 1000000) / 100;
    random_state = from ? strtoull(from, NULL, 0) : 1;
    printf("# SYSTOLE_SEED=%" PRIu64 ", %" PRIu64 " rounds\n", random_state, rounds);
    first = calloc(1, sizeof *first);
    second = calloc(1, sizeof *second);
    if (!first || !second)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_native_matrix_int8_equals_integer_body),
        cmocka_unit_test(test_native_matrix_bf16_equals_integer_body),
        cmocka_unit_test(test_native_depthwise_bf16_equals_integer_body),
        cmocka_unit_test(test_native_post_equals_integer_body),
    };
    const int failed = cmocka_run_group_tests_name("hls_native", tests, NULL, NULL);
    free(first);
    free(second);
    return failed;
}
