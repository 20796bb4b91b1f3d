/* SPDX-License-Identifier: Apache-2.0 */
/* An NVIDIA device gives the bits that the cpu gives. Skipped, and counted as such, where there is none. */
#include "engine_bench.h"

#include "host/engine/gpu.h"

static void compare(const char *options, const char *precision, bool specials, int rounds)
{
    if (sy_cuda_count() == 0) {
        print_message("no CUDA device here\n");
        skip();
    }
    compare_with_cpu("cuda:0", options, precision, specials, rounds);
}

static void test_cuda_chain_of_any_numbers_is_the_cpus(void **unused)
{
    (void)unused;
    compare("tune=off", "f32", true, 30);
}

static void test_cuda_x6_is_the_cpus(void **unused)
{
    (void)unused;
    compare("tune=off", "x6", false, 20);
}

static void test_cuda_in_integer_arithmetic_is_the_cpus(void **unused)
{
    (void)unused;
    compare("tune=off,mac=integer", "f32", true, 6);
}

static void test_cuda_that_is_not_here_says_so(void **unused)
{
    (void)unused;
    static const char *const bad[] = {"cuda", "cuda:", "cuda:x", "cuda:0,", "cuda:0,threads=2", "cuda:4096"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sy_engine *e = NULL;
        const enum systole_status status = sy_engine_open(ctx, bad[i], &e);
        assert_true(status == SYSTOLE_BAD_DEVICE || (i == 5 && status == SYSTOLE_NOT_FOUND));
        assert_null(e);
        assert_true(strlen(systole_context_detail(ctx)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuda_chain_of_any_numbers_is_the_cpus),
        cmocka_unit_test(test_cuda_x6_is_the_cpus),
        cmocka_unit_test(test_cuda_in_integer_arithmetic_is_the_cpus),
        cmocka_unit_test(test_cuda_that_is_not_here_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
