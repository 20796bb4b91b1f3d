/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SY_TRAIN_SOFTMAX_H
#define SY_TRAIN_SOFTMAX_H

#include <stdint.h>

/* p[i] = exp(z[i] - max) / sum, the sum in order; p may be z. *largest and *sum: what it found; each may be NULL. */
void sy_train_softmax(const float *z, int64_t n, float *p, float *largest, float *sum);

#endif
