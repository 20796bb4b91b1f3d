/* SPDX-License-Identifier: Apache-2.0 */
/* The command. It includes systole.h only. */
#ifndef CLI_H
#define CLI_H

#include <stddef.h>

#include "systole.h"

/* Exit codes, printed by `systole help`. */
enum cli_exit { CLI_OK = 0, CLI_DIFFERS = 1, CLI_USAGE = 2, CLI_FILE = 3, CLI_UNSUPPORTED = 4, CLI_DEVICE = 5, CLI_FAILED = 6, CLI_LOST = 7 };

enum { CLI_DEVICE_ROOM = 512, CLI_PATH_ROOM = 4096 };

/* ---- Failures, on standard error ---- */

/* Says what failed; the exit code for it. */
enum cli_exit cli_report(const struct systole_context *ctx, enum systole_status status, const char *what);
enum cli_exit cli_usage(const char *text);
/* The same for what opening a session on a device gave: whatever it is, it is about the device. */
enum cli_exit cli_report_device(const struct systole_context *ctx, enum systole_status status, const char *device);
enum cli_exit cli_no_memory(void);
/* A file that cannot be written or read, with errno's text. */
enum cli_exit cli_file_error(const char *path);

/* ---- Verbs and their options ---- */

/* Begins the options of every verb. */
struct cli_common {
    int json, quiet, help;
};

enum cli_kind {
    CLI_FLAG,   /* int */
    CLI_TEXT,   /* const char * */
    CLI_NUMBER, /* uint64_t, decimal or 0x */
    CLI_CALL,   /* whatever `take` takes */
    CLI_LIST    /* the same, and it may be given again */
};

struct cli_option {
    const char *name; /* "--device"; the table ends with NULL */
    enum cli_kind kind;
    size_t at;         /* of the member in the verb's options */
    const char *value; /* "D"; NULL for a flag */
    const char *text;
    enum cli_exit (*take)(void *member, const char *value); /* CLI_CALL, CLI_LIST */
};

extern const struct cli_option cli_common_options[];

struct cli_verb {
    const char *name, *operands, *text;
    const struct cli_option *options;
    enum cli_exit (*run)(const struct cli_verb *verb, int argc, char **argv);
};

struct cli_operands {
    const char **list;
    int most, count;
};

/*
 * Fills the verb's options, which begin with struct cli_common. USAGE when something is not understood. With --help among them it prints
 * the verb's help and sets common.help: then the caller is done.
 */
enum cli_exit cli_parse(const struct cli_verb *verb, int argc, char **argv, void *options, struct cli_operands *operands);
void cli_print_verb(const struct cli_verb *verb);

#define CLI_VERB(name) extern const struct cli_verb cli_verb_##name;
#include "verbs.def"
#undef CLI_VERB
/* All of them; ends with NULL. */
extern const struct cli_verb *const cli_verbs[];

double cli_now(void); /* seconds by a clock that only moves on */

#endif
