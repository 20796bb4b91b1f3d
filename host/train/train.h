/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tape. A layer computes its output and records how to go back; systole_train_backward walks the records from the last to the
 * first. Each record adds what it has to say to the gradients of its inputs: matrix products continue the chains that start from
 * the gradient so far, anything else is one rounded addition an element.
 */
#ifndef SY_TRAIN_H
#define SY_TRAIN_H

#include "host/core/alloc.h"
#include "host/include/systole_train.h"
#include "host/multiply/multiplier.h"

struct systole_value {
    int rank;
    int64_t dims[SYSTOLE_MAX_RANK];
    int64_t count;
    float *data, *gradient; /* gradient: of the pass under way; NULL before anything is added to it */
    bool wants_gradient;
    struct sy_param *param; /* NULL: on the tape */
};

struct sy_param {
    struct systole_value value;
    char *name;
    uint64_t name_hash;
    bool frozen;
    float *sum;       /* of the gradients of passes since the last step; NULL: none */
    float *moment[2]; /* of the optimiser; NULL before the first step that needs them */
};

enum { SY_NODE_INPUTS = 3, SY_NODE_NUMBERS = 16 };

struct sy_node {
    enum systole_status (*backward)(struct systole_trainer *t, const struct sy_node *n);
    struct systole_value *in[SY_NODE_INPUTS], *out;
    enum systole_precision precision;
    int64_t number[SY_NODE_NUMBERS]; /* what the layer keeps: sizes */
    float scalar;
    void *saved; /* what it keeps: memory */
};

/* For trainers that share their passes: what happens between a pass and the sums. `pass` is told how the pass ended, ends as it does
 * or with a failure of its own, and leaves in the parameters' gradients what the sums shall get. */
struct sy_shared {
    enum systole_status (*pass)(void *user, struct systole_trainer *t, enum systole_status status); /* NULL: nothing */
    void (*free)(void *user);
    void *user;
};

struct systole_trainer {
    struct systole_context *ctx;
    struct systole_multiplier *multiplier;
    struct systole_multiplier *host; /* for what the device does not take; NULL until then */
    enum systole_precision precision;
    uint64_t seed, steps;
    enum systole_status failed; /* of a layer since the tape was cleared */
    struct sy_param **params;
    int n_params;
    struct systole_value **values;
    int n_values, values_room;
    struct sy_node *nodes;
    int n_nodes, nodes_room;
    struct sy_shared shared;
};

/* ---- Recording ---- */

/* BAD_ARGUMENT without them, or the failure of an earlier layer: every layer begins with this. */
enum systole_status sy_train_begin(struct systole_trainer *t, const void *x, const void *y);
/* A new value, zero. */
enum systole_status sy_train_value(struct systole_trainer *t, int rank, const int64_t *dims, struct systole_value **value);
/* Keeps the record and hands the output over; a record without an input that wants a gradient is left out. Takes n->saved,
 * whatever happens. */
enum systole_status sy_train_record(struct systole_trainer *t, const struct sy_node *n, struct systole_value **y);
/* Fails, and all layers after this one too. */
enum systole_status sy_train_fail(struct systole_trainer *t, enum systole_status status, const char *format, ...) SY_PRINTF(3, 4);
/* A failure that is described already. */
enum systole_status sy_train_failed(struct systole_trainer *t, enum systole_status status);
enum systole_status sy_train_no_memory(struct systole_trainer *t);

struct sy_value_text {
    char text[160];
};
struct sy_value_text sy_value_shape(const struct systole_value *v); /* "32x10" */

/* ---- Going back ---- */

/* Where what an input gets is added; *gradient NULL: it wants none. */
enum systole_status sy_train_gradient(struct systole_trainer *t, struct systole_value *v, float **gradient);
/* to[i] += from[i], rounded; a NaN as 0x7fc00000. */
void sy_train_accumulate(float *to, const float *from, int64_t n);

/* ---- Products: c (m x n, dense) is where the chains start from, and the result ---- */

enum systole_status sy_train_product(struct systole_trainer *t, enum systole_precision precision, int64_t m, int64_t n, int64_t k,
                                     struct sy_factor a, struct sy_factor b, float *c);
/* gradient (n) continues with ones (1 x rows) times from (rows x n). */
enum systole_status sy_train_sum_rows(struct systole_trainer *t, enum systole_precision precision, int64_t rows, int64_t n,
                                      struct sy_factor from, float *gradient);

/* A convolution; what the device does not take runs on the host in the same chains, and is counted. y starts from `bias`, or from
 * 0. */
enum systole_status sy_train_convolution(struct systole_trainer *t, enum systole_precision precision, const struct sy_conv2d *v,
                                         const float *x, const float *w, const float *bias, float *y);

/* ---- Random numbers ---- */

/* 64 bits by (seed, index): nothing is kept from one to the next. */
uint64_t sy_random_bits(uint64_t seed, uint64_t index);
uint64_t sy_hash_text(const char *text);

#endif
