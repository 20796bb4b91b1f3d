/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is used of OpenCL 1.2, declared here because the library is found at run time and its headers need not be there to build.
 * Names and values are those of the standard.
 */
#ifndef SY_ENGINE_OPENCL_API_H
#define SY_ENGINE_OPENCL_API_H

#include <stddef.h>
#include <stdint.h>

typedef struct _cl_platform_id *cl_platform_id;
typedef struct _cl_device_id *cl_device_id;
typedef struct _cl_context *cl_context;
typedef struct _cl_command_queue *cl_command_queue;
typedef struct _cl_program *cl_program;
typedef struct _cl_kernel *cl_kernel;
typedef struct _cl_mem *cl_mem;
typedef struct _cl_event *cl_event;
typedef int32_t cl_int;
typedef uint32_t cl_uint;
typedef uint64_t cl_ulong;

enum {
    CL_SUCCESS = 0,
    CL_MEM_OBJECT_ALLOCATION_FAILURE = -4,
    CL_OUT_OF_RESOURCES = -5,
    CL_OUT_OF_HOST_MEMORY = -6,
    CL_BUILD_PROGRAM_FAILURE = -11,
    CL_DEVICE_TYPE = 0x1000,
    CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004,
    CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010,
    CL_DEVICE_SINGLE_FP_CONFIG = 0x101b,
    CL_DEVICE_LOCAL_MEM_SIZE = 0x1023,
    CL_DEVICE_NAME = 0x102b,
    CL_DRIVER_VERSION = 0x102d,
    CL_DEVICE_EXTENSIONS = 0x1030,
    CL_PROGRAM_BUILD_LOG = 0x1183,
    CL_DEVICE_TYPE_CPU = 2,
    CL_FP_DENORM = 1,
    CL_FP_INF_NAN = 2,
    CL_FP_ROUND_TO_NEAREST = 4,
    CL_FP_FMA = 32,
    CL_MEM_READ_WRITE = 1,
    CL_TRUE = 1,
    CL_FALSE = 0
};
#define CL_DEVICE_TYPE_ALL 0xffffffffu

/* name, result, parameters */
#define SY_OPENCL_FUNCTIONS(X)                                                                                                     \
    X(clGetPlatformIDs, cl_int, (cl_uint room, cl_platform_id * platforms, cl_uint *count))                                        \
    X(clGetDeviceIDs, cl_int, (cl_platform_id platform, cl_ulong type, cl_uint room, cl_device_id *devices, cl_uint *count))       \
    X(clGetDeviceInfo, cl_int, (cl_device_id device, cl_uint what, size_t room, void *value, size_t *size))                        \
    X(clCreateContext, cl_context, (const intptr_t *properties, cl_uint count, const cl_device_id *devices,                        \
                                    void (*notify)(const char *, const void *, size_t, void *), void *user, cl_int *error))        \
    X(clCreateCommandQueue, cl_command_queue, (cl_context context, cl_device_id device, cl_ulong properties, cl_int *error))       \
    X(clCreateProgramWithSource, cl_program,                                                                                       \
      (cl_context context, cl_uint count, const char **texts, const size_t *lengths, cl_int *error))                               \
    X(clBuildProgram, cl_int, (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,                \
                               void (*notify)(cl_program, void *), void *user))                                                    \
    X(clGetProgramBuildInfo, cl_int, (cl_program program, cl_device_id device, cl_uint what, size_t room, void *value, size_t *size)) \
    X(clCreateKernel, cl_kernel, (cl_program program, const char *name, cl_int *error))                                            \
    X(clSetKernelArg, cl_int, (cl_kernel kernel, cl_uint index, size_t size, const void *value))                                   \
    X(clEnqueueNDRangeKernel, cl_int, (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,         \
                                       const size_t *global, const size_t *local, cl_uint waits, const cl_event *wait,             \
                                       cl_event *event))                                                                           \
    X(clCreateBuffer, cl_mem, (cl_context context, cl_ulong flags, size_t size, void *host, cl_int *error))                        \
    X(clEnqueueWriteBuffer, cl_int, (cl_command_queue queue, cl_mem buffer, cl_uint blocking, size_t offset, size_t size,          \
                                     const void *from, cl_uint waits, const cl_event *wait, cl_event *event))                      \
    X(clEnqueueWriteBufferRect, cl_int, (cl_command_queue queue, cl_mem buffer, cl_uint blocking, const size_t *buffer_origin,     \
                                         const size_t *host_origin, const size_t *region, size_t buffer_row, size_t buffer_slice,  \
                                         size_t host_row, size_t host_slice, const void *from, cl_uint waits,                      \
                                         const cl_event *wait, cl_event *event))                                                   \
    X(clEnqueueReadBufferRect, cl_int, (cl_command_queue queue, cl_mem buffer, cl_uint blocking, const size_t *buffer_origin,      \
                                        const size_t *host_origin, const size_t *region, size_t buffer_row, size_t buffer_slice,   \
                                        size_t host_row, size_t host_slice, void *to, cl_uint waits, const cl_event *wait,         \
                                        cl_event *event))                                                                          \
    X(clReleaseMemObject, cl_int, (cl_mem buffer))                                                                                 \
    X(clReleaseKernel, cl_int, (cl_kernel kernel))                                                                                 \
    X(clReleaseProgram, cl_int, (cl_program program))                                                                              \
    X(clReleaseCommandQueue, cl_int, (cl_command_queue queue))                                                                     \
    X(clReleaseContext, cl_int, (cl_context context))

struct sy_opencl_api {
    void *library;
#define SY_FUNCTION(name, result, parameters) result(*name) parameters;
    SY_OPENCL_FUNCTIONS(SY_FUNCTION)
#undef SY_FUNCTION
};

#endif
