/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be wrong with an instruction, known before it runs. One function a rule set of docs/semantics.md, its
 * conditions in the order of that page.
 */
#include "extent.h"
#include "state.h"

/* Codes of the instructions by name, and 0 for the fields that stand in all of them. */
enum insn_code {
    CODE_ANY = 0,
#define SYSTOLE_OPCODE(name, code, queue, doc) CODE_##name = (code),
#include "../driver/spec/opcodes.def"
#undef SYSTOLE_OPCODE
};

#define FIELD(type, name) SYSTOLE_GET(insn, type, name)
#define STRIDE(type, name) ((int32_t)SYSTOLE_GET(insn, type, name))

/* Whether any of the values, joined by |, is not a multiple of `unit`, a power of two. */
static bool ragged(uint32_t values, uint32_t unit)
{
    return (values & (unit - 1)) != 0;
}

static bool opcode_known(uint32_t opcode)
{
    switch (opcode) {
#define SYSTOLE_OPCODE(name, code, queue, doc) case (code):
#include "../driver/spec/opcodes.def"
#undef SYSTOLE_OPCODE
        return true;
    default:
        return false;
    }
}

/* A reserved bit, or a field outside its own minimum and maximum. */
static bool fields_bad(const uint32_t insn[SYSTOLE_INSN_WORDS], uint32_t opcode)
{
    uint32_t used[SYSTOLE_INSN_WORDS] = {0};
    bool bad = false;
    int64_t value;
#define SYSTOLE_FIELD(type, name, word, lsb, width, sign, min, max, doc)                                               \
    if ((int)CODE_##type == (int)CODE_ANY || opcode == (uint32_t)CODE_##type) {                                        \
        used[word] |= SYSTOLE_MASK(width) << (lsb);                                                                    \
        value = (int64_t)((insn[word] >> (lsb)) & SYSTOLE_MASK(width));                                                \
        bad |= value < (min) || ((max) != 0 && value > (max));                                                         \
    }
#include "../driver/spec/fields.def"
#undef SYSTOLE_FIELD
    HLS_LABEL(reserved)
    for (uint32_t w = 0; w < SYSTOLE_INSN_WORDS; w++)
        bad |= (insn[w] & ~used[w]) != 0;
    return bad;
}

uint32_t systole_hls_queue_of(const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    switch (FIELD(ANY, opcode)) {
    case SYSTOLE_OP_SYNC:
        return FIELD(SYNC, queue);
    case SYSTOLE_OP_MATMUL:
        return SYSTOLE_QUEUE_COMPUTE;
    case SYSTOLE_OP_STORE:
        return SYSTOLE_QUEUE_STORE;
    default:
        return SYSTOLE_QUEUE_LOAD;
    }
}

/* The queue is legal by now. */
static bool tokens_bad(const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t wait = FIELD(ANY, wait);
    if (FIELD(ANY, opcode) == SYSTOLE_OP_END)
        return wait != 0 || FIELD(ANY, signal) != 0;
    const uint32_t own = 0xfu << (SYSTOLE_TOKENS_PER_QUEUE * systole_hls_queue_of(insn));
    return (wait & ~own) != 0;
}

static uint64_t memory_bytes(uint32_t mem)
{
    switch (mem) {
    case SYSTOLE_MEM_APAD:
        return SYSTOLE_APAD_BYTES;
    case SYSTOLE_MEM_WPAD:
        return SYSTOLE_WPAD_BYTES;
    case SYSTOLE_MEM_ACC:
        return (uint64_t)SYSTOLE_ACC_ROWS * SYSTOLE_COLS * 4;
    case SYSTOLE_MEM_PARAM:
        return (uint64_t)SYSTOLE_PARAM_ROWS * SYSTOLE_COLS * 4;
    default:
        return SYSTOLE_LUT_BYTES;
    }
}

/* Of LOAD and FILL: conversions that a memory does not take, or the device does not have. */
static bool conversion_bad(uint32_t mem, uint32_t conv)
{
    const bool pad = mem == SYSTOLE_MEM_APAD || mem == SYSTOLE_MEM_WPAD;
    if (mem == SYSTOLE_MEM_LUT)
        return conv != SYSTOLE_CONV_COPY8;
    if (pad == (conv == SYSTOLE_CONV_COPY32))
        return true;
    return !SYSTOLE_HAS_FP && conv != SYSTOLE_CONV_COPY8 && conv != SYSTOLE_CONV_COPY32;
}

static uint32_t loaded_bytes(uint32_t conv)
{
    return conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY32 ? 4 : 2;
}

static enum systole_error check_load(const struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t mem = FIELD(LOAD, mem);
    const uint32_t conv = FIELD(LOAD, conv);
    const uint32_t trans = FIELD(LOAD, trans);
    const uint32_t window = FIELD(LOAD, window);
    const uint32_t n1 = FIELD(LOAD, n1);
    const uint32_t n2 = FIELD(LOAD, n2);
    const uint32_t n3 = FIELD(LOAD, n3);
    const uint32_t len = FIELD(LOAD, len);
    const uint32_t ed = loaded_bytes(conv);
    const uint32_t es = conv >= SYSTOLE_CONV_F32_H ? 4 : ed;

    if (conversion_bad(mem, conv) || (trans && mem != SYSTOLE_MEM_APAD && mem != SYSTOLE_MEM_WPAD) ||
        ragged(FIELD(LOAD, src_lo) | FIELD(LOAD, s1) | FIELD(LOAD, s2) | FIELD(LOAD, s3), es) ||
        ragged(FIELD(LOAD, dst) | FIELD(LOAD, d1) | FIELD(LOAD, d2) | FIELD(LOAD, d3), ed))
        return SYSTOLE_ERR_BAD_FIELD;

    struct extent to = extent_along(extent_at(FIELD(LOAD, dst)), trans ? len : n1, STRIDE(LOAD, d1));
    to = extent_along(extent_along(to, n2, STRIDE(LOAD, d2)), n3, STRIDE(LOAD, d3));
    if (!extent_inside(to, (uint64_t)(trans ? n1 : len) * ed, memory_bytes(mem)))
        return SYSTOLE_ERR_BAD_RANGE;

    const uint64_t src = FIELD(LOAD, src_lo) | (uint64_t)FIELD(LOAD, src_hi) << 32;
    struct extent from = extent_along(extent_at(src), n1, STRIDE(LOAD, s1));
    from = extent_along(extent_along(from, n2, STRIDE(LOAD, s2)), n3, STRIDE(LOAD, s3));
    if (((s->misaligned >> window) & 1u) || !extent_inside(from, (uint64_t)len * es, s->size[window]))
        return SYSTOLE_ERR_BAD_WINDOW;
    return SYSTOLE_ERR_OK;
}

static enum systole_error check_fill(const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t mem = FIELD(FILL, mem);
    const uint32_t conv = FIELD(FILL, conv);
    const uint32_t ed = loaded_bytes(conv);

    if (conversion_bad(mem, conv) ||
        ragged(FIELD(FILL, dst) | FIELD(FILL, d1) | FIELD(FILL, d2) | FIELD(FILL, d3), ed))
        return SYSTOLE_ERR_BAD_FIELD;

    struct extent to = extent_along(extent_at(FIELD(FILL, dst)), FIELD(FILL, n1), STRIDE(FILL, d1));
    to = extent_along(to, FIELD(FILL, n2), STRIDE(FILL, d2));
    to = extent_along(to, FIELD(FILL, n3), STRIDE(FILL, d3));
    if (!extent_inside(to, (uint64_t)FIELD(FILL, len) * ed, memory_bytes(mem)))
        return SYSTOLE_ERR_BAD_RANGE;
    return SYSTOLE_ERR_OK;
}

static bool matmul_fields_bad(const uint32_t insn[SYSTOLE_INSN_WORDS], uint32_t eb)
{
    const uint32_t mode = FIELD(MATMUL, mode);
    const uint32_t vector = eb * (mode == SYSTOLE_MODE_MATRIX ? SYSTOLE_ROWS : SYSTOLE_COLS);
    const uint32_t sp = FIELD(MATMUL, c_sp);
    const uint32_t sq = FIELD(MATMUL, c_sq);
    const uint32_t n = FIELD(MATMUL, n);
    const uint32_t p = FIELD(MATMUL, p);
    const uint32_t q = FIELD(MATMUL, q);
    const uint64_t row_end = (uint64_t)(q - 1) * sq;

    if (eb == 2 && (!SYSTOLE_HAS_FP || FIELD(MATMUL, a_unsigned) || FIELD(MATMUL, b_unsigned) ||
                    FIELD(MATMUL, a_zp) || FIELD(MATMUL, b_zp)))
        return true;
    if (FIELD(MATMUL, k_tail) > SYSTOLE_ROWS)
        return true;
    if (FIELD(MATMUL, taps) &&
        (mode != SYSTOLE_MODE_DEPTHWISE || eb == 2 || FIELD(MATMUL, kc) > SYSTOLE_LANE_TAPS ||
         (STRIDE(MATMUL, a_sq) != STRIDE(MATMUL, a_skc) &&
          STRIDE(MATMUL, a_sq) != 2 * (int64_t)STRIDE(MATMUL, a_skc))))
        return true;
    if (ragged(FIELD(MATMUL, a_base) | FIELD(MATMUL, a_skh) | FIELD(MATMUL, a_skw) | FIELD(MATMUL, a_skc) |
                   FIELD(MATMUL, a_sn) | FIELD(MATMUL, a_sp) | FIELD(MATMUL, a_sq),
               vector))
        return true;
    if ((mode == SYSTOLE_MODE_MATRIX && ragged(FIELD(MATMUL, w_base), SYSTOLE_WORD_BYTES)) ||
        (mode == SYSTOLE_MODE_DEPTHWISE && ragged(FIELD(MATMUL, w_base), SYSTOLE_COLS * eb)))
        return true;
    return (q > 1 && sq == 0) || (p > 1 && sp <= row_end) ||
           (n > 1 && FIELD(MATMUL, c_sn) <= (uint64_t)(p - 1) * sp + row_end);
}

/* Whether the tiles of weights reach beyond WPAD. Each factor is cut as soon as the product has left any memory. */
static bool weights_outside(const uint32_t insn[SYSTOLE_INSN_WORDS], uint32_t tile)
{
    const uint64_t enough = (uint64_t)1 << 32;
    uint64_t tiles = (uint64_t)FIELD(MATMUL, kh) * FIELD(MATMUL, kw);
    tiles = (tiles > enough ? enough : tiles) * FIELD(MATMUL, kc);
    tiles = (tiles > enough ? enough : tiles) * FIELD(MATMUL, n);
    tiles = tiles > enough ? enough : tiles;
    return FIELD(MATMUL, w_base) + tiles * tile > SYSTOLE_WPAD_BYTES;
}

static enum systole_error check_matmul(const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t mode = FIELD(MATMUL, mode);
    const uint32_t eb = FIELD(MATMUL, dtype) == SYSTOLE_DTYPE_BF16 ? 2 : 1;
    const uint32_t vector = eb * (mode == SYSTOLE_MODE_MATRIX ? SYSTOLE_ROWS : SYSTOLE_COLS);
    const uint32_t n = FIELD(MATMUL, n);
    const uint32_t p = FIELD(MATMUL, p);
    const uint32_t q = FIELD(MATMUL, q);

    if (matmul_fields_bad(insn, eb))
        return SYSTOLE_ERR_BAD_FIELD;

    struct extent a = extent_along(extent_at(FIELD(MATMUL, a_base)), FIELD(MATMUL, kh), STRIDE(MATMUL, a_skh));
    a = extent_along(a, FIELD(MATMUL, kw), STRIDE(MATMUL, a_skw));
    a = extent_along(a, FIELD(MATMUL, kc), STRIDE(MATMUL, a_skc));
    a = extent_along(a, n, STRIDE(MATMUL, a_sn));
    a = extent_along(a, p, STRIDE(MATMUL, a_sp));
    a = extent_along(a, q, STRIDE(MATMUL, a_sq));
    const uint64_t last = FIELD(MATMUL, c_base) + (uint64_t)(n - 1) * FIELD(MATMUL, c_sn) +
                          (uint64_t)(p - 1) * FIELD(MATMUL, c_sp) + (uint64_t)(q - 1) * FIELD(MATMUL, c_sq);
    if (!extent_inside(a, vector, SYSTOLE_APAD_BYTES) ||
        (mode == SYSTOLE_MODE_MATRIX && weights_outside(insn, SYSTOLE_ROWS * SYSTOLE_COLS * eb)) ||
        (mode == SYSTOLE_MODE_DEPTHWISE && weights_outside(insn, SYSTOLE_COLS * eb)) || last >= SYSTOLE_ACC_ROWS ||
        (FIELD(MATMUL, init) == SYSTOLE_INIT_PARAM && FIELD(MATMUL, bias) + n > SYSTOLE_PARAM_ROWS))
        return SYSTOLE_ERR_BAD_RANGE;
    return SYSTOLE_ERR_OK;
}

static uint32_t stored_bytes(uint32_t out)
{
    return out == SYSTOLE_OUT_RAW32 || out == SYSTOLE_OUT_F32 ? 4 : out == SYSTOLE_OUT_BF16 ? 2 : 1;
}

static bool store_fields_bad(const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t out = FIELD(STORE, out);
    const uint32_t res = FIELD(STORE, res);
    const uint32_t act = FIELD(STORE, act);
    const uint32_t eo = stored_bytes(out);
    const bool to_pad = FIELD(STORE, dst) != SYSTOLE_DST_DRAM;

    if (!SYSTOLE_HAS_FP && (FIELD(STORE, src_fp) || out == SYSTOLE_OUT_BF16 || res == SYSTOLE_RES_BF16))
        return true;
    if (out == SYSTOLE_OUT_RAW32 && (FIELD(STORE, scale) || res || act || FIELD(STORE, clamp)))
        return true;
    if (to_pad && (eo == 4 || FIELD(STORE, dst_hi)))
        return true;
    if ((act == SYSTOLE_ACT_TABLE && eo != 1) || FIELD(STORE, n_tail) > SYSTOLE_COLS)
        return true;
    if (ragged(FIELD(STORE, dst_lo) | FIELD(STORE, d_sn) | FIELD(STORE, d_sp) | FIELD(STORE, d_sq),
               to_pad ? SYSTOLE_COLS * eo : eo))
        return true;
    return res != SYSTOLE_RES_NONE && ragged(FIELD(STORE, r_base) | FIELD(STORE, r_sn) | FIELD(STORE, r_sp) |
                                                 FIELD(STORE, r_sq),
                                             SYSTOLE_COLS * (res == SYSTOLE_RES_BF16 ? 2u : 1u));
}

static bool store_range_bad(const uint32_t insn[SYSTOLE_INSN_WORDS], struct extent to)
{
    const uint32_t res = FIELD(STORE, res);
    const uint32_t n = FIELD(STORE, n);
    const uint32_t p = FIELD(STORE, p);
    const uint32_t q = FIELD(STORE, q);
    const uint64_t last = FIELD(STORE, c_base) + (uint64_t)(n - 1) * FIELD(STORE, c_sn) +
                          (uint64_t)(p - 1) * FIELD(STORE, c_sp) + (uint64_t)(q - 1) * FIELD(STORE, c_sq);
    if (last >= SYSTOLE_ACC_ROWS)
        return true;
    if (FIELD(STORE, scale) == SYSTOLE_SCALE_PARAM && FIELD(STORE, s_base) + n > SYSTOLE_PARAM_ROWS)
        return true;
    if (res != SYSTOLE_RES_NONE) {
        struct extent r = extent_along(extent_at(FIELD(STORE, r_base)), n, STRIDE(STORE, r_sn));
        r = extent_along(extent_along(r, p, STRIDE(STORE, r_sp)), q, STRIDE(STORE, r_sq));
        if (!extent_inside(r, SYSTOLE_COLS * (res == SYSTOLE_RES_BF16 ? 2u : 1u), SYSTOLE_APAD_BYTES))
            return true;
    }
    if (FIELD(STORE, dst) == SYSTOLE_DST_DRAM)
        return false;
    return !extent_inside(to, SYSTOLE_COLS * stored_bytes(FIELD(STORE, out)),
                          FIELD(STORE, dst) == SYSTOLE_DST_APAD ? SYSTOLE_APAD_BYTES : SYSTOLE_WPAD_BYTES);
}

static enum systole_error check_store(const struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t window = FIELD(STORE, window);
    const uint32_t n = FIELD(STORE, n);
    const int64_t sn = STRIDE(STORE, d_sn);
    const uint32_t eo = stored_bytes(FIELD(STORE, out));
    const uint64_t dst = FIELD(STORE, dst_lo) | (uint64_t)FIELD(STORE, dst_hi) << 32;

    if (store_fields_bad(insn))
        return SYSTOLE_ERR_BAD_FIELD;
    struct extent to = extent_along(extent_at(dst), FIELD(STORE, p), STRIDE(STORE, d_sp));
    to = extent_along(to, FIELD(STORE, q), STRIDE(STORE, d_sq));
    const struct extent all = extent_along(to, n, STRIDE(STORE, d_sn));
    if (store_range_bad(insn, all))
        return SYSTOLE_ERR_BAD_RANGE;
    if (FIELD(STORE, dst) != SYSTOLE_DST_DRAM)
        return SYSTOLE_ERR_OK;

    /* Only the last block of columns may be narrow, so both it and the highest of the full ones bound the bytes. */
    const int64_t tail = to.high + ((int64_t)n - 1) * sn;
    const int64_t full = to.high + (sn > 0 ? ((int64_t)n - 2) * sn : 0);
    if (((s->misaligned >> window) & 1u) || all.low < 0 ||
        (uint64_t)tail + FIELD(STORE, n_tail) * eo > s->size[window] ||
        (n > 1 && (uint64_t)full + SYSTOLE_COLS * eo > s->size[window]))
        return SYSTOLE_ERR_BAD_WINDOW;
    return SYSTOLE_ERR_OK;
}

enum systole_error systole_hls_check(const struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t opcode = FIELD(ANY, opcode);
    if (!opcode_known(opcode))
        return SYSTOLE_ERR_BAD_OPCODE;
    if (fields_bad(insn, opcode) || tokens_bad(insn))
        return SYSTOLE_ERR_BAD_FIELD;
    switch (opcode) {
    case SYSTOLE_OP_LOAD:
        return check_load(s, insn);
    case SYSTOLE_OP_FILL:
        return check_fill(insn);
    case SYSTOLE_OP_MATMUL:
        return check_matmul(insn);
    case SYSTOLE_OP_STORE:
        return check_store(s, insn);
    default:
        return SYSTOLE_ERR_OK;
    }
}
