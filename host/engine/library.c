/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/library.h"

#include <dlfcn.h>
#include <string.h>

void *sy_library_open(const char *const *files, size_t count)
{
    void *library = NULL;
    for (size_t i = 0; i < count && !library; i++)
        library = files[i] ? dlopen(files[i], RTLD_NOW | RTLD_LOCAL) : NULL;
    return library;
}

bool sy_library_find(void *library, const char *name, void *function)
{
    void *at = dlsym(library, name);
    memcpy(function, &at, sizeof at); /* C has no cast from a pointer to an object to one to a function */
    return at != NULL;
}
