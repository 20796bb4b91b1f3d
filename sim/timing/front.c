/* SPDX-License-Identifier: Apache-2.0 */
/* Fetch, decoder, queues, tokens: rtl/ctrl. */
#include <stdlib.h>
#include <string.h>

#include "timing.h"

#define FETCH_AHEAD 4u
#define OK SYSTOLE_ERR_OK

void front_begin(struct timing *m)
{
    memset(&m->fetch, 0, sizeof m->fetch);
    m->fetch.room = FETCH_AHEAD;
    memset(&m->decode, 0, sizeof m->decode);
    for (unsigned q = 0; q < 3; q++)
        m->queue[q].w_head = m->queue[q].w_tail = m->queue[q].r_head = m->queue[q].r_tail = 0;
    memset(m->token, 0, sizeof m->token);
    memset(&m->control, 0, sizeof m->control);
    m->ar_held = false;
    m->event_count = 0;
    m->event_failed = false;
}

/* ---- fetch ---- */

static bool fits(const struct timing *m)
{
    const uint64_t size = m->window_size[0];
    return size >= SYSTOLE_INSN_BYTES && m->fetch.offset <= size - SYSTOLE_INSN_BYTES &&
           m->window_base[0] % SYSTOLE_WINDOW_ALIGN == 0;
}

static void fetch_push(struct timing_fetch *f, uint32_t code, uint32_t index)
{
    const uint32_t at = (f->head + f->count++) % FETCH_AHEAD;
    f->code[at] = (uint8_t)code;
    f->index[at] = index;
}

/* The decoder takes an instruction in this cycle. */
static bool fetch_pops(const struct timing *m)
{
    return m->fetch.count != 0 && m->decode.state == DECODE_IDLE;
}

static bool fetch_collect(struct timing *m)
{
    struct timing_fetch *f = &m->fetch;
    if (!m->wire.fetch_r)
        return false;
    m->counter[SYSTOLE_CNT_FETCH_BEATS]++;
    f->bad |= m->wire.r_failed;
    if (++f->beat != SYSTOLE_INSN_BYTES / m->c.axi_bytes)
        return false;
    fetch_push(f, f->bad ? SYSTOLE_ERR_BUS_READ : OK, f->arrived++);
    f->beat = 0;
    f->bad = false;
    return true;
}

static bool fetch_edge(struct timing *m, bool pop)
{
    struct timing_fetch *f = &m->fetch;
    const bool may_ask = !f->ar_valid || m->wire.fetch_ar, can = f->room != 0 && fits(m);
    const bool reserve = may_ask && !f->half && can;
    const bool end_here = !f->over && !can && !f->half && f->waited == 0 && !f->ar_valid && f->count != FETCH_AHEAD && f->room != 0;
    const bool beat = m->wire.fetch_r, asks = may_ask && (f->half || reserve);
    if (pop) {
        f->head = (f->head + 1) % FETCH_AHEAD;
        f->count--;
    }
    const bool arrived = fetch_collect(m);
    if (end_here) {
        fetch_push(f, m->window_base[0] % SYSTOLE_WINDOW_ALIGN != 0 ? SYSTOLE_ERR_BAD_WINDOW : SYSTOLE_ERR_PROGRAM_END, 0);
        f->over = true;
    }
    f->ar_valid &= !m->wire.fetch_ar;
    if (asks) {
        f->ar_valid = true;
        f->ar_addr = m->window_base[0] + f->offset + (f->half ? 64 : 0);
        f->offset += f->half ? SYSTOLE_INSN_BYTES : 0;
        f->half = !f->half;
    }
    f->room += (uint32_t)pop - (uint32_t)(reserve || end_here);
    f->waited += (uint32_t)reserve - (uint32_t)arrived;
    return pop || beat || end_here || asks || m->wire.fetch_ar;
}

/* ---- decoder ---- */

static uint32_t decode_steps(uint32_t op)
{
    switch (op) {
    case SYSTOLE_OP_LOAD:
        return 6;
    case SYSTOLE_OP_FILL:
        return 3;
    case SYSTOLE_OP_MATMUL:
        return 12;
    case SYSTOLE_OP_STORE:
        return 9;
    default:
        return 1;
    }
}

static void decode_take(struct timing *m)
{
    const struct timing_fetch *f = &m->fetch;
    struct timing_decode *d = &m->decode;
    d->code = f->code[f->head];
    if (d->code != OK) {
        d->state = DECODE_STOPPED;
        d->is_bad = true;
        return;
    }
    const uint64_t at = m->window_base[0] + (uint64_t)SYSTOLE_INSN_BYTES * f->index[f->head];
    d->insn = (struct timing_insn){.words = (const void *)regions_find(m->memory.regions, at, SYSTOLE_INSN_BYTES), .index = d->index};
    if (!d->insn.words) { /* in two pieces of host memory: not told apart from none */
        d->state = DECODE_STOPPED;
        d->is_bad = true;
        d->code = SYSTOLE_ERR_BUS_READ;
        return;
    }
    d->code = (uint8_t)timing_check(m, &d->insn);
    d->state = DECODE_BUSY;
    d->until = m->now + decode_steps(d->insn.op) + 4;
}

static bool queue_full(const struct timing_queue *q)
{
    return q->w_tail - q->w_head == SYSTOLE_QUEUE_DEPTH;
}

static void event_enter(struct timing *m, const struct timing_insn *insn)
{
    if (!m->want_events || m->event_failed)
        return;
    if (m->event_count == m->event_room) {
        const size_t room = m->event_room ? 2 * m->event_room : 256;
        struct systole_event *more = realloc(m->event, room * sizeof *more);
        m->event_failed = !more;
        if (!more)
            return;
        m->event = more;
        m->event_room = room;
    }
    m->event[m->event_count++] =
        (struct systole_event){.index = insn->index, .opcode = insn->op, .queue = insn->queue, .enter = m->now,
                               .begin = SYSTOLE_EVENT_NEVER, .end = SYSTOLE_EVENT_NEVER};
}

static bool decode_edge(struct timing *m, bool pop)
{
    struct timing_decode *d = &m->decode;
    if (pop) {
        decode_take(m);
        return true;
    }
    if (d->state == DECODE_OFFER) {
        struct timing_queue *q = &m->queue[d->insn.queue];
        if (queue_full(q))
            return false;
        q->waiting[q->w_tail++ % TIMING_ROOM] = d->insn;
        event_enter(m, &d->insn);
        d->state = DECODE_IDLE;
        d->index++;
        return true;
    }
    if (d->state != DECODE_BUSY || m->now + 1 < d->until)
        return false;
    d->is_bad = d->code != OK;
    d->is_end = !d->is_bad && d->insn.op == SYSTOLE_OP_END;
    d->state = d->is_bad || d->is_end ? DECODE_STOPPED : DECODE_OFFER;
    return true;
}

uint64_t front_wake(const struct timing *m)
{
    return m->decode.state == DECODE_BUSY ? m->decode.until - 1 : TIMING_NEVER;
}

/* ---- queues ---- */

static bool has_head(const struct timing_queue *q)
{
    return q->w_head != q->w_tail;
}

static bool tokens_there(const struct timing *m, const struct timing_insn *insn)
{
    for (uint32_t left = insn->wait; left != 0; left &= left - 1)
        if (m->token[__builtin_ctz(left)] == 0)
            return false;
    return true;
}

static bool waits(const struct timing *m, const struct timing_queue *q)
{
    return has_head(q) && !tokens_there(m, &q->waiting[q->w_head % TIMING_ROOM]);
}

void front_wires(struct timing *m)
{
    struct timing_wires *w = &m->wire;
    const bool ready[3] = {load_ready(&m->load), m->now >= m->matmul.ready_at, store_has_room(&m->store)};
    const struct timing_matmul *mm = &m->matmul;
    w->done[0] = m->load.done;
    w->done[1] = mm->run_head != mm->run_tail && mm->run[mm->run_head % TIMING_ROOM].done == m->now;
    for (unsigned i = 0; i < 3; i++) {
        const struct timing_queue *q = &m->queue[i];
        w->start[i] = w->sync[i] = false;
        if (!has_head(q))
            continue;
        const struct timing_insn *head = &q->waiting[q->w_head % TIMING_ROOM];
        const uint32_t running = q->r_tail - q->r_head;
        if (head->op == SYSTOLE_OP_SYNC)
            w->sync[i] = running == 0 && tokens_there(m, head);
        else
            w->start[i] = ready[i] && running != TIMING_ROOM && tokens_there(m, head);
    }
}

static void event_end(struct timing *m, uint32_t index, uint64_t at)
{
    if (index >= m->event_count)
        return;
    struct systole_event *e = &m->event[index];
    e->end = at;
    m->ended[m->ended_count++] = index; /* its counters are what they are once this cycle is counted */
}

static void give(struct timing *m, uint32_t signal)
{
    for (uint32_t left = signal; left != 0; left &= left - 1)
        m->token[__builtin_ctz(left)]++;
}

static void count_insn(struct timing *m, uint32_t op)
{
    static const uint8_t counter[] = {[SYSTOLE_OP_SYNC] = SYSTOLE_CNT_INSN_SYNC,     [SYSTOLE_OP_LOAD] = SYSTOLE_CNT_INSN_LOAD,
                                      [SYSTOLE_OP_FILL] = SYSTOLE_CNT_INSN_FILL,     [SYSTOLE_OP_MATMUL] = SYSTOLE_CNT_INSN_MATMUL,
                                      [SYSTOLE_OP_STORE] = SYSTOLE_CNT_INSN_STORE};
    m->counter[counter[op]]++;
}

void queue_done(struct timing *m, unsigned queue, uint64_t at)
{
    struct timing_queue *q = &m->queue[queue];
    const struct timing_insn *oldest = &q->running[q->r_head++ % TIMING_ROOM];
    give(m, oldest->signal);
    count_insn(m, oldest->op);
    event_end(m, oldest->index, at);
}

static bool queue_edge(struct timing *m, unsigned i)
{
    struct timing_queue *q = &m->queue[i];
    const struct timing_wires *w = &m->wire;
    const bool done = i != SYSTOLE_QUEUE_STORE && w->done[i];
    if (done)
        queue_done(m, i, m->now);
    if (done && i == SYSTOLE_QUEUE_COMPUTE)
        m->matmul.run_head++;
    if (w->start[i] || w->sync[i]) {
        const struct timing_insn *head = &q->waiting[q->w_head++ % TIMING_ROOM];
        for (uint32_t left = head->wait; left != 0; left &= left - 1)
            m->token[__builtin_ctz(left)]--;
        if (head->index < m->event_count)
            m->event[head->index].begin = m->now;
        if (w->start[i]) {
            q->running[q->r_tail++ % TIMING_ROOM] = *head;
            if (i == SYSTOLE_QUEUE_STORE)
                store_give(m, head);
        } else {
            give(m, head->signal);
            count_insn(m, head->op);
            event_end(m, head->index, m->now);
        }
    }
    return done || w->start[i] || w->sync[i];
}

/* ---- the course of a run ---- */

static void finish(struct timing *m, uint32_t code, uint32_t index)
{
    m->control.over = true;
    m->control.code = code;
    m->control.index = index;
    m->cycles = m->now + 1;
}

static uint32_t oldest(const struct timing_queue *q)
{
    return q->running[q->r_head % TIMING_ROOM].index;
}

/* A run that is stopped: what the bus still owes is not waited for here. */
static bool control_abort(struct timing *m)
{
    const struct timing_decode *d = &m->decode;
    const struct timing_store *s = &m->store;
    const bool write_error = s->used != 0 && s->slot[s->head].failed && !s->reported;
    if (m->load.bus_error)
        finish(m, SYSTOLE_ERR_BUS_READ, oldest(&m->queue[SYSTOLE_QUEUE_LOAD]));
    else if (write_error)
        finish(m, SYSTOLE_ERR_BUS_WRITE, oldest(&m->queue[SYSTOLE_QUEUE_STORE]));
    else if (d->is_bad && d->code == SYSTOLE_ERR_BUS_READ)
        finish(m, SYSTOLE_ERR_BUS_READ, d->index);
    else if (m->watchdog != 0 && m->now >= m->watchdog)
        finish(m, SYSTOLE_ERR_WATCHDOG, d->index);
    return m->control.over;
}

static bool units_idle(const struct timing *m)
{
    const struct timing_fetch *f = &m->fetch;
    return !f->ar_valid && f->waited == 0 && !f->half && load_idle(&m->load) && store_idle(m) && matmul_idle(m);
}

bool queue_busy(const struct timing *m, unsigned queue)
{
    const struct timing_queue *q = &m->queue[queue];
    return q->r_head != q->r_tail || (has_head(q) && !waits(m, q));
}

/* From the state of before the edge. */
bool control_edge(struct timing *m)
{
    const struct timing_decode *d = &m->decode;
    const bool last = d->is_end || d->is_bad;
    const bool blocked = d->state == DECODE_OFFER && queue_full(&m->queue[d->insn.queue]);
    uint32_t stuck = 0, busy = 0, index = UINT32_MAX;
    if (control_abort(m))
        return true;
    if (!last && !blocked && m->control.quiet == 0)
        return false;
    for (unsigned i = 0; i < 3; i++) {
        const struct timing_queue *q = &m->queue[i];
        const bool is_stuck = q->r_head == q->r_tail && waits(m, q);
        stuck += is_stuck;
        busy += queue_busy(m, i);
        if (is_stuck && q->waiting[q->w_head % TIMING_ROOM].index < index)
            index = q->waiting[q->w_head % TIMING_ROOM].index;
    }
    const bool idle = busy == 0 && units_idle(m);
    const bool over = last && idle && stuck == 0, is_stuck = (last || blocked) && idle && stuck != 0;
    if (m->control.quiet == 7) {
        finish(m, d->is_bad ? d->code : is_stuck ? SYSTOLE_ERR_DEADLOCK : OK, d->is_bad ? d->index : is_stuck ? index : 0);
        return true;
    }
    m->control.quiet = over || is_stuck ? m->control.quiet + 1 : 0;
    return m->control.quiet != 0;
}

bool front_edge(struct timing *m)
{
    const bool pop = fetch_pops(m);
    bool moved = false;
    /* The decoder first: a queue's room in this cycle is what it was before. */
    const bool decoded = decode_edge(m, pop);
    for (unsigned i = 0; i < 3; i++)
        moved |= queue_edge(m, i);
    return fetch_edge(m, pop) | decoded | moved;
}
