/* SPDX-License-Identifier: Apache-2.0 */
/* What LOAD and FILL must write, from the loops of docs/semantics.md, and random legal instructions. */
#ifndef LOAD_REFERENCE_H
#define LOAD_REFERENCE_H

#include <stdint.h>

#ifndef HAS_FP
#define HAS_FP 1
#endif

#define DRAM_BASE 0x700000000ull
#define DRAM_BYTES (1u << 20)
#define PAD_BYTES (1u << 15)
#define MEMS 5
#define SLOTS 16u /* expected instructions: more than the unit holds */

/* What one instruction must write: each byte, whose it is (the number of the instruction), and how many are still to come. */
struct expected {
    uint32_t id[MEMS][PAD_BYTES];
    uint8_t value[MEMS][PAD_BYTES];
    uint32_t left;
};

extern uint8_t dram[DRAM_BYTES];
extern struct expected expected[SLOTS];

/* Seeds the random numbers and fills the DRAM with them. */
void load_seed(uint64_t seed);
/* A random number below n. */
uint32_t rnd(uint32_t n);
/* True this often in a hundred. */
int chance(uint32_t pct);

/* Notes what instruction `id` writes; 0 if two elements go to the same bytes, which nothing defines. */
int load_expect(const uint32_t *insn, uint64_t window, uint32_t id);
/* One random instruction, legal in that window; 0 if it came out too large. */
int load_random(uint32_t *insn, uint64_t window);
/* Bytes of DRAM that an instruction asks for. */
uint64_t load_source_bytes(const uint32_t *insn);

#endif
