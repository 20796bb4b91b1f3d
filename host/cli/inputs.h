/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs of a model from files and from a seed, for every verb that runs one. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli.h"

enum { CLI_INPUTS = 64 };

struct cli_inputs {
    const char *files[CLI_INPUTS]; /* [NAME=]FILE */
    int n_files;
    int random; /* fill those without a file */
    uint64_t seed;
};

/* `--input` and `--random`, for the option tables. */
enum cli_exit cli_add_input(struct cli_inputs *in, const char *value);
enum cli_exit cli_set_seed(struct cli_inputs *in, const char *value);
#define CLI_INPUT_TEXT "an input from a .npy, .pb (TensorProto) or .raw file, by name or in the model's order"
#define CLI_RANDOM_TEXT "fills the inputs not given with random values of that seed"

enum cli_exit cli_set_inputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                             const struct cli_inputs *in);

#endif
