/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STORE: rows of ACC through the post-processing of docs/numerics.md, to DRAM or a pad. One row at a time.
 */
#include "dram.h"
#include "extent.h"
#include "softfloat.h"
#include "store.h"

#ifdef SYSTOLE_NATIVE_FMA
#include "native.h"
#endif

/* Step 6 for 8-bit outputs, as an unsigned byte. */
static uint32_t quantise(const struct store_post *k, uint32_t v)
{
    uint32_t f = v;
    if (f32_is_nan(v) || f32_less(v, k->quant_low))
        f = k->quant_low;
    else if (f32_less(k->quant_high, v))
        f = k->quant_high;
    return (uint32_t)(f32_to_int(f) + k->o_zp) & 0xffu;
}

static uint32_t residual(const struct store_post *k, const uint8_t *res, uint32_t j)
{
    if (k->res == SYSTOLE_RES_BF16)
        return f32_mul(bytes_get16(res + 2 * j) << 16, k->r_scale);
    const int32_t r = k->res == SYSTOLE_RES_I8 ? (int32_t)(int8_t)res[j] : (int32_t)res[j];
    return f32_mul(f32_from_int(r - k->r_zp), k->r_scale);
}

/* The steps of one lane, in their order. */
static uint32_t post(const struct store_post *k, uint32_t acc, uint32_t scale, const uint8_t *res, uint32_t j)
{
    if (k->out == SYSTOLE_OUT_RAW32)
        return acc;
    uint32_t v = k->src_fp ? acc : f32_from_int((int32_t)acc);
    if (k->scale != SYSTOLE_SCALE_NONE)
        v = f32_mul(v, scale);
    if (k->res != SYSTOLE_RES_NONE)
        v = f32_add(v, residual(k, res, j));
    if (k->act == SYSTOLE_ACT_RELU && !f32_is_nan(v))
        v = f32_less(0, v) ? v : 0;
    if (k->act == SYSTOLE_ACT_LEAKY && f32_less(v, 0))
        v = f32_mul(v, k->alpha);
    if (k->clamp)
        v = f32_less(v, k->lo) ? k->lo : f32_less(k->hi, v) ? k->hi : v;
    switch (k->out) {
    case SYSTOLE_OUT_F32:
        return f32_is_nan(v) ? F32_NAN : v;
    case SYSTOLE_OUT_BF16:
        return f32_to_bf16(v);
    default:
        return quantise(k, v);
    }
}

static struct store_post decode_post(const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint8_t o_zp = (uint8_t)SYSTOLE_GET(insn, STORE, o_zp);
    const uint8_t r_zp = (uint8_t)SYSTOLE_GET(insn, STORE, r_zp);
    struct store_post k;
    k.src_fp = SYSTOLE_GET(insn, STORE, src_fp);
    k.out = SYSTOLE_GET(insn, STORE, out);
    k.scale = SYSTOLE_GET(insn, STORE, scale);
    k.res = SYSTOLE_GET(insn, STORE, res);
    k.act = SYSTOLE_GET(insn, STORE, act);
    k.clamp = SYSTOLE_GET(insn, STORE, clamp);
    k.scale_imm = SYSTOLE_GET(insn, STORE, scale_imm);
    k.r_scale = SYSTOLE_GET(insn, STORE, r_scale);
    k.alpha = SYSTOLE_GET(insn, STORE, alpha);
    k.lo = SYSTOLE_GET(insn, STORE, lo);
    k.hi = SYSTOLE_GET(insn, STORE, hi);
    k.r_zp = k.res == SYSTOLE_RES_U8 ? (int32_t)r_zp : (int32_t)(int8_t)r_zp;
    const bool is_unsigned = k.out == SYSTOLE_OUT_U8;
    k.o_zp = is_unsigned ? (int32_t)o_zp : (int32_t)(int8_t)o_zp;
    k.quant_low = f32_from_int((is_unsigned ? 0 : -128) - k.o_zp);
    k.quant_high = f32_from_int((is_unsigned ? 255 : 127) - k.o_zp);
    k.eo = k.out == SYSTOLE_OUT_RAW32 || k.out == SYSTOLE_OUT_F32 ? 4 : k.out == SYSTOLE_OUT_BF16 ? 2 : 1;
    return k;
}

static void post_row(const struct systole_hls *s, const struct store_post *k, const struct store_row *row, uint32_t *v)
{
    HLS_LABEL(lanes)
    for (uint32_t j = 0; j < row->lanes; j++) {
        HLS_PIPELINE
        const uint32_t scale =
            k->scale == SYSTOLE_SCALE_PARAM ? s->param[row->scale * SYSTOLE_COLS + j] : k->scale_imm;
        v[j] = post(k, s->acc[row->c * SYSTOLE_COLS + j], scale, s->apad + row->res, j);
    }
}

static void pack_row(const struct systole_hls *s, const struct store_post *k, uint32_t lanes, const uint32_t *v,
                     uint8_t *to)
{
    HLS_LABEL(pack)
    for (uint32_t j = 0; j < lanes; j++) {
        if (k->eo == 4)
            bytes_put32(to + 4 * j, v[j]);
        else if (k->eo == 2)
            bytes_put16(to + 2 * j, v[j]);
        else
            to[j] = k->act == SYSTOLE_ACT_TABLE ? s->lut[v[j]] : (uint8_t)v[j];
    }
}

static void put_row(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], const struct store_post *k,
                    const struct store_row *row, const uint32_t *v, DRAM_PORTS)
{
    uint8_t line[DRAM_LINE_BYTES];
    const uint64_t dst = (uint64_t)row->dst;
    const uint32_t bytes = row->lanes * k->eo;
    switch (SYSTOLE_GET(insn, STORE, dst)) {
    case SYSTOLE_DST_APAD:
        pack_row(s, k, row->lanes, v, s->apad + dst);
        break;
    case SYSTOLE_DST_WPAD:
        pack_row(s, k, row->lanes, v, s->wpad + dst);
        break;
    default:
        pack_row(s, k, row->lanes, v, line + dram_skew(dst));
        dram_write(SYSTOLE_GET(insn, STORE, window), dst, bytes, line, DRAM_ARGS);
        s->counters[SYSTOLE_CNT_WRITE_BYTES] += bytes;
        break;
    }
}

/* Whether memory answers at every byte that is written; the same bounds as the check of the window. */
static bool unmapped(const struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], uint32_t eo)
{
    if (SYSTOLE_GET(insn, STORE, dst) != SYSTOLE_DST_DRAM)
        return false;
    const uint64_t mapped = s->mapped[SYSTOLE_GET(insn, STORE, window)];
    const uint64_t dst = SYSTOLE_GET(insn, STORE, dst_lo) | (uint64_t)SYSTOLE_GET(insn, STORE, dst_hi) << 32;
    const int64_t n = (int64_t)SYSTOLE_GET(insn, STORE, n);
    const int64_t sn = (int32_t)SYSTOLE_GET(insn, STORE, d_sn);
    struct extent to =
        extent_along(extent_at(dst), SYSTOLE_GET(insn, STORE, p), (int32_t)SYSTOLE_GET(insn, STORE, d_sp));
    to = extent_along(to, SYSTOLE_GET(insn, STORE, q), (int32_t)SYSTOLE_GET(insn, STORE, d_sq));
    const int64_t low = to.low + (sn < 0 ? (n - 1) * sn : 0);
    if ((uint64_t)low < s->mapped_from[SYSTOLE_GET(insn, STORE, window)])
        return true;
    const uint64_t tail = (uint64_t)(to.high + (n - 1) * sn);
    const uint64_t full = (uint64_t)(to.high + (sn > 0 ? (n - 2) * sn : 0));
    return tail + SYSTOLE_GET(insn, STORE, n_tail) * eo > mapped || (n > 1 && full + SYSTOLE_COLS * eo > mapped);
}

static struct store_row row_at(const uint32_t insn[SYSTOLE_INSN_WORDS], uint32_t p, uint32_t q, uint32_t n)
{
    const uint64_t dst = SYSTOLE_GET(insn, STORE, dst_lo) | (uint64_t)SYSTOLE_GET(insn, STORE, dst_hi) << 32;
    struct store_row r;
    r.lanes = n + 1 == SYSTOLE_GET(insn, STORE, n) ? SYSTOLE_GET(insn, STORE, n_tail) : SYSTOLE_COLS;
    r.c = SYSTOLE_GET(insn, STORE, c_base) + n * SYSTOLE_GET(insn, STORE, c_sn) + p * SYSTOLE_GET(insn, STORE, c_sp) +
          q * SYSTOLE_GET(insn, STORE, c_sq);
    r.scale = SYSTOLE_GET(insn, STORE, s_base) + n;
    r.dst = (int64_t)dst + (int64_t)n * (int32_t)SYSTOLE_GET(insn, STORE, d_sn) +
            (int64_t)p * (int32_t)SYSTOLE_GET(insn, STORE, d_sp) + (int64_t)q * (int32_t)SYSTOLE_GET(insn, STORE, d_sq);
    r.res = 0;
    if (SYSTOLE_GET(insn, STORE, res) != SYSTOLE_RES_NONE)
        r.res = (int64_t)SYSTOLE_GET(insn, STORE, r_base) + (int64_t)n * (int32_t)SYSTOLE_GET(insn, STORE, r_sn) +
                (int64_t)p * (int32_t)SYSTOLE_GET(insn, STORE, r_sp) +
                (int64_t)q * (int32_t)SYSTOLE_GET(insn, STORE, r_sq);
    return r;
}

enum systole_error systole_hls_store(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], DRAM_PORTS)
{
    const struct store_post k = decode_post(insn);
    uint32_t v[SYSTOLE_COLS];
    if (unmapped(s, insn, k.eo))
        return SYSTOLE_ERR_BUS_WRITE;
    HLS_LABEL(rows)
    for (uint32_t p = 0; p < SYSTOLE_GET(insn, STORE, p); p++) {
        HLS_LABEL(pixels)
        for (uint32_t q = 0; q < SYSTOLE_GET(insn, STORE, q); q++) {
            HLS_LABEL(blocks)
            for (uint32_t n = 0; n < SYSTOLE_GET(insn, STORE, n); n++) {
                const struct store_row row = row_at(insn, p, q, n);
                if (systole_hls_work(s, 1))
                    return SYSTOLE_ERR_WATCHDOG;
#ifdef SYSTOLE_NATIVE_FMA
                if (!native_post_row(s, &k, &row, v))
#endif
                    post_row(s, &k, &row, v);
                put_row(s, insn, &k, &row, v, DRAM_ARGS);
            }
        }
    }
    return SYSTOLE_ERR_OK;
}
