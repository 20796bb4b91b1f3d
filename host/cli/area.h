/* SPDX-License-Identifier: Apache-2.0 */
/* What an array and its memories cost in silicon, as docs/resources.md says it: an estimate, from what was synthesised. */
#ifndef CLI_AREA_H
#define CLI_AREA_H

#include "systole.h"

struct cli_area {
    double array, memories; /* thousand gate equivalents: of the grid; of the on-chip memories */
    uint64_t memory_bytes;
};

/* All zero where the device has no array. */
struct cli_area cli_area_of(const struct systole_device_info *info);

#endif
