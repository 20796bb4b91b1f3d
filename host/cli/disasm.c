/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "json.h"
#include "open.h"

struct options {
    struct cli_common common;
    const char *device;
};

static const struct cli_option table[] = {
    {"--device", CLI_TEXT, offsetof(struct options, device), "D", "of a compiled model: the device that it is for", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

/* "LOAD mem=APAD len=4  # remark" as its parts; the text is cut up. */
static void json_instruction(struct cli_json *j, uint64_t index, char *text)
{
    cli_json_open(j, NULL, '{');
    cli_json_number(j, "index", index);
    cli_json_text(j, "text", text);
    char *remark = strchr(text, '#');
    if (remark) {
        cli_json_text(j, "remark", remark + 2);
        *remark = '\0';
    }
    char *rest = text + strcspn(text, " ");
    if (*rest)
        *rest++ = '\0';
    cli_json_text(j, "instruction", text);
    cli_json_open(j, "fields", '{');
    for (char *word = strtok(rest, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        if (!value)
            continue; /* of .words */
        *value++ = '\0';
        cli_json_text(j, word, value);
    }
    cli_json_close(j);
    cli_json_close(j);
}

static enum cli_exit tell(struct cli_json *j, const char *path, const char *data, size_t size)
{
    char text[SYSTOLE_INSTRUCTION_TEXT];
    for (size_t at = 0; at < size; at += SYSTOLE_INSTRUCTION_BYTES) {
        const enum systole_status status = systole_instruction_print(data + at, text, sizeof text);
        if (status)
            return cli_report(NULL, status, path);
        if (j)
            json_instruction(j, at / SYSTOLE_INSTRUCTION_BYTES, text);
        else
            puts(text);
    }
    return CLI_OK;
}

static enum cli_exit tell_file(struct cli_json *j, const char *path)
{
    char *data = NULL;
    size_t size = 0;
    enum cli_exit code = cli_read_file(path, &data, &size);
    if (code)
        return code;
    if (size % SYSTOLE_INSTRUCTION_BYTES != 0) {
        fprintf(stderr, "systole: %s: %zu bytes; a program is whole instructions of %d\n", path, size, SYSTOLE_INSTRUCTION_BYTES);
        code = CLI_FILE;
    } else {
        if (j)
            cli_json_open(j, "instructions", '[');
        code = tell(j, path, data, size);
        if (j)
            cli_json_close(j);
    }
    free(data);
    return code;
}

/* A program after the other, each behind a remark with its number. */
static enum cli_exit tell_programs(struct cli_json *j, const char *path, struct systole_context *ctx, struct systole_session *session)
{
    enum cli_exit code = CLI_OK;
    enum systole_status status = SYSTOLE_OK;
    if (j)
        cli_json_open(j, "programs", '[');
    for (uint64_t i = 0; !code; i++) {
        uint64_t size = 0;
        status = systole_session_program(session, i, 0, NULL, 0, &size);
        if (status)
            break;
        char *data = malloc((size_t)size + 1);
        if (!data)
            return cli_no_memory();
        status = systole_session_program(session, i, 0, data, (size_t)size, &size);
        if (j)
            cli_json_open(j, NULL, '[');
        else
            printf("# program %llu\n", (unsigned long long)i);
        code = status ? cli_report(ctx, status, path) : tell(j, path, data, (size_t)size);
        if (j)
            cli_json_close(j);
        free(data);
    }
    if (j)
        cli_json_close(j);
    return code || status == SYSTOLE_NOT_FOUND ? code : cli_report(ctx, status, path);
}

static enum cli_exit tell_compiled(struct cli_json *j, const char *path, const char *device)
{
    struct systole_context *ctx = NULL;
    struct systole_session *session = NULL;
    if (systole_context_create(NULL, &ctx))
        return cli_no_memory();
    enum cli_exit code = cli_session_open(ctx, path, NULL, device, 0, &session);
    if (!code)
        code = tell_programs(j, path, ctx, session);
    systole_session_free(session);
    systole_context_free(ctx);
    return code;
}

static enum cli_exit disasm(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {0};
    struct cli_json json = {.out = stdout}, *j = NULL;
    const char *path = NULL;
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&path, 1, 0});
    if (code || o.common.help)
        return code;
    if (!path)
        return cli_usage("which file?");
    const int compiled = o.device || cli_is_compiled(path);
    if (compiled && !o.device)
        return cli_usage("a compiled model is read with the --device that it is for");
    if (o.common.json) {
        j = &json;
        cli_json_open(j, NULL, '{');
        cli_json_text(j, "file", path);
    }
    code = compiled ? tell_compiled(j, path, o.device) : tell_file(j, path);
    if (j && !code)
        cli_json_close(j);
    return code;
}

const struct cli_verb cli_verb_disasm = {
    "disasm", "FILE",
    "Prints programs of the device as text, an instruction a line, its fields by name.\n"
    "FILE is instructions of 128 bytes (- is standard input), or with --device a model or a compiled one, of which all programs are printed.\n"
    "A field that is zero is left out. Bytes that are no instruction are printed as words, so that `systole asm` gives the same bytes\n"
    "again whatever they were.",
    table, disasm};
