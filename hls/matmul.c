/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MATMUL: chains of multiply-add through the accumulators. A step of the chains is one tile of weights against all pixels;
 * steps follow one another in the order kh, kw, kc, so an accumulator sees its chain in order whatever ROWS and COLS are.
 */
#include "matmul.h"

#include "dram.h"
#include "softfloat.h"

#ifdef SYSTOLE_NATIVE_FMA
#include "native.h"
#endif

#define LOWEST_INT 0x80000000u
#define LOWEST_F32 (F32_SIGN | F32_INF)

/* The first step's addend. Rows of ACC are all different (a checked rule), so it can be laid there beforehand. */
static void begin_chains(struct systole_hls *s, const struct matmul_step *t, uint32_t init, uint32_t param_row)
{
    const uint32_t zero = t->mode != SYSTOLE_MODE_MAX ? 0 : t->bf16 ? LOWEST_F32 : LOWEST_INT;
    HLS_LABEL(begin_p)
    for (uint32_t p = 0; p < t->p; p++) {
        HLS_LABEL(begin_q)
        for (uint32_t q = 0; q < t->q; q++) {
            const uint32_t at = (t->c + p * t->c_sp + q * t->c_sq) * SYSTOLE_COLS;
            HLS_LABEL(begin_lanes)
            for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
                HLS_UNROLL
                s->acc[at + j] = init == SYSTOLE_INIT_PARAM ? s->param[param_row * SYSTOLE_COLS + j] : zero;
            }
        }
    }
}

static void read_tile(const struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], uint32_t at, uint32_t rows,
                      struct matmul_tile *tile)
{
    const bool bf16 = SYSTOLE_GET(insn, MATMUL, dtype) == SYSTOLE_DTYPE_BF16;
    const bool is_unsigned = SYSTOLE_GET(insn, MATMUL, b_unsigned) != 0;
    const uint8_t zp_bits = (uint8_t)SYSTOLE_GET(insn, MATMUL, b_zp);
    const int32_t zp = is_unsigned ? (int32_t)zp_bits : (int32_t)(int8_t)zp_bits;
    HLS_LABEL(tile_rows)
    for (uint32_t r = 0; r < SYSTOLE_ROWS; r++) {
        HLS_LABEL(tile_lanes)
        for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
            HLS_UNROLL
            const uint32_t e = r * SYSTOLE_COLS + j;
            if (bf16) {
                tile->bf16[r][j] = r < rows ? (uint16_t)bytes_get16(s->wpad + at + 2 * e) : 0;
            } else {
                const uint8_t b = r < rows ? s->wpad[at + e] : zp_bits;
                tile->i8[r][j] = (int16_t)((is_unsigned ? (int32_t)b : (int32_t)(int8_t)b) - zp);
            }
        }
    }
}

static void matrix_int8(const struct matmul_step *t, const struct matmul_tile *tile, const uint8_t *a, uint32_t *acc)
{
    HLS_LABEL(int8_rows)
    for (uint32_t r = 0; r < t->rows; r++) {
        HLS_PIPELINE
        const int32_t x = matmul_a_int(t, a[r]);
        HLS_LABEL(int8_lanes)
        for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
            HLS_UNROLL
            acc[j] += (uint32_t)(x * tile->i8[r][j]);
        }
    }
}

static void matrix_bf16(const struct matmul_step *t, const struct matmul_tile *tile, const uint8_t *a, uint32_t *acc)
{
    HLS_LABEL(bf16_rows)
    for (uint32_t r = 0; r < t->rows; r++) {
        HLS_PIPELINE
        const uint32_t x = bytes_get16(a + 2 * r);
        if (x == SYSTOLE_PAD_BF16)
            continue;
        HLS_LABEL(bf16_lanes)
        for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
            HLS_UNROLL
            acc[j] = bf16_mac(x, tile->bf16[r][j], acc[j]);
        }
    }
}

static void lanes_int8(const struct matmul_step *t, const struct matmul_tile *tile, const uint8_t *a, uint32_t *acc)
{
    HLS_LABEL(lanes_int8)
    for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
        HLS_UNROLL
        const int32_t x = matmul_a_int(t, a[j]);
        if (t->mode == SYSTOLE_MODE_DEPTHWISE)
            acc[j] += (uint32_t)(x * tile->i8[0][j]);
        else if (t->mode == SYSTOLE_MODE_SUM)
            acc[j] += (uint32_t)x;
        else /* signed maximum, by flipping the sign bits */
            acc[j] = ((uint32_t)x ^ LOWEST_INT) > (acc[j] ^ LOWEST_INT) ? (uint32_t)x : acc[j];
    }
}

static void lanes_bf16(const struct matmul_step *t, const struct matmul_tile *tile, const uint8_t *a, uint32_t *acc)
{
    HLS_LABEL(lanes_bf16)
    for (uint32_t j = 0; j < SYSTOLE_COLS; j++) {
        HLS_UNROLL
        const uint32_t x = bytes_get16(a + 2 * j);
        if (x == SYSTOLE_PAD_BF16)
            continue;
        if (t->mode == SYSTOLE_MODE_DEPTHWISE)
            acc[j] = bf16_mac(x, tile->bf16[0][j], acc[j]);
        else if (t->mode == SYSTOLE_MODE_SUM)
            acc[j] = f32_add(acc[j], x << 16);
        else if (f32_is_nan(x << 16) || f32_is_nan(acc[j]))
            acc[j] = F32_NAN;
        else
            acc[j] = f32_less(acc[j], x << 16) ? x << 16 : acc[j];
    }
}

/* One step of every chain of a block of columns. */
static void run_step(struct systole_hls *s, const struct matmul_step *t, const struct matmul_tile *tile)
{
    HLS_LABEL(step_p)
    for (uint32_t p = 0; p < t->p; p++) {
        HLS_LABEL(step_q)
        for (uint32_t q = 0; q < t->q; q++) {
            const uint8_t *a = s->apad + (t->a + (int64_t)p * t->a_sp + (int64_t)q * t->a_sq);
            uint32_t *acc = s->acc + (t->c + p * t->c_sp + q * t->c_sq) * SYSTOLE_COLS;
            if (t->mode != SYSTOLE_MODE_MATRIX) {
                if (t->bf16)
                    lanes_bf16(t, tile, a, acc);
                else
                    lanes_int8(t, tile, a, acc);
            } else if (t->bf16) {
                matrix_bf16(t, tile, a, acc);
            } else {
                matrix_int8(t, tile, a, acc);
            }
        }
    }
}

static struct matmul_step first_step(const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint8_t zp = (uint8_t)SYSTOLE_GET(insn, MATMUL, a_zp);
    struct matmul_step t;
    t.rows = SYSTOLE_ROWS;
    t.p = SYSTOLE_GET(insn, MATMUL, p);
    t.q = SYSTOLE_GET(insn, MATMUL, q);
    t.a = (int64_t)SYSTOLE_GET(insn, MATMUL, a_base);
    t.a_sp = (int32_t)SYSTOLE_GET(insn, MATMUL, a_sp);
    t.a_sq = (int32_t)SYSTOLE_GET(insn, MATMUL, a_sq);
    t.c = SYSTOLE_GET(insn, MATMUL, c_base);
    t.c_sp = SYSTOLE_GET(insn, MATMUL, c_sp);
    t.c_sq = SYSTOLE_GET(insn, MATMUL, c_sq);
    t.mode = SYSTOLE_GET(insn, MATMUL, mode);
    t.bf16 = SYSTOLE_GET(insn, MATMUL, dtype) == SYSTOLE_DTYPE_BF16;
    t.a_unsigned = SYSTOLE_GET(insn, MATMUL, a_unsigned);
    t.a_zp = t.a_unsigned ? (int32_t)zp : (int32_t)(int8_t)zp;
    return t;
}

/* Bytes of a tile of weights; 0: there are none. */
static uint32_t tile_bytes(const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t mode = SYSTOLE_GET(insn, MATMUL, mode);
    const uint32_t row = SYSTOLE_GET(insn, MATMUL, dtype) == SYSTOLE_DTYPE_BF16 ? 2 * SYSTOLE_COLS : SYSTOLE_COLS;
    return mode == SYSTOLE_MODE_MATRIX ? SYSTOLE_ROWS * row : mode == SYSTOLE_MODE_DEPTHWISE ? row : 0;
}

/* The blocks of columns of one (kh, kw, kc): tiles from `weights` on, `apart` bytes from one to the next. */
static enum systole_error run_blocks(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS],
                                     struct matmul_step t, bool first, uint32_t weights, uint32_t apart)
{
    const uint32_t init = SYSTOLE_GET(insn, MATMUL, init);
    struct matmul_tile tile;
    HLS_SPLIT(tile.i8, 2)
    HLS_SPLIT(tile.bf16, 2)
    HLS_LABEL(blocks)
    for (uint32_t n = 0; n < SYSTOLE_GET(insn, MATMUL, n); n++) {
        if (systole_hls_work(s, (uint64_t)t.p * t.q))
            return SYSTOLE_ERR_WATCHDOG;
        if (apart)
            read_tile(s, insn, weights, t.mode == SYSTOLE_MODE_MATRIX ? t.rows : 1, &tile);
        weights += apart;
        if (first && init != SYSTOLE_INIT_ACC)
            begin_chains(s, &t, init, SYSTOLE_GET(insn, MATMUL, bias) + n);
#ifdef SYSTOLE_NATIVE_FMA
        if (!native_step(s, &t, &tile))
#endif
            run_step(s, &t, &tile);
        t.a += (int32_t)SYSTOLE_GET(insn, MATMUL, a_sn);
        t.c += SYSTOLE_GET(insn, MATMUL, c_sn);
    }
    return SYSTOLE_ERR_OK;
}

enum systole_error systole_hls_matmul(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const uint32_t last = SYSTOLE_GET(insn, MATMUL, kc) - 1;
    const uint32_t tile = tile_bytes(insn);
    /* Taps at once: the tiles of a block stand together, else those of a step do. The sums are the same in any order. */
    const bool taps = SYSTOLE_GET(insn, MATMUL, taps) != 0;
    const uint32_t apart = taps ? (last + 1) * tile : tile;
    const uint32_t step = taps ? tile : SYSTOLE_GET(insn, MATMUL, n) * tile;
    const int32_t skh = (int32_t)SYSTOLE_GET(insn, MATMUL, a_skh);
    const int32_t skw = (int32_t)SYSTOLE_GET(insn, MATMUL, a_skw);
    const int32_t skc = (int32_t)SYSTOLE_GET(insn, MATMUL, a_skc);
    uint32_t weights = SYSTOLE_GET(insn, MATMUL, w_base);
    HLS_LABEL(kernel_rows)
    for (uint32_t kh = 0; kh < SYSTOLE_GET(insn, MATMUL, kh); kh++) {
        HLS_LABEL(kernel_columns)
        for (uint32_t kw = 0; kw < SYSTOLE_GET(insn, MATMUL, kw); kw++) {
            HLS_LABEL(channels)
            for (uint32_t kc = 0; kc <= last; kc++) {
                struct matmul_step t = first_step(insn);
                t.a += (int64_t)kh * skh + (int64_t)kw * skw + (int64_t)kc * skc;
                t.rows = kc == last ? SYSTOLE_GET(insn, MATMUL, k_tail) : SYSTOLE_ROWS;
                if (run_blocks(s, insn, t, kh == 0 && kw == 0 && kc == 0, weights + kc * step, apart) != SYSTOLE_ERR_OK)
                    return SYSTOLE_ERR_WATCHDOG;
            }
            weights += (last + 1) * SYSTOLE_GET(insn, MATMUL, n) * tile;
        }
    }
    return SYSTOLE_ERR_OK;
}
