/* SPDX-License-Identifier: Apache-2.0 */
/* The Verilated custom logic for AWS F2 behind a C interface: wires and a clock. */
#ifndef SYSTOLE_F2_BOARD_H
#define SYSTOLE_F2_BOARD_H

#include "../memory.h"

#ifdef __cplusplus
extern "C" {
#endif

struct board;

/* The wires of f2_board that the shell has to do with; const: driven by the custom logic. */
struct board_ports {
    struct memory_port mem;
    uint8_t *twin, *flr_assert, *ddr_ready;
    const uint8_t *flr_done;
    const uint16_t *vled, *irq_request;
    uint16_t *irq_accept;
    const uint32_t *id0, *id1;
    /* OCL */
    uint8_t *ocl_aw_valid, *ocl_w_valid, *ocl_w_strb, *ocl_b_ready, *ocl_ar_valid, *ocl_r_ready;
    uint32_t *ocl_aw_addr, *ocl_w_data, *ocl_ar_addr;
    const uint8_t *ocl_aw_ready, *ocl_w_ready, *ocl_b_valid, *ocl_b_resp, *ocl_ar_ready, *ocl_r_valid, *ocl_r_resp;
    const uint32_t *ocl_r_data;
    /* PCIS */
    uint8_t *aw_valid, *aw_len, *w_valid, *w_last, *b_ready, *ar_valid, *ar_len, *r_ready;
    uint16_t *aw_id, *ar_id;
    uint64_t *aw_addr, *ar_addr, *w_strb;
    void *w_data;
    const uint8_t *aw_ready, *w_ready, *b_valid, *b_resp, *ar_ready, *r_valid, *r_resp, *r_last;
    const uint16_t *b_id, *r_id;
    const void *r_data;
};

/* Out of reset; NULL without memory. */
struct board *board_create(void);
void board_destroy(struct board *b);
const struct board_ports *board_ports(struct board *b);

/* The rising edge of the clock with the inputs as they stand, and the falling one. */
void board_rise(struct board *b);
void board_fall(struct board *b);

/* The first assertion that failed, as the simulator printed it; "" when none has. */
const char *board_failure(const struct board *b);

#ifdef __cplusplus
}
#endif

#endif
