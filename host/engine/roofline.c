/* SPDX-License-Identifier: Apache-2.0 */
/* What a device can do at most, measured: multiply-adds a second out of registers, and bytes a second from memory. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host/core/alloc.h"
#include "host/engine/cpu.h"
#include "host/engine/reference.h"

enum { DEPTH = 256, REPEAT = 2000, TRIES = 5 };
#define STREAM ((int64_t)4 << 20) /* elements of an array for each thread: beyond the caches */

struct measure {
    const struct sy_kernels *kernels;
    float *memory;   /* three arrays for each thread */
    double *seconds; /* of its processor, that each thread took */
    bool int8;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* what else the machine does is no part of its limit */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* One tile again and again, its panels in the nearest cache. */
static void multiply(void *user, int64_t thread)
{
    const struct measure *m = user;
    const struct sy_kernels *k = m->kernels;
    const double before = now();
    int32_t c[SY_TILE_ROWS * SY_TILE_LANES] = {0}, add[SY_TILE_LANES] = {0};
    int32_t *a = (int32_t *)(void *)(m->memory + thread * 3 * STREAM), *b = a + DEPTH * SY_TILE_ROWS;
    for (int i = 0; i < REPEAT; i++)
        if (m->int8)
            k->i32(k->rows, k->lanes, k->lanes, DEPTH, a, b, add, add, c, k->lanes);
        else
            k->f32(k->rows, k->lanes, k->lanes, DEPTH, (const float *)(void *)a, (const float *)(void *)b, NULL, (float *)(void *)c,
                   k->lanes);
    a[0] = c[0]; /* zeros, which no compiler can know */
    m->seconds[thread] = now() - before;
}

static void stream(void *user, int64_t thread)
{
    const struct measure *m = user;
    const double before = now();
    float *x = m->memory + thread * 3 * STREAM, *y = x + STREAM, *z = y + STREAM;
    for (int64_t i = 0; i < STREAM; i++)
        z[i] = x[i] + 3 * y[i];
    m->seconds[thread] = now() - before;
}

/* The best of some tries, all threads together. */
static double rate(struct sy_pool *pool, void (*body)(void *user, int64_t i), struct measure *m, double work)
{
    const int threads = sy_pool_threads(pool);
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        double found = 0;
        sy_pool_run(pool, threads, body, m);
        for (int t = 0; t < threads; t++)
            found += work / m->seconds[t];
        best = found > best ? found : best;
    }
    return best;
}

static enum systole_status measure(struct systole_context *ctx, const struct sy_cpu *c, struct systole_roofline *r)
{
    const struct sy_kernels *k = c->kernels;
    const int threads = sy_pool_threads(c->pool);
    struct measure m = {.kernels = k, .memory = sy_alloc((size_t)threads, (size_t)(3 * STREAM) * sizeof(float))};
    m.seconds = sy_alloc((size_t)threads, sizeof *m.seconds);
    if (!m.memory || !m.seconds) {
        sy_free(m.memory);
        sy_free(m.seconds);
        return sy_no_memory(ctx);
    }
    memset(m.memory, 0, (size_t)threads * (size_t)(3 * STREAM) * sizeof(float)); /* so that every page is there */
    const double steps = (double)k->rows * k->lanes * DEPTH * REPEAT;
    r->fp32_macs = rate(c->pool, multiply, &m, steps);
    m.int8 = true;
    r->int8_macs = rate(c->pool, multiply, &m, steps * k->group);
    r->bytes = rate(c->pool, stream, &m, 3.0 * (double)STREAM * sizeof(float));
    r->threads = (uint32_t)threads;
    sy_free(m.memory);
    sy_free(m.seconds);
    return SYSTOLE_OK;
}

/* What runs on the processor in another's loops is held against the same limits. */
static enum systole_status measure_processor(struct systole_context *ctx, int threads, struct systole_roofline *r)
{
    char name[64];
    struct sy_engine *cpu = NULL;
    snprintf(name, sizeof name, "cpu,threads=%d", threads);
    const enum systole_status status = sy_engine_open(ctx, name, &cpu);
    if (status)
        return status;
    const enum systole_status measured = measure(ctx, cpu->own, r);
    sy_engine_close(cpu);
    return measured;
}

enum systole_status systole_roofline(struct systole_context *ctx, const char *device, struct systole_roofline *out)
{
    struct sy_engine *e = NULL;
    if (!ctx || !device || !out || out->size < sizeof out->size)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(ctx);
    enum systole_status status = sy_engine_open(ctx, device, &e);
    if (status)
        return status;
    struct systole_roofline r = {.size = out->size};
    const struct sy_cpu *c = e->ops == &sy_engine_cpu_ops ? e->own : NULL;
    const int threads = sy_reference_threads(e);
    if (c && c->kernels)
        status = measure(ctx, c, &r);
    else if (threads)
        status = measure_processor(ctx, threads, &r);
    else
        status = sy_fail(ctx, SYSTOLE_UNSUPPORTED, "%s: the limits that are measured are the processor's; an array's is ROWS x COLS "
                                                   "multiply-adds a cycle", device);
    sy_engine_close(e);
    if (!status)
        memcpy(out, &r, out->size < sizeof r ? out->size : sizeof r);
    return status;
}
