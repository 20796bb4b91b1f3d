/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the device, its queues and its tokens. */
#include "reference.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "random.h"
#include "reference_internal.h"

size_t ref_mem_size(const struct ref_caps *caps, unsigned mem)
{
    switch (mem) {
    case SYSTOLE_MEM_APAD:
        return caps->apad_bytes;
    case SYSTOLE_MEM_WPAD:
        return caps->wpad_bytes;
    case SYSTOLE_MEM_ACC:
        return (size_t)caps->acc_rows * caps->cols * 4;
    case SYSTOLE_MEM_PARAM:
        return (size_t)caps->param_rows * caps->cols * 4;
    case SYSTOLE_MEM_LUT:
        return SYSTOLE_LUT_BYTES;
    default:
        return 0;
    }
}

int ref_init(struct ref_machine *m, const struct ref_caps *caps)
{
    memset(m, 0, sizeof *m);
    m->caps = *caps;
    for (unsigned i = 0; i < REF_MEMS; i++) {
        m->mem[i] = calloc(1, ref_mem_size(caps, i));
        if (m->mem[i] == NULL) {
            ref_free(m);
            return -1;
        }
    }
    return 0;
}

void ref_free(struct ref_machine *m)
{
    for (unsigned i = 0; i < REF_MEMS; i++) {
        free(m->mem[i]);
        m->mem[i] = NULL;
    }
}

size_t ref_trace_words(const struct ref_machine *m)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < REF_MEMS; i++) {
        bytes += ref_mem_size(&m->caps, i);
    }
    for (unsigned i = 0; i < m->regions; i++) {
        bytes += m->region[i].size;
    }
    return (bytes + 63) / 64;
}

void ref_trace_clear(struct ref_trace *t)
{
    memset(t->read, 0, t->words * sizeof *t->read);
    memset(t->write, 0, t->words * sizeof *t->write);
    t->lo = t->words;
    t->hi = 0;
    t->twice = false;
}

static void note(struct ref_trace *t, size_t at, size_t size, bool write)
{
    for (size_t i = at; i < at + size; i++) {
        uint64_t *word = write ? &t->write[i / 64] : &t->read[i / 64];
        const uint64_t bit = 1ull << (i % 64);
        if (write && (*word & bit) != 0) {
            t->twice = true;
        }
        *word |= bit;
        t->lo = i / 64 < t->lo ? i / 64 : t->lo;
        t->hi = i / 64 + 1 > t->hi ? i / 64 + 1 : t->hi;
    }
}

uint8_t *ref_mem_at(struct ref_machine *m, unsigned mem, int64_t offset, size_t size, bool write)
{
    if (m->trace != NULL) {
        size_t base = 0;
        for (unsigned i = 0; i < mem; i++) {
            base += ref_mem_size(&m->caps, i);
        }
        note(m->trace, base + (size_t)offset, size, write);
    }
    return m->mem[mem] + offset;
}

uint8_t *ref_dram_at(struct ref_machine *m, unsigned window, int64_t offset, size_t size, bool write)
{
    const uint64_t addr = m->window[window].base + (uint64_t)offset;
    size_t base = 0;
    for (unsigned i = 0; i < REF_MEMS; i++) {
        base += ref_mem_size(&m->caps, i);
    }
    for (unsigned i = 0; i < m->regions; i++) {
        const struct ref_region *r = &m->region[i];
        if (addr >= r->addr && addr - r->addr < r->size && size <= r->size - (addr - r->addr)) {
            if (m->trace != NULL) {
                note(m->trace, base + (size_t)(addr - r->addr), size, write);
            }
            return r->host + (addr - r->addr);
        }
        base += r->size;
    }
    m->bus_fault = true;
    return NULL;
}

uint32_t ref_get(const uint8_t *p, unsigned size)
{
    uint32_t v = 0;
    for (unsigned i = 0; i < size; i++) {
        v |= (uint32_t)p[i] << (8 * i);
    }
    return v;
}

void ref_put(uint8_t *p, unsigned size, uint32_t v)
{
    for (unsigned i = 0; i < size; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

void ref_execute(struct ref_machine *m, const uint32_t *insn)
{
    switch (SYSTOLE_GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_SYNC:
        m->counter[SYSTOLE_CNT_INSN_SYNC]++;
        break;
    case SYSTOLE_OP_LOAD:
        ref_load(m, insn);
        m->counter[SYSTOLE_CNT_INSN_LOAD]++;
        break;
    case SYSTOLE_OP_FILL:
        ref_fill(m, insn);
        m->counter[SYSTOLE_CNT_INSN_FILL]++;
        break;
    case SYSTOLE_OP_MATMUL:
        ref_matmul(m, insn);
        m->counter[SYSTOLE_CNT_INSN_MATMUL]++;
        break;
    case SYSTOLE_OP_STORE:
        ref_store(m, insn);
        m->counter[SYSTOLE_CNT_INSN_STORE]++;
        break;
    default:
        break;
    }
}

struct queued {
    uint32_t index;
    uint32_t insn[SYSTOLE_INSN_WORDS];
};

/* What lives during one run only. */
struct run {
    struct queued queue[SYSTOLE_QUEUES][SYSTOLE_QUEUE_DEPTH];
    unsigned count[SYSTOLE_QUEUES];
    uint32_t next; /* index of the next instruction to fetch */
    bool fetching;
    struct rng rng;
};

static void fail(struct ref_machine *m, uint32_t status, uint32_t index)
{
    m->status = status;
    m->error_index = index;
}

/* Reads the next instruction. False when fetching is over, with the error noted. */
static bool fetch(struct ref_machine *m, uint32_t index, uint32_t *insn)
{
    if (((uint64_t)index + 1) * SYSTOLE_INSN_BYTES > m->window[0].size) {
        fail(m, SYSTOLE_ERR_PROGRAM_END, index);
        return false;
    }
    struct ref_trace *const trace = m->trace;
    m->trace = NULL; /* fetching is no access of an instruction */
    const uint8_t *p = ref_dram_at(m, 0, (int64_t)index * SYSTOLE_INSN_BYTES, SYSTOLE_INSN_BYTES, false);
    m->trace = trace;
    if (p == NULL) {
        fail(m, SYSTOLE_ERR_BUS_READ, index);
        return false;
    }
    for (unsigned w = 0; w < SYSTOLE_INSN_WORDS; w++) {
        insn[w] = ref_get(p + 4 * w, 4);
    }
    return true;
}

static void fetch_all(struct ref_machine *m, struct run *r)
{
    while (r->fetching) {
        struct queued q = {.index = r->next};
        if (!fetch(m, r->next, q.insn)) {
            r->fetching = false;
            return;
        }
        const uint32_t error = ref_check(m, q.insn);
        if (error != SYSTOLE_ERR_OK) {
            fail(m, error, r->next);
            r->fetching = false;
            return;
        }
        const int queue = insn_queue(q.insn);
        if (queue < 0) {
            r->fetching = false; /* END */
            return;
        }
        if (r->count[queue] == SYSTOLE_QUEUE_DEPTH) {
            return;
        }
        r->queue[queue][r->count[queue]++] = q;
        r->next++;
    }
}

static bool ready(const struct ref_machine *m, const struct run *r, unsigned queue)
{
    if (r->count[queue] == 0) {
        return false;
    }
    const uint32_t waits = SYSTOLE_GET(r->queue[queue][0].insn, ANY, wait);
    for (unsigned t = 0; t < SYSTOLE_TOKENS; t++) {
        if (((waits >> t) & 1u) != 0 && m->token[t] == 0) {
            return false;
        }
    }
    return true;
}

static void step(struct ref_machine *m, struct run *r, unsigned queue)
{
    const struct queued q = r->queue[queue][0];
    r->count[queue]--;
    memmove(&r->queue[queue][0], &r->queue[queue][1], r->count[queue] * sizeof q);
    const uint32_t waits = SYSTOLE_GET(q.insn, ANY, wait);
    const uint32_t signals = SYSTOLE_GET(q.insn, ANY, signal);
    for (unsigned t = 0; t < SYSTOLE_TOKENS; t++) {
        m->token[t] -= (waits >> t) & 1u;
    }
    ref_execute(m, q.insn);
    if (m->bus_fault) {
        const bool store = queue == SYSTOLE_QUEUE_STORE;
        fail(m, store ? SYSTOLE_ERR_BUS_WRITE : SYSTOLE_ERR_BUS_READ, q.index);
        return;
    }
    for (unsigned t = 0; t < SYSTOLE_TOKENS; t++) {
        m->token[t] += (signals >> t) & 1u;
    }
    if (m->observe != NULL) {
        m->observe(m->user, q.index, q.insn);
    }
}

/* Lets one queue move. False when none can. */
static bool move(struct ref_machine *m, struct run *r)
{
    static const uint8_t orders[6][SYSTOLE_QUEUES] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const uint8_t *order = orders[m->schedule < 6 ? m->schedule : rng_below(&r->rng, 6)];
    for (unsigned i = 0; i < SYSTOLE_QUEUES; i++) {
        if (ready(m, r, order[i])) {
            step(m, r, order[i]);
            return true;
        }
    }
    return false;
}

void ref_run(struct ref_machine *m)
{
    struct run r = {.fetching = true, .rng = {m->schedule}};
    memset(m->token, 0, sizeof m->token);
    memset(m->counter, 0, sizeof m->counter);
    m->bus_fault = false;
    fail(m, SYSTOLE_ERR_OK, 0);
    if (m->window[0].base % SYSTOLE_WINDOW_ALIGN != 0) {
        fail(m, SYSTOLE_ERR_BAD_WINDOW, 0);
        return;
    }
    do {
        fetch_all(m, &r);
    } while (!m->bus_fault && move(m, &r));
    if (m->status != SYSTOLE_ERR_OK) {
        return;
    }
    uint32_t lowest = UINT32_MAX;
    for (unsigned q = 0; q < SYSTOLE_QUEUES; q++) {
        if (r.count[q] != 0 && r.queue[q][0].index < lowest) {
            lowest = r.queue[q][0].index;
        }
    }
    if (lowest != UINT32_MAX) {
        fail(m, SYSTOLE_ERR_DEADLOCK, lowest);
    }
}
