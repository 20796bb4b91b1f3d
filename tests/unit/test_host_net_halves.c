/* SPDX-License-Identifier: Apache-2.0 */
/* Values that lie in the device's memory as bf16, in one pass: which ones do, and that nobody can tell from the results. */
#include "net_bench.h"

static struct net net;

enum { BATCH = 3, WIDE = 8 };

static char *product(char *from, int64_t k, int64_t m, float bound)
{
    char *in[2] = {from, net_floats(&net, 2, (int64_t[]){k, m}, bound)};
    return net_op(&net, "MatMul", 2, in);
}

static char *input(void)
{
    net_begin(&net, 1);
    net_input_is(&net, net_keep(&net, net_name(&net, "in"), true, false, 2, (int64_t[]){BATCH, WIDE}));
    return net.in.name;
}

static struct systole_tensor *tensor(struct systole_context *ctx, const float *values)
{
    struct systole_tensor *t = NULL;
    assert_int_equal(systole_tensor_create(ctx, SYSTOLE_F32, 2, (int64_t[]){BATCH, WIDE}, values, &t), SYSTOLE_OK);
    return t;
}

/* The network's one output; `text` is what the plan says of its steps, one behind the other, launches those of a second run. */
static struct systole_tensor *run(struct systole_context *ctx, const char *device, const float *values, char *text, uint64_t *launches)
{
    struct systole_model *model = net_load(&net, ctx);
    struct systole_tensor *in = tensor(ctx, values), *out = NULL;
    struct systole_session *session = NULL;
    struct systole_part part = {.size = sizeof part};
    if (systole_session_create(ctx, model, device, &session) != SYSTOLE_OK)
        fail_msg("%s: %s", device, systole_context_detail(ctx));
    text[0] = '\0';
    for (uint64_t i = 0; systole_session_part(session, i, &part) == SYSTOLE_OK; i++)
        if (part.place == SYSTOLE_STEP_DEVICE) {
            strcat(text, part.text);
            strcat(text, "\n");
        }
    assert_int_equal(systole_session_set(session, net.in.name, in), SYSTOLE_OK);
    for (int again = 0; again < 2; again++)
        assert_int_equal(systole_session_run(session), SYSTOLE_OK);
    assert_int_equal(systole_session_get(session, net.out[0].name, &out), SYSTOLE_OK);
    *launches = 0;
    for (uint64_t i = 0; i < systole_session_step_count(session); i++) {
        struct systole_step s = {.size = sizeof s};
        assert_int_equal(systole_session_step(session, i, &s), SYSTOLE_OK);
        *launches += s.launches;
    }
    systole_session_free(session);
    systole_tensor_free(in);
    systole_model_free(model);
    return out;
}

/* On the host and on the device, in that precision; how many of the device's steps leave bf16 behind, and its launches. */
static int same_bits(struct systole_context *ctx, const char *precision, const float *values, uint64_t *launches)
{
    char name[64], text[8192];
    int found = 0;
    snprintf(name, sizeof name, "cpu,precision=%s", precision);
    struct systole_tensor *want = run(ctx, name, values, text, launches);
    snprintf(name, sizeof name, "hls:4x4,precision=%s", precision);
    struct systole_tensor *have = run(ctx, name, values, text, launches);
    assert_int_equal(systole_tensor_bytes(want), systole_tensor_bytes(have));
    assert_memory_equal(systole_tensor_data(want), systole_tensor_data(have), systole_tensor_bytes(want));
    systole_tensor_free(want);
    systole_tensor_free(have);
    for (const char *at = text; (at = strstr(at, "the results as bf16")); at++)
        found++;
    return found;
}

static void fill(float *values, float scale)
{
    for (int i = 0; i < BATCH * WIDE; i++)
        values[i] = scale * (float)(i % 7 - 3) / 5;
}

/* Of three products in a row the first two leave halves, through a Relu and a Reshape too; in more passes none does. */
static void test_halves_are_what_products_alone_read(void **state)
{
    float values[BATCH * WIDE];
    uint64_t launches;
    fill(values, 1);
    char *v = product(input(), WIDE, 20, 1);
    v = net_op(&net, "Relu", 1, &v);
    v = product(v, 20, 6, 1);
    char *reshape[2] = {v, net_constant_of(&net, SYSTOLE_I64, 1, (int64_t[]){2}, (int64_t[]){BATCH * 2, 3}, 16)};
    v = net_op(&net, "Reshape", 2, reshape);
    net_output_is(&net, product(v, 3, 5, 1));
    assert_int_equal(same_bits(*state, "x1", values, &launches), 2);
    assert_int_equal(same_bits(*state, "x3", values, &launches), 0);
    assert_int_equal(same_bits(*state, "x6", values, &launches), 0);
    assert_int_equal(launches, 1);
    net_end(&net);
}

/* What is added, what is an output too, and what a node of the host reads, stay whole. */
static void test_halves_are_not_what_others_read(void **state)
{
    float values[BATCH * WIDE];
    uint64_t launches;
    fill(values, 1);
    char *first = product(input(), WIDE, 20, 1), *second = product(first, 20, 20, 1);
    char *sum[2] = {second, first};
    char *added = net_op(&net, "Add", 2, sum); /* the second's chains begin at the first */
    net_output_is(&net, product(added, 20, 5, 1));
    assert_int_equal(same_bits(*state, "x1", values, &launches), 1);
    net_output_is(&net, added);
    assert_int_equal(same_bits(*state, "x1", values, &launches), 0);
    net_end(&net);

    char *made = product(input(), WIDE, 20, 1), *read = product(made, 20, 20, 1), *on_host = net_op(&net, "Exp", 1, &made);
    char *both[2] = {on_host, read};
    net_output_is(&net, net_op(&net, "Mul", 2, both));
    assert_int_equal(same_bits(*state, "x1", values, &launches), 0);
    net_end(&net);
}

/* Finite sums that bf16 would make an infinity of: their high part is the largest finite number, and the answer is that one's. */
static void test_halves_that_round_to_an_infinity_are_the_largest_number(void **state)
{
    float values[BATCH * WIDE] = {0x1.fep127f, 0x1.8p119f}, ones[WIDE * WIDE];
    uint64_t launches;
    for (int i = 0; i < WIDE * WIDE; i++)
        ones[i] = 1;
    char *in[2] = {input(), net_constant_of(&net, SYSTOLE_F32, 2, (int64_t[]){WIDE, WIDE}, ones, sizeof ones)};
    net_output_is(&net, product(net_op(&net, "MatMul", 2, in), WIDE, 4, 0x1p-20f));
    assert_int_equal(same_bits(*state, "x1", values, &launches), 1);
    assert_int_equal(launches, 2); /* seen after the run: node by node */
    values[1] = 0;
    assert_int_equal(same_bits(*state, "x1", values, &launches), 1);
    assert_int_equal(launches, 1);
    values[0] = 0x1.fffffep127f; /* an input: cut on its way into the memory */
    assert_int_equal(same_bits(*state, "x1", values, &launches), 1);
    assert_int_equal(launches, 1);
    net_end(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_halves_are_what_products_alone_read),
        cmocka_unit_test(test_halves_are_not_what_others_read),
        cmocka_unit_test(test_halves_that_round_to_an_infinity_are_the_largest_number),
    };
    return cmocka_run_group_tests_name("host_net_halves", tests, setup_context, teardown_context);
}
