/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes an xclbin for XRT's hardware emulation: the usual description of a card with one kernel, and in the place of a
 * bitstream an archive with the server and the device's library. It needs nothing besides itself.
 */
#ifndef SYSTOLE_XRT_XCLBIN_H
#define SYSTOLE_XRT_XCLBIN_H

#include "bytes.h"
#include "card.h"

#define XCLBIN_PLATFORM "xilinx_u250_gen3x16_xdma_4_1_202210_1"
#define XCLBIN_MEMORY_BASE 0x4000000000ull
#define XCLBIN_UNIT_BASE 0x1800000ull

struct xclbin_design {
    const struct bytes *server, *library; /* the two files */
    const char *options;                  /* of the model */
    const char *description;              /* JSON, for whoever looks into it */
    uint64_t memory_size;
    uint32_t axi_bytes;
    unsigned units;
};

/* The whole file, added to `out`; its identity follows from what is in it. */
void xclbin_make(const struct xclbin_design *d, struct bytes *out);

#endif
