/* SPDX-License-Identifier: Apache-2.0 */
#include "difference.h"

#include <math.h>
#include <string.h>

/* Bytes of an element of a type that has ULPs, else 0. */
static size_t float_bytes(enum systole_dtype d)
{
    switch ((int)d) {
    case SYSTOLE_F16: case SYSTOLE_BF16: return 2;
    case SYSTOLE_F32: return 4;
    case SYSTOLE_F64: return 8;
    default: return 0;
    }
}

/* Numbers that lie as the values do: the bits of a negative one upside down, all others above them. */
static uint64_t order_of(const void *element, size_t bytes)
{
    const uint64_t sign = UINT64_C(1) << (8 * bytes - 1);
    uint64_t bits;
    uint16_t half;
    uint32_t single;
    if (bytes == 2) {
        memcpy(&half, element, sizeof half);
        bits = half;
    } else if (bytes == 4) {
        memcpy(&single, element, sizeof single);
        bits = single;
    } else
        memcpy(&bits, element, sizeof bits);
    return bits & sign ? (sign - 1) - (bits & (sign - 1)) : bits | sign;
}

static int same_form(const struct systole_tensor *a, const struct systole_tensor *b)
{
    const int rank = systole_tensor_rank(a);
    return systole_tensor_dtype(a) == systole_tensor_dtype(b) && rank == systole_tensor_rank(b) &&
           (rank == 0 || memcmp(systole_tensor_dims(a), systole_tensor_dims(b), (size_t)rank * sizeof(int64_t)) == 0);
}

/* A pair of numbers, the same or not. */
static void count_number(struct cli_difference *d, double got, double wanted)
{
    d->nans += isnan(got);
    d->infs += isinf(got);
    d->power += wanted * wanted;
}

static void take_distance(struct cli_difference *d, int64_t i, double got, double wanted)
{
    const double distance = fabs(got - wanted), far = isnan(distance) ? INFINITY : distance;
    const double size = fabs(wanted), relative = far == 0 ? 0 : size > 0 && isfinite(size) ? far / size : INFINITY;
    d->error += far * far;
    if (d->max_abs_at < 0 || far > d->max_abs) {
        d->max_abs = far;
        d->max_abs_at = i;
    }
    if (d->max_rel_at < 0 || relative > d->max_rel) {
        d->max_rel = relative;
        d->max_rel_at = i;
    }
}

int cli_distance(const struct systole_tensor *got, const struct systole_tensor *wanted, int64_t i, uint64_t *distance)
{
    const size_t floats = float_bytes(systole_tensor_dtype(wanted)), bytes = systole_tensor_bytes(wanted) / (size_t)systole_tensor_count(wanted);
    const char *x = (const char *)systole_tensor_data(got) + (size_t)i * bytes, *y = (const char *)systole_tensor_data(wanted) + (size_t)i * bytes;
    if (memcmp(x, y, bytes) == 0)
        return 0;
    const double value = systole_tensor_value(got, i), right = systole_tensor_value(wanted, i), far = fabs(value - right);
    if (!isfinite(value) || !isfinite(right))
        *distance = UINT64_MAX;
    else if (floats) {
        const uint64_t p = order_of(x, floats), q = order_of(y, floats);
        *distance = p > q ? p - q : q - p;
    } else
        *distance = far < 1 ? 1 : far < 0x1p63 ? (uint64_t)far : UINT64_MAX; /* 64 bits may differ where the doubles do not */
    return 1;
}

struct cli_difference cli_difference(const struct systole_tensor *got, const struct systole_tensor *wanted)
{
    struct cli_difference d = {.count = systole_tensor_count(wanted), .max_abs_at = -1, .max_ulp_at = -1, .max_rel_at = -1};
    if (!same_form(got, wanted))
        return d;
    d.comparable = 1;
    const size_t floats = float_bytes(systole_tensor_dtype(wanted));
    const size_t bytes = d.count ? systole_tensor_bytes(wanted) / (size_t)d.count : 0;
    const char *a = systole_tensor_data(got), *b = systole_tensor_data(wanted);
    d.has_ulp = floats != 0;
    for (int64_t i = 0; i < d.count; i++) {
        const char *x = a + (size_t)i * bytes, *y = b + (size_t)i * bytes;
        const double value = systole_tensor_value(got, i), right = systole_tensor_value(wanted, i);
        count_number(&d, value, right);
        if (memcmp(x, y, bytes) == 0)
            continue;
        d.mismatches++;
        take_distance(&d, i, value, right);
        if (!floats)
            continue;
        const uint64_t p = order_of(x, floats), q = order_of(y, floats), steps = p > q ? p - q : q - p;
        if (steps > d.max_ulp) {
            d.max_ulp = steps;
            d.max_ulp_at = i;
        }
    }
    return d;
}
