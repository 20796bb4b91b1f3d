/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the process that talks to XRT and the one that simulates: accesses to registers, one at a time. When the simulation ends,
 * for whatever reason, accesses are answered as a bus does whose card is gone: all ones, and writes go nowhere. So a program
 * sees what it would see on the machine, and XRT gets an answer to all it asks.
 */
#ifndef SYSTOLE_XRT_LINK_H
#define SYSTOLE_XRT_LINK_H

#include "card.h"

struct link {
    int fd;   /* to the simulation, or -1 when it is gone */
    int child;
};

/* Starts a process that simulates the card and works in `directory`. 0, or -1 with the reason on stderr. */
int link_start(struct link *l, struct card_options *options, const char *directory);

uint32_t link_read(struct link *l, uint64_t address);
void link_write(struct link *l, uint64_t address, uint32_t value);

/* Ends the simulation in good order, and waits for it. True when it had not ended before. */
bool link_end(struct link *l);

#endif
