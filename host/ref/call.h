/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator's function gets, and the helpers all operators share. */
#ifndef SY_CALL_H
#define SY_CALL_H

#include "host/core/alloc.h"
#include "host/graph/graph.h"

#include <math.h>
#include <string.h>

/* Inputs below the operator's least are there. The function makes the outputs with sy_out; those it could make and nobody
 * wants it may leave out. */
struct sy_call {
    struct systole_context *ctx;
    const struct sy_node *node;
    int n_in, n_out;
    const struct systole_tensor *const *in; /* NULL: left out */
    struct systole_tensor **out;
    const struct sy_scope *scope;
};

/* `return sy_bad(...)`: the inputs do not fit. `return sy_cannot(...)`: this form of the operator is not implemented. */
enum systole_status sy_bad(struct sy_call *c, const char *format, ...) SY_PRINTF(2, 3);
enum systole_status sy_cannot(struct sy_call *c, const char *format, ...) SY_PRINTF(2, 3);
/* Names the node in the detail of a failure that came from below. */
enum systole_status sy_at_node(struct sy_call *c, enum systole_status status);

const struct systole_tensor *sy_in(const struct sy_call *c, int i); /* NULL when left out */
bool sy_wants(const struct sy_call *c, int i);                      /* has the node an output i? */
enum systole_status sy_out(struct sy_call *c, int i, enum systole_dtype dtype, int rank, const int64_t *dims,
                           struct systole_tensor **t);
enum systole_status sy_out_like(struct sy_call *c, int i, const struct systole_tensor *like, struct systole_tensor **t);
/* Output i is the input's elements under these dimensions. */
enum systole_status sy_out_reshaped(struct sy_call *c, int i, const struct systole_tensor *t, int rank, const int64_t *dims);

const struct sy_attr *sy_attr(const struct sy_call *c, const char *name);
int64_t sy_attr_int(const struct sy_call *c, const char *name, int64_t otherwise);
float sy_attr_float(const struct sy_call *c, const char *name, float otherwise);
const char *sy_attr_string(const struct sy_call *c, const char *name, const char *otherwise);

/* Lists of integers, from an input or from an attribute, whichever the version has. */
enum { SY_INTS = 2 * SYSTOLE_MAX_RANK };
struct sy_ints {
    bool given;
    int n;
    int64_t v[SY_INTS];
};
/* input < 0: none. A list that is too long, or an input that is no integer tensor, is an error. */
enum systole_status sy_ints(struct sy_call *c, int input, const char *attr, struct sy_ints *list);
/* The same as axes of a tensor of that rank: not negative, each once. */
enum systole_status sy_axes(struct sy_call *c, int input, const char *attr, int rank, struct sy_ints *axes);

/* Dimensions that both broadcast to; an error names both. */
enum systole_status sy_broadcast(struct sy_call *c, const struct systole_tensor *a, const struct systole_tensor *b, int *rank,
                                 int64_t *dims);
bool sy_fits(const struct systole_tensor *t, int rank, const int64_t *dims); /* does t broadcast to dims? */

/* Elements as fp32 or double, in new memory (sy_free); NULL without memory. */
float *sy_as_f32(const struct systole_tensor *t);
double *sy_as_f64(const struct systole_tensor *t);
int64_t *sy_as_i64(const struct systole_tensor *t);

/* Fills output 0, of these dimensions, from `t` at offset + index . stride. */
enum systole_status sy_out_strided(struct sy_call *c, const struct systole_tensor *t, int rank, const int64_t *dims,
                                   int64_t offset, const int64_t *strides);

/* A half to the even integer. */
static inline double sy_rne(double v)
{
    return nearbyint(v);
}

static inline int64_t sy_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t sy_max(int64_t a, int64_t b) { return a > b ? a : b; }

#endif
