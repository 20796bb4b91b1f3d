/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How busy the array is over whole networks, from the first fetch to the last store, with every cycle accounted for.
 *
 *     bench_net [--report FILE] [--command TEXT] NETWORK@DEVICE[@BOUND[@TWIN]] ...
 *
 * useful: MACs of the model / (cycles x rows x columns), in percent. With the host: the same, where the host's own time of a run beside its waiting
 * for the device counts too, as cycles of a clock of 250 MHz. A BOUND with "bus" before it is of the share of the memory bus, in percent of its bytes
 * a cycle. The outputs are compared with the cpu's, byte by byte, but for a model with data=0, which has none. TWIN is a second device, whose
 * outputs and counters must be the same: the RTL, where the first is the fast model. Exit status 1 only when something differs, or a network does
 * not run; a figure below its bound is reported as such.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/include/systole.h"

enum { OUTPUTS = 8, PATH = 512, RUNS = 3 };

static const double clock_hz = 250e6; /* what the recipes ask the tools for */
static const char *command = "make bench-net";

struct job {
    char path[PATH];
    const char *device, *twin; /* twin: NULL for none */
    double bound, bus_bound;
};

struct result {
    struct systole_totals totals;
    uint64_t counter[SYSTOLE_COUNTERS], launches;
    double create, run, host; /* seconds of CPU time; by the clock; of them the host's own, in the quickest run */
    int outputs;
    uint32_t bus_bytes;
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

static int one_run(struct systole_session *session, struct result *r)
{
    struct systole_totals before = {.size = sizeof before}, after = before;
    systole_session_totals(session, &before);
    const double begin = seconds(CLOCK_MONOTONIC);
    const int fine = systole_session_run(session) == SYSTOLE_OK;
    r->run = seconds(CLOCK_MONOTONIC) - begin;
    systole_session_totals(session, &after);
    const double host = r->run - (after.waited - before.waited);
    r->host = r->host > 0 && r->host < host ? r->host : host;
    return fine;
}

static int run(struct systole_context *ctx, struct systole_model *model, const char *device, struct result *r)
{
    struct systole_session *session = NULL;
    double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    int fine = systole_session_create(ctx, model, device, &session) == SYSTOLE_OK;
    r->create = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
    fine = fine && give_input(ctx, model, session) && one_run(session, r);
    for (int i = 0; fine && i < systole_model_output_count(model) && i < OUTPUTS; i++) {
        struct systole_value_info info = {.size = sizeof info};
        fine = !systole_model_output(model, i, &info) && !systole_session_get(session, info.name, &r->out[i]);
        r->outputs += fine;
    }
    struct systole_device_info info = {.size = sizeof info};
    if (fine && strncmp(device, "cpu", 3) != 0 && systole_device_query(ctx, device, &info) == SYSTOLE_OK)
        r->bus_bytes = info.bus_bytes;
    if (fine)
        take_counters(session, r);
    /* The first run allocates what the others use again. Those on the RTL take too long to be repeated for the host's sake. */
    for (int i = 1; fine && i < RUNS && r->run < 2; i++)
        fine = one_run(session, r);
    if (!fine)
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

static double share(const struct result *r, double cycles)
{
    return cycles > 0 ? 100 * (double)r->totals.macs / cycles / (double)(r->totals.rows * r->totals.cols) : 0;
}

static void report_row(FILE *report, const char *claim, const struct job *j, double value, const char *unit, double bound, const char *sense)
{
    fprintf(report,
            "%s  {\"claim\": \"%s, %s, batch 1, on %s\", \"value\": %.4g, \"unit\": \"%s\", \"bound\": %.3g, \"sense\": \"%s\", "
            "\"command\": \"%s\"}", ftell(report) > 2 ? ",\n" : "", claim, name_of(j), j->device, value, unit, bound, sense, command);
}

static void print_row(const struct job *j, const struct result *r, FILE *report)
{
    const struct systole_totals *t = &r->totals;
    const double cycles = (double)t->cycles, useful = share(r, cycles), whole = share(r, cycles + r->host * clock_hz);
    const double bus = cycles > 0 ? 100 * (double)t->read_bytes / cycles / r->bus_bytes : 0;
    printf("%-24s %s: %llu MACs in %llu launches, %llu cycles, useful %.2f %% (at least %.0f%s), with the host %.2f %%, read bus %.1f %%%s, "
           "%.2f MACs a byte, compiled in "
           "%.2f s of CPU time\n  ",
           name_of(j), j->device, (unsigned long long)t->macs, (unsigned long long)r->launches, (unsigned long long)t->cycles, useful, j->bound,
           useful < j->bound ? ": BELOW" : "", whole, bus, bus < j->bus_bound ? " (BELOW)" : "",
           (double)t->macs / (double)(t->read_bytes + t->write_bytes + 1), r->create);
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS; i++)
        if (systole_counter_is_share(i) && cycles > 0)
            printf(" %s %.2f", systole_counter_name(i), 100 * (double)r->counter[i] / cycles);
    printf("\n");
    if (!report)
        return;
    report_row(report, "useful share of the array's cycles", j, useful, "%", j->bound, "min");
    report_row(report, "the same with the host's time at 250 MHz", j, whole, "%", 0, "min");
    report_row(report, "share of the read bus", j, bus, "%", j->bus_bound, "min");
    report_row(report, "CPU time to compile", j, r->create, "s", 2, "max");
}

static void free_outputs(struct result *r)
{
    for (int i = 0; i < r->outputs; i++)
        systole_tensor_free(r->out[i]);
}

static int same_counters(const struct result *a, const struct result *b)
{
    int equal = 1;
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS; i++)
        if (a->counter[i] != b->counter[i]) {
            printf("  WRONG: %s is %llu, on the twin %llu\n", systole_counter_name(i), (unsigned long long)a->counter[i],
                   (unsigned long long)b->counter[i]);
            equal = 0;
        }
    return equal;
}

static int compare(const struct result *want, const struct result *have, const char *device)
{
    const int equal = same(want, have);
    if (!equal)
        printf("  WRONG: the outputs of %s are not the cpu's\n", device);
    return equal;
}

/* 1: it ran, and what was compared is the same. */
static int measure(struct systole_context *ctx, const struct job *j, FILE *report)
{
    struct systole_model *model = NULL;
    struct result want = {.create = 0}, have = {.create = 0}, twin = {.create = 0};
    const int has_data = strstr(j->device, "data=0") == NULL;
    int fine = systole_model_load(ctx, j->path, &model) == SYSTOLE_OK;
    if (!fine)
        fprintf(stderr, "bench_net: %s: %s\n", j->path, systole_context_detail(ctx));
    if (fine && (has_data || j->twin))
        fine = run(ctx, model, strstr(j->device, "precision=x1") ? "cpu,precision=x1" : "cpu", &want);
    fine = fine && run(ctx, model, j->device, &have);
    if (fine)
        print_row(j, &have, report);
    if (fine && has_data)
        fine = compare(&want, &have, j->device);
    if (fine && j->twin) {
        fine = run(ctx, model, j->twin, &twin) && compare(&want, &twin, j->twin) && same_counters(&have, &twin);
        if (fine)
            printf("  %s: the cpu's outputs, and every counter the same\n", j->twin);
    }
    free_outputs(&want);
    free_outputs(&have);
    free_outputs(&twin);
    systole_model_free(model);
    return fine;
}

/* NETWORK@DEVICE[@BOUND[@TWIN]], in a copy that lives as long as the job. */
static int parse_job(const char *text, struct job *j)
{
    *j = (struct job){.bound = 0};
    snprintf(j->path, sizeof j->path, "%s", text);
    char *rest = j->path, *part[4] = {strsep(&rest, "@"), strsep(&rest, "@"), strsep(&rest, "@"), strsep(&rest, "@")};
    j->device = part[1];
    const int bus = part[2] && strncmp(part[2], "bus", 3) == 0;
    *(bus ? &j->bus_bound : &j->bound) = part[2] ? strtod(part[2] + 3 * bus, NULL) : 0;
    j->twin = part[3];
    return part[1] != NULL && !rest;
}

int main(int argc, char **argv)
{
    struct systole_context *ctx = NULL;
    FILE *report = NULL;
    int fine = systole_context_create(NULL, &ctx) == SYSTOLE_OK, jobs = 0;
    for (int i = 1; i < argc && ctx; i++) {
        struct job j;
        if (strcmp(argv[i], "--command") == 0 && i + 1 < argc) {
            command = argv[++i];
        } else if (strcmp(argv[i], "--report") == 0 && i + 1 < argc) {
            report = fopen(argv[++i], "w");
            if (report)
                fprintf(report, "[\n");
            fine = fine && report;
        } else if (parse_job(argv[i], &j)) {
            fine = measure(ctx, &j, report) && fine;
            fflush(stdout);
            jobs++;
        } else {
            jobs = 0;
            break;
        }
    }
    if (!jobs)
        fprintf(stderr, "usage: bench_net [--report FILE] [--command TEXT] NETWORK@DEVICE[@BOUND[@TWIN]] ...\n");
    if (report) {
        fprintf(report, "\n]\n");
        fine = fclose(report) == 0 && fine;
    }
    systole_context_free(ctx);
    return jobs ? !fine : 2;
}
