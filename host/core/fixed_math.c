/* SPDX-License-Identifier: Apache-2.0 */
#include "host/core/fixed_math.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "host/core/bits.h"

static const uint32_t nan_bits = 0x7fc00000;

/* c[n-1] x^(n-1) + ... + c[0], by Horner's rule from the highest power. */
static float polynomial(float x, const float *c, size_t n)
{
    float p = c[n - 1];
    for (size_t i = n - 1; i-- > 0;)
        p = fmaf(p, x, c[i]);
    return p;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* 2^n for -126 <= n <= 127. */
static float power_of_two(int n)
{
    return sy_from_bits((uint32_t)(n + 127) << 23);
}

/* v * 2^n in two steps, so that neither factor overflows; at most the second rounds, where the result is subnormal. */
static float scaled(float v, int n)
{
    const int half = n / 2;
    return v * power_of_two(half) * power_of_two(n - half);
}

/* A positive finite number as m * 2^e, 1 <= m < 2; subnormals too. */
static float split(float x, int *e)
{
    const int shift = x < 0x1p-126f ? 24 : 0;
    const uint32_t u = sy_to_bits(shift ? x * 0x1p24f : x);
    *e = (int)(u >> 23) - 127 - shift;
    return sy_from_bits((u & 0x007fffffu) | 0x3f800000u);
}

float sy_fixed_exp(float x)
{
    static const float c[] = {0x1.fffffcp-2f, 0x1.55549p-3f, 0x1.5558f4p-5f, 0x1.123a6cp-7f, 0x1.6a2358p-10f};
    if (isnan(x))
        return sy_from_bits(nan_bits);
    if (x > 0x1.62e42ep+6f)
        return INFINITY;
    if (x < -104)
        return 0;
    /* The nearest integer to x / ln 2: adding 1.5 * 2^23 leaves no fraction. */
    const float n = fmaf(x, 0x1.715476p+0f, 0x1.8p+23f) - 0x1.8p+23f;
    float r = fmaf(n, -0x1.62p-1f, x);
    r = fmaf(n, -0x1.c85fep-10f, r);
    r = fmaf(r * r, polynomial(r, c, COUNT(c)), r);
    return scaled(1 + r, (int)n);
}

float sy_fixed_log(float x)
{
    static const float c[] = {0x1.555546p-2f,  -0x1.000006p-2f, 0x1.99a4f6p-3f, -0x1.555cccp-3f, 0x1.23322ep-3f,
                              -0x1.fc07c2p-4f, 0x1.e72882p-4f,  -0x1.dfp-4f,    0x1.14ca46p-4f};
    if (isnan(x) || x < 0)
        return sy_from_bits(nan_bits);
    if (x == 0)
        return -INFINITY;
    if (isinf(x))
        return x;
    int e;
    float m = split(x, &e);
    if (m > 0x1.6a09e6p+0f) {
        m *= 0.5f;
        e++;
    }
    const float f = m - 1, n = (float)e, square = f * f;
    float r = fmaf(square * f, polynomial(f, c, COUNT(c)), n * 0x1.c85fep-10f);
    r = fmaf(-0.5f, square, r);
    r = r + f;
    return fmaf(n, 0x1.62p-1f, r);
}

float sy_fixed_reciprocal(float x)
{
    if (isnan(x))
        return sy_from_bits(nan_bits);
    if (x == 0)
        return copysignf(INFINITY, x);
    if (isinf(x))
        return copysignf(0, x);
    int e;
    const float m = split(fabsf(x), &e);
    /* The line that is off by 1/17 at most; three steps of Newton's. */
    float y = fmaf(-0x1.e1e1e2p-2f, m, 0x1.696968p+0f);
    for (int i = 0; i < 3; i++)
        y = fmaf(y, fmaf(-m, y, 1), y);
    return copysignf(scaled(y, -e), x);
}

float sy_fixed_sqrt(float x)
{
    if (isnan(x) || x < 0)
        return sy_from_bits(nan_bits);
    if (x == 0 || isinf(x))
        return x;
    int e;
    float m = split(x, &e);
    if (e & 1) {
        m *= 2;
        e--;
    }
    /* 1 / sqrt(m) from its exponent, three steps of Newton's; then the root and what it lacks. */
    float y = sy_from_bits(0x5f3759dfu - (sy_to_bits(m) >> 1));
    for (int i = 0; i < 3; i++) {
        const float h = 0.5f * y;
        y = fmaf(h, fmaf(-m * y, y, 1), y);
    }
    const float s = m * y;
    return scaled(fmaf(0.5f * y, fmaf(-s, s, m), s), e / 2);
}

float sy_fixed_sigmoid(float x)
{
    const float e = sy_fixed_exp(-fabsf(x)), r = sy_fixed_reciprocal(1 + e);
    return x >= 0 || isnan(x) ? r : e * r;
}

float sy_fixed_tanh(float x)
{
    static const float c[] = {-0x1.555552p-2f, 0x1.111026p-3f, -0x1.b9e19p-5f, 0x1.62fb3ep-6f, -0x1.092858p-7f, 0x1.0e9ea4p-9f};
    const float a = fabsf(x), z = a * a;
    if (isnan(x))
        return sy_from_bits(nan_bits);
    if (a < 0x1p-12f)
        return x;
    if (a < 0.625f)
        return fmaf(x * z, polynomial(z, c, COUNT(c)), x);
    return copysignf(fmaf(-2, sy_fixed_reciprocal(sy_fixed_exp(2 * a) + 1), 1), x);
}

float sy_fixed_erf(float x)
{
    static const float small[] = {0x1.06eba8p-3f, -0x1.81273ep-2f, 0x1.ce2cf8p-4f, -0x1.b7f90ep-6f,
                                  0x1.5405b2p-8f, -0x1.a3f7p-11f,  0x1.496a3p-14f};
    /* ln(1 - erf) around 2.4. */
    static const float large[] = {-0x1.d1fb7ep+2f,  -0x1.4a82dap+2f, -0x1.e1896ep-1f,  -0x1.818638p-7f, 0x1.39799p-9f,
                                  -0x1.ee3e3ap-12f, 0x1.4b8172p-14f, -0x1.57b9dcp-16f, 0x1.0e29a6p-22f};
    const float a = fabsf(x);
    if (isnan(x))
        return sy_from_bits(nan_bits);
    if (a < 1)
        return fmaf(x, polynomial(x * x, small, COUNT(small)), x);
    if (a > 3.92f)
        return copysignf(1, x);
    return copysignf(1 - sy_fixed_exp(polynomial(a - 2.4f, large, COUNT(large))), x);
}
