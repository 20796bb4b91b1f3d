/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is used of CUDA's driver interface and of NVRTC, declared here because both are found at run time and nothing of CUDA need be there to
 * build. Names, types and values are those of the interface.
 */
#ifndef SY_ENGINE_CUDA_API_H
#define SY_ENGINE_CUDA_API_H

#include <stddef.h>
#include <stdint.h>

typedef int CUresult;
typedef int CUdevice;
typedef uint64_t CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef struct CUarray_st *CUarray;
typedef int nvrtcResult;
typedef struct _nvrtcProgram *nvrtcProgram;

enum {
    CUDA_SUCCESS = 0,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CU_MEMORYTYPE_HOST = 1,
    CU_MEMORYTYPE_DEVICE = 2,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
    CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76
};

typedef struct {
    size_t srcXInBytes, srcY;
    unsigned srcMemoryType;
    const void *srcHost;
    CUdeviceptr srcDevice;
    CUarray srcArray;
    size_t srcPitch;
    size_t dstXInBytes, dstY;
    unsigned dstMemoryType;
    void *dstHost;
    CUdeviceptr dstDevice;
    CUarray dstArray;
    size_t dstPitch, WidthInBytes, Height;
} CUDA_MEMCPY2D;

/* name here, name in the library, parameters */
#define SY_CUDA_FUNCTIONS(X)                                                                                          \
    X(cuInit, "cuInit", (unsigned flags))                                                                             \
    X(cuDriverGetVersion, "cuDriverGetVersion", (int *version))                                                       \
    X(cuDeviceGetCount, "cuDeviceGetCount", (int *count))                                                             \
    X(cuDeviceGet, "cuDeviceGet", (CUdevice * device, int ordinal))                                                   \
    X(cuDeviceGetName, "cuDeviceGetName", (char *name, int room, CUdevice device))                                    \
    X(cuDeviceGetAttribute, "cuDeviceGetAttribute", (int *value, int attribute, CUdevice device))                     \
    X(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", (CUcontext * context, CUdevice device))                   \
    X(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (CUdevice device))                                   \
    X(cuCtxPushCurrent, "cuCtxPushCurrent_v2", (CUcontext context))                                                   \
    X(cuCtxPopCurrent, "cuCtxPopCurrent_v2", (CUcontext * context))                                                   \
    X(cuMemGetInfo, "cuMemGetInfo_v2", (size_t * free, size_t *total))                                                \
    X(cuMemAlloc, "cuMemAlloc_v2", (CUdeviceptr * at, size_t size))                                                   \
    X(cuMemFree, "cuMemFree_v2", (CUdeviceptr at))                                                                    \
    X(cuMemcpyHtoD, "cuMemcpyHtoD_v2", (CUdeviceptr to, const void *from, size_t size))                               \
    X(cuMemcpy2D, "cuMemcpy2D_v2", (const CUDA_MEMCPY2D *copy))                                                       \
    X(cuModuleLoadData, "cuModuleLoadData", (CUmodule * module, const void *image))                                   \
    X(cuModuleUnload, "cuModuleUnload", (CUmodule module))                                                            \
    X(cuModuleGetFunction, "cuModuleGetFunction", (CUfunction * function, CUmodule module, const char *name))         \
    X(cuLaunchKernel, "cuLaunchKernel",                                                                               \
      (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,    \
       unsigned block_z, unsigned shared, CUstream stream, void **parameters, void **extra))

#define SY_NVRTC_FUNCTIONS(X)                                                                                         \
    X(nvrtcCreateProgram, "nvrtcCreateProgram",                                                                       \
      (nvrtcProgram * program, const char *text, const char *name, int headers, const char *const *header_texts,      \
       const char *const *header_names))                                                                              \
    X(nvrtcCompileProgram, "nvrtcCompileProgram", (nvrtcProgram program, int count, const char *const *options))      \
    X(nvrtcGetPTXSize, "nvrtcGetPTXSize", (nvrtcProgram program, size_t *size))                                       \
    X(nvrtcGetPTX, "nvrtcGetPTX", (nvrtcProgram program, char *ptx))                                                  \
    X(nvrtcGetProgramLogSize, "nvrtcGetProgramLogSize", (nvrtcProgram program, size_t *size))                         \
    X(nvrtcGetProgramLog, "nvrtcGetProgramLog", (nvrtcProgram program, char *log))                                    \
    X(nvrtcDestroyProgram, "nvrtcDestroyProgram", (nvrtcProgram * program))

struct sy_cuda_api {
    void *library;
#define SY_FUNCTION(name, symbol, parameters) CUresult(*name) parameters;
    SY_CUDA_FUNCTIONS(SY_FUNCTION)
#undef SY_FUNCTION
};

struct sy_nvrtc_api {
    void *library;
#define SY_FUNCTION(name, symbol, parameters) nvrtcResult(*name) parameters;
    SY_NVRTC_FUNCTIONS(SY_FUNCTION)
#undef SY_FUNCTION
};

#endif
