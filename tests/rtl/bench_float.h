/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's own floating point as the reference of the RTL unit benches, and operands that reach its corners.
 * Needs a compiler that keeps IEEE semantics (no -ffast-math, -ffp-contract=off).
 */
#ifndef BENCH_FLOAT_H
#define BENCH_FLOAT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bench_random.h"

static inline float bench_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The bits of x, any NaN as the canonical one. */
static inline uint32_t bench_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? 0x7fc00000u : bits;
}

static inline float bench_bf16(uint16_t bits)
{
    return bench_float((uint32_t)bits << 16);
}

static inline uint16_t bench_to_bf16(float x)
{
    uint32_t u = bench_bits(x);
    if (isnan(x))
        return 0x7fc0u;
    u += 0x7fffu + ((u >> 16) & 1u);
    return (uint16_t)(u >> 16);
}

static inline uint32_t bench_mac(uint16_t a, uint16_t b, uint32_t acc)
{
    return bench_bits(fmaf(bench_bf16(a), bench_bf16(b), bench_float(acc)));
}

/* One of each kind of fp32, signs apart: zero, subnormal, around one, where rounding carries, overflow, Inf, NaN. */
static const uint32_t bench_corners[] = {
    0x00000000, 0x00000001, 0x00000002, 0x00000003, 0x00007fff, 0x00008000, 0x00008001, 0x00010000, 0x00018000,
    0x00400000, 0x007f0000, 0x007f8000, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x33800000,
    0x34000000, 0x3f000000, 0x3f7f8000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x3f808000, 0x3f818000, 0x3fffffff,
    0x40490fdb, 0x4b000000, 0x4b7fffff, 0x4b800001, 0x7e800000, 0x7f000000, 0x7f7f0000, 0x7f7f7fff, 0x7f7f8000,
    0x7f7fffff, 0x7f800000, 0x7f800001, 0x7f810000, 0x7fc00000, 0x7fffffff,
};

enum { BENCH_CORNERS = sizeof bench_corners / sizeof bench_corners[0] };

/* Any corner or its negative: i below 2 * BENCH_CORNERS. */
static inline uint32_t bench_corner(size_t i)
{
    return bench_corners[i / 2] | (i % 2 != 0 ? 0x80000000u : 0u);
}

/* Half of them plain random bits, the others corners, small integers, few significant bits or moderate exponents. */
static inline uint32_t bench_random_f32(struct bench_random *r)
{
    uint64_t z = bench_random64(r);
    uint32_t bits = (uint32_t)z;
    switch ((z >> 32) & 7u) {
    case 0: return bench_corner(bench_random_below(r, 2 * BENCH_CORNERS));
    case 1: return bench_bits((float)(int32_t)(bits >> (z >> 59)));
    case 2: return bits & 0xfff00000u;
    case 3: return (bits & 0x87ffffffu) + 0x3c000000u;
    default: return bits;
    }
}

#endif
