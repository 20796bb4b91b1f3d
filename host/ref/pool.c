/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling by windows and over everything. Sums of floats other than fp64 are fp32, one addition after the other. */
#include "host/graph/ops.h"
#include "host/ref/spatial.h"

struct pool {
    struct sy_spatial s;
    bool single;        /* sums in fp32 */
    bool count_padding; /* average */
    double p;           /* of the norm */
};

/* One channel's window at o. *index: where the largest is. */
typedef double (*window_fn)(const struct pool *p, const struct systole_tensor *x, int64_t base, const int64_t *o, int64_t *index);

static double window_max(const struct pool *p, const struct systole_tensor *x, int64_t base, const int64_t *o, int64_t *index)
{
    double best = 0;
    *index = -1;
    struct sy_taps t;
    sy_taps_start(&p->s, o, &t);
    for (int64_t ki = 0; ki < t.count; ki++, sy_taps_next(p->s.n, &t)) {
        const int64_t at = sy_spatial_at(&p->s, o, t.k);
        double v = sy_get(x, base + at);
        if (*index < 0 || v > best || (isnan(v) && !isnan(best))) {
            best = v;
            *index = at;
        }
    }
    return *index < 0 ? -(double)INFINITY : best;
}

static double add(const struct pool *p, double sum, double v)
{
    return p->single ? (double)((float)sum + (float)v) : sum + v;
}

/* Window positions inside the input with its padding. Windows that ceil_mode adds reach beyond. */
static int64_t in_padding(const struct sy_spatial *s, const int64_t *o)
{
    int64_t n = 1;
    for (int i = 0; i < s->n; i++) {
        const int64_t room = s->in[i] + s->before[i] + s->after[i] - o[i] * s->stride[i], d = s->dilation[i];
        n *= room > 0 ? sy_min((room + d - 1) / d, s->kernel[i]) : 0;
    }
    return n;
}

static double window_average(const struct pool *p, const struct systole_tensor *x, int64_t base, const int64_t *o, int64_t *index)
{
    double sum = 0;
    struct sy_taps t;
    *index = 0;
    sy_taps_start(&p->s, o, &t);
    for (int64_t ki = 0; ki < t.count; ki++, sy_taps_next(p->s.n, &t))
        sum = add(p, sum, sy_get(x, base + sy_spatial_at(&p->s, o, t.k)));
    const int64_t n = p->count_padding ? in_padding(&p->s, o) : t.count;
    return n ? (p->single ? (double)((float)sum / (float)n) : sum / (double)n) : 0;
}

static double window_norm(const struct pool *p, const struct systole_tensor *x, int64_t base, const int64_t *o, int64_t *index)
{
    double sum = 0;
    struct sy_taps t;
    *index = 0;
    sy_taps_start(&p->s, o, &t);
    for (int64_t ki = 0; ki < t.count; ki++, sy_taps_next(p->s.n, &t))
        sum += pow(fabs(sy_get(x, base + sy_spatial_at(&p->s, o, t.k))), p->p);
    return pow(sum, 1 / p->p);
}

/* The index of a largest element in the whole tensor, with the spatial dimensions in the order asked for. */
static int64_t flat_index(const struct sy_spatial *s, int64_t base, int64_t at, bool column_major)
{
    if (!column_major)
        return base + at;
    int64_t position[SY_SPATIAL], r = 0;
    for (int i = s->n - 1; i >= 0; i--) {
        position[i] = at % s->in[i];
        at /= s->in[i];
    }
    for (int i = s->n - 1; i >= 0; i--)
        r = r * s->in[i] + position[i];
    return base + r;
}

static enum systole_status pool(struct sy_call *c, struct pool *p, window_fn f)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL, *where = NULL;
    int64_t dims[SYSTOLE_MAX_RANK];
    dims[0] = x->dims[0];
    dims[1] = x->dims[1];
    memcpy(dims + 2, p->s.out, (size_t)p->s.n * sizeof(*dims));
    enum systole_status status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    if (!status && sy_wants(c, 1))
        status = sy_out(c, 1, SYSTOLE_I64, x->rank, dims, &where);
    if (status)
        return status;
    p->single = x->dtype != SYSTOLE_F64;
    bool column_major = sy_attr_int(c, "storage_order", 0) != 0;
    for (int64_t plane = 0, i = 0; plane < x->dims[0] * x->dims[1]; plane++) {
        int64_t o[SY_SPATIAL] = {0}, index;
        for (int64_t k = 0; k < p->s.out_count; k++, i++, sy_spatial_next(p->s.n, p->s.out, o)) {
            sy_put(y, i, f(p, x, plane * p->s.in_count, o, &index));
            if (where)
                ((int64_t *)where->data)[i] = flat_index(&p->s, plane * p->s.in_count, index, column_major);
        }
    }
    return SYSTOLE_OK;
}

enum systole_status sy_op_max_pool(struct sy_call *c)
{
    struct pool p = {0};
    enum systole_status status = sy_spatial(c, sy_in(c, 0), NULL, &p.s);
    return status ? status : pool(c, &p, window_max);
}

enum systole_status sy_op_average_pool(struct sy_call *c)
{
    struct pool p = {.count_padding = sy_attr_int(c, "count_include_pad", 0) != 0};
    enum systole_status status = sy_spatial(c, sy_in(c, 0), NULL, &p.s);
    return status ? status : pool(c, &p, window_average);
}

enum systole_status sy_op_lp_pool(struct sy_call *c)
{
    struct pool p = {.p = (double)sy_attr_int(c, "p", 2)};
    enum systole_status status = sy_spatial(c, sy_in(c, 0), NULL, &p.s);
    return status ? status : pool(c, &p, window_norm);
}

static enum systole_status global(struct sy_call *c, struct pool *p, window_fn f)
{
    const struct systole_tensor *x = sy_in(c, 0);
    p->s.n = x->rank - 2;
    if (p->s.n < 0)
        return sy_bad(c, "the input is %s: no channels", sy_shape(x).text);
    p->s.in_count = p->s.kernel_count = sy_span(x, 2, x->rank);
    p->s.out_count = 1;
    for (int i = 0; i < p->s.n; i++) {
        p->s.in[i] = p->s.kernel[i] = x->dims[i + 2];
        p->s.stride[i] = p->s.dilation[i] = p->s.out[i] = 1;
    }
    return pool(c, p, f);
}

enum systole_status sy_op_global_max_pool(struct sy_call *c)
{
    struct pool p = {0};
    return global(c, &p, window_max);
}

enum systole_status sy_op_global_average_pool(struct sy_call *c)
{
    struct pool p = {0};
    return global(c, &p, window_average);
}

enum systole_status sy_op_global_lp_pool(struct sy_call *c)
{
    struct pool p = {.p = (double)sy_attr_int(c, "p", 2)};
    return global(c, &p, window_norm);
}

/* Puts values back to where MaxPool found them. */
enum systole_status sy_op_max_unpool(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *at = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    struct sy_spatial s;
    struct sy_ints shape;
    if (at->count != x->count || sy_dtype_is_float(at->dtype))
        return sy_bad(c, "%lld values and %lld indices", (long long)x->count, (long long)at->count);
    enum systole_status status = sy_spatial_attrs(c, x, NULL, &s);
    if (!status)
        status = sy_ints(c, 2, NULL, &shape);
    if (status)
        return status;
    int64_t dims[SYSTOLE_MAX_RANK] = {x->dims[0], x->dims[1]}, count = x->dims[0] * x->dims[1];
    for (int i = 0; i < s.n; i++) {
        dims[i + 2] = (s.in[i] - 1) * s.stride[i] + s.kernel[i] - s.before[i] - s.after[i];
        if (!sy_mul(count, dims[i + 2], &count))
            return sy_bad(c, "dimension %d of the output is %lld", i + 2, (long long)dims[i + 2]);
    }
    if (shape.given && shape.n != x->rank)
        return sy_bad(c, "output_shape has %d numbers", shape.n);
    status = sy_out(c, 0, x->dtype, x->rank, shape.given ? shape.v : dims, &y);
    for (int64_t i = 0; !status && i < x->count; i++) {
        int64_t from = sy_get_int(at, i), to = from;
        if (shape.given && count) { /* indices are those of the shape without output_shape */
            int64_t strides[SYSTOLE_MAX_RANK], wide[SYSTOLE_MAX_RANK];
            sy_strides(x->rank, dims, strides);
            sy_strides(x->rank, y->dims, wide);
            to = 0;
            for (int d = 0; d < x->rank; d++)
                to += from / strides[d] % dims[d] * wide[d];
        }
        if (from < 0 || to < 0 || to >= y->count)
            return sy_bad(c, "index %lld is outside", (long long)from);
        sy_copy_element(y, to, x, i);
    }
    return status;
}
