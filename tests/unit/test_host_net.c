/* SPDX-License-Identifier: Apache-2.0 */
/* Random networks, compiled: every device gives the bits that the host gives node by node. SYSTOLE_SEED and SYSTOLE_COUNT choose others. */
#include "net_random.h"

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
    run_many(*state, 2000, 60, 9, false, devices, ",precision=x1");
}

static void test_net_random_with_infinities_equals_the_cpu(void **state)
{
    static const char *const devices[] = {"hls:4x4", NULL};
    run_many(*state, 3000, 120, 6, true, devices, "");
}

static void test_net_larger_than_the_device_is_cut(void **state)
{
    static const char *const devices[] = {"hls:4x4_apad_bytes1024_wpad_bytes512_acc_rows32_param_rows16", NULL};
    run_many(*state, 4000, 120, 20, false, devices, "");
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
}

/* The plan tells every node once; the instructions of the steps are the program, but for its END. */
static void test_net_plan_tells_every_node_and_instruction(void **state)
{
    uint64_t fused = 0, host = 0, words = 0;
    for (uint64_t seed = 1; seed < 60; seed++) {
        struct systole_model *model = net_make(&net, *state, seed, 7);
        struct systole_session *session = NULL;
        assert_int_equal(systole_session_create(*state, model, "hls:4x4", &session), SYSTOLE_OK);
        uint64_t instructions = 0, launches = 0, size = 0, all = 0;
        struct systole_part part = {.size = sizeof part};
        for (uint64_t i = 0; systole_session_part(session, i, &part) == SYSTOLE_OK; i++) {
            fused += part.place == SYSTOLE_STEP_FUSED;
            host += part.place == SYSTOLE_STEP_HOST;
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
    assert_true(fused > 0 && host > 0 && words > 0);
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
        cmocka_unit_test(test_net_plan_tells_every_node_and_instruction),
        cmocka_unit_test(test_net_every_kind_was_met), /* the last */
    };
    return cmocka_run_group_tests_name("host_net", tests, open_context, teardown_context);
}
