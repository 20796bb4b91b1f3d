/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functional device, one small program at a time, against plain loops of this file.
 */
#include "hls_bench.h"

#define A_AT 0x0000u
#define W_AT 0x8000u
#define P_AT 0x18000u /* parameters: bias, then scale */
#define R_AT 0x1a000u /* results */
#define O_AT 0x1c000u

enum { M = 7, KB = 3, K = 2 * R + 3, NB = 2, N = 2 * C - 1 };

static int32_t byte_value(uint8_t v, bool is_unsigned)
{
    return is_unsigned ? (int32_t)v : (int32_t)(int8_t)v;
}

/* y of docs/numerics.md, int8. */
static int8_t requantise(int32_t acc, float scale, int32_t zp)
{
    float f = (float)acc * scale;
    f = fminf(fmaxf(f, (float)(-128 - zp)), (float)(127 - zp));
    return (int8_t)((int32_t)nearbyintf(f) + zp);
}

/* A[M][K] row by row, W in tiles (kc, then n), rows beyond K filled with what must not count. */
static void lay_out_int8(uint8_t *d, uint8_t a[M][K], uint8_t w[K][NB * C], uint64_t seed)
{
    for (uint32_t m = 0; m < M; m++)
        for (uint32_t k = 0; k < K; k++)
            d[A_AT + m * K + k] = a[m][k] = (uint8_t)bench_random(&seed);
    for (uint32_t k = 0; k < KB * R; k++)
        for (uint32_t j = 0; j < NB * C; j++) {
            const uint8_t v = (uint8_t)bench_random(&seed);
            d[W_AT + (((k / R) * NB + j / C) * R + k % R) * C + j % C] = v;
            if (k < K)
                w[k][j] = v;
        }
}

static uint32_t *add_gemm(struct program *p, uint32_t dtype)
{
    const uint32_t eb = dtype == SYSTOLE_DTYPE_BF16 ? 2 : 1;
    uint32_t *i = program_add(p, SYSTOLE_OP_MATMUL);
    SYSTOLE_PUT(i, MATMUL, dtype, dtype);
    SET(i, MATMUL, kc, KB);
    SET(i, MATMUL, k_tail, K - (KB - 1) * R);
    SET(i, MATMUL, n, NB);
    SET(i, MATMUL, q, M);
    SYSTOLE_PUT(i, MATMUL, a_skc, R * eb);
    SYSTOLE_PUT(i, MATMUL, a_sq, KB * R * eb);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
    SYSTOLE_PUT(i, MATMUL, c_sn, M);
    return i;
}

static void test_matmul_int8_gemm_equals_plain_loops(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint8_t a[M][K], w[K][NB * C], *d = bench_data(b);
    lay_out_int8(d, a, w, 1);
    for (uint32_t j = 0; j < NB * C; j++) {
        put32(d + P_AT + 4 * j, j * 1000 - 7000);
        put32(d + P_AT + 4 * (NB * C + j), bits_of(0.001f + (float)j * 1e-4f));
    }
    uint32_t *i = add_load(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, A_AT, 0, K);
    SET(i, LOAD, n1, M);
    SYSTOLE_PUT(i, LOAD, s1, K);
    SYSTOLE_PUT(i, LOAD, d1, KB * R);
    add_load(&p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY8, W_AT, 0, KB * NB * R * C);
    add_load(&p, SYSTOLE_MEM_PARAM, SYSTOLE_CONV_COPY32, P_AT, 4 * C, 2 * NB * C);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    i = add_gemm(&p, SYSTOLE_DTYPE_INT8);
    SYSTOLE_PUT(i, MATMUL, init, SYSTOLE_INIT_PARAM);
    SYSTOLE_PUT(i, MATMUL, bias, 1);
    SYSTOLE_PUT(i, MATMUL, a_unsigned, 1);
    SYSTOLE_PUT(i, MATMUL, a_zp, 200);
    SYSTOLE_PUT(i, MATMUL, b_zp, -100);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, R_AT, NB * M);
    i = add_store(&p, SYSTOLE_OUT_I8, O_AT, M);
    SET(i, STORE, n, NB);
    SET(i, STORE, n_tail, N - (NB - 1) * C);
    SET(i, STORE, d_sq, N);
    SYSTOLE_PUT(i, STORE, d_sn, C);
    SYSTOLE_PUT(i, STORE, c_sn, M);
    SYSTOLE_PUT(i, STORE, scale, SYSTOLE_SCALE_PARAM);
    SYSTOLE_PUT(i, STORE, s_base, 1 + NB);
    SYSTOLE_PUT(i, STORE, o_zp, 13);
    d[O_AT + M * N] = 0xa5;
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    for (uint32_t m = 0; m < M; m++)
        for (uint32_t j = 0; j < N; j++) {
            int32_t sum = (int32_t)get32(d + P_AT + 4 * j);
            for (uint32_t k = 0; k < K; k++)
                sum += (byte_value(a[m][k], true) - 200) * (byte_value(w[k][j], false) + 100);
            assert_int_equal((int32_t)get32(d + R_AT + 4 * (((j / C) * M + m) * C + j % C)), sum);
            const float scale = float_of(get32(d + P_AT + 4 * (NB * C + j)));
            assert_int_equal((int8_t)d[O_AT + m * N + j], requantise(sum, scale, 13));
        }
    assert_int_equal(d[O_AT + M * N], 0xa5);
}

static void test_matmul_bf16_gemm_is_one_chain_and_skips_padding(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint8_t *d = bench_data(b);
    uint16_t a[M][KB * R], w[KB * R][NB * C];
    uint64_t seed = 2;
    if (!SYSTOLE_HAS_FP)
        skip();
    for (uint32_t m = 0; m < M; m++)
        for (uint32_t k = 0; k < KB * R; k++) {
            a[m][k] = (uint16_t)((bench_random(&seed) & 0x83ff) | 0x3c00);
            if ((m == 1 && k % 3 == 0) || m == 2)
                a[m][k] = 0xffff;
            if (m == 3 && k == 5)
                a[m][k] = 0x7f80;
            put16(d + A_AT + 2 * (m * KB * R + k), a[m][k]);
        }
    for (uint32_t k = 0; k < KB * R; k++)
        for (uint32_t j = 0; j < NB * C; j++) {
            w[k][j] = (uint16_t)(k == 5 && j == 1 ? 0 : (bench_random(&seed) & 0x83ff) | 0x3c00);
            put16(d + W_AT + 2 * ((((k / R) * NB + j / C) * R + k % R) * C + j % C), w[k][j]);
        }
    for (uint32_t r = 0; r < NB * M * C; r++)
        put32(d + P_AT + 4 * r, r == 2 * C ? 0x80000000 : r == 2 * C + 1 ? 0xffc12345 : bits_of((float)r));
    /* COPY8 in pairs, so that padding comes through as it is */
    add_load(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, A_AT, 0, 2 * M * KB * R);
    add_load(&p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY16, W_AT, 0, KB * NB * R * C);
    add_load(&p, SYSTOLE_MEM_ACC, SYSTOLE_CONV_COPY32, P_AT, 0, NB * M * C);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    SYSTOLE_PUT(add_gemm(&p, SYSTOLE_DTYPE_BF16), MATMUL, init, SYSTOLE_INIT_ACC);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, R_AT, NB * M);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    for (uint32_t m = 0; m < M; m++)
        for (uint32_t j = 0; j < NB * C; j++) {
            const uint32_t at = ((j / C) * M + m) * C + j % C;
            uint32_t acc = get32(d + P_AT + 4 * at);
            for (uint32_t k = 0; k < K; k++)
                if (a[m][k] != 0xffff)
                    acc = bits_of(fmaf(bf16_value(a[m][k]), bf16_value(w[k][j]), float_of(acc)));
            assert_int_equal(get32(d + R_AT + 4 * at), acc);
        }
}

/* 3x3, stride 2, padding 1: the border holds A's zero point, laid by FILL. */
static void test_matmul_conv_with_filled_border_equals_plain_loops(void **state)
{
    enum { H = 6, OUT = 3, IN = H + 2 };
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint8_t *d = bench_data(b);
    uint64_t seed = 3;
    for (uint32_t k = 0; k < H * H * R; k++)
        d[A_AT + k] = (uint8_t)bench_random(&seed);
    for (uint32_t k = 0; k < 9 * R * C; k++)
        d[W_AT + k] = (uint8_t)bench_random(&seed);
    uint32_t *i = program_add(&p, SYSTOLE_OP_FILL);
    SET(i, FILL, len, IN * IN * R);
    SYSTOLE_PUT(i, FILL, value, (uint8_t)-9);
    i = add_load(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, A_AT, (IN + 1) * R, H * R);
    SET(i, LOAD, n1, H);
    SYSTOLE_PUT(i, LOAD, s1, H * R);
    SYSTOLE_PUT(i, LOAD, d1, IN * R);
    add_load(&p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY8, W_AT, 0, 9 * R * C);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    i = program_add(&p, SYSTOLE_OP_MATMUL);
    SET(i, MATMUL, k_tail, R);
    SET(i, MATMUL, kh, 3);
    SET(i, MATMUL, kw, 3);
    SET(i, MATMUL, p, OUT);
    SET(i, MATMUL, q, OUT);
    SYSTOLE_PUT(i, MATMUL, a_skh, IN * R);
    SYSTOLE_PUT(i, MATMUL, a_skw, R);
    SYSTOLE_PUT(i, MATMUL, a_sp, 2 * IN * R);
    SYSTOLE_PUT(i, MATMUL, a_sq, 2 * R);
    SYSTOLE_PUT(i, MATMUL, c_sp, OUT);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
    SYSTOLE_PUT(i, MATMUL, a_zp, -9);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, R_AT, OUT * OUT);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    for (int32_t y = 0; y < OUT; y++)
        for (int32_t x = 0; x < OUT; x++)
            for (int32_t j = 0; j < C; j++) {
                int32_t sum = 0;
                for (int32_t tap = 0; tap < 9; tap++) {
                    const int32_t iy = 2 * y + tap / 3 - 1, ix = 2 * x + tap % 3 - 1;
                    for (int32_t r = 0; r < R && iy >= 0 && iy < H && ix >= 0 && ix < H; r++)
                        sum += ((int8_t)d[(iy * H + ix) * R + r] + 9) * (int8_t)d[(int32_t)W_AT + (tap * R + r) * C + j];
                }
                assert_int_equal((int32_t)get32(d + R_AT + 4 * ((y * OUT + x) * C + j)), sum);
            }
}

/* Two blocks of columns, three taps along a line of six pixels; the lanes of one mode and type. */
static void run_lanes(struct bench *b, uint32_t mode, uint32_t dtype)
{
    const uint32_t eb = dtype == SYSTOLE_DTYPE_BF16 ? 2 : 1;
    struct program p = {.count = 0};
    add_load(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, A_AT, 0, 6 * NB * C * eb);
    add_load(&p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY8, W_AT, 0, 3 * NB * C * eb);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL);
    SYSTOLE_PUT(i, MATMUL, mode, mode);
    SYSTOLE_PUT(i, MATMUL, dtype, dtype);
    SYSTOLE_PUT(i, MATMUL, w_base, mode < SYSTOLE_MODE_MAX ? 0 : 3);
    SYSTOLE_PUT(i, MATMUL, a_zp, eb == 1 ? 5 : 0);
    SYSTOLE_PUT(i, MATMUL, b_unsigned, eb == 1);
    SET(i, MATMUL, kw, 3);
    SET(i, MATMUL, n, NB);
    SET(i, MATMUL, q, 4);
    SYSTOLE_PUT(i, MATMUL, a_skw, NB * C * eb);
    SYSTOLE_PUT(i, MATMUL, a_sq, NB * C * eb);
    SYSTOLE_PUT(i, MATMUL, a_sn, C * eb);
    SYSTOLE_PUT(i, MATMUL, c_sn, 4);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, R_AT, NB * 4);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
}

static int32_t lane_int8(uint32_t mode, const uint8_t *d, uint32_t q, uint32_t j)
{
    int32_t acc = mode == SYSTOLE_MODE_MAX ? INT32_MIN : 0;
    for (uint32_t tap = 0; tap < 3; tap++) {
        const int32_t a = (int8_t)d[A_AT + (q + tap) * NB * C + j] - 5;
        if (mode == SYSTOLE_MODE_DEPTHWISE)
            acc += a * d[W_AT + tap * NB * C + j];
        else if (mode == SYSTOLE_MODE_SUM)
            acc += a;
        else
            acc = a > acc ? a : acc;
    }
    return acc;
}

static void test_matmul_int8_lanes_equal_plain_loops(void **state)
{
    struct bench *b = *state;
    uint8_t *d = bench_data(b);
    uint64_t seed = 4;
    for (uint32_t k = 0; k < 6 * NB * C; k++)
        d[A_AT + k] = (uint8_t)bench_random(&seed);
    for (uint32_t k = 0; k < 3 * NB * C; k++)
        d[W_AT + k] = (uint8_t)bench_random(&seed);
    for (uint32_t mode = SYSTOLE_MODE_DEPTHWISE; mode <= SYSTOLE_MODE_SUM; mode++) {
        run_lanes(b, mode, SYSTOLE_DTYPE_INT8);
        for (uint32_t q = 0; q < 4; q++)
            for (uint32_t j = 0; j < NB * C; j++)
                assert_int_equal((int32_t)get32(d + R_AT + 4 * (((j / C) * 4 + q) * C + j % C)), lane_int8(mode, d, q, j));
    }
}

enum { TAPS = SYSTOLE_LANE_TAPS < 3 ? SYSTOLE_LANE_TAPS : 3, LINE = 7, LINES = 3, KERNEL_ROWS = 2 };

/* Taps at once: two rows of a kernel over two rows of three pixels, two blocks; the tiles of a block stand together. */
static void run_taps(struct bench *b, uint32_t stride)
{
    struct program p = {.count = 0};
    add_load(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, A_AT, 0, LINES * LINE * NB * C);
    add_load(&p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY8, W_AT, 0, KERNEL_ROWS * TAPS * NB * C);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL);
    SYSTOLE_PUT(i, MATMUL, mode, SYSTOLE_MODE_DEPTHWISE);
    SYSTOLE_PUT(i, MATMUL, taps, 1);
    SYSTOLE_PUT(i, MATMUL, a_zp, 5);
    SYSTOLE_PUT(i, MATMUL, b_unsigned, 1);
    SET(i, MATMUL, kh, KERNEL_ROWS);
    SET(i, MATMUL, kc, TAPS);
    SET(i, MATMUL, n, NB);
    SET(i, MATMUL, p, 2);
    SET(i, MATMUL, q, 3);
    SYSTOLE_PUT(i, MATMUL, a_skh, LINE * NB * C);
    SYSTOLE_PUT(i, MATMUL, a_skc, NB * C);
    SYSTOLE_PUT(i, MATMUL, a_sn, C);
    SYSTOLE_PUT(i, MATMUL, a_sp, LINE * NB * C);
    SYSTOLE_PUT(i, MATMUL, a_sq, stride * NB * C);
    SYSTOLE_PUT(i, MATMUL, c_sn, 6);
    SYSTOLE_PUT(i, MATMUL, c_sp, 3);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, R_AT, NB * 6);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
}

static void test_matmul_taps_at_once_equal_plain_loops(void **state)
{
    struct bench *b = *state;
    uint8_t *d = bench_data(b);
    uint64_t seed = 6;
    for (uint32_t k = 0; k < LINES * LINE * NB * C; k++)
        d[A_AT + k] = (uint8_t)bench_random(&seed);
    for (uint32_t k = 0; k < KERNEL_ROWS * TAPS * NB * C; k++)
        d[W_AT + k] = (uint8_t)bench_random(&seed);
    for (uint32_t stride = 1; stride <= 2; stride++) {
        run_taps(b, stride);
        for (uint32_t at = 0; at < NB * 6 * C; at++) {
            const uint32_t n = at / (6 * C), y = at / C % 6 / 3, x = at / C % 3, j = at % C;
            int32_t sum = 0;
            for (uint32_t kh = 0; kh < KERNEL_ROWS; kh++)
                for (uint32_t tap = 0; tap < TAPS; tap++)
                    sum += ((int8_t)d[A_AT + ((y + kh) * LINE + x * stride + tap) * NB * C + n * C + j] - 5) *
                           d[W_AT + ((kh * NB + n) * TAPS + tap) * C + j];
            assert_int_equal((int32_t)get32(d + R_AT + 4 * at), sum);
        }
    }
}

static uint32_t lane_bf16(uint32_t mode, const uint16_t *a, const uint16_t *w, uint32_t q, uint32_t j)
{
    float acc = mode == SYSTOLE_MODE_MAX ? -INFINITY : 0.0f;
    for (uint32_t tap = 0; tap < 3; tap++) {
        const uint16_t h = a[(q + tap) * NB * C + j];
        const float x = bf16_value(h);
        if (h == 0xffff)
            continue;
        if (mode == SYSTOLE_MODE_DEPTHWISE)
            acc = fmaf(x, bf16_value(w[tap * NB * C + j]), acc);
        else if (mode == SYSTOLE_MODE_SUM)
            acc = acc + x;
        else if (isnan(x) || isnan(acc))
            acc = NAN;
        else
            acc = x > acc ? x : acc;
    }
    return bits_of(acc);
}

static void test_matmul_bf16_lanes_equal_plain_loops(void **state)
{
    struct bench *b = *state;
    uint8_t *d = bench_data(b);
    uint16_t a[6 * NB * C], w[3 * NB * C];
    uint64_t seed = 5;
    if (!SYSTOLE_HAS_FP)
        skip();
    static const uint16_t special[] = {0xffff, 0xffff, 0x7fc0, 0x7f80, 0xff80, 0x0000, 0x8000, 0x0001};
    for (uint32_t k = 0; k < 6 * NB * C; k++) {
        const uint32_t x = bench_random(&seed);
        a[k] = x % 4 ? (uint16_t)((x >> 8 & 0x83ff) | 0x3c00) : special[x / 4 % 8];
        put16(d + A_AT + 2 * k, a[k]);
    }
    for (uint32_t k = 0; k < 3 * NB * C; k++) {
        w[k] = (uint16_t)((bench_random(&seed) & 0x83ff) | 0x3c00);
        put16(d + W_AT + 2 * k, w[k]);
    }
    for (uint32_t mode = SYSTOLE_MODE_DEPTHWISE; mode <= SYSTOLE_MODE_SUM; mode++) {
        run_lanes(b, mode, SYSTOLE_DTYPE_BF16);
        for (uint32_t q = 0; q < 4; q++)
            for (uint32_t j = 0; j < NB * C; j++)
                assert_int_equal(get32(d + R_AT + 4 * (((j / C) * 4 + q) * C + j % C)), lane_bf16(mode, a, w, q, j));
    }
}

/* Every sum of INT8 is modulo 2^32. */
static void test_matmul_sum_wraps_modulo_2_32(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint8_t *d = bench_data(b);
    for (uint32_t j = 0; j < C; j++)
        put32(d + P_AT + 4 * j, 0x7fffffff);
    memset(d + A_AT, 1, C);
    add_load(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, A_AT, 0, C);
    add_load(&p, SYSTOLE_MEM_PARAM, SYSTOLE_CONV_COPY32, P_AT, 0, C);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL);
    SYSTOLE_PUT(i, MATMUL, mode, SYSTOLE_MODE_SUM);
    SYSTOLE_PUT(i, MATMUL, init, SYSTOLE_INIT_PARAM);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, R_AT, 1);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    assert_int_equal(get32(d + R_AT), 0x80000000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
    const struct CMUnitTest tests[] = {
        TEST(test_matmul_int8_gemm_equals_plain_loops),
        TEST(test_matmul_bf16_gemm_is_one_chain_and_skips_padding),
        TEST(test_matmul_conv_with_filled_border_equals_plain_loops),
        TEST(test_matmul_int8_lanes_equal_plain_loops),
        TEST(test_matmul_taps_at_once_equal_plain_loops),
        TEST(test_matmul_bf16_lanes_equal_plain_loops),
        TEST(test_matmul_sum_wraps_modulo_2_32),
    };
    return cmocka_run_group_tests_name("hls_model", tests, NULL, NULL);
}
