/* SPDX-License-Identifier: Apache-2.0 */
/* The command. It includes systole.h only. */
#ifndef CLI_H
#define CLI_H

#include "systole.h"

/* Exit codes, printed by `systole help`. */
enum cli_exit { CLI_OK = 0, CLI_DIFFERS = 1, CLI_USAGE = 2, CLI_FILE = 3, CLI_UNSUPPORTED = 4, CLI_DEVICE = 5, CLI_FAILED = 6 };

/* Says what failed on standard error; the exit code for it. */
enum cli_exit cli_report(const struct systole_context *ctx, enum systole_status status, const char *what);
enum cli_exit cli_usage(const char *text);
/* The same for what opening a session on a device gave: whatever it is, it is about the device. */
enum cli_exit cli_report_device(const struct systole_context *ctx, enum systole_status status, const char *device);
/* JSON string, with its quotes. */
void cli_json_string(const char *text);

enum cli_exit cli_compare(int argc, char **argv);
enum cli_exit cli_run(int argc, char **argv);
enum cli_exit cli_conformance(int argc, char **argv);

#endif
