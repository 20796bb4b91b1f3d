/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of fp32 in whatever order: whoever adds K products and a start with rounding of a unit u lies within gamma_K * (|start| + sum |ab|) of the
 * real number, gamma_K = K*u / (1 - K*u). The real number is taken in double, whose own error is 2^-29 of that.
 */
#include "host/engine/probe.h"

#include <math.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/backend.h"

struct real_sum {
    double sum, size; /* size: of all that was added */
};

static void add(struct real_sum *s, double term)
{
    s->sum += term;
    s->size += fabs(term);
}

static struct real_sum begin(const void *start, int64_t at)
{
    float f = 0;
    if (start)
        memcpy(&f, (const char *)start + at * 4, sizeof f);
    return (struct real_sum){(double)f, fabs((double)f)};
}

static void judge(struct systole_fault *f, const struct real_sum *s, double got, int64_t steps)
{
    const double ku = (double)steps * 0x1p-24;
    f->bounded++;
    f->beyond += !(fabs(got - s->sum) <= ku / (1 - ku) * s->size);
}

void sy_probe_bound_gemm(struct systole_fault *f, const struct sy_gemm *g, const uint32_t *start)
{
    const float *a = g->a.data, *b = g->b.data, *c = g->c;
    for (int64_t i = 0; i < g->m * g->n; i++) {
        struct real_sum s = begin(start, i);
        for (int64_t k = 0; k < g->k; k++)
            add(&s, (double)a[i / g->n * g->a.row + k * g->a.column] * (double)b[k * g->b.row + i % g->n * g->b.column]);
        judge(f, &s, (double)c[i], g->k + 1);
    }
}

enum systole_status sy_probe_bound_conv(struct systole_fault *f, struct systole_context *ctx, const struct sy_conv_job *j, const uint32_t *start)
{
    const struct sy_conv2d *v = j->v;
    const size_t most = (size_t)(v->kh * v->kw * v->c);
    const int64_t area = v->p * v->q, channels = v->groups * v->m;
    const float *y = j->y;
    float *a = sy_alloc(most, sizeof *a), *b = sy_alloc(most, sizeof *b);
    int64_t *at = sy_alloc(most, sizeof *at);
    const enum systole_status status = a && b && at ? SYSTOLE_OK : sy_no_memory(ctx);
    for (int64_t i = 0; i < v->batch * channels * area && !status; i++) {
        struct real_sum s = start ? begin(start, i) : begin(j->bias, i / area % channels);
        const int64_t steps = sy_probe_gather(j, i, a, b, at);
        for (int64_t k = 0; k < steps; k++)
            add(&s, (double)a[k] * (double)b[k]);
        judge(f, &s, (double)y[i], steps + 1);
    }
    sy_free(a);
    sy_free(b);
    sy_free(at);
    return status;
}
