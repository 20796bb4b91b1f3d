/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BLAS provider: single-precision level 3 on a device, all other functions by the next BLAS. docs/blas.md says what it
 * promises.
 *
 * fortran.c, cblas.c and batch.c are the interface; they fill a blas_args and hand it to blas_call(). level3.c turns a routine
 * into products, product.c runs one, next.c finds the BLAS behind this one, settings.c reads the environment.
 */
#ifndef SY_BLAS_H
#define SY_BLAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLAS_API __attribute__((visibility("default")))

/* ---- A call of any level-3 routine ---- */

enum blas_routine { BLAS_GEMM, BLAS_GEMMTR, BLAS_SYMM, BLAS_SYRK, BLAS_SYR2K, BLAS_TRMM, BLAS_TRSM };

enum { BLAS_BAD = -1 }; /* an option letter that is none */

struct blas_args {
    int side;   /* 0 left, 1 right */
    int uplo;   /* 0 upper, 1 lower */
    int ta, tb; /* 1: transposed */
    int diag;   /* 1: ones on the diagonal, not stored */
    int m, n, k;
    float alpha, beta;
    const float *a, *b;
    float *c; /* what is written, B of trmm and trsm too */
    int lda, ldb, ldc;
    bool row_major, from_c; /* from_c: called through the C interface */
    const char *name;       /* as errors and the log call it: "SGEMM ", "cblas_sgemm" */
};

/* What became of a call: finished (an illegal argument was reported, or it ran), or left to the next BLAS. */
enum blas_outcome { BLAS_DONE, BLAS_PASS_ON };

enum blas_outcome blas_call(enum blas_routine routine, const struct blas_args *x);

/* Position of the first illegal argument as Fortran counts them; 0: none. check.c */
int blas_check(enum blas_routine routine, const struct blas_args *x);
/* Reports argument `position` (as the caller counts) through xerbla_ or cblas_xerbla; the second as the reference library does
 * for its routines. */
void blas_report(const struct blas_args *x, int position);
void blas_report_of(enum blas_routine routine, const struct blas_args *x, int position);
/* Which of the letters it is, in either case, as 0, 1, 2, ...; BLAS_BAD. */
int blas_letter(char given, const char *letters);

/* ---- Routines as products. False: no memory, and nothing was written. level3.c, triangular.c ---- */

/* Element (i, j) is data[i * row + j * column]. */
struct blas_view {
    float *data;
    int64_t row, column;
};

struct blas_view blas_view(const float *data, int ld, bool swapped);
struct blas_view blas_part(struct blas_view v, int64_t i, int64_t j);
/* m x n, dense by rows, zero; data NULL without memory. */
struct blas_view blas_dense(int64_t m, int64_t n);
void blas_free(struct blas_view v);
void blas_copy(int64_t m, int64_t n, struct blas_view from, struct blas_view to);

bool blas_run(enum blas_routine routine, const struct blas_args *x);
bool blas_trmm(const struct blas_args *x);
bool blas_trsm(const struct blas_args *x);

/* ---- One product: C = alpha A B + beta C on the device, or on the cpu with the same bits where the device fails. product.c ----
 */

bool blas_product(int64_t m, int64_t n, int64_t k, float alpha, struct blas_view a, struct blas_view b, float beta,
                  struct blas_view c);
/* A call that multiplies this often is the device's: one is named, and it is not too small. */
bool blas_takes(double multiplications);
/* Around what uses the device. `exact` operands are bf16 numbers: one pass gives what six would. */
void blas_begin(bool exact);
void blas_end(void);
/* One call was passed on, or ran: for the totals, and a line where one was asked for. */
void blas_note(const struct blas_args *x, enum blas_routine routine, enum blas_outcome outcome);

/* ---- Settings and messages. settings.c ---- */

struct blas_settings {
    char device[512]; /* "": none */
    int precision;    /* passes; 0: as the device's string says */
    double least;     /* multiplications from which on a call is the device's */
    int verbose;      /* 1: totals at exit; 2: a line a call */
    char next[512];   /* path; "": look for it */
};

extern struct blas_settings blas_settings;
void blas_read_settings(void);
void blas_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- The next BLAS. next.c ---- */

/* The reference library's flags, which programs that bring a cblas_xerbla of their own look at; one copy in a process. */
BLAS_API extern int CBLAS_CallFromC, RowMajorStrg;

/* Path of the BLAS that functions are passed on to; NULL: there is none. For programs that want to know. */
BLAS_API const char *systole_blas_next(void);

typedef void blas_function(void);
void blas_find_next(void);
/* NULL: it has none. */
blas_function *blas_next(const char *name);
/* The same for the routines of this library, without a search. */
blas_function *blas_next_routine(enum blas_routine routine, bool from_c);

#endif
