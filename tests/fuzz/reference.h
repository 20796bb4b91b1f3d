/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference device: docs/semantics.md and docs/numerics.md written down as plainly as possible, to judge the others by.
 * It has no time: an instruction is done at once. `schedule` picks which of the queues that may move does.
 */
#ifndef FUZZ_REFERENCE_H
#define FUZZ_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../driver/systole_spec.h"

__extension__ typedef __int128 wide; /* extents never overflow in it */

struct ref_caps {
    uint32_t rows, cols, has_fp, axi_bytes, word_bytes, apad_bytes, wpad_bytes, acc_rows, param_rows, lane_taps;
};

struct ref_window {
    uint64_t base, size;
};

struct ref_region {
    uint64_t addr, size;
    uint8_t *host;
};

/* Which bytes an instruction touches: a bit a byte, the on-chip memories first, then the regions of DRAM, in order. */
struct ref_trace {
    uint64_t *read, *write;
    size_t words;  /* of 64 bits, in each */
    size_t lo, hi; /* words that hold any bit: lo <= word < hi */
    bool twice;    /* a byte was written twice by this instruction */
};

enum { REF_MEMS = 5, REF_REGIONS = 4, REF_COUNTERS = 32 };

struct ref_machine {
    struct ref_caps caps;
    struct ref_window window[SYSTOLE_WINDOWS];
    struct ref_region region[REF_REGIONS];
    unsigned regions;
    uint8_t *mem[REF_MEMS]; /* by MEM */
    uint32_t token[SYSTOLE_TOKENS];
    uint32_t status, error_index;
    uint64_t counter[REF_COUNTERS]; /* instructions and bytes only */
    bool bus_fault;

    unsigned schedule; /* 0 to 5: the order in which queues are asked; others: random */
    struct ref_trace *trace;
    void (*observe)(void *user, uint32_t index, const uint32_t *insn); /* after each instruction */
    void *user;
};

/* Allocates zeroed on-chip memories. 0, or -1 when there is no memory. */
int ref_init(struct ref_machine *m, const struct ref_caps *caps);
void ref_free(struct ref_machine *m);

size_t ref_mem_size(const struct ref_caps *caps, unsigned mem);

/* Runs the program in window 0 to its end. */
void ref_run(struct ref_machine *m);

/* The error of one instruction by its checks, or SYSTOLE_ERR_OK. */
uint32_t ref_check(const struct ref_machine *m, const uint32_t *insn);

/* Does one instruction, which must have passed its checks, without tokens. */
void ref_execute(struct ref_machine *m, const uint32_t *insn);

/* Steps of its innermost loop, to refuse what would take for ever. */
wide ref_cost(const struct ref_caps *caps, const uint32_t *insn);

/* Bits of a trace for this machine, and one empty trace. */
size_t ref_trace_words(const struct ref_machine *m);
void ref_trace_clear(struct ref_trace *t);

#endif
