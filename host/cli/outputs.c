/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "outputs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SHOWN = 10 };

static void describe(const char *name, const struct systole_tensor *t)
{
    printf("%s: %s ", name, systole_dtype_name(systole_tensor_dtype(t)));
    for (int i = 0; i < systole_tensor_rank(t); i++)
        printf("%s%lld", i ? "x" : "", (long long)systole_tensor_dims(t)[i]);
    printf("%s", systole_tensor_rank(t) ? " =" : "scalar =");
    for (int64_t i = 0; i < systole_tensor_count(t) && i < SHOWN; i++)
        printf(" %.9g", systole_tensor_value(t, i));
    printf("%s\n", systole_tensor_count(t) > SHOWN ? " ..." : "");
}

void cli_json_tensor(struct cli_json *j, const char *name, const struct systole_tensor *t)
{
    cli_json_text(j, "name", name);
    cli_json_text(j, "type", systole_dtype_name(systole_tensor_dtype(t)));
    cli_json_open(j, "dims", '[');
    for (int i = 0; i < systole_tensor_rank(t); i++)
        cli_json_signed(j, NULL, systole_tensor_dims(t)[i]);
    cli_json_close(j);
    cli_json_signed(j, "elements", systole_tensor_count(t));
}

static void describe_json(struct cli_json *j, const char *name, const struct systole_tensor *t, const char *path)
{
    cli_json_open(j, NULL, '{');
    cli_json_tensor(j, name, t);
    cli_json_open(j, "first", '[');
    for (int64_t i = 0; i < systole_tensor_count(t) && i < SHOWN; i++)
        cli_json_exact(j, NULL, systole_tensor_value(t, i));
    cli_json_close(j);
    if (path)
        cli_json_text(j, "file", path);
    cli_json_close(j);
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

enum cli_exit cli_give_outputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                               const char *folder, struct cli_json *json, int quiet)
{
    if (folder && strlen(folder) + 256 > CLI_PATH_ROOM)
        return cli_usage("the folder's name is too long");
    if (folder)
        mkdir(folder, 0777); /* that it failed shows when the first file is written */
    for (int i = 0; i < systole_model_output_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *t = NULL;
        char path[CLI_PATH_ROOM];
        enum systole_status status = systole_model_output(model, i, &info);
        if (!status)
            status = systole_session_get(session, info.name, &t);
        if (!status && folder) {
            output_path(path, sizeof(path), folder, info.name, i);
            status = systole_tensor_write(ctx, path, t);
        }
        if (!status && json)
            describe_json(json, info.name, t, folder ? path : NULL);
        else if (!status && !quiet)
            describe(info.name, t);
        systole_tensor_free(t);
        if (status)
            return cli_report(ctx, status, info.name ? info.name : "output");
    }
    return CLI_OK;
}
