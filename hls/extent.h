/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a strided walk begins and ends. No sum of the contract's fields overflows 64 bits: at most six products below 2^56.
 */
#ifndef SYSTOLE_HLS_EXTENT_H
#define SYSTOLE_HLS_EXTENT_H

#include <stdbool.h>
#include <stdint.h>

struct extent {
    int64_t low, high; /* lowest and highest first byte of an element */
};

static inline struct extent extent_at(uint64_t base)
{
    struct extent e;
    e.low = (int64_t)base;
    e.high = (int64_t)base;
    return e;
}

static inline struct extent extent_along(struct extent e, uint32_t count, int32_t stride)
{
    const int64_t reach = ((int64_t)count - 1) * stride;
    if (reach < 0)
        e.low += reach;
    else
        e.high += reach;
    return e;
}

/* Whether the walk, and `bytes` from its highest position on, lies in [0, size). */
static inline bool extent_inside(struct extent e, uint64_t bytes, uint64_t size)
{
    return e.low >= 0 && (uint64_t)e.high + bytes <= size;
}

#endif
