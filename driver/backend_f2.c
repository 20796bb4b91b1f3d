/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end f2: a card of an AWS F2 instance, in whose slot an image of bitstreams/aws_f2 is loaded, through the AWS FPGA
 * SDK. Registers are words of BAR0, memory is the window of BAR4. The shell has no DMA engine, so the processor moves the
 * bytes.
 *
 * The shell answers what the card does not: a read gives ones, a write vanishes. So a copy is followed by a look at a register
 * that is never all ones, and a start waits until what was written has been seen in the memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "alloc.h"
#include "backend_f2_memory.h"
#include "clean.h"
#include "device.h"

#define NO_HANDLE (-1)

enum f2_register {
#define SYSTOLE_F2_REGISTER(name, offset, doc) F2_##name = (offset),
#define SYSTOLE_F2_VALUE(name, value, doc) F2_##name = (value),
#include "backend_f2_registers.def"
#undef SYSTOLE_F2_REGISTER
#undef SYSTOLE_F2_VALUE
};

struct backend_state {
    const struct f2_api *api;
    char device[64]; /* for messages: "f2:0" */
    int slot, lock, registers;
    struct f2_memory memory;
    char afi[F2_AFI_BYTES + 1];
};

/* ---- registers ---- */

static enum systole_status gone(const struct backend_state *s, struct driver_message *why)
{
    return driver_fail(why, SYSTOLE_LOST, "device \"%s\" is gone: its registers read all ones", s->device);
}

static enum systole_status f2_read_reg(struct backend_state *s, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    const int error = s->api->fpga_pci_peek(s->registers, offset, value);
    if (error == 0)
        return SYSTOLE_OK;
    return driver_fail(why, SYSTOLE_IO, "device \"%s\": register 0x%03x cannot be read: error %d (%s)", s->device,
                       (unsigned)offset, error, s->api->fpga_mgmt_strerror(error));
}

static enum systole_status f2_write_reg(struct backend_state *s, uint32_t offset, uint32_t value, struct driver_message *why)
{
    if (offset == SYSTOLE_REG_CTRL && value & CTRL_START) {
        const enum systole_status status = f2_memory_settle(&s->memory, why);
        if (status != SYSTOLE_OK)
            return status;
    }
    const int error = s->api->fpga_pci_poke(s->registers, offset, value);
    if (error == 0)
        return SYSTOLE_OK;
    return driver_fail(why, SYSTOLE_IO, "device \"%s\": register 0x%03x cannot be written: error %d (%s)", s->device,
                       (unsigned)offset, error, s->api->fpga_mgmt_strerror(error));
}

/* ---- opening ---- */

static enum systole_status parse(const struct driver_target *target, struct backend_state *s, struct driver_message *why)
{
    char options[TARGET_BYTES], value[TARGET_BYTES];
    memcpy(options, target->options, sizeof options);
    if (strlen(target->name) != 1 || target->name[0] < '0' || target->name[0] >= '0' + F2_SLOTS)
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": \"%s\" is no number of a slot, 0 to %d", target->text,
                           target->name, F2_SLOTS - 1);
    s->slot = target->name[0] - '0';
    if (driver_target_take(options, "afi", value) &&
        (strncmp(value, "agfi-", 5) != 0 || snprintf(s->afi, sizeof s->afi, "%s", value) >= (int)sizeof s->afi))
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": afi is the global name of an image, agfi-..., not \"%s\"",
                           target->text, value);
    if (options[0] != '\0')
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": no such option: \"%s\"; there is afi", target->text, options);
    return SYSTOLE_OK;
}

/* A card belongs to one device of one process. The name goes when the process ends, however it ends. */
static enum systole_status take_card(struct backend_state *s, const struct f2_image *image, struct driver_message *why)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "systole-f2-%04x:%02x:%02x.%u", image->domain, image->bus,
                           image->place, image->function);
    s->lock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s->lock >= 0 &&
        bind(s->lock, (const struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)) == 0)
        return SYSTOLE_OK;
    if (errno == EADDRINUSE)
        return driver_fail(why, SYSTOLE_BUSY, "device \"%s\": slot %d is open already, in this process or another", s->device,
                           s->slot);
    return driver_fail(why, SYSTOLE_IO, "device \"%s\": slot %d cannot be taken: %s", s->device, s->slot, strerror(errno));
}

static enum systole_status check_image(struct backend_state *s, struct driver_message *why)
{
    struct f2_image image = {.status = F2_LOADED};
    const int error = s->api->fpga_mgmt_describe_local_image(s->slot, &image, 0);
    if (error == F2_PCI_MISSING)
        return driver_fail(why, SYSTOLE_NOT_FOUND, "device \"%s\": there is no card in slot %d (%s)", s->device, s->slot,
                           s->api->fpga_mgmt_strerror(error));
    if (error != 0)
        return driver_fail(why, SYSTOLE_IO, "device \"%s\": what is loaded in slot %d cannot be told: error %d (%s); are you "
                                            "root?", s->device,
                           s->slot, error, s->api->fpga_mgmt_strerror(error));
    if (image.status != F2_LOADED)
        return driver_fail(why, SYSTOLE_NOT_FOUND, "device \"%s\": no image is loaded in slot %d, its status is \"%s\": "
                           "`fpga-load-local-image -S %d -I %s` loads one", s->device, s->slot,
                           s->api->fpga_mgmt_get_status_name(image.status), s->slot, s->afi[0] ? s->afi : "agfi-...");
    image.afi[F2_AFI_BYTES - 1] = '\0';
    if (s->afi[0] && strcmp(s->afi, image.afi) != 0)
        return driver_fail(why, SYSTOLE_MISMATCH, "device \"%s\": the image in slot %d is %s, not %s: `fpga-load-local-image -S "
                                                  "%d -I %s` loads that",
                           s->device, s->slot, image.afi, s->afi, s->slot, s->afi);
    snprintf(s->afi, sizeof s->afi, "%s", image.afi);
    return take_card(s, &image, why);
}

static enum systole_status attach(struct backend_state *s, struct driver_message *why)
{
    void *window = NULL;
    int error = s->api->fpga_pci_attach(s->slot, F2_APP_FUNCTION, F2_REGISTERS_BAR, 0, &s->registers);
    if (error == 0)
        error = s->api->fpga_pci_attach(s->slot, F2_APP_FUNCTION, F2_MEMORY_BAR, F2_BURST_CAPABLE, &s->memory.handle);
    if (error == 0)
        error = s->api->fpga_pci_get_address(s->memory.handle, 0, 1, &window);
    s->memory.window = window;
    if (error == 0)
        return SYSTOLE_OK;
    return driver_fail(why, SYSTOLE_IO, "device \"%s\": slot %d cannot be attached: error %d (%s); are you root?", s->device,
                       s->slot, error, s->api->fpga_mgmt_strerror(error));
}

static enum systole_status check_logic(struct backend_state *s, struct driver_message *why)
{
    uint32_t magic = 0, layout = 0, mib = 0, flags = 0;
    enum systole_status status = f2_read_reg(s, F2_MAGIC, &magic, why);
    if (status == SYSTOLE_OK)
        status = f2_read_reg(s, F2_LAYOUT, &layout, why);
    if (status == SYSTOLE_OK)
        status = f2_read_reg(s, F2_MEMORY_MIB, &mib, why);
    if (status == SYSTOLE_OK)
        status = f2_read_reg(s, F2_STATUS, &flags, why);
    if (status != SYSTOLE_OK)
        return status;
    if (magic == REGISTER_GONE)
        return gone(s, why);
    if (magic != F2_MAGIC_VALUE || layout != F2_LAYOUT_VALUE)
        return driver_fail(why, SYSTOLE_MISMATCH, "device \"%s\": the image %s is none of this library: register 0x%x reads "
                                                  "0x%08x, 0x%x reads "
                           "%u, not 0x%08x and %d", s->device, s->afi, F2_MAGIC, (unsigned)magic, F2_LAYOUT, (unsigned)layout,
                           (unsigned)F2_MAGIC_VALUE, F2_LAYOUT_VALUE);
    if (!(flags & 1u) || mib == 0)
        return driver_fail(why, SYSTOLE_IO, "device \"%s\": the card's memory of %u MiB is not ready: `fpga-load-local-image -S "
                                            "%d -I %s -F` "
                           "loads the image and the shell anew", s->device, (unsigned)mib, s->slot, s->afi);
    s->memory.size = ((uint64_t)mib << 20) - F2_LINE;
    return SYSTOLE_OK;
}

static enum systole_status clean_read(void *user, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    return f2_read_reg(user, offset, value, why);
}

static enum systole_status clean_write(void *user, uint32_t offset, uint32_t value, struct driver_message *why)
{
    return f2_write_reg(user, offset, value, why);
}

static enum systole_status enter(struct backend_state *s, struct driver_message *why)
{
    const struct clean_access access = {s, clean_read, clean_write, s->device, "load its image anew (fpga-load-local-image)"};
    s->api = driver_f2_api(why);
    if (!s->api)
        return SYSTOLE_NOT_FOUND;
    s->memory.api = s->api;
    s->memory.device = s->device;
    enum systole_status status = check_image(s, why);
    if (status == SYSTOLE_OK)
        status = attach(s, why);
    if (status == SYSTOLE_OK)
        status = check_logic(s, why);
    return status == SYSTOLE_OK ? driver_clean(&access, why) : status;
}

static void f2_close(struct backend_state *s)
{
    if (!s)
        return;
    driver_f2_lock();
    f2_memory_free_all(&s->memory);
    if (s->registers != NO_HANDLE)
        s->api->fpga_pci_detach(s->registers);
    if (s->memory.handle != NO_HANDLE)
        s->api->fpga_pci_detach(s->memory.handle);
    if (s->lock >= 0)
        close(s->lock);
    driver_f2_unlock();
    driver_free(s);
}

static enum systole_status f2_open(const struct driver_target *target, struct backend_opened *out, struct driver_message *why)
{
    struct backend_state *s = driver_alloc(sizeof *s);
    if (!s)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for a device: %zu bytes", sizeof *s);
    snprintf(s->device, sizeof s->device, "%.*s", (int)sizeof s->device - 1, target->text);
    s->lock = s->registers = s->memory.handle = NO_HANDLE;
    enum systole_status status = parse(target, s, why);
    if (status == SYSTOLE_OK) {
        driver_f2_lock();
        status = enter(s, why);
        driver_f2_unlock();
    }
    if (status != SYSTOLE_OK) {
        f2_close(s);
        return status;
    }
    out->state = s;
    out->keeps = true;
    snprintf(out->detail, sizeof out->detail, "slot %d, image %s, %" PRIu64 " MiB", s->slot, s->afi,
             (s->memory.size + F2_LINE) >> 20);
    return SYSTOLE_OK;
}

static size_t f2_list(const char *backend, backend_found_fn *found, void *user, struct driver_message *why)
{
    struct f2_image image[F2_SLOTS] = {{.status = 0}};
    int error[F2_SLOTS];
    size_t count = 0;
    (void)backend;
    driver_f2_lock();
    const struct f2_api *api = driver_f2_api(why);
    for (int slot = 0; api && slot < F2_SLOTS; slot++)
        error[slot] = api->fpga_mgmt_describe_local_image(slot, &image[slot], 0);
    if (api && error[0] != 0)
        driver_fail(why, SYSTOLE_NOT_FOUND, "the AWS FPGA SDK finds no card: %s", api->fpga_mgmt_strerror(error[0]));
    driver_f2_unlock();
    for (int slot = 0; api && slot < F2_SLOTS; slot++) {
        char name[16], detail[160];
        if (error[slot] != 0)
            continue;
        snprintf(name, sizeof name, "%d", slot);
        snprintf(detail, sizeof detail, "%s %.*s", api->fpga_mgmt_get_status_name(image[slot].status), F2_AFI_BYTES - 1,
                 image[slot].afi);
        found(user, name, detail);
        count++;
    }
    return count;
}

/* ---- memory ---- */

static enum systole_status f2_alloc(struct backend_state *s, uint64_t size, struct backend_memory *out, struct driver_message *why)
{
    uint64_t address = 0;
    const enum systole_status status = f2_memory_alloc(&s->memory, size, &address, why);
    if (status == SYSTOLE_OK)
        *out = (struct backend_memory){.address = address};
    return status;
}

static void f2_free(struct backend_state *s, const struct backend_memory *memory)
{
    f2_memory_free(&s->memory, memory->address);
}

static enum systole_status f2_copy_in(struct backend_state *s, const struct backend_memory *memory, uint64_t offset,
                                      const void *from, size_t size, struct driver_message *why)
{
    return f2_memory_write(&s->memory, memory->address + offset, from, size, why);
}

static enum systole_status f2_copy_out(struct backend_state *s, const struct backend_memory *memory, uint64_t offset, void *to,
                                       size_t size, struct driver_message *why)
{
    uint32_t magic = 0;
    enum systole_status status = f2_memory_read(&s->memory, memory->address + offset, to, size, why);
    if (status == SYSTOLE_OK)
        status = f2_read_reg(s, SYSTOLE_REG_MAGIC, &magic, why);
    return status == SYSTOLE_OK && magic == REGISTER_GONE ? gone(s, why) : status;
}

extern const struct backend_ops driver_backend_f2;
const struct backend_ops driver_backend_f2 = {
    .abi = BACKEND_ABI, .size = sizeof(struct backend_ops), .list = f2_list, .open = f2_open, .close = f2_close,
    .read_reg = f2_read_reg, .write_reg = f2_write_reg, .alloc = f2_alloc, .free = f2_free,
    .copy_in = f2_copy_in, .copy_out = f2_copy_out,
};
