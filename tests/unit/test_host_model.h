/* SPDX-License-Identifier: Apache-2.0 */
/* Small ONNX models made in memory, for the tests of the host library. */
#ifndef TEST_HOST_MODEL_H
#define TEST_HOST_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/onnx/onnx.h"

enum { VALUES = 9, ATTRS = 6 };

/* A model of one node; inputs i0, i1, ..., outputs o0, o1, .... Constant inputs are initialisers. */
struct one_node {
    const char *domain, *op;
    int64_t version;
    int n_in, n_out, n_attrs;
    unsigned left_out; /* bit i: the node has no name for input i; the graph has it all the same */
    struct systole_tensor *in[VALUES];
    Onnx__AttributeProto attrs[ATTRS];
};

static inline Onnx__AttributeProto attr_ints(const char *name, size_t n, int64_t *v)
{
    Onnx__AttributeProto a = ONNX__ATTRIBUTE_PROTO__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = 1;
    a.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    a.n_ints = n;
    a.ints = v;
    return a;
}

static inline Onnx__AttributeProto attr_int(const char *name, int64_t v)
{
    Onnx__AttributeProto a = ONNX__ATTRIBUTE_PROTO__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = a.has_i = 1;
    a.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    a.i = v;
    return a;
}

static inline uint8_t *pack_model(const Onnx__ModelProto *m, size_t *size)
{
    *size = onnx__model_proto__get_packed_size(m);
    uint8_t *data = malloc(*size);
    assert_non_null(data);
    onnx__model_proto__pack(m, data);
    return data;
}

/* Says in a model that was read by protobuf-c what an input is. All of it is from malloc, as protobuf-c frees it. */
static inline void declare_input(Onnx__ValueInfoProto *info, enum systole_dtype dtype, int rank, const int64_t *dims)
{
    Onnx__TypeProto *type = calloc(1, sizeof *type);
    Onnx__TypeProto__Tensor *tensor = calloc(1, sizeof *tensor);
    Onnx__TensorShapeProto *shape = calloc(1, sizeof *shape);
    assert_true(type && tensor && shape);
    onnx__type_proto__init(type);
    onnx__type_proto__tensor__init(tensor);
    onnx__tensor_shape_proto__init(shape);
    tensor->has_elem_type = 1;
    tensor->elem_type = (int32_t)dtype;
    tensor->shape = shape;
    shape->dim = calloc((size_t)rank + 1, sizeof *shape->dim);
    assert_non_null(shape->dim);
    for (int i = 0; i < rank; i++) {
        shape->dim[i] = calloc(1, sizeof **shape->dim);
        assert_non_null(shape->dim[i]);
        onnx__tensor_shape_proto__dimension__init(shape->dim[i]);
        shape->dim[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        shape->dim[i]->dim_value = dims[i];
        shape->n_dim++;
    }
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    info->type = type;
}

/* The bytes of the model; to be freed with free. */
static inline uint8_t *one_node_bytes(const struct one_node *n, size_t *size)
{
    static char names[2 * VALUES][4];
    char *in[VALUES], *out[VALUES];
    Onnx__ValueInfoProto info[2 * VALUES], *p_in[VALUES], *p_out[VALUES];
    Onnx__AttributeProto attrs[ATTRS], *p_attrs[ATTRS];
    Onnx__NodeProto node = ONNX__NODE_PROTO__INIT, *nodes = &node;
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets = &set;
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    for (int i = 0; i < 2 * VALUES; i++) {
        onnx__value_info_proto__init(&info[i]);
        snprintf(names[i], sizeof(names[i]), "%c%d", i < VALUES ? 'i' : 'o', i % VALUES);
        info[i].name = names[i];
        *(i < VALUES ? &in[i] : &out[i - VALUES]) = names[i];
        *(i < VALUES ? &p_in[i] : &p_out[i - VALUES]) = &info[i];
        if (i < VALUES && n->left_out >> i & 1)
            in[i] = (char *)(uintptr_t)"";
    }
    for (int i = 0; i < n->n_attrs; i++) {
        attrs[i] = n->attrs[i];
        p_attrs[i] = &attrs[i];
    }
    node.name = (char *)(uintptr_t)"the_node";
    node.domain = (char *)(uintptr_t)n->domain;
    node.op_type = (char *)(uintptr_t)n->op;
    node.n_input = graph.n_input = (size_t)n->n_in;
    node.n_output = graph.n_output = (size_t)n->n_out;
    node.n_attribute = (size_t)n->n_attrs;
    node.input = in;
    node.output = out;
    node.attribute = p_attrs;
    graph.n_node = 1;
    graph.node = &nodes;
    graph.input = p_in;
    graph.output = p_out;
    set.domain = node.domain;
    set.has_version = 1;
    set.version = n->version;
    model.graph = &graph;
    model.n_opset_import = 1;
    model.opset_import = &sets;
    return pack_model(&model, size);
}

/* Runs it; out: references of the caller. Frees the inputs. */
static inline enum systole_status run_one_node(struct systole_context *ctx, const struct one_node *n, struct systole_tensor **out)
{
    size_t size = 0;
    uint8_t *data = one_node_bytes(n, &size);
    struct systole_model *model = NULL;
    struct systole_session *session = NULL;
    enum systole_status status = systole_model_load_memory(ctx, data, size, NULL, &model);
    free(data);
    if (!status)
        status = systole_session_create(ctx, model, "cpu", &session);
    for (int i = 0; i < n->n_in; i++) {
        char name[16];
        snprintf(name, sizeof(name), "i%d", i);
        if (!status)
            status = systole_session_set(session, name, n->in[i]);
        systole_tensor_free(n->in[i]);
    }
    if (!status)
        status = systole_session_run(session);
    for (int i = 0; i < n->n_out && !status; i++) {
        char name[16];
        snprintf(name, sizeof(name), "o%d", i);
        status = systole_session_get(session, name, &out[i]);
    }
    systole_session_free(session);
    systole_model_free(model);
    return status;
}

static inline struct systole_tensor *tensor_of(struct systole_context *ctx, enum systole_dtype dtype, int rank,
                                               const int64_t *dims, const double *v)
{
    struct systole_tensor *t = NULL;
    assert_int_equal(systole_tensor_create(ctx, dtype, rank, dims, NULL, &t), SYSTOLE_OK);
    for (int64_t i = 0; i < systole_tensor_count(t); i++)
        sy_put(t, i, v[i]);
    return t;
}

static inline int setup_context(void **state)
{
    return (int)systole_context_create(NULL, (struct systole_context **)state);
}

static inline int teardown_context(void **state)
{
    systole_context_free(*state);
    return 0;
}

#endif
