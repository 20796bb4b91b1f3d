/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that move elements by strides: transpose, concatenate, split, slice, pad, expand, tile. */
#include "host/graph/ops.h"

enum systole_status sy_op_transpose(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct sy_ints perm;
    int64_t in[SYSTOLE_MAX_RANK], dims[SYSTOLE_MAX_RANK], strides[SYSTOLE_MAX_RANK];
    enum systole_status status = sy_axes(c, -1, "perm", x->rank, &perm);
    if (status)
        return status;
    if (perm.given && perm.n != x->rank)
        return sy_bad(c, "perm has %d numbers for %s", perm.n, sy_shape(x).text);
    sy_strides(x->rank, x->dims, in);
    for (int i = 0; i < x->rank; i++) {
        int64_t from = perm.given ? perm.v[i] : x->rank - 1 - i;
        dims[i] = x->dims[from];
        strides[i] = in[from];
    }
    return sy_out_strided(c, x, x->rank, dims, 0, strides);
}

enum systole_status sy_op_expand(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct sy_ints shape;
    struct systole_tensor target = {.dtype = x->dtype};
    int rank = 0;
    int64_t dims[SYSTOLE_MAX_RANK];
    enum systole_status status = sy_ints(c, 1, NULL, &shape);
    if (status)
        return status;
    if (shape.n > SYSTOLE_MAX_RANK)
        return sy_cannot(c, "%d dimensions", shape.n);
    target.rank = shape.n;
    memcpy(target.dims, shape.v, (size_t)shape.n * sizeof(*shape.v));
    status = sy_broadcast(c, x, &target, &rank, dims);
    if (status)
        return status;
    struct sy_walk w;
    sy_walk_start(&w, rank, dims);
    sy_walk_broadcast(&w, x);
    return sy_out_strided(c, x, rank, dims, 0, w.stride[0]);
}

enum systole_status sy_op_concat(struct sy_call *c)
{
    const struct systole_tensor *first = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    int64_t dims[SYSTOLE_MAX_RANK];
    int axis = sy_axis(sy_attr_int(c, "axis", 0), first->rank);
    if (axis < 0)
        return sy_bad(c, "axis of %s", sy_shape(first).text);
    memcpy(dims, first->dims, sizeof(dims));
    for (int i = 1; i < c->n_in; i++) {
        const struct systole_tensor *t = sy_in(c, i);
        bool fits = t && t->rank == first->rank && t->dtype == first->dtype;
        for (int d = 0; fits && d < t->rank; d++)
            fits = d == axis || t->dims[d] == dims[d];
        if (!fits)
            return sy_bad(c, "input %d is %s, the first is %s", i, t ? sy_shape(t).text : "left out", sy_shape(first).text);
        dims[axis] += t->dims[axis];
    }
    enum systole_status status = sy_out(c, 0, first->dtype, first->rank, dims, &y);
    int64_t outer = sy_span(first, 0, axis), at = 0;
    size_t size = (size_t)sy_dtype_size(first->dtype);
    for (int64_t o = 0; !status && o < outer; o++)
        for (int i = 0; i < c->n_in; i++) {
            const struct systole_tensor *t = sy_in(c, i);
            int64_t n = sy_span(t, axis, t->rank);
            memcpy((char *)y->data + (size_t)at * size, (const char *)t->data + (size_t)(o * n) * size, (size_t)n * size);
            at += n;
        }
    return status;
}

/* Into pieces of given lengths, of num_outputs equal ones (the last may be smaller), or of one for each output. */
enum systole_status sy_op_split(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct sy_ints parts;
    int axis = sy_axis(sy_attr_int(c, "axis", 0), x->rank);
    enum systole_status status = sy_ints(c, 1, "split", &parts);
    if (status || axis < 0)
        return status ? status : sy_bad(c, "axis of %s", sy_shape(x).text);
    int64_t n = x->dims[axis], outer = sy_span(x, 0, axis), inner = sy_span(x, axis + 1, x->rank), from = 0;
    int64_t even = (n + c->n_out - 1) / c->n_out, dims[SYSTOLE_MAX_RANK];
    size_t size = (size_t)(sy_dtype_size(x->dtype) * inner);
    memcpy(dims, x->dims, sizeof(dims));
    if (parts.given && parts.n != c->n_out)
        return sy_bad(c, "%d lengths for %d outputs", parts.n, c->n_out);
    for (int i = 0; i < c->n_out && !status; i++) {
        struct systole_tensor *y = NULL;
        dims[axis] = parts.given ? parts.v[i] : sy_min(even, n - from);
        if (dims[axis] < 0 || dims[axis] > n - from)
            return sy_bad(c, "piece %d has %lld of %lld", i, (long long)dims[axis], (long long)(n - from));
        status = sy_out(c, i, x->dtype, x->rank, dims, &y);
        for (int64_t o = 0; !status && o < outer; o++)
            memcpy((char *)y->data + (size_t)(o * dims[axis]) * size, (const char *)x->data + (size_t)(o * n + from) * size,
                   (size_t)dims[axis] * size);
        from += dims[axis];
    }
    return status;
}

/* starts, ends, axes, steps: attributes before version 10, then inputs. */
enum systole_status sy_op_slice(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct sy_ints starts, ends, axes, steps;
    int64_t dims[SYSTOLE_MAX_RANK], strides[SYSTOLE_MAX_RANK], offset = 0;
    enum systole_status status = sy_ints(c, 1, "starts", &starts);
    if (!status)
        status = sy_ints(c, 2, "ends", &ends);
    if (!status)
        status = sy_axes(c, 3, "axes", x->rank, &axes);
    if (!status)
        status = sy_ints(c, 4, "steps", &steps);
    if (status)
        return status;
    if (ends.n != starts.n || (axes.given ? axes.n != starts.n : starts.n > x->rank) || (steps.given && steps.n != starts.n))
        return sy_bad(c, "%d starts, %d ends, %d axes, %d steps", starts.n, ends.n, axes.n, steps.n);
    memcpy(dims, x->dims, sizeof(dims));
    sy_strides(x->rank, x->dims, strides);
    for (int i = 0; i < starts.n; i++) {
        int64_t a = axes.given ? axes.v[i] : i, n = x->dims[a], step = steps.given ? steps.v[i] : 1;
        if (step == 0 || step == INT64_MIN)
            return sy_bad(c, "step %lld", (long long)step);
        int64_t from = starts.v[i] < 0 ? sy_max(starts.v[i], -n - 1) + n : sy_min(starts.v[i], n);
        int64_t to = ends.v[i] < 0 ? sy_max(ends.v[i], -n - 1) + n : sy_min(ends.v[i], n);
        from = step > 0 ? sy_max(from, 0) : sy_min(sy_max(from, 0), n - 1);
        to = step > 0 ? sy_max(to, 0) : sy_max(to, -1);
        int64_t length = step > 0 ? to - from : from - to, stride = step > 0 ? step : -step;
        dims[a] = length > 0 ? (length - 1) / stride + 1 : 0;
        offset += from * strides[a];
        strides[a] = dims[a] > 1 ? strides[a] * step : 0;
    }
    return sy_out_strided(c, x, x->rank, dims, offset, strides);
}

/* Where position p of the padded axis comes from; -1: it is the constant. */
static int64_t pad_source(const char *mode, int64_t p, int64_t n)
{
    if (p >= 0 && p < n)
        return p;
    if (n == 0 || strcmp(mode, "constant") == 0)
        return -1;
    if (strcmp(mode, "edge") == 0)
        return p < 0 ? 0 : n - 1;
    if (strcmp(mode, "wrap") == 0)
        return (p % n + n) % n;
    if (n == 1)
        return 0;
    int64_t period = 2 * (n - 1), q = (p % period + period) % period;
    return q < n ? q : period - q;
}

static enum systole_status pad_amounts(struct sy_call *c, const struct systole_tensor *x, int64_t *before, int64_t *dims)
{
    struct sy_ints pads, axes;
    enum systole_status status = sy_ints(c, 1, "pads", &pads);
    if (!status)
        status = sy_axes(c, 3, NULL, x->rank, &axes);
    if (status)
        return status;
    int n = axes.given ? axes.n : x->rank;
    if (pads.n != 2 * n)
        return sy_bad(c, "%d paddings for %d axes", pads.n, n);
    for (int i = 0; i < n; i++) {
        int64_t a = axes.given ? axes.v[i] : i, lo = pads.v[i], hi = pads.v[n + i], most = (int64_t)1 << 40;
        if (lo < -most || lo > most || hi < -most || hi > most)
            return sy_bad(c, "a padding of %lld and %lld", (long long)lo, (long long)hi);
        before[a] = lo;
        dims[a] = sy_max(x->dims[a] + lo + hi, 0);
    }
    return SYSTOLE_OK;
}

enum systole_status sy_op_pad(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *value = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    const char *mode = sy_attr_string(c, "mode", "constant");
    int64_t before[SYSTOLE_MAX_RANK] = {0}, dims[SYSTOLE_MAX_RANK], strides[SYSTOLE_MAX_RANK];
    memcpy(dims, x->dims, sizeof(dims));
    if (value && (value->count != 1 || value->dtype != x->dtype))
        return sy_bad(c, "the constant is one number of the input's type");
    enum systole_status status = pad_amounts(c, x, before, dims);
    if (!status)
        status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    if (status)
        return status;
    sy_strides(x->rank, x->dims, strides);
    struct sy_walk w;
    sy_walk_start(&w, x->rank, dims);
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w)) {
        int64_t at = 0;
        for (int d = 0; d < x->rank && at >= 0; d++) {
            int64_t s = pad_source(mode, w.index[d] - before[d], x->dims[d]);
            at = s < 0 ? -1 : at + s * strides[d];
        }
        if (at >= 0)
            sy_copy_element(y, i, x, at);
        else if (value)
            sy_copy_element(y, i, value, 0);
        else
            sy_put(y, i, (double)sy_attr_float(c, "value", 0));
    }
    return SYSTOLE_OK;
}

enum systole_status sy_op_tile(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct sy_ints repeats;
    int64_t dims[SYSTOLE_MAX_RANK], strides[SYSTOLE_MAX_RANK];
    enum systole_status status = sy_ints(c, 1, NULL, &repeats);
    if (!status && repeats.n != x->rank)
        return sy_bad(c, "%d repeats for %s", repeats.n, sy_shape(x).text);
    for (int i = 0; i < x->rank && !status; i++)
        if (!sy_mul(x->dims[i], repeats.v[i], &dims[i]))
            return sy_bad(c, "%lld repeats", (long long)repeats.v[i]);
    if (!status)
        status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    if (status)
        return status;
    sy_strides(x->rank, x->dims, strides);
    struct sy_walk w;
    sy_walk_start(&w, x->rank, dims);
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w)) {
        int64_t at = 0;
        for (int d = 0; d < x->rank; d++)
            at += w.index[d] % x->dims[d] * strides[d];
        sy_copy_element(y, i, x, at);
    }
    return SYSTOLE_OK;
}

/* Upper or lower triangle of the last two dimensions; zeros elsewhere. */
enum systole_status sy_op_trilu(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *k = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    if (x->rank < 2 || (k && k->count != 1))
        return sy_bad(c, "the input is %s", sy_shape(x).text);
    bool upper = sy_attr_int(c, "upper", 1) != 0;
    int64_t rows = x->dims[x->rank - 2], columns = x->dims[x->rank - 1], most = (int64_t)1 << 40;
    int64_t shift = k ? sy_min(sy_max(sy_get_int(k, 0), -most), most) : 0;
    enum systole_status status = sy_out_like(c, 0, x, &y);
    for (int64_t i = 0; !status && i < x->count; i++) {
        int64_t row = i / columns % rows, above = i % columns - row - shift;
        if (upper ? above >= 0 : above <= 0)
            sy_copy_element(y, i, x, i);
    }
    return status;
}

/* Blocks of pixels into channels and back; DCR: the block's place is the slower part of the channel. */
static enum systole_status blocks(struct sy_call *c, bool to_depth)
{
    const struct systole_tensor *x = sy_in(c, 0);
    int64_t b = sy_attr_int(c, "blocksize", 0);
    if (x->rank != 4 || b < 1 || b > INT32_MAX || (to_depth ? x->dims[2] % b || x->dims[3] % b : x->dims[1] % (b * b)))
        return sy_bad(c, "%s in blocks of %lld", sy_shape(x).text, (long long)b);
    int64_t n = x->dims[0], ch = x->dims[1], h = x->dims[2], w = x->dims[3];
    struct systole_tensor *y = NULL;
    bool crd = strcmp(sy_attr_string(c, "mode", "DCR"), "CRD") == 0;
    if (to_depth) {
        const int64_t d[6] = {n, crd ? ch : b, b, crd ? b : ch, h / b, w / b};
        const int64_t s[6] = {ch * h * w, crd ? h * w : w, crd ? w : 1, crd ? 1 : h * w, w * b, b};
        enum systole_status status = sy_out_strided(c, x, 6, d, 0, s);
        const int64_t dims[4] = {n, ch * b * b, h / b, w / b};
        if (!status) {
            c->out[0]->rank = 4;
            memcpy(c->out[0]->dims, dims, sizeof(dims));
        }
        return status;
    }
    int64_t part = ch / (b * b), block = crd ? h * w : part * h * w, depth = crd ? b * b * h * w : h * w;
    const int64_t d[6] = {n, part, h, b, w, b}, s[6] = {ch * h * w, depth, w, b * block, 1, block};
    enum systole_status status = sy_out_strided(c, x, 6, d, 0, s);
    const int64_t dims[4] = {n, part, h * b, w * b};
    if (!status) {
        y = c->out[0];
        y->rank = 4;
        memcpy(y->dims, dims, sizeof(dims));
    }
    return status;
}

enum systole_status sy_op_space_to_depth(struct sy_call *c)
{
    return blocks(c, true);
}

enum systole_status sy_op_depth_to_space(struct sy_call *c)
{
    return blocks(c, false);
}
