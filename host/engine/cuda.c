/* SPDX-License-Identifier: Apache-2.0 */
/* NVIDIA devices through the driver's own interface; it and NVRTC are found at run time. */
#include "host/engine/cuda.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/library.h"

struct cuda {
    struct sy_gpu gpu; /* first: the one is the other */
    struct sy_cuda_api api;
    struct sy_nvrtc_api nvrtc;
    CUdevice device;
    CUcontext context; /* the device's primary one, current in the caller's thread only within a call */
    int major, minor;
    CUmodule module[SY_GPU_KINDS];
    CUfunction function[SY_GPU_KINDS];
    CUdeviceptr buffer[SY_GPU_BUFFERS];
    size_t size[SY_GPU_BUFFERS];
};

static struct cuda *of(struct sy_gpu *g)
{
    return (struct cuda *)(void *)g;
}

static enum systole_status failed(const struct cuda *c, struct systole_context *ctx, const char *what, CUresult error)
{
    return sy_fail(ctx, error == CUDA_ERROR_OUT_OF_MEMORY ? SYSTOLE_NO_MEMORY : SYSTOLE_IO, "%s: %s: CUDA error %d", c->gpu.name, what,
                   error);
}

/* ---- the driver and its devices ---- */

bool sy_cuda_load(struct sy_cuda_api *api)
{
    static const char *const files[] = {"libcuda.so.1", "libcuda.so"};
    *api = (struct sy_cuda_api){.library = sy_library_open(files, sizeof files / sizeof *files)};
    bool whole = api->library != NULL;
#define SY_FIND(name, symbol, parameters) whole = whole && sy_library_find(api->library, symbol, &api->name);
    SY_CUDA_FUNCTIONS(SY_FIND)
#undef SY_FIND
    if (!whole && api->library) {
        dlclose(api->library);
        api->library = NULL;
    }
    return whole;
}

int sy_cuda_devices(const struct sy_cuda_api *api)
{
    int count = 0;
    return api->cuInit(0) == CUDA_SUCCESS && api->cuDeviceGetCount(&count) == CUDA_SUCCESS ? count : 0;
}

unsigned sy_cuda_count(void)
{
    struct sy_cuda_api api;
    if (!sy_cuda_load(&api))
        return 0;
    const int count = sy_cuda_devices(&api);
    dlclose(api.library);
    return (unsigned)count;
}

/* ---- kernels ---- */

static void enter(const struct cuda *c)
{
    c->api.cuCtxPushCurrent(c->context);
}

static void leave(const struct cuda *c)
{
    CUcontext before;
    c->api.cuCtxPopCurrent(&before);
}

static void cuda_drop_kernels(struct sy_gpu *g)
{
    struct cuda *c = of(g);
    if (c->context)
        enter(c);
    for (int i = 0; i < SY_GPU_KINDS; i++) {
        if (c->module[i])
            c->api.cuModuleUnload(c->module[i]);
        c->module[i] = NULL;
        c->function[i] = NULL;
    }
    if (c->context)
        leave(c);
}

/* In the device's context. */
static enum systole_status build(struct cuda *c, struct systole_context *ctx, enum sy_gpu_kind kind)
{
    char *ptx = NULL;
    if (c->function[kind])
        return SYSTOLE_OK;
    const enum systole_status status = sy_cuda_compile(&c->nvrtc, &c->gpu, ctx, kind, c->major, c->minor, &ptx);
    if (status)
        return status;
    CUresult error = c->api.cuModuleLoadData(&c->module[kind], ptx);
    if (error == CUDA_SUCCESS)
        error = c->api.cuModuleGetFunction(&c->function[kind], c->module[kind], "product");
    sy_free(ptx);
    return error == CUDA_SUCCESS ? SYSTOLE_OK : failed(c, ctx, "loading the kernel", error);
}

/* ---- what a product needs ---- */

static enum systole_status cuda_put(struct sy_gpu *g, struct systole_context *ctx, enum sy_gpu_buffer which, const void *from, size_t size)
{
    struct cuda *c = of(g);
    CUresult error = CUDA_SUCCESS;
    enter(c);
    if (c->size[which] < size) {
        if (c->buffer[which])
            c->api.cuMemFree(c->buffer[which]);
        c->size[which] = 0;
        c->buffer[which] = 0;
        error = c->api.cuMemAlloc(&c->buffer[which], size);
        if (error == CUDA_SUCCESS)
            c->size[which] = size;
    }
    if (from && error == CUDA_SUCCESS)
        error = c->api.cuMemcpyHtoD(c->buffer[which], from, size);
    leave(c);
    return error == CUDA_SUCCESS ? SYSTOLE_OK : failed(c, ctx, "a transfer to the device", error);
}

static enum systole_status cuda_move(struct sy_gpu *g, struct systole_context *ctx, const struct sy_gpu_rect *r)
{
    struct cuda *c = of(g);
    CUDA_MEMCPY2D copy = {.WidthInBytes = r->bytes, .Height = r->rows};
    if (r->to_device) {
        copy.srcMemoryType = CU_MEMORYTYPE_HOST;
        copy.srcHost = r->host;
        copy.srcPitch = r->host_row;
        copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
        copy.dstDevice = c->buffer[SY_GPU_C];
        copy.dstPitch = r->device_row;
    } else {
        copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
        copy.srcDevice = c->buffer[SY_GPU_C];
        copy.srcPitch = r->device_row;
        copy.dstMemoryType = CU_MEMORYTYPE_HOST;
        copy.dstHost = r->host;
        copy.dstPitch = r->host_row;
    }
    enter(c);
    const CUresult error = c->api.cuMemcpy2D(&copy); /* after the launches before it, on the same stream */
    leave(c);
    return error == CUDA_SUCCESS ? SYSTOLE_OK : failed(c, ctx, "a transfer of C", error);
}

static enum systole_status cuda_launch(struct sy_gpu *g, struct systole_context *ctx, const struct sy_gpu_launch *l)
{
    struct cuda *c = of(g);
    int32_t numbers[] = {l->passes, l->steps, l->stride};
    enum { NUMBERS = sizeof numbers / sizeof *numbers };
    void *parameters[SY_GPU_BUFFERS + NUMBERS];
    for (int i = 0; i < SY_GPU_BUFFERS; i++)
        parameters[i] = &c->buffer[i];
    for (int i = 0; i < NUMBERS; i++)
        parameters[SY_GPU_BUFFERS + i] = &numbers[i];
    enter(c);
    enum systole_status status = build(c, ctx, l->kind);
    CUresult error = CUDA_SUCCESS;
    if (!status)
        error = c->api.cuLaunchKernel(c->function[l->kind], (unsigned)l->columns, (unsigned)l->rows, 1, (unsigned)l->shape.across,
                                      (unsigned)l->shape.high, 1, 0, NULL, parameters, NULL);
    leave(c);
    return status || error == CUDA_SUCCESS ? status : failed(c, ctx, "the product", error);
}

static void cuda_close(struct sy_gpu *g)
{
    struct cuda *c = of(g);
    if (c->context) {
        enter(c);
        for (int i = 0; i < SY_GPU_BUFFERS; i++)
            if (c->buffer[i])
                c->api.cuMemFree(c->buffer[i]);
        leave(c);
        c->api.cuDevicePrimaryCtxRelease(c->device);
    }
    sy_nvrtc_unload(&c->nvrtc);
    if (c->api.library)
        dlclose(c->api.library);
}

static const struct sy_gpu_ops cuda_ops = {.put = cuda_put, .move = cuda_move, .launch = cuda_launch, .drop_kernels = cuda_drop_kernels,
                                           .close = cuda_close};

static CUresult start(struct cuda *c, int index)
{
    size_t available = 0, total = 0;
    int version = 0;
    CUresult error = c->api.cuDeviceGet(&c->device, index);
    if (error == CUDA_SUCCESS)
        error = c->api.cuDeviceGetName(c->gpu.name, (int)sizeof c->gpu.name, c->device);
    if (error == CUDA_SUCCESS)
        error = c->api.cuDeviceGetAttribute(&c->major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, c->device);
    if (error == CUDA_SUCCESS)
        error = c->api.cuDeviceGetAttribute(&c->minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, c->device);
    if (error == CUDA_SUCCESS)
        error = c->api.cuDevicePrimaryCtxRetain(&c->context, c->device);
    if (error != CUDA_SUCCESS)
        return error;
    c->api.cuDriverGetVersion(&version);
    snprintf(c->gpu.driver, sizeof c->gpu.driver, "CUDA %d", version);
    enter(c);
    error = c->api.cuMemGetInfo(&available, &total);
    leave(c);
    c->gpu.most = available / 4;
    c->gpu.has_dot = c->major * 10 + c->minor >= 61;
    return error;
}

static enum systole_status open_device(struct cuda *c, struct systole_context *ctx, const char *options)
{
    unsigned index = 0;
    const char *rest;
    if (!sy_gpu_number(options, &index, &rest) || !sy_gpu_options(&c->gpu, rest))
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE,
                       "cuda%s: the name is cuda:N, N from 0 on, then mac=integer, tune=off and precision=f32, x6, x3, x1", options);
    if (!sy_cuda_load(&c->api))
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "cuda: libcuda.so.1 was not found: it comes with the driver of an NVIDIA device");
    const int count = sy_cuda_devices(&c->api);
    if (index >= (unsigned)count)
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "cuda:%u: there are %d CUDA devices here", index, count);
    if (!sy_nvrtc_load(&c->nvrtc))
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "cuda: libnvrtc.so.12 was not found: it is part of CUDA, and the Python package "
                                               "nvidia-cuda-nvrtc-cu12; SYSTOLE_NVRTC says where it is");
    const CUresult error = start(c, (int)index);
    return error == CUDA_SUCCESS ? sy_gpu_ready(&c->gpu, ctx) : failed(c, ctx, "opening the device", error);
}

enum systole_status sy_engine_open_cuda(struct sy_engine *e, struct systole_context *ctx, const char *options)
{
    struct cuda *c = sy_alloc(1, sizeof *c);
    if (!c)
        return sy_no_memory(ctx);
    c->gpu.ops = &cuda_ops;
    e->own = &c->gpu;
    e->ops = &sy_engine_gpu_ops;
    const enum systole_status status = open_device(c, ctx, options);
    if (status)
        sy_engine_gpu_ops.close(e);
    return status;
}
