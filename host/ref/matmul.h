/* SPDX-License-Identifier: Apache-2.0 */
/* Products in the type their chains run in, and the shapes of batched matrix products. */
#ifndef SY_MATMUL_H
#define SY_MATMUL_H

#include "host/ref/call.h"
#include "host/ref/chain.h"

/* The type of a chain: fp32 for all floats but fp64. */
enum sy_work { SY_WORK_F32, SY_WORK_F64, SY_WORK_I64 };
enum sy_work sy_work_of(enum systole_dtype dtype);
size_t sy_work_size(enum sy_work work);
/* All elements, in new memory (sy_free); NULL without memory. */
void *sy_as_work(const struct systole_tensor *t, enum sy_work work);
double sy_work_get(const void *v, enum sy_work work, int64_t i);
/* n results into t from element `at`, rounded to its type. */
void sy_work_to(struct systole_tensor *t, int64_t at, const void *v, enum sy_work work, int64_t n);
void sy_work_matmul(enum sy_work work, int64_t m, int64_t n, int64_t k, struct sy_matrix a, struct sy_matrix b, void *c);

/* NumPy's matmul: batches broadcast, vectors are rows on the left and columns on the right. */
struct sy_matmul {
    int64_t m, n, k, batches;
    struct systole_tensor a, b; /* only their batch dimensions, for walking; no data of their own */
    int rank;                   /* of the batch */
    int64_t dims[SYSTOLE_MAX_RANK];
    int out_rank;
    int64_t out[SYSTOLE_MAX_RANK + 2];
};
enum systole_status sy_matmul_shape(struct sy_call *c, const struct systole_tensor *a, const struct systole_tensor *b,
                                    struct sy_matmul *s);
/* at[0], at[1]: which matrix of a and of b. */
void sy_matmul_walk(const struct sy_matmul *s, struct sy_walk *w);
/* Where the matrices of each product begin, a's then b's: 2 * batches elements in new memory (sy_free); NULL without memory. */
int64_t *sy_matmul_places(const struct sy_matmul *s);

#endif
