/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files and pieces of files; tensors in them. */
#ifndef SY_FILE_H
#define SY_FILE_H

#include "host/graph/tensor.h"

/* *data is to be freed with sy_free. */
enum systole_status sy_file_read(struct systole_context *ctx, const char *path, uint8_t **data, size_t *size);
/* Exactly `size` bytes at `offset`; an error when the file is shorter. */
enum systole_status sy_file_read_part(struct systole_context *ctx, const char *path, size_t offset, size_t size, uint8_t **data);
/* Whole, or the file that was there stays as it was. */
enum systole_status sy_file_write(struct systole_context *ctx, const char *path, const void *data, size_t size);
/* The same; with `sync` it is on the disk when this returns. */
enum systole_status sy_file_replace(struct systole_context *ctx, const char *path, const void *data, size_t size, bool sync);

/* NumPy's .npy, versions 1 to 3, little endian, either order of dimensions; written as version 1, C order. */
enum systole_status sy_npy_read(struct systole_context *ctx, const uint8_t *data, size_t size, struct systole_tensor **tensor);
enum systole_status sy_npy_write(struct systole_context *ctx, const struct systole_tensor *t, uint8_t **data, size_t *size);

#endif
