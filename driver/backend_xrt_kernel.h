/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device as a kernel of XRT: its name, and its arguments, which are the registers of spec/registers.def from the windows to
 * the watchdog, in the order of their offsets. The back ends xrt and ocl-fpga, the tool that writes an xclbin and the one
 * that writes kernel.xml all take them from here.
 */
#ifndef SYSTOLE_BACKEND_XRT_KERNEL_H
#define SYSTOLE_BACKEND_XRT_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "systole_spec.h"

#define XRT_KERNEL_NAME "systole" /* compute units are systole_1, systole_2, ..., as v++ names them */
#define XRT_KERNEL_CONTROL "s_axi_control"
#define XRT_KERNEL_MEMORY "m_axi_gmem"
#define XRT_KERNEL_CONTROL_BYTES 0x1000u
#define XRT_KERNEL_ARGS (2u * SYSTOLE_WINDOWS + 1u)
#define XRT_KERNEL_WATCHDOG (2u * SYSTOLE_WINDOWS)

struct xrt_kernel_arg {
    char name[16];   /* "win0", "size0", "watchdog" */
    bool is_memory;  /* a pointer to device memory; else a 64-bit number */
    uint32_t offset; /* of its low half; the high one follows */
};

struct xrt_kernel_arg xrt_kernel_arg(unsigned index);

/* The argument that a register is the low or high half of; false when it is none. */
bool xrt_kernel_arg_of(uint32_t offset, unsigned *index, bool *high);

#endif
