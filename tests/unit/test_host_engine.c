/* SPDX-License-Identifier: Apache-2.0 */
/* Every engine gives the same bits: the host, the HLS C, the simulated RTL. */
#include "plan_bench.h"

#include "host/engine/engine.h"

enum { ENGINES = 3 };
static const char *const names[ENGINES] = {"cpu", "hls:4x4", "sim:4x4"};

struct fixture {
    struct systole_context *ctx;
    struct sy_engine *engine[ENGINES];
};

static void open_engines(struct fixture *f, const char *precision)
{
    assert_int_equal(systole_context_create(NULL, &f->ctx), SYSTOLE_OK);
    for (int i = 0; i < ENGINES; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s,precision=%s", names[i], precision);
        if (sy_engine_open(f->ctx, name, &f->engine[i]) != SYSTOLE_OK)
            fail_msg("%s: %s", name, systole_context_detail(f->ctx));
    }
    state = getenv("SYSTOLE_SEED") ? strtoull(getenv("SYSTOLE_SEED"), NULL, 0) : 21;
    print_message("seed %llu\n", (unsigned long long)state);
}

static void close_engines(struct fixture *f)
{
    for (int i = 0; i < ENGINES; i++)
        sy_engine_close(f->engine[i]);
    systole_context_free(f->ctx);
}

/* A matrix in one of the layouts: rows dense, columns dense, neither. */
static struct sy_factor factor(int64_t rows, int64_t cols, uint32_t element, void **memory)
{
    const uint32_t layout = draw(3), gap = layout == 2 ? 2 : 1;
    struct sy_factor f = {.row = cols * gap, .column = gap};
    if (layout == 1)
        f = (struct sy_factor){.row = 1, .column = rows};
    *memory = filled((size_t)(rows * cols) * gap * element, element);
    f.data = *memory;
    if (element == 1) {
        f.is_unsigned = draw(2);
        f.zero = f.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    }
    return f;
}

static void one_gemm(struct fixture *f, bool f32, uint32_t round)
{
    const int64_t m = 1 + draw(20), n = 1 + draw(20), k = 1 + draw(20);
    void *memory[2];
    const struct sy_factor a = factor(m, k, f32 ? 4 : 1, &memory[0]), b = factor(k, n, f32 ? 4 : 1, &memory[1]);
    const size_t size = (size_t)(m * n) * 4;
    if (f32 && round % 8 == 7)
        ((float *)memory[0])[0] = INFINITY;
    void *start = filled(size, 4), *result[ENGINES];
    for (int i = 0; i < ENGINES; i++) {
        result[i] = memcpy(malloc(size), start, size);
        assert_int_equal(f32 ? sy_engine_matmul_f32(f->engine[i], f->ctx, m, n, k, a, b, result[i])
                             : sy_engine_matmul_i8(f->engine[i], f->ctx, m, n, k, a, b, result[i]),
                         SYSTOLE_OK);
        assert_memory_equal(result[i], result[0], size);
    }
    assert_true(memcmp(result[0], start, size) != 0 || k == 1);
    for (int i = 0; i < ENGINES; i++)
        free(result[i]);
    free(start);
    free(memory[0]);
    free(memory[1]);
}

/* Several of one size at once, operands in any order and used twice: as one by one on the cpu, and from zero whatever stood in c. */
static void one_batch(struct fixture *f, bool f32, uint32_t round)
{
    enum { MOST = 6 };
    const int64_t m = 1 + draw(12), n = 1 + draw(12), k = draw(8) ? 1 + draw(12) : 0, count = 1 + draw(MOST);
    const uint32_t element = f32 ? 4 : 1;
    void *pa = filled((size_t)(MOST * m * k + 1) * element, element), *pb = filled((size_t)(MOST * k * n + 1) * element, element);
    const struct sy_factor a = {.data = pa, .row = k, .column = 1, .zero = f32 ? 0 : 3}, b = {.data = pb, .row = n, .column = 1};
    int64_t a_at[MOST], b_at[MOST];
    for (int64_t i = 0; i < count; i++) {
        a_at[i] = (int64_t)draw(MOST) * m * k;
        b_at[i] = (int64_t)draw(MOST) * k * n;
    }
    if (f32 && round % 8 == 5)
        ((float *)pa)[0] = INFINITY;
    const struct sy_batch batch = {count, a_at, b_at};
    const size_t one = (size_t)(m * n) * 4, size = (size_t)count * one;
    char *want = calloc(1, size), *got = filled(size, 4);
    for (int64_t i = 0; i < count; i++) {
        struct sy_factor ai = a, bi = b;
        ai.data = (const char *)pa + a_at[i] * element;
        bi.data = (const char *)pb + b_at[i] * element;
        void *c = want + (size_t)i * one;
        assert_int_equal(f32 ? sy_engine_matmul_f32(f->engine[0], f->ctx, m, n, k, ai, bi, c)
                             : sy_engine_matmul_i8(f->engine[0], f->ctx, m, n, k, ai, bi, c), SYSTOLE_OK);
    }
    for (int i = 0; i < ENGINES; i++) {
        const struct sy_engine_totals before = sy_engine_totals(f->engine[i]);
        assert_int_equal(f32 ? sy_engine_matmuls_f32(f->engine[i], f->ctx, m, n, k, a, b, &batch, (float *)got)
                             : sy_engine_matmuls_i8(f->engine[i], f->ctx, m, n, k, a, b, &batch, (int32_t *)got), SYSTOLE_OK);
        assert_memory_equal(got, want, size);
        const struct sy_engine_totals after = sy_engine_totals(f->engine[i]);
        if (k && after.special == before.special)
            assert_int_equal(after.launches - before.launches, i > 0);
        assert_int_equal(after.macs - before.macs, count * m * n * k);
    }
    free(want);
    free(got);
    free(pa);
    free(pb);
}

static struct sy_conv2d draw_conv(void)
{
    struct sy_conv2d v = {.batch = 1 + draw(2), .h = 1 + draw(9), .w = 1 + draw(9), .groups = 1 + draw(3)};
    v.c = draw(2) ? 1 : 1 + draw(5);
    v.m = draw(2) ? 1 : 1 + draw(6);
    do {
        v.kh = 1 + draw(3);
        v.kw = 1 + draw(3);
        v.dil_h = 1 + draw(2);
        v.dil_w = 1 + draw(2);
        v.stride_h = 1 + draw(2);
        v.stride_w = 1 + draw(2);
        v.pad_h = draw(3);
        v.pad_w = draw(3);
        const int64_t p = v.h + v.pad_h + draw(3) - ((v.kh - 1) * v.dil_h + 1);
        const int64_t q = v.w + v.pad_w + draw(3) - ((v.kw - 1) * v.dil_w + 1);
        v.p = p < 0 ? 0 : p / v.stride_h + 1;
        v.q = q < 0 ? 0 : q / v.stride_w + 1;
    } while (v.p == 0 || v.q == 0);
    return v;
}

static void one_conv(struct fixture *f, bool f32)
{
    const struct sy_conv2d v = draw_conv();
    const uint32_t element = f32 ? 4 : 1;
    struct sy_factor x = {.is_unsigned = draw(2)}, w = {.is_unsigned = draw(2)};
    x.zero = x.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    w.zero = w.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    void *px = filled((size_t)(v.batch * v.groups * v.c * v.h * v.w) * element, element);
    void *pw = filled((size_t)(v.groups * v.m * v.c * v.kh * v.kw) * element, element);
    void *bias = draw(2) ? filled((size_t)(v.groups * v.m) * 4, 4) : NULL;
    x.data = px;
    w.data = pw;
    const size_t size = (size_t)(v.batch * v.groups * v.m * v.p * v.q) * 4;
    void *result[ENGINES];
    for (int i = 0; i < ENGINES; i++) {
        result[i] = malloc(size);
        assert_int_equal(f32 ? sy_engine_conv_f32(f->engine[i], f->ctx, &v, px, pw, bias, result[i])
                             : sy_engine_conv_i8(f->engine[i], f->ctx, &v, x, w, bias, result[i]),
                         SYSTOLE_OK);
        assert_memory_equal(result[i], result[0], size);
    }
    for (int i = 0; i < ENGINES; i++)
        free(result[i]);
    free(px);
    free(pw);
    free(bias);
}

static void all_kinds(const char *precision)
{
    struct fixture f;
    open_engines(&f, precision);
    for (uint32_t round = 0; round < 24; round++) {
        one_gemm(&f, round % 3 != 0, round);
        one_conv(&f, round % 3 != 0);
        one_batch(&f, round % 3 != 0, round);
    }
    assert_true(sy_engine_totals(f.engine[2]).cycles > 0);
    assert_true(sy_engine_totals(f.engine[0]).special > 0);
    assert_true(sy_engine_totals(f.engine[2]).special == sy_engine_totals(f.engine[1]).special);
    close_engines(&f);
}

static void test_engines_x6_agree_in_every_bit(void **unused)
{
    (void)unused;
    all_kinds("x6");
}

static void test_engines_x3_agree_in_every_bit(void **unused)
{
    (void)unused;
    all_kinds("x3");
}

static void test_engines_x1_agree_in_every_bit(void **unused)
{
    (void)unused;
    all_kinds("x1");
}

static void test_engine_unknown_device_is_refused(void **unused)
{
    (void)unused;
    struct systole_context *ctx = NULL;
    struct sy_engine *e = NULL;
    assert_int_equal(systole_context_create(NULL, &ctx), SYSTOLE_OK);
    static const char *const bad[] = {"abacus:3", "cpu,precision=x5", "hls:4x4,precision=f32", "hls:4x4,precision=", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(sy_engine_open(ctx, bad[i], &e) != SYSTOLE_OK);
        assert_null(e);
        assert_true(strlen(systole_context_detail(ctx)) > 0);
    }
    systole_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engines_x6_agree_in_every_bit),
        cmocka_unit_test(test_engines_x3_agree_in_every_bit),
        cmocka_unit_test(test_engines_x1_agree_in_every_bit),
        cmocka_unit_test(test_engine_unknown_device_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
