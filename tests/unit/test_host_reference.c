/* SPDX-License-Identifier: Apache-2.0 */
/* OpenBLAS and oneDNN as engines: int8 equal to the cpu in every bit, fp32 within the bound that K roundings have. */
#include "plan_bench.h"

#include "host/engine/engine.h"
#include "host/engine/reference.h"

static struct systole_context *ctx;
static struct sy_engine *cpu, *other;

static void open_both(const char *name, enum sy_reference which)
{
    state = getenv("SYSTOLE_SEED") ? strtoull(getenv("SYSTOLE_SEED"), NULL, 0) : 61;
    print_message("seed %llu\n", (unsigned long long)state);
    if (!sy_reference_is_here(which)) {
        print_message("%s is not installed here\n", name);
        skip();
    }
    assert_int_equal(systole_context_create(NULL, &ctx), SYSTOLE_OK);
    assert_int_equal(sy_engine_open(ctx, "cpu,precision=f32", &cpu), SYSTOLE_OK);
    if (sy_engine_open(ctx, name, &other) != SYSTOLE_OK)
        fail_msg("%s", systole_context_detail(ctx));
}

static void close_both(void)
{
    sy_engine_close(cpu);
    sy_engine_close(other);
    systole_context_free(ctx);
}

static struct sy_factor factor(int64_t rows, int64_t cols, uint32_t element, void **memory)
{
    const uint32_t layout = draw(3), gap = layout == 2 ? 2 : 1;
    struct sy_factor f = {.row = cols * gap, .column = gap, .is_unsigned = draw(2)};
    if (layout == 1) {
        f.row = 1;
        f.column = rows;
    }
    f.zero = f.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    f.data = *memory = filled((size_t)(rows * cols * gap) * element, element);
    return f;
}

/* Two orders of one sum of k products lie within twice gamma_k * (|start| + sum |ab|). */
static void within_bound(const struct sy_factor *a, const struct sy_factor *b, const float *start, const float *got, const float *want,
                         int64_t m, int64_t n, int64_t k)
{
    const double u = ldexp(1, -24), gamma = (double)(k + 1) * u / (1 - (double)(k + 1) * u);
    for (int64_t i = 0; i < m * n; i++) {
        double sum = fabs((double)start[i]);
        for (int64_t j = 0; j < k; j++)
            sum += fabs((double)((const float *)a->data)[i / n * a->row + j * a->column] *
                        (double)((const float *)b->data)[j * b->row + i % n * b->column]);
        if (!(fabs((double)got[i] - (double)want[i]) <= 2 * gamma * sum))
            fail_msg("%lldx%lldx%lld: element %lld is %g, the chain gives %g, the bound is %g", (long long)m, (long long)n, (long long)k,
                     (long long)i, (double)got[i], (double)want[i], 2 * gamma * sum);
    }
}

static void one_gemm(bool f32)
{
    const int64_t m = 1 + draw(40), n = 1 + draw(60), k = 1 + draw(300);
    const size_t size = (size_t)(m * n) * 4;
    void *memory[2];
    const struct sy_factor a = factor(m, k, f32 ? 4 : 1, &memory[0]), b = factor(k, n, f32 ? 4 : 1, &memory[1]);
    void *start = filled(size, 4), *want = memcpy(malloc(size), start, size), *got = memcpy(malloc(size), start, size);
    assert_int_equal(f32 ? sy_engine_matmul_f32(cpu, ctx, m, n, k, a, b, want) : sy_engine_matmul_i8(cpu, ctx, m, n, k, a, b, want), 0);
    assert_int_equal(f32 ? sy_engine_matmul_f32(other, ctx, m, n, k, a, b, got) : sy_engine_matmul_i8(other, ctx, m, n, k, a, b, got), 0);
    if (f32)
        within_bound(&a, &b, start, got, want, m, n, k);
    else
        assert_memory_equal(got, want, size);
    free(start);
    free(want);
    free(got);
    free(memory[0]);
    free(memory[1]);
}

static void one_conv(bool f32)
{
    struct sy_conv2d v = {.batch = 1 + draw(2), .h = 3 + draw(12), .w = 3 + draw(20), .groups = 1 + draw(2), .c = 1 + draw(9), .m = 1 + draw(9),
                          .kh = 1 + draw(3), .kw = 1 + draw(3), .stride_h = 1 + draw(2), .stride_w = 1 + draw(2), .dil_h = 1, .dil_w = 1,
                          .pad_h = draw(2), .pad_w = draw(3)};
    v.p = (v.h + 2 * v.pad_h - v.kh) / v.stride_h + 1;
    v.q = (v.w + 2 * v.pad_w - v.kw) / v.stride_w + 1;
    const int64_t out = v.batch * v.groups * v.m * v.p * v.q;
    struct sy_factor x = {.is_unsigned = draw(2)}, w = {.is_unsigned = draw(2)};
    x.zero = x.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    w.zero = w.is_unsigned ? (int32_t)draw(256) : (int32_t)draw(256) - 128;
    void *px = filled((size_t)(v.batch * v.groups * v.c * v.h * v.w) * 4, 4), *pw = filled((size_t)(v.groups * v.m * v.c * v.kh * v.kw) * 4, 4);
    void *bias = draw(2) ? filled((size_t)(v.groups * v.m) * 4, 4) : NULL;
    x.data = px;
    w.data = pw;
    float *want = malloc((size_t)out * 4), *got = malloc((size_t)out * 4);
    assert_int_equal(f32 ? sy_engine_conv_f32(cpu, ctx, &v, px, pw, bias, want) : sy_engine_conv_i8(cpu, ctx, &v, x, w, bias, (int32_t *)want), 0);
    assert_int_equal(f32 ? sy_engine_conv_f32(other, ctx, &v, px, pw, bias, got) : sy_engine_conv_i8(other, ctx, &v, x, w, bias, (int32_t *)got), 0);
    /* Operands are below 0.5 * 2^11: a bound for every element of this size. */
    const double bound = 2 * (double)(v.c * v.kh * v.kw + 1) * ldexp(1, -24) * (double)(v.c * v.kh * v.kw + 1) * ldexp(1, 8);
    for (int64_t i = 0; f32 && i < out; i++)
        if (!(fabs((double)got[i] - (double)want[i]) <= bound))
            fail_msg("element %lld is %g, the chain gives %g", (long long)i, (double)got[i], (double)want[i]);
    if (!f32)
        assert_memory_equal(got, want, (size_t)out * 4);
    free(px);
    free(pw);
    free(bias);
    free(want);
    free(got);
}

static void compare(const char *name, enum sy_reference which)
{
    open_both(name, which);
    for (int round = 0; round < 60; round++) {
        one_gemm(round % 2);
        one_conv(round % 2);
    }
    close_both();
}

static void test_openblas_gives_exact_int8_and_fp32_within_the_bound(void **unused)
{
    (void)unused;
    compare("openblas,threads=1", SY_OPENBLAS);
}

static void test_onednn_gives_exact_int8_and_fp32_within_the_bound(void **unused)
{
    (void)unused;
    compare("onednn,threads=1", SY_ONEDNN);
}

static void test_reference_options_that_are_none_are_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"openblas,threads=0", "openblas,precision=x3", "onednn,precision=x6", "onednn,kernel=naive", "onednn:0"};
    assert_int_equal(systole_context_create(NULL, &ctx), SYSTOLE_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sy_engine *e = NULL;
        assert_int_equal(sy_engine_open(ctx, bad[i], &e), SYSTOLE_BAD_DEVICE);
        assert_null(e);
        assert_true(strlen(systole_context_detail(ctx)) > 0);
    }
    systole_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openblas_gives_exact_int8_and_fp32_within_the_bound),
        cmocka_unit_test(test_onednn_gives_exact_int8_and_fp32_within_the_bound),
        cmocka_unit_test(test_reference_options_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
