/* SPDX-License-Identifier: Apache-2.0 */
/* A run once more, to record what a simulator saw in a window of its cycles: a simulated device takes the same cycles again. */
#ifndef CLI_WINDOW_H
#define CLI_WINDOW_H

#include "inputs.h"
#include "profile.h"

enum { CLI_RECORD_NAME = 200 };

struct cli_window {
    const struct systole_step *layer;
    uint64_t from, to;
};

/* The cycles of a layer; NULL: of the one that took longest. A layer that is not there, or took none, is said. */
enum cli_exit cli_window_find(const struct cli_profile *p, const char *layer, struct cli_window *w);
/* Whether a file's name can stand in a device's options; if not, `option` is told to be wrong. */
enum cli_exit cli_window_name(const char *option, const char *path);
/* The device with more options, as text; where it cannot be opened, `hint` is said too. */
enum cli_exit cli_window_run(const struct cli_profile *p, struct systole_context *ctx, const struct cli_inputs *inputs, const char *options,
                             const char *hint, int quiet);

#endif
