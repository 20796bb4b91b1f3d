/* SPDX-License-Identifier: Apache-2.0 */
/* What the makers of networks share: a model under construction, its weights and nodes. Memory that is missing ends the program. */
#ifndef MAKE_NETWORK_H
#define MAKE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

struct maker {
    Onnx__ModelProto *model;
    Onnx__GraphProto *graph;
    uint64_t random; /* the state of splitmix64 */
    bool plain;      /* published networks: fp32, not quantised */
};

uint64_t make_random(uint64_t *state);
Onnx__TensorProto *make_tensor(struct maker *m, const char *name, int32_t type, int rank, const int64_t *dims, size_t bytes);
/* A node is called after its one output; inputs up to the first that is NULL. */
Onnx__NodeProto *make_node(struct maker *m, const char *op, const char *output, const char *a, const char *b, const char *c);
void make_ints(Onnx__NodeProto *n, const char *name, size_t count, const int64_t *values);
void make_int(Onnx__NodeProto *n, const char *name, int64_t value);
Onnx__ValueInfoProto *make_value(const char *name, int32_t type, int rank, const int64_t *dims);
/* He's bound for what a Relu follows: the variance of an even spread over -b to b is b * b / 3, wanted is 2 / inputs. */
double make_he(int64_t inputs);

/* Evenly spread over -bound to bound. */
void make_floats(struct maker *m, const char *name, int rank, const int64_t *dims, double bound);
void make_shape(struct maker *m, const char *name, int64_t rank, const int64_t *dims);
/* What the last node makes gets another name. */
void make_rename(struct maker *m, const char *output);

/* ---- make_quantised.c: layers, named after what they make ---- */

enum { MAKE_NAME = 96 };

struct make_layer {
    int64_t from, to, kernel, stride, groups;
    float gain;           /* of the weights, 1: the variance stays as it is */
    const char *residual; /* added before the activation; or NULL */
    bool relu;
    int64_t crop; /* the border is so much narrower than half the kernel */
};

/* The one input, called "input". */
void make_input(struct maker *m, int rank, const int64_t *dims);
void make_output(struct maker *m, const char *name, int rank, const int64_t *dims);
/* What the last node made, as a layer's result. positive: it has no other values. */
void make_activation(struct maker *m, const char *name, bool positive);
void make_conv(struct maker *m, const char *name, const char *input, const struct make_layer *c);
void make_max_pool(struct maker *m, const char *name, const char *input, int64_t kernel, int64_t stride, int64_t pad);
void make_average(struct maker *m, const char *name, const char *input);
void make_flat(struct maker *m, const char *name, const char *input);
void make_dense(struct maker *m, const char *name, const char *input, int64_t from, int64_t to, bool relu);
/* Of two layers. */
void make_product(struct maker *m, const char *name, const char *a, const char *b);

/* ---- make_published.c ---- */

void make_resnet50(struct maker *m);
void make_mobilenetv1(struct maker *m);
void make_mobilenetv2(struct maker *m);
void make_alexnet(struct maker *m);
void make_vgg19(struct maker *m);
void make_dense4096(struct maker *m);
void make_bert(struct maker *m);

#endif
