/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs that are programs of their own, for they need nothing of the library: systole-bitstream, systole-xclbin. Options are read here, so that a
 * help, a manual and completions know them; then the program takes this one's place, and its exit code is the verb's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

enum { MOST_FILES = 1000, MOST_WORDS = MOST_FILES + 16 };

struct words {
    char *list[MOST_WORDS + 1];
    int count;
};

static void add(struct words *w, const char *word)
{
    /* execv() has no const, and changes nothing. */
    if (word && w->count < MOST_WORDS)
        memcpy(&w->list[w->count++], &word, sizeof word);
}

/* Beside this program, in its folder's xrt/ (as they are built), in libexec of an installation, or wherever the shell would find it. */
static enum cli_exit become(const char *name, const char *target, struct words *w)
{
    static const char *const folders[] = {"", "xrt/", "../libexec/systole/"};
    char here[CLI_PATH_ROOM], path[CLI_PATH_ROOM + 64];
    const ssize_t n = readlink("/proc/self/exe", here, sizeof here - 1);
    here[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(here, '/');
    if (slash)
        slash[1] = '\0';
    fflush(stdout);
    for (size_t i = 0; slash && i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s%s%s", here, folders[i], name);
        execv(path, w->list);
        if (errno != ENOENT && errno != ENOTDIR)
            return cli_file_error(path);
    }
    execvp(name, w->list);
    fprintf(stderr, "systole: %s is not found: not in %s, in its folders xrt/ and ../libexec/systole/, or in PATH; `make %s` builds it\n", name, here,
            target);
    return CLI_FILE;
}

static enum cli_exit no_json(const struct cli_verb *verb)
{
    fprintf(stderr, "systole %s: it prints no JSON; see systole help %s\n", verb->name, verb->name);
    return CLI_USAGE;
}

/* ---- bitstream ---- */

static enum cli_exit bitstream(const struct cli_verb *verb, int argc, char **argv)
{
    static const char *operand[MOST_FILES];
    static struct words w;
    struct cli_common o = {0};
    struct cli_operands operands = {operand, MOST_FILES, 0};
    const enum cli_exit code = cli_parse(verb, argc, argv, &o, &operands);
    if (code || o.help)
        return code;
    if (o.json)
        return no_json(verb);
    const int is_check = operands.count > 0 && strcmp(operand[0], "check") == 0;
    const int is_list = operands.count > 0 && strcmp(operand[0], "list") == 0;
    if ((!is_check && !is_list) || (is_check && operands.count == 1))
        return cli_usage("bitstream check MANIFEST ..., or bitstream list [DIR ...]");
    add(&w, "systole-bitstream");
    for (int i = 0; i < operands.count; i++)
        add(&w, operand[i]);
    return become("systole-bitstream", "build/systole-bitstream", &w);
}

const struct cli_verb cli_verb_bitstream = {
    "bitstream", "check|list FILE|DIR ...",
    "Tells what bitstreams there are, and whether they are what their manifests say.\n"
    "check: members, contract, clock, size and checksum of each manifest. list: the manifests under folders, a line each.\n"
    "Exit codes: 0 good; 1 a manifest or its bitstream is not as it should be; 2 wrong usage; 3 a file cannot be read.",
    NULL, bitstream};

/* ---- xclbin ---- */

struct xclbin_options {
    struct cli_common common;
    const char *library, *output, *cus, *memory, *cards, *options;
};

static const struct cli_option xclbin_options[] = {
    {"--library", CLI_TEXT, offsetof(struct xclbin_options, library), "FILE", "the device: libsystole_sim_<name>.so or libsystole_hls_<name>.so", NULL},
    {"--output", CLI_TEXT, offsetof(struct xclbin_options, output), "DIR", "where systole.xclbin, emconfig.json, xrt.ini and run go", NULL},
    {"--cus", CLI_TEXT, offsetof(struct xclbin_options, cus), "N", "compute units on a card, 1 to 16 (1)", NULL},
    {"--memory", CLI_TEXT, offsetof(struct xclbin_options, memory), "GIB", "of a card, 1 to 64 (16)", NULL},
    {"--cards", CLI_TEXT, offsetof(struct xclbin_options, cards), "N", "how many cards XRT finds, 1 to 16 (1)", NULL},
    {"--options", CLI_TEXT, offsetof(struct xclbin_options, options), "TEXT", "of the simulated device", NULL},
    {NULL, CLI_FLAG, 0, NULL, NULL, NULL},
};

static enum cli_exit xclbin(const struct cli_verb *verb, int argc, char **argv)
{
    static struct words w;
    struct xclbin_options o = {.library = NULL};
    const enum cli_exit code = cli_parse(verb, argc, argv, &o, &(struct cli_operands){NULL, 0, 0});
    if (code || o.common.help)
        return code;
    if (o.common.json)
        return no_json(verb);
    add(&w, "systole-xclbin");
    for (const struct cli_option *p = xclbin_options; p->name; p++) {
        const char *value;
        memcpy(&value, (const char *)&o + p->at, sizeof value);
        add(&w, value ? p->name : NULL);
        add(&w, value);
    }
    return become("systole-xclbin", "xrt-tools", &w);
}

const struct cli_verb cli_verb_xclbin = {
    "xclbin", "",
    "Makes a folder in which programs for XRT, or for OpenCL on an FPGA, run on a simulated device.\n"
    "Then DIR/run PROGRAM runs one, unchanged and with no vendor's tool. Exit codes: 0 done; 2 wrong usage; 3 a file; 5 the library is\n"
    "no device of this contract.",
    xclbin_options, xclbin};
