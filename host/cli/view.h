/* SPDX-License-Identifier: Apache-2.0 */
/* The array at work, cycle by cycle, as a page that moves. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "inputs.h"
#include "profile.h"

/* Cycles that a page shows: its size grows with them. */
enum { CLI_VIEW_CYCLES = 2000 };

/* Runs the model once more on its simulator, and makes a page of CLI_VIEW_CYCLES cycles from `skip` cycles into the layer on; `layer` as cli_wave_write(). */
enum cli_exit cli_view_write(const struct cli_profile *p, struct systole_context *ctx, const struct cli_inputs *inputs, const char *layer,
                             uint64_t skip, const char *path, int quiet);

/* The page's text, line by line, up to NULL: host/cli/view.html. */
extern const char *const cli_view_page[];

#endif
