/* SPDX-License-Identifier: Apache-2.0 */
#include "host/core/alloc.h"

#include <stdlib.h>
#include <string.h>

static long fail_at;
static bool has_failed;
static size_t limit = (size_t)1 << 34;

static bool refused(size_t count, size_t size)
{
    if (size != 0 && count > limit / size)
        return true;
    if (fail_at > 0 && --fail_at == 0) {
        has_failed = true;
        return true;
    }
    return false;
}

void *sy_alloc(size_t count, size_t size)
{
    if (refused(count, size))
        return NULL;
    return calloc(count ? count : 1, size ? size : 1);
}

void *sy_realloc(void *old, size_t count, size_t size)
{
    if (refused(count, size))
        return NULL;
    size_t bytes = count * size;
    return realloc(old, bytes ? bytes : 1);
}

void sy_free(void *memory)
{
    free(memory);
}

char *sy_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = sy_alloc(size, 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

bool sy_mul(int64_t a, int64_t b, int64_t *product)
{
    if (a < 0 || b < 0 || (b != 0 && a > INT64_MAX / b))
        return false;
    *product = a * b;
    return true;
}

void sy_alloc_fail_at(long n)
{
    fail_at = n;
    has_failed = false;
}

bool sy_alloc_has_failed(void)
{
    return has_failed;
}

void sy_alloc_set_limit(size_t bytes)
{
    limit = bytes;
}
