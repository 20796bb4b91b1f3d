/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "json.h"

struct options {
    struct cli_common common;
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

static enum cli_exit tell(const struct options *o, const char *path, const char *data, size_t size)
{
    struct cli_json j = {.out = stdout};
    char text[SYSTOLE_INSTRUCTION_TEXT];
    if (o->common.json) {
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "file", path);
        cli_json_open(&j, "instructions", '[');
    }
    for (size_t at = 0; at < size; at += SYSTOLE_INSTRUCTION_BYTES) {
        const enum systole_status status = systole_instruction_print(data + at, text, sizeof text);
        if (status)
            return cli_report(NULL, status, path);
        if (o->common.json)
            json_instruction(&j, at / SYSTOLE_INSTRUCTION_BYTES, text);
        else
            puts(text);
    }
    if (o->common.json) {
        cli_json_close(&j);
        cli_json_close(&j);
    }
    return CLI_OK;
}

static enum cli_exit disasm(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {0};
    const char *path = NULL;
    char *data = NULL;
    size_t size = 0;
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&path, 1, 0});
    if (code || o.common.help)
        return code;
    if (!path)
        return cli_usage("which file?");
    code = cli_read_file(path, &data, &size);
    if (code)
        return code;
    if (size % SYSTOLE_INSTRUCTION_BYTES != 0) {
        fprintf(stderr, "systole: %s: %zu bytes; a program is whole instructions of %d\n", path, size, SYSTOLE_INSTRUCTION_BYTES);
        code = CLI_FILE;
    } else
        code = tell(&o, path, data, size);
    free(data);
    return code;
}

const struct cli_verb cli_verb_disasm = {
    "disasm", "FILE",
    "Prints a program of the device as text, an instruction a line, its fields by name.\n"
    "FILE is instructions of 128 bytes, - is standard input. A field that is zero is left out. Bytes that are no instruction are\n"
    "printed as words, so that `systole asm` gives the same file again whatever it was.",
    NULL, disasm};
