/* SPDX-License-Identifier: Apache-2.0 */
#include "backend_xrt_card.h"

#include <stdio.h>
#include <string.h>

static struct xrt_card cards[XRT_MAX_CARDS];

static enum systole_status load(const struct xrt_api *api, const char *device, const struct xrt_choice *choice, struct xrt_card *card,
                                struct driver_message *why)
{
    driver_xrt_forget_words();
    const unsigned there = driver_xrt_cards();
    if (choice->card >= there)
        return driver_xrt_fail(why, SYSTOLE_NOT_FOUND, "device \"%s\": XRT finds no card %u: there are %u", device, choice->card, there);
    card->device = api->xrtDeviceOpen(choice->card);
    if (!card->device)
        return driver_xrt_fail(why, SYSTOLE_NOT_FOUND, "device \"%s\": XRT does not open card %u", device, choice->card);
    if (api->xrtDeviceLoadXclbinFile(card->device, choice->xclbin) != 0)
        return driver_xrt_fail(why, SYSTOLE_MISMATCH, "device \"%s\": XRT does not load %s onto card %u", device, choice->xclbin,
                               choice->card);
    if (api->xrtDeviceGetXclbinUUID(card->device, card->uuid) != 0)
        return driver_xrt_fail(why, SYSTOLE_IO, "device \"%s\": XRT does not tell what is loaded", device);
    snprintf(card->xclbin, sizeof card->xclbin, "%s", choice->xclbin);
    return SYSTOLE_OK;
}

static void unload(const struct xrt_api *api, struct xrt_card *card)
{
    if (card->device)
        api->xrtDeviceClose(card->device);
    *card = (struct xrt_card){.device = NULL};
}

static enum systole_status in_use(const char *device, const struct xrt_choice *choice, struct driver_message *why)
{
    return driver_fail(why, SYSTOLE_BUSY, "device \"%s\": this process uses card %u already, with another back end or by another unit",
                       device, choice->card);
}

enum systole_status xrt_card_take(const char *device, const struct xrt_choice *choice, struct driver_message *why)
{
    struct xrt_card *card = &cards[choice->card];
    if (card->users > 0 || card->whole)
        return in_use(device, choice, why);
    card->whole = true;
    return SYSTOLE_OK;
}

void xrt_card_give(const struct xrt_choice *choice)
{
    cards[choice->card].whole = false;
}

enum systole_status xrt_card_enter(const struct xrt_api *api, const char *device, const struct xrt_choice *choice,
                                   struct xrt_card **out, struct driver_message *why)
{
    struct xrt_card *card = &cards[choice->card];
    char *place = NULL;
    if (card->whole)
        return in_use(device, choice, why);
    for (size_t i = sizeof card->units / sizeof card->units[0]; i-- > 0;) {
        if (card->units[i][0] == '\0')
            place = card->units[i];
        else if (strcmp(card->units[i], choice->unit) == 0)
            return driver_fail(why, SYSTOLE_BUSY, "device \"%s\": unit %s of card %u is open already in this process, or was closed "
                               "while its run did not end; another unit is named by the option cu", device, choice->unit, choice->card);
    }
    if (!place)
        return driver_fail(why, SYSTOLE_BUSY, "device \"%s\": all units of card %u are in use", device, choice->card);
    if (card->users > 0 && strcmp(card->xclbin, choice->xclbin) != 0)
        return driver_fail(why, SYSTOLE_BUSY, "device \"%s\": card %u is in use with %s, so %s cannot be loaded", device, choice->card,
                           card->xclbin, choice->xclbin);
    if (card->users == 0) {
        const enum systole_status status = load(api, device, choice, card, why);
        if (status != SYSTOLE_OK) {
            unload(api, card);
            return status;
        }
    }
    snprintf(place, XRT_UNIT_NAME_BYTES, "%s", choice->unit);
    card->users++;
    *out = card;
    return SYSTOLE_OK;
}

void xrt_card_leave(const struct xrt_api *api, struct xrt_card *card, const char *unit)
{
    for (size_t i = 0; i < sizeof card->units / sizeof card->units[0]; i++)
        if (strcmp(card->units[i], unit) == 0)
            card->units[i][0] = '\0';
    if (--card->users == 0)
        unload(api, card);
}
