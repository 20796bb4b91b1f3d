/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How this device is built. Every number may be given with -D; what is derived and what is illegal follows.
 */
#ifndef SYSTOLE_CONFIG_H
#define SYSTOLE_CONFIG_H

#include <assert.h>
#include <stdint.h>

#include "../driver/systole_spec.h"

#ifndef SYSTOLE_ROWS
#define SYSTOLE_ROWS 16
#endif
#ifndef SYSTOLE_COLS
#define SYSTOLE_COLS 16
#endif
#ifndef SYSTOLE_HAS_FP
#define SYSTOLE_HAS_FP 1
#endif
#ifndef SYSTOLE_AXI_BYTES
#define SYSTOLE_AXI_BYTES 64
#endif
#ifndef SYSTOLE_APAD_BYTES
#define SYSTOLE_APAD_BYTES 524288
#endif
#ifndef SYSTOLE_WPAD_BYTES
#define SYSTOLE_WPAD_BYTES 262144
#endif
#ifndef SYSTOLE_ACC_ROWS
#define SYSTOLE_ACC_ROWS 2048
#endif
#ifndef SYSTOLE_PARAM_ROWS
#define SYSTOLE_PARAM_ROWS 512
#endif
/* Taps of a kernel's row that MATMUL's `taps` takes at most. */
#ifndef SYSTOLE_LANE_TAPS
#define SYSTOLE_LANE_TAPS 3
#endif
/* The rest changes the time a program takes, not what it computes; hls only reports it. */
#ifndef SYSTOLE_APAD_BANKS
#define SYSTOLE_APAD_BANKS 4
#endif
#ifndef SYSTOLE_ACC_BANKS
#define SYSTOLE_ACC_BANKS 2
#endif
#ifndef SYSTOLE_MAC_LATENCY
#define SYSTOLE_MAC_LATENCY (SYSTOLE_HAS_FP ? 4 : 1)
#endif
#ifndef SYSTOLE_POST_LATENCY
#define SYSTOLE_POST_LATENCY 1
#endif
#ifndef SYSTOLE_POST_LANES
#define SYSTOLE_POST_LANES SYSTOLE_COLS
#endif
#ifndef SYSTOLE_WEIGHT_PLANES
#define SYSTOLE_WEIGHT_PLANES 4
#endif
/* And this what becomes of a bit that changes by itself, which here none does. */
#ifndef SYSTOLE_PARITY
#define SYSTOLE_PARITY 0
#endif

#define SYSTOLE_MAX2(a, b) ((a) > (b) ? (a) : (b))
#define SYSTOLE_IS_POW2(x) ((x) > 0 && ((x) & ((x) - 1)) == 0)

/* Bytes of the widest operand, and of one word of the pads. */
#define SYSTOLE_ELEM_BYTES (SYSTOLE_HAS_FP ? 2 : 1)
#define SYSTOLE_WORD_BYTES                                                                                             \
    SYSTOLE_MAX2(SYSTOLE_AXI_BYTES, SYSTOLE_ELEM_BYTES * SYSTOLE_MAX2(SYSTOLE_ROWS, SYSTOLE_COLS))

static_assert(SYSTOLE_IS_POW2(SYSTOLE_ROWS) && SYSTOLE_ROWS >= SYSTOLE_MIN_DIM && SYSTOLE_ROWS <= SYSTOLE_MAX_DIM,
              "ROWS must be a power of two from 4 to 64");
static_assert(SYSTOLE_IS_POW2(SYSTOLE_COLS) && SYSTOLE_COLS >= SYSTOLE_MIN_DIM && SYSTOLE_COLS <= SYSTOLE_MAX_DIM,
              "COLS must be a power of two from 4 to 64");
static_assert(SYSTOLE_HAS_FP == 0 || SYSTOLE_HAS_FP == 1, "HAS_FP must be 0 or 1");
static_assert(SYSTOLE_IS_POW2(SYSTOLE_AXI_BYTES) && SYSTOLE_AXI_BYTES >= 8 && SYSTOLE_AXI_BYTES <= 64,
              "AXI_BYTES must be a power of two from 8 to 64");
static_assert(SYSTOLE_AXI_BYTES <= 4 * SYSTOLE_COLS, "AXI_BYTES must not exceed a row of ACC, 4*COLS");
static_assert(SYSTOLE_AXI_BYTES <= SYSTOLE_ROWS * SYSTOLE_COLS, "AXI_BYTES must not exceed a tile of bytes, ROWS*COLS");
static_assert(SYSTOLE_IS_POW2(SYSTOLE_APAD_BYTES) && SYSTOLE_IS_POW2(SYSTOLE_WPAD_BYTES),
              "APAD_BYTES and WPAD_BYTES must be powers of two");
static_assert(SYSTOLE_APAD_BYTES >= SYSTOLE_APAD_BANKS * SYSTOLE_WORD_BYTES,
              "APAD_BYTES must hold a word of WORD_BYTES in each bank");
static_assert(SYSTOLE_WPAD_BYTES >= SYSTOLE_ELEM_BYTES * SYSTOLE_ROWS * SYSTOLE_COLS,
              "WPAD_BYTES must hold a tile of the widest operand");
static_assert(SYSTOLE_IS_POW2(SYSTOLE_ACC_ROWS) && SYSTOLE_ACC_ROWS >= SYSTOLE_ACC_BANKS && SYSTOLE_ACC_ROWS <= 65536,
              "ACC_ROWS must be a power of two, one row a bank or more, at most 65536: its rows are named by 16 bits");
static_assert(SYSTOLE_IS_POW2(SYSTOLE_PARAM_ROWS) && SYSTOLE_PARAM_ROWS <= 65536,
              "PARAM_ROWS must be a power of two, at most 65536: its rows are named by 16 bits");
static_assert(SYSTOLE_IS_POW2(SYSTOLE_APAD_BANKS) && SYSTOLE_IS_POW2(SYSTOLE_ACC_BANKS),
              "APAD_BANKS and ACC_BANKS must be powers of two");
static_assert(SYSTOLE_MAC_LATENCY >= 1 && SYSTOLE_WEIGHT_PLANES >= 1, "MAC_LATENCY and WEIGHT_PLANES begin at 1");
static_assert(SYSTOLE_LANE_TAPS >= 1 && SYSTOLE_LANE_TAPS <= 8, "LANE_TAPS must be 1 to 8");

#endif
