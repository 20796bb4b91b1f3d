/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/cpu_panels.h"

#include <string.h>

enum { CHUNK = 64 }; /* rows of k that are split, or flipped, at a time; a multiple of every group */


int sy_panels_lanes(int64_t total, int64_t panel, int width)
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
static void fill_f32(const struct sy_panels *s, bool columns, int64_t panel, int64_t k0, int64_t k1, float *to)
{
    const struct sy_fast *f = s->f;
    const int width = columns ? s->width : s->height;
    const int64_t first = panel * width;
    const int lanes = sy_panels_lanes(columns ? f->n : f->m, panel, width);
    if (!columns || !f->pixels) {
        s->kernels->pack_f32(to, width, lanes, k1 - k0, source(columns ? &f->b : &f->a, columns, sizeof(float), first, k0));
        return;
    }
    uint64_t *mask = s->mask ? s->mask + (panel - s->column0) * (s->words + 1) : NULL;
    if (!sy_pixels_f32(f->pixels, first, lanes, k0, k1, width, to, mask ? mask + k0 : NULL) && mask)
        mask[s->words] = 1;
}

static void pack_f32(const struct sy_panels *s, bool columns, int64_t panel)
{
    const int width = columns ? s->width : s->height;
    const int64_t at = panel - (columns ? s->column0 : s->row0), panels = columns ? s->columns : s->rows;
    float *to = (float *)(void *)(columns ? s->b : s->a) + at * s->words * width;
    float chunk[CHUNK * SY_MOST_WIDE];
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

/* sum((a - za) * (b - zb)) = sum(ab) - zb * sum(a) - za * sum(b) + k * za * zb: what a row or column has beside sum(ab). */
static void add_zeros(const struct sy_panels *s, bool columns, int64_t at, const int32_t *panel)
{
    const int width = columns ? s->width : s->height;
    int32_t *to = columns ? s->column_add + at * width : s->row_add + at * width, sum[SY_MOST_WIDE];
    const uint32_t other = (uint32_t)(columns ? s->a_zero : s->b_zero);
    const uint32_t both = columns ? 0 : (uint32_t)s->f->k * (uint32_t)s->a_zero * (uint32_t)s->b_zero;
    memset(sum, 0, sizeof sum);
    if (other != 0)
        s->kernels->sum_words(sum, width, s->words, panel, !columns);
    for (int l = 0; l < width; l++)
        to[l] = (int32_t)(both - other * (uint32_t)sum[l]);
}

static void pack_i8(const struct sy_panels *s, bool columns, int64_t panel)
{
    const struct sy_fast *f = s->f;
    const struct sy_factor *from = columns ? &f->b : &f->a;
    const struct sy_bytes_as as = {.is_unsigned = from->is_unsigned, .to_unsigned = !columns, .zero = from->zero};
    const int width = columns ? s->width : s->height, group = s->kernels->group;
    const int lanes = sy_panels_lanes(columns ? f->n : f->m, panel, width);
    const int64_t at = panel - (columns ? s->column0 : s->row0);
    int32_t *to = (columns ? s->b : s->a) + at * s->words * width;
    uint8_t chunk[CHUNK * SY_MOST_WIDE];
    if (!columns || !f->pixels)
        s->kernels->pack_i8(to, width, lanes, f->k, source(from, columns, 1, panel * width, 0), as);
    for (int64_t k = 0; columns && f->pixels && k < f->k; k += CHUNK) {
        const int64_t end = k + CHUNK < f->k ? k + CHUNK : f->k;
        sy_pixels_i8(f->pixels, panel * width, lanes, k, end, width, chunk);
        s->kernels->pack_i8(to + k / group * width, width, lanes, end - k, (struct sy_source){chunk, width, 1}, as);
    }
    add_zeros(s, columns, at, to);
}

void sy_panels_pack(const struct sy_panels *s, bool columns, int64_t panel)
{
    if (s->f->f32)
        pack_f32(s, columns, panel);
    else
        pack_i8(s, columns, panel);
}

uint32_t sy_panels_part(const struct sy_panels *s, uint32_t part)
{
    uint32_t i = 0;
    while (i + 1 < s->parts && s->part[i] != part)
        i++;
    return i;
}

static void plan_parts(struct sy_panels *s)
{
    static const uint32_t order[SY_PARTS] = {SYSTOLE_CONV_F32_H, SYSTOLE_CONV_F32_M, SYSTOLE_CONV_F32_L};
    struct sy_pass pass[SY_MAX_PASSES];
    const enum sy_precision precision = s->f->f32 ? s->f->precision : SY_F32;
    s->passes = sy_cpu_passes(precision, pass);
    s->parts = precision == SY_X6 ? 3 : precision == SY_X3 ? 2 : 1;
    for (uint32_t i = 0; i < s->parts; i++)
        s->part[i] = precision == SY_F32 ? SY_WHOLE : order[i];
    for (uint32_t i = 0; i < s->passes; i++) /* the first operand of a convolution is B here */
        s->pass[i] = s->f->pixels ? (struct sy_pass){pass[i].conv_b, pass[i].conv_a} : pass[i];
}

/* Zero points as the kernels see them: bytes flipped to the other sign are 128 away. */
static void plan_zeros(struct sy_panels *s)
{
    const struct sy_fast *f = s->f;
    if (f->f32 || !s->kernels->shifted)
        return;
    s->a_zero = f->a.zero + (f->a.is_unsigned ? 0 : 128);
    s->b_zero = f->b.zero - (f->b.is_unsigned ? 128 : 0);
}

void sy_panels_plan(struct sy_panels *s, const struct sy_fast *f, const struct sy_kernels *kernels, int height, int width)
{
    *s = (struct sy_panels){.f = f, .kernels = kernels, .height = height, .width = width};
    s->words = f->f32 ? f->k : (f->k + kernels->group - 1) / kernels->group;
    plan_parts(s);
    plan_zeros(s);
}

bool sy_panels_have_masks(const struct sy_panels *s)
{
    const struct sy_conv2d *v = s->f->pixels ? s->f->pixels->v : NULL;
    return s->f->f32 && v && (v->pad_h > 0 || v->pad_w > 0 || (v->p - 1) * v->stride_h + (v->kh - 1) * v->dil_h >= v->h ||
                              (v->q - 1) * v->stride_w + (v->kw - 1) * v->dil_w >= v->w);
}

int64_t sy_panels_fit(const struct sy_panels *s, int64_t total, int width, int64_t room)
{
    const int64_t all = (total + width - 1) / width, each = s->parts * s->words * width, fit = room / each;
    return fit < 1 ? 1 : fit < all ? fit : all;
}

bool sy_panels_memory(struct sy_panels *s, int64_t high, int64_t wide)
{
    struct sy_cpu *cpu = s->f->cpu;
    s->a = sy_cpu_scratch(cpu, SY_PANELS_A, high * s->parts * s->words * s->height, sizeof *s->a);
    s->b = sy_cpu_scratch(cpu, SY_PANELS_B, wide * s->parts * s->words * s->width, sizeof *s->b);
    s->row_add = sy_cpu_scratch(cpu, SY_PANELS_SUMS, high * s->height + wide * s->width, sizeof *s->row_add);
    s->column_add = s->row_add ? s->row_add + high * s->height : NULL;
    const bool masks = sy_panels_have_masks(s);
    if (masks)
        s->mask = sy_cpu_scratch(cpu, SY_PANELS_MASKS, wide * (s->words + 1), sizeof *s->mask);
    return s->a && s->b && s->row_add && (s->mask || !masks);
}
