/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed functions against fp64 over all of fp32 (every 1009th number), their special values, and their bits on record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host/core/bits.h"
#include "host/core/fixed_math.h"

static double reciprocal(double v) { return 1 / v; }
static double sigmoid(double v) { return 1 / (1 + exp(-v)); }

struct function {
    const char *name;
    float (*fixed)(float);
    double (*exact)(double);
    double most; /* units in the last place */
    uint32_t hash; /* of all results of the walk */
};

/* In units of the last place of the fp32 number nearest to `want`; subnormals count as the smallest normal number's. */
static double error_in_ulp(float got, double want)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got) ? 0 : INFINITY;
    const float nearest = (float)want;
    if (isinf(nearest) || isinf(got))
        return nearest == got || fabs(want) > (double)0x1.fffffep+127f * (1 - 0x1p-22) ? 0 : INFINITY;
    int exponent;
    frexp(want, &exponent);
    return fabs((double)got - want) / ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

static void walk(const struct function *f)
{
    double worst = 0;
    float worst_at = 0;
    uint32_t hash = 2166136261u;
    for (uint64_t u = 0; u <= UINT32_MAX; u += 1009) {
        const float x = sy_from_bits((uint32_t)u), got = f->fixed(x);
        const double error = error_in_ulp(got, f->exact((double)x));
        hash = (hash ^ sy_to_bits(got)) * 16777619u;
        if (!(error <= worst)) {
            worst = error;
            worst_at = x;
        }
    }
    printf("%-10s at most %.3f ulp off (at %a), hash %08x\n", f->name, worst, (double)worst_at, (unsigned)hash);
    assert_true(worst <= f->most);
    assert_int_equal(hash, f->hash);
}

static void test_fixed_functions_are_near_and_keep_their_bits(void **unused)
{
    (void)unused;
    static const struct function functions[] = {
        {"exp", sy_fixed_exp, exp, 1.0, 0x6d9dda92},
        {"log", sy_fixed_log, log, 1.5, 0xeda425e7},
        {"tanh", sy_fixed_tanh, tanh, 1.5, 0xd337d84a},
        {"sigmoid", sy_fixed_sigmoid, sigmoid, 2.5, 0xf809a27b},
        {"erf", sy_fixed_erf, erf, 2.0, 0x0a64dee7},
        {"reciprocal", sy_fixed_reciprocal, reciprocal, 1.0, 0x189624ed},
        {"sqrt", sy_fixed_sqrt, sqrt, 0.51, 0xa0de8669},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        walk(&functions[i]);
}

static void test_fixed_functions_special_values(void **unused)
{
    (void)unused;
    assert_true(sy_fixed_exp(0) == 1 && sy_fixed_exp(-INFINITY) == 0 && isinf(sy_fixed_exp(INFINITY)) && isinf(sy_fixed_exp(89)));
    assert_true(sy_fixed_exp(-100) > 0 && sy_fixed_exp(-100) < 0x1p-126f);
    assert_true(sy_fixed_log(1) == 0 && sy_fixed_log(0) == -INFINITY && isnan(sy_fixed_log(-1)) && isinf(sy_fixed_log(INFINITY)));
    assert_true(sy_fixed_tanh(20) == 1 && sy_fixed_tanh(-20) == -1 && sy_fixed_tanh(INFINITY) == 1);
    assert_int_equal(sy_to_bits(sy_fixed_tanh(-0.0f)), 0x80000000u);
    assert_true(sy_fixed_sigmoid(0) == 0.5f && sy_fixed_sigmoid(-INFINITY) == 0 && sy_fixed_sigmoid(INFINITY) == 1);
    assert_true(sy_fixed_erf(INFINITY) == 1 && sy_fixed_erf(-9) == -1);
    assert_true(sy_fixed_reciprocal(-0.0f) == -INFINITY && sy_fixed_reciprocal(INFINITY) == 0 &&
                sy_fixed_reciprocal(-4) == -0.25f);
    assert_true(isinf(sy_fixed_reciprocal(0x1p-149f)));
    assert_true(sy_fixed_sqrt(4) == 2 && isnan(sy_fixed_sqrt(-1)) && sy_fixed_sqrt(0x1p-148f) == 0x1p-74f);
    float (*const all[])(float) = {sy_fixed_exp, sy_fixed_log,        sy_fixed_tanh, sy_fixed_sigmoid,
                                   sy_fixed_erf, sy_fixed_reciprocal, sy_fixed_sqrt};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(sy_to_bits(all[i](sy_from_bits(0xffabcdefu))), 0x7fc00000u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_functions_are_near_and_keep_their_bits),
        cmocka_unit_test(test_fixed_functions_special_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
