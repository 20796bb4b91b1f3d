/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the C interface that this library has itself; enumerations are passed as int, as compilers do. */
#ifndef SY_BLAS_CBLAS_H
#define SY_BLAS_CBLAS_H

#include "host/blas/blas.h"

enum { CBLAS_ROW_MAJOR = 101, CBLAS_COL_MAJOR = 102 };
enum { CBLAS_NO_TRANS = 111, CBLAS_TRANS = 112, CBLAS_CONJ_TRANS = 113 };
enum { CBLAS_UPPER = 121, CBLAS_NON_UNIT = 131, CBLAS_LEFT = 141 }; /* the others of each pair follow: lower, unit, right */

BLAS_API void cblas_sgemm(int order, int transa, int transb, int m, int n, int k, float alpha, const float *a, int lda,
                          const float *b, int ldb, float beta, float *c, int ldc);
BLAS_API void cblas_sgemmtr(int order, int uplo, int transa, int transb, int n, int k, float alpha, const float *a, int lda,
                            const float *b, int ldb, float beta, float *c, int ldc);
BLAS_API void cblas_sgemmt(int order, int uplo, int transa, int transb, int n, int k, float alpha, const float *a, int lda,
                           const float *b, int ldb, float beta, float *c, int ldc);
BLAS_API void cblas_ssymm(int order, int side, int uplo, int m, int n, float alpha, const float *a, int lda, const float *b,
                          int ldb, float beta, float *c, int ldc);
BLAS_API void cblas_ssyrk(int order, int uplo, int trans, int n, int k, float alpha, const float *a, int lda, float beta,
                          float *c, int ldc);
BLAS_API void cblas_ssyr2k(int order, int uplo, int trans, int n, int k, float alpha, const float *a, int lda, const float *b,
                           int ldb, float beta, float *c, int ldc);
BLAS_API void cblas_strmm(int order, int side, int uplo, int trans, int diag, int m, int n, float alpha, const float *a, int lda,
                          float *b, int ldb);
BLAS_API void cblas_strsm(int order, int side, int uplo, int trans, int diag, int m, int n, float alpha, const float *a, int lda,
                          float *b, int ldb);

/* Many products: `groups` groups, of count[g] products with the same options and sizes each; addresses follow one another. */
BLAS_API void cblas_sgemm_batch(int order, const int *transa, const int *transb, const int *m, const int *n, const int *k,
                                const float *alpha, const float *const *a, const int *lda, const float *const *b, const int *ldb,
                                const float *beta, float *const *c, const int *ldc, int groups, const int *count);
/* `count` products, the operands of each `step_*` elements behind those of the one before. */
BLAS_API void cblas_sgemm_batch_strided(int order, int transa, int transb, int m, int n, int k, float alpha, const float *a,
                                        int lda, int step_a, const float *b, int ldb, int step_b, float beta, float *c, int ldc,
                                        int step_c, int count);
BLAS_API void sgemm_batch_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
                           const float *const *a, const int *lda, const float *const *b, const int *ldb, const float *beta,
                           float *const *c, const int *ldc, const int *groups, const int *count);
BLAS_API void sgemm_batch_strided_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
                                   const float *alpha, const float *a, const int *lda, const int *step_a, const float *b,
                                   const int *ldb, const int *step_b, const float *beta, float *c, const int *ldc,
                                   const int *step_c, const int *count);

/* bf16 operands (the upper half of fp32), fp32 result. */
BLAS_API void cblas_sbgemm(int order, int transa, int transb, int m, int n, int k, float alpha, const uint16_t *a, int lda,
                           const uint16_t *b, int ldb, float beta, float *c, int ldc);
BLAS_API void sbgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
                      const uint16_t *a, const int *lda, const uint16_t *b, const int *ldb, const float *beta, float *c,
                      const int *ldc);

/* 0 no, 1 transposed, BLAS_BAD. */
int cblas_transposed(int trans);
/* True after the report of an order that is none. */
bool cblas_bad_order(int order, const char *name);

#endif
