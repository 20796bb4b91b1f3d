/* SPDX-License-Identifier: Apache-2.0 */
/* Inline SVG and HTML. Colours are classes of the page's style, so that one picture serves light and dark. */
#ifndef CLI_SVG_H
#define CLI_SVG_H

#include <stdio.h>

#include "text.h"

/* Text of a file's or a model's making: escaped, and valid whatever its bytes were. */
void cli_html(FILE *out, const char *text);

void cli_svg_open(FILE *out, double width, double height, const char *label);
void cli_svg_close(FILE *out);
/* `title` is what a pointer over it shows; NULL: nothing. */
void cli_svg_rect(FILE *out, double x, double y, double width, double height, const char *style, const char *title);
void cli_svg_line(FILE *out, double x1, double y1, double x2, double y2, const char *style);
void cli_svg_dot(FILE *out, double x, double y, double radius, const char *style, const char *title);
/* `anchor`: start, middle or end. */
void cli_svg_text(FILE *out, double x, double y, const char *anchor, const char *style, const char *text);
/* The text cut to `most` characters, with an ellipsis where it was cut and the whole as its title. */
void cli_svg_label(FILE *out, double x, double y, const char *anchor, const char *text, int most);

/* The least of 1, 2 or 5 times a power of ten that divides `range` into at most `most` parts. */
double cli_nice_step(double range, int most);

#endif
