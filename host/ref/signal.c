/* SPDX-License-Identifier: Apache-2.0 */
/* Spectra: DFT, STFT, windows and mel filters; every sum as double, rounded once. */
#include "host/graph/ops.h"

enum { MOST_POINTS = 1 << 20 }; /* of a transform: its time grows with their square */

/* cos and sin of 2 pi i / n, for i < n: 2n numbers in new memory (sy_free); NULL without memory. */
static double *turns(int64_t n)
{
    double *t = sy_alloc((size_t)n, 2 * sizeof *t);
    for (int64_t i = 0; t && i < n; i++) {
        const double angle = 2 * 3.14159265358979323846 * (double)i / (double)n;
        t[2 * i] = cos(angle);
        t[2 * i + 1] = sin(angle);
    }
    return t;
}

/* A line of `given` complex numbers, the rest of n being zeros; bin k of its transform, forwards or backwards, not divided. */
struct line { const double *v; int64_t given; };

static void transform(const double *turn, struct line l, int64_t n, int64_t k, bool backwards, double *real, double *imaginary)
{
    double re = 0, im = 0;
    int64_t at = 0;
    for (int64_t i = 0; i < l.given; i++) {
        const double cosine = turn[2 * at], sine = backwards ? turn[2 * at + 1] : -turn[2 * at + 1];
        re += l.v[2 * i] * cosine - l.v[2 * i + 1] * sine;
        im += l.v[2 * i] * sine + l.v[2 * i + 1] * cosine;
        at += k;
        at -= at >= n ? n : 0;
    }
    *real = re;
    *imaginary = im;
}

struct dft {
    const struct systole_tensor *x;
    int axis;
    int64_t in, n, out, parts; /* along the axis: of the input, of the transform, of the output; 1: real numbers, 2: complex ones */
    bool backwards, onesided, real_out;
};

static enum systole_status read_dft(struct sy_call *c, struct dft *d)
{
    const struct systole_tensor *length = sy_in(c, 1), *axis = sy_in(c, 2);
    *d = (struct dft){.x = sy_in(c, 0), .backwards = sy_attr_int(c, "inverse", 0) != 0, .onesided = sy_attr_int(c, "onesided", 0) != 0};
    if ((length && length->count != 1) || (axis && axis->count != 1) || d->x->rank < 2)
        return sy_bad(c, "%s with a length or an axis that is not one number", sy_shape(d->x).text);
    d->axis = sy_axis(axis ? sy_get_int(axis, 0) : c->node->version < 20 ? sy_attr_int(c, "axis", 1) : -2, d->x->rank);
    d->parts = d->x->dims[d->x->rank - 1];
    if (d->axis < 0 || d->axis == d->x->rank - 1 || (d->parts != 1 && d->parts != 2))
        return sy_bad(c, "%s along axis %d: the last dimension has 1 number, or the 2 parts of a complex one", sy_shape(d->x).text, d->axis);
    d->in = d->x->dims[d->axis];
    d->real_out = d->backwards && d->onesided;
    d->n = length ? sy_get_int(length, 0) : d->real_out ? 2 * (d->in - 1) : d->in;
    if (d->n < 1 || d->n > MOST_POINTS)
        return sy_bad(c, "a transform of %lld", (long long)d->n);
    d->out = d->onesided && !d->backwards ? d->n / 2 + 1 : d->n;
    return SYSTOLE_OK;
}

/* The line of x at `base` into v: as long as it is given, or mirrored where only one side is. */
static int64_t read_line(const struct dft *d, int64_t base, int64_t step, double *v)
{
    const int64_t sided = d->real_out ? d->n / 2 + 1 : d->n, given = sy_min(d->in, sided);
    for (int64_t i = 0; i < given; i++)
        for (int64_t p = 0; p < 2; p++)
            v[2 * i + p] = p < d->parts ? sy_get(d->x, base + i * step + p) : 0;
    if (!d->real_out)
        return given;
    for (int64_t i = 0; i < d->n; i++) /* what a real line's transform must be: k and n - k are conjugates */
        for (int64_t p = 0; p < 2; p++)
            v[2 * i + p] = i < given ? v[2 * i + p] : d->n - i < given ? (p ? -1 : 1) * v[2 * (d->n - i) + p] : 0;
    return d->n;
}

static void one_line(const struct dft *d, const double *turn, struct line l, struct systole_tensor *y, int64_t base, int64_t step)
{
    const double divisor = d->backwards ? (double)d->n : 1;
    for (int64_t k = 0; k < d->out; k++) {
        double re, im;
        transform(turn, l, d->n, k, d->backwards, &re, &im);
        sy_put(y, base + k * step, re / divisor);
        if (!d->real_out)
            sy_put(y, base + k * step + 1, im / divisor);
    }
}

enum systole_status sy_op_dft(struct sy_call *c)
{
    struct dft d;
    struct systole_tensor *y = NULL;
    int64_t dims[SYSTOLE_MAX_RANK];
    enum systole_status status = read_dft(c, &d);
    if (status)
        return status;
    const int last = d.x->rank - 1;
    memcpy(dims, d.x->dims, sizeof dims);
    dims[d.axis] = d.out;
    dims[last] = d.real_out ? 1 : 2;
    status = sy_out(c, 0, d.x->dtype, d.x->rank, dims, &y);
    if (status || y->count == 0)
        return status;
    double *turn = turns(d.n), *v = sy_alloc((size_t)d.n, 2 * sizeof *v);
    if (!turn || !v)
        status = sy_no_memory(c->ctx);
    const int64_t inner = sy_span(d.x, d.axis + 1, last), outer = sy_span(d.x, 0, d.axis);
    for (int64_t i = 0; i < outer * inner && !status; i++) {
        const struct line l = {v, read_line(&d, (i / inner * d.in * inner + i % inner) * d.parts, inner * d.parts, v)};
        one_line(&d, turn, l, y, (i / inner * d.out * inner + i % inner) * dims[last], inner * dims[last]);
    }
    sy_free(turn);
    sy_free(v);
    return status;
}

/* signal, frame_step, window, frame_length */
enum systole_status sy_op_stft(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *window = sy_in(c, 2), *length = sy_in(c, 3);
    struct systole_tensor *y = NULL;
    const int64_t step = sy_in(c, 1)->count == 1 ? sy_get_int(sy_in(c, 1), 0) : 0;
    const int64_t n = length && length->count == 1 ? sy_get_int(length, 0) : window ? window->count : 0;
    const int64_t parts = x->rank == 3 ? x->dims[2] : x->rank == 2 ? 1 : 0;
    if (step < 1 || n < 1 || (parts != 1 && parts != 2) || n > x->dims[1] || n > MOST_POINTS || (window && window->count != n))
        return sy_bad(c, "%s in frames of %lld, %lld apart", sy_shape(x).text, (long long)n, (long long)step);
    const struct dft d = {.n = n, .out = sy_attr_int(c, "onesided", 1) ? n / 2 + 1 : n};
    const int64_t frames = (x->dims[1] - n) / step + 1, dims[4] = {x->dims[0], frames, d.out, 2};
    enum systole_status status = sy_out(c, 0, x->dtype, 4, dims, &y);
    double *turn = status ? NULL : turns(n), *v = status ? NULL : sy_alloc((size_t)n, 2 * sizeof *v);
    if (!status && (!turn || !v))
        status = sy_no_memory(c->ctx);
    for (int64_t f = 0; f < dims[0] * frames && !status; f++) {
        const int64_t base = f / frames * x->dims[1] + f % frames * step;
        for (int64_t i = 0; i < n; i++)
            for (int64_t p = 0; p < 2; p++)
                v[2 * i + p] = p < parts ? sy_get(x, (base + i) * parts + p) * (window ? sy_get(window, i) : 1) : 0;
        one_line(&d, turn, (struct line){v, n}, y, f * d.out * 2, 2);
    }
    sy_free(turn);
    sy_free(v);
    return status;
}

/* a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n) */
static enum systole_status cosine_window(struct sy_call *c, double a0, double a1, double a2)
{
    struct systole_tensor *y = NULL;
    const enum systole_dtype dtype = (enum systole_dtype)sy_attr_int(c, "output_datatype", SYSTOLE_F32);
    const int64_t size = sy_in(c, 0)->count == 1 ? sy_get_int(sy_in(c, 0), 0) : -1;
    if (size < 0 || sy_dtype_kind(dtype) == SY_KIND_NONE)
        return sy_bad(c, "a window of %lld", (long long)size);
    enum systole_status status = sy_out(c, 0, dtype, 1, &size, &y);
    const double period = sy_attr_int(c, "periodic", 1) ? (double)size : (double)(size - 1);
    for (int64_t i = 0; i < size && !status; i++) {
        const double angle = period > 0 ? 2 * 3.14159265358979323846 * (double)i / period : 0;
        sy_put(y, i, a0 - a1 * cos(angle) + a2 * cos(2 * angle));
    }
    return status;
}

enum systole_status sy_op_hann_window(struct sy_call *c)
{
    return cosine_window(c, 0.5, 0.5, 0);
}

enum systole_status sy_op_hamming_window(struct sy_call *c)
{
    return cosine_window(c, 25.0 / 46, 1 - 25.0 / 46, 0);
}

enum systole_status sy_op_blackman_window(struct sy_call *c)
{
    return cosine_window(c, 0.42, 0.5, 0.08);
}

/* num_mel_bins, dft_length, sample_rate, lower_edge_hertz, upper_edge_hertz: triangles on the mel scale, their corners on whole bins. */
enum systole_status sy_op_mel_weight_matrix(struct sy_call *c)
{
    struct systole_tensor *y = NULL;
    double in[5];
    for (int i = 0; i < 5; i++) {
        if (sy_in(c, i)->count != 1)
            return sy_bad(c, "input %d is one number, not %s", i, sy_shape(sy_in(c, i)).text);
        in[i] = sy_get(sy_in(c, i), 0);
    }
    const enum systole_dtype dtype = (enum systole_dtype)sy_attr_int(c, "output_datatype", SYSTOLE_F32);
    if (!(in[0] >= 1 && in[0] <= 1e6) || !(in[1] >= 1 && in[1] <= 1e9) || !(in[2] >= 1) || !(in[3] >= 0) || !(in[4] > in[3]) ||
        in[4] > in[2] || sy_dtype_kind(dtype) == SY_KIND_NONE)
        return sy_bad(c, "%g filters of %g to %g Hz at %g samples a second, %g a transform", in[0], in[3], in[4], in[2], in[1]);
    const int64_t filters = (int64_t)in[0], length = (int64_t)in[1], bins = length / 2 + 1, dims[2] = {bins, filters};
    enum systole_status status = sy_out(c, 0, dtype, 2, dims, &y);
    const double low = 2595 * log10(1 + in[3] / 700), high = 2595 * log10(1 + in[4] / 700), step = (high - low) / (double)(filters + 2);
    for (int64_t f = 0; f < filters && !status; f++) {
        int64_t corner[3];
        for (int i = 0; i < 3; i++) {
            const double hertz = 700 * (pow(10, ((double)(f + i) * step + low) / 2595) - 1);
            corner[i] = (int64_t)floor((double)(length + 1) * hertz / in[2]);
        }
        for (int64_t k = sy_max(corner[0], 0); k < bins && (k <= corner[1] || k < corner[2]); k++) {
            if (k <= corner[1] && corner[1] != corner[0])
                sy_put(y, k * filters + f, (double)(k - corner[0]) / (double)(corner[1] - corner[0]));
            else if (k >= corner[1] && k < corner[2])
                sy_put(y, k * filters + f, (double)(corner[2] - k) / (double)(corner[2] - corner[1]));
        }
        if (corner[0] == corner[1] && corner[1] >= 0 && corner[1] < bins)
            sy_put(y, corner[1] * filters + f, 1);
    }
    return status;
}
