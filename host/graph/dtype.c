/* SPDX-License-Identifier: Apache-2.0 */
#include "host/graph/dtype.h"

#include <math.h>

#include "host/core/bits.h"

#define SY_DTYPE(name, number, text, numpy, kind, bits) \
    _Static_assert((int)SYSTOLE_##name == (number), "systole.h differs from dtype.def");
#include "host/graph/dtype.def"
#undef SY_DTYPE

struct type {
    const char *name, *numpy;
    enum sy_kind kind;
    int bits;
};

static const struct type *type_of(enum systole_dtype dtype)
{
    static const struct type types[] = {
#define SY_DTYPE(name, number, text, numpy, kind, bits) [number] = {text, numpy, SY_KIND_##kind, bits},
#include "host/graph/dtype.def"
#undef SY_DTYPE
    };
    static const struct type none = {"no type", "", SY_KIND_NONE, 0};
    size_t i = (size_t)dtype;
    return i < sizeof(types) / sizeof(types[0]) && types[i].name ? &types[i] : &none;
}

enum sy_kind sy_dtype_kind(enum systole_dtype dtype)
{
    return type_of(dtype)->kind;
}

int sy_dtype_bits(enum systole_dtype dtype)
{
    return type_of(dtype)->bits;
}

int sy_dtype_size(enum systole_dtype dtype)
{
    return (type_of(dtype)->bits + 7) / 8;
}

const char *sy_dtype_numpy(enum systole_dtype dtype)
{
    return type_of(dtype)->numpy;
}

const char *systole_dtype_name(enum systole_dtype dtype)
{
    return type_of(dtype)->name;
}

bool sy_dtype_is_float(enum systole_dtype dtype)
{
    return type_of(dtype)->kind == SY_KIND_FLOAT;
}

void sy_dtype_range(enum systole_dtype dtype, double *lowest, double *highest)
{
    const struct type *t = type_of(dtype);
    *lowest = t->kind == SY_KIND_INT ? -ldexp(1, t->bits - 1) : 0;
    *highest = t->kind == SY_KIND_INT ? ldexp(1, t->bits - 1) - 1 : t->kind == SY_KIND_BOOL ? 1 : ldexp(1, t->bits) - 1;
}

float sy_bf16_to_f32(uint16_t bits)
{
    return sy_from_bits((uint32_t)bits << 16);
}

uint16_t sy_f32_to_bf16(float value)
{
    if (isnan(value))
        return 0x7fc0;
    uint32_t u = sy_to_bits(value);
    u += 0x7fff + ((u >> 16) & 1);
    return (uint16_t)(u >> 16);
}

/* An IEEE-like format: exponent and mantissa bits, bias, the bits of NaN, the largest finite magnitude as bits, whether the
 * code after it is Inf, and whether there is a -0 (in the "uz" types its code is the NaN). */
struct small {
    int exponent, mantissa, bias;
    uint32_t nan, largest;
    bool has_inf, has_minus_zero;
};

static const struct small *small_of(enum systole_dtype dtype)
{
    static const struct small f16 = {5, 10, 15, 0x7e00, 0x7bff, true, true}, bf16 = {8, 7, 127, 0x7fc0, 0x7f7f, true, true},
                              e4m3fn = {4, 3, 7, 0x7f, 0x7e, false, true}, e4m3fnuz = {4, 3, 8, 0x80, 0x7f, false, false},
                              e5m2 = {5, 2, 15, 0x7e, 0x7b, true, true}, e5m2fnuz = {5, 2, 16, 0x80, 0x7f, false, false},
                              /* No NaN: it becomes -0. */
        e2m1 = {2, 1, 1, 0x8, 0x7, false, true};
    switch ((int)dtype) {
    case SYSTOLE_F16: return &f16;
    case SYSTOLE_BF16: return &bf16;
    case SYSTOLE_F8E4M3FN: return &e4m3fn;
    case SYSTOLE_F8E4M3FNUZ: return &e4m3fnuz;
    case SYSTOLE_F8E5M2: return &e5m2;
    case SYSTOLE_F8E5M2FNUZ: return &e5m2fnuz;
    default: return &e2m1;
    }
}

double sy_small_decode(enum systole_dtype dtype, uint32_t bits)
{
    if (dtype == SYSTOLE_F8E8M0)
        return bits == 0xff ? (double)NAN : ldexp(1, (int)bits - 127);
    const struct small *s = small_of(dtype);
    uint32_t sign = (uint32_t)1 << (s->exponent + s->mantissa), magnitude = bits & (sign - 1);
    if (!s->has_minus_zero && bits == sign)
        return NAN;
    double v;
    if (magnitude > s->largest)
        v = s->has_inf && magnitude == s->largest + 1 ? (double)INFINITY : (double)NAN;
    else {
        int e = (int)(magnitude >> s->mantissa);
        uint32_t m = magnitude & (((uint32_t)1 << s->mantissa) - 1);
        v = ldexp(e ? m + ((uint32_t)1 << s->mantissa) : m, (e ? e : 1) - s->bias - s->mantissa);
    }
    return bits & sign ? -v : v;
}

/* A power of two, rounded up at the middle in the exponent's value; the range is 2^-127 to 2^127. */
static uint32_t encode_e8m0(double value, bool saturate)
{
    if (isnan(value))
        return 0xff;
    if (isinf(value))
        return saturate ? 0xfe : 0xff;
    int e;
    double m = frexp(fabs(value), &e);
    int biased = value == 0 ? 0 : e - 1 + 127 + (m > 0.5 ? m >= 0.75 : 0);
    if (biased > 0xfe)
        return saturate ? 0xfe : 0xff;
    return biased < 0 ? 0 : (uint32_t)biased;
}

uint32_t sy_small_encode(enum systole_dtype dtype, double value, bool saturate)
{
    if (dtype == SYSTOLE_F8E8M0)
        return encode_e8m0(value, saturate);
    const struct small *s = small_of(dtype);
    if (isnan(value))
        return s->nan;
    uint32_t sign = signbit(value) ? (uint32_t)1 << (s->exponent + s->mantissa) : 0, magnitude;
    double a = fabs(value);
    uint32_t over = s->largest;
    if (!saturate && dtype != SYSTOLE_F4E2M1) {
        if (!s->has_inf && !s->has_minus_zero)
            sign = 0;
        over = s->has_inf ? s->largest + 1 : s->nan;
    }
    if (isinf(a))
        magnitude = over;
    else {
        int e;
        frexp(a, &e);
        int least = 1 - s->bias;
        int power = a > 0 && e - 1 > least ? e - 1 : least;
        double q = nearbyint(ldexp(a, s->mantissa - power)); /* up to 2^(mantissa+1): carries into the exponent by itself */
        double code = q + ldexp(power - least, s->mantissa);
        magnitude = code > s->largest ? over : (uint32_t)code;
        if (code <= s->largest && signbit(value))
            sign = (uint32_t)1 << (s->exponent + s->mantissa);
    }
    if (!s->has_minus_zero && magnitude == 0)
        return 0;
    return sign | magnitude;
}

float sy_f16_to_f32(uint16_t bits)
{
    return (float)sy_small_decode(SYSTOLE_F16, bits);
}
