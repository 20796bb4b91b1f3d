/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantised networks in QDQ form, as tools for static quantisation leave them: int8 activations with one scale, int8 weights with a scale for
 * each channel, int32 biases. Weights are random, shapes those of the published networks. A sum of two branches is quantised once, behind
 * its Relu.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "make_network.h"

enum { INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8, INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
       FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, NAME = 96 };

/* Of activations behind a Relu: 255 steps from zero up. */
static const float act_scale = 0.03f;
static const int8_t act_zero = -128;

struct name {
    char text[NAME];
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

/* ---- activations ---- */

/* `name` quantised, and as what comes behind reads it: `name`.real. */
static void quantise(struct maker *m, const char *name, const char *from, float scale, int8_t zero)
{
    const struct name s = with(name, ".scale"), z = with(name, ".zero"), real = with(name, ".real");
    put_scale(m, name, scale, zero);
    make_node(m, "QuantizeLinear", name, from, s.text, z.text);
    make_node(m, "DequantizeLinear", real.text, name, s.text, z.text);
}

struct convolution {
    int64_t from, to, kernel, stride, groups;
    float gain; /* of the weights, 1: the variance stays as it is */
    const char *residual;
    int relu;
};

/* Weights and bias behind their DequantizeLinear: `name`.weight.real, `name`.bias.real. `axis`: of the channels. */
static void put_weights(struct maker *m, const char *name, int rank, const int64_t *dims, int64_t axis, int64_t inputs, float gain,
                        float input_scale)
{
    const struct name w = with(name, ".weight"), ws = with(name, ".weight.scale"), wr = with(name, ".weight.real");
    const struct name b = with(name, ".bias"), bs = with(name, ".bias.scale"), br = with(name, ".bias.real");
    put_bytes(m, w.text, rank, dims);
    put_floats(m, ws.text, dims[axis], gain * (float)make_he(inputs) / 127, 0.2f);
    make_int(make_node(m, "DequantizeLinear", wr.text, w.text, ws.text, NULL), "axis", axis);
    put_bias(m, b.text, dims[axis]);
    put_products(m, bs.text, ws.text, dims[axis], input_scale);
    make_int(make_node(m, "DequantizeLinear", br.text, b.text, bs.text, NULL), "axis", 0);
}

static void conv(struct maker *m, const char *name, const char *input, const struct convolution *c)
{
    const struct name in = with(input, ".real"), w = with(name, ".weight.real"), b = with(name, ".bias.real"), raw = with(name, ".conv");
    const struct name sum = with(name, ".sum"), relu = with(name, ".relu"), other = with(c->residual ? c->residual : "", ".real");
    const int64_t dims[] = {c->to, c->from / c->groups, c->kernel, c->kernel}, pad = c->kernel / 2;
    put_weights(m, name, 4, dims, 0, dims[1] * c->kernel * c->kernel, c->gain, act_scale);
    Onnx__NodeProto *n = make_node(m, "Conv", raw.text, in.text, w.text, b.text);
    make_ints(n, "kernel_shape", 2, (const int64_t[]){c->kernel, c->kernel});
    make_ints(n, "strides", 2, (const int64_t[]){c->stride, c->stride});
    make_ints(n, "pads", 4, (const int64_t[]){pad, pad, pad, pad});
    make_int(n, "group", c->groups);
    const char *last = raw.text;
    if (c->residual) {
        make_node(m, "Add", sum.text, last, other.text, NULL);
        last = sum.text;
    }
    if (c->relu) {
        make_node(m, "Relu", relu.text, last, NULL, NULL);
        last = relu.text;
    }
    quantise(m, name, last, act_scale, c->relu ? act_zero : 0);
}

/* Average over the picture, then the classes. */
static void classify(struct maker *m, const char *input, int64_t channels)
{
    const struct name in = with(input, ".real");
    make_node(m, "GlobalAveragePool", "pool.average", in.text, NULL, NULL);
    quantise(m, "pool", "pool.average", act_scale, act_zero);
    make_node(m, "Flatten", "features.flat", "pool.real", NULL, NULL);
    quantise(m, "features", "features.flat", act_scale, act_zero);
    put_weights(m, "classes", 2, (const int64_t[]){channels, 1000}, 1, channels, 1, act_scale);
    make_node(m, "Gemm", "classes.gemm", "features.real", "classes.weight.real", "classes.bias.real");
    put_scale(m, "classes", 0.05f, 0);
    make_node(m, "QuantizeLinear", "classes", "classes.gemm", "classes.scale", "classes.zero");
    m->graph->output[m->graph->n_output++] = make_value("classes", INT8, 2, (const int64_t[]){1, 1000});
}

static void picture(struct maker *m)
{
    m->graph->input[0] = make_value("image", INT8, 4, (const int64_t[]){1, 3, 224, 224});
    put_scale(m, "image", act_scale, 0);
    make_node(m, "DequantizeLinear", "image.real", "image", "image.scale", "image.zero");
}

/* ---- ResNet-50: the stride in the 3x3 convolutions ---- */

/* Returns the name of its result in `out`. */
static void bottleneck(struct maker *m, int stage, int block, const char *input, int64_t from, int64_t width, char out[NAME])
{
    char name[NAME];
    const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
    snprintf(name, sizeof name, "stage%d.block%d", stage + 1, block + 1);
    const struct name a = with(name, ".reduce"), b = with(name, ".spatial"), s = with(name, ".shortcut");
    conv(m, a.text, input, &(struct convolution){from, width, 1, 1, 1, 1, NULL, 1});
    conv(m, b.text, a.text, &(struct convolution){width, width, 3, stride, 1, 1, NULL, 1});
    if (block == 0)
        conv(m, s.text, input, &(struct convolution){from, 4 * width, 1, stride, 1, 0.7f, NULL, 0});
    conv(m, name, b.text, &(struct convolution){width, 4 * width, 1, 1, 1, 0.3f, block == 0 ? s.text : input, 1});
    snprintf(out, NAME, "%s", name);
}

void make_resnet50_int8(struct maker *m)
{
    static const int blocks[] = {3, 4, 6, 3};
    char last[NAME], next[NAME];
    int64_t from = 64;
    picture(m);
    conv(m, "stem", "image", &(struct convolution){3, 64, 7, 2, 1, 1, NULL, 1});
    Onnx__NodeProto *pool = make_node(m, "MaxPool", "pool1.max", "stem.real", NULL, NULL);
    make_ints(pool, "kernel_shape", 2, (const int64_t[]){3, 3});
    make_ints(pool, "strides", 2, (const int64_t[]){2, 2});
    make_ints(pool, "pads", 4, (const int64_t[]){1, 1, 1, 1});
    quantise(m, "pool1", "pool1.max", act_scale, act_zero);
    snprintf(last, sizeof last, "pool1");
    for (int stage = 0; stage < 4; stage++)
        for (int block = 0; block < blocks[stage]; block++) {
            const int64_t width = (int64_t)64 << stage;
            bottleneck(m, stage, block, last, from, width, next);
            memcpy(last, next, sizeof last);
            from = 4 * width;
        }
    classify(m, last, from);
}

/* ---- MobileNetV1, width 1 ---- */

void make_mobilenetv1_int8(struct maker *m)
{
    static const struct {
        int64_t to, stride;
    } layers[] = {{64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    char last[NAME] = "stem", depthwise[NAME], pointwise[NAME];
    int64_t from = 32;
    picture(m);
    conv(m, last, "image", &(struct convolution){3, 32, 3, 2, 1, 1, NULL, 1});
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        snprintf(depthwise, sizeof depthwise, "layer%zu.depthwise", i + 1);
        snprintf(pointwise, sizeof pointwise, "layer%zu.pointwise", i + 1);
        conv(m, depthwise, last, &(struct convolution){from, from, 3, layers[i].stride, from, 1, NULL, 1});
        conv(m, pointwise, depthwise, &(struct convolution){from, layers[i].to, 1, 1, 1, 1, NULL, 1});
        memcpy(last, pointwise, sizeof last);
        from = layers[i].to;
    }
    classify(m, last, from);
}
