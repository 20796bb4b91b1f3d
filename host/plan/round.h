/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SY_PLAN_ROUND_H
#define SY_PLAN_ROUND_H

#include <stdint.h>

/* x rounded up to a multiple. */
static inline uint32_t up(uint32_t x, uint32_t to)
{
    return (x + to - 1) / to * to;
}

static inline uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* How many pieces of at most so many. */
static inline uint64_t pieces(uint64_t all, uint64_t most)
{
    return (all + most - 1) / most;
}

#endif
