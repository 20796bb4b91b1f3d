/* SPDX-License-Identifier: Apache-2.0 */
/* STORE as docs/semantics.md and docs/numerics.md write it, loop by loop, and random legal instructions. */
#ifndef STORE_MODEL_H
#define STORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "bench_random.h"
#include "store_shim.h"

enum {
    ACC_ROWS = 256,
    PARAM_ROWS = 32,
    APAD_BYTES = 16384,
    WPAD_BYTES = 8192,
    DRAM_BYTES = 65536,
    VEC_BYTES_MAX = 256,
};

/* Everything a STORE reads or writes. The window is all of dram. */
struct store_memory {
    uint32_t acc[ACC_ROWS][COLS];
    uint32_t param[PARAM_ROWS][COLS];
    uint8_t lut[256];
    uint8_t apad[APAD_BYTES];
    uint8_t wpad[WPAD_BYTES];
    uint8_t dram[DRAM_BYTES];
};

/* What an instruction must write: bytes to DRAM, vectors to pads. */
struct store_work {
    uint64_t dram_bytes, pad_vectors;
};

/* Executes one; touched[i] becomes stamp where dram[i] is written. */
struct store_work store_model(struct store_memory *mem, const uint32_t *insn, uint32_t *touched, uint32_t stamp);

/* A legal instruction whose result does not depend on time. */
void store_random_insn(struct bench_random *rnd, uint32_t *insn);

/* New contents for what a STORE only reads. */
void store_random_operands(struct bench_random *rnd, struct store_memory *mem);

#endif
