/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs for the fuzzers to begin with, as files: write_seeds FOLDER fills FOLDER/onnx, FOLDER/tensor and FOLDER/program.
 * ONNX: one node of each of many operators. Tensors: each element type. Programs: each opcode with counts of one.
 */
#define _POSIX_C_SOURCE 200809L
#include "tests/unit/test_host_model.h"
#include "tests/unit/program.h"

#include <errno.h>
#include <sys/stat.h>

static void make_folder(char *path, size_t room, const char *root, const char *name)
{
    snprintf(path, room, "%s/%s", root, name);
    if (mkdir(path, 0777) && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
}

static void put(const char *folder, const char *name, const void *data, size_t size)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f)) {
        fprintf(stderr, "%s cannot be written\n", path);
        exit(1);
    }
}

static const struct {
    const char *name;
    int inputs, outputs;
} operators[] = {
    {"Add", 2, 1}, {"Where", 3, 1}, {"Relu", 1, 1}, {"Gelu", 1, 1}, {"MatMul", 2, 1}, {"Gemm", 3, 1}, {"Conv", 3, 1},
    {"ConvTranspose", 2, 1}, {"MaxPool", 1, 2}, {"AveragePool", 1, 1}, {"GlobalAveragePool", 1, 1}, {"LpPool", 1, 1},
    {"BatchNormalization", 5, 1}, {"LayerNormalization", 3, 1}, {"LRN", 1, 1}, {"Softmax", 1, 1}, {"Reshape", 2, 1}, {"Slice", 5, 1},
    {"Concat", 3, 1}, {"Split", 2, 2}, {"Gather", 2, 1}, {"Transpose", 1, 1}, {"Resize", 4, 1}, {"Pad", 4, 1}, {"ReduceSum", 2, 1},
    {"TopK", 2, 2}, {"Cast", 1, 1}, {"Einsum", 2, 1}, {"QLinearConv", 8, 1}, {"QLinearMatMul", 8, 1}, {"MatMulInteger", 4, 1},
    {"ConvInteger", 4, 1}, {"QuantizeLinear", 3, 1}, {"DequantizeLinear", 3, 1}, {"DynamicQuantizeLinear", 1, 3}, {"LSTM", 3, 3},
    {"Attention", 3, 1}, {"ConstantOfShape", 1, 1}, {"Expand", 2, 1}, {"OneHot", 3, 1}, {"ScatterND", 3, 1}, {"Tile", 2, 1},
};

static void write_onnx(const char *folder)
{
    static int64_t ones[4] = {1, 1, 1, 1}, kernel[2] = {2, 2};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        struct one_node n = {.domain = "", .op = operators[i].name, .version = 23, .n_in = operators[i].inputs, .n_out = operators[i].outputs,
                             .n_attrs = 4, .attrs = {attr_ints("kernel_shape", 2, kernel), attr_ints("pads", 4, ones), attr_int("axis", 0), attr_int("to", 1)}};
        size_t size = 0;
        uint8_t *data = one_node_bytes(&n, &size);
        put(folder, operators[i].name, data, size);
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
        put(folder, name, one.words, one.count * sizeof one.words[0]);
        if (opcodes[i] != SYSTOLE_OP_END)
            program_add(&all, opcodes[i]);
    }
    program_add(&all, SYSTOLE_OP_END);
    put(folder, "all", all.words, all.count * sizeof all.words[0]);
}

int main(int argc, char **argv)
{
    char folder[500];
    if (argc != 2) {
        fprintf(stderr, "usage: write_seeds FOLDER\n");
        return 2;
    }
    make_folder(folder, sizeof folder, argv[1], "onnx");
    write_onnx(folder);
    make_folder(folder, sizeof folder, argv[1], "tensor");
    write_tensors(folder);
    make_folder(folder, sizeof folder, argv[1], "program");
    write_programs(folder);
    return 0;
}
