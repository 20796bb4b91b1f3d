/* SPDX-License-Identifier: Apache-2.0 */
#include "timing.h"

#include <stdlib.h>
#include <string.h>

/* ---- configuration ---- */

static bool is_power(uint32_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

static bool is_side(uint32_t x)
{
    return is_power(x) && x >= SYSTOLE_MIN_DIM && x <= SYSTOLE_MAX_DIM;
}

const char *timing_config_legal(struct timing_config *c)
{
    if (!is_side(c->rows) || !is_side(c->cols))
        return "rows and columns are powers of two from 4 to 64";
    if (c->has_fp > 1)
        return "has_fp is 0 or 1";
    if (!is_power(c->axi_bytes) || c->axi_bytes < 8 || c->axi_bytes > 64 || c->axi_bytes > 4 * c->cols ||
        c->axi_bytes > c->rows * c->cols)
        return "axi_bytes is 8, 16, 32 or 64, at most 4 * columns and rows * columns";
    const uint32_t widest = (c->rows > c->cols ? c->rows : c->cols) << c->has_fp;
    c->word_bytes = widest > c->axi_bytes ? widest : c->axi_bytes;
    if (!is_power(c->apad_bytes) || !is_power(c->wpad_bytes) || !is_power(c->acc_rows) || !is_power(c->param_rows) ||
        c->acc_rows > 65536 || c->param_rows > 65536 || c->param_rows < 2 || c->wpad_bytes < 2 * c->word_bytes)
        return "memories are powers of two, accumulators and parameters at most 65536 rows, pads at least two words";
    if (!is_power(c->apad_banks) || !is_power(c->acc_banks) || c->apad_bytes / c->word_bytes < 2 * c->apad_banks ||
        c->acc_rows < 2 * c->acc_banks || c->apad_banks > 64 || c->acc_banks > 64)
        return "banks are powers of two, at most 64, of at least two words each";
    if (c->mac_latency < 1 || c->mac_latency > 16)
        return "mac_latency is 1 to 16";
    if (!is_power(c->weight_planes) || c->weight_planes < 2 || c->weight_planes > 8)
        return "weight_planes is 2, 4 or 8";
    return NULL;
}

/* ---- a run ---- */

void timing_begin(struct timing *m, uint64_t origin)
{
    m->now = 0;
    m->cycles = 0;
    memset(&m->wire, 0, sizeof m->wire);
    memset(m->counter, 0, sizeof m->counter);
    memory_begin(m, origin);
    front_begin(m);
    load_begin(m);
    store_begin(m);
    matmul_begin(m);
}

void timing_free(struct timing *m)
{
    free(m->event);
    free(m->matmul.part);
    m->event = NULL;
    m->matmul.part = NULL;
}

/* ---- one cycle ---- */

static void bus_wires(struct timing *m)
{
    const struct timing_memory *b = &m->memory;
    const struct timing_write *s = &m->store.write;
    struct timing_wires *w = &m->wire;
    const bool load_turn = m->ar_held ? m->ar_held_load : !m->fetch.ar_valid;
    const bool valid = load_turn ? m->load.ar_valid : m->fetch.ar_valid;
    w->load_ar = valid && load_turn && b->ar_ready;
    w->fetch_ar = valid && !load_turn && b->ar_ready;
    m->ar_held = valid && !b->ar_ready;
    m->ar_held_load = load_turn;
    w->r_fire = b->r_valid && m->load.beats != 2;
    w->load_r = w->r_fire && b->r_id;
    w->fetch_r = w->r_fire && !b->r_id;
    w->r_failed = b->r_failed;
    w->aw = s->aw_valid && b->aw_ready;
    w->w = s->t_data != s->t_tail && s->beat_head != s->beat_tail && b->w_ready;
    w->b = b->b_valid && s->t_answer != s->t_tail;
    w->b_failed = b->b_failed;
}

static void load_wires(struct timing *m)
{
    const struct load_pack *k = &m->load.pack;
    m->wire.l_ready = !k->wr_valid || k->wr_mem != SYSTOLE_MEM_ACC ||
                      !matmul_writes_acc(m, timing_bank(k->wr_addr / (4 * m->c.cols), m->c.acc_rows, m->c.acc_banks));
}

/* What is as long as nothing moves. */
struct levels {
    bool load_busy, load_token, store_busy, store_token, stall_empty, stall_token;
};

static bool waits_for_token(const struct timing *m, unsigned i)
{
    const struct timing_queue *q = &m->queue[i];
    if (q->w_head == q->w_tail)
        return false;
    for (uint32_t left = q->waiting[q->w_head % TIMING_ROOM].wait; left != 0; left &= left - 1)
        if (m->token[__builtin_ctz(left)] == 0)
            return true;
    return false;
}

static struct levels look(const struct timing *m)
{
    const bool walks = matmul_walks(m, m->now), compute = !walks && waits_for_token(m, SYSTOLE_QUEUE_COMPUTE);
    return (struct levels){.load_busy = !load_idle(&m->load), .load_token = waits_for_token(m, SYSTOLE_QUEUE_LOAD),
                           .store_busy = !store_idle(m), .store_token = waits_for_token(m, SYSTOLE_QUEUE_STORE),
                           .stall_empty = !walks && !compute, .stall_token = compute};
}

static void count_levels(struct timing *m, const struct levels *l, uint64_t cycles)
{
    uint64_t *c = m->counter;
    c[SYSTOLE_CNT_CYCLES] += cycles;
    c[SYSTOLE_CNT_LOAD_BUSY] += l->load_busy * cycles;
    c[SYSTOLE_CNT_LOAD_TOKEN] += l->load_token * cycles;
    c[SYSTOLE_CNT_STORE_BUSY] += l->store_busy * cycles;
    c[SYSTOLE_CNT_STORE_TOKEN] += l->store_token * cycles;
    c[SYSTOLE_CNT_STALL_EMPTY] += l->stall_empty * cycles;
    c[SYSTOLE_CNT_STALL_TOKEN] += l->stall_token * cycles;
}

/* What happens in this cycle alone. */
static void count_moves(struct timing *m)
{
    uint64_t *c = m->counter;
    c[SYSTOLE_CNT_LOAD_BANK] += !m->wire.l_ready;
    c[SYSTOLE_CNT_STORE_BANK] += m->wire.store_waits;
    if (m->load.beat) {
        c[SYSTOLE_CNT_READ_BEATS]++;
        c[SYSTOLE_CNT_READ_BYTES] += m->load.beat_bytes;
    }
    if (m->store.write.beat) {
        c[SYSTOLE_CNT_WRITE_BEATS]++;
        c[SYSTOLE_CNT_WRITE_BYTES] += m->store.write.beat_bytes;
    }
}

static void end_events(struct timing *m)
{
    for (uint32_t i = 0; i < m->ended_count; i++) {
        uint64_t *counter = m->event[m->ended[i]].counter;
        memcpy(counter, m->counter, sizeof m->counter);
        matmul_count(m, m->now + 1, counter);
    }
    m->ended_count = 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t next_cycle(const struct timing *m, uint64_t until)
{
    uint64_t next = least(timing_memory_wake(m), front_wake(m));
    next = least(next, store_wake(m));
    next = least(next, matmul_wake(m));
    if (m->watchdog > m->now)
        next = least(next, m->watchdog);
    return least(next, until);
}

static void step(struct timing *m, uint64_t until)
{
    load_wires(m);
    store_wires(m);
    bus_wires(m);
    front_wires(m);
    const struct levels levels = look(m);
    count_moves(m);
    bool moved = control_edge(m);
    moved |= timing_memory_edge(m);
    moved |= load_edge(m);
    moved |= store_edge(m);
    if (m->wire.start[SYSTOLE_QUEUE_COMPUTE]) {
        const struct timing_queue *q = &m->queue[SYSTOLE_QUEUE_COMPUTE];
        matmul_accept(m, &q->waiting[q->w_head % TIMING_ROOM]);
    }
    moved |= front_edge(m);
    count_levels(m, &levels, 1);
    if (m->ended_count != 0)
        end_events(m);
    const uint64_t next = moved ? m->now + 1 : next_cycle(m, until);
    if (!m->control.over)
        count_levels(m, &levels, next - m->now - 1);
    m->now = next;
    matmul_retire(m);
}

bool timing_run(struct timing *m, uint64_t until)
{
    while (!m->control.over && m->now < until && !m->matmul.failed)
        step(m, until);
    return m->control.over;
}

void timing_stop(struct timing *m, uint64_t cycles)
{
    if (timing_run(m, cycles))
        return;
    m->control.over = true;
    m->cycles = cycles;
}

void timing_counters(struct timing *m, uint64_t counter[SYSTOLE_COUNTER_COUNT])
{
    memcpy(counter, m->counter, sizeof m->counter);
    matmul_count(m, m->control.over ? m->cycles : m->now, counter);
}
