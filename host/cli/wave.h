/* SPDX-License-Identifier: Apache-2.0 */
/* Waves of one layer, from a simulator that was built with TRACE=1. */
#ifndef CLI_WAVE_H
#define CLI_WAVE_H

#include "inputs.h"
#include "profile.h"

/*
 * Runs the model once more, with the window of the layer's cycles: a simulated device takes the same cycles again. `layer` NULL: the
 * one that took longest. The window is told on standard error unless `quiet`.
 */
enum cli_exit cli_wave_write(const struct cli_profile *p, struct systole_context *ctx, const struct cli_inputs *inputs,
                             const char *layer, const char *path, int quiet);

#endif
