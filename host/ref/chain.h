/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products: one chain of fused multiply-adds per output element, k ascending, vectorised across outputs. */
#ifndef SY_CHAIN_H
#define SY_CHAIN_H

#include "host/graph/tensor.h"

/* acc[j] = fma(a, b[j * step], acc[j]) for j < n. */
void sy_chain_f32(float *acc, float a, const float *b, int64_t step, int64_t n);
void sy_chain_f64(double *acc, double a, const double *b, int64_t step, int64_t n);
/* The same on int32, modulo 2^32. */
void sy_chain_i32(int32_t *acc, int32_t a, const int32_t *b, int64_t step, int64_t n);

/* Every NaN becomes 0x7fc00000. */
void sy_canonical_f32(float *v, int64_t n);

/* Matrices by strides; c (m x n, dense, row after row) holds what the chains start from. */
struct sy_matrix { const void *data; int64_t row, column; };
void sy_matmul_f32(int64_t m, int64_t n, int64_t k, struct sy_matrix a, struct sy_matrix b, float *c);
void sy_matmul_f64(int64_t m, int64_t n, int64_t k, struct sy_matrix a, struct sy_matrix b, double *c);
void sy_matmul_i64(int64_t m, int64_t n, int64_t k, struct sy_matrix a, struct sy_matrix b, int64_t *c);

#endif
