/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that `systole compare` prints. */
#include "test_host_model.h"

#include "host/cli/difference.h"

static struct cli_difference of_floats(struct systole_context *ctx, int64_t n, const float *got, const float *wanted)
{
    struct systole_tensor *a = NULL, *b = NULL;
    assert_int_equal(systole_tensor_create(ctx, SYSTOLE_F32, 1, &n, got, &a), SYSTOLE_OK);
    assert_int_equal(systole_tensor_create(ctx, SYSTOLE_F32, 1, &n, wanted, &b), SYSTOLE_OK);
    const struct cli_difference d = cli_difference(a, b);
    systole_tensor_free(a);
    systole_tensor_free(b);
    return d;
}

static void test_difference_of_equal_tensors_is_none(void **state)
{
    const float v[] = {1, -0.0f, NAN, INFINITY};
    const struct cli_difference d = of_floats(*state, 4, v, v);
    assert_true(d.comparable && d.has_ulp);
    assert_int_equal(d.count, 4);
    assert_int_equal(d.mismatches, 0);
    assert_int_equal(d.max_abs_at, -1);
    assert_int_equal(d.max_ulp_at, -1);
}

static void test_difference_finds_largest_of_each_kind(void **state)
{
    /* 2^-20 after 1 is 8 steps; after 0 it is far more steps, but a smaller difference than 0.5. */
    const float wanted[] = {1, 100, 0, 3}, got[] = {1 + 0x1p-20f, 100.5f, 0x1p-20f, 3};
    const struct cli_difference d = of_floats(*state, 4, got, wanted);
    assert_int_equal(d.mismatches, 3);
    assert_int_equal(d.max_abs_at, 1);
    assert_true(d.max_abs == 0.5);
    assert_int_equal(d.max_ulp_at, 2);
    assert_int_equal(d.max_ulp, (127 - 20) << 23);
}

static void test_difference_of_neighbours_is_one_ulp(void **state)
{
    const float wanted[] = {1, -1, -0.0f, 0x1p-149f}, got[] = {1 + 0x1p-23f, -1 - 0x1p-23f, 0, 0x1p-148f};
    for (int i = 0; i < 4; i++) {
        const struct cli_difference d = of_floats(*state, 1, &got[i], &wanted[i]);
        assert_int_equal(d.mismatches, 1);
        assert_int_equal(d.max_ulp, 1);
        assert_int_equal(d.max_ulp_at, 0);
    }
}

static void test_difference_with_nan_is_infinite(void **state)
{
    const float wanted[] = {1, 2}, got[] = {1.5f, NAN};
    const struct cli_difference d = of_floats(*state, 2, got, wanted);
    assert_true(isinf(d.max_abs));
    assert_int_equal(d.max_abs_at, 1);
}

static void test_difference_of_integers_has_no_ulp(void **state)
{
    const int64_t n = 2;
    const double v[] = {5, -7}, w[] = {5, 8};
    struct systole_tensor *a = tensor_of(*state, SYSTOLE_I32, 1, &n, v), *b = tensor_of(*state, SYSTOLE_I32, 1, &n, w);
    const struct cli_difference d = cli_difference(a, b);
    assert_false(d.has_ulp);
    assert_int_equal(d.mismatches, 1);
    assert_true(d.max_abs == 15);
    systole_tensor_free(a);
    systole_tensor_free(b);
}

static void test_difference_of_other_shapes_is_not_comparable(void **state)
{
    const int64_t row[] = {1, 4}, square[] = {2, 2};
    const double v[] = {1, 2, 3, 4};
    struct systole_tensor *a = tensor_of(*state, SYSTOLE_F32, 2, row, v), *b = tensor_of(*state, SYSTOLE_F32, 2, square, v);
    assert_false(cli_difference(a, b).comparable);
    systole_tensor_free(a);
    systole_tensor_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_difference_of_equal_tensors_is_none),
        cmocka_unit_test(test_difference_finds_largest_of_each_kind),
        cmocka_unit_test(test_difference_of_neighbours_is_one_ulp),
        cmocka_unit_test(test_difference_with_nan_is_infinite),
        cmocka_unit_test(test_difference_of_integers_has_no_ulp),
        cmocka_unit_test(test_difference_of_other_shapes_is_not_comparable),
    };
    return cmocka_run_group_tests(tests, setup_context, teardown_context);
}
