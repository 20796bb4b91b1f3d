/* SPDX-License-Identifier: Apache-2.0 */
/* One model over many devices and memories: which is worth its area. */
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "profile.h"
#include "text.h"

enum { MEMORIES = 64, MOST_ROWS = 64 };

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
    uint64_t threads;
};

struct work {
    struct systole_context *ctx;
    struct cli_source source;
    struct cli_ranks *ranks;
    struct cli_sweep sweep;
    struct cli_sweep_run run;
};

static enum cli_exit take_memory(void *memories, const char *value)
{
    struct memories *m = memories;
    if (m->count == MEMORIES)
        return cli_usage("at most 64 times --memory; '+' parts several values of an option");
    if (!strchr(value, '=') || strlen(value) >= CLI_DEVICE_ROOM / 2)
        return cli_usage("--memory takes options of the simulated memory, as latency=200,bandwidth=16");
    m->list[m->count++] = value;
    return CLI_OK;
}

static const struct cli_option table[] = {
    CLI_DEVICES_OPTION(offsetof(struct options, devices),
                       "; '+' parts values, each with each: model:8x8+16x16,acc=1024+2048; all sim: that are found unless told"),
    CLI_DEVICE_OPTION(offsetof(struct options, devices), ""),
    {"--memory", CLI_LIST, offsetof(struct options, memories), "OPTIONS",
     "each device with these options too, as latency=200,bandwidth=8+16; may be repeated", take_memory},
    CLI_INPUT_OPTION(offsetof(struct options, inputs)),
    CLI_RANDOM_OPTION(offsetof(struct options, inputs), "; 1 unless told"),
    CLI_SHAPE_OPTION(offsetof(struct options, inputs.shapes)),
    {"--threads", CLI_NUMBER, offsetof(struct options, threads), "N", "points at a time; as many as there are processors unless told, under mpirun one", NULL},
    {"--report", CLI_TEXT, offsetof(struct options, report), "FILE.html", "the table as one page with plots", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

static void add_found(void *user, const char *backend, const char *purpose, const char *device, const char *detail)
{
    (void)purpose;
    (void)detail;
    struct cli_device_list *l = user;
    if (device && strcmp(backend, "sim") == 0 && l->count < CLI_DEVICES)
        cli_add_device(l, device);
}

/* ---- Telling ---- */

static int is_on_a_front(const struct cli_point *p)
{
    return p->on_front[CLI_FRONT_AREA] || p->on_front[CLI_FRONT_BYTES];
}

static void tell_point(struct cli_table *t, const struct cli_sweep *s, const struct cli_point *p)
{
    const struct systole_totals *n = &p->totals;
    const double area = cli_point_cost(p, CLI_FRONT_AREA);
    cli_cell(t, "%s", p->device);
    cli_cell(t, "%s", cli_point_macs(p) ? cli_count(cli_point_macs(p)).text : "-");
    if (area > 0)
        cli_cell(t, "%.0f", area);
    else
        cli_cell(t, "-");
    cli_cell(t, "%s", n->cycles ? cli_count(n->cycles).text : "-");
    if (n->cycles)
        cli_cell(t, "%.2f", (double)s->points[0].totals.cycles / (double)n->cycles);
    else
        cli_cell(t, "-");
    cli_cell(t, "%s", cli_percent((double)n->busy, (double)n->cycles).text);
    cli_cell(t, "%s", cli_percent((double)n->macs, (double)n->cycles * (double)cli_point_macs(p)).text);
    cli_cell(t, "%s", n->read_bytes ? cli_bytes((double)n->read_bytes).text : "-");
    cli_cell(t, "%s", n->write_bytes ? cli_bytes((double)n->write_bytes).text : "-");
    cli_cell(t, "%.3f", p->seconds);
    cli_cell(t, "%s%s%s", p->on_front[CLI_FRONT_AREA] ? "area" : "", p->on_front[CLI_FRONT_AREA] && p->on_front[CLI_FRONT_BYTES] ? " " : "",
             p->on_front[CLI_FRONT_BYTES] ? "bytes" : "");
}

static void tell_remarks(const struct work *w, int left_out)
{
    const struct cli_sweep *s = &w->sweep;
    int on_host = 0;
    for (int i = 0; i < s->n_points; i++)
        on_host += s->points[i].totals.on_host != 0;
    if (left_out)
        printf("\n%d points that are on no front are not shown: --json and --report tell all %d.\n", left_out, s->n_points);
    if (w->run.without_data)
        printf("\n%d of %d computed time alone (data=0): their outputs were not compared.\n", w->run.without_data, s->n_points);
    if (s->refused)
        printf("\n%d arrays of the grid cannot be, and were left out; of the first: %s\n", s->refused, s->reason);
    if (on_host)
        printf("\n%d points did some of their products on the host, in no cycles of the device: --json has how many.\n", on_host);
    printf("\nspeed: against the first. kGE: the array's and the memories' area, an estimate (docs/resources.md).\n"
           "front: with the same memory none has fewer cycles and no more area; or moves no more bytes.\n");
}

static enum cli_exit tell_table(const struct work *w)
{
    static const char *const head[] = {"device", "MACs/cycle", "kGE", "cycles", "speed", "busy", "use", "read", "written", "seconds", "front"};
    const struct cli_sweep *s = &w->sweep;
    struct cli_table t = {.columns = 11, .align = "lrrrrrrrrrl"};
    int left_out = 0;
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, "%s", head[i]);
    for (int i = 0; i < s->n_points; i++)
        if (s->n_points <= MOST_ROWS || is_on_a_front(&s->points[i]))
            tell_point(&t, s, &s->points[i]);
        else
            left_out++;
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    tell_remarks(w, left_out);
    return CLI_OK;
}

static void tell_json(const struct work *w)
{
    const struct cli_sweep *s = &w->sweep;
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model", s->model);
    cli_json_number(&j, "seed", s->seed);
    cli_json_number(&j, "left_out", (uint64_t)s->refused);
    cli_json_open(&j, "points", '[');
    for (int i = 0; i < s->n_points; i++) {
        const struct cli_point *p = &s->points[i];
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "device", p->device);
        if (s->n_memories)
            cli_json_text(&j, "memory", s->memories[p->memory]);
        cli_json_bool(&j, "on_front", p->on_front[CLI_FRONT_AREA]);
        cli_json_bool(&j, "on_front_of_bytes", p->on_front[CLI_FRONT_BYTES]);
        cli_json_bool(&j, "compared", cli_point_has_data(p));
        cli_json_real(&j, "seconds", p->seconds);
        cli_json_real(&j, "array_kge", p->area.array);
        cli_json_real(&j, "memories_kge", p->area.memories);
        cli_json_number(&j, "memory_bytes", p->area.memory_bytes);
        cli_json_real(&j, "utilisation",
                      p->totals.cycles ? (double)p->totals.macs / ((double)p->totals.cycles * (double)cli_point_macs(p)) : 0);
        cli_profile_json_totals(&j, &p->totals);
        cli_json_close(&j);
    }
    cli_json_close(&j);
    cli_json_text(&j, "verdict", w->run.differing ? "differs" : w->run.without_data == s->n_points ? "not compared" : "exact");
    cli_json_close(&j);
}

static enum cli_exit tell(const struct work *w, const struct options *o)
{
    enum cli_exit code = o->report ? cli_sweep_report(&w->sweep, o->report) : CLI_OK;
    if (code)
        return code;
    if (o->common.json)
        tell_json(w);
    else
        code = tell_table(w);
    if (!code && w->run.differing) {
        fprintf(stderr, "systole: %d outputs have not the bits that %s gave\n", w->run.differing, w->sweep.points[0].device);
        code = CLI_DIFFERS;
    }
    return code;
}

/* ---- The verb ---- */

static enum cli_exit sweep_model(struct work *w, const struct options *o)
{
    enum cli_exit code = systole_context_create(NULL, &w->ctx) ? cli_no_memory() : cli_ranks_join(w->ctx, &w->ranks);
    if (!code)
        code = cli_source_open(w->ctx, o->model, &o->inputs.shapes, &w->source);
    if (!code)
        code = cli_sweep_points(&w->sweep, w->ctx, w->ranks, &o->devices, o->memories.list, o->memories.count);
    if (code)
        return code;
    w->run = (struct cli_sweep_run){.ctx = w->ctx, .source = &w->source, .inputs = &o->inputs, .ranks = w->ranks, .threads = o->threads,
                                    .quiet = o->common.quiet};
    code = cli_sweep_run(&w->sweep, &w->run);
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
    w.sweep.model = o.model;
    w.sweep.seed = o.inputs.seed;
    code = sweep_model(&w, &o); /* before: what it joins is in w */
    code = cli_ranks_leave(w.ranks, code);
    free(w.sweep.points);
    free(w.sweep.memories);
    systole_model_free(w.source.model);
    systole_context_free(w.ctx);
    return code;
}

const struct cli_verb cli_verb_sweep = {
    "sweep", "MODEL",
    "Runs a model on many devices and memories, and tells which is worth its area.\n"
    "Every point is held against the first: all give the same bits, or the exit code says that they do not. The exact fast model\n"
    "(model:16x16) gives the simulator's cycles sooner; with data=0 it computes time alone, its outputs are not compared, and what\n"
    "was compiled for an array serves all its memories. Under mpirun each rank runs its share of the points.",
    table, run};
