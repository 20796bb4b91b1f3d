/* SPDX-License-Identifier: Apache-2.0 */
#include "analyse.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"

enum { MOST_COST = 400000 };

int trace_init(struct ref_trace *t, const struct ref_machine *m)
{
    t->words = ref_trace_words(m);
    t->read = calloc(t->words, sizeof *t->read);
    t->write = calloc(t->words, sizeof *t->write);
    t->lo = t->words;
    t->hi = 0;
    t->twice = false;
    if (t->read == NULL || t->write == NULL) {
        trace_free(t);
        return -1;
    }
    return 0;
}

void trace_free(struct ref_trace *t)
{
    free(t->read);
    free(t->write);
    t->read = NULL;
    t->write = NULL;
}

static void trace_reset(struct ref_trace *t)
{
    if (t->lo < t->hi) {
        memset(t->read + t->lo, 0, (t->hi - t->lo) * sizeof *t->read);
        memset(t->write + t->lo, 0, (t->hi - t->lo) * sizeof *t->write);
    }
    t->lo = t->words;
    t->hi = 0;
    t->twice = false;
}

int footprint_take(struct footprint *f, struct ref_trace *t)
{
    const size_t words = t->lo < t->hi ? t->hi - t->lo : 0;
    f->lo = words != 0 ? t->lo : 0;
    f->hi = f->lo + words;
    f->bits = malloc((2 * words + 1) * sizeof *f->bits);
    if (f->bits == NULL) {
        return -1;
    }
    if (words != 0) {
        memcpy(f->bits, t->read + t->lo, words * sizeof *f->bits);
        memcpy(f->bits + words, t->write + t->lo, words * sizeof *f->bits);
    }
    trace_reset(t);
    return 0;
}

void footprint_free(struct footprint *f)
{
    free(f->bits);
    f->bits = NULL;
}

bool footprint_conflict(const struct footprint *a, const struct footprint *b)
{
    const size_t lo = a->lo > b->lo ? a->lo : b->lo;
    const size_t hi = a->hi < b->hi ? a->hi : b->hi;
    for (size_t i = lo; i < hi; i++) {
        const uint64_t ar = a->bits[i - a->lo];
        const uint64_t aw = a->bits[i - a->lo + (a->hi - a->lo)];
        const uint64_t br = b->bits[i - b->lo];
        const uint64_t bw = b->bits[i - b->lo + (b->hi - b->lo)];
        if (((aw & (br | bw)) | (ar & bw)) != 0) {
            return true;
        }
    }
    return false;
}

bool self_conflict(const uint32_t *insn, const struct ref_trace *t)
{
    if (SYSTOLE_GET(insn, ANY, opcode) == SYSTOLE_OP_MATMUL) {
        return false; /* goes through its rows of ACC again and again, in order */
    }
    if (t->twice) {
        return true;
    }
    if (SYSTOLE_GET(insn, ANY, opcode) != SYSTOLE_OP_STORE) {
        return false;
    }
    const uint32_t out = SYSTOLE_GET(insn, STORE, out);
    const bool wide_res = SYSTOLE_GET(insn, STORE, res) == SYSTOLE_RES_BF16;
    if (SYSTOLE_GET(insn, STORE, r_base) == SYSTOLE_GET(insn, STORE, dst_lo) &&
        SYSTOLE_GET(insn, STORE, r_sn) == SYSTOLE_GET(insn, STORE, d_sn) &&
        SYSTOLE_GET(insn, STORE, r_sp) == SYSTOLE_GET(insn, STORE, d_sp) &&
        SYSTOLE_GET(insn, STORE, r_sq) == SYSTOLE_GET(insn, STORE, d_sq) &&
        wide_res == (out == SYSTOLE_OUT_BF16)) {
        return false; /* in place: every element reads and writes its own bytes */
    }
    for (size_t i = t->lo; i < t->hi; i++) {
        if ((t->read[i] & t->write[i]) != 0) {
            return true;
        }
    }
    return false;
}

/* One run of the reference, watched. */
struct watch {
    const struct fuzz_case *c;
    struct ref_machine m;
    struct ref_trace trace;
    struct footprint print[CASE_INSNS];
    bool done[CASE_INSNS];
    uint32_t known[CASE_INSNS][SYSTOLE_QUEUES]; /* instructions of a queue below this index are complete before it */
    uint32_t last[SYSTOLE_QUEUES];              /* index + 1 of the queue's latest */
    uint32_t waits[SYSTOLE_TOKENS];             /* taken so far */
    bool bad;                                   /* no memory, or one that conflicts with itself */
};

/* The instruction that gives token t for the k-th time, if all that give it stand in one queue; else -1. */
static int giver(const struct watch *w, unsigned t, uint32_t k)
{
    int queue = -1;
    int found = -1;
    for (uint32_t i = 0; i < w->c->count; i++) {
        const uint32_t *insn = w->c->insn[i];
        if (((SYSTOLE_GET(insn, ANY, signal) >> t) & 1u) == 0 || insn_queue(insn) < 0) {
            continue;
        }
        if (queue >= 0 && queue != insn_queue(insn)) {
            return -1;
        }
        queue = insn_queue(insn);
        if (k-- == 0) {
            found = (int)i;
        }
    }
    return found;
}

static void join(struct watch *w, uint32_t index, uint32_t before)
{
    const int queue = insn_queue(w->c->insn[before]);
    for (unsigned q = 0; q < SYSTOLE_QUEUES; q++) {
        uint32_t known = w->known[before][q];
        if ((int)q == queue && known < before + 1) {
            known = before + 1;
        }
        if (w->known[index][q] < known) {
            w->known[index][q] = known;
        }
    }
}

static void watched(void *user, uint32_t index, const uint32_t *insn)
{
    struct watch *w = user;
    if (index >= CASE_INSNS) {
        w->bad = true;
        return;
    }
    const int queue = insn_queue(insn);
    if (self_conflict(insn, &w->trace) || footprint_take(&w->print[index], &w->trace) != 0) {
        w->bad = true;
        trace_reset(&w->trace);
    }
    w->done[index] = true;
    if (w->last[queue] != 0) {
        join(w, index, w->last[queue] - 1);
    }
    w->last[queue] = index + 1;
    for (unsigned t = 0; t < SYSTOLE_TOKENS; t++) {
        if (((SYSTOLE_GET(insn, ANY, wait) >> t) & 1u) != 0) {
            const int from = giver(w, t, w->waits[t]++);
            if (from >= 0 && w->done[from]) {
                join(w, index, (uint32_t)from);
            }
        }
    }
}

static bool ordered(const struct watch *w, uint32_t i, uint32_t j)
{
    const int qi = insn_queue(w->c->insn[i]);
    const int qj = insn_queue(w->c->insn[j]);
    return qi == qj || w->known[j][qi] > i || w->known[i][qj] > j;
}

static bool racing(const struct watch *w)
{
    for (uint32_t i = 0; i < w->c->count; i++) {
        for (uint32_t j = i + 1; w->done[i] && j < w->c->count; j++) {
            if (w->done[j] && !ordered(w, i, j) && footprint_conflict(&w->print[i], &w->print[j])) {
                return true;
            }
        }
    }
    return false;
}

/* True when something was stored over the program. */
static bool rewritten(const struct watch *w)
{
    for (uint32_t i = 0; i < w->c->count; i++) {
        for (unsigned word = 0; word < SYSTOLE_INSN_WORDS; word++) {
            const uint64_t at = (w->m.window[0].base & ~63ull) + i * SYSTOLE_INSN_BYTES + word * 4u - w->m.region[0].addr;
            if (at + 4 <= w->m.region[0].size) {
                const uint8_t *p = w->m.region[0].host + at;
                const uint32_t v = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
                if (v != w->c->insn[i][word]) {
                    return true;
                }
            }
        }
    }
    return false;
}

static bool too_long(const struct watch *w)
{
    wide cost = 0;
    for (uint32_t i = 0; i < w->c->count; i++) {
        if (ref_check(&w->m, w->c->insn[i]) == SYSTOLE_ERR_OK) {
            cost += ref_cost(&w->c->caps, w->c->insn[i]);
        }
    }
    return cost > MOST_COST;
}

enum case_level case_analyse(const struct fuzz_case *c)
{
    enum case_level level = LEVEL_NOTHING;
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return level;
    }
    w->c = c;
    if (case_machine(c, &w->m) == 0) {
        if (!too_long(w) && trace_init(&w->trace, &w->m) == 0) {
            w->m.trace = &w->trace;
            w->m.observe = watched;
            w->m.user = w;
            ref_run(&w->m);
            if (!w->m.bus_fault && !rewritten(w)) {
                level = w->bad || racing(w) ? LEVEL_STATUS : LEVEL_ALL;
            }
        }
        for (uint32_t i = 0; i < CASE_INSNS; i++) {
            footprint_free(&w->print[i]);
        }
        trace_free(&w->trace);
        case_machine_free(&w->m);
    }
    free(w);
    return level;
}
