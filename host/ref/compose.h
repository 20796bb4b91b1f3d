/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators that are made of others: each step runs the function of one of ONNX's operators, so that products go where products go.
 * After a failure the steps that follow do nothing and give NULL; sy_steps_end() returns the first failure.
 */
#ifndef SY_COMPOSE_H
#define SY_COMPOSE_H

#include "host/ref/call.h"

enum { SY_STEPS = 64 };

struct sy_steps {
    struct sy_call *c;
    enum systole_status status;
    int n;
    struct systole_tensor *made[SY_STEPS];
};

/* Up to 16 inputs; attributes may be NULL. Operators are of version 24. */
const struct systole_tensor *sy_step(struct sy_steps *s, const char *op, int n_in, const struct systole_tensor *const *in, int n_attrs,
                                     const struct sy_attr *attrs);
/* Of several results (at most 4) all. */
void sy_step_all(struct sy_steps *s, const char *op, int n_in, const struct systole_tensor *const *in, int n_attrs,
                 const struct sy_attr *attrs, int n_out, const struct systole_tensor **out);
const struct systole_tensor *sy_step1(struct sy_steps *s, const char *op, const struct systole_tensor *a);
const struct systole_tensor *sy_step2(struct sy_steps *s, const char *op, const struct systole_tensor *a, const struct systole_tensor *b);
/* One number of a's type. */
const struct systole_tensor *sy_step_number(struct sy_steps *s, const struct systole_tensor *a, double value);
/* A tensor of zeros, for the caller to fill. */
struct systole_tensor *sy_step_new(struct sy_steps *s, enum systole_dtype dtype, int rank, const int64_t *dims);
const struct systole_tensor *sy_step_reshape(struct sy_steps *s, const struct systole_tensor *a, int rank, const int64_t *dims);
const struct systole_tensor *sy_step_transpose(struct sy_steps *s, const struct systole_tensor *a, const int64_t *order);
/* With the last two dimensions exchanged. */
const struct systole_tensor *sy_step_swap(struct sy_steps *s, const struct systole_tensor *a);
const struct systole_tensor *sy_step_cast(struct sy_steps *s, const struct systole_tensor *a, enum systole_dtype dtype);
/* Elements `from` to `to` of an axis. */
const struct systole_tensor *sy_step_slice(struct sy_steps *s, const struct systole_tensor *a, int axis, int64_t from, int64_t to);
/* The inputs do not fit: `return sy_steps_end()` frees what was made. */
void sy_steps_fail(struct sy_steps *s, enum systole_status status);
/* The tensor becomes an output of the operator, if anybody wants it. */
void sy_steps_out(struct sy_steps *s, int output, const struct systole_tensor *t);
enum systole_status sy_steps_end(struct sy_steps *s);

#endif
