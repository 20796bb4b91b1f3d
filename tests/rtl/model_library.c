/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functional device's tests on another device: systole_model_get() of the library that SYSTOLE_SIM names. Those tests know
 * no time, so every run and every reset is given as much as it may want.
 */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "systole_model.h"
#include "systole_spec.h"

enum { ENOUGH = 10000000 }; /* cycles */

static const struct systole_model_ops *library;

static int run_long(struct systole_model *m, uint64_t max_cycles)
{
    return library->run(m, max_cycles < ENOUGH ? ENOUGH : max_cycles);
}

static void write_and_wait(struct systole_model *m, uint32_t offset, uint32_t value)
{
    library->write_reg(m, offset, value);
    if (offset == SYSTOLE_REG_RESET)
        library->run(m, ENOUGH);
}

const struct systole_model_ops *systole_model_get(void)
{
    static struct systole_model_ops ops;
    const struct systole_model_ops *(*get)(void) = NULL;
    const char *path = getenv("SYSTOLE_SIM");
    if (library)
        return &ops;
    void *handle = dlopen(path ? path : "build/sim/libsystole_sim_4x4.so", RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, "systole_model_get") : NULL;
    if (!symbol) {
        fprintf(stderr, "model_library: %s\n", dlerror());
        exit(2);
    }
    memcpy(&get, &symbol, sizeof get); /* ISO C has no cast from object to function */
    library = get();
    ops = *library;
    ops.run = run_long;
    ops.write_reg = write_and_wait;
    return &ops;
}
