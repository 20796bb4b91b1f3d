/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that are not what was written: each bit of the reference program inverted, random bytes, random values of random fields. How much of
 * the outcome the contract defines is worked out by the analysis of the random programs (tests/fuzz); what it defines must be so on the RTL and on
 * the HLS C, and whatever the program is: it ends, no byte outside the windows moves, the next program is right.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/analyse.h"
#include "programs.h"

enum { STOP_AFTER = 2000000 };

/* A run that is too long to wait for: on a device with time it is begun, and stopped by a reset. */
static enum outcome run_and_stop(struct machine *m, const struct fuzz_case *c, char *what, size_t room)
{
    if (!m->sim)
        return HANDLED;
    machine_start(m);
    m->ops->run(m->model, STOP_AFTER / 100);
    if (!machine_reset(m, STOP_AFTER))
        return snprintf(what, room, "a reset does not stop it"), HUNG;
    if (machine_moved(m, c, what, room))
        return LOST;
    machine_drop(m, c);
    return machine_next(m, what, room);
}

static enum outcome run_to_end(struct machine *m, const struct fuzz_case *c, const struct ref_machine *want, char *what, size_t room)
{
    machine_start(m);
    const struct ending e = machine_finish(m, (uint64_t)STOP_AFTER * 20);
    if (!e.ended)
        return snprintf(what, room, "no end"), HUNG;
    if (c->level != LEVEL_NOTHING && (e.status != want->status || (e.status && e.index != want->error_index)))
        return snprintf(what, room, "status %u at %u, the specification says %u at %u", e.status, e.index, want->status, want->error_index), WRONG;
    if (c->level == LEVEL_ALL && machine_differs(m, want, true, what, room))
        return WRONG;
    if (machine_moved(m, c, what, room))
        return LOST;
    machine_drop(m, c);
    return machine_next(m, what, room);
}

static enum outcome try_case(struct machine *m, const struct fuzz_case *c, const struct ref_machine *want, bool too_long, char *what, size_t room)
{
    what[0] = '\0';
    if (!machine_open(m, m->sim ? "latency=20,write_latency=20" : "") || !machine_put(m, c))
        return HUNG;
    return too_long ? run_and_stop(m, c, what, room) : run_to_end(m, c, want, what, room);
}

struct both {
    struct machine m[2];
    uint64_t levels[3], stopped;
};

static bool open_both(struct both *b, const struct setup *s)
{
    return machine_load(&b->m[0], s->sim) && machine_load(&b->m[1], s->hls);
}

/* One changed program on both devices. */
static void try_both(struct both *b, struct tally *t, struct fuzz_case *c, const char *name)
{
    struct ref_machine want = {0};
    char what[160];
    const bool too_long = program_is_long(c);
    c->level = too_long ? LEVEL_NOTHING : case_analyse(c);
    b->levels[c->level]++;
    b->stopped += too_long;
    if (c->level != LEVEL_NOTHING && !reference_result(c, &want)) {
        tally_case(t, HUNG, "%s: no memory", name);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        const enum outcome o = try_case(&b->m[i], c, &want, too_long, what, sizeof what);
        tally_case(t, o, "%s on the %s: %s", name, i ? "HLS C" : "RTL", what);
    }
    if (c->level != LEVEL_NOTHING)
        case_machine_free(&want);
}

static void end_both(struct both *b, struct tally *t)
{
    tally_note(t, "defined wholly %" PRIu64 ", status only %" PRIu64 ", not %" PRIu64 "; stopped %" PRIu64, b->levels[LEVEL_ALL],
               b->levels[LEVEL_STATUS], b->levels[LEVEL_NOTHING], b->stopped);
    machine_close(&b->m[0]);
    machine_close(&b->m[1]);
    free(b);
}

static struct both *begin_both(const struct setup *s, struct tally *t)
{
    struct both *b = calloc(1, sizeof *b);
    if (b && open_both(b, s))
        return b;
    tally_case(t, WRONG, "no devices");
    free(b);
    return NULL;
}

void campaign_words(const struct setup *s, struct tally *t)
{
    struct both *b = begin_both(s, t);
    struct fuzz_case *c = b ? malloc(sizeof *c) : NULL;
    char name[80];
    if (!c)
        return;
    reference_case(c, &b->m[0].caps, s->seed);
    const uint32_t bits = c->count * SYSTOLE_INSN_BYTES * 8;
    for (uint32_t at = (uint32_t)(s->seed % s->share); at < bits; at += s->share) {
        const uint32_t i = at / (SYSTOLE_INSN_BYTES * 8), word = at / 32 % SYSTOLE_INSN_WORDS, bit = at % 32;
        reference_case(c, &b->m[0].caps, s->seed + at);
        c->insn[i][word] ^= 1u << bit;
        snprintf(name, sizeof name, "instruction %u, word %u, bit %u, seed 0x%" PRIx64, i, word, bit, s->seed + at);
        try_both(b, t, c, name);
    }
    free(c);
    end_both(b, t);
}

void campaign_random_programs(const struct setup *s, struct tally *t)
{
    enum { PROGRAMS = 4000 };
    struct both *b = begin_both(s, t);
    struct fuzz_case *c = b ? malloc(sizeof *c) : NULL;
    char name[80];
    if (!c)
        return;
    for (uint32_t n = 0; n < PROGRAMS; n += s->share) {
        struct rng r = {s->seed + n};
        reference_case(c, &b->m[0].caps, s->seed + n);
        program_scramble(c, &r);
        snprintf(name, sizeof name, "program of seed 0x%" PRIx64, s->seed + n);
        try_both(b, t, c, name);
    }
    free(c);
    end_both(b, t);
}
