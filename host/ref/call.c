/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ref/call.h"

#include <stdio.h>

static enum systole_status node_fail(struct sy_call *c, enum systole_status status, const char *format, va_list arguments)
{
    char prefix[256];
    snprintf(prefix, sizeof(prefix), "node '%.100s' (%.60s): ", c->node->name, c->node->op_type);
    sy_vfail(c->ctx, status, prefix, format, arguments);
    sy_fail_operator(c->ctx, c->node->domain, c->node->op_type);
    return status;
}

enum systole_status sy_bad(struct sy_call *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    node_fail(c, SYSTOLE_BAD_ARGUMENT, format, arguments);
    va_end(arguments);
    return SYSTOLE_BAD_ARGUMENT;
}

enum systole_status sy_cannot(struct sy_call *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    node_fail(c, SYSTOLE_UNSUPPORTED, format, arguments);
    va_end(arguments);
    return SYSTOLE_UNSUPPORTED;
}

enum systole_status sy_at_node(struct sy_call *c, enum systole_status status)
{
    if (!status || c->ctx->op[0])
        return status;
    char detail[SY_DETAIL];
    snprintf(detail, sizeof(detail), "node '%.100s' (%.60s): %.800s", c->node->name, c->node->op_type, c->ctx->detail);
    memcpy(c->ctx->detail, detail, sizeof(detail));
    sy_fail_operator(c->ctx, c->node->domain, c->node->op_type);
    return status;
}

const struct systole_tensor *sy_in(const struct sy_call *c, int i)
{
    return i >= 0 && i < c->n_in ? c->in[i] : NULL;
}

bool sy_wants(const struct sy_call *c, int i)
{
    return i < c->n_out && c->node->out[i] >= 0;
}

enum systole_status sy_out(struct sy_call *c, int i, enum systole_dtype dtype, int rank, const int64_t *dims,
                           struct systole_tensor **t)
{
    if (i >= c->n_out || c->out[i])
        return sy_bad(c, "output %d: the node has %d", i, c->n_out);
    enum systole_status status = sy_at_node(c, sy_tensor_new(c->ctx, dtype, rank, dims, &c->out[i]));
    if (!status)
        *t = c->out[i];
    return status;
}

enum systole_status sy_out_like(struct sy_call *c, int i, const struct systole_tensor *like, struct systole_tensor **t)
{
    return sy_out(c, i, like->dtype, like->rank, like->dims, t);
}

enum systole_status sy_out_reshaped(struct sy_call *c, int i, const struct systole_tensor *t, int rank, const int64_t *dims)
{
    if (i >= c->n_out || c->out[i])
        return sy_bad(c, "output %d: the node has %d", i, c->n_out);
    return sy_at_node(c, sy_tensor_reshaped(c->ctx, t, rank, dims, &c->out[i]));
}

const struct sy_attr *sy_attr(const struct sy_call *c, const char *name)
{
    for (int i = 0; i < c->node->n_attrs; i++)
        if (strcmp(c->node->attrs[i].name, name) == 0)
            return &c->node->attrs[i];
    return NULL;
}

int64_t sy_attr_int(const struct sy_call *c, const char *name, int64_t otherwise)
{
    const struct sy_attr *a = sy_attr(c, name);
    return a && a->kind == SY_ATTR_INT ? a->i : otherwise;
}

float sy_attr_float(const struct sy_call *c, const char *name, float otherwise)
{
    const struct sy_attr *a = sy_attr(c, name);
    return a && a->kind == SY_ATTR_FLOAT ? a->f : otherwise;
}

const char *sy_attr_string(const struct sy_call *c, const char *name, const char *otherwise)
{
    const struct sy_attr *a = sy_attr(c, name);
    return a && a->kind == SY_ATTR_STRING ? a->s : otherwise;
}

enum systole_status sy_ints(struct sy_call *c, int input, const char *attr, struct sy_ints *list)
{
    const struct systole_tensor *t = sy_in(c, input);
    const struct sy_attr *a = attr ? sy_attr(c, attr) : NULL;
    memset(list, 0, sizeof(*list));
    if (t) {
        if (t->rank > 1 || t->count > SY_INTS || sy_dtype_is_float(t->dtype))
            return sy_bad(c, "input %d is a list of integers, not %s of %s", input, sy_shape(t).text,
                          systole_dtype_name(t->dtype));
        list->given = true;
        list->n = (int)t->count;
        for (int i = 0; i < list->n; i++)
            list->v[i] = sy_get_int(t, i);
    } else if (a && a->kind == SY_ATTR_INTS) {
        if (a->count > SY_INTS)
            return sy_bad(c, "attribute '%s' has %zu integers; at most %d", attr, a->count, SY_INTS);
        list->given = true;
        list->n = (int)a->count;
        for (int i = 0; i < list->n; i++)
            list->v[i] = a->ints[i];
    } else if (a && a->kind == SY_ATTR_INT) {
        list->given = true;
        list->n = 1;
        list->v[0] = a->i;
    }
    return SYSTOLE_OK;
}

enum systole_status sy_axes(struct sy_call *c, int input, const char *attr, int rank, struct sy_ints *axes)
{
    enum systole_status status = sy_ints(c, input, attr, axes);
    bool seen[SY_INTS] = {false};
    for (int i = 0; i < axes->n && !status; i++) {
        int axis = rank <= SY_INTS ? sy_axis(axes->v[i], rank) : -1;
        if (axis < 0 || seen[axis])
            return sy_bad(c, "axis %lld of %d dimensions: outside, or twice", (long long)axes->v[i], rank);
        seen[axis] = true;
        axes->v[i] = axis;
    }
    return status;
}

bool sy_fits(const struct systole_tensor *t, int rank, const int64_t *dims)
{
    if (t->rank > rank)
        return false;
    for (int i = 0; i < t->rank; i++)
        if (t->dims[i] != 1 && t->dims[i] != dims[rank - t->rank + i])
            return false;
    return true;
}

enum systole_status sy_broadcast(struct sy_call *c, const struct systole_tensor *a, const struct systole_tensor *b, int *rank,
                                 int64_t *dims)
{
    *rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < *rank; i++) {
        int ia = i - (*rank - a->rank), ib = i - (*rank - b->rank);
        int64_t da = ia < 0 ? 1 : a->dims[ia], db = ib < 0 ? 1 : b->dims[ib];
        if (da != db && da != 1 && db != 1)
            return sy_bad(c, "%s and %s do not broadcast", sy_shape(a).text, sy_shape(b).text);
        dims[i] = da == 1 ? db : da;
    }
    return SYSTOLE_OK;
}

float *sy_as_f32(const struct systole_tensor *t)
{
    float *v = sy_alloc((size_t)t->count, sizeof(*v));
    for (int64_t i = 0; v && i < t->count; i++)
        v[i] = (float)sy_get(t, i);
    return v;
}

double *sy_as_f64(const struct systole_tensor *t)
{
    double *v = sy_alloc((size_t)t->count, sizeof(*v));
    for (int64_t i = 0; v && i < t->count; i++)
        v[i] = sy_get(t, i);
    return v;
}

int64_t *sy_as_i64(const struct systole_tensor *t)
{
    int64_t *v = sy_alloc((size_t)t->count, sizeof(*v));
    for (int64_t i = 0; v && i < t->count; i++)
        v[i] = sy_get_int(t, i);
    return v;
}

enum systole_status sy_out_strided(struct sy_call *c, const struct systole_tensor *t, int rank, const int64_t *dims,
                                   int64_t offset, const int64_t *strides)
{
    struct systole_tensor *y = NULL;
    enum systole_status status = sy_out(c, 0, t->dtype, rank, dims, &y);
    if (status)
        return status;
    struct sy_walk w;
    sy_walk_start(&w, rank, dims);
    w.operands = 1;
    w.at[0] = offset;
    for (int i = 0; i < rank; i++)
        w.stride[0][i] = strides[i];
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w))
        sy_copy_element(y, i, t, w.at[0]);
    return SYSTOLE_OK;
}
