/* SPDX-License-Identifier: Apache-2.0 */
#include "host/io/file.h"

#include "host/core/alloc.h"
#include "host/onnx/onnx.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static enum systole_status file_size(struct systole_context *ctx, FILE *f, const char *path, size_t *size)
{
    long end = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    if (end < 0 || end == LONG_MAX)
        return sy_fail(ctx, SYSTOLE_IO, "'%.500s' is not a file that can be read", path);
    *size = (size_t)end;
    return SYSTOLE_OK;
}

static enum systole_status read_at(struct systole_context *ctx, FILE *f, const char *path, size_t offset, size_t size,
                                   uint8_t **data)
{
    uint8_t *bytes = sy_alloc(size, 1);
    if (!bytes)
        return sy_no_memory(ctx);
    if (fseek(f, (long)offset, SEEK_SET) != 0 || fread(bytes, 1, size, f) != size) {
        sy_free(bytes);
        return sy_fail(ctx, SYSTOLE_IO, "'%.500s': %zu bytes at %zu cannot be read", path, size, offset);
    }
    *data = bytes;
    return SYSTOLE_OK;
}

enum systole_status sy_file_read(struct systole_context *ctx, const char *path, uint8_t **data, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return sy_fail(ctx, SYSTOLE_IO, "'%.500s': %s", path, strerror(errno));
    size_t n = 0;
    enum systole_status status = file_size(ctx, f, path, &n);
    if (!status)
        status = read_at(ctx, f, path, 0, n, data);
    if (!status)
        *size = n;
    fclose(f);
    return status;
}

enum systole_status sy_file_read_part(struct systole_context *ctx, const char *path, size_t offset, size_t size, uint8_t **data)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return sy_fail(ctx, SYSTOLE_IO, "'%.500s': %s", path, strerror(errno));
    size_t n = 0;
    enum systole_status status = file_size(ctx, f, path, &n);
    if (!status && (offset > n || size > n - offset))
        status = sy_fail(ctx, SYSTOLE_IO, "'%.500s' has %zu bytes; %zu at %zu are asked for", path, n, size, offset);
    if (!status)
        status = read_at(ctx, f, path, offset, size, data);
    fclose(f);
    return status;
}

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n >= m && strcmp(path + n - m, ending) == 0;
}

enum systole_status systole_tensor_read(struct systole_context *context, const char *path, struct systole_tensor **tensor)
{
    if (!context || !path || !tensor)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    bool npy = ends_in(path, ".npy");
    if (ends_in(path, ".npz"))
        return sy_fail(context, SYSTOLE_IO, "'%.500s' is an archive of arrays: unpack it (it is a zip file) and give one of its .npy files", path);
    if (!npy && !ends_in(path, ".pb"))
        return sy_fail(context, SYSTOLE_IO, "'%.500s' ends neither in .npy nor in .pb: save it as one of them", path);
    uint8_t *data = NULL;
    size_t size = 0;
    enum systole_status status = sy_file_read(context, path, &data, &size);
    if (!status)
        status = npy ? sy_npy_read(context, data, size, tensor) : sy_pb_read(context, data, size, tensor);
    sy_free(data);
    return status;
}

enum systole_status systole_tensor_write(struct systole_context *context, const char *path, const struct systole_tensor *tensor)
{
    if (!context || !path || !tensor)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    bool npy = ends_in(path, ".npy");
    if (!npy && !ends_in(path, ".pb"))
        return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "'%.500s' ends neither in .npy nor in .pb", path);
    uint8_t *data = NULL;
    size_t size = 0;
    enum systole_status status = npy ? sy_npy_write(context, tensor, &data, &size) : sy_pb_write(context, tensor, &data, &size);
    if (!status)
        status = sy_file_write(context, path, data, size);
    sy_free(data);
    return status;
}
