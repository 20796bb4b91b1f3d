/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/kernels.h"

#ifdef __AVX512VNNI__
#define KERNEL_NAME "vnni"
#include "host/engine/kernels_avx512.h"

const struct sy_kernels *sy_kernels_vnni(void)
{
    return sy_kernels_avx512() && __builtin_cpu_supports("avx512vnni") ? &here : NULL;
}
#else
const struct sy_kernels *sy_kernels_vnni(void)
{
    return NULL;
}
#endif
