/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs of a model: described, as text or JSON, and written as .npy files. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "cli.h"
#include "json.h"

/* Name, type, shape and number of elements, in an object that is open. */
void cli_json_tensor(struct cli_json *j, const char *name, const struct systole_tensor *t);
/* To `json` when it is not NULL, else to standard output unless `quiet`. `folder` may be NULL: nothing is written. */
enum cli_exit cli_give_outputs(struct systole_context *ctx, const struct systole_model *model, struct systole_session *session,
                               const char *folder, struct cli_json *json, int quiet);

#endif
