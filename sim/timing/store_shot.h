/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a store at the beginning of a pixel, as words that can be compared with those of another pixel, in another instruction too. */
#ifndef SYSTOLE_TIMING_STORE_SHOT_H
#define SYSTOLE_TIMING_STORE_SHOT_H

#include "timing.h"

static inline uint64_t pixel_of(const struct store_walk *k)
{
    return (uint64_t)k->p * (k->q_last + 1) + k->q;
}

/* What tells two states apart that are not alike, in nearly all cases. */
uint64_t outline(const struct timing *m);
void shoot(const struct timing *m, struct store_shot *s);

#endif
