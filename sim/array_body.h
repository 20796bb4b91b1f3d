/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Body 2 of systole_array: what one vector does with one tile of weights, in vector code of the CPU that simulates. The RTL
 * (systole_array_dpi.sv) calls it through DPI-C once where a vector enters and once for each group of weights; time stays in the RTL.
 *
 * Bits lie as DPI-C lays them: word i of a vector holds its bits 32 * i to 32 * i + 31. Elements have 16 bits, or 9 without
 * floating point; sums have 32.
 */
#ifndef SYSTOLE_SIM_ARRAY_BODY_H
#define SYSTOLE_SIM_ARRAY_BODY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All weights of an array, zero at first. `group` is the rows that one write of int8 brings. NULL without memory. */
void *systole_body_new(unsigned rows, unsigned cols, unsigned planes, unsigned group, unsigned element_bits);
void systole_body_free(void *body);

/* Rows from `row` on, as far as there are such rows: `group` of them, or half as many of bf16. */
void systole_body_weights(void *body, unsigned plane, unsigned row, unsigned fp, const uint32_t *data);

/* sum = the chain of `vector` through the rows of a plane, from `partial` on, without the rows whose bit of `skip` is set. */
void systole_body_vector(void *body, unsigned plane, unsigned fp, unsigned long long skip, const uint32_t *vector, const uint32_t *partial,
                         uint32_t *sum);

/* Who is told what enters an array, element by element: a vector with the sums it is added to and those it leaves, a group of weights. */
struct body_watch {
    void (*vector)(void *user, unsigned plane, unsigned fp, uint64_t skip, const uint32_t *x, const uint32_t *partial, const uint32_t *sum);
    void (*weights)(void *user, unsigned plane, unsigned row, unsigned rows, unsigned fp, const uint32_t *element);
    void *user;
};
/* Of the array that this thread made last; the watch is not owned, and has to live as long. */
void systole_body_watch(const struct body_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
