/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver: opens a device, gives it memory, starts programs, waits for them, recovers. It knows nothing of layers.
 *
 *     struct systole_device *dev;
 *     systole_device_open("sim:16x16", NULL, &dev);
 *     systole_buffer_alloc(dev, bytes, &program);
 *     systole_buffer_write(program, 0, words, bytes);
 *     systole_device_set_window(dev, 0, program, 0, bytes);
 *     systole_device_start(dev);
 *     systole_device_wait(dev, SYSTOLE_FOREVER);
 *     systole_device_close(dev);
 *
 * Functions that can fail return a status; what they give back comes last and is left as it was when they fail. The reason,
 * with its numbers, is in systole_device_message().
 *
 * A device and its buffers belong to one thread at a time; different devices may be used in different threads.
 */
#ifndef SYSTOLE_DRIVER_H
#define SYSTOLE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "systole_event.h"
#include "systole_spec.h"
#include "systole_status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct systole_device;
struct systole_buffer;

/* ---- What there is ---- */

struct systole_found {
    const char *backend; /* "sim" */
    const char *purpose; /* what that back end is, in words */
    const char *device;  /* what systole_device_open() takes, or NULL: the back end cannot be used here */
    const char *detail;  /* where it was found, or why it cannot be used */
};

typedef void systole_found_fn(void *user, const struct systole_found *found);

/* Calls `each` for every device that was found, and once for a back end without any. The strings live as long as the call. */
SYSTOLE_API void systole_enumerate(systole_found_fn *each, void *user);
/* "sim", and so on: every back end that a device may be named by, whether or not it has one here; NULL past the last. */
SYSTOLE_API const char *systole_backend_name(size_t index);

/* The file libsystole_<kind>.so, looked for as the libraries of devices are. NOT_FOUND, with the directories in `message`, or NULL. */
SYSTOLE_API enum systole_status systole_library_find(const char *kind, char *path, size_t room, char *message, size_t message_size);

/* ---- Opening ---- */

enum systole_device_log_level {
    SYSTOLE_DEVICE_LOG_INFO,    /* which library was loaded, which device opened */
    SYSTOLE_DEVICE_LOG_REGISTER /* an access to a register, by its name; only where trace_registers asks for it */
};

typedef void systole_device_log_fn(void *user, enum systole_device_log_level level, const char *text);

/* Set `size`, and what is wanted of the rest; the others zero. */
struct systole_open_options {
    size_t size;          /* sizeof(struct systole_open_options) */
    char *message;        /* where the reason of a failure goes, or NULL */
    size_t message_size;
    systole_device_log_fn *log;  /* or NULL */
    void *log_user;
    bool trace_registers; /* tell `log` of each access to a register */
};

#define SYSTOLE_MESSAGE_BYTES 2048

/*
 * Opens the device that a string names: back end, ':', which one, and options as ",name=value".
 *
 *     sim:16x16,latency=200    the simulated RTL: library libsystole_sim_16x16.so, options in docs/blocks/sim.md
 *     hls:16x16                the HLS C: library libsystole_hls_16x16.so
 *     model:16x16,axi=32       the fast model of any configuration: options in docs/fast-model.md
 *     f2:0                     a card of an AWS F2 instance: docs/deploy-f2.md
 *     sim:4x4,lib=/tmp/x.so    the library itself
 *     hls:16x16,wipe=1         any device: its buffers are zeroed before they are freed
 *
 * Libraries are looked for as docs/driver.md says. A device that is not of this contract, or not of the size in its name,
 * is refused. With SYSTOLE_TRACE_REGISTERS=FILE in the environment each access to a register is added to FILE.
 *
 * options: NULL for none. BAD_DEVICE, NOT_FOUND, MISMATCH, NO_MEMORY, BAD_ARGUMENT, BUSY, TIMEOUT, IO, LOST.
 */
SYSTOLE_API enum systole_status systole_device_open(const char *device, const struct systole_open_options *options,
                                                    struct systole_device **out);

/*
 * Stops a run, frees the device and every buffer of it. NULL is allowed. The on-chip memories of a card are cleared, as when it was opened: nobody
 * finds what another left.
 */
SYSTOLE_API void systole_device_close(struct systole_device *dev);

/*
 * Between runs: the device goes on as the one that another string names, which may differ from its own in the options of a simulated memory alone. Buffers
 * and windows stay. One program can so be timed on many memories without being made anew for each.
 *
 * UNSUPPORTED, with why, where the strings differ in anything else, or for a device that cannot: all but the fast model, and that too where the stalls of a
 * memory depend on the cycles since it was opened (`stall`, `refresh_every`). Nothing has changed then. BUSY while a run goes on. BAD_DEVICE, BAD_ARGUMENT.
 */
SYSTOLE_API enum systole_status systole_device_retime(struct systole_device *dev, const char *device);

/* The string it was opened with, or goes on as. */
SYSTOLE_API const char *systole_device_name(const struct systole_device *dev);

/* The reason of the last failure of a function on this device or a buffer of it; "" when there was none. */
SYSTOLE_API const char *systole_device_message(const struct systole_device *dev);

/* How the device was built: a member for each word of spec/caps.def, by its name there. */
struct systole_caps {
#define SYSTOLE_CAP(name, index, doc) uint32_t name;
#include "spec/caps.def"
#undef SYSTOLE_CAP
    uint32_t version;
    uint64_t contract, build; /* hashes: docs/semantics.md, Identity */
};

/* Read at open; lives as long as the device. */
SYSTOLE_API const struct systole_caps *systole_device_caps(const struct systole_device *dev);

/* ---- Memory ---- */

#define SYSTOLE_BUFFER_ALIGN 64

/* Memory that the device reads and writes, zero at first, aligned to SYSTOLE_BUFFER_ALIGN. NO_MEMORY, BAD_ARGUMENT, IO. */
SYSTOLE_API enum systole_status systole_buffer_alloc(struct systole_device *dev, uint64_t size, struct systole_buffer **out);

/* Windows onto it are closed, and a run in progress is stopped first. NULL is allowed. */
SYSTOLE_API void systole_buffer_free(struct systole_buffer *buffer);

SYSTOLE_API uint64_t systole_buffer_size(const struct systole_buffer *buffer);
SYSTOLE_API uint64_t systole_buffer_address(const struct systole_buffer *buffer); /* as the device sees it */

/* Copies between the host and the device. BAD_ARGUMENT when not inside the buffer. */
SYSTOLE_API enum systole_status systole_buffer_write(struct systole_buffer *buffer, uint64_t offset, const void *from,
                                                     size_t size);
SYSTOLE_API enum systole_status systole_buffer_read(struct systole_buffer *buffer, uint64_t offset, void *to, size_t size);

/* The buffer in the host's memory, for as long as it lives. UNSUPPORTED where the device has none: then copy. */
SYSTOLE_API enum systole_status systole_buffer_map(struct systole_buffer *buffer, void **out);

enum systole_direction { SYSTOLE_TO_DEVICE, SYSTOLE_FROM_DEVICE };

/* After writing to a mapped buffer, before a start: TO_DEVICE. After a run, before reading: FROM_DEVICE. */
SYSTOLE_API enum systole_status systole_buffer_sync(struct systole_buffer *buffer, enum systole_direction direction,
                                                    uint64_t offset, uint64_t size);

/* ---- Running ---- */

#define SYSTOLE_FOREVER UINT64_MAX

/*
 * Lets the device see `size` bytes of a buffer, from `offset` (a multiple of 64), as a window. A NULL buffer closes it.
 * Window 0 holds the program. BUSY during a run.
 */
SYSTOLE_API enum systole_status systole_device_set_window(struct systole_device *dev, uint32_t window,
                                                          const struct systole_buffer *buffer, uint64_t offset,
                                                          uint64_t size);

/* Most cycles that a run may take; 0: no limit. BUSY during a run. */
SYSTOLE_API enum systole_status systole_device_set_watchdog(struct systole_device *dev, uint64_t cycles);

/* Starts the program in window 0. BUSY during a run. */
SYSTOLE_API enum systole_status systole_device_start(struct systole_device *dev);

/*
 * Waits for the end of what was started, at most about `timeout_ns`; 0 looks, without waiting. A simulated device works only
 * while it is waited for: each call lets it work for a while, and a functional device (hls) until the program's end.
 *
 * OK; DEVICE_ERROR with the code and the instruction in the message; TIMEOUT, and the run goes on: wait again, or reset;
 * BAD_STATE when nothing was started; LOST when the device is gone: close it, and open it again when it is back.
 */
SYSTOLE_API enum systole_status systole_device_wait(struct systole_device *dev, uint64_t timeout_ns);

struct systole_device_status {
    bool running;     /* started, and its end not yet seen by systole_device_wait() */
    uint32_t code;    /* enum systole_error, of the last run */
    uint32_t index;   /* the instruction that it belongs to */
    const char *name; /* "BAD_FIELD" */
    const char *text; /* what that means */
};

SYSTOLE_API enum systole_status systole_device_status(struct systole_device *dev, struct systole_device_status *out);

struct systole_counters {
    uint64_t value[SYSTOLE_COUNTER_COUNT]; /* by enum systole_counter */
};

/* Of the last run, or of the one that goes on. */
SYSTOLE_API enum systole_status systole_device_counters(struct systole_device *dev, struct systole_counters *out);

/*
 * The memory behind the device's bus: cycles from a read to its first beat, and bursts of reads that may be under way. UNSUPPORTED, and nothing told, where
 * that is not known: a simulated device with time knows its own, a card does not.
 */
SYSTOLE_API enum systole_status systole_device_memory(struct systole_device *dev, uint32_t *latency, uint32_t *outstanding);

/* "CYCLES", and what it counts; NULL when there is no such counter. */
SYSTOLE_API const char *systole_counter_name(uint32_t index);
SYSTOLE_API const char *systole_counter_text(uint32_t index);

/*
 * What became of each instruction of the last run, or of the one that goes on: element i is instruction i, of those that left the decoder. Lives
 * until the device is used again. UNSUPPORTED where the device records none: a simulated one does when it is opened with events=1.
 */
SYSTOLE_API enum systole_status systole_device_events(struct systole_device *dev, const struct systole_event **events, size_t *count);

/*
 * Stops a run and waits, at most about `timeout_ns`, until nothing is under way on the memory bus. Windows, on-chip memories
 * and buffers keep what they hold. TIMEOUT when the memory owes answers for longer: the run is stopped, and the next start
 * waits for them. LOST when the device is gone.
 */
SYSTOLE_API enum systole_status systole_device_reset(struct systole_device *dev, uint64_t timeout_ns);

/*
 * Zeroes every on-chip memory, by a program of its own; all windows are closed. For a device that serves one tenant after the other without being
 * closed between them. As systole_device_wait(); BUSY during a run.
 */
SYSTOLE_API enum systole_status systole_device_clear(struct systole_device *dev);

#ifdef __cplusplus
}
#endif

#endif
