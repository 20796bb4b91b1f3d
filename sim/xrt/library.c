/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

const struct systole_model_ops *library_load(const char *path, void **library, char *why, size_t why_size)
{
    *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!*library) {
        const char *reason = dlerror();
        snprintf(why, why_size, "cannot load %s: %s", path, reason ? reason : "the loader does not say why");
        return NULL;
    }
    const struct systole_model_ops *(*get)(void) = NULL;
    void *symbol = dlsym(*library, "systole_model_get");
    memcpy(&get, &symbol, sizeof get); /* C has no cast from a data pointer to a function pointer */
    const struct systole_model_ops *ops = get ? get() : NULL;
    if (ops && ops->abi == SYSTOLE_MODEL_ABI && ops->size >= sizeof *ops)
        return ops;
    snprintf(why, why_size, "%s: model interface of version %u with %u bytes, need version %u with %zu", path,
             ops ? (unsigned)ops->abi : 0u, ops ? (unsigned)ops->size : 0u, (unsigned)SYSTOLE_MODEL_ABI, sizeof *ops);
    dlclose(*library);
    *library = NULL;
    return NULL;
}
