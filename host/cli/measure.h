/* SPDX-License-Identifier: Apache-2.0 */
/* A model on several devices, again and again, timed. */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "device_list.h"
#include "inputs.h"
#include "open.h"

enum { CLI_MOST_REPEATS = 1000 };

/* Of several measurements; `middle` is the median. */
struct cli_spread {
    double least, middle, most;
};

struct cli_measured {
    const char *what, *device;
    struct cli_spread seconds;     /* of a run */
    struct cli_spread processor;   /* of a run, the processor's, all threads together: what else the computer does is no part of it */
    struct cli_spread speed;       /* how many times as fast as the first device, in the same round */
    struct systole_totals per_run; /* of the first run; the others are held against its cycles */
    int steady;                    /* each run took the same cycles */
};

struct cli_rounds {
    const char *what; /* for the progress, and told of every result */
    const struct cli_device_list *devices;
    const struct cli_inputs *inputs;
    uint64_t repeats; /* rounds: each runs all devices in turn, so that what else the computer does meets them alike */
    int quiet;
    int cold; /* no run before them: where cycles are what is looked at, which every run takes alike */
};

/* After a run of each that is not counted, unless `cold`. `results`: one for each device. */
enum cli_exit cli_measure(const struct cli_source *source, const struct cli_rounds *rounds, struct cli_measured *results);

/* What a session's runs did so far; and of that, what was done since. */
struct systole_totals cli_totals(const struct systole_session *session);
struct systole_totals cli_totals_since(struct systole_totals now, const struct systole_totals *was);

#endif
