/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every value of a run by name, in memory and as a folder: each a .npy file called by its number, and an `index` of lines "input FILE NAME" or
 * "value FILE NAME" behind a line that says what it is. In names, bytes that a line cannot hold stand as %XX.
 */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include "cli.h"

struct cli_value {
    int node, output; /* -1: an input of the model */
    const char *name; /* the model's */
    struct systole_tensor *tensor;
};

/* Inputs of the model first, then what its nodes make, in running order. */
struct cli_values {
    int count, n_inputs;
    struct cli_value *list;
};

/* All of the model's, still without tensors. */
enum cli_exit cli_values_list(const struct systole_model *model, struct cli_values *values);
/* Of a session that kept them in its last run. */
enum cli_exit cli_values_take(struct systole_context *ctx, struct systole_session *session, struct cli_values *values);
void cli_values_clear(struct cli_values *values);

enum cli_exit cli_capture_write(struct systole_context *ctx, const struct cli_values *values, const char *folder);
/* Into a list of the same model's: a name that is not in it, or one that the folder lacks, is an error. */
enum cli_exit cli_capture_read(struct systole_context *ctx, struct cli_values *values, const char *folder);

#endif
