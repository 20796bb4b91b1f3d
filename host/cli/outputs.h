/* SPDX-License-Identifier: Apache-2.0 */
/* Outputs of a model: described, as text or JSON, and written as .npy files. */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include "cli.h"
#include "json.h"

/* Name, type, shape and number of elements, in an object that is open. */
void cli_json_tensor(struct cli_json *j, const char *name, const struct systole_tensor *t);
/* Before a run, which may be long: is there a folder that can be written to? It is made where it is not there. NULL: none is asked for. */
enum cli_exit cli_make_folder(const char *folder);
/* Every output as a file of the folder; NULL: none. */
enum cli_exit cli_write_outputs(struct systole_context *ctx, struct systole_session *session, const char *folder);
/* To `json` when it is not NULL, else to standard output. `folder`: where they were written, or NULL. */
enum cli_exit cli_tell_outputs(struct systole_context *ctx, struct systole_session *session, const char *folder, struct cli_json *json);

#endif
