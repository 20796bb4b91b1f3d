/* SPDX-License-Identifier: Apache-2.0 */
/* The page of `compare --layers`: its plots, each in a file of its own. */
#ifndef CLI_COMPARE_REPORT_H
#define CLI_COMPARE_REPORT_H

#include "compare_layers.h"
#include "report.h"
#include "svg.h"

/* A colour for a bin of cli_error_map: "q0" is equal, "q8" furthest. */
void cli_heat_style(int bin, char style[3]);
/* Layers by devices, coloured by the largest distance. */
void cli_plot_verdicts(FILE *out, const struct cli_layers *l);
/* Layers by distances, coloured by the share of elements at each. */
void cli_plot_distances(FILE *out, const struct cli_layers *l, int device);
/* Of one layer: its histogram, and where in the tensor its errors are. */
void cli_plot_places(FILE *out, const struct cli_error_map *map, const char *title);

#endif
