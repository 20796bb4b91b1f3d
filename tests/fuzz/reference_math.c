/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_math.h"

#include <math.h>
#include <string.h>

float math_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

uint32_t math_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return isnan(x) ? 0x7fc00000u : bits;
}

float math_widen(uint16_t bf16)
{
    return math_float((uint32_t)bf16 << 16);
}

uint16_t math_bf(float x)
{
    if (isnan(x)) {
        return 0x7fc0;
    }
    uint32_t u = math_bits(x);
    u += 0x7fffu + ((u >> 16) & 1u);
    return (uint16_t)(u >> 16);
}

uint16_t math_split(uint32_t bits, unsigned part)
{
    const float x = math_float(bits);
    uint16_t h = math_bf(x);
    if (isfinite(x) && !isfinite(math_widen(h))) {
        h = (uint16_t)(bits >> 16);
    }
    if (part == 0) {
        return h;
    }
    if (!isfinite(x)) {
        return 0;
    }
    const float rest = x - math_widen(h);
    const uint16_t m = math_bf(rest);
    if (part == 1) {
        return m;
    }
    return math_bf(rest - math_widen(m));
}

int32_t math_byte(uint8_t v, int is_unsigned)
{
    return is_unsigned || v < 128 ? v : (int32_t)v - 256;
}

uint32_t math_mac_int(int32_t a, int32_t b, uint32_t acc)
{
    return acc + (uint32_t)(a * b);
}

uint32_t math_mac_fp(uint16_t a, uint16_t b, uint32_t acc)
{
    return math_bits(fmaf(math_widen(a), math_widen(b), math_float(acc)));
}

uint32_t math_max_int(int32_t a, uint32_t acc)
{
    const int64_t old = acc < 0x80000000u ? (int64_t)acc : (int64_t)acc - (1LL << 32);
    return a > old ? (uint32_t)a : acc;
}

uint32_t math_max_fp(uint16_t a, uint32_t acc)
{
    const float x = math_widen(a);
    const float old = math_float(acc);
    if (isnan(x) || isnan(old)) {
        return 0x7fc00000u;
    }
    return x > old ? math_bits(x) : acc;
}

uint32_t math_sum_fp(uint16_t a, uint32_t acc)
{
    const float sum = math_float(acc) + math_widen(a);
    return math_bits(sum);
}

uint8_t math_quantise(float v, uint8_t zp, int is_unsigned)
{
    const int32_t zero = math_byte(zp, is_unsigned);
    const float lowest = (float)((is_unsigned ? 0 : -128) - zero);
    const float highest = (float)((is_unsigned ? 255 : 127) - zero);
    float f = v;
    if (isnan(f) || f < lowest) {
        f = lowest;
    } else if (f > highest) {
        f = highest;
    }
    return (uint8_t)((int32_t)rintf(f) + zero); /* the default rounding: to nearest even */
}
