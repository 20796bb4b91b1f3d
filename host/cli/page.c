/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a page, the same for a run and a sweep. */
#include <string.h>

#include "report.h"
#include "svg.h"

struct cli_number cli_grouped(uint64_t value)
{
    struct cli_number plain = cli_count(value), n;
    const size_t length = strlen(plain.text);
    size_t at = 0;
    for (size_t i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            n.text[at++] = ',';
        n.text[at++] = plain.text[i];
    }
    n.text[at] = '\0';
    return n;
}

void cli_page_begin(FILE *out, const char *model, const char *on, const char *text)
{
    const char *slash = strrchr(model, '/'), *name = slash ? slash + 1 : model;
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,"
          "initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><link rel=\"icon\" href=\"data:,\">\n<title>", out);
    cli_html(out, name);
    fputs(" on ", out);
    cli_html(out, on);
    fputs("</title>\n", out);
    cli_report_style(out);
    fputs("</head><body><main>\n<header><h1>", out);
    cli_html(out, name);
    fputs(" on <code>", out);
    cli_html(out, on);
    fprintf(out, "</code></h1>\n<p>%s Made by systole %s.</p></header>\n", text, systole_version());
}

void cli_page_section(FILE *out, const char *title, const char *text)
{
    fprintf(out, "<section><h2>%s</h2>\n<p>%s</p>\n", title, text);
}

void cli_page_end(FILE *out)
{
    fputs("</main></body></html>\n", out);
}
