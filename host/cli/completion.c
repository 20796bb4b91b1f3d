/* SPDX-License-Identifier: Apache-2.0 */
/* What shells and man read, from the same tables that the command reads its options by: nothing is written twice. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

struct options {
    struct cli_common common;
};

/* Common options come after a verb's own. */
typedef void each_option(const struct cli_verb *verb, const struct cli_option *o);

static void for_options(const struct cli_verb *verb, each_option *each)
{
    for (const struct cli_option *o = verb->options; o && o->name; o++)
        each(verb, o);
    for (const struct cli_option *o = cli_common_options; o->name; o++)
        each(verb, o);
}

static int takes_devices(const struct cli_option *o)
{
    return o->value && o->value[0] == 'D' && (o->value[1] == '\0' || o->value[1] == ',');
}

static int takes_folder(const struct cli_option *o)
{
    return o->value && strcmp(o->value, "DIR") == 0;
}

static int takes_file(const struct cli_option *o)
{
    return o->value && strstr(o->value, "FILE");
}

/* The value "f32|int8" is a list of what can be given; NULL where it is not one. */
static const char *choices(const char *value)
{
    return value && strchr(value, '|') ? value : NULL;
}

static void print_choices(const char *list, char between)
{
    for (; *list; list++)
        putchar(*list == '|' ? between : *list);
}

/* Devices that open, a line each. */
#define OPENING "sed -n 's/.*\"device\": \"\\([^\"]*\\)\".*\"opens\": true.*/\\1/p'"

/* ---- bash ---- */

static void bash_word(const struct cli_verb *verb, const struct cli_option *o)
{
    (void)verb;
    printf(" %s", o->name);
}

static void bash_value(const struct cli_verb *verb, const struct cli_option *o)
{
    if (!o->value)
        return;
    printf("    %s:%s) ", verb->name, o->name);
    if (takes_devices(o))
        printf("_systole_devices \"$cur\"");
    else if (takes_folder(o))
        printf("COMPREPLY=($(compgen -d -- \"$cur\"))");
    else if (takes_file(o))
        printf("COMPREPLY=($(compgen -f -- \"${cur##*=}\"))");
    else if (choices(o->value)) {
        printf("COMPREPLY=($(compgen -W '");
        print_choices(o->value, ' ');
        printf("' -- \"$cur\"))");
    }
    printf(" ;;\n");
}

static void bash(void)
{
    printf("# SPDX-License-Identifier: Apache-2.0\n# bash completion for systole. Made by `systole completion bash`.\n"
           "# shellcheck shell=bash disable=SC2207\n\n"
           "_systole_devices() {\n"
           "    COMPREPLY=($(compgen -W \"$(systole devices --json 2>/dev/null | " OPENING ")\" -- \"$1\"))\n"
           "    if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions \"$1\"; fi\n}\n\n"
           "_systole() {\n    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]} words=\n"
           "    if declare -F _get_comp_words_by_ref >/dev/null; then _get_comp_words_by_ref -n := cur; fi\n"
           "    COMPREPLY=()\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; cli_verbs[i]; i++)
        printf("%s%s", i ? " " : "", cli_verbs[i]->name);
    printf("' -- \"$cur\"))\n        return\n    fi\n    case $verb:$previous in\n");
    for (size_t i = 0; cli_verbs[i]; i++)
        for_options(cli_verbs[i], bash_value);
    printf("    *)\n        case $verb in\n");
    for (size_t i = 0; cli_verbs[i]; i++) {
        printf("        %s) words='", cli_verbs[i]->name);
        if (choices(cli_verbs[i]->operands)) {
            const char *list = cli_verbs[i]->operands;
            for (; *list && *list != ' '; list++)
                putchar(*list == '|' ? ' ' : *list);
        }
        for_options(cli_verbs[i], bash_word);
        printf("' ;;\n");
    }
    printf("        esac\n        case $cur in\n        -*) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;\n"
           "        *) COMPREPLY=($(compgen -W \"${words%%%%--*}\" -- \"$cur\") $(compgen -f -- \"$cur\")) ;;\n"
           "        esac ;;\n    esac\n}\n\n"
           "complete -o filenames -F _systole systole\n");
}

/* ---- zsh ---- */

static void zsh_text(const char *text)
{
    for (; *text && *text != '\n'; text++)
        if (*text == '\'')
            printf("'\\''");
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
}

static void zsh_option(const struct cli_verb *verb, const struct cli_option *o)
{
    (void)verb;
    printf(" \\\n            '*%s[", o->name);
    zsh_text(o->text);
    printf("]");
    if (o->value) {
        putchar(':');
        zsh_text(o->value);
        putchar(':');
        if (takes_devices(o))
            printf("_systole_devices");
        else if (takes_folder(o))
            printf("_files -/");
        else if (takes_file(o))
            printf("_files");
        else if (choices(o->value)) {
            putchar('(');
            print_choices(o->value, ' ');
            putchar(')');
        }
    }
    putchar('\'');
}

static void zsh(void)
{
    printf("#compdef systole\n# SPDX-License-Identifier: Apache-2.0\n# zsh completion for systole. Made by `systole completion zsh`.\n\n"
           "_systole_devices() {\n    local -a found\n"
           "    found=(${(f)\"$(systole devices --json 2>/dev/null | " OPENING ")\"})\n"
           "    compadd -a found\n}\n\n_systole() {\n    local -a verbs\n    verbs=(\n");
    for (size_t i = 0; cli_verbs[i]; i++) {
        printf("        '%s:", cli_verbs[i]->name);
        zsh_text(cli_verbs[i]->text);
        printf("'\n");
    }
    printf("    )\n    if (( CURRENT == 2 )); then\n        _describe verb verbs\n        return\n    fi\n"
           "    local verb=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $verb in\n");
    for (size_t i = 0; cli_verbs[i]; i++) {
        printf("        %s)\n            _arguments", cli_verbs[i]->name);
        for_options(cli_verbs[i], zsh_option);
        printf(" \\\n            '*: :_files' ;;\n");
    }
    printf("    esac\n}\n\n_systole \"$@\"\n");
}

/* ---- fish ---- */

static void fish_text(const char *text)
{
    putchar('\'');
    for (; *text && *text != '\n'; text++)
        if (*text == '\'' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar(*text);
    putchar('\'');
}

static void fish_option(const struct cli_verb *verb, const struct cli_option *o)
{
    printf("complete -c systole -n '__fish_seen_subcommand_from %s' -l %s", verb->name, o->name + 2);
    if (takes_devices(o))
        printf(" -x -a '(__systole_devices)'");
    else if (choices(o->value)) {
        printf(" -x -a '");
        print_choices(o->value, ' ');
        putchar('\'');
    } else if (takes_file(o) || takes_folder(o))
        printf(" -r");
    else if (o->value)
        printf(" -x");
    printf(" -d ");
    fish_text(o->text);
    putchar('\n');
}

static void fish(void)
{
    printf("# SPDX-License-Identifier: Apache-2.0\n# fish completion for systole. Made by `systole completion fish`.\n\n"
           "function __systole_devices\n    systole devices --json 2>/dev/null | " OPENING "\nend\n\n");
    for (size_t i = 0; cli_verbs[i]; i++) {
        printf("complete -c systole -f -n __fish_use_subcommand -a %s -d ", cli_verbs[i]->name);
        fish_text(cli_verbs[i]->text);
        putchar('\n');
    }
    for (size_t i = 0; cli_verbs[i]; i++)
        for_options(cli_verbs[i], fish_option);
}

/* ---- mdoc: the verbs of systole(1) ---- */

/* A line may not begin with what mdoc takes for a command, and a sentence begins a line. */
static void mdoc_text(const char *text)
{
    for (const char *p = text; *p; p++) {
        if (p > text && p[-1] == '.' && *p == ' ' && p[1] != ' ') {
            putchar('\n');
            continue;
        }
        if ((p == text || p[-1] == '\n') && (*p == '.' || *p == '\''))
            printf("\\&");
        if (*p == '\\')
            printf("\\e");
        else
            putchar(*p);
    }
    putchar('\n');
}

static void mdoc_option(const struct cli_verb *verb, const struct cli_option *o)
{
    (void)verb;
    printf(".It Fl %s", o->name + 1);
    if (o->value)
        printf(" Ar %s", o->value);
    putchar('\n');
    mdoc_text(o->text);
}

static void mdoc(void)
{
    for (size_t i = 0; cli_verbs[i]; i++) {
        const struct cli_verb *v = cli_verbs[i];
        printf(".Ss systole %s%s%s\n", v->name, v->operands[0] ? " " : "", v->operands);
        mdoc_text(v->text);
        if (!v->options)
            continue;
        printf(".Bl -tag -width Ds\n");
        for (const struct cli_option *o = v->options; o->name; o++)
            mdoc_option(v, o);
        printf(".El\n");
    }
    printf(".Ss Options of every verb\n.Bl -tag -width Ds\n");
    for (const struct cli_option *o = cli_common_options; o->name; o++)
        mdoc_option(NULL, o);
    printf(".El\n");
}

/* ---- The verb ---- */

static enum cli_exit run(const struct cli_verb *verb, int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } forms[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}, {"mdoc", mdoc}};
    struct options o = {0};
    const char *form = NULL;
    const enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&form, 1, 0});
    if (code || o.common.help)
        return code;
    for (size_t i = 0; form && i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].name, form) == 0) {
            forms[i].print();
            return CLI_OK;
        }
    return cli_usage("completion is for bash, zsh or fish; mdoc is for the manual");
}

const struct cli_verb cli_verb_completion = {
    "completion", "bash|zsh|fish|mdoc",
    "Prints what a shell needs to complete this command: eval \"$(systole completion bash)\".\n"
    "It is made from the command's own tables of options. mdoc is the same for the manual.",
    NULL, run};
