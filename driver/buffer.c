/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that the device and the host share. */
#include <inttypes.h>
#include <string.h>

#include "alloc.h"
#include "device.h"

enum systole_status systole_buffer_alloc(struct systole_device *dev, uint64_t size, struct systole_buffer **out)
{
    struct driver_message *why = &dev->message;
    const uint64_t align = SYSTOLE_BUFFER_ALIGN;
    if (size == 0)
        return driver_fail(why, SYSTOLE_BAD_ARGUMENT, "a buffer of 0 bytes");
    if (size > UINT64_MAX - (align - 1))
        return driver_fail(why, SYSTOLE_BAD_ARGUMENT, "a buffer of %" PRIu64 " bytes: rounded up to %" PRIu64
                           " that is more than 64 bits", size, align);
    struct systole_buffer *b = driver_alloc(sizeof *b);
    if (!b)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for the handle of a buffer of %" PRIu64 " bytes", size);
    const enum systole_status status = dev->ops->alloc(dev->state, (size + align - 1) / align * align, &b->memory, why);
    if (status != SYSTOLE_OK) {
        driver_free(b);
        return status;
    }
    b->dev = dev;
    b->size = size;
    b->next = dev->buffers;
    if (b->next)
        b->next->prev = b;
    dev->buffers = b;
    *out = b;
    return SYSTOLE_OK;
}

void systole_buffer_free(struct systole_buffer *b)
{
    if (!b)
        return;
    struct systole_device *dev = b->dev;
    if (dev->running)
        systole_device_reset(dev, RESET_NS);
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++)
        if (dev->window[w] == b)
            systole_device_set_window(dev, w, NULL, 0, 0);
    if (dev->wipe)
        driver_wipe_buffer(b);
    if (b->prev)
        b->prev->next = b->next;
    else
        dev->buffers = b->next;
    if (b->next)
        b->next->prev = b->prev;
    dev->ops->free(dev->state, &b->memory);
    driver_free(b);
}

uint64_t systole_buffer_size(const struct systole_buffer *b)
{
    return b->size;
}

uint64_t systole_buffer_address(const struct systole_buffer *b)
{
    return b->memory.address;
}

static enum systole_status check_inside(const struct systole_buffer *b, uint64_t offset, uint64_t size)
{
    if (offset <= b->size && size <= b->size - offset)
        return SYSTOLE_OK;
    return driver_fail(&b->dev->message, SYSTOLE_BAD_ARGUMENT,
                       "%" PRIu64 " bytes at offset %" PRIu64 " are not inside a buffer of %" PRIu64 " bytes", size, offset,
                       b->size);
}

enum systole_status systole_buffer_sync(struct systole_buffer *b, enum systole_direction direction, uint64_t offset,
                                        uint64_t size)
{
    const struct backend_ops *ops = b->dev->ops;
    const enum systole_status status = check_inside(b, offset, size);
    if (status != SYSTOLE_OK || !ops->sync || size == 0)
        return status;
    return ops->sync(b->dev->state, &b->memory, direction, offset, size, &b->dev->message);
}

enum systole_status systole_buffer_write(struct systole_buffer *b, uint64_t offset, const void *from, size_t size)
{
    const struct backend_ops *ops = b->dev->ops;
    const enum systole_status status = check_inside(b, offset, size);
    if (status != SYSTOLE_OK || size == 0)
        return status;
    if (ops->copy_in)
        return ops->copy_in(b->dev->state, &b->memory, offset, from, size, &b->dev->message);
    if (!b->memory.host)
        return driver_fail(&b->dev->message, SYSTOLE_UNSUPPORTED, "this back end can neither map nor write a buffer");
    memcpy((char *)b->memory.host + offset, from, size);
    return systole_buffer_sync(b, SYSTOLE_TO_DEVICE, offset, size);
}

enum systole_status systole_buffer_read(struct systole_buffer *b, uint64_t offset, void *to, size_t size)
{
    const struct backend_ops *ops = b->dev->ops;
    enum systole_status status = check_inside(b, offset, size);
    if (status != SYSTOLE_OK || size == 0)
        return status;
    if (ops->copy_out)
        return ops->copy_out(b->dev->state, &b->memory, offset, to, size, &b->dev->message);
    if (!b->memory.host)
        return driver_fail(&b->dev->message, SYSTOLE_UNSUPPORTED, "this back end can neither map nor read a buffer");
    status = systole_buffer_sync(b, SYSTOLE_FROM_DEVICE, offset, size);
    if (status == SYSTOLE_OK)
        memcpy(to, (const char *)b->memory.host + offset, size);
    return status;
}

enum systole_status systole_buffer_map(struct systole_buffer *b, void **out)
{
    if (!b->memory.host)
        return driver_fail(&b->dev->message, SYSTOLE_UNSUPPORTED,
                           "the memory of device \"%s\" is not in the host's address space: copy", b->dev->target.text);
    *out = b->memory.host;
    return SYSTOLE_OK;
}
