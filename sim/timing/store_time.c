/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's own time. What it does follows from when the queue gave it instructions and from what the array reads, both of which are
 * known for all of the past; and the others see nothing of it but that an instruction is complete. So its time stands still until that
 * matters, and then goes on by itself. It keeps up with the others where an instruction writes to a pad, for the load goes first there,
 * or where no memory may stand behind what it writes.
 */
#include "timing.h"

#define G(field) SYSTOLE_GET(w, STORE, field)

bool store_keeps_close(const struct timing *m, const struct timing_insn *insn)
{
    const uint32_t *w = insn->words, out = G(out), axi = m->c.axi_bytes;
    const uint32_t element = out == SYSTOLE_OUT_BF16 ? 2 : out >= SYSTOLE_OUT_I8 ? 1 : 4;
    struct timing_span reach = {0, 0};
    if (G(dst) != SYSTOLE_DST_DRAM)
        return true;
    timing_reach(&reach, G(n) - 1, G(d_sn));
    timing_reach(&reach, G(p) - 1, G(d_sp));
    timing_reach(&reach, G(q) - 1, G(d_sq));
    const uint64_t base = insn->base + ((uint64_t)G(dst_hi) << 32 | G(dst_lo));
    const uint64_t first = (base + (uint64_t)reach.lo) & ~(uint64_t)(axi - 1), end = base + (uint64_t)reach.hi + m->c.cols * element;
    return regions_find(m->memory.regions, first, (end - first + axi - 1) & ~(uint64_t)(axi - 1)) == NULL;
}

void store_give(struct timing *m, const struct timing_insn *insn)
{
    struct timing_store *s = &m->store;
    s->start[s->s_tail++ % STORE_SLOTS] = (struct store_start){.at = m->now, .insn = *insn};
    s->close += store_keeps_close(m, insn);
}

/* Whether one that runs may give a token that the head of a queue waits for. */
static bool is_waited_for(const struct timing *m)
{
    const struct timing_queue *stores = &m->queue[SYSTOLE_QUEUE_STORE];
    uint32_t given = 0;
    for (uint32_t i = stores->r_head; i != stores->r_tail; i++)
        given |= stores->running[i % TIMING_ROOM].signal;
    for (unsigned i = 0; i < 3; i++) {
        const struct timing_queue *q = &m->queue[i];
        if (q->w_head == q->w_tail)
            continue;
        for (uint32_t left = q->waiting[q->w_head % TIMING_ROOM].wait & given; left != 0; left &= left - 1)
            if (m->token[__builtin_ctz(left)] == 0)
                return true;
    }
    return false;
}

bool store_matters(const struct timing *m)
{
    const struct timing_store *s = &m->store;
    const struct timing_queue *q = &m->queue[SYSTOLE_QUEUE_STORE];
    if (s->close != 0 || m->want_events || m->stepping)
        return true;
    if (s->used == 0 && s->s_head == s->s_tail)
        return false;
    const bool is_full = q->w_head != q->w_tail && (!store_has_room(s) || q->waiting[q->w_head % TIMING_ROOM].op == SYSTOLE_OP_SYNC);
    const bool may_end = m->decode.state >= DECODE_OFFER && !queue_busy(m, SYSTOLE_QUEUE_LOAD) && !queue_busy(m, SYSTOLE_QUEUE_COMPUTE);
    return is_full || may_end || is_waited_for(m);
}

/* ---- a cycle ---- */

static void wires(struct timing *m, bool looks)
{
    const struct timing_memory *b = &m->memory;
    struct timing_store *s = &m->store;
    const struct timing_write *k = &s->write;
    struct store_wires *w = &s->wire;
    if (looks)
        store_wires(m);
    else
        w->c_hit = w->r_hit = w->pw_valid = w->pw_hit = w->waits = false;
    w->start = s->s_head != s->s_tail && s->start[s->s_head % STORE_SLOTS].at == s->now;
    w->aw = k->aw_valid && b->aw_ready;
    w->w = k->t_data != k->t_tail && k->beat_head != k->beat_tail && b->w_ready;
    w->b = b->b_valid && k->t_answer != k->t_tail;
    w->b_failed = b->b_failed;
}

static void count(struct timing *m)
{
    struct timing_store *s = &m->store;
    const bool busy = !store_idle(m);
    if (s->busy && !busy)
        m->counter[SYSTOLE_CNT_STORE_BUSY] += s->now - s->busy_from;
    if (s->busy != busy)
        s->busy_from = s->now;
    s->busy = busy;
    m->counter[SYSTOLE_CNT_STORE_BANK] += s->wire.waits;
    if (s->write.beat) {
        m->counter[SYSTOLE_CNT_WRITE_BEATS]++;
        m->counter[SYSTOLE_CNT_WRITE_BYTES] += s->write.beat_bytes;
    }
}

static uint64_t next_cycle(const struct timing_store *s, uint64_t until)
{
    uint64_t next = timing_least(timing_least(s->memory_next, s->next), until);
    if (s->s_head != s->s_tail)
        next = timing_least(next, s->start[s->s_head % STORE_SLOTS].at);
    return next;
}

/* Whether an instruction is complete, or has failed. */
static bool step(struct timing *m, uint64_t until)
{
    struct timing_store *s = &m->store;
    const struct store_wires *w = &s->wire;
    const bool looks = s->on || s->now >= s->next, done = store_done(s), failed = s->any_failed, walked = s->walk.active;
    const uint64_t walk = s->walk_count;
    bool moved = false;
    wires(m, looks);
    count(m);
    if (s->now >= s->memory_next || w->aw || w->w || w->b) {
        const bool memory = memory_write_edge(m);
        s->memory_next = memory ? s->now + 1 : memory_write_wake(m);
    }
    if (looks || w->aw || w->w || w->b || w->start) {
        moved = s->on = store_edge(m);
        s->next = store_wake(m);
    }
    const bool tells = done && s->told == 0;
    if (tells)
        queue_done(m, SYSTOLE_QUEUE_STORE, s->now);
    else if (done)
        s->told--;
    if (m->want_events)
        timing_end_events(m, s->now + 1);
    s->now = moved ? s->now + 1 : next_cycle(s, until);
    const bool begins = s->walk_count != walk;
    if (done)
        store_known_done(m);
    if (walked && (begins || !s->walk.active))
        store_known_walked(m, begins);
    if (begins)
        store_known_look(m);
    return tells || failed != s->any_failed;
}

static bool go_on(struct timing *m, uint64_t until)
{
    struct timing_store *s = &m->store;
    if (step(m, until))
        return true;
    if (s->on && !m->stepping)
        s->now += store_stream_skip(m, s->s_head != s->s_tail ? timing_least(until, s->start[s->s_head % STORE_SLOTS].at) : until);
    return false;
}

bool store_advance(struct timing *m, uint64_t until)
{
    bool is_over;
    while (m->store.now < until) {
        if (store_known_sleeps(m, until, &is_over))
            return is_over;
        if (go_on(m, until))
            return true;
    }
    return false;
}

void store_catch_up(struct timing *m, uint64_t until)
{
    do {
        m->front_on |= store_advance(m, until);
        store_known_wake(m);
    } while (m->store.now < until);
}
