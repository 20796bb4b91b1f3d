/* SPDX-License-Identifier: Apache-2.0 */
/* What the C of hls/softfloat.h calls things, in OpenCL C. */
typedef int int32_t;
typedef uint uint32_t;
typedef long int64_t;
typedef ulong uint64_t;
#define INT32_MIN (-2147483647 - 1)
#define INT32_MAX 2147483647
#define HLS_LABEL(name)
#define HLS_UNROLL
#ifndef __SYNTHESIS__
#define __SYNTHESIS__ 1
#endif
