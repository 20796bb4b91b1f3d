/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs for the fuzzers to begin with, as files: write_seeds FOLDER fills a folder in FOLDER for each of them. ONNX: one node of each of many
 * operators. Tensors: each element type. Programs: each opcode with counts of one. The others: write_more_seeds.c.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/unit/test_host_model.h"
#include "tests/unit/program.h"

#include <errno.h>
#include <sys/stat.h>

#include "seeds.h"

void seed_folder(char *path, size_t room, const char *root, const char *name)
{
    snprintf(path, room, "%s/%s", root, name);
    if (mkdir(path, 0777) && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
}

void seed_put(const char *folder, const char *name, const void *data, size_t size)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f)) {
        fprintf(stderr, "%s cannot be written\n", path);
        exit(1);
    }
}

/* Inputs: a letter for the type (f fp32, l int64, b int8, u uint8, i int32, t bool), then a digit for each dimension. */
static const struct {
    const char *name, *inputs;
    int outputs;
    const char *attributes; /* "k" kernel_shape 2x2, "p" pads 1, "a" axis 0, "c" to fp32 */
} operators[] = {
    {"Add", "f23 f3", 1, ""}, {"Where", "t23 f23 f1", 1, ""}, {"Relu", "f23", 1, ""}, {"Gelu", "f23", 1, ""}, {"Erf", "f5", 1, ""},
    {"MatMul", "f234 f43", 1, ""}, {"Gemm", "f23 f34 f4", 1, ""}, {"Conv", "f1255 f3222 f3", 1, "kp"}, {"Conv", "f1255 f3222 f3", 1, "p"},
    {"ConvTranspose", "f1233 f2322", 1, "k"}, {"MaxPool", "f1244", 2, "kp"}, {"AveragePool", "f1244", 1, "kp"}, {"LpPool", "f1244", 1, "k"},
    {"GlobalAveragePool", "f1244", 1, ""}, {"BatchNormalization", "f1344 f3 f3 f3 f3", 1, ""}, {"LayerNormalization", "f34 f4 f4", 1, ""},
    {"RMSNormalization", "f34 f4", 1, ""}, {"InstanceNormalization", "f1234 f2 f2", 1, ""}, {"Softmax", "f34", 1, "a"}, {"LogSoftmax", "f34", 1, ""},
    {"Reshape", "f22 l1", 1, ""}, {"Slice", "f45 l1 l1 l1 l1", 1, ""}, {"Concat", "f23 f13", 1, "a"}, {"Split", "f43", 2, "a"},
    {"Gather", "f43 l2", 1, "a"}, {"GatherND", "f22 l12", 1, ""}, {"GatherElements", "f22 l22", 1, "a"}, {"ScatterND", "f4 l21 f2", 1, ""},
    {"Transpose", "f234", 1, ""}, {"Resize", "f1122 f0 f0 l4", 1, ""}, {"Pad", "f22 l4 f1", 1, ""}, {"ReduceSum", "f234 l1", 1, ""},
    {"ReduceMax", "f234 l1", 1, ""}, {"ArgMax", "f34", 1, "a"}, {"TopK", "f34 l1", 2, "a"}, {"Cast", "l23", 1, "c"}, {"Expand", "f13 l2", 1, ""},
    {"Tile", "f23 l2", 1, ""}, {"ConstantOfShape", "l2", 1, ""}, {"Range", "l l l", 1, ""}, {"Shape", "f234", 1, ""}, {"NonZero", "f23", 1, ""},
    {"OneHot", "l3 l l2", 1, "a"}, {"CumSum", "f34 l", 1, ""}, {"Einsum", "f23 f34", 1, "e"}, {"Unsqueeze", "f23 l1", 1, ""},
    {"QuantizeLinear", "f23 f b", 1, ""}, {"DequantizeLinear", "b23 f b", 1, ""}, {"DynamicQuantizeLinear", "f23", 3, ""},
    {"MatMulInteger", "u23 b34 u b", 1, ""}, {"ConvInteger", "u1255 b3222 u b", 1, "k"}, {"QLinearMatMul", "u23 f u b34 f b f u", 1, ""},
    {"QLinearConv", "u1255 f u b3222 f b f u i3", 1, "k"}, {"Attention", "f1223 f1223 f1223", 1, ""}, {"LRN", "f1333", 1, "s"},
};

static enum systole_dtype type_of(char letter)
{
    switch (letter) {
    case 'l': return SYSTOLE_I64;
    case 'i': return SYSTOLE_I32;
    case 'b': return SYSTOLE_I8;
    case 'u': return SYSTOLE_U8;
    case 't': return SYSTOLE_BOOL;
    default: return SYSTOLE_F32;
    }
}

static int count_words(const char *text)
{
    int n = 1;
    for (; *text; text++)
        n += *text == ' ';
    return n;
}

static void declare_inputs(Onnx__GraphProto *graph, const char *inputs)
{
    for (size_t i = 0; i < graph->n_input; i++) {
        int64_t dims[8];
        int rank = 0;
        const enum systole_dtype dtype = type_of(*inputs++);
        for (; *inputs && *inputs != ' '; inputs++)
            dims[rank++] = *inputs - '0';
        inputs += *inputs == ' ';
        declare_input(graph->input[i], dtype, rank, dims);
    }
}

static void add_attributes(struct one_node *n, const char *letters)
{
    static int64_t ones[4] = {1, 1, 1, 1}, kernel[2] = {2, 2};
    for (; *letters; letters++) {
        Onnx__AttributeProto *a = &n->attrs[n->n_attrs++];
        *a = *letters == 'k' ? attr_ints("kernel_shape", 2, kernel) : *letters == 'p' ? attr_ints("pads", 4, ones)
             : *letters == 'a' ? attr_int("axis", 0) : *letters == 's' ? attr_int("size", 3) : attr_int("to", 1);
        if (*letters == 'e') {
            a->name = (char *)(uintptr_t)"equation";
            a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
            a->has_s = 1;
            a->s.data = (uint8_t *)(uintptr_t)"ij,jk->ik";
            a->s.len = 9;
        }
    }
}

static void write_onnx(const char *folder)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        struct one_node n = {.domain = "", .op = operators[i].name, .version = 23, .n_in = count_words(operators[i].inputs),
                             .n_out = operators[i].outputs};
        char name[64];
        size_t size = 0;
        add_attributes(&n, operators[i].attributes);
        uint8_t *data = one_node_bytes(&n, &size);
        Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, size, data);
        free(data);
        assert_non_null(m);
        declare_inputs(m->graph, operators[i].inputs);
        data = pack_model(m, &size);
        onnx__model_proto__free_unpacked(m, NULL);
        snprintf(name, sizeof name, "%zu_%s", i, operators[i].name);
        seed_put(folder, name, data, size);
        free(data);
    }
}

static void write_tensors(const char *folder)
{
    struct systole_context *ctx = NULL;
    const int64_t dims[2] = {2, 3};
    if (systole_context_create(NULL, &ctx))
        exit(1);
    for (int dtype = 1; dtype <= SYSTOLE_I2; dtype++) {
        struct systole_tensor *t = NULL;
        char path[600];
        if (systole_tensor_create(ctx, (enum systole_dtype)dtype, 2, dims, NULL, &t))
            continue; /* numbers that are no type of ours */
        for (int k = 0; k < 2; k++) {
            snprintf(path, sizeof path, "%s/%d.%s", folder, dtype, k ? "pb" : "npy");
            if (systole_tensor_write(ctx, path, t)) {
                fprintf(stderr, "%s\n", systole_context_detail(ctx));
                exit(1);
            }
        }
        systole_tensor_free(t);
    }
    systole_context_free(ctx);
}

static void write_programs(const char *folder)
{
    static const uint32_t opcodes[] = {SYSTOLE_OP_END, SYSTOLE_OP_SYNC, SYSTOLE_OP_LOAD, SYSTOLE_OP_FILL, SYSTOLE_OP_MATMUL, SYSTOLE_OP_STORE};
    struct program all = {.count = 0};
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++) {
        struct program one = {.count = 0};
        char name[32];
        program_add(&one, opcodes[i]);
        program_add(&one, SYSTOLE_OP_END);
        snprintf(name, sizeof name, "opcode_%u", (unsigned)opcodes[i]);
        seed_put(folder, name, one.words, one.count * sizeof one.words[0]);
        if (opcodes[i] != SYSTOLE_OP_END)
            program_add(&all, opcodes[i]);
    }
    program_add(&all, SYSTOLE_OP_END);
    seed_put(folder, "all", all.words, all.count * sizeof all.words[0]);
}

int main(int argc, char **argv)
{
    char folder[500];
    if (argc != 2) {
        fprintf(stderr, "usage: write_seeds FOLDER\n");
        return 2;
    }
    seed_folder(folder, sizeof folder, argv[1], "onnx");
    write_onnx(folder);
    seed_folder(folder, sizeof folder, argv[1], "tensor");
    write_tensors(folder);
    seed_folder(folder, sizeof folder, argv[1], "program");
    write_programs(folder);
    write_more_seeds(argv[1]);
    return 0;
}
