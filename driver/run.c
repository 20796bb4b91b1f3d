/* SPDX-License-Identifier: Apache-2.0 */
/* The course of a run: windows, start, wait, what came of it, reset. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <time.h>

#include "device.h"

#define NS_PER_S 1000000000ull
#define POLL_FIRST_NS 1000ull
#define POLL_LAST_NS 1000000ull
#define MEMORIES_BYTES 40u /* room for the names of all */

/* ---- time ---- */

static uint64_t now_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static uint64_t deadline_after(uint64_t timeout_ns)
{
    const uint64_t now = now_ns();
    return timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
}

static uint64_t remaining(uint64_t deadline)
{
    if (deadline == UINT64_MAX)
        return UINT64_MAX;
    const uint64_t now = now_ns();
    return now < deadline ? deadline - now : 0;
}

static void sleep_ns(uint64_t ns)
{
    const struct timespec t = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
    nanosleep(&t, NULL);
}

/* ---- windows ---- */

static enum systole_status check_not_running(struct systole_device *dev)
{
    if (dev->running)
        return driver_fail(&dev->message, SYSTOLE_BUSY, "device \"%s\" runs a program: wait for it, or reset", dev->target.text);
    return SYSTOLE_OK;
}

enum systole_status systole_device_set_window(struct systole_device *dev, uint32_t window, const struct systole_buffer *buffer,
                                              uint64_t offset, uint64_t size)
{
    struct driver_message *why = &dev->message;
    enum systole_status status = check_not_running(dev);
    if (status != SYSTOLE_OK)
        return status;
    if (window >= SYSTOLE_WINDOWS)
        return driver_fail(why, SYSTOLE_BAD_ARGUMENT, "window %u: there are %d", (unsigned)window, SYSTOLE_WINDOWS);
    uint64_t base = 0;
    if (!buffer) {
        size = 0;
    } else {
        if (buffer->dev != dev)
            return driver_fail(why, SYSTOLE_BAD_ARGUMENT, "window %u: the buffer is another device's", (unsigned)window);
        if (offset % SYSTOLE_WINDOW_ALIGN != 0)
            return driver_fail(why, SYSTOLE_BAD_ARGUMENT, "window %u: offset %" PRIu64 " is not a multiple of %d",
                               (unsigned)window, offset, SYSTOLE_WINDOW_ALIGN);
        if (offset > buffer->size || size > buffer->size - offset)
            return driver_fail(why, SYSTOLE_BAD_ARGUMENT, "window %u: %" PRIu64 " bytes at offset %" PRIu64
                               " are not inside a buffer of %" PRIu64 " bytes", (unsigned)window, size, offset, buffer->size);
        base = buffer->memory.address + offset;
    }
    dev->window[window] = buffer;
    status = driver_write64(dev, SYSTOLE_REG_WIN_BASE_LO + SYSTOLE_REG_WIN_BASE_LO_STEP * window, base);
    if (status != SYSTOLE_OK)
        return status;
    return driver_write64(dev, SYSTOLE_REG_WIN_SIZE_LO + SYSTOLE_REG_WIN_SIZE_LO_STEP * window, size);
}

enum systole_status systole_device_set_watchdog(struct systole_device *dev, uint64_t cycles)
{
    const enum systole_status status = check_not_running(dev);
    return status == SYSTOLE_OK ? driver_write64(dev, SYSTOLE_REG_WATCHDOG_LO, cycles) : status;
}

/* ---- start and wait ---- */

enum systole_status systole_device_start(struct systole_device *dev)
{
    enum systole_status status = check_not_running(dev);
    if (status == SYSTOLE_OK)
        status = driver_write(dev, SYSTOLE_REG_CTRL, CTRL_START);
    if (status == SYSTOLE_OK)
        dev->running = true;
    return status;
}

static enum systole_status gone(struct systole_device *dev)
{
    dev->running = false; /* nobody will tell its end */
    return driver_fail(&dev->message, SYSTOLE_LOST, "device \"%s\" is gone: its registers read all ones", dev->target.text);
}

/* Until CTRL has one of the bits; its value then. */
static enum systole_status wait_ctrl(struct systole_device *dev, uint32_t bits, uint64_t timeout_ns, uint32_t *ctrl)
{
    const uint64_t deadline = deadline_after(timeout_ns);
    uint64_t pause = POLL_FIRST_NS;
    for (;;) {
        const uint64_t left = remaining(deadline);
        enum systole_status status = SYSTOLE_OK;
        if (dev->ops->wait)
            status = dev->ops->wait(dev->state, left, &dev->message);
        if (status != SYSTOLE_OK && status != SYSTOLE_TIMEOUT)
            return status;
        status = driver_read(dev, SYSTOLE_REG_CTRL, ctrl);
        if (status != SYSTOLE_OK)
            return status;
        if (*ctrl == REGISTER_GONE)
            return gone(dev);
        if (*ctrl & bits)
            return SYSTOLE_OK;
        if (left == 0)
            return SYSTOLE_TIMEOUT;
        if (!dev->ops->wait) {
            sleep_ns(pause < left ? pause : left);
            pause = pause < POLL_LAST_NS ? 2 * pause : pause;
        }
    }
}

/* The memories that PARITY is about: " (ACC)". */
static enum systole_status name_memories(struct systole_device *dev, char text[MEMORIES_BYTES])
{
    static const char *const names[SYSTOLE_MEMORIES] = {[SYSTOLE_MEM_APAD] = "APAD", [SYSTOLE_MEM_WPAD] = "WPAD", [SYSTOLE_MEM_ACC] = "ACC",
                                                        [SYSTOLE_MEM_PARAM] = "PARAM", [SYSTOLE_MEM_LUT] = "LUT"};
    uint32_t which = 0;
    size_t used = 0;
    const enum systole_status status = driver_read(dev, SYSTOLE_REG_PARITY, &which);
    for (uint32_t i = 0; i < SYSTOLE_MEMORIES; i++)
        if (which >> i & 1u)
            used += (size_t)snprintf(text + used, MEMORIES_BYTES - used, "%s%s", used ? ", " : " (", names[i]);
    snprintf(text + used, MEMORIES_BYTES - used, "%s", used ? ")" : "");
    return status;
}

static enum systole_status judge_run(struct systole_device *dev)
{
    struct systole_device_status s;
    char memories[MEMORIES_BYTES] = "";
    enum systole_status status = systole_device_status(dev, &s);
    if (status == SYSTOLE_OK && s.code == SYSTOLE_ERR_PARITY)
        status = name_memories(dev, memories);
    if (status != SYSTOLE_OK || s.code == SYSTOLE_ERR_OK)
        return status;
    return driver_fail(&dev->message, SYSTOLE_DEVICE_ERROR, "%s (%u) at instruction %u%s: %s", s.name, (unsigned)s.code,
                       (unsigned)s.index, memories, s.text);
}

enum systole_status systole_device_wait(struct systole_device *dev, uint64_t timeout_ns)
{
    struct driver_message *why = &dev->message;
    uint32_t ctrl;
    if (!dev->running)
        return driver_fail(why, SYSTOLE_BAD_STATE, "device \"%s\": nothing was started", dev->target.text);
    /* Done comes before idle where the memory never gave all its answers. */
    const enum systole_status status = wait_ctrl(dev, CTRL_DONE | CTRL_IDLE, timeout_ns, &ctrl);
    if (status == SYSTOLE_TIMEOUT)
        return driver_fail(why, status, "the program did not end within %" PRIu64 " ns", timeout_ns);
    if (status != SYSTOLE_OK)
        return status;
    dev->running = false;
    if (!(ctrl & CTRL_DONE))
        return driver_fail(why, SYSTOLE_IO, "device \"%s\" is idle, but no run ended (CTRL 0x%08x): was it reset?",
                           dev->target.text, (unsigned)ctrl);
    return judge_run(dev);
}

enum systole_status systole_device_reset(struct systole_device *dev, uint64_t timeout_ns)
{
    struct driver_message *why = &dev->message;
    uint32_t ctrl, bus;
    enum systole_status status = driver_write(dev, SYSTOLE_REG_RESET, 1);
    if (status == SYSTOLE_OK)
        status = wait_ctrl(dev, CTRL_IDLE, timeout_ns, &ctrl);
    if (status != SYSTOLE_OK && status != SYSTOLE_TIMEOUT)
        return status;
    /* Stopped in either case: without answers from the memory nothing moves, and no end of the run will be told. */
    dev->running = false;
    if (status == SYSTOLE_OK)
        return status;
    status = driver_read(dev, SYSTOLE_REG_BUS, &bus);
    if (status != SYSTOLE_OK)
        return status;
    return driver_fail(why, SYSTOLE_TIMEOUT, "device \"%s\" is not idle %" PRIu64 " ns after a reset%s", dev->target.text,
                       timeout_ns, bus & 1u ? ": its memory still owes answers, the next start waits for them" : "");
}

/* ---- what came of it ---- */

static const struct {
    const char *name, *text;
} errors[] = {
#define SYSTOLE_ERROR(name, code, doc) [code] = {#name, doc},
#include "spec/errors.def"
#undef SYSTOLE_ERROR
}, counters[SYSTOLE_COUNTER_COUNT] = {
#define SYSTOLE_COUNTER(name, index, doc) [index] = {#name, doc},
#include "spec/counters.def"
#undef SYSTOLE_COUNTER
};

enum systole_status systole_device_status(struct systole_device *dev, struct systole_device_status *out)
{
    struct systole_device_status s = {.running = dev->running, .name = "UNKNOWN", .text = "no error has this code"};
    enum systole_status status = driver_read(dev, SYSTOLE_REG_STATUS, &s.code);
    if (status == SYSTOLE_OK)
        status = driver_read(dev, SYSTOLE_REG_ERROR_INDEX, &s.index);
    if (status != SYSTOLE_OK)
        return status;
    if (s.code == REGISTER_GONE)
        return gone(dev);
    if (s.code < sizeof errors / sizeof errors[0]) {
        s.name = errors[s.code].name;
        s.text = errors[s.code].text;
    }
    *out = s;
    return SYSTOLE_OK;
}

enum systole_status systole_device_counters(struct systole_device *dev, struct systole_counters *out)
{
    struct systole_counters c;
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++) {
        const enum systole_status status =
            driver_read64(dev, SYSTOLE_REG_COUNTER_LO + SYSTOLE_REG_COUNTER_LO_STEP * i, &c.value[i]);
        if (status != SYSTOLE_OK)
            return status;
    }
    *out = c;
    return SYSTOLE_OK;
}

enum systole_status systole_device_memory(struct systole_device *dev, uint32_t *latency, uint32_t *outstanding)
{
    if (!dev->ops->memory || !dev->ops->memory(dev->state, latency, outstanding))
        return driver_fail(&dev->message, SYSTOLE_UNSUPPORTED, "device \"%s\" does not know its memory's latency", dev->target.text);
    return SYSTOLE_OK;
}

enum systole_status systole_device_events(struct systole_device *dev, const struct systole_event **events, size_t *count)
{
    size_t n = 0;
    const struct systole_event *all = dev->ops->events ? dev->ops->events(dev->state, &n) : NULL;
    if (!all)
        return driver_fail(&dev->message, SYSTOLE_UNSUPPORTED, "device \"%s\" has recorded no events%s", dev->target.text,
                           dev->ops->events ? ": a simulated device does when it is opened with events=1, and a program has run" : "");
    *events = all;
    *count = n;
    return SYSTOLE_OK;
}

const char *systole_counter_name(uint32_t index)
{
    return index < SYSTOLE_COUNTER_COUNT ? counters[index].name : NULL;
}

const char *systole_counter_text(uint32_t index)
{
    return index < SYSTOLE_COUNTER_COUNT ? counters[index].text : NULL;
}
