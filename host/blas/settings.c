/* SPDX-License-Identifier: Apache-2.0 */
#include "host/blas/blas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct blas_settings blas_settings;

enum { DEFAULT_LEAST = 64 * 64 * 64 };

void blas_say(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "systole_blas: %s\n", text);
}

static void read_text(const char *name, char *to, size_t room)
{
    const char *const value = getenv(name);
    if (!value)
        return;
    if (strlen(value) < room)
        strcpy(to, value);
    else
        blas_say("%s has %zu characters, most are %zu: it is left out", name, strlen(value), room - 1);
}

/* A number of at least 0; `otherwise` where there is none, and after a word about what is none. */
static double read_number(const char *name, double most, double otherwise)
{
    const char *const value = getenv(name);
    char *end = NULL;
    if (!value || !*value)
        return otherwise;
    errno = 0;
    const double number = strtod(value, &end);
    if (*end == '\0' && !errno && number >= 0 && number <= most)
        return number;
    blas_say("%s=%s is no number from 0 to %g: %g is used", name, value, most, otherwise);
    return otherwise;
}

static int read_precision(void)
{
    static const char *const names[] = {"x1", "x3", "x6"};
    static const int values[] = {1, 3, 6};
    const char *const value = getenv("SYSTOLE_BLAS_PRECISION");
    if (!value || !*value)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(value, names[i]) == 0)
            return values[i];
    blas_say("SYSTOLE_BLAS_PRECISION=%s is none of x6, x3, x1: the device's own is used", value);
    return 0;
}

void blas_read_settings(void)
{
    read_text("SYSTOLE_BLAS_DEVICE", blas_settings.device, sizeof blas_settings.device);
    read_text("SYSTOLE_BLAS_NEXT", blas_settings.next, sizeof blas_settings.next);
    blas_settings.precision = read_precision();
    blas_settings.least = read_number("SYSTOLE_BLAS_MIN", 1e18, DEFAULT_LEAST);
    blas_settings.verbose = (int)read_number("SYSTOLE_BLAS_VERBOSE", 2, 0);
}
