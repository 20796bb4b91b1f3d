/* SPDX-License-Identifier: Apache-2.0 */
/* The options of a simulated device: "name=value" pairs with commas between. */
#ifndef SYSTOLE_SIM_OPTIONS_H
#define SYSTOLE_SIM_OPTIONS_H

#include "fault.h"
#include "memory.h"

struct sim_options {
    struct memory_options memory;
    uint32_t events;    /* 1: record what becomes of each instruction */
    struct fault fault; /* builds with FAULTS=1; its point is FAULT_NONE where there is none */
    char wave[256];     /* file for waves, or "" */
    uint64_t wave_from; /* first cycle */
    uint64_t wave_to;   /* the cycle after the last */
    char view[256];     /* file for what the array did, or "" */
    uint64_t view_from, view_to;
    char wires[256];    /* file for the wires, cycle by cycle (wires.h), or "" */
    char coverage[256]; /* file for coverage, or "" */
};

/* 0, or -1 with the reason in `err`. NULL is as "". */
int sim_options_parse(struct sim_options *o, const char *text, char *err, size_t err_size);

#endif
