/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Level-3 BLAS, in the manner of the reference library's own test: every routine through Fortran and C, by columns and by rows,
 * every option letter, odd sizes and leading dimensions, alpha and beta 0, 1 and another; what must not be read is NaN, what must
 * not be written is compared; residuals over eps and norms stay under 16. Then illegal arguments, batches, bf16, infinities.
 *
 *     test_level3 [ROUNDS [SEED]]        with SYSTOLE_TEST_RESIDUALS in the environment: residuals only
 */
#include "tests/blas/level3.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/blas/more.h"

enum { BOUND = 16 };

static uint64_t state;
static double worst_seen;

uint32_t level3_random(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return below ? (uint32_t)(state >> 33) % below : 0;
}

float level3_value(void)
{
    return (float)((double)level3_random(2001) / 1000 - 1);
}

/* ---- operands ---- */

struct memory {
    float *data, *copy;
    size_t count;
};

static bool stores_all(const struct call *x, int i, int j)
{
    (void)x;
    (void)i;
    (void)j;
    return true;
}

/* A matrix with a gap behind each column or row; NaN wherever the call must not look. */
static struct memory matrix(const struct call *x, struct extent e, int gap, int *ld,
                            bool (*stores)(const struct call *, int, int), bool is_read)
{
    const int inner = x->interface == C_ROWS ? e.columns : e.rows, outer = x->interface == C_ROWS ? e.rows : e.columns;
    *ld = (inner > 1 ? inner : 1) + gap;
    struct memory v = {.count = (size_t)*ld * (size_t)(outer ? outer : 1)};
    v.data = malloc(v.count * sizeof *v.data);
    v.copy = malloc(v.count * sizeof *v.data);
    for (size_t i = 0; i < v.count; i++)
        v.data[i] = NAN;
    /* Triangles are well conditioned: small numbers off a diagonal between 1 and 2. */
    const bool solves = stores == call_stores_a && x->routine == TRSM;
    for (int i = 0; i < e.rows; i++)
        for (int j = 0; j < e.columns; j++)
            if (is_read && stores(x, i, j))
                v.data[call_at(x, *ld, i, j)] = !solves  ? level3_value()
                                                : i == j ? 1.5f + level3_value() / 2
                                                         : level3_value() / 8;
    memcpy(v.copy, v.data, v.count * sizeof *v.data);
    return v;
}

static void release(struct memory *v)
{
    free(v->data);
    free(v->copy);
}

static bool is_same(const struct memory *v)
{
    return memcmp(v->data, v->copy, v->count * sizeof *v->data) == 0;
}

/* Is all that lies outside of what the call writes as it was? */
static bool is_whole(const struct call *x, const struct memory *c)
{
    struct memory now = {.count = c->count, .data = malloc(c->count * sizeof *c->data), .copy = c->copy};
    memcpy(now.data, c->data, c->count * sizeof *c->data);
    const struct extent e = call_extent_c(x);
    for (int i = 0; i < e.rows; i++)
        for (int j = 0; j < e.columns; j++)
            if (call_stores_c(x, i, j))
                now.data[call_at(x, x->ldc, i, j)] = c->copy[call_at(x, x->ldc, i, j)];
    const bool whole = is_same(&now);
    free(now.data);
    return whole;
}

static bool fails(const struct call *x, const char *why, double ratio)
{
    printf("%s interface=%d side=%c uplo=%c ta=%c tb=%c diag=%c m=%d n=%d k=%d lda=%d ldb=%d ldc=%d alpha=%g beta=%g: %s (%g)\n",
           call_name(x->routine, x->interface), (int)x->interface, x->side, x->uplo, x->ta, x->tb, x->diag, x->m, x->n, x->k,
           x->lda, x->ldb, x->ldc, (double)x->alpha, (double)x->beta, why, ratio);
    return false;
}

static bool try_call(struct call *x)
{
    const bool uses_beta = call_uses(x->routine, "beta");
    const bool reads = x->alpha != 0, reads_c = uses_beta ? x->beta != 0 : reads;
    const int gap = (int)level3_random(4);
    struct memory a = matrix(x, call_extent_a(x), gap, &x->lda, call_stores_a, reads), b = {0};
    if (call_uses(x->routine, "b"))
        b = matrix(x, call_extent_b(x), (int)level3_random(3), &x->ldb, stores_all, reads);
    struct memory c = matrix(x, call_extent_c(x), (int)level3_random(5), &x->ldc, call_stores_c, reads_c);
    x->a = a.data;
    x->b = b.data;
    x->c = c.data;
    call_issue(x);
    const double ratio = expect_residual(x, c.copy);
    worst_seen = ratio > worst_seen ? ratio : worst_seen;
    bool good = ratio < BOUND || fails(x, "residual", ratio);
    good = (is_same(&a) && (!b.data || is_same(&b))) || fails(x, "an input was written", 0) ? good : false;
    good = is_whole(x, &c) || fails(x, "something beside C was written", 0) ? good : false;
    release(&a);
    release(&b);
    release(&c);
    return good;
}

/* ---- every combination ---- */

static const char *letters(enum routine r, const char *what, const char *all)
{
    return call_uses(r, what) ? all : "N";
}

static int draw_size(void)
{
    static const int sizes[] = {0, 1, 2, 3, 5, 9, 15, 16, 17, 31, 33, 47};
    return sizes[level3_random(sizeof sizes / sizeof *sizes)];
}

static void options(enum routine r, unsigned *failures, unsigned *calls, struct call x)
{
    static const float scalars[] = {0, 1, 0.7f};
    for (int s = 0; s < 9; s++) {
        x.alpha = scalars[s % 3];
        x.beta = s / 3 == 2 ? -1.3f : scalars[s / 3];
        if (!call_uses(r, "beta") && s >= 3)
            break;
        x.m = draw_size();
        x.n = draw_size();
        x.k = draw_size();
        ++*calls;
        *failures += !try_call(&x);
    }
}

static void every_letter(enum routine r, unsigned *failures, unsigned *calls)
{
    for (const char *side = letters(r, "side", "LRlr"); *side; side++)
        for (const char *uplo = letters(r, "uplo", "ULul"); *uplo; uplo++)
            for (const char *ta = letters(r, "ta", "NTCntc"); *ta; ta++)
                for (const char *tb = letters(r, "tb", "NTCntc"); *tb; tb++)
                    for (const char *diag = letters(r, "diag", "NUnu"); *diag; diag++)
                        for (int i = 0; i < INTERFACES; i++) {
                            /* The C interface has numbers: one case of each letter is enough. */
                            const bool lower = *side >= 'a' || *uplo >= 'a' || *ta >= 'a' || *tb >= 'a' || *diag >= 'a';
                            if (!lower || i == FORTRAN)
                                options(r, failures, calls,
                                        (struct call){.routine = r,
                                                      .interface = (enum interface)i,
                                                      .side = *side,
                                                      .uplo = *uplo,
                                                      .ta = *ta,
                                                      .tb = *tb,
                                                      .diag = *diag});
                        }
}

int main(int argc, char **argv)
{
    const unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
    const unsigned long seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    unsigned count[3] = {0, 0, 0}; /* by enum outcome */
    state = seed;
    for (int r = 0; r < ROUTINES; r++) {
        unsigned failures = 0, calls = 0;
        worst_seen = 0;
        for (unsigned i = 0; i < rounds; i++)
            every_letter((enum routine)r, &failures, &calls);
        printf("%s %-7s %u calls, %u failures, largest residual %.2f, bound %d\n", failures ? "FAIL" : "ok  ",
               call_name((enum routine)r, FORTRAN), calls, failures, worst_seen, BOUND);
        count[failures ? FAILED : PASSED]++;
    }
    /* Another BLAS behind the provider may have errors and rules of its own for the rest. */
    const bool residuals_only = getenv("SYSTOLE_TEST_RESIDUALS") != NULL;
    for (const struct more_test *t = more_tests; t->name && !residuals_only; t++) {
        static const char *const words[] = {"ok  ", "FAIL", "SKIP: there is no other BLAS:"};
        const enum outcome outcome = t->run();
        printf("%s %s\n", words[outcome], t->name);
        count[outcome]++;
    }
    printf("seed %lu\n%u passed, %u failed, %u skipped\n", seed, count[PASSED], count[FAILED], count[SKIPPED]);
    return count[FAILED] != 0;
}
