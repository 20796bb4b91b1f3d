/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory behind an AXI4 port, one call a clock cycle: latency, bandwidth, refresh, back-pressure and faults on request.
 *
 * The memory looks at the wires of the port through pointers, so that it sits on a Verilated model without copies. A cycle is:
 *
 *     memory_edge(mem);     the clock edge: reads what the master drives and what the memory drove, moves its own state
 *     ... the master's clock edge, on the wires that memory_edge saw ...
 *     memory_drive(mem);    the wires that the memory drives after this edge
 *
 * Everything is decided by the options, the seed and what the master did: two runs are equal. A memory belongs to one
 * thread at a time.
 */
#ifndef SYSTOLE_MEMORY_H
#define SYSTOLE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MEMORY_IDS 2u              /* AR IDs 0 and 1; writes have one ID */
#define MEMORY_MAX_OUTSTANDING 256u
#define MEMORY_MAX_BEAT 64u        /* bytes */
#define MEMORY_ORPHAN_CYCLES 4096u /* a W beat that waits longer than this for its AW is a violation */

enum memory_resp { MEMORY_OKAY = 0, MEMORY_SLVERR = 2, MEMORY_DECERR = 3 };

/* The wires. const: driven by the master. Sizes and burst types are constant in this design and not among them. */
struct memory_port {
    uint32_t bytes; /* in a beat: 8, 16, 32 or 64 */
    const uint8_t *ar_valid, *ar_id, *ar_len;
    const uint64_t *ar_addr;
    uint8_t *ar_ready;
    uint8_t *r_valid, *r_id, *r_resp, *r_last;
    void *r_data;
    const uint8_t *r_ready;
    const uint8_t *aw_valid, *aw_len;
    const uint64_t *aw_addr;
    uint8_t *aw_ready;
    const uint8_t *w_valid, *w_last;
    const void *w_data, *w_strb;
    uint8_t *w_ready;
    uint8_t *b_valid, *b_resp;
    const uint8_t *b_ready;
};

struct memory_options {
    uint32_t read_latency;      /* edges from the one that takes AR to the one that gives the first beat; at least 1 */
    uint32_t write_latency;     /* edges from the one that takes the last W to the one that gives B; at least 1 */
    uint64_t bandwidth;         /* bytes a cycle in each direction, times 65536; 0: a beat in every cycle */
    uint32_t read_outstanding;  /* bursts accepted and not yet answered, 1 to MEMORY_MAX_OUTSTANDING */
    uint32_t write_outstanding;
    uint32_t refresh_every;     /* in every so many cycles ...; 0: never */
    uint32_t refresh_for;       /* ... no data moves for so many */
    uint32_t stall;             /* per cent of the cycles in which a ready or a new valid is withheld; reorders IDs too */
    uint64_t seed;
    uint64_t error_read;        /* the k-th read beat (from 1) is answered with an error; 0: none */
    uint64_t error_write;       /* the burst with the k-th write beat; the beat is not written */
    uint64_t hang_read;         /* from the k-th read beat on nothing is answered; 0: never */
    uint64_t hang_write;        /* from the k-th write beat on nothing is taken */
    uint32_t hang_for;          /* cycles that the memory hangs, once it does; 0: for ever */
    uint32_t error_decode;      /* 1: injected errors are DECERR */
};

struct memory_stats {
    uint64_t cycles;
    uint64_t read_beats, write_beats; /* answered, taken: with errors */
    uint64_t read_bursts, write_bursts;
    uint64_t stray;                   /* beats to addresses where nothing is attached: answered DECERR */
    uint64_t violations;              /* of the rules of AXI, by the master */
};

struct memory;

/* What a memory does unless it is told otherwise: 100 cycles, full bandwidth, no faults. */
struct memory_options memory_defaults(void);

/* NULL when an option or the port's width is outside its limits, or without memory. */
struct memory *memory_create(const struct memory_port *port, const struct memory_options *options);
void memory_destroy(struct memory *m);

/*
 * Regions, as attach and detach of driver/systole_model.h: multiples of 64, not overlapping; 0, or -1. Bursts still going on
 * in a detached region end with DECERR.
 */
int memory_attach(struct memory *m, uint64_t addr, void *host, uint64_t size);
int memory_detach(struct memory *m, uint64_t addr);

void memory_edge(struct memory *m);
void memory_drive(struct memory *m);

/* Nothing accepted is unanswered. */
bool memory_idle(const struct memory *m);

const struct memory_stats *memory_stats(const struct memory *m);

/* Text of the first violation; "" when there was none. */
const char *memory_violation(const struct memory *m);

#ifdef __cplusplus
}
#endif

#endif
