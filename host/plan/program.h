/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program under construction: instructions in order, and the tokens between them.
 *
 * What an instruction reads and writes is worked out from its own fields; when it touches what an earlier instruction of another queue
 * writes, or writes what that one touches, the earlier one signals and this one waits. So no lowering sets a token, and none can forget one.
 * An instruction only ever waits for an earlier one, so a program cannot deadlock, whatever the depth of the queues.
 */
#ifndef SY_PLAN_PROGRAM_H
#define SY_PLAN_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "systole_spec.h"

struct sy_caps; /* what a program is planned for */
struct sy_program;

/* Its memory: cycles from a read to its first beat, and bursts that may be under way. */
struct sy_memory {
    uint32_t latency, outstanding;
};

/* The sizes of a device that planning needs: its capability words; and its memory, all zero where that is not known. */
struct sy_caps {
    uint32_t word[SYSTOLE_REG_CAPS_COUNT];
    struct sy_memory memory;
};

/* What is not known is taken for the memory that all figures in the documentation are measured with. */
static inline struct sy_memory sy_memory_of(const struct sy_caps *caps)
{
    return caps->memory.outstanding ? caps->memory : (struct sy_memory){100, 128};
}

static inline uint32_t sy_cap(const struct sy_caps *caps, enum systole_cap which)
{
    return caps->word[which];
}

/* Do bursts of so many bytes, one behind the other, keep the memory's bus busy? */
static inline bool sy_memory_streams(const struct sy_caps *caps, uint64_t bytes)
{
    const struct sy_memory m = sy_memory_of(caps);
    const uint64_t axi = sy_cap(caps, SYSTOLE_CAP_AXI_BYTES), beats = (bytes + axi - 1) / axi;
    return m.latency + beats <= beats * m.outstanding;
}

/* NULL when memory is short. */
struct sy_program *sy_program_new(const struct sy_caps *caps);
void sy_program_free(struct sy_program *p);

/* Which halves of APAD and ACC (with PARAM), and which part of WPAD, were taken last: who comes next takes the others, that are free sooner. */
struct sy_turn {
    uint32_t a, w, c;
};
struct sy_turn *sy_program_turn(struct sy_program *p);

/* Nothing in the program writes through this window: who reads it need not be remembered. */
void sy_program_constant(struct sy_program *p, uint32_t window);

/*
 * The next instruction, all zero but for its opcode; fill in its fields, then call sy_program_commit() before the next one. Never NULL: when
 * memory is short the instruction is lost and sy_program_failed() says so in the end.
 */
uint32_t *sy_program_next(struct sy_program *p, enum systole_opcode op);
void sy_program_commit(struct sy_program *p);

/* Adds END. False when memory was short at any time. */
bool sy_program_finish(struct sy_program *p);

const uint32_t *sy_program_words(const struct sy_program *p);
uint32_t sy_program_count(const struct sy_program *p); /* instructions, END included */

#endif
