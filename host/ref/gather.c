/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that pick or place elements by index. An index outside is an error. */
#include "host/graph/ops.h"

/* Negative indices count from the end; -1: outside. */
static int64_t index_at(const struct systole_tensor *t, int64_t i, int64_t n)
{
    int64_t v = sy_get_int(t, i);
    v = v < 0 ? v + n : v;
    return v < 0 || v >= n ? -1 : v;
}

static enum systole_status bad_index(struct sy_call *c, const struct systole_tensor *t, int64_t i, int64_t n)
{
    return sy_bad(c, "index %lld of %lld", (long long)sy_get_int(t, i), (long long)n);
}

enum systole_status sy_op_gather(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *at = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    int axis = sy_axis(sy_attr_int(c, "axis", 0), x->rank), rank = x->rank - 1 + at->rank;
    if (axis < 0 || sy_dtype_is_float(at->dtype))
        return sy_bad(c, "axis of %s, or indices of %s", sy_shape(x).text, systole_dtype_name(at->dtype));
    int64_t dims[2 * SYSTOLE_MAX_RANK], inner = sy_span(x, axis + 1, x->rank), n = x->dims[axis];
    int d = 0;
    for (int i = 0; i < x->rank; i++)
        if (i == axis)
            for (int k = 0; k < at->rank; k++)
                dims[d++] = at->dims[k];
        else
            dims[d++] = x->dims[i];
    enum systole_status status = sy_out(c, 0, x->dtype, rank, dims, &y);
    for (int64_t o = 0, to = 0; !status && o < sy_span(x, 0, axis); o++)
        for (int64_t i = 0; i < at->count; i++) {
            int64_t v = index_at(at, i, n);
            if (v < 0)
                return bad_index(c, at, i, n);
            for (int64_t k = 0; k < inner; k++)
                sy_copy_element(y, to++, x, (o * n + v) * inner + k);
        }
    return status;
}

/* Do the indices lie inside the data in all dimensions but the axis? */
static bool elements_fit(const struct systole_tensor *x, const struct systole_tensor *at, int axis)
{
    if (axis < 0 || at->rank != x->rank || sy_dtype_is_float(at->dtype))
        return false;
    for (int i = 0; i < x->rank; i++)
        if (i != axis && at->dims[i] > x->dims[i])
            return false;
    return true;
}

static int64_t element_at(const struct sy_walk *w, const int64_t *strides, int axis, int64_t v)
{
    int64_t at = 0;
    for (int d = 0; d < w->rank; d++)
        at += (d == axis ? v : w->index[d]) * strides[d];
    return at;
}

enum systole_status sy_op_gather_elements(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *at = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    int axis = sy_axis(sy_attr_int(c, "axis", 0), x->rank);
    int64_t strides[SYSTOLE_MAX_RANK];
    if (!elements_fit(x, at, axis))
        return sy_bad(c, "%s by indices %s", sy_shape(x).text, sy_shape(at).text);
    enum systole_status status = sy_out(c, 0, x->dtype, at->rank, at->dims, &y);
    sy_strides(x->rank, x->dims, strides);
    struct sy_walk w;
    sy_walk_start(&w, at->rank, at->dims);
    for (int64_t i = 0; !status && i < at->count; i++, sy_walk_next(&w)) {
        int64_t v = index_at(at, i, x->dims[axis]);
        if (v < 0)
            return bad_index(c, at, i, x->dims[axis]);
        sy_copy_element(y, i, x, element_at(&w, strides, axis, v));
    }
    return status;
}

/* What is there and what comes, as the attribute `reduction` says. */
static void combine(struct systole_tensor *y, int64_t i, const struct systole_tensor *u, int64_t k, const char *rule)
{
    if (strcmp(rule, "none") == 0) {
        sy_copy_element(y, i, u, k);
    } else if (sy_dtype_is_float(y->dtype)) {
        double a = sy_get(y, i), b = sy_get(u, k);
        sy_put(y, i, strcmp(rule, "add") == 0   ? a + b
                     : strcmp(rule, "mul") == 0 ? a * b
                     : strcmp(rule, "max") == 0 ? fmax(a, b) : fmin(a, b));
    } else {
        int64_t a = sy_get_int(y, i), b = sy_get_int(u, k);
        uint64_t sum = (uint64_t)a + (uint64_t)b, product = (uint64_t)a * (uint64_t)b;
        sy_put_int(y, i, strcmp(rule, "add") == 0 ? (int64_t)sum : strcmp(rule, "mul") == 0 ? (int64_t)product
                         : strcmp(rule, "max") == 0 ? sy_max(a, b) : sy_min(a, b));
    }
}

enum systole_status sy_op_scatter_elements(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *at = sy_in(c, 1), *u = sy_in(c, 2);
    int axis = sy_axis(sy_attr_int(c, "axis", 0), x->rank);
    int64_t strides[SYSTOLE_MAX_RANK];
    if (!elements_fit(x, at, axis) || u->count != at->count || u->dtype != x->dtype)
        return sy_bad(c, "%s by indices %s", sy_shape(x).text, sy_shape(at).text);
    enum systole_status status = sy_out_reshaped(c, 0, x, x->rank, x->dims);
    sy_strides(x->rank, x->dims, strides);
    struct sy_walk w;
    sy_walk_start(&w, at->rank, at->dims);
    for (int64_t i = 0; !status && i < at->count; i++, sy_walk_next(&w)) {
        int64_t v = index_at(at, i, x->dims[axis]);
        if (v < 0)
            return bad_index(c, at, i, x->dims[axis]);
        combine(c->out[0], element_at(&w, strides, axis, v), u, i, sy_attr_string(c, "reduction", "none"));
    }
    return status;
}

/* The offset that tuple i of `at` (its last dimension) names, after `batch` leading dimensions; -1: outside. */
static int64_t tuple_at(const struct systole_tensor *x, const struct systole_tensor *at, int64_t i, int batch)
{
    int64_t n = at->dims[at->rank - 1], offset = 0;
    for (int64_t k = 0; k < n; k++) {
        int64_t v = index_at(at, i * n + k, x->dims[batch + k]);
        if (v < 0)
            return -1;
        offset = offset * x->dims[batch + k] + v;
    }
    return offset;
}

static bool tuples_fit(const struct systole_tensor *x, const struct systole_tensor *at, int64_t batch)
{
    if (at->rank < 1 || sy_dtype_is_float(at->dtype) || batch < 0 || batch >= at->rank || batch > x->rank ||
        at->dims[at->rank - 1] > x->rank - batch)
        return false;
    for (int i = 0; i < batch; i++)
        if (at->dims[i] != x->dims[i])
            return false;
    return true;
}

enum systole_status sy_op_gather_nd(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *at = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    int64_t batch_dims = sy_attr_int(c, "batch_dims", 0), dims[2 * SYSTOLE_MAX_RANK];
    if (!tuples_fit(x, at, batch_dims))
        return sy_bad(c, "%s by indices %s", sy_shape(x).text, sy_shape(at).text);
    int batch = (int)batch_dims, used = batch + (int)at->dims[at->rank - 1], rank = 0;
    for (int i = 0; i < at->rank - 1; i++)
        dims[rank++] = at->dims[i];
    for (int i = used; i < x->rank; i++)
        dims[rank++] = x->dims[i];
    int64_t inner = sy_span(x, used, x->rank), plane = sy_span(x, batch, x->rank), batches = sy_span(x, 0, batch);
    int64_t tuples = sy_span(at, 0, at->rank - 1);
    enum systole_status status = sy_out(c, 0, x->dtype, rank, dims, &y);
    for (int64_t i = 0; !status && y->count && i < tuples; i++) {
        int64_t v = tuple_at(x, at, i, batch);
        if (v < 0)
            return sy_bad(c, "index tuple %lld is outside %s", (long long)i, sy_shape(x).text);
        for (int64_t k = 0; k < inner; k++)
            sy_copy_element(y, i * inner + k, x, i / (tuples / batches) * plane + v * inner + k);
    }
    return status;
}

enum systole_status sy_op_scatter_nd(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *at = sy_in(c, 1), *u = sy_in(c, 2);
    if (!tuples_fit(x, at, 0) || u->dtype != x->dtype)
        return sy_bad(c, "%s by indices %s", sy_shape(x).text, sy_shape(at).text);
    int64_t inner = sy_span(x, (int)at->dims[at->rank - 1], x->rank), tuples = sy_span(at, 0, at->rank - 1);
    if (u->count != tuples * inner)
        return sy_bad(c, "updates %s for indices %s", sy_shape(u).text, sy_shape(at).text);
    enum systole_status status = sy_out_reshaped(c, 0, x, x->rank, x->dims);
    for (int64_t i = 0; !status && i < tuples; i++) {
        int64_t v = tuple_at(x, at, i, 0);
        if (v < 0)
            return sy_bad(c, "index tuple %lld is outside %s", (long long)i, sy_shape(x).text);
        for (int64_t k = 0; k < inner; k++)
            combine(c->out[0], v * inner + k, u, i * inner + k, sy_attr_string(c, "reduction", "none"));
    }
    return status;
}

enum systole_status sy_op_one_hot(struct sy_call *c)
{
    const struct systole_tensor *at = sy_in(c, 0), *depth = sy_in(c, 1), *values = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    int64_t given = sy_attr_int(c, "axis", -1), dims[SYSTOLE_MAX_RANK + 1];
    int axis = sy_axis(given, at->rank + 1);
    if (axis < 0 || depth->count != 1 || values->count != 2 || at->rank == SYSTOLE_MAX_RANK)
        return sy_bad(c, "axis %lld, %lld values", (long long)given, (long long)values->count);
    int64_t n = sy_get_int(depth, 0), inner = sy_span(at, axis, at->rank);
    for (int i = 0; i <= at->rank; i++)
        dims[i] = i == axis ? n : at->dims[i < axis ? i : i - 1];
    enum systole_status status = sy_out(c, 0, values->dtype, at->rank + 1, dims, &y);
    for (int64_t i = 0; !status && i < y->count; i++) {
        int64_t v = sy_get_int(at, i / (n * inner) * inner + i % inner);
        sy_copy_element(y, i, values, (v < 0 ? v + n : v) == i / inner % n);
    }
    return status;
}

enum systole_status sy_op_non_zero(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    int64_t n = 0, at = 0;
    for (int64_t i = 0; i < x->count; i++)
        n += sy_get(x, i) != 0;
    const int64_t dims[2] = {x->rank, n};
    enum systole_status status = sy_out(c, 0, SYSTOLE_I64, 2, dims, &y);
    struct sy_walk w;
    sy_walk_start(&w, x->rank, x->dims);
    for (int64_t i = 0; !status && i < x->count; i++, sy_walk_next(&w))
        if (sy_get(x, i) != 0) {
            for (int d = 0; d < x->rank; d++)
                ((int64_t *)y->data)[d * n + at] = w.index[d];
            at++;
        }
    return status;
}

/* Without an axis the data is one line. */
enum systole_status sy_op_compress(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *keep = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    const struct sy_attr *a = sy_attr(c, "axis");
    int axis = a ? sy_axis(a->i, x->rank) : 0;
    if (axis < 0 || keep->dtype != SYSTOLE_BOOL)
        return sy_bad(c, "axis of %s", sy_shape(x).text);
    int64_t length = a ? x->dims[axis] : x->count, inner = a ? sy_span(x, axis + 1, x->rank) : 1, dims[SYSTOLE_MAX_RANK] = {0};
    int64_t outer = a ? sy_span(x, 0, axis) : 1, n = 0, to = 0;
    for (int64_t i = 0; i < sy_min(length, keep->count); i++)
        n += sy_get_int(keep, i);
    memcpy(dims, x->dims, sizeof(dims));
    dims[axis] = n;
    enum systole_status status = sy_out(c, 0, x->dtype, a ? x->rank : 1, dims, &y);
    for (int64_t o = 0; !status && o < outer; o++)
        for (int64_t i = 0; i < sy_min(length, keep->count); i++)
            for (int64_t k = 0; k < inner && sy_get_int(keep, i); k++)
                sy_copy_element(y, to++, x, (o * length + i) * inner + k);
    return status;
}

/* The first lengths[batch] steps of time backwards, the rest as it is. */
enum systole_status sy_op_reverse_sequence(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *lengths = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    int64_t batch = sy_attr_int(c, "batch_axis", 1), time = sy_attr_int(c, "time_axis", 0), strides[SYSTOLE_MAX_RANK];
    if (x->rank < 2 || batch < 0 || batch > 1 || time != 1 - batch || lengths->count != x->dims[batch])
        return sy_bad(c, "%s with %lld lengths", sy_shape(x).text, (long long)lengths->count);
    sy_strides(x->rank, x->dims, strides);
    enum systole_status status = sy_out_like(c, 0, x, &y);
    for (int64_t i = 0; !status && i < x->count; i++) {
        int64_t t = i / strides[time] % x->dims[time], n = sy_get_int(lengths, i / strides[batch] % x->dims[batch]);
        if (n < 0 || n > x->dims[time])
            return sy_bad(c, "length %lld of %lld", (long long)n, (long long)x->dims[time]);
        sy_copy_element(y, t < n ? i + (n - 1 - 2 * t) * strides[time] : i, x, i);
    }
    return status;
}
