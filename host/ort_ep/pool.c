/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ort_ep/ep.h"

#include <stdlib.h>

struct pool_block {
    struct pool_block *next;
    max_align_t data[];
};

void *pool_get(struct pool *pool, size_t count, size_t size)
{
    size_t bytes = 0;
    struct pool_block *block = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes) && !__builtin_add_overflow(bytes, sizeof *block, &bytes))
        block = calloc(1, bytes);
    if (!block) {
        pool->failed = true;
        return NULL;
    }
    block->next = pool->blocks;
    pool->blocks = block;
    return block->data;
}

void pool_free(struct pool *pool)
{
    for (struct pool_block *block = pool->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *pool = (struct pool){0};
}
