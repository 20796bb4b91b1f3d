/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "json.h"
#include "text.h"

const struct cli_verb *const cli_verbs[] = {
#define CLI_VERB(name) &cli_verb_##name,
#include "verbs.def"
#undef CLI_VERB
    NULL,
};

static const struct cli_verb *find_verb(const char *name)
{
    for (size_t i = 0; cli_verbs[i]; i++)
        if (strcmp(cli_verbs[i]->name, name) == 0)
            return cli_verbs[i];
    return NULL;
}

/* ---- version, help ---- */

static enum cli_exit version(const struct cli_verb *verb, int argc, char **argv)
{
    struct cli_common o = {0};
    struct cli_json j = {.out = stdout};
    const enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){NULL, 0, 0});
    if (code || o.help)
        return code;
    if (!o.json) {
        printf("systole %s\n", systole_version());
        return CLI_OK;
    }
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "version", systole_version());
    cli_json_close(&j);
    return CLI_OK;
}

const struct cli_verb cli_verb_version = {"version", "", "Prints the version.", NULL, version};

static void help_all(void)
{
    printf("usage: systole VERB ...          systole help VERB tells its options\n\n");
    for (size_t i = 0; cli_verbs[i]; i++) {
        const char *text = cli_verbs[i]->text;
        printf("  %-12s %.*s\n", cli_verbs[i]->name, (int)strcspn(text, "\n"), text);
    }
    printf("\nDevices: cpu (the default), hls:RxC (the HLS C), sim:RxC (the RTL, cycle by cycle), each with options after commas:\n"
           "cpu,precision=x1. `systole devices` lists those found here.\n\n"
           "Exit codes: %d success; %d a result differs from what was expected; %d wrong usage; %d a file cannot be read or written, or\n"
           "is malformed; %d something in the model is not supported; %d no such device, or it failed to open; %d anything else;\n"
           "%d the device was lost while it was used.\n"
           "Errors go to standard error; with --json standard output then holds nothing that is complete JSON.\n\n"
           "Environment: NO_COLOR: no colours. SYSTOLE_PROGRESS: seconds between lines of progress where there is no terminal (10).\n"
           "SYSTOLE_LIBRARY_PATH: folders of devices' libraries.\n",
           CLI_OK, CLI_DIFFERS, CLI_USAGE, CLI_FILE, CLI_UNSUPPORTED, CLI_DEVICE, CLI_FAILED,
           CLI_LOST);
}

static enum cli_exit help(const struct cli_verb *verb, int argc, char **argv)
{
    struct cli_common o = {0};
    const char *name = NULL;
    const enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){&name, 1, 0});
    if (code || o.help)
        return code;
    const struct cli_verb *about = name ? find_verb(name) : NULL;
    if (name && !about)
        return cli_usage("there is no such verb");
    if (about)
        cli_print_verb(about);
    else
        help_all();
    return CLI_OK;
}

const struct cli_verb cli_verb_help = {"help", "[VERB]", "Prints what there is, or the options of a verb.", NULL, help};

/* ---- Failures ---- */

static int begins_with_name(const char *detail, const char *name)
{
    const size_t n = strlen(name);
    return detail[0] == '\'' && strncmp(detail + 1, name, n) == 0 && detail[1 + n] == '\'';
}

/* The detail says more than the status does; that is told where there is no other. */
enum cli_exit cli_report(const struct systole_context *ctx, enum systole_status status, const char *what)
{
    const char *detail = systole_context_detail(ctx);
    fprintf(stderr, "systole: ");
    if (!begins_with_name(detail, what))
        fprintf(stderr, "%s: ", cli_name(what).text);
    cli_put(stderr, detail[0] ? detail : systole_status_text(status));
    putc('\n', stderr);
    switch (status) {
    case SYSTOLE_IO: return CLI_FILE;
    case SYSTOLE_UNSUPPORTED: return CLI_UNSUPPORTED;
    case SYSTOLE_BAD_DEVICE: return CLI_DEVICE;
    case SYSTOLE_NOT_FOUND: return CLI_USAGE;
    case SYSTOLE_LOST: return CLI_LOST;
    default: return CLI_FAILED;
    }
}

enum cli_exit cli_report_device(const struct systole_context *ctx, enum systole_status status, const char *device)
{
    cli_report(ctx, status, device);
    return status == SYSTOLE_NO_MEMORY ? CLI_FAILED : status == SYSTOLE_LOST ? CLI_LOST : CLI_DEVICE;
}

enum cli_exit cli_usage(const char *text)
{
    fprintf(stderr, "systole: %s; see systole help\n", text);
    return CLI_USAGE;
}

enum cli_exit cli_no_memory(void)
{
    fprintf(stderr, "systole: no memory\n");
    return CLI_FAILED;
}

enum cli_exit cli_file_error(const char *path)
{
    const int number = errno;
    fprintf(stderr, "systole: %s: %s\n", cli_name(path).text, number ? strerror(number) : "it ends too early");
    return CLI_FILE;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return (int)cli_usage("which verb?");
    const char *name = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ? "help"
                       : strcmp(argv[1], "--version") == 0                        ? "version"
                                                                                  : argv[1];
    const struct cli_verb *verb = find_verb(name);
    if (!verb)
        return (int)cli_usage("there is no such verb");
    const int code = (int)verb->run(verb, argc - 2, argv + 2);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    errno = errno ? errno : EIO;
    return code ? code : (int)cli_file_error("standard output");
}
