/* SPDX-License-Identifier: Apache-2.0 */
/* Pools: the first of the largest gets the gradient; of an average each its share, windows in order. */
#include "host/train/train.h"

#include "host/core/fixed_math.h"
#include "host/ref/chain.h"

#include <math.h>

struct pool {
    int64_t planes, h, w, p, q, kernel, stride;
    bool is_max;
};

static struct pool of_node(const struct sy_node *n)
{
    const int64_t *const v = n->number;
    return (struct pool){v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7] == SYSTOLE_POOL_MAX};
}

/* Where the window of output `at` begins. */
static int64_t corner(const struct pool *k, int64_t at)
{
    const int64_t plane = at / (k->p * k->q), p = at / k->q % k->p, q = at % k->q;
    return (plane * k->h + p * k->stride) * k->w + q * k->stride;
}

static int64_t largest(const struct pool *k, const float *x, int64_t from)
{
    int64_t best = from;
    for (int64_t i = 0; i < k->kernel; i++)
        for (int64_t j = 0; j < k->kernel; j++) {
            const int64_t at = from + i * k->w + j;
            if (!isnan(x[best]) && (x[at] > x[best] || isnan(x[at])))
                best = at;
        }
    return best;
}

static float average(const struct pool *k, const float *x, int64_t from, float share)
{
    float sum = 0;
    for (int64_t i = 0; i < k->kernel; i++)
        for (int64_t j = 0; j < k->kernel; j++)
            sum += x[from + i * k->w + j];
    return sum * share;
}

static enum systole_status pool_back(struct systole_trainer *t, const struct sy_node *n)
{
    const struct pool k = of_node(n);
    float *g;
    const enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    if (status || !g)
        return status;
    for (int64_t at = 0; at < n->out->count; at++) {
        const float dy = n->out->gradient[at];
        const int64_t from = corner(&k, at);
        if (k.is_max)
            g[largest(&k, n->in[0]->data, from)] += dy;
        for (int64_t i = 0; i < k.kernel && !k.is_max; i++)
            for (int64_t j = 0; j < k.kernel; j++)
                g[from + i * k.w + j] += dy * n->scalar;
    }
    sy_canonical_f32(g, n->in[0]->count);
    return SYSTOLE_OK;
}

enum systole_status systole_train_pool2d(struct systole_trainer *trainer, enum systole_pool which, struct systole_value *x,
                                         int64_t kernel, int64_t stride, struct systole_value **y)
{
    enum systole_status status = sy_train_begin(trainer, x, y);
    if (status)
        return status;
    const bool known = which == SYSTOLE_POOL_MAX || which == SYSTOLE_POOL_AVERAGE;
    if (!known || x->rank != 4 || kernel < 1 || stride < 1 || kernel > x->dims[2] || kernel > x->dims[3])
        return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "pool2d: kind %d, x %s, kernel %lld, stride %lld", (int)which,
                             sy_value_shape(x).text, (long long)kernel, (long long)stride);
    const int64_t p = (x->dims[2] - kernel) / stride + 1, q = (x->dims[3] - kernel) / stride + 1;
    struct sy_node n = {.backward = pool_back, .in = {x}, .scalar = sy_fixed_reciprocal((float)(kernel * kernel)),
                        .number = {x->dims[0] * x->dims[1], x->dims[2], x->dims[3], p, q, kernel, stride, which}};
    status = sy_train_value(trainer, 4, (const int64_t[]){x->dims[0], x->dims[1], p, q}, &n.out);
    if (status)
        return status;
    const struct pool k = of_node(&n);
    for (int64_t at = 0; at < n.out->count; at++) {
        const int64_t from = corner(&k, at);
        n.out->data[at] = k.is_max ? x->data[largest(&k, x->data, from)] : average(&k, x->data, from, n.scalar);
    }
    sy_canonical_f32(n.out->data, n.out->count);
    return sy_train_record(trainer, &n, y);
}
