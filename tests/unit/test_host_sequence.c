/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of tensors within a model. */
#include "test_host_model.h"

#define DIMS(...) (const int64_t[]){__VA_ARGS__}
#define V(...) (const double[]){__VA_ARGS__}

enum { NODES = 8, NAMES = 4 };

/* One letter a value; ' ' is one left out. */
struct line { const char *op, *in, *out, *attr; int64_t value; };

struct written {
    Onnx__NodeProto node;
    Onnx__AttributeProto attr, *attrs;
    char text[2 * NAMES][2], *in[NAMES], *out[NAMES];
};

static size_t name_all(const char *letters, char (*text)[2], char **names)
{
    size_t n = 0;
    for (; letters[n]; n++) {
        text[n][0] = (char)(letters[n] == ' ' ? '\0' : letters[n]);
        names[n] = text[n];
    }
    return n;
}

static void write_line(const struct line *l, struct written *w)
{
    onnx__node_proto__init(&w->node);
    w->attr = attr_int(l->attr ? l->attr : "", l->value);
    w->attrs = &w->attr;
    w->node.op_type = w->node.name = (char *)(uintptr_t)l->op;
    w->node.n_input = name_all(l->in, w->text, w->in);
    w->node.input = w->in;
    w->node.n_output = name_all(l->out, w->text + NAMES, w->out);
    w->node.output = w->out;
    w->node.n_attribute = l->attr != NULL;
    w->node.attribute = &w->attrs;
}

/* Inputs x, i and j, output y. */
static enum systole_status run_lines(struct systole_context *ctx, const struct line *lines, struct systole_tensor *const in[3],
                                     struct systole_tensor **y)
{
    static struct written w[NODES];
    static const char *const names[] = {"x", "i", "j", "y"};
    Onnx__NodeProto *nodes[NODES];
    Onnx__ValueInfoProto info[4], *p[4];
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets = &set;
    Onnx__ModelProto m = ONNX__MODEL_PROTO__INIT;
    for (int i = 0; i < 4; i++) {
        onnx__value_info_proto__init(&info[i]);
        info[i].name = (char *)(uintptr_t)names[i];
        p[i] = &info[i];
    }
    for (; lines[graph.n_node].op; graph.n_node++) {
        write_line(&lines[graph.n_node], &w[graph.n_node]);
        nodes[graph.n_node] = &w[graph.n_node].node;
    }
    graph.node = nodes;
    graph.n_input = 3;
    graph.input = p;
    graph.n_output = 1;
    graph.output = p + 3;
    set.has_version = 1;
    set.version = 17;
    m.graph = &graph;
    m.n_opset_import = 1;
    m.opset_import = &sets;
    size_t size = 0;
    uint8_t *data = pack_model(&m, &size);
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    enum systole_status status = systole_model_load_memory(ctx, data, size, NULL, &model);
    free(data);
    if (!status)
        status = systole_session_create(ctx, model, "cpu", &session);
    for (int i = 0; i < 3; i++) {
        if (!status)
            status = systole_session_set(session, names[i], in[i]);
        systole_tensor_free(in[i]);
    }
    if (!status)
        status = systole_session_run(session);
    if (!status)
        status = systole_session_get(session, "y", y);
    systole_session_free(session);
    systole_model_free(model);
    return status;
}

/* x: 1 to 6, as 2x3; i and j: numbers. */
static enum systole_status with(struct systole_context *ctx, const struct line *lines, double i, double j, struct systole_tensor **y)
{
    struct systole_tensor *const in[3] = {tensor_of(ctx, SYSTOLE_F32, 2, DIMS(2, 3), V(1, 2, 3, 4, 5, 6)),
                                          tensor_of(ctx, SYSTOLE_I64, 0, NULL, &i), tensor_of(ctx, SYSTOLE_I64, 0, NULL, &j)};
    return run_lines(ctx, lines, in, y);
}

static void expect(struct systole_context *ctx, const struct line *lines, double i, double j, int rank, const int64_t *dims, const double *v)
{
    struct systole_tensor *y = NULL;
    if (with(ctx, lines, i, j, &y))
        fail_msg("%s", systole_context_detail(ctx));
    assert_int_equal(y->rank, rank);
    for (int d = 0; d < rank; d++)
        assert_int_equal(y->dims[d], dims[d]);
    for (int64_t k = 0; k < y->count; k++)
        assert_true(sy_get(y, k) == v[k]);
    systole_tensor_free(y);
}

static void refuse(struct systole_context *ctx, const struct line *lines, double i, double j, const char *what)
{
    struct systole_tensor *y = NULL;
    assert_int_not_equal(with(ctx, lines, i, j, &y), SYSTOLE_OK);
    if (!strstr(systole_context_detail(ctx), what))
        fail_msg("'%s' does not say '%s'", systole_context_detail(ctx), what);
}

static void test_sequence_of_pieces_is_put_together_again(void **state)
{
    static const struct line pieces[] = {{"SplitToSequence", "xi", "s", "axis", 1}, {"ConcatFromSequence", "s", "y", "axis", 1}, {0}};
    expect(*state, pieces, 2, 0, 2, DIMS(2, 3), V(1, 2, 3, 4, 5, 6)); /* pieces of 2 and 1 */
    static const struct line last[] = {{"SplitToSequence", "xi", "s", "axis", 1}, {"SequenceAt", "sj", "y", NULL, 0}, {0}};
    expect(*state, last, 2, -1, 2, DIMS(2, 1), V(3, 6));
    static const struct line rows[] = {{"SplitToSequence", "x", "s", "keepdims", 0}, {"SequenceAt", "si", "y", NULL, 0}, {0}};
    expect(*state, rows, 1, 0, 1, DIMS(3), V(4, 5, 6));
}

static void test_sequence_grows_and_shrinks_beside_itself(void **state)
{
    static const struct line lines[] = {{"Neg", "x", "n", NULL, 0},        {"SequenceConstruct", "xn", "s", NULL, 0},
                                        {"SequenceInsert", "snj", "t", NULL, 0}, {"SequenceErase", "ti", "u", NULL, 0},
                                        {"SequenceLength", "u", "l", NULL, 0},  {"SequenceAt", "si", "a", NULL, 0},
                                        {"Mul", "al", "y", NULL, 0},           {0}};
    struct systole_tensor *y = NULL;
    assert_int_equal(with(*state, lines, 0, 1, &y), SYSTOLE_BAD_ARGUMENT); /* Mul of two types: but all before it ran */
    assert_non_null(strstr(systole_context_detail(*state), "Mul"));
    static const struct line length[] = {{"SequenceEmpty", "", "e", NULL, 0},       {"SequenceInsert", "ex", "s", NULL, 0},
                                         {"SequenceInsert", "sxi", "t", NULL, 0}, {"SequenceErase", "tj", "u", NULL, 0},
                                         {"Identity", "t", "v", NULL, 0},         {"SequenceLength", "v", "y", NULL, 0}, {0}};
    expect(*state, length, 1, 0, 0, NULL, V(2));
    static const struct line stacked[] = {{"Neg", "x", "n", NULL, 0}, {"SequenceConstruct", "x", "s", NULL, 0},
                                          {"SequenceInsert", "sni", "t", NULL, 0}, {"SequenceAt", "tj", "y", NULL, 0}, {0}};
    expect(*state, stacked, 0, 0, 2, DIMS(2, 3), V(-1, -2, -3, -4, -5, -6));
}

static void test_sequence_where_a_tensor_belongs_is_refused(void **state)
{
    static const struct line neg[] = {{"SequenceConstruct", "x", "s", NULL, 0}, {"Neg", "s", "y", NULL, 0}, {0}};
    refuse(*state, neg, 0, 0, "input 0 is a sequence of 1");
    static const struct line nested[] = {{"SequenceConstruct", "x", "s", NULL, 0}, {"SequenceInsert", "ss", "t", NULL, 0},
                                         {"SequenceLength", "t", "y", NULL, 0}, {0}};
    refuse(*state, nested, 0, 0, "sequences in sequences");
    static const struct line tensor[] = {{"SequenceAt", "xi", "y", NULL, 0}, {0}};
    refuse(*state, tensor, 0, 0, "not a sequence");
    static const struct line beyond[] = {{"SequenceConstruct", "xx", "s", NULL, 0}, {"SequenceAt", "si", "y", NULL, 0}, {0}};
    refuse(*state, beyond, 2, 0, "place 2 in a sequence of 2");
    static const struct line out[] = {{"SequenceConstruct", "xx", "y", NULL, 0}, {0}};
    refuse(*state, out, 0, 0, "'y' is a sequence of 2 tensors");
    static const struct line pieces[] = {{"SplitToSequence", "xi", "s", "axis", 1}, {"ConcatFromSequence", "s", "y", "axis", 1}, {0}};
    refuse(*state, pieces, 0, 0, "pieces of 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequence_of_pieces_is_put_together_again),
        cmocka_unit_test(test_sequence_grows_and_shrinks_beside_itself),
        cmocka_unit_test(test_sequence_where_a_tensor_belongs_is_refused),
    };
    return cmocka_run_group_tests_name("host_sequence", tests, setup_context, teardown_context);
}
