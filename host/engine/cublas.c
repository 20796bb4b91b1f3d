/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVIDIA's own products as an engine: cuBLAS, found at run time beside the driver. Its sums are in an order of its own, so fp32 results are not the bits of
 * the other engines; what that order costs and brings is what it is here for. int8 is exact. A convolution is a product with the pixels laid out.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/core/bits.h"
#include "host/engine/cuda.h"
#include "host/engine/library.h"
#include "host/engine/reference.h"
#include "host/ref/chain.h"

/* ---- what is used of its interface: names, types and values are its own ---- */

typedef struct cublasContext *cublasHandle_t;
enum { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_OP_N = 0, CUBLAS_OP_T = 1, CUBLAS_GEMM_DEFAULT = -1 };
enum { CUDA_R_32F = 0, CUDA_R_8I = 3, CUDA_R_32I = 10, CUDA_R_16BF = 14 };
enum { CUBLAS_COMPUTE_32F = 68, CUBLAS_COMPUTE_32I = 72, CUBLAS_COMPUTE_32F_FAST_TF32 = 77 };

typedef int create_fn(cublasHandle_t *handle);
typedef int destroy_fn(cublasHandle_t handle);
typedef int gemm_fn(cublasHandle_t handle, int transa, int transb, int m, int n, int k, const void *alpha, const void *a, int a_type, int lda,
                    const void *b, int b_type, int ldb, const void *beta, void *c, int c_type, int ldc, int compute, int algorithm);

/* fp32 operands: as they are, rounded by the tensor cores, or rounded to bf16 on their way in. */
static const struct math {
    const char *name;
    int type, compute;
} maths[] = {{"fp32", CUDA_R_32F, CUBLAS_COMPUTE_32F}, {"tf32", CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32}, {"bf16", CUDA_R_16BF, CUBLAS_COMPUTE_32F}};
enum { MATHS = sizeof maths / sizeof *maths };

enum { A, B, C, BUFFERS };

struct cublas {
    struct sy_cuda_api api;
    CUcontext context;
    CUdevice device;
    void *library;
    create_fn *create;
    destroy_fn *destroy;
    gemm_fn *gemm;
    cublasHandle_t handle;
    const struct math *math;
    CUdeviceptr buffer[BUFFERS];
    size_t size[BUFFERS];
};

/* ---- operands: rows of k together, padded to whole words; those of B are its columns ---- */

static uint16_t to_bf16(float x)
{
    const uint32_t u = sy_to_bits(x);
    if ((u & 0x7fffffff) > 0x7f800000)
        return 0x7fc0;
    return (uint16_t)((u + 0x7fff + ((u >> 16) & 1)) >> 16);
}

static void *pack(const struct sy_factor *f, int64_t rows, int64_t row, int64_t k, int64_t step, int64_t padded, int type)
{
    const size_t element = type == CUDA_R_32F ? 4 : type == CUDA_R_16BF ? 2 : 1;
    char *to = sy_alloc((size_t)rows, (size_t)padded * element);
    for (int64_t r = 0; to && r < rows; r++)
        for (int64_t i = 0; i < k; i++) {
            const int64_t from = r * row + i * step, at = r * padded + i;
            if (type == CUDA_R_32F)
                ((float *)(void *)to)[at] = ((const float *)f->data)[from];
            else if (type == CUDA_R_16BF)
                ((uint16_t *)(void *)to)[at] = to_bf16(((const float *)f->data)[from]);
            else /* unsigned bytes are 128 less, and so is their zero point */
                to[at] = (char)(((const uint8_t *)f->data)[from] ^ (f->is_unsigned ? 0x80 : 0));
        }
    return to;
}

/* ---- the device ---- */

static enum systole_status failed(struct systole_context *ctx, const char *what, int error)
{
    return sy_fail(ctx, error == CUDA_ERROR_OUT_OF_MEMORY ? SYSTOLE_NO_MEMORY : SYSTOLE_IO, "cublas: %s: error %d", what, error);
}

static enum systole_status put(struct cublas *c, struct systole_context *ctx, int which, const void *from, size_t size)
{
    CUresult error = CUDA_SUCCESS;
    if (c->size[which] < size) {
        if (c->buffer[which])
            c->api.cuMemFree(c->buffer[which]);
        c->size[which] = 0;
        c->buffer[which] = 0;
        error = c->api.cuMemAlloc(&c->buffer[which], size);
        c->size[which] = error == CUDA_SUCCESS ? size : 0;
    }
    if (error == CUDA_SUCCESS)
        error = c->api.cuMemcpyHtoD(c->buffer[which], from, size);
    return error == CUDA_SUCCESS ? SYSTOLE_OK : failed(ctx, "a transfer to the device", error);
}

static enum systole_status take(struct cublas *c, struct systole_context *ctx, void *to, int64_t rows, int64_t row_bytes)
{
    const CUDA_MEMCPY2D copy = {.srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = c->buffer[C], .srcPitch = (size_t)row_bytes,
                                .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = (size_t)row_bytes,
                                .WidthInBytes = (size_t)row_bytes, .Height = (size_t)rows};
    const CUresult error = c->api.cuMemcpy2D(&copy); /* behind the product, on the same stream */
    return error == CUDA_SUCCESS ? SYSTOLE_OK : failed(ctx, "a transfer of C", error);
}

/* Its matrices lie column by column: C transposed is B transposed times A transposed, all of them as they lie here but for B. */
static enum systole_status multiply(struct cublas *c, struct systole_context *ctx, const struct sy_gemm *g, int64_t k, int type, int compute)
{
    const float one = 1;
    const int32_t one_i = 1, zero_i = 0;
    const int bytes = type == CUDA_R_8I;
    const void *a = (const void *)(uintptr_t)c->buffer[A], *b = (const void *)(uintptr_t)c->buffer[B];
    const int error = c->gemm(c->handle, CUBLAS_OP_T, CUBLAS_OP_N, (int)g->n, (int)g->m, (int)k, bytes ? (const void *)&one_i : &one, b, type,
                              (int)k, a, type, (int)k, bytes ? (const void *)&zero_i : &one, (void *)(uintptr_t)c->buffer[C],
                              bytes ? CUDA_R_32I : CUDA_R_32F, (int)g->n, compute, CUBLAS_GEMM_DEFAULT);
    return error == CUBLAS_STATUS_SUCCESS ? SYSTOLE_OK : sy_fail(ctx, SYSTOLE_IO, "cublas: the product: cuBLAS status %d", error);
}

/* Zero points: sum((a - za)(b - zb)) = sum(ab) - zb sum(a) - za sum(b) + k za zb, modulo 2^32, onto what C held. */
static enum systole_status finish_bytes(struct systole_context *ctx, const struct sy_gemm *g, const int8_t *a, const int8_t *b, int64_t padded,
                                        const int32_t *sums)
{
    const uint32_t za = (uint32_t)(g->a.zero - (g->a.is_unsigned ? 128 : 0)), zb = (uint32_t)(g->b.zero - (g->b.is_unsigned ? 128 : 0));
    int64_t *of_column = sy_alloc((size_t)g->n, sizeof *of_column);
    if (!of_column)
        return sy_no_memory(ctx);
    for (int64_t j = 0; j < g->n; j++)
        for (int64_t i = 0; i < g->k; i++)
            of_column[j] += b[j * padded + i];
    for (int64_t r = 0; r < g->m; r++) {
        int64_t of_row = 0;
        for (int64_t i = 0; i < g->k; i++)
            of_row += a[r * padded + i];
        for (int64_t j = 0; j < g->n; j++)
            ((uint32_t *)g->c)[r * g->n + j] += (uint32_t)sums[r * g->n + j] - zb * (uint32_t)of_row - za * (uint32_t)of_column[j] +
                                                     (uint32_t)g->k * za * zb;
    }
    sy_free(of_column);
    return SYSTOLE_OK;
}

static enum systole_status cublas_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    struct cublas *c = e->own;
    const int type = g->f32 ? c->math->type : CUDA_R_8I;
    const int64_t padded = (g->k + 15) / 16 * 16; /* words of 16 bytes in every type: what tensor cores ask for */
    const size_t element = type == CUDA_R_32F ? 4 : type == CUDA_R_16BF ? 2 : 1, result = (size_t)(g->m * g->n) * 4;
    if (g->m > INT_MAX || g->n > INT_MAX || padded > INT_MAX)
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "a product of %lld x %lld x %lld is too large for this library", (long long)g->m, (long long)g->n,
                       (long long)g->k);
    void *a = pack(&g->a, g->m, g->a.row, g->k, g->a.column, padded, type);
    void *b = pack(&g->b, g->n, g->b.column, g->k, g->b.row, padded, type);
    int32_t *sums = g->f32 ? NULL : sy_alloc((size_t)g->m, (size_t)g->n * sizeof *sums);
    enum systole_status status = a && b && (g->f32 || sums) ? SYSTOLE_OK : sy_no_memory(ctx);
    CUcontext before;
    c->api.cuCtxPushCurrent(c->context);
    if (!status)
        status = put(c, ctx, A, a, (size_t)(g->m * padded) * element);
    if (!status)
        status = put(c, ctx, B, b, (size_t)(g->n * padded) * element);
    if (!status)
        status = put(c, ctx, C, g->c, result);
    if (!status)
        status = multiply(c, ctx, g, padded, type, g->f32 ? c->math->compute : CUBLAS_COMPUTE_32I);
    if (!status)
        status = take(c, ctx, g->f32 ? g->c : (void *)sums, g->m, g->n * 4);
    c->api.cuCtxPopCurrent(&before);
    if (!status && g->f32)
        sy_canonical_f32(g->c, g->m * g->n);
    else if (!status)
        status = finish_bytes(ctx, g, a, b, padded, sums);
    sy_free(a);
    sy_free(b);
    sy_free(sums);
    return status;
}

/* ---- opening ---- */

static void cublas_close(struct sy_engine *e)
{
    struct cublas *c = e->own;
    CUcontext before;
    if (c && c->context) {
        c->api.cuCtxPushCurrent(c->context);
        for (int i = 0; i < BUFFERS; i++)
            if (c->buffer[i])
                c->api.cuMemFree(c->buffer[i]);
        if (c->handle)
            c->destroy(c->handle);
        c->api.cuCtxPopCurrent(&before);
        c->api.cuDevicePrimaryCtxRelease(c->device);
    }
    if (c && c->library)
        dlclose(c->library);
    if (c && c->api.library)
        dlclose(c->api.library);
    sy_free(c);
    e->own = NULL;
}

static const struct sy_engine_ops cublas_ops = {.gemm = cublas_gemm, .conv = sy_reference_conv, .close = cublas_close};

/* "", or ",math=" and a name. */
static const struct math *math_of(const char *options)
{
    if (*options == '\0')
        return &maths[0];
    for (int i = 0; i < MATHS; i++)
        if (strncmp(options, ",math=", 6) == 0 && strcmp(options + 6, maths[i].name) == 0)
            return &maths[i];
    return NULL;
}

static enum systole_status find_library(struct cublas *c, struct systole_context *ctx)
{
    const char *files[] = {getenv("SYSTOLE_CUBLAS"), "libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"};
    c->library = sy_library_open(files, sizeof files / sizeof *files);
    if (c->library && sy_library_find(c->library, "cublasCreate_v2", &c->create) &&
        sy_library_find(c->library, "cublasDestroy_v2", &c->destroy) && sy_library_find(c->library, "cublasGemmEx", &c->gemm))
        return SYSTOLE_OK;
    return sy_fail(ctx, SYSTOLE_NOT_FOUND, "cublas: libcublas.so.12 %s: it is part of CUDA, and the Python package nvidia-cublas-cu12; SYSTOLE_CUBLAS "
                                           "says where it is", c->library ? "lacks a function that is needed" : "was not found");
}

static enum systole_status open_cublas(struct cublas *c, struct systole_context *ctx, const char *options)
{
    unsigned index = 0;
    const char *rest = "";
    if (!sy_gpu_number(options, &index, &rest) || !(c->math = math_of(rest)))
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "cublas%s: the name is cublas:N, N from 0 on, then math=fp32, tf32 or bf16", options);
    if (!sy_cuda_load(&c->api))
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "cublas: libcuda.so.1 was not found: it comes with the driver of an NVIDIA device");
    const int count = sy_cuda_devices(&c->api);
    if (index >= (unsigned)count)
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "cublas:%u: there are %d CUDA devices here", index, count);
    const enum systole_status status = find_library(c, ctx);
    if (status)
        return status;
    CUresult error = c->api.cuDeviceGet(&c->device, (int)index);
    if (error == CUDA_SUCCESS)
        error = c->api.cuDevicePrimaryCtxRetain(&c->context, c->device);
    if (error != CUDA_SUCCESS)
        return failed(ctx, "opening the device", error);
    CUcontext before;
    c->api.cuCtxPushCurrent(c->context);
    error = c->create(&c->handle);
    c->api.cuCtxPopCurrent(&before);
    return error == CUBLAS_STATUS_SUCCESS ? SYSTOLE_OK : failed(ctx, "cublasCreate", error);
}

enum systole_status sy_engine_open_cublas(struct sy_engine *e, struct systole_context *ctx, const char *options)
{
    if (e->precision_given && e->precision != SY_F32)
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "cublas: its products are its own: leave precision out; math=fp32, tf32 or bf16 says of what");
    struct cublas *c = sy_alloc(1, sizeof *c);
    if (!c)
        return sy_no_memory(ctx);
    e->own = c;
    e->ops = &cublas_ops;
    e->precision = SY_F32;
    const enum systole_status status = open_cublas(c, ctx, options);
    if (status)
        cublas_close(e);
    return status;
}
