/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "measure.h"

#include <stdlib.h>
#include <time.h>

#include "progress.h"

struct work {
    const struct cli_source *source;
    const struct cli_rounds *rounds;
    struct systole_session *session[CLI_DEVICES];
    double *seconds, *processor; /* by device, then by round */
    struct cli_measured *results;
};

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The values are sorted. */
static struct cli_spread spread_of(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return (struct cli_spread){values[0], values[count / 2], values[count - 1]};
}

struct systole_totals cli_totals(const struct systole_session *session)
{
    struct systole_totals t = {.size = sizeof t};
    systole_session_totals(session, &t);
    return t;
}

struct systole_totals cli_totals_since(struct systole_totals now, const struct systole_totals *was)
{
    now.runs -= was->runs;
    now.on_host -= was->on_host;
    now.special -= was->special;
    now.macs -= was->macs;
    now.cycles -= was->cycles;
    now.busy -= was->busy;
    now.read_bytes -= was->read_bytes;
    now.write_bytes -= was->write_bytes;
    return now;
}

static double processor_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum cli_exit run_one(struct work *w, int device, uint64_t round)
{
    struct cli_measured *r = &w->results[device];
    struct systole_session *session = w->session[device];
    const struct systole_totals was = cli_totals(session);
    const double start = cli_now(), processor = processor_now();
    const enum systole_status status = systole_session_run(session);
    if (status)
        return cli_report(w->source->ctx, status, w->rounds->what);
    w->seconds[(uint64_t)device * w->rounds->repeats + round] = cli_now() - start;
    w->processor[(uint64_t)device * w->rounds->repeats + round] = processor_now() - processor;
    const struct systole_totals took = cli_totals_since(cli_totals(session), &was);
    if (round == 0)
        r->per_run = took;
    r->steady = r->steady && took.cycles == r->per_run.cycles;
    return CLI_OK;
}

static enum cli_exit open_all(struct work *w)
{
    enum cli_exit code = CLI_OK;
    for (int d = 0; d < w->rounds->devices->count && !code; d++) {
        const char *device = w->rounds->devices->name[d];
        w->results[d] = (struct cli_measured){.what = w->rounds->what, .device = device, .steady = 1};
        code = cli_source_session(w->source, device, 0, &w->session[d]);
        if (!code)
            code = cli_set_inputs(w->source->ctx, w->source->model, w->session[d], w->rounds->inputs);
    }
    return code;
}

static enum cli_exit run_all(struct work *w, struct cli_progress *progress)
{
    const struct cli_device_list *devices = w->rounds->devices;
    const uint64_t count = (uint64_t)devices->count, warm = w->rounds->cold ? 0 : count;
    const uint64_t runs = count * w->rounds->repeats + warm;
    enum cli_exit code = CLI_OK;
    for (uint64_t i = 0; i < runs && !code; i++) {
        const int device = (int)(i % count);
        cli_progress_step(progress, i, runs, devices->name[device]);
        if (i >= warm) {
            code = run_one(w, device, (i - warm) / count);
            continue;
        }
        const enum systole_status status = systole_session_run(w->session[device]); /* warm: pages, libraries */
        code = status ? cli_report(w->source->ctx, status, w->rounds->what) : CLI_OK;
    }
    return code;
}

/* Speeds first: sorting takes the rounds apart. */
static enum cli_exit judge(struct work *w)
{
    const uint64_t repeats = w->rounds->repeats;
    double *speed = calloc((size_t)repeats, sizeof *speed);
    if (!speed)
        return cli_no_memory();
    for (int d = w->rounds->devices->count - 1; d >= 0; d--) {
        double *own = w->seconds + (uint64_t)d * repeats;
        for (uint64_t i = 0; i < repeats; i++)
            speed[i] = w->seconds[i] / own[i];
        w->results[d].speed = spread_of(speed, (size_t)repeats);
        w->results[d].seconds = spread_of(own, (size_t)repeats);
        w->results[d].processor = spread_of(w->processor + (uint64_t)d * repeats, (size_t)repeats);
    }
    free(speed);
    return CLI_OK;
}

enum cli_exit cli_measure(const struct cli_source *source, const struct cli_rounds *rounds, struct cli_measured *results)
{
    struct work w = {.source = source, .rounds = rounds, .results = results};
    const size_t runs = (size_t)rounds->devices->count * (size_t)rounds->repeats;
    w.seconds = calloc(runs, sizeof *w.seconds);
    w.processor = calloc(runs, sizeof *w.processor);
    enum cli_exit code = w.seconds && w.processor ? open_all(&w) : cli_no_memory();
    if (!code) {
        struct cli_progress *progress = cli_progress_start(rounds->what, rounds->quiet);
        code = run_all(&w, progress);
        cli_progress_end(progress);
    }
    if (!code)
        code = judge(&w);
    for (int d = 0; d < rounds->devices->count; d++)
        systole_session_free(w.session[d]);
    free(w.seconds);
    free(w.processor);
    return code;
}
