/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions one after the other as one program, run on a device for its time: what the programs of this folder share. */
#ifndef TIMING_NETWORK_H
#define TIMING_NETWORK_H

#include "host/plan/conv.h"
#include "systole_driver.h"

struct layer {
    uint32_t c, m, k, stride, pad, h; /* channels in and out, kernel, side of the input */
    uint32_t count;                   /* how many of them follow each other */
};

struct outcome {
    struct systole_counters counters;
    double seconds; /* of the processor: other work on the machine does not count */
};

/* Runs them `times` times on the device of that name; the quickest run's seconds. False with a line on stderr. */
bool network_measure(const struct layer *layers, size_t count, const char *device, bool bf16, uint32_t times, struct outcome *best);
/* The same once, on a device that was opened as `first`, ran it, and then goes on as `device`. */
bool network_retimed(const struct layer *layers, size_t count, const char *first, const char *device, bool bf16, struct outcome *o);

/* Counters that differ, each with a line on stdout. */
uint32_t network_differences(const struct outcome *expected, const struct outcome *got);

#endif
