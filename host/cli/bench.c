/* SPDX-License-Identifier: Apache-2.0 */
/* Rates of a product, a convolution or a model on devices, repeated. */
#include <stdlib.h>
#include <string.h>

#include "device_list.h"
#include "inputs.h"
#include "json.h"
#include "make_model.h"
#include "measure.h"
#include "open.h"
#include "profile.h"
#include "text.h"

enum { CASES = 32 };

struct options {
    struct cli_common common;
    struct cli_device_list devices;
    const char *type;
    uint64_t repeat, stride, pad, groups;
    struct cli_inputs inputs;
    const char *operands[CASES + 1]; /* the kind, then shapes or models */
    int n_operands;
};

struct bench {
    struct systole_context *ctx;
    const struct options *o;
    struct cli_measured *results; /* of every shape or model, a device after the other */
    size_t count;
};

static const struct cli_option table[] = {
    CLI_DEVICES_OPTION(offsetof(struct options, devices), ""),
    CLI_DEVICE_OPTION(offsetof(struct options, devices), "; cpu when none is given"),
    {"--type", CLI_TEXT, offsetof(struct options, type), "f32|int8", "of gemm and conv; f32 unless told", NULL},
    {"--stride", CLI_NUMBER, offsetof(struct options, stride), "N", "of conv; 1 unless told", NULL},
    {"--pad", CLI_NUMBER, offsetof(struct options, pad), "N", "of conv, on every side; 0 unless told", NULL},
    {"--groups", CLI_NUMBER, offsetof(struct options, groups), "N", "of conv; 1 unless told", NULL},
    {"--repeat", CLI_NUMBER, offsetof(struct options, repeat), "N", "runs of each, after one that is not counted; 5 unless told", NULL},
    {"--random", CLI_CALL, offsetof(struct options, inputs), "SEED", "seed of the operands; 1 unless told", cli_take_seed},
    CLI_SHAPE_OPTION(offsetof(struct options, inputs.shapes)),
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

/* ---- Shapes ---- */

/* Numbers of 1 to 65536 with single characters between, as `form` has them: "nxnxn". */
static int scan(const char *text, const char *form, int64_t *values)
{
    for (; *form; form++) {
        if (*form != 'n') {
            if (*text++ != *form)
                return 0;
            continue;
        }
        char *end = NULL;
        *values = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : 0;
        if (!end || *values < 1 || *values++ > 65536)
            return 0;
        text = end;
    }
    return *text == '\0';
}

static enum cli_exit shape_of(const struct options *o, const char *text, struct cli_one_operator *op)
{
    int64_t v[6];
    memset(op, 0, sizeof *op);
    op->is_int8 = strcmp(o->type, "int8") == 0;
    op->is_conv = strcmp(o->operands[0], "conv") == 0;
    if (!op->is_conv) {
        if (!scan(text, "nxnxn", v))
            return cli_usage("a product is MxNxK, each from 1 to 65536, as 512x512x512");
        op->m = v[0];
        op->n = v[1];
        op->k = v[2];
        return CLI_OK;
    }
    if (!scan(text, "nxnxn:nxnxn", v))
        return cli_usage("a convolution is CHANNELSxHEIGHTxWIDTH:KERNELSxHEIGHTxWIDTH, each from 1 to 65536, as 64x56x56:64x3x3");
    if (o->stride < 1 || o->stride > 1024 || o->pad > 1024)
        return cli_usage("--stride is 1 to 1024, --pad at most that");
    if (o->groups < 1 || (uint64_t)v[0] % o->groups || (uint64_t)v[3] % o->groups)
        return cli_usage("--groups divides the channels and the kernels");
    *op = (struct cli_one_operator){.is_conv = 1, .is_int8 = op->is_int8, .channels = v[0], .height = v[1], .width = v[2], .kernels = v[3],
                                    .kernel_h = v[4], .kernel_w = v[5], .stride = (int64_t)o->stride, .pad = (int64_t)o->pad,
                                    .groups = (int64_t)o->groups};
    return cli_model_macs(op) ? CLI_OK : cli_usage("the kernel is larger than the padded image");
}

static enum cli_exit load(struct bench *b, const char *what, struct cli_source *source)
{
    struct cli_one_operator op;
    if (strcmp(b->o->operands[0], "model") == 0)
        return cli_source_open(b->ctx, what, &b->o->inputs.shapes, source);
    const enum cli_exit code = shape_of(b->o, what, &op);
    return code ? code : cli_source_make(b->ctx, what, &op, source);
}

/* ---- Telling ---- */

static double peak(const struct systole_totals *t)
{
    return (double)t->cycles * (double)t->rows * (double)t->cols;
}

static void heads(struct cli_table *t, int several)
{
    static const char *const first[] = {"what", "device", "seconds", "least", "most", "MAC/s"}, *const speed[] = {"speed", "least", "most"},
                      *const last[] = {"cycles", "use", "busy", "cycles/s", "read", "written"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        cli_cell(t, "%s", first[i]);
    for (size_t i = 0; i < sizeof speed / sizeof *speed && several; i++)
        cli_cell(t, "%s", speed[i]);
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        cli_cell(t, "%s", last[i]);
}

static void row(struct cli_table *t, const struct cli_measured *r, int several)
{
    const struct systole_totals *n = &r->per_run;
    cli_cell(t, "%s", r->what);
    cli_cell(t, "%s", r->device);
    cli_cell(t, "%.6f", r->seconds.middle);
    cli_cell(t, "%.6f", r->seconds.least);
    cli_cell(t, "%.6f", r->seconds.most);
    cli_cell(t, "%s", cli_scaled((double)n->macs / r->seconds.middle).text);
    if (several) {
        cli_cell(t, "%.3g", r->speed.middle);
        cli_cell(t, "%.3g", r->speed.least);
        cli_cell(t, "%.3g", r->speed.most);
    }
    cli_cell(t, "%s%s", n->cycles ? cli_count(n->cycles).text : "-", r->steady ? "" : " (varies)");
    cli_cell(t, "%s", cli_percent((double)n->macs, peak(n)).text);
    cli_cell(t, "%s", cli_percent((double)n->busy, (double)n->cycles).text);
    cli_cell(t, "%s", n->cycles ? cli_scaled((double)n->cycles / r->seconds.middle).text : "-");
    cli_cell(t, "%s", n->read_bytes ? cli_bytes((double)n->read_bytes).text : "-");
    cli_cell(t, "%s", n->write_bytes ? cli_bytes((double)n->write_bytes).text : "-");
}

static enum cli_exit tell_table(const struct bench *b)
{
    const int several = b->o->devices.count > 1;
    struct cli_table t = {.columns = several ? 15 : 12, .align = "llrrrrrrrrrrrrr"};
    heads(&t, several);
    for (size_t i = 0; i < b->count; i++)
        row(&t, &b->results[i], several);
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    printf("\nseconds: the median of %llu runs by this computer's clock; MAC/s and cycles/s by it. use: MACs of what the array could have\n"
           "done in those cycles; a MAC of fp32 takes six passes of it, or what precision= says.\n",
           (unsigned long long)b->o->repeat);
    if (several)
        printf("speed: how many times as fast as %s, round by round: every round runs all devices in turn. The median, the least, the most.\n",
               b->o->devices.name[0]);
    return CLI_OK;
}

static void json_result(struct cli_json *j, const struct bench *b, const struct cli_measured *r)
{
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "what", r->what);
    if (strcmp(b->o->operands[0], "model") != 0)
        cli_json_text(j, "type", b->o->type);
    cli_json_text(j, "device", r->device);
    cli_json_real(j, "seconds", r->seconds.middle);
    cli_json_real(j, "seconds_least", r->seconds.least);
    cli_json_real(j, "seconds_most", r->seconds.most);
    cli_json_real(j, "macs_per_second", (double)r->per_run.macs / r->seconds.middle);
    cli_json_real(j, "speed", r->speed.middle);
    cli_json_real(j, "speed_least", r->speed.least);
    cli_json_real(j, "speed_most", r->speed.most);
    cli_json_real(j, "utilisation", r->per_run.cycles ? (double)r->per_run.macs / peak(&r->per_run) : 0);
    cli_json_bool(j, "cycles_steady", r->steady);
    cli_profile_json_totals(j, &r->per_run);
    cli_json_close(j);
}

static void tell_json(const struct bench *b)
{
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "bench", b->o->operands[0]);
    cli_json_number(&j, "seed", b->o->inputs.seed);
    cli_json_number(&j, "repeats", b->o->repeat);
    cli_json_text(&j, "speed_against", b->o->devices.name[0]);
    cli_json_open(&j, "results", '[');
    for (size_t i = 0; i < b->count; i++)
        json_result(&j, b, &b->results[i]);
    cli_json_close(&j);
    cli_json_close(&j);
}

/* ---- The verb ---- */

static enum cli_exit check(struct options *o)
{
    static const char *const products[] = {"128x128x128", "256x256x256"}, *const convolutions[] = {"64x28x28:64x3x3"};
    const char *kind = o->n_operands ? o->operands[0] : "";
    const int gemm = strcmp(kind, "gemm") == 0, conv = strcmp(kind, "conv") == 0;
    if (!gemm && !conv && strcmp(kind, "model") != 0)
        return cli_usage("bench takes gemm, conv or model, then shapes or files");
    if (strcmp(o->type, "f32") != 0 && strcmp(o->type, "int8") != 0)
        return cli_usage("--type is f32 or int8");
    if (o->repeat < 1 || o->repeat > CLI_MOST_REPEATS)
        return cli_usage("--repeat is 1 to 1000");
    for (int i = 0, none = gemm && o->n_operands == 1; i < 2 && none; i++)
        o->operands[o->n_operands++] = products[i];
    if (conv && o->n_operands == 1)
        o->operands[o->n_operands++] = convolutions[0];
    if (o->n_operands == 1)
        return cli_usage("which model?");
    return o->devices.count ? CLI_OK : cli_add_device(&o->devices, "cpu");
}

static enum cli_exit bench_all(struct bench *b)
{
    const struct options *o = b->o;
    enum cli_exit code = CLI_OK;
    for (int i = 1; i < o->n_operands && !code; i++) {
        struct cli_source source = {.model = NULL};
        const struct cli_rounds rounds = {.what = o->operands[i], .devices = &o->devices, .inputs = &o->inputs, .repeats = o->repeat,
                                          .quiet = o->common.quiet};
        code = load(b, o->operands[i], &source);
        if (!code)
            code = cli_measure(&source, &rounds, b->results + b->count);
        if (!code)
            b->count += (size_t)o->devices.count;
        systole_model_free(source.model);
    }
    if (!code && o->common.json)
        tell_json(b);
    else if (!code)
        code = tell_table(b);
    return code;
}

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {.type = "f32", .repeat = 5, .stride = 1, .groups = 1, .inputs = {.random = 1, .seed = 1}};
    struct cli_operands operands = {o.operands, CASES + 1, 0};
    struct bench b = {.o = &o};
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &operands);
    if (code || o.common.help)
        return code;
    o.n_operands = operands.count;
    code = check(&o);
    if (code)
        return code;
    b.results = calloc((size_t)(o.n_operands * o.devices.count), sizeof *b.results);
    code = !b.results || systole_context_create(NULL, &b.ctx) ? cli_no_memory() : bench_all(&b);
    systole_context_free(b.ctx);
    free(b.results);
    return code;
}

const struct cli_verb cli_verb_bench = {
    "bench", "gemm|conv|model [SHAPE|MODEL ...]",
    "Measures products, convolutions or models on devices: seconds, rates, cycles, each run several times, the devices in turn.\n"
    "A product is MxNxK, a convolution CHANNELSxHEIGHTxWIDTH:KERNELSxHEIGHTxWIDTH. Operands are random and come with each run.",
    table, run};
