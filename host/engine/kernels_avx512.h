/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles of 8 rows by 3 registers of 16. With VNNI int8 goes four k at a time, else two as 16-bit differences. */
#include <immintrin.h>
#include <string.h>

#include "host/engine/kernels.h"
#include "systole_spec.h"

#define UNROLL _Pragma("GCC unroll 8")
#define ROWS 8
#define VECTORS 3
#define LANES 16

#define TILE f32
#define BODY f32_body
#define ELEMENT float
#define VECTOR __m512
#define LOAD _mm512_loadu_ps
#define STORE _mm512_storeu_ps
#define SPREAD(p) _mm512_set1_ps(*(p))
#define STEP(acc, a, b) _mm512_fmadd_ps(a, b, acc)
#define STEP_WHERE(acc, a, b, bits) _mm512_mask3_fmadd_ps(a, b, acc, (__mmask16)(bits))
#define EXTRA_PARAMETERS const uint64_t *mask
#include "host/engine/kernel_tile.h"

#define TILE i32
#define BODY i32_body
#define ELEMENT int32_t
#define VECTOR __m512i
#define LOAD(p) _mm512_loadu_si512((const void *)(p))
#define STORE(p, v) _mm512_storeu_si512((void *)(p), v)
#define SPREAD(p) _mm512_set1_epi32(*(p))
#define ADD _mm512_add_epi32
#define EXTRA_PARAMETERS const int32_t *row_add, const int32_t *col_add
#ifdef __AVX512VNNI__
#define STEP _mm512_dpbusd_epi32
#define WORD_TYPE uint8_t
#define SHIFTED 1
#else
#define STEP(acc, a, b) _mm512_add_epi32(acc, _mm512_madd_epi16(a, b))
#define WORD_TYPE int16_t
#define SHIFTED 0
#endif
#include "host/engine/kernel_tile.h"

/* Eight rows of eight words at a time. */
static inline __attribute__((always_inline)) void transpose_eight(uint32_t *to, int width, const char *from, int64_t from_step, __m256i flip)
{
    __m256i r[8], s[8];
    for (int i = 0; i < 8; i++)
        r[i] = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)(from + i * from_step)), flip);
    for (int i = 0; i < 8; i += 2) {
        s[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        s[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_unpacklo_epi64(s[i], s[i + 2]);
        r[i + 1] = _mm256_unpackhi_epi64(s[i], s[i + 2]);
        r[i + 2] = _mm256_unpacklo_epi64(s[i + 1], s[i + 3]);
        r[i + 3] = _mm256_unpackhi_epi64(s[i + 1], s[i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_si256((__m256i *)(void *)(to + i * width), _mm256_permute2x128_si256(r[i], r[i + 4], 0x20));
        _mm256_storeu_si256((__m256i *)(void *)(to + (i + 4) * width), _mm256_permute2x128_si256(r[i], r[i + 4], 0x31));
    }
}

#define TRANSPOSE
static int64_t transpose(uint32_t *to, int width, int lanes, int64_t count, const char *from, int64_t from_step, uint32_t flip)
{
    if (lanes % 8)
        return 0;
    const int64_t whole = count / 8 * 8;
    for (int l = 0; l < lanes; l += 8)
        for (int64_t i = 0; i < whole; i += 8)
            transpose_eight(to + i * width + l, width, from + l * from_step + i * 4, from_step, _mm256_set1_epi32((int32_t)flip));
    return whole;
}

#include "host/engine/kernel_pack.h"
