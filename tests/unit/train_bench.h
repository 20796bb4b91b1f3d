/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gradients judged by finite differences. A case computes a layer twice: with the library, in fp32, and from its definition in
 * fp64. The Jacobian of the second, by central differences, gives each gradient g = sum r_i J_ij for a random r, and M = sum |r_i
 * J_ij|. The library's has to be within
 *
 *     gamma(6 K + 40) * (M + spread * max M)
 *
 * with gamma(n) = n u / (1 - n u), u = 2^-24: K terms in chains of six passes, and 40 roundings of the layer's own arithmetic.
 * `spread` is 0 where a gradient is a sum of its terms, and for layers that subtract means or products with shares says how much
 * larger an intermediate may be than the largest gradient.
 */
#ifndef TRAIN_BENCH_H
#define TRAIN_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/include/systole_train.h"

enum { BENCH_INPUTS = 3, BENCH_RANK = 4, BENCH_MOST = 512 };

struct bench_case {
    const char *name;
    int inputs;
    int64_t dims[BENCH_INPUTS][BENCH_RANK]; /* ends with 0 */
    int64_t terms;                          /* K: most steps of a chain in one pass */
    double spread;
    enum systole_status (*layer)(struct systole_trainer *t, struct systole_value *const *in, struct systole_value **y);
    void (*exact)(const double *const *in, double *y); /* all outputs */
};

static uint64_t bench_state = 1;

static inline uint32_t bench_draw(void)
{
    bench_state = bench_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(bench_state >> 33);
}

/* Between -1 and 1, with few enough bits that no two are near a tie of a pool by chance. */
static inline float bench_value(void)
{
    return (float)((double)(bench_draw() % 20001) / 10000 - 1);
}

static inline int bench_rank(const struct bench_case *c, int input)
{
    int rank = 0;
    while (rank < BENCH_RANK && c->dims[input][rank])
        rank++;
    return rank;
}

static inline int64_t bench_count(const struct bench_case *c, int input)
{
    int64_t n = 1;
    for (int i = 0; i < bench_rank(c, input); i++)
        n *= c->dims[input][i];
    return n;
}

struct bench {
    struct systole_context *ctx;
    struct systole_trainer *t;
    struct systole_value *in[BENCH_INPUTS], *y;
    double exact_in[BENCH_INPUTS][BENCH_MOST];
    float r[BENCH_MOST];
    int64_t outputs;
};

static inline void bench_open(struct bench *b, const struct bench_case *c, const char *device)
{
    memset(b, 0, sizeof *b);
    assert_int_equal(systole_context_create(NULL, &b->ctx), SYSTOLE_OK);
    assert_int_equal(systole_trainer_create(b->ctx, device, 1, &b->t), SYSTOLE_OK);
    for (int i = 0; i < c->inputs; i++) {
        float data[BENCH_MOST];
        assert_true(bench_count(c, i) <= BENCH_MOST);
        for (int64_t k = 0; k < bench_count(c, i); k++) {
            data[k] = bench_value();
            b->exact_in[i][k] = (double)data[k];
        }
        assert_int_equal(systole_train_input_with_gradient(b->t, bench_rank(c, i), c->dims[i], data, &b->in[i]), SYSTOLE_OK);
    }
    if (c->layer(b->t, b->in, &b->y))
        fail_msg("%s: %s", c->name, systole_context_detail(b->ctx));
    b->outputs = systole_value_count(b->y);
    assert_true(b->outputs <= BENCH_MOST);
    for (int64_t i = 0; i < b->outputs; i++)
        b->r[i] = bench_value();
    if (systole_train_backward_from(b->t, b->y, b->r))
        fail_msg("%s: %s", c->name, systole_context_detail(b->ctx));
}

static inline void bench_close(struct bench *b)
{
    systole_trainer_free(b->t);
    systole_context_free(b->ctx);
}

static inline double bench_gamma(const struct bench_case *c)
{
    const double n = (double)(6 * c->terms + 40) * 0x1p-24;
    return n / (1 - n);
}

/* The exact gradient of one input and the sums of its terms' sizes. */
static inline void bench_exact(struct bench *b, const struct bench_case *c, int input, double *gradient, double *size)
{
    const double *pointers[BENCH_INPUTS];
    static double up[BENCH_MOST], down[BENCH_MOST];
    for (int i = 0; i < c->inputs; i++)
        pointers[i] = b->exact_in[i];
    for (int64_t j = 0; j < bench_count(c, input); j++) {
        const double step = 1e-5, kept = b->exact_in[input][j];
        b->exact_in[input][j] = kept + step;
        c->exact(pointers, up);
        b->exact_in[input][j] = kept - step;
        c->exact(pointers, down);
        b->exact_in[input][j] = kept;
        gradient[j] = size[j] = 0;
        for (int64_t i = 0; i < b->outputs; i++) {
            const double term = (double)b->r[i] * (up[i] - down[i]) / (2 * step);
            gradient[j] += term;
            size[j] += fabs(term);
        }
    }
}

/* Is every element of the gradient near enough? */
static inline bool bench_is_near(const struct bench_case *c, int64_t n, const float *got, const double *want, const double *size,
                                 double *worst)
{
    double most = 0;
    bool near = true;
    for (int64_t j = 0; j < n; j++)
        most = fmax(most, size[j]);
    for (int64_t j = 0; j < n; j++) {
        /* 1e-8: the differences' own error, of the third derivative times the step squared. */
        const double bound = bench_gamma(c) * (size[j] + c->spread * most) + 1e-8 * (1 + most),
                     error = fabs((double)got[j] - want[j]);
        *worst = fmax(*worst, error / bound);
        near = near && error <= bound;
    }
    return near;
}

static inline void bench_outputs(struct bench *b, const struct bench_case *c)
{
    static double y[BENCH_MOST];
    const double *pointers[BENCH_INPUTS];
    for (int i = 0; i < c->inputs; i++)
        pointers[i] = b->exact_in[i];
    c->exact(pointers, y);
    double most = 1;
    for (int64_t i = 0; i < b->outputs; i++)
        most = fmax(most, fabs(y[i]));
    for (int64_t i = 0; i < b->outputs; i++)
        if (!(fabs((double)systole_value_data(b->y)[i] - y[i]) <= bench_gamma(c) * (double)(c->terms + 4) * most))
            fail_msg("%s: output %d is %.9g, not %.9g", c->name, (int)i, (double)systole_value_data(b->y)[i], y[i]);
}

static inline void bench_run(const struct bench_case *c)
{
    struct bench b;
    static double want[BENCH_MOST], size[BENCH_MOST];
    double worst = 0;
    bench_open(&b, c, "cpu");
    bench_outputs(&b, c);
    for (int i = 0; i < c->inputs; i++) {
        const float *const got = systole_value_gradient(b.in[i]);
        const int64_t n = bench_count(c, i);
        assert_non_null(got);
        bench_exact(&b, c, i, want, size);
        if (!bench_is_near(c, n, got, want, size, &worst))
            fail_msg("%s: the gradient of input %d is %.2f times its bound away", c->name, i, worst);
        /* One element that is wrong by a thousandth of the largest, or an exchange of two, has to be noticed. */
        float wrong[BENCH_MOST];
        double most = 0, ignored = 0;
        for (int64_t j = 0; j < n; j++)
            most = fmax(most, fabs(want[j]));
        memcpy(wrong, got, (size_t)n * sizeof *got);
        wrong[n / 2] += (float)(most * (1 + c->spread) / 1000);
        assert_false(bench_is_near(c, n, wrong, want, size, &ignored));
        memcpy(wrong, got, (size_t)n * sizeof *got);
        for (int64_t j = 1; j < n; j++)
            wrong[j] = got[j - 1];
        wrong[0] = got[n - 1];
        assert_true(n == 1 || !bench_is_near(c, n, wrong, want, size, &ignored));
    }
    printf("%-28s at most %.3f of the bound\n", c->name, worst);
    bench_close(&b);
}

#endif
