/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the libraries of simulated devices are: libsystole_<kind>_<configuration>.so, kind being sim or hls, configuration
 * what the Makefile calls it: <rows>x<cols>, then a part "_name<number>" for each parameter that is not the default.
 */
#ifndef SYSTOLE_DRIVER_MODEL_PATH_H
#define SYSTOLE_DRIVER_MODEL_PATH_H

#include "message.h"

#define MODEL_PATH_BYTES 4096

struct model_configuration {
    uint32_t rows, cols;
    char make[256]; /* what builds it: "ROWS=4 COLS=4 HAS_FP=0" */
};

/* Takes a configuration's name apart. BAD_DEVICE when it is none. */
enum systole_status model_configuration_parse(const char *name, struct model_configuration *out, struct driver_message *why);

/* Calls `visit` for each directory, in the order of the search, until it returns true; returns whether it did. */
typedef bool model_path_visit(void *user, const char *directory);
bool model_path_each(const char *kind, model_path_visit *visit, void *user);

/* The file of a configuration; NOT_FOUND with all directories and the command to type in `why`. */
enum systole_status model_path_find(const char *kind, const char *name, char path[MODEL_PATH_BYTES],
                                    struct driver_message *why);

/* The one file of a kind that serves every configuration, libsystole_<kind>.so; NOT_FOUND as above. */
enum systole_status model_path_find_any(const char *kind, char path[MODEL_PATH_BYTES], struct driver_message *why);

/* The files there are, each configuration once, as model_path_find() would find it; returns how many. */
size_t model_path_list(const char *kind, void (*found)(void *user, const char *name, const char *path), void *user);

#endif
