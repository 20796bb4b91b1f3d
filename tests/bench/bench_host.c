/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's own time in a run of a compiled network, beside its waiting for the device, and what it allocates.
 *
 *     bench_host [--report FILE] NETWORK@DEVICE[@MICROSECONDS] ...
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
    double host;           /* seconds, of the quickest run */
    unsigned long allocated; /* in all runs but the first */
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
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

static enum systole_status measure(struct systole_context *ctx, const char *path, const char *device, struct result *r)
{
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    enum systole_status status = systole_model_load(ctx, path, &model);
    if (!status)
        status = systole_session_create(ctx, model, device, &session);
    if (!status)
        status = set_zeros(ctx, model, session);
    if (!status)
        status = systole_session_run(session);
    const unsigned long before = allocations;
    const double begun = seconds();
    *r = (struct result){.host = 1e9};
    for (int i = 0; i < RUNS && !status && (i < 3 || seconds() - begun < 20); i++) {
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

int main(int argc, char **argv)
{
    const int reports = argc > 2 && strcmp(argv[1], "--report") == 0;
    FILE *report = reports ? fopen(argv[2], "w") : NULL;
    struct systole_context *ctx = NULL;
    int wrong = systole_context_create(NULL, &ctx) != SYSTOLE_OK || (reports && !report);
    if (report)
        fputs("[\n", report);
    for (int i = reports ? 3 : 1; i < argc && !wrong; i++) {
        char text[PATH];
        struct result r;
        snprintf(text, sizeof text, "%s", argv[i]);
        char *rest = text, *path = strsep(&rest, "@"), *device = strsep(&rest, "@"), *bound = strsep(&rest, "@");
        if (!device || measure(ctx, path, device, &r)) {
            fprintf(stderr, "bench_host: %s: %s\n", argv[i], device ? systole_context_detail(ctx) : "is not NETWORK@DEVICE[@MICROSECONDS]");
            wrong = 1;
            break;
        }
        wrong |= r.allocated != 0;
        printf("%s on %s: %.1f us of the host beside the device, %lu allocations in its runs\n", path, device, 1e6 * r.host, r.allocated);
        if (report)
            fprintf(report,
                    "%s  {\"claim\": \"host's time of a run beside the device's, %s on %s\", \"value\": %.2f, \"unit\": \"us\", \"bound\": %s, "
                    "\"sense\": \"max\", \"command\": \"make bench-host\"},\n  {\"claim\": \"allocations in runs after the first, %s on %s\", "
                    "\"value\": %lu, \"unit\": \"allocations\", \"bound\": 0, \"sense\": \"max\", \"command\": \"make bench-host\"}",
                    ftell(report) > 2 ? ",\n" : "", path, device, 1e6 * r.host, bound ? bound : "0", path, device, r.allocated);
    }
    if (report) {
        fputs("\n]\n", report);
        wrong |= fclose(report) != 0;
    }
    systole_context_free(ctx);
    return wrong;
}
