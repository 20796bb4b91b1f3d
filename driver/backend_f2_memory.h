/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of an F2 card through the window of its BAR4: a place for each buffer, and bytes moved in and out.
 *
 * Writes are posted: they are on their way when a function returns. The processor gathers them into lines of 64 bytes and sends
 * these in any order; f2_memory_settle() returns when all have arrived.
 */
#ifndef SYSTOLE_BACKEND_F2_MEMORY_H
#define SYSTOLE_BACKEND_F2_MEMORY_H

#include "backend_f2_api.h"

#define F2_LINE 64u
#define F2_CHUNK 4096u

struct f2_extent;

struct f2_memory {
    const struct f2_api *api;
    const char *device;      /* for messages */
    int handle;              /* of the BAR */
    const uint8_t *window;   /* the BAR as the processor reads it */
    uint64_t size;           /* for buffers; the line behind it is for f2_memory_settle() */
    struct f2_extent *used;  /* by address */
    uint64_t settled;
    uint32_t chunk[F2_CHUNK / sizeof(uint32_t)];
};

/* `size` bytes of the card, a multiple of F2_LINE, zero. NO_MEMORY, IO. */
enum systole_status f2_memory_alloc(struct f2_memory *m, uint64_t size, uint64_t *address, struct driver_message *why);
void f2_memory_free(struct f2_memory *m, uint64_t address);
void f2_memory_free_all(struct f2_memory *m);

enum systole_status f2_memory_write(struct f2_memory *m, uint64_t address, const void *data, size_t size,
                                    struct driver_message *why);
enum systole_status f2_memory_read(struct f2_memory *m, uint64_t address, void *data, size_t size, struct driver_message *why);

/* Until what was written is in the memory. LOST when the card is gone, IO when it does not get there. */
enum systole_status f2_memory_settle(struct f2_memory *m, struct driver_message *why);

#endif
