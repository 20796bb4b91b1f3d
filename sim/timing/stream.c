/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A LOAD in full stream: a beat from the bus in every cycle, a word into a pad in every cycle, each at its place behind the one
 * before. The state of such a cycle is that of the cycle before with its addresses moved on, so many cycles are one step. Where
 * anything else moves, or would within them, nothing is done.
 */
#include "timing.h"

/* Nothing leaves the address side until a burst has ended. */
static bool addresses_rest(const struct timing *m)
{
    const struct timing_load *l = &m->load;
    const bool blocked = l->ar_valid && !m->memory.ar_ready;
    if (l->ar_valid && !blocked)
        return false;
    if (!l->split.valid)
        return l->walk.state == 0;
    return l->walk.state != 1 && (blocked || l->burst_tail - l->burst_head == LOAD_BURSTS) && !l->split.ctl.fill;
}

static bool piece_streams(const struct load_piece *s, uint32_t axi, uint32_t dst)
{
    return s->valid && s->bytes == axi && s->ctl.dst == dst && !s->ctl.last && !s->ctl.trans && !s->ctl.fill;
}

/* Each stage holds a whole beat of the same row, and the packer writes a word a cycle. */
static bool data_streams(const struct timing *m)
{
    const struct timing_load *l = &m->load;
    const struct load_pack *k = &l->pack;
    const struct load_piece *s = l->stage;
    const uint32_t axi = m->c.axi_bytes, dst = s[2].ctl.dst, off = dst & (axi - 1);
    if (!l->later || l->beats != 1 || !l->beat || l->beat_bytes != axi || l->err || l->done || !k->wr_valid || k->wr_last ||
        k->wr_mem == SYSTOLE_MEM_ACC || l->transpose.bank[0].full || l->transpose.bank[1].full)
        return false;
    if (!piece_streams(&s[2], axi, dst) || !piece_streams(&s[1], axi, dst + axi) || !piece_streams(&s[0], axi, dst + 2 * axi) ||
        l->dst != dst + 3 * axi || s[2].ctl.mem != k->wr_mem || s[1].ctl.mem != k->wr_mem || s[0].ctl.mem != k->wr_mem ||
        k->wr_addr + axi != dst - off)
        return false;
    const bool joins = k->hold && !k->hold_last && k->hold_mem == k->wr_mem && k->hold_word == dst / axi &&
                       k->hold_be == ((uint64_t)1 << off) - 1;
    return off == 0 ? !k->hold : joins;
}

/* The memory answers in the order in which bursts fell due: what is fetched meanwhile waits. */
static bool before_fetch(const struct timing_memory *b, const struct timing_burst *burst)
{
    const struct timing_ring *f = &b->reads[0];
    return f->head == f->tail || burst->due < f->slot[f->head % TIMING_BURSTS].due;
}

/* The bus gives beats of the burst that is taken, and goes on with it. */
static bool bus_streams(const struct timing *m)
{
    const struct timing_memory *b = &m->memory;
    const struct timing_load *l = &m->load;
    const struct load_burst *at = &l->burst[l->burst_head % LOAD_BURSTS];
    const struct timing_ring *r = &b->reads[1];
    const struct timing_burst *burst = &r->slot[r->head % TIMING_BURSTS];
    return b->r_valid && b->r_id && !b->r_last && !b->r_failed && r->head != r->tail && before_fetch(b, burst) &&
           !m->fetch.ar_valid && burst->whole && burst->due <= b->origin + m->now + 2 && l->burst_head != l->burst_tail &&
           !at->ctl.fill && at->ctl.conv <= SYSTOLE_CONV_COPY32 && !l->beat_failed[0];
}

/* Cycles for which the other side of the memory rests. */
static uint64_t writes_rest(const struct timing *m)
{
    const struct timing_memory *b = &m->memory;
    const struct timing_ring *r = &b->writes;
    if (b->writing == 0)
        return UINT64_MAX;
    if (b->b_valid || r->head == r->data)
        return 0;
    const uint64_t due = r->slot[r->head % TIMING_BURSTS].due, next = b->origin + 2 + m->now;
    return due > next ? due - next : 0;
}

/* ---- within a burst ---- */

static uint64_t left_within(const struct timing *m, uint64_t most)
{
    const struct timing_ring *r = &m->memory.reads[1];
    return timing_least(most, timing_least(r->slot[r->head % TIMING_BURSTS].left - 1, (m->load.left - 1u) / m->c.axi_bytes));
}

static void skip_within(struct timing *m, uint64_t n)
{
    struct timing_load *l = &m->load;
    struct timing_ring *r = &m->memory.reads[1];
    struct timing_burst *burst = &r->slot[r->head % TIMING_BURSTS];
    const uint32_t bytes = (uint32_t)n * m->c.axi_bytes;
    burst->addr += bytes;
    burst->left -= (uint32_t)n;
    l->left = (uint16_t)(l->left - bytes);
    l->dst += bytes;
    for (unsigned i = 0; i < 3; i++)
        l->stage[i].ctl.dst += bytes;
    l->pack.wr_addr += bytes;
    l->pack.hold_word += (uint32_t)n;
}

/* ---- over several bursts, all of whole beats to whole words ---- */

/* Beats between the bus and the packer's output: on the bus, in the FIFO, in three stages, in the output. */
enum { ON_BUS = 2, IN_STAGES = 4 };

struct landing {
    uint32_t bursts; /* that are passed over */
    uint32_t taken;  /* beats taken of the one that it ends in */
    uint64_t cycles;
};

/* Beats of the i-th burst from now on, if all of it can be passed over or ended in; else 0. It is on the bus from cycle `shown` on. */
static uint32_t whole_beats(const struct timing *m, uint32_t i, uint64_t shown)
{
    const struct timing_load *l = &m->load;
    const struct timing_ring *r = &m->memory.reads[1];
    const struct load_burst *b = &l->burst[(l->burst_head + i) % LOAD_BURSTS];
    const struct timing_burst *on_bus = &r->slot[(r->head + i) % TIMING_BURSTS];
    const uint32_t axi = m->c.axi_bytes;
    if (l->burst_head + i == l->burst_tail || r->head + i == r->tail || b->ctl.fill || b->ctl.trans || b->off != 0 ||
        b->ctl.mem == SYSTOLE_MEM_ACC || b->bytes % axi != 0 || b->ctl.dst % axi != 0 || b->ctl.conv > SYSTOLE_CONV_COPY32 ||
        !on_bus->whole || !before_fetch(&m->memory, on_bus) || on_bus->due > m->memory.origin + shown)
        return 0;
    return b->bytes / axi;
}

/* As far as it goes within `most` cycles, ending with everything on its way in one burst. */
static struct landing find_landing(const struct timing *m, uint64_t most)
{
    const struct timing_load *l = &m->load;
    const struct timing_ring *r = &m->memory.reads[1];
    struct landing best = {.bursts = 0};
    const bool all_asked = l->walk.state == 0 && !l->split.valid && !l->ar_valid;
    const bool same_burst = l->left == (r->slot[r->head % TIMING_BURSTS].left + ON_BUS) * m->c.axi_bytes;
    if (!all_asked || !same_burst || l->pack.hold || l->burst[l->burst_head % LOAD_BURSTS].ctl.last)
        return best;
    uint64_t before = l->left / m->c.axi_bytes; /* cycles until burst i is begun */
    for (uint32_t i = 1; before < most; i++) {
        const uint32_t beats = whole_beats(m, i, m->now + before - ON_BUS + 1);
        const uint64_t left = most - before;
        if (beats > IN_STAGES + ON_BUS && left >= IN_STAGES) {
            best.bursts = i;
            best.taken = (uint32_t)timing_least(left, beats - ON_BUS - 1);
            best.cycles = before + best.taken;
        }
        if (beats == 0 || l->burst[(l->burst_head + i) % LOAD_BURSTS].ctl.last)
            break;
        before += beats;
    }
    return best;
}

static void skip_over(struct timing *m, struct landing to)
{
    struct timing_load *l = &m->load;
    struct timing_ring *r = &m->memory.reads[1];
    const uint32_t axi = m->c.axi_bytes;
    l->burst_head += to.bursts;
    r->head += to.bursts;
    m->memory.reading -= to.bursts;
    const struct load_burst *b = &l->burst[l->burst_head % LOAD_BURSTS];
    struct timing_burst *burst = &r->slot[r->head % TIMING_BURSTS];
    burst->addr += (to.taken + ON_BUS) * axi;
    burst->left -= to.taken + ON_BUS;
    l->left = (uint16_t)(b->bytes - to.taken * axi);
    l->dst = b->ctl.dst + to.taken * axi;
    l->err_seq = b->ctl.seq;
    for (uint32_t i = 0; i < 3; i++) {
        l->stage[i].ctl = b->ctl;
        l->stage[i].ctl.dst += (to.taken - 1 - i) * axi;
        l->stage[i].ctl.row_end = l->stage[i].ctl.last = false;
    }
    l->pack.wr_mem = b->ctl.mem;
    l->pack.wr_addr = b->ctl.dst + (to.taken - IN_STAGES) * axi;
}

/* Where the store matters it goes on first. If an instruction of it ends before, no more than up to there. */
static uint64_t meet_store(struct timing *m, uint64_t n)
{
    if (n == 0 || !store_matters(m) || !store_advance(m, m->now + n))
        return n;
    m->front_next = m->store.now;
    return m->store.now > m->now ? m->store.now - m->now : 0;
}

uint64_t stream_skip(struct timing *m, uint64_t until)
{
    const bool close = m->store.close != 0 || m->want_events;
    if (!m->memory.steady || (close && m->store.on) || m->front_on || m->load.bus_error || !bus_streams(m) || !addresses_rest(m) ||
        !data_streams(m))
        return 0;
    uint64_t most = timing_least(until, m->front_next);
    if (close)
        most = timing_least(most, m->store.next);
    if (m->watchdog != 0)
        most = timing_least(most, m->watchdog);
    if (most <= m->now + 1)
        return 0;
    most = timing_least(most - m->now - 1, close ? writes_rest(m) : UINT64_MAX);
    struct landing to = find_landing(m, most);
    uint64_t n = to.bursts != 0 ? to.cycles : left_within(m, most);
    const uint64_t met = meet_store(m, n);
    if (met != n) { /* no further, so it may be less */
        to = find_landing(m, met);
        n = to.bursts != 0 ? to.cycles : left_within(m, met);
    }
    if (to.bursts != 0)
        skip_over(m, to);
    else
        skip_within(m, n);
    m->counter[SYSTOLE_CNT_READ_BEATS] += n;
    m->counter[SYSTOLE_CNT_READ_BYTES] += n * m->c.axi_bytes;
    m->memory_next = m->now + n;
    return n;
}
