/* SPDX-License-Identifier: Apache-2.0 */
/* What instructions touch, and whether a program's outcome is defined: every conflict must be ordered by queue or token. */
#ifndef FUZZ_ANALYSE_H
#define FUZZ_ANALYSE_H

#include "generate.h"

/* The bytes one instruction touched: a bit each, for the words lo to hi of a trace; reads first, then writes. */
struct footprint {
    size_t lo, hi;
    uint64_t *bits;
};

/* Allocates a trace for a machine. 0, or -1. */
int trace_init(struct ref_trace *t, const struct ref_machine *m);
void trace_free(struct ref_trace *t);

/* Moves what the trace holds into a footprint and clears the trace. 0, or -1. */
int footprint_take(struct footprint *f, struct ref_trace *t);
void footprint_free(struct footprint *f);

/* True when both touch a byte and one of them writes it. */
bool footprint_conflict(const struct footprint *a, const struct footprint *b);

/* True when the instruction, whose traces are given, leaves bytes that depend on the order of its own elements. */
bool self_conflict(const uint32_t *insn, const struct ref_trace *t);

/* Runs a program on the reference and says how much of its outcome the contract defines. */
enum case_level case_analyse(const struct fuzz_case *c);

#endif
