/* SPDX-License-Identifier: Apache-2.0 */
/* What the makers of networks share: a model under construction, its weights and nodes. Memory that is missing ends the program. */
#ifndef MAKE_NETWORK_H
#define MAKE_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "onnx.pb-c.h"

struct maker {
    Onnx__ModelProto *model;
    Onnx__GraphProto *graph;
    uint64_t random; /* the state of splitmix64 */
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

/* make_quantised.c */
void make_resnet50_int8(struct maker *m);
void make_mobilenetv1_int8(struct maker *m);

#endif
