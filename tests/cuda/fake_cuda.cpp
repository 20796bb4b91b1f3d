/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for CUDA's driver, for tests: memory is the host's, an image is the name of a shared library, and the threads of a group
 * run in turn, each on a stack of its own, from barrier to barrier. What is wrong in transfers, arguments or launches shows as a wrong result.
 */
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <ucontext.h>
#include <vector>

#include "host/engine/cuda_api.h"
#include "fake_threads.h"

namespace {
constexpr size_t StackBytes = 256 * 1024;
struct Group {
    ucontext_t main, item[1024];
    bool done[1024];
    int current;
} group;
FakeThreads threads;
void (*entry)(void **);
void **arguments;

void item()
{
    entry(arguments);
    group.done[group.current] = true;
    swapcontext(&group.item[group.current], &group.main);
}

void yield()
{
    swapcontext(&group.item[group.current], &group.main);
}
}

#define API extern "C" __attribute__((visibility("default")))

API CUresult cuInit(unsigned) { return 0; }
API CUresult cuDriverGetVersion(int *version) { *version = 12090; return 0; }
API CUresult cuDeviceGetCount(int *count) { *count = 1; return 0; }
API CUresult cuDeviceGet(CUdevice *device, int ordinal) { *device = ordinal; return 0; }
API CUresult cuDeviceGetName(char *name, int room, CUdevice) { strncpy(name, "a stand-in", (size_t)room); return 0; }
API CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice)
{
    *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? 9 : 0;
    return 0;
}
API CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice) { *context = (CUcontext)&group; return 0; }
API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice) { return 0; }
API CUresult cuCtxPushCurrent_v2(CUcontext) { return 0; }
API CUresult cuCtxPopCurrent_v2(CUcontext *context) { *context = nullptr; return 0; }
API CUresult cuMemGetInfo_v2(size_t *free, size_t *total) { *free = *total = (size_t)1 << 30; return 0; }
API CUresult cuMemAlloc_v2(CUdeviceptr *at, size_t size)
{
    void *memory = aligned_alloc(256, (size + 255) / 256 * 256);
    if (memory)
        memset(memory, 0xa5, size);
    *at = (CUdeviceptr)(uintptr_t)memory;
    return memory ? 0 : CUDA_ERROR_OUT_OF_MEMORY;
}
API CUresult cuMemFree_v2(CUdeviceptr at) { free((void *)(uintptr_t)at); return 0; }
API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t size) { memcpy((void *)(uintptr_t)to, from, size); return 0; }
API CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D *c)
{
    const char *from = (const char *)(c->srcMemoryType == CU_MEMORYTYPE_HOST ? c->srcHost : (void *)(uintptr_t)c->srcDevice);
    char *to = (char *)(c->dstMemoryType == CU_MEMORYTYPE_HOST ? c->dstHost : (void *)(uintptr_t)c->dstDevice);
    for (size_t row = 0; row < c->Height; row++)
        memcpy(to + row * c->dstPitch, from + row * c->srcPitch, c->WidthInBytes);
    return 0;
}
API CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
    *module = (CUmodule)dlopen((const char *)image, RTLD_NOW | RTLD_LOCAL);
    return *module ? 0 : 200;
}
API CUresult cuModuleUnload(CUmodule module) { dlclose(module); return 0; }
API CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
    if (strcmp(name, "product") != 0)
        return 500;
    *function = (CUfunction)dlsym(module, "fake_entry");
    FakeThreads **theirs = (FakeThreads **)dlsym(module, "fake_threads");
    if (!*function || !theirs)
        return 500;
    threads.yield = yield;
    *theirs = &threads;
    return 0;
}
API CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned, unsigned block_x, unsigned block_y, unsigned,
                            unsigned, CUstream, void **parameters, void **)
{
    static std::vector<char> stacks(1024 * StackBytes);
    const unsigned items = block_x * block_y;
    memcpy(&entry, &function, sizeof entry);
    arguments = parameters;
    if (items > 1024 || grid_y > 65535)
        return 1;
    for (unsigned b = 0; b < grid_x * grid_y; b++) {
        for (unsigned i = 0; i < items; i++) {
            getcontext(&group.item[i]);
            group.item[i].uc_stack.ss_sp = &stacks[i * StackBytes];
            group.item[i].uc_stack.ss_size = StackBytes;
            group.item[i].uc_link = &group.main;
            makecontext(&group.item[i], item, 0);
            group.done[i] = false;
        }
        for (bool left = true; left;) {
            left = false;
            for (unsigned i = 0; i < items; i++) {
                if (group.done[i])
                    continue;
                group.current = (int)i;
                threads.group = {b % grid_x, b / grid_x};
                threads.item = {i % block_x, i / block_x};
                threads.grid = {grid_x, grid_y};
                swapcontext(&group.main, &group.item[i]);
                left = left || !group.done[i];
            }
        }
    }
    return 0;
}
