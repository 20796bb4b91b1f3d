/* SPDX-License-Identifier: Apache-2.0 */
/* Illegal arguments, found in the order and told by the numbers of the reference library. */
#include "host/blas/blas.h"

#include <ctype.h>
#include <string.h>

BLAS_API void xerbla_(const char *routine, const int *position, size_t length);
BLAS_API void cblas_xerbla(int position, const char *routine, const char *form, ...);

int blas_letter(char given, const char *letters)
{
    const char *const at = given ? strchr(letters, toupper((unsigned char)given)) : NULL;
    return at ? (int)(at - letters) : BLAS_BAD;
}

/* Is `ld` too small for a matrix of rows x columns, stored by columns or by rows? */
static bool is_short(const struct blas_args *x, int ld, int rows, int columns)
{
    const int least = x->row_major ? columns : rows;
    return ld < (least > 1 ? least : 1);
}

static int check_gemm(const struct blas_args *x)
{
    if (x->ta < 0)
        return 1;
    if (x->tb < 0)
        return 2;
    if (x->m < 0)
        return 3;
    if (x->n < 0)
        return 4;
    if (x->k < 0)
        return 5;
    if (is_short(x, x->lda, x->ta ? x->k : x->m, x->ta ? x->m : x->k))
        return 8;
    if (is_short(x, x->ldb, x->tb ? x->n : x->k, x->tb ? x->k : x->n))
        return 10;
    return is_short(x, x->ldc, x->m, x->n) ? 13 : 0;
}

static int check_gemmtr(const struct blas_args *x)
{
    if (x->uplo < 0)
        return 1;
    if (x->ta < 0)
        return 2;
    if (x->tb < 0)
        return 3;
    if (x->n < 0)
        return 4;
    if (x->k < 0)
        return 5;
    if (is_short(x, x->lda, x->ta ? x->k : x->n, x->ta ? x->n : x->k))
        return 8;
    if (is_short(x, x->ldb, x->tb ? x->n : x->k, x->tb ? x->k : x->n))
        return 10;
    return is_short(x, x->ldc, x->n, x->n) ? 13 : 0;
}

static int check_symm(const struct blas_args *x)
{
    const int order = x->side == 1 ? x->n : x->m;
    if (x->side < 0)
        return 1;
    if (x->uplo < 0)
        return 2;
    if (x->m < 0)
        return 3;
    if (x->n < 0)
        return 4;
    if (is_short(x, x->lda, order, order))
        return 7;
    if (is_short(x, x->ldb, x->m, x->n))
        return 9;
    return is_short(x, x->ldc, x->m, x->n) ? 12 : 0;
}

static int check_syrk(const struct blas_args *x, bool second)
{
    if (x->uplo < 0)
        return 1;
    if (x->ta < 0)
        return 2;
    if (x->n < 0)
        return 3;
    if (x->k < 0)
        return 4;
    const int rows = x->ta ? x->k : x->n, columns = x->ta ? x->n : x->k;
    if (is_short(x, x->lda, rows, columns))
        return 7;
    if (second && is_short(x, x->ldb, rows, columns))
        return 9;
    return is_short(x, x->ldc, x->n, x->n) ? second ? 12 : 10 : 0;
}

/* trmm and trsm. */
static int check_triangular(const struct blas_args *x)
{
    const int order = x->side == 1 ? x->n : x->m;
    if (x->side < 0)
        return 1;
    if (x->uplo < 0)
        return 2;
    if (x->ta < 0)
        return 3;
    if (x->diag < 0)
        return 4;
    if (x->m < 0)
        return 5;
    if (x->n < 0)
        return 6;
    if (is_short(x, x->lda, order, order))
        return 9;
    return is_short(x, x->ldc, x->m, x->n) ? 11 : 0;
}

int blas_check(enum blas_routine routine, const struct blas_args *x)
{
    switch (routine) {
    case BLAS_GEMM:
        return check_gemm(x);
    case BLAS_GEMMTR:
        return check_gemmtr(x);
    case BLAS_SYMM:
        return check_symm(x);
    case BLAS_SYRK:
        return check_syrk(x, false);
    case BLAS_SYR2K:
        return check_syrk(x, true);
    case BLAS_TRMM:
    case BLAS_TRSM:
        break;
    }
    return check_triangular(x);
}

/*
 * The reference library computes by rows with its operands exchanged, tells the number that an argument has then, and sets
 * RowMajorStrg so that cblas_xerbla - also one of the caller's own - finds the way back. What is told here is the same.
 */
static int exchanged(enum blas_routine routine, int position)
{
    static const struct {
        enum blas_routine routine;
        int one, other;
    } pairs[] = {{BLAS_GEMM, 4, 5}, {BLAS_GEMM, 9, 11}, {BLAS_SYMM, 4, 5}, {BLAS_TRMM, 6, 7}, {BLAS_TRSM, 6, 7}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].routine == routine && (position == pairs[i].one || position == pairs[i].other))
            return pairs[i].one + pairs[i].other - position;
    return position;
}

void blas_report(const struct blas_args *x, int position)
{
    if (!x->from_c) {
        xerbla_(x->name, &position, strlen(x->name));
        return;
    }
    const int before = RowMajorStrg;
    RowMajorStrg = 0;
    cblas_xerbla(position, x->name, "");
    RowMajorStrg = before;
}

void blas_report_of(enum blas_routine routine, const struct blas_args *x, int position)
{
    if (!x->from_c || !x->row_major || exchanged(routine, position) == position) {
        blas_report(x, position);
        return;
    }
    const int before = RowMajorStrg;
    RowMajorStrg = 1;
    cblas_xerbla(exchanged(routine, position), x->name, "");
    RowMajorStrg = before;
}
