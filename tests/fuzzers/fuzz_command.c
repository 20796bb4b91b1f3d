/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: a line of the input is an argument. It runs in the folder FUZZ_FOLDER, where it finds a small model, m.onnx; arguments that
 * would lead out of the folder, or for ever, are made harmless first. The exit code is one of those that are documented.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <ctype.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "host/cli/cli.h"

enum { MOST_ARGUMENTS = 12, ARGUMENT = 80 };

int cli_main(int argc, char **argv);

/* The list of devices asks OpenCL's loader, which has leaks of its own; it stays loaded, so that they are known for its. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libOpenCL\n";
}

/* What leads into other folders; what runs on libraries of the system, or waits for them. */
static bool is_harmless(const char *a)
{
    static const char *const words[] = {"/", "..", "cuda", "opencl", "xrt", "ocl", "f2", "serial", "onednn", "openblas", "best"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(a, words[i]))
            return false;
    return true;
}

/* No number above 99: sizes, repetitions and cycles are work. */
static void shorten_numbers(char *a)
{
    char *to = a;
    for (size_t digits = 0; *a; a++) {
        digits = isdigit((unsigned char)*a) ? digits + 1 : 0;
        if (digits <= 2)
            *to++ = *a;
    }
    *to = '\0';
}

static void enter_folder(void)
{
    const char *folder = getenv("FUZZ_FOLDER");
    const int nothing = open("/dev/null", O_RDONLY);
    FUZZ_CHECK(folder && chdir(folder) == 0);
    FUZZ_CHECK(nothing >= 0 && dup2(nothing, STDIN_FILENO) == STDIN_FILENO);
    close(nothing);
    dlopen("libOpenCL.so.1", RTLD_NOW);
}

/* What the command wrote goes, the model stays. */
static int discard(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    FUZZ_CHECK(at->level == 0 || strcmp(path, "./m.onnx") == 0 || remove(path) == 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_inside;
    char text[MOST_ARGUMENTS][ARGUMENT] = {"systole"}, *argv[MOST_ARGUMENTS + 1] = {text[0]};
    int argc = 1;
    if (!is_inside)
        enter_folder();
    is_inside = true;
    for (size_t at = 0; at < size && argc < MOST_ARGUMENTS; argc++, at++) {
        size_t n = 0;
        for (; at < size && data[at] != '\n'; at++)
            if (n + 1 < ARGUMENT && data[at])
                text[argc][n++] = (char)data[at];
        shorten_numbers(text[argc]);
        if (!is_harmless(text[argc]))
            snprintf(text[argc], ARGUMENT, "none");
        argv[argc] = text[argc];
    }
    const int code = cli_main(argc, argv);
    FUZZ_CHECK(code >= CLI_OK && code <= CLI_LOST);
    FUZZ_CHECK(nftw(".", discard, 8, FTW_DEPTH | FTW_PHYS) == 0);
    return 0;
}
