/* SPDX-License-Identifier: Apache-2.0 */
#include "svg.h"

#include <math.h>
#include <string.h>

void cli_html(FILE *out, const char *text)
{
    while (*text) {
        const unsigned char c = (unsigned char)*text;
        const size_t n = cli_utf8(text);
        switch (c) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default:
            if (n == 0 || (c < 0x20 && c != '\n') || c == 0x7f)
                fputs("\xef\xbf\xbd", out);
            else
                fwrite(text, 1, n, out);
        }
        text += n ? n : 1;
    }
}

void cli_svg_open(FILE *out, double width, double height, const char *label)
{
    fprintf(out, "<div class=\"plot\"><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", width, height);
    cli_html(out, label);
    fputs("\">\n", out);
}

void cli_svg_close(FILE *out)
{
    fputs("</svg></div>\n", out);
}

static void close_with_title(FILE *out, const char *element, const char *title)
{
    if (!title) {
        fputs("/>\n", out);
        return;
    }
    fputs("><title>", out);
    cli_html(out, title);
    fprintf(out, "</title></%s>\n", element);
}

void cli_svg_rect(FILE *out, double x, double y, double width, double height, const char *style, const char *title)
{
    fprintf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"", style, x, y, width > 0 ? width : 0, height);
    close_with_title(out, "rect", title);
}

void cli_svg_line(FILE *out, double x1, double y1, double x2, double y2, const char *style)
{
    fprintf(out, "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n", style, x1, y1, x2, y2);
}

void cli_svg_dot(FILE *out, double x, double y, double radius, const char *style, const char *title)
{
    fprintf(out, "<circle class=\"%s\" cx=\"%.2f\" cy=\"%.2f\" r=\"%.2f\"", style, x, y, radius);
    close_with_title(out, "circle", title);
}

void cli_svg_text(FILE *out, double x, double y, const char *anchor, const char *style, const char *text)
{
    fprintf(out, "<text class=\"%s\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">", style, x, y, anchor);
    cli_html(out, text);
    fputs("</text>\n", out);
}

void cli_svg_label(FILE *out, double x, double y, const char *anchor, const char *text, int most)
{
    const char *p = text;
    for (int n = 0; *p && n < most; n++)
        p += cli_utf8(p) ? cli_utf8(p) : 1;
    if (!*p) {
        cli_svg_text(out, x, y, anchor, "label", text);
        return;
    }
    char cut[256];
    const char *end = text;
    for (int n = 0; n + 1 < most && end - text < (long)sizeof cut - 8; n++)
        end += cli_utf8(end) ? cli_utf8(end) : 1;
    snprintf(cut, sizeof cut, "%.*s\xe2\x80\xa6", (int)(end - text), text);
    fprintf(out, "<text class=\"label\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">", x, y, anchor);
    cli_html(out, cut);
    fputs("<title>", out);
    cli_html(out, text);
    fputs("</title></text>\n", out);
}

double cli_nice_step(double range, int most)
{
    if (!(range > 0) || most < 1)
        return 1;
    const double least = range / most, power = pow(10, floor(log10(least)));
    const double times = least / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}
