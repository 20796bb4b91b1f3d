/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs for tests of a model: instructions with the fields that nearly always have one value already set, and a device
 * with one region of memory attached for them to work in.
 *
 *     uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL);     counts are 1, all other fields 0
 *     SYSTOLE_PUT(i, MATMUL, a_base, 64);
 *     SET(i, MATMUL, q, 9);                                 replaces a value
 */
#ifndef SYSTOLE_TESTS_PROGRAM_H
#define SYSTOLE_TESTS_PROGRAM_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../driver/systole_model.h"
#include "../../driver/systole_spec.h"

/* Replaces a field, whatever it held. */
#define SET(insn, type, field, value)                                                                                  \
    do {                                                                                                               \
        (insn)[SYSTOLE_F_##type##_##field##_WORD] &=                                                                   \
            ~(SYSTOLE_MASK(SYSTOLE_F_##type##_##field##_WIDTH) << SYSTOLE_F_##type##_##field##_LSB);                   \
        SYSTOLE_PUT(insn, type, field, value);                                                                         \
    } while (0)

#define PROGRAM_ROOM 128u /* as many as lie before BENCH_DATA */

struct program {
    uint32_t words[PROGRAM_ROOM][SYSTOLE_INSN_WORDS];
    uint32_t count;
};

/* The next instruction. A test that outgrows the program is wrong itself. */
static inline uint32_t *program_add(struct program *p, uint32_t opcode)
{
    if (p->count == PROGRAM_ROOM)
        abort();
    uint32_t *insn = p->words[p->count++];
    memset(insn, 0, sizeof p->words[0]);
    SYSTOLE_PUT(insn, ANY, opcode, opcode);
    switch (opcode) {
    case SYSTOLE_OP_LOAD:
        SYSTOLE_PUT(insn, LOAD, len, 1);
        SYSTOLE_PUT(insn, LOAD, n1, 1);
        SYSTOLE_PUT(insn, LOAD, n2, 1);
        SYSTOLE_PUT(insn, LOAD, n3, 1);
        break;
    case SYSTOLE_OP_FILL:
        SYSTOLE_PUT(insn, FILL, len, 1);
        SYSTOLE_PUT(insn, FILL, n1, 1);
        SYSTOLE_PUT(insn, FILL, n2, 1);
        SYSTOLE_PUT(insn, FILL, n3, 1);
        break;
    case SYSTOLE_OP_MATMUL:
        SYSTOLE_PUT(insn, MATMUL, k_tail, 1);
        SYSTOLE_PUT(insn, MATMUL, kh, 1);
        SYSTOLE_PUT(insn, MATMUL, kw, 1);
        SYSTOLE_PUT(insn, MATMUL, kc, 1);
        SYSTOLE_PUT(insn, MATMUL, n, 1);
        SYSTOLE_PUT(insn, MATMUL, p, 1);
        SYSTOLE_PUT(insn, MATMUL, q, 1);
        break;
    case SYSTOLE_OP_STORE:
        SYSTOLE_PUT(insn, STORE, n, 1);
        SYSTOLE_PUT(insn, STORE, n_tail, 1);
        SYSTOLE_PUT(insn, STORE, p, 1);
        SYSTOLE_PUT(insn, STORE, q, 1);
        break;
    default:
        break;
    }
    return insn;
}

/* What queue `to` does from here on comes after all that queue `from` did so far. */
static inline void program_sync(struct program *p, uint32_t from, uint32_t to)
{
    uint32_t *give = program_add(p, SYSTOLE_OP_SYNC);
    SYSTOLE_PUT(give, SYNC, queue, from);
    SYSTOLE_PUT(give, ANY, signal, 1u << (SYSTOLE_TOKENS_PER_QUEUE * to));
    uint32_t *take = program_add(p, SYSTOLE_OP_SYNC);
    SYSTOLE_PUT(take, SYNC, queue, to);
    SYSTOLE_PUT(take, ANY, wait, 1u << (SYSTOLE_TOKENS_PER_QUEUE * to));
}

/* ---- a device ---- */

#define BENCH_BASE UINT64_C(0x100000000)
#define BENCH_PROGRAM 0u       /* window 0 */
#define BENCH_DATA 0x4000u     /* window 1 */
#define BENCH_DATA_BYTES 0x20000u
#define BENCH_BYTES (BENCH_DATA + BENCH_DATA_BYTES)

struct bench {
    const struct systole_model_ops *ops;
    struct systole_model *m;
    uint8_t *memory; /* BENCH_BYTES at BENCH_BASE; the caller's */
    uint32_t status, index;
};

static inline void bench_window(struct bench *b, uint32_t window, uint64_t base, uint64_t size)
{
    b->ops->write_reg(b->m, SYSTOLE_REG_WIN_BASE_LO + SYSTOLE_REG_WIN_BASE_LO_STEP * window, (uint32_t)base);
    b->ops->write_reg(b->m, SYSTOLE_REG_WIN_BASE_HI + SYSTOLE_REG_WIN_BASE_HI_STEP * window, (uint32_t)(base >> 32));
    b->ops->write_reg(b->m, SYSTOLE_REG_WIN_SIZE_LO + SYSTOLE_REG_WIN_SIZE_LO_STEP * window, (uint32_t)size);
    b->ops->write_reg(b->m, SYSTOLE_REG_WIN_SIZE_HI + SYSTOLE_REG_WIN_SIZE_HI_STEP * window, (uint32_t)(size >> 32));
}

/* Starts what the windows hold and lets it end. */
static inline void bench_go(struct bench *b)
{
    b->ops->write_reg(b->m, SYSTOLE_REG_CTRL, 1);
    while (!b->ops->run(b->m, 1000000))
        continue;
    b->status = b->ops->read_reg(b->m, SYSTOLE_REG_STATUS);
    b->index = b->ops->read_reg(b->m, SYSTOLE_REG_ERROR_INDEX);
}

/* Adds END and runs the program; window 1 is the data. */
static inline void bench_run(struct bench *b, struct program *p)
{
    program_add(p, SYSTOLE_OP_END);
    for (uint32_t i = 0; i < p->count; i++)
        for (uint32_t w = 0; w < SYSTOLE_INSN_WORDS; w++)
            for (uint32_t k = 0; k < 4; k++)
                b->memory[BENCH_PROGRAM + 128 * i + 4 * w + k] = (uint8_t)(p->words[i][w] >> (8 * k));
    bench_window(b, 0, BENCH_BASE + BENCH_PROGRAM, (uint64_t)p->count * SYSTOLE_INSN_BYTES);
    bench_window(b, 1, BENCH_BASE + BENCH_DATA, BENCH_DATA_BYTES);
    bench_go(b);
    p->count = 0;
}

#endif
