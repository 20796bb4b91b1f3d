/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "outputs.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN = 10 };

static void describe(const char *name, const struct systole_tensor *t)
{
    printf("%s: %s ", cli_name(name).text, systole_dtype_name(systole_tensor_dtype(t)));
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

/* Names may hold what a file's name must not. */
static void path_of_name(char *path, size_t room, const char *folder, const char *name)
{
    int n = snprintf(path, room, "%s/", folder);
    size_t at = n < 0 ? 0 : (size_t)n;
    size_t first = at;
    for (; *name && at + 5 < room; name++, at++)
        path[at] = *name == '/' || *name == ':' || (*name == '.' && at == first) ? '_' : *name;
    snprintf(path + at, room - at, ".npy");
}

void cli_output_path(char *path, const struct systole_model *model, const char *folder, const char *name, int index)
{
    char other[CLI_PATH_ROOM];
    int own = strlen(name) <= 200;
    path_of_name(path, CLI_PATH_ROOM, folder, own ? name : "");
    for (int i = 0; own && i < index; i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        if (systole_model_output(model, i, &info) || strcmp(info.name, name) == 0)
            continue;
        path_of_name(other, sizeof(other), folder, info.name);
        own = strcmp(path, other) != 0;
    }
    snprintf(other, sizeof(other), "output_%d", index);
    if (!own)
        path_of_name(path, CLI_PATH_ROOM, folder, other);
}

enum cli_exit cli_make_folder(const char *folder)
{
    if (!folder)
        return CLI_OK;
    if (!*folder)
        return cli_usage("--output takes the name of a folder");
    if (strlen(folder) + 256 > CLI_PATH_ROOM)
        return cli_usage("the folder's name is too long");
    struct stat found;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return cli_file_error(folder);
    if (stat(folder, &found) == 0 && !S_ISDIR(found.st_mode))
        errno = ENOTDIR;
    else if (access(folder, W_OK | X_OK) == 0)
        return CLI_OK;
    return cli_file_error(folder);
}

/* Output i: what the model says of it, and its value. */
static enum systole_status output(struct systole_session *session, int i, struct systole_value_info *info, struct systole_tensor **t)
{
    const enum systole_status status = systole_model_output(systole_session_model(session), i, info);
    return status ? status : systole_session_get(session, info->name, t);
}

enum cli_exit cli_write_outputs(struct systole_context *ctx, struct systole_session *session, const char *folder)
{
    const struct systole_model *model = systole_session_model(session);
    for (int i = 0; folder && i < systole_model_output_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *t = NULL;
        char path[CLI_PATH_ROOM];
        enum systole_status status = output(session, i, &info, &t);
        if (!status) {
            cli_output_path(path, model, folder, info.name, i);
            status = systole_tensor_write(ctx, path, t);
        }
        systole_tensor_free(t);
        if (status)
            return cli_report(ctx, status, info.name ? info.name : "output");
    }
    return CLI_OK;
}

enum cli_exit cli_tell_outputs(struct systole_context *ctx, struct systole_session *session, const char *folder, struct cli_json *json)
{
    const struct systole_model *model = systole_session_model(session);
    for (int i = 0; i < systole_model_output_count(model); i++) {
        struct systole_value_info info = {.size = sizeof(info)};
        struct systole_tensor *t = NULL;
        char path[CLI_PATH_ROOM];
        enum systole_status status = output(session, i, &info, &t);
        if (!status && folder)
            cli_output_path(path, model, folder, info.name, i);
        if (!status && json)
            describe_json(json, info.name, t, folder ? path : NULL);
        else if (!status)
            describe(info.name, t);
        systole_tensor_free(t);
        if (status)
            return cli_report(ctx, status, info.name ? info.name : "output");
    }
    return CLI_OK;
}
