/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that only name elements anew: dimensions change, order does not. */
#include "host/graph/ops.h"

enum systole_status sy_op_identity(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    if (x->items)
        return sy_op_optional_get_element(c);
    return sy_out_reshaped(c, 0, x, x->rank, x->dims);
}

enum systole_status sy_op_reshape(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct sy_ints shape;
    enum systole_status status = sy_ints(c, 1, NULL, &shape);
    if (status)
        return status;
    bool zero_is_zero = sy_attr_int(c, "allowzero", 0) != 0;
    int64_t known = 1;
    int free_at = -1;
    for (int i = 0; i < shape.n; i++) {
        if (shape.v[i] == 0 && !zero_is_zero) {
            if (i >= x->rank)
                return sy_bad(c, "dimension %d is to be kept; %s has none", i, sy_shape(x).text);
            shape.v[i] = x->dims[i];
        }
        if (shape.v[i] == -1 && free_at < 0)
            free_at = i;
        else if (!sy_mul(known, shape.v[i], &known))
            return sy_bad(c, "dimension %d is %lld", i, (long long)shape.v[i]);
    }
    if (free_at >= 0) {
        if (known == 0 || x->count % known)
            return sy_bad(c, "%lld elements do not divide by %lld", (long long)x->count, (long long)known);
        shape.v[free_at] = x->count / known;
    }
    return sy_out_reshaped(c, 0, x, shape.n, shape.v);
}

enum systole_status sy_op_flatten(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    int64_t axis = sy_attr_int(c, "axis", 1);
    int a = axis == x->rank ? x->rank : sy_axis(axis, x->rank);
    if (a < 0)
        return sy_bad(c, "axis %lld of %d dimensions", (long long)axis, x->rank);
    const int64_t dims[2] = {sy_span(x, 0, a), sy_span(x, a, x->rank)};
    return sy_out_reshaped(c, 0, x, 2, dims);
}

enum systole_status sy_op_squeeze(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct sy_ints axes;
    int64_t dims[SYSTOLE_MAX_RANK];
    int rank = 0;
    enum systole_status status = sy_axes(c, 1, "axes", x->rank, &axes);
    for (int i = 0; i < x->rank && !status; i++) {
        bool drop = !axes.given && x->dims[i] == 1;
        for (int k = 0; k < axes.n; k++)
            drop = drop || axes.v[k] == i;
        if (drop && x->dims[i] != 1)
            return sy_bad(c, "dimension %d of %s is not 1", i, sy_shape(x).text);
        if (!drop)
            dims[rank++] = x->dims[i];
    }
    return status ? status : sy_out_reshaped(c, 0, x, rank, dims);
}

enum systole_status sy_op_unsqueeze(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct sy_ints axes;
    enum systole_status status = sy_ints(c, 1, "axes", &axes);
    if (status)
        return status;
    int rank = x->rank + axes.n, from = 0;
    if (rank > SYSTOLE_MAX_RANK)
        return sy_cannot(c, "%d dimensions", rank);
    int64_t dims[SYSTOLE_MAX_RANK];
    status = sy_axes(c, 1, "axes", rank, &axes);
    for (int i = 0; i < rank && !status; i++) {
        bool added = false;
        for (int k = 0; k < axes.n; k++)
            added = added || axes.v[k] == i;
        dims[i] = added ? 1 : x->dims[from++];
    }
    return status ? status : sy_out_reshaped(c, 0, x, rank, dims);
}

enum systole_status sy_op_shape(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    int64_t start = sy_attr_int(c, "start", 0), end = sy_attr_int(c, "end", x->rank);
    start = sy_min(sy_max(start < 0 ? start + x->rank : start, 0), x->rank);
    end = sy_min(sy_max(end < 0 ? end + x->rank : end, 0), x->rank);
    const int64_t n = sy_max(end - start, 0);
    enum systole_status status = sy_out(c, 0, SYSTOLE_I64, 1, &n, &y);
    for (int64_t i = 0; !status && i < n; i++)
        ((int64_t *)y->data)[i] = x->dims[start + i];
    return status;
}

enum systole_status sy_op_size(struct sy_call *c)
{
    struct systole_tensor *y = NULL;
    enum systole_status status = sy_out(c, 0, SYSTOLE_I64, 0, NULL, &y);
    if (!status)
        *(int64_t *)y->data = sy_in(c, 0)->count;
    return status;
}

enum systole_status sy_op_constant(struct sy_call *c)
{
    const struct sy_attr *a = c->node->n_attrs ? &c->node->attrs[0] : NULL;
    struct systole_tensor *y = NULL;
    if (a && a->kind == SY_ATTR_TENSOR)
        return sy_out_reshaped(c, 0, a->t, a->t->rank, a->t->dims);
    bool many = a && (a->kind == SY_ATTR_INTS || a->kind == SY_ATTR_FLOATS);
    if (!many && !(a && (a->kind == SY_ATTR_INT || a->kind == SY_ATTR_FLOAT)))
        return sy_cannot(c, "a constant without numbers (strings, sparse tensors)");
    bool floats = a->kind == SY_ATTR_FLOATS || a->kind == SY_ATTR_FLOAT;
    const int64_t n = many ? (int64_t)a->count : 1;
    enum systole_status status = sy_out(c, 0, floats ? SYSTOLE_F32 : SYSTOLE_I64, many, &n, &y);
    for (int64_t i = 0; !status && i < n; i++)
        if (floats)
            ((float *)y->data)[i] = many ? a->floats[i] : a->f;
        else
            ((int64_t *)y->data)[i] = many ? a->ints[i] : a->i;
    return status;
}

enum systole_status sy_op_constant_of_shape(struct sy_call *c)
{
    const struct sy_attr *a = sy_attr(c, "value");
    const struct systole_tensor *v = a ? a->t : NULL;
    struct systole_tensor *y = NULL;
    struct sy_ints shape;
    if (v && v->count != 1)
        return sy_bad(c, "the value is one number, not %s", sy_shape(v).text);
    enum systole_status status = sy_ints(c, 0, NULL, &shape);
    if (!status)
        status = sy_out(c, 0, v ? v->dtype : SYSTOLE_F32, shape.n, shape.v, &y);
    for (int64_t i = 0; v && !status && i < y->count; i++)
        sy_copy_element(y, i, v, 0);
    return status;
}

enum systole_status sy_op_range(struct sy_call *c)
{
    const struct systole_tensor *start = sy_in(c, 0), *limit = sy_in(c, 1), *delta = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    if (start->count != 1 || limit->count != 1 || delta->count != 1 || sy_get(delta, 0) == 0)
        return sy_bad(c, "start, limit and delta are one number each, delta not 0");
    double n = ceil((sy_get(limit, 0) - sy_get(start, 0)) / sy_get(delta, 0));
    if (isnan(n) || n > 0x1p40)
        return sy_bad(c, "%g elements", n);
    const int64_t count = n > 0 ? (int64_t)n : 0;
    enum systole_status status = sy_out(c, 0, start->dtype, 1, &count, &y);
    for (int64_t i = 0; !status && i < count; i++)
        if (sy_dtype_is_float(start->dtype))
            sy_put(y, i, sy_get(start, 0) + (double)i * sy_get(delta, 0));
        else
            sy_put_int(y, i, (int64_t)((uint64_t)sy_get_int(start, 0) + (uint64_t)i * (uint64_t)sy_get_int(delta, 0)));
    return status;
}

enum systole_status sy_op_eye_like(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    if (x->rank != 2)
        return sy_bad(c, "the input is %s", sy_shape(x).text);
    int64_t k = sy_attr_int(c, "k", 0);
    enum systole_status status =
        sy_out(c, 0, (enum systole_dtype)sy_attr_int(c, "dtype", (int64_t)x->dtype), 2, x->dims, &y);
    for (int64_t i = 0; !status && i < x->dims[0]; i++)
        if (k > -x->dims[0] && k < x->dims[1] && i + k >= 0 && i + k < x->dims[1])
            sy_put(y, i * x->dims[1] + i + k, 1);
    return status;
}

/* In inference a Dropout passes on what it gets; with training_mode it would need NumPy's random numbers. */
enum systole_status sy_op_dropout(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *ratio = sy_in(c, 1), *train = sy_in(c, 2);
    struct systole_tensor *mask = NULL;
    bool drops = c->node->version < 12 || !ratio || (ratio->count == 1 && sy_get(ratio, 0) != 0);
    if (train && train->count == 1 && sy_get(train, 0) != 0 && drops)
        return sy_cannot(c, "training mode");
    enum systole_status status = sy_out_reshaped(c, 0, x, x->rank, x->dims);
    if (!status && sy_wants(c, 1))
        status = sy_out(c, 1, SYSTOLE_BOOL, x->rank, x->dims, &mask);
    if (mask)
        memset(mask->data, 1, (size_t)mask->count);
    return status;
}
