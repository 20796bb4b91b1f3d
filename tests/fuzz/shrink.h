/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a program that shows a difference smaller while it still shows one. */
#ifndef FUZZ_SHRINK_H
#define FUZZ_SHRINK_H

#include "device.h"

/* Works on `c` in place; `diff` is that of the smallest. At most `tries` runs. Returns how many it took. */
unsigned shrink(struct device *d, struct fuzz_case *c, struct difference *diff, unsigned tries);

#endif
