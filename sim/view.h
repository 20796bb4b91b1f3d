/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the array did, cycle by cycle, as a text file: for pages that show it. Numbers are hexadecimal; `cycle` counts as the option
 * view_from does, from the opening of the device.
 *
 *   systole-view 1 ROWS COLS MAC_LATENCY
 *   w CYCLE PLANE ROW ROWS FP E...             a group of weights is written: elements, row by row; at first what stands in each plane
 *   x CYCLE PLANE FP SKIP X... P... Y...       a vector enters: its elements, the sums it is added to, the sums it will leave
 *   c CYCLE MASK                               from here on these counters move in every cycle (bit i: counter i)
 *   r CYCLE                                    the first cycle of a run
 *   i INDEX NAME QUEUE BEGIN END               an instruction of the run before it, in cycles as above
 *   n NUMBER NAME                              what counter NUMBER is called
 *   end CYCLE
 */
#ifndef SYSTOLE_SIM_VIEW_H
#define SYSTOLE_SIM_VIEW_H

#include "events.h"

struct view;

struct view_array {
    uint32_t rows, cols, latency;
};

/* Whether the array of this build tells what enters it. */
bool view_is_built(void);
/* Of cycles from <= cycle < to; the first is `now`. `events` is initialised, and not owned; so is the body's watch. NULL: no file. */
struct view *view_open(const char *path, uint64_t from, uint64_t to, const struct view_array *array, struct events *events, uint64_t now);
/* After each clock edge; calls events_edge(). */
void view_edge(void *view);
void view_close(struct view *v);

#endif
