/* SPDX-License-Identifier: Apache-2.0 */
/* Random programs, each from one number: the program, its windows, and what all memories hold before it. */
#ifndef FUZZ_GENERATE_H
#define FUZZ_GENERATE_H

#include "random.h"
#include "reference.h"

enum { CASE_INSNS = 96, CASE_REGIONS = 2, CASE_REGION_BYTES = 32768 };

/* How much of the outcome the contract defines. */
enum case_level {
    LEVEL_NOTHING, /* a bus error, or a program that changes itself or takes for ever */
    LEVEL_STATUS,  /* a race: status, index and counts of instructions only */
    LEVEL_ALL
};

struct fuzz_case {
    struct ref_caps caps;
    uint64_t seed;
    uint32_t insn[CASE_INSNS][SYSTOLE_INSN_WORDS];
    uint32_t count;
    struct ref_window window[SYSTOLE_WINDOWS];
    uint64_t region_addr[CASE_REGIONS];
    uint32_t region_size[CASE_REGIONS];
    uint32_t live_lo[SYSTOLE_WINDOWS]; /* where memory stands behind a window: bytes of its region */
    uint32_t live_hi[SYSTOLE_WINDOWS];
    uint32_t live_region[SYSTOLE_WINDOWS];
    bool fp;                /* the data is mostly floating point */
    bool again;             /* run twice, the second time on what the first left */
    bool reset;             /* a soft reset before the second run */
    enum case_level level;
    const char *flaw; /* what was done to it on purpose, or "none" */
};

struct case_options {
    uint32_t flaws; /* this many in a hundred carry a deliberate error */
    bool far;       /* windows that reach far below the memory behind them, so that offsets pass 4 GiB */
};

/* Makes the program of `seed` for a device. 0, or -1 without memory. */
int case_generate(struct fuzz_case *c, const struct ref_caps *caps, uint64_t seed, const struct case_options *options);

/*
 * A reference machine as it is before the program runs; the contents of all memories follow from the seed alone, the
 * program is then put into window 0. 0, or -1 without memory. case_machine_free() releases it.
 */
int case_machine(const struct fuzz_case *c, struct ref_machine *m);
void case_machine_free(struct ref_machine *m);

/* data.c: fills `size` bytes with numbers that make arithmetic interesting. */
void data_fill(struct rng *r, uint8_t *p, size_t size, bool fp);
uint32_t data_f32(struct rng *r);   /* any fp32, often a special one */
uint32_t data_scale(struct rng *r); /* a useful factor, often a power of two so that ties occur */

/* flaw.c: damages the program; c->flaw says how. */
void flaw_apply(struct fuzz_case *c, struct rng *r);

/* operations.c: one random instruction that passes its checks; false when none was found in some tries. */
struct hot { /* the part of each memory that a program uses, so that its instructions meet */
    uint32_t lo[REF_MEMS], size[REF_MEMS], parts[REF_MEMS];
};
void hot_choose(struct hot *h, struct rng *r, const struct ref_caps *caps);
bool operation(struct rng *r, const struct hot *h, const struct fuzz_case *c, uint32_t opcode, uint32_t budget,
               uint32_t *insn);

#endif
