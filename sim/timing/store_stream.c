/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A STORE in full stream does the same for every pixel, or for every so many. Where all of its state, seen from the pixel that
 * is walked and from the present cycle, is what it was some pixels ago, the cycles between will come again, and as many times as
 * nothing from outside comes between: the end of the instruction or of a bank, the array's reads, another unit, a page of 4 KiB
 * that ends at another place in a pixel.
 */
#include <stddef.h>
#include <string.h>

#include "answers.h"
#include "store_shot.h"

#define LONGEST 64u /* pixels of a period */

/* ---- the walk as a line of pixels ---- */

/* Rows follow each other as pixels do, in the accumulators and in the destination. */
static bool is_line(const struct store_walk *k)
{
    const uint32_t q = k->q_last + 1;
    const bool residual = !k->has_res || k->r_sp == q * k->r_sq;
    return k->p_last == 0 || (k->c_sp == (uint16_t)(q * k->c_sq) && k->d_sp == (int64_t)q * k->d_sq && residual);
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

/* ---- how long it lasts ---- */

/* The beat of a pixel that ends a page of 4 KiB, or none. */
static uint64_t page_end(uint64_t d, uint64_t bytes, uint32_t axi)
{
    const uint64_t in_page = timing_units(4096, axi) - 1, first = timing_units(d, axi), at = in_page - (first & in_page);
    const uint64_t beats = timing_units(d + bytes - 1, axi) - first + 1;
    return at < beats ? at : UINT64_MAX;
}

/* Pixels on their way behind the one that is walked, the last in the packer. */
static uint64_t pixels_before(const struct timing *m, const struct store_walk *k)
{
    return (m->store.v_tail - m->store.v_head) / (k->n_last + 1) + 3;
}

/* Pixels ahead up to the first in which a page ends; 0 if one did in the `before` last ones. */
static uint64_t pages_absent(const struct timing *m, const struct store_walk *k, uint64_t before, uint64_t most)
{
    const uint64_t bytes = pixel_bytes(m, k);
    if (k->dst != SYSTOLE_DST_DRAM)
        return most;
    for (uint64_t i = 0; i < most + before; i++)
        if (page_end(k->d + (i - before) * (uint64_t)k->d_sq, bytes, m->c.axi_bytes) != UINT64_MAX)
            return i < before ? 0 : i - before;
    return most;
}

/* Pixels ahead that meet the ends of pages where those `period` pixels before them do. */
static uint64_t pages_alike(const struct timing *m, const struct store_walk *k, uint64_t period, uint64_t most)
{
    const uint64_t bytes = pixel_bytes(m, k), shift = period * (uint64_t)k->d_sq;
    const uint32_t axi = m->c.axi_bytes;
    if (k->dst != SYSTOLE_DST_DRAM || shift % 4096 == 0)
        return most;
    const uint64_t before = pixels_before(m, k);
    for (uint64_t i = 0; i < most + before; i++) {
        const uint64_t d = k->d + (i - before) * (uint64_t)k->d_sq;
        if (page_end(d, bytes, axi) != page_end(d - shift, bytes, axi))
            return i < before ? 0 : i - before;
    }
    return most;
}

/* Cycles up to `until`, in which nobody else asks for anything. */
static uint64_t alone(const struct timing *m, uint64_t until)
{
    return until <= m->store.now + 1 ? 0 : until - m->store.now - 1;
}

/* Memory stands behind all that `pixels` from here on write, as one piece. */
static bool has_memory(const struct timing *m, const struct store_walk *k, uint64_t pixels)
{
    const uint64_t step = (uint64_t)k->d_sq * (pixels - 1), axi = m->c.axi_bytes;
    const uint64_t lo = (k->d_sq < 0 ? k->d + step : k->d) & ~(axi - 1), hi = (k->d_sq < 0 ? k->d : k->d + step) + pixel_bytes(m, k);
    return k->dst != SYSTOLE_DST_DRAM || regions_find(m->memory.regions, lo, (hi - lo + axi - 1) & ~(axi - 1)) != NULL;
}

/* Periods that can be passed over; `known`: it was not seen just now. */
static uint64_t repeats(struct timing *m, const struct store_period *p, bool known, uint64_t until)
{
    const struct store_walk *k = &m->store.walk;
    const uint64_t cycles = p->cycles, pixels = p->pixels;
    uint64_t most = alone(m, until) / cycles;
    most = timing_least(most, (pixels_left(k) - 1) / pixels);
    if (most == 0)
        return 0;
    if (known && p->pageless)
        most = timing_least(most, pages_absent(m, k, pixels_before(m, k), most * pixels) / pixels);
    else
        most = timing_least(most, pages_alike(m, k, pixels, most * pixels) / pixels);
    const int64_t steps = (int64_t)(most * pixels), c = k->c, r = k->r, r_end = r + (int32_t)k->r_sq * steps;
    const int64_t r_n = (int64_t)(int32_t)k->r_sn * k->n_last; /* before or behind the pixel's first vector */
    const struct matmul_rows rows = matmul_rows(c, c + (int64_t)k->c_sq * steps + (int64_t)k->c_sn * k->n_last, m->c.acc_rows, m->c.acc_banks);
    const struct matmul_rows pads = matmul_rows((r < r_end ? r : r_end) + (r_n < 0 ? r_n : 0), (r < r_end ? r_end : r) + (r_n < 0 ? 0 : r_n),
                                       m->c.apad_bytes, m->c.apad_banks);
    most = timing_least(most, matmul_apart(m, m->matmul.reading, m->store.now, &rows, k->has_res ? &pads : NULL, most * cycles) / cycles);
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
static void pass_own(struct timing *m, const struct store_period *p, uint64_t times)
{
    struct timing_store *s = &m->store;
    const uint64_t d = s->walk.d;
    m->counter[SYSTOLE_CNT_WRITE_BEATS] += p->beats * times;
    m->counter[SYSTOLE_CNT_WRITE_BYTES] += p->bytes * times;
    move_walk(&s->walk, p->pixels * times);
    move_addresses(m, s->walk.d - d);
    for (uint32_t i = s->v_head; i != s->v_tail; i++)
        s->vector[i % STORE_CREDITS].ready += p->cycles * times;
    s->free += p->cycles * times;
}

/* Cycles passed over; `all`: answers to come are alike too. */
static uint64_t pass(struct timing *m, const struct store_period *p, bool all, bool known, uint64_t until)
{
    uint64_t times = repeats(m, p, known, until);
    if (!all && times != 0)
        times = timing_least(times, answers_apart(m, p) / p->cycles);
    if (times == 0)
        return 0;
    const uint64_t cycles = p->cycles * times;
    pass_own(m, p, times);
    if (all)
        answers_shift(m, cycles);
    else
        answers_pass(m, p, times);
    m->store.memory_next = m->store.next = m->store.now + cycles;
    m->store_shot.words = m->page_shot.words = 0;
    return cycles;
}

/* ---- periods that are known ---- */

static void set_traits(const struct timing *m, uint64_t outlined, bool pageless, uint64_t traits[5])
{
    const struct store_walk *k = &m->store.walk;
    traits[0] = 1 | (uint64_t)k->n_last << 1 | (uint64_t)k->n_tail << 33;
    traits[1] = (uint64_t)k->log | (uint64_t)k->dst << 8 | (uint64_t)k->has_res << 16;
    traits[2] = (uint64_t)k->d_sq;
    traits[3] = pageless ? 4096 : k->d % 4096;
    traits[4] = outlined;
}

static struct store_period *place_of(struct timing *m, const uint64_t traits[5])
{
    uint64_t hash = 0;
    for (unsigned i = 0; i < 5; i++)
        hash = (hash ^ traits[i]) * 0x9e3779b97f4a7c15u;
    return &m->store_period[hash >> 32 & (STORE_PERIODS - 1)];
}

/* From what was seen since `then`. */
static void see_period(struct timing *m, const struct store_shot *then, struct store_period *p)
{
    const struct timing_write *w = &m->store.write;
    const struct store_walk *k = &m->store.walk;
    p->cycles = m->store.now - then->now;
    p->pixels = pixel_of(k) - then->pixel;
    p->beats = m->counter[SYSTOLE_CNT_WRITE_BEATS] - then->counter[0];
    p->bytes = m->counter[SYSTOLE_CNT_WRITE_BYTES] - then->counter[1];
    p->sent = w->t_data - then->sent;
    for (uint32_t i = 0; i < p->sent && p->sent <= WRITE_SENT; i++)
        p->sent_at[i] = w->sent_at[(then->sent + i) % WRITE_SENT] - then->now;
}

/* The present state begins the period. It is kept where pages do not come between: they end at the same places in it, or not at all. */
static void keep_period(struct timing *m, const struct store_shot *here, struct store_period *p)
{
    const struct store_walk *k = &m->store.walk;
    const bool by_page = k->dst == SYSTOLE_DST_DRAM && p->pixels * (uint64_t)k->d_sq % 4096 == 0;
    p->pageless = !by_page;
    if (here->own > sizeof p->word / sizeof p->word[0] || answers_apart(m, p) == 0 ||
        (!by_page && pages_absent(m, k, pixels_before(m, k) + p->pixels, 1) == 0))
        return;
    set_traits(m, here->outline, !by_page, p->traits);
    p->words = here->own;
    memcpy(p->word, here->word, here->own * sizeof here->word[0]);
    memcpy(place_of(m, p->traits), p, offsetof(struct store_period, word) + here->own * sizeof here->word[0]);
}

static uint64_t pass_known(struct timing *m, uint64_t outlined, bool pageless, bool *is_shot, uint64_t until)
{
    struct store_shot *here = &m->store_here;
    uint64_t traits[5];
    set_traits(m, outlined, pageless, traits);
    const struct store_period *p = place_of(m, traits);
    const struct store_walk *k = &m->store.walk;
    if (memcmp(p->traits, traits, sizeof traits) != 0 || pixels_left(k) <= p->pixels || alone(m, until) < p->cycles ||
        (pageless && pages_absent(m, k, pixels_before(m, k), p->pixels) < p->pixels))
        return 0;
    if (!*is_shot)
        shoot(m, here);
    *is_shot = true;
    if (here->own != p->words || memcmp(here->word, p->word, p->words * sizeof p->word[0]) != 0)
        return 0;
    return pass(m, p, false, true, until);
}

/* Where the pixel that now begins stands among those that are looked at. */
static bool may_look(const struct timing *m)
{
    const struct store_walk *k = &m->store.walk;
    return m->memory.steady && m->store.on && k->active && k->n == 0 && !k->c_have && !k->r_have &&
           !m->store.any_failed && !store_done(&m->store) && (k->n_last == 0 || k->d_sn == (int64_t)m->c.cols << k->log) &&
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

/* Where the state is that of the shot: what was seen since then, as often as it comes again. */
static uint64_t pass_since(struct timing *m, const struct store_shot *then, bool *is_shot, uint64_t until, bool *alike)
{
    struct store_shot *here = &m->store_here;
    if (!*is_shot)
        shoot(m, here);
    *is_shot = true;
    *alike = here->own == then->own && memcmp(here->word, then->word, then->own * sizeof then->word[0]) == 0;
    if (!*alike)
        return 0;
    const bool all = here->words == then->words && memcmp(here->word, then->word, then->words * sizeof then->word[0]) == 0;
    see_period(m, then, &m->store_now);
    const uint64_t cycles = pass(m, &m->store_now, all, false, until);
    if (cycles != 0)
        keep_period(m, here, &m->store_now);
    return cycles;
}

/* Pixels from one to the next at the same place in a page; 0: too many. */
static uint64_t page_pixels(const struct store_walk *k)
{
    uint64_t pixels = 1;
    if (k->dst != SYSTOLE_DST_DRAM)
        return 0;
    while (pixels <= LONGEST && pixels * (uint64_t)k->d_sq % 4096 != 0)
        pixels *= 2;
    return pixels <= LONGEST ? pixels : 0;
}

/* By whole pages: wherever in its page an instruction begins, the second page is as the first. */
static uint64_t pass_pages(struct timing *m, uint64_t pixel, uint64_t outlined, bool *is_shot, uint64_t until)
{
    struct store_shot *s = &m->page_shot;
    const struct store_walk *k = &m->store.walk;
    const bool comparable = s->words != 0 && s->insn == m->store.walk_count && pixel > s->pixel && s->row == (is_line(k) ? 0 : k->p) &&
                            m->counter[SYSTOLE_CNT_STORE_BANK] == s->counter[2];
    bool alike = false;
    uint64_t cycles = 0;
    if (comparable && pixel - s->pixel < s->distance)
        return 0;
    if (comparable && pixel - s->pixel == s->distance && outlined == s->outline)
        cycles = pass_since(m, s, is_shot, until, &alike);
    if (cycles != 0)
        return cycles;
    s->words = 0;
    s->distance = page_pixels(k);
    if (s->distance == 0 || pixels_left(k) <= s->distance)
        return 0;
    shoot(m, s);
    s->row = is_line(k) ? 0 : k->p;
    return 0;
}

uint64_t store_stream_skip(struct timing *m, uint64_t until)
{
    struct store_shot *s = &m->store_shot;
    const struct store_walk *k = &m->store.walk;
    if (!may_look(m))
        return 0;
    const uint64_t pixel = pixel_of(k), now = outline(m);
    bool is_shot = false;
    uint64_t cycles = pass_known(m, now, false, &is_shot, until);
    if (cycles == 0)
        cycles = pass_known(m, now, true, &is_shot, until);
    if (cycles == 0)
        cycles = pass_pages(m, pixel, now, &is_shot, until);
    if (cycles != 0)
        return cycles;
    const bool comparable = is_comparable(m, pixel);
    if (comparable && pixel - s->pixel >= s->distance && now == s->outline && m->counter[SYSTOLE_CNT_STORE_BANK] == s->counter[2]) {
        bool alike;
        cycles = pass_since(m, s, &is_shot, until, &alike);
        if (alike) {
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
