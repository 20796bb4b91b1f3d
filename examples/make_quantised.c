/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers of networks of published shapes with random weights. Quantised in QDQ form, as tools for static quantisation leave them: int8
 * activations with one scale, int8 weights with a scale for each channel, int32 biases; a sum of two branches is quantised once, behind
 * its Relu. Or, where the maker is `plain`, the same layers in fp32.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "make_network.h"

enum { INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8, INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
       FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT };

/* Of activations behind a Relu: 255 steps from zero up. */
static const float act_scale = 0.03f;
static const int8_t act_zero = -128;

struct name {
    char text[MAKE_NAME];
};

static struct name with(const char *name, const char *suffix)
{
    struct name n;
    snprintf(n.text, sizeof n.text, "%.80s%s", name, suffix);
    return n;
}

/* ---- constants ---- */

static void put_bytes(struct maker *m, const char *name, int rank, const int64_t *dims)
{
    Onnx__TensorProto *t = make_tensor(m, name, INT8, rank, dims, 1);
    for (size_t i = 0; i < t->raw_data.len; i++) {
        const int v = (int)(make_random(&m->random) >> 56) - 128;
        t->raw_data.data[i] = (uint8_t)(v == -128 ? -127 : v);
    }
}

static void put_floats(struct maker *m, const char *name, int64_t count, float value, float spread)
{
    Onnx__TensorProto *t = make_tensor(m, name, FLOAT, count > 1, &count, sizeof(float));
    for (int64_t i = 0; i < count; i++) {
        const float v = value * (1 + spread * ((float)(make_random(&m->random) >> 40) / (float)(1 << 23) - 1));
        memcpy(t->raw_data.data + (size_t)i * sizeof v, &v, sizeof v);
    }
}

/* Scales of a product: each the product of the input's and the channel's. */
static void put_products(struct maker *m, const char *name, const char *scales, int64_t count, float by)
{
    const Onnx__TensorProto *from = NULL;
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        if (strcmp(m->graph->initializer[i]->name, scales) == 0)
            from = m->graph->initializer[i];
    Onnx__TensorProto *t = make_tensor(m, name, FLOAT, 1, &count, sizeof(float));
    for (int64_t i = 0; i < count; i++) {
        float v;
        memcpy(&v, from->raw_data.data + (size_t)i * sizeof v, sizeof v);
        v *= by;
        memcpy(t->raw_data.data + (size_t)i * sizeof v, &v, sizeof v);
    }
}

static void put_bias(struct maker *m, const char *name, int64_t count)
{
    Onnx__TensorProto *t = make_tensor(m, name, INT32, 1, &count, sizeof(int32_t));
    for (int64_t i = 0; i < count; i++) {
        const int32_t v = (int32_t)(make_random(&m->random) >> 52) - 2048;
        memcpy(t->raw_data.data + (size_t)i * sizeof v, &v, sizeof v);
    }
}

static void put_scale(struct maker *m, const char *name, float scale, int8_t zero)
{
    const struct name s = with(name, ".scale"), z = with(name, ".zero");
    put_floats(m, s.text, 1, scale, 0);
    make_tensor(m, z.text, INT8, 0, NULL, 1)->raw_data.data[0] = (uint8_t)zero;
}

/* Weights and bias as a product reads them: `name`.weight.real, `name`.bias.real. `axis`: of the channels. */
static void put_weights(struct maker *m, const char *name, int rank, const int64_t *dims, int64_t axis, int64_t inputs, float gain,
                        float input_scale)
{
    const struct name w = with(name, ".weight"), ws = with(name, ".weight.scale"), wr = with(name, ".weight.real");
    const struct name b = with(name, ".bias"), bs = with(name, ".bias.scale"), br = with(name, ".bias.real");
    if (m->plain) {
        make_floats(m, wr.text, rank, dims, gain * make_he(inputs));
        make_floats(m, br.text, 1, &dims[axis], 0.1);
        return;
    }
    put_bytes(m, w.text, rank, dims);
    put_floats(m, ws.text, dims[axis], gain * (float)make_he(inputs) / 127, 0.2f);
    make_int(make_node(m, "DequantizeLinear", wr.text, w.text, ws.text, NULL), "axis", axis);
    put_bias(m, b.text, dims[axis]);
    put_products(m, bs.text, ws.text, dims[axis], input_scale);
    make_int(make_node(m, "DequantizeLinear", br.text, b.text, bs.text, NULL), "axis", 0);
}

/* ---- activations ---- */

/* What the last node made, quantised as `name`, and as whoever comes behind reads it: `name`.real. */
static void finish(struct maker *m, const char *name, float scale, int8_t zero)
{
    const struct name s = with(name, ".scale"), z = with(name, ".zero"), real = with(name, ".real");
    if (m->plain) {
        make_rename(m, real.text);
        return;
    }
    const char *from = m->graph->node[m->graph->n_node - 1]->output[0];
    put_scale(m, name, scale, zero);
    make_node(m, "QuantizeLinear", name, from, s.text, z.text);
    make_node(m, "DequantizeLinear", real.text, name, s.text, z.text);
}

void make_activation(struct maker *m, const char *name, bool positive)
{
    finish(m, name, act_scale, positive ? act_zero : 0);
}

void make_input(struct maker *m, int rank, const int64_t *dims)
{
    m->graph->input[0] = make_value(m->plain ? "input.real" : "input", m->plain ? FLOAT : INT8, rank, dims);
    if (m->plain)
        return;
    put_scale(m, "input", act_scale, 0);
    make_node(m, "DequantizeLinear", "input.real", "input", "input.scale", "input.zero");
}

void make_output(struct maker *m, const char *name, int rank, const int64_t *dims)
{
    const struct name real = with(name, ".real");
    m->graph->output[m->graph->n_output++] = make_value(m->plain ? real.text : name, m->plain ? FLOAT : INT8, rank, dims);
}

/* ---- layers ---- */

void make_conv(struct maker *m, const char *name, const char *input, const struct make_layer *c)
{
    const struct name in = with(input, ".real"), w = with(name, ".weight.real"), b = with(name, ".bias.real"), raw = with(name, ".conv");
    const struct name sum = with(name, ".sum"), relu = with(name, ".relu"), other = with(c->residual ? c->residual : "", ".real");
    const int64_t dims[] = {c->to, c->from / c->groups, c->kernel, c->kernel}, pad = c->kernel / 2 - c->crop;
    put_weights(m, name, 4, dims, 0, dims[1] * c->kernel * c->kernel, c->gain, act_scale);
    Onnx__NodeProto *n = make_node(m, "Conv", raw.text, in.text, w.text, b.text);
    make_ints(n, "kernel_shape", 2, (const int64_t[]){c->kernel, c->kernel});
    make_ints(n, "strides", 2, (const int64_t[]){c->stride, c->stride});
    make_ints(n, "pads", 4, (const int64_t[]){pad, pad, pad, pad});
    make_int(n, "group", c->groups);
    if (c->residual)
        make_node(m, "Add", sum.text, raw.text, other.text, NULL);
    if (c->relu)
        make_node(m, "Relu", relu.text, c->residual ? sum.text : raw.text, NULL, NULL);
    make_activation(m, name, c->relu);
}

void make_max_pool(struct maker *m, const char *name, const char *input, int64_t kernel, int64_t stride, int64_t pad)
{
    const struct name in = with(input, ".real"), raw = with(name, ".max");
    Onnx__NodeProto *pool = make_node(m, "MaxPool", raw.text, in.text, NULL, NULL);
    make_ints(pool, "kernel_shape", 2, (const int64_t[]){kernel, kernel});
    make_ints(pool, "strides", 2, (const int64_t[]){stride, stride});
    make_ints(pool, "pads", 4, (const int64_t[]){pad, pad, pad, pad});
    make_activation(m, name, true);
}

void make_dense(struct maker *m, const char *name, const char *input, int64_t from, int64_t to, bool relu)
{
    const struct name in = with(input, ".real"), w = with(name, ".weight.real"), b = with(name, ".bias.real"), raw = with(name, ".gemm");
    const struct name positive = with(name, ".relu");
    put_weights(m, name, 2, (const int64_t[]){from, to}, 1, from, 1, act_scale);
    make_node(m, "Gemm", raw.text, in.text, w.text, b.text);
    if (relu)
        make_node(m, "Relu", positive.text, raw.text, NULL, NULL);
    make_activation(m, name, relu);
}

void make_average(struct maker *m, const char *name, const char *input)
{
    const struct name in = with(input, ".real"), raw = with(name, ".average");
    make_node(m, "GlobalAveragePool", raw.text, in.text, NULL, NULL);
    make_activation(m, name, true);
}

void make_flat(struct maker *m, const char *name, const char *input)
{
    const struct name in = with(input, ".real"), raw = with(name, ".flat");
    make_node(m, "Flatten", raw.text, in.text, NULL, NULL);
    make_activation(m, name, true);
}

void make_product(struct maker *m, const char *name, const char *a, const char *b)
{
    const struct name ra = with(a, ".real"), rb = with(b, ".real"), raw = with(name, ".matmul");
    make_node(m, "MatMul", raw.text, ra.text, rb.text, NULL);
    make_activation(m, name, false);
}
