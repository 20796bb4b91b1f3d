/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of products, and products of bf16 numbers. Each product of a batch is a call of its own to the size threshold and the
 * log. */
#include "host/blas/cblas.h"

#include <stdlib.h>
#include <string.h>

static const int trans_of[] = {CBLAS_NO_TRANS, CBLAS_TRANS};

/* An argument of a batch, by its position in the call of the C interface; Fortran's has no order and is one less. */
static void report(const char *name, bool from_c, int position)
{
    const struct blas_args x = {.name = name, .from_c = from_c};
    blas_report(&x, position - !from_c);
}

struct batch {
    const char *name;
    bool from_c;
    int order, groups;
    const int *ta, *tb; /* 0 or 1, BLAS_BAD; NULL: as `letter_a` and `letter_b` say */
    const char *letter_a, *letter_b;
    const int *m, *n, *k, *lda, *ldb, *ldc, *count;
    const float *alpha, *beta, *const *a, *const *b;
    float *const *c;
};

static int option(const struct batch *t, bool second, int g)
{
    const int *const given = second ? t->tb : t->ta;
    if (given)
        return cblas_transposed(given[g]);
    const int which = blas_letter((second ? t->letter_b : t->letter_a)[g], "NTC");
    return which > 0 ? 1 : which;
}

/* Position in the call of the C interface of the first illegal argument of group g. */
static int check_group(const struct batch *t, int g)
{
    /* Those of gemm, and where a batch has them. */
    static const int of_gemm[] = {0, 2, 3, 4, 5, 6, 0, 0, 9, 0, 11, 0, 0, 14};
    const struct blas_args x = {.row_major = t->order == CBLAS_ROW_MAJOR, .ta = option(t, false, g), .tb = option(t, true, g),
                                .m = t->m[g], .n = t->n[g], .k = t->k[g], .lda = t->lda[g], .ldb = t->ldb[g], .ldc = t->ldc[g]};
    const int bad = blas_check(BLAS_GEMM, &x);
    return bad ? of_gemm[bad] : t->count[g] < 0 ? 16 : 0;
}

static void run_batch(const struct batch *t)
{
    int bad = t->groups < 0 ? 15 : 0;
    for (int g = 0; g < t->groups && !bad; g++)
        bad = check_group(t, g);
    if (bad) {
        report(t->name, t->from_c, bad);
        return;
    }
    int64_t at = 0;
    for (int g = 0; g < t->groups; g++)
        for (int i = 0; i < t->count[g]; i++, at++)
            cblas_sgemm(t->order, trans_of[option(t, false, g)], trans_of[option(t, true, g)], t->m[g], t->n[g], t->k[g],
                        t->alpha[g], t->a[at], t->lda[g], t->b[at], t->ldb[g], t->beta[g], t->c[at], t->ldc[g]);
}

void cblas_sgemm_batch(int order, const int *transa, const int *transb, const int *m, const int *n, const int *k,
                       const float *alpha, const float *const *a, const int *lda, const float *const *b, const int *ldb,
                       const float *beta, float *const *c, const int *ldc, int groups, const int *count)
{
    if (!cblas_bad_order(order, "cblas_sgemm_batch"))
        run_batch(&(struct batch){.name = "cblas_sgemm_batch", .from_c = true, .order = order, .groups = groups, .ta = transa,
                                  .tb = transb, .m = m, .n = n, .k = k, .lda = lda, .ldb = ldb, .ldc = ldc, .count = count,
                                  .alpha = alpha, .beta = beta, .a = a, .b = b, .c = c});
}

void sgemm_batch_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
                  const float *const *a, const int *lda, const float *const *b, const int *ldb, const float *beta,
                  float *const *c, const int *ldc, const int *groups, const int *count)
{
    run_batch(&(struct batch){.name = "SGEMM_BATCH",
                              .order = CBLAS_COL_MAJOR,
                              .groups = *groups,
                              .letter_a = transa,
                              .letter_b = transb,
                              .m = m,
                              .n = n,
                              .k = k,
                              .lda = lda,
                              .ldb = ldb,
                              .ldc = ldc,
                              .count = count,
                              .alpha = alpha,
                              .beta = beta,
                              .a = a,
                              .b = b,
                              .c = c});
}

struct strided {
    struct blas_args x;
    int step_a, step_b, step_c, count;
};

static void run_strided(const struct strided *s)
{
    /* Those of gemm, and where a batch has them: a step stands behind each leading dimension. */
    static const int of_gemm[] = {0, 2, 3, 4, 5, 6, 0, 0, 9, 0, 12, 0, 0, 16};
    const struct blas_args *const x = &s->x;
    const int bad = blas_check(BLAS_GEMM, x);
    if (bad || s->count < 0) {
        report(x->name, x->from_c, bad ? of_gemm[bad] : 18);
        return;
    }
    for (int i = 0; i < s->count; i++)
        cblas_sgemm(x->row_major ? CBLAS_ROW_MAJOR : CBLAS_COL_MAJOR, trans_of[x->ta], trans_of[x->tb], x->m, x->n, x->k,
                    x->alpha, x->a + (ptrdiff_t)i * s->step_a, x->lda, x->b + (ptrdiff_t)i * s->step_b, x->ldb, x->beta,
                    x->c + (ptrdiff_t)i * s->step_c, x->ldc);
}

void cblas_sgemm_batch_strided(int order, int transa, int transb, int m, int n, int k, float alpha, const float *a, int lda,
                               int step_a, const float *b, int ldb, int step_b, float beta, float *c, int ldc, int step_c,
                               int count)
{
    const struct strided s = {.x = {.name = "cblas_sgemm_batch_strided", .from_c = true, .row_major = order == CBLAS_ROW_MAJOR,
                                    .ta = cblas_transposed(transa), .tb = cblas_transposed(transb), .m = m, .n = n, .k = k,
                                    .alpha = alpha, .a = a, .lda = lda, .b = b, .ldb = ldb, .beta = beta, .c = c, .ldc = ldc},
                              .step_a = step_a, .step_b = step_b, .step_c = step_c, .count = count};
    if (!cblas_bad_order(order, s.x.name))
        run_strided(&s);
}

void sgemm_batch_strided_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
                          const float *a, const int *lda, const int *step_a, const float *b, const int *ldb, const int *step_b,
                          const float *beta, float *c, const int *ldc, const int *step_c, const int *count)
{
    const int ta = blas_letter(*transa, "NTC"), tb = blas_letter(*transb, "NTC");
    const struct strided s = {.x = {.name = "SGEMM_BATCH_STRIDED", .ta = ta > 0 ? 1 : ta, .tb = tb > 0 ? 1 : tb, .m = *m, .n = *n,
                                    .k = *k, .alpha = *alpha, .a = a, .lda = *lda, .b = b, .ldb = *ldb, .beta = *beta, .c = c,
                                    .ldc = *ldc},
                              .step_a = *step_a, .step_b = *step_b, .step_c = *step_c, .count = *count};
    run_strided(&s);
}

/* ---- bf16 ---- */

/* The stored matrix as fp32, exactly, with a leading dimension of its own; rows and columns as they lie in memory. */
static float *widen(const uint16_t *from, int ld, int64_t inner, int64_t outer)
{
    const size_t count = (size_t)inner * (size_t)outer;
    float *const to = malloc((count ? count : 1) * sizeof *to);
    for (int64_t o = 0; to && o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            const uint32_t bits = (uint32_t)from[o * ld + i] << 16;
            memcpy(&to[o * inner + i], &bits, sizeof bits);
        }
    return to;
}

/* On the device one pass is exact; a product that is too small for it is the next BLAS's, in fp32. x.a and x.b are not set. */
static void bf16_gemm(struct blas_args x, const uint16_t *a, const uint16_t *b)
{
    const int bad = blas_check(BLAS_GEMM, &x);
    if (bad) {
        blas_report(&x, bad + x.from_c);
        return;
    }
    const bool tall_a = (x.ta == 1) == x.row_major, tall_b = (x.tb == 1) == x.row_major;
    const bool reads = x.m > 0 && x.n > 0 && x.k > 0 && x.alpha != 0;
    const int inner_a = tall_a ? x.m : x.k, inner_b = tall_b ? x.k : x.n;
    float *const wide_a = widen(a, x.lda, reads ? inner_a : 0, tall_a ? x.k : x.m);
    float *const wide_b = widen(b, x.ldb, reads ? inner_b : 0, tall_b ? x.n : x.k);
    x.a = wide_a;
    x.b = wide_b;
    x.lda = inner_a > 1 ? inner_a : 1;
    x.ldb = inner_b > 1 ? inner_b : 1;
    bool done = false;
    if (wide_a && wide_b && blas_takes((double)x.m * x.n * x.k)) {
        blas_begin(true);
        done = blas_run(BLAS_GEMM, &x);
        blas_end();
        blas_note(&x, BLAS_GEMM, BLAS_DONE);
    }
    if (!done && wide_a && wide_b)
        cblas_sgemm(x.row_major ? CBLAS_ROW_MAJOR : CBLAS_COL_MAJOR, trans_of[x.ta], trans_of[x.tb], x.m, x.n, x.k, x.alpha, x.a,
                    x.lda, x.b, x.ldb, x.beta, x.c, x.ldc);
    else if (!done) {
        blas_say("%s: no memory for a product of %d x %d x %d", x.name, x.m, x.n, x.k);
        abort();
    }
    free(wide_a);
    free(wide_b);
}

void cblas_sbgemm(int order, int transa, int transb, int m, int n, int k, float alpha, const uint16_t *a, int lda,
                  const uint16_t *b, int ldb, float beta, float *c, int ldc)
{
    const struct blas_args x = {.name = "cblas_sbgemm",
                                .from_c = true,
                                .row_major = order == CBLAS_ROW_MAJOR,
                                .ta = cblas_transposed(transa),
                                .tb = cblas_transposed(transb),
                                .m = m,
                                .n = n,
                                .k = k,
                                .alpha = alpha,
                                .lda = lda,
                                .ldb = ldb,
                                .beta = beta,
                                .c = c,
                                .ldc = ldc};
    if (!cblas_bad_order(order, x.name))
        bf16_gemm(x, a, b);
}

void sbgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const float *alpha,
             const uint16_t *a, const int *lda, const uint16_t *b, const int *ldb, const float *beta, float *c, const int *ldc)
{
    const int ta = blas_letter(*transa, "NTC"), tb = blas_letter(*transb, "NTC");
    const struct blas_args x = {.name = "SBGEMM", .ta = ta > 0 ? 1 : ta, .tb = tb > 0 ? 1 : tb, .m = *m, .n = *n, .k = *k,
                                .alpha = *alpha, .lda = *lda, .ldb = *ldb, .beta = *beta, .c = c, .ldc = *ldc};
    bf16_gemm(x, a, b);
}
