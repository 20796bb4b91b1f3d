/* SPDX-License-Identifier: Apache-2.0 */
/* cuBLAS as an engine: within the bound of any order of sums, bytes exactly. Skipped, and counted, where there is none: make test-cuda has a
 * stand-in. */
#include "engine_bench.h"

#include <math.h>

static struct sy_engine *open_or_skip(const char *name)
{
    struct sy_engine *e = NULL;
    if (sy_engine_open(ctx, name, &e) == SYSTOLE_NOT_FOUND) {
        print_message("%s\n", systole_context_detail(ctx));
        skip();
    }
    assert_non_null(e);
    return e;
}

/* Against sums of doubles: the start and the products, each rounded operand off by `operand`, each of k + 1 sums by 2^-24. */
static void products(const char *name, double operand)
{
    struct sy_engine *e = open_or_skip(name);
    for (int round = 0; round < 20; round++) {
        const int64_t m = 1 + draw(40), n = 1 + draw(40), k = 1 + draw(90);
        void *memory[2];
        const struct sy_factor a = factor(m, k, true, false, &memory[0]), b = factor(k, n, true, false, &memory[1]);
        float *start = values(m * n, true, false), *c = malloc((size_t)(m * n) * sizeof *c);
        memcpy(c, start, (size_t)(m * n) * sizeof *c);
        assert_int_equal(sy_engine_matmul_f32(e, ctx, m, n, k, a, b, c), SYSTOLE_OK);
        for (int64_t i = 0; i < m * n; i++) {
            double sum = (double)start[i], size = fabs(sum);
            for (int64_t s = 0; s < k; s++) {
                const double product = (double)((const float *)a.data)[i / n * a.row + s * a.column] *
                                       (double)((const float *)b.data)[s * b.row + i % n * b.column];
                sum += product;
                size += fabs(product);
            }
            if (!(fabs((double)c[i] - sum) <= (2 * operand + (double)(k + 2) * 0x1p-24) * 1.01 * size + 0x1p-126))
                fail_msg("%s: %lldx%lldx%lld, element %lld is %.9g, not %.9g", name, (long long)m, (long long)n, (long long)k, (long long)i, (double)c[i], sum);
        }
        free(c);
        free(start);
        free(memory[0]);
        free(memory[1]);
    }
    sy_engine_close(e);
}

static void test_cublas_fp32_is_within_the_bound_of_any_order(void **unused)
{
    (void)unused;
    products("cublas:0", 0);
}

static void test_cublas_tf32_rounds_the_operands_alone(void **unused)
{
    (void)unused;
    products("cublas:0,math=tf32", 0x1p-11);
}

static void test_cublas_bf16_rounds_the_operands_alone(void **unused)
{
    (void)unused;
    products("cublas:0,math=bf16", 0x1p-8); /* subnormal results of rounding too: half a step of the least is below the last term */
}

/* Products and convolutions of bytes with zero points, signed and not: the bits of the cpu. */
static void test_cublas_int8_is_the_cpus(void **unused)
{
    (void)unused;
    struct sy_engine *e = open_or_skip("cublas:0"), *cpu = open_engine("cpu");
    for (int round = 0; round < 30; round++) {
        one_gemm(cpu, e, "cublas:0", false, false);
        one_conv(cpu, e, "cublas:0", false, false);
    }
    sy_engine_close(e);
    sy_engine_close(cpu);
}

/* fp32 convolutions of whole numbers, whose sums are exact in any order; padding is no step, for it adds zeros. */
static void test_cublas_convolution_of_whole_numbers_is_the_cpus(void **unused)
{
    (void)unused;
    struct sy_engine *e = open_or_skip("cublas:0"), *cpu = open_engine("cpu");
    for (int round = 0; round < 15; round++) {
        const struct sy_conv2d v = draw_conv();
        const int64_t in = v.batch * v.groups * v.c * v.h * v.w, weights = v.groups * v.m * v.c * v.kh * v.kw;
        const int64_t out = v.batch * v.groups * v.m * v.p * v.q;
        float *x = malloc((size_t)in * 4), *w = malloc((size_t)weights * 4), *want = malloc((size_t)out * 4), *got = malloc((size_t)out * 4);
        for (int64_t i = 0; i < in; i++)
            x[i] = (float)draw(200) + 1;
        for (int64_t i = 0; i < weights; i++)
            w[i] = (float)draw(50) + 1;
        assert_int_equal(sy_engine_conv_f32(cpu, ctx, &v, x, w, NULL, want), SYSTOLE_OK);
        assert_int_equal(sy_engine_conv_f32(e, ctx, &v, x, w, NULL, got), SYSTOLE_OK);
        equal(got, want, out, "cublas:0", "a convolution");
        free(x);
        free(w);
        free(want);
        free(got);
    }
    sy_engine_close(e);
    sy_engine_close(cpu);
}

static void test_cublas_that_is_not_here_says_so(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"cublas", "cublas:", "cublas:x", "cublas:0,", "cublas:0,math=fp8", "cublas:0,precision=x3", "cublas:4096"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sy_engine *e = NULL;
        const enum systole_status status = sy_engine_open(ctx, bad[i], &e);
        assert_true(status == SYSTOLE_BAD_DEVICE || (i == 6 && status == SYSTOLE_NOT_FOUND));
        assert_null(e);
        assert_true(strlen(systole_context_detail(ctx)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cublas_fp32_is_within_the_bound_of_any_order),
        cmocka_unit_test(test_cublas_tf32_rounds_the_operands_alone),
        cmocka_unit_test(test_cublas_bf16_rounds_the_operands_alone),
        cmocka_unit_test(test_cublas_int8_is_the_cpus),
        cmocka_unit_test(test_cublas_convolution_of_whole_numbers_is_the_cpus),
        cmocka_unit_test(test_cublas_that_is_not_here_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
