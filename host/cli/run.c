/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUTS = 64, PATH_ROOM = 4096 };

struct options {
    const char *model, *device, *output;
    const char *inputs[INPUTS];
    int n_inputs;
    int random;
    uint64_t seed;
};

static enum cli_exit parse(int argc, char **argv, struct options *o)
{
    for (int i = 0; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (argv[i][0] != '-') {
            if (o->model)
                return cli_usage("one model at a time");
            o->model = argv[i];
            continue;
        }
        if (!value)
            return cli_usage("an option without its value, or an unknown one");
        i++;
        if (strcmp(argv[i - 1], "--input") == 0) {
            if (o->n_inputs == INPUTS)
                return cli_usage("at most 64 inputs");
            o->inputs[o->n_inputs++] = value;
        } else if (strcmp(argv[i - 1], "--random") == 0) {
            char *end;
            o->random = 1;
            o->seed = strtoull(value, &end, 10);
            if (end == value || *end)
                return cli_usage("--random takes a number");
        } else if (strcmp(argv[i - 1], "--output") == 0)
            o->output = value;
        else if (strcmp(argv[i - 1], "--device") == 0)
            o->device = value;
        else
            return cli_usage("an unknown option");
    }
    return o->model ? CLI_OK : cli_usage("which model?");
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* fp32: -1 to 1; bytes: any; other types: zeros. Free dimensions are 1. */
static enum systole_status make_random(struct systole_context *ctx, const struct systole_value_info *info, uint64_t *state,
                                       struct systole_tensor **t)
{
    int64_t dims[SYSTOLE_MAX_RANK];
    int rank = info->rank < 0 ? 0 : info->rank;
    for (int i = 0; i < rank; i++)
        dims[i] = info->dims[i] < 0 ? 1 : info->dims[i];
    enum systole_status status = systole_tensor_create(ctx, info->dtype, rank, dims, NULL, t);
    if (status)
        return status;
    void *data = systole_tensor_data_mutable(*t);
    for (int64_t i = 0; i < systole_tensor_count(*t); i++) {
        uint64_t r = next_random(state);
        if (info->dtype == SYSTOLE_F32)
            ((float *)data)[i] = (float)((double)(r >> 40) / (double)(1 << 23) - 1);
        else if (info->dtype == SYSTOLE_I8 || info->dtype == SYSTOLE_U8)
            ((uint8_t *)data)[i] = (uint8_t)(r >> 32);
    }
    return SYSTOLE_OK;
}

/* NAME=FILE, or FILE for the input at `index`. */
static enum cli_exit set_file(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                              const char *text, int index)
{
    struct systole_value_info info = {.size = sizeof(info)};
    struct systole_tensor *t = NULL;
    char name[PATH_ROOM];
    const char *equals = strchr(text, '='), *path = text;
    if (equals && (size_t)(equals - text) < sizeof(name)) {
        memcpy(name, text, (size_t)(equals - text));
        name[equals - text] = '\0';
        path = equals + 1;
    } else {
        if (systole_model_input(model, index, &info))
            return cli_usage("more inputs than the model has");
        snprintf(name, sizeof(name), "%s", info.name);
    }
    enum systole_status status = systole_tensor_read(ctx, path, &t);
    if (!status)
        status = systole_session_set(session, name, t);
    systole_tensor_free(t);
    return status ? cli_report(ctx, status, path) : CLI_OK;
}

static enum cli_exit set_inputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                                const struct options *o)
{
    uint64_t state = o->seed;
    for (int i = 0; o->random && i < systole_model_input_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *t = NULL;
        enum systole_status status = systole_model_input(model, i, &info);
        if (!status)
            status = make_random(ctx, &info, &state, &t);
        if (!status)
            status = systole_session_set(session, info.name, t);
        systole_tensor_free(t);
        if (status)
            return cli_report(ctx, status, info.name ? info.name : "input");
    }
    for (int i = 0; i < o->n_inputs; i++) {
        enum cli_exit code = set_file(ctx, model, session, o->inputs[i], i);
        if (code)
            return code;
    }
    return CLI_OK;
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
    if (!status)
        status = systole_session_create(ctx, model, o.device, &session);
    if (!status)
        code = set_inputs(ctx, model, session, &o);
    if (!status && !code)
        status = systole_session_run(session);
    if (status)
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
