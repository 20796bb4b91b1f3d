/* SPDX-License-Identifier: Apache-2.0 */
/* Deliberate errors, one a program. Some hit exactly the edge of what is legal, from either side. */
#include <string.h>

#include "fields.h"
#include "generate.h"

/* A view of the case that ref_check() takes: windows and sizes only. */
static void view(const struct fuzz_case *c, struct ref_machine *m)
{
    memset(m, 0, sizeof *m);
    m->caps = c->caps;
    memcpy(m->window, c->window, sizeof m->window);
}

static const struct field *random_field(struct rng *r, uint32_t opcode)
{
    const struct field *f;
    do {
        f = &field_table[rng_below(r, (uint32_t)field_count)];
    } while (!field_applies(f, opcode));
    return f;
}

static void flaw_reserved(uint32_t *insn, struct rng *r)
{
    uint32_t bit;
    do {
        bit = rng_below(r, SYSTOLE_INSN_BYTES * 8u);
    } while (((field_mask(SYSTOLE_GET(insn, ANY, opcode), bit / 32) >> (bit % 32)) & 1u) != 0);
    insn[bit / 32] |= 1u << (bit % 32);
}

static void flaw_field(uint32_t *insn, struct rng *r)
{
    const struct field *f = random_field(r, SYSTOLE_GET(insn, ANY, opcode));
    const uint32_t mask = SYSTOLE_MASK(f->width);
    const uint32_t values[] = {f->min - 1u, f->max + 1u, f->max, 0u, mask, (uint32_t)rng_next(r), 1u << (f->width - 1)};
    field_set(f, insn, values[rng_below(r, 7)]);
}

static void flaw_nudge(uint32_t *insn, struct rng *r)
{
    const struct field *f = random_field(r, SYSTOLE_GET(insn, ANY, opcode));
    const uint32_t by = 1u << rng_below(r, 7);
    field_set(f, insn, field_get(f, insn) + (rng_percent(r, 50) ? by : 0u - by));
}

static bool is_base(const struct field *f)
{
    static const char *const names[] = {"src_lo", "dst",    "dst_lo", "a_base", "w_base",
                                        "c_base", "s_base", "r_base", "bias"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(f->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Moves an address or a count up to the last legal value, or one unit past it. */
static void flaw_edge(const struct fuzz_case *c, uint32_t *insn, struct rng *r)
{
    struct ref_machine m;
    view(c, &m);
    const struct field *f = random_field(r, SYSTOLE_GET(insn, ANY, opcode));
    const bool address = rng_percent(r, 60);
    for (int tries = 0; (f->width < 16 || (address && !is_base(f))) && tries < 200; tries++) {
        f = random_field(r, SYSTOLE_GET(insn, ANY, opcode));
    }
    const uint32_t start = field_get(f, insn);
    const uint32_t sizes[] = {1, 2, 4, c->caps.rows, c->caps.cols, 2 * c->caps.cols, c->caps.word_bytes};
    const uint32_t unit = sizes[rng_below(r, 7)];
    uint32_t good = 0;
    uint32_t bad = 1;
    for (; bad < (1u << 26); bad *= 2) {
        field_set(f, insn, start + bad * unit);
        if (ref_check(&m, insn) != SYSTOLE_ERR_OK) {
            break;
        }
        good = bad;
    }
    while (bad - good > 1) {
        const uint32_t middle = good + (bad - good) / 2;
        field_set(f, insn, start + middle * unit);
        if (ref_check(&m, insn) == SYSTOLE_ERR_OK) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    field_set(f, insn, start + (rng_percent(r, 35) ? good : bad) * unit);
}

/* Makes the window of a LOAD or STORE just large enough, or a byte too small. */
static void flaw_window(struct fuzz_case *c, const uint32_t *insn, struct rng *r)
{
    const uint32_t opcode = SYSTOLE_GET(insn, ANY, opcode);
    const uint32_t w = opcode == SYSTOLE_OP_LOAD ? SYSTOLE_GET(insn, LOAD, window) : SYSTOLE_GET(insn, STORE, window);
    struct ref_machine m;
    view(c, &m);
    uint64_t bad = 0;
    uint64_t good = c->window[w].size;
    while (good - bad > 1) {
        m.window[w].size = bad + (good - bad) / 2;
        if (ref_check(&m, insn) == SYSTOLE_ERR_OK) {
            good = m.window[w].size;
        } else {
            bad = m.window[w].size;
        }
    }
    if (rng_percent(r, 10)) {
        bad = 0;
    }
    c->window[w].size = rng_percent(r, 40) ? good : bad;
}

static bool flaw_signal(struct fuzz_case *c, struct rng *r)
{
    for (int tries = 0; tries < 100; tries++) {
        uint32_t *insn = c->insn[rng_below(r, c->count)];
        const uint32_t bit = rng_below(r, SYSTOLE_TOKENS);
        if (((SYSTOLE_GET(insn, ANY, signal) >> bit) & 1u) != 0) {
            insn[SYSTOLE_F_ANY_signal_WORD] &= ~(1u << (bit + SYSTOLE_F_ANY_signal_LSB));
            return true;
        }
    }
    return false;
}

/* Cuts the program off; window 0 ends with it, give or take. */
static void flaw_no_end(struct fuzz_case *c, struct rng *r)
{
    c->count--;
    c->window[0].size = (uint64_t)c->count * SYSTOLE_INSN_BYTES + rng_below(r, SYSTOLE_INSN_BYTES);
}

static void flaw_tokens(struct fuzz_case *c, uint32_t *insn, struct rng *r)
{
    if (rng_percent(r, 25)) {
        insn = c->insn[c->count - 1]; /* END takes and gives none */
    }
    insn[SYSTOLE_F_ANY_wait_WORD] ^= 1u << (rng_below(r, SYSTOLE_TOKENS) + (rng_percent(r, 80) ? 0 : 16));
}

/*
 * A token that is given only after the waiter's queue has nearly filled up behind it. The queue holds the waiter and
 * QUEUE_DEPTH - 1 more: with one more between them the signal is never fetched.
 */
static bool flaw_late_signal(struct fuzz_case *c, struct rng *r)
{
    const uint32_t between = rng_range(r, SYSTOLE_QUEUE_DEPTH - 3, SYSTOLE_QUEUE_DEPTH + 1);
    const uint32_t at = rng_below(r, c->count);
    const uint32_t queue = rng_below(r, SYSTOLE_QUEUES);
    const uint32_t other = (queue + rng_range(r, 1, 2)) % SYSTOLE_QUEUES;
    const uint32_t token = 1u << (SYSTOLE_TOKENS_PER_QUEUE * queue + 3);
    const uint32_t more = between + 2;
    if (c->count + more > CASE_INSNS) {
        return false;
    }
    memmove(c->insn[at + more], c->insn[at], (c->count - at) * sizeof c->insn[0]);
    memset(c->insn[at], 0, more * sizeof c->insn[0]);
    for (uint32_t i = at; i < at + more; i++) {
        SYSTOLE_PUT(c->insn[i], ANY, opcode, SYSTOLE_OP_SYNC);
        SYSTOLE_PUT(c->insn[i], SYNC, queue, i == at + more - 1 ? other : queue);
    }
    SYSTOLE_PUT(c->insn[at], ANY, wait, token);
    SYSTOLE_PUT(c->insn[at + more - 1], ANY, signal, token);
    c->count += more;
    if (c->window[0].size < (uint64_t)c->count * SYSTOLE_INSN_BYTES) {
        c->window[0].size = (uint64_t)c->count * SYSTOLE_INSN_BYTES;
    }
    return true;
}

void flaw_apply(struct fuzz_case *c, struct rng *r)
{
    static const char *const names[] = {"opcode", "reserved bit", "field", "nudge", "edge", "window size",
                                        "no END", "no signal", "bit flip", "window base", "tokens", "late signal"};
    static const uint8_t kinds[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11};
    uint32_t *insn = c->insn[rng_below(r, c->count)];
    uint32_t kind = kinds[rng_below(r, sizeof kinds)];
    const uint32_t opcode = SYSTOLE_GET(insn, ANY, opcode);
    if (kind == 5 && opcode != SYSTOLE_OP_LOAD && opcode != SYSTOLE_OP_STORE) {
        kind = 4;
    }
    if (kind == 7 && !flaw_signal(c, r)) {
        kind = 8;
    }
    if (kind == 11 && !flaw_late_signal(c, r)) {
        kind = 8;
    }
    c->flaw = names[kind];
    switch (kind) {
    case 0:
        insn[0] = (insn[0] & ~0xffu) | (rng_percent(r, 30) ? 0 : rng_range(r, SYSTOLE_OP_STORE + 1, 255));
        break;
    case 1:
        flaw_reserved(insn, r);
        break;
    case 2:
        flaw_field(insn, r);
        break;
    case 3:
        flaw_nudge(insn, r);
        break;
    case 4:
        flaw_edge(c, insn, r);
        break;
    case 5:
        flaw_window(c, insn, r);
        break;
    case 6:
        flaw_no_end(c, r);
        break;
    case 8:
        insn[rng_below(r, rng_percent(r, 50) ? 2 : SYSTOLE_INSN_WORDS)] ^= 1u << rng_below(r, 32);
        break;
    case 9:
        c->window[rng_below(r, SYSTOLE_WINDOWS)].base += rng_range(r, 1, 63);
        break;
    case 10:
        flaw_tokens(c, insn, r);
        break;
    default:
        break;
    }
}
