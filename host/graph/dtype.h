/* SPDX-License-Identifier: Apache-2.0 */
/* Element types: sizes, kinds, and single elements as double or integer. */
#ifndef SY_DTYPE_H
#define SY_DTYPE_H

#include "host/include/systole.h"

#include <stdbool.h>

enum sy_kind { SY_KIND_NONE, SY_KIND_FLOAT, SY_KIND_INT, SY_KIND_UINT, SY_KIND_BOOL };

/* 0 and SY_KIND_NONE for what is no type. */
enum sy_kind sy_dtype_kind(enum systole_dtype dtype);
int sy_dtype_bits(enum systole_dtype dtype);
/* Bytes of an element in memory. */
int sy_dtype_size(enum systole_dtype dtype);
/* NumPy's type code, "" where NumPy has none. */
const char *sy_dtype_numpy(enum systole_dtype dtype);
bool sy_dtype_is_float(enum systole_dtype dtype);

/* Lowest and highest value of an integer type of up to 32 bits. */
void sy_dtype_range(enum systole_dtype dtype, double *lowest, double *highest);

float sy_f16_to_f32(uint16_t bits);
float sy_bf16_to_f32(uint16_t bits);
uint16_t sy_f32_to_bf16(float value);

/* The small floating-point formats, 16 bits and below: exact to double; from double with one rounding, to nearest even.
 * `saturate`: what is above the largest finite value becomes it, else Inf or, where there is none, NaN. */
double sy_small_decode(enum systole_dtype dtype, uint32_t bits);
uint32_t sy_small_encode(enum systole_dtype dtype, double value, bool saturate);

#endif
