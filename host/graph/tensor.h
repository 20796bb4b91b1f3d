/* SPDX-License-Identifier: Apache-2.0 */
/* Row-major tensors with counted references, and walks over them. */
#ifndef SY_TENSOR_H
#define SY_TENSOR_H

#include "host/core/context.h"
#include "host/graph/dtype.h"

#include <stdatomic.h>

struct systole_tensor {
    atomic_int refs;
    enum systole_dtype dtype;
    int rank;
    int64_t dims[SYSTOLE_MAX_RANK];
    int64_t count; /* product of dims */
    void *data;    /* count elements of sy_dtype_size bytes */
    bool wrapped;  /* data is somebody else's */
    /* A sequence between nodes is a tensor without elements and without a type that has these; of all others they are NULL and 0. */
    struct systole_tensor **items;
    int64_t n_items;
};

/* Zeros. Checks type, rank, dimensions and their product. */
enum systole_status sy_tensor_new(struct systole_context *ctx, enum systole_dtype dtype, int rank, const int64_t *dims,
                                  struct systole_tensor **tensor);
/* A sequence of n tensors, all NULL: for the caller to put there, as references. */
enum systole_status sy_sequence_new(struct systole_context *ctx, int64_t n, struct systole_tensor **sequence);
/* The same elements under other dimensions of the same product: a copy. */
enum systole_status sy_tensor_reshaped(struct systole_context *ctx, const struct systole_tensor *t, int rank,
                                       const int64_t *dims, struct systole_tensor **tensor);

/* Elements. To an integer type a double is truncated; outside the type it wraps (NaN: 0). */
double sy_get(const struct systole_tensor *t, int64_t i);
void sy_put(struct systole_tensor *t, int64_t i, double value);
int64_t sy_get_int(const struct systole_tensor *t, int64_t i); /* a uint64 by its bits */
void sy_put_int(struct systole_tensor *t, int64_t i, int64_t value);
void sy_copy_element(struct systole_tensor *to, int64_t i, const struct systole_tensor *from, int64_t j);

/* Products of dims[from..to). */
int64_t sy_span(const struct systole_tensor *t, int from, int to);
/* Negative axes count from the end; -1 when outside. */
int sy_axis(int64_t axis, int rank);
/* "2x3x4" into text, for messages. */
struct sy_shape_text { char text[96]; };
struct sy_shape_text sy_shape(const struct systole_tensor *t);

/* An odometer over `dims`, last fastest; at[k] follows index with stride[k]. Up to four operands. */
enum { SY_WALK_MAX = 4 };
struct sy_walk {
    int rank, operands;
    int64_t dims[SYSTOLE_MAX_RANK], index[SYSTOLE_MAX_RANK];
    int64_t stride[SY_WALK_MAX][SYSTOLE_MAX_RANK], at[SY_WALK_MAX];
};
void sy_walk_start(struct sy_walk *w, int rank, const int64_t *dims);
/* Adds an operand that is broadcast to the walk's dimensions (it must fit them). */
void sy_walk_broadcast(struct sy_walk *w, const struct systole_tensor *t);
void sy_walk_next(struct sy_walk *w);
/* Row-major strides of dims. */
void sy_strides(int rank, const int64_t *dims, int64_t *strides);

#endif
