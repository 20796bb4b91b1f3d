/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How busy the array is over whole networks, from the first fetch to the last store, with every cycle accounted for.
 *
 *     bench_net [--report FILE] NETWORK@DEVICE[@bound] ...
 *
 * useful: MACs of the model / (cycles x rows x columns), in percent. The outputs are compared with the cpu's, byte by byte. Exit status 1 only
 * when one differs, or a network does not run; a figure below its bound is reported as such.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/include/systole.h"

enum { OUTPUTS = 8, PATH = 512 };

struct job {
    char path[PATH];
    const char *device;
    double bound;
};

struct result {
    struct systole_totals totals;
    uint64_t counter[SYSTOLE_COUNTERS], launches;
    double create, run; /* seconds of CPU time; by the clock */
    int outputs;
    struct systole_tensor *out[OUTPUTS];
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int give_input(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session)
{
    struct systole_value_info info = {.size = sizeof info};
    struct systole_tensor *t = NULL;
    uint32_t random = 1;
    const int told = systole_model_input(model, 0, &info) == SYSTOLE_OK;
    for (int i = 0; told && i < info.rank; i++)
        info.dims[i] = info.dims[i] < 0 ? 1 : info.dims[i]; /* the batch */
    if (!told || systole_tensor_create(ctx, info.dtype, info.rank, info.dims, NULL, &t))
        return 0;
    unsigned char *data = systole_tensor_data_mutable(t);
    for (int64_t i = 0; i < systole_tensor_count(t); i++) {
        random = random * 1664525u + 1013904223u;
        const float f = (float)(random >> 8) / (float)(1 << 23) - 1;
        if (info.dtype == SYSTOLE_F32)
            memcpy(data + 4 * i, &f, sizeof f);
        else
            data[i] = (unsigned char)(random >> 24);
    }
    const int fine = systole_session_set(session, info.name, t) == SYSTOLE_OK;
    systole_tensor_free(t);
    return fine;
}

static void take_counters(const struct systole_session *session, struct result *r)
{
    r->totals.size = sizeof r->totals;
    systole_session_totals(session, &r->totals);
    for (uint64_t i = 0; i < systole_session_step_count(session); i++) {
        struct systole_step s = {.size = sizeof s};
        systole_session_step(session, i, &s);
        r->launches += s.launches;
        for (int k = 0; k < SYSTOLE_COUNTERS; k++)
            r->counter[k] += s.counter[k];
    }
}

static int run(struct systole_context *ctx, struct systole_model *model, const char *device, struct result *r)
{
    struct systole_session *session = NULL;
    double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    int fine = systole_session_create(ctx, model, device, &session) == SYSTOLE_OK;
    r->create = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
    begin = seconds(CLOCK_MONOTONIC);
    fine = fine && give_input(ctx, model, session) && systole_session_run(session) == SYSTOLE_OK;
    r->run = seconds(CLOCK_MONOTONIC) - begin;
    for (int i = 0; fine && i < systole_model_output_count(model) && i < OUTPUTS; i++) {
        struct systole_value_info info = {.size = sizeof info};
        fine = !systole_model_output(model, i, &info) && !systole_session_get(session, info.name, &r->out[i]);
        r->outputs += fine;
    }
    if (fine)
        take_counters(session, r);
    else
        fprintf(stderr, "bench_net: %s: %s\n", device, systole_context_detail(ctx));
    systole_session_free(session);
    return fine;
}

static int same(const struct result *a, const struct result *b)
{
    int equal = a->outputs == b->outputs;
    for (int i = 0; i < a->outputs && equal; i++)
        equal = systole_tensor_bytes(a->out[i]) == systole_tensor_bytes(b->out[i]) &&
                memcmp(systole_tensor_data(a->out[i]), systole_tensor_data(b->out[i]), systole_tensor_bytes(a->out[i])) == 0;
    return equal;
}

static const char *name_of(const struct job *j)
{
    const char *slash = strrchr(j->path, '/');
    return slash ? slash + 1 : j->path;
}

static void print_row(const struct job *j, const struct result *r, FILE *report, int first)
{
    const struct systole_totals *t = &r->totals;
    const double cycles = (double)t->cycles, useful = cycles > 0 ? 100 * (double)t->macs / cycles / (double)(t->rows * t->cols) : 0;
    printf("%-24s %s: %llu MACs in %llu launches, %llu cycles, useful %.2f %% (at least %.0f%s), compiled in %.2f s of CPU time, run in %.1f s\n  ",
           name_of(j), j->device, (unsigned long long)t->macs, (unsigned long long)r->launches, (unsigned long long)t->cycles, useful, j->bound,
           useful < j->bound ? ": BELOW" : "", r->create, r->run);
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS; i++)
        if (systole_counter_is_share(i) && cycles > 0)
            printf(" %s %.2f", systole_counter_name(i), 100 * (double)r->counter[i] / cycles);
    printf("\n");
    if (report) {
        fprintf(report, "%s\n  {\"claim\": \"useful share of the array's cycles, %s, batch 1, on %s\", \"value\": %.3f, \"unit\": \"%%\", \"bound\": %.1f, "
                        "\"sense\": \"min\", \"command\": \"make bench-net\"}", first ? "" : ",", name_of(j), j->device, useful, j->bound);
        fprintf(report, ",\n  {\"claim\": \"CPU time to compile %s for %s\", \"value\": %.3f, \"unit\": \"s\", \"bound\": 2.0, \"sense\": \"max\", "
                        "\"command\": \"make bench-net\"}", name_of(j), j->device, r->create);
    }
}

/* 1: it ran, and its bytes are the cpu's. */
static int measure(struct systole_context *ctx, const struct job *j, FILE *report, int first)
{
    struct systole_model *model = NULL;
    struct result want = {.create = 0}, have = {.create = 0};
    int fine = systole_model_load(ctx, j->path, &model) == SYSTOLE_OK;
    if (!fine)
        fprintf(stderr, "bench_net: %s: %s\n", j->path, systole_context_detail(ctx));
    fine = fine && run(ctx, model, "cpu", &want) && run(ctx, model, j->device, &have);
    if (fine)
        print_row(j, &have, report, first);
    if (fine && !same(&want, &have)) {
        printf("  WRONG: the outputs are not the cpu's\n");
        fine = 0;
    }
    for (int i = 0; i < OUTPUTS; i++) {
        systole_tensor_free(want.out[i]);
        systole_tensor_free(have.out[i]);
    }
    systole_model_free(model);
    return fine;
}

int main(int argc, char **argv)
{
    struct systole_context *ctx = NULL;
    FILE *report = NULL;
    int fine = systole_context_create(NULL, &ctx) == SYSTOLE_OK, first = 1;
    for (int i = 1; i < argc && ctx; i++) {
        if (strcmp(argv[i], "--report") == 0 && i + 1 < argc) {
            report = fopen(argv[++i], "w");
            if (report)
                fprintf(report, "[");
            fine = fine && report;
            continue;
        }
        struct job j = {.bound = 0};
        snprintf(j.path, sizeof j.path, "%s", argv[i]);
        char *at = strchr(j.path, '@'), *bound = at ? strchr(at + 1, '@') : NULL;
        if (!at)
            break;
        *at = '\0';
        j.device = at + 1;
        if (bound) {
            *bound = '\0';
            j.bound = strtod(bound + 1, NULL);
        }
        fine = measure(ctx, &j, report, first) && fine;
        first = 0;
    }
    if (first)
        fprintf(stderr, "usage: bench_net [--report FILE] NETWORK@DEVICE[@bound] ...\n");
    if (report) {
        fprintf(report, "\n]\n");
        fine = fclose(report) == 0 && fine;
    }
    systole_context_free(ctx);
    return first ? 2 : !fine;
}
