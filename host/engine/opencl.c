/* SPDX-License-Identifier: Apache-2.0 */
/* OpenCL devices, 1.2 and later; the library is found at run time. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/gpu.h"
#include "host/engine/library.h"
#include "host/engine/opencl_api.h"

enum { MOST_DEVICES = 64, LOG_ROOM = 16384, EXTENSIONS_ROOM = 16384 };

struct opencl {
    struct sy_gpu gpu; /* first: the one is the other */
    struct sy_opencl_api api;
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    cl_program program[SY_GPU_KINDS];
    cl_kernel kernel[SY_GPU_KINDS];
    cl_mem buffer[SY_GPU_BUFFERS];
    size_t size[SY_GPU_BUFFERS];
};

static struct opencl *of(struct sy_gpu *g)
{
    return (struct opencl *)(void *)g;
}

static enum systole_status failed(const struct opencl *o, struct systole_context *ctx, const char *what, cl_int error)
{
    const bool no_memory = error == CL_MEM_OBJECT_ALLOCATION_FAILURE || error == CL_OUT_OF_RESOURCES || error == CL_OUT_OF_HOST_MEMORY;
    return sy_fail(ctx, no_memory ? SYSTOLE_NO_MEMORY : SYSTOLE_IO, "%s: %s: OpenCL error %d", o->gpu.name, what, (int)error);
}

/* ---- the library and its devices ---- */

static bool load(struct sy_opencl_api *api)
{
    static const char *const files[] = {"libOpenCL.so.1", "libOpenCL.so"};
    *api = (struct sy_opencl_api){.library = sy_library_open(files, sizeof files / sizeof *files)};
    bool whole = api->library != NULL;
#define SY_FIND(name, result, parameters) whole = whole && sy_library_find(api->library, #name, &api->name);
    SY_OPENCL_FUNCTIONS(SY_FIND)
#undef SY_FIND
    if (!whole && api->library) {
        dlclose(api->library);
        api->library = NULL;
    }
    return whole;
}

/* All devices of all platforms. */
static unsigned list(const struct sy_opencl_api *api, cl_device_id devices[MOST_DEVICES])
{
    cl_platform_id platforms[16];
    cl_uint platform_count = 0;
    unsigned total = 0;
    if (api->clGetPlatformIDs(16, platforms, &platform_count) != CL_SUCCESS)
        return 0;
    for (cl_uint p = 0; p < platform_count && p < 16; p++) {
        cl_uint count = 0;
        if (api->clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MOST_DEVICES - total, devices + total, &count) == CL_SUCCESS)
            total += count < MOST_DEVICES - total ? count : MOST_DEVICES - total;
    }
    return total;
}

unsigned sy_opencl_count(void)
{
    struct sy_opencl_api api;
    cl_device_id devices[MOST_DEVICES];
    if (!load(&api))
        return 0;
    const unsigned count = list(&api, devices);
    dlclose(api.library);
    return count;
}

static void ask(struct opencl *o)
{
    struct sy_gpu *g = &o->gpu;
    cl_ulong type = 0, config = 0;
    enum { MUST = CL_FP_FMA | CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST };
    snprintf(g->name, sizeof g->name, "OpenCL device");
    o->api.clGetDeviceInfo(o->device, CL_DEVICE_NAME, sizeof g->name, g->name, NULL);
    o->api.clGetDeviceInfo(o->device, CL_DRIVER_VERSION, sizeof g->driver, g->driver, NULL);
    o->api.clGetDeviceInfo(o->device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    o->api.clGetDeviceInfo(o->device, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config, &config, NULL);
    o->api.clGetDeviceInfo(o->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof g->most, &g->most, NULL);
    g->name[sizeof g->name - 1] = g->driver[sizeof g->driver - 1] = '\0';
    char *all = sy_alloc(EXTENSIONS_ROOM, 1);
    if (all && o->api.clGetDeviceInfo(o->device, CL_DEVICE_EXTENSIONS, EXTENSIONS_ROOM - 1, all, NULL) == CL_SUCCESS)
        g->has_dot = strstr(all, "cl_khr_integer_dot_product") != NULL;
    sy_free(all);
    g->is_cpu = type & CL_DEVICE_TYPE_CPU;
    g->integer = (config & MUST) != MUST;
}

/* ---- kernels ---- */

static void opencl_drop_kernels(struct sy_gpu *g)
{
    struct opencl *o = of(g);
    for (int i = 0; i < SY_GPU_KINDS; i++) {
        if (o->kernel[i])
            o->api.clReleaseKernel(o->kernel[i]);
        if (o->program[i])
            o->api.clReleaseProgram(o->program[i]);
        o->kernel[i] = NULL;
        o->program[i] = NULL;
    }
}

static enum systole_status build_failed(const struct opencl *o, struct systole_context *ctx, cl_program program, cl_int error)
{
    char *log = sy_alloc(LOG_ROOM, 1);
    if (log)
        o->api.clGetProgramBuildInfo(program, o->device, CL_PROGRAM_BUILD_LOG, LOG_ROOM - 1, log, NULL);
    const enum systole_status status =
        sy_fail(ctx, SYSTOLE_IO, "%s: the kernel does not build, OpenCL error %d: %.600s", o->gpu.name, (int)error, log ? log : "");
    sy_free(log);
    return status;
}

static enum systole_status build(struct opencl *o, struct systole_context *ctx, enum sy_gpu_kind kind)
{
    char defines[512], options[600];
    cl_int error = CL_SUCCESS;
    if (o->kernel[kind])
        return SYSTOLE_OK;
    sy_gpu_defines(&o->gpu, kind, defines, sizeof defines);
    const char **lines = (const char **)(uintptr_t)sy_gpu_source;
    cl_program program = o->api.clCreateProgramWithSource(o->context, sy_gpu_lines, lines, NULL, &error);
    if (!program)
        return failed(o, ctx, "clCreateProgramWithSource", error);
    /* The four-byte product is of OpenCL C 3.0; elsewhere a function stands for it. */
    error = CL_BUILD_PROGRAM_FAILURE;
    for (int dialect = kind == SY_GPU_I8 && o->gpu.has_dot ? 0 : 1; dialect < 2 && error != CL_SUCCESS; dialect++) {
        snprintf(options, sizeof options, "-cl-std=%s %s", dialect == 0 ? "CL3.0" : "CL1.2", defines);
        error = o->api.clBuildProgram(program, 1, &o->device, options, NULL, NULL);
    }
    if (error != CL_SUCCESS) {
        const enum systole_status status = build_failed(o, ctx, program, error);
        o->api.clReleaseProgram(program);
        return status;
    }
    o->program[kind] = program;
    o->kernel[kind] = o->api.clCreateKernel(program, "product", &error);
    return o->kernel[kind] ? SYSTOLE_OK : failed(o, ctx, "clCreateKernel", error);
}

/* ---- what a product needs ---- */

static enum systole_status opencl_put(struct sy_gpu *g, struct systole_context *ctx, enum sy_gpu_buffer which, const void *from, size_t size)
{
    struct opencl *o = of(g);
    cl_int error = CL_SUCCESS;
    if (o->size[which] < size) {
        if (o->buffer[which])
            o->api.clReleaseMemObject(o->buffer[which]);
        o->size[which] = 0;
        o->buffer[which] = o->api.clCreateBuffer(o->context, CL_MEM_READ_WRITE, size, NULL, &error);
        if (!o->buffer[which])
            return failed(o, ctx, "clCreateBuffer", error);
        o->size[which] = size;
    }
    if (from)
        error = o->api.clEnqueueWriteBuffer(o->queue, o->buffer[which], CL_TRUE, 0, size, from, 0, NULL, NULL);
    return error == CL_SUCCESS ? SYSTOLE_OK : failed(o, ctx, "clEnqueueWriteBuffer", error);
}

static enum systole_status opencl_move(struct sy_gpu *g, struct systole_context *ctx, const struct sy_gpu_rect *r)
{
    struct opencl *o = of(g);
    const size_t zero[3] = {0}, region[3] = {r->bytes, r->rows, 1};
    cl_mem c = o->buffer[SY_GPU_C];
    const cl_int error = r->to_device ? o->api.clEnqueueWriteBufferRect(o->queue, c, CL_TRUE, zero, zero, region, r->device_row, 0,
                                                                        r->host_row, 0, r->host, 0, NULL, NULL)
                                      : o->api.clEnqueueReadBufferRect(o->queue, c, CL_TRUE, zero, zero, region, r->device_row, 0,
                                                                       r->host_row, 0, r->host, 0, NULL, NULL);
    return error == CL_SUCCESS ? SYSTOLE_OK : failed(o, ctx, "a transfer of C", error);
}

static enum systole_status opencl_launch(struct sy_gpu *g, struct systole_context *ctx, const struct sy_gpu_launch *l)
{
    struct opencl *o = of(g);
    const enum systole_status status = build(o, ctx, l->kind);
    if (status)
        return status;
    const size_t local[2] = {(size_t)l->shape.across, (size_t)l->shape.high};
    const size_t global[2] = {(size_t)l->columns * local[0], (size_t)l->rows * local[1]};
    const cl_int numbers[] = {l->passes, l->steps, l->stride};
    cl_kernel kernel = o->kernel[l->kind];
    cl_int error = CL_SUCCESS;
    for (cl_uint i = 0; i < SY_GPU_BUFFERS && error == CL_SUCCESS; i++) {
        const cl_mem buffer = o->buffer[i] ? o->buffer[i] : o->buffer[SY_GPU_PARTS]; /* one that this kind does not read */
        error = o->api.clSetKernelArg(kernel, i, sizeof buffer, &buffer);
    }
    for (cl_uint i = 0; i < sizeof numbers / sizeof *numbers && error == CL_SUCCESS; i++)
        error = o->api.clSetKernelArg(kernel, SY_GPU_BUFFERS + i, sizeof numbers[i], &numbers[i]);
    if (error == CL_SUCCESS)
        error = o->api.clEnqueueNDRangeKernel(o->queue, kernel, 2, NULL, global, local, 0, NULL, NULL);
    return error == CL_SUCCESS ? SYSTOLE_OK : failed(o, ctx, "the product", error);
}

static void opencl_close(struct sy_gpu *g)
{
    struct opencl *o = of(g);
    for (int i = 0; i < SY_GPU_BUFFERS; i++)
        if (o->buffer[i])
            o->api.clReleaseMemObject(o->buffer[i]);
    if (o->queue)
        o->api.clReleaseCommandQueue(o->queue);
    if (o->context)
        o->api.clReleaseContext(o->context);
    if (o->api.library)
        dlclose(o->api.library);
}

static const struct sy_gpu_ops opencl_ops = {.put = opencl_put, .move = opencl_move, .launch = opencl_launch,
                                             .drop_kernels = opencl_drop_kernels, .close = opencl_close};

static enum systole_status open_device(struct opencl *o, struct systole_context *ctx, const char *options)
{
    cl_device_id devices[MOST_DEVICES];
    unsigned index = 0;
    const char *rest;
    cl_int error = CL_SUCCESS;
    if (!sy_gpu_number(options, &index, &rest) || !sy_gpu_options(&o->gpu, rest))
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE,
                       "opencl%s: the name is opencl:N, N from 0 on, then mac=integer, tune=off and precision=f32, x6, x3, x1", options);
    if (!load(&o->api))
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "opencl: libOpenCL.so.1 was not found; the Debian package is ocl-icd-libopencl1, "
                                               "and pocl-opencl-icd makes the processor a device");
    const unsigned count = list(&o->api, devices);
    if (index >= count)
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "opencl:%u: there are %u OpenCL devices here%s", index, count,
                       count ? ", from 0 on" : "; the Debian package pocl-opencl-icd makes the processor one");
    const bool integer = o->gpu.integer;
    o->device = devices[index];
    ask(o);
    o->gpu.integer = o->gpu.integer || integer;
    o->context = o->api.clCreateContext(NULL, 1, &o->device, NULL, NULL, &error);
    if (!o->context)
        return failed(o, ctx, "clCreateContext", error);
    o->queue = o->api.clCreateCommandQueue(o->context, o->device, 0, &error);
    return o->queue ? sy_gpu_ready(&o->gpu, ctx) : failed(o, ctx, "clCreateCommandQueue", error);
}

enum systole_status sy_engine_open_opencl(struct sy_engine *e, struct systole_context *ctx, const char *options)
{
    struct opencl *o = sy_alloc(1, sizeof *o);
    if (!o)
        return sy_no_memory(ctx);
    o->gpu.ops = &opencl_ops;
    e->own = &o->gpu;
    e->ops = &sy_engine_gpu_ops;
    const enum systole_status status = open_device(o, ctx, options);
    if (status)
        sy_engine_gpu_ops.close(e);
    return status;
}
