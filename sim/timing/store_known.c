/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole walks of the store. Where one begins in a state that was met before, by an instruction of the same shape at the same place of a
 * page, and the array reads nothing of its banks, all goes as it went then: up to the end of the walk whatever is given meanwhile, and
 * up to the end of the instruction if nothing is. Until something else must be told of it, the store's time stands still at its beginning.
 */
#include <stddef.h>
#include <string.h>

#include "timing.h"

#define PROBES 8u

static bool may_know(const struct timing *m)
{
    const struct timing_store *s = &m->store;
    const struct store_walk *k = &s->walk;
    return m->memory.steady && !m->stepping && !m->want_events && s->close == 0 && !s->any_failed && k->active && k->n == 0 && k->q == 0 &&
           k->p == 0 && !k->c_have && !k->r_have;
}

static void set_shape(const struct timing_store *s, uint64_t shape[3])
{
    const struct store_walk *k = &s->walk;
    const uint64_t before = s->used - 1u - s->fresh;
    shape[0] = (uint64_t)k->n_last | (uint64_t)k->q_last << 16 | (uint64_t)k->p_last << 32 | (uint64_t)k->n_tail << 48 |
               (uint64_t)k->log << 56 | (uint64_t)k->has_res << 58 | (uint64_t)1 << 59 | before << 60;
    shape[1] = (uint64_t)(uint32_t)k->d_sn | (uint64_t)(uint32_t)k->d_sp << 32;
    shape[2] = (uint64_t)(uint32_t)k->d_sq | k->d % 4096 << 32;
}

static uint64_t mixed(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static bool same_beginning(const struct store_known *a, const struct store_known *b)
{
    return a->begins == b->begins && memcmp(a->shape, b->shape, sizeof a->shape) == 0 &&
           memcmp(a->begin, b->begin, a->begins * sizeof a->begin[0]) == 0;
}

/* Where what begins so is kept, or would be. */
static struct store_known *place_of(struct timing *m, const struct store_known *seen)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < 3; i++)
        hash = mixed(hash, seen->shape[i]);
    for (uint32_t i = 0; i < seen->begins; i++)
        hash = mixed(hash, seen->begin[i]);
    struct store_known *k = NULL;
    for (uint32_t i = 0; i < PROBES; i++) {
        k = &m->store_known[((hash >> 40) + i) % STORE_KNOWN];
        if (k->shape[0] == 0 || same_beginning(k, seen))
            break;
    }
    return k;
}

static void note_counters(struct timing *m)
{
    m->store.seen_counter[0] = m->counter[SYSTOLE_CNT_WRITE_BEATS];
    m->store.seen_counter[1] = m->counter[SYSTOLE_CNT_WRITE_BYTES];
    m->store.seen_counter[2] = m->counter[SYSTOLE_CNT_STORE_BANK];
}

void store_known_look(struct timing *m)
{
    struct timing_store *s = &m->store;
    struct store_known *seen = &s->seen;
    s->seeing = false;
    s->ending = NULL;
    if (!may_know(m))
        return;
    s->known_from = s->now;
    s->known_place = (struct store_place){.d = s->walk.d, .slot = s->walk.slot};
    set_shape(s, seen->shape);
    seen->begins = store_state_put(m, &s->known_place, seen->begin);
    if (seen->begins > STORE_WORDS)
        return;
    const struct store_known *k = place_of(m, seen);
    if (k->shape[0] != 0 && same_beginning(k, seen)) {
        s->sleeps = k;
        s->told = 0;
        s->looked_at = m->matmul.reading;
        return;
    }
    s->seeing = true;
    s->seen_done = 0;
    seen->over = 0;
    note_counters(m);
}

static void set_counters(const struct timing *m, struct store_known *k, unsigned part)
{
    k->beats[part] = m->counter[SYSTOLE_CNT_WRITE_BEATS] - m->store.seen_counter[0];
    k->bytes[part] = m->counter[SYSTOLE_CNT_WRITE_BYTES] - m->store.seen_counter[1];
}

void store_known_walked(struct timing *m, bool goes_on)
{
    struct timing_store *s = &m->store;
    struct store_known *seen = &s->seen;
    if (!s->seeing)
        return;
    s->seeing = false;
    seen->ends = store_state_put(m, &s->known_place, seen->end);
    if (seen->ends > STORE_WORDS || s->close != 0 || m->counter[SYSTOLE_CNT_STORE_BANK] != s->seen_counter[2])
        return;
    seen->walked = s->now - s->known_from;
    seen->walked_done = s->seen_done;
    set_counters(m, seen, 0);
    struct store_known *k = place_of(m, seen);
    *k = *seen;
    s->ending = goes_on || s->fresh != 0 ? NULL : k;
}

void store_known_done(struct timing *m)
{
    struct timing_store *s = &m->store;
    struct store_known *k = s->ending;
    if (s->seeing && s->seen_done < STORE_DONE)
        s->seen.done[s->seen_done++] = s->now - s->known_from;
    else if (s->seeing)
        s->seeing = false;
    if (!k)
        return;
    if (s->seen_done == STORE_DONE || s->walk.active || s->fresh != 0 || s->s_head != s->s_tail) {
        s->ending = NULL;
        return;
    }
    k->done[s->seen_done++] = s->now - s->known_from;
    if (s->used != 0)
        return;
    s->ending = NULL;
    if (!write_idle(&s->write) || s->write.beat || m->memory.writing != 0 || m->memory.b_valid || m->memory.w_ready || !m->memory.aw_ready)
        return;
    k->over = s->now - s->known_from;
    k->over_done = s->seen_done;
    set_counters(m, k, 1);
}

/* ---- what is known ---- */

/* Whether the array reads a bank of what the walk reads, in its `cycles`. */
static bool meets_array(struct timing *m, uint64_t cycles)
{
    struct timing_store *s = &m->store;
    const struct store_walk *k = &s->walk;
    struct timing_span c = {k->c, k->c}, r = {k->r, k->r};
    const uint32_t from = s->looked_at;
    if (from == m->matmul.tail)
        return false;
    s->looked_at = m->matmul.tail;
    timing_reach(&c, k->n_last, k->c_sn);
    timing_reach(&c, k->p_last, k->c_sp);
    timing_reach(&c, k->q_last, k->c_sq);
    timing_reach(&r, k->n_last, k->r_sn);
    timing_reach(&r, k->p_last, k->r_sp);
    timing_reach(&r, k->q_last, k->r_sq);
    const struct matmul_rows rows = matmul_rows(c.lo, c.hi, m->c.acc_rows, m->c.acc_banks);
    const struct matmul_rows pads = matmul_rows(r.lo, r.hi, m->c.apad_bytes, m->c.apad_banks);
    return matmul_apart(m, from, s->known_from, &rows, k->has_res ? &pads : NULL, cycles) < cycles;
}

void store_known_wake(struct timing *m)
{
    struct timing_store *s = &m->store;
    if (s->sleeps)
        s->now = s->known_from;
    s->sleeps = NULL;
}

/* An instruction before the end of what is known is complete: it is told, for its slot is free. */
static bool tell(struct timing *m, uint32_t most, uint64_t until, bool *is_done)
{
    struct timing_store *s = &m->store;
    const struct store_known *k = s->sleeps;
    if (s->told == most)
        return false;
    const uint64_t end = s->known_from + k->done[s->told];
    if (end > until)
        return true;
    s->now = end;
    s->told++;
    queue_done(m, SYSTOLE_QUEUE_STORE, end - 1);
    *is_done = true;
    return true;
}

/* The time in which the next instruction is given, as far as that is known. */
static uint64_t given_at(const struct timing_store *s)
{
    return s->fresh != 0 ? 0 : s->s_head == s->s_tail ? TIMING_NEVER : s->start[s->s_head % STORE_SLOTS].at;
}

/* Instructions that were told are gone, and the time is that of the end. */
static void arrive(struct timing *m, unsigned part, uint64_t end)
{
    struct timing_store *s = &m->store;
    const struct store_known *k = s->sleeps;
    m->counter[SYSTOLE_CNT_WRITE_BEATS] += k->beats[part];
    m->counter[SYSTOLE_CNT_WRITE_BYTES] += k->bytes[part];
    for (; s->told != 0; s->told--) {
        s->slot[s->head].complete = false;
        s->head = (s->head + 1u) % STORE_SLOTS;
        s->used--;
    }
    s->walk.active = false;
    s->wire.waits = false;
    s->sleeps = NULL;
    s->now = end;
    m->store_shot.words = m->page_shot.words = 0;
}

/* All that was on its way has been answered. */
static void arrive_over(struct timing *m, uint64_t end)
{
    struct timing_store *s = &m->store;
    struct timing_write *w = &s->write;
    struct timing_memory *b = &m->memory;
    arrive(m, 1, end);
    s->v_head = s->v_tail;
    w->a.valid = w->b.valid = w->open = w->aw_valid = w->beat = false;
    w->done = 0;
    w->sent = w->waiting = 0;
    w->q_head = w->q_tail;
    w->t_answer = w->t_data = w->t_tail;
    w->beat_head = w->beat_tail;
    b->writes.head = b->writes.data = b->writes.tail;
    b->writing = 0;
    b->b_valid = b->w_ready = false;
    b->aw_ready = true;
    s->on = false;
    s->next = s->memory_next = TIMING_NEVER;
}

/* The walk has ended, and the next one begins if it can. */
static void arrive_walked(struct timing *m, uint64_t end)
{
    struct timing_store *s = &m->store;
    const struct store_known *k = s->sleeps;
    const bool goes_on = given_at(s) < end - 1;
    arrive(m, 0, end);
    store_state_get(m, &s->known_place, k->end);
    while (s->s_head != s->s_tail && s->start[s->s_head % STORE_SLOTS].at < end)
        store_take(m);
    s->on = true;
    s->next = s->memory_next = s->now;
    if (!goes_on)
        return;
    store_walk_load(m);
    store_known_look(m);
}

bool store_known_sleeps(struct timing *m, uint64_t until, bool *is_done)
{
    struct timing_store *s = &m->store;
    const struct store_known *k = s->sleeps;
    *is_done = false;
    if (!k)
        return false;
    const uint64_t walked = s->known_from + k->walked, over = s->known_from + k->over, given = given_at(s);
    if (meets_array(m, k->walked)) {
        store_known_wake(m);
        return false;
    }
    if (s->told < k->walked_done)
        return tell(m, k->walked_done, until, is_done);
    if (until < walked)
        return true;
    if (k->over == 0 || given < over) {
        arrive_walked(m, walked);
        return store_known_sleeps(m, until, is_done);
    }
    if (tell(m, k->over_done, until, is_done) && (!*is_done || s->told < k->over_done))
        return true;
    arrive_over(m, over);
    return true;
}
