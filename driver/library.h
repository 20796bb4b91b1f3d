/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of libraries that are loaded at run time. */
#ifndef SYSTOLE_DRIVER_LIBRARY_H
#define SYSTOLE_DRIVER_LIBRARY_H

#include <stdbool.h>

/* Puts the address of a function into the pointer at `function`, NULL where it is not there. */
bool driver_library_find(void *library, const char *name, void *function);

#endif
