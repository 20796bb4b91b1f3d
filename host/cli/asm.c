/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "json.h"
#include "text.h"

struct options {
    struct cli_common common;
    const char *output;
};

static const struct cli_option table[] = {
    {"--output", CLI_TEXT, offsetof(struct options, output), "FILE", "where the program goes; standard output unless told", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

/* Every line into `out`; counts the instructions. */
static enum cli_exit assemble(struct systole_context *ctx, const char *path, char *text, size_t size, FILE *out, uint64_t *count)
{
    unsigned long line = 1;
    if (memchr(text, '\0', size)) {
        fprintf(stderr, "systole: %s: not a text\n", cli_name(path).text);
        return CLI_FILE;
    }
    for (char *p = text; *p; line++) {
        const size_t n = strcspn(p, "\n");
        const char last = p[n];
        unsigned char bytes[SYSTOLE_INSTRUCTION_BYTES];
        p[n] = '\0';
        const enum systole_status status = systole_instruction_parse(ctx, p, bytes);
        p += n + (last != '\0');
        if (status == SYSTOLE_NOT_FOUND)
            continue;
        if (status) {
            fprintf(stderr, "systole: %s:%lu: %s\n", cli_name(path).text, line, cli_name(systole_context_detail(ctx)).text);
            return CLI_FILE;
        }
        fwrite(bytes, 1, sizeof bytes, out);
        ++*count;
    }
    return CLI_OK;
}

static enum cli_exit write_program(const struct options *o, struct systole_context *ctx, const char *path, char *text, size_t size)
{
    uint64_t count = 0;
    FILE *out = tmpfile(); /* nothing is written where the text is wrong */
    if (!out)
        return cli_file_error("a temporary file");
    enum cli_exit code = assemble(ctx, path, text, size, out, &count);
    FILE *to = NULL;
    if (!code) {
        rewind(out);
        to = cli_create_file(o->output);
        code = to ? CLI_OK : CLI_FILE;
    }
    char bytes[SYSTOLE_INSTRUCTION_BYTES];
    while (!code && fread(bytes, 1, sizeof bytes, out) == sizeof bytes)
        fwrite(bytes, 1, sizeof bytes, to);
    if (to)
        code = cli_finish_file(to, o->output);
    fclose(out);
    if (!code && o->common.json) {
        struct cli_json j = {.out = stdout};
        cli_json_open(&j, NULL, '{');
        cli_json_text(&j, "file", o->output);
        cli_json_number(&j, "instructions", count);
        cli_json_close(&j);
    }
    return code;
}

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    struct options o = {.output = "-"};
    const char *path = NULL;
    char *text = NULL;
    size_t size = 0;
    struct systole_context *ctx = NULL;
    enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&path, 1, 0});
    if (code || o.common.help)
        return code;
    if (!path)
        return cli_usage("which file?");
    if (o.common.json && strcmp(o.output, "-") == 0)
        return cli_usage("--json and the program cannot both go to standard output: give --output");
    code = cli_read_file(path, &text, &size);
    if (!code && systole_context_create(NULL, &ctx))
        code = cli_no_memory();
    if (!code)
        code = write_program(&o, ctx, path, text, size);
    free(text);
    systole_context_free(ctx);
    return code;
}

const struct cli_verb cli_verb_asm = {
    "asm", "FILE",
    "Makes a program of the device from the text that `systole disasm` prints.\n"
    "An instruction a line, field=value, fields not named are zero; # begins a remark. FILE may be -: standard input.",
    table, run};
