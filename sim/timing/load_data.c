/* SPDX-License-Identifier: Apache-2.0 */
/* The data side of the load unit: systole_load_beat.sv, systole_transpose.sv, systole_load_pack.sv of rtl/dma. */
#include "timing.h"

/* What stands at the packer's input. */
struct arrival {
    bool valid, last;
    uint32_t bytes, dst;
    uint8_t mem;
};

/* ---- pack ---- */

struct placed { /* an arrival in its word and the next */
    uint32_t word, reach;
    uint64_t lo, hi;
    bool across;
};

static struct placed place(const struct arrival *in, uint32_t axi)
{
    const uint32_t off = in->dst & (axi - 1);
    const uint64_t mask = timing_ones(in->bytes);
    struct placed p = {.word = (uint32_t)timing_units(in->dst, axi), .reach = off + in->bytes, .lo = mask << off & timing_ones(axi)};
    p.across = p.reach > axi;
    p.hi = p.across ? mask >> (axi - off) : 0;
    return p;
}

static void pack_out(struct load_pack *k, const struct arrival *in, const struct placed *p, bool flush, uint32_t axi)
{
    k->wr_mem = flush ? k->hold_mem : in->mem;
    k->wr_addr = (flush ? k->hold_word : p->word) * axi;
    k->wr_last = flush ? k->hold_last : in->last && !p->across;
}

static void pack_keep(struct load_pack *k, const struct arrival *in, const struct placed *p, bool joined)
{
    k->hold_mem = in->mem;
    k->hold_word = p->across ? p->word + 1 : p->word;
    k->hold_be = p->across ? p->hi : joined ? k->hold_be | p->lo : p->lo;
}

/* Returns whether the arrival is taken. */
static bool pack_edge(struct timing *m, const struct arrival *in, bool *moved)
{
    struct load_pack *k = &m->load.pack;
    const uint32_t axi = m->c.axi_bytes;
    if (k->wr_valid && !m->wire.l_ready) {
        *moved = true; /* it asks again */
        return false;
    }
    if (!in->valid && !k->hold_last) {
        *moved |= k->wr_valid;
        k->wr_valid = k->wr_last = false;
        return false;
    }
    const struct placed p = place(in, axi);
    const bool same = k->hold_mem == in->mem && k->hold_word == p.word && (k->hold_be & p.lo) == 0;
    const bool flush = k->hold && (k->hold_last || (in->valid && !same));
    const bool ready = in->valid && !(flush && p.across);
    const bool emit = flush || (in->valid && (p.reach >= axi || in->last));
    const bool keep = ready && (flush || p.across || !(p.reach == axi || in->last));
    k->wr_valid = emit;
    k->wr_last = false;
    if (emit)
        pack_out(k, in, &p, flush, axi);
    if (keep)
        pack_keep(k, in, &p, k->hold && !flush);
    k->hold = keep;
    k->hold_last = keep && in->last;
    *moved = true;
    return ready;
}

/* ---- transpose ---- */

static struct arrival transpose_out(const struct load_transpose *t, const struct load_piece *piece)
{
    const struct load_bank *b = &t->bank[t->rd_bank];
    if (!t->bank[0].full && !t->bank[1].full)
        return (struct arrival){.valid = piece->valid && !piece->ctl.trans, .last = piece->ctl.last, .bytes = piece->bytes,
                                .dst = piece->ctl.dst, .mem = piece->ctl.mem};
    const uint32_t columns = (uint32_t)(b->row_bytes >> b->two);
    return (struct arrival){.valid = true, .last = b->last && t->col + 1u == columns, .bytes = (uint32_t)b->rows << b->two,
                            .dst = b->dst + t->col_dst, .mem = b->mem};
}

static void transpose_give(struct load_transpose *t)
{
    struct load_bank *b = &t->bank[t->rd_bank];
    t->col_dst += b->step;
    if (++t->col == (uint32_t)(b->row_bytes >> b->two)) {
        t->col = 0;
        t->col_dst = 0;
        b->full = false;
        t->rd_bank ^= 1;
    }
}

static void transpose_collect(struct load_transpose *t, const struct load_piece *piece)
{
    struct load_bank *b = &t->bank[t->wr_bank];
    const struct load_ctl *c = &piece->ctl;
    if (t->wr_row == 0 && t->wr_byte == 0) {
        b->dst = c->dst;
        b->step = c->aux;
        b->mem = c->mem;
        b->two = c->conv != SYSTOLE_CONV_COPY8;
    }
    t->wr_byte = (uint8_t)(t->wr_byte + piece->bytes);
    b->row_bytes = t->wr_byte;
    b->rows = (uint8_t)(t->wr_row + 1u);
    b->last = c->last;
    if (!c->row_end)
        return;
    t->wr_byte = 0;
    t->wr_row++;
    if (c->blk_end) {
        t->wr_row = 0;
        t->wr_bank ^= 1;
        b->full = true;
    }
}

/* The last stage, the transposer and the packer; whether the piece at the end of the stages leaves. */
static bool tail_edge(struct timing *m, bool *moved)
{
    struct load_transpose *t = &m->load.transpose;
    const struct load_piece *piece = &m->load.stage[2];
    const bool any_full = t->bank[0].full || t->bank[1].full;
    const bool collect = piece->valid && piece->ctl.trans && !t->bank[t->wr_bank].full;
    const struct arrival in = transpose_out(t, piece);
    const bool taken = pack_edge(m, &in, moved);
    if (collect)
        transpose_collect(t, piece);
    if (any_full && taken)
        transpose_give(t);
    *moved |= collect;
    return collect || (!any_full && taken);
}

/* ---- beats ---- */

static void take_beat(struct timing *m, const struct load_burst *b, bool failed)
{
    struct timing_load *l = &m->load;
    const uint32_t off = l->later ? 0 : b->off, left = l->later ? l->left : b->bytes, room = m->c.axi_bytes - off;
    const uint32_t dst = l->later ? l->dst : b->ctl.dst;
    const bool fin = left <= room;
    const uint32_t bytes = fin ? left : room, goes_on = load_halves(b->ctl.conv) ? bytes >> 1 : bytes;
    struct load_piece *s = &l->stage[0];
    *s = (struct load_piece){.ctl = b->ctl, .bytes = (uint8_t)goes_on, .valid = !failed};
    s->ctl.dst = dst;
    s->ctl.row_end &= fin;
    s->ctl.last &= fin;
    l->later = !fin;
    l->left = (uint16_t)(left - bytes);
    l->dst = dst + goes_on;
    l->beat = !b->ctl.fill;
    l->beat_bytes = (uint8_t)bytes;
    if (!l->err)
        l->err_seq = b->ctl.seq;
    l->err |= failed;
    l->burst_head += fin;
}

bool load_data_edge(struct timing *m)
{
    struct timing_load *l = &m->load;
    struct load_piece *s = l->stage;
    const struct load_burst *b = &l->burst[l->burst_head % LOAD_BURSTS];
    const bool expected = l->burst_head != l->burst_tail;
    bool moved = l->beat;
    const bool last_write = l->pack.wr_valid && m->wire.l_ready && l->pack.wr_last;
    const bool gone = tail_edge(m, &moved);
    const bool r3 = !s[2].valid || gone, r2 = !s[1].valid || r3, r1 = !s[0].valid || r2;
    const bool take = expected && (b->ctl.fill || l->beats != 0) && r1 && !l->err, failed = take && !b->ctl.fill && l->beat_failed[0];
    const bool raise = l->err && !l->told && l->err_seq == l->oldest;
    moved |= take || last_write || raise || (r3 && s[1].valid) || (r2 && s[0].valid) || gone;
    if (r3) {
        s[2] = s[1];
    }
    if (r2) {
        s[1] = s[0];
    }
    l->beat = false;
    if (r1)
        s[0].valid = false;
    if (take) {
        if (!b->ctl.fill) {
            l->beats--;
            l->beat_failed[0] = l->beat_failed[1];
        }
        take_beat(m, b, failed);
    }
    if (m->wire.load_r) {
        l->beat_failed[l->beats++] = m->wire.r_failed;
        moved = true;
    }
    l->bus_error = raise;
    l->told |= raise;
    l->done = last_write;
    return moved;
}
