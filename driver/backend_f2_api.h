/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS FPGA SDK, loaded at run time: its functions, and what of its structures is looked at. */
#ifndef SYSTOLE_BACKEND_F2_API_H
#define SYSTOLE_BACKEND_F2_API_H

#include "message.h"

#define F2_SLOTS 8
#define F2_APP_FUNCTION 0    /* of the card: the custom logic's */
#define F2_REGISTERS_BAR 0
#define F2_MEMORY_BAR 4
#define F2_BURST_CAPABLE 1u  /* a flag of fpga_pci_attach(): the processor combines writes */
#define F2_LOADED 0          /* a status of an image */
#define F2_PCI_MISSING 20    /* an error: there is no such card */
#define F2_AFI_BYTES 64

/* struct fpga_mgmt_image_info of the SDK as far as it is read; behind that is room for the rest of it. */
struct f2_image {
    int32_t status, status_detail, slot;
    char afi[F2_AFI_BYTES];
    uint16_t vendor, device, subsystem_vendor, subsystem; /* that the image should have */
    uint16_t found[4];                                    /* that the card has */
    uint16_t domain;                                      /* where it is on the PCI bus */
    uint8_t bus, place, function;
    uint8_t rest[3999];
};

_Static_assert(offsetof(struct f2_image, afi) == 12, "the SDK's identifiers follow three numbers");
_Static_assert(offsetof(struct f2_image, vendor) == 76, "the SDK's PCI identifiers follow the image's name");
_Static_assert(offsetof(struct f2_image, domain) == 92 && offsetof(struct f2_image, function) == 96,
               "then the card's own, and its place");
_Static_assert(sizeof(struct f2_image) == 4096, "more than the SDK's structure");

struct f2_api {
#define SYSTOLE_F2(result, name, parameters) result(*name) parameters;
#include "backend_f2_api.def"
#undef SYSTOLE_F2
};

/* The functions, loaded and initialised once, never unloaded. NULL with the reason in `why`. */
const struct f2_api *driver_f2_api(struct driver_message *why);

/* What is no access is not for several threads: cards are opened, closed and listed one at a time. Needed for driver_f2_api() too. */
void driver_f2_lock(void);
void driver_f2_unlock(void);

#endif
