/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of docs/semantics.md, instruction by instruction. */
#include "fields.h"
#include "reference.h"

/* The lowest and highest place that a base and its dimensions reach. */
struct extent {
    wide lo, hi;
};

static struct extent extent_of(wide base)
{
    const struct extent e = {base, base};
    return e;
}

static void extend(struct extent *e, wide count, wide stride)
{
    const wide reach = (count - 1) * stride;
    if (reach < 0) {
        e->lo += reach;
    } else {
        e->hi += reach;
    }
}

static bool inside(struct extent e, wide length, wide size)
{
    return e.lo >= 0 && e.hi + length <= size;
}

/* A field by name, sign extended where it is signed. */
#define U(type, name) ((wide)SYSTOLE_GET(insn, type, name))
#define S(type, name) ((wide)(int32_t)SYSTOLE_GET(insn, type, name))

static bool fields_legal(const uint32_t *insn)
{
    const uint32_t opcode = SYSTOLE_GET(insn, ANY, opcode);
    for (uint32_t w = 0; w < SYSTOLE_INSN_WORDS; w++) {
        if ((insn[w] & ~field_mask(opcode, w)) != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < field_count; i++) {
        const struct field *f = &field_table[i];
        if (!field_applies(f, opcode) || f->is_signed) {
            continue; /* no signed field has a limit of its own */
        }
        const uint32_t v = field_get(f, insn);
        if (v < f->min || (f->max != 0 && v > f->max)) {
            return false;
        }
    }
    const int queue = insn_queue(insn);
    const uint32_t own = queue < 0 ? 0 : 0xfu << (4 * queue);
    const uint32_t waits = SYSTOLE_GET(insn, ANY, wait);
    return (waits & ~own) == 0 && (queue >= 0 || SYSTOLE_GET(insn, ANY, signal) == 0);
}

static wide source_size(uint32_t conv)
{
    return conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY16 ? 2 : 4;
}

static wide target_size(uint32_t conv)
{
    return conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY32 ? 4 : 2;
}

static bool mem_takes(uint32_t mem, uint32_t conv)
{
    switch (mem) {
    case SYSTOLE_MEM_APAD:
    case SYSTOLE_MEM_WPAD:
        return conv != SYSTOLE_CONV_COPY32;
    case SYSTOLE_MEM_ACC:
    case SYSTOLE_MEM_PARAM:
        return conv == SYSTOLE_CONV_COPY32;
    default:
        return conv == SYSTOLE_CONV_COPY8;
    }
}

static bool window_aligned(const struct ref_window *w)
{
    return w->base % SYSTOLE_WINDOW_ALIGN == 0;
}

static uint32_t check_load(const struct ref_machine *m, const uint32_t *insn)
{
    const uint32_t mem = (uint32_t)U(LOAD, mem);
    const uint32_t conv = (uint32_t)U(LOAD, conv);
    const bool trans = U(LOAD, trans) != 0;
    const wide es = source_size(conv);
    const wide ed = target_size(conv);
    if (!mem_takes(mem, conv) || (trans && mem > SYSTOLE_MEM_WPAD)) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    if (!m->caps.has_fp && conv != SYSTOLE_CONV_COPY8 && conv != SYSTOLE_CONV_COPY32) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    if (U(LOAD, src_lo) % es || S(LOAD, s1) % es || S(LOAD, s2) % es || S(LOAD, s3) % es) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    if (U(LOAD, dst) % ed || S(LOAD, d1) % ed || S(LOAD, d2) % ed || S(LOAD, d3) % ed) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    struct extent to = extent_of(U(LOAD, dst));
    extend(&to, trans ? U(LOAD, len) : U(LOAD, n1), S(LOAD, d1));
    extend(&to, U(LOAD, n2), S(LOAD, d2));
    extend(&to, U(LOAD, n3), S(LOAD, d3));
    if (!inside(to, (trans ? U(LOAD, n1) : U(LOAD, len)) * ed, (wide)ref_mem_size(&m->caps, mem))) {
        return SYSTOLE_ERR_BAD_RANGE;
    }
    const struct ref_window *w = &m->window[U(LOAD, window)];
    struct extent from = extent_of(U(LOAD, src_lo) + (U(LOAD, src_hi) << 32));
    extend(&from, U(LOAD, n1), S(LOAD, s1));
    extend(&from, U(LOAD, n2), S(LOAD, s2));
    extend(&from, U(LOAD, n3), S(LOAD, s3));
    if (!window_aligned(w) || !inside(from, U(LOAD, len) * es, (wide)w->size)) {
        return SYSTOLE_ERR_BAD_WINDOW;
    }
    return SYSTOLE_ERR_OK;
}

static uint32_t check_fill(const struct ref_machine *m, const uint32_t *insn)
{
    const uint32_t mem = (uint32_t)U(FILL, mem);
    const uint32_t conv = (uint32_t)U(FILL, conv);
    const wide ed = target_size(conv);
    if (!mem_takes(mem, conv) || (!m->caps.has_fp && conv == SYSTOLE_CONV_COPY16)) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    if (U(FILL, dst) % ed || S(FILL, d1) % ed || S(FILL, d2) % ed || S(FILL, d3) % ed) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    struct extent to = extent_of(U(FILL, dst));
    extend(&to, U(FILL, n1), S(FILL, d1));
    extend(&to, U(FILL, n2), S(FILL, d2));
    extend(&to, U(FILL, n3), S(FILL, d3));
    return inside(to, U(FILL, len) * ed, (wide)ref_mem_size(&m->caps, mem)) ? SYSTOLE_ERR_OK : SYSTOLE_ERR_BAD_RANGE;
}

static bool matmul_legal(const struct ref_machine *m, const uint32_t *insn, wide vector, wide eb)
{
    const uint32_t mode = (uint32_t)U(MATMUL, mode);
    if (U(MATMUL, dtype) == SYSTOLE_DTYPE_BF16) {
        if (!m->caps.has_fp || U(MATMUL, a_unsigned) || U(MATMUL, b_unsigned) || U(MATMUL, a_zp) || U(MATMUL, b_zp)) {
            return false;
        }
    }
    if (U(MATMUL, k_tail) > m->caps.rows) {
        return false;
    }
    if (U(MATMUL, taps)) {
        const bool next = S(MATMUL, a_sq) == S(MATMUL, a_skc), second = S(MATMUL, a_sq) == 2 * S(MATMUL, a_skc);
        if (mode != SYSTOLE_MODE_DEPTHWISE || eb != 1 || U(MATMUL, kc) > m->caps.lane_taps || !(next || second)) {
            return false;
        }
    }
    if (U(MATMUL, a_base) % vector || S(MATMUL, a_skh) % vector || S(MATMUL, a_skw) % vector ||
        S(MATMUL, a_skc) % vector || S(MATMUL, a_sn) % vector || S(MATMUL, a_sp) % vector ||
        S(MATMUL, a_sq) % vector) {
        return false;
    }
    if (mode == SYSTOLE_MODE_MATRIX && U(MATMUL, w_base) % m->caps.word_bytes) {
        return false;
    }
    if (mode == SYSTOLE_MODE_DEPTHWISE && U(MATMUL, w_base) % ((wide)m->caps.cols * eb)) {
        return false;
    }
    const wide across = (U(MATMUL, q) - 1) * U(MATMUL, c_sq);
    const wide down = (U(MATMUL, p) - 1) * U(MATMUL, c_sp);
    return !(U(MATMUL, q) > 1 && U(MATMUL, c_sq) == 0) && !(U(MATMUL, p) > 1 && U(MATMUL, c_sp) <= across) &&
           !(U(MATMUL, n) > 1 && U(MATMUL, c_sn) <= down + across);
}

static uint32_t check_matmul(const struct ref_machine *m, const uint32_t *insn)
{
    const uint32_t mode = (uint32_t)U(MATMUL, mode);
    const wide eb = U(MATMUL, dtype) == SYSTOLE_DTYPE_BF16 ? 2 : 1;
    const wide vector = (mode == SYSTOLE_MODE_MATRIX ? m->caps.rows : m->caps.cols) * eb;
    if (!matmul_legal(m, insn, vector, eb)) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    struct extent a = extent_of(U(MATMUL, a_base));
    extend(&a, U(MATMUL, kh), S(MATMUL, a_skh));
    extend(&a, U(MATMUL, kw), S(MATMUL, a_skw));
    extend(&a, U(MATMUL, kc), S(MATMUL, a_skc));
    extend(&a, U(MATMUL, n), S(MATMUL, a_sn));
    extend(&a, U(MATMUL, p), S(MATMUL, a_sp));
    extend(&a, U(MATMUL, q), S(MATMUL, a_sq));
    if (!inside(a, vector, m->caps.apad_bytes)) {
        return SYSTOLE_ERR_BAD_RANGE;
    }
    const wide tiles = U(MATMUL, kh) * U(MATMUL, kw) * U(MATMUL, kc) * U(MATMUL, n);
    wide tile = 0; /* MAX and SUM read none */
    if (mode == SYSTOLE_MODE_MATRIX) {
        tile = (wide)m->caps.rows * m->caps.cols * eb;
    } else if (mode == SYSTOLE_MODE_DEPTHWISE) {
        tile = m->caps.cols * eb;
    }
    if (tile != 0 && U(MATMUL, w_base) + tiles * tile > m->caps.wpad_bytes) {
        return SYSTOLE_ERR_BAD_RANGE;
    }
    const wide last = U(MATMUL, c_base) + (U(MATMUL, n) - 1) * U(MATMUL, c_sn) +
                      (U(MATMUL, p) - 1) * U(MATMUL, c_sp) + (U(MATMUL, q) - 1) * U(MATMUL, c_sq);
    if (last >= m->caps.acc_rows) {
        return SYSTOLE_ERR_BAD_RANGE;
    }
    if (U(MATMUL, init) == SYSTOLE_INIT_PARAM && U(MATMUL, bias) + U(MATMUL, n) > m->caps.param_rows) {
        return SYSTOLE_ERR_BAD_RANGE;
    }
    return SYSTOLE_ERR_OK;
}

static wide out_size(uint32_t out)
{
    return out == SYSTOLE_OUT_BF16 ? 2 : out == SYSTOLE_OUT_I8 || out == SYSTOLE_OUT_U8 ? 1 : 4;
}

static bool store_legal(const struct ref_machine *m, const uint32_t *insn, wide eo, wide er)
{
    const uint32_t out = (uint32_t)U(STORE, out);
    const bool byte_out = out == SYSTOLE_OUT_I8 || out == SYSTOLE_OUT_U8;
    const bool pad = U(STORE, dst) != SYSTOLE_DST_DRAM;
    if (!m->caps.has_fp && (U(STORE, src_fp) || out == SYSTOLE_OUT_BF16 || U(STORE, res) == SYSTOLE_RES_BF16)) {
        return false;
    }
    if (out == SYSTOLE_OUT_RAW32 && (U(STORE, scale) || U(STORE, res) || U(STORE, act) || U(STORE, clamp))) {
        return false;
    }
    if (pad && (out == SYSTOLE_OUT_RAW32 || out == SYSTOLE_OUT_F32 || U(STORE, dst_hi) != 0)) {
        return false;
    }
    if ((U(STORE, act) == SYSTOLE_ACT_TABLE && !byte_out) || U(STORE, n_tail) > m->caps.cols) {
        return false;
    }
    const wide unit = pad ? m->caps.cols * eo : eo;
    if (U(STORE, dst_lo) % unit || S(STORE, d_sn) % unit || S(STORE, d_sp) % unit || S(STORE, d_sq) % unit) {
        return false;
    }
    const wide run = m->caps.cols * er;
    return U(STORE, res) == SYSTOLE_RES_NONE || !(U(STORE, r_base) % run || S(STORE, r_sn) % run ||
                                                  S(STORE, r_sp) % run || S(STORE, r_sq) % run);
}

static bool store_window(const struct ref_machine *m, const uint32_t *insn, wide eo)
{
    const struct ref_window *w = &m->window[U(STORE, window)];
    const wide n = U(STORE, n);
    const wide step = S(STORE, d_sn);
    struct extent e = extent_of(U(STORE, dst_lo) + (U(STORE, dst_hi) << 32));
    extend(&e, U(STORE, p), S(STORE, d_sp));
    extend(&e, U(STORE, q), S(STORE, d_sq));
    struct extent all = e;
    extend(&all, n, step);
    if (!window_aligned(w) || all.lo < 0 || e.hi + (n - 1) * step + U(STORE, n_tail) * eo > (wide)w->size) {
        return false;
    }
    const wide before = (n - 2) * step;
    return n == 1 || e.hi + (before > 0 ? before : 0) + m->caps.cols * eo <= (wide)w->size;
}

static uint32_t check_store(const struct ref_machine *m, const uint32_t *insn)
{
    const wide eo = out_size((uint32_t)U(STORE, out));
    const wide er = U(STORE, res) == SYSTOLE_RES_BF16 ? 2 : 1;
    if (!store_legal(m, insn, eo, er)) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    const wide last = U(STORE, c_base) + (U(STORE, n) - 1) * U(STORE, c_sn) + (U(STORE, p) - 1) * U(STORE, c_sp) +
                      (U(STORE, q) - 1) * U(STORE, c_sq);
    if (last >= m->caps.acc_rows) {
        return SYSTOLE_ERR_BAD_RANGE;
    }
    if (U(STORE, scale) == SYSTOLE_SCALE_PARAM && U(STORE, s_base) + U(STORE, n) > m->caps.param_rows) {
        return SYSTOLE_ERR_BAD_RANGE;
    }
    if (U(STORE, res) != SYSTOLE_RES_NONE) {
        struct extent r = extent_of(U(STORE, r_base));
        extend(&r, U(STORE, n), S(STORE, r_sn));
        extend(&r, U(STORE, p), S(STORE, r_sp));
        extend(&r, U(STORE, q), S(STORE, r_sq));
        if (!inside(r, m->caps.cols * er, m->caps.apad_bytes)) {
            return SYSTOLE_ERR_BAD_RANGE;
        }
    }
    if (U(STORE, dst) == SYSTOLE_DST_DRAM) {
        return store_window(m, insn, eo) ? SYSTOLE_ERR_OK : SYSTOLE_ERR_BAD_WINDOW;
    }
    struct extent d = extent_of(U(STORE, dst_lo));
    extend(&d, U(STORE, n), S(STORE, d_sn));
    extend(&d, U(STORE, p), S(STORE, d_sp));
    extend(&d, U(STORE, q), S(STORE, d_sq));
    const wide size = U(STORE, dst) == SYSTOLE_DST_APAD ? m->caps.apad_bytes : m->caps.wpad_bytes;
    return inside(d, m->caps.cols * eo, size) ? SYSTOLE_ERR_OK : SYSTOLE_ERR_BAD_RANGE;
}

uint32_t ref_check(const struct ref_machine *m, const uint32_t *insn)
{
    const uint32_t opcode = SYSTOLE_GET(insn, ANY, opcode);
    if (opcode_name(opcode) == NULL) {
        return SYSTOLE_ERR_BAD_OPCODE;
    }
    if (!fields_legal(insn)) {
        return SYSTOLE_ERR_BAD_FIELD;
    }
    switch (opcode) {
    case SYSTOLE_OP_LOAD:
        return check_load(m, insn);
    case SYSTOLE_OP_FILL:
        return check_fill(m, insn);
    case SYSTOLE_OP_MATMUL:
        return check_matmul(m, insn);
    case SYSTOLE_OP_STORE:
        return check_store(m, insn);
    default:
        return SYSTOLE_ERR_OK;
    }
}

wide ref_cost(const struct ref_caps *caps, const uint32_t *insn)
{
    switch (SYSTOLE_GET(insn, ANY, opcode)) {
    case SYSTOLE_OP_LOAD:
        return U(LOAD, n1) * U(LOAD, n2) * U(LOAD, n3) * (U(LOAD, len) + 8);
    case SYSTOLE_OP_FILL:
        return U(FILL, n1) * U(FILL, n2) * U(FILL, n3) * (U(FILL, len) + 1);
    case SYSTOLE_OP_MATMUL:
        return U(MATMUL, kh) * U(MATMUL, kw) * U(MATMUL, kc) * U(MATMUL, n) * (U(MATMUL, p) * U(MATMUL, q) + caps->rows);
    case SYSTOLE_OP_STORE:
        return U(STORE, n) * U(STORE, p) * U(STORE, q) * 16;
    default:
        return 1;
    }
}
