/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device: its memories, its queues, and what runs a program on it. docs/semantics.md says what each step means.
 *
 * A unit executes an instruction whole, and only after systole_hls_check() found nothing against it: no unit checks again.
 */
#ifndef SYSTOLE_HLS_STATE_H
#define SYSTOLE_HLS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "pragmas.h"
#include "systole_config.h"

#define SYSTOLE_COUNTERS 32

/* DRAM, as the eight bus ports that a synthesised kernel has. */
#define DRAM_PORTS                                                                                                     \
    dram_word_t *win0, dram_word_t *win1, dram_word_t *win2, dram_word_t *win3, dram_word_t *win4, dram_word_t *win5,  \
        dram_word_t *win6, dram_word_t *win7
#define DRAM_ARGS win0, win1, win2, win3, win4, win5, win6, win7

struct systole_queue {
    uint32_t insn[SYSTOLE_QUEUE_DEPTH][SYSTOLE_INSN_WORDS];
    uint32_t index[SYSTOLE_QUEUE_DEPTH];
    uint32_t first, count;
};

struct systole_hls {
    uint8_t apad[SYSTOLE_APAD_BYTES];
    uint8_t wpad[SYSTOLE_WPAD_BYTES];
    uint32_t acc[SYSTOLE_ACC_ROWS * SYSTOLE_COLS];
    uint32_t param[SYSTOLE_PARAM_ROWS * SYSTOLE_COLS];
    uint8_t lut[SYSTOLE_LUT_BYTES];

    /* Of one run. */
    uint64_t size[SYSTOLE_WINDOWS];   /* of the windows, bytes */
    /* Memory answers from mapped_from up to, but not, mapped; elsewhere in the window the bus reports an error. */
    uint64_t mapped_from[SYSTOLE_WINDOWS], mapped[SYSTOLE_WINDOWS];
    uint32_t misaligned;              /* bit w: window w's base is not aligned */
    uint64_t work, work_limit;        /* the watchdog's: vectors moved and instructions started; limit 0: none */
    uint64_t counters[SYSTOLE_COUNTERS];
    uint32_t tokens[SYSTOLE_TOKENS];
    struct systole_queue queues[SYSTOLE_QUEUES];
};

/* Counts work; true when the watchdog bites. */
static inline bool systole_hls_work(struct systole_hls *s, uint64_t units)
{
    s->work += units;
    return s->work_limit != 0 && s->work > s->work_limit;
}

/* The static checks of one instruction, in the order of docs/semantics.md: the first that fails, or OK. */
enum systole_error systole_hls_check(const struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS]);

/* The queue of a checked instruction; END has none. */
uint32_t systole_hls_queue_of(const uint32_t insn[SYSTOLE_INSN_WORDS]);

/* One checked instruction each: OK, BUS_READ, BUS_WRITE or WATCHDOG. */
enum systole_error systole_hls_load(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], DRAM_PORTS);
enum systole_error systole_hls_fill(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS]);
enum systole_error systole_hls_matmul(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS]);
enum systole_error systole_hls_store(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], DRAM_PORTS);

/*
 * A whole run. The caller has set size, mapped, misaligned and work_limit; memories are as the last run left them.
 * The status, and the index of the instruction it belongs to (0 when OK).
 */
enum systole_error systole_hls_run(struct systole_hls *s, uint32_t *index, DRAM_PORTS);

#endif
