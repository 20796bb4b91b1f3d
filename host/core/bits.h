/* SPDX-License-Identifier: Apache-2.0 */
/* The bits of an fp32 number, and the number of bits. */
#ifndef SY_BITS_H
#define SY_BITS_H

#include <stdint.h>
#include <string.h>

static inline float sy_from_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline uint32_t sy_to_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

/*
 * The high part of a finite number, as LOAD's F32_H has it: rounded to the upper half of its bits, or cut to them where rounding would make
 * an infinity of it.
 */
static inline uint16_t sy_high_part(uint32_t u)
{
    const uint32_t exponent = 0x7f800000, rounded = u + 0x7fff + (u >> 16 & 1);
    return (uint16_t)(((rounded & exponent) == exponent ? u : rounded) >> 16);
}

#endif
