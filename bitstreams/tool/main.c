/* SPDX-License-Identifier: Apache-2.0 */
/* systole-bitstream: what bitstreams there are, and whether they are what their manifests say. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../sim/xrt/kernel_xml.h"
#include "link_package.h"
#include "manifest.h"

#define KERNEL_AXI_BYTES 64u
#define MAX_DEPTH 4

enum exit_code { EXIT_DONE = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_FILE = 3 };

static const char usage_text[] =
    "usage: systole-bitstream check MANIFEST ...                  members, contract, clock, size and checksum of each\n"
    "       systole-bitstream list [DIR ...]                      the manifests under folders (.), a line each\n"
    "       systole-bitstream write MANIFEST FILE NAME=VALUE ...  the manifest of a bitstream\n"
    "       systole-bitstream schema | kernel-xml | link-package  what is generated: the manifests' schema; the kernel's description for\n"
    "                                                             package_xo; the SystemVerilog package of the serial link\n"
    "Exit codes: 0 good; 1 a manifest or its bitstream is not as it should be; 2 wrong usage; 3 a file cannot be read or written.\n";

static enum exit_code code_of(enum manifest_verdict verdict)
{
    return verdict == MANIFEST_GOOD ? EXIT_DONE : verdict == MANIFEST_BAD ? EXIT_BAD : EXIT_FILE;
}

static enum exit_code check(int count, char **paths)
{
    static struct json j;
    enum exit_code worst = EXIT_DONE;
    for (int i = 0; i < count; i++) {
        char reason[MANIFEST_REASON_BYTES] = "";
        const enum exit_code code = code_of(manifest_check(paths[i], &j, reason));
        if (code == EXIT_DONE)
            printf("%s: good\n", paths[i]);
        else
            fprintf(stderr, "systole-bitstream: %s: %s\n", paths[i], reason);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static const char *text_of(const struct json *j, const char *name)
{
    const struct json_value *v = json_find(j, name);
    return v ? v->text : "?";
}

/* One line of what is a manifest; files that are none are passed over. */
static unsigned list_file(const char *path)
{
    static struct json j;
    char reason[MANIFEST_REASON_BYTES] = "";
    j.count = 0;
    const enum manifest_verdict verdict = manifest_check(path, &j, reason);
    if (verdict == MANIFEST_UNREADABLE || !json_find(&j, "target") || !json_find(&j, "sha256"))
        return 0;
    printf("%-10s %-4s %sx%-4s %6s MHz  %.12s  %s: %s\n", text_of(&j, "target"), text_of(&j, "kernel"), text_of(&j, "parameters.ROWS"),
           text_of(&j, "parameters.COLS"), text_of(&j, "clock_mhz"), text_of(&j, "commit"), path,
           verdict == MANIFEST_GOOD ? "good" : reason);
    return 1;
}

static unsigned list_folder(const char *folder, int depth)
{
    struct dirent **entries = NULL;
    unsigned found = 0;
    const int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat about;
        const char *name = entries[i]->d_name, *dot = strrchr(name, '.');
        if (name[0] != '.' && (size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path && lstat(path, &about) == 0) {
            if (S_ISDIR(about.st_mode) && depth < MAX_DEPTH)
                found += list_folder(path, depth + 1);
            else if (S_ISREG(about.st_mode) && dot && strcmp(dot, ".json") == 0)
                found += list_file(path);
        }
        free(entries[i]);
    }
    free(entries);
    return found;
}

static enum exit_code list(int count, char **folders)
{
    static char here[] = ".", *only[] = {here};
    unsigned found = 0;
    if (count == 0) {
        folders = only;
        count = 1;
    }
    for (int i = 0; i < count; i++)
        found += list_folder(folders[i], 0);
    if (found == 0)
        printf("no bitstreams\n");
    return EXIT_DONE;
}

static enum exit_code write_one(int count, char **arguments)
{
    char reason[MANIFEST_REASON_BYTES] = "";
    const enum exit_code code = code_of(manifest_write(arguments[0], arguments[1], arguments + 2, count - 2, reason));
    if (code != EXIT_DONE)
        fprintf(stderr, "systole-bitstream: %s is not written: %s\n", arguments[0], reason);
    return code;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    enum exit_code code = EXIT_DONE;
    if (strcmp(verb, "check") == 0 && argc > 2)
        code = check(argc - 2, argv + 2);
    else if (strcmp(verb, "list") == 0)
        code = list(argc - 2, argv + 2);
    else if (strcmp(verb, "write") == 0 && argc > 3)
        code = write_one(argc - 2, argv + 2);
    else if (strcmp(verb, "schema") == 0 && argc == 2)
        manifest_print_schema(stdout);
    else if (strcmp(verb, "kernel-xml") == 0 && argc == 2)
        kernel_xml_package(stdout, KERNEL_AXI_BYTES);
    else if (strcmp(verb, "link-package") == 0 && argc == 2)
        link_package_print(stdout);
    else if (strcmp(verb, "--help") == 0)
        printf("%s", usage_text);
    else {
        fprintf(stderr, "%s", usage_text);
        code = EXIT_USAGE;
    }
    return fflush(stdout) == 0 ? (int)code : EXIT_FILE;
}
