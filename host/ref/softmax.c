/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax and its relatives. Before version 13 the axis splits the dimensions in two; since then it is one of them. */
#include "host/graph/ops.h"

enum form { SOFTMAX, LOG_SOFTMAX, HARDMAX };

static void line(struct systole_tensor *y, const struct systole_tensor *x, int64_t base, int64_t step, int64_t n, enum form form)
{
    double largest = sy_get(x, base), sum = 0;
    int64_t first = 0;
    for (int64_t i = 1; i < n; i++) {
        double v = sy_get(x, base + i * step);
        if (v > largest) {
            largest = v;
            first = i;
        }
    }
    for (int64_t i = 0; i < n; i++)
        sum += exp(sy_get(x, base + i * step) - largest);
    for (int64_t i = 0; i < n; i++) {
        double v = sy_get(x, base + i * step) - largest;
        sy_put(y, base + i * step, form == SOFTMAX ? exp(v) / sum : form == LOG_SOFTMAX ? v - log(sum) : i == first);
    }
}

static enum systole_status softmax(struct sy_call *c, enum form form)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    bool flat = c->node->version < 13;
    int64_t given = sy_attr_int(c, "axis", flat ? 1 : -1);
    int axis = flat && given == x->rank ? x->rank : sy_axis(given, x->rank);
    if (axis < 0 && x->rank > 0)
        return sy_bad(c, "axis %lld of %d dimensions", (long long)given, x->rank);
    axis = axis < 0 ? 0 : axis;
    enum systole_status status = sy_out_like(c, 0, x, &y);
    if (status || x->count == 0)
        return status;
    int64_t n = flat || x->rank == 0 ? sy_span(x, axis, x->rank) : x->dims[axis];
    int64_t inner = flat || x->rank == 0 ? 1 : sy_span(x, axis + 1, x->rank);
    for (int64_t i = 0; i < x->count / n; i++)
        line(y, x, i / inner * n * inner + i % inner, inner, n, form);
    return SYSTOLE_OK;
}

enum systole_status sy_op_softmax(struct sy_call *c)
{
    return softmax(c, SOFTMAX);
}

enum systole_status sy_op_log_softmax(struct sy_call *c)
{
    return softmax(c, LOG_SOFTMAX);
}

enum systole_status sy_op_hardmax(struct sy_call *c)
{
    return softmax(c, HARDMAX);
}
