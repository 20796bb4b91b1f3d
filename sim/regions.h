/* SPDX-License-Identifier: Apache-2.0 */
/* Host memory at bus addresses: a sorted list of regions that do not overlap. */
#ifndef SYSTOLE_REGIONS_H
#define SYSTOLE_REGIONS_H

#include <stddef.h>
#include <stdint.h>

#define REGION_ALIGN 64u

struct region {
    uint64_t addr, size;
    uint8_t *host;
};

/* All zero: empty. */
struct regions {
    struct region *list; /* by address */
    size_t count, room;
    size_t recent;       /* where the last find ended */
};

/* 0, or -1: not aligned, empty, over the end of the address space, overlapping, or without memory. */
int regions_add(struct regions *r, uint64_t addr, void *host, uint64_t size);

/* 0, or -1: no region begins at addr. */
int regions_remove(struct regions *r, uint64_t addr);

/* Host memory of `size` bytes at addr; NULL unless one region holds them all. */
uint8_t *regions_find(struct regions *r, uint64_t addr, uint64_t size);

void regions_free(struct regions *r);

#endif
