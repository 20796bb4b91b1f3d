/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/kernels.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define KERNEL_NAME "avx512"
#include "host/engine/kernels_avx512.h"

const struct sy_kernels *sy_kernels_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl")
               ? &here
               : NULL;
}
#else
const struct sy_kernels *sy_kernels_avx512(void)
{
    return NULL;
}
#endif
