/* SPDX-License-Identifier: Apache-2.0 */
/* Illegal arguments, batches, bf16, infinities, and the functions that are passed on. */
#include "tests/blas/more.h"

#include <complex.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/blas/level3.h"

extern void cblas_sgemm(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
extern void cblas_sgemm_batch(int, const int *, const int *, const int *, const int *, const int *, const float *,
                              const float *const *, const int *, const float *const *, const int *, const float *, float *const *,
                              const int *, int, const int *);
extern void cblas_sgemm_batch_strided(int, int, int, int, int, int, float, const float *, int, int, const float *, int, int,
                                      float, float *, int, int, int);
extern void cblas_sbgemm(int, int, int, int, int, int, float, const uint16_t *, int, const uint16_t *, int, float, float *, int);
extern void sbgemm_(const char *, const char *, const int *, const int *, const int *, const float *, const uint16_t *,
                    const int *, const uint16_t *, const int *, const float *, float *, const int *);
extern void dgemm_(const char *, const char *, const int *, const int *, const int *, const double *, const double *, const int *,
                   const double *, const int *, const double *, double *, const int *, size_t, size_t);
extern double cblas_ddot(int, const double *, int, const double *, int);
extern void cblas_zdotu_sub(int, const void *, int, const void *, int, void *);
extern float snrm2_(const int *, const float *, const int *);
/* The library calls these two; this program's take the place of those that end it. */
#define SEEN __attribute__((visibility("default")))
SEEN extern void xerbla_(const char *routine, const int *position, size_t length);
SEEN extern void cblas_xerbla(int position, const char *routine, const char *form, ...);

extern int RowMajorStrg;
extern const char *systole_blas_next(void);

enum { BY_ROWS = 101, BY_COLUMNS = 102, PLAIN = 111, TRANSPOSED = 112 };

/* ---- illegal arguments ---- */

static int told_position, told_times;
static char told_routine[64];

void xerbla_(const char *routine, const int *position, size_t length)
{
    told_times++;
    told_position = *position;
    snprintf(told_routine, sizeof told_routine, "%.*s", (int)length, routine);
}

void cblas_xerbla(int position, const char *routine, const char *form, ...)
{
    (void)form;
    told_times++;
    told_position = position;
    /* As the reference library's own: exchanged operands are told by their numbers after the exchange. */
    const bool gemm = strcmp(routine, "cblas_sgemm") == 0, symm = strcmp(routine, "cblas_ssymm") == 0;
    if (RowMajorStrg && (gemm || symm) && (position == 4 || position == 5))
        told_position = 9 - position;
    else if (RowMajorStrg && gemm && (position == 9 || position == 11))
        told_position = 20 - position;
    else if (RowMajorStrg && strstr(routine, "cblas_str") && (position == 6 || position == 7))
        told_position = 13 - position;
    snprintf(told_routine, sizeof told_routine, "%s", routine);
}

/* Fortran's positions of what can be illegal; 0: the routine has no such argument. In the order in which they are looked at. */
struct positions {
    int side, uplo, ta, tb, diag, m, n, k, lda, ldb, ldc;
};

static const struct positions positions[ROUTINES] = {
    [GEMM] = {.ta = 1, .tb = 2, .m = 3, .n = 4, .k = 5, .lda = 8, .ldb = 10, .ldc = 13},
    [GEMMTR] = {.uplo = 1, .ta = 2, .tb = 3, .n = 4, .k = 5, .lda = 8, .ldb = 10, .ldc = 13},
    [SYMM] = {.side = 1, .uplo = 2, .m = 3, .n = 4, .lda = 7, .ldb = 9, .ldc = 12},
    [SYRK] = {.uplo = 1, .ta = 2, .n = 3, .k = 4, .lda = 7, .ldc = 10},
    [SYR2K] = {.uplo = 1, .ta = 2, .n = 3, .k = 4, .lda = 7, .ldb = 9, .ldc = 12},
    [TRMM] = {.side = 1, .uplo = 2, .ta = 3, .diag = 4, .m = 5, .n = 6, .lda = 9, .ldc = 11},
    [TRSM] = {.side = 1, .uplo = 2, .ta = 3, .diag = 4, .m = 5, .n = 6, .lda = 9, .ldc = 11},
};

static bool is_told(struct call x, int position)
{
    static float memory[64];
    x.a = x.b = x.c = memory;
    if (position == 0)
        return true;
    const int want = position + (x.interface != FORTRAN);
    told_times = 0;
    call_issue(&x);
    const char *const name = call_name(x.routine, x.interface);
    if (told_times == 1 && told_position == want && strcmp(told_routine, name) == 0)
        return true;
    printf("%s: argument %d: told %d times, argument %d of \"%s\"\n", name, want, told_times, told_position, told_routine);
    return false;
}

/* Leading dimensions that are one too small for three rows or columns of what is stored. */
static bool short_leads_are_told(struct call x, const struct positions *p)
{
    bool good = true;
    for (int turn = 0; turn < 2; turn++) {
        struct call y = x;
        y.m = y.n = y.k = 3;
        y.lda = y.ldb = y.ldc = 3;
        y.ta = y.tb = turn ? 'T' : 'N';
        y.side = turn ? 'R' : 'L';
        const struct call whole = y;
        y.lda = 2;
        good = is_told(y, p->lda) && good;
        y = whole;
        y.ldb = 2;
        good = is_told(y, p->ldb) && good;
        y = whole;
        y.ldc = 2;
        good = is_told(y, p->ldc) && good;
        y = whole;
        y.m = y.n = y.k = 0;
        y.lda = 0;
        good = is_told(y, p->lda) && good;
    }
    return good;
}

/* Extents that differ, so that a leading dimension judged by the wrong one is noticed: A is 2 x 5, B 5 x 4, C 2 x 4. */
static bool gemm_leads_follow_the_order(void)
{
    const struct call x = {.routine = GEMM, .side = 'L', .uplo = 'U', .ta = 'N', .tb = 'N', .diag = 'N', .m = 2, .n = 4, .k = 5,
                           .lda = 9, .ldb = 9, .ldc = 9};
    bool good = true;
    for (int i = 0; i < INTERFACES; i++) {
        const bool rows = i == C_ROWS;
        struct call y = x;
        y.interface = (enum interface)i;
        y.lda = rows ? 4 : 1;
        good = is_told(y, 8) && good;
        y.lda = 9;
        y.ldb = rows ? 3 : 4;
        good = is_told(y, 10) && good;
        y.ldb = 9;
        y.ldc = rows ? 3 : 1;
        good = is_told(y, 13) && good;
    }
    return good;
}

static bool arguments_of(struct call x)
{
    const struct positions *const p = &positions[x.routine];
    bool good = true;
#define TELLS(member, illegal)               \
    {                                        \
        struct call y = x;                   \
        y.member = illegal;                  \
        good = is_told(y, p->member) && good; \
    }
    TELLS(side, 'X')
    TELLS(uplo, 'X')
    TELLS(ta, 'X')
    TELLS(tb, 'X')
    TELLS(diag, 'X')
    TELLS(m, -1)
    TELLS(n, -1)
    TELLS(k, -1)
#undef TELLS
    if (x.interface != FORTRAN) {
        struct call y = x;
        y.order_error = 1;
        told_times = 0;
        call_issue(&y);
        good = told_times == 1 && told_position == 1 && good;
    }
    return short_leads_are_told(x, p) && good;
}

static enum outcome test_illegal_arguments_are_told_by_number(void)
{
    bool good = gemm_leads_follow_the_order();
    for (int r = 0; r < ROUTINES; r++)
        for (int i = 0; i < INTERFACES; i++)
            good = arguments_of((struct call){.routine = (enum routine)r,
                                              .interface = (enum interface)i,
                                              .side = 'L',
                                              .uplo = 'U',
                                              .ta = 'N',
                                              .tb = 'N',
                                              .diag = 'N',
                                              .lda = 1,
                                              .ldb = 1,
                                              .ldc = 1,
                                              .alpha = 1}) &&
                   good;
    return good ? PASSED : FAILED;
}

/* ---- batches ---- */

static float *values(size_t n)
{
    float *const v = malloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = level3_value();
    return v;
}

enum { SIDE = 20, AREA = SIDE * SIDE, BATCH = 5 };

static enum outcome test_batch_equals_single_products(void)
{
    static const int group_sizes[] = {2, 3}, ta[] = {PLAIN, TRANSPOSED}, tb[] = {TRANSPOSED, PLAIN}, m[] = {7, 16}, n[] = {5, 9},
                     k[] = {11, 17}, ld[] = {SIDE, SIDE};
    static const float alpha[] = {1, 0.5f}, beta[] = {0, -1};
    float *const a = values(BATCH * AREA), *const b = values(BATCH * AREA), *const start = values(BATCH * AREA);
    float *got = malloc(BATCH * AREA * sizeof *got), *want = malloc(BATCH * AREA * sizeof *want);
    const float *pa[BATCH], *pb[BATCH];
    float *pc[BATCH];
    memcpy(got, start, BATCH * AREA * sizeof *got);
    memcpy(want, start, BATCH * AREA * sizeof *want);
    for (int i = 0; i < BATCH; i++) {
        const int g = i >= 2;
        pa[i] = a + i * AREA;
        pb[i] = b + i * AREA;
        pc[i] = got + i * AREA;
        cblas_sgemm(BY_ROWS, ta[g], tb[g], m[g], n[g], k[g], alpha[g], pa[i], SIDE, pb[i], SIDE, beta[g], want + i * AREA, SIDE);
    }
    cblas_sgemm_batch(BY_ROWS, ta, tb, m, n, k, alpha, pa, ld, pb, ld, beta, pc, ld, 2, group_sizes);
    bool good = memcmp(got, want, BATCH * AREA * sizeof *got) == 0;
    memcpy(got, start, BATCH * AREA * sizeof *got);
    memcpy(want, start, BATCH * AREA * sizeof *want);
    for (int i = 0; i < BATCH; i++)
        cblas_sgemm(BY_COLUMNS, PLAIN, TRANSPOSED, 6, 10, 13, 2, a + i * AREA, SIDE, b, SIDE, 1, want + i * AREA, SIDE);
    cblas_sgemm_batch_strided(BY_COLUMNS, PLAIN, TRANSPOSED, 6, 10, 13, 2, a, SIDE, AREA, b, SIDE, 0, 1, got, SIDE, AREA, BATCH);
    good = memcmp(got, want, BATCH * AREA * sizeof *got) == 0 && good;
    told_times = 0;
    cblas_sgemm_batch_strided(BY_COLUMNS, PLAIN, PLAIN, 6, 10, 13, 1, a, SIDE, AREA, b, 12, AREA, 0, got, SIDE, AREA, BATCH);
    good = told_times == 1 && told_position == 12 && strcmp(told_routine, "cblas_sgemm_batch_strided") == 0 && good;
    const int negative[] = {2, -1};
    told_times = 0;
    cblas_sgemm_batch(BY_ROWS, ta, tb, m, n, k, alpha, pa, ld, pb, ld, beta, pc, ld, 2, negative);
    good = told_times == 1 && told_position == 16 && good;
    free(a);
    free(b);
    free(start);
    free(got);
    free(want);
    return good ? PASSED : FAILED;
}

/* ---- bf16, infinities ---- */

static enum outcome test_bf16_product_equals_fp32_product_of_the_same_numbers(void)
{
    float *const a = values(AREA), *const b = values(AREA), *const want = values(AREA), got[AREA];
    uint16_t ha[AREA], hb[AREA];
    memcpy((void *)got, want, sizeof got);
    for (int i = 0; i < AREA; i++) {
        uint32_t bits;
        memcpy(&bits, &a[i], sizeof bits);
        ha[i] = (uint16_t)(bits >> 16);
        bits &= 0xffff0000u;
        memcpy(&a[i], &bits, sizeof bits);
        memcpy(&bits, &b[i], sizeof bits);
        hb[i] = (uint16_t)(bits >> 16);
        bits &= 0xffff0000u;
        memcpy(&b[i], &bits, sizeof bits);
    }
    cblas_sgemm(BY_ROWS, TRANSPOSED, PLAIN, 17, 13, 19, 0.5f, a, SIDE, b, SIDE, 2, want, SIDE);
    cblas_sbgemm(BY_ROWS, TRANSPOSED, PLAIN, 17, 13, 19, 0.5f, ha, SIDE, hb, SIDE, 2, (float *)(void *)got, SIDE);
    bool good = memcmp((const void *)got, want, sizeof got) == 0;
    const int m = 9, n = 8, k = 7, ld = SIDE;
    const float one = 1, zero = 0;
    cblas_sgemm(BY_COLUMNS, PLAIN, TRANSPOSED, m, n, k, one, a, ld, b, ld, zero, want, ld);
    sbgemm_("n", "T", &m, &n, &k, &one, ha, &ld, hb, &ld, &zero, (float *)(void *)got, &ld);
    good = memcmp((const void *)got, want, sizeof got) == 0 && good;
    free(a);
    free(b);
    free(want);
    return good ? PASSED : FAILED;
}

/* A zero of the triangle that is not stored must not meet an infinity of B. */
static enum outcome test_triangle_keeps_infinities_apart(void)
{
    float a[9] = {2, 0, 0, 1, 3, 0, 1, 1, 4}, b[9] = {1, 1, INFINITY, 1, 1, 1, 1, 1, 1};
    /* By columns, upper, left: row 2 is 4*b2 = inf in the first column only. */
    struct call x = {.routine = TRMM, .side = 'L', .uplo = 'U', .ta = 'N', .tb = 'N', .diag = 'N', .m = 3, .n = 3, .alpha = 1,
                     .a = a, .c = b, .lda = 3, .ldc = 3};
    call_issue(&x);
    bool good = isinf(b[0]) && isinf(b[1]) && isinf(b[2]) && b[3] == 4 && b[5] == 4;
    float l[9] = {2, 1, 1, 0, 3, 1, 0, 0, 4}, c[9] = {1, 1, INFINITY, 1, 1, 1, 1, 1, 1};
    x.uplo = 'L';
    x.a = l;
    x.c = c;
    call_issue(&x);
    return c[0] == 2 && c[1] == 4 && isinf(c[2]) && c[5] == 6 && good ? PASSED : FAILED;
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 20 };

static void *multiply_repeatedly(void *user)
{
    float *const c = user;
    static const float a[6] = {1, 2, 3, 4, 5, 6};
    for (int i = 0; i < ROUNDS; i++)
        cblas_sgemm(BY_ROWS, PLAIN, TRANSPOSED, 2, 2, 3, 1, a, 3, a, 3, 1, c, 2);
    return NULL;
}

static enum outcome test_threads_take_turns(void)
{
    pthread_t thread[THREADS];
    float c[THREADS][4];
    bool good = true;
    memset((void *)c, 0, sizeof c);
    for (int i = 0; i < THREADS; i++)
        good = pthread_create(&thread[i], NULL, multiply_repeatedly, c[i]) == 0 && good;
    for (int i = 0; i < THREADS && good; i++) {
        pthread_join(thread[i], NULL);
        good = c[i][0] == 14 * ROUNDS && c[i][1] == 32 * ROUNDS && c[i][2] == 32 * ROUNDS && c[i][3] == 77 * ROUNDS;
    }
    return good ? PASSED : FAILED;
}

/* ---- passed on ---- */

static enum outcome test_other_functions_are_those_of_the_next_blas(void)
{
    if (!systole_blas_next())
        return SKIPPED;
    const double a[4] = {1, 2, 3, 4}, one = 1, zero = 0, u[3] = {1, 2, 3};
    const double complex z[2] = {1 + 2 * I, 3 - 1 * I};
    const float v[2] = {3, 4};
    double c[4] = {0, 0, 0, 0};
    double complex sum = 0;
    const int two = 2, step = 1;
    dgemm_("N", "N", &two, &two, &two, &one, a, &two, a, &two, &zero, c, &two, 1, 1);
    cblas_zdotu_sub(2, z, 1, z, 1, &sum);
    const bool good = c[0] == 7 && c[1] == 10 && c[2] == 15 && c[3] == 22 && cblas_ddot(3, u, 1, u, 1) == 14 &&
                      snrm2_(&two, v, &step) == 5 && creal(sum) == 5 && cimag(sum) == -2;
    return good ? PASSED : FAILED;
}

const struct more_test more_tests[] = {
    {"illegal arguments are told by number", test_illegal_arguments_are_told_by_number},
    {"a batch equals single products", test_batch_equals_single_products},
    {"bf16 products equal fp32 products of the same numbers", test_bf16_product_equals_fp32_product_of_the_same_numbers},
    {"a triangle keeps infinities apart", test_triangle_keeps_infinities_apart},
    {"threads take turns", test_threads_take_turns},
    {"other functions are those of the next BLAS", test_other_functions_are_those_of_the_next_blas},
    {NULL, NULL},
};
