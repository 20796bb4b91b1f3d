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
/* Where that one is, in CLI_PATH_ROOM bytes. A name that is too long, or whose file is that of another output before it: output_<index>. */
void cli_output_path(char *path, const struct systole_model *model, const char *folder, const char *name, int index);
/* To `json` when it is not NULL, else to standard output. `folder`: where they were written, or NULL. */
enum cli_exit cli_tell_outputs(struct systole_context *ctx, struct systole_session *session, const char *folder, struct cli_json *json);

#endif
