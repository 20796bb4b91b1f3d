/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inner loops once more, for a CPU: the only floats of this folder. Same bits as the integer bodies, as
 * tests/unit/test_hls_native.c shows, provided that the rounding is to nearest, subnormals are kept, and the compiler
 * fuses nothing by itself (-ffp-contract=off). In use when SYSTOLE_NATIVE_FMA is defined.
 */
#ifndef SYSTOLE_HLS_NATIVE_H
#define SYSTOLE_HLS_NATIVE_H

#include <math.h>
#include <string.h>

#include "dram.h"
#include "matmul.h"
#include "store.h"

#if defined(__FAST_MATH__)
#error "native.h: -ffast-math gives other bits"
#endif

#if defined(__AVX2__) && defined(__FMA__) && SYSTOLE_COLS >= 8
#define NATIVE_AVX2 1
#include <immintrin.h>
#define NATIVE_VECTORS (SYSTOLE_COLS / 8)
#else
#define NATIVE_AVX2 0
#define NATIVE_VECTORS (SYSTOLE_COLS / 4)
#endif
#if defined(__AVX512VL__)
#define NATIVE_SUMS 16 /* vectors of sums that registers hold */
#else
#define NATIVE_SUMS 8
#endif
/* Pixels side by side: a chain waits for itself, so several must be under way. */
#define NATIVE_PIXELS (NATIVE_VECTORS >= NATIVE_SUMS ? 1 : NATIVE_SUMS / NATIVE_VECTORS)

struct native_block {
    const uint8_t *a[NATIVE_PIXELS];
    uint32_t *acc[NATIVE_PIXELS];
    uint32_t count;
};

/* A step's weights as the loops want them. */
struct native_weights {
    float f32[SYSTOLE_ROWS][SYSTOLE_COLS];
    int16_t pairs[SYSTOLE_ROWS / 2][SYSTOLE_COLS][2];
};

static inline float native_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t native_canonical(uint32_t bits)
{
    return (bits & 0x7fffffffu) > 0x7f800000u ? (uint32_t)SYSTOLE_NAN_F32 : bits;
}

/* ---- MATRIX, INT8 ---- */

#if NATIVE_AVX2
static inline __m256i native_madd(__m256i sum, __m256i x, __m256i w)
{
#if defined(__AVX512VNNI__) && defined(__AVX512VL__)
    return _mm256_dpwssd_epi32(sum, x, w);
#else
    return _mm256_add_epi32(sum, _mm256_madd_epi16(x, w));
#endif
}

static inline void native_int8_block(const struct matmul_step *t, const struct native_weights *w,
                                     const struct native_block *b)
{
    /* matmul_a_int() without a branch: flipping the sign bit of an int8 adds 128 to it as an unsigned one */
    const uint8_t flip = t->a_unsigned ? 0 : 0x80;
    const int16_t bias = (int16_t)(t->a_zp + flip);
    int16_t a[NATIVE_PIXELS][SYSTOLE_ROWS];
    __m256i sum[NATIVE_PIXELS][NATIVE_VECTORS];
    for (uint32_t i = 0; i < NATIVE_PIXELS; i++)
        for (uint32_t r = 0; r < SYSTOLE_ROWS; r++)
            a[i][r] = (int16_t)((b->a[i][r] ^ flip) - bias);
#pragma GCC unroll 16
    for (uint32_t i = 0; i < NATIVE_PIXELS; i++)
#pragma GCC unroll 8
        for (uint32_t v = 0; v < NATIVE_VECTORS; v++)
            sum[i][v] = _mm256_loadu_si256((const void *)(b->acc[i] + 8 * v));
    for (uint32_t r = 0; r < SYSTOLE_ROWS / 2; r++) {
#pragma GCC unroll 16
        for (uint32_t i = 0; i < NATIVE_PIXELS; i++) {
            int32_t pair;
            memcpy(&pair, &a[i][2 * r], sizeof pair);
            const __m256i x = _mm256_set1_epi32(pair);
#pragma GCC unroll 8
            for (uint32_t v = 0; v < NATIVE_VECTORS; v++)
                sum[i][v] = native_madd(sum[i][v], x, _mm256_loadu_si256((const void *)w->pairs[r][8 * v]));
        }
    }
#pragma GCC unroll 16
    for (uint32_t i = 0; i < NATIVE_PIXELS; i++)
#pragma GCC unroll 8
        for (uint32_t v = 0; v < NATIVE_VECTORS; v++)
            _mm256_storeu_si256((void *)(b->acc[i] + 8 * v), sum[i][v]);
}
#else
static inline void native_int8_block(const struct matmul_step *t, const struct native_weights *w,
                                     const struct native_block *b)
{
    for (uint32_t i = 0; i < NATIVE_PIXELS; i++)
        for (uint32_t r = 0; r < SYSTOLE_ROWS; r++)
            for (uint32_t j = 0; j < SYSTOLE_COLS; j++)
                b->acc[i][j] += (uint32_t)(matmul_a_int(t, b->a[i][r]) * w->pairs[r / 2][j][r % 2]);
}
#endif

/* ---- MATRIX, BF16 ---- */

/* One pixel, whatever it holds. Only a chain that took a step has had its NaN made canonical. */
static inline void native_bf16_pixel(const struct native_weights *w, uint32_t rows, const uint8_t *a, uint32_t *acc)
{
    float sum[SYSTOLE_COLS];
    bool stepped = false;
    memcpy(sum, acc, sizeof sum);
    for (uint32_t r = 0; r < rows; r++) {
        const uint32_t bits = bytes_get16(a + 2 * r);
        if (bits == SYSTOLE_PAD_BF16)
            continue;
        const float x = native_float(bits << 16);
        stepped = true;
        for (uint32_t j = 0; j < SYSTOLE_COLS; j++)
            sum[j] = fmaf(x, w->f32[r][j], sum[j]);
    }
    if (!stepped)
        return;
    memcpy(acc, sum, sizeof sum);
    for (uint32_t j = 0; j < SYSTOLE_COLS; j++)
        acc[j] = native_canonical(acc[j]);
}

/* Rows not in use are looked at too: one count for all is faster, and native_bf16_pixel() is right for any pixel. */
static inline bool native_padded(const uint8_t *a)
{
    uint32_t pads = 0;
    for (uint32_t r = 0; r < SYSTOLE_ROWS; r++)
        pads |= bytes_get16(a + 2 * r) == SYSTOLE_PAD_BF16;
    return pads != 0;
}

#if NATIVE_AVX2
/* Pixels without padding. */
static inline void native_bf16_block(const struct native_weights *w, uint32_t rows, const struct native_block *b)
{
    float a[NATIVE_PIXELS][SYSTOLE_ROWS];
    __m256 sum[NATIVE_PIXELS][NATIVE_VECTORS];
    for (uint32_t i = 0; i < NATIVE_PIXELS; i++)
        for (uint32_t r = 0; r < SYSTOLE_ROWS; r++)
            a[i][r] = native_float(bytes_get16(b->a[i] + 2 * r) << 16);
#pragma GCC unroll 16
    for (uint32_t i = 0; i < NATIVE_PIXELS; i++)
#pragma GCC unroll 8
        for (uint32_t v = 0; v < NATIVE_VECTORS; v++)
            sum[i][v] = _mm256_castsi256_ps(_mm256_loadu_si256((const void *)(b->acc[i] + 8 * v)));
    for (uint32_t r = 0; r < rows; r++) {
#pragma GCC unroll 16
        for (uint32_t i = 0; i < NATIVE_PIXELS; i++) {
            const __m256 x = _mm256_set1_ps(a[i][r]);
#pragma GCC unroll 8
            for (uint32_t v = 0; v < NATIVE_VECTORS; v++)
                sum[i][v] = _mm256_fmadd_ps(x, _mm256_loadu_ps(&w->f32[r][8 * v]), sum[i][v]);
        }
    }
    const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(SYSTOLE_NAN_F32));
#pragma GCC unroll 16
    for (uint32_t i = 0; i < NATIVE_PIXELS; i++)
#pragma GCC unroll 8
        for (uint32_t v = 0; v < NATIVE_VECTORS; v++) {
            const __m256 y = _mm256_blendv_ps(sum[i][v], nan, _mm256_cmp_ps(sum[i][v], sum[i][v], _CMP_UNORD_Q));
            _mm256_storeu_si256((void *)(b->acc[i] + 8 * v), _mm256_castps_si256(y));
        }
}
#else
static inline void native_bf16_block(const struct native_weights *w, uint32_t rows, const struct native_block *b)
{
    for (uint32_t i = 0; i < NATIVE_PIXELS; i++)
        native_bf16_pixel(w, rows, b->a[i], b->acc[i]);
}
#endif

/* ---- the step ---- */

/* What is left of a block is filled up with a pixel that leads nowhere. */
static inline void native_flush(const struct matmul_step *t, const struct native_weights *w, struct native_block *b)
{
    uint32_t nowhere[SYSTOLE_COLS] = {0};
    for (uint32_t i = b->count; i < NATIVE_PIXELS && b->count; i++) {
        b->a[i] = b->a[0];
        b->acc[i] = nowhere;
    }
    if (b->count && t->bf16)
        native_bf16_block(w, t->rows, b);
    else if (b->count)
        native_int8_block(t, w, b);
    b->count = 0;
}

static inline void native_pixel(const struct matmul_step *t, const struct native_weights *w, struct native_block *b,
                                const uint8_t *a, uint32_t *acc)
{
    if (t->bf16 && native_padded(a)) {
        native_bf16_pixel(w, t->rows, a, acc);
        return;
    }
    b->a[b->count] = a;
    b->acc[b->count++] = acc;
    if (b->count == NATIVE_PIXELS)
        native_flush(t, w, b);
}

static inline void native_convert_weights(const struct matmul_step *t, const struct matmul_tile *tile,
                                          struct native_weights *w)
{
    for (uint32_t r = 0; r < SYSTOLE_ROWS; r++)
        for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
            if (t->bf16)
                w->f32[r][j] = native_float((uint32_t)tile->bf16[r][j] << 16);
            else
                w->pairs[r / 2][j][r % 2] = tile->i8[r][j];
        }
}

/* One step of DEPTHWISE in bf16: a lane whose element is padding stays as it was. */
static inline void native_depthwise(const struct matmul_tile *tile, const uint8_t *a, uint32_t *acc)
{
    for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
        const uint32_t x = bytes_get16(a + 2 * j);
        const float y =
            fmaf(native_float(x << 16), native_float((uint32_t)tile->bf16[0][j] << 16), native_float(acc[j]));
        uint32_t bits;
        memcpy(&bits, &y, sizeof bits);
        acc[j] = x == SYSTOLE_PAD_BF16 ? acc[j] : native_canonical(bits);
    }
}

/* As run_step() of matmul.c. False: not for this file. */
static inline bool native_step(struct systole_hls *s, const struct matmul_step *t, const struct matmul_tile *tile)
{
    const bool depthwise = t->mode == SYSTOLE_MODE_DEPTHWISE && t->bf16;
    struct native_weights w;
    struct native_block b;
    b.count = 0;
    if (t->mode != SYSTOLE_MODE_MATRIX && !depthwise)
        return false;
    if (!depthwise)
        native_convert_weights(t, tile, &w);
    for (uint32_t p = 0; p < t->p; p++)
        for (uint32_t q = 0; q < t->q; q++) {
            const uint8_t *a = s->apad + (t->a + (int64_t)p * t->a_sp + (int64_t)q * t->a_sq);
            uint32_t *acc = s->acc + (t->c + p * t->c_sp + q * t->c_sq) * SYSTOLE_COLS;
            if (depthwise)
                native_depthwise(tile, a, acc);
            else
                native_pixel(t, &w, &b, a, acc);
        }
    if (!depthwise)
        native_flush(t, &w, &b);
    return true;
}

/* ---- STORE ---- */

static inline void native_residual(const struct store_post *k, const uint8_t *res, float *v)
{
    const float scale = native_float(k->r_scale);
    for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
        float r;
        if (k->res == SYSTOLE_RES_BF16)
            r = native_float(bytes_get16(res + 2 * j) << 16);
        else
            r = (float)((k->res == SYSTOLE_RES_I8 ? (int32_t)(int8_t)res[j] : (int32_t)res[j]) - k->r_zp);
        v[j] = v[j] + r * scale;
    }
}

static inline void native_activate(const struct store_post *k, float *v)
{
    const float alpha = native_float(k->alpha), lo = native_float(k->lo), hi = native_float(k->hi);
    for (uint32_t j = 0; j < SYSTOLE_COLS && k->act == SYSTOLE_ACT_RELU; j++)
        v[j] = v[j] > 0.0f || isnan(v[j]) ? v[j] : 0.0f;
    for (uint32_t j = 0; j < SYSTOLE_COLS && k->act == SYSTOLE_ACT_LEAKY; j++)
        v[j] = v[j] < 0.0f ? v[j] * alpha : v[j];
    for (uint32_t j = 0; j < SYSTOLE_COLS && k->clamp; j++)
        v[j] = v[j] < lo ? lo : v[j] > hi ? hi : v[j];
}

static inline void native_output(const struct store_post *k, const float *v, uint32_t *out)
{
    const float low = native_float(k->quant_low), high = native_float(k->quant_high);
    if (k->eo == 1) {
        for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
            const float above = v[j] >= low ? v[j] : low; /* NaN: low */
            out[j] = (uint32_t)((int32_t)rintf(above > high ? high : above) + k->o_zp) & 0xffu;
        }
        return;
    }
    memcpy(out, v, SYSTOLE_COLS * sizeof *out);
    for (uint32_t j = 0; j < SYSTOLE_COLS; j++)
        out[j] = native_canonical(out[j]);
    for (uint32_t j = 0; j < SYSTOLE_COLS && k->eo == 2; j++)
        out[j] = out[j] == (uint32_t)SYSTOLE_NAN_F32 ? SYSTOLE_NAN_BF16 : (out[j] + 0x7fffu + ((out[j] >> 16) & 1u)) >> 16;
}

static inline void native_scale(const struct systole_hls *s, const struct store_post *k, uint32_t row, float *v)
{
    float scale[SYSTOLE_COLS];
    if (k->scale == SYSTOLE_SCALE_PARAM)
        memcpy(scale, s->param + row * SYSTOLE_COLS, sizeof scale);
    else
        for (uint32_t j = 0; j < SYSTOLE_COLS; j++)
            scale[j] = native_float(k->scale_imm);
    for (uint32_t j = 0; j < SYSTOLE_COLS; j++)
        v[j] = v[j] * scale[j];
}

/* As post_row() of store.c, for all lanes. False: not for this file. */
static inline bool native_post_row(const struct systole_hls *s, const struct store_post *k, const struct store_row *row,
                                   uint32_t *out)
{
    float v[SYSTOLE_COLS];
    const uint32_t *acc = s->acc + row->c * SYSTOLE_COLS;
    if (k->out == SYSTOLE_OUT_RAW32)
        return false;
    if (k->src_fp)
        memcpy(v, acc, sizeof v);
    else
        for (uint32_t j = 0; j < SYSTOLE_COLS; j++)
            v[j] = (float)(int32_t)acc[j];
    if (k->scale != SYSTOLE_SCALE_NONE)
        native_scale(s, k, row->scale, v);
    if (k->res != SYSTOLE_RES_NONE)
        native_residual(k, s->apad + row->res, v);
    native_activate(k, v);
    native_output(k, v, out);
    return true;
}

#endif
