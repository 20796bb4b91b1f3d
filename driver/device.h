/* SPDX-License-Identifier: Apache-2.0 */
/* An open device, for the files of the driver. */
#ifndef SYSTOLE_DRIVER_DEVICE_H
#define SYSTOLE_DRIVER_DEVICE_H

#include <stdio.h>

#include "backend.h"

struct systole_buffer {
    struct systole_device *dev;
    struct systole_buffer *prev, *next; /* of the device's list */
    uint64_t size;                      /* as asked for */
    struct backend_memory memory;
};

struct systole_device {
    const struct backend_ops *ops;
    struct backend_state *state;
    struct systole_caps caps;
    struct systole_buffer *buffers;
    const struct systole_buffer *window[SYSTOLE_WINDOWS]; /* what each one shows, or NULL */
    bool running;                                         /* a start whose end was not seen yet */
    bool keeps;           /* the on-chip memories outlive this: they are cleared at open and at close */
    bool wipe;            /* buffers are zeroed before they are freed */
    systole_device_log_fn *log;
    void *log_user;
    bool trace_registers; /* to log */
    FILE *trace;          /* or NULL */
    struct driver_target target;
    struct driver_message message;
};

/* ---- registers.c: every access to a register goes through here ---- */

enum systole_status driver_read(struct systole_device *dev, uint32_t offset, uint32_t *value);
enum systole_status driver_write(struct systole_device *dev, uint32_t offset, uint32_t value);

/* Two halves, of which the high one is at offset + 4. A counter that moves meanwhile is read again. */
enum systole_status driver_read64(struct systole_device *dev, uint32_t offset, uint64_t *value);
enum systole_status driver_write64(struct systole_device *dev, uint32_t offset, uint64_t value);

#define REGISTER_NAME_BYTES 32

/* "WIN_BASE_LO[3]"; an offset without a name as a number. */
void driver_register_name(uint32_t offset, char name[REGISTER_NAME_BYTES]);

/* ---- wipe.c ---- */

/* Zeroes a buffer, as far as the device can be reached. */
void driver_wipe_buffer(struct systole_buffer *b);

/* How long freeing a buffer or closing waits for the end of a run that it stops. */
#define RESET_NS 1000000000ull

/* Nothing is there: what a bus gives whose device is gone. No register of a device reads so. */
#define REGISTER_GONE 0xffffffffu

void driver_log(const struct systole_device *dev, enum systole_device_log_level level, const char *format, ...) DRIVER_PRINTF(3, 4);

#endif
