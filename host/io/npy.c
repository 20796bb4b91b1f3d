/* SPDX-License-Identifier: Apache-2.0 */
/* NumPy's files: a magic, a Python dictionary as text, the elements. */
#include "host/core/alloc.h"
#include "host/io/file.h"

#include <stdio.h>
#include <string.h>

static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

enum { ALIGN = 64, HEADER = 512, LONGEST = 65535 };

struct header {
    enum systole_dtype dtype;
    bool fortran;
    int rank;
    int64_t dims[SYSTOLE_MAX_RANK];
};

/* Behind 'key': in the dictionary; NULL when it is not there. */
static const char *find(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    if (!at)
        return NULL;
    at += strlen(key);
    while (*at == ' ' || *at == ':')
        at++;
    return at;
}

static enum systole_dtype dtype_of(const char *at)
{
    static const enum systole_dtype all[] = {
#define SY_DTYPE(name, number, text, numpy, kind, bits) SYSTOLE_##name,
#include "host/graph/dtype.def"
#undef SY_DTYPE
    };
    if (*at != '\'' && *at != '"')
        return (enum systole_dtype)0;
    at++;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        const char *code = sy_dtype_numpy(all[i]);
        size_t n = strlen(code);
        if (n && strncmp(at, code, n) == 0 && at[n] == at[-1])
            return all[i];
    }
    return (enum systole_dtype)0;
}

static bool dims_of(const char *at, struct header *h)
{
    if (*at++ != '(')
        return false;
    for (h->rank = 0;;) {
        while (*at == ' ' || *at == ',')
            at++;
        if (*at == ')')
            return true;
        if (*at < '0' || *at > '9' || h->rank == SYSTOLE_MAX_RANK)
            return false;
        int64_t v = 0;
        for (; *at >= '0' && *at <= '9'; at++) {
            if (!sy_mul(v, 10, &v) || v > INT64_MAX - 9)
                return false;
            v += *at - '0';
        }
        h->dims[h->rank++] = v;
    }
}

/* `*header`: its text, which is not terminated, up to `*start`, where the elements begin. False when it is no header of ours. */
static bool find_header(const uint8_t *data, size_t size, const char **header, size_t *start)
{
    if (size < 12 || memcmp(data, magic, sizeof(magic)) != 0 || data[6] < 1 || data[6] > 3)
        return false;
    size_t at = data[6] == 1 ? 10 : 12, length = data[8] | (size_t)data[9] << 8;
    if (data[6] > 1)
        length |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
    if (length > LONGEST || length > size - at)
        return false;
    *start = at + length;
    *header = (const char *)data + at;
    return true;
}

static bool read_header(const char *text, struct header *h)
{
    const char *descr = find(text, "'descr'"), *order = find(text, "'fortran_order'"), *shape = find(text, "'shape'");
    h->fortran = order && strncmp(order, "True", 4) == 0;
    return descr && order && shape && (h->dtype = dtype_of(descr)) != 0 && dims_of(shape, h);
}

static void copy_fortran(struct systole_tensor *t, const uint8_t *data)
{
    size_t size = (size_t)sy_dtype_size(t->dtype);
    struct sy_walk w;
    sy_walk_start(&w, t->rank, t->dims);
    w.operands = 1;
    int64_t s = 1;
    for (int i = 0; i < t->rank; i++) {
        w.stride[0][i] = s;
        s *= t->dims[i];
    }
    for (int64_t i = 0; i < t->count; i++, sy_walk_next(&w))
        memcpy((uint8_t *)t->data + (size_t)i * size, data + (size_t)w.at[0] * size, size);
}

enum systole_status sy_npy_read(struct systole_context *ctx, const uint8_t *data, size_t size, struct systole_tensor **tensor)
{
    struct header h = {0};
    size_t start = 0;
    const char *header = NULL;
    bool known = find_header(data, size, &header, &start);
    if (known) {
        const size_t length = (size_t)((const char *)data + start - header);
        char *text = sy_alloc(length + 1, 1);
        if (!text)
            return sy_no_memory(ctx);
        memcpy(text, header, length);
        known = read_header(text, &h);
        sy_free(text);
    }
    if (!known)
        return sy_fail(ctx, SYSTOLE_IO, "not a .npy file of a type that is known here (%zu bytes)", size);
    int64_t bytes = sy_dtype_size(h.dtype);
    for (int i = 0; i < h.rank; i++)
        if (!sy_mul(bytes, h.dims[i], &bytes))
            bytes = INT64_MAX;
    if ((uint64_t)bytes != size - start)
        return sy_fail(ctx, SYSTOLE_IO, ".npy: %zu bytes of elements; its shape needs %lld", size - start, (long long)bytes);
    struct systole_tensor *t = NULL;
    enum systole_status status = sy_tensor_new(ctx, h.dtype, h.rank, h.dims, &t);
    if (status)
        return status;
    if (h.fortran && t->count)
        copy_fortran(t, data + start);
    else
        memcpy(t->data, data + start, (size_t)bytes);
    for (int64_t i = 0; t->dtype == SYSTOLE_BOOL && i < t->count; i++)
        ((uint8_t *)t->data)[i] = ((uint8_t *)t->data)[i] != 0;
    *tensor = t;
    return SYSTOLE_OK;
}

/* Types NumPy does not have are written as fp32 (floats: exactly) or as bytes. */
static enum systole_status as_numpy(struct systole_context *ctx, const struct systole_tensor *t, struct systole_tensor **copy)
{
    enum sy_kind kind = sy_dtype_kind(t->dtype);
    enum systole_dtype dtype = kind == SY_KIND_FLOAT ? SYSTOLE_F32 : kind == SY_KIND_INT ? SYSTOLE_I8 : SYSTOLE_U8;
    enum systole_status status = sy_tensor_new(ctx, dtype, t->rank, t->dims, copy);
    for (int64_t i = 0; !status && i < t->count; i++)
        sy_put(*copy, i, sy_get(t, i));
    return status;
}

enum systole_status sy_npy_write(struct systole_context *ctx, const struct systole_tensor *t, uint8_t **data, size_t *size)
{
    struct systole_tensor *copy = NULL;
    if (!sy_dtype_numpy(t->dtype)[0]) {
        enum systole_status status = as_numpy(ctx, t, &copy);
        if (status)
            return status;
        t = copy;
    }
    char text[HEADER], shape[400] = "";
    size_t at = 0;
    for (int i = 0; i < t->rank; i++)
        at += (size_t)snprintf(shape + at, sizeof(shape) - at, t->rank == 1 ? "%lld," : i ? ", %lld" : "%lld",
                               (long long)t->dims[i]);
    snprintf(text, sizeof(text), "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", sy_dtype_numpy(t->dtype), shape);
    size_t used = strlen(text), start = (10 + used + 1 + ALIGN - 1) / ALIGN * ALIGN, length = start - 10;
    uint8_t *bytes = sy_alloc(start + systole_tensor_bytes(t), 1);
    if (bytes) {
        memcpy(bytes, magic, sizeof(magic));
        bytes[6] = 1;
        bytes[8] = (uint8_t)length;
        bytes[9] = (uint8_t)(length >> 8);
        memset(bytes + 10, ' ', length);
        memcpy(bytes + 10, text, used);
        bytes[start - 1] = '\n';
        memcpy(bytes + start, t->data, systole_tensor_bytes(t));
        *data = bytes;
        *size = start + systole_tensor_bytes(t);
    }
    systole_tensor_free(copy);
    return bytes ? SYSTOLE_OK : sy_no_memory(ctx);
}
