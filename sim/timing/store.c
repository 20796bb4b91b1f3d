/* SPDX-License-Identifier: Apache-2.0 */
/* The store unit without its arithmetic: rtl/post/systole_store.sv. */
#include <string.h>

#include "timing.h"

static uint32_t at_most(uint32_t steps, uint32_t latency)
{
    return latency < steps ? latency : steps;
}

/* From the cycle that takes a vector to the first in which its result can leave: two to read, one to store, between them post_total of
   rtl/post/systole_post_pkg.sv: a conversion of six steps, three products and sums, three things of three steps, the table of two; and
   the turns that a vector waits for where lanes are shared. */
static uint32_t store_latency(const struct timing_config *c)
{
    const uint32_t turns = c->post_lanes < c->cols ? c->cols / c->post_lanes : 0;
    return 3 + turns + at_most(6, c->post_latency) + 3 * c->post_latency + 3 * at_most(3, c->post_latency) + at_most(2, c->post_latency);
}

static uint32_t store_credits(const struct timing_config *c)
{
    return store_latency(c) > 24 ? STORE_CREDITS : STORE_CREDITS / 2;
}

#define G(field) SYSTOLE_GET(w, STORE, field)

void store_begin(struct timing *m)
{
    memset(&m->store, 0, sizeof m->store);
}

bool store_idle(const struct timing *m)
{
    return m->store.used == 0 && write_idle(&m->store.write);
}

static const struct store_vector *result(const struct timing_store *s, uint64_t now)
{
    const struct store_vector *v = &s->vector[s->v_head % STORE_CREDITS];
    return s->v_head != s->v_tail && v->ready <= now ? v : NULL;
}

uint64_t store_wake(const struct timing *m)
{
    const struct timing_store *s = &m->store;
    const struct store_vector *v = &s->vector[s->v_head % STORE_CREDITS];
    const uint64_t ready = s->v_head != s->v_tail && v->ready > m->store.now ? v->ready : TIMING_NEVER;
    return s->walk.active && s->free > m->store.now ? timing_least(ready, s->free) : ready;
}

/* The walk's vector may be read. */
static bool has_room(const struct timing *m)
{
    const struct timing_store *s = &m->store;
    return s->walk.active && s->v_tail - s->v_head != store_credits(&m->c) && m->store.now >= s->free;
}

/* ---- what it asks for ---- */

static bool pad_granted(const struct timing *m, const struct store_vector *v)
{
    const struct load_pack *k = m->store.now == m->stepped ? &m->pad : &m->load.pack;
    const struct timing_config *c = &m->c;
    if (v->dst == SYSTOLE_DST_WPAD)
        return !(k->wr_valid && k->wr_mem == SYSTOLE_MEM_WPAD);
    return !(k->wr_valid && k->wr_mem == SYSTOLE_MEM_APAD &&
             timing_bank(k->wr_addr, c->apad_bytes, c->apad_banks) == timing_bank((uint32_t)v->addr, c->apad_bytes, c->apad_banks));
}

void store_wires(struct timing *m)
{
    struct timing_store *s = &m->store;
    struct store_wires *w = &m->store.wire;
    const struct store_walk *k = &s->walk;
    const struct timing_config *c = &m->c;
    const struct store_vector *v = result(s, m->store.now);
    w->c_hit = w->r_hit = w->pw_valid = w->pw_hit = w->waits = false;
    if (has_room(m)) {
        if (!k->c_have)
            w->c_hit = !matmul_reads_acc(m, timing_bank(k->c, c->acc_rows, c->acc_banks));
        if (k->has_res && !k->r_have)
            w->r_hit = !matmul_reads_apad(m, timing_bank(k->r, c->apad_bytes, c->apad_banks));
        w->waits = (!k->c_have && !w->c_hit) || (k->has_res && !k->r_have && !w->r_hit);
    }
    if (v && v->dst != SYSTOLE_DST_DRAM) {
        w->pw_valid = true;
        w->pw_hit = pad_granted(m, v);
        w->waits |= !w->pw_hit;
    }
}

/* ---- the walk ---- */

void store_walk_load(struct timing *m)
{
    struct timing_store *s = &m->store;
    const struct timing_insn *insn = &s->slot[s->walking].insn;
    const uint32_t *w = insn->words, out = G(out);
    const uint64_t base = G(dst) == SYSTOLE_DST_DRAM ? insn->base : 0;
    const uint64_t d = base + ((uint64_t)G(dst_hi) << 32 | G(dst_lo));
    const uint16_t c = (uint16_t)G(c_base);
    const uint32_t r = G(r_base);
    s->walk = (struct store_walk){
        .active = true, .slot = s->walking, .log = out == SYSTOLE_OUT_BF16 ? 1 : out >= SYSTOLE_OUT_I8 ? 0 : 2,
        .n_last = G(n) - 1, .q_last = G(q) - 1, .p_last = G(p) - 1, .n_tail = (uint8_t)G(n_tail), .dst = (uint8_t)G(dst),
        .c = c, .c_row = c, .c_plane = c, .c_sn = (uint16_t)G(c_sn), .c_sp = (uint16_t)G(c_sp), .c_sq = (uint16_t)G(c_sq),
        .r = r, .r_row = r, .r_plane = r, .r_sn = G(r_sn), .r_sp = G(r_sp), .r_sq = G(r_sq),
        .d = d, .d_row = d, .d_plane = d, .d_sn = (int32_t)G(d_sn), .d_sp = (int32_t)G(d_sp), .d_sq = (int32_t)G(d_sq),
        .has_res = G(res) != SYSTOLE_RES_NONE};
    s->walking = (s->walking + 1u) % STORE_SLOTS;
    s->fresh--;
    s->walk_count++;
}

static bool walk_is_last(const struct store_walk *k)
{
    return k->n == k->n_last && k->q == k->q_last && k->p == k->p_last;
}

static void walk_step(struct store_walk *k)
{
    if (k->n != k->n_last) {
        k->n++;
        k->c = (uint16_t)(k->c + k->c_sn);
        k->r += k->r_sn;
        k->d += (uint64_t)k->d_sn;
        return;
    }
    k->n = 0;
    if (k->q != k->q_last) {
        k->q++;
        k->c = k->c_row = (uint16_t)(k->c_row + k->c_sq);
        k->r = k->r_row += k->r_sq;
        k->d = k->d_row += (uint64_t)k->d_sq;
        return;
    }
    k->q = 0;
    k->p++;
    k->c = k->c_row = k->c_plane = (uint16_t)(k->c_plane + k->c_sp);
    k->r = k->r_row = k->r_plane += k->r_sp;
    k->d = k->d_row = k->d_plane += (uint64_t)k->d_sp;
}

static void walk_take(struct timing *m)
{
    struct timing_store *s = &m->store;
    const struct store_walk *k = &s->walk;
    s->free = m->store.now + m->c.cols / m->c.post_lanes;
    const uint32_t lanes = k->n == k->n_last ? k->n_tail : m->c.cols;
    s->vector[s->v_tail++ % STORE_CREDITS] =
        (struct store_vector){.ready = m->store.now + store_latency(&m->c), .addr = k->d, .bytes = (uint16_t)(lanes << k->log), .slot = k->slot,
                              .dst = k->dst, .last = walk_is_last(k)};
}

/* A residual may be what an older store writes to APAD. */
static bool may_begin(const struct timing_store *s)
{
    if (s->fresh == 0)
        return false;
    bool writes_apad = false;
    for (uint32_t k = 0; k + s->fresh < s->used; k++)
        writes_apad |= s->slot[(s->head + k) % STORE_SLOTS].to_apad;
    return !s->slot[s->walking].has_res || !writes_apad;
}

static bool walk_edge(struct timing *m, bool may_load)
{
    struct timing_store *s = &m->store;
    struct store_walk *k = &s->walk;
    const struct store_wires *w = &m->store.wire;
    const bool room = has_room(m);
    const bool take = room && (k->c_have || w->c_hit) && (!k->has_res || k->r_have || w->r_hit);
    const bool last = take && walk_is_last(k), load = may_load && (!k->active || last);
    const bool moved = take || load || w->c_hit || w->r_hit;
    k->c_have = !take && (k->c_have || w->c_hit);
    k->r_have = !take && (k->r_have || w->r_hit);
    if (take)
        walk_take(m);
    if (load)
        store_walk_load(m);
    else if (last)
        k->active = false;
    else if (take)
        walk_step(k);
    return moved;
}

/* ---- the unit ---- */

/* Takes the next instruction that was given. */
void store_take(struct timing *m)
{
    struct timing_store *s = &m->store;
    struct store_slot *slot = &s->slot[s->tail];
    slot->insn = s->start[s->s_head++ % STORE_SLOTS].insn;
    const uint32_t *w = slot->insn.words;
    slot->to_apad = G(dst) == SYSTOLE_DST_APAD;
    slot->has_res = G(res) != SYSTOLE_RES_NONE;
    slot->close = store_keeps_close(m, &slot->insn);
    s->tail = (s->tail + 1u) % STORE_SLOTS;
    s->used++;
    s->fresh++;
}

static void slots_edge(struct timing *m, bool done, bool failed)
{
    struct timing_store *s = &m->store;
    if (done) {
        s->close -= s->slot[s->head].close;
        s->slot[s->head].complete = false;
        s->head = (s->head + 1u) % STORE_SLOTS;
        s->used--;
    }
    if (s->wire.start)
        store_take(m);
    s->reported |= failed;
}

bool store_edge(struct timing *m)
{
    struct timing_store *s = &m->store;
    const struct store_wires *w = &m->store.wire;
    if (s->used == 0 && !w->start && !s->write.beat && write_idle(&s->write))
        return false;
    const struct store_vector *v = result(s, m->store.now);
    const bool done = store_done(s), failed = s->used != 0 && s->slot[s->head].failed && !s->reported;
    const bool may_load = may_begin(s);
    bool taken = w->pw_hit;
    bool moved = write_edge(m, v && v->dst == SYSTOLE_DST_DRAM ? v : NULL, &taken);
    if (w->pw_hit && v->last) {
        s->slot[v->slot].complete = true;
        s->slot[v->slot].to_apad = false;
    }
    moved |= walk_edge(m, may_load) || done || failed || taken || w->start || w->waits;
    s->v_head += taken;
    slots_edge(m, done, failed);
    return moved;
}
