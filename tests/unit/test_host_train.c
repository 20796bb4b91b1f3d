/* SPDX-License-Identifier: Apache-2.0 */
/* Trainers: steps against fp64, the same bits on every device, sums of passes, failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/include/systole_train.h"

struct bench {
    struct systole_context *ctx;
    struct systole_trainer *t;
};

static struct bench begin(const char *device, uint64_t seed)
{
    struct bench b = {NULL, NULL};
    assert_int_equal(systole_context_create(NULL, &b.ctx), SYSTOLE_OK);
    if (systole_trainer_create(b.ctx, device, seed, &b.t))
        fail_msg("%s", systole_context_detail(b.ctx));
    return b;
}

static void end(struct bench *b)
{
    systole_trainer_free(b->t);
    systole_context_free(b->ctx);
}

static struct systole_value *param(struct bench *b, const char *name, int64_t count, float value)
{
    struct systole_value *p = NULL;
    assert_int_equal(systole_param_create(b->t, name, 1, &count, SYSTOLE_INIT_CONSTANT, value, &p), SYSTOLE_OK);
    return p;
}

/* Gives a parameter this gradient. */
static void push(struct bench *b, struct systole_value *p, const float *gradient)
{
    struct systole_value *y = NULL;
    assert_int_equal(systole_train_reshape(b->t, p, 1, systole_value_dims(p), &y), SYSTOLE_OK);
    assert_int_equal(systole_train_backward_from(b->t, y, gradient), SYSTOLE_OK);
    systole_train_clear(b->t);
}

/* ---- optimisers ---- */

static double exact_step(const struct systole_optimiser_options *o, int step, double rate, double g, double w, double *m,
                         double *v)
{
    const double decay = (double)o->weight_decay, b1 = (double)o->beta1, b2 = (double)o->beta2;
    if (o->kind != SYSTOLE_ADAMW)
        g += decay * w;
    if (o->kind == SYSTOLE_SGD) {
        *m = (double)o->momentum * *m + g;
        return w - rate * *m;
    }
    *m = b1 * *m + (1 - b1) * g;
    *v = b2 * *v + (1 - b2) * g * g;
    if (o->kind == SYSTOLE_ADAMW)
        w -= rate * decay * w;
    return w - rate * (*m / (1 - pow(b1, step))) / (sqrt(*v / (1 - pow(b2, step))) + (double)o->epsilon);
}

static void follow(const struct systole_optimiser_options *o)
{
    enum { STEPS = 12, COUNT = 5 };
    struct bench b = begin("cpu", 1);
    struct systole_value *const p = param(&b, "p", COUNT, 0.75f);
    double w[COUNT], m[COUNT] = {0}, v[COUNT] = {0};
    for (int i = 0; i < COUNT; i++)
        w[i] = 0.75;
    for (int step = 1; step <= STEPS; step++) {
        float g[COUNT];
        for (int i = 0; i < COUNT; i++) {
            g[i] = sinf((float)(step * (i + 1)));
            w[i] = exact_step(o, step, 0.01, (double)g[i], w[i], &m[i], &v[i]);
        }
        push(&b, p, g);
        assert_int_equal(systole_train_step(b.t, o, 0.01f), SYSTOLE_OK);
        for (int i = 0; i < COUNT; i++)
            assert_true(fabs((double)systole_value_data(p)[i] - w[i]) < 4e-7 * step);
    }
    assert_int_equal(systole_trainer_steps(b.t), STEPS);
    end(&b);
}

static void test_optimisers_follow_their_definitions(void **unused)
{
    (void)unused;
    follow(&(struct systole_optimiser_options){.size = sizeof(struct systole_optimiser_options), .kind = SYSTOLE_SGD});
    follow(&(struct systole_optimiser_options){
        .size = sizeof(struct systole_optimiser_options), .kind = SYSTOLE_SGD, .momentum = 0.9f, .weight_decay = 0.1f});
    for (int kind = SYSTOLE_ADAM; kind <= SYSTOLE_ADAMW; kind++)
        follow(&(struct systole_optimiser_options){.size = sizeof(struct systole_optimiser_options),
                                                   .kind = (enum systole_optimiser)kind,
                                                   .beta1 = 0.9f,
                                                   .beta2 = 0.99f,
                                                   .epsilon = 1e-6f,
                                                   .weight_decay = 0.1f});
}

static void test_step_clips_the_norm_of_all_gradients_and_divides_by_the_scale(void **unused)
{
    (void)unused;
    struct bench b = begin("cpu", 1);
    struct systole_value *const p = param(&b, "p", 1, 0), *const q = param(&b, "q", 1, 0);
    const float three = 12, four = 16;
    push(&b, p, &three);
    push(&b, q, &four);
    const struct systole_optimiser_options o = {.size = sizeof o, .clip = 1, .scale = 4};
    assert_int_equal(systole_train_step(b.t, &o, 1), SYSTOLE_OK);
    assert_true(fabsf(*systole_value_data(p) + 0.6f) < 1e-6f && fabsf(*systole_value_data(q) + 0.8f) < 1e-6f);
    end(&b);
}

static void test_step_with_an_infinite_gradient_changes_nothing(void **unused)
{
    (void)unused;
    struct bench b = begin("cpu", 1);
    struct systole_value *const p = param(&b, "p", 1, 2), *const q = param(&b, "q", 1, 3);
    const float one = 1, infinite = INFINITY;
    const struct systole_optimiser_options o = {.size = sizeof o, .kind = SYSTOLE_ADAM};
    push(&b, p, &one);
    push(&b, q, &infinite);
    assert_int_equal(systole_train_step(b.t, &o, 1), SYSTOLE_BAD_STATE);
    assert_true(*systole_value_data(p) == 2 && *systole_value_data(q) == 3 && systole_trainer_steps(b.t) == 0);
    assert_null(systole_value_gradient(p));
    end(&b);
}

static void test_stochastic_rounding_is_even_and_repeats(void **unused)
{
    (void)unused;
    enum { COUNT = 4000 };
    /* 1 + 2^-9 is a quarter of the way from 1 to the next bf16 number. */
    float g[COUNT] = {0};
    int up[2] = {0, 0};
    struct bench b[2] = {begin("cpu", 7), begin("cpu", 7)};
    for (int k = 0; k < 2; k++) {
        struct systole_value *const p = param(&b[k], "p", COUNT, 1 + 0x1p-9f);
        push(&b[k], p, g);
        const struct systole_optimiser_options o = {.size = sizeof o, .stochastic_bf16 = 1};
        assert_int_equal(systole_train_step(b[k].t, &o, 1), SYSTOLE_OK);
        for (int i = 0; i < COUNT; i++) {
            const float w = systole_value_data(p)[i];
            assert_true(w == 1 || w == 1 + 0x1p-7f);
            up[k] += w != 1;
        }
    }
    /* Six deviations of a binomial distribution. */
    assert_true(abs(up[0] - COUNT / 4) < 6 * (int)sqrt(COUNT * 0.25 * 0.75));
    assert_memory_equal(systole_value_data(systole_param_at(b[0].t, 0)), systole_value_data(systole_param_at(b[1].t, 0)),
                        sizeof g);
    end(&b[0]);
    end(&b[1]);
}

static void test_rates_warm_up_and_fall(void **unused)
{
    (void)unused;
    assert_true(systole_train_rate(SYSTOLE_RATE_CONSTANT, 0, 4, 100, 1, 0) == 0.25f);
    assert_true(systole_train_rate(SYSTOLE_RATE_CONSTANT, 3, 4, 100, 1, 0) == 1 &&
                systole_train_rate(SYSTOLE_RATE_CONSTANT, 99, 4, 100, 1, 0) == 1);
    assert_true(systole_train_rate(SYSTOLE_RATE_LINEAR, 52, 4, 100, 1, 0) == 0.5f);
    for (uint64_t step = 0; step <= 100; step++) {
        const double want = 0.1 + 0.9 * 0.5 * (1 + cos(acos(-1) * (double)step / 100));
        assert_true(fabs((double)systole_train_rate(SYSTOLE_RATE_COSINE, step, 0, 100, 1, 0.1f) - want) < 1e-7);
    }
    assert_true(systole_train_rate(SYSTOLE_RATE_COSINE, 1000, 0, 100, 1, 0.125f) == 0.125f);
}

/* ---- the same bits ---- */

enum { BATCH = 4, CLASSES = 3 };

struct net {
    struct systole_value *conv, *bias, *gain, *shift, *mean, *variance, *table, *qkv, *norm_gain, *norm_shift, *head, *head_bias;
};

static void make_net(struct bench *b, struct net *n)
{
    const struct {
        const char *name;
        struct systole_value **p;
        int rank;
        int64_t dims[4];
        enum systole_init init;
        float scale;
    } all[] = {{"conv", &n->conv, 4, {4, 1, 3, 3}, SYSTOLE_INIT_UNIFORM, 0.5f},
               {"bias", &n->bias, 1, {4}, SYSTOLE_INIT_CONSTANT, 0.125f},
               {"gain", &n->gain, 1, {4}, SYSTOLE_INIT_CONSTANT, 1},
               {"shift", &n->shift, 1, {4}, SYSTOLE_INIT_CONSTANT, 0},
               {"mean", &n->mean, 1, {4}, SYSTOLE_INIT_CONSTANT, 0},
               {"variance", &n->variance, 1, {4}, SYSTOLE_INIT_CONSTANT, 1},
               {"table", &n->table, 2, {5, 4}, SYSTOLE_INIT_NORMAL, 0.5f},
               {"qkv", &n->qkv, 2, {12, 4}, SYSTOLE_INIT_NORMAL, 0.5f},
               {"norm.gain", &n->norm_gain, 1, {4}, SYSTOLE_INIT_CONSTANT, 1},
               {"norm.shift", &n->norm_shift, 1, {4}, SYSTOLE_INIT_CONSTANT, 0},
               {"head", &n->head, 2, {CLASSES, 16}, SYSTOLE_INIT_UNIFORM, 0.25f},
               {"head.bias", &n->head_bias, 1, {CLASSES}, SYSTOLE_INIT_CONSTANT, 0}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(systole_param_create(b->t, all[i].name, all[i].rank, all[i].dims, all[i].init, all[i].scale, all[i].p),
                         SYSTOLE_OK);
    assert_int_equal(systole_param_freeze(b->t, n->mean), SYSTOLE_OK);
    assert_int_equal(systole_param_freeze(b->t, n->variance), SYSTOLE_OK);
}

/* A bit of every layer; the status of the first that fails. */
static enum systole_status record_net(struct bench *b, const struct net *n, uint64_t step, struct systole_value **loss)
{
    float pixels[BATCH * 81];
    int32_t labels[BATCH], numbers[BATCH * 4];
    for (int i = 0; i < BATCH * 81; i++)
        pixels[i] = (float)systole_random(step, (uint64_t)i, 256) / 128 - 1;
    for (int i = 0; i < BATCH * 4; i++)
        numbers[i] = (int32_t)systole_random(step + 1000, (uint64_t)i, 5);
    for (int i = 0; i < BATCH; i++)
        labels[i] = (int32_t)systole_random(step + 2000, (uint64_t)i, CLASSES);
    const struct systole_conv_options stride = {.size = sizeof stride, .stride = 2, .pad = 1};
    const struct systole_batch_norm_options norm = {sizeof norm, 1e-5f, 0.1f, n->mean, n->variance, 0};
    struct systole_trainer *const t = b->t;
    struct systole_value *v = NULL, *rows = NULL;
    systole_train_input(t, 4, (const int64_t[]){BATCH, 1, 9, 9}, pixels, &v);
    systole_train_conv2d(t, v, n->conv, n->bias, &stride, &v);
    systole_train_batch_norm(t, v, n->gain, n->shift, &norm, &v);
    systole_train_activation(t, SYSTOLE_GELU, v, &v);
    systole_train_pool2d(t, SYSTOLE_POOL_MAX, v, 2, 2, &v);
    systole_train_reshape(t, v, 3, (const int64_t[]){BATCH, 4, 4}, &v);
    systole_train_embedding(t, numbers, 2, (const int64_t[]){BATCH, 4}, n->table, &rows);
    systole_train_add(t, v, rows, &v);
    systole_train_layer_norm(t, v, n->norm_gain, n->norm_shift, 1e-5f, &v);
    systole_train_dense(t, v, n->qkv, NULL, &rows);
    systole_train_attention(t, rows, 2, 1, &rows);
    systole_train_add(t, v, rows, &v);
    systole_train_activation(t, SYSTOLE_TANH, v, &v);
    systole_train_reshape(t, v, 2, (const int64_t[]){BATCH, 16}, &v);
    systole_train_dense(t, v, n->head, n->head_bias, &v);
    return systole_train_cross_entropy(t, v, labels, loss);
}

static enum systole_status one_step(struct bench *b, const struct net *n, uint64_t step)
{
    struct systole_value *loss = NULL;
    const struct systole_optimiser_options adam = {.size = sizeof adam, .kind = SYSTOLE_ADAMW, .weight_decay = 0.01f, .clip = 1};
    enum systole_status status = record_net(b, n, step, &loss);
    if (!status)
        status = systole_train_backward(b->t, loss);
    return status ? status : systole_train_step(b->t, &adam, 0.01f);
}

static void assert_same(const struct bench *a, const struct bench *b)
{
    assert_int_equal(systole_param_count(a->t), systole_param_count(b->t));
    for (int i = 0; i < systole_param_count(a->t); i++) {
        const struct systole_value *const p = systole_param_at(a->t, i), *const q = systole_param_at(b->t, i);
        const size_t bytes = (size_t)systole_value_count(p) * sizeof(float);
        assert_memory_equal(systole_value_data(p), systole_value_data(q), bytes);
        for (int k = 0; k < 2; k++) {
            const float *const m = systole_param_moment(p, k), *const o = systole_param_moment(q, k);
            assert_true(!m == !o);
            if (m)
                assert_memory_equal(m, o, bytes);
        }
    }
}

static void test_devices_train_to_the_same_bits(void **unused)
{
    (void)unused;
    static const char *const devices[] = {"cpu", "hls:4x4", "sim:4x4"};
    struct bench b[3];
    for (int i = 0; i < 3; i++) {
        struct net n;
        b[i] = begin(devices[i], 5);
        make_net(&b[i], &n);
        for (uint64_t step = 0; step < 2; step++)
            if (one_step(&b[i], &n, step))
                fail_msg("%s: %s", devices[i], systole_context_detail(b[i].ctx));
        if (i)
            assert_same(&b[i], &b[0]);
        struct systole_totals totals = {.size = sizeof totals};
        assert_int_equal(systole_trainer_totals(b[i].t, &totals), SYSTOLE_OK);
        assert_true(totals.runs > 100 && totals.on_host == 0);
        assert_true((totals.cycles > 0) == (i == 2));
    }
    for (int i = 0; i < 3; i++)
        end(&b[i]);
}

static void test_what_the_device_refuses_runs_on_the_host_and_is_counted(void **unused)
{
    (void)unused;
    /* A kernel that is larger than the weights' pad of a 4x4 array. */
    static const int64_t x_dims[] = {1, 40, 44, 44}, w_dims[] = {1, 40, 40, 40};
    static float x[40 * 44 * 44], w[40 * 40 * 40];
    float y[2][25];
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = (float)systole_random(1, i, 2001) / 1000 - 1;
    for (size_t i = 0; i < sizeof w / sizeof *w; i++)
        w[i] = (float)systole_random(2, i, 2001) / 1000 - 1;
    for (int i = 0; i < 2; i++) {
        struct bench b = begin(i ? "hls:4x4" : "cpu", 1);
        struct systole_value *vx = NULL, *vw = NULL, *vy = NULL;
        struct systole_totals totals = {.size = sizeof totals};
        systole_train_input(b.t, 4, x_dims, x, &vx);
        systole_train_input(b.t, 4, w_dims, w, &vw);
        assert_int_equal(systole_train_conv2d(b.t, vx, vw, NULL, NULL, &vy), SYSTOLE_OK);
        assert_int_equal(systole_value_count(vy), 25);
        memcpy((void *)y[i], systole_value_data(vy), sizeof y[i]);
        assert_int_equal(systole_trainer_totals(b.t, &totals), SYSTOLE_OK);
        assert_true(totals.on_host == (uint64_t)i && totals.runs == (uint64_t)!i);
        end(&b);
    }
    assert_memory_equal((void *)y[0], (void *)y[1], sizeof y[0]);
}

static void test_precision_is_that_of_the_layer(void **unused)
{
    (void)unused;
    struct bench b = begin("cpu", 1);
    const float x = 0.1f, w = 0.3f;
    float seen[3];
    static const enum systole_precision precisions[] = {SYSTOLE_X1, SYSTOLE_X3, SYSTOLE_X6};
    for (int i = 0; i < 3; i++) {
        struct systole_value *v = NULL, *k = NULL, *y = NULL;
        assert_int_equal(systole_trainer_set_precision(b.t, precisions[i]), SYSTOLE_OK);
        systole_train_input_with_gradient(b.t, 2, (const int64_t[]){1, 1}, &x, &v);
        systole_train_input(b.t, 2, (const int64_t[]){1, 1}, &w, &k);
        assert_int_equal(systole_train_dense(b.t, v, k, NULL, &y), SYSTOLE_OK);
        seen[i] = *systole_value_data(y);
    }
    assert_true(fabsf(seen[0] - 0.03f) > fabsf(seen[1] - 0.03f) && fabsf(seen[2] - 0.03f) <= fabsf(seen[1] - 0.03f));
    assert_int_equal(systole_trainer_set_precision(b.t, (enum systole_precision)5), SYSTOLE_BAD_ARGUMENT);
    end(&b);
}

static void test_passes_before_a_step_add_up_each_from_zero(void **unused)
{
    (void)unused;
    struct bench b[3];
    struct net n[3];
    float sum[CLASSES * 16];
    for (int i = 0; i < 3; i++) {
        struct systole_value *loss = NULL;
        b[i] = begin("cpu", 5);
        make_net(&b[i], &n[i]);
        for (uint64_t part = 0; part < 2; part++)
            if (i == 2 || part == (uint64_t)i) {
                assert_int_equal(record_net(&b[i], &n[i], part, &loss), SYSTOLE_OK);
                assert_int_equal(systole_train_backward(b[i].t, loss), SYSTOLE_OK);
            }
    }
    const float *const one = systole_value_gradient(n[0].head), *const two = systole_value_gradient(n[1].head);
    for (int i = 0; i < CLASSES * 16; i++)
        sum[i] = one[i] + two[i];
    assert_memory_equal(systole_value_gradient(n[2].head), sum, sizeof sum);
    /* Two devices with a part each, the second's sums added to the first's: the same step. */
    const struct systole_optimiser_options o = {.size = sizeof o, .kind = SYSTOLE_ADAM, .scale = 2};
    for (int i = 0; i < systole_param_count(b[0].t); i++) {
        struct systole_value *const p = systole_param_at(b[0].t, i), *const q = systole_param_at(b[1].t, i);
        float *const to = systole_param_gradient_mutable(p);
        for (int64_t k = 0; to && k < systole_value_count(p); k++)
            to[k] += systole_value_gradient(q)[k];
    }
    assert_int_equal(systole_train_step(b[0].t, &o, 0.01f), SYSTOLE_OK);
    assert_int_equal(systole_train_step(b[2].t, &o, 0.01f), SYSTOLE_OK);
    for (int i = 0; i < systole_param_count(b[0].t); i++) {
        const struct systole_value *const p = systole_param_at(b[0].t, i), *const q = systole_param_at(b[2].t, i);
        if (p != n[0].mean && p != n[0].variance) /* running values saw one part or both */
            assert_memory_equal(systole_value_data(p), systole_value_data(q), (size_t)systole_value_count(p) * sizeof(float));
    }
    for (int i = 0; i < 3; i++)
        end(&b[i]);
}

/* ---- failures ---- */

static void test_layers_after_a_failure_fail_until_the_tape_is_cleared(void **unused)
{
    (void)unused;
    struct bench b = begin("cpu", 1);
    struct systole_value *const p = param(&b, "p", 3, 1);
    struct systole_value *y = NULL;
    assert_int_equal(systole_train_dense(b.t, p, p, NULL, &y), SYSTOLE_BAD_ARGUMENT);
    assert_non_null(strstr(systole_context_detail(b.ctx), "dense"));
    assert_null(y);
    assert_int_equal(systole_train_activation(b.t, SYSTOLE_RELU, p, &y), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_train_backward(b.t, p), SYSTOLE_BAD_ARGUMENT);
    systole_train_clear(b.t);
    assert_int_equal(systole_train_activation(b.t, SYSTOLE_RELU, p, &y), SYSTOLE_OK);
    assert_int_equal(systole_train_backward(b.t, y), SYSTOLE_BAD_ARGUMENT); /* three numbers are no loss */
    end(&b);
}

static void test_wrong_arguments_are_refused_with_their_numbers(void **unused)
{
    (void)unused;
    struct bench b = begin("cpu", 1);
    struct systole_value *const p = param(&b, "p", 4, 1);
    struct systole_value *y = NULL, *x = NULL;
    const float data[16] = {0};
    const int32_t nine = 9;
    assert_int_equal(systole_param_create(b.t, "p", 1, (const int64_t[]){1}, SYSTOLE_INIT_CONSTANT, 0, &y), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_param_create(b.t, "q", 1, (const int64_t[]){0}, SYSTOLE_INIT_CONSTANT, 0, &y), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_train_input(b.t, 4, (const int64_t[]){1, 1, 4, 4}, data, &x), SYSTOLE_OK);
#define REFUSED(call, text)                                              \
    assert_int_equal(call, SYSTOLE_BAD_ARGUMENT);                        \
    assert_non_null(strstr(systole_context_detail(b.ctx), text));        \
    systole_train_clear(b.t);                                            \
    assert_int_equal(systole_train_input(b.t, 4, (const int64_t[]){1, 1, 4, 4}, data, &x), SYSTOLE_OK)
    REFUSED(systole_train_pool2d(b.t, SYSTOLE_POOL_MAX, x, 5, 1, &y), "kernel 5");
    REFUSED(systole_train_conv2d(b.t, x, p, NULL, NULL, &y), "1x1x4x4");
    REFUSED(systole_train_attention(b.t, x, 2, 0, &y), "1x1x4x4");
    REFUSED(systole_train_reshape(b.t, x, 1, (const int64_t[]){15}, &y), "16 elements");
    REFUSED(systole_train_cross_entropy(b.t, x, (const int32_t[]){0, 1, 2, 4}, &y), "label 3 is 4");
    REFUSED(systole_train_embedding(b.t, &nine, 0, NULL, p, &y), "the table is 4");
    REFUSED(systole_train_add(b.t, p, x, &y), "4 and 1x1x4x4");
    REFUSED(systole_train_layer_norm(b.t, x, p, x, 0, &y), "shift 1x1x4x4");
#undef REFUSED
    const struct systole_optimiser_options o = {.size = sizeof o, .momentum = 1};
    assert_int_equal(systole_train_step(b.t, &o, 0.1f), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_train_dense(NULL, p, p, NULL, &y), SYSTOLE_BAD_ARGUMENT);
    end(&b);
}

static void test_every_allocation_may_fail(void **unused)
{
    (void)unused;
    long n = 1;
    struct bench whole = begin("cpu", 5);
    struct net whole_net;
    make_net(&whole, &whole_net);
    assert_int_equal(one_step(&whole, &whole_net, 0), SYSTOLE_OK);
    for (;; n += 7) {
        struct bench b = begin("cpu", 5);
        struct net net;
        make_net(&b, &net);
        sy_alloc_fail_at(n);
        const enum systole_status status = one_step(&b, &net, 0);
        const bool failed = sy_alloc_has_failed();
        sy_alloc_fail_at(0);
        assert_int_equal(status, failed ? SYSTOLE_NO_MEMORY : SYSTOLE_OK);
        if (!failed)
            assert_same(&b, &whole);
        end(&b);
        if (!failed)
            break;
    }
    printf("an allocation that fails, of about %ld: each a status, none a loss\n", n);
    end(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimisers_follow_their_definitions),
        cmocka_unit_test(test_step_clips_the_norm_of_all_gradients_and_divides_by_the_scale),
        cmocka_unit_test(test_step_with_an_infinite_gradient_changes_nothing),
        cmocka_unit_test(test_stochastic_rounding_is_even_and_repeats),
        cmocka_unit_test(test_rates_warm_up_and_fall),
        cmocka_unit_test(test_devices_train_to_the_same_bits),
        cmocka_unit_test(test_what_the_device_refuses_runs_on_the_host_and_is_counted),
        cmocka_unit_test(test_precision_is_that_of_the_layer),
        cmocka_unit_test(test_passes_before_a_step_add_up_each_from_zero),
        cmocka_unit_test(test_layers_after_a_failure_fail_until_the_tape_is_cleared),
        cmocka_unit_test(test_wrong_arguments_are_refused_with_their_numbers),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
