/* SPDX-License-Identifier: Apache-2.0 */
/* What the level-3 test does beside residuals. */
#ifndef LEVEL3_MORE_H
#define LEVEL3_MORE_H

#include <stdint.h>

enum outcome { PASSED, FAILED, SKIPPED };

struct more_test {
    const char *name;
    enum outcome (*run)(void);
};

extern const struct more_test more_tests[]; /* the last has no name */

uint32_t level3_random(uint32_t below);
float level3_value(void);

#endif
