/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of an earlier program's in the registers of a device, taken away when it is opened. */
#ifndef SYSTOLE_DRIVER_CLEAN_H
#define SYSTOLE_DRIVER_CLEAN_H

#include "message.h"

/* Registers, whoever reaches them. */
struct clean_access {
    void *user;
    enum systole_status (*read)(void *user, uint32_t offset, uint32_t *value, struct driver_message *why);
    enum systole_status (*write)(void *user, uint32_t offset, uint32_t value, struct driver_message *why);
    const char *device; /* for messages: "xrt:0" */
    const char *remedy; /* where a run does not stop: "load its bitstream anew (xbutil reset)" */
};

/*
 * A device of this contract is stopped if it is busy, its interrupts are turned off and its windows closed. What is none of
 * this contract is left alone, for the driver to refuse. LOST when its registers read all ones.
 */
enum systole_status driver_clean(const struct clean_access *a, struct driver_message *why);

#endif
