/* SPDX-License-Identifier: Apache-2.0 */
/* Routines that end in C = alpha * (a product) + beta * C, and the way of every call. */
#include "host/blas/blas.h"

#include <stdlib.h>

enum { PANEL = 128 }; /* columns of a triangle that are computed at once; results do not depend on it */

struct blas_view blas_view(const float *data, int ld, bool swapped)
{
    /* One type serves what is read and what is written; nothing writes to an input. */
    union {
        const float *in;
        float *out;
    } address = {.in = data};
    return swapped ? (struct blas_view){address.out, ld, 1} : (struct blas_view){address.out, 1, ld};
}

struct blas_view blas_part(struct blas_view v, int64_t i, int64_t j)
{
    return (struct blas_view){v.data + i * v.row + j * v.column, v.row, v.column};
}

struct blas_view blas_dense(int64_t m, int64_t n)
{
    return (struct blas_view){calloc((size_t)(m ? m : 1), (size_t)(n ? n : 1) * sizeof(float)), n, 1};
}

void blas_free(struct blas_view v)
{
    free(v.data);
}

void blas_copy(int64_t m, int64_t n, struct blas_view from, struct blas_view to)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            to.data[i * to.row + j * to.column] = from.data[i * from.row + j * from.column];
}

static bool gemm(const struct blas_args *x)
{
    return blas_product(x->m, x->n, x->k, x->alpha, blas_view(x->a, x->lda, x->ta != x->row_major),
                        blas_view(x->b, x->ldb, x->tb != x->row_major), x->beta, blas_view(x->c, x->ldc, x->row_major));
}

/* The whole matrix from the triangle that is stored. */
static struct blas_view symmetric(const struct blas_args *x, int64_t n)
{
    const struct blas_view from = blas_view(x->a, x->lda, x->row_major), to = blas_dense(n, n);
    for (int64_t i = 0; to.data && i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            const bool stored = x->uplo == 1 ? j <= i : j >= i;
            to.data[i * n + j] = stored ? from.data[i * from.row + j * from.column] : from.data[j * from.row + i * from.column];
        }
    return to;
}

static bool symm(const struct blas_args *x)
{
    const int64_t order = x->side == 1 ? x->n : x->m;
    const struct blas_view b = blas_view(x->b, x->ldb, x->row_major), c = blas_view(x->c, x->ldc, x->row_major);
    if (x->alpha == 0)
        return blas_product(x->m, x->n, 0, 0, b, b, x->beta, c);
    const struct blas_view a = symmetric(x, order);
    const bool right = x->side == 1;
    const bool whole = a.data && blas_product(x->m, x->n, order, x->alpha, right ? b : a, right ? a : b, x->beta, c);
    blas_free(a);
    return whole;
}

/* A triangle of C = alpha A B + beta C, a panel of columns at a time: what is above or below its diagonal block goes with it. */
static bool triangle(const struct blas_args *x, int64_t k, struct blas_view a, struct blas_view b)
{
    const int64_t n = x->n;
    const struct blas_view c = blas_view(x->c, x->ldc, x->row_major), work = blas_dense(n, n);
    bool whole = work.data != NULL;
    if (whole && x->beta != 0)
        blas_copy(n, n, c, work);
    for (int64_t j = 0; j < n && whole; j += PANEL) {
        const int64_t width = n - j < PANEL ? n - j : PANEL;
        const int64_t first = x->uplo == 1 ? j : 0, end = x->uplo == 1 ? n : j + width;
        whole = blas_product(end - first, width, k, x->alpha, blas_part(a, first, 0), blas_part(b, 0, j), x->beta,
                             blas_part(work, first, j));
    }
    for (int64_t j = 0; j < n && whole; j++) {
        const int64_t first = x->uplo == 1 ? j : 0, end = x->uplo == 1 ? n : j + 1;
        blas_copy(end - first, 1, blas_part(work, first, j), blas_part(c, first, j));
    }
    blas_free(work);
    return whole;
}

static bool gemmtr(const struct blas_args *x)
{
    return triangle(x, x->k, blas_view(x->a, x->lda, x->ta != x->row_major), blas_view(x->b, x->ldb, x->tb != x->row_major));
}

static bool syrk(const struct blas_args *x)
{
    const struct blas_view a = blas_view(x->a, x->lda, x->ta != x->row_major);
    return triangle(x, x->k, a, (struct blas_view){a.data, a.column, a.row});
}

/* A B' + B A' is the one product [A B] [B A]'. */
static bool syr2k(const struct blas_args *x)
{
    const struct blas_view a = blas_view(x->a, x->lda, x->ta != x->row_major), b = blas_view(x->b, x->ldb, x->ta != x->row_major);
    const int64_t n = x->n, k = x->k;
    if (x->alpha == 0)
        return triangle(x, 0, a, b);
    const struct blas_view ab = blas_dense(n, 2 * k), ba = blas_dense(n, 2 * k);
    bool whole = ab.data && ba.data;
    if (whole) {
        blas_copy(n, k, a, ab);
        blas_copy(n, k, b, blas_part(ab, 0, k));
        blas_copy(n, k, b, ba);
        blas_copy(n, k, a, blas_part(ba, 0, k));
        whole = triangle(x, 2 * k, ab, (struct blas_view){ba.data, ba.column, ba.row});
    }
    blas_free(ab);
    blas_free(ba);
    return whole;
}

bool blas_run(enum blas_routine routine, const struct blas_args *x)
{
    switch (routine) {
    case BLAS_GEMM:
        return gemm(x);
    case BLAS_GEMMTR:
        return gemmtr(x);
    case BLAS_SYMM:
        return symm(x);
    case BLAS_SYRK:
        return syrk(x);
    case BLAS_SYR2K:
        return syr2k(x);
    case BLAS_TRMM:
        return blas_trmm(x);
    case BLAS_TRSM:
        break;
    }
    return blas_trsm(x);
}

static double multiplications(enum blas_routine routine, const struct blas_args *x)
{
    const double m = x->m, n = x->n, k = x->k;
    switch (routine) {
    case BLAS_GEMM:
        return m * n * k;
    case BLAS_GEMMTR:
    case BLAS_SYRK:
        return n * n * k / 2;
    case BLAS_SYR2K:
        return n * n * k;
    case BLAS_SYMM:
        return m * n * (x->side == 1 ? n : m);
    case BLAS_TRMM:
    case BLAS_TRSM:
        break;
    }
    return m * n * (x->side == 1 ? n : m) / 2;
}

/* Nothing to compute, and nothing to write: C stays, whatever is in it. */
static bool is_nothing(enum blas_routine routine, const struct blas_args *x)
{
    const bool ranks = routine == BLAS_GEMM || routine == BLAS_GEMMTR || routine == BLAS_SYRK || routine == BLAS_SYR2K;
    const bool square = ranks && routine != BLAS_GEMM, in_place = routine == BLAS_TRMM || routine == BLAS_TRSM;
    if (x->n == 0 || (!square && x->m == 0))
        return true;
    return !in_place && x->beta == 1 && (x->alpha == 0 || (ranks && x->k == 0));
}

enum blas_outcome blas_call(enum blas_routine routine, const struct blas_args *x)
{
    const int bad = blas_check(routine, x);
    if (bad) {
        blas_report_of(routine, x, bad + x->from_c);
        return BLAS_DONE;
    }
    if (is_nothing(routine, x))
        return BLAS_DONE;
    const bool can_pass = blas_next_routine(routine, x->from_c) != NULL;
    bool done = false;
    if (blas_takes(multiplications(routine, x)) || !can_pass) {
        blas_begin(false);
        done = blas_run(routine, x);
        blas_end();
    }
    if (!done && !can_pass) {
        blas_say("%s could not be computed, and there is no other BLAS to pass it on to", x->name);
        abort();
    }
    blas_note(x, routine, done ? BLAS_DONE : BLAS_PASS_ON);
    return done ? BLAS_DONE : BLAS_PASS_ON;
}
