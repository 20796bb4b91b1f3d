/* SPDX-License-Identifier: Apache-2.0 */
/* Work that goes round and round, each kind in a thread of its own, with what it must give computed once, on the cpu, before. */
#ifndef SYSTOLE_TESTS_SOAK_H
#define SYSTOLE_TESTS_SOAK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/include/systole_train.h"

struct worker {
    const char *name;
    bool (*round)(struct worker *w); /* one round; false: a result differs, or something failed: then `why` tells */
    const char *device, *reference, *model; /* reference: the cpu, with the same precision */
    uint64_t seed;
    const char *folder;
    struct systole_context *ctx;
    void *own;
    char why[300];
    _Atomic uint64_t rounds;
    uint64_t mark; /* rounds when it was last looked at */
    _Atomic bool failed;
};

extern _Atomic bool soak_stop;

bool soak_fail(struct worker *w, const char *what);

/* Inference: a session that stays, and every so many rounds a new one. */
bool round_inference(struct worker *w);
/* A network of layers trained for some steps from the beginning; parameters and moments compared. */
bool round_training(struct worker *w);
/* Checkpoints, tensors and compiled networks written, read, compared. */
bool round_files(struct worker *w);
/* What fails: devices that are not there, a memory with errors, files that are none; then the device works. */
bool round_failures(struct worker *w);

#endif
