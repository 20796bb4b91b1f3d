/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The products of an operator, on the session's engine. What the engine does not take (another type, another rank, zero points
 * for each row) the host does, and says so: node and reason go to the log, and are counted.
 */
#ifndef SY_OFFLOAD_H
#define SY_OFFLOAD_H

#include "host/ref/conv.h"
#include "host/ref/matmul.h"

/* As sy_work_matmul, but for `c`: out holds what the chains start from, and then the result. */
enum systole_status sy_call_matmul(struct sy_call *c, enum sy_work work, int64_t m, int64_t n, int64_t k, struct sy_matrix a,
                                   struct sy_matrix b, void *out);
/* Several of one size, from zero: element at[i] of each is where its i-th begins; results lie one behind the other. */
struct sy_batch;
enum systole_status sy_call_matmuls(struct sy_call *c, enum sy_work work, int64_t m, int64_t n, int64_t k, struct sy_matrix a,
                                    struct sy_matrix b, const struct sy_batch *batch, void *out);
/* One or two spatial dimensions, as two. False for more, and for what the engines do not take. */
struct sy_conv2d;
bool sy_conv_as_2d(const struct sy_conv *p, struct sy_conv2d *v);
/* fp32, one or two spatial dimensions: y holds what the chains begin at. */
enum systole_status sy_call_conv_from(struct sy_call *c, const struct sy_conv2d *v, const float *x, const float *w, float *y);
/* As sy_conv. */
enum systole_status sy_call_conv(struct sy_call *c, const struct sy_conv *p, enum sy_work work, const void *x, const void *w,
                                 const void *bias, void *y);

/*
 * 8-bit operands with their zero points (NULL: 0), dense, from element `at` on; sums of int32 modulo 2^32. *done is false where the engine
 * does not take them; then nothing has happened.
 */
struct sy_bytes {
    const struct systole_tensor *t, *zero;
    int64_t at;
};
enum systole_status sy_call_matmuls_i8(struct sy_call *c, int64_t m, int64_t n, int64_t k, struct sy_bytes a, struct sy_bytes b,
                                       const struct sy_batch *batch, int64_t *out, bool *done);
enum systole_status sy_call_conv_i8(struct sy_call *c, const struct sy_conv *p, struct sy_bytes x, struct sy_bytes w,
                                    const struct systole_tensor *bias, int64_t *y, bool *done);

#endif
