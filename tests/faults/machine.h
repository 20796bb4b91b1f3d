/* SPDX-License-Identifier: Apache-2.0 */
/* A device under faults: opened anew for each case, with memory around its windows that it must leave alone, and a program whose results are known. */
#ifndef SYSTOLE_TESTS_FAULTS_MACHINE_H
#define SYSTOLE_TESTS_FAULTS_MACHINE_H

#include "../../sim/systole_sim.h"
#include "../fuzz/generate.h"
#include "faults.h"

enum { RUN_CYCLES = 4000000, GUARD = 1024 };

struct machine {
    const struct systole_model_ops *ops;
    const struct systole_sim_ops *sim; /* NULL: a device without time */
    struct systole_model *model;
    struct ref_caps caps;
    uint8_t *dram[CASE_REGIONS], *before[CASE_REGIONS]; /* and what it held when the case was put there */
};

/* Loads a library. False, with a line on stderr, when it is no device. */
bool machine_load(struct machine *m, const char *path);

/* A device just opened, in place of the one there was. */
bool machine_open(struct machine *m, const char *options);
void machine_close(struct machine *m);

/*
 * The reference program: every opcode, every memory, both arithmetics, several tiles, conversions; window 1 holds what it reads,
 * window 2 what it writes, with GUARD bytes around both; the results do not depend on what the memories held before.
 */
void reference_case(struct fuzz_case *c, const struct ref_caps *caps, uint64_t seed);

/* What the independent reference makes of a case on a device just opened. The caller frees it with case_machine_free(). */
bool reference_result(const struct fuzz_case *c, struct ref_machine *m);

/* Memory and windows of a case, as they are before it runs: the on-chip memories stay as they are. */
bool machine_put(struct machine *m, const struct fuzz_case *c);
/* The same memory once more, when it is attached already. */
bool machine_refill(struct machine *m, const struct fuzz_case *c);
void machine_drop(struct machine *m, const struct fuzz_case *c);

struct ending {
    bool ended; /* done within the limit */
    uint32_t status, index;
};

void machine_start(struct machine *m);
struct ending machine_finish(struct machine *m, uint64_t max_cycles);
uint32_t machine_read(struct machine *m, uint32_t offset);
void machine_write(struct machine *m, uint32_t offset, uint32_t value);
void machine_write64(struct machine *m, uint32_t offset, uint64_t value);
/* A soft reset; false when the device is not idle afterwards. */
bool machine_reset(struct machine *m, uint64_t max_cycles);

/* Whether bytes outside of every window are not what they were; which, in words. */
bool machine_moved(struct machine *m, const struct fuzz_case *c, char *what, size_t room);
/* Whether DRAM (and with `pads` the on-chip memories) differ from the reference's; where, in words. */
bool machine_differs(struct machine *m, const struct ref_machine *want, bool pads, char *what, size_t room);

/* After a case: the same device runs the reference program, on fresh data. HANDLED when its results are right. */
enum outcome machine_next(struct machine *m, char *what, size_t room);

/* The command of the failure-free run of the reference program on this machine: its beats and cycles. */
struct course {
    uint64_t read_beats, write_beats, cycles;
};
bool machine_course(struct machine *m, const struct fuzz_case *c, struct course *out);

#endif
