/* SPDX-License-Identifier: Apache-2.0 */
/* What a call must give, in fp64 and element by element from the definition; nothing is shared with the library. */
#include "tests/blas/level3.h"

#include <math.h>

static bool is(char letter, char which)
{
    return (letter | 0x20) == which;
}

/* Element (i, j) of op(A): letters, symmetry, the missing triangle and the unit diagonal applied. */
static double a_of(const struct call *x, int i, int j)
{
    const bool transposed = x->routine != SYMM && !is(x->ta, 'n');
    const int r = transposed ? j : i, c = transposed ? i : j;
    if (call_stores_a(x, r, c))
        return (double)x->a[call_at(x, x->lda, r, c)];
    if (x->routine == SYMM)
        return (double)x->a[call_at(x, x->lda, c, r)];
    return r == c ? 1 : 0;
}

static double b_of(const struct call *x, int i, int j)
{
    const bool transposed = x->routine == SYR2K ? !is(x->ta, 'n') : x->routine != SYMM && !is(x->tb, 'n');
    return (double)x->b[transposed ? call_at(x, x->ldb, j, i) : call_at(x, x->ldb, i, j)];
}

struct sum {
    double value, norm;
};

static void add(struct sum *s, double a, double b)
{
    s->value += a * b;
    s->norm += fabs(a * b);
}

/* The product at (i, j); `c`: what a triangular routine multiplies with. */
static struct sum product(const struct call *x, const float *c, int i, int j)
{
    struct sum s = {0, 0};
    const bool right = is(x->side, 'r');
    const int order = right ? x->n : x->m;
    switch (x->routine) {
    case GEMM:
    case GEMMTR:
        for (int k = 0; k < x->k; k++)
            add(&s, a_of(x, i, k), b_of(x, k, j));
        break;
    case SYMM:
        for (int k = 0; k < order; k++)
            add(&s, right ? b_of(x, i, k) : a_of(x, i, k), right ? a_of(x, k, j) : b_of(x, k, j));
        break;
    case SYRK:
        for (int k = 0; k < x->k; k++)
            add(&s, a_of(x, i, k), a_of(x, j, k));
        break;
    case SYR2K:
        for (int k = 0; k < x->k; k++) {
            add(&s, a_of(x, i, k), b_of(x, j, k));
            add(&s, b_of(x, i, k), a_of(x, j, k));
        }
        break;
    case TRMM:
    case TRSM:
    case ROUTINES:
        for (int k = 0; k < order; k++) {
            const double l = right ? (double)c[call_at(x, x->ldc, i, k)] : a_of(x, i, k);
            const double r = right ? a_of(x, k, j) : (double)c[call_at(x, x->ldc, k, j)];
            if (l != 0 && r != 0)
                add(&s, l, r);
        }
    }
    return s;
}

double expect_residual(const struct call *x, const float *old_c)
{
    const struct extent c = call_extent_c(x);
    const bool solves = x->routine == TRSM, uses_beta = call_uses(x->routine, "beta");
    const double eps = 0x1p-24, alpha = (double)x->alpha, beta = uses_beta ? (double)x->beta : 0;
    double worst = 0;
    for (int i = 0; i < c.rows; i++)
        for (int j = 0; j < c.columns; j++) {
            if (!call_stores_c(x, i, j))
                continue;
            const size_t at = call_at(x, x->ldc, i, j);
            const double before = (double)old_c[at], now = (double)x->c[at];
            struct sum s = {0, 0};
            if (alpha != 0 || solves)
                s = product(x, solves ? x->c : old_c, i, j);
            /* A solution is judged by what it gives when it is put into the equations. */
            const double want = solves ? (alpha != 0 ? alpha * before : 0) : alpha * s.value + (beta != 0 ? beta * before : 0);
            const double got = solves ? s.value : now;
            const double norm = solves ? s.norm + fabs(want) : fabs(alpha) * s.norm + (beta != 0 ? fabs(beta * before) : 0);
            const double error = fabs(got - want);
            const double ratio = error == 0 ? 0 : norm == 0 ? INFINITY : error / (eps * norm);
            worst = !(ratio <= worst) ? (isnan(ratio) ? INFINITY : ratio) : worst;
        }
    return worst;
}
