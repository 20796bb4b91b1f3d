/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles of 6 rows by 2 registers of 8; int8 two k at a time, as 16-bit differences (bytes would saturate). */
#include "host/engine/kernels.h"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#include <string.h>

#include "systole_spec.h"

#define KERNEL_NAME "avx2"
#define UNROLL _Pragma("GCC unroll 8")
#define ROWS 6
#define VECTORS 2
#define LANES 8

static inline __attribute__((always_inline)) __m256 where(uint64_t bits, __m256 no, __m256 yes)
{
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i set = _mm256_and_si256(_mm256_set1_epi32((int32_t)(bits & 0xff)), lane);
    return _mm256_blendv_ps(no, yes, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane)));
}

#define TILE f32
#define BODY f32_body
#define ELEMENT float
#define VECTOR __m256
#define LOAD _mm256_loadu_ps
#define STORE _mm256_storeu_ps
#define SPREAD _mm256_broadcast_ss
#define STEP(acc, a, b) _mm256_fmadd_ps(a, b, acc)
#define STEP_WHERE(acc, a, b, bits) where(bits, acc, _mm256_fmadd_ps(a, b, acc))
#define EXTRA_PARAMETERS const uint64_t *mask
#include "host/engine/kernel_tile.h"

#define TILE i32
#define BODY i32_body
#define ELEMENT int32_t
#define VECTOR __m256i
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define SPREAD(p) _mm256_set1_epi32(*(p))
#define ADD _mm256_add_epi32
#define EXTRA_PARAMETERS const int32_t *row_add, const int32_t *col_add
#define STEP(acc, a, b) _mm256_add_epi32(acc, _mm256_madd_epi16(a, b))
#define WORD_TYPE int16_t
#define SHIFTED 0
#include "host/engine/kernel_tile.h"
#include "host/engine/kernel_pack.h"

const struct sy_kernels *sy_kernels_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &here : NULL;
}
#else
const struct sy_kernels *sy_kernels_avx2(void)
{
    return NULL;
}
#endif
