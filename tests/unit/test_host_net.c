/* SPDX-License-Identifier: Apache-2.0 */
/* Random networks, compiled: every device gives the bits that the host gives node by node. SYSTOLE_SEED and SYSTOLE_COUNT choose others. */
#include "net_random.h"

#include "alloc.h" /* of the driver */

static struct net net;

/* What the loader made of the networks, by operator: the tests have met them all. */
static const char *const folded[] = {"QLinearConv", "QLinearMatMul", "QLinearAdd", "QLinearAveragePool", "QLinearGlobalAveragePool",
                                     "QLinearTable", "MaxPool", "Conv", "MatMul"};
enum { FOLDED = sizeof folded / sizeof *folded };
static int met[FOLDED];

static void count_folded(void *user, enum systole_log_level level, const char *text)
{
    (void)user;
    const char *one = level == SYSTOLE_LOG_DEBUG ? strstr(text, " become one ") : NULL;
    for (int i = 0; one && i < FOLDED; i++)
        met[i] += strcmp(one + strlen(" become one "), folded[i]) == 0;
}

static int open_context(void **state)
{
    const struct systole_context_options options = {.size = sizeof options, .log = count_folded};
    return (int)systole_context_create(&options, (struct systole_context **)state);
}

/* ---- running ---- */

struct result {
    struct systole_tensor *out[MOST_LIVE];
    uint64_t launches, products, special, on_host;
};

static void run(struct systole_context *ctx, struct systole_model *model, const char *device, struct systole_tensor *in, struct result *r,
                uint64_t seed)
{
    struct systole_session *session = NULL;
    if (systole_session_create(ctx, model, device, &session) != SYSTOLE_OK)
        fail_msg("%s: %s", device, systole_context_detail(ctx));
    assert_int_equal(systole_session_set(session, net.live[0].name, in), SYSTOLE_OK);
    for (int again = 0; again < 2; again++) /* a second run finds the device as the first left it */
        if (systole_session_run(session) != SYSTOLE_OK)
            fail_msg("seed %llu, %s: %s", (unsigned long long)seed, device, systole_context_detail(ctx));
    for (size_t i = 0; i < net.graph.n_output; i++)
        assert_int_equal(systole_session_get(session, net.out[i].name, &r->out[i]), SYSTOLE_OK);
    struct systole_totals t = {.size = sizeof t};
    assert_int_equal(systole_session_totals(session, &t), SYSTOLE_OK);
    r->products = t.runs / 2;
    r->special = t.special;
    r->launches = 0;
    for (uint64_t i = 0; i < systole_session_step_count(session); i++) {
        struct systole_step s = {.size = sizeof s};
        assert_int_equal(systole_session_step(session, i, &s), SYSTOLE_OK);
        r->launches += s.launches;
    }
    systole_session_free(session);
}

static void compare(const struct result *want, const struct result *have, const char *device, uint64_t seed)
{
    for (size_t i = 0; i < net.graph.n_output; i++) {
        const struct systole_tensor *a = want->out[i], *b = have->out[i];
        assert_int_equal(a->count, b->count);
        const size_t size = (size_t)sy_dtype_size(a->dtype);
        for (int64_t k = 0; k < a->count; k++)
            if (memcmp((const char *)a->data + (size_t)k * size, (const char *)b->data + (size_t)k * size, size) != 0)
                fail_msg("seed %llu, %s, output %s: element %lld of %lld is %g, not %g", (unsigned long long)seed, device, net.out[i].name,
                         (long long)k, (long long)a->count, sy_get(b, k), sy_get(a, k));
    }
}

static void free_result(struct result *r)
{
    for (size_t i = 0; i < net.graph.n_output; i++)
        systole_tensor_free(r->out[i]);
}

static void run_many(struct systole_context *ctx, uint64_t first, uint64_t count, uint32_t side, bool special, const char *const *devices,
                     const char *option)
{
    const char *seed = getenv("SYSTOLE_SEED"), *more = getenv("SYSTOLE_COUNT");
    uint64_t launches = 0, products = 0, specials = 0;
    first = seed ? strtoull(seed, NULL, 0) : first;
    count = more ? strtoull(more, NULL, 0) : count;
    print_message("networks %llu to %llu\n", (unsigned long long)first, (unsigned long long)(first + count - 1));
    for (uint64_t s = first; s < first + count; s++) {
        struct systole_model *model = net_make(&net, ctx, s, side);
        if (model) {
            struct systole_tensor *in = net_input_for(ctx, &net, special);
            struct result want = {0};
            char name[128];
            snprintf(name, sizeof name, "cpu%s", option);
            run(ctx, model, name, in, &want, s);
            for (int d = 0; devices[d]; d++) {
                struct result have = {0};
                snprintf(name, sizeof name, "%s%s", devices[d], option);
                run(ctx, model, name, in, &have, s);
                compare(&want, &have, name, s);
                launches += have.launches;
                products += have.products;
                specials += have.special;
                free_result(&have);
            }
            free_result(&want);
            systole_tensor_free(in);
            systole_model_free(model);
        }
        net_end(&net);
    }
    print_message("%llu products in %llu launches, %llu special\n", (unsigned long long)products, (unsigned long long)launches,
                  (unsigned long long)specials);
    if (!more)
        assert_true(products > launches);
}

static void test_net_random_on_hls_equals_the_cpu(void **state)
{
    static const char *const devices[] = {"hls:4x4", "hls:8x16_acc_rows256", NULL};
    run_many(*state, 1, 300, 9, false, devices, "");
}

static void test_net_random_at_lower_precisions_equals_the_cpu(void **state)
{
    static const char *const devices[] = {"hls:4x4", NULL};
    run_many(*state, 1000, 60, 9, false, devices, ",precision=x3");
    run_many(*state, 2000, 100, 9, false, devices, ",precision=x1");
}

static void test_net_random_with_infinities_equals_the_cpu(void **state)
{
    static const char *const devices[] = {"hls:4x4", NULL};
    run_many(*state, 3000, 120, 6, true, devices, "");
    run_many(*state, 3200, 60, 6, true, devices, ",precision=x1");
}

static void test_net_larger_than_the_device_is_cut(void **state)
{
    static const char *const devices[] = {"hls:4x4_apad_bytes1024_wpad_bytes512_acc_rows32_param_rows16", NULL};
    run_many(*state, 4000, 120, 20, false, devices, "");
    run_many(*state, 4200, 40, 20, false, devices, ",precision=x1");
}

static void test_net_random_without_floating_point_equals_the_cpu(void **state)
{
    static const char *const devices[] = {"hls:8x4_has_fp0", NULL};
    run_many(*state, 5000, 40, 9, false, devices, "");
}

static void test_net_random_on_sim_equals_the_cpu(void **state)
{
    static const char *const devices[] = {"sim:4x4", NULL};
    run_many(*state, 6000, 25, 7, false, devices, "");
    run_many(*state, 6100, 15, 7, false, devices, ",precision=x1");
}

/* The first images of an input, as many as asked for, over and over where there are fewer. */
static struct systole_tensor *with_batch(struct systole_context *ctx, const struct systole_tensor *in, int64_t batch)
{
    const int64_t dims[4] = {batch, in->dims[1], in->dims[2], in->dims[3]};
    const size_t image = systole_tensor_bytes(in) / (size_t)in->dims[0];
    struct systole_tensor *t = NULL;
    assert_int_equal(systole_tensor_create(ctx, in->dtype, 4, dims, NULL, &t), SYSTOLE_OK);
    for (int64_t i = 0; i < batch; i++)
        memcpy((char *)t->data + (size_t)i * image, (const char *)in->data + (size_t)(i % in->dims[0]) * image, image);
    return t;
}

/* A free batch: compiled for one, and again for what is set. What a caller holds of an earlier run stays as it is. */
static void test_net_other_shapes_are_compiled_anew(void **state)
{
    static const int64_t batches[] = {1, 3, 3, 2};
    for (uint64_t seed = 7000; seed < 7030; seed++) {
        struct systole_model *model = net_make(&net, *state, seed, 6);
        if (!model) { /* it has not grown */
            net_end(&net);
            continue;
        }
        struct systole_tensor *in = net_input_for(*state, &net, false), *held = NULL;
        struct systole_session *session[2] = {NULL, NULL};
        systole_model_free(model);
        net.dim[0].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE__NOT_SET;
        model = net_load(&net, *state);
        assert_int_equal(systole_session_create(*state, model, "cpu", &session[0]), SYSTOLE_OK);
        assert_int_equal(systole_session_create(*state, model, "hls:4x4", &session[1]), SYSTOLE_OK);
        void *copy = NULL;
        for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
            struct systole_tensor *t = with_batch(*state, in, batches[i]), *out[2];
            for (int s = 0; s < 2; s++) {
                if (systole_session_set(session[s], net.live[0].name, t))
                    fail_msg("seed %llu: %s", (unsigned long long)seed, systole_context_detail(*state));
                if (systole_session_run(session[s]) != SYSTOLE_OK)
                    fail_msg("seed %llu: %s", (unsigned long long)seed, systole_context_detail(*state));
                assert_int_equal(systole_session_get(session[s], net.out[0].name, &out[s]), SYSTOLE_OK);
            }
            assert_int_equal(systole_tensor_bytes(out[0]), systole_tensor_bytes(out[1]));
            assert_memory_equal(out[0]->data, out[1]->data, systole_tensor_bytes(out[0]));
            if (i == 1) {
                held = systole_tensor_ref(out[1]);
                copy = malloc(systole_tensor_bytes(held));
                memcpy(copy, held->data, systole_tensor_bytes(held));
                ((uint8_t *)in->data)[0] ^= 1; /* the next run has something else to say */
            }
            for (int s = 0; s < 2; s++)
                systole_tensor_free(out[s]);
            systole_tensor_free(t);
        }
        assert_memory_equal(held->data, copy, systole_tensor_bytes(held));
        free(copy);
        systole_tensor_free(held);
        for (int s = 0; s < 2; s++)
            systole_session_free(session[s]);
        systole_model_free(model);
        systole_tensor_free(in);
        net_end(&net);
    }
}

static bool refuse(void *user, size_t size)
{
    (void)size;
    ++*(int *)user;
    return false;
}

/* Nothing of the network is left to the host. */
static bool is_whole(const struct systole_session *session)
{
    struct systole_part part = {.size = sizeof part};
    for (uint64_t i = 0; systole_session_part(session, i, &part) == SYSTOLE_OK; i++)
        if (part.place == SYSTOLE_STEP_HOST)
            return false;
    return true;
}

/* From its second run on a network that is all on the device takes no memory: every allocation would be refused. */
static void test_net_whole_on_the_device_allocates_nothing_in_a_run(void **state)
{
    int found = 0, asked = 0;
    for (uint64_t seed = 7100; seed < 7200; seed++) {
        struct systole_model *model = net_make(&net, *state, seed, 5);
        struct systole_session *session = NULL;
        if (model)
            assert_int_equal(systole_session_create(*state, model, "hls:4x4", &session), SYSTOLE_OK);
        if (session && is_whole(session)) {
            struct systole_tensor *in = net_input_for(*state, &net, false);
            assert_int_equal(systole_session_set(session, net.live[0].name, in), SYSTOLE_OK);
            assert_int_equal(systole_session_run(session), SYSTOLE_OK);
            driver_alloc_set_hook(refuse, &asked);
            sy_alloc_fail_at(1);
            const enum systole_status status = systole_session_run(session);
            const bool failed = sy_alloc_has_failed();
            sy_alloc_fail_at(0);
            driver_alloc_set_hook(NULL, NULL);
            if (status || failed || asked)
                fail_msg("seed %llu: status %d, allocations of the library %d, of the driver %d", (unsigned long long)seed, (int)status, failed,
                         asked);
            systole_tensor_free(in);
            found++;
        }
        systole_session_free(session);
        systole_model_free(model);
        net_end(&net);
    }
    print_message("%d networks\n", found);
    assert_true(found >= 3);
}

/* The plan tells every node once; the instructions of the steps are the program, but for its END. */
static void test_net_plan_tells_every_node_and_instruction(void **state)
{
    uint64_t fused = 0, host = 0, words = 0, kept = 0;
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct systole_model *model = net_make(&net, *state, seed, 7);
        struct systole_session *session = NULL;
        if (!model) {
            net_end(&net);
            continue;
        }
        assert_int_equal(systole_session_create(*state, model, "hls:4x4", &session), SYSTOLE_OK);
        uint64_t instructions = 0, launches = 0, size = 0, all = 0;
        struct systole_part part = {.size = sizeof part};
        for (uint64_t i = 0; systole_session_part(session, i, &part) == SYSTOLE_OK; i++) {
            fused += part.place == SYSTOLE_STEP_FUSED;
            host += part.place == SYSTOLE_STEP_HOST;
            kept += part.text && strstr(part.text, "stay in APAD") != NULL;
            assert_true(part.place == SYSTOLE_STEP_FUSED || (part.text && part.text[0]));
            assert_true(part.place != SYSTOLE_STEP_DEVICE || part.count > 0);
            instructions += part.count;
        }
        while (systole_session_program(session, launches, 0, NULL, 0, &size) == SYSTOLE_OK) {
            all += size / 128 - 1;
            launches++;
        }
        assert_int_equal(instructions, all);
        words += all;
        systole_session_free(session);
        systole_model_free(model);
        net_end(&net);
    }
    assert_true(fused > 0 && host > 0 && words > 0 && kept > 0);
}

static void test_net_every_kind_was_met(void **state)
{
    (void)state;
    for (int i = 0; i < FOLDED && !getenv("SYSTOLE_COUNT"); i++) {
        print_message("%s: %d\n", folded[i], met[i]);
        assert_true(met[i] > 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net_random_on_hls_equals_the_cpu),
        cmocka_unit_test(test_net_random_at_lower_precisions_equals_the_cpu),
        cmocka_unit_test(test_net_random_with_infinities_equals_the_cpu),
        cmocka_unit_test(test_net_larger_than_the_device_is_cut),
        cmocka_unit_test(test_net_random_without_floating_point_equals_the_cpu),
        cmocka_unit_test(test_net_random_on_sim_equals_the_cpu),
        cmocka_unit_test(test_net_other_shapes_are_compiled_anew),
        cmocka_unit_test(test_net_whole_on_the_device_allocates_nothing_in_a_run),
        cmocka_unit_test(test_net_plan_tells_every_node_and_instruction),
        cmocka_unit_test(test_net_every_kind_was_met), /* the last */
    };
    return cmocka_run_group_tests_name("host_net", tests, open_context, teardown_context);
}
