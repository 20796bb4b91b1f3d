/* SPDX-License-Identifier: Apache-2.0 */
#include "host/graph/tensor.h"

#include "host/core/alloc.h"
#include "host/core/memory_left.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of the dimensions of an empty tensor that are not zero: whoever walks over them does so for nothing. */
#define MOST_EMPTY ((int64_t)1 << 32)

/* A tensor without its data; *bytes is what they take. */
static enum systole_status new_header(struct systole_context *ctx, enum systole_dtype dtype, int rank, const int64_t *dims, int64_t *bytes,
                                      struct systole_tensor **tensor)
{
    int size = sy_dtype_size(dtype);
    if (size == 0)
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "element type %d", (int)dtype);
    if (rank < 0 || rank > SYSTOLE_MAX_RANK)
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "%d dimensions; at most %d", rank, SYSTOLE_MAX_RANK);
    /* `room` is the product without zeros: no part of the dimensions overflows either. */
    int64_t count = 1, room = 1;
    for (int i = 0; i < rank; i++)
        if (!sy_mul(count, dims[i], &count) || !sy_mul(room, dims[i] ? dims[i] : 1, &room) || room > (int64_t)1 << 56)
            return sy_fail(ctx, SYSTOLE_BAD_ARGUMENT, "dimension %d is %lld: negative, or the tensor is too large", i,
                           (long long)dims[i]);
    if (count == 0 && room > MOST_EMPTY)
        return sy_fail(ctx, SYSTOLE_BAD_ARGUMENT, "an empty tensor whose other dimensions are %lld in all; at most %lld", (long long)room,
                       (long long)MOST_EMPTY);
    if (!sy_mul(count, size, bytes))
        return sy_fail(ctx, SYSTOLE_BAD_ARGUMENT, "a tensor of %lld elements is too large", (long long)count);
    struct systole_tensor *t = sy_alloc(1, sizeof(*t));
    if (!t)
        return sy_no_memory(ctx);
    atomic_init(&t->refs, 1);
    t->dtype = dtype;
    t->rank = rank;
    if (rank)
        memcpy(t->dims, dims, (size_t)rank * sizeof(*dims));
    t->count = count;
    *tensor = t;
    return SYSTOLE_OK;
}

enum systole_status sy_tensor_new(struct systole_context *ctx, enum systole_dtype dtype, int rank, const int64_t *dims,
                                  struct systole_tensor **tensor)
{
    struct systole_tensor *t = NULL;
    int64_t bytes = 0;
    const enum systole_status status = new_header(ctx, dtype, rank, dims, &bytes, &t);
    if (status)
        return status;
    t->data = sy_alloc((size_t)t->count, (size_t)sy_dtype_size(dtype));
    if (!t->data) {
        const struct sy_shape_text shape = sy_shape(t);
        sy_free(t);
        return sy_fail(ctx, SYSTOLE_NO_MEMORY, "out of memory for a tensor of %lld bytes, %s of %s: one may have %zu, and %zu are left",
                       (long long)bytes, shape.text, systole_dtype_name(dtype), sy_alloc_limit(), sy_memory_left());
    }
    *tensor = t;
    return SYSTOLE_OK;
}

enum systole_status sy_sequence_new(struct systole_context *ctx, int64_t n, struct systole_tensor **sequence)
{
    enum { MOST_ITEMS = 1 << 16 };
    if (n > MOST_ITEMS)
        return sy_fail(ctx, SYSTOLE_BAD_ARGUMENT, "a sequence of %lld tensors; at most %d", (long long)n, MOST_ITEMS);
    struct systole_tensor *s = sy_alloc(1, sizeof(*s));
    struct systole_tensor **items = sy_alloc((size_t)n, sizeof(*items));
    if (!s || !items) {
        sy_free(s);
        sy_free(items);
        return sy_no_memory(ctx);
    }
    atomic_init(&s->refs, 1);
    s->rank = 1;
    s->items = items;
    s->n_items = n;
    *sequence = s;
    return SYSTOLE_OK;
}

enum systole_status sy_tensor_reshaped(struct systole_context *ctx, const struct systole_tensor *t, int rank,
                                       const int64_t *dims, struct systole_tensor **tensor)
{
    struct systole_tensor *r = NULL;
    enum systole_status status = sy_tensor_new(ctx, t->dtype, rank, dims, &r);
    if (status)
        return status;
    if (r->count != t->count) {
        status = sy_fail(ctx, SYSTOLE_BAD_ARGUMENT, "%lld elements do not fit %s", (long long)t->count, sy_shape(r).text);
        systole_tensor_free(r);
        return status;
    }
    memcpy(r->data, t->data, systole_tensor_bytes(t));
    *tensor = r;
    return SYSTOLE_OK;
}

enum systole_status systole_tensor_create(struct systole_context *context, enum systole_dtype dtype, int rank,
                                          const int64_t *dims, const void *data, struct systole_tensor **tensor)
{
    if (!context || !tensor || (rank > 0 && !dims))
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    enum systole_status status = sy_tensor_new(context, dtype, rank, dims, tensor);
    if (!status && data)
        memcpy((*tensor)->data, data, systole_tensor_bytes(*tensor));
    return status;
}

enum systole_status systole_tensor_wrap(struct systole_context *context, enum systole_dtype dtype, int rank, const int64_t *dims,
                                        const void *data, struct systole_tensor **tensor)
{
    if (!context || !tensor || (rank > 0 && !dims))
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    struct systole_tensor *t = NULL;
    int64_t bytes = 0;
    const enum systole_status status = new_header(context, dtype, rank, dims, &bytes, &t);
    if (status)
        return status;
    if (bytes && !data) {
        sy_free(t);
        return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "no data for a tensor of %lld bytes", (long long)bytes);
    }
    t->wrapped = true;
    t->data = (void *)data;
    *tensor = t;
    return SYSTOLE_OK;
}

void systole_tensor_free(struct systole_tensor *tensor)
{
    if (!tensor || atomic_fetch_sub(&tensor->refs, 1) > 1)
        return;
    for (int64_t i = 0; i < tensor->n_items; i++)
        systole_tensor_free(tensor->items[i]);
    sy_free(tensor->items);
    if (!tensor->wrapped)
        sy_free(tensor->data);
    sy_free(tensor);
}

struct systole_tensor *systole_tensor_ref(struct systole_tensor *tensor)
{
    if (tensor)
        atomic_fetch_add(&tensor->refs, 1);
    return tensor;
}

enum systole_dtype systole_tensor_dtype(const struct systole_tensor *tensor) { return tensor->dtype; }
int systole_tensor_rank(const struct systole_tensor *tensor) { return tensor->rank; }
const int64_t *systole_tensor_dims(const struct systole_tensor *tensor) { return tensor->dims; }
int64_t systole_tensor_count(const struct systole_tensor *tensor) { return tensor->count; }
const void *systole_tensor_data(const struct systole_tensor *tensor) { return tensor->data; }
void *systole_tensor_data_mutable(struct systole_tensor *tensor) { return tensor->data; }

size_t systole_tensor_bytes(const struct systole_tensor *tensor)
{
    return (size_t)tensor->count * (size_t)sy_dtype_size(tensor->dtype);
}

double systole_tensor_value(const struct systole_tensor *tensor, int64_t index)
{
    return index >= 0 && index < tensor->count ? sy_get(tensor, index) : (double)NAN;
}

int64_t sy_get_int(const struct systole_tensor *t, int64_t i)
{
    switch (t->dtype) {
    case SYSTOLE_U8: case SYSTOLE_BOOL: case SYSTOLE_U4: case SYSTOLE_U2: return ((const uint8_t *)t->data)[i];
    case SYSTOLE_I8: case SYSTOLE_I4: case SYSTOLE_I2: return ((const int8_t *)t->data)[i];
    case SYSTOLE_U16: return ((const uint16_t *)t->data)[i];
    case SYSTOLE_I16: return ((const int16_t *)t->data)[i];
    case SYSTOLE_I32: return ((const int32_t *)t->data)[i];
    case SYSTOLE_U32: return ((const uint32_t *)t->data)[i];
    case SYSTOLE_I64: case SYSTOLE_U64: return ((const int64_t *)t->data)[i];
    default: break;
    }
    double v = sy_get(t, i);
    if (isnan(v))
        return 0;
    if (v >= 0x1p63)
        return v >= 0x1p64 ? INT64_MAX : (int64_t)(uint64_t)v;
    return v < -0x1p63 ? INT64_MIN : (int64_t)v;
}

double sy_get(const struct systole_tensor *t, int64_t i)
{
    switch (t->dtype) {
    case SYSTOLE_F32: return (double)((const float *)t->data)[i];
    case SYSTOLE_F64: return ((const double *)t->data)[i];
    case SYSTOLE_BF16: return (double)sy_bf16_to_f32(((const uint16_t *)t->data)[i]);
    case SYSTOLE_F16: return sy_small_decode(t->dtype, ((const uint16_t *)t->data)[i]);
    case SYSTOLE_U64: return (double)((const uint64_t *)t->data)[i];
    default: break;
    }
    if (sy_dtype_is_float(t->dtype))
        return sy_small_decode(t->dtype, ((const uint8_t *)t->data)[i]);
    return (double)sy_get_int(t, i);
}

/* The low `bits` bits as the signed value they are. */
static int8_t narrow(int64_t value, int bits)
{
    int64_t low = value & ((1 << bits) - 1);
    return (int8_t)(low >> (bits - 1) ? low - (1 << bits) : low);
}

void sy_put_int(struct systole_tensor *t, int64_t i, int64_t value)
{
    switch (t->dtype) {
    case SYSTOLE_BOOL: ((uint8_t *)t->data)[i] = value != 0; break;
    case SYSTOLE_U8: case SYSTOLE_I8: ((uint8_t *)t->data)[i] = (uint8_t)value; break;
    case SYSTOLE_U4: ((uint8_t *)t->data)[i] = (uint8_t)(value & 15); break;
    case SYSTOLE_U2: ((uint8_t *)t->data)[i] = (uint8_t)(value & 3); break;
    case SYSTOLE_I4: ((int8_t *)t->data)[i] = narrow(value, 4); break;
    case SYSTOLE_I2: ((int8_t *)t->data)[i] = narrow(value, 2); break;
    case SYSTOLE_U16: case SYSTOLE_I16: ((uint16_t *)t->data)[i] = (uint16_t)value; break;
    case SYSTOLE_U32: case SYSTOLE_I32: ((uint32_t *)t->data)[i] = (uint32_t)value; break;
    case SYSTOLE_U64: case SYSTOLE_I64: ((int64_t *)t->data)[i] = value; break;
    default: sy_put(t, i, (double)value);
    }
}

void sy_put(struct systole_tensor *t, int64_t i, double value)
{
    switch (t->dtype) {
    case SYSTOLE_F32: ((float *)t->data)[i] = (float)value; return;
    case SYSTOLE_F64: ((double *)t->data)[i] = value; return;
    case SYSTOLE_F16: ((uint16_t *)t->data)[i] = (uint16_t)sy_small_encode(t->dtype, value, false); return;
    case SYSTOLE_BF16: ((uint16_t *)t->data)[i] = (uint16_t)sy_small_encode(t->dtype, value, false); return;
    case SYSTOLE_BOOL: ((uint8_t *)t->data)[i] = value != 0; return;
    default: break;
    }
    if (sy_dtype_is_float(t->dtype))
        ((uint8_t *)t->data)[i] = (uint8_t)sy_small_encode(t->dtype, value, true);
    else if (isnan(value))
        sy_put_int(t, i, 0);
    else if (value >= 0x1p63)
        sy_put_int(t, i, t->dtype == SYSTOLE_U64 && value < 0x1p64 ? (int64_t)(uint64_t)value : INT64_MAX);
    else
        sy_put_int(t, i, value < -0x1p63 ? INT64_MIN : (int64_t)value);
}

void sy_copy_element(struct systole_tensor *to, int64_t i, const struct systole_tensor *from, int64_t j)
{
    switch (sy_dtype_size(to->dtype)) {
    case 1: ((uint8_t *)to->data)[i] = ((const uint8_t *)from->data)[j]; break;
    case 2: ((uint16_t *)to->data)[i] = ((const uint16_t *)from->data)[j]; break;
    case 4: ((uint32_t *)to->data)[i] = ((const uint32_t *)from->data)[j]; break;
    default: ((uint64_t *)to->data)[i] = ((const uint64_t *)from->data)[j];
    }
}

int64_t sy_span(const struct systole_tensor *t, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n *= t->dims[i];
    return n;
}

int sy_axis(int64_t axis, int rank)
{
    if (axis < -rank || axis >= rank)
        return -1;
    return (int)(axis < 0 ? axis + rank : axis);
}

struct sy_shape_text sy_shape(const struct systole_tensor *t)
{
    struct sy_shape_text s = {"scalar"};
    size_t at = 0;
    for (int i = 0; i < t->rank && at < sizeof(s.text); i++) {
        int n = snprintf(s.text + at, sizeof(s.text) - at, i ? "x%lld" : "%lld", (long long)t->dims[i]);
        at += n > 0 ? (size_t)n : 0;
    }
    return s;
}

void sy_strides(int rank, const int64_t *dims, int64_t *strides)
{
    int64_t s = 1;
    for (int i = rank - 1; i >= 0; i--) {
        strides[i] = s;
        s *= dims[i];
    }
}

void sy_walk_start(struct sy_walk *w, int rank, const int64_t *dims)
{
    memset(w, 0, sizeof(*w));
    w->rank = rank;
    for (int i = 0; i < rank; i++)
        w->dims[i] = dims[i];
}

void sy_walk_broadcast(struct sy_walk *w, const struct systole_tensor *t)
{
    int64_t *stride = w->stride[w->operands++], s = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        stride[w->rank - t->rank + i] = t->dims[i] == 1 ? 0 : s;
        s *= t->dims[i];
    }
}

void sy_walk_next(struct sy_walk *w)
{
    for (int d = w->rank - 1; d >= 0; d--) {
        bool wraps = ++w->index[d] == w->dims[d];
        for (int k = 0; k < w->operands; k++)
            w->at[k] += wraps ? -w->stride[k][d] * (w->dims[d] - 1) : w->stride[k][d];
        if (!wraps)
            return;
        w->index[d] = 0;
    }
}
