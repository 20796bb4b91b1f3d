/* SPDX-License-Identifier: Apache-2.0 */
/* Cases in the layout of the ONNX package: a folder each, of any name, which decides nothing. */
#define _POSIX_C_SOURCE 200809L
#include "cli.h"
#include "json.h"
#include "progress.h"
#include "text.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096, WHY = 512, OPERATOR = 128 };
enum outcome { PASSED, FAILED, UNSUPPORTED };
static const char *const outcome_names[] = {"passed", "failed", "unsupported"};

struct result {
    enum outcome outcome;
    char why[WHY], op[OPERATOR];
};

struct options {
    struct cli_common common;
    const char *folder, *device;
    int verbose;
};

static const struct cli_option table[] = {
    {"--device", CLI_TEXT, offsetof(struct options, device), "D", "where matrix products and convolutions run; cpu unless told", NULL},
    {"--verbose", CLI_FLAG, offsetof(struct options, verbose), NULL, "a line for each case, not only for those that fail", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

struct tally { char op[OPERATOR]; int count; };

static enum outcome decide(struct result *r, const struct systole_context *ctx, enum systole_status status)
{
    r->outcome = status == SYSTOLE_UNSUPPORTED ? UNSUPPORTED : FAILED;
    snprintf(r->why, sizeof(r->why), "%s", systole_context_detail(ctx));
    snprintf(r->op, sizeof(r->op), "%s", systole_context_operator(ctx));
    return r->outcome;
}

static int is_float(enum systole_dtype d)
{
    switch ((int)d) {
    case SYSTOLE_F32: case SYSTOLE_F64: case SYSTOLE_F16: case SYSTOLE_BF16: return 1;
    default: return 0;
    }
}

/* As the ONNX package's own runner has it: two units in the last place for bf16. */
static double relative_tolerance(enum systole_dtype d)
{
    return d == SYSTOLE_BF16 ? 0x1p-6 : 1e-3;
}

/* numpy.testing.assert_allclose: |got - wanted| <= atol + rtol * |wanted|; NaN equals NaN, Inf equals itself. */
static int equals(double got, double wanted, enum systole_dtype d)
{
    if (isnan(got) || isnan(wanted))
        return isnan(got) && isnan(wanted);
    if (!is_float(d) || isinf(got) || isinf(wanted))
        return got == wanted;
    return fabs(got - wanted) <= 1e-7 + relative_tolerance(d) * fabs(wanted);
}

static int compare(const struct systole_tensor *got, const struct systole_tensor *wanted, const char *name, struct result *r)
{
    enum systole_dtype d = systole_tensor_dtype(wanted);
    int rank = systole_tensor_rank(wanted);
    if (systole_tensor_dtype(got) != d || systole_tensor_rank(got) != rank ||
        (rank && memcmp(systole_tensor_dims(got), systole_tensor_dims(wanted), (size_t)rank * sizeof(int64_t)) != 0)) {
        snprintf(r->why, sizeof(r->why), "output '%.100s': %s of %d dimensions and %lld elements; wanted %s, %d, %lld", name,
                 systole_dtype_name(systole_tensor_dtype(got)), systole_tensor_rank(got), (long long)systole_tensor_count(got),
                 systole_dtype_name(d), rank, (long long)systole_tensor_count(wanted));
        return 0;
    }
    /* 64-bit integers do not all fit a double. */
    int wide = d == SYSTOLE_I64 || d == SYSTOLE_U64, differ = 0;
    for (int64_t i = 0; i < systole_tensor_count(wanted); i++) {
        double a = systole_tensor_value(got, i), b = systole_tensor_value(wanted, i);
        int same = wide ? ((const int64_t *)systole_tensor_data(got))[i] == ((const int64_t *)systole_tensor_data(wanted))[i]
                        : equals(a, b, d);
        if (!same && differ++ == 0)
            snprintf(r->why, sizeof(r->why), "output '%.100s': element %lld is %.9g; wanted %.9g", name, (long long)i, a, b);
    }
    return differ == 0;
}

static int exists(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0;
}

static enum outcome compare_outputs(struct systole_context *ctx, const struct systole_model *model,
                                    struct systole_session *session, const char *set, struct result *r)
{
    for (int i = 0; i < systole_model_output_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *got = NULL, *wanted = NULL;
        char path[PATH_ROOM];
        snprintf(path, sizeof(path), "%.4000s/output_%d.pb", set, i);
        enum systole_status status = systole_model_output(model, i, &info);
        if (!status)
            status = systole_tensor_read(ctx, path, &wanted);
        if (!status)
            status = systole_session_get(session, info.name, &got);
        int same = !status && compare(got, wanted, info.name, r);
        systole_tensor_free(got);
        systole_tensor_free(wanted);
        if (status)
            return decide(r, ctx, status);
        if (!same)
            return r->outcome = FAILED;
    }
    return r->outcome = PASSED;
}

/* Inputs go to the model's inputs in order; a model that lists its initialisers as inputs gets files for the others only. */
static enum outcome run_set(struct systole_context *ctx, struct systole_model *model, const char *device, const char *set,
                            struct result *r)
{
    struct systole_session *session = NULL;
    enum systole_status status = systole_session_create(ctx, model, device, &session);
    for (int i = 0; !status && i < systole_model_input_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *t = NULL;
        char path[PATH_ROOM];
        snprintf(path, sizeof(path), "%.4000s/input_%d.pb", set, i);
        status = systole_model_input(model, i, &info);
        if (!status)
            status = systole_tensor_read(ctx, path, &t);
        if (!status)
            status = systole_session_set(session, info.name, t);
        systole_tensor_free(t);
    }
    if (!status)
        status = systole_session_run(session);
    enum outcome outcome = status ? decide(r, ctx, status) : compare_outputs(ctx, model, session, set, r);
    systole_session_free(session);
    return outcome;
}

static void run_case(const char *folder, const char *device, struct result *r)
{
    struct systole_context *ctx = NULL;
    struct systole_model *model = NULL;
    char path[PATH_ROOM];
    memset(r, 0, sizeof(*r));
    enum systole_status status = systole_context_create(NULL, &ctx);
    snprintf(path, sizeof(path), "%.4000s/model.onnx", folder);
    if (!status)
        status = systole_model_load(ctx, path, &model);
    if (status) {
        decide(r, ctx, status);
    } else {
        int sets = 0;
        for (; r->outcome == PASSED; sets++) {
            snprintf(path, sizeof(path), "%.4000s/test_data_set_%d", folder, sets);
            if (!exists(path))
                break;
            run_set(ctx, model, device, path, r);
        }
        if (sets == 0) {
            r->outcome = FAILED;
            snprintf(r->why, sizeof(r->why), "there is no test_data_set_0");
        }
    }
    systole_model_free(model);
    systole_context_free(ctx);
}

static int by_count(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    return x->count != y->count ? y->count - x->count : strcmp(x->op, y->op);
}

static void count_operator(struct tally *tallies, int *n, const char *op)
{
    int i = 0;
    while (i < *n && strcmp(tallies[i].op, op) != 0)
        i++;
    if (i == *n)
        snprintf(tallies[(*n)++].op, OPERATOR, "%s", op);
    tallies[i].count++;
}

static void tell_case(const struct options *o, struct cli_json *j, const char *name, const struct result *r)
{
    if (!o->common.json) {
        if (r->outcome == FAILED || o->verbose)
            printf("%-11s %s%s%s\n", outcome_names[r->outcome], cli_name(name).text, r->why[0] ? ": " : "", cli_name(r->why).text);
        return;
    }
    cli_json_open(j, NULL, '{');
    cli_json_text(j, "case", name);
    cli_json_text(j, "outcome", outcome_names[r->outcome]);
    if (r->outcome != PASSED) {
        cli_json_text(j, "operator", r->op);
        cli_json_text(j, "why", r->why);
    }
    cli_json_close(j);
}

static void json_end(struct cli_json *j, const int *counts, const struct tally *tallies, int n_tallies)
{
    cli_json_close(j);
    for (int i = 0; i < 3; i++)
        cli_json_number(j, outcome_names[i], (uint64_t)counts[i]);
    cli_json_open(j, "operators", '{');
    for (int i = 0; i < n_tallies; i++)
        cli_json_number(j, tallies[i].op, (uint64_t)tallies[i].count);
    cli_json_close(j);
    cli_json_close(j);
}

static void tell_end(const struct options *o, struct cli_json *j, const int *counts, struct tally *tallies, int n_tallies)
{
    qsort(tallies, (size_t)n_tallies, sizeof(*tallies), by_count);
    if (o->common.json) {
        json_end(j, counts, tallies, n_tallies);
        return;
    }
    for (int i = 0; i < n_tallies; i++)
        printf("unsupported %4d %s\n", tallies[i].count, cli_name(tallies[i].op).text);
    printf("%d cases on %s: %d passed, %d failed, %d unsupported\n", counts[PASSED] + counts[FAILED] + counts[UNSUPPORTED],
           o->device, counts[PASSED], counts[FAILED], counts[UNSUPPORTED]);
}

static int check_device(const char *device)
{
    struct systole_context *ctx = NULL;
    enum systole_status status = systole_context_create(NULL, &ctx);
    if (!status)
        status = systole_device_check(ctx, device);
    if (status)
        fprintf(stderr, "systole: %s\n", ctx ? cli_name(systole_context_detail(ctx)).text : "no memory");
    systole_context_free(ctx);
    return !status;
}

/* The folders that hold a case, in order; the others are freed and forgotten. */
static int keep_cases(const char *folder, struct dirent **entries, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        char model[CLI_PATH_ROOM + 300];
        snprintf(model, sizeof(model), "%.*s/%s/model.onnx", CLI_PATH_ROOM, folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && exists(model))
            entries[kept++] = entries[i];
        else
            free(entries[i]);
    }
    return kept;
}

static void run_cases(const struct options *o, struct dirent **entries, int n, struct tally *tallies, int counts[3])
{
    struct cli_json j = {.out = stdout};
    struct cli_progress *progress = cli_progress_start("cases", o->common.quiet);
    int n_tallies = 0;
    if (o->common.json) {
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "device", o->device);
        cli_json_open(&j, "cases", '[');
    }
    for (int i = 0; i < n; i++) {
        char path[PATH_ROOM];
        struct result r;
        cli_progress_step(progress, (uint64_t)i, (uint64_t)n, entries[i]->d_name);
        snprintf(path, sizeof(path), "%.3800s/%s", o->folder, entries[i]->d_name);
        run_case(path, o->device, &r);
        counts[r.outcome]++;
        if (r.outcome == UNSUPPORTED)
            count_operator(tallies, &n_tallies, r.op[0] ? r.op : "(model)");
        cli_progress_hide(progress);
        tell_case(o, &j, entries[i]->d_name, &r);
    }
    cli_progress_end(progress);
    tell_end(o, &j, counts, tallies, n_tallies);
}

static enum cli_exit conformance(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {.device = "cpu"};
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&o.folder, 1, 0});
    if (code || o.common.help)
        return code;
    if (!o.folder)
        return cli_usage("which folder of cases?");
    if (!check_device(o.device))
        return CLI_DEVICE;
    struct dirent **entries = NULL;
    int n = scandir(o.folder, &entries, NULL, alphasort), counts[3] = {0};
    if (n < 0) {
        fprintf(stderr, "systole: '%s' is not a folder that can be read\n", o.folder);
        return CLI_FILE;
    }
    n = keep_cases(o.folder, entries, n);
    struct tally *tallies = calloc((size_t)n + 1, sizeof(*tallies));
    if (tallies)
        run_cases(&o, entries, n, tallies, counts);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    free(tallies);
    return !tallies ? cli_no_memory() : counts[FAILED] ? CLI_DIFFERS : CLI_OK;
}

const struct cli_verb cli_verb_conformance = {
    "conformance", "DIR",
    "Runs every case DIR/*/model.onnx with its test_data_set_*/input_N.pb and compares with output_N.pb.\n"
    "Floats within rtol 1e-3 (bf16: 2^-6), atol 1e-7, all else exactly. Counts passed, failed, unsupported.",
    table, conformance};
