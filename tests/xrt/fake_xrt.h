/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library in the place of XRT's, for what neither its emulation nor a machine without a card can show: calls that fail, a scheduler that
 * never tells the end, states of a run. One card with one unit, which ends a run at once, or never.
 */
#ifndef SYSTOLE_TESTS_FAKE_XRT_H
#define SYSTOLE_TESTS_FAKE_XRT_H

#include <stdint.h>

#define FAKE_REGISTERS 1024u

struct fake_xrt {
    /* What it does. */
    unsigned fail_call;    /* the n-th call from now, from 1, fails; 0: none */
    int run_state;         /* what a run's state becomes when the unit is done; 0: COMPLETED */
    int hangs;             /* runs end by reset only */
    int ends_late;         /* the run that the scheduler waits for is over, when it is asked */
    int deaf;              /* a reset does not stop it either */
    int offset_of_win3;    /* where the kernel says that argument 3 is, when not 0 */
    /* What it saw. */
    unsigned calls;        /* that could have failed */
    int open_handles;      /* of devices, kernels, runs, buffers */
    unsigned runs, starts; /* by the scheduler; in all */
    uint32_t run_program_opcode; /* of the first instruction of what the scheduler ran last */
    uint32_t reg[FAKE_REGISTERS];
};

/* The one there is. */
struct fake_xrt *fake_xrt_get(void);

#endif
