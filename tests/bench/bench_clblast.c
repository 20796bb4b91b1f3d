/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "bench_clblast.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "host/engine/opencl_api.h"

typedef int sgemm_fn(int layout, int ta, int tb, size_t m, size_t n, size_t k, float alpha, cl_mem a, size_t a_at, size_t lda, cl_mem b,
                     size_t b_at, size_t ldb, float beta, cl_mem c, size_t c_at, size_t ldc, cl_command_queue *queue, cl_event *event);
typedef cl_int read_fn(cl_command_queue queue, cl_mem buffer, cl_uint blocking, size_t offset, size_t size, void *to, cl_uint waits,
                       const cl_event *wait, cl_event *event);

enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, BUFFERS = 3 };

struct clblast {
    struct sy_opencl_api api;
    void *library;
    sgemm_fn *sgemm;
    read_fn *read;
    cl_context context;
    cl_command_queue queue;
    cl_mem buffer[BUFFERS];
    size_t size[BUFFERS];
};

static bool load(struct clblast *c)
{
    c->api.library = dlopen("libOpenCL.so.1", RTLD_NOW);
    c->library = dlopen("libclblast.so.1", RTLD_NOW);
    if (!c->api.library || !c->library)
        return false;
    bool whole = true;
    void *at;
#define FIND(name, result, parameters)                        \
    at = dlsym(c->api.library, #name);                        \
    memcpy(&c->api.name, &at, sizeof at);                     \
    whole = whole && at != NULL;
    SY_OPENCL_FUNCTIONS(FIND)
    at = dlsym(c->api.library, "clEnqueueReadBuffer");
    memcpy(&c->read, &at, sizeof at);
    whole = whole && at != NULL;
    at = dlsym(c->library, "CLBlastSgemm");
    memcpy(&c->sgemm, &at, sizeof at);
    return whole && at != NULL;
}

static bool start(struct clblast *c)
{
    cl_platform_id platform;
    cl_device_id device;
    cl_uint count = 0;
    if (c->api.clGetPlatformIDs(1, &platform, &count) != CL_SUCCESS || count == 0 ||
        c->api.clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, &count) != CL_SUCCESS || count == 0)
        return false;
    c->context = c->api.clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
    c->queue = c->context ? c->api.clCreateCommandQueue(c->context, device, 0, NULL) : NULL;
    return c->queue != NULL;
}

struct clblast *clblast_open(void)
{
    struct clblast *c = calloc(1, sizeof *c);
    if (c && load(c) && start(c))
        return c;
    clblast_close(c);
    return NULL;
}

void clblast_close(struct clblast *c)
{
    if (!c)
        return;
    for (int i = 0; i < BUFFERS; i++)
        if (c->buffer[i])
            c->api.clReleaseMemObject(c->buffer[i]);
    if (c->queue)
        c->api.clReleaseCommandQueue(c->queue);
    if (c->context)
        c->api.clReleaseContext(c->context);
    free(c); /* the libraries stay: CLBlast keeps programs until the process ends */
}

static bool put(struct clblast *c, int i, const void *from, size_t size)
{
    if (c->size[i] < size) {
        if (c->buffer[i])
            c->api.clReleaseMemObject(c->buffer[i]);
        c->buffer[i] = c->api.clCreateBuffer(c->context, CL_MEM_READ_WRITE, size, NULL, NULL);
        c->size[i] = c->buffer[i] ? size : 0;
    }
    return c->buffer[i] && c->api.clEnqueueWriteBuffer(c->queue, c->buffer[i], CL_TRUE, 0, size, from, 0, NULL, NULL) == CL_SUCCESS;
}

bool clblast_sgemm(struct clblast *c, int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *out)
{
    const size_t rows = (size_t)m, columns = (size_t)n, depth = (size_t)k;
    return put(c, 0, a, rows * depth * 4) && put(c, 1, b, depth * columns * 4) && put(c, 2, out, rows * columns * 4) &&
           c->sgemm(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, rows, columns, depth, 1, c->buffer[0], 0, depth, c->buffer[1], 0, columns, 0,
                    c->buffer[2], 0, columns, &c->queue, NULL) == 0 &&
           c->read(c->queue, c->buffer[2], CL_TRUE, 0, rows * columns * 4, out, 0, NULL, NULL) == CL_SUCCESS;
}
