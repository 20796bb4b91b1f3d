/* SPDX-License-Identifier: Apache-2.0 */
/* Networks in their published shapes, quantised or in fp32, with random weights. A Relu6 is a Relu: in bytes the range ends about there. */
#include <stdio.h>
#include <string.h>

#include "make_network.h"

/* Average over the picture, then the classes. */
static void classify(struct maker *m, const char *input, int64_t channels)
{
    make_average(m, "pool", input);
    make_flat(m, "features", "pool");
    make_dense(m, "classes", "features", channels, 1000, false);
    make_output(m, "classes", 2, (const int64_t[]){1, 1000});
}

static void picture(struct maker *m)
{
    make_input(m, 4, (const int64_t[]){1, 3, 224, 224});
}

/* ---- ResNet-50: the stride in the 3x3 convolutions ---- */

/* Returns the name of its result in `out`. */
static void bottleneck(struct maker *m, int stage, int block, const char *input, int64_t from, int64_t width, char out[MAKE_NAME])
{
    char name[MAKE_NAME - 16], a[MAKE_NAME], b[MAKE_NAME], s[MAKE_NAME];
    const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
    snprintf(name, sizeof name, "stage%d.block%d", stage + 1, block + 1);
    snprintf(a, sizeof a, "%s.reduce", name);
    snprintf(b, sizeof b, "%s.spatial", name);
    snprintf(s, sizeof s, "%s.shortcut", name);
    make_conv(m, a, input, &(struct make_layer){from, width, 1, 1, 1, 1, NULL, true, 0});
    make_conv(m, b, a, &(struct make_layer){width, width, 3, stride, 1, 1, NULL, true, 0});
    if (block == 0)
        make_conv(m, s, input, &(struct make_layer){from, 4 * width, 1, stride, 1, 0.7f, NULL, false, 0});
    make_conv(m, name, b, &(struct make_layer){width, 4 * width, 1, 1, 1, 0.3f, block == 0 ? s : input, true, 0});
    snprintf(out, MAKE_NAME, "%s", name);
}

void make_resnet50(struct maker *m)
{
    static const int blocks[] = {3, 4, 6, 3};
    char last[MAKE_NAME] = "pool1", next[MAKE_NAME];
    int64_t from = 64;
    picture(m);
    make_conv(m, "stem", "input", &(struct make_layer){3, 64, 7, 2, 1, 1, NULL, true, 0});
    make_max_pool(m, "pool1", "stem", 3, 2, 1);
    for (int stage = 0; stage < 4; stage++)
        for (int block = 0; block < blocks[stage]; block++) {
            const int64_t width = (int64_t)64 << stage;
            bottleneck(m, stage, block, last, from, width, next);
            memcpy(last, next, sizeof last);
            from = 4 * width;
        }
    classify(m, last, from);
}

/* ---- MobileNets, width 1 ---- */

void make_mobilenetv1(struct maker *m)
{
    static const struct {
        int64_t to, stride;
    } layers[] = {{64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
    char last[MAKE_NAME] = "stem", depthwise[MAKE_NAME], pointwise[MAKE_NAME];
    int64_t from = 32;
    picture(m);
    make_conv(m, last, "input", &(struct make_layer){3, 32, 3, 2, 1, 1, NULL, true, 0});
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        snprintf(depthwise, sizeof depthwise, "layer%zu.depthwise", i + 1);
        snprintf(pointwise, sizeof pointwise, "layer%zu.pointwise", i + 1);
        make_conv(m, depthwise, last, &(struct make_layer){from, from, 3, layers[i].stride, from, 1, NULL, true, 0});
        make_conv(m, pointwise, depthwise, &(struct make_layer){from, layers[i].to, 1, 1, 1, 1, NULL, true, 0});
        memcpy(last, pointwise, sizeof last);
        from = layers[i].to;
    }
    classify(m, last, from);
}

/* Widened six times, depthwise, narrowed without an activation; what comes in is added where shapes allow it. */
static void inverted(struct maker *m, int number, int64_t widen, int64_t from, int64_t to, int64_t stride, char last[MAKE_NAME])
{
    char wide[MAKE_NAME], deep[MAKE_NAME], out[MAKE_NAME];
    snprintf(wide, sizeof wide, "block%d.wide", number);
    snprintf(deep, sizeof deep, "block%d.depthwise", number);
    snprintf(out, sizeof out, "block%d", number);
    if (widen > 1)
        make_conv(m, wide, last, &(struct make_layer){from, widen * from, 1, 1, 1, 1, NULL, true, 0});
    make_conv(m, deep, widen > 1 ? wide : last, &(struct make_layer){widen * from, widen * from, 3, stride, widen * from, 1, NULL, true, 0});
    make_conv(m, out, deep, &(struct make_layer){widen * from, to, 1, 1, 1, 0.5f, stride == 1 && from == to ? last : NULL, false, 0});
    memcpy(last, out, MAKE_NAME);
}

void make_mobilenetv2(struct maker *m)
{
    static const struct {
        int64_t widen, to, count, stride;
    } stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    char last[MAKE_NAME] = "stem";
    int64_t from = 32;
    int number = 1;
    picture(m);
    make_conv(m, last, "input", &(struct make_layer){3, 32, 3, 2, 1, 1, NULL, true, 0});
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        for (int64_t k = 0; k < stages[i].count; k++) {
            inverted(m, number++, stages[i].widen, from, stages[i].to, k == 0 ? stages[i].stride : 1, last);
            from = stages[i].to;
        }
    make_conv(m, "last", last, &(struct make_layer){from, 1280, 1, 1, 1, 1, NULL, true, 0});
    classify(m, "last", 1280);
}

/* ---- AlexNet and VGG-19: their convolutions, and the maxima between ---- */

struct stage {
    int64_t to, kernel, stride, pool, crop; /* pool: the kernel of a maximum behind it, two apart; 0: none */
};

static void convolutions(struct maker *m, const struct stage *stages, size_t count, int64_t side)
{
    char name[MAKE_NAME], pool[MAKE_NAME], last[MAKE_NAME] = "input";
    int64_t from = 3;
    picture(m);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "conv%zu", i + 1);
        snprintf(pool, sizeof pool, "pool%zu", i + 1);
        make_conv(m, name, last, &(struct make_layer){from, stages[i].to, stages[i].kernel, stages[i].stride, 1, 1, NULL, true, stages[i].crop});
        if (stages[i].pool)
            make_max_pool(m, pool, name, stages[i].pool, 2, 0);
        memcpy(last, stages[i].pool ? pool : name, sizeof last);
        from = stages[i].to;
    }
    make_output(m, last, 4, (const int64_t[]){1, from, side, side});
}

void make_alexnet(struct maker *m)
{
    static const struct stage stages[] = {{64, 11, 4, 3, 3}, {192, 5, 1, 3, 0}, {384, 3, 1, 0, 0}, {256, 3, 1, 0, 0}, {256, 3, 1, 3, 0}};
    convolutions(m, stages, sizeof stages / sizeof *stages, 6);
}

void make_vgg19(struct maker *m)
{
    static const struct stage stages[] = {{64, 3, 1, 0, 0},  {64, 3, 1, 2, 0},  {128, 3, 1, 0, 0}, {128, 3, 1, 2, 0}, {256, 3, 1, 0, 0}, {256, 3, 1, 0, 0},
                                          {256, 3, 1, 0, 0}, {256, 3, 1, 2, 0}, {512, 3, 1, 0, 0}, {512, 3, 1, 0, 0}, {512, 3, 1, 0, 0}, {512, 3, 1, 2, 0},
                                          {512, 3, 1, 0, 0}, {512, 3, 1, 0, 0}, {512, 3, 1, 0, 0}, {512, 3, 1, 2, 0}};
    convolutions(m, stages, sizeof stages / sizeof *stages, 7);
}

/* ---- One fully connected layer of one row, as AlexNet and VGG have two ---- */

void make_dense4096(struct maker *m)
{
    make_input(m, 2, (const int64_t[]){1, 4096});
    make_dense(m, "dense", "input", 4096, 4096, true);
    make_output(m, "dense", 2, (const int64_t[]){1, 4096});
}

/* ---- A layer of BERT-base: 128 tokens of width 768, twelve heads ---- */

enum { TOKENS = 128, WIDTH = 768, HEADS = 12, HIDDEN = 3072 };

/* The heads apart: (HEADS, TOKENS, WIDTH / HEADS), or by `order` otherwise. */
static void heads(struct maker *m, const char *name, const char *input, const int64_t *order)
{
    char split[MAKE_NAME], whole[MAKE_NAME], real[MAKE_NAME];
    snprintf(split, sizeof split, "%s.split", name);
    snprintf(whole, sizeof whole, "%s.order", name);
    snprintf(real, sizeof real, "%s.real", input);
    make_node(m, "Reshape", split, real, "split_shape", NULL);
    make_ints(make_node(m, "Transpose", whole, split, NULL, NULL), "perm", 3, order);
    make_activation(m, name, false);
}

static void norm(struct maker *m, const char *name, const char *a, const char *b)
{
    char sum[MAKE_NAME], first[MAKE_NAME], second[MAKE_NAME], raw[MAKE_NAME];
    snprintf(sum, sizeof sum, "%s.sum", name);
    snprintf(raw, sizeof raw, "%s.norm", name);
    snprintf(first, sizeof first, "%s.real", a);
    snprintf(second, sizeof second, "%s.real", b);
    make_node(m, "Add", sum, first, second, NULL);
    make_node(m, "LayerNormalization", raw, sum, "norm_scale", "norm_bias");
    make_activation(m, name, false);
}

void make_bert(struct maker *m)
{
    const int64_t width = WIDTH, rows[] = {1, 0, 2}, columns[] = {1, 2, 0};
    make_input(m, 2, (const int64_t[]){TOKENS, WIDTH});
    make_shape(m, "split_shape", 3, (const int64_t[]){TOKENS, HEADS, WIDTH / HEADS});
    make_shape(m, "joined_shape", 2, (const int64_t[]){TOKENS, WIDTH});
    make_floats(m, "norm_scale", 1, &width, 1);
    make_floats(m, "norm_bias", 1, &width, 0.1);
    make_floats(m, "scale", 0, NULL, 0.1);
    make_dense(m, "query", "input", WIDTH, WIDTH, false);
    make_dense(m, "key", "input", WIDTH, WIDTH, false);
    make_dense(m, "value", "input", WIDTH, WIDTH, false);
    heads(m, "query.heads", "query", rows);
    heads(m, "key.heads", "key", columns);
    heads(m, "value.heads", "value", rows);
    make_product(m, "scores", "query.heads", "key.heads");
    make_node(m, "Mul", "scores.scaled", "scores.real", "scale", NULL);
    make_node(m, "Softmax", "attention.soft", "scores.scaled", NULL, NULL);
    make_activation(m, "attention", true);
    make_product(m, "mixed", "attention", "value.heads");
    make_ints(make_node(m, "Transpose", "mixed.rows", "mixed.real", NULL, NULL), "perm", 3, rows);
    make_node(m, "Reshape", "mixed.joined", "mixed.rows", "joined_shape", NULL);
    make_activation(m, "joined", false);
    make_dense(m, "projection", "joined", WIDTH, WIDTH, false);
    norm(m, "norm1", "projection", "input");
    make_dense(m, "hidden", "norm1", WIDTH, HIDDEN, false);
    make_node(m, "Gelu", "gelu.raw", "hidden.real", NULL, NULL);
    make_activation(m, "gelu", false);
    make_dense(m, "narrow", "gelu", HIDDEN, WIDTH, false);
    norm(m, "encoded", "narrow", "norm1");
    make_output(m, "encoded", 2, (const int64_t[]){TOKENS, WIDTH});
}
