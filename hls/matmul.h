/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one step of the chains works with: a tile of weights and the pixels that meet it.
 */
#ifndef SYSTOLE_HLS_MATMUL_H
#define SYSTOLE_HLS_MATMUL_H

#include "state.h"

struct matmul_step {
    uint32_t rows;           /* elements of A in use, MATRIX */
    uint32_t p, q;           /* pixels */
    int64_t a, a_sp, a_sq;   /* bytes in APAD */
    uint32_t c, c_sp, c_sq;  /* rows of ACC */
    uint32_t mode, bf16;
    uint32_t a_unsigned;
    int32_t a_zp;
};

/*
 * The weights of a step, converted once: int8 less its zero point, or the bits of a bf16. DEPTHWISE uses row 0. Rows not in
 * use are zero for int8.
 */
struct matmul_tile {
    int16_t i8[SYSTOLE_ROWS][SYSTOLE_COLS];
    uint16_t bf16[SYSTOLE_ROWS][SYSTOLE_COLS];
};

/* An 8-bit element of A less its zero point. */
static inline int32_t matmul_a_int(const struct matmul_step *t, uint8_t byte)
{
    return (t->a_unsigned ? (int32_t)byte : (int32_t)(int8_t)byte) - t->a_zp;
}

#endif
