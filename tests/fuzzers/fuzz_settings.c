/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BLAS provider's environment: a line of the input is the value of a variable. Settings stay in their limits, and a device string that names no
 * library of the system is opened, or refused with words.
 */
#define _GNU_SOURCE
#include "fuzz.h"
#include "host/blas/blas.h"
#include "host/include/systole_multiply.h"

#include <stdbool.h>
#include <string.h>

static const char *const names[] = {"SYSTOLE_BLAS_DEVICE", "SYSTOLE_BLAS_NEXT", "SYSTOLE_BLAS_PRECISION", "SYSTOLE_BLAS_MIN", "SYSTOLE_BLAS_VERBOSE"};
enum { NAMES = sizeof names / sizeof *names, VALUE = 3000 };

static bool is_ours(const char *device)
{
    static const char *const words[] = {"cuda", "opencl", "xrt", "ocl", "f2", "serial", "onednn", "openblas", "lib=", "best"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(device, words[i]))
            return false;
    return true;
}

static void open_device(const char *device)
{
    struct systole_context *ctx = NULL;
    struct systole_multiplier *m = NULL;
    FUZZ_CHECK(systole_context_create(NULL, &ctx) == SYSTOLE_OK);
    const enum systole_status status = systole_multiplier_create(ctx, device, &m);
    FUZZ_CHECK(status ? !m && systole_context_detail(ctx)[0] : m != NULL);
    systole_multiplier_free(m);
    systole_context_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char value[VALUE];
    size_t at = 0;
    for (size_t i = 0; i < NAMES; i++) {
        size_t n = 0;
        unsetenv(names[i]);
        for (; at < size && data[at] != '\n'; at++)
            if (n + 1 < VALUE && data[at])
                value[n++] = (char)data[at];
        value[n] = '\0';
        if (at++ < size)
            setenv(names[i], value, 1);
    }
    blas_settings = (struct blas_settings){.device = ""};
    blas_read_settings();
    FUZZ_CHECK(memchr(blas_settings.device, 0, sizeof blas_settings.device) && memchr(blas_settings.next, 0, sizeof blas_settings.next));
    FUZZ_CHECK(blas_settings.least >= 0 && blas_settings.least <= 1e18 && blas_settings.verbose >= 0 && blas_settings.verbose <= 2);
    FUZZ_CHECK(blas_settings.precision == 0 || blas_settings.precision == 1 || blas_settings.precision == 3 || blas_settings.precision == 6);
    if (blas_settings.device[0] && is_ours(blas_settings.device))
        open_device(blas_settings.device);
    return 0;
}
