/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>
#include <string.h>

struct verb {
    const char *name;
    enum cli_exit (*run)(int argc, char **argv);
    const char *usage, *text;
};

static enum cli_exit version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("systole %s\n", systole_version());
    return CLI_OK;
}

static enum cli_exit help(int argc, char **argv);

static const struct verb verbs[] = {
    {"run", cli_run, "MODEL [--input [NAME=]FILE ...] [--random SEED] [--output DIR] [--device D]",
     "runs an ONNX model. Inputs are .npy or .pb files, by name or in the model's order; --random fills those not given.\n"
     "      Outputs are described on standard output, and with --output written as DIR/NAME.npy."},
    {"compare", cli_compare, "MODEL --devices D,D,... [--device D ...] [--random SEED] [--input [NAME=]FILE ...] [--json]",
     "runs the model on every device with the same inputs and compares each output with the first device's: elements whose\n"
     "      bits differ, the largest difference as a number and in ULP, where; and what each device did. Inputs not given\n"
     "      are random, of seed 1 unless --random says another. A part with '=' is an option of the device before it."},
    {"conformance", cli_conformance, "DIR [--device D] [--json] [--verbose]",
     "runs every case DIR/*/model.onnx with its test_data_set_*/input_N.pb and compares with output_N.pb:\n"
     "      floats within rtol 1e-3, atol 1e-7, all else exactly. Counts passed, failed, unsupported."},
    {"version", version, "", "prints the version."},
    {"help", help, "", "prints this text."},
};

static enum cli_exit help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("usage: systole VERB ...\n\n");
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        printf("  %s %s\n      %s\n", verbs[i].name, verbs[i].usage, verbs[i].text);
    printf("\nDevices: cpu (the default), hls:RxC (the HLS C), sim:RxC (the RTL, cycle by cycle), each with options after commas:\n"
           "cpu,precision=x1.\n\n"
           "Exit codes: %d success; %d a result differs from what was expected; %d wrong usage; %d a file cannot be read or is\n"
           "malformed; %d something in the model is not supported; %d no such device; %d anything else.\n",
           CLI_OK, CLI_DIFFERS, CLI_USAGE, CLI_FILE, CLI_UNSUPPORTED, CLI_DEVICE, CLI_FAILED);
    return CLI_OK;
}

enum cli_exit cli_report(const struct systole_context *ctx, enum systole_status status, const char *what)
{
    const char *detail = systole_context_detail(ctx);
    fprintf(stderr, "systole: %s: %s%s%s\n", what, systole_status_text(status), detail[0] ? ": " : "", detail);
    switch (status) {
    case SYSTOLE_IO: return CLI_FILE;
    case SYSTOLE_UNSUPPORTED: return CLI_UNSUPPORTED;
    case SYSTOLE_BAD_DEVICE: return CLI_DEVICE;
    case SYSTOLE_NOT_FOUND: return CLI_USAGE;
    default: return CLI_FAILED;
    }
}

enum cli_exit cli_report_device(const struct systole_context *ctx, enum systole_status status, const char *device)
{
    cli_report(ctx, status, device);
    return status == SYSTOLE_NO_MEMORY ? CLI_FAILED : CLI_DEVICE;
}

enum cli_exit cli_usage(const char *text)
{
    fprintf(stderr, "systole: %s; see systole help\n", text);
    return CLI_USAGE;
}

void cli_json_string(const char *text)
{
    putchar('"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p == '"' || *p == '\\')
            printf("\\%c", *p);
        else if (*p < 0x20 || *p == 0x7f)
            printf("\\u%04x", *p);
        else
            putchar(*p);
    putchar('"');
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return (int)cli_usage("which verb?");
    const char *name = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ? "help"
                       : strcmp(argv[1], "--version") == 0                        ? "version"
                                                                                  : argv[1];
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, name) == 0) {
            int code = (int)verbs[i].run(argc - 2, argv + 2);
            return fflush(stdout) == 0 ? code : (int)CLI_FILE;
        }
    return (int)cli_usage("there is no such verb");
}
