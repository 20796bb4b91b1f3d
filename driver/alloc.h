/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's memory: the one place that asks the system for it, so that tests can refuse. */
#ifndef SYSTOLE_DRIVER_ALLOC_H
#define SYSTOLE_DRIVER_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed; NULL when there is none. */
void *driver_alloc(size_t size);
void driver_free(void *p);

/* Asked before each allocation; false refuses it. NULL, as at first, allows all. Not to be set while other threads allocate. */
typedef bool driver_alloc_hook(void *user, size_t size);
void driver_alloc_set_hook(driver_alloc_hook *hook, void *user);

#endif
