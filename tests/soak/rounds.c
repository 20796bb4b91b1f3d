/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "soak.h"

enum { INPUTS = 4, RENEW = 16, STEPS = 6, ROOM = 300 };

bool soak_fail(struct worker *w, const char *what)
{
    snprintf(w->why, sizeof w->why, "%s: %.200s", what, systole_context_detail(w->ctx));
    return false;
}

/* ---- inference ---- */

struct inference {
    struct systole_model *model;
    struct systole_session *session;
    struct systole_tensor *in[INPUTS], *want[INPUTS];
};

static struct systole_tensor *make_input(struct systole_context *ctx, const struct systole_model *model, uint64_t seed)
{
    struct systole_value_info info = {.size = sizeof info};
    struct systole_tensor *t = NULL;
    if (systole_model_input(model, 0, &info))
        return NULL;
    for (int k = 0; k < info.rank; k++)
        info.dims[k] = info.dims[k] < 0 ? 1 : info.dims[k];
    if (systole_tensor_create(ctx, info.dtype, info.rank, info.dims, NULL, &t))
        return NULL;
    for (int64_t i = 0; i < systole_tensor_count(t); i++) {
        const uint64_t r = systole_random(seed, (uint64_t)i, 2000);
        if (info.dtype == SYSTOLE_F32)
            ((float *)systole_tensor_data_mutable(t))[i] = (float)r / 1000 - 1;
        else if (info.dtype == SYSTOLE_I64)
            ((int64_t *)systole_tensor_data_mutable(t))[i] = (int64_t)(r % 8);
        else
            ((uint8_t *)systole_tensor_data_mutable(t))[i * (int64_t)(systole_tensor_bytes(t) / (size_t)systole_tensor_count(t))] = (uint8_t)(r % 2);
    }
    return t;
}

static enum systole_status run(struct systole_session *session, struct systole_tensor *in, struct systole_tensor **out)
{
    struct systole_value_info info = {.size = sizeof info};
    const struct systole_model *model = systole_session_model(session);
    enum systole_status status = systole_model_input(model, 0, &info);
    if (!status)
        status = systole_session_set(session, info.name, in);
    if (!status)
        status = systole_session_run(session);
    if (!status)
        status = systole_model_output(model, 0, &info);
    return status ? status : systole_session_get(session, info.name, out);
}

static bool is_equal(const struct systole_tensor *a, const struct systole_tensor *b)
{
    return systole_tensor_bytes(a) == systole_tensor_bytes(b) && memcmp(systole_tensor_data(a), systole_tensor_data(b), systole_tensor_bytes(a)) == 0;
}

static bool begin_inference(struct worker *w)
{
    struct systole_session *cpu = NULL;
    struct inference *f = w->own = calloc(1, sizeof *f);
    if (!f || systole_model_load(w->ctx, w->model, &f->model) || systole_session_create(w->ctx, f->model, w->reference, &cpu))
        return soak_fail(w, "the model");
    bool good = true;
    for (unsigned i = 0; i < INPUTS && good; i++) {
        f->in[i] = make_input(w->ctx, f->model, w->seed + i);
        good = f->in[i] && !run(cpu, f->in[i], &f->want[i]);
    }
    systole_session_free(cpu);
    return good || soak_fail(w, "on the cpu");
}

bool round_inference(struct worker *w)
{
    if (!w->own && !begin_inference(w))
        return false;
    struct inference *f = w->own;
    if (w->rounds % RENEW == 0) {
        systole_session_free(f->session);
        f->session = NULL;
        if (systole_session_create(w->ctx, f->model, w->device, &f->session))
            return soak_fail(w, "a session");
    }
    const uint64_t i = w->rounds % INPUTS;
    struct systole_tensor *got = NULL;
    if (run(f->session, f->in[i], &got))
        return soak_fail(w, "a run");
    const bool good = is_equal(got, f->want[i]);
    systole_tensor_free(got);
    return good || soak_fail(w, "the result has other bits than the cpu's");
}

/* ---- training ---- */

struct layers {
    struct systole_trainer *t;
    struct systole_value *w[3], *b;
};

static void end_layers(struct layers *n)
{
    systole_trainer_free(n->t);
    n->t = NULL;
}

static bool begin_layers(struct worker *w, const char *device, struct layers *n)
{
    return !systole_trainer_create(w->ctx, device, w->seed, &n->t) &&
           !systole_param_create(n->t, "conv", 4, (const int64_t[]){5, 2, 3, 3}, SYSTOLE_INIT_UNIFORM, 0.3f, &n->w[0]) &&
           !systole_param_create(n->t, "dense", 2, (const int64_t[]){7, 80}, SYSTOLE_INIT_UNIFORM, 0.2f, &n->w[1]) &&
           !systole_param_create(n->t, "bias", 1, (const int64_t[]){7}, SYSTOLE_INIT_CONSTANT, 0, &n->b);
}

static bool train(struct worker *w, struct layers *n)
{
    const struct systole_optimiser_options adam = {.size = sizeof adam, .kind = SYSTOLE_ADAM};
    const struct systole_conv_options conv = {.size = sizeof conv, .pad = 1};
    for (uint64_t step = 0; step < STEPS; step++) {
        float x[3 * 2 * 8 * 8];
        int32_t labels[3];
        struct systole_value *v = NULL, *loss = NULL;
        for (uint64_t i = 0; i < sizeof x / sizeof *x; i++)
            x[i] = (float)systole_random(w->seed + step, i, 1000) / 500 - 1;
        for (uint64_t i = 0; i < 3; i++)
            labels[i] = (int32_t)systole_random(w->seed + step, 9000 + i, 7);
        if (systole_train_input(n->t, 4, (const int64_t[]){3, 2, 8, 8}, x, &v) || systole_train_conv2d(n->t, v, n->w[0], NULL, &conv, &v) ||
            systole_train_activation(n->t, SYSTOLE_RELU, v, &v) || systole_train_pool2d(n->t, SYSTOLE_POOL_MAX, v, 2, 2, &v) ||
            systole_train_reshape(n->t, v, 2, (const int64_t[]){3, 80}, &v) || systole_train_dense(n->t, v, n->w[1], n->b, &v) ||
            systole_train_cross_entropy(n->t, v, labels, &loss) || systole_train_backward(n->t, loss) || systole_train_step(n->t, &adam, 0.01f))
            return soak_fail(w, "a step");
    }
    return true;
}

static bool same_layers(const struct layers *a, const struct layers *b)
{
    for (int i = 0; i < systole_param_count(a->t); i++) {
        const struct systole_value *p = systole_param_at(a->t, i), *q = systole_param_at(b->t, i);
        const size_t bytes = (size_t)systole_value_count(p) * sizeof(float);
        if (memcmp(systole_value_data(p), systole_value_data(q), bytes) || memcmp(systole_param_moment(p, 0), systole_param_moment(q, 0), bytes) ||
            memcmp(systole_param_moment(p, 1), systole_param_moment(q, 1), bytes))
            return false;
    }
    return true;
}

bool round_training(struct worker *w)
{
    struct layers *want = w->own;
    if (!want) {
        want = w->own = calloc(1, sizeof *want);
        if (!want || !begin_layers(w, "cpu", want) || !train(w, want))
            return soak_fail(w, "on the cpu");
    }
    struct layers got = {0};
    bool good = begin_layers(w, w->device, &got) ? train(w, &got) : soak_fail(w, "a trainer");
    if (good && !same_layers(&got, want))
        good = soak_fail(w, "the parameters have other bits than the cpu's");
    end_layers(&got);
    return good;
}

/* ---- files ---- */

static bool checkpoint(struct worker *w)
{
    struct layers a = {0}, b = {0};
    char path[ROOM];
    uint64_t word = 0;
    snprintf(path, sizeof path, "%s/a.checkpoint", w->folder);
    bool good = begin_layers(w, "cpu", &a) && train(w, &a) && !systole_checkpoint_write(a.t, path, &w->seed, 1);
    good = good && begin_layers(w, "cpu", &b) && !systole_checkpoint_read(b.t, path, &word, 1) && word == w->seed && same_layers(&a, &b);
    end_layers(&a);
    end_layers(&b);
    return good || soak_fail(w, "a checkpoint");
}

static bool compiled(struct worker *w)
{
    struct systole_model *model = NULL;
    struct systole_session *a = NULL, *b = NULL;
    struct systole_tensor *in = NULL, *x = NULL, *y = NULL, *back = NULL;
    char path[ROOM], file[ROOM];
    snprintf(path, sizeof path, "%s/a.sy", w->folder);
    snprintf(file, sizeof file, "%s/a.npy", w->folder);
    bool good = !systole_model_load(w->ctx, w->model, &model) && !systole_session_create(w->ctx, model, w->device, &a) &&
                !systole_session_save(a, path) && !systole_session_load(w->ctx, path, w->device, &b);
    if (good)
        in = make_input(w->ctx, model, w->seed);
    good = good && in && !run(a, in, &x) && !run(b, in, &y) && is_equal(x, y) && !systole_tensor_write(w->ctx, file, x) &&
           !systole_tensor_read(w->ctx, file, &back) && is_equal(x, back);
    systole_tensor_free(back);
    systole_tensor_free(x);
    systole_tensor_free(y);
    systole_tensor_free(in);
    systole_session_free(a);
    systole_session_free(b);
    systole_model_free(model);
    return good || soak_fail(w, "a compiled network");
}

bool round_files(struct worker *w)
{
    return checkpoint(w) && compiled(w);
}

/* ---- failures ---- */

bool round_failures(struct worker *w)
{
    struct systole_model *model = NULL, *none = NULL;
    struct systole_session *s = NULL;
    struct systole_tensor *in = NULL, *out = NULL;
    char device[ROOM];
    if (systole_model_load(w->ctx, w->model, &model))
        return soak_fail(w, "the model");
    in = make_input(w->ctx, model, w->seed);
    snprintf(device, sizeof device, "%s,error_read=%u", w->device, 20 + (unsigned)(w->rounds * 37 % 500));
    /* The memory's error ends the run; the session may then be used again, and that error does not come twice. */
    bool good = in && !systole_session_create(w->ctx, model, device, &s) && run(s, in, &out) != SYSTOLE_OK && systole_context_detail(w->ctx)[0];
    systole_tensor_free(out);
    out = NULL;
    good = good && !run(s, in, &out);
    systole_tensor_free(out);
    systole_session_free(s);
    s = NULL;
    good = good && systole_session_create(w->ctx, model, "sim:5x5", &s) != SYSTOLE_OK && systole_model_load(w->ctx, "/dev/null", &none) != SYSTOLE_OK;
    systole_tensor_free(in);
    systole_model_free(model);
    return good || soak_fail(w, "a failure that was to be told, or the use after it");
}
