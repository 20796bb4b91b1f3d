/* SPDX-License-Identifier: Apache-2.0 */
/* Rates of a product, a convolution or a model on devices, repeated. */
#include <stdlib.h>
#include <string.h>

#include "device_list.h"
#include "inputs.h"
#include "json.h"
#include "make_model.h"
#include "profile.h"
#include "progress.h"
#include "text.h"

enum { CASES = 32, MOST_REPEATS = 1000 };

struct options {
    struct cli_common common;
    struct cli_device_list devices;
    const char *type;
    uint64_t repeat, stride, pad, groups;
    struct cli_inputs inputs;
    const char *operands[CASES + 1]; /* the kind, then shapes or models */
    int n_operands;
};

struct result {
    const char *what, *device;
    uint64_t repeats;
    double least, median, most;    /* seconds of a run */
    struct systole_totals per_run; /* of the first run; the others are held against its cycles */
    int steady;                    /* each run took the same cycles */
};

struct bench {
    struct systole_context *ctx;
    const struct options *o;
    struct result *results;
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

static enum cli_exit load(struct bench *b, const char *what, struct systole_model **model)
{
    unsigned char bytes[CLI_MODEL_ROOM];
    struct cli_one_operator op;
    enum systole_status status;
    if (strcmp(b->o->operands[0], "model") == 0) {
        status = systole_model_load(b->ctx, what, model);
    } else {
        const enum cli_exit code = shape_of(b->o, what, &op);
        if (code)
            return code;
        status = systole_model_load_memory(b->ctx, bytes, cli_make_model(&op, bytes), NULL, model);
    }
    return status ? cli_report(b->ctx, status, what) : CLI_OK;
}

/* ---- Measuring ---- */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static struct systole_totals totals_of(const struct systole_session *session)
{
    struct systole_totals t = {.size = sizeof t};
    systole_session_totals(session, &t);
    return t;
}

/* What one run added. */
static struct systole_totals less(struct systole_totals now, const struct systole_totals *was)
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

static enum systole_status repeat(struct systole_session *session, struct cli_progress *progress, struct result *r, double *seconds)
{
    enum systole_status status = systole_session_run(session); /* warm: pages, libraries */
    r->steady = 1;
    for (uint64_t i = 0; i < r->repeats && !status; i++) {
        const struct systole_totals was = totals_of(session);
        cli_progress_step(progress, i, r->repeats, r->device);
        const double start = cli_now();
        status = systole_session_run(session);
        seconds[i] = cli_now() - start;
        const struct systole_totals took = less(totals_of(session), &was);
        if (i == 0)
            r->per_run = took;
        r->steady = r->steady && took.cycles == r->per_run.cycles;
    }
    return status;
}

static enum cli_exit measure(struct bench *b, struct systole_model *model, const char *what, const char *device)
{
    struct result *r = &b->results[b->count];
    struct systole_session *session = NULL;
    *r = (struct result){.what = what, .device = device, .repeats = b->o->repeat};
    double *seconds = calloc((size_t)r->repeats, sizeof *seconds);
    if (!seconds)
        return cli_no_memory();
    enum systole_status status = systole_session_create(b->ctx, model, device, &session);
    enum cli_exit code = status ? cli_report_device(b->ctx, status, device) : cli_set_inputs(b->ctx, model, session, &b->o->inputs);
    if (!code) {
        struct cli_progress *progress = cli_progress_start(what, b->o->common.quiet);
        status = repeat(session, progress, r, seconds);
        cli_progress_end(progress);
        code = status ? cli_report(b->ctx, status, what) : CLI_OK;
    }
    if (!code) {
        qsort(seconds, (size_t)r->repeats, sizeof *seconds, by_value);
        r->least = seconds[0];
        r->median = seconds[r->repeats / 2];
        r->most = seconds[r->repeats - 1];
        b->count++;
    }
    free(seconds);
    systole_session_free(session);
    return code;
}

/* ---- Telling ---- */

static double peak(const struct systole_totals *t)
{
    return (double)t->cycles * (double)t->rows * (double)t->cols;
}

static enum cli_exit tell_table(const struct bench *b)
{
    static const char *const head[] = {"what", "device", "seconds", "least", "most", "MAC/s",
                                       "cycles", "use", "busy", "cycles/s", "read", "written"};
    struct cli_table t = {.columns = 12, .align = "llrrrrrrrrrr"};
    for (int i = 0; i < t.columns; i++)
        cli_cell(&t, "%s", head[i]);
    for (size_t i = 0; i < b->count; i++) {
        const struct result *r = &b->results[i];
        const struct systole_totals *n = &r->per_run;
        cli_cell(&t, "%s", r->what);
        cli_cell(&t, "%s", r->device);
        cli_cell(&t, "%.6f", r->median);
        cli_cell(&t, "%.6f", r->least);
        cli_cell(&t, "%.6f", r->most);
        cli_cell(&t, "%s", cli_scaled((double)n->macs / r->median).text);
        cli_cell(&t, "%s%s", n->cycles ? cli_count(n->cycles).text : "-", r->steady ? "" : " (varies)");
        cli_cell(&t, "%s", cli_percent((double)n->macs, peak(n)).text);
        cli_cell(&t, "%s", cli_percent((double)n->busy, (double)n->cycles).text);
        cli_cell(&t, "%s", n->cycles ? cli_scaled((double)n->cycles / r->median).text : "-");
        cli_cell(&t, "%s", n->read_bytes ? cli_bytes((double)n->read_bytes).text : "-");
        cli_cell(&t, "%s", n->write_bytes ? cli_bytes((double)n->write_bytes).text : "-");
    }
    if (cli_table_print(&t, stdout, 0))
        return cli_no_memory();
    printf("\nseconds: the median of %llu runs by this computer's clock; MAC/s and cycles/s by it. use: MACs of what the array could have\n"
           "done in those cycles; a MAC of fp32 takes six passes of it, or what precision= says.\n",
           (unsigned long long)b->o->repeat);
    return CLI_OK;
}

static void tell_json(const struct bench *b)
{
    struct cli_json j = {.out = stdout};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "bench", b->o->operands[0]);
    cli_json_number(&j, "seed", b->o->inputs.seed);
    cli_json_number(&j, "repeats", b->o->repeat);
    cli_json_open(&j, "results", '[');
    for (size_t i = 0; i < b->count; i++) {
        const struct result *r = &b->results[i];
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "what", r->what);
        if (strcmp(b->o->operands[0], "model") != 0)
            cli_json_text(&j, "type", b->o->type);
        cli_json_text(&j, "device", r->device);
        cli_json_real(&j, "seconds", r->median);
        cli_json_real(&j, "seconds_least", r->least);
        cli_json_real(&j, "seconds_most", r->most);
        cli_json_real(&j, "macs_per_second", (double)r->per_run.macs / r->median);
        cli_json_real(&j, "utilisation", r->per_run.cycles ? (double)r->per_run.macs / peak(&r->per_run) : 0);
        cli_json_bool(&j, "cycles_steady", r->steady);
        cli_profile_json_totals(&j, &r->per_run);
        cli_json_close(&j);
    }
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
    if (o->repeat < 1 || o->repeat > MOST_REPEATS)
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
        struct systole_model *model = NULL;
        code = load(b, o->operands[i], &model);
        for (int d = 0; d < o->devices.count && !code; d++)
            code = measure(b, model, o->operands[i], o->devices.name[d]);
        systole_model_free(model);
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
    "Measures products, convolutions or models on devices: seconds, rates, cycles, each run several times.\n"
    "A product is MxNxK, a convolution CHANNELSxHEIGHTxWIDTH:KERNELSxHEIGHTxWIDTH. Operands are random and come with each run.",
    table, run};
