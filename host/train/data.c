/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets: pictures with labels, or tokens. Of a file nothing is believed that its length does not show. */
#include "host/train/train.h"

#include "host/io/file.h"

#include <string.h>

struct systole_dataset {
    int64_t count;
    int64_t shape[3]; /* c, h, w; 0: tokens */
    uint8_t *pixels, *labels;
    int32_t *tokens;
};

void systole_dataset_free(struct systole_dataset *dataset)
{
    if (!dataset)
        return;
    sy_free(dataset->pixels);
    sy_free(dataset->labels);
    sy_free(dataset->tokens);
    sy_free(dataset);
}

int64_t systole_dataset_count(const struct systole_dataset *dataset)
{
    return dataset->count;
}

const int64_t *systole_dataset_shape(const struct systole_dataset *dataset)
{
    return dataset->tokens ? NULL : dataset->shape;
}

/* ---- from memory ---- */

enum systole_status systole_dataset_pictures(struct systole_context *context, int64_t count, const int64_t shape[3],
                                             const uint8_t *pixels, const uint8_t *labels, struct systole_dataset **dataset)
{
    if (!context || !shape || !pixels || !labels || !dataset)
        return SYSTOLE_BAD_ARGUMENT;
    int64_t size = 1, bytes;
    for (int i = 0; i < 3; i++)
        if (shape[i] < 1 || !sy_mul(size, shape[i], &size))
            return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "pictures of %lld x %lld x %lld", (long long)shape[0],
                           (long long)shape[1], (long long)shape[2]);
    if (count < 1 || !sy_mul(size, count, &bytes))
        return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "%lld pictures", (long long)count);
    struct systole_dataset *d = sy_alloc(1, sizeof *d);
    if (d) {
        d->pixels = sy_alloc((size_t)bytes, 1);
        d->labels = sy_alloc((size_t)count, 1);
    }
    if (!d || !d->pixels || !d->labels) {
        systole_dataset_free(d);
        return sy_no_memory(context);
    }
    d->count = count;
    memcpy(d->shape, shape, sizeof d->shape);
    memcpy(d->pixels, pixels, (size_t)bytes);
    memcpy(d->labels, labels, (size_t)count);
    *dataset = d;
    return SYSTOLE_OK;
}

enum systole_status systole_dataset_text(struct systole_context *context, int64_t count, const int32_t *tokens,
                                         struct systole_dataset **dataset)
{
    if (!context || !tokens || !dataset)
        return SYSTOLE_BAD_ARGUMENT;
    if (count < 1)
        return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "%lld tokens", (long long)count);
    struct systole_dataset *d = sy_alloc(1, sizeof *d);
    if (d)
        d->tokens = sy_alloc((size_t)count, sizeof *tokens);
    if (!d || !d->tokens) {
        systole_dataset_free(d);
        return sy_no_memory(context);
    }
    d->count = count;
    memcpy(d->tokens, tokens, (size_t)count * sizeof *tokens);
    *dataset = d;
    return SYSTOLE_OK;
}

/* ---- files ---- */

static int64_t big_endian(const uint8_t *p)
{
    return (int64_t)p[0] << 24 | (int64_t)p[1] << 16 | (int64_t)p[2] << 8 | p[3];
}

/* An IDX file of unsigned bytes with `rank` dimensions. */
static enum systole_status check_idx(struct systole_context *ctx, const char *path, const uint8_t *data, size_t size, int rank,
                                     int64_t *dims)
{
    const size_t header = 4 + 4 * (size_t)rank;
    if (size >= 2 && data[0] == 0x1f && data[1] == 0x8b)
        return sy_fail(ctx, SYSTOLE_IO, "%s is compressed: gunzip it first", path);
    if (size < header || data[0] || data[1] || data[2] != 8 || data[3] != rank)
        return sy_fail(ctx, SYSTOLE_IO, "%s is no IDX file of bytes with %d dimensions", path, rank);
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        dims[i] = big_endian(data + 4 + 4 * i);
        if (!sy_mul(count, dims[i], &count))
            count = -1;
    }
    if (count < 1 || (uint64_t)count != size - header)
        return sy_fail(ctx, SYSTOLE_IO, "%s says it has %lld bytes of data, and has %zu", path, (long long)count, size - header);
    return SYSTOLE_OK;
}

enum systole_status systole_dataset_idx(struct systole_context *context, const char *pictures, const char *labels,
                                        struct systole_dataset **dataset)
{
    if (!context || !pictures || !labels || !dataset)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    uint8_t *pixels = NULL, *classes = NULL;
    size_t pixel_size = 0, class_size = 0;
    int64_t dims[3], n = 0;
    enum systole_status status = sy_file_read(context, pictures, &pixels, &pixel_size);
    if (!status)
        status = sy_file_read(context, labels, &classes, &class_size);
    if (!status)
        status = check_idx(context, pictures, pixels, pixel_size, 3, dims);
    if (!status)
        status = check_idx(context, labels, classes, class_size, 1, &n);
    if (!status && n != dims[0])
        status = sy_fail(context, SYSTOLE_IO, "%s has %lld pictures, %s %lld labels", pictures, (long long)dims[0], labels,
                         (long long)n);
    if (!status)
        status = systole_dataset_pictures(context, n, (const int64_t[]){1, dims[1], dims[2]}, pixels + 16, classes + 8, dataset);
    sy_free(pixels);
    sy_free(classes);
    return status;
}

enum systole_status systole_dataset_cifar(struct systole_context *context, const char *path, int label_bytes,
                                          struct systole_dataset **dataset)
{
    enum { PIXELS = 3 * 32 * 32 };
    if (!context || !path || !dataset)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    if (label_bytes < 1 || label_bytes > 2)
        return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "labels of %d bytes: a row of CIFAR begins with 1 or 2", label_bytes);
    uint8_t *data = NULL;
    size_t size = 0;
    enum systole_status status = sy_file_read(context, path, &data, &size);
    if (status)
        return status;
    const size_t row = PIXELS + (size_t)label_bytes, count = size / row;
    uint8_t *const labels = sy_alloc(count, 1);
    if (size == 0 || size % row != 0)
        status = sy_fail(context, SYSTOLE_IO, "%s has %zu bytes, which is no number of rows of %zu", path, size, row);
    else if (!labels)
        status = sy_no_memory(context);
    /* In place: each picture moves over the label before it. */
    for (size_t i = 0; i < count && !status; i++) {
        labels[i] = data[i * row + (size_t)label_bytes - 1];
        memmove(data + i * PIXELS, data + i * row + label_bytes, PIXELS);
    }
    if (!status)
        status = systole_dataset_pictures(context, (int64_t)count, (const int64_t[]){3, 32, 32}, data, labels, dataset);
    sy_free(labels);
    sy_free(data);
    return status;
}

enum systole_status systole_dataset_tokens(struct systole_context *context, const char *path, int width, int64_t vocabulary,
                                           struct systole_dataset **dataset)
{
    if (!context || !path || !dataset)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    if ((width != 1 && width != 2 && width != 4) || vocabulary < 1 || vocabulary > INT32_MAX)
        return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "tokens of %d bytes below %lld: they have 1, 2 or 4, and at most 2147483647 are different", width,
                       (long long)vocabulary);
    uint8_t *data = NULL;
    size_t size = 0;
    enum systole_status status = sy_file_read(context, path, &data, &size);
    if (status)
        return status;
    const size_t bytes = (size_t)width, count = size / bytes;
    int32_t *const tokens = sy_alloc(count, sizeof *tokens);
    if (!tokens)
        status = sy_no_memory(context);
    else if (size == 0 || size % bytes != 0)
        status = sy_fail(context, SYSTOLE_IO, "%s has %zu bytes, which is no number of tokens of %d", path, size, width);
    for (size_t i = 0; i < count && !status; i++) {
        uint32_t token = 0;
        for (size_t k = 0; k < bytes; k++)
            token |= (uint32_t)data[i * bytes + k] << (8 * k);
        if (token >= (uint64_t)vocabulary)
            status = sy_fail(context, SYSTOLE_IO, "%s: token %zu is %u; the vocabulary has %lld", path, i, (unsigned)token,
                             (long long)vocabulary);
        else
            tokens[i] = (int32_t)token;
    }
    if (!status)
        status = systole_dataset_text(context, (int64_t)count, tokens, dataset);
    sy_free(tokens);
    sy_free(data);
    return status;
}

/* ---- batches ---- */

enum systole_status systole_dataset_batch(struct systole_context *context, const struct systole_dataset *dataset,
                                          const int64_t *order, int64_t n, float *pixels, int32_t *labels)
{
    if (!context || !dataset || !dataset->pixels || (n && (!order || !pixels || !labels)))
        return SYSTOLE_BAD_ARGUMENT;
    const int64_t size = dataset->shape[0] * dataset->shape[1] * dataset->shape[2];
    for (int64_t i = 0; i < n; i++)
        if (order[i] < 0 || order[i] >= dataset->count)
            return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "picture %lld; there are %lld", (long long)order[i],
                           (long long)dataset->count);
    for (int64_t i = 0; i < n; i++) {
        const uint8_t *const from = dataset->pixels + order[i] * size;
        for (int64_t k = 0; k < size; k++)
            pixels[i * size + k] = (float)from[k] / 255;
        labels[i] = dataset->labels[order[i]];
    }
    return SYSTOLE_OK;
}

enum systole_status systole_dataset_windows(struct systole_context *context, const struct systole_dataset *dataset,
                                            const int64_t *starts, int64_t n, int64_t time, int32_t *tokens, int32_t *next)
{
    if (!context || !dataset || !dataset->tokens || time < 1 || (n && (!starts || !tokens || !next)))
        return SYSTOLE_BAD_ARGUMENT;
    for (int64_t i = 0; i < n; i++)
        if (starts[i] < 0 || time >= dataset->count || starts[i] > dataset->count - time - 1)
            return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "a window of %lld tokens, and one more, at %lld; there are %lld",
                           (long long)time, (long long)starts[i], (long long)dataset->count);
    for (int64_t i = 0; i < n; i++) {
        memcpy(tokens + i * time, dataset->tokens + starts[i], (size_t)time * sizeof *tokens);
        memcpy(next + i * time, dataset->tokens + starts[i] + 1, (size_t)time * sizeof *next);
    }
    return SYSTOLE_OK;
}
