/* SPDX-License-Identifier: Apache-2.0 */
/* One model on several devices, with the same inputs; every output held against the first device's. */
#define _POSIX_C_SOURCE 200809L
#include "difference.h"
#include "inputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DEVICES = 16, DEVICE_ROOM = 512 };

struct options {
    const char *model;
    int json, n_devices;
    char devices[DEVICES][DEVICE_ROOM];
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
    struct systole_model *model;
    int n_runs, n_outputs;
    struct run runs[DEVICES];
};

/* ---- Options ---- */

static enum cli_exit add_device(struct options *o, const char *text, size_t length)
{
    if (o->n_devices == DEVICES)
        return cli_usage("at most 16 devices");
    if (length == 0 || length >= DEVICE_ROOM)
        return cli_usage("a device's name is empty or too long");
    memcpy(o->devices[o->n_devices], text, length);
    o->devices[o->n_devices++][length] = '\0';
    return CLI_OK;
}

/* Commas and spaces part devices, but for a comma before name=value: that is an option of the device before it. */
static enum cli_exit add_devices(struct options *o, const char *list)
{
    enum cli_exit code = CLI_OK;
    for (const char *p = list; *p && !code;) {
        size_t length = strcspn(p, ", ");
        while (p[length] == ',') {
            const char *part = p + length + 1;
            const size_t more = strcspn(part, ", ");
            if (!memchr(part, '=', more))
                break;
            length += 1 + more;
        }
        code = add_device(o, p, length);
        p += length + (p[length] != '\0');
    }
    return code;
}

static enum cli_exit take_option(struct options *o, const char *option, const char *value)
{
    int taken;
    if (!value)
        return cli_usage("an option without its value, or an unknown one");
    enum cli_exit code = cli_take_input(&o->inputs, option, value, &taken);
    if (code || taken)
        return code;
    if (strcmp(option, "--device") == 0)
        return add_device(o, value, strlen(value));
    if (strcmp(option, "--devices") == 0)
        return add_devices(o, value);
    return cli_usage("an unknown option");
}

static enum cli_exit parse(int argc, char **argv, struct options *o)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            o->json = 1;
        else if (argv[i][0] != '-') {
            if (o->model)
                return cli_usage("one model at a time");
            o->model = argv[i];
        } else {
            enum cli_exit code = take_option(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
            if (code)
                return code;
            i++;
        }
    }
    if (!o->model)
        return cli_usage("which model?");
    return o->n_devices >= 2 ? CLI_OK : cli_usage("compare takes two devices or more");
}

/* ---- Running ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum cli_exit keep_outputs(struct comparison *c, struct systole_session *session, struct run *r)
{
    for (int i = 0; i < c->n_outputs; i++) {
        struct systole_value_info info = {.size = sizeof info};
        enum systole_status status = systole_model_output(c->model, i, &info);
        if (!status)
            status = systole_session_get(session, info.name, &r->outputs[i]);
        if (status)
            return cli_report(c->ctx, status, info.name ? info.name : "output");
    }
    return CLI_OK;
}

static enum cli_exit run_on(struct comparison *c, const struct options *o, const char *device)
{
    struct run *r = &c->runs[c->n_runs];
    struct systole_session *session = NULL;
    r->device = device;
    r->totals.size = sizeof r->totals;
    r->outputs = calloc((size_t)c->n_outputs + 1, sizeof(struct systole_tensor *));
    if (!r->outputs) {
        fprintf(stderr, "systole: no memory\n");
        return CLI_FAILED;
    }
    c->n_runs++;
    enum systole_status status = systole_session_create(c->ctx, c->model, device, &session);
    if (status)
        return cli_report_device(c->ctx, status, device);
    enum cli_exit code = cli_set_inputs(c->ctx, c->model, session, &o->inputs);
    if (!code) {
        const double start = now();
        status = systole_session_run(session);
        r->seconds = now() - start;
        if (status)
            code = cli_report(c->ctx, status, device);
    }
    if (!code)
        code = keep_outputs(c, session, r);
    if (!code)
        systole_session_totals(session, &r->totals);
    systole_session_free(session);
    return code;
}

/* ---- Telling ---- */

static double busy_share(const struct systole_totals *t)
{
    return t->cycles ? (double)t->busy / (double)t->cycles : 0;
}

/* The output's name; "" when it has none. */
static const char *output_name(const struct comparison *c, int index)
{
    struct systole_value_info info = {.size = sizeof info};
    return systole_model_output(c->model, index, &info) || !info.name ? "" : info.name;
}

static int widest_device(const struct comparison *c)
{
    int width = 6;
    for (int i = 0; i < c->n_runs; i++)
        width = (int)strlen(c->runs[i].device) > width ? (int)strlen(c->runs[i].device) : width;
    return width;
}

static int widest_output(const struct comparison *c)
{
    int width = 6;
    for (int i = 0; i < c->n_outputs; i++)
        width = (int)strlen(output_name(c, i)) > width ? (int)strlen(output_name(c, i)) : width;
    return width;
}

static void print_runs(const struct comparison *c)
{
    printf("%-*s %9s %12s %7s %12s %9s %8s\n", widest_device(c), "device", "seconds", "cycles", "busy", "MACs", "products", "on host");
    for (int i = 0; i < c->n_runs; i++) {
        const struct systole_totals *t = &c->runs[i].totals;
        printf("%-*s %9.3f ", widest_device(c), c->runs[i].device, c->runs[i].seconds);
        if (t->cycles)
            printf("%12llu %5.1f %% ", (unsigned long long)t->cycles, 100 * busy_share(t));
        else
            printf("%12s %7s ", "-", "-");
        printf("%12llu %9llu %8llu\n", (unsigned long long)t->macs, (unsigned long long)t->runs,
               (unsigned long long)(t->on_host + t->special));
    }
}

static const char *verdict(const struct cli_difference *d)
{
    return !d->comparable ? "another shape" : d->mismatches ? "differs" : "exact";
}

static void print_differences_head(const struct comparison *c)
{
    printf("\n%-*s %-*s %10s %10s %9s %12s %10s %12s %10s  %s\n", widest_output(c), "output", widest_device(c), "device",
           "elements", "differing", "share", "largest abs", "at", "largest ULP", "at", "verdict");
}

static void print_difference(const struct comparison *c, int output, const struct run *r, const struct cli_difference *d)
{
    char ulp[24] = "-", at[24] = "-", ulp_at[24] = "-";
    if (d->has_ulp)
        snprintf(ulp, sizeof ulp, "%llu", (unsigned long long)d->max_ulp);
    if (d->max_abs_at >= 0)
        snprintf(at, sizeof at, "[%lld]", (long long)d->max_abs_at);
    if (d->max_ulp_at >= 0)
        snprintf(ulp_at, sizeof ulp_at, "[%lld]", (long long)d->max_ulp_at);
    printf("%-*s %-*s %10lld %10lld %7.2f %% %12.6g %10s %12s %10s  %s\n", widest_output(c), output_name(c, output),
           widest_device(c), r->device, (long long)d->count, (long long)d->mismatches,
           d->count ? 100 * (double)d->mismatches / (double)d->count : 0, d->max_abs, at, ulp, ulp_at, verdict(d));
}

static void json_runs(const struct comparison *c)
{
    for (int i = 0; i < c->n_runs; i++) {
        const struct systole_totals *t = &c->runs[i].totals;
        printf("%s\n  {\"device\": ", i ? "," : "");
        cli_json_string(c->runs[i].device);
        printf(", \"seconds\": %.6f, \"products\": %llu, \"on_host\": %llu, \"special\": %llu, \"macs\": %llu, \"cycles\": %llu, "
               "\"busy\": %llu, \"busy_share\": %.6f, \"read_bytes\": %llu, \"write_bytes\": %llu, \"rows\": %llu, \"cols\": %llu}",
               c->runs[i].seconds, (unsigned long long)t->runs, (unsigned long long)t->on_host, (unsigned long long)t->special,
               (unsigned long long)t->macs, (unsigned long long)t->cycles, (unsigned long long)t->busy, busy_share(t),
               (unsigned long long)t->read_bytes, (unsigned long long)t->write_bytes, (unsigned long long)t->rows,
               (unsigned long long)t->cols);
    }
}

/* An infinity is null: JSON has none. */
static void json_difference(const struct run *r, const struct cli_difference *d)
{
    printf("\n    {\"device\": ");
    cli_json_string(r->device);
    printf(", \"mismatches\": %lld, \"share\": %.9g, ", (long long)d->mismatches,
           d->count ? (double)d->mismatches / (double)d->count : 0);
    if (isfinite(d->max_abs))
        printf("\"max_abs\": %.17g, ", d->max_abs);
    else
        printf("\"max_abs\": null, ");
    printf("\"max_abs_index\": %lld, ", (long long)d->max_abs_at);
    if (d->has_ulp)
        printf("\"max_ulp\": %llu, \"max_ulp_index\": %lld, ", (unsigned long long)d->max_ulp, (long long)d->max_ulp_at);
    printf("\"verdict\": \"%s\"}", verdict(d));
}

static void json_output(const char *name, const struct systole_tensor *t, int first)
{
    printf("%s\n  {\"name\": ", first ? "" : ",");
    cli_json_string(name);
    printf(", \"type\": \"%s\", \"dims\": [", systole_dtype_name(systole_tensor_dtype(t)));
    for (int i = 0; i < systole_tensor_rank(t); i++)
        printf("%s%lld", i ? ", " : "", (long long)systole_tensor_dims(t)[i]);
    printf("], \"elements\": %lld, \"against\": [", (long long)systole_tensor_count(t));
}

/* How many outputs of how many devices are not the first device's. */
static int tell_outputs(const struct comparison *c, int json)
{
    int wrong = 0;
    if (!json)
        print_differences_head(c);
    for (int i = 0; i < c->n_outputs; i++) {
        if (json)
            json_output(output_name(c, i), c->runs[0].outputs[i], i == 0);
        for (int k = 1; k < c->n_runs; k++) {
            const struct cli_difference d = cli_difference(c->runs[k].outputs[i], c->runs[0].outputs[i]);
            wrong += !d.comparable || d.mismatches != 0;
            if (json) {
                printf("%s", k > 1 ? "," : "");
                json_difference(&c->runs[k], &d);
            } else
                print_difference(c, i, &c->runs[k], &d);
        }
        printf("%s", json ? "]}" : "");
    }
    return wrong;
}

static enum cli_exit tell(const struct comparison *c, const struct options *o)
{
    if (o->json) {
        printf("{\"model\": ");
        cli_json_string(o->model);
        printf(", \"reference\": ");
        cli_json_string(c->runs[0].device);
        printf(", \"devices\": [");
        json_runs(c);
        printf("],\n \"outputs\": [");
    } else {
        printf("%s: %s, seed %llu; held against %s\n\n", o->model, o->inputs.n_files ? "inputs from files, the others random" : "random inputs",
               (unsigned long long)o->inputs.seed, c->runs[0].device);
        print_runs(c);
    }
    const int wrong = tell_outputs(c, o->json);
    if (o->json)
        printf("],\n \"verdict\": \"%s\"}\n", wrong ? "differs" : "exact");
    else if (wrong)
        printf("\nDIFFERS: %d of %d outputs have not the bits that %s gave\n", wrong, c->n_outputs * (c->n_runs - 1), c->runs[0].device);
    else
        printf("\nEXACT: every output has the same bits on all %d devices\n", c->n_runs);
    return wrong ? CLI_DIFFERS : CLI_OK;
}

static void clear(struct comparison *c)
{
    for (int i = 0; i < c->n_runs; i++) {
        for (int k = 0; k < c->n_outputs; k++)
            systole_tensor_free(c->runs[i].outputs[k]);
        free(c->runs[i].outputs);
    }
    systole_model_free(c->model);
    systole_context_free(c->ctx);
}

enum cli_exit cli_compare(int argc, char **argv)
{
    struct options o = {.inputs = {.random = 1, .seed = 1}};
    struct comparison c = {.n_runs = 0};
    enum cli_exit code = parse(argc, argv, &o);
    if (code)
        return code;
    enum systole_status status = systole_context_create(NULL, &c.ctx);
    if (!status)
        status = systole_model_load(c.ctx, o.model, &c.model);
    if (status)
        code = cli_report(c.ctx, status, o.model);
    else
        c.n_outputs = systole_model_output_count(c.model);
    for (int i = 0; i < o.n_devices && !code; i++)
        code = run_on(&c, &o, o.devices[i]);
    if (!code)
        code = tell(&c, &o);
    clear(&c);
    return code;
}
