/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A STORE in full stream does the same for every pixel, or for every so many. Where all of its state, seen from the pixel that
 * is walked and from the present cycle, is what it was some pixels ago, the cycles between will come again, and as many times as
 * nothing from outside comes between: the end of the instruction or of a bank, the array's reads, another unit, a page of 4 KiB
 * that ends at another place in a pixel.
 */
#include <string.h>

#include "answers.h"

#define LONGEST 64u /* pixels of a period */

/* ---- the walk as a line of pixels ---- */

/* Rows follow each other as pixels do, in the accumulators and in the destination. */
static bool is_line(const struct store_walk *k)
{
    const uint32_t q = k->q_last + 1;
    const bool residual = !k->has_res || k->r_sp == q * k->r_sq;
    return k->p_last == 0 || (k->c_sp == (uint16_t)(q * k->c_sq) && k->d_sp == (int64_t)q * k->d_sq && residual);
}

static uint64_t pixel_of(const struct store_walk *k)
{
    return (uint64_t)k->p * (k->q_last + 1) + k->q;
}

/* Pixels, this one among them, up to the end of the instruction, or of the row where rows are apart. */
static uint64_t pixels_left(const struct store_walk *k)
{
    const uint64_t row = k->q_last + 1;
    return is_line(k) ? (k->p_last + 1) * row - pixel_of(k) : row - k->q;
}

static uint64_t pixel_bytes(const struct timing *m, const struct store_walk *k)
{
    return ((uint64_t)k->n_last * m->c.cols + k->n_tail) << k->log;
}

/* ---- its state ---- */

static void put(struct store_shot *s, uint64_t word)
{
    s->word[s->words++] = word;
}

static void put_chunk(struct store_shot *s, const struct write_chunk *c, uint64_t beat)
{
    put(s, (uint64_t)c->valid | (uint64_t)c->last << 1 | (uint64_t)c->slot << 2);
    if (c->valid) {
        put(s, c->addr - beat);
        put(s, c->lo);
        put(s, c->hi);
    }
}

static void put_burst(struct store_shot *s, const struct write_burst *b, uint64_t from)
{
    put(s, b->addr - from);
    put(s, (uint64_t)b->beats | (uint64_t)b->slot << 16 | (uint64_t)b->last << 24);
}

static void put_taken(struct store_shot *s, const struct write_burst *b)
{
    put(s, (uint64_t)b->beats | (uint64_t)b->slot << 16 | (uint64_t)b->last << 24);
}

static void put_write(struct store_shot *s, const struct timing_write *w, uint64_t d, uint32_t axi)
{
    put_chunk(s, &w->a, d / axi);
    put_chunk(s, &w->b, d / axi);
    put(s, d % axi);
    put(s, w->open ? w->start - d / axi : 1);
    put(s, w->open ? w->next - d / axi : 1);
    put(s, (uint64_t)w->done | (uint64_t)w->open << 16 | (uint64_t)(w->open ? w->count : 0) << 24 |
               (uint64_t)(w->open ? w->slot : 0) << 40 | (uint64_t)w->aw_valid << 48 | (uint64_t)w->beat << 49);
    for (uint32_t i = w->q_head; i != w->q_tail; i++)
        put_burst(s, &w->queue[i % WRITE_BURSTS], d / axi);
    if (w->aw_valid)
        put_burst(s, &w->aw, d);
    for (uint32_t i = w->t_data; i != w->t_tail; i++)
        put_taken(s, &w->taken[i % WRITE_OUTSTANDING]);
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
        put_taken(s, &w->taken[i % WRITE_OUTSTANDING]);
    for (uint32_t i = b->writes.head; i != b->writes.data; i++) {
        put(s, b->writes.slot[i % TIMING_BURSTS].due - m->now);
        put(s, b->writes.slot[i % TIMING_BURSTS].failed);
    }
}

/* What tells two states apart that are not alike, in nearly all cases. */
static uint64_t outline(const struct timing *m)
{
    const struct timing_store *s = &m->store;
    const struct timing_write *w = &s->write;
    const uint64_t ready = s->v_head != s->v_tail ? s->vector[s->v_head % STORE_CREDITS].ready - m->now : 99;
    return (s->v_tail - s->v_head) | (uint64_t)(w->t_tail - w->t_data) << 8 | (uint64_t)w->a.valid << 16 | (uint64_t)w->count << 28 |
           (uint64_t)(w->q_tail - w->q_head) << 36 | (uint64_t)w->b.valid << 44 | (uint64_t)w->open << 45 | (uint64_t)w->sent << 46 |
           (ready & 0x3ff) << 54;
}

static void shoot(const struct timing *m, struct store_shot *s)
{
    const struct timing_store *st = &m->store;
    const uint64_t d = st->walk.d;
    s->now = m->now;
    s->pixel = pixel_of(&st->walk);
    s->insn = st->walk_count;
    s->outline = outline(m);
    s->words = 0;
    s->counter[0] = m->counter[SYSTOLE_CNT_WRITE_BEATS];
    s->counter[1] = m->counter[SYSTOLE_CNT_WRITE_BYTES];
    s->counter[2] = m->counter[SYSTOLE_CNT_STORE_BANK];
    put(s, (uint64_t)st->used | (uint64_t)st->fresh << 8 | (uint64_t)st->head << 16);
    put(s, st->free > m->now ? st->free - m->now : 0);
    for (uint32_t i = 0; i < STORE_SLOTS; i++)
        put(s, (uint64_t)st->slot[i].complete | (uint64_t)st->slot[i].failed << 1 | (uint64_t)st->slot[i].to_apad << 2);
    for (uint32_t i = st->v_head; i != st->v_tail; i++) {
        const struct store_vector *v = &st->vector[i % STORE_CREDITS];
        put(s, v->ready > m->now ? v->ready - m->now : 0);
        put(s, v->addr - d);
        put(s, (uint64_t)v->bytes | (uint64_t)v->slot << 16 | (uint64_t)v->dst << 24 | (uint64_t)v->last << 32);
    }
    put_write(s, &st->write, d, m->c.axi_bytes);
    put_memory(s, &m->memory);
    s->own = s->words;
    s->sent = st->write.t_data;
    put_answers(s, m);
}

/* ---- how long it lasts ---- */

/* The beat of a pixel that ends a page of 4 KiB, or none. */
static uint64_t page_end(uint64_t d, uint64_t bytes, uint32_t axi)
{
    const uint64_t in_page = 4096 / axi - 1, first = d / axi, at = in_page - (first & in_page);
    const uint64_t beats = (d + bytes - 1) / axi - first + 1;
    return at < beats ? at : UINT64_MAX;
}

/* Pixels ahead that meet the ends of pages where those `period` pixels before them do. */
static uint64_t pages_alike(const struct timing *m, const struct store_walk *k, uint64_t period, uint64_t most)
{
    const uint64_t bytes = pixel_bytes(m, k), shift = period * (uint64_t)k->d_sq;
    const uint32_t axi = m->c.axi_bytes;
    if (k->dst != SYSTOLE_DST_DRAM || shift % 4096 == 0)
        return most;
    /* Those still on their way too, the last in the packer. */
    const uint64_t before = (m->store.v_tail - m->store.v_head) / (k->n_last + 1) + 3;
    for (uint64_t i = 0; i < most + before; i++) {
        const uint64_t d = k->d + (i - before) * (uint64_t)k->d_sq;
        if (page_end(d, bytes, axi) != page_end(d - shift, bytes, axi))
            return i < before ? 0 : i - before;
    }
    return most;
}

/* Banks from one address to another of a memory. */
struct banks {
    uint32_t lo, hi;
};

static struct banks banks_of(int64_t first, int64_t last, uint32_t units, uint32_t banks)
{
    const int64_t lo = first < last ? first : last, hi = first < last ? last : first;
    if (lo < 0 || hi >= (int64_t)units)
        return (struct banks){0, banks - 1};
    return (struct banks){timing_bank((uint32_t)lo, units, banks), timing_bank((uint32_t)hi, units, banks)};
}

/* A bank that is not known may be any. */
static bool meets(int8_t bank, const struct banks *b)
{
    return bank < 0 || ((uint32_t)bank >= b->lo && (uint32_t)bank <= b->hi);
}

/* Cycles from now on in which the array reads none of the banks; `pads` NULL: the pad's are not asked for. */
static uint64_t array_apart(struct timing *m, const struct banks *rows, const struct banks *pads, uint64_t most)
{
    const struct timing_matmul *k = &m->matmul;
    for (uint32_t i = k->head; i != k->tail; i++) {
        const struct matmul_part *p = &k->part[i & (k->room - 1)];
        const bool reads = p->first_acc || p->steps != 1;
        if (p->end <= m->now || !((reads && meets(p->c_bank, rows)) || (pads && meets(p->a_bank, pads))))
            continue;
        return p->begin <= m->now ? 0 : timing_least(most, p->begin - m->now);
    }
    return most;
}

/* Cycles in which nobody else moves. */
static uint64_t alone(const struct timing *m, uint64_t until)
{
    const struct timing_memory *b = &m->memory;
    uint64_t next = timing_least(until, m->front_next);
    if (m->watchdog != 0)
        next = timing_least(next, m->watchdog);
    for (unsigned id = 0; id < 2; id++)
        if (b->reads[id].head != b->reads[id].tail) {
            const uint64_t due = b->reads[id].slot[b->reads[id].head % TIMING_BURSTS].due;
            next = timing_least(next, due > b->origin + 2 ? due - b->origin - 2 : 0);
        }
    return b->r_valid || m->load.ar_valid || m->fetch.ar_valid || next <= m->now + 1 ? 0 : next - m->now - 1;
}

/* Memory stands behind all that `pixels` from here on write, as one piece. */
static bool has_memory(const struct timing *m, const struct store_walk *k, uint64_t pixels)
{
    const uint64_t step = (uint64_t)k->d_sq * (pixels - 1), axi = m->c.axi_bytes;
    const uint64_t lo = (k->d_sq < 0 ? k->d + step : k->d) & ~(axi - 1), hi = (k->d_sq < 0 ? k->d : k->d + step) + pixel_bytes(m, k);
    return k->dst != SYSTOLE_DST_DRAM || regions_find(m->memory.regions, lo, (hi - lo + axi - 1) & ~(axi - 1)) != NULL;
}

/* Periods that can be passed over. */
static uint64_t repeats(struct timing *m, const struct store_shot *then, uint64_t until)
{
    const struct store_walk *k = &m->store.walk;
    const uint64_t cycles = m->now - then->now, pixels = pixel_of(k) - then->pixel;
    uint64_t most = alone(m, until) / cycles;
    most = timing_least(most, (pixels_left(k) - 1) / pixels);
    if (most == 0)
        return 0;
    most = timing_least(most, pages_alike(m, k, pixels, most * pixels) / pixels);
    const int64_t steps = (int64_t)(most * pixels), c = k->c, r = k->r, r_end = r + (int32_t)k->r_sq * steps;
    const int64_t r_n = (int64_t)(int32_t)k->r_sn * k->n_last; /* before or behind the pixel's first vector */
    const struct banks rows = banks_of(c, c + (int64_t)k->c_sq * steps + (int64_t)k->c_sn * k->n_last, m->c.acc_rows, m->c.acc_banks);
    const struct banks pads = banks_of((r < r_end ? r : r_end) + (r_n < 0 ? r_n : 0), (r < r_end ? r_end : r) + (r_n < 0 ? 0 : r_n),
                                       m->c.apad_bytes, m->c.apad_banks);
    most = timing_least(most, array_apart(m, &rows, k->has_res ? &pads : NULL, most * cycles) / cycles);
    return most != 0 && has_memory(m, k, most * pixels + 1) ? most : 0;
}

/* ---- passing over ---- */

static void move_walk(struct store_walk *k, uint64_t pixels)
{
    const uint64_t row = k->q_last + 1, at = pixel_of(k) + pixels;
    const uint64_t d_plane = k->d_plane - (uint64_t)k->p * (uint64_t)k->d_sp; /* of the first row */
    const uint16_t c_plane = (uint16_t)(k->c_plane - k->p * k->c_sp);
    const uint32_t r_plane = k->r_plane - k->p * k->r_sp;
    k->p = (uint32_t)(at / row);
    k->q = (uint32_t)(at % row);
    k->d_plane = d_plane + k->p * (uint64_t)k->d_sp;
    k->d = k->d_row = k->d_plane + k->q * (uint64_t)k->d_sq;
    k->c_plane = (uint16_t)(c_plane + k->p * k->c_sp);
    k->c = k->c_row = (uint16_t)(k->c_plane + k->q * k->c_sq);
    k->r_plane = r_plane + k->p * k->r_sp;
    k->r = k->r_row = k->r_plane + k->q * k->r_sq;
}

static void move_addresses(struct timing *m, uint64_t bytes)
{
    struct timing_store *s = &m->store;
    struct timing_write *w = &s->write;
    const uint64_t beats = (uint64_t)((int64_t)bytes / (int64_t)m->c.axi_bytes);
    for (uint32_t i = s->v_head; i != s->v_tail; i++)
        s->vector[i % STORE_CREDITS].addr += bytes;
    w->a.addr += beats;
    w->b.addr += beats;
    w->start += beats;
    w->next += beats;
    for (uint32_t i = w->q_head; i != w->q_tail; i++)
        w->queue[i % WRITE_BURSTS].addr += beats;
    w->aw.addr += bytes;
    for (uint32_t i = m->memory.writes.data; i != m->memory.writes.tail; i++)
        m->memory.writes.slot[i % TIMING_BURSTS].addr += bytes;
}

/* What is alike but for answers to come: they are worked out, for nothing depends on them before an instruction's last. */
static void pass_own(struct timing *m, const struct store_shot *then, uint64_t times)
{
    struct timing_store *s = &m->store;
    const uint64_t cycles = (m->now - then->now) * times, pixels = (pixel_of(&s->walk) - then->pixel) * times;
    const uint64_t d = s->walk.d;
    m->counter[SYSTOLE_CNT_WRITE_BEATS] += (m->counter[SYSTOLE_CNT_WRITE_BEATS] - then->counter[0]) * times;
    m->counter[SYSTOLE_CNT_WRITE_BYTES] += (m->counter[SYSTOLE_CNT_WRITE_BYTES] - then->counter[1]) * times;
    move_walk(&s->walk, pixels);
    move_addresses(m, s->walk.d - d);
    for (uint32_t i = s->v_head; i != s->v_tail; i++)
        s->vector[i % STORE_CREDITS].ready += cycles;
    s->free += cycles;
}

static uint64_t pass(struct timing *m, const struct store_shot *then, const struct store_shot *here, uint64_t until)
{
    const bool all = here->words == then->words && memcmp(here->word, then->word, then->words * sizeof then->word[0]) == 0;
    uint64_t times = repeats(m, then, until);
    const uint64_t period = m->now - then->now;
    if (!all)
        times = timing_least(times, answers_apart(m, then) / period);
    if (times == 0)
        return 0;
    pass_own(m, then, times);
    if (all)
        answers_shift(m, period * times);
    else
        answers_pass(m, then, times);
    m->memory_next = m->store_next = m->now + period * times;
    return period * times;
}

/* Where the pixel that now begins stands among those that are looked at. */
static bool may_look(const struct timing *m)
{
    const struct store_walk *k = &m->store.walk;
    return m->memory.steady && m->store_on && !m->load_on && !m->front_on && k->active && k->n == 0 && !k->c_have && !k->r_have &&
           !m->store.any_failed && (k->n_last == 0 || k->d_sn == (int64_t)m->c.cols << k->log) &&
           (k->d_sq % (int64_t)m->c.axi_bytes == 0 || k->dst != SYSTOLE_DST_DRAM);
}

/*
 * A state to compare with: the one of some pixels ago, of twice as many each time, so that any period up to LONGEST is met; and at
 * once the present one where it looks like the two before.
 */
static bool wants_shot(struct timing *m, uint64_t now, uint64_t pixel)
{
    struct store_shot *s = &m->store_shot;
    s->alike = now == s->last_outline ? s->alike + 1 : 0;
    s->last_outline = now;
    return s->words == 0 || s->alike == 2 || pixel - s->pixel >= s->patience;
}

/* Whether both are of one line of pixels. */
static bool is_comparable(const struct timing *m, uint64_t pixel)
{
    const struct store_shot *s = &m->store_shot;
    const struct store_walk *k = &m->store.walk;
    return s->words != 0 && s->insn == m->store.walk_count && pixel > s->pixel && s->row == (is_line(k) ? 0 : k->p);
}

uint64_t store_stream_skip(struct timing *m, uint64_t until)
{
    struct store_shot *s = &m->store_shot, *here = &m->store_here;
    const struct store_walk *k = &m->store.walk;
    if (!may_look(m))
        return 0;
    const uint64_t pixel = pixel_of(k), now = outline(m);
    const bool comparable = is_comparable(m, pixel);
    if (comparable && pixel - s->pixel >= s->distance && now == s->outline &&
        m->counter[SYSTOLE_CNT_STORE_BANK] == s->counter[2]) {
        shoot(m, here);
        if (here->own == s->own && memcmp(here->word, s->word, s->own * sizeof s->word[0]) == 0) {
            const uint64_t cycles = pass(m, s, here, until);
            s->words = cycles != 0 || s->distance >= LONGEST ? 0 : s->words;
            s->distance = 2 * (pixel - s->pixel); /* a longer period may meet pages where this one does not */
            s->patience = s->distance + 1;
            return cycles;
        }
    }
    if (!wants_shot(m, now, pixel) && comparable)
        return 0;
    s->patience = comparable && s->alike != 2 ? timing_least(2 * s->patience, LONGEST) : 1;
    s->distance = 1;
    shoot(m, s);
    s->row = is_line(k) ? 0 : k->p;
    return 0;
}
