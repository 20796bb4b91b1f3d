/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/gpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/core/alloc.h"

#define TUNE_FROM ((double)(1 << 26)) /* steps that make it worth the time */

struct sy_gpu_shape sy_gpu_shape_of(const struct sy_gpu *g, enum sy_gpu_kind kind)
{
    static const struct sy_gpu_shape slow = {.wide = 1, .tall = 2, .vectors = 2, .high = 4, .across = 8, .slab = 0};
    struct sy_gpu_shape s = g->shape;
    if (kind != SY_GPU_I8 && g->integer)
        return slow;
    if (kind == SY_GPU_I8 && g->has_dot) {
        s.vectors *= s.wide;
        s.wide = 1;
    }
    return s;
}

void sy_gpu_defines(const struct sy_gpu *g, enum sy_gpu_kind kind, char *text, size_t room)
{
    const struct sy_gpu_shape s = sy_gpu_shape_of(g, kind);
    snprintf(text, room,
             "-DKIND=%d -DMASKED=%d -DWIDE=%d -DTALL=%d -DVECTORS=%d -DHIGH=%d -DACROSS=%d -DSLAB=%d -DHAS_DOT=%d "
             "-DSYSTOLE_NAN_F32=0x%08xu -DSYSTOLE_NAN_BF16=0x%04xu",
             kind == SY_GPU_I8 ? 2 : g->integer, kind == SY_GPU_F32_MASKED, s.wide, s.tall, s.vectors, s.high, s.across, s.slab,
             kind == SY_GPU_I8 && g->has_dot, (unsigned)SYSTOLE_NAN_F32, (unsigned)SYSTOLE_NAN_BF16);
}

void sy_gpu_reshape(struct sy_gpu *g, struct sy_gpu_shape shape)
{
    g->ops->drop_kernels(g);
    g->shape = shape;
}

/* ---- the engine ---- */

static enum systole_status tuned(struct sy_gpu *g, struct systole_context *ctx, double steps)
{
    if (!g->may_tune || g->integer || steps < TUNE_FROM)
        return SYSTOLE_OK;
    g->may_tune = false;
    return sy_gpu_tune(g, ctx);
}

static enum systole_status gpu_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *m)
{
    struct sy_gpu *g = e->own;
    const enum systole_status status = tuned(g, ctx, (double)m->m * (double)m->n * (double)m->k);
    if (status)
        return status;
    struct sy_fast f = {.cpu = &g->host, .precision = e->precision, .f32 = m->f32, .m = m->m, .n = m->n, .k = m->k, .a = m->a,
                        .b = m->b, .c = m->c, .stride = m->n, .owner = g, .ctx = ctx};
    return sy_gpu_product(&f);
}

static enum systole_status gpu_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j)
{
    struct sy_gpu *g = e->own;
    const struct sy_conv2d *v = j->v;
    const enum systole_status status = tuned(g, ctx, (double)(v->p * v->q) * (double)(v->m * v->c) * (double)(v->kh * v->kw));
    if (status)
        return status;
    const struct sy_fast like = {.cpu = &g->host, .precision = e->precision, .owner = g, .ctx = ctx};
    sy_conv_start(j);
    return v->c * v->kh * v->kw == 0 ? SYSTOLE_OK : sy_conv_by_products(&like, j, sy_gpu_product);
}

static void gpu_close(struct sy_engine *e)
{
    struct sy_gpu *g = e->own;
    if (!g)
        return;
    g->ops->drop_kernels(g);
    g->ops->close(g);
    sy_cpu_drop(&g->host, 0);
    sy_pool_free(g->host.pool);
    sy_free(g);
    e->own = NULL;
}

const struct sy_engine_ops sy_engine_gpu_ops = {.gemm = gpu_gemm, .conv = gpu_conv, .close = gpu_close};

bool sy_gpu_number(const char *options, unsigned *number, const char **rest)
{
    char *end;
    if (options[0] != ':' || options[1] < '0' || options[1] > '9')
        return false;
    *number = (unsigned)strtoul(options + 1, &end, 10);
    *rest = end;
    return true;
}

bool sy_gpu_options(struct sy_gpu *g, const char *options)
{
    g->may_tune = true;
    while (*options) {
        const size_t length = *options == ',' ? strcspn(options + 1, ",") : 0;
        if (length == 11 && strncmp(options + 1, "mac=integer", length) == 0)
            g->integer = true;
        else if (length == 8 && strncmp(options + 1, "tune=off", length) == 0)
            g->may_tune = false;
        else
            return false;
        options += 1 + length;
    }
    return true;
}

enum systole_status sy_gpu_ready(struct sy_gpu *g, struct systole_context *ctx)
{
    if (g->integer)
        sy_log(ctx, SYSTOLE_LOG_INFO, "%s: fp32 steps are integer arithmetic: slow, and the same bits", g->name);
    g->host.kernels = sy_kernels_find(NULL);
    g->host.pool = sy_pool_new(sy_pool_cores());
    sy_gpu_first_shape(g, ctx);
    return g->host.pool ? SYSTOLE_OK : sy_no_memory(ctx);
}
