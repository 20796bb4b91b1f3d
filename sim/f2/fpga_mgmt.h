/* SPDX-License-Identifier: Apache-2.0 */
/* What the library in the place of libfpga_mgmt.so exports beside the SDK's calls, for tests. */
#ifndef SYSTOLE_F2_FPGA_MGMT_H
#define SYSTOLE_F2_FPGA_MGMT_H

#include "card.h"

#define EXPORT __attribute__((visibility("default")))

/* Of cards that begin from now on, but for fail_call, which counts down from now. */
EXPORT struct card_options *systole_f2_options(void);

/* All cards are gone, with what they held; those that begin afterwards are new. Nothing may be attached. */
EXPORT void systole_f2_power_off(void);

/* The first rule that was broken or assertion that failed; "" when there was none. */
EXPORT const char *systole_f2_failure(void);
EXPORT uint64_t systole_f2_interrupts(void);

/* Cycles of the longest answer of a card that there is now. */
EXPORT uint64_t systole_f2_slowest(void);

#endif
