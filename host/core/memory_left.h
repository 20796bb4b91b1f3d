/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory there is before the machine, or the group of processes this one is in, has none left. */
#ifndef SY_MEMORY_LEFT_H
#define SY_MEMORY_LEFT_H

#include <stddef.h>

/* Bytes that may be touched in addition; SIZE_MAX where the system does not say. */
size_t sy_memory_left(void);
/* Bytes of this process that are in memory now; 0 where the system does not say. */
size_t sy_memory_touched(void);

#endif
