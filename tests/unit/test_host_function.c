/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of a model's own become their nodes; operators that are not there are told all at once. */
#include "test_host_model.h"

#define TEXT(s) ((char *)(uintptr_t)(s))
enum { NODES = 4, IMPORTS = 2 };

static Onnx__AttributeProto attr_float(const char *name, float value)
{
    Onnx__AttributeProto a = ONNX__ATTRIBUTE_PROTO__INIT;
    a.name = TEXT(name);
    a.has_type = 1;
    a.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    a.has_f = 1;
    a.f = value;
    return a;
}

/* A node of one output. */
struct made {
    Onnx__NodeProto proto;
    char *in[2], *out[1];
    Onnx__AttributeProto attr, *attrs;
};

static void make(struct made *n, const char *domain, const char *op, const char *a, const char *b, const char *out)
{
    onnx__node_proto__init(&n->proto);
    n->proto.domain = TEXT(domain);
    n->proto.op_type = TEXT(op);
    n->in[0] = TEXT(a);
    n->in[1] = TEXT(b);
    n->out[0] = TEXT(out);
    n->proto.n_input = b ? 2 : a ? 1 : 0;
    n->proto.input = n->in;
    n->proto.n_output = 1;
    n->proto.output = n->out;
}

static void give(struct made *n, Onnx__AttributeProto attr)
{
    n->attr = attr;
    n->attrs = &n->attr;
    n->proto.n_attribute = 1;
    n->proto.attribute = &n->attrs;
}

/*
 * y = f(f(x, k = 3)), where f(v; k = 0.5) is v * k + g(v) and g(v) is v + v; or, `endless`, f calls f. Bytes, to be freed.
 */
static uint8_t *model_bytes(int endless, size_t *size)
{
    struct made outer[2], of_f[NODES], of_g;
    Onnx__NodeProto *calls[2] = {&outer[0].proto, &outer[1].proto}, *body_f[NODES], *body_g = &of_g.proto;
    Onnx__FunctionProto f = ONNX__FUNCTION_PROTO__INIT, g = ONNX__FUNCTION_PROTO__INIT, *functions[2] = {&f, &g};
    Onnx__OperatorSetIdProto set[IMPORTS] = {ONNX__OPERATOR_SET_ID_PROTO__INIT, ONNX__OPERATOR_SET_ID_PROTO__INIT}, *sets[IMPORTS] = {&set[0], &set[1]};
    Onnx__ValueInfoProto x = ONNX__VALUE_INFO_PROTO__INIT, y = ONNX__VALUE_INFO_PROTO__INIT, *inputs = &x, *outputs = &y;
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__ModelProto m = ONNX__MODEL_PROTO__INIT;
    char *v = TEXT("v"), *w = TEXT("w"), *k = TEXT("k");
    set[0].domain = TEXT("");
    set[1].domain = TEXT("mine");
    set[0].has_version = set[1].has_version = 1;
    set[0].version = 18, set[1].version = 1;
    make(&outer[0], "mine", "f", "x", NULL, "a");
    give(&outer[0], attr_float("k", 3));
    make(&outer[1], "mine", "f", "a", NULL, "y");
    make(&of_f[0], "", "Constant", NULL, NULL, "a"); /* a name that the graph has, too */
    give(&of_f[0], attr_float("value_float", 0));
    of_f[0].attr.ref_attr_name = k;
    make(&of_f[1], "", "Mul", "v", "a", "s");
    make(&of_f[2], "mine", endless ? "f" : "g", "v", NULL, "t");
    make(&of_f[3], "", "Add", "s", "t", "w");
    make(&of_g, "", "Add", "v", "v", "w");
    for (int i = 0; i < NODES; i++)
        body_f[i] = &of_f[i].proto;
    for (int i = 0; i < 2; i++) {
        functions[i]->name = TEXT(i ? "g" : "f");
        functions[i]->domain = TEXT("mine");
        functions[i]->n_input = functions[i]->n_output = 1;
        functions[i]->input = &v;
        functions[i]->output = &w;
        functions[i]->n_node = i ? 1 : NODES;
        functions[i]->node = i ? &body_g : body_f;
        functions[i]->n_opset_import = IMPORTS;
        functions[i]->opset_import = sets;
    }
    f.n_attribute = 1;
    f.attribute = &k;
    /* The default of k, as a field that an old schema does not know: its length, and then the message. */
    const Onnx__AttributeProto half = attr_float("k", 0.5f);
    uint8_t packed[64];
    packed[0] = (uint8_t)onnx__attribute_proto__pack(&half, packed + 1);
    ProtobufCMessageUnknownField unknown = {11, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, (size_t)packed[0] + 1, packed};
    f.base.n_unknown_fields = 1;
    f.base.unknown_fields = &unknown;
    x.name = TEXT("x");
    y.name = TEXT("y");
    graph.n_node = 2;
    graph.node = calls;
    graph.n_input = graph.n_output = 1;
    graph.input = &inputs;
    graph.output = &outputs;
    m.graph = &graph;
    m.n_opset_import = IMPORTS;
    m.opset_import = sets;
    m.n_functions = 2;
    m.functions = functions;
    return pack_model(&m, size);
}

/* 7 * 3 + 14 = 35, then 35 * 0.5 + 70. */
static void test_function_calls_have_their_own_values_and_attributes(void **state)
{
    size_t size = 0;
    uint8_t *bytes = model_bytes(0, &size);
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    struct systole_tensor *y = NULL, *x = tensor_of(*state, SYSTOLE_F32, 0, NULL, (const double[]){7});
    const enum systole_status status = systole_model_load_memory(*state, bytes, size, NULL, &model);
    if (status)
        print_error("%s\n", systole_context_detail(*state));
    assert_int_equal(status, SYSTOLE_OK);
    assert_int_equal(systole_session_create(*state, model, "cpu", &session), SYSTOLE_OK);
    assert_int_equal(systole_session_set(session, "x", x), SYSTOLE_OK);
    assert_int_equal(systole_session_run(session), SYSTOLE_OK);
    assert_int_equal(systole_session_get(session, "y", &y), SYSTOLE_OK);
    assert_true(sy_get(y, 0) == 87.5);
    systole_tensor_free(x);
    systole_tensor_free(y);
    systole_session_free(session);
    systole_model_free(model);
    free(bytes);
}

static void test_function_that_calls_itself_is_refused(void **state)
{
    size_t size = 0;
    uint8_t *bytes = model_bytes(1, &size);
    struct systole_model *model = NULL;
    assert_int_equal(systole_model_load_memory(*state, bytes, size, NULL, &model), SYSTOLE_IO);
    assert_non_null(strstr(systole_context_detail(*state), "within itself"));
    free(bytes);
}

static void test_function_bytes_changed_or_cut_do_not_crash(void **state)
{
    size_t size = 0;
    uint8_t *bytes = model_bytes(0, &size);
    for (size_t i = 0; i < size; i++) {
        struct systole_model *model = NULL;
        if (!systole_model_load_memory(*state, bytes, i, NULL, &model))
            systole_model_free(model);
        for (int bit = 0; bit < 8; bit++) {
            model = NULL;
            bytes[i] ^= (uint8_t)(1 << bit);
            if (!systole_model_load_memory(*state, bytes, size, NULL, &model))
                systole_model_free(model);
            bytes[i] ^= (uint8_t)(1 << bit);
        }
    }
    free(bytes);
}

static void test_operators_that_are_missing_are_all_told(void **state)
{
    struct made made[3];
    Onnx__NodeProto *nodes[3] = {&made[0].proto, &made[1].proto, &made[2].proto};
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets = &set;
    Onnx__ValueInfoProto x = ONNX__VALUE_INFO_PROTO__INIT, *infos = &x;
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__ModelProto m = ONNX__MODEL_PROTO__INIT;
    struct systole_model *model = NULL;
    size_t size = 0;
    make(&made[0], "", "Gelu", "x", NULL, "a"); /* there from version 20 on */
    make(&made[1], "theirs", "Nothing", "a", NULL, "b");
    make(&made[2], "", "Relu", "b", NULL, "y");
    x.name = TEXT("x");
    set.domain = TEXT("");
    set.has_version = 1;
    set.version = 17;
    graph.n_node = 3;
    graph.node = nodes;
    graph.n_input = 1;
    graph.input = &infos;
    m.graph = &graph;
    m.n_opset_import = 1;
    m.opset_import = &sets;
    uint8_t *bytes = pack_model(&m, &size);
    assert_int_equal(systole_model_load_memory(*state, bytes, size, NULL, &model), SYSTOLE_UNSUPPORTED);
    assert_string_equal(systole_context_operator(*state), "Gelu");
    assert_non_null(strstr(systole_context_detail(*state), "only from version 20 on"));
    assert_non_null(strstr(systole_context_detail(*state), "theirs:Nothing"));
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_function_calls_have_their_own_values_and_attributes),
        cmocka_unit_test(test_function_that_calls_itself_is_refused),
        cmocka_unit_test(test_function_bytes_changed_or_cut_do_not_crash),
        cmocka_unit_test(test_operators_that_are_missing_are_all_told),
    };
    return cmocka_run_group_tests_name("host_function", tests, setup_context, teardown_context);
}
