/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random networks, made as ONNX models in memory: branches, sums, pools, every kind of product that the compiler knows,
 * and some that it does not.
 */
#ifndef NET_BENCH_H
#define NET_BENCH_H

#include "test_host_model.h"

enum { MOST_NODES = 200, MOST_CONSTANTS = 300, MOST_LIVE = 40, NAME = 24 };

/* A value of the network. */
struct live {
    char name[NAME];
    bool f32, is_unsigned;
    int rank;
    int64_t dims[4];
    float scale; /* of bytes */
    int zero;
};

struct net {
    uint64_t random;
    int names, n_live;
    struct live live[MOST_LIVE];
    Onnx__NodeProto node[MOST_NODES], *p_node[MOST_NODES];
    Onnx__TensorProto constant[MOST_CONSTANTS], *p_constant[MOST_CONSTANTS];
    Onnx__ValueInfoProto in, *p_in, out[MOST_LIVE], *p_out[MOST_LIVE];
    Onnx__TypeProto type;
    Onnx__TypeProto__Tensor tensor;
    Onnx__TensorShapeProto shape;
    Onnx__TensorShapeProto__Dimension dim[4], *p_dim[4];
    Onnx__GraphProto graph;
    void *memory[8 * MOST_NODES + 4 * MOST_CONSTANTS];
    int n_memory;
};

static inline uint32_t net_draw(struct net *n, uint32_t below)
{
    n->random = n->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((n->random >> 33) % below);
}

static inline void *net_get(struct net *n, size_t size)
{
    void *p = calloc(1, size ? size : 1);
    assert_non_null(p);
    assert_true(n->n_memory < (int)(sizeof n->memory / sizeof *n->memory));
    return n->memory[n->n_memory++] = p;
}

static inline char *net_name(struct net *n, const char *prefix)
{
    char *name = net_get(n, NAME);
    snprintf(name, NAME, "%s%d", prefix, n->names++);
    return name;
}

/* ---- constants ---- */

static inline char *net_constant_of(struct net *n, int32_t type, int rank, const int64_t *dims, const void *data, size_t bytes)
{
    assert_true(n->graph.n_initializer < MOST_CONSTANTS);
    Onnx__TensorProto *t = &n->constant[n->graph.n_initializer];
    onnx__tensor_proto__init(t);
    t->name = net_name(n, "c");
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = (size_t)rank;
    t->dims = net_get(n, (size_t)(rank + 1) * sizeof *t->dims);
    for (int i = 0; i < rank; i++)
        t->dims[i] = dims[i];
    t->has_raw_data = 1;
    t->raw_data.len = bytes;
    t->raw_data.data = net_get(n, bytes);
    memcpy(t->raw_data.data, data, bytes);
    n->p_constant[n->graph.n_initializer++] = t;
    return t->name;
}

static inline char *net_scalar(struct net *n, float v)
{
    return net_constant_of(n, SYSTOLE_F32, 0, NULL, &v, sizeof v);
}

static inline char *net_zero_of(struct net *n, int zero, bool is_unsigned)
{
    const uint8_t byte = (uint8_t)zero;
    return net_constant_of(n, is_unsigned ? SYSTOLE_U8 : SYSTOLE_I8, 0, NULL, &byte, 1);
}

static inline int64_t net_count(int rank, const int64_t *dims)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    return count;
}

/* fp32 in -bound to bound. */
static inline char *net_floats(struct net *n, int rank, const int64_t *dims, float bound)
{
    const int64_t count = net_count(rank, dims);
    float *v = net_get(n, (size_t)count * sizeof *v);
    for (int64_t i = 0; i < count; i++)
        v[i] = bound * ((float)net_draw(n, 1u << 24) / (float)(1 << 23) - 1);
    return net_constant_of(n, SYSTOLE_F32, rank, dims, v, (size_t)count * sizeof *v);
}

/* ---- nodes ---- */

static inline Onnx__NodeProto *net_node(struct net *n, const char *domain, const char *op, int n_in, char *const *in, char *out)
{
    assert_true(n->graph.n_node < MOST_NODES);
    Onnx__NodeProto *p = &n->node[n->graph.n_node];
    onnx__node_proto__init(p);
    p->name = out;
    p->domain = (char *)(uintptr_t)domain;
    p->op_type = (char *)(uintptr_t)op;
    p->n_input = (size_t)n_in;
    p->input = net_get(n, (size_t)n_in * sizeof *p->input);
    memcpy(p->input, in, (size_t)n_in * sizeof *in);
    p->n_output = 1;
    p->output = net_get(n, sizeof *p->output);
    p->output[0] = out;
    p->attribute = net_get(n, ATTRS * sizeof *p->attribute);
    n->p_node[n->graph.n_node++] = p;
    return p;
}

static inline char *net_op(struct net *n, const char *op, int n_in, char *const *in)
{
    char *out = net_name(n, "v");
    net_node(n, "", op, n_in, in, out);
    return out;
}

static inline void net_attr(struct net *n, Onnx__AttributeProto a)
{
    Onnx__NodeProto *p = n->p_node[n->graph.n_node - 1];
    Onnx__AttributeProto *kept = net_get(n, sizeof *kept);
    *kept = a;
    if (a.n_ints) {
        kept->ints = net_get(n, a.n_ints * sizeof *a.ints);
        memcpy(kept->ints, a.ints, a.n_ints * sizeof *a.ints);
    }
    p->attribute[p->n_attribute++] = kept;
}

static inline void net_attr_float(struct net *n, const char *name, float v)
{
    Onnx__AttributeProto a = ONNX__ATTRIBUTE_PROTO__INIT;
    a.name = (char *)(uintptr_t)name;
    a.has_type = a.has_f = 1;
    a.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
    a.f = v;
    net_attr(n, a);
}

static inline struct live *net_keep(struct net *n, const char *name, bool f32, bool is_unsigned, int rank, const int64_t *dims)
{
    assert_true(n->n_live < MOST_LIVE);
    struct live *l = &n->live[n->n_live++];
    *l = (struct live){.f32 = f32, .is_unsigned = is_unsigned, .rank = rank};
    snprintf(l->name, sizeof l->name, "%s", name);
    memcpy(l->dims, dims, (size_t)rank * sizeof *dims);
    return l;
}

/* QuantizeLinear of `name`, at a scale that suits numbers up to about `range`. */
static inline struct live *net_quantise(struct net *n, char *name, int rank, const int64_t *dims, float range, bool relu)
{
    const bool is_unsigned = net_draw(n, 2);
    const int lowest = is_unsigned ? 0 : -128, zero = relu ? lowest : lowest + (int)net_draw(n, 256);
    const float scale = range / (64.0f + (float)net_draw(n, 128));
    char *in[3] = {name, net_scalar(n, scale), net_zero_of(n, zero, is_unsigned)};
    struct live *l = net_keep(n, net_op(n, "QuantizeLinear", 3, in), false, is_unsigned, rank, dims);
    l->scale = scale;
    l->zero = zero;
    return l;
}

static inline char *net_dequantise(struct net *n, const struct live *x)
{
    char *name = net_get(n, NAME);
    memcpy(name, x->name, NAME);
    char *in[3] = {name, net_scalar(n, x->scale), net_zero_of(n, x->zero, x->is_unsigned)};
    return net_op(n, "DequantizeLinear", 3, in);
}

/* ---- the whole ---- */

static inline void net_begin(struct net *n, uint64_t seed)
{
    memset(n, 0, sizeof *n);
    n->random = seed * 2862933555777941757u + 3037000493u;
    onnx__graph_proto__init(&n->graph);
    onnx__value_info_proto__init(&n->in);
    onnx__type_proto__init(&n->type);
    onnx__type_proto__tensor__init(&n->tensor);
    onnx__tensor_shape_proto__init(&n->shape);
    n->graph.node = n->p_node;
    n->graph.initializer = n->p_constant;
    n->p_in = &n->in;
    n->graph.input = &n->p_in;
    n->graph.n_input = 1;
    n->graph.output = n->p_out;
}

static inline void net_input_is(struct net *n, struct live *x)
{
    n->in.name = x->name;
    n->in.type = &n->type;
    n->type.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    n->type.tensor_type = &n->tensor;
    n->tensor.has_elem_type = 1;
    n->tensor.elem_type = x->f32 ? SYSTOLE_F32 : x->is_unsigned ? SYSTOLE_U8 : SYSTOLE_I8;
    n->tensor.shape = &n->shape;
    n->shape.n_dim = (size_t)x->rank;
    n->shape.dim = n->p_dim;
    for (int i = 0; i < x->rank; i++) {
        onnx__tensor_shape_proto__dimension__init(&n->dim[i]);
        n->dim[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        n->dim[i].dim_value = x->dims[i];
        n->p_dim[i] = &n->dim[i];
    }
}

static inline void net_output_is(struct net *n, char *name)
{
    Onnx__ValueInfoProto *v = &n->out[n->graph.n_output];
    onnx__value_info_proto__init(v);
    v->name = name;
    n->p_out[n->graph.n_output++] = v;
}

static inline struct systole_model *net_load(struct net *n, struct systole_context *ctx)
{
    Onnx__OperatorSetIdProto set[2], *p_set[2] = {&set[0], &set[1]};
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    for (int i = 0; i < 2; i++) {
        onnx__operator_set_id_proto__init(&set[i]);
        set[i].domain = (char *)(uintptr_t)(i ? "com.microsoft" : "");
        set[i].has_version = 1;
        set[i].version = i ? 1 : 20;
    }
    model.graph = &n->graph;
    model.n_opset_import = 2;
    model.opset_import = p_set;
    size_t size = 0;
    uint8_t *data = pack_model(&model, &size);
    struct systole_model *loaded = NULL;
    if (systole_model_load_memory(ctx, data, size, NULL, &loaded) != SYSTOLE_OK)
        fail_msg("%s", systole_context_detail(ctx));
    free(data);
    return loaded;
}

static inline void net_end(struct net *n)
{
    for (int i = 0; i < n->n_memory; i++)
        free(n->memory[i]);
}

#endif
