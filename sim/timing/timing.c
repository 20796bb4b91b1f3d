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
    if (c->post_latency < 1 || c->post_latency > 7)
        return "post_latency is 1 to 7";
    if (!is_power(c->post_lanes) || c->post_lanes > c->cols || (c->post_latency == 1 && c->post_lanes != c->cols))
        return "post_lanes is a power of two, at most the columns, and no fewer with a post_latency of 1";
    if (c->lane_taps < 1 || c->lane_taps > 8)
        return "lane_taps is 1 to 8";
    if (c->parity > 1)
        return "parity is 0 or 1";
    return NULL;
}

/* ---- a run ---- */

void timing_begin(struct timing *m, uint64_t origin)
{
    m->now = 0;
    m->cycles = 0;
    memset(&m->wire, 0, sizeof m->wire);
    memset(m->counter, 0, sizeof m->counter);
    m->store_shot.words = m->page_shot.words = 0;
    for (unsigned i = 0; i < STORE_PERIODS; i++)
        m->store_period[i].traits[0] = 0;
    for (unsigned i = 0; i < STORE_KNOWN; i++)
        m->store_known[i].shape[0] = 0;
    m->level = 0;
    m->level_from = 0;
    m->front_on = m->load_on = true;
    m->front_next = m->memory_next = 0;
    m->stepped = TIMING_NEVER;
    m->settled = 0;
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
    struct timing_wires *w = &m->wire;
    w->load_ar = w->fetch_ar = false;
    if (m->fetch.ar_valid || m->load.ar_valid) {
        const bool load_turn = m->ar_held ? m->ar_held_load : !m->fetch.ar_valid;
        const bool valid = load_turn ? m->load.ar_valid : m->fetch.ar_valid;
        w->load_ar = valid && load_turn && b->ar_ready;
        w->fetch_ar = valid && !load_turn && b->ar_ready;
        m->ar_held = valid && !b->ar_ready;
        m->ar_held_load = load_turn;
    }
    w->r_fire = b->r_valid && m->load.beats != 2;
    w->load_r = w->r_fire && b->r_id;
    w->fetch_r = w->r_fire && !b->r_id;
    w->r_failed = b->r_failed;
}

static void load_wires(struct timing *m)
{
    const struct load_pack *k = &m->load.pack;
    m->wire.l_ready = !k->wr_valid || k->wr_mem != SYSTOLE_MEM_ACC ||
                      !matmul_writes_acc(m, timing_bank(k->wr_addr / (4 * m->c.cols), m->c.acc_rows, m->c.acc_banks));
}

/* ---- counters ---- */

/* What holds as long as nothing moves, a bit each. */
enum level { LOAD_BUSY = 1, LOAD_TOKEN = 2, STORE_TOKEN = 4, STALL_EMPTY = 8, STALL_TOKEN = 16 };

static const uint8_t level_counter[] = {SYSTOLE_CNT_LOAD_BUSY, SYSTOLE_CNT_LOAD_TOKEN, SYSTOLE_CNT_STORE_TOKEN, SYSTOLE_CNT_STALL_EMPTY,
                                        SYSTOLE_CNT_STALL_TOKEN};

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

/* Levels that follow from the queues and from what the walker of MATMUL does. */
static uint32_t front_levels(const struct timing *m)
{
    const bool compute = waits_for_token(m, SYSTOLE_QUEUE_COMPUTE);
    uint32_t level = matmul_walks(m, m->now) ? 0 : compute ? STALL_TOKEN : STALL_EMPTY;
    level |= waits_for_token(m, SYSTOLE_QUEUE_LOAD) ? LOAD_TOKEN : 0;
    return level | (waits_for_token(m, SYSTOLE_QUEUE_STORE) ? STORE_TOKEN : 0);
}

/* Adds the cycles before `until` in which the levels were what they are. */
static void add_levels(const struct timing *m, uint64_t until, uint64_t counter[SYSTOLE_COUNTER_COUNT])
{
    const uint64_t cycles = until - m->level_from;
    counter[SYSTOLE_CNT_CYCLES] += cycles;
    for (uint32_t left = m->level; left != 0; left &= left - 1)
        counter[level_counter[__builtin_ctz(left)]] += cycles;
}

static void count_levels(struct timing *m, bool front)
{
    uint32_t level = front ? front_levels(m) : m->level & ~(uint32_t)LOAD_BUSY;
    level |= load_idle(&m->load) ? 0 : LOAD_BUSY;
    if (level == m->level)
        return;
    add_levels(m, m->now, m->counter);
    m->level = level;
    m->level_from = m->now;
}

/* What happens in this cycle alone. */
static void count_moves(struct timing *m)
{
    uint64_t *c = m->counter;
    c[SYSTOLE_CNT_LOAD_BANK] += !m->wire.l_ready;
    if (m->load.beat) {
        c[SYSTOLE_CNT_READ_BEATS]++;
        c[SYSTOLE_CNT_READ_BYTES] += m->load.beat_bytes;
    }
}

static void read_counters(struct timing *m, uint64_t until, uint64_t counter[SYSTOLE_COUNTER_COUNT])
{
    memcpy(counter, m->counter, sizeof m->counter);
    add_levels(m, until, counter);
    matmul_count(m, until, counter);
    counter[SYSTOLE_CNT_STORE_BUSY] += m->store.busy ? until - m->store.busy_from : 0;
}

void timing_end_events(struct timing *m, uint64_t until)
{
    for (uint32_t i = 0; i < m->ended_count; i++)
        read_counters(m, until, m->event[m->ended[i]].counter);
    m->ended_count = 0;
}

/* ---- from one cycle to the next in which something moves ---- */

/* Whether fetch, decoder or queues may move in this cycle, or what they and the walker of MATMUL show changes. */
static bool front_is_on(const struct timing *m)
{
    return m->front_on || m->now >= m->front_next || m->load.done || m->wire.fetch_r || m->wire.fetch_ar;
}

static bool control_is_on(const struct timing *m)
{
    const bool may_end = m->decode.state >= DECODE_OFFER && m->store.used == 0 && load_idle(&m->load);
    return may_end || m->control.quiet != 0 || m->load.bus_error || m->store.any_failed ||
           (m->watchdog != 0 && m->now >= m->watchdog);
}

static void front_step(struct timing *m)
{
    const struct timing_queue *q = &m->queue[SYSTOLE_QUEUE_COMPUTE];
    if (m->wire.start[SYSTOLE_QUEUE_COMPUTE])
        matmul_accept(m, &q->waiting[q->w_head % TIMING_ROOM]);
    m->front_on |= front_edge(m);
    m->front_next = timing_least(front_wake(m), matmul_wake(m));
    matmul_retire(m);
}

static uint64_t next_cycle(const struct timing *m, uint64_t until)
{
    uint64_t next = timing_least(timing_least(m->memory_next, m->front_next), until);
    if (m->watchdog > m->now)
        next = timing_least(next, m->watchdog);
    return next;
}

static void reads_edge(struct timing *m)
{
    const struct timing_wires *w = &m->wire;
    if (m->now < m->memory_next && !w->r_fire && !w->fetch_ar && !w->load_ar)
        return;
    const bool moved = memory_read_edge(m);
    m->memory_next = moved ? m->now + 1 : memory_read_wake(m);
}

/* All but the store: its time goes on up to the present where it matters, and stands still elsewhere. */
static void step(struct timing *m, uint64_t until)
{
    struct timing_wires *w = &m->wire;
    load_wires(m);
    bus_wires(m);
    const bool front = front_is_on(m);
    if (front)
        front_wires(m);
    else
        memset(w->start, 0, sizeof w->start + sizeof w->done + sizeof w->sync);
    count_levels(m, front);
    count_moves(m);
    m->stepped = m->now;
    if (m->store.close != 0)
        m->pad = m->load.pack;
    m->front_on = false;
    bool moved = (front || control_is_on(m)) && control_edge(m);
    reads_edge(m);
    if (m->load_on || w->load_ar || w->load_r || w->start[SYSTOLE_QUEUE_LOAD])
        moved |= m->load_on = load_edge(m);
    if (front)
        front_step(m);
    if (m->want_events || m->store.close != 0)
        store_catch_up(m, m->now + 1);
    if (m->want_events)
        timing_end_events(m, m->now + 1);
    m->settled = m->now + 1;
    m->now = moved || m->front_on ? m->now + 1 : next_cycle(m, until);
    if (m->load_on && !m->stepping)
        m->settled = m->now += stream_skip(m, until);
}

/* Nothing but the store moves before the present cycle; where it does, what follows from it comes first. */
static void meet_store(struct timing *m)
{
    while (store_advance(m, m->now))
        if (m->store.now >= m->settled) {
            m->now = m->store.now;
            m->front_on = true;
            break;
        }
}

bool timing_run(struct timing *m, uint64_t until)
{
    while (!m->control.over && !m->matmul.failed) {
        if (store_matters(m))
            meet_store(m);
        if (m->now >= until)
            break;
        step(m, until);
    }
    store_catch_up(m, m->control.over ? m->cycles : m->now);
    return m->control.over;
}

bool timing_stop(struct timing *m, uint64_t cycles)
{
    if (timing_run(m, cycles) && m->cycles < cycles)
        return true;
    m->control.over = true;
    m->cycles = cycles;
    return false;
}

void timing_counters(struct timing *m, uint64_t counter[SYSTOLE_COUNTER_COUNT])
{
    read_counters(m, m->control.over ? m->cycles : m->now, counter);
}
