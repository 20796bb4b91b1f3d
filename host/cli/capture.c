/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "text.h"

static const char mark[] = "systole-capture 1";

/* ---- In memory ---- */

static int value_count(const struct systole_model *model)
{
    int n = systole_model_input_count(model);
    for (int i = 0; i < systole_model_node_count(model); i++) {
        struct systole_node_info info = {.size = sizeof info};
        if (!systole_model_node(model, i, &info))
            n += info.n_outputs;
    }
    return n;
}

enum cli_exit cli_values_list(const struct systole_model *model, struct cli_values *values)
{
    values->list = calloc((size_t)value_count(model) + 1, sizeof *values->list);
    if (!values->list)
        return cli_no_memory();
    for (int i = 0; i < systole_model_input_count(model); i++) {
        struct systole_value_info info = {.size = sizeof info};
        if (!systole_model_input(model, i, &info))
            values->list[values->count++] = (struct cli_value){.node = -1, .output = -1, .name = info.name};
    }
    values->n_inputs = values->count;
    for (int i = 0; i < systole_model_node_count(model); i++) {
        struct systole_node_info info = {.size = sizeof info};
        for (int k = 0; !systole_model_node(model, i, &info) && k < info.n_outputs; k++)
            if (systole_model_node_output(model, i, k))
                values->list[values->count++] = (struct cli_value){.node = i, .output = k, .name = systole_model_node_output(model, i, k)};
    }
    return CLI_OK;
}

enum cli_exit cli_values_take(struct systole_context *ctx, struct systole_session *session, struct cli_values *values)
{
    int kept = 0;
    for (int i = 0; i < values->count; i++) {
        struct cli_value v = values->list[i];
        const enum systole_status status = systole_session_get(session, v.name, &v.tensor);
        if (status && status != SYSTOLE_UNSUPPORTED) {
            values->count = kept;
            return cli_report(ctx, status, v.name);
        }
        if (!status) /* else it is a sequence: its tensors show where they are used */
            values->list[kept++] = v;
    }
    values->count = kept;
    return CLI_OK;
}

void cli_values_clear(struct cli_values *values)
{
    for (int i = 0; i < values->count; i++)
        systole_tensor_free(values->list[i].tensor);
    free(values->list);
    *values = (struct cli_values){0};
}

/* ---- As a folder ---- */

static enum cli_exit path_of(char path[CLI_PATH_ROOM], const char *folder, const char *file)
{
    const int n = snprintf(path, CLI_PATH_ROOM, "%s/%s", folder, file);
    return n > 0 && n < CLI_PATH_ROOM ? CLI_OK : cli_usage("the folder's name is too long");
}

static void write_name(FILE *f, const char *name)
{
    for (; *name; name++) {
        const unsigned char c = (unsigned char)*name;
        if (c <= ' ' || c == '%' || c == 0x7f)
            fprintf(f, "%%%02X", c);
        else
            putc(c, f);
    }
    putc('\n', f);
}

enum cli_exit cli_capture_write(struct systole_context *ctx, const struct cli_values *values, const char *folder)
{
    char path[CLI_PATH_ROOM], index[CLI_PATH_ROOM];
    enum cli_exit code = path_of(index, folder, "index");
    if (code)
        return code;
    mkdir(folder, 0777); /* that it failed shows when the first file is written */
    FILE *f = cli_create_file(index);
    if (!f)
        return CLI_FILE;
    fprintf(f, "%s\n", mark);
    for (int i = 0; i < values->count && !code; i++) {
        char file[32];
        snprintf(file, sizeof file, "%06d.npy", i);
        code = path_of(path, folder, file);
        const enum systole_status status = code ? SYSTOLE_OK : systole_tensor_write(ctx, path, values->list[i].tensor);
        if (status)
            code = cli_report(ctx, status, values->list[i].name);
        fprintf(f, "%s %s ", i < values->n_inputs ? "input" : "value", file);
        write_name(f, values->list[i].name);
    }
    const enum cli_exit closed = cli_finish_file(f, index);
    return code ? code : closed;
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* %XX back to bytes, in place. */
static void decode_name(char *name)
{
    char *to = name;
    for (const char *from = name; *from; to++) {
        const int high = *from == '%' ? digit_of(from[1]) : -1, low = high < 0 ? -1 : digit_of(from[2]);
        *to = low < 0 ? *from : (char)(high * 16 + low);
        from += low < 0 ? 1 : 3;
    }
    *to = '\0';
}

static enum cli_exit bad_index(const char *folder, int line, const char *why)
{
    fprintf(stderr, "systole: %s/index: line %d: %s\n", cli_name(folder).text, line, why);
    return CLI_FILE;
}

static struct cli_value *find_value(const struct cli_values *values, const char *name, int is_input)
{
    for (int i = is_input ? 0 : values->n_inputs; i < (is_input ? values->n_inputs : values->count); i++)
        if (strcmp(values->list[i].name, name) == 0)
            return &values->list[i];
    return NULL;
}

static enum cli_exit read_line(struct systole_context *ctx, struct cli_values *values, const char *folder, char *text, int line)
{
    char path[CLI_PATH_ROOM];
    char *file = strchr(text, ' '), *name = file ? strchr(file + 1, ' ') : NULL;
    const int is_input = strncmp(text, "input ", 6) == 0;
    if (!name || (!is_input && strncmp(text, "value ", 6) != 0))
        return bad_index(folder, line, "not 'input FILE NAME' or 'value FILE NAME'");
    *name++ = '\0';
    decode_name(name);
    if (strchr(++file, '/'))
        return bad_index(folder, line, "the file is not in this folder");
    struct cli_value *v = find_value(values, name, is_input);
    if (!v)
        return bad_index(folder, line, "the model has no such value: the capture is of another model");
    enum cli_exit code = path_of(path, folder, file);
    systole_tensor_free(v->tensor);
    v->tensor = NULL;
    const enum systole_status status = code ? SYSTOLE_OK : systole_tensor_read(ctx, path, &v->tensor);
    return status ? cli_report(ctx, status, path) : code;
}

enum cli_exit cli_capture_read(struct systole_context *ctx, struct cli_values *values, const char *folder)
{
    char path[CLI_PATH_ROOM], *data = NULL;
    size_t size = 0;
    enum cli_exit code = path_of(path, folder, "index");
    if (!code)
        code = cli_read_file(path, &data, &size);
    int line = 0;
    for (char *at = data, *next; !code && at && *at; at = next) {
        char *end = strchr(at, '\n');
        next = end ? end + 1 : at + strlen(at);
        if (end)
            *end = '\0';
        line++;
        if (line == 1)
            code = strcmp(at, mark) == 0 ? CLI_OK : bad_index(folder, line, "no capture of this version begins so");
        else
            code = read_line(ctx, values, folder, at, line);
    }
    free(data);
    for (int i = 0; i < values->count && !code; i++)
        if (!values->list[i].tensor) {
            fprintf(stderr, "systole: %s: the capture has no '%.200s'\n", cli_name(folder).text, cli_name(values->list[i].name).text);
            code = CLI_FILE;
        }
    return code;
}
