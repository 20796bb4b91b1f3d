/* SPDX-License-Identifier: Apache-2.0 */
/* A compute unit through XRT, for this process alone: its registers, and which bitstream it is to be found in. */
#ifndef SYSTOLE_BACKEND_XRT_UNIT_H
#define SYSTOLE_BACKEND_XRT_UNIT_H

#include "backend.h"
#include "backend_xrt_api.h"
#include "backend_xrt_kernel.h"

#define XRT_PATH_BYTES 4096
#define XRT_UNIT_NAME_BYTES 64

struct xrt_unit {
    const struct xrt_api *api;
    void *kernel;                  /* XRT's handle */
    uint64_t arg[XRT_KERNEL_ARGS]; /* what the registers of the arguments were told */
    char device[64];               /* for messages: "xrt:0" */
};

/* What stands in a device string after "xrt:" or "ocl-fpga:". */
struct xrt_choice {
    unsigned card;
    char unit[XRT_UNIT_NAME_BYTES];  /* "systole_1" */
    char xclbin[XRT_PATH_BYTES];
    bool by_registers;               /* start=registers: runs are not started by XRT's scheduler */
};

/* The options cu, xclbin and start; where xclbin is not given, SYSTOLE_XCLBIN, then systole.xclbin where libraries are looked for. */
enum systole_status xrt_choice_parse(const struct driver_target *target, struct xrt_choice *out, struct driver_message *why);

/*
 * Opens the unit of a card that holds an xclbin. One of this contract is stopped if it is busy, and its windows are closed:
 * nothing of an earlier program's is left. What is none of this contract is left alone, for the driver to refuse.
 */
enum systole_status xrt_unit_open(struct xrt_unit *u, const struct xrt_api *api, void *device, const unsigned char uuid[16],
                                  const struct xrt_choice *choice, struct driver_message *why);
void xrt_unit_close(struct xrt_unit *u);

enum systole_status xrt_unit_read(struct xrt_unit *u, uint32_t offset, uint32_t *value, struct driver_message *why);
enum systole_status xrt_unit_write(struct xrt_unit *u, uint32_t offset, uint32_t value, struct driver_message *why);

/* Looks at CTRL until it says done or idle, or the card is gone, pausing between; at most about `timeout_ns`, at least once. */
enum systole_status xrt_unit_poll(struct xrt_unit *u, uint64_t timeout_ns, struct driver_message *why);

uint64_t xrt_now_ns(void);

#endif
