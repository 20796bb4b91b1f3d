/* SPDX-License-Identifier: Apache-2.0 */
/* TensorProto: its raw bytes, its typed lists, or a piece of another file. */
#include "host/core/alloc.h"
#include "host/io/file.h"
#include "host/onnx/onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_packed(const struct systole_tensor *t)
{
    return sy_dtype_bits(t->dtype) < 8;
}

/* Bytes of t in a file. */
static size_t file_bytes(const struct systole_tensor *t)
{
    if (!is_packed(t))
        return systole_tensor_bytes(t);
    size_t per_byte = 8 / (size_t)sy_dtype_bits(t->dtype);
    return ((size_t)t->count + per_byte - 1) / per_byte;
}

/* The first element is in the low bits. */
static void unpack(struct systole_tensor *t, const uint8_t *bytes)
{
    int bits = sy_dtype_bits(t->dtype), per_byte = 8 / bits;
    for (int64_t i = 0; i < t->count; i++) {
        int v = bytes[i / per_byte] >> (int)(i % per_byte) * bits & ((1 << bits) - 1);
        if (sy_dtype_is_float(t->dtype))
            ((uint8_t *)t->data)[i] = (uint8_t)v;
        else
            sy_put_int(t, i, v);
    }
}

static void normalise_bool(struct systole_tensor *t)
{
    uint8_t *b = t->data;
    for (int64_t i = 0; t->dtype == SYSTOLE_BOOL && i < t->count; i++)
        b[i] = b[i] != 0;
}

static enum systole_status from_raw(const struct sy_onnx *o, struct systole_tensor *t, const uint8_t *bytes, size_t size,
                                    const char *where)
{
    if (size != file_bytes(t))
        return sy_fail(o->ctx, SYSTOLE_IO, "%s: %zu bytes of data; %s of %s has %zu", where, size, sy_shape(t).text,
                       systole_dtype_name(t->dtype), file_bytes(t));
    if (is_packed(t))
        unpack(t, bytes);
    else if (size)
        memcpy(t->data, bytes, size);
    normalise_bool(t);
    return SYSTOLE_OK;
}

/* The name says which list a type uses; 16-bit floats and all small types are bits in int32_data. */
static enum systole_status from_lists(const struct sy_onnx *o, struct systole_tensor *t, const Onnx__TensorProto *p,
                                      const char *where)
{
    size_t n = (size_t)t->count, have = p->n_int32_data;
    switch ((int)t->dtype) {
    case SYSTOLE_F32: have = p->n_float_data; break;
    case SYSTOLE_F64: have = p->n_double_data; break;
    case SYSTOLE_I64: have = p->n_int64_data; break;
    case SYSTOLE_U32: case SYSTOLE_U64: have = p->n_uint64_data; break;
    default: if (is_packed(t)) n = file_bytes(t);
    }
    if (have != n)
        return sy_fail(o->ctx, SYSTOLE_IO, "%s: %zu elements of data; %s of %s has %zu", where, have, sy_shape(t).text,
                       systole_dtype_name(t->dtype), n);
    if (is_packed(t)) {
        uint8_t *bytes = sy_alloc(n, 1);
        if (!bytes)
            return sy_no_memory(o->ctx);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)p->int32_data[i];
        unpack(t, bytes);
        sy_free(bytes);
        return SYSTOLE_OK;
    }
    for (int64_t i = 0; i < t->count; i++)
        switch ((int)t->dtype) {
        case SYSTOLE_F32: ((float *)t->data)[i] = p->float_data[i]; break;
        case SYSTOLE_F64: ((double *)t->data)[i] = p->double_data[i]; break;
        case SYSTOLE_I64: ((int64_t *)t->data)[i] = p->int64_data[i]; break;
        case SYSTOLE_U32: case SYSTOLE_U64: sy_put_int(t, i, (int64_t)p->uint64_data[i]); break;
        case SYSTOLE_F16: case SYSTOLE_BF16: ((uint16_t *)t->data)[i] = (uint16_t)p->int32_data[i]; break;
        default:
            if (sy_dtype_is_float(t->dtype))
                ((uint8_t *)t->data)[i] = (uint8_t)p->int32_data[i];
            else
                sy_put_int(t, i, p->int32_data[i]);
        }
    return SYSTOLE_OK;
}

static bool number(const char *text, size_t *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long long v = strtoull(text, &end, 10);
    *value = (size_t)v;
    return *end == '\0';
}

/* A path inside the model's folder: relative, without "..". */
static bool is_inside(const char *path)
{
    if (path[0] == '\0' || path[0] == '/')
        return false;
    for (const char *p = path; p; p = strchr(p, '/')) {
        p += *p == '/';
        if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0'))
            return false;
    }
    return true;
}

static enum systole_status from_file(const struct sy_onnx *o, struct systole_tensor *t, const Onnx__TensorProto *p,
                                     const char *where)
{
    const char *location = "";
    size_t offset = 0, size = file_bytes(t);
    bool ok = true;
    for (size_t i = 0; i < p->n_external_data; i++) {
        const char *key = p->external_data[i]->key, *value = p->external_data[i]->value;
        if (!key || !value)
            continue;
        if (strcmp(key, "location") == 0)
            location = value;
        else if (strcmp(key, "offset") == 0)
            ok = ok && number(value, &offset);
        else if (strcmp(key, "length") == 0)
            ok = ok && number(value, &size);
    }
    if (!ok || !is_inside(location) || !o->folder)
        return sy_fail(o->ctx, SYSTOLE_IO, "%s: its external data '%s' is not in the model's folder, or not a valid piece",
                       where, location);
    if (size != file_bytes(t))
        return sy_fail(o->ctx, SYSTOLE_IO, "%s: %zu bytes of external data; %s of %s has %zu", where, size,
                       sy_shape(t).text, systole_dtype_name(t->dtype), file_bytes(t));
    size_t room = strlen(o->folder) + strlen(location) + 2;
    char *path = sy_alloc(room, 1);
    uint8_t *bytes = NULL;
    enum systole_status status = path ? SYSTOLE_OK : sy_no_memory(o->ctx);
    if (!status) {
        snprintf(path, room, "%s/%s", o->folder, location);
        status = sy_file_read_part(o->ctx, path, offset, size, &bytes);
    }
    if (!status)
        status = from_raw(o, t, bytes, size, where);
    sy_free(bytes);
    sy_free(path);
    return status;
}

enum systole_status sy_onnx_tensor(const struct sy_onnx *o, const Onnx__TensorProto *p, const char *where,
                                   struct systole_tensor **tensor)
{
    char text[300];
    snprintf(text, sizeof(text), "%.120s, tensor '%.120s'", where, p->name ? p->name : "");
    if (sy_dtype_kind((enum systole_dtype)p->data_type) == SY_KIND_NONE)
        return sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "%s: element type %d", text, p->data_type);
    if (p->segment)
        return sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "%s: it is in segments", text);
    if (p->n_dims > SYSTOLE_MAX_RANK)
        return sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "%s: %zu dimensions; at most %d", text, p->n_dims, SYSTOLE_MAX_RANK);
    /* No data, no memory: dimensions alone must not make the library allocate. */
    int64_t count = 1;
    bool external = p->has_data_location && p->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    size_t have = p->has_raw_data ? p->raw_data.len * 4
                                  : 4 * (p->n_float_data + p->n_int32_data + p->n_int64_data + p->n_double_data + p->n_uint64_data);
    for (size_t i = 0; i < p->n_dims; i++)
        if (!sy_mul(count, p->dims[i], &count))
            return sy_fail(o->ctx, SYSTOLE_IO, "%s: dimension %zu is %lld: negative, or the tensor is too large", text, i,
                           (long long)p->dims[i]);
    if (!external && (uint64_t)count > have)
        return sy_fail(o->ctx, SYSTOLE_IO, "%s: %lld elements, and data for less", text, (long long)count);
    struct systole_tensor *t = NULL;
    enum systole_status status = sy_tensor_new(o->ctx, (enum systole_dtype)p->data_type, (int)p->n_dims, p->dims, &t);
    if (!status) {
        if (external)
            status = from_file(o, t, p, text);
        else if (p->has_raw_data)
            status = from_raw(o, t, p->raw_data.data, p->raw_data.len, text);
        else
            status = from_lists(o, t, p, text);
    }
    if (status) {
        systole_tensor_free(t);
        return status;
    }
    *tensor = t;
    return SYSTOLE_OK;
}

enum systole_status sy_pb_read(struct systole_context *ctx, const uint8_t *data, size_t size, struct systole_tensor **tensor)
{
    enum systole_status status = sy_onnx_check_depth(ctx, &onnx__tensor_proto__descriptor, data, size);
    if (status)
        return status;
    struct sy_onnx_memory memory = {.short_of = false};
    Onnx__TensorProto *p = onnx__tensor_proto__unpack(sy_onnx_allocator(&memory), size, data);
    if (!p)
        return memory.short_of ? sy_no_memory(ctx) : sy_fail(ctx, SYSTOLE_IO, "not a TensorProto (%zu bytes)", size);
    struct sy_onnx o = {.ctx = ctx};
    status = sy_onnx_tensor(&o, p, "file", tensor);
    onnx__tensor_proto__free_unpacked(p, &memory.allocator);
    return status;
}

enum systole_status sy_pb_write(struct systole_context *ctx, const struct systole_tensor *t, uint8_t **data, size_t *size)
{
    Onnx__TensorProto p = ONNX__TENSOR_PROTO__INIT;
    int64_t dims[SYSTOLE_MAX_RANK];
    uint8_t *packed = NULL;
    memcpy(dims, t->dims, sizeof(dims));
    p.n_dims = (size_t)t->rank;
    p.dims = dims;
    p.has_data_type = p.has_raw_data = 1;
    p.data_type = (int32_t)t->dtype;
    p.raw_data.len = file_bytes(t);
    p.raw_data.data = t->data;
    if (is_packed(t)) {
        int bits = sy_dtype_bits(t->dtype), per_byte = 8 / bits;
        packed = sy_alloc(p.raw_data.len, 1);
        if (!packed)
            return sy_no_memory(ctx);
        for (int64_t i = 0; i < t->count; i++) {
            int v = ((const uint8_t *)t->data)[i] & ((1 << bits) - 1);
            packed[i / per_byte] = (uint8_t)(packed[i / per_byte] | v << (int)(i % per_byte) * bits);
        }
        p.raw_data.data = packed;
    }
    size_t n = onnx__tensor_proto__get_packed_size(&p);
    uint8_t *bytes = sy_alloc(n, 1);
    if (bytes) {
        onnx__tensor_proto__pack(&p, bytes);
        *data = bytes;
        *size = n;
    }
    sy_free(packed);
    return bytes ? SYSTOLE_OK : sy_no_memory(ctx);
}
