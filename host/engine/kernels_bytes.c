/* SPDX-License-Identifier: Apache-2.0 */
/* Panels for devices that multiply four bytes at a time, where the host itself does not. */
#include <string.h>

#include "host/engine/kernels.h"
#include "systole_spec.h"

#define KERNEL_NAME "bytes"
#define PACK_ONLY
#define ROWS 0
#define VECTORS 0
#define LANES 0
#define WORD_TYPE uint8_t
#define SHIFTED 1
#include "host/engine/kernel_pack.h"

const struct sy_kernels *sy_kernels_bytes(void)
{
    return sy_kernels_vnni() ? sy_kernels_vnni() : &here;
}
