/* SPDX-License-Identifier: Apache-2.0 */
/* When one instruction of a run entered its queue, was taken by its unit and was complete. */
#ifndef SYSTOLE_EVENT_H
#define SYSTOLE_EVENT_H

#include "systole_spec.h"

#define SYSTOLE_EVENT_NEVER UINT64_MAX

/*
 * Cycles count from 0 for the first of those that CYCLES counts. A SYNC begins and ends in the same cycle: when its tokens are there and all
 * before it in its queue is complete. END is in no queue.
 */
struct systole_event {
    uint32_t index;  /* of the instruction in its program */
    uint8_t opcode;  /* enum systole_opcode */
    uint8_t queue;   /* enum systole_queue */
    uint16_t reserved;
    uint64_t enter;  /* the decoder put it into its queue */
    uint64_t begin;  /* its tokens were taken and the unit took it; SYSTOLE_EVENT_NEVER where that did not come */
    uint64_t end;    /* its tokens were given; SYSTOLE_EVENT_NEVER */
    /*
     * The run's counters at its end: from one end of a queue to the next they tell what those cycles were spent on, and over all
     * instructions of a queue, with the rest up to the run's end, they add up to the run's own.
     */
    uint64_t counter[SYSTOLE_COUNTER_COUNT];
};

#endif
