/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of each instruction of a run, and when: put together cycle by cycle from a few registers of the RTL, each of which moves
 * once for an instruction.
 */
#ifndef SYSTOLE_SIM_EVENTS_H
#define SYSTOLE_SIM_EVENTS_H

#include <stdbool.h>

#include "../driver/systole_model.h"
#include "shim.h"

#define EVENT_QUEUES 3u
#define EVENT_QUEUE_MOST 32u /* instructions of a queue between decoder and completion: 8 wait, 8 run, a power of two above */

/* The instructions of one queue, in order: rings of indices. */
struct event_queue {
    uint32_t waiting[EVENT_QUEUE_MOST], running[EVENT_QUEUE_MOST];
    uint32_t entered, begun, handed, ended; /* how many so far; handed: to the unit, which SYNC never reaches */
    uint8_t waiting_rd, running_rd;
};

struct events {
    const struct shim_watch *watch;
    struct systole_event *event; /* by index */
    size_t count, room;
    uint32_t checked;
    uint64_t cycles;
    bool failed; /* no memory: the rest is not recorded */
    struct event_queue queue[EVENT_QUEUES];
};

/* `watch` stays the shim's. */
void events_init(struct events *e, const struct shim_watch *watch);
void events_free(struct events *e);

/* After each clock edge. */
void events_edge(void *events);

/* NULL when memory ran out on the way. */
const struct systole_event *events_get(const struct events *e, size_t *count);

#endif
