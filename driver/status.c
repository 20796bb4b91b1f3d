/* SPDX-License-Identifier: Apache-2.0 */
#include "systole_status.h"

const char *systole_status_name(enum systole_status status)
{
    switch (status) {
#define SYSTOLE_STATUS(name, number, text)                                                                             \
    case SYSTOLE_##name:                                                                                               \
        return #name;
#include "status.def"
#undef SYSTOLE_STATUS
    }
    return "UNKNOWN";
}

const char *systole_status_text(enum systole_status status)
{
    switch (status) {
#define SYSTOLE_STATUS(name, number, text)                                                                             \
    case SYSTOLE_##name:                                                                                               \
        return text;
#include "status.def"
#undef SYSTOLE_STATUS
    }
    return "unknown status";
}
