/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions over axes. Floats are reduced as double and rounded once; integers modulo 2^64. */
#include "host/graph/ops.h"

enum rule { SUM, MEAN, PROD, MAX, MIN, L1, L2, SUM_SQUARE, LOG_SUM, LOG_SUM_EXP };

/* Walks of the elements that stay (kept) and, from each, of those that are reduced. */
struct plan {
    int rank;
    int64_t dims[SYSTOLE_MAX_RANK];
    struct sy_walk kept, reduced;
    int64_t n_reduced;
};

/* Version 18 (13 for ReduceSum) has axes as an input; no axes means all, or none with noop_with_empty_axes. */
static enum systole_status plan(struct sy_call *c, struct plan *p, bool *noop)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct sy_ints axes;
    enum systole_status status = sy_axes(c, 1, "axes", x->rank, &axes);
    if (status)
        return status;
    bool keep = sy_attr_int(c, "keepdims", 1) != 0, is_axis[SYSTOLE_MAX_RANK] = {false};
    *noop = axes.n == 0 && sy_attr_int(c, "noop_with_empty_axes", 0) != 0;
    for (int i = 0; i < axes.n; i++)
        is_axis[axes.v[i]] = true;
    int64_t strides[SYSTOLE_MAX_RANK];
    sy_strides(x->rank, x->dims, strides);
    memset(p, 0, sizeof(*p));
    p->n_reduced = 1;
    p->kept.operands = p->reduced.operands = 1;
    for (int i = 0; i < x->rank; i++) {
        bool reduce = axes.n ? is_axis[i] : !*noop;
        struct sy_walk *w = reduce ? &p->reduced : &p->kept;
        w->dims[w->rank] = x->dims[i];
        w->stride[0][w->rank++] = strides[i];
        p->n_reduced *= reduce ? x->dims[i] : 1;
        if (!reduce || keep)
            p->dims[p->rank++] = reduce ? 1 : x->dims[i];
    }
    return SYSTOLE_OK;
}

static double lowest_of(enum systole_dtype dtype)
{
    double lo, hi;
    sy_dtype_range(dtype, &lo, &hi);
    return sy_dtype_is_float(dtype) ? -(double)INFINITY : lo;
}

static double highest_of(enum systole_dtype dtype)
{
    double lo, hi;
    sy_dtype_range(dtype, &lo, &hi);
    return sy_dtype_is_float(dtype) ? (double)INFINITY : hi;
}

static double largest(const struct plan *p, const struct systole_tensor *x, int64_t base)
{
    struct sy_walk w = p->reduced;
    double best = -(double)INFINITY;
    for (int64_t i = 0; i < p->n_reduced; i++, sy_walk_next(&w)) {
        double v = sy_get(x, base + w.at[0]);
        best = v > best || isnan(v) ? v : best;
    }
    return best;
}

static double reduce_float(const struct plan *p, const struct systole_tensor *x, int64_t base, enum rule rule)
{
    struct sy_walk w = p->reduced;
    double shift = rule == LOG_SUM_EXP ? largest(p, x, base) : 0;
    double r = rule == PROD ? 1 : rule == MAX ? lowest_of(x->dtype) : rule == MIN ? highest_of(x->dtype) : 0;
    if (isinf(shift))
        shift = 0;
    for (int64_t i = 0; i < p->n_reduced; i++, sy_walk_next(&w)) {
        double v = sy_get(x, base + w.at[0]);
        switch (rule) {
        case PROD: r *= v; break;
        case MAX: r = v > r || isnan(v) ? v : r; break;
        case MIN: r = v < r || isnan(v) ? v : r; break;
        case L1: r += fabs(v); break;
        case L2: case SUM_SQUARE: r += v * v; break;
        case LOG_SUM_EXP: r += exp(v - shift); break;
        default: r += v;
        }
    }
    return rule == MEAN ? r / (double)p->n_reduced
           : rule == L2 ? sqrt(r)
           : rule == LOG_SUM ? log(r)
           : rule == LOG_SUM_EXP ? log(r) + shift : r;
}

static int64_t reduce_int(const struct plan *p, const struct systole_tensor *x, int64_t base, enum rule rule)
{
    struct sy_walk w = p->reduced;
    uint64_t r = rule == PROD ? 1 : 0;
    bool u64 = x->dtype == SYSTOLE_U64;
    if (p->n_reduced == 0 && (rule == MAX || rule == MIN)) {
        double v = rule == MAX ? lowest_of(x->dtype) : highest_of(x->dtype);
        return u64 ? (rule == MAX ? 0 : -1) : v >= 0x1p63 ? INT64_MAX : (int64_t)v;
    }
    for (int64_t i = 0; i < p->n_reduced; i++, sy_walk_next(&w)) {
        uint64_t v = (uint64_t)sy_get_int(x, base + w.at[0]);
        bool above = u64 ? v > r : (int64_t)v > (int64_t)r;
        switch (rule) {
        case PROD: r *= v; break;
        case MAX: r = i == 0 || above ? v : r; break;
        case MIN: r = i == 0 || !above ? v : r; break;
        case L1: r += !u64 && (int64_t)v < 0 ? 0 - v : v; break;
        case SUM_SQUARE: r += v * v; break;
        default: r += v;
        }
    }
    if (rule == MEAN)
        return p->n_reduced ? (int64_t)r / p->n_reduced : 0;
    return (int64_t)r;
}

static enum systole_status reduce(struct sy_call *c, enum rule rule)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct plan p;
    bool noop = false;
    enum systole_status status = plan(c, &p, &noop);
    if (!status)
        status = sy_out(c, 0, x->dtype, p.rank, p.dims, &y);
    if (status)
        return status;
    bool ints = !sy_dtype_is_float(x->dtype) && rule != L2 && rule != LOG_SUM && rule != LOG_SUM_EXP;
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&p.kept))
        if (ints)
            sy_put_int(y, i, reduce_int(&p, x, p.kept.at[0], rule));
        else
            sy_put(y, i, reduce_float(&p, x, p.kept.at[0], rule));
    return SYSTOLE_OK;
}

#define REDUCE(name, rule) \
    enum systole_status sy_op_reduce_##name(struct sy_call *c) { return reduce(c, rule); }
REDUCE(sum, SUM)
REDUCE(mean, MEAN)
REDUCE(prod, PROD)
REDUCE(max, MAX)
REDUCE(min, MIN)
REDUCE(l1, L1)
REDUCE(l2, L2)
REDUCE(sum_square, SUM_SQUARE)
REDUCE(log_sum, LOG_SUM)
REDUCE(log_sum_exp, LOG_SUM_EXP)

/* ---- One axis ---- */

/* Around an axis: `outer` times `length` times `inner` elements. */
struct lines { int64_t outer, length, inner; };

static enum systole_status lines(struct sy_call *c, const struct systole_tensor *x, int64_t axis, struct lines *l, int *which)
{
    int a = sy_axis(axis, x->rank);
    if (a < 0)
        return sy_bad(c, "axis %lld of %d dimensions", (long long)axis, x->rank);
    *l = (struct lines){sy_span(x, 0, a), x->dims[a], sy_span(x, a + 1, x->rank)};
    *which = a;
    return SYSTOLE_OK;
}

/* -1, 0, 1: is a less than, equal to, above b? NaN is above all. */
static int compare(const struct systole_tensor *x, int64_t a, int64_t b)
{
    if (sy_dtype_is_float(x->dtype)) {
        double va = sy_get(x, a), vb = sy_get(x, b);
        return isnan(va) || isnan(vb) ? isnan(va) - isnan(vb) : (va > vb) - (va < vb);
    }
    int64_t va = sy_get_int(x, a), vb = sy_get_int(x, b);
    if (x->dtype == SYSTOLE_U64)
        return ((uint64_t)va > (uint64_t)vb) - ((uint64_t)va < (uint64_t)vb);
    return (va > vb) - (va < vb);
}

static enum systole_status arg(struct sy_call *c, int sign)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct lines l = {0, 0, 0};
    int a = 0, rank = 0;
    enum systole_status status = lines(c, x, sy_attr_int(c, "axis", 0), &l, &a);
    if (status)
        return status;
    if (l.length == 0)
        return sy_bad(c, "axis %d is empty", a);
    bool keep = sy_attr_int(c, "keepdims", 1) != 0, last = sy_attr_int(c, "select_last_index", 0) != 0;
    int64_t dims[SYSTOLE_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        if (i != a || keep)
            dims[rank++] = i == a ? 1 : x->dims[i];
    status = sy_out(c, 0, SYSTOLE_I64, rank, dims, &y);
    for (int64_t i = 0; !status && i < y->count; i++) {
        int64_t base = i / l.inner * l.length * l.inner + i % l.inner, best = 0;
        for (int64_t k = 1; k < l.length; k++) {
            int order = sign * compare(x, base + k * l.inner, base + best * l.inner);
            if (order > 0 || (last && order == 0))
                best = k;
        }
        ((int64_t *)y->data)[i] = best;
    }
    return status;
}

enum systole_status sy_op_arg_max(struct sy_call *c)
{
    return arg(c, 1);
}

enum systole_status sy_op_arg_min(struct sy_call *c)
{
    return arg(c, -1);
}

static enum systole_status cumulate(struct sy_call *c, bool product)
{
    const struct systole_tensor *x = sy_in(c, 0), *axis = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    struct lines l = {0, 0, 0};
    int a = 0;
    if (axis->count != 1)
        return sy_bad(c, "axis is one number");
    enum systole_status status = lines(c, x, sy_get_int(axis, 0), &l, &a);
    if (!status)
        status = sy_out_like(c, 0, x, &y);
    bool exclusive = sy_attr_int(c, "exclusive", 0) != 0, reverse = sy_attr_int(c, "reverse", 0) != 0;
    bool is_float = sy_dtype_is_float(x->dtype);
    for (int64_t i = 0; !status && i < l.outer * l.inner; i++) {
        double f = product;
        uint64_t n = product;
        for (int64_t k = 0; k < l.length; k++) {
            int64_t at = i / l.inner * l.length * l.inner + i % l.inner + (reverse ? l.length - 1 - k : k) * l.inner;
            double f_before = f;
            uint64_t n_before = n, v = (uint64_t)sy_get_int(x, at);
            f = product ? f * sy_get(x, at) : f + sy_get(x, at);
            n = product ? n * v : n + v;
            if (is_float)
                sy_put(y, at, exclusive ? f_before : f);
            else
                sy_put_int(y, at, (int64_t)(exclusive ? n_before : n));
        }
    }
    return status;
}

enum systole_status sy_op_cum_sum(struct sy_call *c)
{
    return cumulate(c, false);
}

enum systole_status sy_op_cum_prod(struct sy_call *c)
{
    return cumulate(c, true);
}

/* The k largest (or smallest) by choosing one after the other: ties go to the lower index. */
enum systole_status sy_op_top_k(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *count = sy_in(c, 1);
    struct systole_tensor *y = NULL, *where = NULL;
    struct lines l = {0, 0, 0};
    int a = 0;
    enum systole_status status = lines(c, x, sy_attr_int(c, "axis", -1), &l, &a);
    if (status)
        return status;
    int64_t k = count && count->count == 1 ? sy_get_int(count, 0) : sy_attr_int(c, "k", -1), dims[SYSTOLE_MAX_RANK];
    int sign = sy_attr_int(c, "largest", 1) ? 1 : -1;
    if (k < 0 || k > l.length)
        return sy_bad(c, "%lld of %lld elements", (long long)k, (long long)l.length);
    memcpy(dims, x->dims, sizeof(dims));
    dims[a] = k;
    status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    if (!status)
        status = sy_out(c, 1, SYSTOLE_I64, x->rank, dims, &where);
    bool *taken = status ? NULL : sy_alloc((size_t)l.length, sizeof(*taken));
    if (!status && !taken)
        status = sy_no_memory(c->ctx);
    for (int64_t i = 0; !status && i < l.outer * l.inner; i++) {
        int64_t base = i / l.inner * l.length * l.inner + i % l.inner, to = i / l.inner * k * l.inner + i % l.inner;
        memset(taken, 0, (size_t)l.length);
        for (int64_t n = 0; n < k; n++) {
            int64_t best = -1;
            for (int64_t j = 0; j < l.length; j++)
                if (!taken[j] && (best < 0 || sign * compare(x, base + j * l.inner, base + best * l.inner) > 0))
                    best = j;
            taken[best] = true;
            sy_copy_element(y, to + n * l.inner, x, base + best * l.inner);
            ((int64_t *)where->data)[to + n * l.inner] = best;
        }
    }
    sy_free(taken);
    return status;
}
