/* SPDX-License-Identifier: Apache-2.0 */
/* A device's library, as driver/systole_model.h describes it. */
#ifndef SYSTOLE_XRT_LIBRARY_H
#define SYSTOLE_XRT_LIBRARY_H

#include <stddef.h>

#include "../../driver/systole_model.h"

/* Its operations; `*library` is for dlclose(). NULL with the reason in `why` when it is none, or of another interface. */
const struct systole_model_ops *library_load(const char *path, void **library, char *why, size_t why_size);

#endif
