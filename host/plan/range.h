/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes that an instruction touches in one memory, as far as planning needs to know them. */
#ifndef SY_PLAN_RANGE_H
#define SY_PLAN_RANGE_H

#include <stdbool.h>
#include <stdint.h>

/* Memories, in the order of MEM in spec/enums.def, then the windows. */
enum { SY_SPACE_WINDOW = 8, SY_SPACES = 16 };

/*
 * Bytes between lo and hi. With a period, only those whose position modulo it is in [phase, phase + width): the columns of a block within
 * a wider row.
 */
struct sy_range {
    int64_t lo, hi;
    int64_t period, phase, width;
};

struct sy_touch {
    int space;
    bool write;
    struct sy_range range;
};

enum { SY_MAX_TOUCHES = 6 };

bool sy_range_overlap(const struct sy_range *a, const struct sy_range *b);

/* True when every byte of `inner` is certainly in `outer`. */
bool sy_range_covers(const struct sy_range *outer, const struct sy_range *inner);

/* What an instruction touches; returns how many entries it filled in. */
unsigned sy_touches(const uint32_t *insn, uint32_t rows, uint32_t cols, struct sy_touch out[SY_MAX_TOUCHES]);

#endif
