/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){.data = NULL};
}

static uint8_t *room(struct bytes *b, size_t size)
{
    if (b->failed || size > SIZE_MAX / 4 - b->size) {
        b->failed = true;
        return NULL;
    }
    if (b->size + size > b->capacity) {
        const size_t capacity = 2 * (b->size + size);
        uint8_t *larger = realloc(b->data, capacity);
        if (!larger) {
            b->failed = true;
            return NULL;
        }
        b->data = larger;
        b->capacity = capacity;
    }
    uint8_t *at = b->data + b->size;
    b->size += size;
    return at;
}

void bytes_add(struct bytes *b, const void *data, size_t size)
{
    uint8_t *at = size > 0 ? room(b, size) : NULL;
    if (at)
        memcpy(at, data, size);
}

void bytes_fill(struct bytes *b, uint8_t value, size_t count)
{
    uint8_t *at = count > 0 ? room(b, count) : NULL;
    if (at)
        memset(at, value, count);
}

void bytes_le(struct bytes *b, uint64_t value, unsigned width)
{
    uint8_t *at = room(b, width);
    for (unsigned i = 0; at && i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

void bytes_text(struct bytes *b, const char *text, size_t width)
{
    const size_t length = strlen(text) < width ? strlen(text) : width - 1;
    bytes_add(b, text, length);
    bytes_fill(b, 0, width - length);
}

void bytes_align(struct bytes *b, size_t step)
{
    bytes_fill(b, 0, (step - b->size % step) % step);
}

bool bytes_file(struct bytes *b, const char *path)
{
    uint8_t part[65536];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    errno = 0;
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        bytes_add(b, part, n);
    const int error = errno;
    const bool good = !ferror(f);
    fclose(f);
    errno = error;
    return good && !b->failed;
}
