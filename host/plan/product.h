/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lowers a matrix product, of any size, to instructions: C = post(A * B + start).
 *
 * All of K is done in ascending order for every element, whatever the tiling, so the answer is the same on every device.
 */
#ifndef SY_PLAN_PRODUCT_H
#define SY_PLAN_PRODUCT_H

#include <stdbool.h>
#include <stdint.h>

#include "host/plan/program.h"

/* A matrix in a window of DRAM. */
struct sy_operand {
    uint32_t window;
    uint64_t offset;
    uint64_t stride;  /* bytes from one row to the next, as stored */
    uint32_t trans;   /* 1: stored the other way round (columns as rows) */
    uint32_t element; /* bytes of an element as stored: 1 int8, 2 bf16, 4 fp32 */
};

/* One pass over K: which part of each fp32 operand (CONV F32_H, _M or _L), or CONV COPY8 or COPY16. */
struct sy_pass {
    uint32_t conv_a, conv_b;
};

enum { SY_MAX_PASSES = 6 };

enum sy_start {
    SY_START_ZERO,
    SY_START_BIAS, /* a row of N 32-bit words */
    SY_START_C     /* M x N 32-bit words, `stride` apart */
};

/* The largest blocks that are multiplied at a time: rows of A, tiles of columns of B, elements of the reduction. */
struct sy_blocks {
    uint32_t mb, nb, kb;
};

struct sy_product {
    uint32_t m, n, k;
    uint32_t bf16; /* 0: int8 */
    uint32_t a_unsigned, b_unsigned, a_zp, b_zp;
    struct sy_operand a, b;
    uint32_t passes;
    struct sy_pass pass[SY_MAX_PASSES]; /* into the same accumulators, in this order */
    enum sy_start start;
    struct sy_operand start_at; /* bias, or C; window, offset, stride */
    /* A STORE instruction with what is to be done to an element (out, scale, act, clamp, ...); where from and where to is filled in. */
    uint32_t post[SYSTOLE_INSN_WORDS];
    struct sy_operand scale; /* post has scale PARAM: a row of N fp32 words; window and offset */
    struct sy_operand c;     /* where the result goes: window, offset, stride */
    struct sy_blocks blocks; /* as sy_product_blocks() has them, where several products are alike; all zero: chosen anew */
};

enum sy_planned {
    SY_PLANNED,
    SY_PLAN_TOO_LARGE /* a stride or an offset does not fit an instruction, or the device is too small for one step */
};

/* Passes of an fp32 product on the bf16 array: x6, x3 or x1; returns how many. */
uint32_t sy_product_split(uint32_t precision, struct sy_pass pass[SY_MAX_PASSES]);

/* False where the device is too small for one step. */
bool sy_product_blocks(const struct sy_product *product, const struct sy_caps *caps, struct sy_blocks *out);

enum sy_planned sy_plan_product(struct sy_program *program, const struct sy_caps *caps, const struct sy_product *product);

#endif
