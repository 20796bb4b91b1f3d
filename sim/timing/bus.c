/* SPDX-License-Identifier: Apache-2.0 */
/* The memory behind the bus: what sim/memory.c does, without its data. Edges are counted as there, from the device's creation. */
#include "timing.h"

enum draw { DRAW_AR = 1, DRAW_AW = 2, DRAW_W = 4, DRAW_R = 8, DRAW_B = 16, DRAW_ORDER = 32 };

static uint64_t edge_of(const struct timing *m, uint64_t cycle)
{
    return m->memory.origin + cycle + 1;
}

void memory_begin(struct timing *m, uint64_t origin)
{
    struct timing_memory *b = &m->memory;
    const struct memory_options *o = &b->opt;
    b->origin = origin;
    b->bytes = m->c.axi_bytes;
    /* A beat a cycle is credit for a beat in every cycle. */
    b->steady = o->stall == 0 && (o->bandwidth == 0 || o->bandwidth >= (uint64_t)b->bytes << 16) && o->refresh_every == 0;
    if (b->cost == 0) { /* the first run */
        b->cost = (uint64_t)b->bytes << 16;
        b->read_bucket.level = b->cost;
        b->write_bucket.level = b->cost;
        b->ar_ready = true;
        b->aw_ready = true;
    }
    b->r_valid = false;
    b->b_valid = false;
    b->reading = 0;
    b->writing = 0;
    b->reads[0].head = b->reads[0].tail = 0;
    b->reads[1].head = b->reads[1].tail = 0;
    b->writes.head = b->writes.data = b->writes.tail = 0;
}

/* The n-th number that sim/memory.c draws, n from 1. */
static uint64_t random_at(uint64_t seed, uint64_t n)
{
    uint64_t z = seed + n * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t draw_stalls(const struct timing_memory *b, uint64_t edge)
{
    uint64_t bits = random_at(b->opt.seed, edge);
    const uint64_t limit = (uint64_t)b->opt.stall * 4096 / 100;
    uint32_t draw = (uint32_t)(bits >> 63) * DRAW_ORDER;
    for (unsigned wire = 0; wire < 5; wire++, bits >>= 12)
        draw |= (uint32_t)((bits & 4095) < limit) << wire;
    return draw;
}

static bool has_credit(const struct timing_memory *b, struct timing_bucket *k, uint64_t edge)
{
    if (b->opt.bandwidth == 0)
        return true;
    const uint64_t level = k->level + (edge - k->last) * b->opt.bandwidth;
    const uint64_t most = b->cost + b->opt.bandwidth;
    k->level = level < most ? level : most;
    k->last = edge;
    return k->level >= b->cost;
}

static void spend(const struct timing_memory *b, struct timing_bucket *k)
{
    if (b->opt.bandwidth != 0)
        k->level -= b->cost;
}

static bool refreshing(const struct timing_memory *b, uint64_t edge)
{
    return b->opt.refresh_every != 0 && edge % b->opt.refresh_every < b->opt.refresh_for;
}

static struct timing_burst *accept(struct timing_memory *b, struct timing_ring *r, uint64_t addr, uint32_t beats)
{
    struct timing_burst *burst = &r->slot[r->tail++ % TIMING_BURSTS];
    burst->addr = addr;
    burst->left = beats;
    burst->failed = false;
    burst->whole = regions_find(b->regions, addr, (uint64_t)beats * b->bytes) != NULL;
    return burst;
}

/* Steps over a beat; whether memory stands behind it. */
static bool step(struct timing_memory *b, struct timing_burst *burst)
{
    const bool is_there = burst->whole || regions_find(b->regions, burst->addr, b->bytes);
    burst->addr += b->bytes;
    burst->left--;
    return is_there;
}

static bool edge_read(struct timing *m, uint64_t edge)
{
    struct timing_memory *b = &m->memory;
    const struct timing_wires *w = &m->wire;
    if (w->fetch_ar || w->load_ar) {
        const uint64_t addr = w->load_ar ? m->load.ar_addr : m->fetch.ar_addr;
        const uint32_t beats = w->load_ar ? m->load.ar_beats : 64 / b->bytes;
        accept(b, &b->reads[w->load_ar], addr, beats)->due = edge + b->opt.read_latency;
        b->reading++;
    }
    if (w->r_fire) {
        b->r_valid = false;
        b->reading -= b->r_last;
    }
    return w->fetch_ar || w->load_ar || w->r_fire;
}

static bool edge_write(struct timing *m, uint64_t edge)
{
    struct timing_memory *b = &m->memory;
    const struct store_wires *w = &m->store.wire;
    if (w->w) {
        struct timing_burst *burst = &b->writes.slot[b->writes.data % TIMING_BURSTS];
        spend(b, &b->write_bucket);
        burst->failed |= !step(b, burst);
        if (burst->left == 0) {
            burst->due = edge + b->opt.write_latency;
            b->writes.data++;
        }
    }
    if (w->aw) {
        accept(b, &b->writes, m->store.write.aw.addr, m->store.write.aw.beats);
        b->writing++;
    }
    if (w->b) {
        b->b_valid = false;
        b->writing--;
    }
    return w->w || w->aw || w->b;
}

static struct timing_ring *pick_read(struct timing_memory *b, uint64_t edge)
{
    struct timing_ring *best = NULL;
    for (unsigned id = 0; id < 2; id++) {
        struct timing_ring *r = &b->reads[id];
        if (r->head == r->tail || r->slot[r->head % TIMING_BURSTS].due > edge)
            continue;
        if (!best || r->slot[r->head % TIMING_BURSTS].due < best->slot[best->head % TIMING_BURSTS].due ||
            (b->draw & DRAW_ORDER) != 0)
            best = r;
    }
    return best;
}

static bool plan_read(struct timing_memory *b, uint64_t edge)
{
    struct timing_ring *r = b->reading == 0 || b->r_valid || (b->draw & DRAW_R) != 0 ? NULL : pick_read(b, edge);
    if (!r || refreshing(b, edge) || !has_credit(b, &b->read_bucket, edge))
        return false;
    struct timing_burst *burst = &r->slot[r->head % TIMING_BURSTS];
    spend(b, &b->read_bucket);
    b->r_failed = !step(b, burst);
    b->r_id = r != b->reads;
    b->r_last = burst->left == 0;
    b->r_valid = true;
    r->head += b->r_last;
    return true;
}

static bool plan_write(struct timing_memory *b, uint64_t edge)
{
    struct timing_ring *r = &b->writes;
    const bool open = r->data != r->tail && (b->write_draw & DRAW_W) == 0 && !refreshing(b, edge) &&
                      has_credit(b, &b->write_bucket, edge);
    bool moved = open != b->w_ready;
    b->w_ready = open;
    if (!b->b_valid && r->head != r->data && r->slot[r->head % TIMING_BURSTS].due <= edge && (b->write_draw & DRAW_B) == 0) {
        b->b_failed = r->slot[r->head++ % TIMING_BURSTS].failed;
        b->b_valid = true;
        moved = true;
    }
    return moved;
}

bool memory_read_edge(struct timing *m)
{
    struct timing_memory *b = &m->memory;
    const uint64_t edge = edge_of(m, m->now);
    bool moved = edge_read(m, edge);
    if (b->opt.stall != 0)
        b->draw = draw_stalls(b, edge);
    moved |= plan_read(b, edge + 1);
    const bool ar_ready = b->reading < b->opt.read_outstanding && (b->draw & DRAW_AR) == 0;
    moved |= ar_ready != b->ar_ready;
    b->ar_ready = ar_ready;
    return moved;
}

bool memory_write_edge(struct timing *m)
{
    struct timing_memory *b = &m->memory;
    const uint64_t edge = edge_of(m, m->store.now);
    bool moved = edge_write(m, edge);
    if (b->opt.stall != 0)
        b->write_draw = draw_stalls(b, edge);
    moved |= plan_write(b, edge + 1);
    const bool aw_ready = b->writing < b->opt.write_outstanding && (b->write_draw & DRAW_AW) == 0;
    moved |= aw_ready != b->aw_ready;
    b->aw_ready = aw_ready;
    return moved;
}

/* The cycle whose edge plans for what falls due, after cycle `now`. */
static uint64_t planned_at(const struct timing_memory *b, uint64_t due, uint64_t now)
{
    if (due == TIMING_NEVER)
        return due;
    const uint64_t at = due - 2 - b->origin;
    return due < 2 + b->origin || at <= now ? now + 1 : at;
}

uint64_t memory_read_wake(const struct timing *m)
{
    const struct timing_memory *b = &m->memory;
    if (b->opt.stall != 0 || (!b->steady && b->reading != 0))
        return m->now + 1;
    uint64_t due = TIMING_NEVER;
    for (unsigned id = 0; id < 2 && !b->r_valid; id++)
        if (b->reads[id].head != b->reads[id].tail)
            due = timing_least(due, b->reads[id].slot[b->reads[id].head % TIMING_BURSTS].due);
    return planned_at(b, due, m->now);
}

uint64_t memory_write_wake(const struct timing *m)
{
    const struct timing_memory *b = &m->memory;
    if (b->opt.stall != 0 || (!b->steady && b->writing != 0))
        return m->store.now + 1;
    const bool waits = !b->b_valid && b->writes.head != b->writes.data;
    return planned_at(b, waits ? b->writes.slot[b->writes.head % TIMING_BURSTS].due : TIMING_NEVER, m->store.now);
}
