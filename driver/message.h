/* SPDX-License-Identifier: Apache-2.0 */
/* The reason of a failure, in words and with its numbers. */
#ifndef SYSTOLE_DRIVER_MESSAGE_H
#define SYSTOLE_DRIVER_MESSAGE_H

#include "systole_driver.h"

struct driver_message {
    char text[SYSTOLE_MESSAGE_BYTES];
};

#if defined(__GNUC__)
#define DRIVER_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define DRIVER_PRINTF(at, first)
#endif

/* Sets the text, and returns `status`: for `return driver_fail(...)`. A text that is too long ends in "...". */
enum systole_status driver_fail(struct driver_message *m, enum systole_status status, const char *format, ...)
    DRIVER_PRINTF(3, 4);

/* Adds to the text. */
void driver_add(struct driver_message *m, const char *format, ...) DRIVER_PRINTF(2, 3);

#endif
