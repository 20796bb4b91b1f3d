/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of outputs at the edges of their rules, as random networks held against ONNX Runtime found them. */
#include "test_host_model.h"

/* PyTorch and the standard's formula give one window, which reaches beyond the padding; it was refused. */
static void test_ceil_mode_with_a_window_wider_than_the_input_gives_one(void **state)
{
    static const char *const ops[] = {"MaxPool", "AveragePool"};
    static const double x[3] = {1, 5, 3}, want[] = {5, 3};
    const int64_t dims[3] = {1, 1, 3};
    for (int i = 0; i < 2; i++) {
        int64_t kernel[1] = {4}, stride[1] = {3};
        struct one_node n = {.domain = "", .op = ops[i], .version = 13, .n_in = 1, .n_out = 1, .n_attrs = 3,
                             .attrs = {attr_ints("kernel_shape", 1, kernel), attr_ints("strides", 1, stride), attr_int("ceil_mode", 1)}};
        struct systole_tensor *y = NULL;
        n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, dims, x);
        assert_int_equal(run_one_node(*state, &n, &y), SYSTOLE_OK);
        assert_int_equal(systole_tensor_count(y), 1);
        assert_true(systole_tensor_value(y, 0) == want[i]);
        systole_tensor_free(y);
    }
}

static void test_ceil_mode_with_a_window_wider_by_a_stride_is_refused(void **state)
{
    static const double x[3] = {1, 5, 3};
    const int64_t dims[3] = {1, 1, 3};
    int64_t kernel[1] = {6}, stride[1] = {3};
    struct one_node n = {.domain = "", .op = "MaxPool", .version = 13, .n_in = 1, .n_out = 1, .n_attrs = 3,
                         .attrs = {attr_ints("kernel_shape", 1, kernel), attr_ints("strides", 1, stride), attr_int("ceil_mode", 1)}};
    struct systole_tensor *y = NULL;
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, dims, x);
    assert_int_equal(run_one_node(*state, &n, &y), SYSTOLE_BAD_ARGUMENT);
    assert_null(y);
}

/* The fp32 number 0.7 is a little below 0.7; ten times that was 6. */
static void test_resize_size_is_the_product_in_fp32(void **state)
{
    static const double x[10] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, scale = 0.7;
    const int64_t dims[1] = {10}, one[1] = {1}, none[1] = {0};
    struct one_node n = {.domain = "", .op = "Resize", .version = 13, .n_in = 3, .n_out = 1};
    struct systole_tensor *y = NULL;
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 1, dims, x);
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 1, none, NULL);
    n.in[2] = tensor_of(*state, SYSTOLE_F32, 1, one, &scale);
    assert_int_equal(run_one_node(*state, &n, &y), SYSTOLE_OK);
    assert_int_equal(systole_tensor_count(y), 7);
    systole_tensor_free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceil_mode_with_a_window_wider_than_the_input_gives_one),
        cmocka_unit_test(test_ceil_mode_with_a_window_wider_by_a_stride_is_refused),
        cmocka_unit_test(test_resize_size_is_the_product_in_fp32),
    };
    return cmocka_run_group_tests_name("host_shapes", tests, setup_context, teardown_context);
}
