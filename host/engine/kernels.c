/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/kernels.h"

#include <string.h>

const struct sy_kernels *sy_kernels_find(const char *name)
{
    const struct sy_kernels *const known[] = {sy_kernels_vnni(), sy_kernels_avx512(), sy_kernels_avx2(), sy_kernels_portable()};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] && (!name || !name[0] || strcmp(known[i]->name, name) == 0))
            return known[i];
    return NULL;
}
