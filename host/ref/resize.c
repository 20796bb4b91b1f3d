/* SPDX-License-Identifier: Apache-2.0 */
/* Resize, axis after axis: every position of the output is a weighted sum of neighbours in the input. */
#include "host/graph/ops.h"

/* A region of interest may lie anywhere: positions farther out than this, which no tensor reaches, are as good as here. */
#define FAR 1e12

struct resize {
    const char *mode, *coordinates, *nearest;
    bool antialias, exclude_outside, crop;
    double cubic, extrapolation;
};

struct axis {
    int64_t in, out;
    double scale, from, to; /* from, to: the region of interest */
};

/* The neighbours of one output position, from `first` on. */
struct taps {
    bool outside; /* of the region: the extrapolation value */
    int64_t first, n;
    double *weight;
};

static double position(const struct resize *r, const struct axis *a, double x)
{
    double width = a->scale * (double)a->in, in = (double)a->in;
    if (strcmp(r->coordinates, "align_corners") == 0)
        return width == 1 ? 0 : x * (in - 1) / (width - 1);
    if (strcmp(r->coordinates, "asymmetric") == 0)
        return x / a->scale;
    if (r->crop)
        return (width == 1 ? (a->to - a->from) * (in - 1) / 2 : x * (a->to - a->from) * (in - 1) / (width - 1)) +
               a->from * (in - 1);
    if (strcmp(r->coordinates, "pytorch_half_pixel") == 0 && width == 1)
        return -0.5;
    double offset = 0;
    if (strcmp(r->coordinates, "half_pixel_symmetric") == 0)
        offset = in / 2 * (1 - (double)a->out / width);
    return offset + (x + 0.5) / a->scale - 0.5;
}

static double cubic(double x, double a)
{
    x = fabs(x);
    if (x <= 1)
        return (a + 2) * x * x * x - (a + 3) * x * x + 1;
    return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0;
}

static void nearest_weights(const char *rule, double ratio, double *w)
{
    bool right = ratio == 1 || strcmp(rule, "ceil") == 0 || (strcmp(rule, "round_prefer_floor") == 0 && ratio > 0.5) ||
                 (strcmp(rule, "round_prefer_ceil") == 0 && ratio >= 0.5);
    w[0] = !right;
    w[1] = right;
}

/* How many neighbours each position has, all in all. */
static int64_t reach(const struct resize *r, const struct axis *a)
{
    double shrink = r->antialias && a->scale < 1 ? a->scale : 1;
    if (strcmp(r->mode, "nearest") == 0)
        return 2;
    return 2 * (int64_t)fmin(ceil((strcmp(r->mode, "cubic") == 0 ? 2 : 1) / shrink), FAR);
}

static void fill_taps(const struct resize *r, const struct axis *a, int64_t x, struct taps *t)
{
    double at = fmin(fmax(position(r, a, (double)x), -FAR), FAR), base = ceil(at) - 1, ratio = at - base, sum = 0;
    double shrink = r->antialias && a->scale < 1 ? a->scale : 1;
    t->outside = r->crop && (at < 0 || at > (double)(a->in - 1));
    t->first = (int64_t)base - (t->n / 2 - 1);
    if (strcmp(r->mode, "nearest") == 0) {
        nearest_weights(r->nearest, ratio, t->weight);
        return;
    }
    for (int64_t i = 0; i < t->n; i++) {
        double distance = ((double)(i - (t->n / 2 - 1)) - ratio) * shrink;
        t->weight[i] = strcmp(r->mode, "cubic") == 0 ? cubic(distance, r->cubic) : fmax(0, 1 - fabs(distance));
        if (r->exclude_outside && (t->first + i < 0 || t->first + i >= a->in))
            t->weight[i] = 0;
        sum += t->weight[i];
    }
    for (int64_t i = 0; i < t->n && sum != 0; i++)
        t->weight[i] /= sum;
}

/* outer x in x inner to outer x out x inner; NULL without memory. */
static double *along(const struct resize *r, const struct axis *a, const double *v, int64_t outer, int64_t inner)
{
    struct taps t = {.n = reach(r, a)};
    double *y = sy_alloc((size_t)(outer * a->out * inner), sizeof(*y));
    t.weight = sy_alloc((size_t)t.n, sizeof(*t.weight));
    for (int64_t x = 0; y && t.weight && x < a->out; x++) {
        fill_taps(r, a, x, &t);
        for (int64_t o = 0; o < outer; o++)
            for (int64_t i = 0; i < inner; i++) {
                double sum = 0;
                for (int64_t k = 0; k < t.n && !t.outside; k++)
                    if (t.weight[k] != 0)
                        sum += t.weight[k] * v[(o * a->in + sy_min(sy_max(t.first + k, 0), a->in - 1)) * inner + i];
                y[(o * a->out + x) * inner + i] = t.outside ? r->extrapolation : sum;
            }
    }
    if (!t.weight) {
        sy_free(y);
        y = NULL;
    }
    sy_free(t.weight);
    return y;
}

static enum systole_status check_axis(struct sy_call *c, struct axis *a)
{
    enum { LARGEST = 1000000 };
    const int64_t most = (int64_t)1 << 32;
    if (a->in < 1)
        return sy_bad(c, "an axis of %lld elements has none to take", (long long)a->in);
    if (!(a->scale > 1.0 / LARGEST) || a->scale > LARGEST)
        return sy_bad(c, "a scale of %g of an axis of %lld; scales are 1/%d to %d", a->scale, (long long)a->in, LARGEST, LARGEST);
    if (a->out < 0 || a->out > most)
        return sy_bad(c, "an axis of %lld times %g; a size is 0 to %lld", (long long)a->in, a->scale, (long long)most);
    return SYSTOLE_OK;
}

/* Rounded down; -1, which check_axis refuses, for what is no size. */
static int64_t whole(double size)
{
    return size >= 0 && size < 0x1p40 ? (int64_t)size : -1;
}

/* Sizes with an aspect ratio to keep: one scale for all axes. */
static void keep_ratio(const char *policy, const struct sy_ints *sizes, const struct sy_ints *which, struct axis *axes)
{
    bool smaller = strcmp(policy, "not_larger") == 0;
    if (!smaller && strcmp(policy, "not_smaller") != 0)
        return;
    double scale = 0;
    for (int i = 0; i < which->n; i++) {
        double s = (double)sizes->v[i] / (double)axes[which->v[i]].in;
        scale = i == 0 || (smaller ? s < scale : s > scale) ? s : scale;
    }
    for (int i = 0; i < which->n; i++) {
        struct axis *a = &axes[which->v[i]];
        a->scale = scale;
        a->out = whole(scale * (double)a->in + 0.5);
    }
}

static enum systole_status read_axes(struct sy_call *c, const struct systole_tensor *x, bool crop, struct axis *axes)
{
    bool old = c->node->version < 11;
    const struct systole_tensor *scales = sy_in(c, old ? 1 : 2), *roi = old ? NULL : sy_in(c, 1);
    const struct sy_attr *attr = old ? sy_attr(c, "scales") : NULL;
    struct sy_ints which, sizes;
    enum systole_status status = sy_axes(c, -1, "axes", x->rank, &which);
    if (!status)
        status = sy_ints(c, old ? -1 : 3, NULL, &sizes);
    for (int i = 0; i < x->rank; i++) {
        axes[i] = (struct axis){x->dims[i], x->dims[i], 1, 0, 1};
        if (!which.given)
            which.v[which.n++] = i;
    }
    int64_t n = scales ? scales->count : attr && attr->floats ? (int64_t)attr->count : 0;
    if (status || (n ? n != which.n : sizes.n != which.n) || (crop && (!roi || roi->count != 2 * which.n)))
        return status ? status : sy_bad(c, "scales, sizes or roi do not fit %d axes", which.n);
    for (int i = 0; i < which.n; i++) {
        struct axis *a = &axes[which.v[i]];
        a->scale = n ? (scales ? sy_get(scales, i) : (double)attr->floats[i]) : (double)sizes.v[i] / (double)a->in;
        a->out = n ? whole((double)((float)a->scale * (float)a->in)) : sizes.v[i]; /* in fp32, as shapes are inferred: 10 by 0.7 is 7 */
        if (crop) {
            a->from = sy_get(roi, i);
            a->to = sy_get(roi, which.n + i);
        }
    }
    if (!n)
        keep_ratio(sy_attr_string(c, "keep_aspect_ratio_policy", "stretch"), &sizes, &which, axes);
    for (int i = 0; i < x->rank && !status; i++)
        status = check_axis(c, &axes[i]);
    return status;
}

enum systole_status sy_op_resize(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct axis axes[SYSTOLE_MAX_RANK];
    int64_t dims[SYSTOLE_MAX_RANK];
    bool old = c->node->version < 11;
    struct resize r = {.mode = sy_attr_string(c, "mode", "nearest"),
                       .coordinates = old ? "asymmetric" : sy_attr_string(c, "coordinate_transformation_mode", "half_pixel"),
                       .nearest = old ? "floor" : sy_attr_string(c, "nearest_mode", "round_prefer_floor"),
                       .antialias = sy_attr_int(c, "antialias", 0) != 0,
                       .exclude_outside = sy_attr_int(c, "exclude_outside", 0) != 0,
                       .cubic = (double)sy_attr_float(c, "cubic_coeff_a", -0.75f),
                       .extrapolation = (double)sy_attr_float(c, "extrapolation_value", 0)};
    r.crop = strcmp(r.coordinates, "tf_crop_and_resize") == 0;
    enum systole_status status = read_axes(c, x, r.crop, axes);
    for (int i = 0; i < x->rank; i++)
        dims[i] = axes[i].out;
    if (!status)
        status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    double *v = status ? NULL : sy_as_f64(x);
    for (int i = 0; v && i < x->rank; i++) {
        if (!r.crop && axes[i].scale == 1 && axes[i].in == axes[i].out)
            continue;
        int64_t outer = 1;
        for (int k = 0; k < i; k++)
            outer *= dims[k];
        double *next = along(&r, &axes[i], v, outer, sy_span(x, i + 1, x->rank));
        sy_free(v);
        v = next;
    }
    if (!status && !v)
        status = sy_no_memory(c->ctx);
    for (int64_t i = 0; !status && i < y->count; i++)
        sy_put(y, i, v[i]);
    sy_free(v);
    return status;
}
