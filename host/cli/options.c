/* SPDX-License-Identifier: Apache-2.0 */
/* Options from a verb's table, and its help from the same table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "text.h"

const struct cli_option cli_common_options[] = {
    {"--json", CLI_FLAG, offsetof(struct cli_common, json), NULL, "standard output is one JSON object", NULL},
    {"--quiet", CLI_FLAG, offsetof(struct cli_common, quiet), NULL, "no progress and no remarks on standard error; errors stay", NULL},
    {"--help", CLI_FLAG, offsetof(struct cli_common, help), NULL, "prints this", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

/* The option that `text` begins with, up to '=' or its end; *value is behind the '='. */
static const struct cli_option *find(const struct cli_option *table, const char *text, const char **value)
{
    const size_t length = strcspn(text, "=");
    for (const struct cli_option *o = table; o && o->name; o++)
        if (strlen(o->name) == length && strncmp(o->name, text, length) == 0) {
            *value = text[length] ? text + length + 1 : NULL;
            return o;
        }
    return NULL;
}

static enum cli_exit bad(const struct cli_verb *verb, const char *what, const char *which)
{
    fprintf(stderr, "systole %s: %s%s%s; see systole help %s\n", verb->name, what, which ? " " : "", which ? cli_name(which).text : "", verb->name);
    return CLI_USAGE;
}

static enum cli_exit set_number(const struct cli_verb *verb, const struct cli_option *o, char *at, const char *value)
{
    char *end = NULL, what[64];
    errno = 0;
    const unsigned long long number = strtoull(value, &end, 0);
    if (value[0] < '0' || value[0] > '9' || *end || errno) {
        snprintf(what, sizeof what, "%s takes a number, not", o->name);
        return bad(verb, what, value);
    }
    const uint64_t stored = number;
    memcpy(at, &stored, sizeof stored);
    return CLI_OK;
}

static enum cli_exit take(const struct cli_verb *verb, const struct cli_option *o, void *options, const char *value)
{
    char *at = (char *)options + o->at;
    switch (o->kind) {
    case CLI_FLAG: memcpy(at, &(int){1}, sizeof(int)); return CLI_OK;
    case CLI_TEXT: memcpy(at, &value, sizeof value); return CLI_OK;
    case CLI_NUMBER: return set_number(verb, o, at, value);
    default: return o->take(at, value);
    }
}

static enum cli_exit add_operand(const struct cli_verb *verb, struct cli_operands *operands, const char *text)
{
    if (operands->count == operands->most)
        return bad(verb, operands->most == 1 ? "one at a time; unexpected" : "unexpected", text);
    operands->list[operands->count++] = text;
    return CLI_OK;
}

/* Options that were given, by their place in the table behind the common ones. */
enum { MOST_OPTIONS = 64 };

/* Was it given before? A second value would silently take the place of the first. */
static enum cli_exit refuse_twice(const struct cli_verb *verb, const struct cli_option *o, int is_common, char given[MOST_OPTIONS])
{
    enum { COMMON = sizeof cli_common_options / sizeof *cli_common_options };
    const size_t at = is_common ? (size_t)(o - cli_common_options) : COMMON + (size_t)(o - verb->options);
    if (o->kind == CLI_LIST || at >= MOST_OPTIONS)
        return CLI_OK;
    if (given[at])
        return bad(verb, "given twice:", o->name);
    given[at] = 1;
    return CLI_OK;
}

enum cli_exit cli_parse(const struct cli_verb *verb, int argc, char **argv, void *options, struct cli_operands *operands)
{
    int only_operands = 0;
    char given[MOST_OPTIONS] = {0};
    enum cli_exit code = CLI_OK;
    for (int i = 0; i < argc && !code; i++) {
        const char *text = argv[i], *value = NULL;
        if (only_operands || text[0] != '-' || text[1] == '\0') {
            code = add_operand(verb, operands, text);
            continue;
        }
        if (strcmp(text, "--") == 0) {
            only_operands = 1;
            continue;
        }
        const struct cli_option *o = find(cli_common_options, strcmp(text, "-h") == 0 ? "--help" : text, &value);
        const int is_common = o != NULL;
        if (!o)
            o = find(verb->options, text, &value);
        if (!o)
            return bad(verb, "unknown option", text);
        if (o->kind == CLI_FLAG && value)
            return bad(verb, "no value belongs to", o->name);
        if (o->kind != CLI_FLAG && !value && ++i == argc)
            return bad(verb, "a value is missing after", o->name);
        code = refuse_twice(verb, o, is_common, given);
        if (!code)
            code = take(verb, o, options, value ? value : argv[i]);
    }
    if (!code && ((const struct cli_common *)options)->help)
        cli_print_verb(verb);
    return code;
}

static void print_options(const struct cli_option *table)
{
    for (const struct cli_option *o = table; o && o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        printf("  %-26s %s\n", left, o->text);
    }
}

void cli_print_verb(const struct cli_verb *verb)
{
    printf("usage: systole %s%s%s [OPTION ...]\n\n%s\n\n", verb->name, verb->operands[0] ? " " : "", verb->operands, verb->text);
    print_options(verb->options);
    print_options(cli_common_options);
}
