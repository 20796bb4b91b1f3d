/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's own time in a run of a compiled network, beside its waiting for the device, what it allocates, and what compiling took before.
 *
 *     bench_host [--report FILE] [--runs N] NETWORK@DEVICE[@MICROSECONDS] ...
 *
 * Of many runs the quickest counts: other processes only make it slower. Allocations of the whole program are counted, from the second run on, by
 * functions that stand before the C library's. Exit status 1 where a run allocates.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/include/systole.h"

enum { RUNS = 200, PATH = 512 };

struct setup {
    FILE *report;
    int runs; /* at most */
};

/* ---- allocations ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static unsigned long allocations;

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

/* ---- a network ---- */

struct result {
    double compile;        /* seconds of the processor, of making the session */
    double host;           /* seconds, of the quickest run */
    unsigned long allocated; /* in all runs but the first */
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double waited(const struct systole_session *session)
{
    struct systole_totals t = {.size = sizeof t};
    systole_session_totals(session, &t);
    return t.waited;
}

static enum systole_status set_zeros(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session)
{
    struct systole_value_info info = {.size = sizeof info};
    struct systole_tensor *t = NULL;
    enum systole_status status = systole_model_input(model, 0, &info);
    if (!status)
        status = systole_tensor_create(ctx, info.dtype, info.rank, info.dims, NULL, &t);
    if (!status)
        status = systole_session_set(session, info.name, t);
    systole_tensor_free(t);
    return status;
}

static enum systole_status measure(struct systole_context *ctx, const char *path, const char *device, int runs, struct result *r)
{
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    enum systole_status status = systole_model_load(ctx, path, &model);
    const double compile = processor();
    if (!status)
        status = systole_session_create(ctx, model, device, &session);
    *r = (struct result){.compile = processor() - compile, .host = 1e9};
    if (!status)
        status = set_zeros(ctx, model, session);
    if (!status)
        status = systole_session_run(session);
    const unsigned long before = allocations;
    const double begun = seconds();
    for (int i = 0; i < runs && !status && (i < 3 || seconds() - begun < 20); i++) {
        const double device_before = waited(session), start = seconds();
        status = systole_session_run(session);
        const double host = seconds() - start - (waited(session) - device_before);
        r->host = host < r->host ? host : r->host;
    }
    r->allocated = allocations - before;
    systole_session_free(session);
    systole_model_free(model);
    return status;
}

static void row(FILE *f, const char *claim, const char *path, const char *device, double value, const char *unit, const char *bound)
{
    if (f)
        fprintf(f, "%s  {\"claim\": \"%s, %s on %s\", \"value\": %.4g, \"unit\": \"%s\", \"bound\": %s, \"sense\": \"max\", \"command\": \"make bench-host\"}",
                ftell(f) > 2 ? ",\n" : "", claim, path, device, value, unit, bound);
}

/* 0; 1 where a run allocates, or nothing could be measured. */
static int measure_one(struct systole_context *ctx, const struct setup *u, const char *argument)
{
    char text[PATH];
    struct result r;
    snprintf(text, sizeof text, "%s", argument);
    char *rest = text, *path = strsep(&rest, "@"), *device = strsep(&rest, "@"), *bound = strsep(&rest, "@");
    if (!device || measure(ctx, path, device, u->runs, &r)) {
        fprintf(stderr, "bench_host: %s: %s\n", argument, device ? systole_context_detail(ctx) : "is not NETWORK@DEVICE[@MICROSECONDS]");
        return 1;
    }
    printf("%s on %s: %.1f us of the host beside the device, %lu allocations in its runs; compiled in %.2f s of the processor\n", path, device,
           1e6 * r.host, r.allocated, r.compile);
    row(u->report, "host's time of a run beside the device's", path, device, 1e6 * r.host, "us", bound ? bound : "0");
    row(u->report, "allocations in runs after the first", path, device, (double)r.allocated, "allocations", "0");
    row(u->report, "compiling, the processor's time", path, device, r.compile, "s", "2");
    return r.allocated != 0;
}

int main(int argc, char **argv)
{
    struct setup u = {.runs = RUNS};
    struct systole_context *ctx = NULL;
    int i = 1, wrong = 0;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "--report") == 0)
            wrong |= (u.report = fopen(argv[i + 1], "w")) == NULL;
        else if (strcmp(argv[i], "--runs") == 0)
            u.runs = atoi(argv[i + 1]);
        else
            break;
    }
    if (wrong || i == argc || argv[i][0] == '-' || u.runs < 1)
        return fprintf(stderr, "usage: bench_host [--report FILE] [--runs N] NETWORK@DEVICE[@MICROSECONDS] ...\n"), 2;
    wrong = systole_context_create(NULL, &ctx) != SYSTOLE_OK;
    if (u.report)
        fputs("[\n", u.report);
    for (; i < argc && !wrong; i++)
        wrong = measure_one(ctx, &u, argv[i]);
    if (u.report) {
        fputs("\n]\n", u.report);
        wrong |= fclose(u.report) != 0;
    }
    systole_context_free(ctx);
    return wrong;
}
