/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "host/graph/profile.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host/core/alloc.h"
#include "systole_driver.h"

_Static_assert((int)SYSTOLE_COUNTER_COUNT <= (int)SYSTOLE_COUNTERS, "a step has room for every counter of the contract");

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void sy_profile_restart(struct sy_profile *p)
{
    p->count = 0;
    p->began = seconds();
}

double sy_profile_now(const struct sy_profile *p)
{
    return seconds() - p->began;
}

void sy_profile_free(struct sy_profile *p)
{
    sy_free(p->steps);
    *p = (struct sy_profile){0};
}

struct sy_step *sy_profile_add(struct sy_profile *p, const char *node, const char *op)
{
    if (p->count == p->room) {
        const size_t room = p->room ? 2 * p->room : 16;
        struct sy_step *steps = sy_realloc(p->steps, room, sizeof *steps);
        if (!steps)
            return NULL;
        p->steps = steps;
        p->room = room;
    }
    struct sy_step *s = &p->steps[p->count++];
    memset(s, 0, sizeof *s);
    s->told.node = node;
    s->told.op = op;
    s->told.start = sy_profile_now(p);
    return s;
}

void sy_profile_why(struct sy_step *step, const char *why)
{
    if (!step->why[0])
        snprintf(step->why, sizeof step->why, "%s", why);
}

enum systole_status sy_profile_begin(struct sy_profile *p, struct systole_context *ctx, const struct sy_engine *e, const struct sy_node *n)
{
    if (!p)
        return SYSTOLE_OK;
    p->before = sy_engine_totals(e);
    return sy_profile_add(p, n->name, n->op_type) ? SYSTOLE_OK : sy_no_memory(ctx);
}

void sy_profile_on_host(struct sy_profile *p, const char *why)
{
    if (p && p->count)
        sy_profile_why(&p->steps[p->count - 1], why);
}

/* Why nothing of the step ran on the device, where nobody has said it yet. */
static void explain(struct sy_step *s, const struct sy_engine_totals *totals)
{
    if (s->told.special)
        sy_profile_why(s, "an infinity or a NaN among its operands");
    else if (totals->rows && !s->told.launches && !s->told.on_host)
        sy_profile_why(s, "no product or convolution");
}

void sy_profile_end(struct sy_profile *p, const struct sy_engine *e)
{
    if (!p)
        return;
    const struct sy_engine_totals now = sy_engine_totals(e), *was = &p->before;
    struct sy_step *s = &p->steps[p->count - 1];
    struct systole_step *t = &s->told;
    t->seconds = sy_profile_now(p) - t->start;
    t->launches = now.launches - was->launches;
    t->on_host = now.on_host - was->on_host;
    t->special = now.special - was->special;
    t->macs = now.macs - was->macs;
    t->cycles = now.cycles - was->cycles;
    t->busy = now.busy - was->busy;
    t->read_bytes = now.read_bytes - was->read_bytes;
    t->write_bytes = now.write_bytes - was->write_bytes;
    for (int i = 0; i < SYSTOLE_COUNTERS; i++)
        t->counter[i] = now.counter[i] - was->counter[i];
    t->place = t->launches ? SYSTOLE_STEP_DEVICE : SYSTOLE_STEP_HOST;
    explain(s, &now);
}

int systole_counter_is_share(uint32_t index)
{
    const char *name = systole_counter_name(index);
    return name && (index == SYSTOLE_CNT_ARRAY_BUSY || index == SYSTOLE_CNT_VECTOR_BUSY || strncmp(name, "STALL_", 6) == 0);
}
