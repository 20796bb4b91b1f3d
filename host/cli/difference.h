/* SPDX-License-Identifier: Apache-2.0 */
/* How far two tensors lie apart, element by element. */
#ifndef CLI_DIFFERENCE_H
#define CLI_DIFFERENCE_H

#include "systole.h"

struct cli_difference {
    int comparable;      /* 0: another type or shape, and nothing below is told */
    int has_ulp;         /* the type is one of ULPs: 16, 32 or 64-bit floating point */
    int64_t count, mismatches; /* elements, those whose bits differ */
    double max_abs;      /* infinite where a NaN or an infinity meets anything else */
    int64_t max_abs_at;  /* its first index; -1 when nothing differs */
    uint64_t max_ulp;    /* steps between the two in the order of the type's values; -0 is one below +0 */
    int64_t max_ulp_at;
    double max_rel;      /* of the wanted number's size; infinite where that is 0 or not finite */
    int64_t max_rel_at;
    double error, power; /* sums of squares: of the differences, of what is wanted; their quotient is the NMSE */
    int64_t nans, infs;  /* in what was got */
};

/*
 * Whether the bits of element i differ, of two tensors of one form. *distance: steps between the two in the order of the type's values, of integers their
 * difference; UINT64_MAX where a NaN or an infinity meets anything else.
 */
int cli_distance(const struct systole_tensor *got, const struct systole_tensor *wanted, int64_t i, uint64_t *distance);

struct cli_difference cli_difference(const struct systole_tensor *got, const struct systole_tensor *wanted);

#endif
