/* SPDX-License-Identifier: Apache-2.0 */
/* Before a kernel's text: CUDA's words for a compiler of C++. A group's memory is static, for its items run in turn. */
#include <cmath>
#include <cstddef>

#include "tests/cuda/fake_threads.h"

extern "C" __attribute__((visibility("default"))) FakeThreads *fake_threads;
FakeThreads *fake_threads;

#define __device__
#define __global__ __attribute__((visibility("default")))
#define __shared__ static
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __launch_bounds__(items)
#define blockIdx fake_threads->group
#define threadIdx fake_threads->item
#define gridDim fake_threads->grid

static inline void __syncthreads()
{
    fake_threads->yield();
}
static inline float __fmaf_rn(float a, float b, float c)
{
    return __builtin_fmaf(a, b, c);
}
static inline int min(int a, int b)
{
    return a < b ? a : b;
}
static inline int fake_dot(unsigned a, unsigned b)
{
    int sum = 0;
    for (int i = 0; i < 32; i += 8)
        sum += (int)(a >> i & 255) * (signed char)(b >> i);
    return sum;
}
/* The one instruction that is written as text. */
#define asm(...) (sum = fake_dot(a, b))
/* uint is the C library's already. */
#define uint fake_uint
#define ulong fake_ulong
#define int64_t fake_int64_t
#define uint64_t fake_uint64_t
#define int32_t fake_int32_t
#define uint32_t fake_uint32_t
