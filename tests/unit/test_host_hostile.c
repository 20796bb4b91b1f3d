/* SPDX-License-Identifier: Apache-2.0 */
/* Small models that ask for more time or memory than anyone has: each is answered within seconds, here before an alarm ends the test. */
#include "test_host_model.h"

#include <unistd.h>

#define DIMS(...) (const int64_t[]){__VA_ARGS__}
#define V(...) (const double[]){__VA_ARGS__}

enum { PATIENCE_S = 120 };

static struct one_node node(const char *op, int n_in)
{
    return (struct one_node){.domain = "", .op = op, .version = 19, .n_in = n_in, .n_out = 1};
}

/* Runs it; the value of the one element that comes out. */
static double number(struct systole_context *ctx, const struct one_node *n)
{
    struct systole_tensor *out[VALUES] = {NULL};
    const enum systole_status status = run_one_node(ctx, n, out);
    if (status)
        print_error("%s\n", systole_context_detail(ctx));
    assert_int_equal(status, SYSTOLE_OK);
    assert_int_equal(out[0]->count, 1);
    const double v = sy_get(out[0], 0);
    systole_tensor_free(out[0]);
    return v;
}

static void refuse(struct systole_context *ctx, const struct one_node *n, enum systole_status wanted, const char *what)
{
    struct systole_tensor *out[VALUES] = {NULL};
    assert_int_equal(run_one_node(ctx, n, out), wanted);
    assert_non_null(strstr(systole_context_detail(ctx), "the_node"));
    if (!strstr(systole_context_detail(ctx), what))
        fail_msg("'%s' does not say '%s'", systole_context_detail(ctx), what);
}

/* A window of 2^60 positions on an input of four elements, all else padding. */
static struct one_node huge_window(struct systole_context *ctx, const char *op, int64_t counts_padding)
{
    static int64_t kernel[2] = {1 << 30, 1 << 30}, pads[4] = {(1 << 30) - 3, (1 << 30) - 3, 1, 1};
    struct one_node n = node(op, 1);
    n.n_attrs = 3;
    n.attrs[0] = attr_ints("kernel_shape", 2, kernel);
    n.attrs[1] = attr_ints("pads", 4, pads);
    n.attrs[2] = attr_int("count_include_pad", counts_padding);
    n.in[0] = tensor_of(ctx, SYSTOLE_F32, 4, DIMS(1, 1, 2, 2), V(1, 2, 3, 6));
    return n;
}

static void test_pools_with_huge_windows_look_at_what_is_there(void **state)
{
    struct one_node n = huge_window(*state, "MaxPool", 0);
    n.n_attrs = 2;
    assert_true(number(*state, &n) == 6);
    n = huge_window(*state, "AveragePool", 0);
    assert_true(number(*state, &n) == 3);
    n = huge_window(*state, "AveragePool", 1);
    assert_true(number(*state, &n) == ldexp(12, -60));
    n = huge_window(*state, "LpPool", 0);
    n.n_attrs = 2;
    assert_true(fabs(number(*state, &n) - sqrt(50)) < 1e-6);
}

static void test_roi_align_with_endless_points_is_refused(void **state)
{
    struct one_node n = node("RoiAlign", 3);
    n.n_attrs = 1;
    n.attrs[0] = attr_int("sampling_ratio", 1 << 16);
    n.in[0] = tensor_of(*state, SYSTOLE_F32, 4, DIMS(1, 1, 2, 2), V(1, 2, 3, 4));
    n.in[1] = tensor_of(*state, SYSTOLE_F32, 2, DIMS(1, 4), V(0, 0, 1, 1));
    n.in[2] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(1), V(0));
    refuse(*state, &n, SYSTOLE_BAD_ARGUMENT, "65536 by 65536 points");
}

static void test_empty_tensors_with_endless_dimensions_are_refused(void **state)
{
    struct one_node n = node("ConstantOfShape", 1);
    n.in[0] = tensor_of(*state, SYSTOLE_I64, 1, DIMS(2), V(ldexp(1, 50), 0));
    refuse(*state, &n, SYSTOLE_BAD_ARGUMENT, "empty tensor");
}

/* Each fits below the limit of one allocation; the machine does not have them all. */
static void test_more_than_is_left_of_the_memory_is_refused(void **state)
{
    enum { MOST = 4096 };
    struct systole_tensor *kept[MOST] = {NULL};
    enum systole_status status = SYSTOLE_OK;
    int n = 0;
    while (n < MOST && !status)
        status = sy_tensor_new(*state, SYSTOLE_U8, 1, DIMS((int64_t)1 << 34), &kept[n++]);
    for (int i = 0; i < n; i++)
        systole_tensor_free(kept[i]);
    assert_int_equal(status, SYSTOLE_NO_MEMORY);
    assert_non_null(strstr(systole_context_detail(*state), "17179869184 bytes"));
    struct systole_tensor *small = NULL;
    assert_int_equal(sy_tensor_new(*state, SYSTOLE_U8, 1, DIMS(1 << 20), &small), SYSTOLE_OK); /* as before */
    systole_tensor_free(small);
}

/* ---- A loop in a loop, each for as long as a loop can be; the inner one hands its condition on ---- */

static Onnx__ValueInfoProto named(const char *name)
{
    Onnx__ValueInfoProto v = ONNX__VALUE_INFO_PROTO__INIT;
    v.name = (char *)(uintptr_t)name;
    return v;
}

/* A Loop over `body`, which takes an iteration and a condition and gives that condition, as its own and to be stacked. */
struct loop {
    Onnx__NodeProto node, *nodes;
    Onnx__AttributeProto attr, *attrs;
    Onnx__GraphProto body;
    Onnx__ValueInfoProto in[2], out, *p_in[2], *p_out[2];
    char *names[2], *made;
};

static void make_loop(struct loop *l, Onnx__NodeProto *inside, const char *made)
{
    onnx__node_proto__init(&l->node);
    onnx__attribute_proto__init(&l->attr);
    onnx__graph_proto__init(&l->body);
    l->in[0] = named(inside ? "outer_at" : "at");
    l->in[1] = named("on");
    l->out = named("on");
    l->p_in[0] = &l->in[0];
    l->p_in[1] = &l->in[1];
    l->p_out[0] = l->p_out[1] = &l->out;
    l->body.n_input = 2;
    l->body.input = l->p_in;
    l->body.n_output = 2;
    l->body.output = l->p_out;
    l->nodes = inside;
    l->body.n_node = inside != NULL;
    l->body.node = &l->nodes;
    l->attr.name = (char *)(uintptr_t)"body";
    l->attr.has_type = 1;
    l->attr.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    l->attr.g = &l->body;
    l->attrs = &l->attr;
    l->names[0] = (char *)(uintptr_t)"";
    l->names[1] = (char *)(uintptr_t)"";
    l->made = (char *)(uintptr_t)made;
    l->node.name = (char *)(uintptr_t)(inside ? "outer" : "the_node");
    l->node.op_type = (char *)(uintptr_t)"Loop";
    l->node.n_input = 2;
    l->node.input = l->names;
    l->node.n_output = 1;
    l->node.output = &l->made;
    l->node.n_attribute = 1;
    l->node.attribute = &l->attrs;
}

static void test_loops_without_end_are_refused(void **state)
{
    static struct loop inner, outer;
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets = &set;
    Onnx__ModelProto m = ONNX__MODEL_PROTO__INIT;
    Onnx__NodeProto *nodes = &outer.node;
    Onnx__ValueInfoProto all = named("all"), *outputs = &all;
    make_loop(&inner, NULL, "stacked");
    make_loop(&outer, &inner.node, "all");
    graph.n_node = 1;
    graph.node = &nodes;
    graph.n_output = 1;
    graph.output = &outputs;
    set.has_version = 1;
    set.version = 19;
    m.graph = &graph;
    m.n_opset_import = 1;
    m.opset_import = &sets;
    size_t size = 0;
    uint8_t *data = pack_model(&m, &size);
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    if (systole_model_load_memory(*state, data, size, NULL, &model))
        fail_msg("%s", systole_context_detail(*state));
    free(data);
    enum systole_status status = systole_session_create(*state, model, "cpu", &session);
    if (!status)
        status = systole_session_run(session);
    assert_int_equal(status, SYSTOLE_BAD_ARGUMENT);
    assert_non_null(strstr(systole_context_detail(*state), "the_node"));
    assert_non_null(strstr(systole_context_detail(*state), "steps of loops"));
    systole_session_free(session);
    systole_model_free(model);
}

static int setup(void **state)
{
    alarm(PATIENCE_S);
    return setup_context(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pools_with_huge_windows_look_at_what_is_there),
        cmocka_unit_test(test_roi_align_with_endless_points_is_refused),
        cmocka_unit_test(test_empty_tensors_with_endless_dimensions_are_refused),
        cmocka_unit_test(test_more_than_is_left_of_the_memory_is_refused),
        cmocka_unit_test(test_loops_without_end_are_refused),
    };
    return cmocka_run_group_tests_name("host_hostile", tests, setup, teardown_context);
}
