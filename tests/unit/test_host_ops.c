/* SPDX-License-Identifier: Apache-2.0 */
/* Operators against values worked out by hand. */
#include "test_host_model.h"

#define DIMS(...) (const int64_t[]){__VA_ARGS__}
#define V(...) (const double[]){__VA_ARGS__}

static struct one_node node(const char *op, int n_in)
{
    return (struct one_node){.domain = "", .op = op, .version = 23, .n_in = n_in, .n_out = 1};
}

/* Runs it and compares output 0, exactly. */
static void expect(struct systole_context *ctx, const struct one_node *n, enum systole_dtype dtype, int rank, const int64_t *dims,
                   const double *v)
{
    struct systole_tensor *out[VALUES] = {NULL};
    enum systole_status status = run_one_node(ctx, n, out);
    if (status)
        print_error("%s\n", systole_context_detail(ctx));
    assert_int_equal(status, SYSTOLE_OK);
    assert_int_equal(out[0]->dtype, dtype);
    assert_int_equal(out[0]->rank, rank);
    for (int i = 0; i < rank; i++)
        assert_int_equal(out[0]->dims[i], dims[i]);
    for (int64_t i = 0; i < out[0]->count; i++) {
        double got = sy_get(out[0], i);
        assert_true(got == v[i] || (isnan(got) && isnan(v[i])));
    }
    for (int i = 0; i < n->n_out; i++)
        systole_tensor_free(out[i]);
}

static void test_matmul_batches_broadcast(void **state)
{
    struct one_node n = node("MatMul", 2);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(2, 1, 2), V(1, 2, 3, 4));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(2, 2), V(1, 2, 3, 4));
    expect(*state, &n, SYSTOLE_F32, 3, DIMS(2, 1, 2), V(7, 10, 15, 22));
}

/* (1 + 2^-12)^2 needs 25 bits: only a fused step keeps the last one to cancel against. */
static void test_matmul_fp32_is_a_chain_of_fused_steps(void **state)
{
    const double a = 1 + ldexp(1, -12), rounded = 1 + ldexp(1, -11);
    struct one_node n = node("MatMul", 2);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(1, 2), V(-1, a));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(2, 1), V(rounded, a));
    expect(*state, &n, SYSTOLE_F32, 2, DIMS(1, 1), V(ldexp(1, -24)));
}

/* k ascends: 2^24 + 1 + 1 stays 2^24 when each 1 comes alone, and 1 + 1 first gives 2^24 + 2. */
static void test_matmul_fp32_sums_in_order_of_k(void **state)
{
    struct one_node n = node("MatMul", 2);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(2, 3), V(16777216, 1, 1, 1, 1, 16777216));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(3, 1), V(1, 1, 1));
    expect(*state, &n, SYSTOLE_F32, 2, DIMS(2, 1), V(16777216, 16777218));
}

static void test_gemm_transposes_and_scales(void **state)
{
    struct one_node n = node("Gemm", 3);
    n.n_attrs = 1;
    n.attrs[0] = attr_int("transB", 1);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(1, 2), V(1, 2));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(2, 2), V(1, 2, 3, 4));
    n.in[2] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(2), V(10, 20));
    expect(*state, &n, SYSTOLE_F32, 2, DIMS(1, 2), V(15, 31));
}

static void test_conv_strides_pads_and_groups(void **state)
{
    static int64_t pads[2] = {1, 0}, strides[1] = {2};
    struct one_node n = node("Conv", 3);
    n.n_attrs = 3;
    n.attrs[0] = attr_ints("pads", 2, pads);
    n.attrs[1] = attr_ints("strides", 1, strides);
    n.attrs[2] = attr_int("group", 2);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 2, 4), V(1, 2, 3, 4, 5, 6, 7, 8));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(2, 1, 2), V(1, 10, 100, 1000));
    n.in[2] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(2), V(0, 1));
    expect(*state, &n, SYSTOLE_F32, 3, DIMS(1, 2, 2), V(10, 32, 5001, 7601));
}

/* Padding is no step of the chain: Inf times a padded zero would be NaN. */
static void test_conv_padding_is_left_out(void **state)
{
    static int64_t pads[2] = {1, 0};
    struct one_node n = node("Conv", 2);
    n.n_attrs = 1;
    n.attrs[0] = attr_ints("pads", 2, pads);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 2), V(1, 2));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 2), V(INFINITY, 3));
    expect(*state, &n, SYSTOLE_F32, 3, DIMS(1, 1, 2), V(3, INFINITY));
}

static void test_conv_transpose_spreads_by_stride(void **state)
{
    static int64_t strides[1] = {2};
    struct one_node n = node("ConvTranspose", 2);
    n.n_attrs = 1;
    n.attrs[0] = attr_ints("strides", 1, strides);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 2), V(1, 2));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 3), V(1, 10, 100));
    expect(*state, &n, SYSTOLE_F32, 3, DIMS(1, 1, 5), V(1, 10, 102, 20, 200));
}

static void test_quantize_ties_to_even_before_the_zero_point(void **state)
{
    struct one_node n = node("QuantizeLinear", 3);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(6), V(0.5, 1.5, -0.5, -1.5, 1000, NAN));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 0, NULL, V(1));
    n.in[2] = tensor_of(*state, SYSTOLE_I8, 0, NULL, V(1));
    expect(*state, &n, SYSTOLE_I8, 1, DIMS(6), V(1, 3, 1, -1, 127, -128));
}

static void test_qlinear_matmul_requantises_per_column(void **state)
{
    struct one_node n = node("QLinearMatMul", 8);
    n.in[0] = tensor_of(*state, SYSTOLE_U8, 2, DIMS(1, 2), V(3, 5));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 0, NULL, V(0.5));
    n.in[2] = tensor_of(*state, SYSTOLE_U8, 0, NULL, V(1));
    n.in[3] = tensor_of(*state, SYSTOLE_I8, 2, DIMS(2, 2), V(1, -2, 3, 100));
    n.in[4] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(2), V(1, 2));
    n.in[5] = tensor_of(*state, SYSTOLE_I8, 1, DIMS(2), V(0, 0));
    n.in[6] = tensor_of(*state, SYSTOLE_F32, 0, NULL, V(2));
    n.in[7] = tensor_of(*state, SYSTOLE_I8, 0, NULL, V(-1));
    /* sums 2 + 12 = 14 and -4 + 400 = 396; M = 0.25 and 0.5; 3.5 rounds to 4 */
    expect(*state, &n, SYSTOLE_I8, 2, DIMS(1, 2), V(3, 127));
}

static void test_matmul_integer_takes_zero_points_off(void **state)
{
    struct one_node n = node("MatMulInteger", 4);
    n.in[0] = tensor_of(*state, SYSTOLE_U8, 2, DIMS(1, 2), V(255, 0));
    n.in[1] = tensor_of(*state, SYSTOLE_I8, 2, DIMS(2, 1), V(-128, 127));
    n.in[2] = tensor_of(*state, SYSTOLE_U8, 0, NULL, V(128));
    n.in[3] = tensor_of(*state, SYSTOLE_I8, 0, NULL, V(1));
    expect(*state, &n, SYSTOLE_I32, 2, DIMS(1, 1), V(127 * -129 + -128 * 126));
}

static void test_max_pool_gives_indices(void **state)
{
    static int64_t kernel[1] = {2};
    struct one_node n = node("MaxPool", 1);
    n.n_attrs = 1;
    n.attrs[0] = attr_ints("kernel_shape", 1, kernel);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 4), V(1, 3, 3, 2));
    n.n_out = 2;
    struct systole_tensor *out[VALUES] = {NULL};
    assert_int_equal(run_one_node(*state, &n, out), SYSTOLE_OK);
    for (int64_t i = 0; i < 3; i++) {
        assert_true(sy_get(out[0], i) == 3);
        assert_int_equal(sy_get_int(out[1], i), i == 2 ? 2 : 1);
    }
    systole_tensor_free(out[0]);
    systole_tensor_free(out[1]);
}

static void test_average_pool_leaves_padding_out(void **state)
{
    static int64_t kernel[1] = {2}, pads[2] = {1, 0};
    struct one_node n = node("AveragePool", 1);
    n.n_attrs = 2;
    n.attrs[0] = attr_ints("kernel_shape", 1, kernel);
    n.attrs[1] = attr_ints("pads", 2, pads);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 2), V(4, 8));
    expect(*state, &n, SYSTOLE_F32, 3, DIMS(1, 1, 2), V(4, 6));
}

static void test_slice_backwards(void **state)
{
    struct one_node n = node("Slice", 5);
    n.in[0] = tensor_of(*state, SYSTOLE_I32, 1, DIMS(5), V(0, 1, 2, 3, 4));
    n.in[1] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(1), V(-1));
    n.in[2] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(1), V(-100));
    n.in[3] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(1), V(0));
    n.in[4] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(1), V(-2));
    expect(*state, &n, SYSTOLE_I32, 1, DIMS(3), V(4, 2, 0));
}

static void test_div_of_integers_by_zero_does_not_trap(void **state)
{
    struct one_node n = node("Div", 2);
    n.in[0] = tensor_of(*state, SYSTOLE_I32, 1, DIMS(3), V(7, -7, -2147483648.0));
    n.in[1] = tensor_of(*state, SYSTOLE_I32, 1, DIMS(3), V(0, 2, -1));
    expect(*state, &n, SYSTOLE_I32, 1, DIMS(3), V(0, -3, -2147483648.0));
}

static void test_add_shapes_that_do_not_fit_name_the_node(void **state)
{
    struct one_node n = node("Add", 2);
    struct systole_tensor *out[VALUES] = {NULL};
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(2), V(1, 2));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(3), V(1, 2, 3));
    assert_int_equal(run_one_node(*state, &n, out), SYSTOLE_BAD_ARGUMENT);
    assert_non_null(strstr(systole_context_detail(*state), "node 'the_node' (Add)"));
}

static void test_reshape_zero_keeps_and_minus_one_fits(void **state)
{
    struct one_node n = node("Reshape", 2);
    n.in[0] = tensor_of(*state, SYSTOLE_I8, 2, DIMS(2, 6), V(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
    n.in[1] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(3), V(0, -1, 2));
    expect(*state, &n, SYSTOLE_I8, 3, DIMS(2, 3, 2), V(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

static void test_qlinear_add_of_microsoft(void **state)
{
    struct one_node n = {.domain = "com.microsoft", .op = "QLinearAdd", .version = 1, .n_in = 8, .n_out = 1};
    n.in[0] = tensor_of(*state, SYSTOLE_I8, 1, DIMS(2), V(10, -128));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 0, NULL, V(0.5));
    n.in[2] = tensor_of(*state, SYSTOLE_I8, 0, NULL, V(0));
    n.in[3] = tensor_of(*state, SYSTOLE_I8, 1, DIMS(1), V(3));
    n.in[4] = tensor_of(*state, SYSTOLE_F32, 0, NULL, V(1));
    n.in[5] = tensor_of(*state, SYSTOLE_I8, 0, NULL, V(1));
    n.in[6] = tensor_of(*state, SYSTOLE_F32, 0, NULL, V(0.25));
    n.in[7] = tensor_of(*state, SYSTOLE_I8, 0, NULL, V(5));
    expect(*state, &n, SYSTOLE_I8, 1, DIMS(2), V(33, -128));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matmul_batches_broadcast),
        cmocka_unit_test(test_matmul_fp32_is_a_chain_of_fused_steps),
        cmocka_unit_test(test_matmul_fp32_sums_in_order_of_k),
        cmocka_unit_test(test_gemm_transposes_and_scales),
        cmocka_unit_test(test_conv_strides_pads_and_groups),
        cmocka_unit_test(test_conv_padding_is_left_out),
        cmocka_unit_test(test_conv_transpose_spreads_by_stride),
        cmocka_unit_test(test_quantize_ties_to_even_before_the_zero_point),
        cmocka_unit_test(test_qlinear_matmul_requantises_per_column),
        cmocka_unit_test(test_matmul_integer_takes_zero_points_off),
        cmocka_unit_test(test_max_pool_gives_indices),
        cmocka_unit_test(test_average_pool_leaves_padding_out),
        cmocka_unit_test(test_slice_backwards),
        cmocka_unit_test(test_div_of_integers_by_zero_does_not_trap),
        cmocka_unit_test(test_add_shapes_that_do_not_fit_name_the_node),
        cmocka_unit_test(test_reshape_zero_keeps_and_minus_one_fits),
        cmocka_unit_test(test_qlinear_add_of_microsoft),
    };
    return cmocka_run_group_tests_name("host_ops", tests, setup_context, teardown_context);
}
