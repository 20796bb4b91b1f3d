/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end xrt: a compute unit on a card (Alveo, Azure NP, or XRT's hardware emulation) through XRT's C interface.
 *
 * Registers are read and written directly; the unit is opened for this process alone. A run is started by XRT's scheduler, with
 * the windows as its arguments, which also tells its end. With the option start=registers, or where a window cannot be made an
 * argument, CTRL is written and read instead.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "backend_xrt_card.h"
#include "device.h"

#define PAGE 4096u /* of a buffer that XRT makes */

/* Memory of the card, as the handle of struct backend_memory. */
struct xrt_buffer {
    struct xrt_buffer *prev, *next;
    void *bo;
    uint64_t address, size;
};

struct backend_state {
    struct xrt_unit unit;
    struct xrt_card *card;
    struct xrt_choice choice;
    uint32_t group; /* of memory, that the unit's port reaches */
    struct xrt_buffer *buffers;
    void *run;
    void *part[SYSTOLE_WINDOWS]; /* windows that begin inside a buffer */
    struct backend_state *next_kept;
};

/* Closed while XRT's scheduler waited for their run: it still looks at what it has of them, and ends the process when that is gone. */
static struct backend_state *kept;

/* ---- opening ---- */

static enum systole_status ended(struct backend_state *s, struct driver_message *why)
{
    const int state = s->unit.api->xrtRunState(s->run);
    if (state < XRT_RUN_COMPLETED || state == XRT_RUN_SUBMITTED)
        return SYSTOLE_TIMEOUT;
    s->unit.pending = false;
    if (state == XRT_RUN_COMPLETED)
        return SYSTOLE_OK;
    return driver_xrt_fail(why, SYSTOLE_IO, "device \"%s\": XRT ended the run with its state %d (%s)", s->unit.device, state,
                           state == XRT_RUN_ERROR ? "error" : state == XRT_RUN_ABORT ? "abort" : "time out, or no response");
}

static void free_parts(struct backend_state *s)
{
    for (unsigned w = 0; w < SYSTOLE_WINDOWS; w++) {
        if (s->part[w])
            s->unit.api->xrtBOFree(s->part[w]);
        s->part[w] = NULL;
    }
}

static void leave(struct backend_state *s)
{
    const struct xrt_api *api = s->unit.api;
    if (s->run) {
        free_parts(s);
        api->xrtRunClose(s->run);
    }
    xrt_unit_close(&s->unit);
    if (s->card)
        xrt_card_leave(api, s->card, s->choice.unit);
    driver_free(s);
}

/* Leaves those of the kept whose runs have ended after all. */
static void leave_ended(void)
{
    struct driver_message unheard = {.text = ""};
    for (struct backend_state **at = &kept; *at;) {
        struct backend_state *s = *at;
        if (ended(s, &unheard) == SYSTOLE_TIMEOUT) {
            at = &s->next_kept;
            continue;
        }
        *at = s->next_kept;
        leave(s);
    }
}

static void xrt_close(struct backend_state *s)
{
    if (!s)
        return;
    driver_xrt_lock();
    if (s->run)
        xrt_unit_settle(&s->unit, ended, s);
    if (s->unit.pending) {
        s->next_kept = kept;
        kept = s;
    } else {
        leave(s);
    }
    driver_xrt_unlock();
}

static enum systole_status enter(struct backend_state *s, struct driver_message *why)
{
    const struct xrt_api *api = driver_xrt_api(why);
    if (!api)
        return SYSTOLE_NOT_FOUND;
    s->unit.api = api;
    leave_ended();
    enum systole_status status = xrt_card_enter(api, s->unit.device, &s->choice, &s->card, why);
    if (status == SYSTOLE_OK)
        status = xrt_unit_open(&s->unit, api, s->card->device, s->card->uuid, &s->choice, api->xrtPLKernelOpenExclusive, why);
    if (status != SYSTOLE_OK)
        return status;
    const int group = api->xrtKernelArgGroupId(s->unit.kernel, 0);
    if (group < 0)
        return driver_xrt_fail(why, SYSTOLE_MISMATCH, "device \"%s\": XRT does not know which memory %s reaches", s->unit.device,
                               s->choice.unit);
    s->group = (uint32_t)group;
    s->run = api->xrtRunOpen(s->unit.kernel);
    if (!s->run)
        return driver_xrt_fail(why, SYSTOLE_IO, "device \"%s\": XRT gives no run", s->unit.device);
    return SYSTOLE_OK;
}

static enum systole_status xrt_open(const struct driver_target *target, struct backend_opened *out, struct driver_message *why)
{
    struct backend_state *s = driver_alloc(sizeof *s);
    if (!s)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for a device: %zu bytes", sizeof *s);
    snprintf(s->unit.device, sizeof s->unit.device, "%.*s", (int)sizeof s->unit.device - 1, target->text);
    enum systole_status status = xrt_choice_parse(target, &s->choice, why);
    if (status == SYSTOLE_OK) {
        driver_xrt_lock();
        status = enter(s, why);
        driver_xrt_unlock();
    }
    if (status != SYSTOLE_OK) {
        xrt_close(s);
        return status;
    }
    out->state = s;
    out->keeps = true;
    snprintf(out->detail, sizeof out->detail, "card %u, unit %s, %.*s", s->choice.card, s->choice.unit, 150, s->choice.xclbin);
    return SYSTOLE_OK;
}

static size_t xrt_list(const char *backend, backend_found_fn *found, void *user, struct driver_message *why)
{
    size_t count = 0;
    (void)backend;
    driver_xrt_lock();
    const struct xrt_api *api = driver_xrt_api(why);
    const unsigned cards = api ? driver_xrt_cards() : 0;
    if (api && cards == 0)
        driver_xrt_fail(why, SYSTOLE_NOT_FOUND, "XRT finds no card");
    driver_xrt_unlock();
    for (; count < cards; count++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", count);
        found(user, name, "a card that XRT found");
    }
    return count;
}

/* ---- memory ---- */

static void free_bo(const struct xrt_api *api, struct xrt_buffer *b)
{
    if (b && b->bo)
        api->xrtBOFree(b->bo);
    driver_free(b);
}

static enum systole_status xrt_alloc(struct backend_state *s, uint64_t size, struct backend_memory *out, struct driver_message *why)
{
    const struct xrt_api *api = s->unit.api;
    struct xrt_buffer *b = driver_alloc(sizeof *b);
    if (!b)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for the handle of a buffer of %" PRIu64 " bytes", size);
    driver_xrt_forget_words();
    enum systole_status status = SYSTOLE_NO_MEMORY;
    if (size <= SIZE_MAX - PAGE)
        b->bo = api->xrtBOAlloc(s->card->device, (size_t)size, 0, s->group);
    void *host = b->bo ? api->xrtBOMap(b->bo) : NULL;
    if (!host) {
        driver_xrt_fail(why, status, "device \"%s\": no memory on the card for a buffer of %" PRIu64 " bytes", s->unit.device, size);
        goto out;
    }
    b->address = api->xrtBOAddress(b->bo);
    b->size = size;
    memset(host, 0, (size_t)size);
    status = SYSTOLE_IO;
    if (b->address % SYSTOLE_BUFFER_ALIGN != 0) {
        driver_fail(why, status, "device \"%s\": a buffer of the card begins at 0x%" PRIx64 ", no multiple of %d", s->unit.device,
                    b->address, SYSTOLE_BUFFER_ALIGN);
        goto out;
    }
    if (api->xrtBOSync(b->bo, XRT_TO_DEVICE, (size_t)size, 0) != 0) {
        driver_xrt_fail(why, status, "device \"%s\": a buffer of %" PRIu64 " bytes cannot be cleared", s->unit.device, size);
        goto out;
    }
    status = SYSTOLE_OK;
    b->next = s->buffers;
    if (b->next)
        b->next->prev = b;
    s->buffers = b;
    *out = (struct backend_memory){.address = b->address, .host = host, .handle = b};
    b = NULL;
out:
    free_bo(api, b);
    return status;
}

static void xrt_free(struct backend_state *s, const struct backend_memory *memory)
{
    struct xrt_buffer *b = memory->handle;
    if (b->prev)
        b->prev->next = b->next;
    else
        s->buffers = b->next;
    if (b->next)
        b->next->prev = b->prev;
    free_parts(s);
    free_bo(s->unit.api, b);
}

static enum systole_status xrt_sync(struct backend_state *s, const struct backend_memory *memory, enum systole_direction direction,
                                    uint64_t offset, uint64_t size, struct driver_message *why)
{
    const struct xrt_buffer *b = memory->handle;
    const bool in = direction == SYSTOLE_TO_DEVICE;
    if (s->unit.api->xrtBOSync(b->bo, in ? XRT_TO_DEVICE : XRT_FROM_DEVICE, (size_t)size, (size_t)offset) == 0)
        return SYSTOLE_OK;
    return driver_xrt_fail(why, SYSTOLE_IO, "device \"%s\": %" PRIu64 " bytes at %" PRIu64 " of a buffer cannot be copied %s the card",
                           s->unit.device, size, offset, in ? "to" : "from");
}

/* ---- runs ---- */

/* The buffer object of a window; NULL where XRT makes none of it. */
static void *argument_of(struct backend_state *s, unsigned w)
{
    const uint64_t base = s->unit.arg[w], size = s->unit.arg[SYSTOLE_WINDOWS + w];
    /* A closed window is never looked into, so any buffer will do: that of the program. */
    if (size == 0)
        return w == 0 ? NULL : argument_of(s, 0);
    for (const struct xrt_buffer *b = s->buffers; b; b = b->next) {
        if (base < b->address || base - b->address >= b->size)
            continue;
        if (base == b->address)
            return b->bo;
        if (!s->part[w])
            s->part[w] = s->unit.api->xrtBOSubAlloc(b->bo, (size_t)size, (size_t)(base - b->address));
        return s->part[w] && s->unit.api->xrtBOAddress(s->part[w]) == base ? s->part[w] : NULL;
    }
    return NULL;
}

/* Gives the scheduler its arguments; false where it does not take them. */
static bool set_arguments(struct backend_state *s)
{
    const struct xrt_api *api = s->unit.api;
    free_parts(s);
    for (unsigned w = 0; w < SYSTOLE_WINDOWS; w++) {
        void *bo = argument_of(s, w);
        if (!bo || api->xrtRunSetArg(s->run, (int)w, bo) != 0)
            return false;
    }
    for (unsigned i = SYSTOLE_WINDOWS; i < XRT_KERNEL_ARGS; i++)
        if (api->xrtRunSetArg(s->run, (int)i, s->unit.arg[i]) != 0)
            return false;
    return true;
}

static enum systole_status start(struct backend_state *s, struct driver_message *why)
{
    xrt_unit_settle(&s->unit, ended, s);
    driver_xrt_forget_words();
    s->unit.was_reset = false;
    if (s->choice.by_registers || s->unit.pending || !set_arguments(s))
        return xrt_unit_write(&s->unit, SYSTOLE_REG_CTRL, CTRL_START, why);
    if (s->unit.api->xrtRunStart(s->run) != 0)
        return driver_xrt_fail(why, SYSTOLE_IO, "device \"%s\": XRT does not start the run", s->unit.device);
    s->unit.pending = true;
    return SYSTOLE_OK;
}

static enum systole_status xrt_write_reg(struct backend_state *s, uint32_t offset, uint32_t value, struct driver_message *why)
{
    return xrt_unit_command(&s->unit, start, ended, s, offset, value, why);
}

static enum systole_status xrt_read_reg(struct backend_state *s, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    return xrt_unit_read(&s->unit, offset, value, why);
}

static enum systole_status xrt_wait(struct backend_state *s, uint64_t timeout_ns, struct driver_message *why)
{
    return xrt_unit_wait(&s->unit, ended, s, timeout_ns, why);
}

extern const struct backend_ops driver_backend_xrt;
const struct backend_ops driver_backend_xrt = {
    .abi = BACKEND_ABI, .size = sizeof(struct backend_ops), .list = xrt_list, .open = xrt_open, .close = xrt_close,
    .read_reg = xrt_read_reg, .write_reg = xrt_write_reg, .alloc = xrt_alloc, .free = xrt_free, .sync = xrt_sync, .wait = xrt_wait,
};
