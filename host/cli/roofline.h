/* SPDX-License-Identifier: Apache-2.0 */
/* A ladder of products on one device, from those that wait for memory to those that wait for multipliers. */
#ifndef CLI_ROOFLINE_H
#define CLI_ROOFLINE_H

#include "measure.h"

enum { CLI_RUNGS = 20 };

struct cli_rung {
    char what[48];         /* "64x128x128" */
    uint64_t macs, cycles; /* cycles: 0 where the device has none */
    double bytes;          /* in the busier direction, counted by the device; else operands and result, once each */
    double intensity;      /* MACs for each of them */
    double seconds;        /* by this computer's clock; the median */
    struct cli_spread rate; /* MACs a cycle, or a second */
    double roof;           /* what the peak and the bandwidth leave at that intensity */
};

struct cli_roofline {
    const char *device, *type;
    uint64_t repeats;
    int per_cycle;           /* rates and bandwidth are of cycles; else of seconds */
    uint32_t threads;        /* of the processor, whose seconds they are; 0: by this computer's clock */
    double peak, bandwidth;
    char peak_from[96], bandwidth_from[96]; /* where they come from, for people */
    struct cli_rung rungs[CLI_RUNGS];
    int count;
};

/* "a cycle" or "a second" */
const char *cli_roofline_unit(const struct cli_roofline *r);
enum cli_exit cli_roofline_print(const struct cli_roofline *r);
void cli_roofline_json(const struct cli_roofline *r);
enum cli_exit cli_roofline_report(const struct cli_roofline *r, const char *path);

#endif
