/* SPDX-License-Identifier: Apache-2.0 */
#include "array_body.h"
#ifdef SYSTOLE_FAULTS
#include "fault.h"
#endif

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64u /* rows, columns */
#define NAN_F32 0x7fc00000u

/*
 * The two steps of a chain, LANES columns at a time: a fused multiply-add, and a pair of 16-bit products added to a sum modulo 2^32.
 * BODY_GENERIC takes plain C on any CPU, for the tests.
 */
#if defined(__AVX512BW__) && !defined(BODY_GENERIC)
#include <immintrin.h>
#define LANES 16u
typedef __m512i lanes;
#define LOAD(at) _mm512_load_si512(at)
#define STORE(at, v) _mm512_store_si512(at, v)
#define SAME(u) _mm512_set1_epi32((int)(u))
#define FMA(x, w, acc) \
    _mm512_castps_si512(_mm512_fmadd_ps(_mm512_castsi512_ps(x), _mm512_castsi512_ps(w), _mm512_castsi512_ps(acc)))
#ifdef __AVX512VNNI__
#define PAIR(x, w, acc) _mm512_dpwssd_epi32(acc, x, w)
#else
#define PAIR(x, w, acc) _mm512_add_epi32(acc, _mm512_madd_epi16(x, w))
#endif
#elif defined(__AVX2__) && defined(__FMA__) && !defined(BODY_GENERIC)
#include <immintrin.h>
#define LANES 8u
typedef __m256i lanes;
#define LOAD(at) _mm256_load_si256((const __m256i *)(const void *)(at))
#define STORE(at, v) _mm256_store_si256((__m256i *)(void *)(at), v)
#define SAME(u) _mm256_set1_epi32((int)(u))
#define FMA(x, w, acc) \
    _mm256_castps_si256(_mm256_fmadd_ps(_mm256_castsi256_ps(x), _mm256_castsi256_ps(w), _mm256_castsi256_ps(acc)))
#define PAIR(x, w, acc) _mm256_add_epi32(acc, _mm256_madd_epi16(x, w))
#else
#define LANES 4u
typedef struct {
    uint32_t word[LANES];
} lanes;

static inline float float_of(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t bits_of(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static inline lanes LOAD(const uint32_t *at)
{
    lanes v;
    memcpy(&v, at, sizeof v);
    return v;
}

static inline void STORE(uint32_t *at, lanes v)
{
    memcpy(at, &v, sizeof v);
}

static inline lanes SAME(uint32_t u)
{
    return (lanes){{u, u, u, u}};
}

static inline lanes FMA(lanes x, lanes w, lanes acc)
{
    for (unsigned i = 0; i < LANES; i++)
        acc.word[i] = bits_of(fmaf(float_of(x.word[i]), float_of(w.word[i]), float_of(acc.word[i])));
    return acc;
}

static inline lanes PAIR(lanes x, lanes w, lanes acc)
{
    for (unsigned i = 0; i < LANES; i++)
        acc.word[i] += (uint32_t)((int16_t)x.word[i] * (int16_t)w.word[i]) +
                       (uint32_t)((int16_t)(x.word[i] >> 16) * (int16_t)(w.word[i] >> 16));
    return acc;
}
#endif

/*
 * A plane holds a word for each row and column, `stride` words a row: a bf16 as the fp32 it is. A plane of int8 uses half of
 * them: row i of words holds rows 2i (low half) and 2i + 1 of weights.
 */
struct body {
    unsigned rows, cols, group, element_bits;
    unsigned stride; /* columns, at least LANES */
    size_t plane_words;
    uint32_t *weight;
    const struct body_watch *watch; /* or NULL */
};

static _Thread_local struct body *last_made;

void systole_body_watch(const struct body_watch *watch)
{
    if (last_made)
        last_made->watch = watch;
}

void *systole_body_new(unsigned rows, unsigned cols, unsigned planes, unsigned group, unsigned element_bits)
{
    struct body *b = malloc(sizeof *b);
    if (!b || rows > MOST || cols > MOST) {
        free(b);
        return NULL;
    }
    *b = (struct body){.rows = rows, .cols = cols, .group = group, .element_bits = element_bits};
    b->stride = cols > LANES ? cols : LANES;
    b->plane_words = (size_t)rows * b->stride;
    const size_t bytes = (planes * b->plane_words * sizeof *b->weight + 63) / 64 * 64;
    b->weight = aligned_alloc(64, bytes);
    if (!b->weight) {
        free(b);
        return NULL;
    }
    memset(b->weight, 0, bytes);
    last_made = b;
    return b;
}

void systole_body_free(void *body)
{
    struct body *b = body;
    if (last_made == b)
        last_made = NULL;
    if (b)
        free(b->weight);
    free(b);
}

/* Element i of a packed vector, in the low 16 bits; of 9 bits sign extended. */
static inline uint32_t element(const uint32_t *words, unsigned i, unsigned bits)
{
    if (bits == 16)
        return words[i / 2] >> (16 * (i % 2)) & 0xffffu;
    const unsigned at = i * bits, shift = at % 32;
    uint32_t u = words[at / 32] >> shift;
    if (shift > 32 - bits)
        u |= words[at / 32 + 1] << (32 - shift);
    return ((u & 0x1ffu) ^ 0x100u) - 0x100u;
}

static void tell_weights(const struct body *b, unsigned plane, unsigned row, unsigned rows, unsigned fp, const uint32_t *data)
{
    uint32_t e[MOST * MOST];
    for (unsigned i = 0; i < rows * b->cols; i++)
        e[i] = element(data, i, b->element_bits);
    b->watch->weights(b->watch->user, plane, row, rows, fp, e);
}

static void tell_vector(const struct body *b, unsigned plane, unsigned fp, uint64_t skip, const uint32_t *vector, const uint32_t *partial,
                        const uint32_t *sum)
{
    uint32_t x[MOST];
    for (unsigned r = 0; r < b->rows; r++)
        x[r] = element(vector, r, b->element_bits);
    b->watch->vector(b->watch->user, plane, fp, skip, x, partial, sum);
}

void systole_body_weights(void *body, unsigned plane, unsigned row, unsigned fp, const uint32_t *data)
{
    const struct body *b = body;
    uint32_t *weight = b->weight + plane * b->plane_words;
    const unsigned group = fp ? b->group / 2 : b->group;
    const unsigned rows = group < b->rows - row ? group : b->rows - row;
    for (unsigned k = 0; k < rows; k++) {
        uint32_t *to = weight + (size_t)(fp ? row + k : (row + k) / 2) * b->stride;
        const unsigned half = 16 * ((row + k) % 2);
        for (unsigned j = 0; j < b->cols; j++) {
            const uint32_t e = element(data, k * b->cols + j, b->element_bits) & 0xffffu;
            to[j] = fp ? e << 16 : (to[j] & ~(0xffffu << half)) | e << half;
        }
    }
    if (b->watch)
        tell_weights(b, plane, row, rows, fp, data);
}

/* A step takes one word of `x` for all columns: the chain goes through `count` of them. */
static inline void chain(const uint32_t *w, const uint32_t *x, unsigned count, unsigned stride, uint32_t *acc, const bool fp, const unsigned blocks)
{
    lanes sum[4];
    for (unsigned i = 0; i < blocks; i++)
        sum[i] = LOAD(acc + i * LANES);
    for (unsigned r = 0; r < count; r++, w += stride) {
        const lanes same = SAME(x[r]);
        for (unsigned i = 0; i < blocks; i++)
            sum[i] = fp ? FMA(same, LOAD(w + i * LANES), sum[i]) : PAIR(same, LOAD(w + i * LANES), sum[i]);
    }
    for (unsigned i = 0; i < blocks; i++)
        STORE(acc + i * LANES, sum[i]);
}

static inline void chains(const uint32_t *w, const uint32_t *x, unsigned count, unsigned stride, uint32_t *acc, const bool fp)
{
    const unsigned blocks = stride / LANES;
    if (blocks == 1)
        chain(w, x, count, stride, acc, fp, 1);
    else if (blocks == 2)
        chain(w, x, count, stride, acc, fp, 2);
    else
        for (unsigned i = 0; i < stride; i += 4 * LANES)
            chain(w + i, x, count, stride, acc + i, fp, 4);
}

/* A skipped row of bf16 is no step, so the chain is cut there. */
static void vector_fp(const struct body *b, const uint32_t *weight, uint64_t skip, const uint32_t *vector, uint32_t *acc)
{
    uint32_t x[MOST];
    for (unsigned r = 0; r < b->rows; r++)
        x[r] = element(vector, r, 16) << 16;
    for (unsigned from = 0; from < b->rows;) {
        const uint64_t left = skip >> from;
        if (left & 1) {
            from++;
            continue;
        }
        unsigned run = left == 0 ? b->rows : (unsigned)__builtin_ctzll(left);
        run = run < b->rows - from ? run : b->rows - from;
        chains(weight + (size_t)from * b->stride, x + from, run, b->stride, acc, true);
        from += run;
    }
    const uint64_t all = b->rows == 64 ? ~(uint64_t)0 : ((uint64_t)1 << b->rows) - 1;
    if ((skip & all) == all)
        return;
    for (unsigned j = 0; j < b->stride; j++)
        acc[j] = (acc[j] & 0x7fffffffu) > 0x7f800000u ? NAN_F32 : acc[j];
}

static void vector_int(const struct body *b, const uint32_t *weight, uint64_t skip, const uint32_t *vector, uint32_t *acc)
{
    const unsigned pairs = b->rows / 2;
    if (b->element_bits == 16 && skip == 0) {
        chains(weight, vector, pairs, b->stride, acc, false);
        return;
    }
    uint32_t x[MOST / 2];
    for (unsigned r = 0; r < pairs; r++) {
        const uint32_t mask = (skip >> (2 * r) & 1 ? 0 : 0xffffu) | (skip >> (2 * r + 1) & 1 ? 0 : 0xffff0000u);
        x[r] = ((element(vector, 2 * r, b->element_bits) & 0xffffu) | element(vector, 2 * r + 1, b->element_bits) << 16) & mask;
    }
    chains(weight, x, pairs, b->stride, acc, false);
}

#ifdef SYSTOLE_FAULTS
static uint32_t weight_at(const struct body *b, unsigned plane, unsigned fp, unsigned r, unsigned j)
{
    const uint32_t word = b->weight[plane * b->plane_words + (size_t)(fp ? r : r / 2) * b->stride + j];
    return word >> (fp ? 16 : 16 * (r % 2)) & 0xffffu;
}

/* The chain of the column that has a faulty PE. */
static uint32_t faulty_chain(const struct body *b, const struct fault *f, unsigned plane, unsigned fp, uint64_t skip, const uint32_t *vector, uint32_t acc)
{
    for (unsigned r = 0; r < b->rows; r++) {
        const uint32_t x = element(vector, r, b->element_bits), w = weight_at(b, plane, fp, r, f->col);
        if (r == f->row)
            acc = fault_step(f, fp, skip >> r & 1, x, w, weight_at(b, 0, fp, r, f->col), acc);
        else if (!(skip >> r & 1))
            acc = fault_mac(fp, x, w, acc);
    }
    return acc;
}
#endif

void systole_body_vector(void *body, unsigned plane, unsigned fp, unsigned long long skip, const uint32_t *vector, const uint32_t *partial,
                         uint32_t *sum)
{
    const struct body *b = body;
    const uint32_t *weight = b->weight + plane * b->plane_words;
    _Alignas(64) uint32_t acc[MOST];
    memcpy(acc, partial, b->cols * sizeof *acc);
    for (unsigned j = b->cols; j < b->stride; j++)
        acc[j] = 0;
    if (fp)
        vector_fp(b, weight, skip, vector, acc);
    else
        vector_int(b, weight, skip, vector, acc);
    memcpy(sum, acc, b->cols * sizeof *acc);
#ifdef SYSTOLE_FAULTS
    const struct fault *f = fault_pe();
    if (f)
        sum[f->col] = faulty_chain(b, f, plane, fp, skip, vector, partial[f->col]);
#endif
    if (b->watch)
        tell_vector(b, plane, fp, skip, vector, partial, sum);
}
