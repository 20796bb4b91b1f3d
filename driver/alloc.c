/* SPDX-License-Identifier: Apache-2.0 */
#include "alloc.h"

#include <stdint.h>
#include <stdlib.h>

static driver_alloc_hook *current_hook;
static void *current_user;

void driver_alloc_set_hook(driver_alloc_hook *hook, void *user)
{
    current_hook = hook;
    current_user = user;
}

void *driver_alloc(size_t size)
{
    if (size > PTRDIFF_MAX || (current_hook && !current_hook(current_user, size)))
        return NULL;
    return calloc(1, size);
}

void driver_free(void *p)
{
    free(p);
}
