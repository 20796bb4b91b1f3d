/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a simulated device exports. The Verilated RTL and the compiled HLS C are shared libraries, one a configuration, with one
 * symbol, systole_model_get(). Both present the same registers and the same memory bus.
 *
 * A model belongs to one thread at a time; different models may run in different threads.
 */
#ifndef SYSTOLE_MODEL_H
#define SYSTOLE_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "systole_event.h"

#define SYSTOLE_MODEL_ABI 1u

struct systole_model;

struct systole_model_ops {
    uint32_t abi;  /* SYSTOLE_MODEL_ABI */
    uint32_t size; /* sizeof(struct systole_model_ops) */

    /*
     * Options are "name=value" pairs with commas between; each model documents its own and refuses the others.
     * NULL on failure, with the reason in `err`.
     */
    struct systole_model *(*create)(const char *options, char *err, size_t err_size);
    void (*destroy)(struct systole_model *m);

    uint32_t (*read_reg)(struct systole_model *m, uint32_t offset);
    void (*write_reg)(struct systole_model *m, uint32_t offset, uint32_t value);

    /*
     * Puts `size` bytes of host memory on the bus at `addr` (both multiples of 64, not overlapping). The memory stays the
     * caller's and must outlive the attachment. A bus access to an address that nothing is attached at is answered
     * with an error. 0, or -1.
     */
    int (*attach)(struct systole_model *m, uint64_t addr, void *host, uint64_t size);
    int (*detach)(struct systole_model *m, uint64_t addr);

    /* Lets time pass until the run is done, or for `max_cycles`. 1 when done (or nothing runs), 0 otherwise. */
    int (*run)(struct systole_model *m, uint64_t max_cycles);

    /*
     * Debugging: reads (or writes) `size` bytes at `offset` of an on-chip memory, numbered as MEM in spec/enums.def.
     * Between runs only. 0, or -1 when outside.
     */
    int (*peek)(struct systole_model *m, int mem, uint64_t offset, void *out, size_t size);
    int (*poke)(struct systole_model *m, int mem, uint64_t offset, const void *in, size_t size);

    /*
     * Optional; not there in a table that is too short for it. What became of each instruction of the run that goes on or was the last: element i
     * is instruction i. Lives until the model is used again. NULL where nothing was recorded: events=1 of its options asks for it.
     */
    const struct systole_event *(*events)(struct systole_model *m, size_t *count);

    /* Optional, likewise. The memory behind the bus: cycles from a read to its first beat, and bursts of reads that may be under way. */
    void (*memory)(const struct systole_model *m, uint32_t *latency, uint32_t *outstanding);

    /*
     * Optional; not there in a table that is too short for it. Between runs: from the next one on time passes as in a model that was created with
     * these options, which may differ from its own in the memory's alone. 0; -1 with the reason in `err`, and nothing has changed.
     */
    int (*retime)(struct systole_model *m, const char *options, char *err, size_t err_size);
};

/* Is an optional operation in a table of that size, and set? */
#define SYSTOLE_MODEL_HAS(ops, operation) \
    ((ops)->size >= offsetof(struct systole_model_ops, operation) + sizeof((ops)->operation) && (ops)->operation)

/* What a table must have at least. */
#define SYSTOLE_MODEL_OPS_LEAST offsetof(struct systole_model_ops, events)

const struct systole_model_ops *systole_model_get(void);

#endif
