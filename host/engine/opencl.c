/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/opencl.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/core/alloc.h"

enum { MOST_DEVICES = 64, LOG_ROOM = 16384, EXTENSIONS_ROOM = 16384, OPTIONS_ROOM = 512, TUNE_FROM = 1 << 26 };

enum systole_status sy_cl_failed(const struct sy_opencl *o, struct systole_context *ctx, const char *what, cl_int error)
{
    return sy_fail(ctx, error == -4 || error == -5 || error == -6 ? SYSTOLE_NO_MEMORY : SYSTOLE_IO,
                   "%s: %s: OpenCL error %d", o->name, what, (int)error);
}

/* ---- the library and its devices ---- */

static bool load(struct sy_opencl_api *api)
{
    static const char *const files[] = {"libOpenCL.so.1", "libOpenCL.so"};
    *api = (struct sy_opencl_api){0};
    for (size_t i = 0; i < sizeof files / sizeof *files && !api->library; i++)
        api->library = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
    bool whole = api->library != NULL;
#define SY_FIND(name, result, parameters)                                \
    if (whole) {                                                         \
        void *at = dlsym(api->library, #name);                           \
        memcpy(&api->name, &at, sizeof at);                              \
        whole = at != NULL;                                              \
    }
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

static void ask(struct sy_opencl *o)
{
    cl_ulong type = 0, config = 0;
    enum { MUST = CL_FP_FMA | CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST };
    snprintf(o->name, sizeof o->name, "OpenCL device");
    o->api.clGetDeviceInfo(o->device, CL_DEVICE_NAME, sizeof o->name, o->name, NULL);
    o->api.clGetDeviceInfo(o->device, CL_DRIVER_VERSION, sizeof o->driver, o->driver, NULL);
    o->api.clGetDeviceInfo(o->device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    o->api.clGetDeviceInfo(o->device, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config, &config, NULL);
    o->api.clGetDeviceInfo(o->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof o->most, &o->most, NULL);
    o->name[sizeof o->name - 1] = o->driver[sizeof o->driver - 1] = '\0';
    char *all = sy_alloc(EXTENSIONS_ROOM, 1);
    if (all && o->api.clGetDeviceInfo(o->device, CL_DEVICE_EXTENSIONS, EXTENSIONS_ROOM - 1, all, NULL) == CL_SUCCESS)
        o->has_dot = strstr(all, "cl_khr_integer_dot_product") != NULL;
    o->dot_dialect = "CL3.0";
    sy_free(all);
    o->is_cpu = type & CL_DEVICE_TYPE_CPU;
    o->integer = (config & MUST) != MUST;
}

/* ---- kernels ---- */

struct sy_cl_shape sy_cl_shape_of(const struct sy_opencl *o, enum sy_cl_kind kind)
{
    static const struct sy_cl_shape slow = {.wide = 1, .tall = 2, .vectors = 2, .high = 4, .across = 8, .slab = 0};
    struct sy_cl_shape s = o->shape;
    if (kind != SY_CL_I8 && o->integer)
        return slow;
    if (kind == SY_CL_I8 && o->has_dot) {
        s.vectors *= s.wide;
        s.wide = 1;
    }
    return s;
}

static void drop_kernels(struct sy_opencl *o)
{
    for (int i = 0; i < SY_CL_KINDS; i++) {
        if (o->kernel[i])
            o->api.clReleaseKernel(o->kernel[i]);
        if (o->program[i])
            o->api.clReleaseProgram(o->program[i]);
        o->kernel[i] = NULL;
        o->program[i] = NULL;
    }
}

void sy_cl_reshape(struct sy_opencl *o, struct sy_cl_shape shape)
{
    drop_kernels(o);
    o->shape = shape;
}

static enum systole_status build_failed(const struct sy_opencl *o, struct systole_context *ctx, cl_program program, cl_int error)
{
    char *log = sy_alloc(LOG_ROOM, 1);
    if (log)
        o->api.clGetProgramBuildInfo(program, o->device, CL_PROGRAM_BUILD_LOG, LOG_ROOM - 1, log, NULL);
    const enum systole_status status =
        sy_fail(ctx, SYSTOLE_IO, "%s: the kernel does not build, OpenCL error %d: %.600s", o->name, (int)error, log ? log : "");
    sy_free(log);
    return status;
}

enum systole_status sy_cl_kernel(struct sy_opencl *o, struct systole_context *ctx, enum sy_cl_kind kind, cl_kernel *kernel)
{
    char options[OPTIONS_ROOM];
    cl_int error = CL_SUCCESS;
    *kernel = o->kernel[kind];
    if (*kernel)
        return SYSTOLE_OK;
    const struct sy_cl_shape s = sy_cl_shape_of(o, kind);
    snprintf(options, sizeof options,
             "-cl-std=%s -DKIND=%d -DMASKED=%d -DWIDE=%d -DTALL=%d -DVECTORS=%d -DHIGH=%d -DACROSS=%d -DSLAB=%d -DHAS_DOT=%d "
             "-DSYSTOLE_NAN_F32=0x%08xu -DSYSTOLE_NAN_BF16=0x%04xu",
             kind == SY_CL_I8 && o->has_dot ? o->dot_dialect : "CL1.2", kind == SY_CL_I8 ? 2 : o->integer, kind == SY_CL_F32_MASKED, s.wide, s.tall, s.vectors, s.high, s.across, s.slab,
             kind == SY_CL_I8 && o->has_dot, (unsigned)SYSTOLE_NAN_F32, (unsigned)SYSTOLE_NAN_BF16);
    const char **lines = (const char **)(uintptr_t)sy_opencl_source;
    cl_program program = o->api.clCreateProgramWithSource(o->context, sy_opencl_lines, lines, NULL, &error);
    if (!program)
        return sy_cl_failed(o, ctx, "clCreateProgramWithSource", error);
    error = o->api.clBuildProgram(program, 1, &o->device, options, NULL, NULL);
    if (error != CL_SUCCESS) {
        const enum systole_status status = build_failed(o, ctx, program, error);
        o->api.clReleaseProgram(program);
        return status;
    }
    o->program[kind] = program;
    o->kernel[kind] = *kernel = o->api.clCreateKernel(program, "product", &error);
    return *kernel ? SYSTOLE_OK : sy_cl_failed(o, ctx, "clCreateKernel", error);
}

/* ---- the engine ---- */

static enum systole_status tuned(struct sy_opencl *o, struct systole_context *ctx, double macs)
{
    if (!o->may_tune || o->integer || macs < TUNE_FROM)
        return SYSTOLE_OK;
    o->may_tune = false;
    return sy_cl_tune(o, ctx);
}

static enum systole_status opencl_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    struct sy_opencl *o = e->own;
    const enum systole_status status = tuned(o, ctx, (double)g->m * (double)g->n * (double)g->k);
    if (status)
        return status;
    struct sy_fast f = {.cpu = &o->host, .precision = e->precision, .f32 = g->f32, .m = g->m, .n = g->n, .k = g->k, .a = g->a,
                        .b = g->b, .c = g->c, .stride = g->n, .owner = o, .ctx = ctx};
    return sy_cl_product(&f);
}

static enum systole_status opencl_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j)
{
    struct sy_opencl *o = e->own;
    const struct sy_conv2d *v = j->v;
    const enum systole_status status = tuned(o, ctx, (double)(v->p * v->q) * (double)(v->m * v->c) * (double)(v->kh * v->kw));
    if (status)
        return status;
    const struct sy_fast like = {.cpu = &o->host, .precision = e->precision, .owner = o, .ctx = ctx};
    sy_conv_start(j);
    return v->c == 0 ? SYSTOLE_OK : sy_conv_by_products(&like, j, sy_cl_product);
}

static void opencl_close(struct sy_engine *e)
{
    struct sy_opencl *o = e->own;
    if (!o)
        return;
    drop_kernels(o);
    for (int i = 0; i < SY_CL_BUFFERS; i++)
        if (o->buffer[i])
            o->api.clReleaseMemObject(o->buffer[i]);
    if (o->queue)
        o->api.clReleaseCommandQueue(o->queue);
    if (o->context)
        o->api.clReleaseContext(o->context);
    sy_cpu_drop(&o->host, 0);
    sy_pool_free(o->host.pool);
    if (o->api.library)
        dlclose(o->api.library);
    sy_free(o);
    e->own = NULL;
}

static const struct sy_engine_ops opencl_ops = {.gemm = opencl_gemm, .conv = opencl_conv, .close = opencl_close};

/* ":N", then "mac=integer" (as where the device has no fma) and "tune=off". */
static bool read_options(struct sy_opencl *o, const char *options, unsigned *index, bool *integer)
{
    char *end = NULL;
    *integer = false;
    *index = *options == ':' ? (unsigned)strtoul(options + 1, &end, 10) : 0;
    if (*options != ':' || end == options + 1 || options[1] < '0' || options[1] > '9')
        return false;
    for (const char *at = end; *at; at += 1 + strcspn(at + 1, ",")) {
        const size_t length = strcspn(at + 1, ",");
        if (length == 11 && strncmp(at + 1, "mac=integer", length) == 0)
            *integer = true;
        else if (length == 8 && strncmp(at + 1, "tune=off", length) == 0)
            o->may_tune = false;
        else
            return false;
    }
    return true;
}

static enum systole_status open_device(struct sy_opencl *o, struct systole_context *ctx, const char *options)
{
    cl_device_id devices[MOST_DEVICES];
    unsigned index = 0;
    bool integer;
    cl_int error = CL_SUCCESS;
    o->may_tune = true;
    if (!read_options(o, options, &index, &integer))
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE,
                       "opencl%s: the name is opencl:N, N from 0 on, then mac=integer, tune=off and precision=f32, x6, x3, x1", options);
    if (!load(&o->api))
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "opencl: libOpenCL.so.1 was not found; the Debian package is ocl-icd-libopencl1, "
                                                "and pocl-opencl-icd makes the processor a device");
    const unsigned count = list(&o->api, devices);
    if (index >= count)
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "opencl:%u: there are %u OpenCL devices here%s", index, count,
                       count ? ", from 0 on" : "; the Debian package pocl-opencl-icd makes the processor one");
    o->device = devices[index];
    ask(o);
    if (o->integer || integer)
        sy_log(ctx, SYSTOLE_LOG_INFO, "opencl:%u (%s): fp32 steps are integer arithmetic, %s: slow, and the same bits", index, o->name,
               integer ? "as was asked for" : "for the device lacks fma, subnormals or rounding to nearest");
    o->integer = o->integer || integer;
    o->context = o->api.clCreateContext(NULL, 1, &o->device, NULL, NULL, &error);
    if (!o->context)
        return sy_cl_failed(o, ctx, "clCreateContext", error);
    o->queue = o->api.clCreateCommandQueue(o->context, o->device, 0, &error);
    if (!o->queue)
        return sy_cl_failed(o, ctx, "clCreateCommandQueue", error);
    o->host.kernels = sy_kernels_find(NULL);
    o->host.pool = sy_pool_new(sy_pool_cores());
    sy_cl_first_shape(o, ctx);
    return o->host.pool ? SYSTOLE_OK : sy_no_memory(ctx);
}

enum systole_status sy_engine_open_opencl(struct sy_engine *e, struct systole_context *ctx, const char *options)
{
    e->own = sy_alloc(1, sizeof(struct sy_opencl));
    if (!e->own)
        return sy_no_memory(ctx);
    e->ops = &opencl_ops;
    const enum systole_status status = open_device(e->own, ctx, options);
    if (status)
        opencl_close(e);
    return status;
}
