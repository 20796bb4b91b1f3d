/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions on one device, and tensors over memory of the caller's. */
#include "test_host_model.h"

enum { SIDE = 6 };

static const int64_t dims[2] = {SIDE, SIDE};

static struct systole_model *load_product(struct systole_context *ctx)
{
    const struct one_node n = {.domain = "", .op = "MatMul", .version = 13, .n_in = 2, .n_out = 1};
    struct systole_model *model = NULL;
    size_t size = 0;
    uint8_t *data = one_node_bytes(&n, &size);
    assert_int_equal(systole_model_load_memory(ctx, data, size, NULL, &model), SYSTOLE_OK);
    free(data);
    return model;
}

/* x times the identity, taken where it lies. */
static void run_product(struct systole_context *ctx, struct systole_session *session, const float *x)
{
    float identity[SIDE * SIDE] = {0};
    struct systole_tensor *t[2] = {NULL, NULL}, *y = NULL;
    for (int i = 0; i < SIDE; i++)
        identity[i * SIDE + i] = 1;
    assert_int_equal(systole_tensor_wrap(ctx, SYSTOLE_F32, 2, dims, x, &t[0]), SYSTOLE_OK);
    assert_ptr_equal(systole_tensor_data(t[0]), x);
    assert_int_equal(systole_tensor_wrap(ctx, SYSTOLE_F32, 2, dims, identity, &t[1]), SYSTOLE_OK);
    assert_int_equal(systole_session_set(session, "i0", t[0]), SYSTOLE_OK);
    assert_int_equal(systole_session_set(session, "i1", t[1]), SYSTOLE_OK);
    systole_tensor_free(t[0]);
    systole_tensor_free(t[1]);
    if (systole_session_run(session) != SYSTOLE_OK)
        fail_msg("%s", systole_context_detail(ctx));
    assert_int_equal(systole_session_get(session, "o0", &y), SYSTOLE_OK);
    assert_memory_equal(systole_tensor_data(y), x, SIDE * SIDE * sizeof *x);
    systole_tensor_free(y);
}

static uint64_t products_of(const struct systole_session *session)
{
    struct systole_totals t = {.size = sizeof t};
    assert_int_equal(systole_session_totals(session, &t), SYSTOLE_OK);
    return t.runs;
}

/* Whichever of them is freed first. */
static void share(struct systole_context *ctx, const char *device, int first)
{
    struct systole_model *model = load_product(ctx);
    struct systole_session *session[3] = {NULL};
    float x[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
        x[i] = (float)(i * i % 11) - 5;
    assert_int_equal(systole_session_create(ctx, model, device, &session[0]), SYSTOLE_OK);
    for (int i = 1; i < 3; i++)
        assert_int_equal(systole_session_create_beside(ctx, model, session[0], &session[i]), SYSTOLE_OK);
    systole_model_free(model);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3; i++)
            run_product(ctx, session[i], x);
    assert_int_equal(products_of(session[2]), 6);
    for (int i = 0; i < 3; i++) {
        systole_session_free(session[(first + i) % 3]);
        for (int k = i + 1; k < 3; k++)
            run_product(ctx, session[(first + k) % 3], x);
    }
}

static void test_share_one_device_runs_each_whatever_is_freed_first(void **state)
{
    for (int first = 0; first < 3; first++) {
        share(*state, "cpu", first);
        share(*state, "hls:4x4", first);
    }
}

static void test_share_with_a_session_of_another_context_is_refused(void **state)
{
    struct systole_context *other = NULL;
    struct systole_model *model = load_product(*state);
    struct systole_session *session = NULL, *second = NULL;
    assert_int_equal(systole_context_create(NULL, &other), SYSTOLE_OK);
    assert_int_equal(systole_session_create(*state, model, "cpu", &session), SYSTOLE_OK);
    assert_int_equal(systole_session_create_beside(other, model, session, &second), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_session_create_beside(*state, model, NULL, &second), SYSTOLE_BAD_ARGUMENT);
    assert_null(second);
    systole_session_free(session);
    systole_model_free(model);
    systole_context_free(other);
}

static void test_wrap_nothing_is_refused_but_for_no_elements(void **state)
{
    const int64_t none[2] = {0, 3}, negative[1] = {-1};
    struct systole_tensor *t = NULL;
    assert_int_equal(systole_tensor_wrap(*state, SYSTOLE_F32, 2, dims, NULL, &t), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_tensor_wrap(*state, SYSTOLE_F32, 1, negative, "", &t), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_tensor_wrap(*state, (enum systole_dtype)8, 2, dims, "", &t), SYSTOLE_UNSUPPORTED);
    assert_null(t);
    assert_int_equal(systole_tensor_wrap(*state, SYSTOLE_F32, 2, none, NULL, &t), SYSTOLE_OK);
    assert_int_equal(systole_tensor_bytes(t), 0);
    systole_tensor_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_share_one_device_runs_each_whatever_is_freed_first, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_share_with_a_session_of_another_context_is_refused, setup_context, teardown_context),
        cmocka_unit_test_setup_teardown(test_wrap_nothing_is_refused_but_for_no_elements, setup_context, teardown_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
