/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one element, and what they give back. */
#include "host/train/train.h"

#include "host/core/fixed_math.h"
#include "host/ref/chain.h"

#include <math.h>

static const float root_half = 0x1.6a09e6p-1f, root_two_over_pi = 0x1.988454p-1f, one_over_root_two_pi = 0x1.988454p-2f,
                   cubic = 0x1.6e4e26p-5f;

/* The normal distribution's share below x. */
static float below(float x)
{
    return 0.5f * (1 + sy_fixed_erf(x * root_half));
}

static float gelu_inner(float x)
{
    return sy_fixed_tanh(root_two_over_pi * x * fmaf(cubic, x * x, 1));
}

static float forward_of(enum systole_activation which, float x)
{
    switch (which) {
    case SYSTOLE_RELU:
        return x > 0 || isnan(x) ? x : 0;
    case SYSTOLE_GELU:
        return x * below(x);
    case SYSTOLE_GELU_TANH:
        return 0.5f * x * (1 + gelu_inner(x));
    case SYSTOLE_TANH:
        return sy_fixed_tanh(x);
    case SYSTOLE_SIGMOID:
        break;
    }
    return sy_fixed_sigmoid(x);
}

static float gelu_tanh_slope(float x)
{
    const float t = gelu_inner(x), inner = root_two_over_pi * fmaf(3 * cubic, x * x, 1);
    return fmaf(0.5f * x * fmaf(-t, t, 1), inner, 0.5f * (1 + t));
}

/* At x, where the function is y. */
static float slope_of(enum systole_activation which, float x, float y)
{
    switch (which) {
    case SYSTOLE_RELU:
        return x > 0 ? 1 : 0;
    case SYSTOLE_GELU:
        return fmaf(x, one_over_root_two_pi * sy_fixed_exp(-0.5f * x * x), below(x));
    case SYSTOLE_GELU_TANH:
        return gelu_tanh_slope(x);
    case SYSTOLE_TANH:
        return fmaf(-y, y, 1);
    case SYSTOLE_SIGMOID:
        break;
    }
    return fmaf(-y, y, y);
}

static enum systole_status activation_back(struct systole_trainer *t, const struct sy_node *n)
{
    const enum systole_activation which = (enum systole_activation)n->number[0];
    const struct systole_value *const x = n->in[0], *const y = n->out;
    float *g;
    const enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    if (status || !g)
        return status;
    for (int64_t i = 0; i < x->count; i++)
        g[i] += y->gradient[i] * slope_of(which, x->data[i], y->data[i]);
    sy_canonical_f32(g, x->count);
    return SYSTOLE_OK;
}

enum systole_status systole_train_activation(struct systole_trainer *trainer, enum systole_activation which,
                                             struct systole_value *x, struct systole_value **y)
{
    enum systole_status status = sy_train_begin(trainer, x, y);
    if (status)
        return status;
    if ((int)which < SYSTOLE_RELU || which > SYSTOLE_SIGMOID)
        return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "activation %d: there are 0 to %d", (int)which, SYSTOLE_SIGMOID);
    struct sy_node n = {.backward = activation_back, .in = {x}, .number = {which}};
    status = sy_train_value(trainer, x->rank, x->dims, &n.out);
    if (status)
        return status;
    for (int64_t i = 0; i < x->count; i++)
        n.out->data[i] = forward_of(which, x->data[i]);
    sy_canonical_f32(n.out->data, x->count);
    return sy_train_record(trainer, &n, y);
}
