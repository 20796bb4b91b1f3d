/* SPDX-License-Identifier: Apache-2.0 */
/* The address side of the load unit: rtl/dma/systole_load_walk.sv and systole_load_split.sv. */
#include <string.h>

#include "timing.h"

#define G(field) SYSTOLE_GET(w, LOAD, field)

void load_begin(struct timing *m)
{
    memset(&m->load, 0, sizeof m->load);
}

/* ---- walk ---- */

/* Logarithms of the element's sizes and of a block's side. */
static void walk_sizes(struct load_walk *k, uint32_t conv, uint32_t axi_log)
{
    if (conv == SYSTOLE_CONV_COPY8) {
        k->es_log = k->ed_log = 0;
        k->tb_log = (uint8_t)timing_least(axi_log, 4);
    } else if (conv == SYSTOLE_CONV_COPY16) {
        k->es_log = k->ed_log = 1;
        k->tb_log = (uint8_t)timing_least(axi_log - 1, 4);
    } else {
        k->es_log = 2;
        k->ed_log = load_halves(conv) ? 1 : 2;
        k->tb_log = (uint8_t)timing_least(axi_log - 2, 4);
    }
}

static void walk_take(struct timing *m, const struct timing_insn *insn)
{
    struct load_walk *k = &m->load.walk;
    const uint32_t *w = insn->words, conv = G(conv);
    const bool fill = insn->op == SYSTOLE_OP_FILL;
    *k = (struct load_walk){.state = 1, .len = G(len), .n1 = G(n1), .n2 = G(n2), .i3_left = G(n3)};
    k->ctl = (struct load_ctl){.fill = fill, .trans = !fill && G(trans), .mem = (uint8_t)G(mem), .seq = m->load.next,
                               .conv = (uint8_t)(fill ? SYSTOLE_CONV_COPY8 : conv), .aux = G(d1)};
    walk_sizes(k, conv, timing_log2(m->c.axi_bytes));
    k->d1 = G(d1);
    k->d2 = G(d2);
    k->d3 = G(d3);
    k->s1 = fill ? k->d1 : G(s1);
    k->s2 = fill ? k->d2 : G(s2);
    k->s3 = fill ? k->d3 : G(s3);
    k->se = fill ? G(dst) : insn->base + ((uint64_t)G(src_hi) << 32 | G(src_lo));
    k->de = G(dst);
}

static void walk_setup(struct load_walk *k)
{
    const bool trans = k->ctl.trans;
    const bool merge = !trans && k->s1 == k->len << k->es_log && k->d1 == k->len << k->ed_log;
    const uint32_t merged = k->len * k->n1;
    k->sa = k->sb = k->sc = k->sd = k->se;
    k->da = k->db = k->dc = k->dd = k->de;
    k->i1_left = k->n1; /* only looked at with trans */
    if (merge) {
        k->len = merged;
        k->n1 = 1;
    }
    k->i0_left = k->len;
    k->i2_left = k->n2;
    k->a_left = trans ? (uint32_t)timing_least(k->n1, 1u << k->tb_log) : k->n1;
    k->state = 2;
}

static uint64_t sext(uint32_t x)
{
    return (uint64_t)(int64_t)(int32_t)x;
}

/* To the next plane or volume; both begin like the instruction. */
static void walk_outer(struct load_walk *k, bool plane)
{
    if (plane) {
        k->sd += sext(k->s2);
        k->dd += k->d2;
        k->i2_left--;
    } else {
        k->se += sext(k->s3);
        k->de += k->d3;
        k->sd = k->se;
        k->dd = k->de;
        k->i2_left = k->n2;
        k->i3_left--;
    }
    k->sa = k->sb = k->sc = k->sd;
    k->da = k->db = k->dc = k->dd;
    k->i0_left = k->len;
    k->i1_left = k->n1;
    k->a_left = k->ctl.trans ? (uint32_t)timing_least(k->n1, 1u << k->tb_log) : k->n1;
}

/* Gives a segment and steps; the last one leaves the walk idle. */
static void walk_step(struct load_walk *k, struct load_segment *out)
{
    const uint32_t tb = 1u << k->tb_log;
    const bool trans = k->ctl.trans, a_last = k->a_left == 1, b_last = !trans || k->i0_left <= tb;
    const bool c_last = !trans || k->i1_left <= tb, d_last = k->i2_left == 1, e_last = k->i3_left == 1;
    out->ctl = k->ctl;
    out->ctl.row_end = true;
    out->ctl.blk_end = a_last;
    out->ctl.last = a_last && b_last && c_last && d_last && e_last;
    out->ctl.dst = k->da;
    out->src = k->sa;
    out->left = (trans && k->i0_left > tb ? tb : k->i0_left) << k->es_log;
    if (out->ctl.last) {
        k->state = 0; /* the next may come */
    } else if (!a_last) {
        k->sa += sext(k->s1);
        k->da += trans ? 0 : k->d1;
        k->a_left--;
    } else if (!b_last) {
        k->sa = k->sb += (uint64_t)tb << k->es_log;
        k->da = k->db += k->d1 << k->tb_log;
        k->i0_left -= tb;
        k->a_left = (uint32_t)timing_least(k->i1_left, tb);
    } else if (!c_last) {
        k->sa = k->sb = k->sc += sext(k->s1) << k->tb_log;
        k->da = k->db = k->dc += tb << k->ed_log;
        k->i0_left = k->len;
        k->i1_left -= tb;
        k->a_left = (uint32_t)timing_least(k->i1_left, tb);
    } else {
        walk_outer(k, !d_last);
    }
}

/* ---- split ---- */

/* The burst that leaves in this cycle, where there is one and room for it. */
static bool split_go(struct timing *m, bool room_for_it)
{
    struct timing_load *l = &m->load;
    struct load_segment *s = &l->split;
    if (!s->valid || !room_for_it || !(s->ctl.fill || !l->ar_valid || m->wire.load_ar))
        return false;
    const uint32_t axi = m->c.axi_bytes, most = (uint32_t)timing_least(4096, 64 * axi);
    const uint32_t room = most - (uint32_t)(s->src & (most - 1));
    const bool fin = s->left <= room;
    const uint32_t bytes = fin ? s->left : room, off = (uint32_t)(s->src & (axi - 1));
    struct load_burst *b = &l->burst[l->burst_tail++ % LOAD_BURSTS];
    *b = (struct load_burst){.ctl = s->ctl, .bytes = (uint16_t)bytes, .off = (uint8_t)off};
    b->ctl.row_end &= fin;
    b->ctl.last &= fin;
    if (!s->ctl.fill) {
        l->ar_valid = true;
        l->ar_addr = s->src & ~(uint64_t)(axi - 1);
        l->ar_beats = (uint32_t)timing_units(off + bytes + axi - 1, axi);
    }
    s->valid = !fin;
    s->src += bytes;
    s->left -= bytes;
    s->ctl.dst += load_halves(s->ctl.conv) ? bytes >> 1 : bytes;
    return true;
}

static bool address_edge(struct timing *m, bool room)
{
    struct timing_load *l = &m->load;
    const bool had = l->split.valid, fill = l->split.ctl.fill, walking = l->walk.state == 2;
    const bool taken = m->wire.load_ar, go = split_go(m, room);
    if (taken && (!go || fill))
        l->ar_valid = false;
    const bool step = walking && (!had || (go && !l->split.valid));
    if (step) {
        walk_step(&l->walk, &l->split);
        l->split.valid = true;
        m->front_on |= l->walk.state == 0;
    } else if (l->walk.state == 1) {
        walk_setup(&l->walk);
        return true;
    }
    return go || step || taken;
}

bool load_edge(struct timing *m)
{
    struct timing_load *l = &m->load;
    const bool starts = m->wire.start[SYSTOLE_QUEUE_LOAD];
    if (load_idle(l) && !starts && !l->done && !l->beat)
        return false;
    const bool room = l->burst_tail - l->burst_head != LOAD_BURSTS; /* before the data side takes one */
    const bool done = l->done;
    bool moved = load_data_edge(m) || done;
    moved |= address_edge(m, room);
    l->oldest = (l->oldest + done) & 15u;
    if (starts) {
        const struct timing_queue *q = &m->queue[SYSTOLE_QUEUE_LOAD];
        walk_take(m, &q->waiting[q->w_head % TIMING_ROOM]);
        l->next = (l->next + 1) & 15u;
        moved = true;
    }
    return moved;
}
