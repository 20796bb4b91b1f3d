/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the shell of AWS F2, as its documents describe it: what the host's accesses become on the wires of the custom
 * logic, and the rules that this must keep. A cycle is, as for the memory of sim/memory.h:
 *
 *     shell_edge(s);     the clock edge: reads what the custom logic drives and what the shell drove
 *     ... the custom logic's clock edge ...
 *     shell_drive(s);    the wires that the shell drives after this edge
 *
 * Everything is decided by the options, the seed, and what is asked for. A rule that is broken is told once, in shell_violation().
 */
#ifndef SYSTOLE_F2_SHELL_H
#define SYSTOLE_F2_SHELL_H

#include "board.h"

#define SHELL_LINE 64u            /* bytes of a beat on PCIS, and of a line that a processor writes as one */
#define SHELL_MAX_BEATS 8u        /* of a burst */
#define SHELL_UNDER_WAY 32u       /* bursts issued and not answered, in each direction */
#define SHELL_LIMIT_CYCLES 2000u  /* 8 us at 250 MHz, from valid to the whole answer */
#define SHELL_GONE 0xffffffffu    /* what a read gives that is not answered */

struct shell_options {
    uint64_t seed;
    uint32_t stall;    /* per cent of the cycles in which a valid or a ready is withheld */
    uint32_t prefetch; /* per cent of the reads of registers for which others are read too */
};

struct shell;

/* `cycle` lets one cycle pass, calling shell_edge() and shell_drive(). NULL without memory. */
struct shell *shell_create(const struct board_ports *ports, const struct shell_options *options, void (*cycle)(void *user),
                           void *user);
void shell_destroy(struct shell *s);

void shell_edge(struct shell *s);
void shell_drive(struct shell *s);

/* An access to BAR0. A read may be more than one on the wires: the BAR is prefetchable. SHELL_GONE after a violation. */
uint32_t shell_read_register(struct shell *s, uint32_t offset);
void shell_write_register(struct shell *s, uint32_t offset, uint32_t value);

/*
 * A write to BAR4 of up to SHELL_MAX_BEATS lines from `offset`, a multiple of SHELL_LINE; `strobes` say which bytes of each
 * line. It is posted: it returns before the write is answered.
 */
void shell_write_memory(struct shell *s, uint64_t offset, unsigned lines, const uint8_t *data, const uint64_t *strobes);

/* A read of BAR4, of whole lines. Behind the writes before it. Ones after a violation. */
void shell_read_memory(struct shell *s, uint64_t offset, uint8_t *to, size_t lines);

void shell_run(struct shell *s, uint64_t cycles);
uint64_t shell_random(struct shell *s);
uint64_t shell_interrupts(const struct shell *s); /* that were asked for */
uint64_t shell_slowest(const struct shell *s);    /* cycles that the longest answer took */

/* The first rule that was broken, with the cycle; "" when all were kept. */
const char *shell_violation(const struct shell *s);

#endif
