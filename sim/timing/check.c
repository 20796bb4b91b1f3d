/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of an instruction, in the order of docs/semantics.md, and what the decoder finds out on the way. */
#include "timing.h"

/* ---- fields ---- */

struct field {
    uint8_t word, lsb, width;
    uint32_t min, max;
};

#define FIELD(f, w, l, n, lo, hi) {w, l, n, (uint32_t)(lo), (uint32_t)(hi)},
/* One table an instruction; ANY stands in each. */
#define SYSTOLE_FIELD(insn, field, word, lsb, width, sign, min, max, doc) TABLE_##insn(field, word, lsb, width, min, max)
#define SKIP(f, w, l, n, lo, hi)
#define TABLE_ANY FIELD
#define TABLE_SYNC SKIP
#define TABLE_LOAD SKIP
#define TABLE_FILL SKIP
#define TABLE_MATMUL SKIP
#define TABLE_STORE SKIP
static const struct field fields_end[] = {
#include "../../driver/spec/fields.def"
};
#undef TABLE_SYNC
#define TABLE_SYNC FIELD
static const struct field fields_sync[] = {
#include "../../driver/spec/fields.def"
};
#undef TABLE_SYNC
#define TABLE_SYNC SKIP
#undef TABLE_LOAD
#define TABLE_LOAD FIELD
static const struct field fields_load[] = {
#include "../../driver/spec/fields.def"
};
#undef TABLE_LOAD
#define TABLE_LOAD SKIP
#undef TABLE_FILL
#define TABLE_FILL FIELD
static const struct field fields_fill[] = {
#include "../../driver/spec/fields.def"
};
#undef TABLE_FILL
#define TABLE_FILL SKIP
#undef TABLE_MATMUL
#define TABLE_MATMUL FIELD
static const struct field fields_matmul[] = {
#include "../../driver/spec/fields.def"
};
#undef TABLE_MATMUL
#define TABLE_MATMUL SKIP
#undef TABLE_STORE
#define TABLE_STORE FIELD
static const struct field fields_store[] = {
#include "../../driver/spec/fields.def"
};
#undef SYSTOLE_FIELD

struct fields {
    const struct field *list;
    size_t count;
};

#define FIELDS(name) {name, sizeof(name) / sizeof((name)[0])}

static bool fields_legal(const uint32_t *words, uint32_t op)
{
    static const struct fields all[] = {[SYSTOLE_OP_END] = FIELDS(fields_end),   [SYSTOLE_OP_SYNC] = FIELDS(fields_sync),
                                        [SYSTOLE_OP_LOAD] = FIELDS(fields_load), [SYSTOLE_OP_FILL] = FIELDS(fields_fill),
                                        [SYSTOLE_OP_MATMUL] = FIELDS(fields_matmul),
                                        [SYSTOLE_OP_STORE] = FIELDS(fields_store)};
    uint32_t used[SYSTOLE_INSN_WORDS] = {0};
    for (size_t i = 0; i < all[op].count; i++) {
        const struct field *f = &all[op].list[i];
        const uint32_t mask = SYSTOLE_MASK(f->width);
        const uint32_t value = words[f->word] >> f->lsb & mask;
        used[f->word] |= mask << f->lsb;
        if (value < f->min || (f->max != 0 && value > f->max))
            return false;
    }
    for (size_t w = 0; w < SYSTOLE_INSN_WORDS; w++)
        if ((words[w] & ~used[w]) != 0)
            return false;
    return true;
}

/* ---- extents ---- */

struct extent {
    int64_t lo, hi;
};

static void reach(struct extent *e, uint32_t count, int64_t stride)
{
    const int64_t span = ((int64_t)count - 1) * stride;
    if (span < 0)
        e->lo += span;
    else
        e->hi += span;
}

static bool aligned(uint32_t bits, uint32_t to)
{
    return (bits & (to - 1)) == 0;
}

static bool inside(int64_t lo, int64_t hi, int64_t size)
{
    return lo >= 0 && hi <= size;
}

#define G(type, field) SYSTOLE_GET(w, type, field)
#define S(type, field) ((int64_t)(int32_t)SYSTOLE_GET(w, type, field))

/* Nobody has a window of more than 2^63 - 1 bytes. */
static int64_t window_bytes(const struct timing *m, uint32_t window)
{
    const uint64_t size = m->window_size[window];
    return size > INT64_MAX ? INT64_MAX : (int64_t)size;
}

static int64_t memory_bytes(const struct timing_config *c, uint32_t mem)
{
    switch (mem) {
    case SYSTOLE_MEM_APAD:
        return c->apad_bytes;
    case SYSTOLE_MEM_WPAD:
        return c->wpad_bytes;
    case SYSTOLE_MEM_ACC:
        return (int64_t)c->acc_rows * c->cols * 4;
    case SYSTOLE_MEM_PARAM:
        return (int64_t)c->param_rows * c->cols * 4;
    default:
        return SYSTOLE_LUT_BYTES;
    }
}

/* ---- LOAD and FILL ---- */

static bool load_fields_bad(const struct timing *m, const uint32_t *w, bool is_load, uint32_t es, uint32_t ed)
{
    const uint32_t mem = G(LOAD, mem), conv = G(LOAD, conv);
    const bool pads = mem == SYSTOLE_MEM_APAD || mem == SYSTOLE_MEM_WPAD;
    const bool words = mem == SYSTOLE_MEM_ACC || mem == SYSTOLE_MEM_PARAM;
    return (pads && conv == SYSTOLE_CONV_COPY32) || (words && conv != SYSTOLE_CONV_COPY32) ||
           (mem == SYSTOLE_MEM_LUT && conv != SYSTOLE_CONV_COPY8) ||
           (!m->c.has_fp && conv != SYSTOLE_CONV_COPY8 && conv != SYSTOLE_CONV_COPY32) ||
           !aligned(G(LOAD, dst) | G(LOAD, d1) | G(LOAD, d2) | G(LOAD, d3), ed) ||
           (is_load && G(LOAD, trans) && !pads) ||
           (is_load && !aligned(G(LOAD, src_lo) | G(LOAD, s1) | G(LOAD, s2) | G(LOAD, s3), es));
}

static uint32_t check_load(const struct timing *m, const uint32_t *w, bool is_load)
{
    const uint32_t conv = G(LOAD, conv);
    const uint32_t es = conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY16 ? 2 : 4;
    const uint32_t ed = conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY32 ? 4 : 2;
    if (load_fields_bad(m, w, is_load, es, ed))
        return SYSTOLE_ERR_BAD_FIELD;
    const bool trans = is_load && G(LOAD, trans);
    struct extent in = {0, 0}, out = {0, 0};
    reach(&in, trans ? G(LOAD, len) : G(LOAD, n1), S(LOAD, d1));
    reach(&in, G(LOAD, n2), S(LOAD, d2));
    reach(&in, G(LOAD, n3), S(LOAD, d3));
    const int64_t dst = G(LOAD, dst), inner = trans ? G(LOAD, n1) : G(LOAD, len);
    if (!inside(dst + in.lo, dst + in.hi + inner * ed, memory_bytes(&m->c, G(LOAD, mem))))
        return SYSTOLE_ERR_BAD_RANGE;
    if (!is_load)
        return SYSTOLE_ERR_OK;
    reach(&out, G(LOAD, n1), S(LOAD, s1));
    reach(&out, G(LOAD, n2), S(LOAD, s2));
    reach(&out, G(LOAD, n3), S(LOAD, s3));
    const uint32_t window = G(LOAD, window);
    const int64_t src = (int64_t)G(LOAD, src_hi) << 32 | G(LOAD, src_lo);
    const bool is_bad = m->window_base[window] % SYSTOLE_WINDOW_ALIGN != 0 || src + out.lo < 0 ||
                        src + out.hi + (int64_t)G(LOAD, len) * es > window_bytes(m, window);
    return is_bad ? SYSTOLE_ERR_BAD_WINDOW : SYSTOLE_ERR_OK;
}

/* ---- MATMUL ---- */

static int64_t rows_reached(const uint32_t *w, bool *nested)
{
    const uint32_t count[3] = {G(MATMUL, q), G(MATMUL, p), G(MATMUL, n)};
    const int64_t stride[3] = {G(MATMUL, c_sq), G(MATMUL, c_sp), G(MATMUL, c_sn)};
    int64_t rows = 0;
    *nested = true;
    for (int i = 0; i < 3; i++) {
        *nested = *nested && (count[i] == 1 || stride[i] > rows);
        rows += ((int64_t)count[i] - 1) * stride[i];
    }
    return rows;
}

/* The product, or all ones where it has no place in 32 bits. */
static uint32_t times(uint32_t a, uint32_t b)
{
    const uint64_t product = (uint64_t)a * b;
    return product >> 32 ? UINT32_MAX : (uint32_t)product;
}

static bool matmul_fields_bad(const struct timing *m, const uint32_t *w, bool fp, uint32_t vector)
{
    const uint32_t mode = G(MATMUL, mode);
    const bool weights = mode == SYSTOLE_MODE_MATRIX || mode == SYSTOLE_MODE_DEPTHWISE;
    const uint32_t word = mode == SYSTOLE_MODE_MATRIX ? m->c.word_bytes : m->c.cols << fp;
    return (fp && (!m->c.has_fp || G(MATMUL, a_unsigned) || G(MATMUL, b_unsigned) || G(MATMUL, a_zp) || G(MATMUL, b_zp))) ||
           G(MATMUL, k_tail) > m->c.rows ||
           (G(MATMUL, taps) && (mode != SYSTOLE_MODE_DEPTHWISE || fp || G(MATMUL, kc) > m->c.lane_taps ||
                                (S(MATMUL, a_sq) != S(MATMUL, a_skc) && S(MATMUL, a_sq) != 2 * S(MATMUL, a_skc)))) ||
           !aligned(G(MATMUL, a_base) | G(MATMUL, a_skh) | G(MATMUL, a_skw) | G(MATMUL, a_skc) | G(MATMUL, a_sn) |
                        G(MATMUL, a_sp) | G(MATMUL, a_sq), vector) ||
           (weights && !aligned(G(MATMUL, w_base), word));
}

static uint32_t check_matmul(const struct timing *m, const uint32_t *w, uint16_t *c_hi)
{
    const uint32_t mode = G(MATMUL, mode);
    const bool fp = G(MATMUL, dtype) == SYSTOLE_DTYPE_BF16, matrix = mode == SYSTOLE_MODE_MATRIX;
    const uint32_t vector = (matrix ? m->c.rows : m->c.cols) << fp;
    bool nested;
    const int64_t rows = rows_reached(w, &nested);
    *c_hi = (uint16_t)(rows + G(MATMUL, c_base));
    if (matmul_fields_bad(m, w, fp, vector) || !nested)
        return SYSTOLE_ERR_BAD_FIELD;
    struct extent a = {G(MATMUL, a_base), (int64_t)G(MATMUL, a_base) + vector};
    reach(&a, G(MATMUL, kh), S(MATMUL, a_skh));
    reach(&a, G(MATMUL, kw), S(MATMUL, a_skw));
    reach(&a, G(MATMUL, kc), S(MATMUL, a_skc));
    reach(&a, G(MATMUL, n), S(MATMUL, a_sn));
    reach(&a, G(MATMUL, p), S(MATMUL, a_sp));
    reach(&a, G(MATMUL, q), S(MATMUL, a_sq));
    const uint32_t tiles = times(G(MATMUL, n), times(G(MATMUL, kc), times(G(MATMUL, kw), G(MATMUL, kh))));
    const int64_t tile = (int64_t)((matrix ? m->c.rows * m->c.cols : m->c.cols) << fp);
    const bool weights = matrix || mode == SYSTOLE_MODE_DEPTHWISE;
    if (!inside(a.lo, a.hi, m->c.apad_bytes) || (weights && (int64_t)G(MATMUL, w_base) + tiles * tile > m->c.wpad_bytes) ||
        rows + G(MATMUL, c_base) >= m->c.acc_rows ||
        (G(MATMUL, init) == SYSTOLE_INIT_PARAM && G(MATMUL, bias) + G(MATMUL, n) > m->c.param_rows))
        return SYSTOLE_ERR_BAD_RANGE;
    return SYSTOLE_ERR_OK;
}

/* ---- STORE ---- */

static bool store_fields_bad(const struct timing *m, const uint32_t *w, uint32_t eo, uint32_t er)
{
    const uint32_t out = G(STORE, out), dst = G(STORE, dst), cols = m->c.cols;
    const uint32_t strides = G(STORE, d_sn) | G(STORE, d_sp) | G(STORE, d_sq) | G(STORE, dst_lo);
    return (!m->c.has_fp && (G(STORE, src_fp) || out == SYSTOLE_OUT_BF16 || G(STORE, res) == SYSTOLE_RES_BF16)) ||
           (out == SYSTOLE_OUT_RAW32 && (G(STORE, scale) || G(STORE, res) || G(STORE, act) || G(STORE, clamp))) ||
           (dst != SYSTOLE_DST_DRAM && (out == SYSTOLE_OUT_RAW32 || out == SYSTOLE_OUT_F32 || G(STORE, dst_hi) != 0)) ||
           (G(STORE, act) == SYSTOLE_ACT_TABLE && out != SYSTOLE_OUT_I8 && out != SYSTOLE_OUT_U8) || G(STORE, n_tail) > cols ||
           !aligned(strides, dst == SYSTOLE_DST_DRAM ? eo : cols * eo) ||
           (G(STORE, res) && !aligned(G(STORE, r_base) | G(STORE, r_sn) | G(STORE, r_sp) | G(STORE, r_sq), cols * er));
}

static bool store_window_bad(const struct timing *m, const uint32_t *w, uint32_t eo)
{
    const uint32_t window = G(STORE, window), n = G(STORE, n);
    const int64_t dst = (int64_t)G(STORE, dst_hi) << 32 | G(STORE, dst_lo), size = window_bytes(m, window);
    struct extent out = {0, 0};
    reach(&out, G(STORE, q), S(STORE, d_sq));
    reach(&out, G(STORE, p), S(STORE, d_sp));
    const int64_t last = ((int64_t)n - 1) * S(STORE, d_sn);
    const int64_t before = n > 1 ? ((int64_t)n - 2) * S(STORE, d_sn) : 0, prior = before > 0 ? before : 0;
    return m->window_base[window] % SYSTOLE_WINDOW_ALIGN != 0 || dst + out.lo + (last < 0 ? last : 0) < 0 ||
           dst + out.hi + last + (int64_t)G(STORE, n_tail) * eo > size ||
           (n != 1 && dst + out.hi + prior + (int64_t)m->c.cols * eo > size);
}

static uint32_t check_store(const struct timing *m, const uint32_t *w)
{
    const uint32_t out = G(STORE, out), dst = G(STORE, dst);
    const uint32_t eo = out == SYSTOLE_OUT_BF16 ? 2 : out >= SYSTOLE_OUT_I8 ? 1 : 4;
    const uint32_t er = G(STORE, res) == SYSTOLE_RES_BF16 ? 2 : 1;
    if (store_fields_bad(m, w, eo, er))
        return SYSTOLE_ERR_BAD_FIELD;
    const int64_t row = G(STORE, c_base) + (int64_t)(G(STORE, n) - 1) * G(STORE, c_sn) +
                        (int64_t)(G(STORE, p) - 1) * G(STORE, c_sp) + (int64_t)(G(STORE, q) - 1) * G(STORE, c_sq);
    struct extent r = {G(STORE, r_base), (int64_t)G(STORE, r_base) + m->c.cols * er};
    reach(&r, G(STORE, q), S(STORE, r_sq));
    reach(&r, G(STORE, p), S(STORE, r_sp));
    reach(&r, G(STORE, n), S(STORE, r_sn));
    struct extent d = {G(STORE, dst_lo), (int64_t)G(STORE, dst_lo) + m->c.cols * eo};
    reach(&d, G(STORE, q), S(STORE, d_sq));
    reach(&d, G(STORE, p), S(STORE, d_sp));
    reach(&d, G(STORE, n), S(STORE, d_sn));
    if (row >= m->c.acc_rows ||
        (G(STORE, scale) == SYSTOLE_SCALE_PARAM && G(STORE, s_base) + G(STORE, n) > m->c.param_rows) ||
        (G(STORE, res) && !inside(r.lo, r.hi, m->c.apad_bytes)) ||
        (dst != SYSTOLE_DST_DRAM && !inside(d.lo, d.hi, dst == SYSTOLE_DST_APAD ? m->c.apad_bytes : m->c.wpad_bytes)))
        return SYSTOLE_ERR_BAD_RANGE;
    return dst == SYSTOLE_DST_DRAM && store_window_bad(m, w, eo) ? SYSTOLE_ERR_BAD_WINDOW : SYSTOLE_ERR_OK;
}

/* ---- all ---- */

static bool find_queue(const uint32_t *w, uint32_t op, uint8_t *queue)
{
    switch (op) {
    case SYSTOLE_OP_END:
    case SYSTOLE_OP_LOAD:
    case SYSTOLE_OP_FILL:
        *queue = SYSTOLE_QUEUE_LOAD;
        return true;
    case SYSTOLE_OP_MATMUL:
        *queue = SYSTOLE_QUEUE_COMPUTE;
        return true;
    case SYSTOLE_OP_STORE:
        *queue = SYSTOLE_QUEUE_STORE;
        return true;
    case SYSTOLE_OP_SYNC:
        *queue = (uint8_t)G(SYNC, queue);
        return true;
    default:
        return false;
    }
}

uint32_t timing_check(const struct timing *m, struct timing_insn *insn)
{
    const uint32_t *w = insn->words;
    const uint32_t op = G(ANY, opcode);
    insn->op = (uint8_t)op;
    if (!find_queue(w, op, &insn->queue))
        return SYSTOLE_ERR_BAD_OPCODE;
    const uint32_t own = op == SYSTOLE_OP_END || insn->queue > 2 ? 0 : 0xfu << (4 * insn->queue);
    insn->wait = (uint16_t)G(ANY, wait);
    insn->signal = (uint16_t)G(ANY, signal);
    if (!fields_legal(w, op) || (insn->wait & ~own) != 0 || (op == SYSTOLE_OP_END && insn->signal != 0))
        return SYSTOLE_ERR_BAD_FIELD;
    insn->base = m->window_base[op == SYSTOLE_OP_STORE ? G(STORE, window) : G(LOAD, window)];
    switch (op) {
    case SYSTOLE_OP_LOAD:
    case SYSTOLE_OP_FILL:
        return check_load(m, w, op == SYSTOLE_OP_LOAD);
    case SYSTOLE_OP_MATMUL:
        return check_matmul(m, w, &insn->c_hi);
    case SYSTOLE_OP_STORE:
        return check_store(m, w);
    default:
        return SYSTOLE_ERR_OK;
    }
}
