/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: a system on which XRT is not installed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>

__attribute__((visibility("default"))) void *dlopen(const char *name, int flags)
{
    void *(*real)(const char *, int) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "dlopen");
    memcpy(&real, &symbol, sizeof real);
    const int is_xrt = name && (strstr(name, "libxrt") || strstr(name, "libxilinx"));
    return real(is_xrt ? "libxrt_that_is_not_installed.so.2" : name, flags);
}
