/* SPDX-License-Identifier: Apache-2.0 */
/* Cards: opened once in a process, shared by the devices that are compute units of them. */
#ifndef SYSTOLE_BACKEND_XRT_CARD_H
#define SYSTOLE_BACKEND_XRT_CARD_H

#include "backend_xrt_unit.h"

struct xrt_card {
    void *device; /* XRT's handle */
    unsigned char uuid[16];
    char xclbin[XRT_PATH_BYTES];
    unsigned users;
    bool whole; /* taken by one user for itself */
    char units[16][XRT_UNIT_NAME_BYTES]; /* those in use; "" is free */
};

/*
 * The card of a choice, with its xclbin loaded and the unit marked as used. BUSY when the unit is used already, or the card with
 * another xclbin. Call it, and xrt_card_leave(), under driver_xrt_lock().
 */
enum systole_status xrt_card_enter(const struct xrt_api *api, const char *device, const struct xrt_choice *choice,
                                   struct xrt_card **out, struct driver_message *why);
void xrt_card_leave(const struct xrt_api *api, struct xrt_card *card, const char *unit);

/*
 * Takes a card as a whole without opening it, for those who have a way of their own to it. BUSY when this process uses it.
 * Both under driver_xrt_lock().
 */
enum systole_status xrt_card_take(const char *device, const struct xrt_choice *choice, struct driver_message *why);
void xrt_card_give(const struct xrt_choice *choice);

#endif
