/* SPDX-License-Identifier: Apache-2.0 */
#include "area.h"

#include <string.h>

/* Measured by `make asic-report`, thousand gate equivalents; docs/resources.md has the table. A PE of int8 holds a byte for each plane of weights; in one of
 * bf16 two planes and four are the same to what synthesis differs by. */
#define PE_INT8 1.31
#define PE_INT8_PLANE 0.08
#define PE_BF16 6.4
#define PE_BF16_MANY 7.35 /* planes: more than four */
/* Assumed: a cell of six transistors and its share of the memory's periphery, in NANDs of four. */
#define BIT 0.4e-3

static uint64_t capability(const struct systole_device_info *info, const char *wanted)
{
    for (uint32_t i = 0; i < SYSTOLE_CAPABILITIES; i++) {
        const char *name = systole_capability_name(i);
        if (name && strcmp(name, wanted) == 0)
            return info->capability[i];
    }
    return 0;
}

struct cli_area cli_area_of(const struct systole_device_info *info)
{
    const double pes = (double)info->rows * (double)info->cols;
    const double planes = (double)capability(info, "WEIGHT_PLANES");
    const double pe = !info->has_fp ? PE_INT8 + PE_INT8_PLANE * planes : planes > 4 ? PE_BF16_MANY : PE_BF16;
    struct cli_area a = {.array = pes * pe};
    if (info->rows == 0)
        return a;
    a.memory_bytes = capability(info, "APAD_BYTES") + capability(info, "WPAD_BYTES") +
                     4 * (uint64_t)info->cols * (capability(info, "ACC_ROWS") + capability(info, "PARAM_ROWS"));
    a.memories = BIT * 8 * (double)a.memory_bytes;
    return a;
}
