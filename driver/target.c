/* SPDX-License-Identifier: Apache-2.0 */
#include "target.h"

#include <string.h>

static void copy_part(char *to, const char *from, size_t n)
{
    memcpy(to, from, n);
    to[n] = '\0';
}

/* Each option is name=value, neither part empty. */
static enum systole_status check_options(const struct driver_target *t, struct driver_message *why)
{
    const char *p = t->options;
    for (;;) {
        const size_t n = strcspn(p, ",");
        const char *equals = memchr(p, '=', n);
        if (!equals || equals == p || equals + 1 == p + n)
            return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": option \"%.*s\" is not name=value", t->text, (int)n, p);
        if (p[n] == '\0')
            return SYSTOLE_OK;
        p += n + 1;
    }
}

enum systole_status driver_target_parse(const char *device, struct driver_target *out, struct driver_message *why)
{
    if (!device)
        return driver_fail(why, SYSTOLE_BAD_ARGUMENT, "no device string");
    const size_t length = strlen(device);
    if (length >= TARGET_BYTES)
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "the device string has %zu characters; the limit is %d", length,
                           TARGET_BYTES - 1);
    struct driver_target t = {.text = ""};
    copy_part(t.text, device, length);
    const size_t backend = strcspn(device, ":,");
    copy_part(t.backend, device, backend);
    const char *rest = device + backend;
    if (backend == 0)
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\" names no back end: \"sim:16x16\" would", device);
    if (*rest == ':') {
        const size_t name = strcspn(rest + 1, ",");
        copy_part(t.name, rest + 1, name);
        rest += 1 + name;
    }
    if (*rest == ',') {
        copy_part(t.options, rest + 1, strlen(rest + 1));
        const enum systole_status status = check_options(&t, why);
        if (status != SYSTOLE_OK)
            return status;
    }
    *out = t;
    return SYSTOLE_OK;
}

bool driver_target_take(char *options, const char *name, char *value)
{
    const size_t length = strlen(name);
    for (char *p = options; *p != '\0';) {
        const size_t n = strcspn(p, ",");
        char *next = p + n + (p[n] == ',');
        if (n > length && p[length] == '=' && strncmp(p, name, length) == 0) {
            copy_part(value, p + length + 1, n - length - 1);
            memmove(p, next, strlen(next) + 1);
            /* The last of the list leaves the comma before it. */
            if (*p == '\0' && p > options)
                p[-1] = '\0';
            return true;
        }
        p = next;
    }
    return false;
}
