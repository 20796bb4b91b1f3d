/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as it is written: commas, indentation and escapes are kept here. `key` is NULL in an array. What is no number in JSON
 * (infinities, NaN) is null; text that is not UTF-8 gets U+FFFD for each bad byte.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdint.h>
#include <stdio.h>

enum { CLI_JSON_DEPTH = 16 }; /* the deepest that any verb goes is far below */

struct cli_json {
    FILE *out;
    int depth;
    char close[CLI_JSON_DEPTH], used[CLI_JSON_DEPTH];
};

void cli_json_open(struct cli_json *j, const char *key, char bracket); /* '{' or '[' */
void cli_json_close(struct cli_json *j);                               /* the last close ends the line */
void cli_json_text(struct cli_json *j, const char *key, const char *value); /* NULL: null */
void cli_json_number(struct cli_json *j, const char *key, uint64_t value);
void cli_json_signed(struct cli_json *j, const char *key, int64_t value);
void cli_json_real(struct cli_json *j, const char *key, double value);  /* a measurement: nine digits */
void cli_json_exact(struct cli_json *j, const char *key, double value); /* as many digits as the value has */
void cli_json_bool(struct cli_json *j, const char *key, int value);

#endif
