/* SPDX-License-Identifier: Apache-2.0 */
/* How near a device comes to what it can do at most, over a ladder of arithmetic intensities. */
#include "roofline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "report.h"

struct options {
    struct cli_common common;
    const char *device, *type, *peak, *bandwidth, *report;
    uint64_t size, repeat;
    struct cli_inputs inputs;
};

static const struct cli_option table[] = {
    {"--type", CLI_TEXT, offsetof(struct options, type), "f32|int8", "of the products; f32 unless told", NULL},
    {"--size", CLI_NUMBER, offsetof(struct options, size), "N",
     "the second operand is NxN, the first has ever more rows; unless told 8 COLS, at least 128, of an array, else 2048", NULL},
    {"--repeat", CLI_NUMBER, offsetof(struct options, repeat), "N", "runs of each; unless told 1 where cycles are counted, else 5", NULL},
    {"--peak", CLI_TEXT, offsetof(struct options, peak), "MACS", "what the device is declared to do, a second or a cycle, as 2.5T", NULL},
    {"--bandwidth", CLI_TEXT, offsetof(struct options, bandwidth), "BYTES", "what its memory is declared to move, as 3.35T", NULL},
    {"--random", CLI_CALL, offsetof(struct options, inputs), "SEED", "seed of the operands; 1 unless told", cli_take_seed},
    {"--report", CLI_TEXT, offsetof(struct options, report), "FILE.html", "the ladder as one page with a plot", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

/* "2.5T"; 0: it is no such number. */
static double number_of(const char *text)
{
    static const char units[] = "kMGTP";
    char *end = NULL;
    double value = strtod(text, &end);
    const char *unit = *end ? strchr(units, *end) : NULL;
    for (const char *u = units; unit && u <= unit; u++)
        value *= 1000;
    return end != text && end[unit != NULL] == '\0' && isfinite(value) && value > 0 ? value : 0;
}

const char *cli_roofline_unit(const struct cli_roofline *r)
{
    return r->per_cycle ? "a cycle" : "a second";
}

/* ---- The roofs ---- */

static int passes_of(const struct cli_roofline *r)
{
    const int host = strncmp(r->device, "openblas", 8) == 0 || strncmp(r->device, "onednn", 6) == 0 ||
                     strncmp(r->device, "cublas", 6) == 0 || strstr(r->device, ",precision=f32");
    return strcmp(r->type, "int8") == 0 || host ? 1 : cli_passes(r->device);
}

static void roofs_of_array(struct cli_roofline *r, const struct systole_device_info *info)
{
    const int passes = passes_of(r);
    r->per_cycle = 1;
    r->peak = (double)info->rows * info->cols / passes;
    r->bandwidth = cli_bandwidth(r->device, info->bus_bytes);
    snprintf(r->peak_from, sizeof r->peak_from, passes > 1 ? "%ux%u array, %d passes" : "%ux%u array", info->rows, info->cols, passes);
    snprintf(r->bandwidth_from, sizeof r->bandwidth_from, r->bandwidth < info->bus_bytes ? "its option" : "its bus, in each direction");
}

/* Where nothing is known the ladder itself tells, when it was climbed: the roofs stay 0. */
static void roofs_of_clock(struct cli_roofline *r, struct systole_context *ctx)
{
    struct systole_roofline m = {.size = sizeof m};
    const int passes = passes_of(r);
    if (systole_roofline(ctx, r->device, &m))
        return;
    r->peak = (strcmp(r->type, "int8") == 0 ? m.int8_macs : m.fp32_macs) / passes;
    r->bandwidth = m.bytes;
    r->threads = m.threads;
    snprintf(r->peak_from, sizeof r->peak_from, "measured out of registers, %u thread%s%s", m.threads, m.threads > 1 ? "s" : "",
             passes > 1 ? ", in passes" : "");
    snprintf(r->bandwidth_from, sizeof r->bandwidth_from, "measured, beyond the caches");
}

static void find_roofs(struct cli_roofline *r, struct systole_context *ctx, const struct options *o,
                       const struct systole_device_info *info)
{
    if (info->rows)
        roofs_of_array(r, info);
    else
        roofs_of_clock(r, ctx);
    if (o->peak) {
        r->peak = number_of(o->peak);
        snprintf(r->peak_from, sizeof r->peak_from, "declared");
    }
    if (o->bandwidth) {
        r->bandwidth = number_of(o->bandwidth);
        snprintf(r->bandwidth_from, sizeof r->bandwidth_from, "declared");
    }
}

static void finish_roofs(struct cli_roofline *r)
{
    double rate = 0, bytes = 0;
    for (int i = 0; i < r->count; i++) {
        rate = fmax(rate, r->rungs[i].rate.most);
        bytes = fmax(bytes, r->rungs[i].rate.most / r->rungs[i].intensity);
    }
    if (!r->peak_from[0]) {
        r->peak = rate;
        snprintf(r->peak_from, sizeof r->peak_from, "not known: the fastest of the ladder; --peak tells it");
    }
    if (!r->bandwidth_from[0]) {
        r->bandwidth = bytes;
        snprintf(r->bandwidth_from, sizeof r->bandwidth_from, "not known: the most the ladder moved; --bandwidth tells it");
    }
    for (int i = 0; i < r->count; i++)
        r->rungs[i].roof = fmin(r->peak, r->rungs[i].intensity * r->bandwidth);
}

/* ---- The ladder ---- */

static void fill(struct cli_rung *g, const struct cli_roofline *r, const struct cli_measured *m, double operands)
{
    const struct systole_totals *n = &m->per_run;
    const uint64_t moved = n->read_bytes > n->write_bytes ? n->read_bytes : n->write_bytes;
    const double macs = (double)n->macs, cycles = (double)n->cycles;
    g->macs = n->macs;
    g->cycles = n->cycles;
    g->bytes = moved ? (double)moved : operands;
    g->intensity = macs / g->bytes;
    g->seconds = m->seconds.middle;
    if (r->per_cycle)
        g->rate = (struct cli_spread){macs / cycles, macs / cycles, macs / cycles};
    else {
        const struct cli_spread *t = r->threads ? &m->processor : &m->seconds;
        const double work = macs * (r->threads ? r->threads : 1);
        g->rate = (struct cli_spread){work / t->most, work / t->middle, work / t->least};
    }
}

static enum cli_exit no_cycles(const char *device)
{
    fprintf(stderr, "systole: %s: it counts no cycles; the fast model of the same configuration, model:ROWSxCOLS, has those of the RTL\n",
            device);
    return CLI_UNSUPPORTED;
}

static enum cli_exit climb_one(struct cli_roofline *r, struct systole_context *ctx, const struct options *o, int64_t rows)
{
    const int is_int8 = strcmp(o->type, "int8") == 0;
    const struct cli_one_operator op = {.is_int8 = is_int8, .m = rows, .n = (int64_t)o->size, .k = (int64_t)o->size};
    struct cli_rung *g = &r->rungs[r->count];
    struct cli_device_list one = {.count = 0};
    struct cli_source source = {.model = NULL};
    struct cli_measured measured;
    snprintf(g->what, sizeof g->what, "%lldx%lldx%lld", (long long)op.m, (long long)op.n, (long long)op.k);
    enum cli_exit code = cli_add_device(&one, r->device);
    const struct cli_rounds rounds = {.what = g->what, .devices = &one, .inputs = &o->inputs, .repeats = r->repeats,
                                      .quiet = o->common.quiet, .cold = r->per_cycle};
    if (!code)
        code = cli_source_make(ctx, g->what, &op, &source);
    if (!code)
        code = cli_measure(&source, &rounds, &measured);
    systole_model_free(source.model);
    if (code)
        return code;
    if (r->per_cycle && !measured.per_run.cycles)
        return no_cycles(r->device);
    const double size = (double)o->size, m = (double)rows;
    fill(g, r, &measured, (is_int8 ? 1 : 4) * (m * size + size * size) + 4 * m * size);
    r->count++;
    return CLI_OK;
}

static enum cli_exit climb(struct cli_roofline *r, struct systole_context *ctx, const struct options *o)
{
    const uint64_t most = r->per_cycle ? 4 * o->size : o->size / 4;
    enum cli_exit code = CLI_OK;
    for (uint64_t rows = 1; (rows <= most || r->count < 2) && r->count < CLI_RUNGS && !code; rows *= 2)
        code = climb_one(r, ctx, o, (int64_t)rows);
    return code;
}

/* ---- The verb ---- */

static enum cli_exit check(const struct options *o)
{
    if (!o->device)
        return cli_usage("which device?");
    if (strlen(o->device) >= CLI_DEVICE_ROOM)
        return cli_usage("a device's name is empty or too long");
    if (strcmp(o->type, "f32") != 0 && strcmp(o->type, "int8") != 0)
        return cli_usage("--type is f32 or int8");
    if (o->size > 16384 || (o->size && o->size < 8))
        return cli_usage("--size is 8 to 16384");
    if (o->repeat > CLI_MOST_REPEATS)
        return cli_usage("--repeat is 1 to 1000");
    if ((o->peak && !number_of(o->peak)) || (o->bandwidth && !number_of(o->bandwidth)))
        return cli_usage("--peak and --bandwidth take a number above zero, as 256, 2.5T or 900G");
    return CLI_OK;
}

static enum cli_exit roofline_of(struct options *o, struct systole_context *ctx, struct cli_roofline *r)
{
    struct systole_device_info info = {.size = sizeof info};
    const enum systole_status status = systole_device_query(ctx, o->device, &info);
    if (status)
        return cli_report_device(ctx, status, o->device);
    const uint64_t wide = 8 * (uint64_t)(info.cols > info.rows ? info.cols : info.rows);
    if (!o->size)
        o->size = !info.rows ? 2048 : wide > 128 ? wide : 128;
    r->device = o->device;
    r->type = o->type;
    r->repeats = o->repeat ? o->repeat : info.rows ? 1 : 5;
    find_roofs(r, ctx, o, &info);
    enum cli_exit code = climb(r, ctx, o);
    if (code)
        return code;
    finish_roofs(r);
    if (o->report)
        code = cli_roofline_report(r, o->report);
    if (!code && o->common.json)
        cli_roofline_json(r);
    else if (!code)
        code = cli_roofline_print(r);
    return code;
}

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {.type = "f32", .inputs = {.random = 1, .seed = 1}};
    struct systole_context *ctx = NULL;
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&o.device, 1, 0});
    if (code || o.common.help)
        return code;
    code = check(&o);
    if (code)
        return code;
    struct cli_roofline *r = calloc(1, sizeof *r);
    code = !r || systole_context_create(NULL, &ctx) ? cli_no_memory() : roofline_of(&o, ctx, r);
    systole_context_free(ctx);
    free(r);
    return code;
}

const struct cli_verb cli_verb_roofline = {
    "roofline", "DEVICE",
    "Measures how near a device comes to what it can do at most.\n"
    "Products have ever more rows: the first wait for memory, the last for multipliers. Rates are by cycles where the device counts\n"
    "them, by the processor's time where it runs there, else by this computer's clock. The roofs are the array's size and its bus, what\n"
    "the processor does out of registers and beyond its caches, or what --peak and --bandwidth declare.",
    table, run};
