/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine on the host computes, as plain loops: the passes over the parts of the operands, step after step. */
#include <math.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/core/bits.h"
#include "host/engine/cpu.h"
#include "host/ref/chain.h"

/* fp32 rounded to the upper half of its bits. */
static float rounded(float x)
{
    uint32_t u = sy_to_bits(x);
    if (isnan(x))
        return sy_from_bits(SYSTOLE_NAN_F32);
    u += 0x7fff + ((u >> 16) & 1);
    return sy_from_bits(u & 0xffff0000u);
}

/* A part of a number, as docs/numerics.md splits it. */
static float part_of(float x, uint32_t conv)
{
    float h = rounded(x);
    if (isinf(h) && isfinite(x))
        h = sy_from_bits(sy_to_bits(x) & 0xffff0000u);
    if (conv == SYSTOLE_CONV_F32_H)
        return h;
    if (!isfinite(x))
        return 0;
    const float m = rounded(x - h);
    return conv == SYSTOLE_CONV_F32_M ? m : rounded(x - h - m);
}

float sy_engine_part(float x, int part)
{
    static const uint32_t conv[] = {SYSTOLE_CONV_F32_H, SYSTOLE_CONV_F32_M, SYSTOLE_CONV_F32_L};
    return part_of(x, conv[part]);
}

uint32_t sy_cpu_passes(enum sy_precision precision, struct sy_pass pass[SY_MAX_PASSES])
{
    if (precision != SY_F32)
        return sy_product_split((uint32_t)precision, pass);
    pass[0].conv_a = pass[0].conv_b = SY_WHOLE;
    return 1;
}

static float *parts(const float *from, int64_t count, uint32_t conv)
{
    float *to = sy_alloc((size_t)count, sizeof *to);
    if (to && conv == SY_WHOLE)
        return memcpy(to, from, (size_t)count * sizeof *to);
    for (int64_t i = 0; to && i < count; i++)
        to[i] = part_of(from[i], conv);
    return to;
}

void *sy_gather(const struct sy_factor *f, int64_t rows, int64_t cols, bool f32)
{
    void *to = sy_alloc((size_t)rows, (size_t)cols * 4);
    for (int64_t r = 0; to && r < rows; r++)
        for (int64_t c = 0; c < cols; c++) {
            const int64_t at = r * f->row + c * f->column;
            if (f32)
                ((float *)to)[r * cols + c] = ((const float *)f->data)[at];
            else
                ((int32_t *)to)[r * cols + c] =
                    (f->is_unsigned ? ((const uint8_t *)f->data)[at] : ((const int8_t *)f->data)[at]) - f->zero;
        }
    return to;
}

static void multiply_i32(const struct sy_gemm *g, const int32_t *a, const int32_t *b)
{
    int32_t *c = g->c;
    for (int64_t m = 0; m < g->m; m++)
        for (int64_t k = 0; k < g->k; k++)
            sy_chain_i32(c + m * g->n, a[m * g->k + k], b + k * g->n, 1, g->n);
}

static bool multiply_f32(enum sy_precision precision, const struct sy_gemm *g, const float *a, const float *b)
{
    struct sy_pass pass[SY_MAX_PASSES];
    const uint32_t passes = sy_cpu_passes(precision, pass);
    bool whole = true;
    for (uint32_t p = 0; p < passes && whole; p++) {
        float *pa = parts(a, g->m * g->k, pass[p].conv_a), *pb = parts(b, g->k * g->n, pass[p].conv_b);
        whole = pa && pb;
        if (whole)
            sy_matmul_f32(g->m, g->n, g->k, (struct sy_matrix){pa, g->k, 1}, (struct sy_matrix){pb, g->n, 1}, g->c);
        sy_free(pa);
        sy_free(pb);
    }
    return whole;
}

bool sy_naive_gemm(enum sy_precision precision, const struct sy_gemm *g)
{
    void *a = sy_gather(&g->a, g->m, g->k, g->f32), *b = sy_gather(&g->b, g->k, g->n, g->f32);
    bool whole = a && b;
    if (whole && g->f32)
        whole = multiply_f32(precision, g, a, b);
    else if (whole)
        multiply_i32(g, a, b);
    sy_free(a);
    sy_free(b);
    return whole;
}

/* ---- convolutions: a row of outputs at a time ---- */

/* One step of the chains of a row of outputs: element (channel, kh, kw) of the kernel. */
static void step(const struct sy_taps *t, int64_t image, int64_t oc, int64_t p, int64_t ch, int64_t kh, int64_t kw)
{
    const struct sy_conv2d *v = t->v;
    const int64_t y = p * v->stride_h + kh * v->dil_h - v->pad_h, shift = kw * v->dil_w - v->pad_w;
    if (y < 0 || y >= v->h)
        return;
    const int64_t lo = shift >= 0 ? 0 : (-shift + v->stride_w - 1) / v->stride_w;
    const int64_t room = v->w - shift <= 0 ? 0 : (v->w - shift + v->stride_w - 1) / v->stride_w;
    const int64_t hi = room < v->q ? room : v->q;
    if (lo >= hi)
        return;
    const int64_t in = ((image * v->groups * v->c + oc / v->m * v->c + ch) * v->h + y) * v->w + lo * v->stride_w + shift;
    const int64_t out = ((image * v->groups * v->m + oc) * v->p + p) * v->q + lo;
    const int64_t wi = ((oc * v->c + ch) * v->kh + kh) * v->kw + kw;
    if (t->f32)
        sy_chain_f32((float *)t->y + out, ((const float *)t->w)[wi], (const float *)t->x + in, v->stride_w, hi - lo);
    else
        sy_chain_i32((int32_t *)t->y + out, ((const int32_t *)t->w)[wi], (const int32_t *)t->x + in, v->stride_w, hi - lo);
}

void sy_conv_plane(const struct sy_taps *t, int64_t image, int64_t oc)
{
    const struct sy_conv2d *v = t->v;
    for (int64_t p = 0; p < v->p; p++)
        for (int64_t kh = 0; kh < v->kh; kh++)
            for (int64_t kw = 0; kw < v->kw; kw++)
                for (int64_t ch = 0; ch < v->c; ch++)
                    step(t, image, oc, p, ch, kh, kw);
}

void sy_conv_start(const struct sy_conv_job *j)
{
    const struct sy_conv2d *v = j->v;
    uint32_t *y = j->y;
    if (j->from_y)
        return;
    for (int64_t image = 0; image < v->batch; image++)
        for (int64_t oc = 0; oc < v->groups * v->m; oc++)
            for (int64_t i = 0; i < v->p * v->q; i++)
                *y++ = j->bias ? ((const uint32_t *)j->bias)[oc] : 0;
}

bool sy_naive_conv(enum sy_precision precision, const struct sy_conv_job *j)
{
    const struct sy_conv2d *v = j->v;
    const int64_t in = v->batch * v->groups * v->c * v->h * v->w, weights = v->groups * v->m * v->c * v->kh * v->kw;
    struct sy_pass pass[SY_MAX_PASSES];
    const uint32_t passes = j->f32 ? sy_cpu_passes(precision, pass) : 1;
    bool whole = true;
    sy_conv_start(j);
    for (uint32_t p = 0; p < passes && whole; p++) {
        const struct sy_factor x = {j->x.data, in, 1, j->x.is_unsigned, j->x.zero};
        const struct sy_factor w = {j->w.data, weights, 1, j->w.is_unsigned, j->w.zero};
        void *px = j->f32 ? (void *)parts(j->x.data, in, pass[p].conv_a) : sy_gather(&x, 1, in, false);
        void *pw = j->f32 ? (void *)parts(j->w.data, weights, pass[p].conv_b) : sy_gather(&w, 1, weights, false);
        whole = px && pw;
        for (int64_t i = 0; whole && i < v->batch * v->groups * v->m; i++)
            sy_conv_plane(&(struct sy_taps){v, j->f32, px, pw, j->y}, i / (v->groups * v->m), i % (v->groups * v->m));
        sy_free(px);
        sy_free(pw);
    }
    if (whole && j->f32)
        sy_canonical_f32(j->y, v->batch * v->groups * v->m * v->p * v->q);
    return whole;
}
