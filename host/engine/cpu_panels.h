/* SPDX-License-Identifier: Apache-2.0 */
/* The operands of a product as panels, in all their parts and over all of k: what the host's kernels read, and what goes to an OpenCL device. */
#ifndef SY_ENGINE_CPU_PANELS_H
#define SY_ENGINE_CPU_PANELS_H

#include "host/engine/cpu.h"

enum { SY_PARTS = 3, SY_MOST_WIDE = 64 }; /* 64: a mask has a bit for each lane */

struct sy_panels {
    const struct sy_fast *f;
    const struct sy_kernels *kernels; /* they pack */
    struct sy_pass pass[SY_MAX_PASSES];
    uint32_t passes, parts, part[SY_PARTS]; /* those that are packed */
    int64_t words;                          /* k, or its words */
    int height, width;                      /* of a panel of A, of B */
    int64_t row0, rows, column0, columns;   /* what is packed, in panels of the whole */
    int32_t *a, *b, *row_add, *column_add;  /* the last two for int8: what every element of a row or column has beside its sum */
    uint64_t *mask; /* words for each panel of B, then one that is not 0 where the panel needs them; NULL: none does */
    int32_t a_zero, b_zero;
};

/* Everything but memory and what is packed. */
void sy_panels_plan(struct sy_panels *s, const struct sy_fast *f, const struct sy_kernels *kernels, int height, int width);
/* Whether some step may have to be left out, so that `mask` is needed. */
bool sy_panels_have_masks(const struct sy_panels *s);
/* How many panels of `width` there is room for, of `total` rows or columns, in so many elements; at least 1. */
int64_t sy_panels_fit(const struct sy_panels *s, int64_t total, int width, int64_t room);
/* Memory for so many panels of A and of B; false without it. */
bool sy_panels_memory(struct sy_panels *s, int64_t high, int64_t wide);
/* Packs a panel of the whole (from row0, or column0, on) into its place. */
void sy_panels_pack(const struct sy_panels *s, bool columns, int64_t panel);
/* Which of the parts that are packed. */
uint32_t sy_panels_part(const struct sy_panels *s, uint32_t part);
/* Lanes of a panel that the whole still has. */
int sy_panels_lanes(int64_t total, int64_t panel, int width);

#endif
