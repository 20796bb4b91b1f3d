/* SPDX-License-Identifier: Apache-2.0 */
/* What the passes over a loaded graph share (fold.h says what they do). */
#ifndef SY_FOLD_PASS_H
#define SY_FOLD_PASS_H

#include "host/graph/graph.h"

struct sy_fold {
    struct systole_context *ctx;
    struct sy_graph *g;
    int *uses; /* of each value, by nodes and as output */
    int room;  /* values that `uses` has room for */
    int changed;
    uint64_t made; /* bytes of constants that were worked out */
};

bool sy_fold_is(const struct sy_node *n, const char *op); /* of ONNX's own domain */
struct sy_node *sy_fold_maker(const struct sy_graph *g, int v);
int sy_fold_input(const struct sy_node *n, int i); /* -1 where there is none */
/* The tensor of a value that no run can change, or NULL. */
const struct systole_tensor *sy_fold_constant(const struct sy_graph *g, int v);
bool sy_fold_is_byte(enum systole_dtype d);
int64_t sy_fold_attr_int(const struct sy_node *n, const char *name, int64_t otherwise);
const struct sy_attr *sy_fold_attr(const struct sy_node *n, const char *name);
/* Is the value made by the node read by nobody but the one that follows? */
bool sy_fold_is_private(const struct sy_fold *f, const struct sy_node *n);
/* DequantizeLinear by constants to fp32, of bytes; `channels` 1: by one scale, else by one or by `channels` along `axis`. */
bool sy_fold_is_dequantize(const struct sy_graph *g, const struct sy_node *n, int64_t channels, int axis);
/* QuantizeLinear by one constant scale and zero point of 8 bits. */
bool sy_fold_is_quantize(const struct sy_graph *g, const struct sy_node *n);
/* What a QuantizeLinear reads, behind a Relu that its saturation does as well; NULL when it does not. */
struct sy_node *sy_fold_before(const struct sy_fold *f, const struct sy_node *quantize);

/* The node becomes another operator with these inputs; attributes and name are those of `core`, which gets the node's. */
enum systole_status sy_fold_become(struct sy_fold *f, struct sy_node *n, struct sy_node *core, const char *domain, const char *op,
                                   int64_t version, const int *in, int n_in);
/* A new constant; takes the tensor over, also when it fails. */
enum systole_status sy_fold_add_constant(struct sy_fold *f, const char *name, struct systole_tensor *t, int *value);

/* Each looks at one node; SYSTOLE_OK when it does not fit. */
enum systole_status sy_fold_product(struct sy_fold *f, int node);  /* MatMul, Gemm or Conv between bytes */
enum systole_status sy_fold_lanes(struct sy_fold *f, int node);    /* sums, averages, moves and functions of bytes */
enum systole_status sy_fold_float(struct sy_fold *f, int node);    /* fp32: what continues the chains of a product */
enum systole_status sy_fold_constants(struct sy_fold *f, bool dequantize);

#endif
