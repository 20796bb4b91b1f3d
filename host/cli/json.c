/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <math.h>
#include <stdlib.h>

#include "text.h"

/* Down to this depth each member has a line of its own. */
enum { LINES = 2 };

static void string(FILE *out, const char *text)
{
    putc('"', out);
    while (*text) {
        const unsigned char c = (unsigned char)*text;
        const size_t n = cli_utf8(text);
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (n == 0)
            fputs("\\ufffd", out);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            fwrite(text, 1, n, out);
        text += n ? n : 1;
    }
    putc('"', out);
}

static void line(const struct cli_json *j)
{
    putc('\n', j->out);
    for (int i = 0; i < j->depth; i++)
        fputs("  ", j->out);
}

static void begin(struct cli_json *j, const char *key)
{
    if (j->depth > 0) {
        if (j->used[j->depth - 1])
            fputs(j->depth <= LINES ? "," : ", ", j->out);
        j->used[j->depth - 1] = 1;
        if (j->depth <= LINES)
            line(j);
    }
    if (key) {
        string(j->out, key);
        fputs(": ", j->out);
    }
}

void cli_json_open(struct cli_json *j, const char *key, char bracket)
{
    begin(j, key);
    putc(bracket, j->out);
    j->close[j->depth] = bracket == '{' ? '}' : ']';
    j->used[j->depth++] = 0;
}

void cli_json_close(struct cli_json *j)
{
    j->depth--;
    if (j->depth < LINES && j->used[j->depth])
        line(j);
    putc(j->close[j->depth], j->out);
    if (j->depth == 0)
        putc('\n', j->out);
}

void cli_json_text(struct cli_json *j, const char *key, const char *value)
{
    begin(j, key);
    if (value)
        string(j->out, value);
    else
        fputs("null", j->out);
}

void cli_json_number(struct cli_json *j, const char *key, uint64_t value)
{
    begin(j, key);
    fprintf(j->out, "%llu", (unsigned long long)value);
}

void cli_json_signed(struct cli_json *j, const char *key, int64_t value)
{
    begin(j, key);
    fprintf(j->out, "%lld", (long long)value);
}

void cli_json_real(struct cli_json *j, const char *key, double value)
{
    begin(j, key);
    if (isfinite(value))
        fprintf(j->out, "%.9g", value);
    else
        fputs("null", j->out);
}

void cli_json_exact(struct cli_json *j, const char *key, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.9g", value);
    if (strtod(text, NULL) == value || !isfinite(value)) {
        cli_json_real(j, key, value);
    } else {
        begin(j, key);
        fprintf(j->out, "%.17g", value);
    }
}

void cli_json_bool(struct cli_json *j, const char *key, int value)
{
    begin(j, key);
    fputs(value ? "true" : "false", j->out);
}
