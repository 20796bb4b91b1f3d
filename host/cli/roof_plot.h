/* SPDX-License-Identifier: Apache-2.0 */
/* The plane of a roofline: work for each byte against work for each cycle, or second; both scales are logarithmic. */
#ifndef CLI_ROOF_PLOT_H
#define CLI_ROOF_PLOT_H

#include "svg.h"

enum { CLI_ROOF_HEIGHT = 460, CLI_ROOF_LEFT = 70, CLI_ROOF_RIGHT = 24, CLI_ROOF_TOP = 16, CLI_ROOF_BOTTOM = 46 };

struct cli_plane {
    double x_least, x_most, y_least, y_most; /* logarithms to the base 10 */
};

/* With a margin around the ridge of these roofs, and no points yet. */
struct cli_plane cli_plane_of_roofs(double peak, double bandwidth);
void cli_plane_take(struct cli_plane *p, double intensity, double rate);
double cli_plane_x(const struct cli_plane *p, double value);
double cli_plane_y(const struct cli_plane *p, double value);

/* Lines at round numbers, and what the axes are. */
void cli_plane_grid(FILE *out, const struct cli_plane *p, const char *x, const char *y);
/* From the slope to a flat ceiling; the label stands on it, at its right end. */
void cli_plane_ceiling(FILE *out, const struct cli_plane *p, double height, double bandwidth, const char *style, const char *text);
/* The label stands `side` pixels from the line, at its lower end. */
void cli_plane_slope(FILE *out, const struct cli_plane *p, double bandwidth, double peak, const char *style, const char *text, double side);

#endif
