/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries that are looked for when the program runs. */
#ifndef SY_LIBRARY_H
#define SY_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* The first of these files that the loader finds; NULL names are passed over. dlclose() it. */
void *sy_library_open(const char *const *files, size_t count);

/* Puts the address of a function into the pointer at `function`, NULL where it is not there. */
bool sy_library_find(void *library, const char *name, void *function);

#endif
