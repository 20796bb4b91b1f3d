/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "inputs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096 };

struct options {
    const char *model, *device, *output;
    struct cli_inputs inputs;
};

static enum cli_exit parse(int argc, char **argv, struct options *o)
{
    for (int i = 0; i < argc; i++) {
        const char *option = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        int taken;
        if (option[0] != '-') {
            if (o->model)
                return cli_usage("one model at a time");
            o->model = option;
            continue;
        }
        if (!value)
            return cli_usage("an option without its value, or an unknown one");
        i++;
        enum cli_exit code = cli_take_input(&o->inputs, option, value, &taken);
        if (code)
            return code;
        if (taken)
            continue;
        if (strcmp(option, "--output") == 0)
            o->output = value;
        else if (strcmp(option, "--device") == 0)
            o->device = value;
        else
            return cli_usage("an unknown option");
    }
    return o->model ? CLI_OK : cli_usage("which model?");
}

static void describe(const char *name, const struct systole_tensor *t)
{
    printf("%s: %s ", name, systole_dtype_name(systole_tensor_dtype(t)));
    for (int i = 0; i < systole_tensor_rank(t); i++)
        printf("%s%lld", i ? "x" : "", (long long)systole_tensor_dims(t)[i]);
    printf("%s", systole_tensor_rank(t) ? " =" : "scalar =");
    for (int64_t i = 0; i < systole_tensor_count(t) && i < 10; i++)
        printf(" %.9g", systole_tensor_value(t, i));
    printf("%s\n", systole_tensor_count(t) > 10 ? " ..." : "");
}

/* Names may hold what a file's name must not, and be longer than one may be: then it is output_<index>. */
static void output_path(char *path, size_t room, const char *folder, const char *name, int index)
{
    char other[32];
    snprintf(other, sizeof(other), "output_%d", index);
    if (strlen(name) > 200)
        name = other;
    int n = snprintf(path, room, "%s/", folder);
    size_t at = n < 0 ? 0 : (size_t)n;
    size_t first = at;
    for (; *name && at + 5 < room; name++, at++)
        path[at] = *name == '/' || *name == ':' || (*name == '.' && at == first) ? '_' : *name;
    snprintf(path + at, room - at, ".npy");
}

static enum cli_exit give_outputs(struct systole_context *ctx, const struct systole_model *model,
                                  struct systole_session *session, const char *folder)
{
    if (folder)
        mkdir(folder, 0777); /* that it failed shows when the first file is written */
    for (int i = 0; i < systole_model_output_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *t = NULL;
        char path[PATH_ROOM];
        enum systole_status status = systole_model_output(model, i, &info);
        if (!status)
            status = systole_session_get(session, info.name, &t);
        if (!status) {
            describe(info.name, t);
            if (folder) {
                output_path(path, sizeof(path), folder, info.name, i);
                status = systole_tensor_write(ctx, path, t);
            }
        }
        systole_tensor_free(t);
        if (status)
            return cli_report(ctx, status, info.name ? info.name : "output");
    }
    return CLI_OK;
}

/* To stderr: stdout is for the outputs. */
static void print_totals(const struct systole_session *session, const char *device)
{
    struct systole_totals t = {.size = sizeof t};
    if (systole_session_totals(session, &t))
        return;
    fprintf(stderr, "%s: %llu products, %llu MACs", device, (unsigned long long)t.runs, (unsigned long long)t.macs);
    if (t.cycles)
        fprintf(stderr, ", %llu cycles, array busy %.1f %%", (unsigned long long)t.cycles,
                100.0 * (double)t.busy / (double)t.cycles);
    if (t.read_bytes)
        fprintf(stderr, ", %llu bytes read, %llu written", (unsigned long long)t.read_bytes, (unsigned long long)t.write_bytes);
    fprintf(stderr, "; on the host: %llu the device does not take, %llu with an infinity or a NaN\n", (unsigned long long)t.on_host,
            (unsigned long long)t.special);
}

enum cli_exit cli_run(int argc, char **argv)
{
    struct options o = {.device = "cpu"};
    struct systole_context *ctx = NULL;
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    enum cli_exit code = parse(argc, argv, &o);
    if (code)
        return code;
    enum systole_status status = systole_context_create(NULL, &ctx);
    if (!status)
        status = systole_model_load(ctx, o.model, &model);
    if (status)
        code = cli_report(ctx, status, o.model);
    if (!code)
        status = systole_session_create(ctx, model, o.device, &session);
    if (!code && status)
        code = cli_report_device(ctx, status, o.device);
    if (!code)
        code = cli_set_inputs(ctx, model, session, &o.inputs);
    if (!code && (status = systole_session_run(session)) != SYSTOLE_OK)
        code = cli_report(ctx, status, o.model);
    if (!code)
        code = give_outputs(ctx, model, session, o.output);
    if (!code)
        print_totals(session, o.device);
    systole_session_free(session);
    systole_model_free(model);
    systole_context_free(ctx);
    return code;
}
