/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

#include <stdlib.h>
#include <string.h>

void events_init(struct events *e, const struct shim_watch *watch)
{
    *e = (struct events){.watch = watch};
}

void events_free(struct events *e)
{
    free(e->event);
    e->event = NULL;
}

/* All units are reset between runs: pointers go back to zero without a move. */
static void rest(struct events *e)
{
    const struct shim_watch *w = e->watch;
    memset(e->queue, 0, sizeof e->queue);
    for (unsigned q = 0; q < EVENT_QUEUES; q++) {
        e->queue[q].waiting_rd = *w->waiting_rd[q];
        e->queue[q].running_rd = *w->running_rd[q];
    }
    e->checked = *w->checked;
}

static void enter(struct events *e, uint64_t cycle)
{
    const struct shim_watch *w = e->watch;
    if (e->count == e->room) {
        const size_t room = e->room ? 2 * e->room : 256;
        struct systole_event *more = realloc(e->event, room * sizeof *more);
        e->failed |= !more;
        if (!more)
            return;
        e->event = more;
        e->room = room;
    }
    struct event_queue *q = &e->queue[*w->queue];
    struct systole_event *event = &e->event[e->count];
    *event = (struct systole_event){.index = (uint32_t)e->count, .opcode = (uint8_t)*w->insn, .queue = *w->queue,
                                          .enter = cycle, .begin = SYSTOLE_EVENT_NEVER, .end = SYSTOLE_EVENT_NEVER};
    q->waiting[q->entered++ % EVENT_QUEUE_MOST] = event->index;
    e->count++;
}

static void end(struct events *e, uint32_t index, uint64_t cycle)
{
    struct systole_event *event = &e->event[index];
    event->end = cycle;
    memcpy(event->counter, e->watch->counter, sizeof event->counter);
}

static void begin(struct events *e, struct event_queue *q, uint64_t cycle)
{
    const uint32_t index = q->waiting[q->begun++ % EVENT_QUEUE_MOST];
    e->event[index].begin = cycle;
    if (e->event[index].opcode == SYSTOLE_OP_SYNC)
        end(e, index, cycle);
    else
        q->running[q->handed++ % EVENT_QUEUE_MOST] = index;
}

void events_edge(void *events)
{
    struct events *e = events;
    const struct shim_watch *w = e->watch;
    const uint64_t cycles = w->counter[SYSTOLE_CNT_CYCLES];
    const bool counted = cycles != e->cycles;
    if (cycles < e->cycles) {
        e->count = 0; /* a run begins */
        e->failed = false;
    }
    e->cycles = cycles;
    if (*w->checked < e->checked || cycles == 0) {
        rest(e);
        return;
    }
    if (e->failed || !counted) /* what still moves while a stopped run drains is no event of it */
        return;
    for (unsigned i = 0; i < EVENT_QUEUES; i++) {
        struct event_queue *q = &e->queue[i];
        if (*w->running_rd[i] != q->running_rd)
            end(e, q->running[q->ended++ % EVENT_QUEUE_MOST], cycles - 1);
        if (*w->waiting_rd[i] != q->waiting_rd)
            begin(e, q, cycles - 1);
        q->running_rd = *w->running_rd[i];
        q->waiting_rd = *w->waiting_rd[i];
    }
    if (*w->checked != e->checked)
        enter(e, cycles - 1);
    e->checked = *w->checked;
}

const struct systole_event *events_get(const struct events *e, size_t *count)
{
    *count = e->failed ? 0 : e->count;
    return e->failed ? NULL : e->event;
}
