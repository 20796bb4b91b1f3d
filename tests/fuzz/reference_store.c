/* SPDX-License-Identifier: Apache-2.0 */
/* STORE: post-processing, step by step as docs/numerics.md numbers them. */
#include <math.h>

#include "reference_internal.h"
#include "reference_math.h"

#define U(type, name) ((int64_t)SYSTOLE_GET(insn, type, name))
#define S(type, name) ((int64_t)(int32_t)SYSTOLE_GET(insn, type, name))

static float imm(uint32_t bits)
{
    return math_float(bits);
}

/* Step 3; r points at the lane's element. */
static float add_residual(const uint32_t *insn, float v, const uint8_t *r)
{
    float rf;
    if (U(STORE, res) == SYSTOLE_RES_BF16) {
        rf = math_widen((uint16_t)ref_get(r, 2));
    } else {
        const int is_unsigned = U(STORE, res) == SYSTOLE_RES_U8;
        rf = (float)(math_byte(*r, is_unsigned) - math_byte((uint8_t)U(STORE, r_zp), is_unsigned));
    }
    const float scaled = rf * imm((uint32_t)U(STORE, r_scale));
    return v + scaled;
}

/* Steps 4 and 5. */
static float activate(const uint32_t *insn, float v)
{
    const float lo = imm((uint32_t)U(STORE, lo));
    const float hi = imm((uint32_t)U(STORE, hi));
    if (U(STORE, act) == SYSTOLE_ACT_RELU && !isnan(v)) {
        v = v > 0.0f ? v : 0.0f;
    } else if (U(STORE, act) == SYSTOLE_ACT_LEAKY && v < 0.0f) {
        v = v * imm((uint32_t)U(STORE, alpha));
    }
    if (U(STORE, clamp) != 0) {
        if (v < lo) {
            v = lo;
        } else if (v > hi) {
            v = hi;
        }
    }
    return v;
}

/* One lane; s is its PARAM scale or NULL, r its residual or NULL, lut the table. */
static uint32_t post(const uint32_t *insn, uint32_t acc, const uint8_t *s, const uint8_t *r, const uint8_t *lut)
{
    const uint32_t out = (uint32_t)U(STORE, out);
    if (out == SYSTOLE_OUT_RAW32) {
        return acc;
    }
    float v;
    if (U(STORE, src_fp) != 0) {
        v = math_float(acc);
    } else {
        const int64_t i = acc < 0x80000000u ? (int64_t)acc : (int64_t)acc - (1LL << 32);
        v = (float)i;
    }
    if (U(STORE, scale) == SYSTOLE_SCALE_IMM) {
        v = v * imm((uint32_t)U(STORE, scale_imm));
    } else if (s != NULL) {
        v = v * imm(ref_get(s, 4));
    }
    if (r != NULL) {
        v = add_residual(insn, v, r);
    }
    v = activate(insn, v);
    switch (out) {
    case SYSTOLE_OUT_F32:
        return math_bits(v);
    case SYSTOLE_OUT_BF16:
        return math_bf(v);
    default: {
        const uint8_t y = math_quantise(v, (uint8_t)U(STORE, o_zp), out == SYSTOLE_OUT_U8);
        return lut != NULL ? lut[y] : y;
    }
    }
}

/* Where one block of columns goes. NULL when DRAM has nothing there. */
static uint8_t *target(struct ref_machine *m, const uint32_t *insn, int64_t at, size_t size)
{
    switch (U(STORE, dst)) {
    case SYSTOLE_DST_APAD:
        return ref_mem_at(m, SYSTOLE_MEM_APAD, at, size, true);
    case SYSTOLE_DST_WPAD:
        return ref_mem_at(m, SYSTOLE_MEM_WPAD, at, size, true);
    default:
        m->counter[SYSTOLE_CNT_WRITE_BYTES] += size;
        return ref_dram_at(m, (unsigned)U(STORE, window), at + U(STORE, dst_hi) * (1LL << 32), size, true);
    }
}

/* One block of columns of one pixel. False on a bus fault. */
static bool store_block(struct ref_machine *m, const uint32_t *insn, int64_t p, int64_t q, int64_t n)
{
    const uint32_t out = (uint32_t)U(STORE, out);
    const uint32_t eo = out == SYSTOLE_OUT_BF16 ? 2 : out == SYSTOLE_OUT_I8 || out == SYSTOLE_OUT_U8 ? 1 : 4;
    const uint32_t er = U(STORE, res) == SYSTOLE_RES_BF16 ? 2 : 1;
    const uint32_t cols = m->caps.cols;
    const uint32_t used = n == U(STORE, n) - 1 ? (uint32_t)U(STORE, n_tail) : cols;
    const int64_t c = U(STORE, c_base) + n * U(STORE, c_sn) + p * U(STORE, c_sp) + q * U(STORE, c_sq);
    const uint8_t *acc = ref_mem_at(m, SYSTOLE_MEM_ACC, c * cols * 4, used * 4, false);
    const uint8_t *scale = NULL;
    const uint8_t *res = NULL;
    const uint8_t *lut = NULL;
    if (U(STORE, scale) == SYSTOLE_SCALE_PARAM) {
        scale = ref_mem_at(m, SYSTOLE_MEM_PARAM, (U(STORE, s_base) + n) * cols * 4, used * 4, false);
    }
    if (U(STORE, res) != SYSTOLE_RES_NONE) {
        const int64_t at = U(STORE, r_base) + n * S(STORE, r_sn) + p * S(STORE, r_sp) + q * S(STORE, r_sq);
        res = ref_mem_at(m, SYSTOLE_MEM_APAD, at, (size_t)used * er, false);
    }
    if (U(STORE, act) == SYSTOLE_ACT_TABLE) {
        lut = ref_mem_at(m, SYSTOLE_MEM_LUT, 0, SYSTOLE_LUT_BYTES, false);
    }
    const int64_t to = U(STORE, dst_lo) + n * S(STORE, d_sn) + p * S(STORE, d_sp) + q * S(STORE, d_sq);
    uint8_t *d = target(m, insn, to, (size_t)used * eo);
    if (d == NULL) {
        return false;
    }
    for (uint32_t j = 0; j < used; j++) {
        const uint32_t y = post(insn, ref_get(acc + 4 * j, 4), scale != NULL ? scale + 4 * j : NULL,
                                res != NULL ? res + er * j : NULL, lut);
        ref_put(d + eo * j, eo, y);
    }
    return true;
}

void ref_store(struct ref_machine *m, const uint32_t *insn)
{
    for (int64_t p = 0; p < U(STORE, p); p++) {
        for (int64_t q = 0; q < U(STORE, q); q++) {
            for (int64_t n = 0; n < U(STORE, n); n++) {
                if (!store_block(m, insn, p, q, n)) {
                    return;
                }
            }
        }
    }
}
