/* SPDX-License-Identifier: Apache-2.0 */
/* Products with a triangular matrix, and equations with one. Both work on copies, so that B is whole whatever happens. */
#include "host/blas/blas.h"

#include <math.h>

enum { TRMM_BLOCK = 128, TRSM_BLOCK = 32 };

static bool is_all_finite(int64_t m, int64_t n, struct blas_view v)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++)
            if (!isfinite(v.data[i * v.row + j * v.column]))
                return false;
    return true;
}

/* op(A) with zeros in the triangle that is not stored; `lower` says which one op(A) has. */
static struct blas_view expand(const struct blas_args *x, int64_t n, bool *lower)
{
    const struct blas_view from = blas_view(x->a, x->lda, x->ta != x->row_major), to = blas_dense(n, n);
    *lower = (x->uplo == 1) != (x->ta == 1);
    for (int64_t i = 0; to.data && i < n; i++)
        for (int64_t j = *lower ? 0 : i; j < (*lower ? i + 1 : n); j++)
            to.data[i * n + j] = i == j && x->diag ? 1 : from.data[i * from.row + j * from.column];
    return to;
}

/* B becomes +0 without a look at A, as where alpha is 0. */
static bool clear(const struct blas_args *x)
{
    const struct blas_view b = blas_view(x->c, x->ldc, x->row_major);
    for (int64_t i = 0; i < x->m; i++)
        for (int64_t j = 0; j < x->n; j++)
            b.data[i * b.row + j * b.column] = 0;
    return true;
}

/* ---- trmm ---- */

struct span {
    int64_t first, end;
};

/* Where row or column `at` of the product takes its terms from: the stored triangle of a matrix of order n. */
static struct span stored(int64_t at, int64_t width, int64_t n, bool before)
{
    return before ? (struct span){0, at + width} : (struct span){at, n};
}

/* With an infinity or a NaN, a zero of the other triangle would count: one plain chain over the stored triangle, on the host. */
static void multiply_special(const struct blas_args *x, struct blas_view t, bool lower, struct blas_view b, struct blas_view to)
{
    const bool right = x->side == 1;
    for (int64_t i = 0; i < x->m; i++)
        for (int64_t j = 0; j < x->n; j++) {
            const struct span k = right ? stored(j, 1, x->n, !lower) : stored(i, 1, x->m, lower);
            float acc = 0;
            for (int64_t p = k.first; p < k.end; p++) {
                const float l = right ? b.data[i * b.row + p * b.column] : t.data[i * t.row + p];
                const float r = right ? t.data[p * t.row + j] : b.data[p * b.row + j * b.column];
                acc = fmaf(l, r, acc);
            }
            acc *= x->alpha;
            to.data[i * to.row + j] = isnan(acc) ? NAN : acc;
        }
}

static bool multiply(const struct blas_args *x, struct blas_view t, bool lower, struct blas_view b, struct blas_view to)
{
    const bool right = x->side == 1;
    const int64_t order = right ? x->n : x->m;
    for (int64_t at = 0; at < order; at += TRMM_BLOCK) {
        const int64_t width = order - at < TRMM_BLOCK ? order - at : TRMM_BLOCK;
        const struct span k = stored(at, width, order, right ? !lower : lower);
        const bool whole = right ? blas_product(x->m, width, k.end - k.first, x->alpha, blas_part(b, 0, k.first),
                                                blas_part(t, k.first, at), 0, blas_part(to, 0, at))
                                 : blas_product(width, x->n, k.end - k.first, x->alpha, blas_part(t, at, k.first),
                                                blas_part(b, k.first, 0), 0, blas_part(to, at, 0));
        if (!whole)
            return false;
    }
    return true;
}

bool blas_trmm(const struct blas_args *x)
{
    const int64_t order = x->side == 1 ? x->n : x->m;
    const struct blas_view b = blas_view(x->c, x->ldc, x->row_major);
    if (x->alpha == 0)
        return clear(x);
    bool lower;
    const struct blas_view t = expand(x, order, &lower), to = blas_dense(x->m, x->n);
    bool whole = t.data && to.data;
    if (whole && is_all_finite(order, order, t) && is_all_finite(x->m, x->n, b))
        whole = multiply(x, t, lower, b, to);
    else if (whole)
        multiply_special(x, t, lower, b, to);
    if (whole)
        blas_copy(x->m, x->n, to, b);
    blas_free(t);
    blas_free(to);
    return whole;
}

/* ---- trsm ---- */

/* Rows first to end of x (width columns, dense) for a diagonal block of t: forwards where t is lower, else backwards. */
static void solve_block(struct blas_view t, bool lower, bool unit, int64_t first, int64_t end, struct blas_view x, int64_t width)
{
    for (int64_t step = 0; step < end - first; step++) {
        const int64_t i = lower ? first + step : end - 1 - step;
        float *const row = x.data + i * x.row;
        for (int64_t k = lower ? first : i + 1; k < (lower ? i : end); k++)
            for (int64_t j = 0; j < width; j++)
                row[j] = fmaf(-t.data[i * t.row + k * t.column], x.data[k * x.row + j], row[j]);
        for (int64_t j = 0; j < width && !unit; j++)
            row[j] /= t.data[i * t.row + i * t.column];
        for (int64_t j = 0; j < width; j++)
            row[j] = isnan(row[j]) ? NAN : row[j];
    }
}

/* T X = what x holds, for T of `order` rows: each block of rows first loses what the solved ones contribute, by one product. */
static bool solve(struct blas_view t, bool lower, bool unit, int64_t order, struct blas_view x, int64_t width)
{
    const int64_t blocks = (order + TRSM_BLOCK - 1) / TRSM_BLOCK;
    for (int64_t step = 0; step < blocks; step++) {
        const int64_t first = (lower ? step : blocks - 1 - step) * TRSM_BLOCK;
        const int64_t end = order - first < TRSM_BLOCK ? order : first + TRSM_BLOCK;
        const struct span known = lower ? (struct span){0, first} : (struct span){end, order};
        if (known.end > known.first &&
            !blas_product(end - first, width, known.end - known.first, -1, blas_part(t, first, known.first),
                          blas_part(x, known.first, 0), 1, blas_part(x, first, 0)))
            return false;
        solve_block(t, lower, unit, first, end, x, width);
    }
    return true;
}

bool blas_trsm(const struct blas_args *x)
{
    if (x->alpha == 0)
        return clear(x);
    /* X op(A) = B is op(A)' X' = B'. */
    const bool right = x->side == 1;
    const int64_t order = right ? x->n : x->m, width = right ? x->m : x->n;
    const struct blas_view t = blas_view(x->a, x->lda, (x->ta == 1) != (x->row_major != right));
    const struct blas_view b = blas_view(x->c, x->ldc, x->row_major != right);
    const bool lower = ((x->uplo == 1) != (x->ta == 1)) != right;
    const struct blas_view work = blas_dense(order, width);
    if (!work.data)
        return false;
    for (int64_t i = 0; i < order; i++)
        for (int64_t j = 0; j < width; j++)
            work.data[i * width + j] = x->alpha * b.data[i * b.row + j * b.column];
    const bool whole = solve(t, lower, x->diag == 1, order, work, width);
    if (whole)
        blas_copy(order, width, work, b);
    blas_free(work);
    return whole;
}
