/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the library writes, each made from a number that is found again in it. */
#ifndef SYSTOLE_TESTS_FAULTS_FILES_H
#define SYSTOLE_TESTS_FAULTS_FILES_H

#include "host/include/systole_train.h"
#include "faults.h"

struct file_kind {
    const char *name, *file;
    unsigned cost; /* how many times as long it takes as the others: so many fewer cases */
    enum systole_status (*write)(struct systole_context *ctx, const char *path, uint64_t seed);
    bool (*read)(struct systole_context *ctx, const char *path, uint64_t *seed); /* whole, and of which seed */
};

extern const struct file_kind file_kinds[];
extern const unsigned file_kind_count;

bool files_trainer(struct systole_context *ctx, uint64_t seed, struct systole_trainer **t);
unsigned files_in(const char *folder);

#endif
