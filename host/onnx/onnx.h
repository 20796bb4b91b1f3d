/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX files into graphs and tensors. Whatever a file says is checked; what is wrong names the node or the tensor. */
#ifndef SY_ONNX_H
#define SY_ONNX_H

#include "host/graph/graph.h"

#include "onnx.pb-c.h"

#include <protobuf-c/protobuf-c.h>

/* The highest version of ONNX's own domain that was read by the author of the operators. */
enum { SY_ONNX_OPSET_LEAST = 6, SY_ONNX_OPSET_MOST = 28 };

/* What sy_onnx_* share while a file is read. */
struct sy_onnx {
    struct systole_context *ctx;
    const char *folder;            /* of external data; NULL: there is none */
    const Onnx__ModelProto *model;
    const struct sy_onnx_frame *frame; /* of the function whose nodes are read; NULL outside */
    int *inlined;                  /* nodes that calls of functions became */
};

/* Memory from core/alloc.c. protobuf-c does not say why it gave up: `short_of` is true when memory was refused. Zero at first. */
struct sy_onnx_memory {
    ProtobufCAllocator allocator;
    bool short_of;
};
ProtobufCAllocator *sy_onnx_allocator(struct sy_onnx_memory *memory);
/* Refuses messages nested so deeply that reading them would use up the stack. */
enum systole_status sy_onnx_check_depth(struct systole_context *ctx, const ProtobufCMessageDescriptor *type, const uint8_t *data,
                                        size_t size);

/* `where` names the owner in messages. */
enum systole_status sy_onnx_tensor(const struct sy_onnx *o, const Onnx__TensorProto *p, const char *where,
                                   struct systole_tensor **tensor);
enum systole_status sy_onnx_graph(const struct sy_onnx *o, const Onnx__GraphProto *p, const struct sy_graph *parent,
                                  struct sy_graph **graph);
enum systole_status sy_onnx_node(const struct sy_onnx *o, const Onnx__NodeProto *p, size_t place, struct sy_graph *g);
/* "ai.onnx" is another name for ONNX's own domain, "". */
const char *sy_onnx_domain(const char *domain);
int64_t sy_onnx_version(const struct sy_onnx *o, const char *domain);
/* Fails with UNSUPPORTED: the operator of this node, and all others of the model that are not there. `where` names the node. */
enum systole_status sy_onnx_missing(const struct sy_onnx *o, const Onnx__NodeProto *p, const struct sy_node *n, const char *where);

/* The last node, where it is one of several that ONNX Runtime's optimiser made one, becomes those again (split.c). */
enum systole_status sy_onnx_split(const struct sy_onnx *o, struct sy_graph *g, const char *where);

/* ---- Functions of the model's own (function.c) ---- */

/* A call of a function while its nodes are read. */
struct sy_onnx_frame {
    const Onnx__FunctionProto *function;
    const Onnx__NodeProto *call;
    const struct sy_onnx *outer;        /* where the call is */
    Onnx__AttributeProto **defaults, **owned; /* of attributes that the call does not have */
    size_t n_defaults;
    char prefix[96];                    /* of the names of its values; no other call has it */
};
/* The function that the node calls; NULL: none. */
const Onnx__FunctionProto *sy_onnx_function(const struct sy_onnx *o, const Onnx__NodeProto *call);
enum systole_status sy_onnx_inline(const struct sy_onnx *o, const Onnx__FunctionProto *function, const Onnx__NodeProto *call,
                                   struct sy_graph *g);
/* A value's name in the graph, in new memory (sy_free); NULL without memory. Of a value of the function itself, and of its nodes: */
char *sy_onnx_name(const struct sy_onnx *o, const char *name);
char *sy_onnx_inner_name(const struct sy_onnx_frame *f, const char *name);
/* The attribute that this one refers to, and in *o where that is; NULL: nobody gave it. Outside functions it stays as it is. */
const Onnx__AttributeProto *sy_onnx_attribute(const struct sy_onnx **o, const Onnx__AttributeProto *p);
/* The version of a domain that the function asks for; -1: it does not say. */
int64_t sy_onnx_frame_version(const struct sy_onnx_frame *f, const char *domain);

enum systole_status sy_onnx_model(struct systole_context *ctx, const uint8_t *data, size_t size, const char *folder,
                                  struct sy_graph **graph);

/* TensorProto files. */
enum systole_status sy_pb_read(struct systole_context *ctx, const uint8_t *data, size_t size, struct systole_tensor **tensor);
/* *data is to be freed with sy_free. */
enum systole_status sy_pb_write(struct systole_context *ctx, const struct systole_tensor *t, uint8_t **data, size_t *size);

#endif
