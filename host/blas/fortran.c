/* SPDX-License-Identifier: Apache-2.0 */
/* The Fortran interface. What is passed on gets the hidden lengths of its option letters, as a Fortran compiler counts on. */
#include "host/blas/blas.h"

static const char sides[] = "LR", triangles[] = "UL", diagonals[] = "NU";

/* N, T and C, where C is T of real numbers. */
static int transposed(char letter)
{
    const int which = blas_letter(letter, "NTC");
    return which > 0 ? 1 : which;
}

/* ---- The same routines of the next BLAS ---- */

typedef void gemm_function(const char *, const char *, const int *, const int *, const int *, const float *, const float *,
                           const int *, const float *, const int *, const float *, float *, const int *, size_t, size_t);
typedef void gemmtr_function(const char *, const char *, const char *, const int *, const int *, const float *, const float *,
                             const int *, const float *, const int *, const float *, float *, const int *, size_t, size_t,
                             size_t);
typedef void symm_function(const char *, const char *, const int *, const int *, const float *, const float *, const int *,
                           const float *, const int *, const float *, float *, const int *, size_t, size_t);
typedef void syrk_function(const char *, const char *, const int *, const int *, const float *, const float *, const int *,
                           const float *, float *, const int *, size_t, size_t);
typedef void syr2k_function(const char *, const char *, const int *, const int *, const float *, const float *, const int *,
                            const float *, const int *, const float *, float *, const int *, size_t, size_t);
typedef void triangular_function(const char *, const char *, const char *, const char *, const int *, const int *, const float *,
                                 const float *, const int *, float *, const int *, size_t, size_t, size_t, size_t);

/* ---- Routines ---- */

BLAS_API void sgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
                     const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc);
void sgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
            const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc)
{
    const struct blas_args x = {.name = "SGEMM ", .ta = transposed(*transa), .tb = transposed(*transb), .m = *m, .n = *n, .k = *k,
                                .alpha = *alpha, .a = a, .lda = *lda, .b = b, .ldb = *ldb, .beta = *beta, .c = c, .ldc = *ldc};
    if (blas_call(BLAS_GEMM, &x) == BLAS_PASS_ON)
        ((gemm_function *)blas_next_routine(BLAS_GEMM, false))(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, 1,
                                                               1);
}

static void gemmtr(const char *name, const char *const option[3], const int *n, const int *k, const float *alpha, const float *a,
                   const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc)
{
    const struct blas_args x = {.name = name, .uplo = blas_letter(*option[0], triangles), .ta = transposed(*option[1]),
                                .tb = transposed(*option[2]), .n = *n, .k = *k, .alpha = *alpha, .a = a, .lda = *lda, .b = b,
                                .ldb = *ldb, .beta = *beta, .c = c, .ldc = *ldc};
    if (blas_call(BLAS_GEMMTR, &x) == BLAS_PASS_ON)
        ((gemmtr_function *)blas_next_routine(BLAS_GEMMTR, false))(option[0], option[1], option[2], n, k, alpha, a, lda, b, ldb,
                                                                    beta, c, ldc, 1, 1, 1);
}

/* One routine under the reference library's name and an older one. */
BLAS_API void sgemmtr_(const char *uplo, const char *transa, const char *transb, const int *n, const int *k, const float *alpha,
                       const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c,
                       const int *ldc);
void sgemmtr_(const char *uplo, const char *transa, const char *transb, const int *n, const int *k, const float *alpha,
              const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc)
{
    gemmtr("SGEMMTR", (const char *const[3]){uplo, transa, transb}, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

BLAS_API void sgemmt_(const char *uplo, const char *transa, const char *transb, const int *n, const int *k, const float *alpha,
                      const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c,
                      const int *ldc);
void sgemmt_(const char *uplo, const char *transa, const char *transb, const int *n, const int *k, const float *alpha,
             const float *a, const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc)
{
    gemmtr("SGEMMT ", (const char *const[3]){uplo, transa, transb}, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

BLAS_API void ssymm_(const char *side, const char *uplo, const int *m, const int *n, const float *alpha, const float *a,
                     const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc);
void ssymm_(const char *side, const char *uplo, const int *m, const int *n, const float *alpha, const float *a, const int *lda,
            const float *b, const int *ldb, const float *beta, float *c, const int *ldc)
{
    const struct blas_args x = {.name = "SSYMM ", .side = blas_letter(*side, sides), .uplo = blas_letter(*uplo, triangles),
                                .m = *m, .n = *n, .alpha = *alpha, .a = a, .lda = *lda, .b = b, .ldb = *ldb, .beta = *beta,
                                .c = c, .ldc = *ldc};
    if (blas_call(BLAS_SYMM, &x) == BLAS_PASS_ON)
        ((symm_function *)blas_next_routine(BLAS_SYMM, false))(side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, ldc, 1, 1);
}

BLAS_API void ssyrk_(const char *uplo, const char *trans, const int *n, const int *k, const float *alpha, const float *a,
                     const int *lda, const float *beta, float *c, const int *ldc);
void ssyrk_(const char *uplo, const char *trans, const int *n, const int *k, const float *alpha, const float *a, const int *lda,
            const float *beta, float *c, const int *ldc)
{
    const struct blas_args x = {.name = "SSYRK ",
                                .uplo = blas_letter(*uplo, triangles),
                                .ta = transposed(*trans),
                                .n = *n,
                                .k = *k,
                                .alpha = *alpha,
                                .a = a,
                                .lda = *lda,
                                .beta = *beta,
                                .c = c,
                                .ldc = *ldc};
    if (blas_call(BLAS_SYRK, &x) == BLAS_PASS_ON)
        ((syrk_function *)blas_next_routine(BLAS_SYRK, false))(uplo, trans, n, k, alpha, a, lda, beta, c, ldc, 1, 1);
}

BLAS_API void ssyr2k_(const char *uplo, const char *trans, const int *n, const int *k, const float *alpha, const float *a,
                      const int *lda, const float *b, const int *ldb, const float *beta, float *c, const int *ldc);
void ssyr2k_(const char *uplo, const char *trans, const int *n, const int *k, const float *alpha, const float *a, const int *lda,
             const float *b, const int *ldb, const float *beta, float *c, const int *ldc)
{
    const struct blas_args x = {.name = "SSYR2K",
                                .uplo = blas_letter(*uplo, triangles),
                                .ta = transposed(*trans),
                                .n = *n,
                                .k = *k,
                                .alpha = *alpha,
                                .a = a,
                                .lda = *lda,
                                .b = b,
                                .ldb = *ldb,
                                .beta = *beta,
                                .c = c,
                                .ldc = *ldc};
    if (blas_call(BLAS_SYR2K, &x) == BLAS_PASS_ON)
        ((syr2k_function *)blas_next_routine(BLAS_SYR2K, false))(uplo, trans, n, k, alpha, a, lda, b, ldb, beta, c, ldc, 1, 1);
}

static void triangular(enum blas_routine routine, const char *const option[4], const int *m, const int *n, const float *alpha,
                       const float *a, const int *lda, float *b, const int *ldb)
{
    const struct blas_args x = {.name = routine == BLAS_TRMM ? "STRMM " : "STRSM ",
                                .side = blas_letter(*option[0], sides),
                                .uplo = blas_letter(*option[1], triangles),
                                .ta = transposed(*option[2]),
                                .diag = blas_letter(*option[3], diagonals),
                                .m = *m,
                                .n = *n,
                                .alpha = *alpha,
                                .a = a,
                                .lda = *lda,
                                .c = b,
                                .ldc = *ldb};
    if (blas_call(routine, &x) == BLAS_PASS_ON)
        ((triangular_function *)blas_next_routine(routine, false))(option[0], option[1], option[2], option[3], m, n, alpha, a,
                                                                   lda, b, ldb, 1, 1, 1, 1);
}

BLAS_API void strmm_(const char *side, const char *uplo, const char *trans, const char *diag, const int *m, const int *n,
                     const float *alpha, const float *a, const int *lda, float *b, const int *ldb);
void strmm_(const char *side, const char *uplo, const char *trans, const char *diag, const int *m, const int *n,
            const float *alpha, const float *a, const int *lda, float *b, const int *ldb)
{
    triangular(BLAS_TRMM, (const char *const[4]){side, uplo, trans, diag}, m, n, alpha, a, lda, b, ldb);
}

BLAS_API void strsm_(const char *side, const char *uplo, const char *trans, const char *diag, const int *m, const int *n,
                     const float *alpha, const float *a, const int *lda, float *b, const int *ldb);
void strsm_(const char *side, const char *uplo, const char *trans, const char *diag, const int *m, const int *n,
            const float *alpha, const float *a, const int *lda, float *b, const int *ldb)
{
    triangular(BLAS_TRSM, (const char *const[4]){side, uplo, trans, diag}, m, n, alpha, a, lda, b, ldb);
}
