/* SPDX-License-Identifier: Apache-2.0 */
/* The write engine: rtl/dma/systole_write.sv and systole_write_pack.sv. */
#include "timing.h"

/* A beat on its way from the packer to the bursts. */
struct emitted {
    bool valid, last;
    uint8_t slot, strobes;
    uint64_t addr;
};

/* What becomes of it in this cycle. */
struct burst_plan {
    bool ready, push, fresh, ends, jump;
    uint16_t ahead;
};

bool write_idle(const struct timing_write *w)
{
    return !w->a.valid && !w->b.valid && w->done == 0 && !w->open && w->q_head == w->q_tail && w->beat_head == w->beat_tail &&
           w->waiting == 0;
}

/* ---- pack ---- */

/* The chunk of a vector that comes next. */
static struct write_chunk next_chunk(const struct timing *m, const struct store_vector *v, bool *ends)
{
    const struct timing_write *w = &m->store.write;
    const uint32_t axi = m->c.axi_bytes, rest = v->bytes - (uint32_t)w->done, len = rest < axi ? rest : axi;
    const uint64_t addr = v->addr + w->done;
    const uint32_t off = (uint32_t)(addr & (axi - 1));
    *ends = rest <= axi;
    return (struct write_chunk){.valid = true, .last = v->last && *ends, .slot = v->slot, .addr = timing_units(addr, axi),
                                .lo = timing_ones(len) << off & timing_ones(axi), .hi = off + len > axi ? timing_ones(off + len - axi) : 0};
}

static bool pack_flushes(const struct timing_write *w)
{
    const bool fits = w->a.addr == w->b.addr && (w->b.lo & w->a.lo) == 0;
    return w->b.valid && (w->b.last || (w->a.valid && !fits));
}

static struct emitted pack_out(const struct timing_write *w, bool flush)
{
    const struct write_chunk *from = flush ? &w->b : &w->a;
    const uint64_t strobes = flush ? w->b.lo : w->a.lo | (w->b.valid ? w->b.lo : 0);
    if (!flush && !(w->a.valid && w->a.hi != 0))
        return (struct emitted){.valid = false};
    return (struct emitted){.valid = true, .last = flush && w->b.last, .slot = from->slot, .addr = from->addr,
                            .strobes = (uint8_t)__builtin_popcountll(strobes)};
}

/* Takes both registers over the edge; whether the vector leaves. */
static bool pack_edge(struct timing *m, const struct store_vector *v, bool flush, bool out_ready, bool *moved)
{
    struct timing_write *w = &m->store.write;
    const bool spills = w->a.hi != 0, consume = flush ? out_ready && !spills : !spills || out_ready;
    const bool a_ready = !w->a.valid || consume;
    bool ends = false;
    if (w->a.valid && consume) {
        const bool join = w->b.valid && !flush;
        const uint64_t lo = spills ? w->a.hi : w->a.lo | (join ? w->b.lo : 0);
        w->b = (struct write_chunk){.valid = true, .last = w->a.last, .slot = w->a.slot, .addr = w->a.addr + spills, .lo = lo};
        *moved = true;
    } else if (flush && out_ready) {
        w->b.valid = false;
        *moved = true;
    }
    if (!a_ready)
        return false;
    w->a.valid = false;
    if (!v)
        return false;
    w->a = next_chunk(m, v, &ends);
    w->done = (uint16_t)(ends ? 0 : w->done + m->c.axi_bytes);
    *moved = true;
    return ends;
}

/* ---- bursts ---- */

static struct burst_plan plan_burst(const struct timing *m, const struct emitted *e)
{
    const struct timing_write *w = &m->store.write;
    const bool beats_ready = w->beat_tail - w->beat_head != WRITE_BEATS, q_ready = w->q_tail - w->q_head != WRITE_BURSTS;
    const uint64_t page = timing_units(4096, m->c.axi_bytes) - 1;
    struct burst_plan p = {.jump = w->open && e->addr != w->next};
    p.fresh = !w->open || p.jump;
    p.ahead = p.fresh ? 0 : w->count;
    p.ends = e->last || (e->addr & page) == page || p.ahead == WRITE_BURST_BEATS - 1;
    const bool two = p.jump && p.ends, close = p.jump || p.ends;
    p.push = e->valid && close && (two || beats_ready) && q_ready;
    p.ready = beats_ready && !two && (!close || q_ready);
    return p;
}

static void burst_edge(struct timing_write *w, const struct emitted *e, const struct burst_plan *p)
{
    const bool fire = e->valid && p->ready;
    if (p->push) {
        struct write_burst *b = &w->queue[w->q_tail++ % WRITE_BURSTS];
        if (p->jump)
            *b = (struct write_burst){.addr = w->start, .beats = w->count, .slot = w->slot, .last = false};
        else
            *b = (struct write_burst){.addr = p->fresh ? e->addr : w->start, .beats = (uint16_t)(p->ahead + 1u), .slot = e->slot,
                                      .last = e->last};
    }
    if (fire) {
        w->start = p->fresh ? e->addr : w->start;
        w->next = e->addr + 1;
        w->count = (uint16_t)(p->ahead + 1u);
        w->slot = e->slot;
        w->strobes[w->beat_tail++ % WRITE_BEATS] = e->strobes;
        w->open = !p->ends;
    } else if (p->push) {
        w->open = false;
    }
}

/* ---- the bus ---- */

static bool bus_edge(struct timing *m, bool q_valid)
{
    struct timing_write *w = &m->store.write;
    const struct store_wires *wire = &m->store.wire;
    const bool q_take = q_valid && (!w->aw_valid || wire->aw) && w->waiting != WRITE_OUTSTANDING;
    w->beat = wire->w;
    if (wire->w) {
        w->beat_bytes = w->strobes[w->beat_head++ % WRITE_BEATS];
        if (++w->sent == w->taken[w->t_data % WRITE_OUTSTANDING].beats) {
            w->sent = 0;
            w->sent_at[w->t_data++ % WRITE_SENT] = m->store.now;
        }
    }
    if (wire->b) {
        const struct write_burst *b = &w->taken[w->t_answer++ % WRITE_OUTSTANDING];
        m->store.slot[b->slot].complete |= b->last;
        m->store.slot[b->slot].failed |= wire->b_failed;
        m->store.any_failed |= wire->b_failed;
    }
    if (wire->aw)
        w->taken[w->t_tail++ % WRITE_OUTSTANDING] = w->aw;
    if (q_take) {
        w->aw = w->queue[w->q_head++ % WRITE_BURSTS];
        w->aw.addr *= m->c.axi_bytes;
        w->aw_valid = true;
    } else if (wire->aw) {
        w->aw_valid = false;
    }
    w->waiting += (uint32_t)q_take - (uint32_t)wire->b;
    return q_take || wire->w || wire->b || wire->aw;
}

bool write_edge(struct timing *m, const struct store_vector *v, bool *taken)
{
    struct timing_write *w = &m->store.write;
    bool moved = w->beat;
    if (v || !write_idle(w)) {
        const bool q_valid = w->q_head != w->q_tail, flush = pack_flushes(w);
        const struct emitted e = pack_out(w, flush);
        const struct burst_plan p = plan_burst(m, &e);
        *taken |= pack_edge(m, v, flush, p.ready, &moved);
        burst_edge(w, &e, &p);
        moved |= (e.valid && p.ready) || p.push;
        moved |= bus_edge(m, q_valid);
    } else {
        w->beat = false;
    }
    return moved;
}
