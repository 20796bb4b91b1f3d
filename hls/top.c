/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fetch, queues, tokens. Every instruction runs whole as soon as it may: tokens only ever let one more start, so any order
 * that respects them and the queues ends in the same place, and a deadlock here is a deadlock on every device.
 */
#include "dram.h"

/* Between one instruction fetched and checked, and its place in a queue. */
struct fetch {
    uint32_t insn[SYSTOLE_INSN_WORDS];
    uint32_t index;   /* of insn, or of the next one when none is held */
    bool held;        /* insn waits for a place */
    bool over;        /* END, or an error */
    uint32_t checked; /* instructions checked so far */
};

static bool queue_ready(const struct systole_hls *s, uint32_t q)
{
    const struct systole_queue *queue = &s->queues[q];
    if (!queue->count)
        return false;
    const uint32_t wait = SYSTOLE_GET(queue->insn[queue->first], ANY, wait);
    bool ready = true;
    HLS_LABEL(tokens_there)
    for (uint32_t t = 0; t < SYSTOLE_TOKENS; t++)
        ready &= !((wait >> t) & 1u) || s->tokens[t] != 0;
    return ready;
}

static enum systole_error execute(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], DRAM_PORTS)
{
    enum systole_error error = SYSTOLE_ERR_OK;
    enum systole_counter counter = SYSTOLE_CNT_INSN_SYNC;
    switch (SYSTOLE_GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_LOAD:
        error = systole_hls_load(s, insn, DRAM_ARGS);
        counter = SYSTOLE_CNT_INSN_LOAD;
        break;
    case SYSTOLE_OP_FILL:
        error = systole_hls_fill(s, insn);
        counter = SYSTOLE_CNT_INSN_FILL;
        break;
    case SYSTOLE_OP_MATMUL:
        error = systole_hls_matmul(s, insn);
        counter = SYSTOLE_CNT_INSN_MATMUL;
        break;
    case SYSTOLE_OP_STORE:
        error = systole_hls_store(s, insn, DRAM_ARGS);
        counter = SYSTOLE_CNT_INSN_STORE;
        break;
    default:
        break;
    }
    s->counters[counter] += error == SYSTOLE_ERR_OK;
    return error;
}

/* Takes the first instruction out of its queue and runs it. */
static enum systole_error run_first(struct systole_hls *s, uint32_t q, uint32_t *index, DRAM_PORTS)
{
    struct systole_queue *queue = &s->queues[q];
    const uint32_t *insn = queue->insn[queue->first];
    const uint32_t wait = SYSTOLE_GET(insn, ANY, wait);
    const uint32_t give = SYSTOLE_GET(insn, ANY, signal);
    *index = queue->index[queue->first];
    HLS_LABEL(take)
    for (uint32_t t = 0; t < SYSTOLE_TOKENS; t++)
        s->tokens[t] -= (wait >> t) & 1u;
    if (systole_hls_work(s, 1))
        return SYSTOLE_ERR_WATCHDOG;
    const enum systole_error error = execute(s, insn, DRAM_ARGS);
    if (error != SYSTOLE_ERR_OK)
        return error;
    HLS_LABEL(give)
    for (uint32_t t = 0; t < SYSTOLE_TOKENS; t++)
        s->tokens[t] += (give >> t) & 1u;
    queue->first = (queue->first + 1) % SYSTOLE_QUEUE_DEPTH;
    queue->count--;
    return SYSTOLE_ERR_OK;
}

static void fetch_words(struct fetch *f, DRAM_PORTS)
{
    uint8_t line[DRAM_LINE_BYTES];
    dram_read(0, (uint64_t)f->index * SYSTOLE_INSN_BYTES, SYSTOLE_INSN_BYTES, line, DRAM_ARGS);
    HLS_LABEL(fetch_words)
    for (uint32_t w = 0; w < SYSTOLE_INSN_WORDS; w++)
        f->insn[w] = bytes_get32(line + 4 * w);
}

/* The next instruction, checked and held; BUS_READ is the caller's to act on at once, other errors end the fetching. */
static enum systole_error fetch_next(const struct systole_hls *s, struct fetch *f, DRAM_PORTS)
{
    const uint64_t end = ((uint64_t)f->index + 1) * SYSTOLE_INSN_BYTES;
    f->over = true;
    if (s->misaligned & 1u)
        return SYSTOLE_ERR_BAD_WINDOW;
    if (end > s->size[0])
        return SYSTOLE_ERR_PROGRAM_END;
    if (end - SYSTOLE_INSN_BYTES < s->mapped_from[0] || end > s->mapped[0])
        return SYSTOLE_ERR_BUS_READ;
    fetch_words(f, DRAM_ARGS);
    f->checked++;
    const enum systole_error error = systole_hls_check(s, f->insn);
    if (error == SYSTOLE_ERR_OK && SYSTOLE_GET(f->insn, ANY, opcode) != SYSTOLE_OP_END) {
        f->over = false;
        f->held = true;
    }
    return error;
}

/* False when the queue is full. */
static bool queue_put(struct systole_hls *s, struct fetch *f)
{
    struct systole_queue *queue = &s->queues[systole_hls_queue_of(f->insn)];
    if (queue->count == SYSTOLE_QUEUE_DEPTH)
        return false;
    const uint32_t at = (queue->first + queue->count) % SYSTOLE_QUEUE_DEPTH;
    HLS_LABEL(put_words)
    for (uint32_t w = 0; w < SYSTOLE_INSN_WORDS; w++)
        queue->insn[at][w] = f->insn[w];
    queue->index[at] = f->index++;
    queue->count++;
    f->held = false;
    return true;
}

/* The lowest index among the instructions that wait; false when none does. */
static bool lowest_waiting(const struct systole_hls *s, uint32_t *index)
{
    bool any = false;
    HLS_LABEL(lowest)
    for (uint32_t q = 0; q < SYSTOLE_QUEUES; q++) {
        const struct systole_queue *queue = &s->queues[q];
        if (!queue->count)
            continue;
        const uint32_t first = queue->index[queue->first];
        *index = any && *index < first ? *index : first;
        any = true;
    }
    return any;
}

static void begin_run(struct systole_hls *s)
{
    s->work = 0;
    HLS_LABEL(clear_counters)
    for (uint32_t i = 0; i < SYSTOLE_COUNTERS; i++)
        s->counters[i] = 0;
    HLS_LABEL(clear_tokens)
    for (uint32_t t = 0; t < SYSTOLE_TOKENS; t++)
        s->tokens[t] = 0;
    HLS_LABEL(clear_queues)
    for (uint32_t q = 0; q < SYSTOLE_QUEUES; q++) {
        s->queues[q].first = 0;
        s->queues[q].count = 0;
    }
}

/* Runs the first instruction of each queue that may start. BUS and WATCHDOG errors come back, with their index. */
static enum systole_error run_ready(struct systole_hls *s, bool *moved, uint32_t checked, uint32_t *index, DRAM_PORTS)
{
    HLS_LABEL(heads)
    for (uint32_t q = 0; q < SYSTOLE_QUEUES; q++) {
        if (!queue_ready(s, q))
            continue;
        *moved = true;
        const enum systole_error error = run_first(s, q, index, DRAM_ARGS);
        if (error == SYSTOLE_ERR_WATCHDOG)
            *index = checked;
        if (error != SYSTOLE_ERR_OK)
            return error;
    }
    return SYSTOLE_ERR_OK;
}

enum systole_error systole_hls_run(struct systole_hls *s, uint32_t *index, DRAM_PORTS)
{
    struct fetch f = {{0}, 0, false, false, 0};
    enum systole_error found = SYSTOLE_ERR_OK; /* by the fetching: stands until the queues have gone as far as they can */
    bool moved = true;
    begin_run(s);
    *index = 0;
    HLS_LABEL(run)
    while (moved) {
        uint32_t at = 0;
        moved = false;
        if (!f.over && !f.held) {
            moved = true;
            found = fetch_next(s, &f, DRAM_ARGS);
            *index = found == SYSTOLE_ERR_OK ? 0 : f.index;
            if (found == SYSTOLE_ERR_BUS_READ)
                return found;
        }
        if (f.held && queue_put(s, &f))
            moved = true;
        const enum systole_error stop = run_ready(s, &moved, f.checked, &at, DRAM_ARGS);
        if (stop != SYSTOLE_ERR_OK) {
            *index = at;
            return stop;
        }
    }
    if (found == SYSTOLE_ERR_OK && lowest_waiting(s, index))
        return SYSTOLE_ERR_DEADLOCK;
    return found;
}

#if defined(SYSTOLE_HLS_KERNEL)
/*
 * The entry point for synthesis: the arguments in the order of the register map (eight windows, eight sizes, the watchdog),
 * then the results. The adapter adds the bases, so their alignment is the host's to keep; it answers every access.
 */
#define KERNEL_SIZES                                                                                                   \
    uint64_t size0, uint64_t size1, uint64_t size2, uint64_t size3, uint64_t size4, uint64_t size5, uint64_t size6,    \
        uint64_t size7

void systole_hls_kernel(DRAM_PORTS, KERNEL_SIZES, uint64_t watchdog, uint64_t results[2 + SYSTOLE_COUNTERS]);

void systole_hls_kernel(DRAM_PORTS, KERNEL_SIZES, uint64_t watchdog, uint64_t results[2 + SYSTOLE_COUNTERS])
{
    HLS_AXI(win0, gmem)
    HLS_AXI(win1, gmem)
    HLS_AXI(win2, gmem)
    HLS_AXI(win3, gmem)
    HLS_AXI(win4, gmem)
    HLS_AXI(win5, gmem)
    HLS_AXI(win6, gmem)
    HLS_AXI(win7, gmem)
    HLS_CONTROL(size0)
    HLS_CONTROL(size1)
    HLS_CONTROL(size2)
    HLS_CONTROL(size3)
    HLS_CONTROL(size4)
    HLS_CONTROL(size5)
    HLS_CONTROL(size6)
    HLS_CONTROL(size7)
    HLS_CONTROL(watchdog)
    HLS_CONTROL(results)
    HLS_CONTROL(return)
    static struct systole_hls state; /* memories keep their contents from run to run */
    const uint64_t size[SYSTOLE_WINDOWS] = {size0, size1, size2, size3, size4, size5, size6, size7};
    uint32_t index = 0;
    HLS_LABEL(sizes)
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++) {
        state.size[w] = size[w];
        state.mapped_from[w] = 0;
        state.mapped[w] = size[w];
    }
    state.misaligned = 0;
    state.work_limit = watchdog;
    results[0] = (uint64_t)systole_hls_run(&state, &index, DRAM_ARGS);
    results[1] = index;
    HLS_LABEL(results)
    for (uint32_t c = 0; c < SYSTOLE_COUNTERS; c++)
        results[2 + c] = state.counters[c];
}
#endif
