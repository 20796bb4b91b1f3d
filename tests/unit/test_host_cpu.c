/* SPDX-License-Identifier: Apache-2.0 */
/* The host's fast loops, for every instruction set that is here, against the naive ones that specify them: equal in every bit. */
#include "engine_bench.h"

#include <fenv.h>

#include "host/core/alloc.h"
#include "host/engine/kernels.h"

static struct sy_engine *opened(const char *kernel, int threads, const char *precision)
{
    char name[96];
    snprintf(name, sizeof name, "cpu,kernel=%s,threads=%d,precision=%s", kernel, threads, precision);
    return open_engine(name);
}

static const char *const kernels[] = {"vnni", "avx512", "avx2", "portable"};

/* Skipped, and counted as such, only where none but the portable loops are here. */
static void compare(const char *precision, bool specials)
{
    struct sy_engine *naive = opened("naive", 1, precision);
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
        if (!sy_kernels_find(kernels[i])) {
            print_message("%s: this processor or compiler does not have it; not tried\n", kernels[i]);
            continue;
        }
        struct sy_engine *fast = opened(kernels[i], 1 + (int)draw(4), precision);
        compare_engines(naive, fast, kernels[i], specials, 25);
        sy_engine_close(fast);
    }
    sy_engine_close(naive);
}

static void test_fast_chain_of_any_numbers_is_the_naive_one(void **unused)
{
    (void)unused;
    compare("f32", true);
}

static void test_fast_x6_is_the_naive_one(void **unused)
{
    (void)unused;
    compare("x6", false);
}

static void test_fast_x3_is_the_naive_one(void **unused)
{
    (void)unused;
    compare("x3", false);
}

static void test_fast_x1_with_specials_is_the_naive_one(void **unused)
{
    (void)unused;
    compare("x1", true);
}

static void test_fast_does_not_depend_on_the_threads_rounding_mode(void **unused)
{
    (void)unused;
    enum { SIDE = 70 };
    struct sy_engine *e = opened(sy_kernels_find(NULL)->name, 2, "f32");
    float *a = values(SIDE * SIDE, true, false), *want = calloc(SIDE * SIDE, 4), *got = calloc(SIDE * SIDE, 4);
    const struct sy_factor f = {a, SIDE, 1, false, 0};
    assert_int_equal(sy_engine_matmul_f32(e, ctx, SIDE, SIDE, SIDE, f, f, want), 0);
    fesetround(FE_UPWARD);
    assert_int_equal(sy_engine_matmul_f32(e, ctx, SIDE, SIDE, SIDE, f, f, got), 0);
    assert_int_equal(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);
    equal(got, want, SIDE * SIDE, "upward", "fp32");
    free(a);
    free(want);
    free(got);
    sy_engine_close(e);
}

/* Whichever allocation fails, the product fails with NO_MEMORY, and the engine does the next one. */
static void test_fast_without_memory_fails_and_goes_on(void **unused)
{
    (void)unused;
    enum { M = 30, N = 100, K = 70 };
    const struct sy_conv2d v = {.batch = 1, .h = 9, .w = 9, .p = 9, .q = 9, .groups = 1, .c = 5, .m = 6, .kh = 3, .kw = 3, .stride_h = 1,
                                .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_h = 1, .pad_w = 1};
    float *a = values(M * K, true, false), *b = values(K * N, true, false), *want = calloc(M * N, 4), *got = calloc(M * N, 4);
    const struct sy_factor fa = {a, K, 1, false, 0}, fb = {b, N, 1, false, 0};
    struct sy_engine *e = open_engine("cpu");
    assert_int_equal(sy_engine_matmul_f32(e, ctx, M, N, K, fa, fb, want), 0);
    sy_engine_close(e);
    int failures = 0;
    for (long at = 1; at < 100; at++) {
        float y[6 * 9 * 9];
        sy_alloc_fail_at(at);
        const bool opened = sy_engine_open(ctx, "cpu", &e) == SYSTOLE_OK;
        enum systole_status status = opened ? sy_engine_conv_f32(e, ctx, &v, b, a, NULL, y) : SYSTOLE_NO_MEMORY;
        if (!status)
            status = sy_engine_matmul_f32(e, ctx, M, N, K, fa, fb, got);
        const bool failed = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        assert_int_equal(status, failed ? SYSTOLE_NO_MEMORY : SYSTOLE_OK);
        failures += failed;
        if (opened) {
            memset(got, 0, M * N * 4);
            assert_int_equal(sy_engine_matmul_f32(e, ctx, M, N, K, fa, fb, got), 0);
            equal(got, want, M * N, "cpu", "after a failure");
            sy_engine_close(e);
        }
        e = NULL;
        if (!failed)
            break;
    }
    assert_true(failures > 5);
    free(a);
    free(b);
    free(want);
    free(got);
}

static void test_roofline_is_measured_on_the_cpu_and_refused_elsewhere(void **unused)
{
    (void)unused;
    struct systole_roofline r = {.size = sizeof r};
    assert_int_equal(systole_roofline(ctx, "cpu,threads=1", &r), SYSTOLE_OK);
    assert_int_equal(r.threads, 1);
    assert_true(r.fp32_macs > 1e6 && r.int8_macs > 1e6 && r.bytes > 1e6);
    print_message("%.1f GMAC/s fp32, %.1f int8, %.1f GB/s\n", r.fp32_macs * 1e-9, r.int8_macs * 1e-9, r.bytes * 1e-9);
    /* Another's loops on the processor have the processor's limits. */
    const enum systole_status other = systole_roofline(ctx, "openblas,threads=1", &r);
    assert_true(other == SYSTOLE_NOT_FOUND || (!other && r.threads == 1 && r.fp32_macs > 1e6));
    assert_int_equal(systole_roofline(ctx, "cpu,kernel=naive", &r), SYSTOLE_UNSUPPORTED);
    assert_int_equal(systole_roofline(ctx, "abacus:1", &r), SYSTOLE_BAD_DEVICE);
    assert_int_equal(systole_roofline(ctx, NULL, &r), SYSTOLE_BAD_ARGUMENT);
}

static void test_options_that_are_none_are_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"cpu,threads=0", "cpu,threads=", "cpu,threads=2x", "cpu,threads=9999", "cpu,kernel=", "cpu,kernel=mmx",
                                      "cpu,", "cpu,speed=9", "cpu:1", "cpux"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sy_engine *e = NULL;
        assert_int_equal(sy_engine_open(ctx, bad[i], &e), SYSTOLE_BAD_DEVICE);
        assert_null(e);
        assert_true(strlen(systole_context_detail(ctx)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_chain_of_any_numbers_is_the_naive_one),
        cmocka_unit_test(test_fast_x6_is_the_naive_one),
        cmocka_unit_test(test_fast_x3_is_the_naive_one),
        cmocka_unit_test(test_fast_x1_with_specials_is_the_naive_one),
        cmocka_unit_test(test_fast_does_not_depend_on_the_threads_rounding_mode),
        cmocka_unit_test(test_fast_without_memory_fails_and_goes_on),
        cmocka_unit_test(test_roofline_is_measured_on_the_cpu_and_refused_elsewhere),
        cmocka_unit_test(test_options_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
