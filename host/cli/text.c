/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CELL_ROOM = 512, SHOWN_ROOM = 8 };

size_t cli_utf8(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    const size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong, surrogates, above U+10FFFF. */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

/*
 * The next character of *text as it goes to a terminal, at most SHOWN_ROOM bytes and no zero behind them; their number. What would move
 * the cursor, or is no UTF-8, is written out: \x1b.
 */
static size_t shown(const char **text, char *to)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)*text;
    const size_t n = cli_utf8(*text);
    const int moves = n == 0 || p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
    if (!moves) {
        memcpy(to, *text, n);
        *text += n;
        return n;
    }
    size_t at = 0;
    for (size_t i = 0; i < (n ? n : 1); i++) {
        to[at++] = '\\';
        to[at++] = 'x';
        to[at++] = digits[p[i] >> 4];
        to[at++] = digits[p[i] & 15];
    }
    *text += n ? n : 1;
    return at;
}

struct cli_name cli_name(const char *text)
{
    struct cli_name name;
    size_t at = 0;
    while (*text && at + SHOWN_ROOM < sizeof name.text - 4)
        at += shown(&text, name.text + at);
    strcpy(name.text + at, *text ? "..." : "");
    return name;
}

void cli_put(FILE *out, const char *text)
{
    char one[SHOWN_ROOM];
    while (*text) {
        if (*text == '\n') { /* what follows cannot be taken for a line of ours */
            fputs("\n    ", out);
            text++;
        } else
            fwrite(one, 1, shown(&text, one), out);
    }
}

int cli_has_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no && no[0]) && term && strcmp(term, "dumb") != 0 && isatty(fileno(out)) == 1;
}

void cli_coloured(FILE *out, enum cli_colour colour, const char *text)
{
    static const char *const codes[] = {"", "\033[1m", "\033[32m", "\033[31m", "\033[2m"};
    if (colour != CLI_PLAIN && cli_has_colour(out))
        fprintf(out, "%s%s\033[0m", codes[colour], text);
    else
        fputs(text, out);
}

/* ---- Numbers ---- */

struct cli_number cli_count(uint64_t value)
{
    struct cli_number n;
    snprintf(n.text, sizeof n.text, "%llu", (unsigned long long)value);
    return n;
}

static struct cli_number scaled(double value, double step, const char *const units[], size_t n_units)
{
    struct cli_number n;
    size_t unit = 0;
    while (value >= step && unit + 1 < n_units) {
        value /= step;
        unit++;
    }
    snprintf(n.text, sizeof n.text, unit == 0 && value == (double)(uint64_t)value ? "%.0f %s" : value < 10 ? "%.2f %s" : "%.1f %s", value,
             units[unit]);
    return n;
}

struct cli_number cli_bytes(double value)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    return scaled(value, 1024, units, sizeof units / sizeof *units);
}

struct cli_number cli_scaled(double value)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    struct cli_number n = scaled(value, 1000, units, sizeof units / sizeof *units);
    const size_t length = strlen(n.text);
    if (length && n.text[length - 1] == ' ')
        n.text[length - 1] = '\0';
    return n;
}

struct cli_number cli_percent(double part, double whole)
{
    struct cli_number n = {"-"};
    if (whole > 0)
        snprintf(n.text, sizeof n.text, "%.1f %%", 100 * part / whole);
    return n;
}

struct cli_number cli_seconds(double value)
{
    struct cli_number n;
    const unsigned long whole = value > 0 ? (unsigned long)(value + 0.5) : 0;
    if (whole >= 3600)
        snprintf(n.text, sizeof n.text, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(n.text, sizeof n.text, "%lu:%02lu", whole / 60, whole % 60);
    return n;
}

/* ---- Tables ---- */

static char *printable(const char *text)
{
    char *copy = malloc(SHOWN_ROOM * strlen(text) + 1), *to = copy;
    while (copy && *text)
        to += shown(&text, to);
    if (copy)
        *to = '\0';
    return copy;
}

static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void cli_cell(struct cli_table *t, const char *format, ...)
{
    char text[CELL_ROOM];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (t->failed)
        return;
    if (t->count == t->room) {
        const size_t room = t->room ? 2 * t->room : 64;
        char **cells = realloc(t->cells, room * sizeof *cells);
        if (!cells) {
            t->failed = 1;
            return;
        }
        t->cells = cells;
        t->room = room;
    }
    t->cells[t->count] = printable(text);
    t->failed = !t->cells[t->count];
    t->count += !t->failed;
}

static void print_row(const struct cli_table *t, size_t row, const int *width, FILE *out)
{
    int spaces = 0; /* not printed at the end of a line */
    for (int c = 0; c < t->columns; c++) {
        const char *cell = t->cells[row * (size_t)t->columns + (size_t)c];
        const int room = width[c] - width_of(cell);
        spaces += (c ? 2 : 0) + (t->align[c] == 'r' ? room : 0);
        if (*cell) {
            fprintf(out, "%*s", spaces, "");
            if (row == 0)
                cli_coloured(out, CLI_BOLD, cell);
            else
                fputs(cell, out);
            spaces = 0;
        }
        spaces += t->align[c] == 'r' ? 0 : room;
    }
    putc('\n', out);
}

int cli_table_print(struct cli_table *t, FILE *out, int has_total)
{
    const size_t columns = (size_t)t->columns, rows = columns ? t->count / columns : 0;
    int *width = calloc(columns + 1, sizeof *width), failed = t->failed || !width;
    for (size_t i = 0; i < rows * columns && !failed; i++) {
        const int w = width_of(t->cells[i]);
        width[i % columns] = w > width[i % columns] ? w : width[i % columns];
    }
    for (size_t r = 0; r < rows && !failed; r++) {
        int all = -2;
        for (size_t c = 0; c < columns; c++)
            all += width[c] + 2;
        if (has_total && r > 0 && r + 1 == rows) {
            for (int i = 0; i < all; i++)
                putc('-', out);
            putc('\n', out);
        }
        print_row(t, r, width, out);
    }
    for (size_t i = 0; i < t->count; i++)
        free(t->cells[i]);
    free(t->cells);
    free(width);
    *t = (struct cli_table){0};
    return failed ? -1 : 0;
}
