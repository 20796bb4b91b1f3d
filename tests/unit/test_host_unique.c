/* SPDX-License-Identifier: Apache-2.0 */
/* Unique, Col2Im, DeformConv, CenterCropPad, TensorScatter and Det against values worked out by hand. */
#include "test_host_model.h"

#define DIMS(...) (const int64_t[]){__VA_ARGS__}
#define V(...) (const double[]){__VA_ARGS__}

static struct one_node node(const char *op, int n_in, int n_out)
{
    return (struct one_node){.domain = "", .op = op, .version = 24, .n_in = n_in, .n_out = n_out};
}

static void check(struct systole_tensor *t, int rank, const int64_t *dims, const double *v)
{
    assert_int_equal(t->rank, rank);
    for (int i = 0; i < rank; i++)
        assert_int_equal(t->dims[i], dims[i]);
    for (int64_t i = 0; i < t->count; i++)
        if (sy_get(t, i) != v[i] && !(isnan(sy_get(t, i)) && isnan(v[i])))
            fail_msg("element %lld is %g; wanted %g", (long long)i, sy_get(t, i), v[i]);
    systole_tensor_free(t);
}

static void run(struct systole_context *ctx, const struct one_node *n, struct systole_tensor **out)
{
    if (run_one_node(ctx, n, out))
        fail_msg("%s", systole_context_detail(ctx));
}

static void refuse(struct systole_context *ctx, const struct one_node *n, const char *what)
{
    struct systole_tensor *out[VALUES] = {NULL};
    assert_int_equal(run_one_node(ctx, n, out), SYSTOLE_BAD_ARGUMENT);
    if (!strstr(systole_context_detail(ctx), what))
        fail_msg("'%s' does not say '%s'", systole_context_detail(ctx), what);
}

static void test_unique_sorts_and_counts(void **state)
{
    struct systole_tensor *out[VALUES] = {NULL};
    struct one_node n = node("Unique", 1, 4);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(7), V(2, NAN, 1, 2, NAN, 4, 1));
    run(*state, &n, out);
    check(out[0], 1, DIMS(4), V(1, 2, 4, NAN));
    check(out[1], 1, DIMS(4), V(2, 0, 5, 1));
    check(out[2], 1, DIMS(7), V(1, 3, 0, 1, 3, 2, 0));
    check(out[3], 1, DIMS(4), V(2, 2, 1, 2));
}

static void test_unique_unsorted_keeps_the_order_of_appearance(void **state)
{
    struct systole_tensor *out[VALUES] = {NULL};
    struct one_node n = node("Unique", 1, 4);
    n.n_attrs = 1;
    n.attrs[0] = attr_int("sorted", 0);
    n.in[0] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(6), V(5, 3, 5, 1, 3, 5));
    run(*state, &n, out);
    check(out[0], 1, DIMS(3), V(5, 3, 1));
    check(out[1], 1, DIMS(3), V(0, 1, 3));
    check(out[2], 1, DIMS(6), V(0, 1, 0, 2, 1, 0));
    check(out[3], 1, DIMS(3), V(3, 2, 1));
}

static void test_unique_columns(void **state)
{
    struct systole_tensor *out[VALUES] = {NULL};
    struct one_node n = node("Unique", 1, 2);
    n.n_attrs = 1;
    n.attrs[0] = attr_int("axis", -1);
    n.in[0] = tensor_of(*state, SYSTOLE_U8, 2, DIMS(2, 4), V(7, 1, 7, 1, 0, 9, 0, 2));
    run(*state, &n, out);
    check(out[0], 2, DIMS(2, 3), V(1, 1, 7, 2, 9, 0));
    check(out[1], 1, DIMS(3), V(3, 1, 0));
    n.in[0] = tensor_of(*state, SYSTOLE_U8, 2, DIMS(2, 0), NULL);
    run(*state, &n, out);
    check(out[0], 2, DIMS(2, 0), NULL);
    check(out[1], 1, DIMS(0), NULL);
}

/* Blocks of 1x2, a step of 1: the middle columns belong to two blocks. */
static void test_col2im_adds_up_where_blocks_overlap(void **state)
{
    struct systole_tensor *out[VALUES] = {NULL};
    struct one_node n = node("Col2Im", 3, 1);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 2, 3), V(1, 2, 3, 10, 20, 30));
    n.in[1] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(2), V(1, 4));
    n.in[2] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(2), V(1, 2));
    run(*state, &n, out);
    check(out[0], 4, DIMS(1, 1, 1, 4), V(1, 12, 23, 30));
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(1, 2, 2), V(1, 2, 3, 10));
    n.in[1] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(2), V(1, 4));
    n.in[2] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(2), V(1, 2));
    refuse(*state, &n, "3 blocks lie in the image");
}

/* Offsets of (0, 0.5): halfway to the next column, which behind the last is zero. The mask halves the first output. */
static void test_deform_conv_reads_between_elements(void **state)
{
    struct systole_tensor *out[VALUES] = {NULL};
    struct one_node n = node("DeformConv", 5, 1);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 4, DIMS(1, 1, 1, 3), V(2, 4, 8));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 4, DIMS(1, 1, 1, 1), V(10));
    n.in[2] = tensor_of(*state, SYSTOLE_F32, 4, DIMS(1, 2, 1, 3), V(0, 0, 0, 0.5, 0.5, 0.5));
    n.in[3] = tensor_of(*state, SYSTOLE_F32, 1, DIMS(1), V(1));
    n.in[4] = tensor_of(*state, SYSTOLE_F32, 4, DIMS(1, 1, 1, 3), V(0.5, 1, 1));
    run(*state, &n, out);
    check(out[0], 4, DIMS(1, 1, 1, 3), V(16, 61, 41));
}

static void test_center_crop_pad_takes_from_both_ends(void **state)
{
    struct systole_tensor *out[VALUES] = {NULL};
    struct one_node n = node("CenterCropPad", 2, 1);
    n.in[0] = tensor_of(*state, SYSTOLE_I32, 2, DIMS(2, 4), V(1, 2, 3, 4, 5, 6, 7, 8));
    n.in[1] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(2), V(3, 1));
    run(*state, &n, out);
    check(out[0], 2, DIMS(3, 1), V(2, 6, 0));
}

static void test_tensor_scatter_goes_round(void **state)
{
    struct systole_tensor *out[VALUES] = {NULL};
    struct one_node n = node("TensorScatter", 3, 1);
    for (int circular = 0; circular < 2; circular++) {
        static uint8_t text[] = "circular";
        n.n_attrs = circular;
        n.attrs[0] = attr_int("mode", 0);
        n.attrs[0].type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
        n.attrs[0].has_s = 1;
        n.attrs[0].s = (ProtobufCBinaryData){sizeof text - 1, text};
        n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(2, 3, 1), V(1, 2, 3, 4, 5, 6));
        n.in[1] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(2, 2, 1), V(10, 20, 30, 40));
        n.in[2] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(2), V(2, 0));
        if (!circular) {
            refuse(*state, &n, "place 2 of batch 0");
            continue;
        }
        run(*state, &n, out);
        check(out[0], 3, DIMS(2, 3, 1), V(20, 2, 10, 30, 40, 6));
    }
}

static void test_det_of_matrices(void **state)
{
    struct systole_tensor *out[VALUES] = {NULL};
    struct one_node n = node("Det", 1, 1);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 3, DIMS(3, 2, 2), V(0, 1, 1, 0, 2, 3, 4, 5, 1, 2, 2, 4));
    run(*state, &n, out);
    check(out[0], 1, DIMS(3), V(-1, -2, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unique_sorts_and_counts),
        cmocka_unit_test(test_unique_unsorted_keeps_the_order_of_appearance),
        cmocka_unit_test(test_unique_columns),
        cmocka_unit_test(test_col2im_adds_up_where_blocks_overlap),
        cmocka_unit_test(test_deform_conv_reads_between_elements),
        cmocka_unit_test(test_center_crop_pad_takes_from_both_ends),
        cmocka_unit_test(test_tensor_scatter_goes_round),
        cmocka_unit_test(test_det_of_matrices),
    };
    return cmocka_run_group_tests_name("host_unique", tests, setup_context, teardown_context);
}
