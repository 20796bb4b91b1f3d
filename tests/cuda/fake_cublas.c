/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for cuBLAS, for tests: the one product that is used, by plain loops in an order of sums that is nobody's, on the memory of the stand-in for the
 * driver. It refuses what cuBLAS' manual says it does not take: pairs of types, leading dimensions that are too small, bytes not in words of four.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))

struct cublasContext {
    int is_open;
};

enum { SUCCESS = 0, NOT_INITIALIZED = 1, ALLOC_FAILED = 3, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };
enum { R_32F = 0, R_8I = 3, R_32I = 10, R_16BF = 14, COMPUTE_32F = 68, COMPUTE_32I = 72, COMPUTE_TF32 = 77 };

API int cublasCreate_v2(struct cublasContext **handle);
API int cublasDestroy_v2(struct cublasContext *handle);
API int cublasGemmEx(struct cublasContext *handle, int transa, int transb, int m, int n, int k, const void *alpha, const void *a, int a_type, int lda,
                     const void *b, int b_type, int ldb, const void *beta, void *c, int c_type, int ldc, int compute, int algorithm);

API int cublasCreate_v2(struct cublasContext **handle)
{
    *handle = calloc(1, sizeof **handle);
    if (!*handle)
        return ALLOC_FAILED;
    (*handle)->is_open = 1;
    return SUCCESS;
}

API int cublasDestroy_v2(struct cublasContext *handle)
{
    if (!handle || !handle->is_open)
        return NOT_INITIALIZED;
    free(handle);
    return SUCCESS;
}

/* An operand as the multipliers see it; TF32 has ten bits behind the point. */
static float number(const void *data, int type, int64_t at, int compute)
{
    uint32_t bits;
    float f;
    if (type == R_16BF)
        bits = (uint32_t)((const uint16_t *)data)[at] << 16;
    else
        memcpy(&bits, (const float *)data + at, sizeof bits);
    if (compute == COMPUTE_TF32 && (bits & 0x7f800000) != 0x7f800000)
        bits = (bits + 0xfff + (bits >> 13 & 1)) & ~0x1fffu;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static int64_t place(int trans, int64_t row, int64_t column, int64_t ld)
{
    return trans ? row * ld + column : column * ld + row;
}

/* Two sums, of even and of odd k, from the last to the first. */
static float dot(const void *a, const void *b, int type, int compute, int ta, int tb, int64_t row, int64_t column, int64_t k, int64_t lda, int64_t ldb)
{
    float sum[2] = {0, 0};
    for (int64_t i = k - 1; i >= 0; i--)
        sum[i & 1] = fmaf(number(a, type, place(ta, row, i, lda), compute), number(b, type, place(tb, i, column, ldb), compute), sum[i & 1]);
    return sum[0] + sum[1];
}

static int32_t dot_bytes(const int8_t *a, const int8_t *b, int ta, int tb, int64_t row, int64_t column, int64_t k, int64_t lda, int64_t ldb)
{
    uint32_t sum = 0;
    for (int64_t i = 0; i < k; i++)
        sum += (uint32_t)(a[place(ta, row, i, lda)] * b[place(tb, i, column, ldb)]);
    return (int32_t)sum;
}

API int cublasGemmEx(struct cublasContext *handle, int transa, int transb, int m, int n, int k, const void *alpha, const void *a, int a_type, int lda,
                     const void *b, int b_type, int ldb, const void *beta, void *c, int c_type, int ldc, int compute, int algorithm)
{
    const int bytes = a_type == R_8I;
    if (!handle || !handle->is_open)
        return NOT_INITIALIZED;
    if (m < 1 || n < 1 || k < 1 || (transa | transb) & ~1 || lda < (transa ? k : m) || ldb < (transb ? n : k) || ldc < m)
        return INVALID_VALUE;
    if (a_type != b_type || c_type != (bytes ? R_32I : R_32F) || algorithm != -1 || (bytes && (compute != COMPUTE_32I || (lda | ldb) % 4)) ||
        (!bytes && compute != COMPUTE_32F && !(compute == COMPUTE_TF32 && a_type == R_32F)))
        return NOT_SUPPORTED;
    for (int64_t column = 0; column < n; column++)
        for (int64_t row = 0; row < m; row++) {
            const int64_t at = column * ldc + row;
            if (bytes) {
                int32_t one, old, *to = (int32_t *)c + at;
                memcpy(&one, alpha, sizeof one);
                memcpy(&old, beta, sizeof old);
                if (one != 1 || (old != 0 && old != 1))
                    return NOT_SUPPORTED;
                *to = (int32_t)((uint32_t)dot_bytes(a, b, transa, transb, row, column, k, lda, ldb) + (old ? (uint32_t)*to : 0));
            } else {
                float scale, old, *to = (float *)c + at;
                memcpy(&scale, alpha, sizeof scale);
                memcpy(&old, beta, sizeof old);
                *to = scale * dot(a, b, a_type, compute, transa, transb, row, column, k, lda, ldb) + (old != 0 ? old * *to : 0);
            }
        }
    return SUCCESS;
}
