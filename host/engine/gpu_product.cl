/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product on a device that OpenCL or CUDA reaches, built once for each kind of operand (with gpu_types.cl and hls/softfloat.h before it):
 *
 *     KIND 0      fp32: acc = fma(a, b, acc)
 *     KIND 1      fp32 in integer arithmetic, where the device has no such fma or drops subnormals
 *     KIND 2      int8: words of four k, A unsigned and B signed
 *     MASKED      fp32: steps are left out where a lane's bit is clear
 *     WIDE        lanes of a vector; TALL rows and VECTORS of a work-item; HIGH x ACROSS work-items in a group
 *     SLAB        0: operands are read where they lie; else so many k at a time through local memory, two slabs in turn
 *     HAS_DOT     the device multiplies four bytes at a time (where this dialect does not say how, a function does)
 *
 * A group's block is BLOCK_M x BLOCK_N. Panels of A and B lie k after k, part after part; passes follow each other. An output is one chain:
 * k ascending within a pass, in one register of one work-item.
 */
#define BLOCK_M (HIGH * TALL)
#define BLOCK_N (ACROSS * VECTORS * WIDE)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

#ifndef __OPENCL_VERSION__
#if WIDE == 1
#define VECTOR(type) type
#else
#define VECTOR(type) floats<WIDE>
#endif
#define LOAD(p) (*(const lanes *)(p))
#define STORE(v, p) (*(lanes *)(p) = (v))
#elif WIDE == 1
#define VECTOR(type) type
#define LOAD(p) (*(p))
#define STORE(v, p) (*(p) = (v))
#define LANE_BITS 1u
#else
#define VECTOR(type) JOIN(type, WIDE)
#define LOAD(p) JOIN(vload, WIDE)(0, p)
#define STORE(v, p) JOIN(vstore, WIDE)(v, 0, p)
#if WIDE == 2
#define LANE_BITS (uint2)(1, 2)
#elif WIDE == 4
#define LANE_BITS (uint4)(1, 2, 4, 8)
#elif WIDE == 8
#define LANE_BITS (uint8)(1, 2, 4, 8, 16, 32, 64, 128)
#else
#define LANE_BITS (uint16)(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
#endif
#endif

#if KIND == 0
typedef float element;
typedef VECTOR(float) lanes;
#define PREPARED 1
#define PREPARE(b, to) ((to)[0] = (b))
#define STEP(a, b, acc) FUSED((lanes)(a), (b)[0], acc)
#elif KIND == 1
typedef uint element;
typedef uint lanes;
#define PREPARED 1
#define PREPARE(b, to) ((to)[0] = (b))
#define STEP(a, b, acc) f32_mul_add(a, (b)[0], acc)
#else
typedef uint element;
typedef VECTOR(uint) lanes;
#if HAS_DOT
#if defined(__OPENCL_VERSION__) && !defined(__opencl_c_integer_dot_product_input_4x8bit_packed)
static int dot_4x8packed_us_int(uint a, uint b)
{
    return (int)(a & 255) * ((int)(b << 24) >> 24) + (int)(a >> 8 & 255) * ((int)(b << 16) >> 24) +
           (int)(a >> 16 & 255) * ((int)(b << 8) >> 24) + (int)(a >> 24) * ((int)b >> 24);
}
#endif
#define PREPARED 1
#define PREPARE(b, to) ((to)[0] = (b))
#define STEP(a, b, acc) ((acc) + (uint)dot_4x8packed_us_int(a, (b)[0]))
#else
#define PREPARED 4
#define SIGNED(b, up) JOIN(as_, VECTOR(uint))(JOIN(as_, VECTOR(int))((b) << (up)) >> 24)
#define PREPARE(b, to) ((to)[0] = SIGNED(b, 24), (to)[1] = SIGNED(b, 16), (to)[2] = SIGNED(b, 8), (to)[3] = SIGNED(b, 0))
#define STEP(a, b, acc) \
    ((acc) + (lanes)((a) & 255) * (b)[0] + (lanes)((a) >> 8 & 255) * (b)[1] + (lanes)((a) >> 16 & 255) * (b)[2] + (lanes)((a) >> 24) * (b)[3])
#endif
#endif

#if SLAB
/* What the group copies together; `count` may end within the slab. */
static void fetch(NEAR_POINTER element *to, __global const element *from, int count)
{
    const int items = HIGH * ACROSS;
    for (int i = (int)(get_local_id(1) * ACROSS + get_local_id(0)); i < count; i += items)
        to[i] = from[i];
}
#endif

/* acc: the steps of `count` k, operands at a and b. */
#define STEPS(count, a_, b_, first)                                                              \
    for (int i = 0; i < (count); i++) {                                                          \
        lanes column[VECTORS][PREPARED];                                                         \
        UNROLL for (int v = 0; v < VECTORS; v++)                    \
            PREPARE(LOAD((b_) + i * BLOCK_N + (v * ACROSS + across) * WIDE), column[v]);         \
        TAKE_MASK((first) + i)                                                                   \
        UNROLL for (int r = 0; r < TALL; r++) {                     \
            const element row = (a_)[i * BLOCK_M + high * TALL + r];                             \
            UNROLL for (int v = 0; v < VECTORS; v++)                \
                acc[r][v] = CHOOSE(v, acc[r][v], STEP(row, column[v], acc[r][v]));               \
        }                                                                                        \
    }

#if MASKED
#define TAKE_MASK(k_) const ulong inside = mask[k_];
#define INSIDE(v) (uint)(inside >> ((v * ACROSS + across) * WIDE))
#ifndef __OPENCL_VERSION__
#define CHOOSE(v, old, new) choose(INSIDE(v), old, new)
#elif WIDE == 1
#define CHOOSE(v, old, new) (INSIDE(v) & 1 ? (new) : (old))
#else
typedef VECTOR(uint) lanes_uint;
#define CHOOSE(v, old, new) select(old, new, ((lanes_uint)INSIDE(v) & LANE_BITS) != (lanes_uint)0)
#endif
#else
#define TAKE_MASK(k_)
#define CHOOSE(v, old, new) (new)
#endif

/* passes: pairs of the part of A and that of B. C is `stride` wide and has room for whole blocks. */
KERNEL product(
    __global const element *a, __global const element *b, __global element *c, __global const ulong *masks,
    __global const uint *row_add, __global const uint *column_add, __global const int *parts, int passes, int k, int stride)
{
    const size_t block_m = get_group_id(1), block_n = get_group_id(0), blocks_m = get_num_groups(1), blocks_n = get_num_groups(0);
    const int high = (int)get_local_id(1), across = (int)get_local_id(0);
    __global element *out = c + (block_m * BLOCK_M + high * TALL) * (size_t)stride + block_n * BLOCK_N;
    lanes acc[TALL][VECTORS];
#if MASKED
    __global const ulong *mask = masks + block_n * (size_t)(k + 1);
#endif
#if SLAB
    NEAR element near_a[2][SLAB * BLOCK_M], near_b[2][SLAB * BLOCK_N];
#endif
    UNROLL for (int r = 0; r < TALL; r++)
        UNROLL for (int v = 0; v < VECTORS; v++) {
            acc[r][v] = LOAD(out + r * (size_t)stride + (v * ACROSS + across) * WIDE);
#if KIND == 2
            acc[r][v] += (lanes)row_add[block_m * BLOCK_M + high * TALL + r] +
                         LOAD(column_add + block_n * BLOCK_N + (v * ACROSS + across) * WIDE);
#endif
        }
    for (int pass = 0; pass < passes; pass++) {
        __global const element *from_a = a + ((size_t)parts[2 * pass] * blocks_m + block_m) * (size_t)k * BLOCK_M;
        __global const element *from_b = b + ((size_t)parts[2 * pass + 1] * blocks_n + block_n) * (size_t)k * BLOCK_N;
#if SLAB
        const int slabs = (k + SLAB - 1) / SLAB;
        fetch(near_a[0], from_a, min(k, SLAB) * BLOCK_M);
        fetch(near_b[0], from_b, min(k, SLAB) * BLOCK_N);
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int s = 0; s < slabs; s++) {
            const int first = s * SLAB, next = first + SLAB, left = min(k - next, SLAB);
            if (left > 0) {
                fetch(near_a[(s + 1) & 1], from_a + (size_t)next * BLOCK_M, left * BLOCK_M);
                fetch(near_b[(s + 1) & 1], from_b + (size_t)next * BLOCK_N, left * BLOCK_N);
            }
            STEPS(min(k - first, SLAB), near_a[s & 1], near_b[s & 1], first)
            barrier(CLK_LOCAL_MEM_FENCE);
        }
#else
        STEPS(k, from_a, from_b, 0)
#endif
    }
    UNROLL for (int r = 0; r < TALL; r++)
        UNROLL for (int v = 0; v < VECTORS; v++)
            STORE(acc[r][v], out + r * (size_t)stride + (v * ACROSS + across) * WIDE);
}
