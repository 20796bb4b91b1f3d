/* SPDX-License-Identifier: Apache-2.0 */
#include "store_model.h"

#include <math.h>
#include <string.h>

#include "bench_float.h"
#include "systole_spec.h"

/* ---- reference ---- */

static unsigned out_size(uint32_t out)
{
    return out == SYSTOLE_OUT_RAW32 || out == SYSTOLE_OUT_F32 ? 4u : out == SYSTOLE_OUT_BF16 ? 2u : 1u;
}

/* Step 3: the residual element as a number. */
static float residual(const uint32_t *insn, const uint8_t *from)
{
    const uint32_t kind = SYSTOLE_GET(insn, STORE, res);
    const uint8_t zp = (uint8_t)SYSTOLE_GET(insn, STORE, r_zp);
    if (kind == SYSTOLE_RES_BF16)
        return bench_bf16((uint16_t)(from[0] | from[1] << 8));
    if (kind == SYSTOLE_RES_I8)
        return (float)((int8_t)from[0] - (int8_t)zp);
    return (float)(from[0] - zp);
}

/* Steps 6 and 7 for 8 bits. */
static uint8_t to_byte(const struct store_memory *mem, const uint32_t *insn, float v)
{
    const bool is_signed = SYSTOLE_GET(insn, STORE, out) == SYSTOLE_OUT_I8;
    const uint8_t raw = (uint8_t)SYSTOLE_GET(insn, STORE, o_zp);
    const int zp = is_signed ? (int8_t)raw : raw;
    const float lowest = (float)((is_signed ? -128 : 0) - zp), highest = (float)((is_signed ? 127 : 255) - zp);
    float f = v;
    if (isnan(v) || f < lowest)
        f = lowest;
    if (f > highest)
        f = highest;
    const uint8_t y = (uint8_t)(lrintf(f) + zp);
    return SYSTOLE_GET(insn, STORE, act) == SYSTOLE_ACT_TABLE ? mem->lut[y] : y;
}

/* Steps 1 to 7 for lane j; the element's bytes to `to`. */
static void post(const struct store_memory *mem, const uint32_t *insn, uint32_t acc, uint32_t n, unsigned j,
                 const uint8_t *res, uint8_t *to)
{
    const uint32_t out = SYSTOLE_GET(insn, STORE, out), scale = SYSTOLE_GET(insn, STORE, scale);
    const uint32_t act = SYSTOLE_GET(insn, STORE, act);
    uint32_t bits = acc;
    if (out != SYSTOLE_OUT_RAW32) {
        float v = SYSTOLE_GET(insn, STORE, src_fp) ? bench_float(acc) : (float)(int32_t)acc;
        if (scale == SYSTOLE_SCALE_IMM)
            v = v * bench_float(SYSTOLE_GET(insn, STORE, scale_imm));
        if (scale == SYSTOLE_SCALE_PARAM)
            v = v * bench_float(mem->param[SYSTOLE_GET(insn, STORE, s_base) + n][j]);
        if (res != NULL) {
            const float r = residual(insn, res) * bench_float(SYSTOLE_GET(insn, STORE, r_scale));
            v = v + r;
        }
        if (act == SYSTOLE_ACT_RELU && !isnan(v))
            v = v > 0.0f ? v : 0.0f;
        if (act == SYSTOLE_ACT_LEAKY && v < 0.0f)
            v = v * bench_float(SYSTOLE_GET(insn, STORE, alpha));
        if (SYSTOLE_GET(insn, STORE, clamp)) {
            const float lo = bench_float(SYSTOLE_GET(insn, STORE, lo)), hi = bench_float(SYSTOLE_GET(insn, STORE, hi));
            if (v < lo)
                v = lo;
            else if (v > hi)
                v = hi;
        }
        bits = out == SYSTOLE_OUT_F32    ? bench_bits(v)
               : out == SYSTOLE_OUT_BF16 ? bench_to_bf16(v)
                                         : to_byte(mem, insn, v);
    }
    for (unsigned b = 0; b < out_size(out); b++)
        to[b] = (uint8_t)(bits >> 8 * b);
}

static int64_t at(const uint32_t *strides, const uint32_t *index)
{
    int64_t sum = 0;
    for (int k = 0; k < 3; k++)
        sum += (int64_t)(int32_t)strides[k] * index[k];
    return sum;
}

struct store_work store_model(struct store_memory *mem, const uint32_t *insn, uint32_t *touched, uint32_t stamp)
{
    const uint32_t count_n = SYSTOLE_GET(insn, STORE, n), count_q = SYSTOLE_GET(insn, STORE, q);
    const uint32_t count_p = SYSTOLE_GET(insn, STORE, p), dst = SYSTOLE_GET(insn, STORE, dst);
    const uint32_t res = SYSTOLE_GET(insn, STORE, res);
    const unsigned eo = out_size(SYSTOLE_GET(insn, STORE, out)), er = res == SYSTOLE_RES_BF16 ? 2u : 1u;
    const uint32_t cs[3] = {SYSTOLE_GET(insn, STORE, c_sp), SYSTOLE_GET(insn, STORE, c_sq),
                            SYSTOLE_GET(insn, STORE, c_sn)};
    const uint32_t ds[3] = {SYSTOLE_GET(insn, STORE, d_sp), SYSTOLE_GET(insn, STORE, d_sq),
                            SYSTOLE_GET(insn, STORE, d_sn)};
    const uint32_t rs[3] = {SYSTOLE_GET(insn, STORE, r_sp), SYSTOLE_GET(insn, STORE, r_sq),
                            SYSTOLE_GET(insn, STORE, r_sn)};
    uint8_t *to = dst == SYSTOLE_DST_DRAM ? mem->dram : dst == SYSTOLE_DST_APAD ? mem->apad : mem->wpad;
    struct store_work work = {0, 0};
    for (uint32_t p = 0; p < count_p; p++)
        for (uint32_t q = 0; q < count_q; q++)
            for (uint32_t n = 0; n < count_n; n++) {
                const uint32_t i[3] = {p, q, n};
                const unsigned lanes = n == count_n - 1 ? SYSTOLE_GET(insn, STORE, n_tail) : COLS;
                const uint32_t *row = mem->acc[SYSTOLE_GET(insn, STORE, c_base) + at(cs, i)];
                const int64_t d = (int64_t)SYSTOLE_GET(insn, STORE, dst_lo) + at(ds, i);
                const uint8_t *r = mem->apad + SYSTOLE_GET(insn, STORE, r_base) + (res ? at(rs, i) : 0);
                uint8_t vector[VEC_BYTES_MAX];
                for (unsigned j = 0; j < lanes; j++)
                    post(mem, insn, row[j], n, j, res ? r + j * er : NULL, vector + j * eo);
                memcpy(to + d, vector, lanes * eo);
                if (dst == SYSTOLE_DST_DRAM) {
                    work.dram_bytes += lanes * eo;
                    for (unsigned b = 0; b < lanes * eo; b++)
                        touched[d + b] = stamp;
                } else {
                    work.pad_vectors++;
                }
            }
    return work;
}

/* ---- random instructions ---- */

static uint32_t below(struct bench_random *rnd, uint32_t n)
{
    return bench_random_below(rnd, n);
}

/* A factor: often one that keeps int8 results in range or makes ties, sometimes anything. */
static uint32_t factor(struct bench_random *rnd)
{
    static const float plain[] = {1.0f, 0.5f, 0.25f, -0.5f, 0.125f, 0.0078125f, 0.1f, 2.0f};
    const uint32_t pick = below(rnd, 16);
    if (pick < 8)
        return bench_bits(plain[pick]);
    if (pick < 13)
        return bench_bits(ldexpf((float)(int32_t)below(rnd, 1u << 24), -(int)below(rnd, 40)));
    return bench_random_f32(rnd);
}

/*
 * Strides and a base in [from, to) for `dims` (p, q, n) vectors of `bytes` bytes, multiples of `unit`.
 * dense: without gaps, the last vector of a pixel having `tail` bytes.
 */
static uint32_t place(struct bench_random *rnd, const uint32_t *dims, uint32_t from, uint32_t to, uint32_t unit,
                      uint32_t bytes, uint32_t tail, bool dense, uint32_t *strides)
{
    for (;;) {
        int64_t low = 0, high = 0;
        strides[2] = dense ? bytes : unit * (below(rnd, 2u + 2u * bytes / unit) - below(rnd, 2) * bytes / unit);
        strides[1] = dense ? (dims[2] - 1) * bytes + tail
                           : unit * (below(rnd, 1u + 900u / unit) - below(rnd, 1u + 400u / unit));
        strides[0] = dense ? dims[1] * strides[1]
                           : unit * (below(rnd, 1u + 2000u / unit) - below(rnd, 1u + 900u / unit));
        for (int k = 0; k < 3; k++) {
            const int64_t reach = (int64_t)(int32_t)strides[k] * (dims[k] - 1);
            low += reach < 0 ? reach : 0;
            high += reach > 0 ? reach : 0;
        }
        const int64_t room = (int64_t)(to - from) - (high - low) - bytes;
        if (room >= 0)
            return (uint32_t)((int64_t)from - low) + unit * below(rnd, (uint32_t)(room / unit) + 1);
        dense = false;
    }
}

static void random_steps(struct bench_random *rnd, uint32_t *insn, uint32_t out, uint32_t n)
{
    const bool byte = out == SYSTOLE_OUT_I8 || out == SYSTOLE_OUT_U8;
    const uint32_t scale = below(rnd, 3);
    SYSTOLE_PUT(insn, STORE, scale, scale);
    if (scale == SYSTOLE_SCALE_PARAM)
        SYSTOLE_PUT(insn, STORE, s_base, below(rnd, PARAM_ROWS - n + 1));
    SYSTOLE_PUT(insn, STORE, scale_imm, factor(rnd));
    SYSTOLE_PUT(insn, STORE, r_scale, factor(rnd));
    SYSTOLE_PUT(insn, STORE, act, below(rnd, byte ? 4 : 3));
    SYSTOLE_PUT(insn, STORE, alpha, factor(rnd));
    SYSTOLE_PUT(insn, STORE, clamp, below(rnd, 3) == 0);
    SYSTOLE_PUT(insn, STORE, lo, below(rnd, 2) ? bench_random_f32(rnd) : bench_bits(-(float)below(rnd, 100)));
    SYSTOLE_PUT(insn, STORE, hi, below(rnd, 2) ? bench_random_f32(rnd) : bench_bits((float)below(rnd, 100)));
    SYSTOLE_PUT(insn, STORE, o_zp, below(rnd, 256));
    SYSTOLE_PUT(insn, STORE, r_zp, below(rnd, 256));
}

/* The residual and the destination; in APAD they lie in different halves, or in the same places, element by element. */
static void random_places(struct bench_random *rnd, uint32_t *insn, const uint32_t *dims, uint32_t out, uint32_t dst,
                          uint32_t res, uint32_t tail)
{
    const uint32_t eo = out_size(out), er = res == SYSTOLE_RES_BF16 ? 2u : 1u;
    const uint32_t half = APAD_BYTES / 2, side = below(rnd, 2);
    const bool to_apad = dst == SYSTOLE_DST_APAD;
    const bool dense = below(rnd, 2) != 0;
    uint32_t ds[3], rs[3] = {0, 0, 0}, d, r = 0;
    if (dst == SYSTOLE_DST_DRAM)
        d = place(rnd, dims, 0, DRAM_BYTES, eo, COLS * eo, tail * eo, dense, ds);
    else
        d = place(rnd, dims, to_apad ? side * half : 0, to_apad ? (side + 1) * half : WPAD_BYTES, COLS * eo, COLS * eo,
                  COLS * eo, dense, ds);
    if (res != SYSTOLE_RES_NONE) {
        r = place(rnd, dims, (1 - side) * half, (2 - side) * half, COLS * er, COLS * er, COLS * er, dense, rs);
        if (to_apad && er == eo && ds[2] == COLS * eo && ds[1] == dims[2] * ds[2] && ds[0] == dims[1] * ds[1] &&
            below(rnd, 2) != 0) {
            memcpy(rs, ds, sizeof rs);
            r = d;
        }
    }
    SYSTOLE_PUT(insn, STORE, dst_lo, d);
    SYSTOLE_PUT(insn, STORE, d_sp, ds[0]);
    SYSTOLE_PUT(insn, STORE, d_sq, ds[1]);
    SYSTOLE_PUT(insn, STORE, d_sn, ds[2]);
    SYSTOLE_PUT(insn, STORE, r_base, r);
    SYSTOLE_PUT(insn, STORE, r_sp, rs[0]);
    SYSTOLE_PUT(insn, STORE, r_sq, rs[1]);
    SYSTOLE_PUT(insn, STORE, r_sn, rs[2]);
}

void store_random_insn(struct bench_random *rnd, uint32_t *insn)
{
    uint32_t dims[3] = {1 + below(rnd, 4), 1 + below(rnd, 6), 1 + below(rnd, 4)}, cs[3], reach, out;
    const uint32_t dst = below(rnd, 2) ? SYSTOLE_DST_DRAM : below(rnd, 3);
    const uint32_t tail = below(rnd, 2) ? COLS : 1 + below(rnd, COLS);
    memset(insn, 0, SYSTOLE_INSN_BYTES);
    do
        out = below(rnd, 5);
    while ((!HAS_FP && out == SYSTOLE_OUT_BF16) || (dst != SYSTOLE_DST_DRAM && out_size(out) == 4));
    if (below(rnd, 8) == 0)
        dims[below(rnd, 3)] += below(rnd, 16);
    do {
        reach = 0;
        for (int k = 0; k < 3; k++) {
            cs[k] = below(rnd, 12);
            reach += cs[k] * (dims[k] - 1);
        }
    } while (reach >= ACC_ROWS);
    const uint32_t res = out == SYSTOLE_OUT_RAW32 || below(rnd, 2) ? SYSTOLE_RES_NONE : below(rnd, HAS_FP ? 4 : 3);
    SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_STORE);
    SYSTOLE_PUT(insn, STORE, dst, dst);
    SYSTOLE_PUT(insn, STORE, src_fp, HAS_FP ? below(rnd, 2) : 0);
    SYSTOLE_PUT(insn, STORE, out, out);
    SYSTOLE_PUT(insn, STORE, res, res);
    SYSTOLE_PUT(insn, STORE, c_base, below(rnd, ACC_ROWS - reach));
    SYSTOLE_PUT(insn, STORE, c_sp, cs[0]);
    SYSTOLE_PUT(insn, STORE, c_sq, cs[1]);
    SYSTOLE_PUT(insn, STORE, c_sn, cs[2]);
    SYSTOLE_PUT(insn, STORE, p, dims[0]);
    SYSTOLE_PUT(insn, STORE, q, dims[1]);
    SYSTOLE_PUT(insn, STORE, n, dims[2]);
    SYSTOLE_PUT(insn, STORE, n_tail, tail);
    if (out != SYSTOLE_OUT_RAW32)
        random_steps(rnd, insn, out, dims[2]);
    random_places(rnd, insn, dims, out, dst, res, tail);
}

void store_random_operands(struct bench_random *rnd, struct store_memory *mem)
{
    for (uint32_t i = 0; i < ACC_ROWS * COLS; i++) {
        const uint32_t pick = below(rnd, 4);
        const uint32_t small = below(rnd, 2048) - 1024u;
        mem->acc[i / COLS][i % COLS] = pick == 0   ? small
                                       : pick == 1 ? bench_bits(0.5f * (float)(int32_t)small)
                                                   : bench_random_f32(rnd);
    }
    for (uint32_t i = 0; i < PARAM_ROWS * COLS; i++)
        mem->param[i / COLS][i % COLS] = factor(rnd);
    for (uint32_t i = 0; i < 256; i++)
        mem->lut[i] = (uint8_t)below(rnd, 256);
}
