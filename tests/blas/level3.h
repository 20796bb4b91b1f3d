/* SPDX-License-Identifier: Apache-2.0 */
/* A level-3 call as data, so that one loop makes every kind of it: call.c issues it, expect.c computes what it must give. */
#ifndef LEVEL3_H
#define LEVEL3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum routine { GEMM, GEMMTR, SYMM, SYRK, SYR2K, TRMM, TRSM, ROUTINES };
enum interface { FORTRAN, C_COLUMNS, C_ROWS, INTERFACES };

struct call {
    enum routine routine;
    enum interface interface;
    char side, uplo, ta, tb, diag; /* letters; 'X' stands for an illegal one */
    int order_error;               /* 1: an order that is none (C interfaces) */
    int m, n, k;
    float alpha, beta;
    float *a, *b, *c; /* c: what is written, also where the routine calls it B */
    int lda, ldb, ldc;
};

/* A matrix as the call stores it, letters applied: rows and columns of the stored form. */
struct extent {
    int rows, columns;
};

void call_issue(const struct call *call);
const char *call_name(enum routine routine, enum interface interface);
bool call_uses(enum routine routine, const char *what); /* "side", "uplo", "ta", "tb", "diag", "beta", "b", "k", "m" */

static inline size_t call_at(const struct call *call, int ld, int i, int j)
{
    return call->interface == C_ROWS ? (size_t)i * (size_t)ld + (size_t)j : (size_t)i + (size_t)j * (size_t)ld;
}

struct extent call_extent_a(const struct call *call);
struct extent call_extent_b(const struct call *call);
struct extent call_extent_c(const struct call *call);
/* Elements of a and c that a call may look at, and may write. */
bool call_stores_a(const struct call *call, int i, int j);
bool call_stores_c(const struct call *call, int i, int j);

/* The largest of |error| / (2^-24 * norms) over all elements; `old_c` is c before the call. Infinite for a NaN. */
double expect_residual(const struct call *call, const float *old_c);

#endif
