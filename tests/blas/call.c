/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/blas/level3.h"

#include <string.h>

/* Prototypes of what is tested, as a Fortran or C program has them. */
extern void sgemm_(const char *, const char *, const int *, const int *, const int *, const float *, const float *, const int *,
                   const float *, const int *, const float *, float *, const int *, size_t, size_t);
extern void sgemmtr_(const char *, const char *, const char *, const int *, const int *, const float *, const float *,
                     const int *, const float *, const int *, const float *, float *, const int *, size_t, size_t, size_t);
extern void ssymm_(const char *, const char *, const int *, const int *, const float *, const float *, const int *, const float *,
                   const int *, const float *, float *, const int *, size_t, size_t);
extern void ssyrk_(const char *, const char *, const int *, const int *, const float *, const float *, const int *, const float *,
                   float *, const int *, size_t, size_t);
extern void ssyr2k_(const char *, const char *, const int *, const int *, const float *, const float *, const int *,
                    const float *, const int *, const float *, float *, const int *, size_t, size_t);
typedef void triangular(const char *, const char *, const char *, const char *, const int *, const int *, const float *,
                        const float *, const int *, float *, const int *, size_t, size_t, size_t, size_t);
extern triangular strmm_, strsm_;

extern void cblas_sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
extern void cblas_sgemmtr(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
extern void cblas_ssymm(int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
extern void cblas_ssyrk(int, int, int, int, int, float, const float *, int, float, float *, int);
extern void cblas_ssyr2k(int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
typedef void cblas_triangular(int, int, int, int, int, int, int, float, const float *, int, float *, int);
extern cblas_triangular cblas_strmm, cblas_strsm;

static void issue_fortran(const struct call *x)
{
    switch (x->routine) {
    case GEMM:
        sgemm_(&x->ta, &x->tb, &x->m, &x->n, &x->k, &x->alpha, x->a, &x->lda, x->b, &x->ldb, &x->beta, x->c, &x->ldc, 1, 1);
        break;
    case GEMMTR:
        sgemmtr_(&x->uplo, &x->ta, &x->tb, &x->n, &x->k, &x->alpha, x->a, &x->lda, x->b, &x->ldb, &x->beta, x->c, &x->ldc, 1, 1,
                 1);
        break;
    case SYMM:
        ssymm_(&x->side, &x->uplo, &x->m, &x->n, &x->alpha, x->a, &x->lda, x->b, &x->ldb, &x->beta, x->c, &x->ldc, 1, 1);
        break;
    case SYRK:
        ssyrk_(&x->uplo, &x->ta, &x->n, &x->k, &x->alpha, x->a, &x->lda, &x->beta, x->c, &x->ldc, 1, 1);
        break;
    case SYR2K:
        ssyr2k_(&x->uplo, &x->ta, &x->n, &x->k, &x->alpha, x->a, &x->lda, x->b, &x->ldb, &x->beta, x->c, &x->ldc, 1, 1);
        break;
    case TRMM:
    case TRSM:
    case ROUTINES:
        (x->routine == TRMM ? strmm_ : strsm_)(&x->side, &x->uplo, &x->ta, &x->diag, &x->m, &x->n, &x->alpha, x->a, &x->lda, x->c,
                                                &x->ldc, 1, 1, 1, 1);
    }
}

/* 'X' becomes 99, which is in none of the enumerations. */
static int number(char letter, const char *letters, int first)
{
    const char *const at = strchr(letters, letter | 0x20);
    return letter != 'X' && at ? first + (int)(at - letters) : 99;
}

static void issue_c(const struct call *x)
{
    const int order = x->order_error ? 99 : x->interface == C_ROWS ? 101 : 102;
    const int ta = number(x->ta, "ntc", 111), tb = number(x->tb, "ntc", 111), uplo = number(x->uplo, "ul", 121);
    const int side = number(x->side, "lr", 141), diag = number(x->diag, "nu", 131);
    switch (x->routine) {
    case GEMM:
        cblas_sgemm(order, ta, tb, x->m, x->n, x->k, x->alpha, x->a, x->lda, x->b, x->ldb, x->beta, x->c, x->ldc);
        break;
    case GEMMTR:
        cblas_sgemmtr(order, uplo, ta, tb, x->n, x->k, x->alpha, x->a, x->lda, x->b, x->ldb, x->beta, x->c, x->ldc);
        break;
    case SYMM:
        cblas_ssymm(order, side, uplo, x->m, x->n, x->alpha, x->a, x->lda, x->b, x->ldb, x->beta, x->c, x->ldc);
        break;
    case SYRK:
        cblas_ssyrk(order, uplo, ta, x->n, x->k, x->alpha, x->a, x->lda, x->beta, x->c, x->ldc);
        break;
    case SYR2K:
        cblas_ssyr2k(order, uplo, ta, x->n, x->k, x->alpha, x->a, x->lda, x->b, x->ldb, x->beta, x->c, x->ldc);
        break;
    case TRMM:
    case TRSM:
    case ROUTINES:
        (x->routine == TRMM ? cblas_strmm : cblas_strsm)(order, side, uplo, ta, diag, x->m, x->n, x->alpha, x->a, x->lda, x->c,
                                                         x->ldc);
    }
}

void call_issue(const struct call *call)
{
    if (call->interface == FORTRAN)
        issue_fortran(call);
    else
        issue_c(call);
}

const char *call_name(enum routine routine, enum interface interface)
{
    static const char *const fortran[] = {"SGEMM ", "SGEMMTR", "SSYMM ", "SSYRK ", "SSYR2K", "STRMM ", "STRSM "};
    static const char *const c[] = {"cblas_sgemm",  "cblas_sgemmtr", "cblas_ssymm", "cblas_ssyrk",
                                    "cblas_ssyr2k", "cblas_strmm",   "cblas_strsm"};
    return interface == FORTRAN ? fortran[routine] : c[routine];
}

bool call_uses(enum routine routine, const char *what)
{
    static const char *const used[] = {"ta tb m k b beta",  "uplo ta tb k b beta", "side uplo m b beta", "uplo ta k beta",
                                       "uplo ta k b beta", "side uplo ta diag m", "side uplo ta diag m"};
    const size_t length = strlen(what);
    for (const char *at = used[routine]; (at = strstr(at, what)); at += length)
        if ((at == used[routine] || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

static bool is(char letter, char which)
{
    return (letter | 0x20) == which;
}

struct extent call_extent_a(const struct call *x)
{
    const int order = is(x->side, 'r') ? x->n : x->m;
    if (x->routine == SYMM || x->routine == TRMM || x->routine == TRSM)
        return (struct extent){order, order};
    const int rows = x->routine == GEMM ? x->m : x->n;
    return is(x->ta, 'n') ? (struct extent){rows, x->k} : (struct extent){x->k, rows};
}

struct extent call_extent_b(const struct call *x)
{
    if (x->routine == SYMM)
        return (struct extent){x->m, x->n};
    if (x->routine == SYR2K)
        return call_extent_a(x);
    return is(x->tb, 'n') ? (struct extent){x->k, x->n} : (struct extent){x->n, x->k};
}

struct extent call_extent_c(const struct call *x)
{
    return (struct extent){call_uses(x->routine, "m") ? x->m : x->n, x->n};
}

bool call_stores_a(const struct call *x, int i, int j)
{
    if (x->routine != SYMM && x->routine != TRMM && x->routine != TRSM)
        return true;
    if (i == j)
        return x->routine == SYMM || is(x->diag, 'n');
    return is(x->uplo, 'u') ? j > i : j < i;
}

bool call_stores_c(const struct call *x, int i, int j)
{
    if (x->routine != GEMMTR && x->routine != SYRK && x->routine != SYR2K)
        return true;
    return is(x->uplo, 'u') ? j >= i : j <= i;
}
