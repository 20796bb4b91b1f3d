/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated systole_load as plain C. AXI_BYTES is a macro of the build and must be the model's. */
#ifndef LOAD_SHIM_H
#define LOAD_SHIM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct load_in {
    uint8_t rst_n, insn_valid, abort, ar_ready, r_valid, r_resp, r_last, wr_ready;
    uint64_t base;
    uint32_t insn[32];
    uint8_t r_data[AXI_BYTES];
};

struct load_out {
    uint8_t insn_ready, idle, done, ar_valid, ar_len, r_ready, bus_error, err, wr_valid, wr_mem, beats, bytes;
    uint64_t ar_addr;
    uint32_t wr_addr;
    uint8_t wr_be[AXI_BYTES / 8];
    uint8_t wr_data[AXI_BYTES];
};

void load_open(void);
void load_close(void);
/* Outputs of this cycle for these inputs; may be called again with others before the edge. */
void load_eval(const struct load_in *in, struct load_out *out);
/* The clock edge that ends the cycle. */
void load_edge(void);

#ifdef __cplusplus
}
#endif

#endif
