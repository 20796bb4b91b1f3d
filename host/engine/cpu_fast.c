/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products on the host at full speed. Operands are packed into panels (cpu_panels.h); then blocks of C, each by one thread, take
 * pass after pass and, within a pass, k block after k block, so that every chain runs as it is specified: C holds it between
 * two blocks, as the accumulators of a device do.
 */
#include "host/core/alloc.h"
#include "host/engine/cpu_panels.h"

enum {
    BLOCK_K = 256,     /* steps, or words of int8, between a load and a store of C */
    BLOCK_ROWS = 16,   /* panels of A in a block of C, at most */
    BLOCK_COLUMNS = 8, /* of B */
    MOST_BESIDE = SY_TILE_LANES + SY_TILE_ROWS
};
#define PACKED_A ((int64_t)4 << 20) /* elements of panels at a time */
#define PACKED_B ((int64_t)2 << 20)
#define ALONE 100000.0 /* steps that are sooner done than shared */

struct state {
    struct sy_panels p;
    int64_t block_rows, block_columns;
};

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* ---- multiplying ---- */

struct tile {
    int rows, lanes;
    int64_t a_panel, b_panel, k, steps;
    void *c;
};

static void tile_f32(const struct state *s, const struct tile *t, uint32_t a_part, uint32_t b_part)
{
    const struct sy_kernels *kernels = s->p.kernels;
    const float *a = (const float *)(const void *)s->p.a + ((a_part * s->p.rows + t->a_panel) * s->p.words + t->k) * s->p.height;
    const float *b = (const float *)(const void *)s->p.b + ((b_part * s->p.columns + t->b_panel) * s->p.words + t->k) * s->p.width;
    const uint64_t *mask = s->p.mask ? s->p.mask + t->b_panel * (s->p.words + 1) : NULL;
    kernels->f32(t->rows, t->lanes, s->p.width, t->steps, a, b, mask && mask[s->p.words] ? mask + t->k : NULL, t->c, s->p.f->stride);
}

static void tile_i32(const struct state *s, const struct tile *t)
{
    static const int32_t none[MOST_BESIDE];
    const struct sy_kernels *kernels = s->p.kernels;
    const int32_t *a = s->p.a + (t->a_panel * s->p.words + t->k) * s->p.height;
    const int32_t *b = s->p.b + (t->b_panel * s->p.words + t->k) * s->p.width;
    const int32_t *row_add = t->k ? none : s->p.row_add + t->a_panel * s->p.height;
    const int32_t *column_add = t->k ? none : s->p.column_add + t->b_panel * s->p.width;
    kernels->i32(t->rows, t->lanes, s->p.width, t->steps, a, b, row_add, column_add, t->c, s->p.f->stride);
}

/* One pass over k steps of a block of C. */
static void sweep(const struct state *s, uint32_t pass, struct tile t, const int64_t from[2], const int64_t to[2])
{
    const int height = s->p.height, width = s->p.width;
    const uint32_t a_part = sy_panels_part(&s->p, s->p.pass[pass].conv_a), b_part = sy_panels_part(&s->p, s->p.pass[pass].conv_b);
    for (t.b_panel = from[1]; t.b_panel < to[1]; t.b_panel++)
        for (t.a_panel = from[0]; t.a_panel < to[0]; t.a_panel++) {
            const int64_t row = s->p.row0 + t.a_panel, column = s->p.column0 + t.b_panel;
            t.rows = sy_panels_lanes(s->p.f->m, row, height);
            t.lanes = sy_panels_lanes(s->p.f->n, column, width);
            t.c = (uint32_t *)s->p.f->c + row * height * s->p.f->stride + column * width;
            if (s->p.f->f32)
                tile_f32(s, &t, a_part, b_part);
            else
                tile_i32(s, &t);
        }
}

static void canonical(const struct state *s, const int64_t from[2], const int64_t to[2])
{
    const int64_t row0 = (s->p.row0 + from[0]) * s->p.height, row1 = (s->p.row0 + to[0]) * s->p.height;
    const int64_t column0 = (s->p.column0 + from[1]) * s->p.width, column1 = (s->p.column0 + to[1]) * s->p.width;
    const int64_t end = row1 < s->p.f->m ? row1 : s->p.f->m, count = (column1 < s->p.f->n ? column1 : s->p.f->n) - column0;
    for (int64_t r = row0; r < end; r++)
        s->p.kernels->canonical((float *)s->p.f->c + r * s->p.f->stride + column0, count);
}

static void block(void *user, int64_t i)
{
    const struct state *s = user;
    const int64_t high = (s->p.rows + s->block_rows - 1) / s->block_rows;
    const int64_t from[2] = {i % high * s->block_rows, i / high * s->block_columns};
    const int64_t to[2] = {from[0] + s->block_rows < s->p.rows ? from[0] + s->block_rows : s->p.rows,
                           from[1] + s->block_columns < s->p.columns ? from[1] + s->block_columns : s->p.columns};
    for (uint32_t pass = 0; pass < s->p.passes; pass++)
        for (int64_t k = 0; k < s->p.words; k += BLOCK_K)
            sweep(s, pass, (struct tile){.k = k, .steps = s->p.words - k < BLOCK_K ? s->p.words - k : BLOCK_K}, from, to);
    if (s->p.f->f32)
        canonical(s, from, to);
}

/* Blocks are halved until every thread has a few. */
static void share(struct state *s, int threads)
{
    s->block_rows = BLOCK_ROWS;
    s->block_columns = BLOCK_COLUMNS;
    for (;;) {
        const int64_t high = (s->p.rows + s->block_rows - 1) / s->block_rows;
        const int64_t wide = (s->p.columns + s->block_columns - 1) / s->block_columns;
        if (threads < 2 || high * wide >= 4 * threads || (s->block_rows == 1 && s->block_columns == 1))
            return;
        if (s->block_rows > 1 && (s->block_rows >= s->block_columns * 2 || s->block_columns == 1))
            s->block_rows /= 2;
        else
            s->block_columns /= 2;
    }
}

/* ---- the whole ---- */

/* Of as many panels as are needed, each as wide as the others: 64 lanes are 32 and 32, not 48 and 16. */
static int even_width(const struct sy_kernels *kernels, int64_t n)
{
    const int64_t vectors = ceil_div(n, kernels->vector), all = ceil_div(n, kernels->lanes);
    return (int)ceil_div(vectors, all) * kernels->vector;
}

static void pack(void *user, int64_t i)
{
    const struct sy_panels *p = &((const struct state *)user)->p;
    const int64_t a_panels = p->f->a_is_packed ? 0 : p->rows;
    sy_panels_pack(p, i >= a_panels, i >= a_panels ? p->column0 + i - a_panels : p->row0 + i);
}

enum systole_status sy_fast_product(struct sy_fast *f)
{
    struct state s;
    struct sy_panels *p = &s.p;
    sy_panels_plan(p, f, f->cpu->kernels, f->cpu->kernels->rows, even_width(f->cpu->kernels, f->n));
    const int64_t all_rows = ceil_div(f->m, p->height), all_columns = ceil_div(f->n, p->width);
    const int64_t high = sy_panels_fit(p, f->m, p->height, PACKED_A), wide = sy_panels_fit(p, f->n, p->width, PACKED_B);
    struct sy_pool *pool = (double)f->m * (double)f->n * (double)(p->words * p->passes) < ALONE ? NULL : f->cpu->pool;
    if (!sy_panels_memory(p, high, wide))
        return sy_no_memory(f->ctx);
    f->a_is_packed = f->a_is_packed && high == all_rows;
    for (p->row0 = 0; p->row0 < all_rows; p->row0 += high) {
        p->rows = all_rows - p->row0 < high ? all_rows - p->row0 : high;
        for (p->column0 = 0; p->column0 < all_columns; p->column0 += wide) {
            p->columns = all_columns - p->column0 < wide ? all_columns - p->column0 : wide;
            sy_pool_run(pool, p->columns + (f->a_is_packed ? 0 : p->rows), pack, &s);
            share(&s, sy_pool_threads(pool));
            sy_pool_run(pool, ceil_div(p->rows, s.block_rows) * ceil_div(p->columns, s.block_columns), block, &s);
            f->a_is_packed = true;
        }
        f->a_is_packed = high == all_rows;
    }
    return SYSTOLE_OK;
}

enum systole_status sy_fast_gemm(struct sy_cpu *c, struct systole_context *ctx, enum sy_precision precision, const struct sy_gemm *g)
{
    struct sy_fast f = {.cpu = c, .ctx = ctx, .precision = precision, .f32 = g->f32, .m = g->m, .n = g->n, .k = g->k, .a = g->a, .b = g->b,
                        .c = g->c, .stride = g->n};
    return sy_fast_product(&f);
}
