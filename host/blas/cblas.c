/* SPDX-License-Identifier: Apache-2.0 */
/* The C interface. Enumerations have the reference library's numbers; positions of illegal arguments count the order as the
 * first. */
#include "host/blas/cblas.h"

static int which(int given, int first)
{
    return given == first || given == first + 1 ? given - first : BLAS_BAD;
}

int cblas_transposed(int trans)
{
    return trans == CBLAS_CONJ_TRANS ? 1 : which(trans, CBLAS_NO_TRANS);
}

bool cblas_bad_order(int order, const char *name)
{
    const struct blas_args x = {.name = name, .from_c = true};
    if (order == CBLAS_ROW_MAJOR || order == CBLAS_COL_MAJOR)
        return false;
    blas_report(&x, 1);
    return true;
}

void cblas_sgemm(int order, int transa, int transb, int m, int n, int k, float alpha, const float *a, int lda, const float *b,
                 int ldb, float beta, float *c, int ldc)
{
    typedef void function(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
    const struct blas_args x = {.name = "cblas_sgemm",
                                .from_c = true,
                                .row_major = order == CBLAS_ROW_MAJOR,
                                .ta = cblas_transposed(transa),
                                .tb = cblas_transposed(transb),
                                .m = m,
                                .n = n,
                                .k = k,
                                .alpha = alpha,
                                .a = a,
                                .lda = lda,
                                .b = b,
                                .ldb = ldb,
                                .beta = beta,
                                .c = c,
                                .ldc = ldc};
    if (!cblas_bad_order(order, x.name) && blas_call(BLAS_GEMM, &x) == BLAS_PASS_ON)
        ((function *)blas_next_routine(BLAS_GEMM, true))(order, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_sgemmtr(int order, int uplo, int transa, int transb, int n, int k, float alpha, const float *a, int lda,
                   const float *b, int ldb, float beta, float *c, int ldc)
{
    typedef void function(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
    const struct blas_args x = {.name = "cblas_sgemmtr",
                                .from_c = true,
                                .row_major = order == CBLAS_ROW_MAJOR,
                                .uplo = which(uplo, CBLAS_UPPER),
                                .ta = cblas_transposed(transa),
                                .tb = cblas_transposed(transb),
                                .n = n,
                                .k = k,
                                .alpha = alpha,
                                .a = a,
                                .lda = lda,
                                .b = b,
                                .ldb = ldb,
                                .beta = beta,
                                .c = c,
                                .ldc = ldc};
    if (!cblas_bad_order(order, x.name) && blas_call(BLAS_GEMMTR, &x) == BLAS_PASS_ON)
        ((function *)blas_next_routine(BLAS_GEMMTR, true))(order, uplo, transa, transb, n, k, alpha, a, lda, b, ldb, beta, c,
                                                           ldc);
}

void cblas_sgemmt(int order, int uplo, int transa, int transb, int n, int k, float alpha, const float *a, int lda, const float *b,
                  int ldb, float beta, float *c, int ldc)
{
    cblas_sgemmtr(order, uplo, transa, transb, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_ssymm(int order, int side, int uplo, int m, int n, float alpha, const float *a, int lda, const float *b, int ldb,
                 float beta, float *c, int ldc)
{
    typedef void function(int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
    const struct blas_args x = {.name = "cblas_ssymm", .from_c = true, .row_major = order == CBLAS_ROW_MAJOR,
                                .side = which(side, CBLAS_LEFT), .uplo = which(uplo, CBLAS_UPPER), .m = m, .n = n, .alpha = alpha,
                                .a = a, .lda = lda, .b = b, .ldb = ldb, .beta = beta, .c = c, .ldc = ldc};
    if (!cblas_bad_order(order, x.name) && blas_call(BLAS_SYMM, &x) == BLAS_PASS_ON)
        ((function *)blas_next_routine(BLAS_SYMM, true))(order, side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_ssyrk(int order, int uplo, int trans, int n, int k, float alpha, const float *a, int lda, float beta, float *c,
                 int ldc)
{
    typedef void function(int, int, int, int, int, float, const float *, int, float, float *, int);
    const struct blas_args x = {.name = "cblas_ssyrk",
                                .from_c = true,
                                .row_major = order == CBLAS_ROW_MAJOR,
                                .uplo = which(uplo, CBLAS_UPPER),
                                .ta = cblas_transposed(trans),
                                .n = n,
                                .k = k,
                                .alpha = alpha,
                                .a = a,
                                .lda = lda,
                                .beta = beta,
                                .c = c,
                                .ldc = ldc};
    if (!cblas_bad_order(order, x.name) && blas_call(BLAS_SYRK, &x) == BLAS_PASS_ON)
        ((function *)blas_next_routine(BLAS_SYRK, true))(order, uplo, trans, n, k, alpha, a, lda, beta, c, ldc);
}

void cblas_ssyr2k(int order, int uplo, int trans, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                  float beta, float *c, int ldc)
{
    typedef void function(int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
    const struct blas_args x = {.name = "cblas_ssyr2k",
                                .from_c = true,
                                .row_major = order == CBLAS_ROW_MAJOR,
                                .uplo = which(uplo, CBLAS_UPPER),
                                .ta = cblas_transposed(trans),
                                .n = n,
                                .k = k,
                                .alpha = alpha,
                                .a = a,
                                .lda = lda,
                                .b = b,
                                .ldb = ldb,
                                .beta = beta,
                                .c = c,
                                .ldc = ldc};
    if (!cblas_bad_order(order, x.name) && blas_call(BLAS_SYR2K, &x) == BLAS_PASS_ON)
        ((function *)blas_next_routine(BLAS_SYR2K, true))(order, uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

struct options {
    int order, side, uplo, trans, diag;
};

static void triangular(enum blas_routine routine, const struct options *o, int m, int n, float alpha, const float *a, int lda,
                       float *b, int ldb)
{
    typedef void function(int, int, int, int, int, int, int, float, const float *, int, float *, int);
    const struct blas_args x = {.name = routine == BLAS_TRMM ? "cblas_strmm" : "cblas_strsm",
                                .from_c = true,
                                .row_major = o->order == CBLAS_ROW_MAJOR,
                                .side = which(o->side, CBLAS_LEFT),
                                .uplo = which(o->uplo, CBLAS_UPPER),
                                .ta = cblas_transposed(o->trans),
                                .diag = which(o->diag, CBLAS_NON_UNIT),
                                .m = m,
                                .n = n,
                                .alpha = alpha,
                                .a = a,
                                .lda = lda,
                                .c = b,
                                .ldc = ldb};
    if (!cblas_bad_order(o->order, x.name) && blas_call(routine, &x) == BLAS_PASS_ON)
        ((function *)blas_next_routine(routine, true))(o->order, o->side, o->uplo, o->trans, o->diag, m, n, alpha, a, lda, b,
                                                       ldb);
}

void cblas_strmm(int order, int side, int uplo, int trans, int diag, int m, int n, float alpha, const float *a, int lda, float *b,
                 int ldb)
{
    triangular(BLAS_TRMM, &(struct options){order, side, uplo, trans, diag}, m, n, alpha, a, lda, b, ldb);
}

void cblas_strsm(int order, int side, int uplo, int trans, int diag, int m, int n, float alpha, const float *a, int lda, float *b,
                 int ldb)
{
    triangular(BLAS_TRSM, &(struct options){order, side, uplo, trans, diag}, m, n, alpha, a, lda, b, ldb);
}
