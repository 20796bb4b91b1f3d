/* SPDX-License-Identifier: Apache-2.0 */
#include "inputs.h"
#include "open.h"
#include "outputs.h"
#include "profile.h"
#include "progress.h"
#include "report.h"
#include "trace.h"
#include "view.h"
#include "wave.h"

#include <stdio.h>

struct options {
    struct cli_common common;
    int profile;
    const char *device, *output, *report, *trace, *wave, *view, *layer;
    uint64_t skip;
    struct cli_inputs inputs;
};

static const struct cli_option table[] = {
    {"--device", CLI_TEXT, offsetof(struct options, device), "D", "where matrix products and convolutions run; cpu unless told (trace: sim:16x16)", NULL},
    CLI_INPUT_OPTION(offsetof(struct options, inputs)),
    CLI_RANDOM_OPTION(offsetof(struct options, inputs), ""),
    CLI_SHAPE_OPTION(offsetof(struct options, inputs.shapes)),
    {"--output", CLI_TEXT, offsetof(struct options, output), "DIR", "writes each output as DIR/NAME.npy", NULL},
    {"--profile", CLI_FLAG, offsetof(struct options, profile), NULL, "what each layer took, where it ran and why", NULL},
    {"--report", CLI_TEXT, offsetof(struct options, report), "FILE.html", "the same as one page with plots", NULL},
    {"--trace", CLI_TEXT, offsetof(struct options, trace), "FILE", "the same as a trace for Perfetto or chrome://tracing", NULL},
    {"--wave", CLI_TEXT, offsetof(struct options, wave), "FILE.fst",
     "runs again, for waves of one layer; takes a simulator built with TRACE=1", NULL},
    {"--view", CLI_TEXT, offsetof(struct options, view), "FILE.html",
     "runs again, for a page that shows the array at work in one layer, cycle by cycle; takes a simulator", NULL},
    {"--layer", CLI_TEXT, offsetof(struct options, layer), "NAME", "the layer of --wave and --view; the longest unless told", NULL},
    {"--skip", CLI_NUMBER, offsetof(struct options, skip), "CYCLES", "how far into the layer --view begins; it shows 2000", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

/* To stderr: stdout is for the outputs. */
static void print_totals(const struct systole_totals *t, const char *device)
{
    fprintf(stderr, "%s: %llu products, %llu MACs", device, (unsigned long long)t->runs, (unsigned long long)t->macs);
    if (t->cycles)
        fprintf(stderr, ", %llu cycles, array busy %.1f %%", (unsigned long long)t->cycles,
                100.0 * (double)t->busy / (double)t->cycles);
    if (t->read_bytes)
        fprintf(stderr, ", %llu bytes read, %llu written", (unsigned long long)t->read_bytes, (unsigned long long)t->write_bytes);
    fprintf(stderr, "; on the host: %llu the device does not take, %llu with an infinity or a NaN\n", (unsigned long long)t->on_host,
            (unsigned long long)t->special);
}

static enum cli_exit tell_json(const struct options *o, struct systole_context *ctx, struct systole_session *session,
                               const struct cli_profile *p)
{
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "model", p->model);
    cli_json_text(&j, "device", p->device);
    if (o->inputs.random)
        cli_json_number(&j, "seed", p->seed);
    cli_json_real(&j, "seconds", p->seconds);
    cli_json_open(&j, "totals", '{');
    cli_profile_json_totals(&j, &p->totals);
    cli_json_close(&j);
    cli_json_open(&j, "outputs", '[');
    const enum cli_exit code = cli_tell_outputs(ctx, session, o->output, &j);
    if (code)
        return code;
    cli_json_close(&j);
    if (o->profile)
        cli_profile_json_steps(&j, p);
    cli_json_close(&j);
    return CLI_OK;
}

static enum cli_exit tell_text(const struct options *o, struct systole_context *ctx, struct systole_session *session,
                               const struct cli_profile *p)
{
    enum cli_exit code = o->common.quiet ? CLI_OK : cli_tell_outputs(ctx, session, o->output, NULL);
    if (!code && o->profile) {
        printf("%s", o->common.quiet ? "" : "\n");
        code = cli_profile_print(p, stdout);
    }
    if (!code && !o->common.quiet)
        print_totals(&p->totals, p->device);
    return code;
}

static enum cli_exit run_and_tell(const struct options *o, struct systole_context *ctx, struct systole_session *session,
                                  struct cli_profile *p)
{
    if (!o->common.quiet)
        cli_hint_free_dimensions(systole_session_model(session), &o->inputs);
    struct cli_progress *progress = cli_progress_start(o->device, o->common.quiet);
    systole_session_set_progress(session, progress ? cli_progress_step : NULL, progress);
    systole_session_record(session, o->trace != NULL);
    const double start = cli_now();
    const enum systole_status status = systole_session_run(session);
    p->seconds = cli_now() - start;
    systole_session_set_progress(session, NULL, NULL);
    cli_progress_end(progress);
    if (status) {
        const enum cli_exit failed = cli_report(ctx, status, p->model);
        if (status == SYSTOLE_BAD_STATE)
            fprintf(stderr, "systole: --input NAME=FILE sets one input, --random SEED all that are not set\n");
        return failed;
    }
    enum cli_exit code = cli_write_outputs(ctx, session, o->output); /* first: whatever fails behind it, they are there */
    if (!code)
        code = cli_profile_take(p, ctx, session);
    if (!code && o->report)
        code = cli_report_write(p, ctx, o->report);
    if (!code && o->trace)
        code = cli_trace_write(p, ctx, session, o->trace);
    if (!code && o->wave)
        code = cli_wave_write(p, ctx, &o->inputs, o->layer, o->wave, o->common.quiet);
    if (!code && o->view)
        code = cli_view_write(p, ctx, &o->inputs, o->layer, o->skip, o->view, o->common.quiet);
    if (!code)
        code = o->common.json ? tell_json(o, ctx, session, p) : tell_text(o, ctx, session, p);
    return code;
}

static int is_profiled(const struct options *o)
{
    return o->profile || o->report || o->trace || o->wave || o->view;
}

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    const int traced = verb == &cli_verb_trace;
    struct options o = {.device = traced ? "sim:16x16" : "cpu"};
    struct cli_profile p = {0};
    struct systole_context *ctx = NULL;
    struct systole_session *session = NULL;
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&p.model, 1, 0});
    if (code || o.common.help)
        return code;
    if (!p.model)
        return cli_usage("which model?");
    if (traced && !o.view && !o.wave && !o.trace)
        return cli_usage("what is to be written? --view FILE.html, --wave FILE.fst or --trace FILE");
    if (o.layer && !o.wave && !o.view)
        return cli_usage("--layer is the layer of --wave or --view");
    if (o.skip && !o.view)
        return cli_usage("--skip is how far into the layer --view begins");
    p.device = o.device;
    p.seed = o.inputs.seed;
    code = cli_make_folder(o.output);
    if (!code)
        code = systole_context_create(NULL, &ctx) ? cli_no_memory() : cli_session_open(ctx, p.model, &o.inputs.shapes, o.device, is_profiled(&o), &session);
    if (!code)
        code = cli_set_inputs(ctx, systole_session_model(session), session, &o.inputs);
    if (!code)
        code = run_and_tell(&o, ctx, session, &p);
    cli_profile_clear(&p);
    systole_session_free(session);
    systole_context_free(ctx);
    return code;
}

const struct cli_verb cli_verb_run = {
    "run", "MODEL",
    "Runs an ONNX model, or one that was compiled, on a device.\n"
    "Outputs are described on standard output, and with --output written as files. What the device does not do runs on the host.",
    table, run};

const struct cli_verb cli_verb_trace = {
    "trace", "MODEL",
    "Runs a model to be watched: what `run` does, on a simulator unless told, and at least one of --view, --wave and --trace.\n"
    "`systole trace MODEL --view page.html --random 1` shows the array at work, cycle by cycle, in the longest layer.",
    table, run};
