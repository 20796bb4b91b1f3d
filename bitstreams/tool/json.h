/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON as far as a manifest needs it: an object of values and of objects of values; no arrays. */
#ifndef SYSTOLE_BITSTREAM_JSON_H
#define SYSTOLE_BITSTREAM_JSON_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_MAX_VALUES 128
#define JSON_NAME_BYTES 96
#define JSON_TEXT_BYTES 512

enum json_type { JSON_STRING, JSON_NUMBER, JSON_BOOL };

struct json_value {
    char name[JSON_NAME_BYTES]; /* "parameters.ROWS" */
    char text[JSON_TEXT_BYTES]; /* of a string without its quotes; a number as it was written; "true", "false" */
    enum json_type type;
};

struct json {
    struct json_value value[JSON_MAX_VALUES];
    size_t count;
    char error[160]; /* what is wrong, with its line */
};

/* False, with the reason in `error`, when the text is not of this form, or a name comes twice. */
bool json_read(struct json *j, const char *text);

/* NULL when there is none of this name. */
const struct json_value *json_find(const struct json *j, const char *name);

#endif
