/* SPDX-License-Identifier: Apache-2.0 */
/* The ONNX loader on models that are whole, cut off, damaged, hostile, and with memory running out. */
#define _POSIX_C_SOURCE 200809L
#include "test_host_model.h"

#include <unistd.h>

static struct one_node conv_model(void)
{
    static int64_t pads[4] = {1, 1, 1, 1};
    struct one_node n = {.domain = "", .op = "Conv", .version = 13, .n_in = 2, .n_out = 1, .n_attrs = 2};
    n.attrs[0] = attr_ints("pads", 4, pads);
    n.attrs[1] = attr_int("group", 1);
    return n;
}

static void try_load(struct systole_context *ctx, const uint8_t *data, size_t size)
{
    struct systole_model *model = NULL;
    /* A copy of exactly this size: reading over its end is seen by the sanitizers. */
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    enum systole_status status = systole_model_load_memory(ctx, copy, size, NULL, &model);
    if (status)
        assert_true(systole_context_detail(ctx)[0] != '\0');
    systole_model_free(model);
    free(copy);
}

static void test_loader_truncated_at_every_length_is_error_or_model(void **state)
{
    const struct one_node n = conv_model();
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    for (size_t i = 0; i <= size; i++)
        try_load(*state, data, i);
    free(data);
}

static void test_loader_any_byte_changed_does_not_crash(void **state)
{
    const struct one_node n = conv_model();
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            data[i] ^= (uint8_t)(1 << bit);
            try_load(*state, data, size);
            data[i] ^= (uint8_t)(1 << bit);
        }
    free(data);
}

static void test_loader_messages_too_deep_are_refused(void **state)
{
    /* Each layer: field `depth % ...` of length-delimited type; graph (7) > node (1) > attribute (5) > graph (6) > ... */
    enum { LAYERS = 3000 };
    uint8_t *data = malloc(LAYERS * 8);
    assert_non_null(data);
    size_t at = LAYERS * 8, size = 0;
    static const uint8_t tags[3] = {1 << 3 | 2, 5 << 3 | 2, 6 << 3 | 2};
    for (int i = LAYERS; i >= 0; i--) {
        uint8_t head[8];
        size_t n = 0;
        head[n++] = i == 0 ? 7 << 3 | 2 : tags[(i - 1) % 3];
        for (size_t v = size;; v >>= 7) {
            head[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
            if (v <= 0x7f)
                break;
        }
        at -= n;
        memcpy(data + at, head, n);
        size += n;
    }
    struct systole_model *model = NULL;
    assert_int_equal(systole_model_load_memory(*state, data + at, size, NULL, &model), SYSTOLE_IO);
    assert_non_null(strstr(systole_context_detail(*state), "deeper than"));
    free(data);
}

static void test_loader_unknown_operator_is_unsupported_and_named(void **state)
{
    struct one_node n = conv_model();
    n.op = "NoSuchThing";
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    struct systole_model *model = NULL;
    assert_int_equal(systole_model_load_memory(*state, data, size, NULL, &model), SYSTOLE_UNSUPPORTED);
    assert_string_equal(systole_context_operator(*state), "NoSuchThing");
    assert_non_null(strstr(systole_context_detail(*state), "'the_node'"));
    free(data);
}

static void test_loader_old_version_is_unsupported(void **state)
{
    struct one_node n = conv_model();
    n.version = 5;
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    struct systole_model *model = NULL;
    assert_int_equal(systole_model_load_memory(*state, data, size, NULL, &model), SYSTOLE_UNSUPPORTED);
    free(data);
}

/* A graph of Identity nodes, node i from value from[i] to value to[i]. */
static enum systole_status load_chain(struct systole_context *ctx, const char *folder, int n, const char *const *from, const char *const *to,
                                      Onnx__TensorProto *initialiser)
{
    Onnx__NodeProto nodes[4], *p_nodes[4];
    char *in[4], *out[4];
    for (int i = 0; i < n; i++) {
        onnx__node_proto__init(&nodes[i]);
        in[i] = (char *)(uintptr_t)from[i];
        out[i] = (char *)(uintptr_t)to[i];
        nodes[i].op_type = (char *)(uintptr_t)"Identity";
        nodes[i].n_input = nodes[i].n_output = 1;
        nodes[i].input = &in[i];
        nodes[i].output = &out[i];
        p_nodes[i] = &nodes[i];
    }
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets = &set;
    Onnx__ModelProto m = ONNX__MODEL_PROTO__INIT;
    graph.n_node = (size_t)n;
    graph.node = p_nodes;
    graph.n_initializer = initialiser != NULL;
    graph.initializer = &initialiser;
    set.has_version = 1;
    set.version = 13;
    m.graph = &graph;
    m.n_opset_import = 1;
    m.opset_import = &sets;
    size_t size = 0;
    uint8_t *data = pack_model(&m, &size);
    struct systole_model *model = NULL;
    enum systole_status status = systole_model_load_memory(ctx, data, size, folder, &model);
    systole_model_free(model);
    free(data);
    return status;
}

static void test_loader_cycle_is_refused(void **state)
{
    static const char *const from[] = {"b", "a"}, *const to[] = {"a", "b"};
    assert_int_equal(load_chain(*state, "/tmp", 2, from, to, NULL), SYSTOLE_IO);
    assert_non_null(strstr(systole_context_detail(*state), "cycle"));
}

static void test_loader_value_nobody_makes_is_refused(void **state)
{
    static const char *const from[] = {"ghost"}, *const to[] = {"a"};
    assert_int_equal(load_chain(*state, "/tmp", 1, from, to, NULL), SYSTOLE_IO);
    assert_non_null(strstr(systole_context_detail(*state), "'ghost'"));
}

static void test_loader_value_made_twice_is_refused(void **state)
{
    static const char *const from[] = {"w", "w"}, *const to[] = {"a", "a"};
    Onnx__TensorProto w = ONNX__TENSOR_PROTO__INIT;
    w.name = (char *)(uintptr_t)"w";
    w.has_data_type = 1;
    w.data_type = 1;
    float one = 1;
    w.n_float_data = 1;
    w.float_data = &one;
    assert_int_equal(load_chain(*state, "/tmp", 2, from, to, &w), SYSTOLE_IO);
    assert_int_equal(load_chain(*state, "/tmp", 1, from, to, &w), SYSTOLE_OK);
}

static void test_loader_dimensions_without_data_are_refused(void **state)
{
    static const char *const from[] = {"w"}, *const to[] = {"a"};
    int64_t huge[4] = {INT32_MAX, INT32_MAX, INT32_MAX, 1}, negative[1] = {-1}, large[1] = {(int64_t)1 << 33};
    Onnx__TensorProto w = ONNX__TENSOR_PROTO__INIT;
    w.name = (char *)(uintptr_t)"w";
    w.has_data_type = 1;
    w.data_type = 1;
    w.n_dims = 4;
    w.dims = huge;
    assert_int_equal(load_chain(*state, "/tmp", 1, from, to, &w), SYSTOLE_IO);
    w.n_dims = 1;
    w.dims = negative;
    assert_int_equal(load_chain(*state, "/tmp", 1, from, to, &w), SYSTOLE_IO);
    w.dims = large;
    assert_int_equal(load_chain(*state, "/tmp", 1, from, to, &w), SYSTOLE_IO);
    assert_non_null(strstr(systole_context_detail(*state), "8589934592"));
}

static void test_loader_external_data_outside_folder_is_refused(void **state)
{
    static const char *const from[] = {"w"}, *const to[] = {"a"};
    static const char *const places[] = {"/etc/passwd", "../x", "a/../../x", ""};
    int64_t dims[1] = {1};
    Onnx__StringStringEntryProto entry = ONNX__STRING_STRING_ENTRY_PROTO__INIT, *entries = &entry;
    Onnx__TensorProto w = ONNX__TENSOR_PROTO__INIT;
    w.name = (char *)(uintptr_t)"w";
    w.has_data_type = w.has_data_location = 1;
    w.data_type = 1;
    w.data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    w.n_dims = 1;
    w.dims = dims;
    w.n_external_data = 1;
    w.external_data = &entries;
    entry.key = (char *)(uintptr_t)"location";
    for (size_t i = 0; i < 4; i++) {
        entry.value = (char *)(uintptr_t)places[i];
        assert_int_equal(load_chain(*state, "/tmp", 1, from, to, &w), SYSTOLE_IO);
        assert_non_null(strstr(systole_context_detail(*state), "folder"));
    }
}

/* A piece of 4 bytes in a file of 12: where it begins and how long it is said to be, and what comes of it. */
static void test_loader_external_data_beyond_its_file_is_refused(void **state)
{
    static const char *const from[] = {"w"}, *const to[] = {"a"};
    static const struct {
        const char *file, *offset, *length, *said; /* said: NULL where it loads */
    } cases[] = {
        {"w", "0", "4", NULL}, {"w", "8", "4", NULL}, {"w", "9", "4", "has 12 bytes; 4 at 9"}, {"w", "12", "4", "has 12 bytes"},
        {"w", "18446744073709551615", "4", "has 12 bytes"}, {"w", "18446744073709551616", "4", "has 12 bytes"}, {"w", "4", "8", "8 bytes of external data"},
        {"w", "-4", "4", "not a valid piece"}, {"w", "4x", "4", "not a valid piece"}, {"w", "4", "", "not a valid piece"},
        {"none", "0", "4", "No such file"}, {".", "0", "4", "not a file that can be read"},
    };
    static const char *const keys[] = {"location", "offset", "length"};
    char folder[] = "/tmp/systole_loader_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/w", folder);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite("abcdefghijkl", 1, 12, f), 12);
    fclose(f);
    int64_t dims[1] = {1};
    Onnx__StringStringEntryProto entry[3], *entries[3];
    Onnx__TensorProto w = ONNX__TENSOR_PROTO__INIT;
    w.name = (char *)(uintptr_t)"w";
    w.has_data_type = w.has_data_location = 1;
    w.data_type = 1;
    w.data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    w.n_dims = 1;
    w.dims = dims;
    w.n_external_data = 3;
    w.external_data = entries;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const values[] = {cases[i].file, cases[i].offset, cases[i].length};
        for (size_t k = 0; k < 3; k++) {
            onnx__string_string_entry_proto__init(entries[k] = &entry[k]);
            entry[k].key = (char *)(uintptr_t)keys[k];
            entry[k].value = (char *)(uintptr_t)values[k];
        }
        const enum systole_status status = load_chain(*state, folder, 1, from, to, &w);
        assert_int_equal(status, cases[i].said ? SYSTOLE_IO : SYSTOLE_OK);
        if (cases[i].said && !strstr(systole_context_detail(*state), cases[i].said))
            fail_msg("case %zu: \"%s\"", i, systole_context_detail(*state));
    }
    unlink(path);
    rmdir(folder);
}

static void test_loader_each_allocation_failing_is_no_memory(void **state)
{
    (void)state;
    const int64_t x_dims[4] = {1, 1, 3, 3}, w_dims[4] = {1, 1, 2, 2};
    const double x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, w[4] = {1, 0, 0, 1};
    long n = 0;
    for (bool failed = true; failed; n++) {
        struct systole_context *ctx = NULL;
        assert_int_equal(systole_context_create(NULL, &ctx), SYSTOLE_OK);
        struct one_node m = conv_model();
        m.in[0] = tensor_of(ctx, SYSTOLE_F32, 4, x_dims, x);
        m.in[1] = tensor_of(ctx, SYSTOLE_F32, 4, w_dims, w);
        struct systole_tensor *y = NULL;
        sy_alloc_fail_at(n + 1);
        enum systole_status status = run_one_node(ctx, &m, &y);
        failed = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        assert_int_equal(status, failed ? SYSTOLE_NO_MEMORY : SYSTOLE_OK);
        systole_tensor_free(y);
        systole_context_free(ctx);
    }
    assert_true(n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loader_truncated_at_every_length_is_error_or_model),
        cmocka_unit_test(test_loader_any_byte_changed_does_not_crash),
        cmocka_unit_test(test_loader_messages_too_deep_are_refused),
        cmocka_unit_test(test_loader_unknown_operator_is_unsupported_and_named),
        cmocka_unit_test(test_loader_old_version_is_unsupported),
        cmocka_unit_test(test_loader_cycle_is_refused),
        cmocka_unit_test(test_loader_value_nobody_makes_is_refused),
        cmocka_unit_test(test_loader_value_made_twice_is_refused),
        cmocka_unit_test(test_loader_dimensions_without_data_are_refused),
        cmocka_unit_test(test_loader_external_data_outside_folder_is_refused),
        cmocka_unit_test(test_loader_external_data_beyond_its_file_is_refused),
        cmocka_unit_test(test_loader_each_allocation_failing_is_no_memory),
    };
    return cmocka_run_group_tests_name("host_loader", tests, setup_context, teardown_context);
}
