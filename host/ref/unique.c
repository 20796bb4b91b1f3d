/* SPDX-License-Identifier: Apache-2.0 */
/* Unique: what is there more than once, once. CenterCropPad, TensorScatter, Det. */
#include "host/graph/ops.h"

/* Slices of a tensor along an axis; without one its elements. */
struct slices {
    const struct systole_tensor *x;
    int64_t n, outer, inner; /* slices; elements of one: outer x inner */
};

/* NaN is one value, and the largest. */
static int compare_elements(const struct systole_tensor *x, int64_t a, int64_t b)
{
    if (!sy_dtype_is_float(x->dtype)) {
        const int64_t v = sy_get_int(x, a), w = sy_get_int(x, b);
        return x->dtype == SYSTOLE_U64 ? ((uint64_t)v > (uint64_t)w) - ((uint64_t)v < (uint64_t)w) : (v > w) - (v < w);
    }
    const double v = sy_get(x, a), w = sy_get(x, b);
    if (isnan(v) || isnan(w))
        return !!isnan(v) - !!isnan(w);
    return (v > w) - (v < w);
}

static int64_t element_of(const struct slices *s, int64_t slice, int64_t k)
{
    return (k / s->inner * s->n + slice) * s->inner + k % s->inner;
}

static int compare_slices(const struct slices *s, int64_t a, int64_t b)
{
    for (int64_t k = 0; k < s->outer * s->inner; k++) {
        const int order = compare_elements(s->x, element_of(s, a, k), element_of(s, b, k));
        if (order)
            return order;
    }
    return 0;
}

/* Merges, so that equal slices stay in their order. `list` and `spare` have n places. */
static void sort_slices(const struct slices *s, int64_t *list, int64_t *spare)
{
    for (int64_t width = 1; width < s->n; width *= 2) {
        for (int64_t from = 0; from < s->n; from += 2 * width) {
            const int64_t middle = sy_min(from + width, s->n), end = sy_min(from + 2 * width, s->n);
            int64_t a = from, b = middle;
            for (int64_t to = from; to < end; to++)
                spare[to] = a < middle && (b >= end || compare_slices(s, list[a], list[b]) <= 0) ? list[a++] : list[b++];
        }
        memcpy(list, spare, (size_t)s->n * sizeof *list);
    }
}

/* first[g], count[g]: the first slice of group g and how many there are; group[i]: that of slice i. The number of groups. */
static int64_t group_slices(const struct slices *s, const int64_t *sorted, int64_t *first, int64_t *count, int64_t *group)
{
    int64_t groups = 0;
    for (int64_t i = 0; i < s->n; i++) {
        if (i == 0 || compare_slices(s, sorted[i - 1], sorted[i]) != 0) {
            first[groups] = sorted[i];
            count[groups++] = 0;
        }
        count[groups - 1]++;
        group[sorted[i]] = groups - 1;
    }
    return groups;
}

/* Groups in the order of their first slices: `group` is in that of the slices, so each is met in turn. */
static void by_appearance(int64_t n, int64_t groups, int64_t *first, int64_t *count, int64_t *group, int64_t *spare)
{
    int64_t met = 0, *place = spare, *sizes = spare + groups;
    for (int64_t g = 0; g < groups; g++)
        place[g] = -1;
    for (int64_t i = 0; i < n; i++) {
        const int64_t g = group[i];
        if (place[g] < 0) {
            sizes[met] = count[g];
            place[g] = met++;
        }
        group[i] = place[g];
    }
    memcpy(count, sizes, (size_t)groups * sizeof *count);
    for (int64_t i = n - 1; i >= 0; i--)
        first[group[i]] = i;
}

static enum systole_status list_out(struct sy_call *c, int output, int64_t n, const int64_t *v)
{
    struct systole_tensor *y = NULL;
    const enum systole_status status = sy_wants(c, output) ? sy_out(c, output, SYSTOLE_I64, 1, &n, &y) : SYSTOLE_OK;
    if (y)
        memcpy(y->data, v, (size_t)n * sizeof *v);
    return status;
}

static enum systole_status unique_out(struct sy_call *c, const struct slices *s, int axis, int64_t groups, const int64_t *first)
{
    struct systole_tensor *y = NULL;
    int64_t dims[SYSTOLE_MAX_RANK] = {groups};
    if (axis >= 0)
        memcpy(dims, s->x->dims, sizeof dims);
    if (axis >= 0)
        dims[axis] = groups;
    const enum systole_status status = sy_out(c, 0, s->x->dtype, axis >= 0 ? s->x->rank : 1, dims, &y);
    for (int64_t i = 0; !status && i < y->count; i++) {
        const int64_t k = i / s->inner / groups * s->inner + i % s->inner;
        sy_copy_element(y, i, s->x, element_of(s, first[i / s->inner % groups], k));
    }
    return status;
}

enum systole_status sy_op_unique(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    const struct sy_attr *along = sy_attr(c, "axis");
    const int axis = along && along->kind == SY_ATTR_INT ? sy_axis(along->i, x->rank) : -1;
    if (along && axis < 0)
        return sy_bad(c, "axis %lld of %s", (long long)along->i, sy_shape(x).text);
    const struct slices s = {x, axis < 0 ? x->count : x->dims[axis], axis < 0 ? 1 : sy_span(x, 0, axis), axis < 0 ? 1 : sy_span(x, axis + 1, x->rank)};
    int64_t *memory = sy_alloc((size_t)s.n, 6 * sizeof *memory);
    if (!memory)
        return sy_no_memory(c->ctx);
    int64_t *sorted = memory, *first = memory + s.n, *count = first + s.n, *group = count + s.n, *spare = group + s.n;
    for (int64_t i = 0; i < s.n; i++)
        sorted[i] = i;
    sort_slices(&s, sorted, spare);
    const int64_t groups = group_slices(&s, sorted, first, count, group);
    if (!sy_attr_int(c, "sorted", 1))
        by_appearance(s.n, groups, first, count, group, spare);
    enum systole_status status = unique_out(c, &s, axis, groups, first);
    if (!status)
        status = list_out(c, 1, groups, first);
    if (!status)
        status = list_out(c, 2, s.n, group);
    if (!status)
        status = list_out(c, 3, groups, count);
    sy_free(memory);
    return status;
}

/* ---- CenterCropPad: what is too long loses both ends, what is too short gets zeros at both ---- */

enum systole_status sy_op_center_crop_pad(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct sy_ints shape, axes;
    int64_t dims[SYSTOLE_MAX_RANK], in[SYSTOLE_MAX_RANK], shift[SYSTOLE_MAX_RANK] = {0};
    enum systole_status status = sy_ints(c, 1, NULL, &shape);
    if (!status)
        status = sy_axes(c, -1, "axes", x->rank, &axes);
    if (status)
        return status;
    if (shape.n != (axes.given ? axes.n : x->rank))
        return sy_bad(c, "%d sizes for %d axes of %s", shape.n, axes.given ? axes.n : x->rank, sy_shape(x).text);
    memcpy(dims, x->dims, sizeof dims);
    for (int i = 0; i < shape.n; i++) {
        const int64_t axis = axes.given ? axes.v[i] : i;
        if (shape.v[i] < 0 || shape.v[i] > (int64_t)1 << 40)
            return sy_bad(c, "axis %lld is to be %lld", (long long)axis, (long long)shape.v[i]);
        dims[axis] = shape.v[i];
        shift[axis] = x->dims[axis] > dims[axis] ? (x->dims[axis] - dims[axis]) / 2 : -((dims[axis] - x->dims[axis]) / 2);
    }
    status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    sy_strides(x->rank, x->dims, in);
    struct sy_walk w;
    sy_walk_start(&w, x->rank, dims);
    for (int64_t i = 0; !status && i < y->count; i++, sy_walk_next(&w)) {
        int64_t from = 0;
        bool inside = true;
        for (int d = 0; d < x->rank; d++) {
            const int64_t at = w.index[d] + shift[d];
            inside = inside && at >= 0 && at < x->dims[d];
            from += at * in[d];
        }
        if (inside)
            sy_copy_element(y, i, x, from);
    }
    return status;
}

/* ---- TensorScatter: what is new goes into a cache, at each batch's own place ---- */

enum systole_status sy_op_tensor_scatter(struct sy_call *c)
{
    const struct systole_tensor *past = sy_in(c, 0), *update = sy_in(c, 1), *where = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    const int axis = sy_axis(sy_attr_int(c, "axis", -2), past->rank);
    const char *mode = sy_attr_string(c, "mode", "linear");
    const bool circular = strcmp(mode, "circular") == 0;
    bool fits = axis > 0 && past->rank == update->rank && past->dtype == update->dtype && (circular || strcmp(mode, "linear") == 0);
    for (int d = 0; fits && d < past->rank; d++)
        fits = d == axis ? update->dims[d] <= past->dims[d] : update->dims[d] == past->dims[d];
    if (!fits || (where && (where->count != past->dims[0] || sy_dtype_is_float(where->dtype))))
        return sy_bad(c, "%s into %s along axis %lld, mode '%.20s', or places that do not fit", sy_shape(update).text, sy_shape(past).text,
                      (long long)sy_attr_int(c, "axis", -2), mode);
    const enum systole_status status = sy_out_like(c, 0, past, &y);
    if (status)
        return status;
    memcpy(y->data, past->data, systole_tensor_bytes(past));
    if (update->count == 0)
        return SYSTOLE_OK;
    const int64_t outer = sy_span(past, 0, axis), per_batch = outer / past->dims[0], room = past->dims[axis], n = update->dims[axis];
    const size_t row = (size_t)sy_span(past, axis + 1, past->rank) * (size_t)sy_dtype_size(past->dtype);
    for (int64_t i = 0; i < outer * n; i++) {
        const int64_t start = where ? sy_get_int(where, i / n / per_batch) : 0;
        if (start < 0 || start > (circular ? INT64_MAX - n : room - n))
            return sy_bad(c, "place %lld of batch %lld: %lld are written, %lld are there", (long long)start, (long long)(i / n / per_batch),
                          (long long)n, (long long)room);
        memcpy((char *)y->data + (size_t)(i / n * room + (start + i % n) % room) * row, (const char *)update->data + (size_t)i * row, row);
    }
    return SYSTOLE_OK;
}

/* ---- Det ---- */

/* Gauss, the largest of a column first. v: n x n, destroyed. */
static double determinant(double *v, int64_t n)
{
    double product = 1;
    for (int64_t k = 0; k < n; k++) {
        int64_t best = k;
        for (int64_t i = k + 1; i < n; i++)
            best = fabs(v[i * n + k]) > fabs(v[best * n + k]) ? i : best;
        for (int64_t j = 0; best != k && j < n; j++) {
            const double t = v[k * n + j];
            v[k * n + j] = v[best * n + j];
            v[best * n + j] = t;
        }
        product *= best != k ? -v[k * n + k] : v[k * n + k];
        for (int64_t i = k + 1; i < n && v[k * n + k] != 0; i++) {
            const double f = v[i * n + k] / v[k * n + k];
            for (int64_t j = k; j < n; j++)
                v[i * n + j] -= f * v[k * n + j];
        }
    }
    return product;
}

enum systole_status sy_op_det(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    if (x->rank < 2 || x->dims[x->rank - 1] != x->dims[x->rank - 2] || !sy_dtype_is_float(x->dtype))
        return sy_bad(c, "%s of %s: square matrices of floats", sy_shape(x).text, systole_dtype_name(x->dtype));
    const int64_t n = x->dims[x->rank - 1];
    enum systole_status status = sy_out(c, 0, x->dtype, x->rank - 2, x->dims, &y);
    double *v = status ? NULL : sy_as_f64(x);
    if (!status && !v)
        status = sy_no_memory(c->ctx);
    for (int64_t i = 0; !status && i < y->count; i++)
        sy_put(y, i, determinant(v + i * n * n, n));
    sy_free(v);
    return status;
}
