/* SPDX-License-Identifier: Apache-2.0 */
/* What the makers of random instructions share. */
#ifndef FUZZ_MAKER_H
#define FUZZ_MAKER_H

#include "generate.h"

struct maker {
    struct rng *r;
    const struct hot *hot;
    const struct fuzz_case *c;
    uint32_t budget; /* steps that it may take, about */
    uint32_t *insn;
};

/* A dimension: how often, and how far apart. */
struct dim {
    uint32_t n;
    int64_t step;
};

/* Small counts are likely, large ones possible. */
uint32_t maker_count(struct rng *r, uint32_t most);

/* A step for a dimension that is gone through once is free: anything that is a multiple of the unit. */
int64_t maker_any_step(struct rng *r, int64_t unit);

/* Steps so that no two blocks overlap: the dimensions nested in random order, some backwards, some with gaps. At most 3. */
void maker_nest(struct rng *r, struct dim *d, unsigned dims, int64_t block, int64_t unit);

/* Steps for reading: nested, or anything small, zero and backwards too. */
void maker_wander(struct rng *r, struct dim *d, unsigned dims, int64_t block, int64_t unit);

/* A base for dimensions with blocks of `length`, within the part of a memory in use; edges are likely. -1: none fits. */
int64_t maker_place_mem(const struct maker *k, unsigned mem, const struct dim *d, unsigned dims, int64_t length,
                        int64_t unit);

/* The same as an offset in a window, within what memory stands behind. */
int64_t maker_place_window(const struct maker *k, unsigned w, const struct dim *d, unsigned dims, int64_t length,
                           int64_t unit);

/* False when what was drawn fits nowhere. */
bool make_load(const struct maker *k);
bool make_fill(const struct maker *k);
bool make_matmul(const struct maker *k);
bool make_store(const struct maker *k);

#endif
