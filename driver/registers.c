/* SPDX-License-Identifier: Apache-2.0 */
/* Access to registers, and the trace of it by name. */
#include "device.h"

struct entry {
    const char *name;
    uint32_t offset, count, step;
};

static const struct entry entries[] = {
#define SYSTOLE_REGISTER(name, offset, count, step, access, doc) {#name, offset, count, step},
#include "spec/registers.def"
#undef SYSTOLE_REGISTER
};

void driver_register_name(uint32_t offset, char name[REGISTER_NAME_BYTES])
{
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        const struct entry *e = &entries[i];
        if (offset == e->offset && e->count == 1) {
            snprintf(name, REGISTER_NAME_BYTES, "%s", e->name);
            return;
        }
        if (offset < e->offset || e->count == 1)
            continue;
        const uint32_t from = offset - e->offset;
        if (from % e->step == 0 && from / e->step < e->count) {
            snprintf(name, REGISTER_NAME_BYTES, "%s[%u]", e->name, (unsigned)(from / e->step));
            return;
        }
    }
    snprintf(name, REGISTER_NAME_BYTES, "0x%03x", (unsigned)offset);
}

static void trace(const struct systole_device *dev, const char *verb, uint32_t offset, uint32_t value)
{
    const bool to_log = dev->log && dev->trace_registers;
    if (!to_log && !dev->trace)
        return;
    char name[REGISTER_NAME_BYTES];
    driver_register_name(offset, name);
    if (dev->trace)
        fprintf(dev->trace, "%s %s %s 0x%08x\n", dev->target.text, verb, name, (unsigned)value);
    if (to_log)
        driver_log(dev, SYSTOLE_DEVICE_LOG_REGISTER, "%s %s 0x%08x", verb, name, (unsigned)value);
}

enum systole_status driver_read(struct systole_device *dev, uint32_t offset, uint32_t *value)
{
    const enum systole_status status = dev->ops->read_reg(dev->state, offset, value, &dev->message);
    if (status == SYSTOLE_OK)
        trace(dev, "read", offset, *value);
    return status;
}

enum systole_status driver_write(struct systole_device *dev, uint32_t offset, uint32_t value)
{
    trace(dev, "write", offset, value);
    return dev->ops->write_reg(dev->state, offset, value, &dev->message);
}

enum systole_status driver_read64(struct systole_device *dev, uint32_t offset, uint64_t *value)
{
    uint32_t low, high, again;
    enum systole_status status = driver_read(dev, offset + 4, &high);
    while (status == SYSTOLE_OK) {
        status = driver_read(dev, offset, &low);
        if (status == SYSTOLE_OK)
            status = driver_read(dev, offset + 4, &again);
        if (status != SYSTOLE_OK)
            break;
        if (high == again) {
            *value = (uint64_t)high << 32 | low;
            return SYSTOLE_OK;
        }
        high = again;
    }
    return status;
}

enum systole_status driver_write64(struct systole_device *dev, uint32_t offset, uint64_t value)
{
    const enum systole_status status = driver_write(dev, offset, (uint32_t)value);
    return status == SYSTOLE_OK ? driver_write(dev, offset + 4, (uint32_t)(value >> 32)) : status;
}
