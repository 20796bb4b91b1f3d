/* SPDX-License-Identifier: Apache-2.0 */
/* What functions return, for every part of the library. The numbers and texts are in status.def. */
#ifndef SYSTOLE_STATUS_H
#define SYSTOLE_STATUS_H

#ifndef SYSTOLE_API
#if defined(__GNUC__)
#define SYSTOLE_API __attribute__((visibility("default")))
#else
#define SYSTOLE_API
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum systole_status {
#define SYSTOLE_STATUS(name, number, text) SYSTOLE_##name = (number),
#include "status.def"
#undef SYSTOLE_STATUS
};

/* "NO_MEMORY", and "no memory". For a number that is no status: "UNKNOWN", "unknown status". */
SYSTOLE_API const char *systole_status_name(enum systole_status status);
SYSTOLE_API const char *systole_status_text(enum systole_status status);

#ifdef __cplusplus
}
#endif

#endif
