/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a file is an xclbin that XRT can be given: it believes what stands in one, and ends the process when that is wrong. */
#ifndef SYSTOLE_BACKEND_XRT_XCLBIN_H
#define SYSTOLE_BACKEND_XRT_XCLBIN_H

#include "message.h"

/* MISMATCH when it is none, is cut short, or is for hardware where an emulation runs, or the reverse. IO when it cannot be read. */
enum systole_status xrt_xclbin_check(const char *path, struct driver_message *why);

#endif
