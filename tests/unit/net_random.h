/* SPDX-License-Identifier: Apache-2.0 */
/* A random network from a seed, and an input for it. */
#ifndef NET_RANDOM_H
#define NET_RANDOM_H

#include "net_bench.h"

/* ---- growing a network: each adds one live value, or none where what is there does not fit ---- */

static inline struct live *any(struct net *n)
{
    return &n->live[net_draw(n, (uint32_t)n->n_live)];
}

struct window {
    int64_t kernel[2], stride[2], dilation[2], pads[4], out[2];
};

/* A window that fits the image; `gaps`: dilation. */
static inline bool draw_window(struct net *n, const struct live *x, bool gaps, struct window *w)
{
    for (int d = 0; d < 2; d++) {
        w->kernel[d] = 1 + net_draw(n, 4);
        w->stride[d] = 1 + net_draw(n, 3);
        w->dilation[d] = gaps && net_draw(n, 4) == 0 ? 2 : 1;
        w->pads[d] = net_draw(n, (uint32_t)w->kernel[d]);
        w->pads[d + 2] = net_draw(n, (uint32_t)w->kernel[d]);
        const int64_t room = x->dims[d + 2] + w->pads[d] + w->pads[d + 2] - (w->kernel[d] - 1) * w->dilation[d] - 1;
        if (room < 0)
            return false;
        w->out[d] = room / w->stride[d] + 1;
    }
    return true;
}

static inline void add_window(struct net *n, const struct window *w, int64_t group)
{
    net_attr(n, attr_ints("kernel_shape", 2, (int64_t *)(uintptr_t)w->kernel));
    net_attr(n, attr_ints("strides", 2, (int64_t *)(uintptr_t)w->stride));
    net_attr(n, attr_ints("pads", 4, (int64_t *)(uintptr_t)w->pads));
    net_attr(n, attr_ints("dilations", 2, (int64_t *)(uintptr_t)w->dilation));
    if (group)
        net_attr(n, attr_int("group", group));
}

/* Channels in a group, groups, channels out of a group: plain, in groups, or depthwise. */
static inline void draw_groups(struct net *n, int64_t channels, int64_t *groups, int64_t *per_out)
{
    const uint32_t kind = net_draw(n, 4);
    *groups = kind == 0 ? channels : kind == 1 && channels % 2 == 0 ? 2 : 1;
    *per_out = kind == 0 ? 1 + (net_draw(n, 4) == 0) : 1 + net_draw(n, 12);
}

/* Bytes of weights, through DequantizeLinear; per channel or not. */
static inline char *quantised_weights(struct net *n, int rank, const int64_t *dims, int axis, float *scale, char **scales)
{
    const int64_t count = net_count(rank, dims), channels = dims[axis];
    int8_t *w = net_get(n, (size_t)count);
    float *s = net_get(n, (size_t)channels * sizeof *s);
    const bool each = net_draw(n, 2);
    for (int64_t i = 0; i < count; i++)
        w[i] = (int8_t)net_draw(n, 256);
    *scale = 0.01f;
    for (int64_t i = 0; i < channels; i++)
        s[i] = each ? 0.005f + 0.01f * (float)net_draw(n, 1000) / 1000 : *scale;
    *scales = net_constant_of(n, SYSTOLE_F32, each, &channels, s, (each ? (size_t)channels : 1) * sizeof *s);
    int8_t *zeros = net_get(n, (size_t)channels);
    char *in[3] = {net_constant_of(n, SYSTOLE_I8, rank, dims, w, (size_t)count), *scales,
                   net_constant_of(n, SYSTOLE_I8, each, &channels, zeros, each ? (size_t)channels : 1)};
    char *out = net_op(n, "DequantizeLinear", 3, in);
    if (each)
        net_attr(n, attr_int("axis", axis));
    return out;
}

/* A bias of int32 at the scale of the product. */
static inline char *quantised_bias(struct net *n, int64_t channels, const struct live *x, const char *scales)
{
    int32_t *b = net_get(n, (size_t)channels * sizeof *b);
    float *s = net_get(n, (size_t)channels * sizeof *s);
    const Onnx__TensorProto *t = NULL;
    for (size_t i = 0; i < n->graph.n_initializer; i++)
        if (strcmp(n->p_constant[i]->name, scales) == 0)
            t = n->p_constant[i];
    for (int64_t i = 0; i < channels; i++) {
        float w;
        memcpy(&w, t->raw_data.data + (t->n_dims ? (size_t)i * sizeof w : 0), sizeof w);
        s[i] = x->scale * w;
        b[i] = (int32_t)net_draw(n, 4001) - 2000;
    }
    const size_t each = t->n_dims ? (size_t)channels : 1;
    char *in[2] = {net_constant_of(n, SYSTOLE_I32, 1, &channels, b, (size_t)channels * sizeof *b),
                   net_constant_of(n, SYSTOLE_F32, (int)t->n_dims, &channels, s, each * sizeof *s)};
    char *out = net_op(n, "DequantizeLinear", 2, in);
    if (t->n_dims)
        net_attr(n, attr_int("axis", 0));
    return out;
}

static inline char *relu_or_not(struct net *n, char *name, bool *relu)
{
    *relu = net_draw(n, 2);
    return *relu ? net_op(n, "Relu", 1, &name) : name;
}

static inline float range_of(int64_t terms, const struct live *x)
{
    return 128 * x->scale * sqrtf((float)terms);
}

/* What is added to a convolution's result, where there is one of that shape among the bytes. */
static inline const struct live *same_shape(struct net *n, const int64_t *dims)
{
    for (int i = 0; i < n->n_live; i++)
        if (!n->live[i].f32 && n->live[i].rank == 4 && memcmp(n->live[i].dims, dims, 4 * sizeof *dims) == 0)
            return &n->live[i];
    return NULL;
}

static inline void grow_quantised_conv(struct net *n, const struct live *x)
{
    struct window w;
    int64_t groups, per_out;
    if (x->rank != 4 || !draw_window(n, x, true, &w))
        return;
    draw_groups(n, x->dims[1], &groups, &per_out);
    if (net_draw(n, 3) == 0) { /* so that sums of two happen */
        groups = 1;
        per_out = x->dims[1];
        w = (struct window){{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, {x->dims[2], x->dims[3]}};
    }
    const int64_t wdims[4] = {groups * per_out, x->dims[1] / groups, w.kernel[0], w.kernel[1]};
    const int64_t dims[4] = {x->dims[0], wdims[0], w.out[0], w.out[1]};
    float scale;
    char *scales;
    char *in[3] = {net_dequantise(n, x), quantised_weights(n, 4, wdims, 0, &scale, &scales), NULL};
    in[2] = net_draw(n, 3) ? quantised_bias(n, wdims[0], x, scales) : NULL;
    char *out = net_op(n, "Conv", in[2] ? 3 : 2, in);
    add_window(n, &w, groups);
    const struct live *other = net_draw(n, 2) ? same_shape(n, dims) : NULL;
    if (other) {
        char *two[2] = {out, net_dequantise(n, other)};
        if (net_draw(n, 2)) {
            two[0] = two[1];
            two[1] = out;
        }
        out = net_op(n, "Add", 2, two);
    }
    bool relu;
    out = relu_or_not(n, out, &relu);
    net_quantise(n, out, 4, dims, range_of(net_count(3, wdims + 1), x), relu);
}

static inline void grow_quantised_product(struct net *n, const struct live *x)
{
    char *in[3] = {net_dequantise(n, x), NULL, NULL}, *scales;
    const int64_t k = x->rank == 2 ? x->dims[1] : net_count(x->rank - 1, x->dims + 1), m = 1 + net_draw(n, 20);
    const bool gemm = net_draw(n, 2), turned = gemm && net_draw(n, 2);
    const int64_t wdims[2] = {turned ? m : k, turned ? k : m}, dims[2] = {x->dims[0], m};
    struct live flat = *x;
    float scale;
    bool relu;
    if (x->rank != 2) {
        char *name = net_get(n, NAME);
        memcpy(name, x->name, NAME);
        snprintf(flat.name, sizeof flat.name, "%s", net_op(n, "Flatten", 1, &name));
        in[0] = net_dequantise(n, &flat);
    }
    in[1] = quantised_weights(n, 2, wdims, turned ? 0 : 1, &scale, &scales);
    char *bias = quantised_bias(n, m, x, scales), *out;
    if (gemm) {
        in[2] = bias;
        out = net_op(n, "Gemm", 3, in);
        if (turned)
            net_attr(n, attr_int("transB", 1));
    } else {
        char *two[2] = {net_op(n, "MatMul", 2, in), bias};
        out = net_op(n, "Add", 2, two);
    }
    out = relu_or_not(n, out, &relu);
    net_quantise(n, out, 2, dims, range_of(k, x), relu);
}

static inline void grow_pool(struct net *n, const struct live *x)
{
    static const char *const ops[] = {"MaxPool", "AveragePool", "GlobalAveragePool"};
    const uint32_t kind = net_draw(n, 3);
    struct window w;
    if (x->rank != 4 || !draw_window(n, x, false, &w))
        return;
    char *in = net_dequantise(n, x);
    int64_t dims[4] = {x->dims[0], x->dims[1], 1, 1};
    if (kind == 1 && net_draw(n, 2))
        memset(w.pads, 0, sizeof w.pads);
    for (int d = 0; d < 2; d++) {
        const int64_t room = x->dims[d + 2] + w.pads[d] + w.pads[d + 2] - w.kernel[d];
        if (room < 0)
            return;
        dims[d + 2] = kind == 2 ? 1 : room / w.stride[d] + 1;
    }
    char *out = net_op(n, ops[kind], 1, &in);
    if (kind < 2)
        add_window(n, &w, 0);
    struct live *y = net_quantise(n, out, 4, dims, 128 * x->scale, false);
    if (kind == 0 && net_draw(n, 4)) { /* the same numbers: then it works on bytes */
        Onnx__NodeProto *q = n->p_node[n->graph.n_node - 1];
        y->scale = x->scale;
        y->zero = x->zero;
        y->is_unsigned = x->is_unsigned;
        q->input[1] = net_scalar(n, x->scale);
        q->input[2] = net_zero_of(n, x->zero, x->is_unsigned);
    }
}

static inline void grow_sum(struct net *n, const struct live *x)
{
    const struct live *other = any(n);
    if (other->f32 || other->rank != x->rank || memcmp(other->dims, x->dims, (size_t)x->rank * sizeof *x->dims) != 0)
        other = x;
    const struct live a = *x, b = *other;
    if (net_draw(n, 2)) {
        char *in[2] = {net_dequantise(n, &a), net_dequantise(n, &b)};
        bool relu;
        char *out = relu_or_not(n, net_op(n, "Add", 2, in), &relu);
        net_quantise(n, out, a.rank, a.dims, 128 * (a.scale + b.scale), relu);
        return;
    }
    char *out = net_name(n, "v"), *names = net_get(n, 2 * NAME);
    struct live *y = net_keep(n, out, false, a.is_unsigned, a.rank, a.dims);
    memcpy(names, a.name, NAME);
    memcpy(names + NAME, b.name, NAME);
    y->scale = a.scale + b.scale;
    y->zero = a.is_unsigned ? 100 : -5;
    char *in[8] = {names, net_scalar(n, a.scale), net_zero_of(n, a.zero, a.is_unsigned),
                   names + NAME, net_scalar(n, b.scale), net_zero_of(n, b.zero, b.is_unsigned),
                   net_scalar(n, y->scale), net_zero_of(n, y->zero, y->is_unsigned)};
    net_node(n, "com.microsoft", "QLinearAdd", 8, in, out);
}

static inline void grow_function(struct net *n, const struct live *x)
{
    static const char *const ops[] = {"Sigmoid", "Tanh", "LeakyRelu", "HardSwish", "Relu", "Softplus"};
    const struct live a = *x;
    char *name = net_dequantise(n, &a);
    for (uint32_t i = net_draw(n, 3); i > 0; i--)
        name = net_op(n, ops[net_draw(n, 6)], 1, &name);
    net_quantise(n, name, a.rank, a.dims, 128 * a.scale, false);
}

/* fp32 from here on. */
static inline void grow_widening(struct net *n, const struct live *x)
{
    const struct live a = *x;
    net_keep(n, net_dequantise(n, &a), true, false, a.rank, a.dims);
}

static inline char *activation(struct net *n, char *name)
{
    switch (net_draw(n, 5)) {
    case 0:
        return net_op(n, "Relu", 1, &name);
    case 1:
        name = net_op(n, "LeakyRelu", 1, &name);
        net_attr_float(n, "alpha", 0.1f);
        return name;
    case 2: {
        char *in[3] = {name, net_scalar(n, -1), net_scalar(n, 6)};
        return net_op(n, "Clip", 3, in);
    }
    case 3:
        return net_op(n, "Tanh", 1, &name); /* the host's */
    default:
        return name;
    }
}

static inline void grow_float_conv(struct net *n, const struct live *x)
{
    struct window w;
    int64_t groups, per_out;
    if (x->rank != 4 || !draw_window(n, x, true, &w))
        return;
    draw_groups(n, x->dims[1], &groups, &per_out);
    if (net_draw(n, 3) == 0) {
        groups = 1;
        per_out = x->dims[1];
        w = (struct window){{1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, {x->dims[2], x->dims[3]}};
    }
    const int64_t wdims[4] = {groups * per_out, x->dims[1] / groups, w.kernel[0], w.kernel[1]};
    const int64_t dims[4] = {x->dims[0], wdims[0], w.out[0], w.out[1]};
    const struct live a = *x;
    char *name = net_get(n, NAME);
    memcpy(name, a.name, NAME);
    char *in[3] = {name, net_floats(n, 4, wdims, 0.3f), net_draw(n, 2) ? net_floats(n, 1, wdims, 1) : NULL};
    char *out = net_op(n, "Conv", in[2] ? 3 : 2, in);
    add_window(n, &w, groups);
    if (net_draw(n, 4) == 0) {
        char *norm[5] = {out, net_floats(n, 1, wdims, 1), net_floats(n, 1, wdims, 1), net_floats(n, 1, wdims, 1), NULL};
        float *variance = net_get(n, (size_t)wdims[0] * sizeof *variance);
        for (int64_t i = 0; i < wdims[0]; i++)
            variance[i] = 0.5f + (float)net_draw(n, 100) / 100;
        norm[4] = net_constant_of(n, SYSTOLE_F32, 1, wdims, variance, (size_t)wdims[0] * sizeof *variance);
        out = net_op(n, "BatchNormalization", 5, norm);
    }
    if (net_draw(n, 2) && memcmp(dims, a.dims, sizeof dims) == 0) {
        char *two[2] = {out, name};
        out = net_op(n, net_draw(n, 2) ? "Add" : "Sum", 2, two);
    }
    net_keep(n, activation(n, out), true, false, 4, dims);
}

static inline void grow_float_product(struct net *n, const struct live *x)
{
    const struct live a = *x;
    char *name = net_get(n, NAME);
    memcpy(name, a.name, NAME);
    if (a.rank == 4)
        name = net_op(n, "Flatten", 1, &name);
    const int64_t k = net_count(a.rank - 1, a.dims + 1), m = 1 + net_draw(n, 20), dims[2] = {a.dims[0], m};
    const bool turned = net_draw(n, 2);
    const int64_t wdims[2] = {turned ? m : k, turned ? k : m}, plain[2] = {k, m};
    if (net_draw(n, 2)) {
        char *in[3] = {name, net_floats(n, 2, wdims, 0.3f), net_floats(n, 1, &m, 1)};
        name = net_op(n, "Gemm", 3, in);
        net_attr(n, attr_int("transB", turned));
    } else {
        char *in[2] = {name, net_floats(n, 2, plain, 0.3f)};
        name = net_op(n, "MatMul", 2, in);
        char *two[2] = {name, net_floats(n, 1, &m, 1)};
        if (net_draw(n, 2))
            name = net_op(n, "Add", 2, two);
    }
    net_keep(n, activation(n, name), true, false, 2, dims);
}

static inline void grow(struct net *n)
{
    const struct live x = net_draw(n, 3) ? n->live[n->n_live - 1] : *any(n);
    if (x.f32 && net_draw(n, 3))
        grow_float_conv(n, &x);
    else if (x.f32)
        grow_float_product(n, &x);
    else
        switch (net_draw(n, 10)) {
        case 0: case 1: case 2: case 3:
            grow_quantised_conv(n, &x);
            break;
        case 4:
            grow_quantised_product(n, &x);
            break;
        case 5:
            grow_pool(n, &x);
            break;
        case 6:
            grow_sum(n, &x);
            break;
        case 7:
            grow_function(n, &x);
            break;
        case 8:
            if (net_draw(n, 2))
                grow_widening(n, &x);
            break;
        default:
            break;
        }
}

/* Every value that nobody reads is an output, and some of the others. */
static inline struct systole_model *net_make(struct net *n, struct systole_context *ctx, uint64_t seed, uint32_t side)
{
    net_begin(n, seed);
    const int64_t dims[4] = {1 + (net_draw(n, 4) == 0), 1 + net_draw(n, 9), 1 + net_draw(n, side), 1 + net_draw(n, side)};
    struct live *x = net_keep(n, net_name(n, "in"), net_draw(n, 3) == 0, net_draw(n, 2), 4, dims);
    x->scale = 0.05f;
    x->zero = x->is_unsigned ? 128 : 3;
    net_input_is(n, x);
    const uint32_t steps = 2 + net_draw(n, 10);
    for (uint32_t i = 0; i < steps; i++)
        grow(n);
    for (int i = 1; i < n->n_live; i++) {
        bool read = false;
        for (size_t k = 0; k < n->graph.n_node; k++)
            for (size_t j = 0; j < n->p_node[k]->n_input; j++)
                read = read || strcmp(n->p_node[k]->input[j], n->live[i].name) == 0;
        if (!read || net_draw(n, 5) == 0)
            net_output_is(n, n->live[i].name);
    }
    if (n->graph.n_output == 0)
        return NULL;
    struct systole_model *model = net_load(n, ctx);
    return model;
}

static inline struct systole_tensor *net_input_for(struct systole_context *ctx, struct net *n, bool special)
{
    const struct live *x = &n->live[0];
    struct systole_tensor *t = NULL;
    const enum systole_dtype dtype = x->f32 ? SYSTOLE_F32 : x->is_unsigned ? SYSTOLE_U8 : SYSTOLE_I8;
    assert_int_equal(systole_tensor_create(ctx, dtype, 4, x->dims, NULL, &t), SYSTOLE_OK);
    for (int64_t i = 0; i < systole_tensor_count(t); i++)
        if (x->f32)
            ((float *)t->data)[i] = (float)net_draw(n, 1u << 24) / (float)(1 << 22) - 2;
        else
            ((uint8_t *)t->data)[i] = (uint8_t)net_draw(n, 256);
    if (special && x->f32)
        ((float *)t->data)[net_draw(n, (uint32_t)t->count)] = net_draw(n, 2) ? INFINITY : 3e38f;
    return t;
}

#endif
