/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The soft-float of hls/softfloat.h against the arithmetic of the compiler's floats: corner values crossed, then random ones.
 * SYSTOLE_VECTORS sets how many random ones (1,000,000), SYSTOLE_SEED where they begin.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hls/softfloat.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const uint32_t corners[] = {
    0x00000000, 0x00000001, 0x00000002, 0x00000003, 0x00007fff, 0x00008000, 0x00008001, 0x003fffff, 0x00400000,
    0x007f8000, 0x007fffff, 0x00800000, 0x00800001, 0x00ffffff, 0x01000000, 0x01800000, 0x0c000000, 0x1f800000,
    0x20000000, 0x33000000, 0x33800000, 0x33800001, 0x34000000, 0x3effffff, 0x3f000000, 0x3f000001, 0x3f7fffff,
    0x3f800000, 0x3f800001, 0x3f808000, 0x3f810000, 0x3fc00000, 0x3fffffff, 0x40000000, 0x40200000, 0x40490fdb,
    0x42fe0000, 0x42ff0000, 0x42ff8000, 0x43000000, 0x437f8000, 0x4affffff, 0x4b000000, 0x4b000001, 0x4b7fffff,
    0x4b800000, 0x4effffff, 0x4f000000, 0x5f000000, 0x5f800000, 0x7e800000, 0x7effffff, 0x7f000000, 0x7f7f0000,
    0x7f7f7fff, 0x7f7f8000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fbfffff, 0x7fc00000, 0x7fffffff};

static uint64_t seed, state;
static uint64_t vectors;

static uint32_t random32(void)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

static float value(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t bits_of(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return isnan(f) ? 0x7fc00000 : bits;
}

static uint32_t corner(size_t i)
{
    return i < COUNT(corners) ? corners[i] : corners[i - COUNT(corners)] | 0x80000000;
}

/* Of any kind, or one whose exponent is near that of 1, so that sums meet. */
static uint32_t random_float(void)
{
    const uint32_t x = random32();
    switch (random32() % 8) {
    case 0:
        return corner(x % (2 * COUNT(corners)));
    case 1:
        return x & 0x80ffffff;
    case 2:
    case 3:
        return (x & 0x83ffffff) | 0x3c000000;
    case 4:
        return (x & 0x80ff0000) | 0x3f000000;
    default:
        return x;
    }
}

/* One that nearly cancels a * b, or lies about half a unit of its last place away. */
static uint32_t random_addend(uint32_t a, uint32_t b)
{
    const uint32_t product = bits_of(value(a) * value(b));
    switch (random32() % 4) {
    case 0:
        return (product ^ 0x80000000) + random32() % 5 - 2;
    case 1:
        return product + ((random32() % 53 - 26) << 23) + random32() % 3;
    default:
        return random_float();
    }
}

static void check2(const char *name, uint32_t got, uint32_t want, uint32_t a, uint32_t b)
{
    if (got != want)
        fail_msg("%s(%08" PRIx32 ", %08" PRIx32 ") = %08" PRIx32 ", not %08" PRIx32, name, a, b, got, want);
}

static void check_mul_add(uint32_t a, uint32_t b, uint32_t c)
{
    const uint32_t got = f32_mul_add(a, b, c);
    const uint32_t want = bits_of(fmaf(value(a), value(b), value(c)));
    if (got != want)
        fail_msg("f32_mul_add(%08" PRIx32 ", %08" PRIx32 ", %08" PRIx32 ") = %08" PRIx32 ", not %08" PRIx32, a, b, c, got,
                 want);
}

static void check_pair(uint32_t a, uint32_t b)
{
    check2("f32_add", f32_add(a, b), bits_of(value(a) + value(b)), a, b);
    check2("f32_sub", f32_sub(a, b), bits_of(value(a) - value(b)), a, b);
    check2("f32_mul", f32_mul(a, b), bits_of(value(a) * value(b)), a, b);
    check2("f32_less", f32_less(a, b), value(a) < value(b), a, b);
}

/* The bf16 nearest to x, found by trying: the upper half and its neighbour, the even one of two that are as near. */
static uint32_t nearest_bf16(uint32_t x)
{
    const uint32_t low = x >> 16;
    const uint32_t high = low + 1;
    if (isnan(value(x)))
        return 0x7fc0;
    if (isinf(value(x)))
        return low;
    const double v = value(x);
    const double below = fabs(v - (double)value(low << 16));
    /* the neighbour of the largest is the power of two that Inf stands for */
    const double next = (high & 0x7fff) == 0x7f80 ? copysign(0x1p128, v) : (double)value(high << 16);
    const double above = fabs(next - v);
    return below < above || (below == above && !(low & 1)) ? low : high;
}

static void check_split(uint32_t x)
{
    const float h = value(f32_split_h(x) << 16), m = value(f32_split_m(x) << 16), l = value(f32_split_l(x) << 16);
    if (!isfinite(value(x))) {
        check2("f32_split_h", f32_split_h(x), isnan(value(x)) ? 0x7fc0 : x >> 16, x, 0);
        check2("f32_split_m", f32_split_m(x), 0, x, 0);
        check2("f32_split_l", f32_split_l(x), 0, x, 0);
        return;
    }
    const uint32_t rounded = nearest_bf16(x);
    const uint32_t high = isfinite(value(rounded << 16)) ? rounded : x >> 16;
    const float rest = value(x) - value(high << 16);
    const uint32_t middle = nearest_bf16(bits_of(rest));
    check2("f32_split_h", f32_split_h(x), high, x, 0);
    check2("f32_split_m", f32_split_m(x), middle, x, 0);
    check2("f32_split_l", f32_split_l(x), nearest_bf16(bits_of(rest - value(middle << 16))), x, 0);
    /* with normal parts nothing is lost */
    if (fabsf(value(x)) >= 0x1p-100f && (double)h + (double)m + (double)l != (double)value(x))
        fail_msg("the parts of %08" PRIx32 " do not add up to it", x);
}

static void check_single(uint32_t x)
{
    const float v = value(x);
    const double whole = nearbyint((double)v);
    const int32_t i = isnan(v) ? 0 : whole >= 0x1p31 ? INT32_MAX : whole < -0x1p31 ? INT32_MIN : (int32_t)whole;
    check2("f32_to_int", (uint32_t)f32_to_int(x), (uint32_t)i, x, 0);
    check2("f32_from_int", f32_from_int((int32_t)x), bits_of((float)(int32_t)x), x, 0);
    check2("f32_to_bf16", f32_to_bf16(x), nearest_bf16(x), x, 0);
    check_split(x);
}

static void test_f32_corners_crossed_equal_native(void **unused)
{
    (void)unused;
    const size_t n = 2 * COUNT(corners);
    for (size_t i = 0; i < n; i++) {
        check_single(corner(i));
        for (size_t j = 0; j < n; j++) {
            check_pair(corner(i), corner(j));
            for (size_t k = 0; k < n; k++)
                check_mul_add(corner(i), corner(j), corner(k));
        }
    }
}

static void test_bf16_mac_corners_crossed_equal_fmaf(void **unused)
{
    (void)unused;
    const size_t n = 2 * COUNT(corners);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < n; k++) {
                const uint32_t a = corner(i) >> 16, b = corner(j) >> 16;
                const uint32_t want = bits_of(fmaf(value(a << 16), value(b << 16), value(corner(k))));
                check2("bf16_mac", bf16_mac(a, b, corner(k)), want, a, b);
            }
}

static void test_bf16_mac_random_equals_fmaf(void **unused)
{
    (void)unused;
    for (uint64_t i = 0; i < vectors; i++) {
        const uint32_t a = random_float() >> 16, b = random_float() >> 16;
        const uint32_t c = random_addend(a << 16, b << 16);
        const uint32_t got = bf16_mac(a, b, c);
        const uint32_t want = bits_of(fmaf(value(a << 16), value(b << 16), value(c)));
        if (got != want)
            fail_msg("bf16_mac(%04" PRIx32 ", %04" PRIx32 ", %08" PRIx32 ") = %08" PRIx32 ", not %08" PRIx32, a, b, c,
                     got, want);
    }
}

static void test_f32_mul_add_random_equals_fmaf(void **unused)
{
    (void)unused;
    for (uint64_t i = 0; i < vectors; i++) {
        const uint32_t a = random_float(), b = random_float();
        check_mul_add(a, b, random_addend(a, b));
    }
}

static void test_f32_operations_random_equal_native(void **unused)
{
    (void)unused;
    for (uint64_t i = 0; i < vectors; i++) {
        const uint32_t a = random_float();
        check_pair(a, random_addend(a, 0x3f800000));
        check_pair(a, random_float());
        check_single(a);
        check_single((a & 0x87ffffff) | 0x40000000);
    }
}

/* Every bf16 pair of a narrow product against the middle of two neighbours: ties, decided by evenness. */
static void test_f32_mul_add_ties_round_to_even(void **unused)
{
    (void)unused;
    for (uint32_t m = 0x3f800000; m < 0x3f800100; m++)
        for (int e = -26; e <= -22; e++) {
            const uint32_t half = (uint32_t)(127 + e) << 23;
            check_mul_add(half, 0x3f800000, m);
            check_mul_add(half, 0xbf800000, m);
            check_mul_add(half | 1, 0x3f800000, m);
            check_mul_add(half - 1, 0xbf800000, m);
        }
}

int main(void)
{
    const char *count = getenv("SYSTOLE_VECTORS"), *from = getenv("SYSTOLE_SEED");
    vectors = count ? strtoull(count, NULL, 0) : 1000000;
    seed = from ? strtoull(from, NULL, 0) : 1;
    state = seed;
    printf("# SYSTOLE_SEED=%" PRIu64 " SYSTOLE_VECTORS=%" PRIu64 "\n", seed, vectors);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f32_corners_crossed_equal_native),
        cmocka_unit_test(test_bf16_mac_corners_crossed_equal_fmaf),
        cmocka_unit_test(test_bf16_mac_random_equals_fmaf),
        cmocka_unit_test(test_f32_mul_add_random_equals_fmaf),
        cmocka_unit_test(test_f32_operations_random_equal_native),
        cmocka_unit_test(test_f32_mul_add_ties_round_to_even),
    };
    return cmocka_run_group_tests_name("hls_float", tests, NULL, NULL);
}
