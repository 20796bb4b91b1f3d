/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the convolution's lowering share: where the walk is, and the loads that all of them make. */
#ifndef SY_PLAN_CONV_WALK_H
#define SY_PLAN_CONV_WALK_H

#include <stdbool.h>

#include "host/plan/conv.h"

struct sy_conv_band {
    uint32_t image, group;
    uint32_t p0, rows, q0, cols; /* of output */
};

/* Part of a band's input that the image has: rows and columns of the image, and where they lie in the band. */
struct sy_conv_region {
    int64_t y, rows, at_y, x, columns, at_x;
};

/* What a half of APAD holds of a band: of which part of the numbers (CONV), which chunk of steps, and how many of its steps. */
struct sy_conv_held {
    uint32_t conv, chunk, steps;
    struct sy_conv_region region;
};

struct sy_conv_walk {
    struct sy_program *program;
    const struct sy_caps *caps;
    const struct sy_convolution *v;
    const struct sy_conv_layout *l;
    uint32_t rows, cols, eb;
    uint32_t apad_half, wpad_parts, wpad_part, acc_half, param_half;
    struct sy_turn *turn; /* the halves in use, from one lowering to the next */
    bool begun;
    bool has_ones; /* three of them stand in the last vector of APAD */
    bool too_large;
};

struct sy_conv_piece {
    uint32_t tile, tiles; /* output channels */
    uint32_t kh, kw, kc, nkh, nkw, nkc;
    uint32_t pass;
    bool first, last;
};

/* A LOAD or FILL whose rows, and rows of rows, lie apart; counts of zero make none. */
struct sy_conv_copy {
    uint32_t op, mem, conv, window, dst, value;
    uint64_t src;
    uint64_t len, n1, n2;
    uint64_t s1, s2, d1, d2;
};

static inline bool sy_conv_is_matrix(const struct sy_conv_walk *k)
{
    return k->v->mode == SYSTOLE_MODE_MATRIX;
}

void sy_conv_put(struct sy_conv_walk *k, const struct sy_conv_copy *c);

/* ---- conv_extra.c: beside the sums ---- */

/* The 8-bit residual of a block into the end of a half of APAD; the STORE's fields that read it there. */
void sy_conv_load_residual(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t);
void sy_conv_residual_fields(const struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t, uint32_t *store);
/* The chains of a block begin at a tensor; then the bias, if there is one, in three steps. */
void sy_conv_begin_at(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t);
void sy_conv_load_table(struct sy_conv_walk *k);

#endif
