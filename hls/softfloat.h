/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fp32 and bf16 in integer arithmetic: one rounding an operation, to nearest even, subnormals kept, every NaN made
 * canonical. Vendor cores for floating point flush subnormals, so the device brings its own.
 */
#ifndef SYSTOLE_HLS_FLOAT_H
#define SYSTOLE_HLS_FLOAT_H

#include <stdbool.h>
#include <stdint.h>

#include "../driver/systole_spec.h"
#include "pragmas.h"

#define F32_NAN ((uint32_t)SYSTOLE_NAN_F32)
#define F32_INF 0x7f800000u
#define F32_SIGN 0x80000000u

/* A finite number: (-1)^sign * mant * 2^exp, mant as large as it comes. */
struct f32_parts {
    uint64_t mant;
    int32_t exp;
    uint32_t sign; /* 0 or F32_SIGN */
};

static inline bool f32_is_nan(uint32_t x)
{
    return (x & ~F32_SIGN) > F32_INF;
}

static inline bool f32_is_inf(uint32_t x)
{
    return (x & ~F32_SIGN) == F32_INF;
}

static inline bool f32_is_finite(uint32_t x)
{
    return (x & F32_INF) != F32_INF;
}

static inline struct f32_parts f32_unpack(uint32_t x)
{
    const uint32_t e = (x >> 23) & 0xffu;
    const uint32_t m = x & 0x7fffffu;
    struct f32_parts r;
    r.mant = e ? m | 0x800000u : m;
    r.exp = (int32_t)(e ? e : 1u) - 150;
    r.sign = x & F32_SIGN;
    return r;
}

/* Zeros above the highest set bit; m is not 0. */
static inline uint32_t f32_leading_zeros(uint64_t m)
{
#if defined(__GNUC__) && !defined(__SYNTHESIS__)
    return (uint32_t)__builtin_clzll(m);
#else
    uint32_t n = 0;
    HLS_LABEL(f32_halves)
    for (uint32_t step = 32; step; step >>= 1) {
        HLS_UNROLL
        if (!(m >> (64 - step))) {
            m <<= step;
            n += step;
        }
    }
    return n;
#endif
}

/* m / 2^n, what is shifted out kept as one sticky bit. */
static inline uint64_t f32_shift_sticky(uint64_t m, uint32_t n)
{
    if (n >= 64)
        return m != 0;
    return n ? (m >> n) | ((m << (64 - n)) != 0) : m;
}

/* The one rounding. */
static inline uint32_t f32_pack(struct f32_parts x)
{
    if (!x.mant)
        return x.sign;
    const uint32_t zeros = f32_leading_zeros(x.mant);
    uint64_t m = x.mant << zeros;
    int32_t e = x.exp - (int32_t)zeros + 63 + 127;
    if (e >= 255)
        return x.sign | F32_INF;
    if (e <= 0) { /* subnormal: no hidden bit, so a carry out of the fraction makes the smallest normal number */
        m = f32_shift_sticky(m, (uint32_t)(1 - e));
        e = 1;
    }
    const uint64_t rest = m & 0xffffffffffull;
    uint32_t q = (uint32_t)(m >> 40);
    q += rest > 0x8000000000ull || (rest == 0x8000000000ull && (q & 1u));
    return x.sign | (((uint32_t)(e - 1) << 23) + q); /* the hidden bit adds the missing one to the exponent */
}

/* Both finite, mantissas below 2^49: no bit is lost where much may cancel, and a sticky bit stays far below the rounding. */
static inline uint32_t f32_add_parts(struct f32_parts a, struct f32_parts b)
{
    if (!a.mant && !b.mant)
        return a.sign & b.sign;
    if (!a.mant)
        return f32_pack(b);
    if (!b.mant)
        return f32_pack(a);
    const uint32_t za = f32_leading_zeros(a.mant) - 1; /* one bit is left free for the carry */
    const uint32_t zb = f32_leading_zeros(b.mant) - 1;
    a.mant <<= za;
    a.exp -= (int32_t)za;
    b.mant <<= zb;
    b.exp -= (int32_t)zb;
    const bool b_larger = b.exp > a.exp;
    const struct f32_parts big = b_larger ? b : a;
    const struct f32_parts small = b_larger ? a : b;
    const uint64_t aligned = f32_shift_sticky(small.mant, (uint32_t)(big.exp - small.exp));
    struct f32_parts r = big;
    if (big.sign == small.sign) {
        r.mant = big.mant + aligned;
    } else if (big.mant >= aligned) {
        r.mant = big.mant - aligned;
        if (!r.mant)
            r.sign = 0;
    } else {
        r.mant = aligned - big.mant;
        r.sign = small.sign;
    }
    return f32_pack(r);
}

static inline uint32_t f32_add(uint32_t a, uint32_t b)
{
    if (f32_is_nan(a) || f32_is_nan(b))
        return F32_NAN;
    if (f32_is_inf(a))
        return f32_is_inf(b) && a != b ? F32_NAN : a;
    if (f32_is_inf(b))
        return b;
    return f32_add_parts(f32_unpack(a), f32_unpack(b));
}

static inline uint32_t f32_sub(uint32_t a, uint32_t b)
{
    return f32_add(a, b ^ F32_SIGN);
}

/* a * b + c, rounded once. */
static inline uint32_t f32_mul_add(uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t sign = (a ^ b) & F32_SIGN;
    if (f32_is_nan(a) || f32_is_nan(b) || f32_is_nan(c))
        return F32_NAN;
    if (f32_is_inf(a) || f32_is_inf(b)) {
        if (!(a & ~F32_SIGN) || !(b & ~F32_SIGN) || c == ((sign | F32_INF) ^ F32_SIGN))
            return F32_NAN;
        return sign | F32_INF;
    }
    if (f32_is_inf(c))
        return c;
    const struct f32_parts x = f32_unpack(a);
    const struct f32_parts y = f32_unpack(b);
    struct f32_parts product;
    product.mant = x.mant * y.mant;
    product.exp = x.exp + y.exp;
    product.sign = sign;
    return f32_add_parts(product, f32_unpack(c));
}

/* a * b + c of bf16, bf16 and fp32. */
static inline uint32_t bf16_mac(uint32_t a, uint32_t b, uint32_t c)
{
    return f32_mul_add(a << 16, b << 16, c);
}

/* The product has 48 bits; adding a zero of its own sign leaves it, and its zeros, alone. */
static inline uint32_t f32_mul(uint32_t a, uint32_t b)
{
    return f32_mul_add(a, b, (a ^ b) & F32_SIGN);
}

/* a < b; false when either is NaN. */
static inline bool f32_less(uint32_t a, uint32_t b)
{
    if (f32_is_nan(a) || f32_is_nan(b) || !((a | b) & ~F32_SIGN))
        return false;
    if ((a ^ b) & F32_SIGN)
        return (a & F32_SIGN) != 0;
    return (a & F32_SIGN) ? a > b : a < b;
}

static inline uint32_t f32_from_int(int32_t i)
{
    struct f32_parts r;
    r.sign = i < 0 ? F32_SIGN : 0;
    r.mant = i < 0 ? (uint64_t)(-(int64_t)i) : (uint64_t)i;
    r.exp = 0;
    return f32_pack(r);
}

/* To nearest even; what does not fit is saturated, NaN gives 0. */
static inline int32_t f32_to_int(uint32_t x)
{
    if (f32_is_nan(x))
        return 0;
    if (((x >> 23) & 0xffu) >= 158)
        return (x & F32_SIGN) ? INT32_MIN : INT32_MAX;
    const struct f32_parts p = f32_unpack(x);
    const uint64_t m = p.mant << 32; /* 2^-32 is the unit now, or below it where exp is smaller */
    const uint64_t v = p.exp >= 0 ? m << p.exp : f32_shift_sticky(m, (uint32_t)-p.exp);
    const uint64_t rest = v & 0xffffffffull;
    int64_t q = (int64_t)(v >> 32);
    q += rest > 0x80000000ull || (rest == 0x80000000ull && (q & 1));
    return (int32_t)((x & F32_SIGN) ? -q : q);
}

static inline uint32_t f32_to_bf16(uint32_t x)
{
    if (f32_is_nan(x))
        return (uint32_t)SYSTOLE_NAN_BF16;
    return (x + 0x7fffu + ((x >> 16) & 1u)) >> 16;
}

/* The three bf16 whose sum is x, to 24 bits: high, middle, low. */
static inline uint32_t f32_split_h(uint32_t x)
{
    const uint32_t h = f32_to_bf16(x);
    return f32_is_finite(x) && !f32_is_finite(h << 16) ? x >> 16 : h;
}

static inline uint32_t f32_split_m(uint32_t x)
{
    return f32_is_finite(x) ? f32_to_bf16(f32_sub(x, f32_split_h(x) << 16)) : 0;
}

static inline uint32_t f32_split_l(uint32_t x)
{
    if (!f32_is_finite(x))
        return 0;
    const uint32_t rest = f32_sub(x, f32_split_h(x) << 16);
    return f32_to_bf16(f32_sub(rest, f32_to_bf16(rest) << 16));
}

#endif
