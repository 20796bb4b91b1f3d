/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzzers found, one test each. */
#include "test_host_model.h"

static Onnx__AttributeProto attr_text(const char *name, const char *text)
{
    Onnx__AttributeProto a = ONNX__ATTRIBUTE_PROTO__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = a.has_s = 1;
    a.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    a.s.len = strlen(text);
    a.s.data = (uint8_t *)(uintptr_t)text;
    return a;
}

/* The position in the input was converted to an integer that could not hold it. */
static void test_resize_region_far_outside_gives_the_extrapolation_value(void **state)
{
    const int64_t x_dims[1] = {2}, roi_dims[1] = {2}, size_dims[1] = {1}, none[1] = {0};
    const double x[2] = {1, 2}, size = 3;
    static const double roi[][2] = {{1e29, 2e29}, {-1e29, -9e28}, {INFINITY, 1}, {0, NAN}};
    for (size_t i = 0; i < sizeof roi / sizeof *roi; i++) {
        struct one_node n = {.domain = "", .op = "Resize", .version = 19, .n_in = 4, .n_out = 1, .n_attrs = 2,
                             .attrs = {attr_text("coordinate_transformation_mode", "tf_crop_and_resize"), attr_text("mode", "linear")}};
        struct systole_tensor *y = NULL;
        n.in[0] = tensor_of(*state, SYSTOLE_F32, 1, x_dims, x);
        n.in[1] = tensor_of(*state, SYSTOLE_F32, 1, roi_dims, roi[i]);
        n.in[2] = tensor_of(*state, SYSTOLE_F32, 1, none, NULL);
        n.in[3] = tensor_of(*state, SYSTOLE_I64, 1, size_dims, &size);
        assert_int_equal(run_one_node(*state, &n, &y), SYSTOLE_OK);
        assert_int_equal(systole_tensor_count(y), 3);
        assert_true(systole_tensor_value(y, 2) == 0);
        systole_tensor_free(y);
    }
}

/* The zero point was subtracted as an integer that could not hold it. */
static void test_zero_point_that_is_a_float_is_refused(void **state)
{
    const int64_t dims[2] = {1, 1};
    const double one = 1, huge = INFINITY;
    struct one_node n = {.domain = "", .op = "MatMulInteger", .version = 10, .n_in = 4, .n_out = 1};
    struct systole_tensor *y = NULL;
    n.in[0] = tensor_of(*state, SYSTOLE_I8, 2, dims, &one);
    n.in[1] = tensor_of(*state, SYSTOLE_I8, 2, dims, &one);
    n.in[2] = tensor_of(*state, SYSTOLE_F32, 0, NULL, &huge);
    n.in[3] = tensor_of(*state, SYSTOLE_I8, 0, NULL, &one);
    assert_int_equal(run_one_node(*state, &n, &y), SYSTOLE_BAD_ARGUMENT);
    assert_null(y);
}

/* A name left out in the middle of the list was read as a tensor. */
static void test_input_left_out_of_a_list_is_refused(void **state)
{
    static const char *const operators[] = {"Einsum", "Concat", "Sum", "Max", "Mean"};
    const int64_t dims[2] = {1, 1};
    const double one = 1;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        struct one_node n = {.domain = "", .op = operators[i], .version = 13, .n_in = 2 + (i > 0), .n_out = 1, .n_attrs = i < 2, .left_out = 2};
        struct systole_tensor *y = NULL;
        if (i == 0)
            n.attrs[0] = attr_text("equation", "ij,jk->ik");
        else
            n.attrs[0] = attr_int("axis", 0);
        for (int k = 0; k < n.n_in; k++)
            n.in[k] = tensor_of(*state, SYSTOLE_F32, 2, dims, &one);
        assert_int_equal(run_one_node(*state, &n, &y), SYSTOLE_BAD_ARGUMENT);
        assert_null(y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resize_region_far_outside_gives_the_extrapolation_value),
        cmocka_unit_test(test_zero_point_that_is_a_float_is_refused),
        cmocka_unit_test(test_input_left_out_of_a_list_is_refused),
    };
    return cmocka_run_group_tests_name("host_found", tests, setup_context, teardown_context);
}
