/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of docs/numerics.md in native floats (build with -ffp-contract=off). */
#ifndef FUZZ_REFERENCE_MATH_H
#define FUZZ_REFERENCE_MATH_H

#include <stdint.h>

float math_float(uint32_t bits);
uint32_t math_bits(float x);       /* a NaN becomes 0x7fc00000 */
float math_widen(uint16_t bf16);   /* exact */
uint16_t math_bf(float x);         /* rounds to bf16, a NaN becomes 0x7fc0 */
uint16_t math_split(uint32_t bits, unsigned part); /* part 0: h, 1: m, 2: l */
int32_t math_byte(uint8_t v, int is_unsigned);

/* One step of a chain. `padding` and tails are the caller's. */
uint32_t math_mac_int(int32_t a, int32_t b, uint32_t acc);
uint32_t math_mac_fp(uint16_t a, uint16_t b, uint32_t acc);
uint32_t math_max_int(int32_t a, uint32_t acc);
uint32_t math_max_fp(uint16_t a, uint32_t acc);
uint32_t math_sum_fp(uint16_t a, uint32_t acc);

/* Step 6 of post-processing for I8 and U8; zp is the field's byte. */
uint8_t math_quantise(float v, uint8_t zp, int is_unsigned);

#endif
