/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "clean.h"

#include <time.h>

#include "device.h"
#include "systole_hash.h"

#define STOP_MS 1000u

static enum systole_status stop(const struct clean_access *a, struct driver_message *why)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    uint32_t ctrl;
    enum systole_status status = a->read(a->user, SYSTOLE_REG_CTRL, &ctrl, why);
    if (status != SYSTOLE_OK || ctrl & CTRL_IDLE)
        return status;
    status = a->write(a->user, SYSTOLE_REG_RESET, 1, why);
    for (unsigned ms = 0; status == SYSTOLE_OK && ms < STOP_MS; ms++) {
        status = a->read(a->user, SYSTOLE_REG_CTRL, &ctrl, why);
        if (status != SYSTOLE_OK || ctrl & CTRL_IDLE)
            return status;
        nanosleep(&pause, NULL);
    }
    return status == SYSTOLE_OK ? driver_fail(why, SYSTOLE_TIMEOUT,
                                              "device \"%s\": it was busy when it was opened, and did not stop within %u ms "
                                              "of a reset: %s", a->device, STOP_MS, a->remedy) : status;
}

enum systole_status driver_clean(const struct clean_access *a, struct driver_message *why)
{
    uint32_t magic = 0, low = 0, high = 0;
    enum systole_status status = a->read(a->user, SYSTOLE_REG_MAGIC, &magic, why);
    if (status == SYSTOLE_OK)
        status = a->read(a->user, SYSTOLE_REG_CONTRACT_LO, &low, why);
    if (status == SYSTOLE_OK)
        status = a->read(a->user, SYSTOLE_REG_CONTRACT_HI, &high, why);
    if (status != SYSTOLE_OK)
        return status;
    if (magic == REGISTER_GONE && low == REGISTER_GONE)
        return driver_fail(why, SYSTOLE_LOST, "device \"%s\" is gone: its registers read all ones", a->device);
    if (magic != SYSTOLE_MAGIC || ((uint64_t)high << 32 | low) != SYSTOLE_CONTRACT_HASH)
        return SYSTOLE_OK;
    status = stop(a, why);
    const uint32_t interrupts[] = {SYSTOLE_REG_GIE, SYSTOLE_REG_IER};
    for (size_t i = 0; i < sizeof interrupts / sizeof interrupts[0] && status == SYSTOLE_OK; i++)
        status = a->write(a->user, interrupts[i], 0, why);
    /* Bases, sizes, then the watchdog, in a row. */
    for (uint32_t offset = SYSTOLE_REG_WIN_BASE_LO; offset <= SYSTOLE_REG_WATCHDOG_LO && status == SYSTOLE_OK;
         offset += SYSTOLE_REG_WIN_BASE_LO_STEP) {
        status = a->write(a->user, offset, 0, why);
        if (status == SYSTOLE_OK)
            status = a->write(a->user, offset + 4, 0, why);
    }
    return status;
}
