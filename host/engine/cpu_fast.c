/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Products on the host at full speed. Panels of A and B are packed in all their parts, over all of k; then blocks of C, each by
 * one thread, take pass after pass and, within a pass, k block after k block, so that every chain runs as it is specified:
 * C holds it between two blocks, as the accumulators of a device do.
 */
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/cpu.h"

enum {
    BLOCK_K = 256,        /* steps, or words of int8, between a load and a store of C */
    BLOCK_ROWS = 16,      /* panels of A in a block of C, at most */
    BLOCK_COLUMNS = 8,    /* of B */
    CHUNK = 64,           /* rows of k that are split, or flipped, at a time; a multiple of every group */
    PARTS = 3,
    BESIDE = SY_TILE_LANES + SY_TILE_ROWS
};
#define PACKED_A ((int64_t)4 << 20) /* elements of panels at a time */
#define PACKED_B ((int64_t)2 << 20)
#define ALONE 100000.0 /* steps that are sooner done than shared */

enum { PANELS_A, PANELS_B, MASKS, SUMS }; /* cpu_conv.c has the rest */

struct state {
    struct sy_fast *f;
    const struct sy_kernels *kernels;
    struct sy_pass pass[SY_MAX_PASSES];
    uint32_t passes, parts, part[PARTS]; /* those that are packed */
    int64_t words;                       /* k, or its words */
    int width;                           /* of a panel of B */
    int64_t row0, rows, column0, columns; /* what is packed, in panels of the whole */
    int64_t block_rows, block_columns;
    int32_t *a, *b, *row_add, *column_add;
    uint64_t *mask; /* words for each panel of B, then one that is not 0 where the panel needs them; NULL: none does */
    int32_t a_zero, b_zero;
};

/* ---- packing ---- */

static int lanes_of(int64_t total, int64_t panel, int width)
{
    const int64_t left = total - panel * width;
    return left < width ? (int)left : width;
}

static struct sy_source source(const struct sy_factor *f, bool columns, size_t size, int64_t first, int64_t k)
{
    const int64_t k_step = columns ? f->row : f->column, lane_step = columns ? f->column : f->row;
    return (struct sy_source){(const char *)f->data + (first * lane_step + k * k_step) * (int64_t)size, k_step, lane_step};
}

/* Rows k0 to k1 as they are. */
static void fill_f32(const struct state *s, bool columns, int64_t panel, int64_t k0, int64_t k1, float *to)
{
    const struct sy_fast *f = s->f;
    const int width = columns ? s->width : s->kernels->rows;
    const int64_t first = panel * width;
    const int lanes = lanes_of(columns ? f->n : f->m, panel, width);
    if (!columns || !f->pixels) {
        s->kernels->pack_f32(to, width, lanes, k1 - k0, source(columns ? &f->b : &f->a, columns, sizeof(float), first, k0));
        return;
    }
    uint64_t *mask = s->mask ? s->mask + (panel - s->column0) * (s->words + 1) : NULL;
    if (!sy_pixels_f32(f->pixels, first, lanes, k0, k1, width, to, mask ? mask + k0 : NULL) && mask)
        mask[s->words] = 1;
}

static void pack_f32(const struct state *s, bool columns, int64_t panel)
{
    const int width = columns ? s->width : s->kernels->rows;
    const int64_t at = panel - (columns ? s->column0 : s->row0), panels = columns ? s->columns : s->rows;
    float *to = (float *)(void *)(columns ? s->b : s->a) + at * s->words * width;
    float chunk[CHUNK * SY_TILE_LANES];
    if (columns && s->mask)
        s->mask[at * (s->words + 1) + s->words] = 0;
    if (s->part[0] == SY_WHOLE) {
        fill_f32(s, columns, panel, 0, s->words, to);
        return;
    }
    for (int64_t k = 0; k < s->words; k += CHUNK) {
        const int64_t end = k + CHUNK < s->words ? k + CHUNK : s->words;
        fill_f32(s, columns, panel, k, end, chunk);
        for (uint32_t p = 0; p < s->parts; p++)
            s->kernels->split(to + p * panels * s->words * width + k * width, chunk, (end - k) * width, s->part[p]);
    }
}

/* Sums over k of each lane's bytes, as they are packed: the panel times ones. */
static void sum_bytes(const struct state *s, bool columns, const int32_t *panel, int32_t *sum)
{
    static const int32_t none[BESIDE];
    const struct sy_kernels *kernels = s->kernels;
    int32_t ones[CHUNK * SY_TILE_LANES], tile[SY_TILE_ROWS * SY_TILE_LANES] = {0};
    memset(ones, 1, sizeof ones);
    for (int64_t w = 0; w < s->words; w += CHUNK) {
        const int64_t steps = s->words - w < CHUNK ? s->words - w : CHUNK;
        if (columns)
            kernels->i32(1, s->width, s->width, steps, ones, panel + w * s->width, none, none, sum, s->width);
        else
            kernels->i32(kernels->rows, kernels->vector, kernels->vector, steps, panel + w * kernels->rows, ones, none, none, tile,
                         kernels->vector);
    }
    for (int r = 0; !columns && r < kernels->rows; r++)
        sum[r] = tile[r * kernels->vector];
}

/* sum((a - za) * (b - zb)) = sum(ab) - zb * sum(a) - za * sum(b) + k * za * zb: what a row or column has beside sum(ab). */
static void add_zeros(const struct state *s, bool columns, int64_t at, const int32_t *panel)
{
    const int width = columns ? s->width : s->kernels->rows;
    int32_t *to = columns ? s->column_add + at * width : s->row_add + at * width, sum[SY_TILE_LANES];
    const uint32_t other = (uint32_t)(columns ? s->a_zero : s->b_zero);
    const uint32_t both = columns ? 0 : (uint32_t)s->f->k * (uint32_t)s->a_zero * (uint32_t)s->b_zero;
    memset(sum, 0, sizeof sum);
    if (other != 0)
        sum_bytes(s, columns, panel, sum);
    for (int l = 0; l < width; l++)
        to[l] = (int32_t)(both - other * (uint32_t)sum[l]);
}

static void pack_i8(const struct state *s, bool columns, int64_t panel)
{
    const struct sy_fast *f = s->f;
    const struct sy_factor *from = columns ? &f->b : &f->a;
    const struct sy_bytes_as as = {.is_unsigned = from->is_unsigned, .to_unsigned = !columns, .zero = from->zero};
    const int width = columns ? s->width : s->kernels->rows, group = s->kernels->group;
    const int lanes = lanes_of(columns ? f->n : f->m, panel, width);
    const int64_t at = panel - (columns ? s->column0 : s->row0);
    int32_t *to = (columns ? s->b : s->a) + at * s->words * width;
    uint8_t chunk[CHUNK * SY_TILE_LANES];
    if (!columns || !f->pixels)
        s->kernels->pack_i8(to, width, lanes, f->k, source(from, columns, 1, panel * width, 0), as);
    for (int64_t k = 0; columns && f->pixels && k < f->k; k += CHUNK) {
        const int64_t end = k + CHUNK < f->k ? k + CHUNK : f->k;
        sy_pixels_i8(f->pixels, panel * width, lanes, k, end, width, chunk);
        s->kernels->pack_i8(to + k / group * width, width, lanes, end - k, (struct sy_source){chunk, width, 1}, as);
    }
    add_zeros(s, columns, at, to);
}

static void pack(void *user, int64_t i)
{
    const struct state *s = user;
    const int64_t a_panels = s->f->a_is_packed ? 0 : s->rows;
    const bool columns = i >= a_panels;
    const int64_t panel = columns ? s->column0 + i - a_panels : s->row0 + i;
    if (s->f->f32)
        pack_f32(s, columns, panel);
    else
        pack_i8(s, columns, panel);
}

/* ---- multiplying ---- */

struct tile {
    int rows, lanes;
    int64_t a_panel, b_panel, k, steps;
    void *c;
};

static void tile_f32(const struct state *s, const struct tile *t, uint32_t a_part, uint32_t b_part)
{
    const struct sy_kernels *kernels = s->kernels;
    const float *a = (const float *)(const void *)s->a + ((a_part * s->rows + t->a_panel) * s->words + t->k) * kernels->rows;
    const float *b = (const float *)(const void *)s->b + ((b_part * s->columns + t->b_panel) * s->words + t->k) * s->width;
    const uint64_t *mask = s->mask ? s->mask + t->b_panel * (s->words + 1) : NULL;
    kernels->f32(t->rows, t->lanes, s->width, t->steps, a, b, mask && mask[s->words] ? mask + t->k : NULL, t->c, s->f->stride);
}

static void tile_i32(const struct state *s, const struct tile *t)
{
    static const int32_t none[BESIDE];
    const struct sy_kernels *kernels = s->kernels;
    const int32_t *a = s->a + (t->a_panel * s->words + t->k) * kernels->rows;
    const int32_t *b = s->b + (t->b_panel * s->words + t->k) * s->width;
    const int32_t *row_add = t->k ? none : s->row_add + t->a_panel * kernels->rows;
    const int32_t *column_add = t->k ? none : s->column_add + t->b_panel * s->width;
    kernels->i32(t->rows, t->lanes, s->width, t->steps, a, b, row_add, column_add, t->c, s->f->stride);
}

static uint32_t index_of(const struct state *s, uint32_t part)
{
    uint32_t i = 0;
    while (i + 1 < s->parts && s->part[i] != part)
        i++;
    return i;
}

/* One pass over k steps of a block of C. */
static void sweep(const struct state *s, uint32_t pass, struct tile t, const int64_t from[2], const int64_t to[2])
{
    const int height = s->kernels->rows, width = s->width;
    const uint32_t a_part = index_of(s, s->pass[pass].conv_a), b_part = index_of(s, s->pass[pass].conv_b);
    for (t.b_panel = from[1]; t.b_panel < to[1]; t.b_panel++)
        for (t.a_panel = from[0]; t.a_panel < to[0]; t.a_panel++) {
            const int64_t row = s->row0 + t.a_panel, column = s->column0 + t.b_panel;
            t.rows = lanes_of(s->f->m, row, height);
            t.lanes = lanes_of(s->f->n, column, width);
            t.c = (uint32_t *)s->f->c + row * height * s->f->stride + column * width;
            if (s->f->f32)
                tile_f32(s, &t, a_part, b_part);
            else
                tile_i32(s, &t);
        }
}

static void canonical(const struct state *s, const int64_t from[2], const int64_t to[2])
{
    const int64_t row0 = (s->row0 + from[0]) * s->kernels->rows, row1 = (s->row0 + to[0]) * s->kernels->rows;
    const int64_t column0 = (s->column0 + from[1]) * s->width, column1 = (s->column0 + to[1]) * s->width;
    const int64_t end = row1 < s->f->m ? row1 : s->f->m, count = (column1 < s->f->n ? column1 : s->f->n) - column0;
    for (int64_t r = row0; r < end; r++)
        s->kernels->canonical((float *)s->f->c + r * s->f->stride + column0, count);
}

static void block(void *user, int64_t i)
{
    const struct state *s = user;
    const int64_t high = (s->rows + s->block_rows - 1) / s->block_rows;
    const int64_t from[2] = {i % high * s->block_rows, i / high * s->block_columns};
    const int64_t to[2] = {from[0] + s->block_rows < s->rows ? from[0] + s->block_rows : s->rows,
                           from[1] + s->block_columns < s->columns ? from[1] + s->block_columns : s->columns};
    for (uint32_t pass = 0; pass < s->passes; pass++)
        for (int64_t k = 0; k < s->words; k += BLOCK_K)
            sweep(s, pass, (struct tile){.k = k, .steps = s->words - k < BLOCK_K ? s->words - k : BLOCK_K}, from, to);
    if (s->f->f32)
        canonical(s, from, to);
}

/* Blocks are halved until every thread has a few. */
static void share(struct state *s, int threads)
{
    s->block_rows = BLOCK_ROWS;
    s->block_columns = BLOCK_COLUMNS;
    for (;;) {
        const int64_t high = (s->rows + s->block_rows - 1) / s->block_rows;
        const int64_t wide = (s->columns + s->block_columns - 1) / s->block_columns;
        if (threads < 2 || high * wide >= 4 * threads || (s->block_rows == 1 && s->block_columns == 1))
            return;
        if (s->block_rows > 1 && (s->block_rows >= s->block_columns * 2 || s->block_columns == 1))
            s->block_rows /= 2;
        else
            s->block_columns /= 2;
    }
}

/* ---- the whole ---- */

static void plan_parts(struct state *s)
{
    s->passes = s->parts = 1;
    s->part[0] = SY_WHOLE;
    s->pass[0].conv_a = s->pass[0].conv_b = SY_WHOLE;
    if (!s->f->f32 || s->f->precision == SY_F32)
        return;
    static const uint32_t order[PARTS] = {SYSTOLE_CONV_F32_H, SYSTOLE_CONV_F32_M, SYSTOLE_CONV_F32_L};
    memcpy(s->part, order, sizeof order);
    s->passes = sy_cpu_passes(s->f->precision, s->pass);
    s->parts = s->f->precision == SY_X1 ? 1 : s->f->precision == SY_X3 ? 2 : PARTS;
    for (uint32_t i = 0; s->f->pixels && i < s->passes; i++) /* here the first operand of a convolution is B */
        s->pass[i] = (struct sy_pass){s->pass[i].conv_b, s->pass[i].conv_a};
}

/* Zero points as the kernels see them: bytes flipped to the other sign are 128 away. */
static void plan_zeros(struct state *s)
{
    const struct sy_fast *f = s->f;
    if (f->f32 || !s->kernels->shifted)
        return;
    s->a_zero = f->a.zero + (f->a.is_unsigned ? 0 : 128);
    s->b_zero = f->b.zero - (f->b.is_unsigned ? 128 : 0);
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Of as many panels as are needed, each as wide as the others: 64 lanes are 32 and 32, not 48 and 16. */
static int even_width(const struct sy_kernels *kernels, int64_t n)
{
    const int64_t vectors = ceil_div(n, kernels->vector), all = ceil_div(n, kernels->lanes);
    return (int)ceil_div(vectors, all) * kernels->vector;
}

/* How many panels of `width` are packed at a time, of `total`. */
static int64_t panels(const struct state *s, int64_t total, int width, int64_t room)
{
    const int64_t all = ceil_div(total, width), each = s->parts * s->words * width, fit = room / each;
    return fit < 1 ? 1 : fit < all ? fit : all;
}

static bool take_memory(struct state *s, int64_t high, int64_t wide)
{
    struct sy_cpu *cpu = s->f->cpu;
    const int height = s->kernels->rows, width = s->width;
    s->a = sy_cpu_scratch(cpu, PANELS_A, high * s->parts * s->words * height, sizeof *s->a);
    s->b = sy_cpu_scratch(cpu, PANELS_B, wide * s->parts * s->words * width, sizeof *s->b);
    s->row_add = sy_cpu_scratch(cpu, SUMS, high * height + wide * width, sizeof *s->row_add);
    s->column_add = s->row_add ? s->row_add + high * height : NULL;
    const struct sy_conv2d *v = s->f->pixels ? s->f->pixels->v : NULL;
    const bool padded = v && (v->pad_h > 0 || v->pad_w > 0 || (v->p - 1) * v->stride_h + (v->kh - 1) * v->dil_h >= v->h ||
                              (v->q - 1) * v->stride_w + (v->kw - 1) * v->dil_w >= v->w);
    if (s->f->f32 && padded)
        s->mask = sy_cpu_scratch(cpu, MASKS, wide * (s->words + 1), sizeof *s->mask);
    return s->a && s->b && s->row_add && (s->mask || !padded || !s->f->f32);
}

bool sy_fast_product(struct sy_fast *f)
{
    struct state s = {.f = f, .kernels = f->cpu->kernels};
    s.words = f->f32 ? f->k : ceil_div(f->k, s.kernels->group);
    plan_parts(&s);
    plan_zeros(&s);
    s.width = even_width(s.kernels, f->n);
    const int64_t all_rows = ceil_div(f->m, s.kernels->rows), all_columns = ceil_div(f->n, s.width);
    const int64_t high = panels(&s, f->m, s.kernels->rows, PACKED_A), wide = panels(&s, f->n, s.width, PACKED_B);
    struct sy_pool *pool = (double)f->m * (double)f->n * (double)(s.words * s.passes) < ALONE ? NULL : f->cpu->pool;
    if (!take_memory(&s, high, wide))
        return false;
    f->a_is_packed = f->a_is_packed && high == all_rows;
    for (s.row0 = 0; s.row0 < all_rows; s.row0 += high) {
        s.rows = all_rows - s.row0 < high ? all_rows - s.row0 : high;
        for (s.column0 = 0; s.column0 < all_columns; s.column0 += wide) {
            s.columns = all_columns - s.column0 < wide ? all_columns - s.column0 : wide;
            sy_pool_run(pool, s.columns + (f->a_is_packed ? 0 : s.rows), pack, &s);
            share(&s, sy_pool_threads(pool));
            sy_pool_run(pool, ceil_div(s.rows, s.block_rows) * ceil_div(s.columns, s.block_columns), block, &s);
            f->a_is_packed = true;
        }
        f->a_is_packed = high == all_rows;
    }
    return true;
}

bool sy_fast_gemm(struct sy_cpu *c, enum sy_precision precision, const struct sy_gemm *g)
{
    struct sy_fast f = {.cpu = c, .precision = precision, .f32 = g->f32, .m = g->m, .n = g->n, .k = g->k, .a = g->a, .b = g->b,
                        .c = g->c, .stride = g->n};
    return sy_fast_product(&f);
}
