/* SPDX-License-Identifier: Apache-2.0 */
/* What the text after this calls things, in OpenCL C and in CUDA C++. */
#define HLS_LABEL(name)
#define HLS_UNROLL
#define INT32_MIN (-2147483647 - 1)
#define INT32_MAX 2147483647
#ifndef __SYNTHESIS__
#define __SYNTHESIS__ 1
#endif

#ifdef __OPENCL_VERSION__
typedef long int64_t;
typedef ulong uint64_t;
#define KERNEL __kernel __attribute__((reqd_work_group_size(ACROSS, HIGH, 1))) void
#define NEAR __local
#define NEAR_POINTER __local
#define UNROLL __attribute__((opencl_unroll_hint))
#define FUSED fma
#else
typedef unsigned int uint;
typedef unsigned long long ulong;
typedef long long int64_t;
typedef ulong uint64_t;
#define KERNEL extern "C" __global__ void __launch_bounds__(ACROSS *HIGH)
#define NEAR __shared__ __align__(16)
#define NEAR_POINTER
#define __global
#define UNROLL _Pragma("unroll")
#define barrier(what) __syncthreads()
#define get_group_id(d) (d ? blockIdx.y : blockIdx.x)
#define get_num_groups(d) (d ? gridDim.y : gridDim.x)
#define get_local_id(d) (d ? threadIdx.y : threadIdx.x)
#endif
typedef int int32_t;
typedef uint uint32_t;

#ifndef __OPENCL_VERSION__
/* Lanes of fp32, of which only a step and a choice are needed: the other kinds have one lane here. */
template <int N> struct alignas(4 * N) floats {
    float v[N];
    __device__ floats() {}
    __device__ explicit floats(float x)
    {
        for (int i = 0; i < N; i++)
            v[i] = x;
    }
};
static __device__ float FUSED(float a, float b, float c)
{
    return __fmaf_rn(a, b, c);
}
template <int N> static __device__ floats<N> FUSED(floats<N> a, floats<N> b, floats<N> c)
{
    for (int i = 0; i < N; i++)
        c.v[i] = __fmaf_rn(a.v[i], b.v[i], c.v[i]);
    return c;
}
template <typename T> static __device__ T choose(uint bits, T without, T with)
{
    return bits & 1 ? with : without;
}
template <int N> static __device__ floats<N> choose(uint bits, floats<N> without, floats<N> with)
{
    for (int i = 0; i < N; i++)
        without.v[i] = bits >> i & 1 ? with.v[i] : without.v[i];
    return without;
}
static __device__ int dot_4x8packed_us_int(uint a, uint b)
{
    int sum;
    asm("dp4a.u32.s32 %0, %1, %2, 0;" : "=r"(sum) : "r"(a), "r"(b));
    return sum;
}
#endif
