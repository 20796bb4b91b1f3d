/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of one fp32 number as fixed sequences of fp32 operations, each rounded once: the same bits on every machine, whatever
 * its libm. Written down in docs/numerics.md; test_host_fixed_math measures how far they are from the exact values. A NaN gives
 * 0x7fc00000.
 */
#ifndef SY_FIXED_MATH_H
#define SY_FIXED_MATH_H

float sy_fixed_exp(float x);
float sy_fixed_log(float x);
float sy_fixed_tanh(float x);
float sy_fixed_sigmoid(float x);
float sy_fixed_erf(float x);
float sy_fixed_reciprocal(float x);
float sy_fixed_sqrt(float x);

#endif
