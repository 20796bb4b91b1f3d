/* SPDX-License-Identifier: Apache-2.0 */
/* The engine on the host: the same passes over the parts of the operands, in the same order, as a device. */
#include "host/engine/cpu.h"

#include <stdlib.h>
#include <string.h>

#include "host/core/alloc.h"

/* Kept between products; more than this is given back after each. */
#define KEEP ((size_t)1 << 28)

void *sy_cpu_scratch(struct sy_cpu *c, enum sy_scratch which, int64_t count, size_t size)
{
    int64_t bytes;
    if (!sy_mul(count, (int64_t)size, &bytes))
        return NULL;
    if (c->size[which] < (size_t)bytes || !c->scratch[which]) {
        sy_free(c->scratch[which]);
        c->scratch[which] = sy_alloc((size_t)bytes, 1);
        c->size[which] = c->scratch[which] ? (size_t)bytes : 0;
    }
    return c->scratch[which];
}

void sy_cpu_drop(struct sy_cpu *c, size_t keep)
{
    for (int i = 0; i < SY_SCRATCH; i++)
        if (c->size[i] > keep || keep == 0) {
            sy_free(c->scratch[i]);
            c->scratch[i] = NULL;
            c->size[i] = 0;
        }
}

/* An engine without a state of its own (engine.c's for numbers that have no parts) runs in the caller's thread. */
static enum systole_status cpu_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    struct sy_cpu alone = {.kernels = sy_kernels_find(NULL)}, *c = e->own ? e->own : &alone;
    if (!c->kernels)
        return sy_naive_gemm(e->precision, g) ? SYSTOLE_OK : sy_no_memory(ctx);
    const enum systole_status status = sy_fast_gemm(c, ctx, e->precision, g);
    sy_cpu_drop(c, e->own ? KEEP : 0);
    return status;
}

static enum systole_status cpu_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j)
{
    struct sy_cpu alone = {.kernels = sy_kernels_find(NULL)}, *c = e->own ? e->own : &alone;
    if (!c->kernels)
        return sy_naive_conv(e->precision, j) ? SYSTOLE_OK : sy_no_memory(ctx);
    const enum systole_status status = sy_fast_conv(c, ctx, e->precision, j);
    sy_cpu_drop(c, e->own ? KEEP : 0);
    return status;
}

static void cpu_close(struct sy_engine *e)
{
    struct sy_cpu *c = e->own;
    if (!c)
        return;
    sy_cpu_drop(c, 0);
    sy_pool_free(c->pool);
    sy_free(c);
    e->own = NULL;
}

/* One option, "threads=N" or "kernel=NAME"; false: it is neither, or its value is none. */
static bool take_option(struct sy_cpu *c, int *threads, const char *option, size_t length)
{
    char text[64];
    if (length >= sizeof text)
        return false;
    memcpy(text, option, length);
    text[length] = '\0';
    if (strncmp(text, "threads=", 8) == 0) {
        char *end;
        const long n = strtol(text + 8, &end, 10);
        *threads = n < 1 || n > 256 ? 0 : (int)n;
        return *end == '\0' && end != text + 8 && *threads > 0;
    }
    if (strncmp(text, "kernel=", 7) != 0)
        return false;
    c->kernels = strcmp(text + 7, "naive") == 0 ? NULL : sy_kernels_find(text + 7);
    return text[7] != '\0' && (c->kernels || strcmp(text + 7, "naive") == 0);
}

enum systole_status sy_engine_open_cpu(struct sy_engine *e, struct systole_context *ctx, const char *options)
{
    struct sy_cpu *c = sy_alloc(1, sizeof *c);
    int threads = sy_pool_cores();
    if (!c)
        return sy_no_memory(ctx);
    e->own = c;
    e->ops = &sy_engine_cpu_ops;
    c->kernels = sy_kernels_find(NULL);
    while (*options) {
        const size_t length = strcspn(options + 1, ",");
        if (*options != ',' || !take_option(c, &threads, options + 1, length)) {
            const enum systole_status status =
                sy_fail(ctx, SYSTOLE_BAD_DEVICE,
                        "cpu: option '%.*s': there are threads=1 to 256, kernel=%s (the best here), avx512, avx2, portable or "
                        "naive where the processor has them, and precision=f32, x6, x3, x1",
                        (int)length, options + 1, sy_kernels_find(NULL)->name);
            cpu_close(e);
            return status;
        }
        options += 1 + length;
    }
    c->pool = sy_pool_new(threads);
    if (c->pool)
        return SYSTOLE_OK;
    cpu_close(e);
    return sy_no_memory(ctx);
}

const struct sy_engine_ops sy_engine_cpu_ops = {.gemm = cpu_gemm, .conv = cpu_conv, .close = cpu_close};
