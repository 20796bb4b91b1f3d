/* SPDX-License-Identifier: Apache-2.0 */
/* Losses: means over rows, each row's numbers and the rows in order. */
#include "host/train/train.h"

#include "host/core/fixed_math.h"
#include "host/ref/chain.h"
#include "host/train/softmax.h"

#include <math.h>
#include <string.h>

void sy_train_softmax(const float *z, int64_t n, float *p, float *largest, float *sum)
{
    float most = -INFINITY, total = 0;
    for (int64_t i = 0; i < n; i++)
        most = z[i] > most ? z[i] : most;
    for (int64_t i = 0; i < n; i++) {
        p[i] = sy_fixed_exp(z[i] - most);
        total += p[i];
    }
    const float share = sy_fixed_reciprocal(total);
    for (int64_t i = 0; i < n; i++)
        p[i] *= share;
    if (largest)
        *largest = most;
    if (sum)
        *sum = total;
}

/* saved: the shares of each row, then the labels. number: rows, classes. */
static enum systole_status cross_entropy_back(struct systole_trainer *t, const struct sy_node *n)
{
    const int64_t rows = n->number[0], classes = n->number[1];
    const float *const p = n->saved;
    const int32_t *const labels = (const int32_t *)n->saved + rows * classes;
    const float each = n->out->gradient[0] * n->scalar;
    float *g;
    const enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    if (status || !g)
        return status;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < classes; c++)
            g[r * classes + c] += (p[r * classes + c] - (c == labels[r] ? 1 : 0)) * each;
    sy_canonical_f32(g, rows * classes);
    return SYSTOLE_OK;
}

enum systole_status systole_train_cross_entropy(struct systole_trainer *trainer, struct systole_value *logits,
                                                const int32_t *labels, struct systole_value **y)
{
    enum systole_status status = sy_train_begin(trainer, labels ? logits : NULL, y);
    if (status)
        return status;
    const int64_t classes = logits->rank ? logits->dims[logits->rank - 1] : 0, rows = classes ? logits->count / classes : 0;
    if (rows == 0)
        return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "cross_entropy: logits are %s", sy_value_shape(logits).text);
    for (int64_t r = 0; r < rows; r++)
        if (labels[r] < 0 || labels[r] >= classes)
            return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "cross_entropy: label %lld is %d; there are %lld classes",
                                 (long long)r, (int)labels[r], (long long)classes);
    struct sy_node n = {.backward = cross_entropy_back, .in = {logits}, .number = {rows, classes},
                        .scalar = sy_fixed_reciprocal((float)rows)};
    status = sy_train_value(trainer, 0, NULL, &n.out);
    if (status)
        return status;
    float *const p = n.saved = sy_alloc((size_t)(logits->count + rows), sizeof *p);
    if (!p)
        return sy_train_no_memory(trainer);
    memcpy((int32_t *)n.saved + logits->count, labels, (size_t)rows * sizeof *labels);
    float sum = 0;
    for (int64_t r = 0; r < rows; r++) {
        float most, total;
        const float *const z = logits->data + r * classes;
        sy_train_softmax(z, classes, p + r * classes, &most, &total);
        sum += sy_fixed_log(total) - (z[labels[r]] - most);
    }
    n.out->data[0] = sum * n.scalar;
    sy_canonical_f32(n.out->data, 1);
    return sy_train_record(trainer, &n, y);
}

/* saved: x - target. */
static enum systole_status mean_square_back(struct systole_trainer *t, const struct sy_node *n)
{
    const float *const d = n->saved, each = 2 * n->out->gradient[0] * n->scalar;
    float *g;
    const enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    if (status || !g)
        return status;
    for (int64_t i = 0; i < n->in[0]->count; i++)
        g[i] += d[i] * each;
    sy_canonical_f32(g, n->in[0]->count);
    return SYSTOLE_OK;
}

enum systole_status systole_train_mean_square(struct systole_trainer *trainer, struct systole_value *x, const float *target,
                                              struct systole_value **y)
{
    enum systole_status status = sy_train_begin(trainer, target ? x : NULL, y);
    if (!status && x->count == 0)
        status = sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "mean_square: x is %s", sy_value_shape(x).text);
    struct sy_node n = {.backward = mean_square_back, .in = {x}};
    if (!status)
        status = sy_train_value(trainer, 0, NULL, &n.out);
    if (status)
        return status;
    n.scalar = sy_fixed_reciprocal((float)x->count);
    float *const d = n.saved = sy_alloc((size_t)x->count, sizeof *d);
    if (!d)
        return sy_train_no_memory(trainer);
    float sum = 0;
    for (int64_t i = 0; i < x->count; i++) {
        d[i] = x->data[i] - target[i];
        sum = fmaf(d[i], d[i], sum);
    }
    n.out->data[0] = sum * n.scalar;
    sy_canonical_f32(n.out->data, 1);
    return sy_train_record(trainer, &n, y);
}
