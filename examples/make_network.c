/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a small ONNX model whose weights are made here, so that a network can be run without a download:
 *
 *   make_network [--kind KIND] [--seed N] FILE
 *
 * resnet8: the residual network for 32x32 colour pictures that MLPerf Tiny calls ResNet-8, batch normalisation folded away.
 * transformer: one encoder block, 16 tokens of width 32, two heads. Both take and give fp32.
 * resnet50, mobilenetv1, mobilenetv2, alexnet and vgg19 (of these two the convolutions), bert (a layer of BERT-base, 128 tokens), dense4096 (a fully
 * connected layer): in their shapes for 224x224 pictures, batch 1; with -int8 behind the name quantised (QDQ), int8 in and out, with -f32 in fp32.
 * The same seed, the same file.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "make_network.h"

enum { IR_VERSION = 9, OPSET = 20, ROOM = 1024, FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT }; /* ROOM: nodes, and weights, of a model */

/* All of a model is from here, so that free_unpacked takes it apart again. */
static void *get(size_t count, size_t bytes)
{
    void *p = calloc(count, bytes);
    if (!p) {
        fprintf(stderr, "make_network: no memory\n");
        exit(1);
    }
    return p;
}

static char *copy(const char *text)
{
    const size_t bytes = strlen(text) + 1;
    return memcpy(get(bytes, 1), text, bytes);
}

/* A new message of a type, by the function that protobuf-c generated for it. */
#define MAKE(name, pointer)                                                                                                    \
    do {                                                                                                                       \
        (pointer) = get(1, sizeof *(pointer));                                                                                 \
        onnx__##name##__init(pointer);                                                                                         \
    } while (0)

uint64_t make_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* ---- Weights ---- */

Onnx__TensorProto *make_tensor(struct maker *m, const char *name, int32_t type, int rank, const int64_t *dims, size_t bytes)
{
    Onnx__TensorProto *t;
    MAKE(tensor_proto, t);
    size_t count = 1;
    t->name = copy(name);
    t->has_data_type = 1;
    t->data_type = type;
    t->n_dims = (size_t)rank;
    t->dims = get((size_t)rank + 1, sizeof *t->dims);
    for (int i = 0; i < rank; i++)
        count *= (size_t)(t->dims[i] = dims[i]);
    t->has_raw_data = 1;
    t->raw_data.len = count * bytes;
    t->raw_data.data = get(count, bytes);
    m->graph->initializer[m->graph->n_initializer++] = t;
    return t;
}

void make_floats(struct maker *m, const char *name, int rank, const int64_t *dims, double bound)
{
    Onnx__TensorProto *t = make_tensor(m, name, FLOAT, rank, dims, sizeof(float));
    for (size_t i = 0; i < t->raw_data.len / sizeof(float); i++) {
        const float v = (float)(bound * ((double)(make_random(&m->random) >> 40) / (double)(1 << 23) - 1));
        memcpy(t->raw_data.data + i * sizeof v, &v, sizeof v);
    }
}

double make_he(int64_t inputs)
{
    return sqrt(6.0 / (double)inputs);
}

static void add_floats(struct maker *m, const char *name, int64_t count, float value)
{
    Onnx__TensorProto *t = make_tensor(m, name, FLOAT, count > 1, &count, sizeof value);
    for (int64_t i = 0; i < count; i++)
        memcpy(t->raw_data.data + (size_t)i * sizeof value, &value, sizeof value);
}

void make_shape(struct maker *m, const char *name, int64_t rank, const int64_t *dims)
{
    Onnx__TensorProto *t = make_tensor(m, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &rank, sizeof *dims);
    memcpy(t->raw_data.data, dims, (size_t)rank * sizeof *dims);
}

/* ---- Nodes: each is called after its one output ---- */

Onnx__NodeProto *make_node(struct maker *m, const char *op, const char *output, const char *a, const char *b, const char *c)
{
    const char *inputs[] = {a, b, c};
    Onnx__NodeProto *n;
    MAKE(node_proto, n);
    n->name = copy(output);
    n->op_type = copy(op);
    n->input = get(3, sizeof *n->input);
    for (int i = 0; i < 3 && inputs[i]; i++)
        n->input[n->n_input++] = copy(inputs[i]);
    n->output = get(1, sizeof *n->output);
    n->output[n->n_output++] = copy(output);
    n->attribute = get(6, sizeof *n->attribute);
    m->graph->node[m->graph->n_node++] = n;
    return n;
}

void make_rename(struct maker *m, const char *output)
{
    Onnx__NodeProto *n = m->graph->node[m->graph->n_node - 1];
    free(n->output[0]);
    n->output[0] = copy(output);
}

void make_ints(Onnx__NodeProto *n, const char *name, size_t count, const int64_t *values)
{
    Onnx__AttributeProto *a;
    MAKE(attribute_proto, a);
    a->name = copy(name);
    a->has_type = 1;
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    a->n_ints = count;
    a->ints = get(count, sizeof *values);
    memcpy(a->ints, values, count * sizeof *values);
    n->attribute[n->n_attribute++] = a;
}

void make_int(Onnx__NodeProto *n, const char *name, int64_t value)
{
    Onnx__AttributeProto *a;
    MAKE(attribute_proto, a);
    a->name = copy(name);
    a->has_type = a->has_i = 1;
    a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    a->i = value;
    n->attribute[n->n_attribute++] = a;
}

Onnx__ValueInfoProto *make_value(const char *name, int32_t type, int rank, const int64_t *dims)
{
    Onnx__ValueInfoProto *v;
    Onnx__TypeProto__Tensor *t;
    MAKE(value_info_proto, v);
    MAKE(type_proto, v->type);
    MAKE(type_proto__tensor, t);
    MAKE(tensor_shape_proto, t->shape);
    v->name = copy(name);
    v->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    v->type->tensor_type = t;
    t->has_elem_type = 1;
    t->elem_type = type;
    t->shape->n_dim = (size_t)rank;
    t->shape->dim = get((size_t)rank, sizeof *t->shape->dim);
    for (int i = 0; i < rank; i++) {
        MAKE(tensor_shape_proto__dimension, t->shape->dim[i]);
        t->shape->dim[i]->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        t->shape->dim[i]->dim_value = dims[i];
    }
    return v;
}

/* Layers inside are outputs too, so that a comparison sees more than the few numbers at the end. */
static void add_output(struct maker *m, Onnx__ValueInfoProto *v)
{
    m->graph->output[m->graph->n_output++] = v;
}

/* ---- ResNet-8 ---- */

static void conv(struct maker *m, const char *output, const char *input, int64_t from, int64_t to, int64_t kernel, int64_t stride)
{
    char weight[64], bias[64];
    const int64_t dims[] = {to, from, kernel, kernel}, pad = kernel / 2;
    snprintf(weight, sizeof weight, "%s.weight", output);
    snprintf(bias, sizeof bias, "%s.bias", output);
    make_floats(m, weight, 4, dims, make_he(from * kernel * kernel));
    make_floats(m, bias, 1, dims, 0.1);
    Onnx__NodeProto *n = make_node(m, "Conv", output, input, weight, bias);
    /* Windows two apart begin at rows 0, 2, ...: the last of an even size ends one row after it, none begins before it. */
    const int64_t pads[] = {stride == 1 ? pad : 0, stride == 1 ? pad : 0, pad, pad};
    make_ints(n, "kernel_shape", 2, (const int64_t[]){kernel, kernel});
    make_ints(n, "strides", 2, (const int64_t[]){stride, stride});
    make_ints(n, "pads", 4, kernel == 1 ? (const int64_t[]){0, 0, 0, 0} : pads);
}

static void stage(struct maker *m, int number, const char *input, int64_t from, int64_t to)
{
    char first[32], relu[32], second[32], shortcut[32], sum[32], output[32];
    const int64_t stride = from == to ? 1 : 2;
    snprintf(first, sizeof first, "stage%d.conv1", number);
    snprintf(relu, sizeof relu, "stage%d.relu1", number);
    snprintf(second, sizeof second, "stage%d.conv2", number);
    snprintf(shortcut, sizeof shortcut, "stage%d.shortcut", number);
    snprintf(sum, sizeof sum, "stage%d.add", number);
    snprintf(output, sizeof output, "stage%d", number);
    conv(m, first, input, from, to, 3, stride);
    make_node(m, "Relu", relu, first, NULL, NULL);
    conv(m, second, relu, to, to, 3, 1);
    if (stride != 1)
        conv(m, shortcut, input, from, to, 1, stride);
    make_node(m, "Add", sum, second, stride != 1 ? shortcut : input, NULL);
    make_node(m, "Relu", output, sum, NULL, NULL);
}

static void make_resnet8(struct maker *m)
{
    conv(m, "stem.conv", "image", 3, 16, 3, 1);
    make_node(m, "Relu", "stem", "stem.conv", NULL, NULL);
    stage(m, 1, "stem", 16, 16);
    stage(m, 2, "stage1", 16, 32);
    stage(m, 3, "stage2", 32, 64);
    make_node(m, "GlobalAveragePool", "pool", "stage3", NULL, NULL);
    make_node(m, "Flatten", "features", "pool", NULL, NULL);
    make_floats(m, "dense.weight", 2, (const int64_t[]){64, 10}, make_he(64));
    make_floats(m, "dense.bias", 1, (const int64_t[]){10}, 0.1);
    make_node(m, "Gemm", "dense", "features", "dense.weight", "dense.bias");
    make_node(m, "Softmax", "probabilities", "dense", NULL, NULL);
    m->graph->input[0] = make_value("image", FLOAT, 4, (const int64_t[]){1, 3, 32, 32});
    add_output(m, make_value("stage1", FLOAT, 4, (const int64_t[]){1, 16, 32, 32}));
    add_output(m, make_value("stage2", FLOAT, 4, (const int64_t[]){1, 32, 16, 16}));
    add_output(m, make_value("stage3", FLOAT, 4, (const int64_t[]){1, 64, 8, 8}));
    add_output(m, make_value("dense", FLOAT, 2, (const int64_t[]){1, 10}));
    add_output(m, make_value("probabilities", FLOAT, 2, (const int64_t[]){1, 10}));
}

/* ---- Transformer ---- */

enum { TOKENS = 16, WIDTH = 32, HEADS = 2, HIDDEN = 128 };

/* input x weight + bias */
static void linear(struct maker *m, const char *output, const char *input, int64_t from, int64_t to)
{
    char weight[64], bias[64], product[64];
    snprintf(weight, sizeof weight, "%s.weight", output);
    snprintf(bias, sizeof bias, "%s.bias", output);
    snprintf(product, sizeof product, "%s.matmul", output);
    make_floats(m, weight, 2, (const int64_t[]){from, to}, sqrt(3.0 / (double)from));
    make_floats(m, bias, 1, &to, 0.1);
    make_node(m, "MatMul", product, input, weight, NULL);
    make_node(m, "Add", output, product, bias, NULL);
}

/* The heads apart: (1, HEADS, TOKENS, WIDTH / HEADS), or by `order` otherwise. */
static void heads(struct maker *m, const char *output, const char *input, const int64_t *order)
{
    char split[64];
    snprintf(split, sizeof split, "%s.split", output);
    make_node(m, "Reshape", split, input, "split_shape", NULL);
    make_ints(make_node(m, "Transpose", output, split, NULL, NULL), "perm", 4, order);
}

static void norm(struct maker *m, const char *output, const char *input)
{
    char scale[64], bias[64];
    snprintf(scale, sizeof scale, "%s.scale", output);
    snprintf(bias, sizeof bias, "%s.bias", output);
    add_floats(m, scale, WIDTH, 1);
    make_floats(m, bias, 1, (const int64_t[]){WIDTH}, 0.1);
    make_node(m, "LayerNormalization", output, input, scale, bias);
}

static void make_transformer(struct maker *m)
{
    const int64_t rows[] = {0, 2, 1, 3}, columns[] = {0, 2, 3, 1};
    make_shape(m, "split_shape", 4, (const int64_t[]){1, TOKENS, HEADS, WIDTH / HEADS});
    make_shape(m, "joined_shape", 3, (const int64_t[]){1, TOKENS, WIDTH});
    add_floats(m, "scale", 1, 1 / sqrtf((float)WIDTH / HEADS));
    linear(m, "query", "tokens", WIDTH, WIDTH);
    linear(m, "key", "tokens", WIDTH, WIDTH);
    linear(m, "value", "tokens", WIDTH, WIDTH);
    heads(m, "query.heads", "query", rows);
    heads(m, "key.heads", "key", columns);
    heads(m, "value.heads", "value", rows);
    make_node(m, "MatMul", "scores", "query.heads", "key.heads", NULL);
    make_node(m, "Mul", "scores.scaled", "scores", "scale", NULL);
    make_node(m, "Softmax", "attention", "scores.scaled", NULL, NULL);
    make_node(m, "MatMul", "mixed", "attention", "value.heads", NULL);
    make_ints(make_node(m, "Transpose", "mixed.rows", "mixed", NULL, NULL), "perm", 4, rows);
    make_node(m, "Reshape", "mixed.joined", "mixed.rows", "joined_shape", NULL);
    linear(m, "projection", "mixed.joined", WIDTH, WIDTH);
    make_node(m, "Add", "attended", "projection", "tokens", NULL);
    norm(m, "norm1", "attended");
    linear(m, "hidden", "norm1", WIDTH, HIDDEN);
    make_node(m, "Gelu", "gelu", "hidden", NULL, NULL);
    linear(m, "narrow", "gelu", HIDDEN, WIDTH);
    make_node(m, "Add", "fed", "narrow", "norm1", NULL);
    norm(m, "encoded", "fed");
    m->graph->input[0] = make_value("tokens", FLOAT, 3, (const int64_t[]){1, TOKENS, WIDTH});
    add_output(m, make_value("attention", FLOAT, 4, (const int64_t[]){1, HEADS, TOKENS, TOKENS}));
    add_output(m, make_value("encoded", FLOAT, 3, (const int64_t[]){1, TOKENS, WIDTH}));
}

/* ---- The file ---- */

static void begin(struct maker *m, const char *kind)
{
    MAKE(model_proto, m->model);
    MAKE(graph_proto, m->graph);
    m->model->graph = m->graph;
    m->model->has_ir_version = 1;
    m->model->ir_version = IR_VERSION;
    m->model->producer_name = copy("systole make_network");
    m->model->n_opset_import = 1;
    m->model->opset_import = get(1, sizeof *m->model->opset_import);
    MAKE(operator_set_id_proto, m->model->opset_import[0]);
    m->model->opset_import[0]->domain = copy("");
    m->model->opset_import[0]->has_version = 1;
    m->model->opset_import[0]->version = OPSET;
    m->graph->name = copy(kind);
    m->graph->node = get(ROOM, sizeof *m->graph->node);
    m->graph->initializer = get(ROOM, sizeof *m->graph->initializer);
    m->graph->n_input = 1;
    m->graph->input = get(1, sizeof *m->graph->input);
    m->graph->output = get(8, sizeof *m->graph->output);
}

static int write_file(const struct maker *m, const char *path)
{
    const size_t size = onnx__model_proto__get_packed_size(m->model);
    uint8_t *data = get(size, 1);
    onnx__model_proto__pack(m->model, data);
    FILE *f = fopen(path, "wb");
    int fine = f && fwrite(data, 1, size, f) == size;
    if (f)
        fine &= fclose(f) == 0;
    if (!fine)
        fprintf(stderr, "make_network: '%s' cannot be written\n", path);
    free(data);
    return fine;
}

struct kind {
    const char *name;
    void (*make)(struct maker *m);
    bool published; /* its name has -int8 or -f32 behind it */
};

static const struct kind kinds[] = {{"resnet8", make_resnet8, false},         {"transformer", make_transformer, false},
                                    {"resnet50", make_resnet50, true},        {"mobilenetv1", make_mobilenetv1, true},
                                    {"mobilenetv2", make_mobilenetv2, true},  {"alexnet", make_alexnet, true},
                                    {"vgg19", make_vgg19, true},              {"bert", make_bert, true},
                                    {"dense4096", make_dense4096, true}};

static const struct kind *find(const char *name, bool *plain)
{
    const char *dash = strchr(name, '-');
    const size_t length = dash ? (size_t)(dash - name) : strlen(name);
    *plain = dash && strcmp(dash, "-f32") == 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, name, length) == 0 &&
            kinds[i].published == (*plain || (dash && strcmp(dash, "-int8") == 0)) && (kinds[i].published || !dash))
            return &kinds[i];
    return NULL;
}

static int tell_usage(void)
{
    fputs("usage: make_network [--kind KIND] [--seed N] FILE\n  KIND:", stderr);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fprintf(stderr, " %s%s", kinds[i].name, kinds[i].published ? "-int8|-f32" : "");
    fputs("\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    const char *name = "resnet8", *path = NULL;
    struct maker m = {.random = 1};
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--kind") == 0 && i + 1 < argc)
            name = argv[++i];
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            m.random = strtoull(argv[++i], NULL, 10);
        else
            path = argv[i];
    const struct kind *kind = find(name, &m.plain);
    if (!path || path[0] == '-' || !kind)
        return tell_usage();
    begin(&m, name);
    kind->make(&m);
    const int fine = write_file(&m, path);
    onnx__model_proto__free_unpacked(m.model, NULL);
    return fine ? 0 : 1;
}
