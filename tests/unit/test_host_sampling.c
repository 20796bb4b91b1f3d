/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes, samples, spectra and the operators that stand for several, against values worked out by hand. */
#include "test_host_model.h"

#define DIMS(...) (const int64_t[]){__VA_ARGS__}
#define V(...) (const double[]){__VA_ARGS__}

static struct one_node node(const char *domain, const char *op, int64_t version, int n_in)
{
    return (struct one_node){.domain = domain, .op = op, .version = version, .n_in = n_in, .n_out = 1};
}

/* Output 0 within a millionth. */
static void expect(struct systole_context *ctx, const struct one_node *n, int64_t count, const double *v)
{
    struct systole_tensor *out[VALUES] = {NULL};
    const enum systole_status status = run_one_node(ctx, n, out);
    if (status)
        print_error("%s\n", systole_context_detail(ctx));
    assert_int_equal(status, SYSTOLE_OK);
    assert_int_equal(out[0]->count, count);
    for (int64_t i = 0; i < count; i++)
        if (fabs(sy_get(out[0], i) - v[i]) > 1e-6)
            fail_msg("element %d is %g, not %g", (int)i, sy_get(out[0], i), v[i]);
    for (int i = 0; i < n->n_out; i++)
        systole_tensor_free(out[i]);
}

static void refuse(struct systole_context *ctx, const struct one_node *n, enum systole_status status)
{
    struct systole_tensor *out[VALUES] = {NULL};
    assert_int_equal(run_one_node(ctx, n, out), status);
    assert_non_null(strstr(systole_context_detail(ctx), "the_node"));
}

/* Boxes 0 and 1 share 0.6 of what they cover, box 2 is elsewhere; of equal scores the first comes first. */
static struct one_node suppression(struct systole_context *ctx, double overlap)
{
    struct one_node n = node("", "NonMaxSuppression", 11, 5);
    n.in[0] = tensor_of(ctx, SYSTOLE_F32, 3, DIMS(1, 3, 4), V(0, 0, 4, 4, 1, 0, 5, 4, 10, 10, 12, 12));
    n.in[1] = tensor_of(ctx, SYSTOLE_F32, 3, DIMS(1, 2, 3), V(0.5, 0.9, 0.5, 0.1, 0.1, 0.8));
    n.in[2] = tensor_of(ctx, SYSTOLE_I64, 0, NULL, V(2));
    n.in[3] = tensor_of(ctx, SYSTOLE_F32, 0, NULL, V(overlap));
    n.in[4] = tensor_of(ctx, SYSTOLE_F32, 0, NULL, V(0.3));
    return n;
}

static void test_suppression_drops_what_overlaps_more_than_the_threshold(void **state)
{
    struct one_node n = suppression(*state, 0.59);
    expect(*state, &n, 9, V(0, 0, 1, 0, 0, 2, 0, 1, 2));
    n = suppression(*state, 0.61);
    expect(*state, &n, 9, V(0, 0, 1, 0, 0, 0, 0, 1, 2));
    n = suppression(*state, 1.5);
    refuse(*state, &n, SYSTOLE_BAD_ARGUMENT);
}

static struct one_node regions(struct systole_context *ctx, double image)
{
    struct one_node n = node("", "RoiAlign", 16, 3);
    n.in[0] = tensor_of(ctx, SYSTOLE_F32, 4, DIMS(1, 1, 3, 3), V(0, 1, 2, 3, 4, 5, 6, 7, 8));
    n.in[1] = tensor_of(ctx, SYSTOLE_F32, 2, DIMS(1, 4), V(0.5, 0.5, 2.5, 2.5));
    n.in[2] = tensor_of(ctx, SYSTOLE_I64, 1, DIMS(1), V(image));
    n.n_attrs = 2;
    n.attrs[0] = attr_int("output_height", 2);
    n.attrs[1] = attr_int("output_width", 2);
    return n;
}

/* The picture is a plane, so an average is its value in the middle. */
static void test_roi_align_of_a_plane_is_its_value_in_the_middle(void **state)
{
    struct one_node n = regions(*state, 0);
    expect(*state, &n, 4, V(2, 3, 5, 6));
    n = regions(*state, 1);
    refuse(*state, &n, SYSTOLE_BAD_ARGUMENT);
}

static void test_grid_sample_between_elements_and_outside(void **state)
{
    struct one_node n = node("", "GridSample", 20, 2);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 4, DIMS(1, 1, 2, 2), V(1, 2, 3, 4));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 4, DIMS(1, 1, 4, 2), V(0, 0, -0.5, 0.5, 1, 1, -3, 0));
    expect(*state, &n, 4, V(2.5, 3, 1, 0));
}

static void test_affine_grid_of_the_identity_is_the_places(void **state)
{
    struct one_node n = node("", "AffineGrid", 20, 2);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 2, 3), V(1, 0, 0, 0, 1, 0.25));
    n.in[1] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(4), V(1, 1, 2, 2));
    expect(*state, &n, 8, V(-0.5, -0.25, 0.5, -0.25, -0.5, 0.75, 0.5, 0.75));
}

static void test_dft_of_a_line_and_back(void **state)
{
    struct one_node n = node("", "DFT", 20, 1);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 4, 1), V(1, 2, 3, 4));
    n.n_attrs = 1;
    n.attrs[0] = attr_int("onesided", 1);
    expect(*state, &n, 6, V(10, 0, -2, 2, -2, 0));
    n = node("", "DFT", 20, 1);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 3, 2), V(10, 0, -2, 2, -2, 0));
    n.n_attrs = 2;
    n.attrs[0] = attr_int("onesided", 1);
    n.attrs[1] = attr_int("inverse", 1);
    expect(*state, &n, 4, V(1, 2, 3, 4));
}

/* 4 bits, low ones first, blocks of 16 along k: zero point 8 where none is given. */
static void test_matmul_n_bits_unpacks_the_low_bits_first(void **state)
{
    double bytes[8], ones[16];
    for (int i = 0; i < 8; i++)
        bytes[i] = 0x98; /* 8 and 9: nothing and one */
    for (int i = 0; i < 16; i++)
        ones[i] = i;
    struct one_node n = node("com.microsoft", "MatMulNBits", 1, 3);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(1, 16), ones);
    n.in[1] = tensor_of(*state, SYSTOLE_U8, 3, DIMS(1, 1, 8), bytes);
    n.in[2] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(1), V(0.5));
    n.n_attrs = 4;
    n.attrs[0] = attr_int("K", 16);
    n.attrs[1] = attr_int("N", 1);
    n.attrs[2] = attr_int("bits", 4);
    n.attrs[3] = attr_int("block_size", 16);
    expect(*state, &n, 1, V(32));
}

static void test_fused_matmul_transposes(void **state)
{
    struct one_node n = node("com.microsoft", "FusedMatMul", 1, 2);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(2, 1), V(1, 2));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(2, 2), V(1, 2, 3, 4));
    n.n_attrs = 2;
    n.attrs[0] = attr_int("transA", 1);
    n.attrs[1] = attr_int("transB", 1);
    expect(*state, &n, 2, V(5, 11));
}

static void test_fused_conv_is_a_convolution_and_its_activation(void **state)
{
    Onnx__AttributeProto relu = ONNX__ATTRIBUTE_PROTO__INIT;
    relu.name = (char *)(uintptr_t)"activation";
    relu.has_type = relu.has_s = 1;
    relu.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
    relu.s = (ProtobufCBinaryData){4, (uint8_t *)(uintptr_t)"Relu"};
    struct one_node n = node("com.microsoft", "FusedConv", 1, 4);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 3), V(1, -2, 3));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 1), V(2));
    n.in[2] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(1), V(1));
    n.in[3] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 3), V(0, 10, -20));
    n.n_attrs = 1;
    n.attrs[0] = relu;
    expect(*state, &n, 3, V(3, 7, 0));
    n.attrs[0].s = (ProtobufCBinaryData){4, (uint8_t *)(uintptr_t)"Gelu"};
    for (int i = 0; i < 4; i++)
        n.in[i] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 1, 1), V(1));
    refuse(*state, &n, SYSTOLE_UNSUPPORTED);
}

/* A step of a composed operator may not get what is not there. */
static void test_embed_layer_norm_without_a_scale_is_refused(void **state)
{
    struct one_node n = node("com.microsoft", "EmbedLayerNormalization", 1, 4);
    n.left_out = 2;
    n.in[0] = tensor_of(*state, SYSTOLE_I32, 2, DIMS(1, 1), V(0));
    for (int i = 1; i < 4; i++)
        n.in[i] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(1, 1), V(1));
    refuse(*state, &n, SYSTOLE_BAD_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suppression_drops_what_overlaps_more_than_the_threshold),
        cmocka_unit_test(test_roi_align_of_a_plane_is_its_value_in_the_middle),
        cmocka_unit_test(test_grid_sample_between_elements_and_outside),
        cmocka_unit_test(test_affine_grid_of_the_identity_is_the_places),
        cmocka_unit_test(test_dft_of_a_line_and_back),
        cmocka_unit_test(test_matmul_n_bits_unpacks_the_low_bits_first),
        cmocka_unit_test(test_fused_matmul_transposes),
        cmocka_unit_test(test_fused_conv_is_a_convolution_and_its_activation),
        cmocka_unit_test(test_embed_layer_norm_without_a_scale_is_refused),
    };
    return cmocka_run_group_tests_name("host_sampling", tests, setup_context, teardown_context);
}
