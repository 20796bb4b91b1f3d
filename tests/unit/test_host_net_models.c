/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The networks of MLPerf Tiny, compiled: in how few programs they run, and that every byte is the cpu's. Skipped and
 * counted where they are not there.
 */
#include "test_host_model.h"

#include <sys/stat.h>

static const char *const folder = "../shared/data/mlperf_tiny";

struct model_case {
    const char *file;
    uint64_t launches;
    int rounds; /* inputs, on the HLS C; the simulated RTL gets the first of them */
};

static struct systole_tensor *draw_input(struct systole_context *ctx, const struct systole_value_info *info, uint32_t *random)
{
    struct systole_tensor *t = NULL;
    int64_t dims[SYSTOLE_MAX_RANK];
    for (int i = 0; i < info->rank; i++)
        dims[i] = info->dims[i] < 0 ? 1 : info->dims[i];
    assert_int_equal(systole_tensor_create(ctx, info->dtype, info->rank, dims, NULL, &t), SYSTOLE_OK);
    for (int64_t i = 0; i < t->count; i++) {
        *random = *random * 1664525u + 1013904223u;
        if (info->dtype == SYSTOLE_F32)
            ((float *)t->data)[i] = (float)(*random >> 8) / (float)(1 << 23) - 1;
        else
            ((uint8_t *)t->data)[i] = (uint8_t)(*random >> 24);
    }
    return t;
}

static uint64_t launches_of(const struct systole_session *session)
{
    uint64_t launches = 0;
    for (uint64_t i = 0; i < systole_session_step_count(session); i++) {
        struct systole_step s = {.size = sizeof s};
        assert_int_equal(systole_session_step(session, i, &s), SYSTOLE_OK);
        launches += s.launches;
    }
    return launches;
}

static struct systole_tensor *run(struct systole_context *ctx, struct systole_session *session, const char *in, const char *out,
                                  struct systole_tensor *t)
{
    struct systole_tensor *got = NULL;
    assert_int_equal(systole_session_set(session, in, t), SYSTOLE_OK);
    if (systole_session_run(session) != SYSTOLE_OK)
        fail_msg("%s", systole_context_detail(ctx));
    assert_int_equal(systole_session_get(session, out, &got), SYSTOLE_OK);
    return got;
}

static void check(struct systole_context *ctx, const struct model_case *c)
{
    static const char *const devices[] = {"cpu", "hls:4x4", "sim:4x4"};
    struct systole_value_info in = {.size = sizeof in}, out = {.size = sizeof out};
    struct systole_session *session[3] = {NULL, NULL, NULL};
    struct systole_model *model = NULL;
    char path[300];
    struct stat s;
    uint32_t random = 1;
    snprintf(path, sizeof path, "%s/%s", folder, c->file);
    if (stat(path, &s) != 0) {
        print_message("SKIP: %s is not there\n", path);
        skip();
    }
    assert_int_equal(systole_model_load(ctx, path, &model), SYSTOLE_OK);
    assert_int_equal(systole_model_input(model, 0, &in), SYSTOLE_OK);
    assert_int_equal(systole_model_output(model, 0, &out), SYSTOLE_OK);
    for (int d = 0; d < 3; d++)
        assert_int_equal(systole_session_create(ctx, model, devices[d], &session[d]), SYSTOLE_OK);
    for (int round = 0; round < c->rounds; round++) {
        struct systole_tensor *t = draw_input(ctx, &in, &random), *want = run(ctx, session[0], in.name, out.name, t);
        for (int d = 1; d < (round ? 2 : 3); d++) {
            struct systole_tensor *have = run(ctx, session[d], in.name, out.name, t);
            assert_int_equal(systole_tensor_bytes(want), systole_tensor_bytes(have));
            assert_memory_equal(want->data, have->data, systole_tensor_bytes(want));
            assert_int_equal(launches_of(session[d]), c->launches);
            systole_tensor_free(have);
        }
        systole_tensor_free(want);
        systole_tensor_free(t);
    }
    for (int d = 0; d < 3; d++)
        systole_session_free(session[d]);
    systole_model_free(model);
}

static void test_ad_int8_is_one_program(void **state)
{
    check(*state, &(struct model_case){"ad_int8.onnx", 1, 20});
}

/* Softmax behind it is the host's. */
static void test_kws_int8_is_one_program(void **state)
{
    check(*state, &(struct model_case){"kws_int8.onnx", 1, 10});
}

static void test_ad_f32_is_one_program(void **state)
{
    check(*state, &(struct model_case){"ad_f32.onnx", 1, 4});
}

/* The average of fp32 between the convolutions and the product is the host's. */
static void test_kws_f32_is_two_programs(void **state)
{
    check(*state, &(struct model_case){"kws_f32.onnx", 2, 2});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ad_int8_is_one_program),
        cmocka_unit_test(test_kws_int8_is_one_program),
        cmocka_unit_test(test_ad_f32_is_one_program),
        cmocka_unit_test(test_kws_f32_is_two_programs),
    };
    return cmocka_run_group_tests_name("host_net_models", tests, setup_context, teardown_context);
}
