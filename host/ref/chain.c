/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ref/chain.h"

#include <math.h>
#include <string.h>

/* Without the instruction fmaf is a slow function with the same bits, so the body is compiled twice on x86. */
#if defined(__x86_64__) && !defined(__FMA__)
#define HAS_VARIANTS 1
#define WITH_FMA __attribute__((target("avx2,fma")))
#else
#define HAS_VARIANTS 0
#define WITH_FMA
#endif

#define INLINE static inline __attribute__((always_inline))

INLINE void chain_f32(float *restrict acc, float a, const float *restrict b, int64_t step, int64_t n)
{
    if (step == 1)
        for (int64_t j = 0; j < n; j++)
            acc[j] = __builtin_fmaf(a, b[j], acc[j]);
    else
        for (int64_t j = 0; j < n; j++)
            acc[j] = __builtin_fmaf(a, b[j * step], acc[j]);
}

INLINE void chain_f64(double *restrict acc, double a, const double *restrict b, int64_t step, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        acc[j] = __builtin_fma(a, b[j * step], acc[j]);
}

#if HAS_VARIANTS
WITH_FMA static void chain_f32_fma(float *acc, float a, const float *b, int64_t step, int64_t n)
{
    chain_f32(acc, a, b, step, n);
}

WITH_FMA static void chain_f64_fma(double *acc, double a, const double *b, int64_t step, int64_t n)
{
    chain_f64(acc, a, b, step, n);
}

static int has_fma(void)
{
    return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
}
#endif

void sy_chain_f32(float *acc, float a, const float *b, int64_t step, int64_t n)
{
#if HAS_VARIANTS
    if (has_fma()) {
        chain_f32_fma(acc, a, b, step, n);
        return;
    }
#endif
    chain_f32(acc, a, b, step, n);
}

void sy_chain_f64(double *acc, double a, const double *b, int64_t step, int64_t n)
{
#if HAS_VARIANTS
    if (has_fma()) {
        chain_f64_fma(acc, a, b, step, n);
        return;
    }
#endif
    chain_f64(acc, a, b, step, n);
}

void sy_chain_i32(int32_t *acc, int32_t a, const int32_t *b, int64_t step, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        acc[j] = (int32_t)((uint32_t)acc[j] + (uint32_t)a * (uint32_t)b[j * step]);
}

void sy_canonical_f32(float *v, int64_t n)
{
    static const uint32_t nan = 0x7fc00000;
    for (int64_t i = 0; i < n; i++)
        if (isnan(v[i]))
            memcpy(&v[i], &nan, sizeof(nan));
}

void sy_matmul_f32(int64_t m, int64_t n, int64_t k, struct sy_matrix a, struct sy_matrix b, float *c)
{
    const float *pa = a.data, *pb = b.data;
    for (int64_t i = 0; i < m; i++)
        for (int64_t p = 0; p < k; p++)
            sy_chain_f32(c + i * n, pa[i * a.row + p * a.column], pb + p * b.row, b.column, n);
    sy_canonical_f32(c, m * n);
}

void sy_matmul_f64(int64_t m, int64_t n, int64_t k, struct sy_matrix a, struct sy_matrix b, double *c)
{
    const double *pa = a.data, *pb = b.data;
    for (int64_t i = 0; i < m; i++)
        for (int64_t p = 0; p < k; p++)
            sy_chain_f64(c + i * n, pa[i * a.row + p * a.column], pb + p * b.row, b.column, n);
}

void sy_matmul_i64(int64_t m, int64_t n, int64_t k, struct sy_matrix a, struct sy_matrix b, int64_t *c)
{
    const int64_t *pa = a.data, *pb = b.data;
    for (int64_t i = 0; i < m; i++)
        for (int64_t p = 0; p < k; p++)
            for (int64_t j = 0; j < n; j++)
                c[i * n + j] = (int64_t)((uint64_t)c[i * n + j] +
                                         (uint64_t)pa[i * a.row + p * a.column] * (uint64_t)pb[p * b.row + j * b.column]);
}
