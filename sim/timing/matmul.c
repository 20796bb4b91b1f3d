/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MATMUL: rtl/array/systole_matmul.sv and what is in it. It never waits for another unit once it has an instruction: memories
 * grant it first. So all of an instruction's cycles are known when it is accepted, tile by tile, and are looked up afterwards.
 */
#include <stdlib.h>
#include <string.h>

#include "timing.h"

#define G(field) SYSTOLE_GET(w, MATMUL, field)

/* From a vector's issue: operands read and registered, then the path; and from its issue until its sum can be read. */
#define OPERANDS 3u
#define WRITTEN 4u

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint32_t latency(const struct timing_config *c, bool lanes)
{
    return lanes ? c->mac_latency + 1 : c->rows * c->mac_latency + 1;
}

static uint32_t hazard(const struct timing_config *c, bool lanes)
{
    return latency(c, lanes) + WRITTEN;
}

void matmul_begin(struct timing *m)
{
    struct timing_matmul *k = &m->matmul;
    struct matmul_part *part = k->part;
    const uint32_t room = k->room;
    memset(k, 0, sizeof *k);
    k->part = part;
    k->room = room;
}

/* ---- accepting ---- */

static struct matmul_part *add_part(struct timing_matmul *k)
{
    const uint32_t oldest = (int32_t)(k->reading - k->head) < 0 ? k->reading : k->head;
    if (k->tail - oldest == k->room) {
        const uint32_t room = k->room ? 2 * k->room : 1024;
        struct matmul_part *more = malloc(room * sizeof *more);
        k->failed |= !more;
        if (!more)
            return NULL;
        for (uint32_t i = oldest; i != k->tail; i++)
            more[i & (room - 1)] = k->part[i & (k->room - 1)];
        free(k->part);
        k->part = more;
        k->room = room;
    }
    return &k->part[k->tail++ & (k->room - 1)];
}

/* The first cycle, of those from `from` on, in which the chain lets an instruction's first vector go. */
static uint64_t chain_first(const struct timing *m, const uint32_t *w, bool lanes, uint16_t c_hi)
{
    const struct timing_matmul *k = &m->matmul;
    const uint64_t drained = k->issued + hazard(&m->c, k->lanes);
    const uint32_t shape[6] = {G(n), G(p), G(q), G(c_sn), G(c_sp), G(c_sq)};
    if (!k->any)
        return 0;
    if (k->lanes != lanes)
        return drained;
    const bool apart = k->is_long && (G(c_base) > k->hi || c_hi < k->lo);
    if (G(init) != SYSTOLE_INIT_ACC || apart)
        return 0;
    const bool same_rows = G(c_base) == k->lo && memcmp(shape, k->shape, sizeof shape) == 0;
    return same_rows ? drained + 1 - k->step : drained;
}

static void note_end(struct timing *m, const uint32_t *w, uint64_t last, uint16_t c_hi, uint64_t vectors)
{
    struct timing_matmul *k = &m->matmul;
    const uint32_t most = hazard(&m->c, false);
    const uint32_t shape[6] = {G(n), G(p), G(q), G(c_sn), G(c_sp), G(c_sq)};
    k->any = true;
    k->issued = last;
    k->lanes = G(mode) != SYSTOLE_MODE_MATRIX;
    k->step = vectors < most ? vectors : most;
    k->is_long = vectors > most;
    k->lo = (uint16_t)G(c_base);
    k->hi = c_hi;
    memcpy(k->shape, shape, sizeof shape);
}

/* Cycles between the last vector of a step and the first of the next. */
static uint64_t step_gap(const struct timing *m, bool lanes, uint64_t vectors)
{
    const uint64_t most = hazard(&m->c, false), h = hazard(&m->c, lanes), step = vectors < most ? vectors : most;
    return step >= h ? 1 : h - step + 1;
}

static int8_t bank_of(int64_t lo, int64_t hi, uint32_t units, uint32_t banks)
{
    const uint32_t first = timing_bank((uint32_t)lo, units, banks), last = timing_bank((uint32_t)hi, units, banks);
    return first == last ? (int8_t)first : -1;
}

/* Vectors that are read for a row of pixels. */
static uint32_t row_of(const struct matmul_part *p)
{
    return (p->q - 1) * p->apart + p->taps;
}

/* How far a step of a part reaches. */
static void step_spans(const struct matmul_part *p, struct timing_span *a, struct timing_span *c)
{
    *a = *c = (struct timing_span){0, 0};
    timing_reach(a, p->n - 1, p->a_sn);
    timing_reach(a, p->p - 1, p->a_sp);
    timing_reach(a, row_of(p) - 1, p->a_sq);
    timing_reach(c, p->n - 1, p->c_sn);
    timing_reach(c, p->p - 1, p->c_sp);
    timing_reach(c, p->q - 1, p->c_sq);
}

/* The bank that everything is in, where that is one. */
static void set_banks(const struct timing_config *c, struct matmul_part *p, const struct timing_span *a, const struct timing_span *rows)
{
    p->a_bank = p->steps == 1 ? bank_of(p->a + a->lo, p->a + a->hi, c->apad_bytes, c->apad_banks) : -1;
    p->c_bank = bank_of(p->c + rows->lo, p->c + rows->hi, c->acc_rows, c->acc_banks);
}

static struct matmul_part begin_part(const uint32_t *w)
{
    struct matmul_part p = {.steps = 1, .n = 1, .kc = 1, .kw = 1, .taps = 1, .apart = 1, .p = G(p), .q = G(q), .a = G(a_base), .a_sp = G(a_sp),
                            .a_sq = G(a_sq), .c = (uint16_t)G(c_base), .c_sp = (uint16_t)G(c_sp), .c_sq = (uint16_t)G(c_sq),
                            .lanes = G(mode) != SYSTOLE_MODE_MATRIX};
    if (G(taps)) {
        p.taps = G(kc);
        p.apart = G(a_sq) == G(a_skc) ? 1 : 2;
        p.a_sq = G(a_skc);
    }
    p.vectors = (uint64_t)p.p * row_of(&p);
    return p;
}

/* Without weights: all steps in one. Returns the cycle of the last vector. */
static uint64_t accept_plain(struct timing *m, const uint32_t *w, uint64_t from, uint64_t chain)
{
    struct matmul_part *p = add_part(&m->matmul);
    struct timing_span a, rows;
    if (!p)
        return from;
    *p = begin_part(w);
    p->n = G(n);
    p->kc = G(kc);
    p->kw = G(kw);
    p->steps = (uint64_t)G(kh) * G(kw) * G(kc);
    p->a_sn = G(a_sn);
    p->c_sn = (uint16_t)G(c_sn);
    p->a_skc = G(a_skc);
    p->a_skw = G(a_skw);
    p->a_skh = G(a_skh);
    p->first_acc = G(init) == SYSTOLE_INIT_ACC;
    p->vectors *= p->n;
    p->period = p->vectors + step_gap(m, true, p->vectors) - 1;
    p->from = from;
    p->begin = larger(from, chain);
    p->end = p->begin + (p->steps - 1) * p->period + p->vectors;
    step_spans(p, &a, &rows);
    set_banks(&m->c, p, &a, &rows);
    return p->end - 1;
}

/* Cycles from the release of a plane to the first read of a word that goes there. */
static uint64_t plane_hold(const struct timing_config *c)
{
    const uint32_t rows_per_word = c->word_bytes / c->cols;
    return (c->rows - 1) * c->mac_latency - c->rows / rows_per_word + 1;
}

struct tiles {
    uint32_t words;  /* of a tile */
    uint64_t read;   /* when the next word can be read */
    uint64_t chain;  /* when the chain lets the next vector go */
    uint64_t from;   /* when the walker would give it */
    struct matmul_part part; /* what is the same in all of them */
    struct timing_span a, rows;
};

static void accept_tile(struct timing *m, struct tiles *t, uint32_t a, uint32_t c, bool first_acc)
{
    struct timing_matmul *k = &m->matmul;
    struct matmul_part *p = add_part(k);
    if (!p)
        return;
    *p = t->part;
    p->a = a;
    p->c = (uint16_t)c;
    const uint64_t read = larger(t->read, k->plane_free[k->plane]);
    t->read = read + t->words;
    p->weights = t->read;
    p->first_acc = first_acc;
    p->from = t->from;
    p->begin = larger(larger(t->from, p->weights), t->chain);
    p->end = p->begin + p->vectors;
    set_banks(&m->c, p, &t->a, &t->rows);
    k->plane_free[k->plane] = p->end + plane_hold(&m->c);
    k->plane = (k->plane + 1) & (m->c.weight_planes - 1);
    t->from = p->end;
    t->chain = 0;
}

static void accept_tiles(struct timing *m, const uint32_t *w, struct tiles *t)
{
    const uint32_t kh = G(kh), kw = G(kw), kc = G(taps) ? 1 : G(kc), n = G(n);
    const uint64_t vectors = (uint64_t)n * G(p) * G(q);
    const uint64_t gap = step_gap(m, G(mode) != SYSTOLE_MODE_MATRIX, vectors);
    const uint32_t a_skh = G(a_skh), a_skw = G(a_skw), a_skc = G(a_skc), a_sn = G(a_sn), a = G(a_base), c = G(c_base), c_sn = G(c_sn);
    bool acc = G(init) == SYSTOLE_INIT_ACC;
    t->part = begin_part(w);
    t->part.period = t->part.vectors;
    step_spans(&t->part, &t->a, &t->rows);
    for (uint32_t y = 0; y < kh; y++)
        for (uint32_t x = 0; x < kw; x++)
            for (uint32_t z = 0; z < kc; z++) {
                for (uint32_t i = 0; i < n && !m->matmul.failed; i++)
                    accept_tile(m, t, a + y * a_skh + x * a_skw + z * a_skc + i * a_sn, c + i * c_sn, acc);
                acc = true;
                t->chain = t->from - 1 + gap;
            }
}

void matmul_accept(struct timing *m, const struct timing_insn *insn)
{
    struct timing_matmul *k = &m->matmul;
    const uint32_t *w = insn->words, mode = G(mode);
    const bool lanes = mode != SYSTOLE_MODE_MATRIX, has_tiles = mode == SYSTOLE_MODE_MATRIX || mode == SYSTOLE_MODE_DEPTHWISE;
    const uint64_t next = m->now + 1, take = k->any ? larger(next, k->issued) : next;
    const uint64_t chain = chain_first(m, w, lanes, insn->c_hi);
    const uint32_t words = (m->c.rows * m->c.cols / m->c.word_bytes) << G(dtype);
    struct tiles t = {.words = lanes ? (G(taps) ? G(kc) : 1) : words, .read = next, .chain = chain, .from = take + 1};
    uint64_t last;
    if (has_tiles) {
        accept_tiles(m, w, &t);
        last = t.from - 1;
    } else {
        last = accept_plain(m, w, take + 1, chain);
    }
    /* The weights of the next are read once these are; two may stand before the walker. */
    k->ready_at = larger(larger(next, has_tiles ? t.read - 1 : 0), k->any ? k->taken + 1 : 0);
    k->taken = take;
    note_end(m, w, last, insn->c_hi, (uint64_t)G(n) * G(p) * G(q));
    k->done_last = last + hazard(&m->c, lanes);
    k->run[k->run_tail++ % TIMING_ROOM] = (struct matmul_run){.first = take + 1, .last = last, .done = k->done_last};
}

/* ---- looking up ---- */

static struct matmul_part *part_at(const struct timing_matmul *k, uint32_t i)
{
    return &k->part[i & (k->room - 1)];
}

/* Indices of the vector that is the t-th of a step; x: which of its row is read, q: the pixel whose sum it completes, if it does. */
struct place {
    uint64_t step;
    uint32_t n, p, x, q;
    bool is_there, has_sum;
};

static struct place place_of(const struct matmul_part *p, uint64_t t)
{
    struct place at = {.is_there = false};
    const uint64_t step = p->steps == 1 ? 0 : t / p->period, in = t - step * p->period;
    if (in >= p->vectors)
        return at;
    const uint32_t row = row_of(p);
    const uint64_t plane = (uint64_t)p->p * row;
    at.is_there = true;
    at.step = step;
    at.n = p->n == 1 ? 0 : (uint32_t)(in / plane);
    at.p = (uint32_t)(in % plane / row);
    at.x = (uint32_t)(in % row);
    const uint32_t late = at.x + 1 - p->taps;
    at.has_sum = at.x + 1 >= p->taps && late % p->apart == 0;
    at.q = late / p->apart;
    return at;
}

static uint32_t c_bank(const struct timing_config *c, const struct matmul_part *p, const struct place *at)
{
    const uint32_t row = p->c + at->n * p->c_sn + at->p * p->c_sp + at->q * p->c_sq;
    return p->c_bank >= 0 ? (uint32_t)p->c_bank : timing_bank(row, c->acc_rows, c->acc_banks);
}

/* The part whose vector is issued in this cycle, or NULL. */
static const struct matmul_part *issuing(struct timing *m)
{
    struct timing_matmul *k = &m->matmul;
    while (k->reading != k->tail && part_at(k, k->reading)->end <= m->store.now)
        k->reading++;
    const struct matmul_part *p = part_at(k, k->reading);
    return k->reading != k->tail && p->begin <= m->store.now ? p : NULL;
}

bool matmul_reads_acc(struct timing *m, uint32_t bank)
{
    const struct matmul_part *p = issuing(m);
    if (!p || (p->c_bank >= 0 && (uint32_t)p->c_bank != bank) || (p->steps == 1 && !p->first_acc))
        return false;
    const struct place at = place_of(p, m->store.now - p->begin);
    return at.is_there && at.has_sum && (p->first_acc || at.step != 0) && c_bank(&m->c, p, &at) == bank;
}

bool matmul_reads_apad(struct timing *m, uint32_t bank)
{
    const struct matmul_part *p = issuing(m);
    if (!p || p->a_bank >= 0)
        return p && (uint32_t)p->a_bank == bank;
    const struct place at = place_of(p, m->store.now - p->begin);
    const uint32_t z = (uint32_t)(at.step % p->kc), x = (uint32_t)(at.step / p->kc % p->kw), y = (uint32_t)(at.step / p->kc / p->kw);
    const uint32_t addr = p->a + at.n * p->a_sn + at.p * p->a_sp + at.x * p->a_sq + z * p->a_skc + x * p->a_skw + y * p->a_skh;
    return at.is_there && timing_bank(addr, m->c.apad_bytes, m->c.apad_banks) == bank;
}

bool matmul_writes_acc(struct timing *m, uint32_t bank)
{
    const struct timing_matmul *k = &m->matmul;
    for (uint32_t i = k->head; i != k->tail; i++) {
        const struct matmul_part *p = part_at(k, i);
        const uint64_t late = OPERANDS + latency(&m->c, p->lanes);
        if (p->end + late <= m->now)
            continue;
        if (p->begin + late > m->now)
            return false;
        const struct place at = place_of(p, m->now - late - p->begin);
        return at.is_there && at.has_sum && c_bank(&m->c, p, &at) == bank;
    }
    return false;
}

struct matmul_rows matmul_rows(int64_t first, int64_t last, uint32_t units, uint32_t banks)
{
    const int64_t lo = first < last ? first : last, hi = first < last ? last : first;
    if (lo < 0 || hi >= (int64_t)units)
        return (struct matmul_rows){0, banks - 1};
    return (struct matmul_rows){timing_bank((uint32_t)lo, units, banks), timing_bank((uint32_t)hi, units, banks)};
}

/* A bank that is not known may be any. */
static bool meets(int8_t bank, const struct matmul_rows *b)
{
    return bank < 0 || ((uint32_t)bank >= b->lo && (uint32_t)bank <= b->hi);
}

uint64_t matmul_apart(const struct timing *m, uint32_t from, uint64_t now, const struct matmul_rows *rows,
                      const struct matmul_rows *pads, uint64_t most)
{
    const struct timing_matmul *k = &m->matmul;
    for (uint32_t i = from; i != k->tail; i++) {
        const struct matmul_part *p = &k->part[i & (k->room - 1)];
        const bool reads = p->first_acc || p->steps != 1;
        if (p->end <= now || !((reads && meets(p->c_bank, rows)) || (pads && meets(p->a_bank, pads))))
            continue;
        return p->begin <= now ? 0 : timing_least(most, p->begin - now);
    }
    return most;
}

bool matmul_idle(const struct timing *m)
{
    const struct timing_matmul *k = &m->matmul;
    return !k->any || m->now > k->done_last;
}

bool matmul_walks(const struct timing *m, uint64_t t)
{
    const struct timing_matmul *k = &m->matmul;
    for (uint32_t i = k->run_head; i != k->run_tail; i++)
        if (k->run[i % TIMING_ROOM].first <= t && t <= k->run[i % TIMING_ROOM].last)
            return true;
    return false;
}

static uint64_t sooner(uint64_t a, uint64_t b, uint64_t now)
{
    return b > now && b < a ? b : a;
}

uint64_t matmul_wake(const struct timing *m)
{
    const struct timing_matmul *k = &m->matmul;
    uint64_t wake = sooner(TIMING_NEVER, k->ready_at, m->now);
    for (uint32_t i = k->run_head; i != k->run_tail; i++) {
        const struct matmul_run *r = &k->run[i % TIMING_ROOM];
        wake = sooner(wake, r->first, m->now);
        wake = sooner(wake, r->last + 1, m->now);
        wake = sooner(wake, r->done, m->now);
    }
    return k->any ? sooner(wake, k->done_last + 1, m->now) : wake;
}

/* ---- counting ---- */

static uint64_t overlap(uint64_t from, uint64_t to, uint64_t until)
{
    const uint64_t end = to < until ? to : until;
    return end > from ? end - from : 0;
}

/* What a part has done and waited for in the cycles before `until`. */
static void count_part(const struct matmul_part *p, uint64_t until, uint64_t counter[SYSTOLE_COUNTER_COUNT])
{
    const uint64_t loaded = p->weights > p->from ? p->weights : p->from, run = overlap(p->begin, p->end, until);
    const uint64_t whole = p->steps == 1 ? 0 : run / p->period, rest = run - whole * p->period;
    const uint64_t vectors = whole * p->vectors + (rest < p->vectors ? rest : p->vectors);
    counter[SYSTOLE_CNT_STALL_WEIGHTS] += overlap(p->from, loaded, until);
    counter[SYSTOLE_CNT_STALL_CHAIN] += overlap(loaded, p->begin, until) + run - vectors;
    counter[p->lanes ? SYSTOLE_CNT_VECTOR_BUSY : SYSTOLE_CNT_ARRAY_BUSY] += vectors;
}

void matmul_count(struct timing *m, uint64_t until, uint64_t counter[SYSTOLE_COUNTER_COUNT])
{
    const struct timing_matmul *k = &m->matmul;
    for (uint32_t i = k->head; i != k->tail && part_at(k, i)->from < until; i++)
        count_part(part_at(k, i), until, counter);
}

/* Parts whose last result is written are counted for good. */
void matmul_retire(struct timing *m)
{
    struct timing_matmul *k = &m->matmul;
    for (; k->head != k->tail; k->head++) {
        const struct matmul_part *p = part_at(k, k->head);
        if (p->end + OPERANDS + latency(&m->c, p->lanes) > m->now)
            break;
        count_part(p, TIMING_NEVER, m->counter);
    }
    /* A store looks at parts in its own time. */
    if (m->store.used == 0 && m->store.s_head == m->store.s_tail && (int32_t)(k->reading - k->head) < 0)
        k->reading = k->head;
}
