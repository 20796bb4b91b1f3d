/* SPDX-License-Identifier: Apache-2.0 */
/* A matrix product as one program: what a planner would write for it, small enough to read. */
#ifndef SYSTOLE_BENCH_GEMM_H
#define SYSTOLE_BENCH_GEMM_H

#include <stdint.h>

#include "systole_spec.h"

struct gemm_caps {
    uint32_t rows, cols, apad_bytes, wpad_bytes, acc_rows;
};

/* C[m][n] = A[m][k] * B[k][n], all row major and dense; m, n, k multiples of the array's sides. */
struct gemm {
    uint32_t m, n, k;
    uint32_t bf16;  /* bf16 in and out, else int8 in and out through `scale` */
    uint32_t scale; /* fp32 bits: int8 output = rne(acc * scale) */
};

/* Windows that the program expects. */
enum { GEMM_PROGRAM = 0, GEMM_A = 1, GEMM_B = 2, GEMM_C = 3 };

/* Writes at most `room` instructions; returns how many it takes, 0 if the product does not fit this machine. */
uint32_t gemm_program(const struct gemm *g, const struct gemm_caps *caps, uint32_t (*insn)[SYSTOLE_INSN_WORDS],
                      uint32_t room);

#endif
