/* SPDX-License-Identifier: Apache-2.0 */
#include "store_shot.h"

static void put(struct store_shot *s, uint64_t word)
{
    s->word[s->words++] = word;
}

/* Slots are seen from the one that is walked: it is another in each instruction. */
static uint64_t slot_from(uint8_t slot, uint8_t walked)
{
    return (uint64_t)(slot - walked) % STORE_SLOTS;
}

static void put_chunk(struct store_shot *s, const struct write_chunk *c, uint64_t beat, uint8_t walked)
{
    put(s, (uint64_t)c->valid | (uint64_t)(c->valid && c->last) << 1 | (c->valid ? slot_from(c->slot, walked) : 0) << 2);
    if (c->valid) {
        put(s, c->addr - beat);
        put(s, c->lo);
        put(s, c->hi);
    }
}

static void put_taken(struct store_shot *s, const struct write_burst *b, uint8_t walked)
{
    put(s, (uint64_t)b->beats | slot_from(b->slot, walked) << 16 | (uint64_t)b->last << 24);
}

static void put_burst(struct store_shot *s, const struct write_burst *b, uint64_t from, uint8_t walked)
{
    put(s, b->addr - from);
    put_taken(s, b, walked);
}

static void put_write(struct store_shot *s, const struct timing_write *w, uint64_t d, uint32_t axi, uint8_t walked)
{
    put_chunk(s, &w->a, timing_units(d, axi), walked);
    put_chunk(s, &w->b, timing_units(d, axi), walked);
    put(s, d & (axi - 1));
    put(s, w->open ? w->start - timing_units(d, axi) : 1);
    put(s, w->open ? w->next - timing_units(d, axi) : 1);
    put(s, (uint64_t)w->done | (uint64_t)w->open << 16 | (uint64_t)(w->open ? w->count : 0) << 24 |
               (w->open ? slot_from(w->slot, walked) : 0) << 40 | (uint64_t)w->aw_valid << 48 | (uint64_t)w->beat << 49);
    for (uint32_t i = w->q_head; i != w->q_tail; i++)
        put_burst(s, &w->queue[i % WRITE_BURSTS], timing_units(d, axi), walked);
    if (w->aw_valid)
        put_burst(s, &w->aw, d, walked);
    for (uint32_t i = w->t_data; i != w->t_tail; i++)
        put_taken(s, &w->taken[i % WRITE_OUTSTANDING], walked);
    put(s, w->sent);
    put(s, w->beat ? w->beat_bytes : 0);
    for (uint32_t i = w->beat_head; i != w->beat_tail; i++)
        put(s, w->strobes[i % WRITE_BEATS]);
}

static void put_memory(struct store_shot *s, const struct timing_memory *b)
{
    const struct timing_ring *r = &b->writes;
    put(s, (uint64_t)b->aw_ready | (uint64_t)b->w_ready << 1);
    for (uint32_t i = r->data; i != r->tail; i++) {
        const struct timing_burst *burst = &r->slot[i % TIMING_BURSTS];
        put(s, burst->left);
        put(s, (uint64_t)burst->whole | (uint64_t)burst->failed << 1);
    }
}

/* What was sent and is not answered yet. */
static void put_answers(struct store_shot *s, const struct timing *m)
{
    const struct timing_memory *b = &m->memory;
    const struct timing_write *w = &m->store.write;
    put(s, (uint64_t)b->b_valid | (uint64_t)b->b_failed << 1);
    for (uint32_t i = w->t_answer; i != w->t_data; i++)
        put_taken(s, &w->taken[i % WRITE_OUTSTANDING], m->store.walk.slot);
    for (uint32_t i = b->writes.head; i != b->writes.data; i++) {
        put(s, b->writes.slot[i % TIMING_BURSTS].due - m->store.now);
        put(s, b->writes.slot[i % TIMING_BURSTS].failed);
    }
}

uint64_t outline(const struct timing *m)
{
    const struct timing_store *s = &m->store;
    const struct timing_write *w = &s->write;
    const uint64_t ready = s->v_head != s->v_tail ? s->vector[s->v_head % STORE_CREDITS].ready - m->store.now : 99;
    return (s->v_tail - s->v_head) | (uint64_t)(w->t_tail - w->t_data) << 8 | (uint64_t)w->a.valid << 16 | (uint64_t)w->count << 28 |
           (uint64_t)(w->q_tail - w->q_head) << 36 | (uint64_t)w->b.valid << 44 | (uint64_t)w->open << 45 | (uint64_t)w->sent << 46 |
           (ready & 0x3ff) << 54;
}

void shoot(const struct timing *m, struct store_shot *s)
{
    const struct timing_store *st = &m->store;
    const uint64_t d = st->walk.d;
    s->now = m->store.now;
    s->pixel = pixel_of(&st->walk);
    s->insn = st->walk_count;
    s->outline = outline(m);
    s->words = 0;
    s->counter[0] = m->counter[SYSTOLE_CNT_WRITE_BEATS];
    s->counter[1] = m->counter[SYSTOLE_CNT_WRITE_BYTES];
    s->counter[2] = m->counter[SYSTOLE_CNT_STORE_BANK];
    put(s, st->free > m->store.now ? st->free - m->store.now : 0);
    for (uint32_t i = st->v_head; i != st->v_tail; i++) {
        const struct store_vector *v = &st->vector[i % STORE_CREDITS];
        put(s, v->ready > m->store.now ? v->ready - m->store.now : 0);
        put(s, v->addr - d);
        put(s, (uint64_t)v->bytes | slot_from(v->slot, st->walk.slot) << 16 | (uint64_t)v->dst << 24 | (uint64_t)v->last << 32);
    }
    put_write(s, &st->write, d, m->c.axi_bytes, st->walk.slot);
    put_memory(s, &m->memory);
    s->own = s->words;
    s->sent = st->write.t_data;
    put_answers(s, m);
}
