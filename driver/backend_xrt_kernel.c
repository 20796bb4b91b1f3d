/* SPDX-License-Identifier: Apache-2.0 */
#include "backend_xrt_kernel.h"

#include <stdio.h>

struct xrt_kernel_arg xrt_kernel_arg(unsigned index)
{
    struct xrt_kernel_arg arg = {.is_memory = index < SYSTOLE_WINDOWS};
    const unsigned window = index % SYSTOLE_WINDOWS;
    if (index == XRT_KERNEL_WATCHDOG) {
        snprintf(arg.name, sizeof arg.name, "watchdog");
        arg.offset = SYSTOLE_REG_WATCHDOG_LO;
    } else if (arg.is_memory) {
        snprintf(arg.name, sizeof arg.name, "win%u", window);
        arg.offset = SYSTOLE_REG_WIN_BASE_LO + SYSTOLE_REG_WIN_BASE_LO_STEP * window;
    } else {
        snprintf(arg.name, sizeof arg.name, "size%u", window);
        arg.offset = SYSTOLE_REG_WIN_SIZE_LO + SYSTOLE_REG_WIN_SIZE_LO_STEP * window;
    }
    return arg;
}

bool xrt_kernel_arg_of(uint32_t offset, unsigned *index, bool *high)
{
    for (unsigned i = 0; i < XRT_KERNEL_ARGS; i++) {
        const uint32_t low = xrt_kernel_arg(i).offset;
        if (offset != low && offset != low + 4)
            continue;
        *index = i;
        *high = offset != low;
        return true;
    }
    return false;
}
