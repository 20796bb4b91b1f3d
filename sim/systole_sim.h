/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the simulation of the RTL exports besides driver/systole_model.h, for testbenches: looks inside. The library's second
 * symbol is systole_sim_get().
 */
#ifndef SYSTOLE_SIM_H
#define SYSTOLE_SIM_H

#include <stdint.h>

#include "../driver/systole_model.h"

#define SYSTOLE_SIM_ABI 3u

struct systole_sim_ops {
    uint32_t abi;  /* SYSTOLE_SIM_ABI */
    uint32_t size; /* sizeof(struct systole_sim_ops) */

    /* Clock cycles since the model was created. */
    uint64_t (*cycles)(const struct systole_model *m);

    /* Lets `n` cycles pass, busy or not. Returns how many did: fewer when the model failed. */
    uint64_t (*step)(struct systole_model *m, uint64_t n);

    /* Level of the interrupt pin. */
    int (*irq)(const struct systole_model *m);

    /* Beats on the memory bus: read, written; to addresses where nothing is attached. */
    uint64_t (*read_beats)(const struct systole_model *m);
    uint64_t (*write_beats)(const struct systole_model *m);
    uint64_t (*stray)(const struct systole_model *m);

    /* 1 while the memory owes an answer. */
    int (*bus_busy)(const struct systole_model *m);

    /* Rules of AXI that the device broke, and the first in words ("" when none). */
    uint64_t (*violations)(const struct systole_model *m);
    const char *(*violation)(const struct systole_model *m);

    /* The failure that stopped the model for good: an assertion in the RTL, a broken rule of AXI. "" while it is well. */
    const char *(*failure)(const struct systole_model *m);

    /* A write of some bytes of a register: bit i of `strobes` for byte i. */
    void (*write_bytes)(struct systole_model *m, uint32_t offset, uint32_t value, unsigned strobes);

    /*
     * A single-event upset, at any time: inverts one bit of a byte of an on-chip memory, 8 being the parity beside it where that was built in. PARAM is
     * there twice: `copy` says for whom, 0 bias, 1 scale. 0, or -1: no such bit.
     */
    int (*flip)(struct systole_model *m, int mem, uint64_t offset, unsigned bit, unsigned copy);
};

const struct systole_sim_ops *systole_sim_get(void);

#endif
