/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the driver share. */
#ifndef SYSTOLE_TESTS_TEST_DRIVER_H
#define SYSTOLE_TESTS_TEST_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "systole_driver.h"

#define PATH_BYTES 512

/* The fake device beside this program. */
static inline const char *fake_path(void)
{
    static char path[PATH_BYTES];
    char exe[PATH_BYTES - 32];
    const ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    assert_true(n > 0);
    exe[n] = '\0';
    *strrchr(exe, '/') = '\0';
    snprintf(path, sizeof path, "%s/libsystole_fake.so", exe);
    return path;
}

/* "sim:4x4,lib=.../libsystole_fake.so" and more options (with a comma in front), in a static buffer. */
static inline const char *fake_device(const char *options)
{
    static char device[2 * PATH_BYTES];
    snprintf(device, sizeof device, "sim:4x4,lib=%s%s", fake_path(), options);
    return device;
}

static inline struct systole_device *open_or_fail(const char *device)
{
    char message[SYSTOLE_MESSAGE_BYTES];
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct systole_device *dev = NULL;
    const enum systole_status status = systole_device_open(device, &options, &dev);
    if (status != SYSTOLE_OK)
        print_error("%s: %s\n", device, message);
    assert_int_equal(status, SYSTOLE_OK);
    assert_non_null(dev);
    return dev;
}

/* A real model; the test is skipped, and says so, where its library was not built. */
static inline struct systole_device *open_or_skip(const char *device)
{
    char message[SYSTOLE_MESSAGE_BYTES];
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct systole_device *dev = NULL;
    const enum systole_status status = systole_device_open(device, &options, &dev);
    if (status == SYSTOLE_NOT_FOUND) {
        print_message("skipped: %s\n", message);
        skip();
    }
    if (status != SYSTOLE_OK)
        print_error("%s: %s\n", device, message);
    assert_int_equal(status, SYSTOLE_OK);
    return dev;
}

#define ASSERT_CONTAINS(text, part)                                                                                    \
    do {                                                                                                               \
        if (!strstr(text, part))                                                                                       \
            print_error("\"%s\" is not in \"%s\"\n", part, text);                                                      \
        assert_non_null(strstr(text, part));                                                                           \
    } while (0)

#endif
