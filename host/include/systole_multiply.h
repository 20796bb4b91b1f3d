/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matrix products of fp32 numbers on a device, for programs that have no model: what BLAS calls gemm, with any strides.
 *
 * Every device gives the same bits. The accumulator of an element starts from +0, or from C where `from_c` is set, and is one
 * chain of fused multiply-adds a pass, k ascending (docs/numerics.md). Then
 *
 *     r = fl(alpha * accumulator);  C = beta ? fma(beta, C, r) : r
 *
 * so that C is not read when beta is 0, and A and B are not when alpha is 0.
 */
#ifndef SYSTOLE_MULTIPLY_H
#define SYSTOLE_MULTIPLY_H

#include "systole.h"

#ifdef __cplusplus
extern "C" {
#endif

struct systole_multiplier;

/* `device` as for a session: "cpu", "hls:16x16", "sim:16x16,precision=x3", ... A multiplier belongs to one thread at a time. */
SYSTOLE_API enum systole_status systole_multiplier_create(struct systole_context *context, const char *device,
                                                          struct systole_multiplier **multiplier);
SYSTOLE_API void systole_multiplier_free(struct systole_multiplier *multiplier);

/* Element (i, j) is data[i * row + j * column]. */
struct systole_factor {
    const float *data;
    int64_t row, column;
};

enum systole_precision { SYSTOLE_PRECISION_DEFAULT = 0, SYSTOLE_X1 = 1, SYSTOLE_X3 = 3, SYSTOLE_X6 = 6 };

struct systole_product {
    size_t size; /* sizeof(struct systole_product) */
    int64_t m, n, k;
    struct systole_factor a, b; /* m x k, k x n */
    float *c;                   /* m x n; its elements must not overlap each other, nor those of a and b */
    int64_t c_row, c_column;
    float alpha, beta;
    enum systole_precision precision; /* DEFAULT: the device string's; a plain "f32" there stays that */
    int from_c;                       /* the chains start from C; alpha must be 1 and beta 0 */
};

/* C is as it was when a product fails. */
SYSTOLE_API enum systole_status systole_multiply(struct systole_multiplier *multiplier, const struct systole_product *product);
SYSTOLE_API enum systole_status systole_multiplier_totals(const struct systole_multiplier *multiplier,
                                                          struct systole_totals *totals);

#ifdef __cplusplus
}
#endif

#endif
