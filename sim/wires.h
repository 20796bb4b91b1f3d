/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All wires of the core, cycle by cycle, in a file: what two simulators of one design must have alike, and what a netlist of it is driven with.
 *
 * A line is a cycle: the wires as they stand just before the clock edge, as hexadecimal numbers of fixed width, in the order that the functions
 * in wires.c write them in; tests/netlist/bench.v reads them. A payload that nothing vouches for (its valid is low) is written as zeros.
 */
#ifndef SYSTOLE_SIM_WIRES_H
#define SYSTOLE_SIM_WIRES_H

#include <stdio.h>

#include "shim.h"

struct wires {
    FILE *file; /* NULL where nothing is recorded */
    char name[256];
    const struct shim_ports *ports;
};

/* 0, or -1 where the file cannot be written. */
int wires_open(struct wires *w, const char *file, const struct shim_ports *ports);

/* Writes one line; fits shim_before. */
void wires_note(void *wires);

/* Closes the file; a line that could not be written is said on stderr, and the file removed. */
void wires_close(struct wires *w);

#endif
