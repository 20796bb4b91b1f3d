/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "...";

static void append(struct driver_message *m, size_t at, const char *format, va_list args)
{
    const size_t room = sizeof m->text - at;
    const int n = vsnprintf(m->text + at, room, format, args);
    if (n < 0)
        m->text[at] = '\0';
    else if ((size_t)n >= room)
        memcpy(m->text + sizeof m->text - sizeof ellipsis, ellipsis, sizeof ellipsis);
}

enum systole_status driver_fail(struct driver_message *m, enum systole_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append(m, 0, format, args);
    va_end(args);
    return status;
}

void driver_add(struct driver_message *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append(m, strlen(m->text), format, args);
    va_end(args);
}
