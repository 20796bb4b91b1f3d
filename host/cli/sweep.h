/* SPDX-License-Identifier: Apache-2.0 */
/* What a sweep found, for its table and its plot. */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include "cli.h"

enum { CLI_POINTS = 256 };

struct cli_point {
    char device[CLI_DEVICE_ROOM];
    int memory; /* which --memory; 0 where there is none */
    struct systole_totals totals;
    double seconds;
    int differing; /* outputs that have not the first point's bits */
    int on_front; /* none of the same memory has fewer cycles on as few multipliers */
};

struct cli_sweep {
    const char *model;
    uint64_t seed;
    const char *memories[16];
    int n_memories, n_points;
    struct cli_point points[CLI_POINTS];
};

/* Multipliers of the array. */
uint64_t cli_point_macs(const struct cli_point *p);
/* The page; FILE when it cannot be written. */
enum cli_exit cli_sweep_report(const struct cli_sweep *s, const char *path);

#endif
