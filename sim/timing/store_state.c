/* SPDX-License-Identifier: Apache-2.0 */
/* All of a store's state but what it walks, as words seen from a cycle, an address and a slot; and back, seen from others. */
#include "timing.h"

/* One way or the other: `from` is NULL where words are put. */
struct io {
    const uint64_t *from;
    uint64_t *to;
    uint32_t at;
    uint64_t now, d, beat;
    uint8_t slot;
};

static uint64_t through(struct io *s, uint64_t value)
{
    if (s->from)
        return s->from[s->at++];
    if (s->at < STORE_WORDS)
        s->to[s->at] = value;
    s->at++;
    return value;
}

static uint64_t seen_from(struct io *s, uint64_t value, uint64_t base)
{
    return through(s, value - base) + base;
}

static uint8_t slot_through(struct io *s, uint8_t slot)
{
    return (uint8_t)((through(s, (uint64_t)(slot - s->slot) % STORE_SLOTS) + s->slot) % STORE_SLOTS);
}

/* How many there are of something that ends at `tail`; sets where it begins, from a tail that stands. */
static uint32_t count_through(struct io *s, uint32_t head, uint32_t tail)
{
    return tail - (uint32_t)through(s, tail - head);
}

static void chunk(struct io *s, struct write_chunk *c)
{
    c->valid = through(s, c->valid);
    if (!c->valid)
        return;
    c->last = through(s, c->last);
    c->slot = slot_through(s, c->slot);
    c->addr = seen_from(s, c->addr, s->beat);
    c->lo = through(s, c->lo);
    c->hi = through(s, c->hi);
}

/* A burst whose address was taken: nobody asks for it again. */
static void taken(struct io *s, struct write_burst *b)
{
    const uint64_t rest = through(s, (uint64_t)b->beats | (uint64_t)b->last << 16);
    b->beats = (uint16_t)rest;
    b->last = rest >> 16;
    b->slot = slot_through(s, b->slot);
}

static void burst(struct io *s, struct write_burst *b, uint64_t from)
{
    b->addr = seen_from(s, b->addr, from);
    taken(s, b);
}

static void vectors(struct io *s, struct timing_store *st)
{
    st->free = s->now + through(s, st->free > s->now ? st->free - s->now : 0);
    st->v_head = count_through(s, st->v_head, st->v_tail);
    for (uint32_t i = st->v_head; i != st->v_tail; i++) {
        struct store_vector *v = &st->vector[i % STORE_CREDITS];
        v->ready = s->now + through(s, v->ready > s->now ? v->ready - s->now : 0);
        v->addr = seen_from(s, v->addr, s->d);
        const uint64_t rest = through(s, (uint64_t)v->bytes | (uint64_t)v->last << 16);
        v->bytes = (uint16_t)rest;
        v->last = rest >> 16;
        v->slot = slot_through(s, v->slot);
        v->dst = SYSTOLE_DST_DRAM;
    }
}

static void packing(struct io *s, struct timing_write *w)
{
    chunk(s, &w->a);
    chunk(s, &w->b);
    w->done = (uint16_t)through(s, w->done);
    w->open = through(s, w->open);
    if (w->open) {
        w->start = seen_from(s, w->start, s->beat);
        w->next = seen_from(s, w->next, s->beat);
        w->count = (uint16_t)through(s, w->count);
        w->slot = slot_through(s, w->slot);
    }
    w->q_head = count_through(s, w->q_head, w->q_tail);
    for (uint32_t i = w->q_head; i != w->q_tail; i++)
        burst(s, &w->queue[i % WRITE_BURSTS], s->beat);
}

static void sending(struct io *s, struct timing_write *w)
{
    w->aw_valid = through(s, w->aw_valid);
    if (w->aw_valid)
        burst(s, &w->aw, s->d);
    w->waiting = (uint32_t)through(s, w->waiting);
    w->t_data = count_through(s, w->t_data, w->t_tail);
    w->t_answer = count_through(s, w->t_answer, w->t_data);
    for (uint32_t i = w->t_answer; i != w->t_tail; i++)
        taken(s, &w->taken[i % WRITE_OUTSTANDING]);
    w->beat_head = count_through(s, w->beat_head, w->beat_tail);
    for (uint32_t i = w->beat_head; i != w->beat_tail; i++)
        w->strobes[i % WRITE_BEATS] = (uint8_t)through(s, w->strobes[i % WRITE_BEATS]);
    w->sent = (uint32_t)through(s, w->sent);
    w->beat = through(s, w->beat);
    w->beat_bytes = (uint8_t)through(s, w->beat ? w->beat_bytes : 0);
}

static void bus(struct io *s, struct timing_memory *b)
{
    struct timing_ring *r = &b->writes;
    const uint64_t wires = through(s, (uint64_t)b->aw_ready | (uint64_t)b->w_ready << 1 | (uint64_t)b->b_valid << 2);
    b->aw_ready = wires & 1;
    b->w_ready = wires & 2;
    b->b_valid = wires & 4;
    b->writing = (uint32_t)through(s, b->writing);
    r->data = count_through(s, r->data, r->tail);
    r->head = count_through(s, r->head, r->data);
    for (uint32_t i = r->head; i != r->tail; i++) {
        struct timing_burst *burst = &r->slot[i % TIMING_BURSTS];
        const bool sent = (int32_t)(i - r->data) < 0;
        burst->failed = false;
        burst->whole = true;
        if (sent) {
            burst->due = seen_from(s, burst->due, s->now);
            continue;
        }
        burst->addr = seen_from(s, burst->addr, s->d);
        burst->left = (uint32_t)through(s, burst->left);
    }
}

static void all(struct timing *m, struct io *s)
{
    struct timing_store *st = &m->store;
    vectors(s, st);
    packing(s, &st->write);
    sending(s, &st->write);
    bus(s, &m->memory);
    for (uint8_t i = 0; i < STORE_SLOTS; i++) {
        struct store_slot *slot = &st->slot[(s->slot + i) % STORE_SLOTS];
        slot->complete = through(s, slot->complete);
    }
}

uint32_t store_state_put(struct timing *m, const struct store_place *at, uint64_t *words)
{
    struct io s = {.to = words, .now = m->store.now, .d = at->d, .beat = at->d / m->c.axi_bytes, .slot = at->slot};
    all(m, &s);
    return s.at;
}

void store_state_get(struct timing *m, const struct store_place *at, const uint64_t *words)
{
    struct io s = {.from = words, .now = m->store.now, .d = at->d, .beat = at->d / m->c.axi_bytes, .slot = at->slot};
    all(m, &s);
}
