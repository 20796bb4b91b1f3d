/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a device, and refusing one that is not of this contract. */
#include "device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "systole_hash.h"

void driver_log(const struct systole_device *dev, enum systole_device_log_level level, const char *format, ...)
{
    char text[512];
    va_list args;
    if (!dev->log)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    dev->log(dev->log_user, level, text);
}

/* ---- identity ---- */

static enum systole_status read_caps(struct systole_device *dev, uint64_t *build)
{
    struct systole_caps *caps = &dev->caps;
    enum systole_status status = SYSTOLE_OK;
    uint64_t h = SYSTOLE_CONTRACT_HASH;
#define SYSTOLE_CAP(name, index, doc)                                                                                  \
    if (status == SYSTOLE_OK)                                                                                          \
        status = driver_read(dev, SYSTOLE_REG_CAPS + SYSTOLE_REG_CAPS_STEP * (index), &caps->name);                    \
    h = (h ^ caps->name) * 0x100000001b3ull;
#include "spec/caps.def"
#undef SYSTOLE_CAP
    *build = h;
    return status;
}

/* In the order in which one can be believed after the other. */
static enum systole_status check_identity(struct systole_device *dev)
{
    struct driver_message *why = &dev->message;
    const char *name = dev->target.text;
    uint32_t magic;
    enum systole_status status = driver_read(dev, SYSTOLE_REG_MAGIC, &magic);
    if (status != SYSTOLE_OK)
        return status;
    if (magic != SYSTOLE_MAGIC)
        return driver_fail(why, SYSTOLE_MISMATCH, "device \"%s\": MAGIC reads 0x%08x, not 0x%08x: no Systole device", name,
                           (unsigned)magic, (unsigned)SYSTOLE_MAGIC);
    status = driver_read(dev, SYSTOLE_REG_VERSION, &dev->caps.version);
    if (status == SYSTOLE_OK)
        status = driver_read64(dev, SYSTOLE_REG_CONTRACT_LO, &dev->caps.contract);
    if (status != SYSTOLE_OK)
        return status;
    if (dev->caps.version != SYSTOLE_CONTRACT_VERSION || dev->caps.contract != SYSTOLE_CONTRACT_HASH)
        return driver_fail(why, SYSTOLE_MISMATCH,
                           "device \"%s\": its contract is 0x%016" PRIx64 " (version %u), this library's is 0x%016" PRIx64
                           " (version %u): build both from the same sources",
                           name, dev->caps.contract, (unsigned)dev->caps.version, (uint64_t)SYSTOLE_CONTRACT_HASH,
                           (unsigned)SYSTOLE_CONTRACT_VERSION);
    uint64_t build;
    status = read_caps(dev, &build);
    if (status == SYSTOLE_OK)
        status = driver_read64(dev, SYSTOLE_REG_BUILD_LO, &dev->caps.build);
    if (status == SYSTOLE_OK && dev->caps.build != build)
        return driver_fail(why, SYSTOLE_MISMATCH,
                           "device \"%s\": BUILD is 0x%016" PRIx64 ", its capability words give 0x%016" PRIx64, name,
                           dev->caps.build, build);
    return status;
}

static enum systole_status check_size(struct systole_device *dev, const struct backend_opened *opened)
{
    const struct systole_caps *caps = &dev->caps;
    if (caps->ROWS < SYSTOLE_MIN_DIM || caps->ROWS > SYSTOLE_MAX_DIM || caps->COLS < SYSTOLE_MIN_DIM ||
        caps->COLS > SYSTOLE_MAX_DIM)
        return driver_fail(&dev->message, SYSTOLE_MISMATCH, "device \"%s\" says that it is %ux%u; sides are %d to %d",
                           dev->target.text, (unsigned)caps->ROWS, (unsigned)caps->COLS, SYSTOLE_MIN_DIM, SYSTOLE_MAX_DIM);
    if ((opened->rows != 0 && opened->rows != caps->ROWS) || (opened->cols != 0 && opened->cols != caps->COLS))
        return driver_fail(&dev->message, SYSTOLE_MISMATCH, "device \"%s\" is %ux%u, not %ux%u (%s)", dev->target.text,
                           (unsigned)caps->ROWS, (unsigned)caps->COLS, (unsigned)opened->rows, (unsigned)opened->cols,
                           opened->detail);
    return SYSTOLE_OK;
}

/* ---- open and close ---- */

static enum systole_status open_trace(struct systole_device *dev)
{
    const char *path = getenv("SYSTOLE_TRACE_REGISTERS");
    if (!path || *path == '\0')
        return SYSTOLE_OK;
    /* Devices of one process, or of several, may share the file: appended, a whole line at a time. */
    dev->trace = fopen(path, "a");
    if (!dev->trace)
        return driver_fail(&dev->message, SYSTOLE_IO, "SYSTOLE_TRACE_REGISTERS: cannot write %s (errno %d)", path, errno);
    setvbuf(dev->trace, NULL, _IOLBF, BUFSIZ);
    return SYSTOLE_OK;
}

/* "wipe=1" or "wipe=0" among the options is the driver's own. */
static enum systole_status take_wipe(struct systole_device *dev)
{
    char value[TARGET_BYTES];
    if (!driver_target_take(dev->target.options, "wipe", value))
        return SYSTOLE_OK;
    dev->wipe = strcmp(value, "1") == 0;
    if (!dev->wipe && strcmp(value, "0") != 0)
        return driver_fail(&dev->message, SYSTOLE_BAD_DEVICE, "device \"%s\": wipe is 0 or 1, not \"%s\"", dev->target.text, value);
    return SYSTOLE_OK;
}

static enum systole_status open_device(struct systole_device *dev)
{
    struct driver_message *why = &dev->message;
    const struct backend *backend = driver_backend_find(dev->target.backend, why);
    if (!backend)
        return SYSTOLE_BAD_DEVICE;
    enum systole_status status = driver_backend_check(backend->name, backend->ops, why);
    if (status == SYSTOLE_OK)
        status = take_wipe(dev);
    if (status == SYSTOLE_OK)
        status = open_trace(dev);
    if (status != SYSTOLE_OK)
        return status;
    struct backend_opened opened = {.state = NULL};
    status = backend->ops->open(&dev->target, &opened, why);
    if (status != SYSTOLE_OK)
        return status;
    dev->ops = backend->ops;
    dev->state = opened.state;
    driver_log(dev, SYSTOLE_DEVICE_LOG_INFO, "device \"%s\": %s", dev->target.text, opened.detail);
    status = check_identity(dev);
    if (status == SYSTOLE_OK)
        status = check_size(dev, &opened);
    if (status != SYSTOLE_OK || !opened.keeps)
        return status;
    status = systole_device_clear(dev);
    dev->keeps = status == SYSTOLE_OK;
    return status;
}

static enum systole_status check_options(const struct systole_open_options *given, struct systole_open_options *out,
                                         struct driver_message *why)
{
    *out = (struct systole_open_options){.size = sizeof *out};
    if (!given)
        return SYSTOLE_OK;
    if (given->size != sizeof *given)
        return driver_fail(why, SYSTOLE_BAD_ARGUMENT, "the open options have size %zu, this library's have %zu", given->size,
                           sizeof *given);
    *out = *given;
    return SYSTOLE_OK;
}

enum systole_status systole_device_open(const char *device, const struct systole_open_options *options,
                                        struct systole_device **out)
{
    struct systole_open_options o;
    struct driver_message why = {.text = ""};
    struct driver_target target;
    struct systole_device *dev = NULL;
    enum systole_status status = check_options(options, &o, &why);
    if (status == SYSTOLE_OK && !out)
        status = driver_fail(&why, SYSTOLE_BAD_ARGUMENT, "nowhere to put the device");
    if (status == SYSTOLE_OK)
        status = driver_target_parse(device, &target, &why);
    if (status != SYSTOLE_OK)
        goto out;
    dev = driver_alloc(sizeof *dev);
    if (!dev) {
        status = driver_fail(&why, SYSTOLE_NO_MEMORY, "no memory for a device: %zu bytes", sizeof *dev);
        goto out;
    }
    dev->target = target;
    dev->log = o.log;
    dev->log_user = o.log_user;
    dev->trace_registers = o.trace_registers;
    status = open_device(dev);
    if (status != SYSTOLE_OK) {
        why = dev->message;
        goto out;
    }
    *out = dev;
    dev = NULL;
out:
    if (o.message && o.message_size > 0)
        snprintf(o.message, o.message_size, "%s", why.text);
    systole_device_close(dev);
    return status;
}

enum systole_status systole_device_retime(struct systole_device *dev, const char *device)
{
    struct driver_target target;
    if (dev->running)
        return driver_fail(&dev->message, SYSTOLE_BUSY, "device \"%s\" runs: its memory changes between runs", dev->target.text);
    enum systole_status status = driver_target_parse(device, &target, &dev->message);
    if (status != SYSTOLE_OK)
        return status;
    if (!dev->ops->retime || strcmp(target.backend, dev->target.backend) != 0)
        return driver_fail(&dev->message, SYSTOLE_UNSUPPORTED, "device \"%s\" cannot go on as \"%s\": only the fast model (model:) can, as another model:",
                           dev->target.text, target.text);
    status = dev->ops->retime(dev->state, &target, &dev->message);
    if (status == SYSTOLE_OK)
        dev->target = target;
    return status;
}

void systole_device_close(struct systole_device *dev)
{
    if (!dev)
        return;
    if (dev->running)
        systole_device_reset(dev, RESET_NS);
    while (dev->buffers)
        systole_buffer_free(dev->buffers);
    if (dev->keeps)
        systole_device_clear(dev); /* a device that is gone has nothing to clear */
    if (dev->ops)
        dev->ops->close(dev->state);
    if (dev->trace)
        fclose(dev->trace);
    driver_free(dev);
}

const char *systole_device_name(const struct systole_device *dev)
{
    return dev->target.text;
}

const char *systole_device_message(const struct systole_device *dev)
{
    return dev->message.text;
}

const struct systole_caps *systole_device_caps(const struct systole_device *dev)
{
    return &dev->caps;
}
