/* SPDX-License-Identifier: Apache-2.0 */
/* A program: windows, a list of random instructions, and the tokens that order all that conflicts. */
#include "generate.h"

#include <stdlib.h>
#include <string.h>

#include "analyse.h"
#include "fields.h"

enum { PROGRAM_BYTES = CASE_INSNS * SYSTOLE_INSN_BYTES };

/* The state of making one program. */
struct maker_state {
    struct fuzz_case *c;
    struct rng rng;
    struct hot hot;
    struct ref_machine m; /* runs along, so that each instruction's footprint is known */
    struct ref_trace trace;
    struct footprint print[CASE_INSNS];
    uint32_t known[CASE_INSNS][SYSTOLE_QUEUES]; /* instructions of a queue below this index are complete before it */
    uint32_t last[SYSTOLE_QUEUES];              /* index + 1 of the queue's latest */
    uint32_t budget;
};

static int copy_program(const struct fuzz_case *c, struct ref_machine *m)
{
    const uint64_t at = (m->window[0].base & ~63ull) - m->region[0].addr;
    for (uint32_t i = 0; i < c->count; i++) {
        for (uint32_t b = 0; b < SYSTOLE_INSN_BYTES; b++) {
            m->region[0].host[at + i * SYSTOLE_INSN_BYTES + b] = (uint8_t)(c->insn[i][b / 4] >> (8 * (b % 4)));
        }
    }
    return 0;
}

int case_machine(const struct fuzz_case *c, struct ref_machine *m)
{
    struct rng r = {c->seed ^ 0x5eedda7aull};
    if (ref_init(m, &c->caps) != 0) {
        return -1;
    }
    for (unsigned i = 0; i < REF_MEMS; i++) {
        data_fill(&r, m->mem[i], ref_mem_size(&c->caps, i), c->fp);
    }
    for (unsigned i = 0; i < CASE_REGIONS; i++) {
        m->region[i].addr = c->region_addr[i];
        m->region[i].size = c->region_size[i];
        m->region[i].host = aligned_alloc(64, c->region_size[i]);
        if (m->region[i].host == NULL) {
            case_machine_free(m);
            return -1;
        }
        data_fill(&r, m->region[i].host, c->region_size[i], c->fp);
    }
    m->regions = CASE_REGIONS;
    memcpy(m->window, c->window, sizeof m->window);
    return copy_program(c, m);
}

void case_machine_free(struct ref_machine *m)
{
    for (unsigned i = 0; i < REF_REGIONS; i++) {
        free(m->region[i].host);
        m->region[i].host = NULL;
    }
    ref_free(m);
}

/* Memory at two places, and windows upon it: tight to the byte, overlapping, or reaching far below. */
static void choose_windows(struct fuzz_case *c, struct rng *r, bool far_too)
{
    for (unsigned i = 0; i < CASE_REGIONS; i++) {
        c->region_size[i] = CASE_REGION_BYTES - 64 * rng_below(r, 64);
        c->region_addr[i] = ((1ull << 40) + ((rng_next(r) & 0xffffffffffull) << i)) & ~63ull;
        if (i == 0 && rng_percent(r, 50)) {
            c->region_addr[i] = (rng_next(r) & 0x7fffffffull) & ~63ull;
        }
    }
    const uint32_t program = 64 * rng_below(r, 40);
    c->window[0].base = c->region_addr[0] + program;
    c->window[0].size = PROGRAM_BYTES;
    c->live_lo[0] = program;
    c->live_hi[0] = program + 8 * SYSTOLE_INSN_BYTES;
    for (unsigned i = 1; i < SYSTOLE_WINDOWS; i++) {
        const uint32_t region = rng_below(r, CASE_REGIONS);
        const uint32_t first = region == 0 ? program + PROGRAM_BYTES : 0;
        const uint32_t size = c->region_size[region];
        const uint32_t lo = (first + rng_below(r, size - first - 4096)) & ~63u;
        const uint32_t hi = rng_percent(r, 25) ? size : lo + 64 + rng_below(r, size - lo - 63);
        const uint64_t reach = region == 1 && rng_percent(r, 30) ? 64ull * (rng_next(r) & 0x1ffffffff) : 0;
        const uint64_t far = far_too ? reach : 0;
        c->live_region[i] = region;
        c->live_lo[i] = lo;
        c->live_hi[i] = hi;
        c->window[i].base = c->region_addr[region] + lo - far;
        c->window[i].size = hi - lo + far;
    }
}

static uint32_t choose_opcode(struct rng *r)
{
    const uint32_t dice = rng_below(r, 100);
    if (dice < 30) {
        return SYSTOLE_OP_LOAD;
    }
    if (dice < 40) {
        return SYSTOLE_OP_FILL;
    }
    if (dice < 70) {
        return SYSTOLE_OP_MATMUL;
    }
    return dice < 93 ? SYSTOLE_OP_STORE : SYSTOLE_OP_SYNC;
}

/* Notes that `before` is complete when `index` starts, and all that was complete before it. */
static void learn(struct maker_state *s, uint32_t index, uint32_t before)
{
    const int queue = insn_queue(s->c->insn[before]);
    for (unsigned q = 0; q < SYSTOLE_QUEUES; q++) {
        uint32_t known = s->known[before][q];
        if ((int)q == queue && known < before + 1) {
            known = before + 1;
        }
        if (s->known[index][q] < known) {
            s->known[index][q] = known;
        }
    }
}

/*
 * Makes `index` wait for `before`, an earlier instruction. Token 4 * waiter + giver belongs to this pair of queues alone and
 * each signal is waited for once, in order, so the k-th wait is met by the k-th signal.
 */
static void order(struct maker_state *s, uint32_t index, uint32_t before)
{
    uint32_t *later = s->c->insn[index];
    uint32_t *earlier = s->c->insn[before];
    const uint32_t token = SYSTOLE_TOKENS_PER_QUEUE * (uint32_t)insn_queue(later) + (uint32_t)insn_queue(earlier);
    SYSTOLE_PUT(later, ANY, wait, 1u << token);
    SYSTOLE_PUT(earlier, ANY, signal, 1u << token);
    learn(s, index, before);
}

/* Gives a new instruction the tokens it needs, and now and then one that it does not. */
static void order_all(struct maker_state *s, uint32_t index)
{
    const uint32_t *insn = s->c->insn[index];
    const uint32_t own = (uint32_t)insn_queue(insn);
    if (s->last[own] != 0) {
        learn(s, index, s->last[own] - 1);
    }
    for (uint32_t i = index; i-- > 0;) { /* the latest first: it may make the earlier ones needless */
        const uint32_t queue = (uint32_t)insn_queue(s->c->insn[i]);
        const uint32_t token = SYSTOLE_TOKENS_PER_QUEUE * own + queue;
        const bool free_token = ((SYSTOLE_GET(insn, ANY, wait) >> token) & 1u) == 0 &&
                                ((SYSTOLE_GET(s->c->insn[i], ANY, signal) >> token) & 1u) == 0;
        if (queue == own || s->known[index][queue] > i || !free_token) {
            continue;
        }
        if (footprint_conflict(&s->print[index], &s->print[i]) || rng_percent(&s->rng, 1)) {
            order(s, index, i);
        }
    }
    s->last[own] = index + 1;
    if (rng_percent(&s->rng, 5)) { /* a token that nobody takes */
        uint32_t *spare = s->c->insn[index];
        SYSTOLE_PUT(spare, ANY, signal, 1u << (SYSTOLE_TOKENS_PER_QUEUE * rng_below(&s->rng, 3) + 3));
    }
}

/* Appends one instruction. False when no memory is left. */
static bool append(struct maker_state *s)
{
    struct fuzz_case *c = s->c;
    uint32_t *insn = c->insn[c->count];
    const uint32_t share = s->budget / 3 < 64 ? 64 : s->budget / 3;
    if (!operation(&s->rng, &s->hot, c, choose_opcode(&s->rng), share, insn) ||
        ref_check(&s->m, insn) != SYSTOLE_ERR_OK) {
        return true; /* another time */
    }
    ref_trace_clear(&s->trace);
    ref_execute(&s->m, insn);
    if (self_conflict(insn, &s->trace)) {
        return true;
    }
    if (footprint_take(&s->print[c->count], &s->trace) != 0) {
        return false;
    }
    const uint32_t cost = (uint32_t)ref_cost(&c->caps, insn);
    s->budget = s->budget > cost ? s->budget - cost : 0;
    order_all(s, c->count);
    c->count++;
    return true;
}

static bool write_program(struct maker_state *s)
{
    const uint32_t most = rng_percent(&s->rng, 20) ? CASE_INSNS - 1 : rng_range(&s->rng, 2, 30);
    for (int tries = 0; tries < 300 && s->c->count < most && s->budget != 0; tries++) {
        if (!append(s)) {
            return false;
        }
    }
    SYSTOLE_PUT(s->c->insn[s->c->count], ANY, opcode, SYSTOLE_OP_END);
    s->c->count++;
    return true;
}

/* A flaw that leaves a program of bearable length. */
static void add_flaw(struct maker_state *s)
{
    struct fuzz_case *c = s->c;
    struct fuzz_case *sound = malloc(sizeof *sound);
    if (sound == NULL) {
        return;
    }
    *sound = *c;
    for (int tries = 0; tries < 20; tries++) {
        flaw_apply(c, &s->rng);
        c->level = case_analyse(c);
        if (c->level != LEVEL_NOTHING) {
            break;
        }
        *c = *sound;
    }
    free(sound);
}

int case_generate(struct fuzz_case *c, const struct ref_caps *caps, uint64_t seed, const struct case_options *options)
{
    int result = -1;
    memset(c, 0, sizeof *c);
    c->caps = *caps;
    c->seed = seed;
    c->flaw = "none";
    struct maker_state *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return -1;
    }
    s->c = c;
    s->rng.state = seed;
    c->fp = caps->has_fp && rng_percent(&s->rng, 60);
    c->again = rng_percent(&s->rng, 15);
    c->reset = rng_percent(&s->rng, 50);
    s->budget = rng_percent(&s->rng, 20) ? 8000 : rng_range(&s->rng, 500, 4000);
    hot_choose(&s->hot, &s->rng, caps);
    choose_windows(c, &s->rng, options->far);
    if (case_machine(c, &s->m) == 0 && trace_init(&s->trace, &s->m) == 0) {
        s->m.trace = &s->trace;
        if (write_program(s)) {
            const uint64_t tight = (uint64_t)c->count * SYSTOLE_INSN_BYTES;
            c->window[0].size = (tight < 1024 ? 1024 : tight) + (rng_percent(&s->rng, 50) ? 0 : rng_below(&s->rng, 200));
            c->level = LEVEL_ALL;
            if (rng_percent(&s->rng, options->flaws)) {
                add_flaw(s);
            }
            result = 0;
        }
    }
    trace_free(&s->trace);
    case_machine_free(&s->m);
    for (uint32_t i = 0; i < CASE_INSNS; i++) {
        footprint_free(&s->print[i]);
    }
    free(s);
    return result;
}
