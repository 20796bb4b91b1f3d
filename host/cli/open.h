/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions from a file: an ONNX model, or what `systole compile` made of one. */
#ifndef CLI_OPEN_H
#define CLI_OPEN_H

#include "cli.h"
#include "inputs.h"
#include "make_model.h"

/* Begins with the mark of a compiled model? */
int cli_is_compiled(const char *path);

/*
 * A session whose device tells when each instruction ended, where it can: then a step within a program has cycles of its own. A device
 * without that is opened as it is.
 */
enum systole_status cli_session_profiled(struct systole_context *ctx, struct systole_model *model, const char *device,
                                         struct systole_session **session);

/*
 * A file for sessions on several devices. A compiled one brings its programs to a device with an array, which has to be of the build they are for; on any
 * other, the model within it runs node by node.
 */
struct cli_source {
    struct systole_context *ctx;
    const char *path;
    struct systole_model *model; /* the caller's to free, also where opening failed */
    int compiled;
};
/* `shapes`: of inputs with free dimensions, or NULL. */
enum cli_exit cli_source_open(struct systole_context *ctx, const char *path, const struct cli_shapes *shapes, struct cli_source *source);
/* A model of one operator; `what` is its name for people. */
enum cli_exit cli_source_make(struct systole_context *ctx, const char *what, const struct cli_one_operator *op, struct cli_source *source);
/* Failures are said. `profiled`: as cli_session_profiled(). */
enum cli_exit cli_source_session(const struct cli_source *s, const char *device, int profiled, struct systole_session **session);

/* The same of a file that is an ONNX model or what `systole compile` made; failures are said. systole_session_model() is its model. */
enum cli_exit cli_session_open(struct systole_context *ctx, const char *path, const struct cli_shapes *shapes, const char *device, int profiled,
                               struct systole_session **session);

#endif
