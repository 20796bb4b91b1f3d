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
enum systole_status sy_onnx_model(struct systole_context *ctx, const uint8_t *data, size_t size, const char *folder,
                                  struct sy_graph **graph);

/* TensorProto files. */
enum systole_status sy_pb_read(struct systole_context *ctx, const uint8_t *data, size_t size, struct systole_tensor **tensor);
/* *data is to be freed with sy_free. */
enum systole_status sy_pb_write(struct systole_context *ctx, const struct systole_tensor *t, uint8_t **data, size_t *size);

#endif
