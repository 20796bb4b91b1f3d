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

/* Takes --input and --random; *taken says whether `option` was one of them. */
enum cli_exit cli_take_input(struct cli_inputs *in, const char *option, const char *value, int *taken);
enum cli_exit cli_set_inputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                             const struct cli_inputs *in);

#endif
