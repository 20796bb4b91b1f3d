/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few messages of ONNX that a model of one node needs, in protobuf's wire format. Messages are written from their end to their
 * beginning, so that a length is known when it is written.
 */
#include "make_model.h"

#include <string.h>

struct writer {
    unsigned char *bytes;
    size_t at; /* what is written begins here */
};

/* Numbers of fields in onnx.proto. */
enum {
    MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET = 8, OPSET_VERSION = 2,
    GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12,
    NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP_TYPE = 4, NODE_ATTRIBUTE = 5,
    ATTRIBUTE_NAME = 1, ATTRIBUTE_I = 3, ATTRIBUTE_INTS = 8, ATTRIBUTE_TYPE = 20, TYPE_INT = 2, TYPE_INTS = 7,
    VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_ELEMENT = 1, TENSOR_SHAPE = 2, SHAPE_DIM = 1, DIM_VALUE = 1,
    IR_VERSION = 8, OPSET = 17
};
enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

static void varint(struct writer *w, uint64_t value)
{
    unsigned char text[10];
    size_t n = 0;
    do {
        text[n++] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    w->at -= n;
    memcpy(w->bytes + w->at, text, n);
}

static void number(struct writer *w, uint32_t field, int64_t value)
{
    varint(w, (uint64_t)value);
    varint(w, (uint64_t)field << 3 | WIRE_VARINT);
}

/* What was written since `end` becomes a field. */
static void wrap(struct writer *w, uint32_t field, size_t end)
{
    varint(w, end - w->at);
    varint(w, (uint64_t)field << 3 | WIRE_BYTES);
}

static void text(struct writer *w, uint32_t field, const char *value)
{
    const size_t end = w->at;
    w->at -= strlen(value);
    memcpy(w->bytes + w->at, value, strlen(value));
    wrap(w, field, end);
}

static void value_info(struct writer *w, uint32_t field, const char *name, int element, const int64_t *dims, int rank)
{
    const size_t end = w->at;
    for (int i = rank - 1; i >= 0; i--) {
        const size_t dim = w->at;
        number(w, DIM_VALUE, dims[i]);
        wrap(w, SHAPE_DIM, dim);
    }
    if (rank)
        wrap(w, TENSOR_SHAPE, end);
    number(w, TENSOR_ELEMENT, element);
    wrap(w, TYPE_TENSOR, end);
    wrap(w, VALUE_TYPE, end);
    text(w, VALUE_NAME, name);
    wrap(w, field, end);
}

static void attribute(struct writer *w, const char *name, int type, const int64_t *values, int count)
{
    const size_t end = w->at;
    number(w, ATTRIBUTE_TYPE, type);
    for (int i = count - 1; i >= 0; i--)
        number(w, type == TYPE_INT ? ATTRIBUTE_I : ATTRIBUTE_INTS, values[i]);
    text(w, ATTRIBUTE_NAME, name);
    wrap(w, NODE_ATTRIBUTE, end);
}

static void node(struct writer *w, const struct cli_one_operator *o)
{
    static const char *const names[2][2] = {{"MatMul", "MatMulInteger"}, {"Conv", "ConvInteger"}};
    const int64_t strides[] = {o->stride, o->stride}, pads[] = {o->pad, o->pad, o->pad, o->pad};
    const size_t end = w->at;
    if (o->is_conv) {
        attribute(w, "strides", TYPE_INTS, strides, 2);
        attribute(w, "pads", TYPE_INTS, pads, 4);
        attribute(w, "group", TYPE_INT, &o->groups, 1);
    }
    text(w, NODE_OP_TYPE, names[o->is_conv][o->is_int8]);
    text(w, NODE_NAME, names[o->is_conv][o->is_int8]);
    text(w, NODE_OUTPUT, "c");
    text(w, NODE_INPUT, "b");
    text(w, NODE_INPUT, "a");
    wrap(w, GRAPH_NODE, end);
}

size_t cli_make_model(const struct cli_one_operator *o, unsigned char bytes[CLI_MODEL_ROOM])
{
    struct writer w = {bytes, CLI_MODEL_ROOM};
    const int in = o->is_int8 ? SYSTOLE_I8 : SYSTOLE_F32, out = o->is_int8 ? SYSTOLE_I32 : SYSTOLE_F32, rank = o->is_conv ? 4 : 2;
    const int64_t product_a[] = {o->m, o->k}, product_b[] = {o->k, o->n};
    const int64_t image[] = {1, o->channels, o->height, o->width};
    const int64_t kernels[] = {o->kernels, o->is_conv ? o->channels / o->groups : 0, o->kernel_h, o->kernel_w};
    number(&w, OPSET_VERSION, OPSET);
    wrap(&w, MODEL_OPSET, CLI_MODEL_ROOM);
    const size_t graph = w.at;
    value_info(&w, GRAPH_OUTPUT, "c", out, NULL, 0);
    value_info(&w, GRAPH_INPUT, "b", in, o->is_conv ? kernels : product_b, rank);
    value_info(&w, GRAPH_INPUT, "a", in, o->is_conv ? image : product_a, rank);
    text(&w, GRAPH_NAME, "one");
    node(&w, o);
    wrap(&w, MODEL_GRAPH, graph);
    number(&w, MODEL_IR_VERSION, IR_VERSION);
    memmove(bytes, bytes + w.at, CLI_MODEL_ROOM - w.at);
    return CLI_MODEL_ROOM - w.at;
}

static uint64_t steps(int64_t size, int64_t kernel, const struct cli_one_operator *o)
{
    const int64_t room = size + 2 * o->pad - kernel;
    return room < 0 ? 0 : (uint64_t)(room / o->stride + 1);
}

uint64_t cli_model_macs(const struct cli_one_operator *o)
{
    if (!o->is_conv)
        return (uint64_t)o->m * (uint64_t)o->n * (uint64_t)o->k;
    return steps(o->height, o->kernel_h, o) * steps(o->width, o->kernel_w, o) * (uint64_t)o->kernels *
           (uint64_t)(o->channels / o->groups * o->kernel_h * o->kernel_w);
}
