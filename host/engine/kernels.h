/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inner loops of products on the host, once for each instruction set. A tile of C is `rows` by `lanes` elements at most;
 * its panels of A and B lie k after k, those of B `width` apart:
 *
 *     fp32    a[k * rows + row]      b[k * width + lane]
 *     int8    the same with a word for each element, which holds `group` consecutive k: 4 bytes, 2 halves or 1 word
 *
 * A chain is one lane of one register from its first k to its last: vectors run across outputs, never along k.
 */
#ifndef SY_ENGINE_KERNELS_H
#define SY_ENGINE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SY_TILE_ROWS = 8, SY_TILE_LANES = 48 }; /* the largest tile of any instruction set */

/* Where a panel comes from: element (k, lane) is at data[k * k_step + lane * lane_step], in elements. */
struct sy_source {
    const void *data;
    int64_t k_step, lane_step;
};

/* How bytes become what is multiplied: their differences from zero; or, `shifted`, flipped to unsigned (A) or signed (B). */
struct sy_bytes_as {
    bool is_unsigned, to_unsigned;
    int32_t zero;
};

struct sy_kernels {
    const char *name;
    int rows, lanes, vector; /* a tile; lanes of a register */
    int group;               /* k in a word of int8 */
    bool shifted;            /* int8: A unsigned, B signed, and zero points by sums */

    /* c += a * b for k steps. `mask`, or NULL: bit l of mask[k] is clear where lane l leaves out step k. */
    void (*f32)(int rows, int lanes, int width, int64_t k, const float *a, const float *b, const uint64_t *mask, float *c,
                int64_t stride);
    /* words: of `group` k each. Adds row_add[row] + col_add[lane] as well. */
    void (*i32)(int rows, int lanes, int width, int64_t words, const int32_t *a, const int32_t *b, const int32_t *row_add,
                const int32_t *col_add, int32_t *c, int64_t stride);

    /* Panels `width` wide, zero beyond `lanes` and, int8, beyond k. */
    void (*pack_f32)(float *to, int width, int lanes, int64_t k, struct sy_source from);
    void (*pack_i8)(int32_t *to, int width, int lanes, int64_t k, struct sy_source from, struct sy_bytes_as as);
    /* Each lane's sum of its bytes in a panel of shifted words. */
    void (*sum_words)(int32_t *sum, int width, int64_t words, const int32_t *panel, bool is_unsigned);
    /* A part (SYSTOLE_CONV_F32_H, _M, _L) of every number. */
    void (*split)(float *to, const float *from, int64_t count, uint32_t part);
    /* Every NaN becomes 0x7fc00000. */
    void (*canonical)(float *v, int64_t count);
};

/* NULL where the compiler or the processor does not have the instructions. The portable ones are always there. */
const struct sy_kernels *sy_kernels_vnni(void);
const struct sy_kernels *sy_kernels_avx512(void);
const struct sy_kernels *sy_kernels_avx2(void);
const struct sy_kernels *sy_kernels_portable(void);

/* For packing alone: shifted words, whatever the processor. */
const struct sy_kernels *sy_kernels_bytes(void);

/* By name, or the best one here (NULL or ""). NULL: not here. */
const struct sy_kernels *sy_kernels_find(const char *name);

#endif
