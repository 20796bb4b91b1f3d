/* SPDX-License-Identifier: Apache-2.0 */
/* One model over many devices and memories: which is worth its multipliers. */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

#include "device_list.h"
#include "difference.h"
#include "inputs.h"
#include "json.h"
#include "open.h"
#include "profile.h"
#include "progress.h"
#include "ranks.h"
#include "text.h"

enum { MEMORIES = 16 };

struct memories {
    const char *list[MEMORIES];
    int count;
};

struct options {
    struct cli_common common;
    const char *model, *report;
    struct cli_device_list devices;
    struct memories memories;
    struct cli_inputs inputs;
};

struct work {
    struct systole_context *ctx;
    struct cli_source source;
    struct cli_ranks *ranks;
    struct cli_sweep *sweep;
    struct systole_tensor **first; /* outputs of this rank's first point */
    struct systole_tensor **other[CLI_POINTS]; /* of a point that has other ones */
    int n_outputs, differing; /* differing: from the first point's, which all others must have */
    int without_data; /* points that have no outputs */
};

static enum cli_exit take_memory(void *memories, const char *value)
{
    struct memories *m = memories;
    if (m->count == MEMORIES)
        return cli_usage("at most 16 memories");
    if (!strchr(value, '=') || strlen(value) >= CLI_DEVICE_ROOM / 2)
        return cli_usage("--memory takes options of the simulated memory, as latency=200,bandwidth=16");
    m->list[m->count++] = value;
    return CLI_OK;
}

static const struct cli_option table[] = {
    CLI_DEVICES_OPTION(offsetof(struct options, devices), "; all sim: that are found unless told"),
    CLI_DEVICE_OPTION(offsetof(struct options, devices), ""),
    {"--memory", CLI_LIST, offsetof(struct options, memories), "OPTIONS",
     "each device with these options too, as latency=200,bandwidth=16; may be repeated", take_memory},
    CLI_INPUT_OPTION(offsetof(struct options, inputs)),
    CLI_RANDOM_OPTION(offsetof(struct options, inputs), "; 1 unless told"),
    {"--report", CLI_TEXT, offsetof(struct options, report), "FILE.html", "the table as one page with a plot", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

/* ---- The points ---- */

static void add_found(void *user, const char *backend, const char *purpose, const char *device, const char *detail)
{
    (void)purpose;
    (void)detail;
    struct cli_device_list *l = user;
    if (device && strcmp(backend, "sim") == 0 && l->count < CLI_DEVICES)
        cli_add_device(l, device);
}

static enum cli_exit add_point(struct work *w, const char *device, const char *memory, int which)
{
    struct cli_sweep *s = w->sweep;
    if (s->n_points == CLI_POINTS)
        return cli_usage("at most 256 points");
    struct cli_point *p = &s->points[s->n_points];
    const int n = snprintf(p->device, sizeof p->device, "%s%s%s", device, memory ? "," : "", memory ? memory : "");
    if (n < 0 || (size_t)n >= sizeof p->device)
        return cli_usage("a device's name with its options is too long");
    p->memory = which;
    s->n_points++;
    if (!cli_ranks_runs(w->ranks, s->n_points - 1))
        return CLI_OK;
    /* All are tried before the first is run: a long sweep does not end at a misspelled one. */
    const enum systole_status status = systole_device_check(w->ctx, p->device);
    return status ? cli_report_device(w->ctx, status, p->device) : CLI_OK;
}

static enum cli_exit add_points(struct work *w, const struct options *o)
{
    enum cli_exit code = CLI_OK;
    for (int d = 0; d < o->devices.count && !code; d++) {
        if (!o->memories.count)
            code = add_point(w, o->devices.name[d], NULL, 0);
        for (int m = 0; m < o->memories.count && !code; m++)
            code = add_point(w, o->devices.name[d], o->memories.list[m], m);
    }
    return code;
}

/* ---- Running ---- */

/* A model with data=0 computes time alone: it has no outputs to hold against others. */
static int has_data(const struct cli_point *p)
{
    const char *option = strstr(p->device, ",data=0");
    return !option || (option[7] != '\0' && option[7] != ',');
}

static void free_outputs(const struct work *w, struct systole_tensor **outputs)
{
    for (int i = 0; outputs && i < w->n_outputs; i++)
        systole_tensor_free(outputs[i]);
    free(outputs);
}

static int count_differing(const struct work *w, struct systole_tensor *const *got, struct systole_tensor *const *wanted)
{
    int differing = 0;
    for (int i = 0; i < w->n_outputs; i++) {
        const struct cli_difference d = cli_difference(got[i], wanted[i]);
        differing += !d.comparable || d.mismatches != 0;
    }
    return differing;
}

/* Kept are those of the first point, and of points that have others: rarely any. */
static enum cli_exit keep_outputs(struct work *w, struct systole_session *session, int point)
{
    struct systole_tensor **outputs = calloc((size_t)w->n_outputs + 1, sizeof *outputs);
    if (!outputs)
        return cli_no_memory();
    for (int i = 0; i < w->n_outputs; i++) {
        struct systole_value_info info = {.size = sizeof info};
        enum systole_status status = systole_model_output(w->source.model, i, &info);
        if (!status)
            status = systole_session_get(session, info.name, &outputs[i]);
        if (status) {
            free_outputs(w, outputs);
            return cli_report(w->ctx, status, "output");
        }
    }
    if (!w->first)
        w->first = outputs;
    else if (count_differing(w, outputs, w->first))
        w->other[point] = outputs;
    else
        free_outputs(w, outputs);
    return CLI_OK;
}

/* What the ranks found becomes everyone's; outputs are held against those of the first point that has any. */
static enum cli_exit gather_points(struct work *w)
{
    struct cli_sweep *s = w->sweep;
    enum cli_exit code = CLI_OK;
    int reference = 0;
    while (reference < s->n_points && !has_data(&s->points[reference]))
        reference++;
    struct systole_tensor **wanted = calloc((size_t)w->n_outputs + 1, sizeof *wanted);
    if (!wanted)
        return cli_no_memory();
    for (int i = 0; i < w->n_outputs && reference < s->n_points && !code; i++) {
        if (cli_ranks_runs(w->ranks, reference))
            wanted[i] = systole_tensor_ref(w->first[i]);
        code = cli_ranks_share_tensor(w->ranks, reference, &wanted[i]);
    }
    const int differing = code || !w->first ? 0 : count_differing(w, w->first, wanted);
    for (int i = 0; i < s->n_points && !code; i++) {
        struct cli_point *p = &s->points[i];
        if (cli_ranks_runs(w->ranks, i) && has_data(p))
            p->differing = w->other[i] ? count_differing(w, w->other[i], wanted) : differing;
        code = cli_ranks_share(w->ranks, i, p, sizeof *p);
        w->differing += p->differing;
        w->without_data += !has_data(p);
    }
    free_outputs(w, wanted);
    return code;
}

static enum cli_exit run_point(struct work *w, const struct options *o, int point)
{
    struct cli_point *p = &w->sweep->points[point];
    struct systole_session *session = NULL;
    enum cli_exit code = cli_source_session(&w->source, p->device, 0, &session);
    if (!code)
        code = cli_set_inputs(w->ctx, w->source.model, session, &o->inputs);
    if (!code) {
        const double start = cli_now();
        const enum systole_status status = systole_session_run(session);
        p->seconds = cli_now() - start;
        code = status ? cli_report(w->ctx, status, p->device) : has_data(p) ? keep_outputs(w, session, point) : CLI_OK;
    }
    p->totals.size = sizeof p->totals;
    if (!code)
        systole_session_totals(session, &p->totals);
    systole_session_free(session);
    return code;
}

uint64_t cli_point_macs(const struct cli_point *p)
{
    return p->totals.rows * p->totals.cols;
}

static void find_front(struct cli_sweep *s)
{
    for (int i = 0; i < s->n_points; i++) {
        struct cli_point *p = &s->points[i];
        p->on_front = p->totals.cycles > 0;
        for (int k = 0; k < s->n_points && p->on_front; k++) {
            const struct cli_point *q = &s->points[k];
            const int no_worse = q->totals.cycles && q->totals.cycles <= p->totals.cycles && cli_point_macs(q) <= cli_point_macs(p);
            const int better = q->totals.cycles < p->totals.cycles || cli_point_macs(q) < cli_point_macs(p);
            p->on_front = !(q->memory == p->memory && no_worse && better);
        }
    }
}

static enum cli_exit run_points(struct work *w, const struct options *o)
{
    struct cli_sweep *s = w->sweep;
    struct cli_progress *progress = cli_progress_start("sweep", o->common.quiet || !cli_ranks_tells(w->ranks));
    enum cli_exit code = CLI_OK;
    for (int i = 0; i < s->n_points && !code; i++) {
        cli_progress_step(progress, (uint64_t)i, (uint64_t)s->n_points, s->points[i].device);
        if (cli_ranks_runs(w->ranks, i))
            code = run_point(w, o, i);
    }
    cli_progress_end(progress);
    if (!code)
        code = gather_points(w);
    find_front(s);
    return code;
}

/* ---- Telling ---- */

static enum cli_exit tell_table(const struct work *w)
{
    static const char *const head[] = {"device", "MACs/cycle", "cycles", "speed", "busy", "use", "read", "written", "seconds", "front"};
    const struct cli_sweep *s = w->sweep;
    struct cli_table t = {.columns = 10, .align = "lrrrrrrrrl"};
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, "%s", head[i]);
    for (int i = 0; i < s->n_points; i++) {
        const struct cli_point *p = &s->points[i];
        const struct systole_totals *n = &p->totals;
        cli_cell(&t, "%s", p->device);
        cli_cell(&t, "%s", cli_point_macs(p) ? cli_count(cli_point_macs(p)).text : "-");
        cli_cell(&t, "%s", n->cycles ? cli_count(n->cycles).text : "-");
        if (n->cycles)
            cli_cell(&t, "%.2f", (double)s->points[0].totals.cycles / (double)n->cycles);
        else
            cli_cell(&t, "-");
        cli_cell(&t, "%s", cli_percent((double)n->busy, (double)n->cycles).text);
        cli_cell(&t, "%s", cli_percent((double)n->macs, (double)n->cycles * (double)cli_point_macs(p)).text);
        cli_cell(&t, "%s", n->read_bytes ? cli_bytes((double)n->read_bytes).text : "-");
        cli_cell(&t, "%s", n->write_bytes ? cli_bytes((double)n->write_bytes).text : "-");
        cli_cell(&t, "%.3f", p->seconds);
        cli_cell(&t, "%s", p->on_front ? "*" : "");
    }
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    if (w->without_data)
        printf("\n%d of %d computed time alone (data=0): their outputs were not compared.\n", w->without_data, s->n_points);
    printf("\nspeed: against the first. front: with the same memory none has fewer cycles on as few multipliers.\n");
    return CLI_OK;
}

static void tell_json(const struct work *w)
{
    const struct cli_sweep *s = w->sweep;
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model", s->model);
    cli_json_number(&j, "seed", s->seed);
    cli_json_open(&j, "points", '[');
    for (int i = 0; i < s->n_points; i++) {
        const struct cli_point *p = &s->points[i];
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "device", p->device);
        if (s->n_memories)
            cli_json_text(&j, "memory", s->memories[p->memory]);
        cli_json_bool(&j, "on_front", p->on_front);
        cli_json_bool(&j, "compared", has_data(p));
        cli_json_real(&j, "seconds", p->seconds);
        cli_json_real(&j, "utilisation",
                      p->totals.cycles ? (double)p->totals.macs / ((double)p->totals.cycles * (double)cli_point_macs(p)) : 0);
        cli_profile_json_totals(&j, &p->totals);
        cli_json_close(&j);
    }
    cli_json_close(&j);
    cli_json_text(&j, "verdict", w->differing ? "differs" : w->without_data == s->n_points ? "not compared" : "exact");
    cli_json_close(&j);
}

static enum cli_exit tell(const struct work *w, const struct options *o)
{
    enum cli_exit code = o->report ? cli_sweep_report(w->sweep, o->report) : CLI_OK;
    if (code)
        return code;
    if (o->common.json)
        tell_json(w);
    else
        code = tell_table(w);
    if (!code && w->differing) {
        fprintf(stderr, "systole: %d outputs have not the bits that %s gave\n", w->differing, w->sweep->points[0].device);
        code = CLI_DIFFERS;
    }
    return code;
}

/* ---- The verb ---- */

static enum cli_exit sweep_model(struct work *w, const struct options *o)
{
    enum cli_exit code = systole_context_create(NULL, &w->ctx) ? cli_no_memory() : cli_ranks_join(w->ctx, &w->ranks);
    if (!code)
        code = cli_source_open(w->ctx, o->model, &w->source);
    if (code)
        return code;
    w->n_outputs = systole_model_output_count(w->source.model);
    code = add_points(w, o);
    if (!code)
        code = run_points(w, o);
    return code || !cli_ranks_tells(w->ranks) ? code : tell(w, o);
}

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {.inputs = {.random = 1, .seed = 1}};
    struct work w = {0};
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&o.model, 1, 0});
    if (code || o.common.help)
        return code;
    if (!o.model)
        return cli_usage("which model?");
    if (!o.devices.count)
        systole_devices(add_found, &o.devices);
    if (!o.devices.count) {
        fprintf(stderr, "systole: no simulator was found; `make sim ROWS=16 COLS=16` builds one, `make sims` six\n");
        return CLI_DEVICE;
    }
    w.sweep = calloc(1, sizeof *w.sweep);
    if (!w.sweep)
        return cli_no_memory();
    w.sweep->model = o.model;
    w.sweep->seed = o.inputs.seed;
    w.sweep->n_memories = o.memories.count;
    memcpy(w.sweep->memories, o.memories.list, sizeof o.memories.list);
    code = sweep_model(&w, &o);
    code = cli_ranks_leave(w.ranks, code);
    free_outputs(&w, w.first);
    for (int i = 0; i < CLI_POINTS; i++)
        free_outputs(&w, w.other[i]);
    free(w.sweep);
    systole_model_free(w.source.model);
    systole_context_free(w.ctx);
    return code;
}

const struct cli_verb cli_verb_sweep = {
    "sweep", "MODEL",
    "Runs a model on many devices and memories, and tells which is worth its multipliers.\n"
    "Every point is held against the first: all give the same bits, or the exit code says that they do not. The exact fast model\n"
    "(model:16x16) gives the simulator's cycles sooner; with data=0 it computes time alone, and its outputs are not compared.\n"
    "Under mpirun each rank runs its share of the points.",
    table, run};
