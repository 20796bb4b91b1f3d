/* SPDX-License-Identifier: Apache-2.0 */
/* How the elements of a tensor lie from what was wanted: how many at which distance, and where. */
#ifndef CLI_ERROR_MAP_H
#define CLI_ERROR_MAP_H

#include "systole.h"

/* Distances: none, 1, 2, 3 to 4, 5 to 8, and so on, twice as far each; the last has all beyond, and what has no distance (a NaN, an infinity on one side). */
enum { CLI_BINS = 34, CLI_MAP_ROWS = 12, CLI_MAP_COLS = 64 };

struct cli_error_map {
    uint64_t bin[CLI_BINS];
    /* The tensor as a matrix of places and features: the channels of N x C x ..., else the last dimension. Several to a cell where it is larger. */
    int64_t places, features;
    int rows, cols;                                   /* cells */
    unsigned char worst[CLI_MAP_ROWS][CLI_MAP_COLS];  /* the furthest bin in the cell */
    uint32_t wrong[CLI_MAP_ROWS][CLI_MAP_COLS];       /* elements that differ */
};

/* Of two tensors of the same type and shape. */
void cli_error_map(struct cli_error_map *map, const struct systole_tensor *got, const struct systole_tensor *wanted);
/* "3 to 4"; "equal" of bin 0. */
void cli_bin_name(int bin, char *text, size_t room);
/* Which elements a cell has: places from..to, features from..to. */
void cli_map_cell(const struct cli_error_map *map, int row, int col, int64_t place[2], int64_t feature[2]);

#endif
