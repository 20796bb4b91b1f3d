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
    bool pending;                  /* a run was given to a scheduler, which has not yet told its end */
    bool was_reset;                /* since then */
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

typedef void *xrt_unit_opener(void *device, const unsigned char uuid[16], const char *name);

/*
 * Opens the unit of a card that holds an xclbin, by xrtPLKernelOpen or xrtPLKernelOpenExclusive. One of this contract is stopped if
 * it is busy, and its windows are closed: nothing of an earlier program's is left. What is none of this contract is left alone, for
 * the driver to refuse.
 */
enum systole_status xrt_unit_open(struct xrt_unit *u, const struct xrt_api *api, void *device, const unsigned char uuid[16],
                                  const struct xrt_choice *choice, xrt_unit_opener *open, struct driver_message *why);
void xrt_unit_close(struct xrt_unit *u);

/*
 * A scheduler starts a run some time after it was asked to. Until it has told the end, CTRL says nothing of that run, but perhaps of
 * the one before; so it reads as busy.
 */
enum systole_status xrt_unit_read(struct xrt_unit *u, uint32_t offset, uint32_t *value, struct driver_message *why);
enum systole_status xrt_unit_write(struct xrt_unit *u, uint32_t offset, uint32_t value, struct driver_message *why);

/* Asks a scheduler for the end of the pending run: OK, which clears `pending`; TIMEOUT when there is none yet; or what went wrong. */
typedef enum systole_status xrt_unit_ended(struct backend_state *s, struct driver_message *why);

/*
 * Until the pending run has ended, or CTRL says done or idle where none is pending; or the card is gone. At most about `timeout_ns`.
 * It asks, and pauses between: a wait inside XRT cannot be relied on to come to an end before the run does.
 */
enum systole_status xrt_unit_wait(struct xrt_unit *u, xrt_unit_ended *ended, struct backend_state *s, uint64_t timeout_ns,
                                  struct driver_message *why);

/*
 * Resets the unit until a scheduler has seen the end of the pending run, not for ever: it may start it after the first reset only.
 * Nothing where none is pending.
 */
void xrt_unit_settle(struct xrt_unit *u, xrt_unit_ended *ended, struct backend_state *s);

/* A write by the driver: a start goes the back end's way, and behind a reset the pending run is waited for. */
typedef enum systole_status xrt_unit_start(struct backend_state *s, struct driver_message *why);
enum systole_status xrt_unit_command(struct xrt_unit *u, xrt_unit_start *start, xrt_unit_ended *ended, struct backend_state *s,
                                     uint32_t offset, uint32_t value, struct driver_message *why);

#endif
