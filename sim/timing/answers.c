/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

static struct timing_burst *written(struct timing_memory *b, uint32_t i)
{
    return &b->writes.slot[i % TIMING_BURSTS];
}

uint64_t answers_apart(const struct timing *m, const struct store_period *p)
{
    const struct timing_memory *b = &m->memory;
    const struct timing_write *w = &m->store.write;
    const struct timing_ring *r = &b->writes;
    const uint32_t allowed = b->opt.write_outstanding, limit = allowed < WRITE_OUTSTANDING ? allowed : WRITE_OUTSTANDING;
    const uint64_t most = w->waiting + p->sent * ((b->opt.write_latency + 16) / p->cycles + 2);
    uint64_t apart = UINT64_MAX;
    if (b->b_failed || p->sent > WRITE_SENT || most >= limit || b->writing >= limit)
        return 0;
    for (uint32_t i = r->head; i != r->tail; i++)
        if (r->slot[i % TIMING_BURSTS].failed)
            return 0;
    for (uint32_t i = w->t_answer; i != w->t_tail; i++) {
        if (!w->taken[i % WRITE_OUTSTANDING].last)
            continue;
        const uint32_t behind = w->t_data - i;
        if ((int32_t)behind <= 0 || behind > r->data - r->head)
            return 0;
        const uint64_t due = r->slot[(r->data - behind) % TIMING_BURSTS].due, next = m->store.now + b->origin + 2;
        apart = due > next ? due - next : 0;
        break;
    }
    return apart;
}

void answers_shift(struct timing *m, uint64_t cycles)
{
    struct timing_memory *b = &m->memory;
    for (uint32_t i = b->writes.head; i != b->writes.data; i++)
        written(b, i)->due += cycles;
}

/* Makes room for `more` bursts before those that are not sent whole. */
static void insert(struct timing *m, uint32_t more)
{
    struct timing_ring *r = &m->memory.writes;
    struct timing_write *w = &m->store.write;
    struct timing_burst unsent[WRITE_OUTSTANDING];
    struct write_burst taken[WRITE_OUTSTANDING];
    const uint32_t n = r->tail - r->data, k = w->t_tail - w->t_data;
    for (uint32_t i = 0; i < n; i++)
        unsent[i] = r->slot[(r->data + i) % TIMING_BURSTS];
    for (uint32_t i = 0; i < k; i++)
        taken[i] = w->taken[(w->t_data + i) % WRITE_OUTSTANDING];
    r->data += more;
    r->tail += more;
    w->t_data += more;
    w->t_tail += more;
    for (uint32_t i = 0; i < n; i++)
        r->slot[(r->data + i) % TIMING_BURSTS] = unsent[i];
    for (uint32_t i = 0; i < k; i++)
        w->taken[(w->t_data + i) % WRITE_OUTSTANDING] = taken[i];
}

/* The cycle in which the answer stands on the bus, and is taken. */
static uint64_t answered_at(const struct timing_memory *b, uint64_t due)
{
    return due - 1 - b->origin;
}

void answers_pass(struct timing *m, const struct store_period *p, uint64_t times)
{
    struct timing_memory *b = &m->memory;
    struct timing_write *w = &m->store.write;
    struct timing_ring *r = &b->writes;
    const uint32_t answer = w->t_answer, all = (uint32_t)(p->sent * times);
    const uint64_t end = m->store.now + p->cycles * times, last = end - p->cycles + b->origin + 1 + b->opt.write_latency;
    uint32_t left = 0; /* without an answer, the last ones sent */
    insert(m, all);
    for (; left < all; left++) {
        const uint64_t at = last + p->sent_at[p->sent - 1 - left % p->sent] - left / p->sent * p->cycles;
        if (answered_at(b, at) < end)
            break;
        *written(b, r->data - 1 - left) = (struct timing_burst){.due = at, .whole = true};
        w->taken[(w->t_data - 1 - left) % WRITE_OUTSTANDING] = (struct write_burst){.beats = 1, .slot = m->store.walk.slot};
    }
    /* Those of before stand behind the new ones. */
    while (left >= all && r->data - left != r->head && answered_at(b, written(b, r->data - 1 - left)->due) >= end)
        left++;
    r->head = r->data - left;
    w->t_answer = w->t_data - left;
    /* The one that stands on the bus in the cycle after was taken from the line. */
    b->b_valid = left != 0 && answered_at(b, written(b, r->head)->due) == end;
    r->head += b->b_valid;
    w->waiting = w->waiting + all - (w->t_answer - answer);
    b->writing = b->writing + all - (w->t_answer - answer);
}
