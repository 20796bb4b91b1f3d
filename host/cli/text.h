/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people: tables, colours, numbers with units. Names out of files are printed without what moves a terminal's cursor. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes of the valid UTF-8 sequence at `text`; 0: there is none. */
size_t cli_utf8(const char *text);

/* A name out of a file, at most some 500 bytes of it. Control characters and bytes that are no UTF-8 are written out: "\\x1b". */
struct cli_name {
    char text[512];
};
struct cli_name cli_name(const char *text);
/* The same of a text that may have several lines: those behind the first are indented. */
void cli_put(FILE *out, const char *text);

/* Whether `out` takes colours: a terminal that is not dumb, and NO_COLOR is not set (or empty). */
int cli_has_colour(FILE *out);
enum cli_colour { CLI_PLAIN, CLI_BOLD, CLI_GREEN, CLI_RED, CLI_DIM };
/* The text in that colour, where there are colours. */
void cli_coloured(FILE *out, enum cli_colour colour, const char *text);

struct cli_number {
    char text[32];
};
/* "1234567"; bytes as "12.3 KiB"; a rate as "1.23 G"; seconds as "1:02:03". */
struct cli_number cli_count(uint64_t value);
struct cli_number cli_bytes(double value);
struct cli_number cli_scaled(double value);
struct cli_number cli_percent(double part, double whole); /* "-" of nothing */
struct cli_number cli_seconds(double value);

/* A table that finds its own widths. A cell is added after the other, row by row; the first row is the head. */
struct cli_table {
    int columns;
    const char *align; /* a character a column: 'l' or 'r' */
    char **cells;
    size_t count, room;
    int failed; /* without memory: nothing is printed, cli_table_print says so */
};

void cli_cell(struct cli_table *t, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
/* Prints and frees; 0, or -1 without memory. The last row is set apart when `has_total`. */
int cli_table_print(struct cli_table *t, FILE *out, int has_total);

#endif
