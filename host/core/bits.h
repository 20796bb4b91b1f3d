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

#endif
