/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wrong sum is one chain of multiply-adds, and every engine does that chain in the same order: so it is done again by itself, cut off behind
 * fewer and fewer steps, until one step divides right from wrong. The chain stands in every column of one tile at
 * once: what else is wrong there tells a PE from what feeds a row. Which row of the column it is, probe_row.c finds.
 */
#include "host/engine/probe.h"

#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/backend.h"

struct chain {
    struct sy_engine *e;
    struct systole_context *ctx;
    bool f32;
    struct sy_factor a, b; /* dense */
    uint32_t start;
    int64_t length, columns, column;
    uint32_t *got, *wanted; /* `columns` sums each, of the last run */
};

void sy_engine_probe(struct sy_engine *e, struct systole_fault *fault)
{
    e->probe = fault;
    if (fault) {
        fault->rows = (uint32_t)e->totals.rows;
        fault->cols = (uint32_t)e->totals.cols;
    }
}

/* The reference: the engine's precision, on the host. */
static struct sy_engine reference(const struct sy_engine *e)
{
    return (struct sy_engine){.ops = &sy_engine_cpu_ops, .precision = e->precision};
}

static double number(uint32_t word, bool f32)
{
    float f;
    int32_t i;
    memcpy(&f, &word, sizeof f);
    memcpy(&i, &word, sizeof i);
    return f32 ? (double)f : i;
}

/* The first `count` steps, on the engine and on the host. */
static enum systole_status run_cut(struct chain *c, int64_t count, bool *wrong)
{
    struct sy_engine host = reference(c->e);
    for (int64_t i = 0; i < c->columns; i++)
        c->got[i] = c->wanted[i] = c->start;
    struct sy_gemm g = {1, c->columns, count, c->f32, c->a, c->b, c->got, NULL};
    enum systole_status status = c->e->ops->gemm(c->e, c->ctx, &g);
    g.c = c->wanted;
    if (!status)
        status = sy_engine_cpu_ops.gemm(&host, c->ctx, &g);
    *wrong = c->got[c->column] != c->wanted[c->column];
    return status;
}

static void tell_step(const struct chain *c, int64_t count, struct systole_fault *f)
{
    f->k = count - 1;
    f->got_at = number(c->got[c->column], c->f32);
    f->wanted_at = number(c->wanted[c->column], c->f32);
    if (!f->rows)
        return;
    f->tile = (uint32_t)(f->k / f->rows);
    for (int64_t i = 0; i < c->columns; i++)
        f->wrong_columns += c->got[i] != c->wanted[i];
}

static enum systole_status follow(struct chain *c, struct systole_fault *f)
{
    int64_t right = 0, bad = c->length;
    bool wrong = false;
    f->length = c->length;
    if (!c->length)
        return SYSTOLE_OK;
    c->columns = f->cols ? f->cols : 1;
    c->column %= c->columns;
    f->column = (uint32_t)c->column;
    c->got = sy_alloc((size_t)c->columns, sizeof *c->got);
    c->wanted = sy_alloc((size_t)c->columns, sizeof *c->wanted);
    enum systole_status status = c->got && c->wanted ? run_cut(c, bad, &wrong) : sy_no_memory(c->ctx);
    if (status || !wrong)
        goto out;
    while (!status && bad - right > 1) {
        const int64_t middle = right + (bad - right) / 2;
        status = run_cut(c, middle, &wrong);
        *(wrong ? &bad : &right) = middle;
    }
    if (!status)
        status = run_cut(c, bad, &wrong);
    if (!status && wrong)
        tell_step(c, bad, f);
out:
    if (!status && f->rows)
        status = sy_probe_row(c->e, c->ctx, c->f32, f);
    sy_free(c->got);
    sy_free(c->wanted);
    return status;
}

/* Of a product's sums; true when this is the first product that has a wrong one. */
static bool judge(struct systole_fault *f, const uint32_t *got, const uint32_t *wanted, int64_t count, bool f32)
{
    uint64_t wrong = 0;
    int64_t first = 0;
    for (int64_t i = count - 1; i >= 0; i--)
        if (got[i] != wanted[i]) {
            wrong++;
            first = i;
        }
    f->products++;
    f->wrong += wrong != 0;
    if (!wrong || f->wrong > 1)
        return false;
    f->sums = (uint64_t)count;
    f->wrong_sums = wrong;
    f->element = first;
    f->got = number(got[first], f32);
    f->wanted = number(wanted[first], f32);
    return true;
}

/* Two copies of what the sums begin at: one to keep, one for the reference. */
static enum systole_status copy_start(struct systole_context *ctx, const void *from, int64_t count, uint32_t **start, uint32_t **wanted)
{
    *start = sy_alloc((size_t)count, sizeof **start);
    *wanted = sy_alloc((size_t)count, sizeof **wanted);
    if (!*start || !*wanted)
        return sy_no_memory(ctx);
    memcpy(*start, from, (size_t)count * sizeof **start);
    memcpy(*wanted, from, (size_t)count * sizeof **wanted);
    return SYSTOLE_OK;
}

static void copy_element(void *to, int64_t at, const void *from, int64_t from_at, bool f32)
{
    const size_t bytes = f32 ? 4 : 1;
    memcpy((char *)to + (size_t)at * bytes, (const char *)from + (size_t)from_at * bytes, bytes);
}

/* ---- Products ---- */

static enum systole_status follow_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g, uint32_t start)
{
    const int64_t row = e->probe->element / g->n, column = e->probe->element % g->n;
    void *a = sy_alloc((size_t)g->k, 4), *b = sy_alloc((size_t)g->k, 4);
    enum systole_status status = a && b ? SYSTOLE_OK : sy_no_memory(ctx);
    for (int64_t k = 0; k < g->k && !status; k++) {
        copy_element(a, k, g->a.data, row * g->a.row + k * g->a.column, g->f32);
        copy_element(b, k, g->b.data, k * g->b.row + column * g->b.column, g->f32);
    }
    struct chain c = {.e = e, .ctx = ctx, .f32 = g->f32, .start = start, .length = g->k, .column = column};
    c.a = (struct sy_factor){a, g->k, 1, g->a.is_unsigned, g->a.zero};
    c.b = (struct sy_factor){b, 1, 0, g->b.is_unsigned, g->b.zero};
    if (!status)
        status = follow(&c, e->probe);
    sy_free(a);
    sy_free(b);
    return status;
}

enum systole_status sy_probe_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    struct sy_engine host = reference(e);
    uint32_t *start = NULL, *wanted = NULL;
    enum systole_status status = copy_start(ctx, g->c, g->m * g->n, &start, &wanted);
    if (!status)
        status = e->ops->gemm(e, ctx, g);
    struct sy_gemm exact = *g;
    exact.c = wanted;
    if (!status)
        status = sy_engine_cpu_ops.gemm(&host, ctx, &exact);
    if (!status && !e->probe->rows && g->f32)
        sy_probe_bound_gemm(e->probe, g, start);
    if (!status && judge(e->probe, g->c, wanted, g->m * g->n, g->f32))
        status = follow_gemm(e, ctx, g, start[e->probe->element]);
    sy_free(start);
    sy_free(wanted);
    return status;
}

/* ---- Convolutions ---- */

int64_t sy_probe_gather(const struct sy_conv_job *j, int64_t element, void *a, void *b, int64_t *at)
{
    const struct sy_conv2d *v = j->v;
    const int64_t q = element % v->q, p = element / v->q % v->p, out = element / (v->q * v->p) % (v->groups * v->m);
    const int64_t image = element / (v->q * v->p * v->groups * v->m), in = image * v->groups * v->c + out / v->m * v->c;
    int64_t n = 0;
    for (int64_t kh = 0; kh < v->kh; kh++)
        for (int64_t kw = 0; kw < v->kw; kw++) {
            const int64_t y = p * v->stride_h + kh * v->dil_h - v->pad_h, x = q * v->stride_w + kw * v->dil_w - v->pad_w;
            for (int64_t c = 0; c < v->c && y >= 0 && y < v->h && x >= 0 && x < v->w; c++, n++) {
                copy_element(a, n, j->x.data, ((in + c) * v->h + y) * v->w + x, j->f32);
                copy_element(b, n, j->w.data, ((out * v->c + c) * v->kh + kh) * v->kw + kw, j->f32);
                at[n] = (kh * v->kw + kw) * v->c + c;
            }
        }
    return n;
}

static enum systole_status follow_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j, uint32_t start)
{
    const struct sy_conv2d *v = j->v;
    struct systole_fault *f = e->probe;
    const size_t most = (size_t)(v->kh * v->kw * v->c);
    const int64_t out = f->element / (v->q * v->p) % (v->groups * v->m);
    void *a = sy_alloc(most, 4), *b = sy_alloc(most, 4);
    int64_t *at = sy_alloc(most, sizeof *at);
    enum systole_status status = a && b && at ? SYSTOLE_OK : sy_no_memory(ctx);
    f->is_convolution = 1;
    struct chain c = {.e = e, .ctx = ctx, .f32 = j->f32, .start = start, .column = v->m == 1 ? out : out % v->m};
    if (!j->from_y && j->bias)
        memcpy(&c.start, (const char *)j->bias + out * 4, 4);
    if (!status) {
        c.length = sy_probe_gather(j, f->element, a, b, at);
        c.a = (struct sy_factor){a, c.length, 1, j->x.is_unsigned, j->x.zero};
        c.b = (struct sy_factor){b, 1, 0, j->w.is_unsigned, j->w.zero};
        status = follow(&c, f);
    }
    if (!status && f->k >= 0) {
        f->kernel_row = at[f->k] / v->c / v->kw;
        f->kernel_column = at[f->k] / v->c % v->kw;
        f->channel = at[f->k] % v->c;
    }
    sy_free(a);
    sy_free(b);
    sy_free(at);
    return status;
}

enum systole_status sy_probe_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j)
{
    const int64_t count = j->v->batch * j->v->groups * j->v->m * j->v->p * j->v->q;
    struct sy_engine host = reference(e);
    uint32_t *start = NULL, *wanted = NULL;
    enum systole_status status = copy_start(ctx, j->y, count, &start, &wanted);
    if (!status)
        status = e->ops->conv(e, ctx, j);
    struct sy_conv_job exact = *j;
    exact.y = wanted;
    if (!status)
        status = sy_engine_cpu_ops.conv(&host, ctx, &exact);
    if (!status && !e->probe->rows && j->f32)
        status = sy_probe_bound_conv(e->probe, ctx, j, j->from_y ? start : NULL);
    if (!status && judge(e->probe, j->y, wanted, count, j->f32))
        status = follow_conv(e, ctx, j, j->from_y ? start[e->probe->element] : 0);
    sy_free(start);
    sy_free(wanted);
    return status;
}
