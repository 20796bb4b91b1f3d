/* SPDX-License-Identifier: Apache-2.0 */
/* Whole models. They are not part of the project: where the folder is not there, the tests are skipped and counted as such. */
#include "test_host_model.h"

#include "host/graph/fold.h"

#include <sys/stat.h>

static const char *const folder = "../shared/data";

static struct systole_model *load(struct systole_context *ctx, const char *path)
{
    struct stat s;
    struct systole_model *model = NULL;
    if (stat(path, &s) != 0) {
        print_message("SKIP: %s is not there\n", path);
        skip();
    }
    enum systole_status status = systole_model_load(ctx, path, &model);
    if (status)
        print_error("%s\n", systole_context_detail(ctx));
    assert_int_equal(status, SYSTOLE_OK);
    return model;
}

static struct systole_tensor *read(struct systole_context *ctx, const char *path)
{
    struct systole_tensor *t = NULL;
    assert_int_equal(systole_tensor_read(ctx, path, &t), SYSTOLE_OK);
    return t;
}

static void test_mnist_gives_its_own_outputs(void **state)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/mnist/mnist_8/model.onnx", folder);
    struct systole_model *model = load(*state, path);
    struct systole_value_info in = {.size = sizeof(in)}, out = {.size = sizeof(out)};
    assert_int_equal(systole_model_input(model, 0, &in), SYSTOLE_OK);
    assert_int_equal(systole_model_output(model, 0, &out), SYSTOLE_OK);
    for (int i = 0; i < 3; i++) {
        struct systole_session *session = NULL;
        struct systole_tensor *got = NULL;
        snprintf(path, sizeof(path), "%s/mnist/mnist_8/test_data_set_%d/input_0.pb", folder, i);
        struct systole_tensor *x = read(*state, path);
        snprintf(path, sizeof(path), "%s/mnist/mnist_8/test_data_set_%d/output_0.pb", folder, i);
        struct systole_tensor *wanted = read(*state, path);
        assert_int_equal(systole_session_create(*state, model, "cpu", &session), SYSTOLE_OK);
        assert_int_equal(systole_session_set(session, in.name, x), SYSTOLE_OK);
        assert_int_equal(systole_session_run(session), SYSTOLE_OK);
        assert_int_equal(systole_session_get(session, out.name, &got), SYSTOLE_OK);
        assert_int_equal(got->count, wanted->count);
        for (int64_t k = 0; k < got->count; k++)
            assert_true(fabs(sy_get(got, k) - sy_get(wanted, k)) <= 1e-7 + 1e-3 * fabs(sy_get(wanted, k)));
        systole_tensor_free(x);
        systole_tensor_free(wanted);
        systole_tensor_free(got);
        systole_session_free(session);
    }
    systole_model_free(model);
}

/* Runs on zeros of the declared shape, free dimensions 1. */
static void runs(struct systole_context *ctx, const char *name, int64_t outputs)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    struct systole_model *model = load(ctx, path);
    struct systole_session *session = NULL;
    struct systole_value_info in = {.size = sizeof(in)}, out = {.size = sizeof(out)};
    struct systole_tensor *x = NULL, *y = NULL;
    assert_int_equal(systole_model_input(model, 0, &in), SYSTOLE_OK);
    assert_int_equal(systole_model_output(model, 0, &out), SYSTOLE_OK);
    for (int i = 0; i < in.rank; i++)
        in.dims[i] = in.dims[i] < 0 ? 1 : in.dims[i];
    assert_int_equal(systole_tensor_create(ctx, in.dtype, in.rank, in.dims, NULL, &x), SYSTOLE_OK);
    assert_int_equal(systole_session_create(ctx, model, "cpu", &session), SYSTOLE_OK);
    assert_int_equal(systole_session_run(session), SYSTOLE_BAD_STATE); /* the input is not set */
    assert_int_equal(systole_session_set(session, in.name, x), SYSTOLE_OK);
    assert_int_equal(systole_session_run(session), SYSTOLE_OK);
    assert_int_equal(systole_session_get(session, out.name, &y), SYSTOLE_OK);
    assert_int_equal(systole_tensor_count(y), outputs);
    systole_tensor_free(x);
    systole_tensor_free(y);
    systole_session_free(session);
    systole_model_free(model);
}

static void test_mlperf_tiny_ad_f32_runs(void **state)
{
    runs(*state, "mlperf_tiny/ad_f32.onnx", 640);
}

static void test_mlperf_tiny_ad_int8_runs(void **state)
{
    runs(*state, "mlperf_tiny/ad_int8.onnx", 640);
}

static void test_mlperf_tiny_kws_f32_runs(void **state)
{
    runs(*state, "mlperf_tiny/kws_f32.onnx", 12);
}

static void test_mlperf_tiny_kws_int8_runs(void **state)
{
    runs(*state, "mlperf_tiny/kws_int8.onnx", 12);
}

static void test_mnist_quantized_runs(void **state)
{
    runs(*state, "mnist/mnist_quantized.onnx", 10);
}

/* x, w of one column, bias: as QDQ. With r = (x - 3) * 0.5 summed by w * 0.25 and the bias 1: the tie and the Relu show. */
static enum systole_status run_qdq(struct systole_context *ctx, bool relu, int zero, double *result)
{
    struct sy_graph *g = sy_graph_new();
    assert_non_null(g);
    static const char *const names[] = {"x", "xs", "xz", "w", "ws", "wz", "b", "bs", "ys", "yz"};
    const int64_t x_dims[2] = {1, 2}, w_dims[2] = {2, 1}, one[1] = {1};
    const double x[2] = {5, 1}, w[2] = {1, -2}, n[1] = {5}, xs = 0.5, ws = 0.25, bs = 0.125, ys = 2, xz = 3, yz = zero, none = 0;
    struct systole_tensor *const t[10] = {
        tensor_of(ctx, SYSTOLE_I8, 2, x_dims, x), tensor_of(ctx, SYSTOLE_F32, 0, NULL, &xs), tensor_of(ctx, SYSTOLE_I8, 0, NULL, &xz),
        tensor_of(ctx, SYSTOLE_I8, 2, w_dims, w), tensor_of(ctx, SYSTOLE_F32, 0, NULL, &ws), tensor_of(ctx, SYSTOLE_I8, 0, NULL, &none),
        tensor_of(ctx, SYSTOLE_I32, 1, one, n),   tensor_of(ctx, SYSTOLE_F32, 0, NULL, &bs), tensor_of(ctx, SYSTOLE_F32, 0, NULL, &ys),
        tensor_of(ctx, SYSTOLE_I8, 0, NULL, &yz)};
    static const char *const nodes[][5] = {{"DequantizeLinear", "x", "xs", "xz", "xf"}, {"DequantizeLinear", "w", "ws", "wz", "wf"},
                                           {"DequantizeLinear", "b", "bs", "", "bf"},   {"MatMul", "xf", "wf", "", "m"},
                                           {"Add", "m", "bf", "", "a"},                 {"Relu", "a", "", "", "r"},
                                           {"QuantizeLinear", "r", "ys", "yz", "y"}};
    for (int i = 0; i < 10; i++) {
        int v = sy_graph_value(g, names[i]);
        g->values[v].initialiser = t[i];
    }
    for (int i = 0; i < 7; i++) {
        if (i == 5 && !relu)
            continue;
        struct sy_node *node = sy_graph_node(g);
        node->name = sy_strdup(nodes[i][4]);
        node->domain = sy_strdup("");
        node->op_type = sy_strdup(nodes[i][0]);
        node->version = 13;
        node->op = sy_op_find("", nodes[i][0], 13);
        node->in = sy_alloc(3, sizeof(int));
        node->out = sy_alloc(1, sizeof(int));
        for (int k = 1; k < 4 && nodes[i][k][0]; k++)
            node->in[node->n_in++] = sy_graph_value(g, i == 6 && k == 1 && !relu ? "a" : nodes[i][k]);
        node->out[node->n_out++] = sy_graph_value(g, nodes[i][4]);
    }
    g->outputs = sy_alloc(1, sizeof(int));
    g->outputs[g->n_outputs++] = sy_graph_value(g, "y");
    assert_int_equal(sy_graph_finish(ctx, g), SYSTOLE_OK);
    assert_int_equal(sy_graph_fold(ctx, g), SYSTOLE_OK);
    *result = g->n_nodes;
    struct systole_tensor **values = sy_alloc((size_t)g->n_values, sizeof(*values));
    const struct sy_scope scope = {.graph = g, .values = values};
    enum systole_status status = sy_graph_run(ctx, &scope);
    if (!status)
        result[1] = sy_get(values[g->outputs[0]], 0);
    for (int v = 0; v < g->n_values; v++)
        systole_tensor_free(values[v]);
    sy_free(values);
    sy_graph_free(g);
    return status;
}

/* sum = 2*1 + -2*-2 + 5 = 11; M = 0.0625; 0.6875 rounds to 1. */
static void test_fold_product_with_bias_is_one_node(void **state)
{
    double r[2] = {0, 0};
    assert_int_equal(run_qdq(*state, false, 10, r), SYSTOLE_OK);
    assert_true(r[0] == 1 && r[1] == 11);
}

static void test_fold_relu_goes_where_the_type_saturates(void **state)
{
    double r[2] = {0, 0};
    assert_int_equal(run_qdq(*state, true, -128, r), SYSTOLE_OK);
    assert_true(r[0] == 1 && r[1] == -127);
    assert_int_equal(run_qdq(*state, true, 10, r), SYSTOLE_OK);
    assert_true(r[0] == 3 && r[1] == 11); /* an fp32 product that begins at its bias, the Relu, the rounding */
}

static void test_session_device_that_is_not_there_is_refused(void **state)
{
    struct systole_session *session = NULL;
    struct one_node n = {.domain = "", .op = "Relu", .version = 13, .n_in = 1, .n_out = 1};
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    struct systole_model *model = NULL;
    assert_int_equal(systole_model_load_memory(*state, data, size, NULL, &model), SYSTOLE_OK);
    assert_int_equal(systole_session_create(*state, model, "abacus:16x16", &session), SYSTOLE_BAD_DEVICE);
    assert_null(session);
    assert_int_equal(systole_session_create(*state, model, "sim:61x59", &session), SYSTOLE_NOT_FOUND);
    assert_non_null(strstr(systole_context_detail(*state), "make sim ROWS=61 COLS=59"));
    assert_null(session);
    systole_model_free(model);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mnist_gives_its_own_outputs),     cmocka_unit_test(test_mlperf_tiny_ad_f32_runs),
        cmocka_unit_test(test_mlperf_tiny_ad_int8_runs),        cmocka_unit_test(test_mlperf_tiny_kws_f32_runs),
        cmocka_unit_test(test_mlperf_tiny_kws_int8_runs),       cmocka_unit_test(test_mnist_quantized_runs),
        cmocka_unit_test(test_session_device_that_is_not_there_is_refused), cmocka_unit_test(test_fold_product_with_bias_is_one_node),
        cmocka_unit_test(test_fold_relu_goes_where_the_type_saturates),
    };
    return cmocka_run_group_tests_name("host_models", tests, setup_context, teardown_context);
}
