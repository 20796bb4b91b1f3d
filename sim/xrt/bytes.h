/* SPDX-License-Identifier: Apache-2.0 */
/* A growing run of bytes, little-endian. Once memory has failed, everything does; look at `failed` at the end. */
#ifndef SYSTOLE_XRT_BYTES_H
#define SYSTOLE_XRT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t size, capacity;
    bool failed;
};

void bytes_free(struct bytes *b);
void bytes_add(struct bytes *b, const void *data, size_t size);
void bytes_fill(struct bytes *b, uint8_t value, size_t count);
void bytes_le(struct bytes *b, uint64_t value, unsigned width); /* of 1 to 8 */

/* A text of at most width - 1 characters, zeros after it. */
void bytes_text(struct bytes *b, const char *text, size_t width);

/* Zeros up to a multiple of `step`. */
void bytes_align(struct bytes *b, size_t step);

/* The whole of a file; false, with errno, when it cannot be read. */
bool bytes_file(struct bytes *b, const char *path);

#endif
