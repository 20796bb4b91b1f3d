/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "backend_f2_api.h"

#include <dlfcn.h>
#include <pthread.h>

#include "library.h"

#define LIBRARY "libfpga_mgmt.so"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const struct f2_api *driver_f2_api(struct driver_message *why)
{
    static struct f2_api api;
    static bool loaded;
    if (loaded)
        return &api;
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        const char *reason = dlerror();
        driver_fail(why, SYSTOLE_NOT_FOUND, "the AWS FPGA SDK is not installed (`source sdk_setup.sh` in a clone of "
                                            "github.com/aws/aws-fpga "
                    "builds and installs it): %s", reason ? reason : "the loader does not say why");
        return NULL;
    }
    const char *missing = NULL;
#define SYSTOLE_F2(result, name, parameters) missing = driver_library_find(library, #name, &api.name) ? missing : #name;
#include "backend_f2_api.def"
#undef SYSTOLE_F2
    if (missing) {
        driver_fail(why, SYSTOLE_MISMATCH, "%s has no %s(): the SDK for F2 is needed, 2.0 or later", LIBRARY, missing);
        return NULL;
    }
    const int error = api.fpga_mgmt_init();
    if (error != 0) {
        driver_fail(why, SYSTOLE_NOT_FOUND, "fpga_mgmt_init: error %d (%s)", error, api.fpga_mgmt_strerror(error));
        return NULL;
    }
    loaded = true;
    return &api;
}

void driver_f2_lock(void)
{
    pthread_mutex_lock(&lock);
}

void driver_f2_unlock(void)
{
    pthread_mutex_unlock(&lock);
}
