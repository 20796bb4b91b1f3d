/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "backend_xrt_unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend_xrt_xclbin.h"
#include "clean.h"
#include "device.h"
#include "model_path.h"

#define FIRST_PAUSE_NS 5000u
#define LAST_PAUSE_NS 1000000u
#define STOP_NS 1000000000ull

/* ---- which card, which unit, which bitstream ---- */

static bool is_file(void *user, const char *directory)
{
    char *path = user;
    snprintf(path, XRT_PATH_BYTES, "%s/systole.xclbin", directory);
    return access(path, R_OK) == 0;
}

static bool add_directory(void *user, const char *directory)
{
    driver_add(user, " %s", directory);
    return false;
}

static enum systole_status find_xclbin(const struct driver_target *target, char *path, struct driver_message *why)
{
    const char *given = *path ? path : getenv("SYSTOLE_XCLBIN");
    if (given && *given) {
        if (given != path)
            snprintf(path, XRT_PATH_BYTES, "%s", given);
        if (access(path, R_OK) == 0)
            return SYSTOLE_OK;
        return driver_fail(why, SYSTOLE_NOT_FOUND, "device \"%s\": cannot read the xclbin %s: %s", target->text, path, strerror(errno));
    }
    if (model_path_each("xrt", is_file, path))
        return SYSTOLE_OK;
    driver_fail(why, SYSTOLE_NOT_FOUND, "device \"%s\": no xclbin: set SYSTOLE_XCLBIN to one, or put systole.xclbin into one of",
                target->text);
    model_path_each("xrt", add_directory, why);
    return SYSTOLE_NOT_FOUND;
}

enum systole_status xrt_choice_parse(const struct driver_target *target, struct xrt_choice *out, struct driver_message *why)
{
    struct xrt_choice c = {.card = 0};
    char options[TARGET_BYTES], value[TARGET_BYTES];
    memcpy(options, target->options, sizeof options);
    char *end = NULL;
    const unsigned long card = strtoul(target->name, &end, 10);
    if (*end != '\0' || target->name[0] == '-' || target->name[0] == '+' || card >= XRT_MAX_CARDS)
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": \"%s\" is no number of a card, 0 to %u", target->text, target->name,
                           XRT_MAX_CARDS - 1);
    c.card = (unsigned)card;
    if (!driver_target_take(options, "cu", value))
        snprintf(value, sizeof value, "1");
    const bool is_number = strspn(value, "0123456789") == strlen(value);
    if (snprintf(c.unit, sizeof c.unit, "%s%.*s", is_number ? XRT_KERNEL_NAME "_" : "", TARGET_BYTES, value) >= (int)sizeof c.unit)
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": the name of the unit is too long", target->text);
    if (driver_target_take(options, "xclbin", value))
        snprintf(c.xclbin, sizeof c.xclbin, "%s", value);
    if (driver_target_take(options, "start", value)) {
        c.by_registers = strcmp(value, "registers") == 0;
        if (!c.by_registers && strcmp(value, "xrt") != 0)
            return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": start is xrt or registers, not \"%s\"", target->text, value);
    }
    if (options[0] != '\0')
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": no such option: \"%s\"; there are cu, xclbin and start",
                           target->text, options);
    enum systole_status status = find_xclbin(target, c.xclbin, why);
    if (status == SYSTOLE_OK)
        status = xrt_xclbin_check(c.xclbin, why);
    if (status == SYSTOLE_OK)
        *out = c;
    return status;
}

/* ---- registers ---- */

enum systole_status xrt_unit_read(struct xrt_unit *u, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    if (u->api->xrtKernelReadRegister(u->kernel, offset, value) == 0) {
        if (offset == SYSTOLE_REG_CTRL && u->pending && !u->was_reset && *value != REGISTER_GONE)
            *value = CTRL_START;
        return SYSTOLE_OK;
    }
    return driver_xrt_fail(why, SYSTOLE_IO, "device \"%s\": register 0x%03x cannot be read", u->device, (unsigned)offset);
}

enum systole_status xrt_unit_write(struct xrt_unit *u, uint32_t offset, uint32_t value, struct driver_message *why)
{
    unsigned index;
    bool high;
    if (u->api->xrtKernelWriteRegister(u->kernel, offset, value) != 0)
        return driver_xrt_fail(why, SYSTOLE_IO, "device \"%s\": register 0x%03x cannot be written", u->device, (unsigned)offset);
    u->was_reset |= offset == SYSTOLE_REG_RESET;
    if (xrt_kernel_arg_of(offset, &index, &high)) {
        const unsigned shift = high ? 32 : 0;
        u->arg[index] = (u->arg[index] & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)value << shift;
    }
    return SYSTOLE_OK;
}

static uint64_t now_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* OK when CTRL has news: of a run that no scheduler has, of a reset, of a card that is gone (all ones). Else TIMEOUT. */
static enum systole_status look(struct xrt_unit *u, struct driver_message *why)
{
    uint32_t ctrl;
    const enum systole_status status = xrt_unit_read(u, SYSTOLE_REG_CTRL, &ctrl, why);
    return status != SYSTOLE_OK || ctrl & (CTRL_DONE | CTRL_IDLE) ? status : SYSTOLE_TIMEOUT;
}

enum systole_status xrt_unit_wait(struct xrt_unit *u, xrt_unit_ended *ended, struct backend_state *s, uint64_t timeout_ns,
                                  struct driver_message *why)
{
    const uint64_t begin = now_ns();
    struct timespec pause = {.tv_nsec = FIRST_PAUSE_NS};
    for (;;) {
        const bool is_long = pause.tv_nsec >= LAST_PAUSE_NS; /* since then the card may be gone */
        enum systole_status status = u->pending ? ended(s, why) : SYSTOLE_TIMEOUT;
        if (status == SYSTOLE_TIMEOUT && (!u->pending || u->was_reset || is_long))
            status = look(u, why);
        if (status != SYSTOLE_TIMEOUT || (timeout_ns != SYSTOLE_FOREVER && now_ns() - begin >= timeout_ns))
            return status;
        nanosleep(&pause, NULL);
        pause.tv_nsec = is_long ? LAST_PAUSE_NS : 2 * pause.tv_nsec;
    }
}

void xrt_unit_settle(struct xrt_unit *u, xrt_unit_ended *ended, struct backend_state *s)
{
    const struct timespec pause = {.tv_nsec = LAST_PAUSE_NS};
    struct driver_message unheard = {.text = ""};
    const uint64_t begin = now_ns();
    while (u->pending && ended(s, &unheard) == SYSTOLE_TIMEOUT && now_ns() - begin < STOP_NS) {
        u->was_reset = true;
        if (look(u, &unheard) == SYSTOLE_TIMEOUT)
            xrt_unit_write(u, SYSTOLE_REG_RESET, 1, &unheard);
        nanosleep(&pause, NULL);
    }
}

/* ---- opening ---- */

static enum systole_status clean_read(void *user, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    return xrt_unit_read(user, offset, value, why);
}

static enum systole_status clean_write(void *user, uint32_t offset, uint32_t value, struct driver_message *why)
{
    return xrt_unit_write(user, offset, value, why);
}

enum systole_status xrt_unit_open(struct xrt_unit *u, const struct xrt_api *api, void *device, const unsigned char uuid[16],
                                  const struct xrt_choice *choice, xrt_unit_opener *open, struct driver_message *why)
{
    char name[2 * XRT_UNIT_NAME_BYTES];
    u->api = api;
    snprintf(name, sizeof name, "%s:{%s}", XRT_KERNEL_NAME, choice->unit);
    u->kernel = open(device, uuid, name);
    if (!u->kernel)
        return driver_xrt_fail(why, SYSTOLE_MISMATCH, "device \"%s\": %s has no compute unit %s that can be opened", u->device,
                               choice->xclbin, name);
    for (unsigned i = 0; i < XRT_KERNEL_ARGS; i++) {
        const uint32_t offset = api->xrtKernelArgOffset(u->kernel, (int)i);
        if (offset != xrt_kernel_arg(i).offset)
            return driver_xrt_fail(why, SYSTOLE_MISMATCH, "device \"%s\": argument %u of the kernel in %s is at 0x%x, not 0x%x: it was "
                                   "built from other sources", u->device, i, choice->xclbin, (unsigned)offset,
                                   (unsigned)xrt_kernel_arg(i).offset);
    }
    const struct clean_access access = {u, clean_read, clean_write, u->device, "load its bitstream anew (xbutil reset)"};
    return driver_clean(&access, why);
}

void xrt_unit_close(struct xrt_unit *u)
{
    if (u->kernel)
        u->api->xrtKernelClose(u->kernel);
    u->kernel = NULL;
}

enum systole_status xrt_unit_command(struct xrt_unit *u, xrt_unit_start *start, xrt_unit_ended *ended, struct backend_state *s,
                                     uint32_t offset, uint32_t value, struct driver_message *why)
{
    if (offset == SYSTOLE_REG_CTRL && value & CTRL_START)
        return start(s, why);
    const enum systole_status status = xrt_unit_write(u, offset, value, why);
    if (offset == SYSTOLE_REG_RESET)
        xrt_unit_settle(u, ended, s);
    return status;
}
