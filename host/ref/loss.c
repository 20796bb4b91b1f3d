/* SPDX-License-Identifier: Apache-2.0 */
/* Losses over classes: the second dimension of the scores. */
#include "host/graph/ops.h"

struct loss {
    const struct systole_tensor *target, *weight;
    int64_t batch, classes, inner, ignored;
    bool ignores;
};

/* x: batch, classes, the rest; log probabilities at `logp`. */
static enum systole_status loss(struct sy_call *c, const struct systole_tensor *x, const double *logp, struct loss *l)
{
    const char *how = sy_attr_string(c, "reduction", "mean");
    struct systole_tensor *y = NULL;
    double sum = 0, weights = 0;
    bool none = strcmp(how, "none") == 0;
    enum systole_status status = none ? sy_out(c, 0, x->dtype, l->target->rank, l->target->dims, &y)
                                      : sy_out(c, 0, x->dtype, 0, NULL, &y);
    for (int64_t i = 0; !status && i < l->batch * l->inner; i++) {
        int64_t k = sy_get_int(l->target, i);
        bool ignored = l->ignores && k == l->ignored;
        if (!ignored && (k < 0 || k >= l->classes))
            return sy_bad(c, "class %lld of %lld", (long long)k, (long long)l->classes);
        double w = ignored ? 0 : l->weight ? sy_get(l->weight, k) : 1;
        double v = ignored ? 0 : -logp[(i / l->inner * l->classes + k) * l->inner + i % l->inner] * w;
        if (none)
            sy_put(y, i, v);
        sum += v;
        weights += w;
    }
    if (!status && !none)
        sy_put(y, 0, strcmp(how, "mean") == 0 ? sum / weights : sum);
    return status;
}

static enum systole_status prepare(struct sy_call *c, struct loss *l)
{
    const struct systole_tensor *x = sy_in(c, 0);
    const struct sy_attr *ignored = sy_attr(c, "ignore_index");
    l->target = sy_in(c, 1);
    l->weight = sy_in(c, 2);
    if (x->rank < 2 || l->target->rank != x->rank - 1 || sy_dtype_is_float(l->target->dtype))
        return sy_bad(c, "scores %s, classes %s", sy_shape(x).text, sy_shape(l->target).text);
    l->batch = x->dims[0];
    l->classes = x->dims[1];
    l->inner = sy_span(x, 2, x->rank);
    l->ignores = ignored != NULL;
    l->ignored = ignored ? ignored->i : 0;
    if (l->target->count != l->batch * l->inner || (l->weight && l->weight->count != l->classes))
        return sy_bad(c, "scores %s, classes %s", sy_shape(x).text, sy_shape(l->target).text);
    return SYSTOLE_OK;
}

enum systole_status sy_op_nll_loss(struct sy_call *c)
{
    struct loss l = {0};
    enum systole_status status = prepare(c, &l);
    double *logp = status ? NULL : sy_as_f64(sy_in(c, 0));
    if (!status)
        status = logp ? loss(c, sy_in(c, 0), logp, &l) : sy_no_memory(c->ctx);
    sy_free(logp);
    return status;
}

static void log_softmax(double *v, const struct loss *l)
{
    for (int64_t i = 0; i < l->batch * l->inner; i++) {
        double *p = v + i / l->inner * l->classes * l->inner + i % l->inner, largest = -(double)INFINITY, sum = 0;
        for (int64_t k = 0; k < l->classes; k++)
            largest = fmax(largest, p[k * l->inner]);
        for (int64_t k = 0; k < l->classes; k++)
            sum += exp(p[k * l->inner] - largest);
        for (int64_t k = 0; k < l->classes; k++)
            p[k * l->inner] -= largest + log(sum);
    }
}

enum systole_status sy_op_softmax_cross_entropy_loss(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *out = NULL;
    struct loss l = {0};
    enum systole_status status = prepare(c, &l);
    double *v = status ? NULL : sy_as_f64(x);
    if (!status && !v)
        status = sy_no_memory(c->ctx);
    if (!status) {
        log_softmax(v, &l);
        status = loss(c, x, v, &l);
    }
    if (!status && sy_wants(c, 1))
        status = sy_out_like(c, 1, x, &out);
    for (int64_t i = 0; out && i < x->count; i++)
        sy_put(out, i, v[i]);
    sy_free(v);
    return status;
}
