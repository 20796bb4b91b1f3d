/* SPDX-License-Identifier: Apache-2.0 */
#include "host/core/alloc.h"

#include "host/core/memory_left.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static long fail_at;
static bool has_failed;
static size_t limit = (size_t)1 << 34;

/*
 * The system gives memory out before it has it, and ends the process that touches too much. So whoever asks for much is
 * refused in time: every so many bytes it is looked up how many are left, less those that were given out and not yet touched.
 */
static const size_t look_every = (size_t)64 << 20, large = (size_t)1 << 20, reserve = (size_t)128 << 20;
static atomic_size_t unlooked, large_bytes;

static bool is_short(size_t bytes)
{
    if (atomic_fetch_add(&unlooked, bytes) + bytes < look_every)
        return false;
    atomic_store(&unlooked, 0);
    const size_t left = sy_memory_left(), given = atomic_load(&large_bytes), touched = sy_memory_touched();
    const size_t owed = (given > touched ? given - touched : 0) + reserve;
    return left != SIZE_MAX && (left < owed || bytes > left - owed);
}

static void *counted(void *memory)
{
    const size_t bytes = memory ? malloc_usable_size(memory) : 0;
    if (bytes >= large)
        atomic_fetch_add(&large_bytes, bytes);
    return memory;
}

static void uncount(void *memory)
{
    const size_t bytes = memory ? malloc_usable_size(memory) : 0;
    if (bytes >= large)
        atomic_fetch_sub(&large_bytes, bytes);
}

static bool refused(size_t count, size_t size)
{
    if (size != 0 && count > limit / size)
        return true;
    if (fail_at > 0 && --fail_at == 0) {
        has_failed = true;
        return true;
    }
    return is_short(count * size);
}

void *sy_alloc(size_t count, size_t size)
{
    if (refused(count, size))
        return NULL;
    return counted(calloc(count ? count : 1, size ? size : 1));
}

void *sy_realloc(void *old, size_t count, size_t size)
{
    if (refused(count, size))
        return NULL;
    size_t bytes = count * size;
    uncount(old);
    void *grown = realloc(old, bytes ? bytes : 1);
    if (!grown)
        counted(old);
    return counted(grown);
}

void sy_free(void *memory)
{
    uncount(memory);
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

size_t sy_alloc_limit(void)
{
    return limit;
}
