/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "golden.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outputs.h"
#include "text.h"

static int is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* folder/file, where it is there. */
static int is_there(char path[CLI_PATH_ROOM], const char *folder, const char *file)
{
    const int n = snprintf(path, CLI_PATH_ROOM, "%s/%s", folder, file);
    return n > 0 && n < CLI_PATH_ROOM && access(path, F_OK) == 0;
}

static enum cli_exit take(struct systole_context *ctx, struct cli_value *v, const char *path)
{
    systole_tensor_free(v->tensor);
    v->tensor = NULL;
    const enum systole_status status = systole_tensor_read(ctx, path, &v->tensor);
    return status ? cli_report(ctx, status, path) : CLI_OK;
}

/* A value that a node makes, or an input; NULL: there is none of that name. */
static struct cli_value *value_of(struct cli_values *values, const char *name)
{
    for (int i = values->count - 1; i >= 0; i--)
        if (strcmp(values->list[i].name, name) == 0)
            return &values->list[i];
    return NULL;
}

static enum cli_exit no_value(const char *from, const char *name)
{
    fprintf(stderr, "systole: %s: no node of the model makes a value '%.200s'; compare --layers --json lists them\n", cli_name(from).text,
            cli_name(name).text);
    return CLI_FILE;
}

/* ---- Files in the order of the model's inputs and outputs ---- */

static int numbered(char path[CLI_PATH_ROOM], const char *folder, const char *kind, int number)
{
    static const char *const endings[] = {"pb", "npy"};
    char file[64];
    for (int i = 0; i < 2; i++) {
        snprintf(file, sizeof file, "%s_%d.%s", kind, number, endings[i]);
        if (is_there(path, folder, file))
            return 1;
    }
    return 0;
}

static enum cli_exit read_numbered(struct systole_context *ctx, const struct systole_model *model, struct cli_values *values, const char *folder)
{
    char path[CLI_PATH_ROOM];
    enum cli_exit code = CLI_OK;
    for (int i = 0; i < values->n_inputs && !code; i++)
        if (numbered(path, folder, "input", i))
            code = take(ctx, &values->list[i], path);
    for (int i = 0; i < systole_model_output_count(model) && !code; i++) {
        struct systole_value_info info = {.size = sizeof info};
        if (!numbered(path, folder, "output", i) || systole_model_output(model, i, &info))
            continue;
        struct cli_value *v = value_of(values, info.name);
        code = v ? take(ctx, v, path) : no_value(path, info.name);
    }
    return code;
}

/* ---- Files by the names of outputs ---- */

static enum cli_exit read_named(struct systole_context *ctx, const struct systole_model *model, struct cli_values *values, const char *folder)
{
    char path[CLI_PATH_ROOM];
    enum cli_exit code = CLI_OK;
    int found = 0;
    for (int i = 0; i < systole_model_output_count(model) && !code; i++) {
        struct systole_value_info info = {.size = sizeof info};
        if (systole_model_output(model, i, &info))
            continue;
        cli_output_path(path, model, folder, info.name, i);
        struct cli_value *v = access(path, F_OK) == 0 ? value_of(values, info.name) : NULL;
        if (v)
            code = take(ctx, v, path);
        found += v != NULL;
    }
    if (code || found)
        return code;
    fprintf(stderr, "systole: %s: neither an index, nor output_0.pb or output_0.npy, nor a .npy file named like an output of the model\n",
            cli_name(folder).text);
    return CLI_FILE;
}

/* ---- One file ---- */

static enum cli_exit read_one(struct systole_context *ctx, const struct systole_model *model, struct cli_values *values, const char *from)
{
    char name[CLI_PATH_ROOM];
    const char *equals = strchr(from, '=');
    struct systole_value_info info = {.size = sizeof info};
    if (equals && (size_t)(equals - from) < sizeof name && access(from, F_OK) != 0) {
        memcpy(name, from, (size_t)(equals - from));
        name[equals - from] = '\0';
        struct cli_value *v = value_of(values, name);
        return v ? take(ctx, v, equals + 1) : no_value(from, name);
    }
    if (systole_model_output_count(model) != 1 || systole_model_output(model, 0, &info))
        return cli_usage("--against FILE is for a model with one output; of another say which, as NAME=FILE");
    struct cli_value *v = value_of(values, info.name);
    return v ? take(ctx, v, from) : no_value(from, info.name);
}

enum cli_exit cli_golden_read(struct systole_context *ctx, const struct systole_model *model, struct cli_values *values, const char *from)
{
    char path[CLI_PATH_ROOM];
    const size_t n = strlen(from);
    const int is_file = n > 4 && (strcmp(from + n - 4, ".npy") == 0 || strcmp(from + n - 3, ".pb") == 0 || strcmp(from + n - 4, ".npz") == 0);
    if (is_file && !is_folder(from))
        return read_one(ctx, model, values, from);
    if (!is_folder(from) || is_there(path, from, "index"))
        return cli_capture_read(ctx, values, from);
    if (numbered(path, from, "output", 0))
        return read_numbered(ctx, model, values, from);
    return read_named(ctx, model, values, from);
}
