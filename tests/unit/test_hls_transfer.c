/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOAD, FILL and STORE of the functional device: strides, conversions, transposition, every output and step of the
 * post-processing, against plain code of this file.
 */
#include <fenv.h>

#include "hls_bench.h"

#define SRC 0x0000u
#define OUT_AT 0x10000u
#define WORDS 64u

static const uint32_t specials[] = {0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f800001,
                                    0x7f7fffff, 0xff7fffff, 0x7f7f8000, 0x7f7f7fff, 0x00000001, 0x80000001, 0x007fffff,
                                    0x3f808000, 0x3f818000, 0x3f800001, 0x3eaaaaab};

static void put_specials(uint8_t *at, uint64_t seed)
{
    for (uint32_t i = 0; i < WORDS; i++)
        put32(at + 4 * i, i < 18 ? specials[i] : bench_random(&seed));
}

static void test_load_copies_three_strided_dimensions(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint8_t *d = bench_data(b), got[4096], want[4096] = {0};
    uint64_t seed = 1;
    for (uint32_t i = 0; i < 8192; i++)
        d[i] = (uint8_t)bench_random(&seed);
    uint32_t *i = add_load(&p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY8, 5001, 2003, 300);
    SET(i, LOAD, n1, 3);
    SET(i, LOAD, n2, 2);
    SET(i, LOAD, n3, 2);
    SYSTOLE_PUT(i, LOAD, s1, -601);
    SYSTOLE_PUT(i, LOAD, s2, 7);
    SYSTOLE_PUT(i, LOAD, s3, -2000);
    SYSTOLE_PUT(i, LOAD, d1, 301);
    SYSTOLE_PUT(i, LOAD, d2, 1000);
    SYSTOLE_PUT(i, LOAD, d3, -2001);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    for (int32_t i3 = 0; i3 < 2; i3++)
        for (int32_t i2 = 0; i2 < 2; i2++)
            for (int32_t i1 = 0; i1 < 3; i1++)
                memcpy(want + 2003 - i3 * 2001 + i2 * 1000 + i1 * 301, d + 5001 - i3 * 2000 + i2 * 7 - i1 * 601, 300);
    assert_int_equal(b->ops->peek(b->m, SYSTOLE_MEM_WPAD, 0, got, sizeof got), 0);
    assert_memory_equal(got, want, sizeof got);
    assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_COUNTER_LO + 8 * SYSTOLE_CNT_READ_BYTES), 3600);
    assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_COUNTER_LO + 8 * SYSTOLE_CNT_INSN_LOAD), 1);
}

static void test_load_transposes_both_sizes_of_elements(void **state)
{
    enum { ROWS = 5, LEN = 300 };
    struct bench *b = *state;
    uint8_t *d = bench_data(b), got[2 * LEN * ROWS];
    uint64_t seed = 2;
    for (uint32_t k = 0; k < 2 * ROWS * LEN; k++)
        d[k] = (uint8_t)(bench_random(&seed) & 0x3f);
    for (uint32_t es = 1; es <= (SYSTOLE_HAS_FP ? 2 : 1); es++) {
        struct program p = {.count = 0};
        uint32_t *i = add_load(&p, SYSTOLE_MEM_APAD, es == 1 ? SYSTOLE_CONV_COPY8 : SYSTOLE_CONV_COPY16, SRC, 64, LEN);
        SET(i, LOAD, n1, ROWS);
        SYSTOLE_PUT(i, LOAD, trans, 1);
        SYSTOLE_PUT(i, LOAD, s1, LEN * es);
        SYSTOLE_PUT(i, LOAD, d1, ROWS * es);
        bench_run(b, &p);
        assert_int_equal(b->status, SYSTOLE_ERR_OK);
        assert_int_equal(b->ops->peek(b->m, SYSTOLE_MEM_APAD, 64, got, es * LEN * ROWS), 0);
        for (uint32_t r = 0; r < ROWS; r++)
            for (uint32_t k = 0; k < LEN; k++)
                assert_memory_equal(got + (k * ROWS + r) * es, d + (r * LEN + k) * es, es);
    }
}

static uint16_t split(uint32_t conv, uint32_t bits)
{
    const float x = float_of(bits);
    uint16_t h = bf16_of(x);
    if (isfinite(x) && !isfinite(bf16_value(h)))
        h = (uint16_t)(bits >> 16);
    if (conv == SYSTOLE_CONV_F32_H)
        return h;
    if (!isfinite(x))
        return 0;
    const float rest = x - bf16_value(h);
    return conv == SYSTOLE_CONV_F32_M ? bf16_of(rest) : bf16_of(rest - bf16_value(bf16_of(rest)));
}

static void test_load_splits_floats_in_three(void **state)
{
    struct bench *b = *state;
    uint8_t *d = bench_data(b);
    uint16_t got[WORDS];
    if (!SYSTOLE_HAS_FP)
        skip();
    put_specials(d, 3);
    for (uint32_t conv = SYSTOLE_CONV_F32_H; conv <= SYSTOLE_CONV_F32_L; conv++) {
        struct program p = {.count = 0};
        add_load(&p, SYSTOLE_MEM_APAD, conv, SRC, 2, WORDS);
        bench_run(b, &p);
        assert_int_equal(b->status, SYSTOLE_ERR_OK);
        assert_int_equal(b->ops->peek(b->m, SYSTOLE_MEM_APAD, 2, got, sizeof got), 0);
        for (uint32_t i = 0; i < WORDS; i++)
            assert_int_equal(got[i], split(conv, get32(d + 4 * i)));
    }
}

static void test_load_copy16_makes_nan_canonical(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    static const uint16_t in[] = {0xffff, 0x7f81, 0x7fc0, 0xffc0, 0x7f80, 0xff80, 0x8000, 0x1234};
    static const uint16_t want[] = {0x7fc0, 0x7fc0, 0x7fc0, 0x7fc0, 0x7f80, 0xff80, 0x8000, 0x1234};
    uint16_t got[8];
    if (!SYSTOLE_HAS_FP)
        skip();
    memcpy(bench_data(b) + 2, in, sizeof in);
    add_load(&p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY16, 2, 6, 8);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    assert_int_equal(b->ops->peek(b->m, SYSTOLE_MEM_WPAD, 6, got, sizeof got), 0);
    assert_memory_equal(got, want, sizeof want);
}

static void test_fill_writes_only_its_block(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint32_t acc[8];
    uint8_t pad[8];
    uint32_t *i = program_add(&p, SYSTOLE_OP_FILL);
    SYSTOLE_PUT(i, FILL, mem, SYSTOLE_MEM_ACC);
    SYSTOLE_PUT(i, FILL, conv, SYSTOLE_CONV_COPY32);
    SYSTOLE_PUT(i, FILL, value, 0xdeadbeef);
    SYSTOLE_PUT(i, FILL, dst, 20);
    SYSTOLE_PUT(i, FILL, d1, -12);
    SET(i, FILL, n1, 2);
    SET(i, FILL, len, 2);
    i = program_add(&p, SYSTOLE_OP_FILL);
    SYSTOLE_PUT(i, FILL, conv, SYSTOLE_HAS_FP ? SYSTOLE_CONV_COPY16 : SYSTOLE_CONV_COPY8);
    SYSTOLE_PUT(i, FILL, value, 0xffffffff);
    SYSTOLE_PUT(i, FILL, dst, 2);
    SET(i, FILL, len, SYSTOLE_HAS_FP ? 2 : 4);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    b->ops->peek(b->m, SYSTOLE_MEM_ACC, 0, acc, sizeof acc);
    b->ops->peek(b->m, SYSTOLE_MEM_APAD, 0, pad, sizeof pad);
    const uint32_t want[8] = {0, 0, 0xdeadbeef, 0xdeadbeef, 0, 0xdeadbeef, 0xdeadbeef, 0};
    const uint8_t want_pad[8] = {0, 0, 255, 255, 255, 255, 0, 0};
    assert_memory_equal(acc, want, sizeof want);
    assert_memory_equal(pad, want_pad, sizeof want_pad);
}

/* ---- STORE ---- */

/* The fields of one STORE, by their names in the contract. */
struct steps {
    uint32_t src_fp, out, scale, res, act, clamp;
    float scale_imm, r_scale, alpha, lo, hi;
    int32_t o_zp, r_zp;
};

static uint32_t quantise(const struct steps *s, float v)
{
    const int32_t qmin = s->out == SYSTOLE_OUT_I8 ? -128 : 0;
    const float low = (float)(qmin - s->o_zp), high = (float)(qmin + 255 - s->o_zp);
    const float f = isnan(v) || v < low ? low : v > high ? high : v;
    return (uint32_t)((int32_t)nearbyintf(f) + s->o_zp) & 0xff;
}

/* docs/numerics.md, step by step; `lane_scale` is PARAM's, `r` the residual's bits, `lut` the table. */
static uint32_t expected(const struct steps *s, uint32_t acc, float lane_scale, uint32_t r, const uint8_t *lut)
{
    if (s->out == SYSTOLE_OUT_RAW32)
        return acc;
    float v = s->src_fp ? float_of(acc) : (float)(int32_t)acc;
    if (s->scale)
        v = v * (s->scale == SYSTOLE_SCALE_IMM ? s->scale_imm : lane_scale);
    if (s->res) {
        float rf = s->res == SYSTOLE_RES_I8 ? (float)((int8_t)r - s->r_zp) : (float)((int32_t)(r & 0xff) - s->r_zp);
        if (s->res == SYSTOLE_RES_BF16)
            rf = bf16_value((uint16_t)r);
        const float product = rf * s->r_scale;
        v = v + product;
    }
    if (s->act == SYSTOLE_ACT_RELU)
        v = isnan(v) ? v : v > 0 ? v : 0.0f;
    if (s->act == SYSTOLE_ACT_LEAKY && v < 0)
        v = v * s->alpha;
    if (s->clamp)
        v = v < s->lo ? s->lo : v > s->hi ? s->hi : v;
    if (s->out == SYSTOLE_OUT_F32)
        return bits_of(v);
    if (s->out == SYSTOLE_OUT_BF16)
        return bf16_of(v);
    const uint32_t y = quantise(s, v);
    return s->act == SYSTOLE_ACT_TABLE ? lut[y] : y;
}

static void put_steps(uint32_t *i, const struct steps *s)
{
    SYSTOLE_PUT(i, STORE, src_fp, s->src_fp);
    SYSTOLE_PUT(i, STORE, scale, s->scale);
    SYSTOLE_PUT(i, STORE, res, s->res);
    SYSTOLE_PUT(i, STORE, act, s->act);
    SYSTOLE_PUT(i, STORE, clamp, s->clamp);
    SYSTOLE_PUT(i, STORE, scale_imm, bits_of(s->scale_imm));
    SYSTOLE_PUT(i, STORE, r_scale, bits_of(s->r_scale));
    SYSTOLE_PUT(i, STORE, alpha, bits_of(s->alpha));
    SYSTOLE_PUT(i, STORE, lo, bits_of(s->lo));
    SYSTOLE_PUT(i, STORE, hi, bits_of(s->hi));
    SYSTOLE_PUT(i, STORE, o_zp, s->o_zp);
    SYSTOLE_PUT(i, STORE, r_zp, s->r_zp);
}

/* Eight rows of accumulators through one combination of steps. */
static void check_steps(struct bench *b, const struct steps *s, uint64_t *seed)
{
    enum { ROWS = 8 };
    struct program p = {.count = 0};
    const uint32_t eo = s->out <= SYSTOLE_OUT_F32 ? 4 : s->out == SYSTOLE_OUT_BF16 ? 2 : 1;
    const uint32_t er = s->res == SYSTOLE_RES_BF16 ? 2 : 1;
    uint32_t acc[ROWS * C], scale[C];
    uint8_t res[ROWS * C * 2], lut[256], *d = bench_data(b);
    for (uint32_t k = 0; k < ROWS * C; k++) {
        const uint32_t x = bench_random(seed);
        acc[k] = !s->src_fp ? (uint32_t)((int32_t)x >> (x % 28)) : k % 3 ? (x & 0x83ffffff) | 0x40000000 : specials[x % 18];
        res[2 * k] = (uint8_t)(x >> 8);
        res[2 * k + 1] = (uint8_t)(x >> 16);
    }
    for (uint32_t j = 0; j < C; j++)
        scale[j] = (bench_random(seed) & 0x81ffffff) | 0x3c000000;
    for (uint32_t k = 0; k < 256; k++)
        lut[k] = (uint8_t)bench_random(seed);
    b->ops->poke(b->m, SYSTOLE_MEM_ACC, 0, acc, sizeof acc);
    b->ops->poke(b->m, SYSTOLE_MEM_APAD, 4096, res, sizeof res);
    b->ops->poke(b->m, SYSTOLE_MEM_PARAM, 4 * C * 3, scale, sizeof scale);
    b->ops->poke(b->m, SYSTOLE_MEM_LUT, 0, lut, sizeof lut);
    uint32_t *i = add_store(&p, s->out, OUT_AT + eo, ROWS);
    put_steps(i, s);
    SYSTOLE_PUT(i, STORE, s_base, 3);
    SYSTOLE_PUT(i, STORE, r_base, s->res ? 4096 : 0);
    SYSTOLE_PUT(i, STORE, r_sq, s->res ? C * er : 0);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    for (uint32_t k = 0; k < ROWS * C; k++) {
        const uint32_t r = er == 2 ? res[2 * k] | (uint32_t)res[2 * k + 1] << 8 : res[k];
        uint32_t got = 0;
        memcpy(&got, d + OUT_AT + eo + k * eo, eo);
        const uint32_t want = expected(s, acc[k], float_of(scale[k % C]), r, lut);
        if (got != want)
            fail_msg("out %u scale %u res %u act %u: acc %08x gave %08x, not %08x", s->out, s->scale, s->res, s->act,
                     acc[k], got, want);
    }
    assert_int_equal(b->ops->read_reg(b->m, SYSTOLE_REG_COUNTER_LO + 8 * SYSTOLE_CNT_WRITE_BYTES), ROWS * C * eo);
}

static void test_store_every_combination_of_steps(void **state)
{
    struct bench *b = *state;
    uint64_t seed = 7;
    struct steps s = {.scale_imm = 0.37f, .r_scale = 0.81f, .alpha = 0.1f, .lo = -50.5f, .hi = 77.25f};
    for (uint32_t c = 0; c < 2 * 5 * 3 * 4 * 4 * 2; c++) {
        s.src_fp = c % 2;
        s.out = c / 2 % 5;
        s.scale = c / 10 % 3;
        s.res = c / 30 % 4;
        s.act = c / 120 % 4;
        s.clamp = c / 480 % 2;
        s.o_zp = s.out == SYSTOLE_OUT_U8 ? 131 : -17;
        s.r_zp = s.res == SYSTOLE_RES_U8 ? 200 : -3;
        const bool byte = s.out >= SYSTOLE_OUT_I8;
        if ((s.out == SYSTOLE_OUT_RAW32 && (s.scale || s.res || s.act || s.clamp)) || (s.act == SYSTOLE_ACT_TABLE && !byte))
            continue;
        if (!SYSTOLE_HAS_FP && (s.src_fp || s.out == SYSTOLE_OUT_BF16 || s.res == SYSTOLE_RES_BF16))
            continue;
        check_steps(b, &s, &seed);
    }
}

static void test_store_to_pad_writes_only_lanes_in_use(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint32_t acc[2 * C];
    uint8_t got[4 * C];
    for (uint32_t j = 0; j < 2 * C; j++)
        acc[j] = j + 1;
    b->ops->poke(b->m, SYSTOLE_MEM_ACC, 0, acc, sizeof acc);
    memset(got, 0xee, sizeof got);
    b->ops->poke(b->m, SYSTOLE_MEM_WPAD, 0, got, sizeof got);
    uint32_t *i = add_store(&p, SYSTOLE_OUT_U8, C, 1);
    SYSTOLE_PUT(i, STORE, dst, SYSTOLE_DST_WPAD);
    SET(i, STORE, window, 0);
    SET(i, STORE, n, 2);
    SET(i, STORE, n_tail, 3);
    SYSTOLE_PUT(i, STORE, c_sn, 1);
    SYSTOLE_PUT(i, STORE, d_sn, C);
    bench_run(b, &p);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    b->ops->peek(b->m, SYSTOLE_MEM_WPAD, 0, got, sizeof got);
    for (uint32_t j = 0; j < 4 * C; j++)
        assert_int_equal(got[j], j >= C && j < 2 * C + 3 ? (uint8_t)(j - C + 1) : 0xee);
}

/* 2^24 + 1 lies in the middle: to even is down. */
static void test_store_rounds_to_nearest_whatever_the_caller_set(void **state)
{
    struct bench *b = *state;
    struct program p = {.count = 0};
    uint32_t acc[C];
    for (uint32_t j = 0; j < C; j++)
        acc[j] = 16777217;
    b->ops->poke(b->m, SYSTOLE_MEM_ACC, 0, acc, sizeof acc);
    add_store(&p, SYSTOLE_OUT_F32, OUT_AT, 1);
    assert_int_equal(fesetround(FE_UPWARD), 0);
    bench_run(b, &p);
    const int after = fegetround();
    fesetround(FE_TONEAREST);
    assert_int_equal(after, FE_UPWARD);
    assert_int_equal(b->status, SYSTOLE_ERR_OK);
    for (uint32_t j = 0; j < C; j++)
        assert_int_equal(get32(bench_data(b) + OUT_AT + 4 * j), 0x4b800000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_open, bench_close)
    const struct CMUnitTest tests[] = {
        TEST(test_load_copies_three_strided_dimensions),
        TEST(test_load_transposes_both_sizes_of_elements),
        TEST(test_load_splits_floats_in_three),
        TEST(test_load_copy16_makes_nan_canonical),
        TEST(test_fill_writes_only_its_block),
        TEST(test_store_every_combination_of_steps),
        TEST(test_store_to_pad_writes_only_lanes_in_use),
        TEST(test_store_rounds_to_nearest_whatever_the_caller_set),
    };
    return cmocka_run_group_tests_name("hls_transfer", tests, NULL, NULL);
}
