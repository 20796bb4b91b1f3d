/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep: its points, what running them found, and that as a table and a page. */
#ifndef CLI_SWEEP_H
#define CLI_SWEEP_H

#include "area.h"
#include "device_list.h"
#include "inputs.h"
#include "open.h"
#include "ranks.h"

enum { CLI_POINTS = 16384, CLI_SWEEP_MEMORIES = 4096 };

/* Fronts: of these none of the same memory has fewer cycles and no more of ... */
enum cli_front { CLI_FRONT_AREA, CLI_FRONT_BYTES, CLI_FRONTS };

struct cli_point {
    char device[CLI_DEVICE_ROOM];
    int array, memory; /* which device without its memory, which memory; points of one array follow each other */
    struct systole_totals totals;
    struct cli_area area;
    double seconds;
    int differing; /* outputs that have not the first point's bits */
    int on_front[CLI_FRONTS];
};

struct cli_sweep {
    const char *model;
    uint64_t seed;
    char (*memories)[CLI_DEVICE_ROOM / 2];
    int n_memories, n_points;
    struct cli_point *points;
    int refused; /* arrays of a grid that no device can have; why, of the first */
    char reason[512];
};

/* ---- Points, sweep_points.c ---- */

/* Each device, or each of a grid of them, with each memory. Failures are said. */
enum cli_exit cli_sweep_points(struct cli_sweep *s, struct systole_context *ctx, struct cli_ranks *ranks, const struct cli_device_list *devices,
                               const char *const *memories, int n_memories);
/* A model with data=0 computes time alone: it has no outputs to hold against others. */
int cli_point_has_data(const struct cli_point *p);
/* What a front is of besides cycles: thousand gate equivalents, bytes. */
double cli_point_cost(const struct cli_point *p, enum cli_front front);
/* Multipliers of the array. */
uint64_t cli_point_macs(const struct cli_point *p);
/* Once all points have run. Products that ran on the host took no cycles of the device: only points with the fewest of them can be on a front. */
void cli_sweep_fronts(struct cli_sweep *s);

/* ---- Running them, sweep_run.c ---- */

struct cli_sweep_run {
    struct systole_context *ctx;
    const struct cli_source *source;
    const struct cli_inputs *inputs;
    struct cli_ranks *ranks;
    uint64_t threads; /* 0: one a processor, or one a rank where there are several */
    int quiet;
    int differing, without_data; /* found: outputs unlike the first point's, and points that have none */
};

enum cli_exit cli_sweep_run(struct cli_sweep *s, struct cli_sweep_run *run);

/* The page; FILE when it cannot be written. */
enum cli_exit cli_sweep_report(const struct cli_sweep *s, const char *path);

#endif
