/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: number 4 * waiter + giver orders queue `giver` before queue `waiter`. Signals of that token are given in the giver's order and
 * taken in the waiter's; a wait is added only for an instruction later than all that the waiter has waited for so far, so the
 * k-th wait always meets the k-th signal.
 *
 * Two windows may show the same memory only if nothing is written through either: accesses to different windows are taken for apart.
 */
#include "host/plan/program.h"

#include <string.h>

#include "host/core/alloc.h"
#include "host/plan/range.h"

struct access {
    uint32_t index;
    uint8_t queue;
    bool write;
    struct sy_range range;
};

struct space {
    struct access *list;
    uint32_t count, room;
};

struct sy_program {
    struct sy_caps caps;
    uint32_t (*insn)[SYSTOLE_INSN_WORDS];
    uint32_t count, room;
    bool open, failed;
    uint32_t lost[SYSTOLE_INSN_WORDS];
    struct space space[SY_SPACES];
    bool constant[SY_SPACES];
    struct sy_turn turn;
    /* One more than the latest instruction of queue g that queue w is known to come after. */
    uint32_t after[SYSTOLE_QUEUES][SYSTOLE_QUEUES];
};

struct sy_program *sy_program_new(const struct sy_caps *caps)
{
    struct sy_program *p = sy_alloc(1, sizeof *p);
    if (p)
        p->caps = *caps;
    return p;
}

struct sy_turn *sy_program_turn(struct sy_program *p)
{
    return &p->turn;
}

void sy_program_constant(struct sy_program *p, uint32_t window)
{
    p->constant[SY_SPACE_WINDOW + window] = true;
}

void sy_program_free(struct sy_program *p)
{
    if (!p)
        return;
    for (int i = 0; i < SY_SPACES; i++)
        sy_free(p->space[i].list);
    sy_free(p->insn);
    sy_free(p);
}

uint32_t *sy_program_next(struct sy_program *p, enum systole_opcode op)
{
    if (p->count == p->room) {
        const uint32_t room = p->room ? 2 * p->room : 64;
        void *more = sy_realloc(p->insn, room, sizeof *p->insn);
        if (!more) {
            p->failed = true;
            memset(p->lost, 0, sizeof p->lost);
            return p->lost;
        }
        p->insn = more;
        p->room = room;
    }
    uint32_t *i = p->insn[p->count];
    memset(i, 0, sizeof p->insn[0]);
    SYSTOLE_PUT(i, ANY, opcode, op);
    p->open = true;
    return i;
}

static unsigned queue_of(const uint32_t *insn)
{
    switch (SYSTOLE_GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_MATMUL:
        return SYSTOLE_QUEUE_COMPUTE;
    case SYSTOLE_OP_STORE:
        return SYSTOLE_QUEUE_STORE;
    default:
        return SYSTOLE_QUEUE_LOAD;
    }
}

/* The latest instruction of each other queue that must come before this touch: one more than its index, 0 for none. */
static void conflicts(const struct space *s, const struct sy_touch *t, unsigned queue, uint32_t needs[SYSTOLE_QUEUES])
{
    for (uint32_t i = 0; i < s->count; i++) {
        const struct access *a = &s->list[i];
        if (a->queue != queue && (a->write || t->write) && a->index + 1 > needs[a->queue] &&
            sy_range_overlap(&a->range, &t->range))
            needs[a->queue] = a->index + 1;
    }
}

/*
 * Remembers a touch, and forgets those it makes needless: whoever conflicts with what a write covers conflicts with the write, which comes
 * after; and of two reads of one queue the later one counts.
 */
static void remember(struct sy_program *p, const struct sy_touch *t, unsigned queue, uint32_t index)
{
    struct space *s = &p->space[t->space];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct access *a = &s->list[i];
        const bool needless = sy_range_covers(&t->range, &a->range) && (t->write || (!a->write && a->queue == queue));
        if (!needless)
            s->list[kept++] = *a;
    }
    s->count = kept;
    if (s->count == s->room) {
        const uint32_t room = s->room ? 2 * s->room : 32;
        void *more = sy_realloc(s->list, room, sizeof *s->list);
        if (!more) {
            p->failed = true;
            return;
        }
        s->list = more;
        s->room = room;
    }
    s->list[s->count++] = (struct access){index, (uint8_t)queue, t->write, t->range};
}

static void wait_for(struct sy_program *p, uint32_t *insn, unsigned waiter, unsigned giver, uint32_t giver_index)
{
    const uint32_t token = 4 * waiter + giver;
    SYSTOLE_PUT(insn, ANY, wait, 1u << token);
    SYSTOLE_PUT(p->insn[giver_index], ANY, signal, 1u << token);
    p->after[waiter][giver] = giver_index + 1;
}

void sy_program_commit(struct sy_program *p)
{
    if (!p->open)
        return;
    p->open = false;
    uint32_t *insn = p->insn[p->count];
    const unsigned queue = queue_of(insn);
    struct sy_touch touch[SY_MAX_TOUCHES];
    const unsigned touches =
        sy_touches(insn, sy_cap(&p->caps, SYSTOLE_CAP_ROWS), sy_cap(&p->caps, SYSTOLE_CAP_COLS), touch);
    uint32_t needs[SYSTOLE_QUEUES] = {0};
    for (unsigned i = 0; i < touches; i++)
        conflicts(&p->space[touch[i].space], &touch[i], queue, needs);
    for (unsigned giver = 0; giver < SYSTOLE_QUEUES; giver++)
        if (needs[giver] > p->after[queue][giver])
            wait_for(p, insn, queue, giver, needs[giver] - 1);
    for (unsigned i = 0; i < touches; i++)
        if (!p->constant[touch[i].space])
            remember(p, &touch[i], queue, p->count);
    p->count++;
}

bool sy_program_finish(struct sy_program *p)
{
    sy_program_next(p, SYSTOLE_OP_END);
    if (p->open)
        p->count++;
    p->open = false;
    return !p->failed;
}

const uint32_t *sy_program_words(const struct sy_program *p)
{
    return p->insn ? p->insn[0] : NULL;
}

uint32_t sy_program_count(const struct sy_program *p)
{
    return p->count;
}
