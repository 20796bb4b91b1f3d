/* SPDX-License-Identifier: Apache-2.0 */
/* LOAD, FILL and MATMUL of docs/semantics.md. */
#include "reference_internal.h"
#include "reference_math.h"

#define U(type, name) ((int64_t)SYSTOLE_GET(insn, type, name))
#define S(type, name) ((int64_t)(int32_t)SYSTOLE_GET(insn, type, name))

static uint32_t convert(uint32_t conv, uint32_t v)
{
    switch (conv) {
    case SYSTOLE_CONV_COPY16:
        return (v & 0x7fffu) > 0x7f80u ? 0x7fc0u : v;
    case SYSTOLE_CONV_F32_H:
        return math_split(v, 0);
    case SYSTOLE_CONV_F32_M:
        return math_split(v, 1);
    case SYSTOLE_CONV_F32_L:
        return math_split(v, 2);
    default:
        return v;
    }
}

void ref_load(struct ref_machine *m, const uint32_t *insn)
{
    const uint32_t conv = (uint32_t)U(LOAD, conv);
    const unsigned es = conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY16 ? 2 : 4;
    const unsigned ed = conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY32 ? 4 : 2;
    const int64_t source = U(LOAD, src_lo) + U(LOAD, src_hi) * (1LL << 32);
    for (int64_t i3 = 0; i3 < U(LOAD, n3); i3++) {
        for (int64_t i2 = 0; i2 < U(LOAD, n2); i2++) {
            for (int64_t i1 = 0; i1 < U(LOAD, n1); i1++) {
                for (int64_t i0 = 0; i0 < U(LOAD, len); i0++) {
                    const int64_t from =
                        source + i3 * S(LOAD, s3) + i2 * S(LOAD, s2) + i1 * S(LOAD, s1) + i0 * es;
                    int64_t to = U(LOAD, dst) + i3 * S(LOAD, d3) + i2 * S(LOAD, d2);
                    to += U(LOAD, trans) ? i0 * S(LOAD, d1) + i1 * ed : i1 * S(LOAD, d1) + i0 * ed;
                    const uint8_t *p = ref_dram_at(m, (unsigned)U(LOAD, window), from, es, false);
                    if (p == NULL) {
                        return;
                    }
                    const uint32_t v = convert(conv, ref_get(p, es));
                    ref_put(ref_mem_at(m, (unsigned)U(LOAD, mem), to, ed, true), ed, v);
                    m->counter[SYSTOLE_CNT_READ_BYTES] += es;
                }
            }
        }
    }
}

void ref_fill(struct ref_machine *m, const uint32_t *insn)
{
    const uint32_t conv = (uint32_t)U(FILL, conv);
    const unsigned ed = conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY16 ? 2 : 4;
    for (int64_t i3 = 0; i3 < U(FILL, n3); i3++) {
        for (int64_t i2 = 0; i2 < U(FILL, n2); i2++) {
            for (int64_t i1 = 0; i1 < U(FILL, n1); i1++) {
                for (int64_t i0 = 0; i0 < U(FILL, len); i0++) {
                    const int64_t to =
                        U(FILL, dst) + i3 * S(FILL, d3) + i2 * S(FILL, d2) + i1 * S(FILL, d1) + i0 * ed;
                    ref_put(ref_mem_at(m, (unsigned)U(FILL, mem), to, ed, true), ed, (uint32_t)U(FILL, value));
                }
            }
        }
    }
}

/* What the steps of a MATMUL need beside the addresses. */
struct lanes {
    uint32_t mode, rows;
    bool fp, a_unsigned, b_unsigned;
    int32_t a_zp, b_zp;
    unsigned eb;
};

static struct lanes lanes_of(const uint32_t *insn)
{
    struct lanes l = {
        .mode = (uint32_t)U(MATMUL, mode),
        .fp = U(MATMUL, dtype) == SYSTOLE_DTYPE_BF16,
        .a_unsigned = U(MATMUL, a_unsigned) != 0,
        .b_unsigned = U(MATMUL, b_unsigned) != 0,
    };
    l.a_zp = math_byte((uint8_t)U(MATMUL, a_zp), l.a_unsigned);
    l.b_zp = math_byte((uint8_t)U(MATMUL, b_zp), l.b_unsigned);
    l.eb = l.fp ? 2 : 1;
    return l;
}

static uint32_t mac(const struct lanes *l, uint32_t a, uint32_t b, uint32_t acc)
{
    if (l->fp) {
        return a == SYSTOLE_PAD_BF16 ? acc : math_mac_fp((uint16_t)a, (uint16_t)b, acc);
    }
    return math_mac_int(math_byte((uint8_t)a, l->a_unsigned) - l->a_zp, math_byte((uint8_t)b, l->b_unsigned) - l->b_zp,
                        acc);
}

static uint32_t largest(const struct lanes *l, uint32_t a, uint32_t acc)
{
    if (l->fp) {
        return a == SYSTOLE_PAD_BF16 ? acc : math_max_fp((uint16_t)a, acc);
    }
    return math_max_int(math_byte((uint8_t)a, l->a_unsigned) - l->a_zp, acc);
}

static uint32_t sum(const struct lanes *l, uint32_t a, uint32_t acc)
{
    if (l->fp) {
        return a == SYSTOLE_PAD_BF16 ? acc : math_sum_fp((uint16_t)a, acc);
    }
    return acc + (uint32_t)(math_byte((uint8_t)a, l->a_unsigned) - l->a_zp);
}

/* One lane of one step. */
static uint32_t lane_step(const struct lanes *l, const uint8_t *a, const uint8_t *w, uint32_t j, uint32_t cols,
                          uint32_t acc)
{
    switch (l->mode) {
    case SYSTOLE_MODE_MATRIX:
        for (uint32_t r = 0; r < l->rows; r++) {
            acc = mac(l, ref_get(a + r * l->eb, l->eb), ref_get(w + (r * cols + j) * l->eb, l->eb), acc);
        }
        return acc;
    case SYSTOLE_MODE_DEPTHWISE:
        return mac(l, ref_get(a + j * l->eb, l->eb), ref_get(w + j * l->eb, l->eb), acc);
    case SYSTOLE_MODE_MAX:
        return largest(l, ref_get(a + j * l->eb, l->eb), acc);
    default:
        return sum(l, ref_get(a + j * l->eb, l->eb), acc);
    }
}

static void init_row(struct ref_machine *m, const uint32_t *insn, const struct lanes *l, int64_t n, uint8_t *row)
{
    const uint32_t cols = m->caps.cols;
    const uint8_t *param = NULL;
    if (U(MATMUL, init) == SYSTOLE_INIT_PARAM) {
        param = ref_mem_at(m, SYSTOLE_MEM_PARAM, (U(MATMUL, bias) + n) * cols * 4, cols * 4, false);
    }
    uint32_t zero = 0;
    if (l->mode == SYSTOLE_MODE_MAX) {
        zero = l->fp ? 0xff800000u : 0x80000000u;
    }
    for (uint32_t j = 0; j < cols; j++) {
        ref_put(row + 4 * j, 4, param != NULL ? ref_get(param + 4 * j, 4) : zero);
    }
}

/* One step of the chains for one block of columns: all pixels against one tile. */
static void block(struct ref_machine *m, const uint32_t *insn, const struct lanes *l, int64_t n, int64_t a_base,
                  const uint8_t *w, bool first)
{
    const uint32_t cols = m->caps.cols;
    const size_t vector = (l->mode == SYSTOLE_MODE_MATRIX ? l->rows : cols) * l->eb;
    const bool fresh = first && U(MATMUL, init) != SYSTOLE_INIT_ACC;
    for (int64_t p = 0; p < U(MATMUL, p); p++) {
        for (int64_t q = 0; q < U(MATMUL, q); q++) {
            const int64_t at = a_base + n * S(MATMUL, a_sn) + p * S(MATMUL, a_sp) + q * S(MATMUL, a_sq);
            const uint8_t *a = ref_mem_at(m, SYSTOLE_MEM_APAD, at, vector, false);
            const int64_t c =
                U(MATMUL, c_base) + n * U(MATMUL, c_sn) + p * U(MATMUL, c_sp) + q * U(MATMUL, c_sq);
            uint8_t *row = ref_mem_at(m, SYSTOLE_MEM_ACC, c * cols * 4, cols * 4, true);
            if (fresh) {
                init_row(m, insn, l, n, row);
            }
            for (uint32_t j = 0; j < cols; j++) {
                ref_put(row + 4 * j, 4, lane_step(l, a, w, j, cols, ref_get(row + 4 * j, 4)));
            }
        }
    }
}

/* Which tile a step has: as they come; with taps at once, those of a block before those of the next. */
static int64_t tile_index(const uint32_t *insn, int64_t kh, int64_t kw, int64_t kc, int64_t n)
{
    const int64_t before = (kh * U(MATMUL, kw) + kw) * U(MATMUL, kc) * U(MATMUL, n);
    return before + (U(MATMUL, taps) ? n * U(MATMUL, kc) + kc : kc * U(MATMUL, n) + n);
}

void ref_matmul(struct ref_machine *m, const uint32_t *insn)
{
    struct lanes l = lanes_of(insn);
    for (int64_t kh = 0; kh < U(MATMUL, kh); kh++) {
        for (int64_t kw = 0; kw < U(MATMUL, kw); kw++) {
            for (int64_t kc = 0; kc < U(MATMUL, kc); kc++) {
                const bool last = kc == U(MATMUL, kc) - 1;
                l.rows = last ? (uint32_t)U(MATMUL, k_tail) : m->caps.rows;
                for (int64_t n = 0; n < U(MATMUL, n); n++) {
                    const uint8_t *w = NULL;
                    const size_t row = (size_t)m->caps.cols * l.eb;
                    const int64_t at = tile_index(insn, kh, kw, kc, n) * (int64_t)row;
                    if (l.mode == SYSTOLE_MODE_MATRIX) {
                        w = ref_mem_at(m, SYSTOLE_MEM_WPAD, U(MATMUL, w_base) + at * m->caps.rows, l.rows * row, false);
                    } else if (l.mode == SYSTOLE_MODE_DEPTHWISE) {
                        w = ref_mem_at(m, SYSTOLE_MEM_WPAD, U(MATMUL, w_base) + at, row, false);
                    }
                    const int64_t a_base = U(MATMUL, a_base) + kh * S(MATMUL, a_skh) + kw * S(MATMUL, a_skw) +
                                           kc * S(MATMUL, a_skc);
                    block(m, insn, &l, n, a_base, w, kh == 0 && kw == 0 && kc == 0);
                }
            }
        }
    }
}
