/* SPDX-License-Identifier: Apache-2.0 */
/* One model on several devices, with the same inputs; every output held against the first device's. */
#include "compare_layers.h"
#include "device_list.h"
#include "difference.h"
#include "inputs.h"
#include "open.h"
#include "outputs.h"
#include "profile.h"
#include "progress.h"
#include "ranks.h"
#include "report.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct cli_common common;
    const char *model, *report;
    int profile, layers, isolated, bisect;
    const char *capture, *against;
    struct cli_device_list devices;
    struct cli_inputs inputs;
};

struct run {
    const char *device;
    double seconds; /* of the run alone: not of opening the device */
    struct systole_totals totals;
    struct systole_tensor **outputs;
};

struct comparison {
    struct systole_context *ctx;
    struct cli_source source;
    struct cli_ranks *ranks;
    int n_runs, n_outputs;
    struct run runs[CLI_DEVICES];
    struct cli_profile profile;       /* of the first device, where it is asked for */
    struct systole_session *profiled; /* what its texts belong to */
};

/* ---- Options ---- */

static const struct cli_option table[] = {
    CLI_DEVICES_OPTION(offsetof(struct options, devices), ""),
    CLI_DEVICE_OPTION(offsetof(struct options, devices), ""),
    CLI_INPUT_OPTION(offsetof(struct options, inputs)),
    CLI_RANDOM_OPTION(offsetof(struct options, inputs), "; 1 unless told"),
    CLI_SHAPE_OPTION(offsetof(struct options, inputs.shapes)),
    {"--layers", CLI_FLAG, offsetof(struct options, layers), NULL, "node by node, what every layer made on each device; the first wrong one", NULL},
    {"--isolated", CLI_FLAG, offsetof(struct options, isolated), NULL, "--layers, each layer on the first device's values", NULL},
    {"--bisect", CLI_FLAG, offsetof(struct options, bisect), NULL, "--isolated, and the first wrong sum followed to its tile, PE and k", NULL},
    {"--capture", CLI_TEXT, offsetof(struct options, capture), "DIR", "--layers, and the first device's inputs and layers are written there", NULL},
    {"--against", CLI_TEXT, offsetof(struct options, against), "DIR|[NAME=]FILE",
     "--layers, against a capture, input_N and output_N, or a .npy or .pb file instead of the first device", NULL},
    {"--profile", CLI_FLAG, offsetof(struct options, profile), NULL, "what each layer took, on the first device; with --layers on each", NULL},
    {"--report", CLI_TEXT, offsetof(struct options, report), "FILE.html",
     "the first device's run as one page with plots; with --layers the errors of each layer on each device", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

/* ---- Running ---- */

static enum cli_exit keep_outputs(struct comparison *c, struct systole_session *session, struct run *r)
{
    for (int i = 0; i < c->n_outputs; i++) {
        struct systole_value_info info = {.size = sizeof info};
        enum systole_status status = systole_model_output(c->source.model, i, &info);
        if (!status)
            status = systole_session_get(session, info.name, &r->outputs[i]);
        if (status)
            return cli_report(c->ctx, status, info.name ? info.name : "output");
    }
    return CLI_OK;
}

static enum cli_exit add_run(struct comparison *c, const char *device)
{
    struct run *r = &c->runs[c->n_runs];
    r->device = device;
    r->totals.size = sizeof r->totals;
    r->outputs = calloc((size_t)c->n_outputs + 1, sizeof(struct systole_tensor *));
    if (!r->outputs)
        return cli_no_memory();
    c->n_runs++;
    return CLI_OK;
}

static enum cli_exit run_on(struct comparison *c, const struct options *o, int which)
{
    struct run *r = &c->runs[which];
    const char *device = r->device;
    struct systole_session *session = NULL;
    const int profiled = which == 0 && (o->profile || o->report);
    enum cli_exit code = cli_source_session(&c->source, device, profiled, &session);
    if (code)
        return code;
    code = cli_set_inputs(c->ctx, c->source.model, session, &o->inputs);
    if (!code) {
        struct cli_progress *progress = cli_progress_start(device, o->common.quiet);
        systole_session_set_progress(session, progress ? cli_progress_step : NULL, progress);
        const double start = cli_now();
        const enum systole_status status = systole_session_run(session);
        r->seconds = cli_now() - start;
        cli_progress_end(progress);
        if (status)
            code = cli_report(c->ctx, status, device);
        if (status == SYSTOLE_BAD_ARGUMENT)
            cli_hint_free_dimensions(c->source.model, &o->inputs);
    }
    if (!code)
        code = keep_outputs(c, session, r);
    if (!code)
        systole_session_totals(session, &r->totals);
    if (!code && profiled) {
        c->profile = (struct cli_profile){.model = o->model, .device = device, .seed = o->inputs.seed, .seconds = r->seconds};
        code = cli_profile_take(&c->profile, c->ctx, session);
        c->profiled = session;
        if (!code && o->report)
            code = cli_report_write(&c->profile, c->ctx, o->report);
        return code;
    }
    systole_session_free(session);
    return code;
}

/* Every device by one of the ranks; what they found becomes everyone's. */
static enum cli_exit run_all(struct comparison *c, const struct options *o)
{
    enum cli_exit code = CLI_OK;
    for (int i = 0; i < o->devices.count && !code; i++)
        code = add_run(c, o->devices.name[i]);
    for (int i = 0; i < c->n_runs && !code; i++)
        if (cli_ranks_runs(c->ranks, i))
            code = run_on(c, o, i);
    for (int i = 0; i < c->n_runs && !code; i++) {
        struct run *r = &c->runs[i];
        code = cli_ranks_share(c->ranks, i, &r->seconds, sizeof r->seconds);
        if (!code)
            code = cli_ranks_share(c->ranks, i, &r->totals, sizeof r->totals);
        for (int k = 0; k < c->n_outputs && !code; k++)
            code = cli_ranks_share_tensor(c->ranks, i, &r->outputs[k]);
    }
    return code;
}

/* ---- Telling ---- */

/* The output's name; "" when it has none. */
static const char *output_name(const struct comparison *c, int index)
{
    struct systole_value_info info = {.size = sizeof info};
    return systole_model_output(c->source.model, index, &info) || !info.name ? "" : info.name;
}

static enum cli_exit print_runs(const struct comparison *c)
{
    struct cli_table t = {.columns = 7, .align = "lrrrrrr"};
    static const char *const head[] = {"device", "seconds", "cycles", "busy", "MACs", "products", "on host"};
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, "%s", head[i]);
    for (int i = 0; i < c->n_runs; i++) {
        const struct systole_totals *n = &c->runs[i].totals;
        cli_cell(&t, "%s", c->runs[i].device);
        cli_cell(&t, "%.3f", c->runs[i].seconds);
        cli_cell(&t, "%s", n->cycles ? cli_count(n->cycles).text : "-");
        cli_cell(&t, "%s", cli_percent((double)n->busy, (double)n->cycles).text);
        cli_cell(&t, "%s", cli_count(n->macs).text);
        cli_cell(&t, "%s", cli_count(n->runs).text);
        cli_cell(&t, "%s", cli_count(n->on_host + n->special).text);
    }
    return cli_table_print(&t, stdout, 0) ? cli_no_memory() : CLI_OK;
}

static const char *verdict(const struct cli_difference *d)
{
    return !d->comparable ? "another shape" : d->mismatches ? "differs" : "exact";
}

static void difference_head(struct cli_table *t)
{
    static const char *const head[] = {"output", "device", "elements", "differing", "share",
                                       "largest abs", "at", "largest ULP", "at", "verdict"};
    for (int i = 0; i < t->columns; i++)
        cli_cell(t, "%s", head[i]);
}

static void difference_row(struct cli_table *t, const char *output, const struct run *r, const struct cli_difference *d)
{
    char ulp[24] = "-", at[24] = "-", ulp_at[24] = "-";
    if (d->has_ulp)
        snprintf(ulp, sizeof ulp, "%llu", (unsigned long long)d->max_ulp);
    if (d->max_abs_at >= 0)
        snprintf(at, sizeof at, "[%lld]", (long long)d->max_abs_at);
    if (d->max_ulp_at >= 0)
        snprintf(ulp_at, sizeof ulp_at, "[%lld]", (long long)d->max_ulp_at);
    cli_cell(t, "%.100s", output);
    cli_cell(t, "%s", r->device);
    cli_cell(t, "%lld", (long long)d->count);
    cli_cell(t, "%lld", (long long)d->mismatches);
    cli_cell(t, "%.2f %%", d->count ? 100 * (double)d->mismatches / (double)d->count : 0);
    cli_cell(t, "%.6g", d->max_abs);
    cli_cell(t, "%s", at);
    cli_cell(t, "%s", ulp);
    cli_cell(t, "%s", ulp_at);
    cli_cell(t, "%s", verdict(d));
}

static void json_runs(struct cli_json *j, const struct comparison *c)
{
    cli_json_open(j, "devices", '[');
    for (int i = 0; i < c->n_runs; i++) {
        cli_json_open(j, NULL, '{');
        cli_json_text(j, "device", c->runs[i].device);
        cli_json_real(j, "seconds", c->runs[i].seconds);
        cli_profile_json_totals(j, &c->runs[i].totals);
        cli_json_close(j);
    }
    cli_json_close(j);
}

/* An infinity is null: JSON has none. */
static void json_difference(struct cli_json *j, const struct run *r, const struct cli_difference *d)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "device", r->device);
    cli_json_signed(j, "mismatches", d->mismatches);
    cli_json_real(j, "share", d->count ? (double)d->mismatches / (double)d->count : 0);
    cli_json_exact(j, "max_abs", d->max_abs);
    cli_json_signed(j, "max_abs_index", d->max_abs_at);
    if (d->has_ulp) {
        cli_json_number(j, "max_ulp", d->max_ulp);
        cli_json_signed(j, "max_ulp_index", d->max_ulp_at);
    }
    cli_json_exact(j, "max_rel", d->max_rel);
    cli_json_signed(j, "max_rel_index", d->max_rel_at);
    cli_json_exact(j, "nmse", d->error > 0 ? d->error / d->power : 0);
    cli_json_signed(j, "nans", d->nans);
    cli_json_signed(j, "infinities", d->infs);
    cli_json_text(j, "verdict", verdict(d));
    cli_json_close(j);
}

static void open_output(struct cli_json *j, const char *name, const struct systole_tensor *t)
{
    cli_json_open(j, NULL, '{');
    cli_json_tensor(j, name, t);
    cli_json_open(j, "against", '[');
}

/* How many outputs of how many devices are not the first device's; to the table, or to `j` when it is not NULL. */
static int tell_outputs(const struct comparison *c, struct cli_table *t, struct cli_json *j)
{
    int wrong = 0;
    for (int i = 0; i < c->n_outputs; i++) {
        if (j)
            open_output(j, output_name(c, i), c->runs[0].outputs[i]);
        for (int k = 1; k < c->n_runs; k++) {
            const struct cli_difference d = cli_difference(c->runs[k].outputs[i], c->runs[0].outputs[i]);
            wrong += !d.comparable || d.mismatches != 0;
            if (j)
                json_difference(j, &c->runs[k], &d);
            else
                difference_row(t, output_name(c, i), &c->runs[k], &d);
        }
        if (j) {
            cli_json_close(j);
            cli_json_close(j);
        }
    }
    return wrong;
}

static enum cli_exit tell_json(const struct comparison *c, const struct options *o)
{
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model", o->model);
    cli_json_number(&j, "seed", o->inputs.seed);
    cli_json_text(&j, "reference", c->runs[0].device);
    json_runs(&j, c);
    if (o->profile)
        cli_profile_json_steps(&j, &c->profile);
    cli_json_open(&j, "outputs", '[');
    const int wrong = tell_outputs(c, NULL, &j);
    cli_json_close(&j);
    cli_json_text(&j, "verdict", wrong ? "differs" : "exact");
    cli_json_close(&j);
    return wrong ? CLI_DIFFERS : CLI_OK;
}

static enum cli_exit tell(const struct comparison *c, const struct options *o)
{
    struct cli_table t = {.columns = 10, .align = "llrrrrrrrl"};
    printf("%s: %s, seed %llu; held against %s\n\n", o->model, o->inputs.n_files ? "inputs from files, the others random" : "random inputs",
           (unsigned long long)o->inputs.seed, c->runs[0].device);
    enum cli_exit code = o->profile ? cli_profile_print(&c->profile, stdout) : CLI_OK;
    if (o->profile)
        putchar('\n');
    if (!code)
        code = print_runs(c);
    if (code)
        return code;
    difference_head(&t);
    const int wrong = tell_outputs(c, &t, NULL);
    putchar('\n');
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    putchar('\n');
    cli_coloured(stdout, wrong ? CLI_RED : CLI_GREEN, wrong ? "DIFFERS" : "EXACT");
    if (wrong)
        printf(": %d of %d outputs have not the bits that %s gave\n", wrong, c->n_outputs * (c->n_runs - 1), c->runs[0].device);
    else
        printf(": every output has the same bits on all %d devices\n", c->n_runs);
    return wrong ? CLI_DIFFERS : CLI_OK;
}

static void clear(struct comparison *c)
{
    for (int i = 0; i < c->n_runs; i++) {
        for (int k = 0; k < c->n_outputs; k++)
            systole_tensor_free(c->runs[i].outputs[k]);
        free(c->runs[i].outputs);
    }
    cli_profile_clear(&c->profile);
    systole_session_free(c->profiled);
    systole_model_free(c->source.model);
    systole_context_free(c->ctx);
}

static int is_by_layer(const struct options *o)
{
    return o->layers || o->isolated || o->bisect || o->capture || o->against;
}

/* What options say together; CLI_OK: nothing against it. */
static enum cli_exit check(const struct options *o)
{
    if (!o->model)
        return cli_usage("which model?");
    if (o->capture && o->against)
        return cli_usage("--capture writes what --against reads: one of them at a time");
    if (o->devices.count < (o->against || o->capture ? 1 : 2))
        return cli_usage(o->against || o->capture ? "which device?" : "compare takes two devices or more");
    return CLI_OK;
}

static enum cli_exit by_layer(const struct comparison *c, const struct options *o)
{
    const struct cli_compare_options layers = {.ranks = c->ranks, .model = o->model, .isolated = o->isolated || o->bisect,
                                               .bisect = o->bisect, .profile = o->profile, .report = o->report,
                                               .json = o->common.json, .quiet = o->common.quiet, .capture = o->capture,
                                               .against = o->against, .devices = &o->devices, .inputs = &o->inputs};
    return cli_compare_layers(c->ctx, c->source.model, &layers);
}

static enum cli_exit compare_model(struct comparison *c, const struct options *o)
{
    c->n_outputs = systole_model_output_count(c->source.model);
    if (is_by_layer(o))
        return by_layer(c, o);
    const enum cli_exit code = run_all(c, o);
    if (code || !cli_ranks_tells(c->ranks))
        return code;
    return o->common.json ? tell_json(c, o) : tell(c, o);
}

static enum cli_exit compare(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {.inputs = {.random = 1, .seed = 1}};
    struct comparison c = {.n_runs = 0};
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&o.model, 1, 0});
    if (code || o.common.help)
        return code;
    code = check(&o);
    if (code)
        return code;
    code = systole_context_create(NULL, &c.ctx) ? cli_no_memory() : cli_ranks_join(c.ctx, &c.ranks);
    if (!code)
        code = cli_source_open(c.ctx, o.model, &o.inputs.shapes, &c.source);
    if (!code)
        code = compare_model(&c, &o);
    code = cli_ranks_leave(c.ranks, code);
    clear(&c);
    return code;
}

const struct cli_verb cli_verb_compare = {
    "compare", "MODEL",
    "Runs a model on several devices and compares every output with the first device's.\n"
    "Told are the elements whose bits differ, the largest difference as a number and in ULP, where; and what each device did.\n"
    "With --layers the same of every layer, node by node; --bisect follows a wrong one down to the step of its chain and the PE.\n"
    "Under mpirun each rank runs its share of the devices.",
    table, compare};
