/* SPDX-License-Identifier: Apache-2.0 */
/* Functional coverage: which combinations of fields were executed, and which legal ones never were. */
#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

#include <stdio.h>

#include "reference.h"

enum { COVER_GROUPS = 10, COVER_BINS = 512 };

struct coverage {
    struct ref_caps caps; /* of the device that runs now */
    bool any_fp;          /* one of the devices had floating point */
    bool stalls;          /* the memory of the device that runs now holds back beats */
    uint64_t hits[COVER_GROUPS][COVER_BINS];
};

/* Counts one executed instruction; fits ref_machine.observe. */
void coverage_note(void *coverage, uint32_t index, const uint32_t *insn);

void coverage_print(FILE *out, const struct coverage *c);

/* Rows {"claim", "value", "unit", "bound", "sense", "command"}, each followed by a comma. */
void coverage_rows(FILE *out, const struct coverage *c, const char *command);

#endif
