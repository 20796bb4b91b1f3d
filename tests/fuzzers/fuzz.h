/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzzers share. */
#ifndef SYSTOLE_TESTS_FUZZERS_FUZZ_H
#define SYSTOLE_TESTS_FUZZERS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The fuzzer takes an abort for a find, and keeps the input. */
#define FUZZ_CHECK(condition)                                                                                                  \
    do {                                                                                                                       \
        if (!(condition)) {                                                                                                    \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                                            \
            abort();                                                                                                           \
        }                                                                                                                      \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
