/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers of the RTL unit benches. The seed is printed, and taken from SYSTOLE_SEED where that is set.
 */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct bench_random {
    uint64_t state;
};

/* An unsigned number from the environment, or the default. */
static inline uint64_t bench_env(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 0) : otherwise;
}

static inline struct bench_random bench_random_start(const char *test)
{
    struct bench_random r = {bench_env("SYSTOLE_SEED", 1)};
    printf("%s: SYSTOLE_SEED=%llu\n", test, (unsigned long long)r.state);
    return r;
}

/* splitmix64 */
static inline uint64_t bench_random64(struct bench_random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 to n - 1 */
static inline uint32_t bench_random_below(struct bench_random *r, uint32_t n)
{
    return (uint32_t)((bench_random64(r) >> 32) * n >> 32);
}

#endif
