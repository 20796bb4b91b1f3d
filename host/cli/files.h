/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files; failures are said on standard error. */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include <stdio.h>

#include "cli.h"

/* The file's bytes with a zero behind them, to be freed; "-" is standard input. */
enum cli_exit cli_read_file(const char *path, char **data, size_t *size);
/* For writing; "-" is standard output. NULL with the failure said. What was in the file stays until it is finished. */
FILE *cli_create_file(const char *path);
/* Closes, and the file is there; a write that failed is said, and what was there before stays. `path` as it was given to create. */
enum cli_exit cli_finish_file(FILE *f, const char *path);

#endif
