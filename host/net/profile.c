/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each step of a segment was. With the device's events every operation has the cycles from the last one's end to its own;
 * without them the first has all.
 */
#include <stdio.h>
#include <string.h>

#include "host/net/compile.h"

enum systole_status net_profile_begin(struct systole_context *ctx, const struct sy_graph *g, struct net_segment *s, const struct sy_scope *scope)
{
    if (!scope->profile)
        return SYSTOLE_OK;
    s->record = scope->profile->count;
    s->before = sy_engine_totals(s->e);
    for (int i = 0; i < s->n_nodes; i++)
        if (!sy_profile_add(scope->profile, g->nodes[s->nodes[i]].name, g->nodes[s->nodes[i]].op_type))
            return sy_no_memory(ctx);
    return SYSTOLE_OK;
}

/* The record of a step's node: nodes that a step does beside its first are done by it. */
static size_t record_of(const struct net_segment *s, int node)
{
    for (int i = 0; i < s->n_nodes; i++)
        if (s->nodes[i] == node)
            return s->record + (size_t)i;
    return s->record;
}

static void add_counters(struct systole_step *t, const uint64_t *now, const uint64_t *was)
{
    for (int i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        t->counter[i] += now[i] - was[i];
    t->cycles = t->counter[SYSTOLE_CNT_CYCLES];
    t->busy = t->counter[SYSTOLE_CNT_ARRAY_BUSY];
    t->read_bytes = t->counter[SYSTOLE_CNT_READ_BYTES];
    t->write_bytes = t->counter[SYSTOLE_CNT_WRITE_BYTES];
}

/* The last instruction of a step that gives results: what it counted by then, it and those before it have used. */
static const struct systole_event *end_of(const struct net_step *step, const struct systole_event *events, size_t count)
{
    for (uint32_t i = step->first + step->count; i-- > step->first;)
        if (i < count && events[i].queue == SYSTOLE_QUEUE_COMPUTE && events[i].end != SYSTOLE_EVENT_NEVER)
            return &events[i];
    return NULL;
}

static void share_out(const struct net_segment *s, struct sy_profile *p, const struct sy_engine_totals *now)
{
    const struct systole_event *events = NULL;
    size_t count = 0;
    uint64_t total[SYSTOLE_COUNTER_COUNT], was[SYSTOLE_COUNTER_COUNT] = {0};
    for (int i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        total[i] = now->counter[i] - s->before.counter[i];
    const bool told = systole_device_events(s->e->dev, &events, &count) == SYSTOLE_OK;
    const size_t first = record_of(s, s->steps[0].node);
    for (int i = 0; i < s->n_steps; i++) {
        struct systole_step *t = &p->steps[record_of(s, s->steps[i].node)].told;
        const struct systole_event *end = told ? end_of(&s->steps[i], events, count) : NULL;
        t->place = told || i == 0 ? SYSTOLE_STEP_DEVICE : SYSTOLE_STEP_FUSED;
        t->into = first;
        t->macs = s->steps[i].macs;
        if (end) {
            add_counters(t, end->counter, was);
            memcpy(was, end->counter, sizeof was);
        }
    }
    add_counters(&p->steps[told ? record_of(s, s->steps[s->n_steps - 1].node) : first].told, total, was);
    p->steps[first].told.launches = 1;
}

void net_profile_end(struct net_segment *s, const struct sy_scope *scope, bool done)
{
    struct sy_profile *p = scope->profile;
    if (!p)
        return;
    if (!done) {
        p->count = s->record; /* the nodes will have records of their own */
        return;
    }
    const struct sy_engine_totals now = sy_engine_totals(s->e);
    const double end = sy_profile_now(p);
    for (int i = 0; i < s->n_nodes; i++) {
        struct systole_step *t = &p->steps[s->record + (size_t)i].told;
        t->into = record_of(s, s->into[i]);
        t->place = SYSTOLE_STEP_FUSED;
        if (t->into == s->record + (size_t)i && s->n_steps) /* only another name for what comes in */
            t->into = record_of(s, s->steps[0].node);
        t->seconds = i ? 0 : end - t->start;
        t->start = i ? end : t->start;
    }
    if (s->n_steps)
        share_out(s, p, &now);
}
