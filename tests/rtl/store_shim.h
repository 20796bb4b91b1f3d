/* SPDX-License-Identifier: Apache-2.0 */
/* The store unit, Verilated, as a C bench sees it: its ports as bytes, and one clock cycle at a time. */
#ifndef STORE_SHIM_H
#define STORE_SHIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The build's parameters; the Verilator command line gives the same numbers. */
#ifndef COLS
#define COLS 16
#endif
#ifndef AXI_BYTES
#define AXI_BYTES 64
#endif
#ifndef HAS_FP
#define HAS_FP 1
#endif

enum { PAD_VEC_BYTES = COLS * (HAS_FP ? 2 : 1) };

struct store_in {
    uint8_t rst_n, insn_valid, abort, c_gnt, r_gnt, pw_ready, aw_ready, w_ready, b_valid, b_resp;
    uint64_t base;
    uint32_t insn[32];
    uint8_t c_data[COLS * 4], s_data[COLS * 4], r_data[PAD_VEC_BYTES], lut[256];
};

struct store_out {
    uint8_t insn_ready, idle, done, bus_error, c_req, r_req, s_req, pw_valid, pw_wpad;
    uint8_t aw_valid, aw_len, w_valid, w_last, b_ready, wbeats, wbytes;
    uint16_t c_addr, s_addr;
    uint32_t r_addr, pw_addr;
    uint64_t aw_addr;
    uint8_t pw_data[PAD_VEC_BYTES], w_data[AXI_BYTES];
    uint8_t pw_be[16], w_strb[8]; /* a bit per byte */
};

struct store_sim;

struct store_sim *store_open(void);
void store_close(struct store_sim *sim);

/* The outputs that belong to these inputs, before the clock's edge. */
void store_settle(struct store_sim *sim, const struct store_in *in, struct store_out *out);

/* The edge. */
void store_clock(struct store_sim *sim);

#ifdef __cplusplus
}
#endif
#endif
