/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a back end is: a table of operations, named in backends.def. The driver above it checks arguments, keeps the state of a
 * run and the list of buffers; a back end moves words and bytes.
 *
 * Adding one: backend_<name>.c with the table driver_backend_<name>, its line in backends.def, its test. What it needs of the
 * system (a driver, a library) it looks for at run time; its absence is a reason in words, not a failure to build.
 */
#ifndef SYSTOLE_BACKEND_H
#define SYSTOLE_BACKEND_H

#include "message.h"
#include "systole_driver.h"
#include "target.h"

#define BACKEND_ABI 1u

/* The fields of CTRL that matter here. */
#define CTRL_START 1u
#define CTRL_DONE 2u
#define CTRL_IDLE 4u

/* An open device; each back end has its own. */
struct backend_state;

struct backend_memory {
    uint64_t address; /* on the device, a multiple of SYSTOLE_BUFFER_ALIGN */
    void *host;       /* the same bytes in the host's memory, or NULL: then copy_in and copy_out move them */
    void *handle;     /* the back end's own */
};

/* What open() tells of the device besides its state. */
struct backend_opened {
    struct backend_state *state;
    uint32_t rows, cols;  /* that the device must have by its name; 0: any */
    bool keeps;           /* the on-chip memories hold what was there before: the driver clears them */
    char detail[256];     /* where it was found, for the log */
};

typedef void backend_found_fn(void *user, const char *name, const char *detail);

struct backend_ops {
    uint32_t abi;  /* BACKEND_ABI */
    uint32_t size; /* sizeof(struct backend_ops) */

    /*
     * Optional. Calls `found` for each device there is, with what stands after "backend:" and where it was found; returns
     * how many. When none: the reason, in `why`. Without it one device, with the name of the back end, is taken to be there.
     */
    size_t (*list)(const char *backend, backend_found_fn *found, void *user, struct driver_message *why);

    /* Required. */
    enum systole_status (*open)(const struct driver_target *target, struct backend_opened *out, struct driver_message *why);
    void (*close)(struct backend_state *s);

    /* Required. Registers, by their byte offsets in spec/registers.def. */
    enum systole_status (*read_reg)(struct backend_state *s, uint32_t offset, uint32_t *value, struct driver_message *why);
    enum systole_status (*write_reg)(struct backend_state *s, uint32_t offset, uint32_t value, struct driver_message *why);

    /* Required. `size` is a multiple of SYSTOLE_BUFFER_ALIGN and not 0; the memory is zero. */
    enum systole_status (*alloc)(struct backend_state *s, uint64_t size, struct backend_memory *out, struct driver_message *why);
    void (*free)(struct backend_state *s, const struct backend_memory *memory);

    /* Required where alloc() gives memory that is not mapped; else optional. Always within the memory. */
    enum systole_status (*copy_in)(struct backend_state *s, const struct backend_memory *memory, uint64_t offset,
                                   const void *from, size_t size, struct driver_message *why);
    enum systole_status (*copy_out)(struct backend_state *s, const struct backend_memory *memory, uint64_t offset, void *to,
                                    size_t size, struct driver_message *why);

    /* Optional: for mapped memory that is not coherent. */
    enum systole_status (*sync)(struct backend_state *s, const struct backend_memory *memory, enum systole_direction direction,
                                uint64_t offset, uint64_t size, struct driver_message *why);

    /*
     * Optional; without it the driver reads CTRL again and again, sleeping between. Returns OK when the device may be done or
     * idle, TIMEOUT when it is not after about `timeout_ns`. Makes some progress even when that is 0.
     */
    enum systole_status (*wait)(struct backend_state *s, uint64_t timeout_ns, struct driver_message *why);

    /* Optional. What became of each instruction, as systole_device_events() gives it; NULL when nothing was recorded. */
    const struct systole_event *(*events)(struct backend_state *s, size_t *count);

    /* Optional. As systole_device_memory() gives it; false where it is not known. */
    bool (*memory)(struct backend_state *s, uint32_t *latency, uint32_t *outstanding);

    /* Optional. Takes on the memory of another device string of the same back end, as systole_device_retime() says. */
    enum systole_status (*retime)(struct backend_state *s, const struct driver_target *target, struct driver_message *why);
};

struct backend {
    const char *name, *purpose;
    const struct backend_ops *ops;
};

/* The back ends of backends.def, up to one whose name is NULL. */
extern const struct backend driver_backends[];

/* By name; NULL with the names there are in `why`. */
const struct backend *driver_backend_find(const char *name, struct driver_message *why);

/* Whether a table can be used: its version, its size, and that nothing required is missing. */
enum systole_status driver_backend_check(const char *name, const struct backend_ops *ops, struct driver_message *why);

#endif
