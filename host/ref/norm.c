/* SPDX-License-Identifier: Apache-2.0 */
/* Normalisations: statistics and results as double, rounded once. */
#include "host/graph/ops.h"

struct moments { double mean, variance; };

/* Over n elements, `step` apart. */
static struct moments moments(const struct systole_tensor *x, int64_t base, int64_t step, int64_t n)
{
    struct moments m = {0, 0};
    for (int64_t i = 0; i < n; i++)
        m.mean += sy_get(x, base + i * step);
    m.mean /= (double)n;
    for (int64_t i = 0; i < n; i++) {
        double d = sy_get(x, base + i * step) - m.mean;
        m.variance += d * d;
    }
    m.variance /= (double)n;
    return m;
}

static enum systole_status check_channels(struct sy_call *c, const struct systole_tensor *x, int from, int to, int64_t n)
{
    for (int i = from; i < to; i++)
        if (sy_in(c, i) && sy_in(c, i)->count != n)
            return sy_bad(c, "input %d has %lld elements; %s needs %lld", i, (long long)sy_in(c, i)->count, sy_shape(x).text,
                          (long long)n);
    return SYSTOLE_OK;
}

/* Mean and variance of each channel, over batch and space; running averages in outputs 1 and 2. */
static enum systole_status train_batch(struct sy_call *c, struct systole_tensor *mean, struct systole_tensor *variance)
{
    const struct systole_tensor *x = sy_in(c, 0);
    int64_t channels = x->dims[1], inner = sy_span(x, 2, x->rank), n = x->dims[0] * inner;
    double momentum = (double)sy_attr_float(c, "momentum", 0.9f);
    struct systole_tensor *out[2] = {NULL, NULL};
    enum systole_status status = SYSTOLE_OK;
    for (int i = 0; i < 2 && !status; i++)
        if (sy_wants(c, i + 1))
            status = sy_out_like(c, i + 1, sy_in(c, 3 + i), &out[i]);
    for (int64_t ch = 0; ch < channels && !status; ch++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < n; i++)
            sum += sy_get(x, (i / inner * channels + ch) * inner + i % inner);
        for (int64_t i = 0; i < n; i++) {
            double d = sy_get(x, (i / inner * channels + ch) * inner + i % inner) - sum / (double)n;
            squares += d * d;
        }
        sy_put(mean, ch, sum / (double)n);
        sy_put(variance, ch, squares / (double)n);
        if (out[0])
            sy_put(out[0], ch, sy_get(sy_in(c, 3), ch) * momentum + sum / (double)n * (1 - momentum));
        if (out[1])
            sy_put(out[1], ch, sy_get(sy_in(c, 4), ch) * momentum + squares / (double)n * (1 - momentum));
    }
    return status;
}

enum systole_status sy_op_batch_norm(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *scale = sy_in(c, 1), *bias = sy_in(c, 2);
    struct systole_tensor *y = NULL, *mean = NULL, *variance = NULL;
    int64_t channels = x->rank > 1 ? x->dims[1] : 1, inner = x->rank > 2 ? sy_span(x, 2, x->rank) : 1;
    double epsilon = (double)sy_attr_float(c, "epsilon", 1e-5f);
    bool train = sy_attr_int(c, "training_mode", 0) != 0;
    enum systole_status status = check_channels(c, x, 1, 5, channels);
    if (!status && train && x->rank < 2)
        status = sy_bad(c, "training on %s", sy_shape(x).text);
    if (!status)
        status = sy_out_like(c, 0, x, &y);
    if (!status && train) {
        status = sy_tensor_new(c->ctx, SYSTOLE_F64, 1, &channels, &mean);
        if (!status)
            status = sy_tensor_new(c->ctx, SYSTOLE_F64, 1, &channels, &variance);
        if (!status)
            status = train_batch(c, mean, variance);
    }
    for (int64_t i = 0; !status && i < x->count; i++) {
        int64_t ch = i / inner % channels;
        double m = sy_get(train ? mean : sy_in(c, 3), ch), v = sy_get(train ? variance : sy_in(c, 4), ch);
        sy_put(y, i, (sy_get(x, i) - m) / sqrt(v + epsilon) * sy_get(scale, ch) + sy_get(bias, ch));
    }
    systole_tensor_free(mean);
    systole_tensor_free(variance);
    return status;
}

/* `groups` neighbouring channels share statistics; scale and bias are of channels, or (version 18) of groups. */
static enum systole_status normalise_groups(struct sy_call *c, int64_t groups)
{
    const struct systole_tensor *x = sy_in(c, 0), *scale = sy_in(c, 1), *bias = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    if (x->rank < 2 || groups < 1 || x->dims[1] % groups)
        return sy_bad(c, "%s in %lld groups", sy_shape(x).text, (long long)groups);
    int64_t channels = x->dims[1], inner = sy_span(x, 2, x->rank), per = channels / groups;
    double epsilon = (double)sy_attr_float(c, "epsilon", 1e-5f);
    enum systole_status status = check_channels(c, x, 1, 3, scale->count == groups ? groups : channels);
    int64_t shared = scale->count == groups ? per : 1;
    if (!status)
        status = sy_out_like(c, 0, x, &y);
    for (int64_t g = 0; !status && g < x->dims[0] * groups; g++) {
        int64_t base = g * per * inner;
        struct moments m = moments(x, base, 1, per * inner);
        for (int64_t i = 0; i < per * inner; i++) {
            int64_t ch = (g % groups * per + i / inner) / shared;
            double v = (sy_get(x, base + i) - m.mean) / sqrt(m.variance + epsilon);
            sy_put(y, base + i, v * sy_get(scale, ch) + sy_get(bias, ch));
        }
    }
    return status;
}

enum systole_status sy_op_instance_norm(struct sy_call *c)
{
    return normalise_groups(c, sy_in(c, 0)->rank > 1 ? sy_in(c, 0)->dims[1] : 0);
}

enum systole_status sy_op_group_norm(struct sy_call *c)
{
    return normalise_groups(c, sy_attr_int(c, "num_groups", 0));
}

/* From an axis to the end. scale and bias broadcast to the input. `centre` false: only the root of the mean square. */
static enum systole_status normalise_tail(struct sy_call *c, bool centre)
{
    const struct systole_tensor *x = sy_in(c, 0), *scale = sy_in(c, 1), *bias = centre ? sy_in(c, 2) : NULL;
    struct systole_tensor *y = NULL, *mean = NULL, *inverse = NULL;
    int axis = sy_axis(sy_attr_int(c, "axis", -1), x->rank);
    if (axis < 0 || !sy_fits(scale, x->rank, x->dims) || (bias && !sy_fits(bias, x->rank, x->dims)))
        return sy_bad(c, "%s with a scale %s", sy_shape(x).text, sy_shape(scale).text);
    double epsilon = (double)sy_attr_float(c, "epsilon", 1e-5f);
    int64_t n = sy_span(x, axis, x->rank), dims[SYSTOLE_MAX_RANK];
    enum systole_dtype stash = (enum systole_dtype)sy_attr_int(c, "stash_type", SYSTOLE_F32);
    for (int i = 0; i < x->rank; i++)
        dims[i] = i < axis ? x->dims[i] : 1;
    enum systole_status status = sy_out_like(c, 0, x, &y);
    if (!status && sy_wants(c, 1))
        status = sy_out(c, 1, stash, x->rank, dims, &mean);
    if (!status && sy_wants(c, 2))
        status = sy_out(c, 2, stash, x->rank, dims, &inverse);
    if (status)
        return status;
    struct sy_walk w;
    sy_walk_start(&w, x->rank, x->dims);
    sy_walk_broadcast(&w, scale);
    if (bias)
        sy_walk_broadcast(&w, bias);
    for (int64_t i = 0; n && i < x->count / n; i++) {
        struct moments m = moments(x, i * n, 1, n);
        if (!centre)
            m = (struct moments){0, m.variance + m.mean * m.mean};
        double factor = 1 / sqrt(m.variance + epsilon);
        if (mean)
            sy_put(mean, i, m.mean);
        if (inverse)
            sy_put(inverse, i, factor);
        for (int64_t k = 0; k < n; k++, sy_walk_next(&w)) {
            double v = (sy_get(x, i * n + k) - m.mean) * factor * sy_get(scale, w.at[0]);
            sy_put(y, i * n + k, bias ? v + sy_get(bias, w.at[1]) : v);
        }
    }
    return SYSTOLE_OK;
}

enum systole_status sy_op_layer_norm(struct sy_call *c)
{
    return normalise_tail(c, true);
}

enum systole_status sy_op_rms_norm(struct sy_call *c)
{
    return normalise_tail(c, false);
}

enum systole_status sy_op_lrn(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    int64_t size = sy_attr_int(c, "size", 0);
    if (x->rank < 2 || size < 1)
        return sy_bad(c, "%s over %lld channels", sy_shape(x).text, (long long)size);
    double alpha = (double)sy_attr_float(c, "alpha", 1e-4f), beta = (double)sy_attr_float(c, "beta", 0.75f);
    double bias = (double)sy_attr_float(c, "bias", 1);
    int64_t channels = x->dims[1], inner = sy_span(x, 2, x->rank);
    enum systole_status status = sy_out_like(c, 0, x, &y);
    for (int64_t i = 0; !status && i < x->count; i++) {
        int64_t ch = i / inner % channels;
        int64_t from = sy_max(0, ch - (size - 1) / 2), to = sy_min(channels - 1, ch + size / 2);
        double sum = 0;
        for (int64_t k = from; k <= to; k++) {
            double v = sy_get(x, i + (k - ch) * inner);
            sum += v * v;
        }
        sy_put(y, i, sy_get(x, i) / pow(bias + alpha / (double)size * sum, beta));
    }
    return status;
}

enum systole_status sy_op_lp_norm(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    int axis = sy_axis(sy_attr_int(c, "axis", -1), x->rank);
    int64_t p = sy_attr_int(c, "p", 2);
    if (axis < 0 || (p != 1 && p != 2))
        return sy_bad(c, "axis or p is not valid (p %lld)", (long long)p);
    int64_t n = x->dims[axis], inner = sy_span(x, axis + 1, x->rank);
    enum systole_status status = sy_out_like(c, 0, x, &y);
    for (int64_t i = 0; !status && n && i < x->count / n; i++) {
        int64_t base = i / inner * n * inner + i % inner;
        double sum = 0;
        for (int64_t k = 0; k < n; k++) {
            double v = sy_get(x, base + k * inner);
            sum += p == 1 ? fabs(v) : v * v;
        }
        double norm = p == 1 ? sum : sqrt(sum);
        for (int64_t k = 0; k < n; k++)
            sy_put(y, base + k * inner, norm == 0 ? 0 : sy_get(x, base + k * inner) / norm);
    }
    return status;
}

/* Over the axes (0, 2, 3 when not given), all others staying. */
enum systole_status sy_op_mean_variance_norm(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct sy_ints axes;
    enum systole_status status = sy_axes(c, -1, "axes", x->rank, &axes);
    if (!status && !axes.given && x->rank != 4)
        return sy_bad(c, "%s without axes", sy_shape(x).text);
    if (!status)
        status = sy_out_like(c, 0, x, &y);
    if (status)
        return status;
    bool reduce[SYSTOLE_MAX_RANK] = {!axes.given, false, !axes.given, !axes.given};
    for (int i = 0; i < axes.n; i++)
        reduce[axes.v[i]] = true;
    int64_t strides[SYSTOLE_MAX_RANK], n = 1;
    sy_strides(x->rank, x->dims, strides);
    struct sy_walk kept = {.operands = 1}, part = {.operands = 1};
    for (int i = 0; i < x->rank; i++) {
        struct sy_walk *w = reduce[i] ? &part : &kept;
        w->dims[w->rank] = x->dims[i];
        w->stride[0][w->rank++] = strides[i];
        n *= reduce[i] ? x->dims[i] : 1;
    }
    for (int64_t i = 0; n && i < x->count / n; i++, sy_walk_next(&kept)) {
        double sum = 0, squares = 0;
        struct sy_walk w = part;
        for (int64_t k = 0; k < n; k++, sy_walk_next(&w)) {
            double v = sy_get(x, kept.at[0] + w.at[0]);
            sum += v;
            squares += v * v;
        }
        double mean = sum / (double)n, deviation = sqrt(squares / (double)n - mean * mean) + 1e-9;
        for (int64_t k = 0; k < n; k++, sy_walk_next(&w))
            sy_put(y, kept.at[0] + w.at[0], (sy_get(x, kept.at[0] + w.at[0]) - mean) / deviation);
    }
    return SYSTOLE_OK;
}
