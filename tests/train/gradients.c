/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes what layers make of random inputs, for another framework to do again: DIR/<layer>.x<i>.npy the inputs, .y.npy the
 * output, .r.npy the gradient that was sent back, .g<i>.npy the gradients of the inputs.
 *
 *     train_gradients DEVICE DIR
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "systole_train.h"

enum { INPUTS = 3, RANK = 4 };

struct layer {
    const char *name;
    int64_t dims[INPUTS][RANK]; /* ends with 0; no dimension: no input */
    enum systole_status (*run)(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y);
};

static enum systole_status dense(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_dense(t, x[0], x[1], x[2], y);
}

static enum systole_status conv_strided(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_conv2d(t, x[0], x[1], x[2],
                                &(struct systole_conv_options){sizeof(struct systole_conv_options), 2, 1, 1, 2}, y);
}

static enum systole_status conv_dilated(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_conv2d(t, x[0], x[1], x[2],
                                &(struct systole_conv_options){sizeof(struct systole_conv_options), 3, 2, 2, 1}, y);
}

#define ACTIVATION(name, which)                                                                                              \
    static enum systole_status name(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)   \
    {                                                                                                                        \
        return systole_train_activation(t, which, x[0], y);                                                                  \
    }
ACTIVATION(relu, SYSTOLE_RELU)
ACTIVATION(gelu, SYSTOLE_GELU)
ACTIVATION(gelu_tanh, SYSTOLE_GELU_TANH)
ACTIVATION(hyperbolic, SYSTOLE_TANH)
ACTIVATION(sigmoid, SYSTOLE_SIGMOID)

static enum systole_status max_pool(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_pool2d(t, SYSTOLE_POOL_MAX, x[0], 3, 2, y);
}

static enum systole_status average_pool(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_pool2d(t, SYSTOLE_POOL_AVERAGE, x[0], 3, 2, y);
}

static enum systole_status layer_norm(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_layer_norm(t, x[0], x[1], x[2], 1e-3f, y);
}

static enum systole_status batch_norm(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    const struct systole_batch_norm_options o = {.size = sizeof o, .epsilon = 1e-3f};
    return systole_train_batch_norm(t, x[0], x[1], x[2], &o, y);
}

/* With running values that are no batch's: made for the first call. */
static enum systole_status batch_norm_running(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    struct systole_batch_norm_options o = {.size = sizeof o, .epsilon = 1e-3f, .evaluate = 1};
    const int64_t *const dims = systole_value_dims(x[1]);
    enum systole_status status = systole_param_create(t, "mean", 1, dims, SYSTOLE_INIT_CONSTANT, 0.25f, &o.mean);
    if (!status)
        status = systole_param_create(t, "variance", 1, dims, SYSTOLE_INIT_CONSTANT, 0.75f, &o.variance);
    if (!status)
        status = systole_param_freeze(t, o.mean) || systole_param_freeze(t, o.variance);
    return status ? status : systole_train_batch_norm(t, x[0], x[1], x[2], &o, y);
}

static enum systole_status add(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_add(t, x[0], x[1], y);
}

static enum systole_status attention_all(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_attention(t, x[0], 4, 0, y);
}

static enum systole_status attention(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    return systole_train_attention(t, x[0], 4, 1, y);
}

/* Rows i, i + 3, i + 6 ... of seven: the other program knows. */
static enum systole_status embedding(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    int32_t numbers[10];
    for (int i = 0; i < 10; i++)
        numbers[i] = i * 3 % 7;
    return systole_train_embedding(t, numbers, 1, (const int64_t[]){10}, x[0], y);
}

static enum systole_status cross_entropy(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    int32_t labels[9];
    for (int i = 0; i < 9; i++)
        labels[i] = i * 4 % 11;
    return systole_train_cross_entropy(t, x[0], labels, y);
}

static enum systole_status mean_square(struct systole_trainer *t, struct systole_value *const *x, struct systole_value **y)
{
    float target[17];
    for (int i = 0; i < 17; i++)
        target[i] = (float)(i * 3 % 7 - 3);
    return systole_train_mean_square(t, x[0], target, y);
}

static const struct layer layers[] = {
    {"dense", {{6, 20}, {13, 20}, {13}}, dense},
    {"conv_strided", {{2, 4, 9, 8}, {6, 2, 3, 3}, {6}}, conv_strided},
    {"conv_dilated", {{2, 3, 10, 9}, {4, 3, 3, 2}, {4}}, conv_dilated},
    {"relu", {{50}}, relu},
    {"gelu", {{50}}, gelu},
    {"gelu_tanh", {{50}}, gelu_tanh},
    {"tanh", {{50}}, hyperbolic},
    {"sigmoid", {{50}}, sigmoid},
    {"max_pool", {{2, 3, 7, 9}}, max_pool},
    {"average_pool", {{2, 3, 7, 9}}, average_pool},
    {"layer_norm", {{5, 24}, {24}, {24}}, layer_norm},
    {"batch_norm", {{4, 3, 3, 4}, {3}, {3}}, batch_norm},
    {"batch_norm_running", {{4, 3, 3, 4}, {3}, {3}}, batch_norm_running},
    {"attention", {{2, 7, 48}}, attention},
    {"attention_all", {{2, 7, 48}}, attention_all},
    {"add", {{3, 4, 5}, {4, 5}}, add},
    {"embedding", {{7, 6}}, embedding},
    {"cross_entropy", {{9, 11}}, cross_entropy},
    {"mean_square", {{17}}, mean_square},
};

static int failed(struct systole_context *context, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, systole_context_detail(context));
    return 1;
}

static int write(struct systole_context *context, const char *folder, const char *layer, const char *what, const int64_t *dims,
                 int rank, const float *data)
{
    char path[512];
    struct systole_tensor *tensor = NULL;
    snprintf(path, sizeof path, "%s/%s.%s.npy", folder, layer, what);
    int bad =
        systole_tensor_create(context, SYSTOLE_F32, rank, dims, data, &tensor) || systole_tensor_write(context, path, tensor);
    systole_tensor_free(tensor);
    return bad ? failed(context, path) : 0;
}

static float *numbers(int64_t count, uint64_t seed)
{
    float *const v = malloc((size_t)count * sizeof *v);
    for (int64_t i = 0; v && i < count; i++)
        v[i] = (float)systole_random(seed, (uint64_t)i, 40001) / 20000 - 1;
    return v;
}

static int run(struct systole_context *context, struct systole_trainer *t, const struct layer *l, const char *folder)
{
    struct systole_value *x[INPUTS] = {NULL}, *y = NULL;
    char name[8];
    int bad = 0;
    for (int i = 0; i < INPUTS && l->dims[i][0] && !bad; i++) {
        int rank = 0;
        int64_t count = 1;
        for (; rank < RANK && l->dims[i][rank]; rank++)
            count *= l->dims[i][rank];
        float *const data = numbers(count, (uint64_t)(100 + i));
        snprintf(name, sizeof name, "x%d", i);
        bad = !data || systole_train_input_with_gradient(t, rank, l->dims[i], data, &x[i]) ||
              write(context, folder, l->name, name, l->dims[i], rank, data);
        free(data);
    }
    if (bad || l->run(t, x, &y))
        return failed(context, l->name);
    float *const r = numbers(systole_value_count(y), 7);
    bad = !r || systole_train_backward_from(t, y, r) ||
          write(context, folder, l->name, "r", systole_value_dims(y), systole_value_rank(y), r) ||
          write(context, folder, l->name, "y", systole_value_dims(y), systole_value_rank(y), systole_value_data(y));
    free(r);
    for (int i = 0; i < INPUTS && x[i] && !bad; i++) {
        snprintf(name, sizeof name, "g%d", i);
        bad = write(context, folder, l->name, name, systole_value_dims(x[i]), systole_value_rank(x[i]),
                    systole_value_gradient(x[i]));
    }
    systole_train_clear(t);
    return bad ? failed(context, l->name) : 0;
}

int main(int argc, char **argv)
{
    struct systole_context *context = NULL;
    struct systole_trainer *t = NULL;
    if (argc != 3) {
        fprintf(stderr, "train_gradients DEVICE DIR\n");
        return 2;
    }
    if (systole_context_create(NULL, &context) || systole_trainer_create(context, argv[1], 1, &t))
        return failed(context, argv[1]);
    int bad = 0;
    for (size_t i = 0; i < sizeof layers / sizeof *layers && !bad; i++)
        bad = run(context, t, &layers[i], argv[2]);
    systole_trainer_free(t);
    systole_context_free(context);
    return bad;
}
