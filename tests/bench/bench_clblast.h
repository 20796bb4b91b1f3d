/* SPDX-License-Identifier: Apache-2.0 */
/* CLBlast's sgemm on the first OpenCL device, both found at run time. */
#ifndef BENCH_CLBLAST_H
#define BENCH_CLBLAST_H

#include <stdbool.h>
#include <stdint.h>

struct clblast;

/* NULL where CLBlast or an OpenCL device is not here. */
struct clblast *clblast_open(void);
void clblast_close(struct clblast *c);
/* c = a * b, rows dense: to the device, there, and back. False: it failed. */
bool clblast_sgemm(struct clblast *c, int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *out);

#endif
