/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX models of one operator, as bytes, for measuring it. */
#ifndef CLI_MAKE_MODEL_H
#define CLI_MAKE_MODEL_H

#include "cli.h"

enum { CLI_MODEL_ROOM = 2048 };

struct cli_one_operator {
    int is_conv, is_int8; /* MatMul, MatMulInteger, Conv or ConvInteger */
    int64_t m, n, k;                          /* a product: m x k times k x n */
    int64_t channels, height, width, kernels; /* a convolution; `groups` divides channels and kernels */
    int64_t kernel_h, kernel_w, stride, pad, groups;
};

/* Inputs "a" and "b", output "c"; the number of bytes. */
size_t cli_make_model(const struct cli_one_operator *o, unsigned char bytes[CLI_MODEL_ROOM]);
/* Its multiplications. */
uint64_t cli_model_macs(const struct cli_one_operator *o);

#endif
