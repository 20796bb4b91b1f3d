/* SPDX-License-Identifier: Apache-2.0 */
#include "host/plan/range.h"

#include "systole_spec.h"

struct dim {
    uint32_t count;
    int32_t stride;
};

static int64_t positive_modulo(int64_t a, int64_t b)
{
    const int64_t r = a % b;
    return r < 0 ? r + b : r;
}

/* With that period: strides that are multiples of it keep the phase, smaller ones widen the block. False where it then fills the period. */
static bool with_period(struct sy_range *r, int64_t base, int64_t inner, const struct dim *dims, unsigned count, int64_t period)
{
    int64_t width = inner;
    for (unsigned i = 0; i < count; i++) {
        if (dims[i].count == 1 || dims[i].stride % period == 0)
            continue;
        if (dims[i].stride < 0)
            return false;
        width += ((int64_t)dims[i].count - 1) * dims[i].stride;
    }
    r->period = period;
    r->phase = positive_modulo(base, period);
    r->width = width;
    return r->phase + width <= period;
}

/* A block of `inner` bytes repeated along the dimensions; of the strides that may be its period the one that leaves most bytes untouched. */
static struct sy_range block(int64_t base, int64_t inner, const struct dim *dims, unsigned count)
{
    struct sy_range r = {base, base + inner, 0, 0, 0};
    for (unsigned i = 0; i < count; i++) {
        const int64_t reach = ((int64_t)dims[i].count - 1) * dims[i].stride;
        r.lo += reach < 0 ? reach : 0;
        r.hi += reach > 0 ? reach : 0;
    }
    struct sy_range best = r;
    for (unsigned i = 0; i < count; i++)
        if (dims[i].count > 1 && dims[i].stride > 0 && with_period(&r, base, inner, dims, count, dims[i].stride) &&
            (best.period == 0 || r.width * best.period < best.width * r.period))
            best = r;
    return best;
}

bool sy_range_overlap(const struct sy_range *a, const struct sy_range *b)
{
    if (a->hi <= b->lo || b->hi <= a->lo)
        return false;
    if (a->period > 0 && a->period == b->period)
        return a->phase < b->phase + b->width && b->phase < a->phase + a->width;
    return true;
}

bool sy_range_covers(const struct sy_range *outer, const struct sy_range *inner)
{
    if (outer->lo > inner->lo || outer->hi < inner->hi)
        return false;
    if (outer->period == 0)
        return true;
    return outer->period == inner->period && outer->phase <= inner->phase &&
           outer->phase + outer->width >= inner->phase + inner->width;
}

#define COUNT_OF(type, field) SYSTOLE_GET(insn, type, field)
#define STRIDE_OF(type, field) ((int32_t)SYSTOLE_GET(insn, type, field))

static uint32_t stored_bytes(uint32_t conv)
{
    return conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY32 ? 4 : 2;
}

static struct sy_touch load_target(const uint32_t *insn)
{
    const uint32_t ed = stored_bytes(COUNT_OF(LOAD, conv));
    const uint32_t len = COUNT_OF(LOAD, len), n1 = COUNT_OF(LOAD, n1);
    const bool trans = SYSTOLE_GET(insn, ANY, opcode) == SYSTOLE_OP_LOAD && COUNT_OF(LOAD, trans);
    const struct dim dims[3] = {{trans ? len : n1, STRIDE_OF(LOAD, d1)},
                                {COUNT_OF(LOAD, n2), STRIDE_OF(LOAD, d2)},
                                {COUNT_OF(LOAD, n3), STRIDE_OF(LOAD, d3)}};
    return (struct sy_touch){(int)COUNT_OF(LOAD, mem), true,
                             block(COUNT_OF(LOAD, dst), (int64_t)(trans ? n1 : len) * ed, dims, 3)};
}

static struct sy_touch load_source(const uint32_t *insn)
{
    const uint32_t conv = COUNT_OF(LOAD, conv);
    const uint32_t es = conv >= SYSTOLE_CONV_F32_H ? 4 : stored_bytes(conv);
    const int64_t src = (int64_t)(COUNT_OF(LOAD, src_lo) | (uint64_t)COUNT_OF(LOAD, src_hi) << 32);
    const struct dim dims[3] = {{COUNT_OF(LOAD, n1), STRIDE_OF(LOAD, s1)},
                                {COUNT_OF(LOAD, n2), STRIDE_OF(LOAD, s2)},
                                {COUNT_OF(LOAD, n3), STRIDE_OF(LOAD, s3)}};
    return (struct sy_touch){SY_SPACE_WINDOW + (int)COUNT_OF(LOAD, window), false,
                             block(src, (int64_t)COUNT_OF(LOAD, len) * es, dims, 3)};
}

static unsigned matmul_touches(const uint32_t *insn, uint32_t rows, uint32_t cols, struct sy_touch *out)
{
    const uint32_t eb = COUNT_OF(MATMUL, dtype) == SYSTOLE_DTYPE_BF16 ? 2 : 1;
    const uint32_t mode = COUNT_OF(MATMUL, mode), n = COUNT_OF(MATMUL, n);
    const bool matrix = mode == SYSTOLE_MODE_MATRIX;
    const struct dim a[6] = {{COUNT_OF(MATMUL, kh), STRIDE_OF(MATMUL, a_skh)}, {COUNT_OF(MATMUL, kw), STRIDE_OF(MATMUL, a_skw)},
                             {COUNT_OF(MATMUL, kc), STRIDE_OF(MATMUL, a_skc)}, {n, STRIDE_OF(MATMUL, a_sn)},
                             {COUNT_OF(MATMUL, p), STRIDE_OF(MATMUL, a_sp)},   {COUNT_OF(MATMUL, q), STRIDE_OF(MATMUL, a_sq)}};
    const int32_t row = (int32_t)cols * 4;
    const struct dim c[3] = {{n, (int32_t)COUNT_OF(MATMUL, c_sn) * row},
                             {COUNT_OF(MATMUL, p), (int32_t)COUNT_OF(MATMUL, c_sp) * row},
                             {COUNT_OF(MATMUL, q), (int32_t)COUNT_OF(MATMUL, c_sq) * row}};
    unsigned count = 0;
    out[count++] = (struct sy_touch){SYSTOLE_MEM_APAD, false,
                                     block(COUNT_OF(MATMUL, a_base), (matrix ? rows : cols) * eb, a, 6)};
    out[count++] = (struct sy_touch){SYSTOLE_MEM_ACC, true, block((int64_t)COUNT_OF(MATMUL, c_base) * row, row, c, 3)};
    if (matrix || mode == SYSTOLE_MODE_DEPTHWISE) {
        const int64_t tiles = (int64_t)COUNT_OF(MATMUL, kh) * COUNT_OF(MATMUL, kw) * COUNT_OF(MATMUL, kc) * n;
        const int64_t base = COUNT_OF(MATMUL, w_base);
        out[count++] = (struct sy_touch){SYSTOLE_MEM_WPAD, false,
                                         {base, base + tiles * (matrix ? rows : 1) * cols * eb, 0, 0, 0}};
    }
    if (COUNT_OF(MATMUL, init) == SYSTOLE_INIT_PARAM) {
        const int64_t base = (int64_t)COUNT_OF(MATMUL, bias) * row;
        out[count++] = (struct sy_touch){SYSTOLE_MEM_PARAM, false, {base, base + (int64_t)n * row, 0, 0, 0}};
    }
    return count;
}

static unsigned store_touches(const uint32_t *insn, uint32_t cols, struct sy_touch *out)
{
    static const uint8_t out_bytes[] = {4, 4, 2, 1, 1};
    static const int dst_space[] = {0, SYSTOLE_MEM_APAD, SYSTOLE_MEM_WPAD};
    const uint32_t n = COUNT_OF(STORE, n), p = COUNT_OF(STORE, p), q = COUNT_OF(STORE, q), eo = out_bytes[COUNT_OF(STORE, out)];
    const int32_t row = (int32_t)cols * 4;
    const struct dim c[3] = {{n, (int32_t)COUNT_OF(STORE, c_sn) * row},
                             {p, (int32_t)COUNT_OF(STORE, c_sp) * row},
                             {q, (int32_t)COUNT_OF(STORE, c_sq) * row}};
    const struct dim d[3] = {{n, STRIDE_OF(STORE, d_sn)}, {p, STRIDE_OF(STORE, d_sp)}, {q, STRIDE_OF(STORE, d_sq)}};
    const struct dim r[3] = {{n, STRIDE_OF(STORE, r_sn)}, {p, STRIDE_OF(STORE, r_sp)}, {q, STRIDE_OF(STORE, r_sq)}};
    const int64_t dst = (int64_t)(COUNT_OF(STORE, dst_lo) | (uint64_t)COUNT_OF(STORE, dst_hi) << 32);
    /* One block is as wide as what it writes: the tail when it is the only one. */
    const uint32_t lanes = n == 1 ? COUNT_OF(STORE, n_tail) : cols;
    unsigned count = 0;
    out[count++] = (struct sy_touch){SYSTOLE_MEM_ACC, false, block((int64_t)COUNT_OF(STORE, c_base) * row, row, c, 3)};
    out[count++] = (struct sy_touch){
        COUNT_OF(STORE, dst) ? dst_space[COUNT_OF(STORE, dst)] : SY_SPACE_WINDOW + (int)COUNT_OF(STORE, window), true,
        block(dst, (int64_t)lanes * eo, d, 3)};
    if (COUNT_OF(STORE, scale) == SYSTOLE_SCALE_PARAM) {
        const int64_t base = (int64_t)COUNT_OF(STORE, s_base) * row;
        out[count++] = (struct sy_touch){SYSTOLE_MEM_PARAM, false, {base, base + (int64_t)n * row, 0, 0, 0}};
    }
    if (COUNT_OF(STORE, res))
        out[count++] = (struct sy_touch){
            SYSTOLE_MEM_APAD, false,
            block(COUNT_OF(STORE, r_base), (int64_t)cols * (COUNT_OF(STORE, res) == SYSTOLE_RES_BF16 ? 2 : 1), r, 3)};
    if (COUNT_OF(STORE, act) == SYSTOLE_ACT_TABLE)
        out[count++] = (struct sy_touch){SYSTOLE_MEM_LUT, false, {0, SYSTOLE_LUT_BYTES, 0, 0, 0}};
    return count;
}

unsigned sy_touches(const uint32_t *insn, uint32_t rows, uint32_t cols, struct sy_touch out[SY_MAX_TOUCHES])
{
    switch (SYSTOLE_GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_LOAD:
        out[0] = load_target(insn);
        out[1] = load_source(insn);
        return 2;
    case SYSTOLE_OP_FILL:
        out[0] = load_target(insn);
        return 1;
    case SYSTOLE_OP_MATMUL:
        return matmul_touches(insn, rows, cols, out);
    case SYSTOLE_OP_STORE:
        return store_touches(insn, cols, out);
    default:
        return 0;
    }
}
