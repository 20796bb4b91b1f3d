/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which shape is fastest on a device: tried once, then read from the user's cache folder ($XDG_CACHE_HOME, else ~/.cache) at every
 * start. The file's name has a hash of the device, its driver and the kernels' text; whatever is not as it should be is tried again.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/core/alloc.h"
#include "host/engine/gpu.h"

/* Vectors in registers for processors, local memory and small vectors for the others; a block is at most 64 x 64. */
static const struct sy_gpu_shape processors[] = {
    {16, 8, 2, 1, 1, 0}, {16, 8, 3, 1, 1, 0}, {8, 8, 2, 1, 1, 0}, {8, 6, 2, 1, 1, 0}, {4, 8, 2, 1, 1, 0}, {16, 4, 2, 1, 1, 0},
};
static const struct sy_gpu_shape others[] = {
    {4, 8, 2, 8, 8, 16}, {4, 4, 1, 16, 16, 16}, {2, 8, 4, 8, 8, 16}, {4, 8, 2, 8, 8, 8}, {1, 8, 8, 8, 8, 16}, {4, 8, 2, 8, 8, 0},
    {4, 4, 2, 8, 8, 16}, {1, 4, 4, 16, 16, 16},
};

enum { PATH_ROOM = 1024, SIDE = 256, DEPTH = 512, TRIES = 3 };

const struct sy_gpu_shape *sy_gpu_shapes(bool for_cpu, size_t *count)
{
    *count = for_cpu ? sizeof processors / sizeof *processors : sizeof others / sizeof *others;
    return for_cpu ? processors : others;
}

static uint64_t add_hash(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    return hash;
}

/* The file, and with `make` the folders that it is in. False: there is no place. */
static bool cache_file(const struct sy_gpu *g, char path[PATH_ROOM], bool make)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    uint64_t hash = add_hash(add_hash(0xcbf29ce484222325u, g->name), g->driver);
    char folder[PATH_ROOM - 64];
    for (unsigned i = 0; i < sy_gpu_lines; i++)
        hash = add_hash(hash, sy_gpu_source[i]);
    const bool given = cache && cache[0] == '/';
    if (!given && !(home && home[0] == '/'))
        return false;
    const int used = given ? snprintf(folder, sizeof folder, "%s", cache) : snprintf(folder, sizeof folder, "%s/.cache", home);
    if (used < 0 || (size_t)used + 16 >= sizeof folder)
        return false;
    if (make)
        mkdir(folder, 0755);
    strcat(folder, "/systole");
    if (make)
        mkdir(folder, 0755);
    snprintf(path, PATH_ROOM, "%s/kernel-%016llx.txt", folder, (unsigned long long)hash);
    return true;
}

/* A file may say anything; only one of the shapes here is taken from it. */
static bool is_known(const struct sy_gpu_shape *s)
{
    bool known = false;
    for (int kind = 0; kind < 2; kind++) {
        size_t count;
        const struct sy_gpu_shape *shapes = sy_gpu_shapes(kind, &count);
        for (size_t i = 0; i < count; i++)
            known = known || memcmp(s, &shapes[i], sizeof *s) == 0;
    }
    return known;
}

static bool read_shape(const struct sy_gpu *g, struct sy_gpu_shape *s)
{
    char path[PATH_ROOM];
    FILE *f = cache_file(g, path, false) ? fopen(path, "r") : NULL;
    if (!f)
        return false;
    const int got = fscanf(f, "%d %d %d %d %d %d", &s->wide, &s->tall, &s->vectors, &s->high, &s->across, &s->slab);
    fclose(f);
    return got == 6 && is_known(s);
}

static void write_shape(const struct sy_gpu *g, struct systole_context *ctx, double rate)
{
    const struct sy_gpu_shape *s = &g->shape;
    char path[PATH_ROOM], beside[PATH_ROOM + 32];
    if (!cache_file(g, path, true))
        return;
    snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid());
    FILE *f = fopen(beside, "w");
    bool whole = f && fprintf(f, "%d %d %d %d %d %d\n# %s, %s: %.2f GMAC/s\n", s->wide, s->tall, s->vectors, s->high, s->across,
                              s->slab, g->name, g->driver, rate) > 0;
    if (f)
        whole = fclose(f) == 0 && whole;
    if (f && (!whole || rename(beside, path) != 0)) {
        remove(beside);
        whole = false;
    }
    if (!whole)
        sy_log(ctx, SYSTOLE_LOG_INFO, "%s: the best shape could not be kept in %s; it is looked for again next time", g->name, path);
}

void sy_gpu_first_shape(struct sy_gpu *g, struct systole_context *ctx)
{
    struct sy_gpu_shape s;
    size_t count;
    g->shape = *sy_gpu_shapes(g->is_cpu, &count);
    if (!read_shape(g, &s))
        return;
    g->shape = s;
    g->may_tune = false;
    sy_log(ctx, SYSTOLE_LOG_DEBUG, "%s: %d lanes x %d, %d rows, groups of %d x %d, slabs of %d", g->name, s.wide, s.vectors, s.tall,
           s.high, s.across, s.slab);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* GMAC/s of the present shape; 0 where it does not run on this device. */
static double rate_of(struct sy_gpu *g, struct systole_context *ctx, const float *operands, float *c)
{
    struct systole_context quiet = {0}; /* a shape that does not fit is no failure of the caller's */
    struct sy_fast f = {.cpu = &g->host, .precision = SY_F32, .f32 = true, .m = SIDE, .n = SIDE, .k = DEPTH, .c = c, .stride = SIDE,
                        .a = {operands, DEPTH, 1, false, 0}, .b = {operands, SIDE, 1, false, 0}, .owner = g, .ctx = &quiet};
    double best = 0;
    for (int i = 0; i <= TRIES; i++) {
        const double before = now();
        if (sy_gpu_product(&f)) {
            sy_log(ctx, SYSTOLE_LOG_DEBUG, "%s: %s", g->name, systole_context_detail(&quiet));
            return 0;
        }
        const double rate = (double)SIDE * SIDE * DEPTH / (now() - before) * 1e-9;
        best = i > 0 && rate > best ? rate : best; /* the first built the kernel */
    }
    return best;
}

enum systole_status sy_gpu_tune(struct sy_gpu *g, struct systole_context *ctx)
{
    size_t count;
    const struct sy_gpu_shape *tried = sy_gpu_shapes(g->is_cpu, &count);
    float *operands = sy_alloc(SIDE * DEPTH, sizeof *operands), *c = sy_alloc(SIDE * SIDE, sizeof *c);
    struct sy_gpu_shape best = tried[0];
    double most = 0;
    if (operands && c)
        sy_log(ctx, SYSTOLE_LOG_INFO, "%s: trying %zu shapes of the kernel, once for this device", g->name, count);
    for (size_t i = 0; i < count && operands && c; i++) {
        sy_gpu_reshape(g, tried[i]);
        const double rate = rate_of(g, ctx, operands, c);
        if (rate > most) {
            most = rate;
            best = tried[i];
        }
    }
    sy_gpu_reshape(g, best);
    if (most > 0)
        write_shape(g, ctx, most);
    const bool whole = operands && c;
    sy_free(operands);
    sy_free(c);
    return whole ? SYSTOLE_OK : sy_no_memory(ctx);
}
