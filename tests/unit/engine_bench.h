/* SPDX-License-Identifier: Apache-2.0 */
/* Two engines held against each other: products and convolutions of random sizes, layouts and numbers, equal in every bit. */
#ifndef ENGINE_BENCH_H
#define ENGINE_BENCH_H

#include "plan_bench.h"

#include "host/engine/engine.h"

static struct systole_context *ctx;

static inline int set_up(void **unused)
{
    (void)unused;
    state = getenv("SYSTOLE_SEED") ? strtoull(getenv("SYSTOLE_SEED"), NULL, 0) : 51;
    print_message("seed %llu\n", (unsigned long long)state);
    return systole_context_create(NULL, &ctx);
}

static inline int tear_down(void **unused)
{
    (void)unused;
    systole_context_free(ctx);
    return 0;
}

static inline struct sy_engine *open_engine(const char *name)
{
    struct sy_engine *e = NULL;
    if (sy_engine_open(ctx, name, &e) != SYSTOLE_OK)
        fail_msg("%s: %s", name, systole_context_detail(ctx));
    return e;
}

/* Numbers that find a wrong step: signed zeros, subnormals, products that vanish; Inf and NaN where asked for. */
static inline float hostile(bool specials)
{
    static const uint32_t odd[] = {0x80000000, 0, 1, 0x80000001, 0x00800000, 0x807fffff, 0x3f800000, 0xbf800001, 0x1f800000, 0x9f812345};
    static const uint32_t special[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0x7f7fffff, 0xff7fffff};
    const uint32_t pick = draw(64);
    if (specials && pick < 2)
        return bits_float(special[draw(7)]);
    if (pick < 16)
        return bits_float(odd[draw(10)]);
    return ((float)draw(1u << 24) - 8388608.0f) * ldexpf(1.0f, (int)draw(40) - 44);
}

static inline void *values(int64_t count, bool f32, bool specials)
{
    void *p = malloc((size_t)count * (f32 ? 4 : 1));
    assert_non_null(p);
    for (int64_t i = 0; i < count; i++)
        if (f32)
            ((float *)p)[i] = hostile(specials);
        else
            ((uint8_t *)p)[i] = (uint8_t)draw(256);
    return p;
}

static inline struct sy_factor factor(int64_t rows, int64_t cols, bool f32, bool specials, void **memory)
{
    const uint32_t layout = draw(3), gap = layout == 2 ? 3 : 1;
    struct sy_factor f = {.row = cols * gap, .column = gap, .is_unsigned = draw(2)};
    if (layout == 1) {
        f.row = 1;
        f.column = rows;
    }
    f.zero = draw(3) == 0 ? 0 : f.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    f.data = *memory = values(rows * cols * gap, f32, specials);
    return f;
}

/* Sizes about the edges of tiles and blocks. */
static inline int64_t size_near(int64_t most)
{
    static const int64_t edges[] = {1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512};
    int64_t n;
    do
        n = draw(3) ? edges[draw(15)] + draw(3) - 1 : 1 + draw((uint32_t)most);
    while (n < 1 || n > most);
    return n;
}

static inline void equal(const void *got, const void *want, int64_t count, const char *name, const char *what)
{
    for (int64_t i = 0; i < count; i++)
        if (((const uint32_t *)got)[i] != ((const uint32_t *)want)[i])
            fail_msg("%s, %s: element %lld of %lld is %08x, not %08x", name, what, (long long)i, (long long)count,
                     ((const uint32_t *)got)[i], ((const uint32_t *)want)[i]);
}

static inline void one_gemm(struct sy_engine *wanted, struct sy_engine *e, const char *name, bool f32, bool specials)
{
    const int64_t m = size_near(140), n = size_near(200), k = size_near(m * n > 4000 ? 70 : 700);
    char what[96];
    snprintf(what, sizeof what, "%s %lldx%lldx%lld", f32 ? "fp32" : "int8", (long long)m, (long long)n, (long long)k);
    void *memory[2];
    const struct sy_factor a = factor(m, k, f32, specials, &memory[0]), b = factor(k, n, f32, specials, &memory[1]);
    void *want = values(m * n * 4, false, false), *got = malloc((size_t)(m * n) * 4);
    for (int64_t i = 0; f32 && i < m * n; i++)
        ((float *)want)[i] = draw(2) ? hostile(specials) : -0.0f;
    memcpy(got, want, (size_t)(m * n) * 4);
    assert_int_equal(f32 ? sy_engine_matmul_f32(wanted, ctx, m, n, k, a, b, want) : sy_engine_matmul_i8(wanted, ctx, m, n, k, a, b, want), 0);
    assert_int_equal(f32 ? sy_engine_matmul_f32(e, ctx, m, n, k, a, b, got) : sy_engine_matmul_i8(e, ctx, m, n, k, a, b, got), 0);
    equal(got, want, m * n, name, what);
    free(want);
    free(got);
    free(memory[0]);
    free(memory[1]);
}

static inline struct sy_conv2d draw_conv(void)
{
    struct sy_conv2d v;
    do {
        v = (struct sy_conv2d){.batch = 1 + draw(2), .h = 1 + draw(20), .w = 1 + draw(30), .groups = draw(2) ? 1 : 1 + draw(3)};
        v.c = draw(2) ? 1 + draw(3) : 1 + draw(40);
        v.m = draw(2) ? 1 + draw(3) : 1 + draw(20);
        v.kh = 1 + draw(4);
        v.kw = 1 + draw(4);
        v.dil_h = 1 + draw(2);
        v.dil_w = 1 + draw(2);
        v.stride_h = 1 + draw(3);
        v.stride_w = 1 + draw(3);
        v.pad_h = draw(4);
        v.pad_w = draw(4);
        v.p = (v.h + v.pad_h + draw(4) - (v.kh - 1) * v.dil_h - 1) / v.stride_h + 1;
        v.q = (v.w + v.pad_w + draw(4) - (v.kw - 1) * v.dil_w - 1) / v.stride_w + 1;
    } while (v.p < 1 || v.q < 1 || v.c * v.kh * v.kw * v.m * v.groups * v.p * v.q > 3000000);
    return v;
}

static inline void one_conv(struct sy_engine *wanted, struct sy_engine *e, const char *name, bool f32, bool specials)
{
    const struct sy_conv2d v = draw_conv();
    const int64_t in = v.batch * v.groups * v.c * v.h * v.w, weights = v.groups * v.m * v.c * v.kh * v.kw;
    const int64_t out = v.batch * v.groups * v.m * v.p * v.q;
    char what[160];
    snprintf(what, sizeof what, "%s convolution %lldx%lldx%lldx%lld, %lldx%lld, %lld of %lld, pad %lld %lld", f32 ? "fp32" : "int8",
             (long long)v.batch, (long long)(v.groups * v.c), (long long)v.h, (long long)v.w, (long long)v.kh, (long long)v.kw,
             (long long)v.m, (long long)v.groups, (long long)v.pad_h, (long long)v.pad_w);
    struct sy_factor x = {.is_unsigned = draw(2)}, w = {.is_unsigned = draw(2)};
    x.zero = x.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    w.zero = draw(2) ? 0 : w.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    void *px = values(in, f32, specials), *pw = values(weights, f32, specials), *bias = draw(2) ? values(v.groups * v.m * 4, false, false) : NULL;
    for (int64_t i = 0; f32 && bias && i < v.groups * v.m; i++)
        ((float *)bias)[i] = draw(2) ? -0.0f : hostile(specials);
    x.data = px;
    w.data = pw;
    void *want = malloc((size_t)out * 4), *got = malloc((size_t)out * 4);
    memset(got, 0x55, (size_t)out * 4);
    assert_int_equal(f32 ? sy_engine_conv_f32(wanted, ctx, &v, px, pw, bias, want) : sy_engine_conv_i8(wanted, ctx, &v, x, w, bias, want), 0);
    assert_int_equal(f32 ? sy_engine_conv_f32(e, ctx, &v, px, pw, bias, got) : sy_engine_conv_i8(e, ctx, &v, x, w, bias, got), 0);
    equal(got, want, out, name, what);
    free(px);
    free(pw);
    free(bias);
    free(want);
    free(got);
}

/* That many products and convolutions; SYSTOLE_ROUNDS asks for another number. */
static inline void compare_engines(struct sy_engine *wanted, struct sy_engine *e, const char *name, bool specials, int rounds)
{
    const char *few = getenv("SYSTOLE_ROUNDS");
    rounds = few ? atoi(few) : rounds;
    for (int round = 0; round < rounds; round++) {
        one_gemm(wanted, e, name, round % 3 != 0, specials);
        one_conv(wanted, e, name, round % 3 != 0, specials);
    }
}

/* A device with these options against the cpu, both in that precision. */
static inline void compare_with_cpu(const char *device, const char *options, const char *precision, bool specials, int rounds)
{
    char cpu[64], name[96];
    snprintf(cpu, sizeof cpu, "cpu,precision=%s", precision);
    snprintf(name, sizeof name, "%s,%s,precision=%s", device, options, precision);
    struct sy_engine *wanted = open_engine(cpu), *e = open_engine(name);
    compare_engines(wanted, e, name, specials, rounds);
    sy_engine_close(wanted);
    sy_engine_close(e);
}

#endif
