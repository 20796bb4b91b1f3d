/* SPDX-License-Identifier: Apache-2.0 */
/* What `compare --against` takes for right: a capture, cases of the ONNX package, what `run --output` wrote, or one file. */
#ifndef CLI_GOLDEN_H
#define CLI_GOLDEN_H

#include "capture.h"

/*
 * Puts what is found at `from` into a list of the model's values; the others keep none. A folder with an `index` is a capture; one with output_0.pb (or .npy)
 * has input_N and output_N, in the model's order; another has the outputs as NAME.npy. A file is the model's one output; NAME=FILE any value of its.
 */
enum cli_exit cli_golden_read(struct systole_context *ctx, const struct systole_model *model, struct cli_values *values, const char *from);

#endif
