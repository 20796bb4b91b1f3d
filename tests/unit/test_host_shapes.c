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

/* The message said "from 4 to -1". */
static void test_resize_to_an_absurd_size_says_the_limits(void **state)
{
    static const double x[5000];
    static const struct {
        int64_t elements;
        int by_size; /* the last input: sizes, not scales */
        double value;
        const char *want;
    } cases[] = {{4, 0, 1e18, "scales are 1/1000000 to 1000000"}, {4, 1, 1e18, "scales are 1/1000000 to 1000000"},
                 {4, 0, 1e-9, "scales are 1/1000000 to 1000000"}, {4, 1, -1e18, "scales are 1/1000000 to 1000000"},
                 {5000, 0, 1e6, "a size is 0 to 4294967296"}};
    const int64_t one[1] = {1}, none[1] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct one_node n = {.domain = "", .op = "Resize", .version = 13, .n_in = 3 + cases[i].by_size, .n_out = 1};
        struct systole_tensor *y = NULL;
        n.in[0] = tensor_of(*state, SYSTOLE_F32, 1, &cases[i].elements, x);
        n.in[1] = tensor_of(*state, SYSTOLE_F32, 1, none, NULL);
        n.in[2] = tensor_of(*state, SYSTOLE_F32, 1, cases[i].by_size ? none : one, cases[i].by_size ? NULL : &cases[i].value);
        if (cases[i].by_size)
            n.in[3] = tensor_of(*state, SYSTOLE_I64, 1, one, &cases[i].value);
        assert_int_equal(run_one_node(*state, &n, &y), SYSTOLE_BAD_ARGUMENT);
        assert_null(y);
        assert_non_null(strstr(systole_context_detail(*state), cases[i].want));
        assert_null(strstr(systole_context_detail(*state), " to -1"));
    }
}

/* Tools write it into models of older versions too, where ONNX Runtime takes it. */
static void test_layer_normalization_of_an_older_version_runs(void **state)
{
    static const double x[2] = {-3, 3}, scale[2] = {2, 4};
    const int64_t x_dims[2] = {1, 2}, scale_dims[1] = {2};
    struct one_node n = {.domain = "", .op = "LayerNormalization", .version = 13, .n_in = 2, .n_out = 1};
    struct systole_tensor *y = NULL;
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 2, x_dims, x);
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 1, scale_dims, scale);
    assert_int_equal(run_one_node(*state, &n, &y), SYSTOLE_OK);
    assert_true(fabs(systole_tensor_value(y, 0) + 2) < 1e-5 && fabs(systole_tensor_value(y, 1) - 4) < 1e-5);
    systole_tensor_free(y);
}

static void test_input_of_another_shape_is_told_what_the_model_says(void **state)
{
    const int64_t dims[3] = {1, 1, 3}, model_dims[3] = {1, -1, 8};
    static const double x[3] = {1, 5, 3};
    struct one_node n = {.domain = "", .op = "Relu", .version = 13, .n_in = 1, .n_out = 1};
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, size, data);
    assert_non_null(m);
    free(data);
    declare_input(m->graph->input[0], SYSTOLE_F32, 3, model_dims);
    data = pack_model(m, &size);
    onnx__model_proto__free_unpacked(m, NULL);
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    assert_int_equal(systole_model_load_memory(*state, data, size, NULL, &model), SYSTOLE_OK);
    free(data);
    assert_int_equal(systole_session_create(*state, model, "cpu", &session), SYSTOLE_OK);
    struct systole_tensor *t = tensor_of(*state, SYSTOLE_F32, 3, dims, x);
    assert_int_equal(systole_session_set(session, "i0", t), SYSTOLE_BAD_ARGUMENT);
    assert_non_null(strstr(systole_context_detail(*state), "does not take 1x1x3 of float32: the model says 1x?x8 of float32"));
    systole_tensor_free(t);
    systole_session_free(session);
    systole_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceil_mode_with_a_window_wider_than_the_input_gives_one),
        cmocka_unit_test(test_ceil_mode_with_a_window_wider_by_a_stride_is_refused),
        cmocka_unit_test(test_resize_size_is_the_product_in_fp32),
        cmocka_unit_test(test_resize_to_an_absurd_size_says_the_limits),
        cmocka_unit_test(test_layer_normalization_of_an_older_version_runs),
        cmocka_unit_test(test_input_of_another_shape_is_told_what_the_model_says),
    };
    return cmocka_run_group_tests_name("host_shapes", tests, setup_context, teardown_context);
}
