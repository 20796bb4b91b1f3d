/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles of 8 rows by 3 registers of 4, in the compiler's own vectors: NEON on 64-bit ARM; elsewhere what fmaf costs. */
#include "host/engine/kernels.h"

#include <string.h>
#ifdef __aarch64__
#include <arm_neon.h>
#endif

#include "systole_spec.h"

#define KERNEL_NAME "portable"
#define UNROLL _Pragma("GCC unroll 8")
#define ROWS 8
#define VECTORS 3
#define LANES 4

typedef float floats __attribute__((vector_size(16)));
typedef int32_t words __attribute__((vector_size(16)));
typedef uint32_t unsigned_words __attribute__((vector_size(16)));

#define INLINE static inline __attribute__((always_inline))

INLINE floats load_floats(const float *p)
{
    floats v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store_floats(float *p, floats v)
{
    memcpy(p, &v, sizeof v);
}

INLINE floats step_floats(floats acc, floats a, floats b)
{
#ifdef __aarch64__
    return (floats)vfmaq_f32((float32x4_t)acc, (float32x4_t)a, (float32x4_t)b);
#else
    for (int l = 0; l < LANES; l++)
        acc[l] = __builtin_fmaf(a[l], b[l], acc[l]);
    return acc;
#endif
}

INLINE floats step_floats_where(floats acc, floats a, floats b, uint64_t bits)
{
    const int32_t b32 = (int32_t)(bits & 15);
    const words lane = {1, 2, 4, 8}, all = {b32, b32, b32, b32}, yes = (all & lane) == lane;
    return (floats)(((words)step_floats(acc, a, b) & yes) | ((words)acc & ~yes));
}

INLINE words load_words(const int32_t *p)
{
    words v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store_words(int32_t *p, words v)
{
    memcpy(p, &v, sizeof v);
}

/* Unsigned: sums wrap. */
INLINE words add_words(words a, words b)
{
    return (words)((unsigned_words)a + (unsigned_words)b);
}

INLINE words step_words(words acc, words a, words b)
{
    return (words)((unsigned_words)acc + (unsigned_words)a * (unsigned_words)b);
}

#define TILE f32
#define BODY f32_body
#define ELEMENT float
#define VECTOR floats
#define LOAD load_floats
#define STORE store_floats
#define SPREAD(p) ((floats){*(p), *(p), *(p), *(p)})
#define STEP step_floats
#define STEP_WHERE step_floats_where
#define EXTRA_PARAMETERS const uint64_t *mask
#include "host/engine/kernel_tile.h"

#define TILE i32
#define BODY i32_body
#define ELEMENT int32_t
#define VECTOR words
#define LOAD load_words
#define STORE store_words
#define SPREAD(p) ((words){*(p), *(p), *(p), *(p)})
#define ADD add_words
#define STEP step_words
#define EXTRA_PARAMETERS const int32_t *row_add, const int32_t *col_add
#define WORD_TYPE int32_t
#define SHIFTED 0
#include "host/engine/kernel_tile.h"
#include "host/engine/kernel_pack.h"

const struct sy_kernels *sy_kernels_portable(void)
{
    return &here;
}
