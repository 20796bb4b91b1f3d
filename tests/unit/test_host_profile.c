/* SPDX-License-Identifier: Apache-2.0 */
/* What a session tells of each step: where it ran, why, and how the cycles were spent. */
#include "test_host_model.h"

#include "systole_driver.h"

enum { NODES = 4, SIDE = 8 };

/* y = double(relu(x * x)) squared, as matrices: one product for the device, one that only the host has. */
static const struct {
    const char *name, *op;
    const char *in[2], *out;
} nodes[NODES] = {
    {"first", "MatMul", {"x", "x"}, "a"},
    {"floor", "Relu", {"a", NULL}, "b"},
    {"widen", "Cast", {"b", NULL}, "c"},
    {"last", "MatMul", {"c", "c"}, "y"},
};

static struct systole_model *load_chain(struct systole_context *ctx)
{
    Onnx__NodeProto node[NODES], *p_node[NODES];
    char *in[NODES][2], *out[NODES];
    Onnx__AttributeProto to = attr_int("to", SYSTOLE_F64), *p_to = &to;
    Onnx__ValueInfoProto x = ONNX__VALUE_INFO_PROTO__INIT, y = ONNX__VALUE_INFO_PROTO__INIT, *p_x = &x, *p_y = &y;
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *p_set = &set;
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    for (int i = 0; i < NODES; i++) {
        onnx__node_proto__init(&node[i]);
        node[i].name = (char *)(uintptr_t)nodes[i].name;
        node[i].op_type = (char *)(uintptr_t)nodes[i].op;
        for (int k = 0; k < 2 && nodes[i].in[k]; k++)
            in[i][node[i].n_input++] = (char *)(uintptr_t)nodes[i].in[k];
        out[i] = (char *)(uintptr_t)nodes[i].out;
        node[i].input = in[i];
        node[i].n_output = 1;
        node[i].output = &out[i];
        p_node[i] = &node[i];
    }
    node[2].n_attribute = 1;
    node[2].attribute = &p_to;
    x.name = (char *)(uintptr_t)"x";
    y.name = (char *)(uintptr_t)"y";
    graph.n_node = NODES;
    graph.node = p_node;
    graph.n_input = graph.n_output = 1;
    graph.input = &p_x;
    graph.output = &p_y;
    set.has_version = 1;
    set.version = 13;
    model.graph = &graph;
    model.n_opset_import = 1;
    model.opset_import = &p_set;
    size_t size = 0;
    uint8_t *data = pack_model(&model, &size);
    struct systole_model *loaded = NULL;
    assert_int_equal(systole_model_load_memory(ctx, data, size, NULL, &loaded), SYSTOLE_OK);
    free(data);
    return loaded;
}

static struct systole_session *open_chain(struct systole_context *ctx, const char *device)
{
    struct systole_model *model = load_chain(ctx);
    struct systole_session *session = NULL;
    if (systole_session_create(ctx, model, device, &session) != SYSTOLE_OK)
        fail_msg("%s: %s", device, systole_context_detail(ctx));
    systole_model_free(model);
    return session;
}

static void run_chain(struct systole_context *ctx, struct systole_session *session, float first)
{
    const int64_t dims[2] = {SIDE, SIDE};
    float data[SIDE * SIDE];
    struct systole_tensor *t = NULL;
    for (int i = 0; i < SIDE * SIDE; i++)
        data[i] = (float)(i % 7) - 3;
    data[0] = first;
    assert_int_equal(systole_tensor_create(ctx, SYSTOLE_F32, 2, dims, data, &t), SYSTOLE_OK);
    assert_int_equal(systole_session_set(session, "x", t), SYSTOLE_OK);
    systole_tensor_free(t);
    assert_int_equal(systole_session_run(session), SYSTOLE_OK);
}

static struct systole_step step_of(const struct systole_session *session, uint64_t index)
{
    struct systole_step s = {.size = sizeof s};
    assert_int_equal(systole_session_step(session, index, &s), SYSTOLE_OK);
    return s;
}

static void test_profile_before_a_run_is_empty(void **state)
{
    struct systole_session *session = open_chain(*state, "cpu");
    struct systole_step s = {.size = sizeof s};
    assert_int_equal(systole_session_step_count(session), 0);
    assert_int_equal(systole_session_step(session, 0, &s), SYSTOLE_NOT_FOUND);
    assert_null(s.node);
    systole_session_free(session);
}

static void test_profile_names_every_node_in_order(void **state)
{
    struct systole_session *session = open_chain(*state, "cpu");
    run_chain(*state, session, 1);
    run_chain(*state, session, 1); /* a run's records replace those of the one before */
    assert_int_equal(systole_session_step_count(session), NODES);
    double end = 0;
    for (uint64_t i = 0; i < NODES; i++) {
        const struct systole_step s = step_of(session, i);
        assert_string_equal(s.node, nodes[i].name);
        assert_string_equal(s.op, nodes[i].op);
        assert_int_equal(s.place, SYSTOLE_STEP_HOST);
        assert_int_equal(s.launches, 0);
        assert_true(s.start >= end && s.seconds >= 0);
        end = s.start + s.seconds;
    }
    assert_int_equal(step_of(session, 0).macs, SIDE * SIDE * SIDE);
    assert_null(step_of(session, 1).why);
    systole_session_free(session);
}

static void test_profile_of_a_device_says_where_and_why(void **state)
{
    struct systole_session *session = open_chain(*state, "hls:4x4");
    run_chain(*state, session, 1);
    const struct systole_step first = step_of(session, 0), floor_ = step_of(session, 1), last = step_of(session, 3);
    assert_int_equal(first.place, SYSTOLE_STEP_DEVICE);
    assert_int_equal(first.launches, 1);
    assert_null(first.why);
    assert_true(first.read_bytes > 0);
    assert_int_equal(first.read_bytes, first.counter[SYSTOLE_CNT_READ_BYTES]);
    assert_int_equal(floor_.place, SYSTOLE_STEP_HOST);
    assert_string_equal(floor_.why, "no product or convolution");
    assert_int_equal(last.place, SYSTOLE_STEP_HOST);
    assert_string_equal(last.why, "products of double");
    assert_int_equal(last.on_host, 1);
    systole_session_free(session);
}

static void test_profile_of_an_infinity_says_so(void **state)
{
    struct systole_session *session = open_chain(*state, "hls:4x4");
    run_chain(*state, session, INFINITY);
    const struct systole_step first = step_of(session, 0);
    assert_int_equal(first.place, SYSTOLE_STEP_HOST);
    assert_int_equal(first.special, 1);
    assert_string_equal(first.why, "an infinity or a NaN among its operands");
    systole_session_free(session);
}

static void test_profile_shares_add_up_to_the_cycles(void **state)
{
    struct systole_session *session = open_chain(*state, "sim:4x4");
    struct systole_totals totals = {.size = sizeof totals};
    uint64_t cycles = 0;
    for (int runs = 0; runs < 2; runs++)
        run_chain(*state, session, 1);
    for (uint64_t i = 0; i < NODES; i++) {
        const struct systole_step s = step_of(session, i);
        uint64_t shares = 0;
        for (uint32_t c = 0; c < SYSTOLE_COUNTERS; c++)
            shares += systole_counter_is_share(c) ? s.counter[c] : 0;
        assert_int_equal(shares, s.cycles);
        assert_true(s.busy <= s.cycles);
        cycles += s.cycles;
    }
    assert_int_equal(systole_session_totals(session, &totals), SYSTOLE_OK);
    assert_true(cycles > 0);
    assert_int_equal(2 * cycles, totals.cycles);
    systole_session_free(session);
}

static void test_profile_counters_have_names_and_some_are_shares(void **state)
{
    uint32_t shares = 0, names = 0;
    (void)state;
    for (uint32_t c = 0; c < SYSTOLE_COUNTERS + 8; c++) {
        names += systole_counter_name(c) != NULL;
        assert_true(!systole_counter_is_share(c) || systole_counter_name(c));
        shares += (uint32_t)systole_counter_is_share(c);
    }
    assert_int_equal(names, SYSTOLE_COUNTER_COUNT);
    assert_true(shares >= 3 && !systole_counter_is_share(SYSTOLE_CNT_CYCLES) && !systole_counter_is_share(SYSTOLE_CNT_LOAD_BUSY));
}

static void test_profile_short_struct_gets_what_fits(void **state)
{
    struct systole_session *session = open_chain(*state, "cpu");
    struct systole_step s = {.size = offsetof(struct systole_step, macs), .macs = 77};
    run_chain(*state, session, 1);
    assert_int_equal(systole_session_step(session, 0, &s), SYSTOLE_OK);
    assert_string_equal(s.node, "first");
    assert_int_equal(s.macs, 77);
    s.size = 1;
    assert_int_equal(systole_session_step(session, 0, &s), SYSTOLE_BAD_ARGUMENT);
    systole_session_free(session);
}

struct seen { uint64_t calls, done, total; char last[32]; };

static void see(void *user, uint64_t done, uint64_t total, const char *what)
{
    struct seen *s = user;
    assert_int_equal(done, s->calls);
    s->calls++;
    s->done = done;
    s->total = total;
    snprintf(s->last, sizeof s->last, "%s", what);
}

static void test_progress_is_told_before_each_step_and_at_the_end(void **state)
{
    struct systole_session *session = open_chain(*state, "cpu");
    struct seen seen = {0};
    systole_session_set_progress(session, see, &seen);
    run_chain(*state, session, 1);
    assert_int_equal(seen.calls, NODES + 1);
    assert_int_equal(seen.done, NODES);
    assert_int_equal(seen.total, NODES);
    assert_string_equal(seen.last, "");
    systole_session_set_progress(session, NULL, NULL);
    run_chain(*state, session, 1);
    assert_int_equal(seen.calls, NODES + 1);
    systole_session_free(session);
}

/* The records cannot be allocated: the run says so, and the next one is whole. */
static void test_profile_without_memory_fails_the_run_alone(void **state)
{
    bool failed = true;
    for (long n = 1; failed; n++) {
        struct systole_session *session = open_chain(*state, "cpu");
        const int64_t dims[2] = {SIDE, SIDE};
        struct systole_tensor *t = NULL;
        assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, 2, dims, NULL, &t), SYSTOLE_OK);
        assert_int_equal(systole_session_set(session, "x", t), SYSTOLE_OK);
        sy_alloc_fail_at(n);
        const enum systole_status status = systole_session_run(session);
        failed = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        assert_int_equal(status, failed ? SYSTOLE_NO_MEMORY : SYSTOLE_OK);
        assert_int_equal(systole_session_run(session), SYSTOLE_OK);
        assert_int_equal(systole_session_step_count(session), NODES);
        systole_tensor_free(t);
        systole_session_free(session);
    }
}

static void test_instructions_are_recorded_when_asked_for(void **state)
{
    struct systole_session *session = open_chain(*state, "sim:4x4,events=1");
    struct systole_instruction i = {.size = sizeof i};
    run_chain(*state, session, 1);
    assert_int_equal(systole_session_instruction_count(session), 0);
    systole_session_record(session, 1);
    for (int runs = 0; runs < 2; runs++)
        run_chain(*state, session, 1);
    const uint64_t count = systole_session_instruction_count(session);
    uint64_t cycles = 0, products = 0;
    for (uint64_t k = 0; k < NODES; k++)
        cycles += step_of(session, k).cycles;
    assert_true(count > 0);
    for (uint64_t k = 0; k < count; k++) {
        assert_int_equal(systole_session_instruction(session, k, &i), SYSTOLE_OK);
        assert_true(i.enter <= i.begin && i.begin <= i.end && i.end <= cycles);
        assert_string_not_equal(i.name, "?");
        assert_string_not_equal(i.queue, "?");
        products += strcmp(i.name, "MATMUL") == 0;
    }
    assert_true(products > 0);
    assert_int_equal(systole_session_instruction(session, count, &i), SYSTOLE_NOT_FOUND);
    i.size = 1;
    assert_int_equal(systole_session_instruction(session, 0, &i), SYSTOLE_BAD_ARGUMENT);
    systole_session_free(session);
}

/* Whichever allocation fails: the run fails, or its instructions are known to be incomplete, or all is there. */
static void test_instructions_without_memory_say_so(void **state)
{
    bool failed = true;
    uint64_t whole = 0;
    for (long n = 1; failed; n++) {
        struct systole_session *session = open_chain(*state, "sim:4x4,events=1");
        const int64_t dims[2] = {SIDE, SIDE};
        struct systole_tensor *t = NULL;
        struct systole_instruction i = {.size = sizeof i};
        assert_int_equal(systole_tensor_create(*state, SYSTOLE_F32, 2, dims, NULL, &t), SYSTOLE_OK);
        assert_int_equal(systole_session_set(session, "x", t), SYSTOLE_OK);
        systole_session_record(session, 1);
        assert_int_equal(systole_session_run(session), SYSTOLE_OK);
        whole = systole_session_instruction_count(session);
        systole_session_free(session);
        session = open_chain(*state, "sim:4x4,events=1");
        assert_int_equal(systole_session_set(session, "x", t), SYSTOLE_OK);
        systole_session_record(session, 1);
        sy_alloc_fail_at(n);
        const enum systole_status status = systole_session_run(session);
        failed = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        const uint64_t count = systole_session_instruction_count(session);
        if (status == SYSTOLE_OK)
            assert_int_equal(systole_session_instruction(session, count, &i), count == whole ? SYSTOLE_NOT_FOUND : SYSTOLE_NO_MEMORY);
        else
            assert_int_equal(status, SYSTOLE_NO_MEMORY);
        systole_tensor_free(t);
        systole_session_free(session);
    }
    assert_true(whole > 0);
}

static void test_parts_tell_where_nodes_go(void **state)
{
    struct systole_session *session = open_chain(*state, "hls:4x4"), *alone = open_chain(*state, "cpu");
    struct systole_part p = {.size = sizeof p};
    uint64_t size = 77;
    uint8_t bytes[SYSTOLE_INSTRUCTION_BYTES];
    for (uint64_t i = 0; i < NODES; i++) {
        assert_int_equal(systole_session_part(session, i, &p), SYSTOLE_OK);
        assert_string_equal(p.node, nodes[i].name);
        assert_true(p.place != SYSTOLE_STEP_HOST || p.text);
        assert_int_equal(systole_session_part(alone, i, &p), SYSTOLE_OK);
        assert_string_equal(p.op, nodes[i].op);
        assert_int_equal(p.place, SYSTOLE_STEP_HOST);
    }
    assert_int_equal(systole_session_part(session, NODES, &p), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_session_part(alone, NODES, &p), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_session_part(NULL, 0, &p), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_session_program(alone, 0, 0, bytes, sizeof bytes, &size), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_session_program(session, 99, 0, bytes, sizeof bytes, &size), SYSTOLE_NOT_FOUND);
    assert_int_equal(systole_session_program(session, 0, 0, NULL, 1, &size), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(size, 77);
    systole_session_free(session);
    systole_session_free(alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_profile_before_a_run_is_empty, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_profile_names_every_node_in_order, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_profile_of_a_device_says_where_and_why, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_profile_of_an_infinity_says_so, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_profile_shares_add_up_to_the_cycles, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_profile_counters_have_names_and_some_are_shares, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_profile_short_struct_gets_what_fits, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_progress_is_told_before_each_step_and_at_the_end, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_profile_without_memory_fails_the_run_alone, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_instructions_are_recorded_when_asked_for, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_instructions_without_memory_say_so, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_parts_tell_where_nodes_go, setup_context, teardown_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
