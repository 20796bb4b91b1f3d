/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions on the host: for each group and image a product of its weights with the pixels; plane by plane for one or two channels out. */
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/cpu.h"

enum { FEW = 2 }; /* channels out of a group that are done plane by plane */

void sy_order_weights(const struct sy_conv2d *v, const char *from, char *to, size_t size)
{
    const int64_t taps = v->kh * v->kw;
    for (int64_t m = 0; m < v->m; m++)
        for (int64_t tap = 0; tap < taps; tap++)
            for (int64_t c = 0; c < v->c; c++, to += size)
                memcpy(to, from + (size_t)((m * v->c + c) * taps + tap) * size, size);
}

enum systole_status sy_conv_by_products(const struct sy_fast *like, const struct sy_conv_job *j,
                                        enum systole_status (*product)(struct sy_fast *f))
{
    const struct sy_conv2d *v = j->v;
    const size_t size = j->f32 ? sizeof(float) : 1;
    const int64_t k = v->c * v->kh * v->kw, area = v->h * v->w, out = v->p * v->q;
    char *dense = sy_cpu_scratch(like->cpu, SY_WEIGHTS, v->m * k, size);
    enum systole_status status = dense ? SYSTOLE_OK : sy_no_memory(like->ctx);
    for (int64_t g = 0; g < v->groups && !status; g++) {
        sy_order_weights(v, (const char *)j->w.data + (size_t)(g * v->m * k) * size, dense, size);
        struct sy_fast f = *like;
        f.f32 = j->f32;
        f.m = v->m;
        f.n = f.stride = out;
        f.k = k;
        f.a = (struct sy_factor){dense, k, 1, j->w.is_unsigned, j->w.zero};
        f.b = (struct sy_factor){NULL, 0, 0, j->x.is_unsigned, j->x.zero};
        for (int64_t image = 0; image < v->batch && !status; image++) {
            const struct sy_pixels pixels = {
                v, (const char *)j->x.data + (size_t)((image * v->groups + g) * v->c * area) * size, j->x.zero};
            f.pixels = &pixels;
            f.c = (uint32_t *)j->y + (image * v->groups + g) * v->m * out;
            status = product(&f);
        }
    }
    return status;
}

/* ---- plane by plane ---- */

struct planes {
    struct sy_taps taps;
    const struct sy_kernels *kernels;
    int64_t channels;
    bool last;
};

static void plane(void *user, int64_t i)
{
    const struct planes *p = user;
    const struct sy_conv2d *v = p->taps.v;
    sy_conv_plane(&p->taps, i / p->channels, i % p->channels);
    if (p->taps.f32 && p->last)
        p->kernels->canonical((float *)p->taps.y + i * v->p * v->q, v->p * v->q);
}

static bool planes_i8(struct sy_cpu *cpu, const struct sy_conv_job *j, struct planes *p, int64_t in, int64_t weights)
{
    const struct sy_factor x = {j->x.data, in, 1, j->x.is_unsigned, j->x.zero}, w = {j->w.data, weights, 1, j->w.is_unsigned, j->w.zero};
    void *px = sy_gather(&x, 1, in, false), *pw = sy_gather(&w, 1, weights, false);
    p->taps.x = px;
    p->taps.w = pw;
    if (px && pw)
        sy_pool_run(cpu->pool, j->v->batch * p->channels, plane, p);
    sy_free(px);
    sy_free(pw);
    return px && pw;
}

static bool by_planes(struct sy_cpu *cpu, enum sy_precision precision, const struct sy_conv_job *j)
{
    const struct sy_conv2d *v = j->v;
    const int64_t in = v->batch * v->groups * v->c * v->h * v->w, weights = v->groups * v->m * v->c * v->kh * v->kw;
    struct planes p = {.taps = {v, j->f32, j->x.data, j->w.data, j->y}, .kernels = cpu->kernels, .channels = v->groups * v->m};
    struct sy_pass pass[SY_MAX_PASSES];
    if (!j->f32)
        return planes_i8(cpu, j, &p, in, weights);
    const uint32_t passes = sy_cpu_passes(precision, pass);
    float *parts = precision == SY_F32 ? NULL : sy_cpu_scratch(cpu, SY_INPUT_PARTS, in + weights, sizeof *parts);
    if (precision != SY_F32 && !parts)
        return false;
    for (uint32_t i = 0; i < passes; i++) {
        if (parts) {
            cpu->kernels->split(parts, j->x.data, in, pass[i].conv_a);
            cpu->kernels->split(parts + in, j->w.data, weights, pass[i].conv_b);
            p.taps.x = parts;
            p.taps.w = parts + in;
        }
        p.last = i + 1 == passes;
        sy_pool_run(cpu->pool, v->batch * p.channels, plane, &p);
    }
    return true;
}

enum systole_status sy_fast_conv(struct sy_cpu *c, struct systole_context *ctx, enum sy_precision precision, const struct sy_conv_job *j)
{
    const struct sy_fast like = {.cpu = c, .precision = precision, .ctx = ctx};
    sy_conv_start(j);
    if (j->v->c == 0 || j->v->kh == 0 || j->v->kw == 0)
        return SYSTOLE_OK;
    if (j->v->m > FEW)
        return sy_conv_by_products(&like, j, sy_fast_product);
    return by_planes(c, precision, j) ? SYSTOLE_OK : sy_no_memory(ctx);
}
