/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systole-xclbin: makes a folder in which programs for XRT, or for OpenCL on an FPGA, run against a device's library, with no
 * vendor tool: the xclbin, XRT's two files of settings, and a script `run` that sets the environment.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../driver/backend_xrt_kernel.h"
#include "../../driver/systole_hash.h"
#include "library.h"
#include "xclbin.h"

#define GIB (1ull << 30)
#define MAX_CARDS 16u
/* A request that is longer than XRT's buffer corrupts the memory of XRT 2.13: it drops what realloc() gave. So the first one,
 * which sends the settings, is made longer than any other can get. */
#define PACKET_BYTES 65536
#define FILLER_BYTES 70000

enum exit_code { EXIT_DONE = 0, EXIT_USAGE = 2, EXIT_FILE = 3, EXIT_LIBRARY = 5 };

struct arguments {
    const char *library, *output, *options;
    unsigned long units, memory, cards;
};

static enum exit_code fail(enum exit_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum exit_code fail(enum exit_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "systole-xclbin: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    return code;
}

static const char usage_text[] =
    "usage: systole-xclbin --library FILE --output DIR [--cus N] [--memory GIB] [--cards N] [--options TEXT]\n"
    "  --library  the device: libsystole_sim_<name>.so or libsystole_hls_<name>.so\n"
    "  --output   a folder for systole.xclbin, emconfig.json, xrt.ini and run\n"
    "  --cus      compute units on a card, 1 to 16 (1)      --memory  of a card, in GiB, 1 to 64 (16)\n"
    "  --cards    how many cards XRT finds, 1 to 16 (1)     --options of the simulated device (docs/blocks/sim.md)\n"
    "Then: DIR/run PROGRAM ARGUMENTS. Exit codes: 0 done; 2 wrong usage; 3 a file; 5 the library is no device of this contract.\n";

static int number(const char *text, unsigned long most, unsigned long *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtoul(text, &end, 10);
    return *end != '\0' || errno != 0 || *out < 1 || *out > most ? -1 : 0;
}

static enum exit_code parse(int argc, char **argv, struct arguments *a)
{
    *a = (struct arguments){.options = "", .units = 1, .memory = 16, .cards = 1};
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        int bad = 0;
        if (strcmp(name, "--library") == 0)
            a->library = value;
        else if (strcmp(name, "--output") == 0)
            a->output = value;
        else if (strcmp(name, "--options") == 0)
            a->options = value;
        else if (strcmp(name, "--cus") == 0)
            bad = number(value, CARD_MAX_UNITS, &a->units);
        else if (strcmp(name, "--memory") == 0)
            bad = number(value, 64, &a->memory);
        else if (strcmp(name, "--cards") == 0)
            bad = number(value, MAX_CARDS, &a->cards);
        else
            return fail(EXIT_USAGE, "not understood: %s\n%s", name, usage_text);
        if (bad)
            return fail(EXIT_USAGE, "%s %s: not a number in its limits\n%s", name, value, usage_text);
    }
    if (argc % 2 == 0 || !a->library || !a->output)
        return fail(EXIT_USAGE, "an argument is missing\n%s", usage_text);
    /* They become part of a shell script. */
    if (strchr(a->options, '\''))
        return fail(EXIT_USAGE, "--options must not have a quote in it");
    return EXIT_DONE;
}

/* ---- what the library says it is ---- */

static const char *contract_of(const struct systole_model_ops *ops, const struct arguments *a, struct xclbin_design *d,
                               char *text, size_t size)
{
    static char why[256];
    struct systole_model *m = ops->create(a->options, why, sizeof why);
    if (!m)
        return why;
    const uint64_t contract =
        ops->read_reg(m, SYSTOLE_REG_CONTRACT_LO) | (uint64_t)ops->read_reg(m, SYSTOLE_REG_CONTRACT_HI) << 32;
    uint32_t caps[SYSTOLE_REG_CAPS_COUNT];
    for (uint32_t i = 0; i < SYSTOLE_REG_CAPS_COUNT; i++)
        caps[i] = ops->read_reg(m, SYSTOLE_REG_CAPS + SYSTOLE_REG_CAPS_STEP * i);
    ops->destroy(m);
    if (contract != SYSTOLE_CONTRACT_HASH) {
        snprintf(why, sizeof why, "its contract is 0x%016" PRIx64 ", this tool's 0x%016" PRIx64 ": build both from the same sources",
                 contract, (uint64_t)SYSTOLE_CONTRACT_HASH);
        return why;
    }
    d->axi_bytes = caps[SYSTOLE_CAP_AXI_BYTES] ? caps[SYSTOLE_CAP_AXI_BYTES] : 64;
    int n = snprintf(text, size, "{\"key_values\": [{\"key\": \"contract\", \"value\": \"0x%016" PRIx64 "\"}", contract);
#define SYSTOLE_CAP(name, index, doc)                                                                                  \
    n += snprintf(text + n, size - (size_t)n, ", {\"key\": \"" #name "\", \"value\": \"%" PRIu32 "\"}", caps[index]);
#include "../../driver/spec/caps.def"
#undef SYSTOLE_CAP
    snprintf(text + n, size - (size_t)n, "]}\n");
    return NULL;
}

static enum exit_code look_at(const struct arguments *a, struct xclbin_design *d, char *text, size_t size)
{
    char path[PATH_MAX], reason[512];
    void *library;
    if (!realpath(a->library, path))
        return fail(EXIT_FILE, "%s: %s", a->library, strerror(errno));
    const struct systole_model_ops *ops = library_load(path, &library, reason, sizeof reason);
    if (!ops)
        return fail(EXIT_LIBRARY, "%s", reason);
    const char *why = contract_of(ops, a, d, text, size);
    const enum exit_code code = why ? fail(EXIT_LIBRARY, "%s: %s", path, why) : EXIT_DONE;
    dlclose(library);
    return code;
}

/* ---- the folder ---- */

static enum exit_code write_file(const char *directory, const char *name, const void *data, size_t size, mode_t mode)
{
    char path[PATH_MAX], part[PATH_MAX];
    if ((size_t)snprintf(part, sizeof part, "%s/%s.part", directory, name) >= sizeof part)
        return fail(EXIT_FILE, "the name is too long: %s", directory);
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(part, "wb");
    bool good = f && fwrite(data, 1, size, f) == size;
    if (f)
        good &= fclose(f) == 0;
    if (!good || chmod(part, mode) != 0 || rename(part, path) != 0)
        return fail(EXIT_FILE, "cannot write %s: %s", path, strerror(errno));
    return EXIT_DONE;
}

static enum exit_code write_stream(const char *directory, const char *name, void (*print)(FILE *f, const struct arguments *a),
                                   const struct arguments *a, mode_t mode)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return fail(EXIT_FILE, "no memory");
    print(f, a);
    enum exit_code code = fclose(f) == 0 ? write_file(directory, name, text, size, mode) : fail(EXIT_FILE, "no memory");
    free(text);
    return code;
}

static void print_devices(FILE *f, const struct arguments *a)
{
    fprintf(f, "{\"Version\": {\"FileVersion\": \"2.0\", \"ToolVersion\": \"2022.1\"},\n \"Platform\": {\"Name\": \"p\", "
               "\"UnifiedPlatform\": \"true\", \"ExpandedPR\": \"false\",\n  \"Boards\": [{\"Devices\": [\n");
    for (unsigned long i = 0; i < a->cards; i++)
        fprintf(f, "   {\"Name\": \"" XCLBIN_PLATFORM "\", \"HalMajorVersion\": \"2\", \"HalMinorVersion\": \"1\", "
                   "\"VendorId\": \"4334\", \"DataAlignment\": \"4096\", \"NumDevices\": \"1\",\n    \"DdrBanks\": [{\"Size\": "
                   "\"%luGB\"}], \"FeatureRom\": {\"Feature_Bitmap\": \"0\"}}%s\n",
                a->memory, i + 1 < a->cards ? "," : "");
    fprintf(f, "  ]}]}}\n");
}

static void print_settings(FILE *f, const struct arguments *a)
{
    (void)a;
    fprintf(f, "[Emulation]\npacket_size=%d\nkeep_run_dir=false\nprint_infos_in_console=false\nprint_warnings_in_console=false\n"
               "aie_sim_options=", PACKET_BYTES);
    for (int i = 0; i < FILLER_BYTES; i++)
        fputc('x', f);
    fputc('\n', f);
}

static void print_run(FILE *f, const struct arguments *a)
{
    (void)a;
    fprintf(f, "#!/bin/sh\n# Runs a program of XRT, or of OpenCL on an FPGA, against the device in systole.xclbin: run PROGRAM ARGUMENTS\n"
               "set -eu\n"
               "test $# -gt 0 || { echo 'usage: run PROGRAM ARGUMENTS' >&2; exit 2; }\n"
               "here=$(cd \"$(dirname \"$0\")\" && pwd)\n"
               "if test -z \"${XILINX_XRT:-}\"; then\n"
               "    library=$(PATH=\"$PATH:/sbin:/usr/sbin\" ldconfig -p | sed -n 's,.*libxrt_coreutil[.]so[.]2 .*=> ,,p' | head -1)\n"
               "    test -n \"$library\" || { echo 'run: XRT is not installed: libxrt_coreutil.so.2 is not found (Debian: apt-get "
               "install libxrt1)' >&2; exit 5; }\n"
               "    mkdir -p \"$here/xrt\"\n"
               "    ln -sfn \"$(dirname \"$library\")\" \"$here/xrt/lib\"\n"
               "    XILINX_XRT=$here/xrt\n"
               "fi\n"
               "export XILINX_XRT XCL_EMULATION_MODE=hw_emu EMCONFIG_PATH=\"$here\" XRT_INI_PATH=\"$here/xrt.ini\"\n"
               "export USER=\"${USER:-$(id -un)}\" SYSTOLE_XCLBIN=\"${SYSTOLE_XCLBIN:-$here/systole.xclbin}\"\n"
               "export LD_PRELOAD=\"$here/libquick_sleep.so${LD_PRELOAD:+:$LD_PRELOAD}\"\n"
               "exec \"$@\"\n");
}

/* A file that lies beside this program. */
static enum exit_code read_beside(const char *name, struct bytes *out)
{
    char path[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    const size_t at = slash ? (size_t)(slash - path) + 1 : 0;
    snprintf(path + at, sizeof path - at, "%s", name);
    return bytes_file(out, path) ? EXIT_DONE : fail(EXIT_FILE, "%s: %s", path, strerror(errno));
}

static enum exit_code make_folder(const struct arguments *a, struct xclbin_design *d)
{
    struct bytes server = {.data = NULL}, library = {.data = NULL}, sleeper = {.data = NULL}, xclbin = {.data = NULL};
    enum exit_code code = EXIT_DONE;
    if (mkdir(a->output, 0777) != 0 && errno != EEXIST) {
        code = fail(EXIT_FILE, "cannot make %s: %s", a->output, strerror(errno));
        goto out;
    }
    code = read_beside("systole-xrt-server", &server);
    if (code == EXIT_DONE)
        code = read_beside("libquick_sleep.so", &sleeper);
    if (code == EXIT_DONE && !bytes_file(&library, a->library))
        code = fail(EXIT_FILE, "%s: %s", a->library, strerror(errno));
    if (code != EXIT_DONE)
        goto out;
    d->server = &server;
    d->library = &library;
    xclbin_make(d, &xclbin);
    if (xclbin.failed) {
        code = fail(EXIT_FILE, "no memory");
        goto out;
    }
    code = write_file(a->output, "systole.xclbin", xclbin.data, xclbin.size, 0644);
    if (code == EXIT_DONE)
        code = write_file(a->output, "libquick_sleep.so", sleeper.data, sleeper.size, 0755);
    if (code == EXIT_DONE)
        code = write_stream(a->output, "emconfig.json", print_devices, a, 0644);
    if (code == EXIT_DONE)
        code = write_stream(a->output, "xrt.ini", print_settings, a, 0644);
    if (code == EXIT_DONE)
        code = write_stream(a->output, "run", print_run, a, 0755);
out:
    bytes_free(&server);
    bytes_free(&library);
    bytes_free(&sleeper);
    bytes_free(&xclbin);
    return code;
}

int main(int argc, char **argv)
{
    struct arguments a;
    char description[4096];
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        printf("%s", usage_text);
        return EXIT_DONE;
    }
    enum exit_code code = parse(argc, argv, &a);
    if (code != EXIT_DONE)
        return (int)code;
    struct xclbin_design d = {.options = a.options, .units = (unsigned)a.units, .memory_size = a.memory * GIB, .description = description};
    code = look_at(&a, &d, description, sizeof description);
    return (int)(code == EXIT_DONE ? make_folder(&a, &d) : code);
}
