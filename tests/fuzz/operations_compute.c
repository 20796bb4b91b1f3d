/* SPDX-License-Identifier: Apache-2.0 */
/* Random MATMUL and STORE. */
#include "maker.h"

#include <string.h>

/* kh, kw, kc, n, p, q, in this order. */
enum { KH, KW, KC, N, P, Q, LOOPS };

static void matmul_shape(const struct maker *k, uint32_t mode, struct dim *d)
{
    uint32_t vectors;
    uint32_t tiles;
    do {
        d[KH].n = maker_count(k->r, 3);
        d[KW].n = maker_count(k->r, 3);
        d[KC].n = maker_count(k->r, 6);
        d[N].n = maker_count(k->r, 4);
        d[P].n = maker_count(k->r, 8);
        d[Q].n = rng_percent(k->r, 15) ? rng_range(k->r, 1, 40) : maker_count(k->r, 12);
        tiles = d[KH].n * d[KW].n * d[KC].n * d[N].n;
        vectors = tiles * (d[P].n * d[Q].n + (mode == SYSTOLE_MODE_MATRIX ? 4 : 0));
    } while (vectors > k->budget || tiles > 64);
}

/* How A is walked: as a convolution walks an image, or anyhow. */
static void matmul_steps(const struct maker *k, struct dim *d, int64_t vector)
{
    if (rng_percent(k->r, 50)) {
        maker_wander(k->r, d, LOOPS, vector, vector);
        return;
    }
    const int64_t pixel = vector * d[KC].n * (rng_percent(k->r, 30) ? 2 : 1);
    const int64_t stride = rng_range(k->r, 1, 2);
    const int64_t dilation = rng_percent(k->r, 25) ? 2 : 1;
    const int64_t line = pixel * ((d[Q].n - 1) * stride + (d[KW].n - 1) * dilation + 1);
    d[KC].step = vector;
    d[KW].step = pixel * dilation;
    d[KH].step = line * dilation;
    d[N].step = rng_percent(k->r, 70) ? 0 : vector;
    d[Q].step = pixel * stride;
    d[P].step = line * stride;
    if (rng_percent(k->r, 15)) { /* upside down: the gradient's walk */
        d[KH].step = -d[KH].step;
        d[KW].step = -d[KW].step;
    }
    for (unsigned i = 0; i < LOOPS; i++) {
        if (d[i].n == 1 && rng_percent(k->r, 25)) {
            d[i].step = maker_any_step(k->r, vector);
        }
    }
}

/* Taps at once: a pixel of a row begins at the next of them, or at the one after that. */
static void matmul_taps(const struct maker *k, struct dim *d)
{
    d[KC].n = rng_range(k->r, 1, k->c->caps.lane_taps);
    if (rng_percent(k->r, 70)) {
        d[KC].step = d[KW].step; /* else what they are apart is as it came, a vector mostly */
    }
    d[Q].step = d[KC].step * (rng_percent(k->r, 50) ? 1 : 2);
}

/* Rows of ACC for pixels and blocks, nested as the contract wants it. */
static bool acc_rows(const struct maker *k, const struct dim *d, uint32_t *step, uint32_t *base)
{
    const uint32_t gap = rng_percent(k->r, 70) ? 1 : 3;
    const uint32_t rows = k->c->caps.acc_rows;
    step[Q] = d[Q].n == 1 ? rng_below(k->r, 4) : rng_range(k->r, 1, gap);
    const uint32_t across = (d[Q].n - 1) * step[Q];
    step[P] = d[P].n == 1 ? rng_below(k->r, 65536) : across + rng_range(k->r, 1, gap);
    const uint32_t down = (d[P].n - 1) * step[P];
    step[N] = d[N].n == 1 ? rng_below(k->r, 65536) : across + down + rng_range(k->r, 1, gap);
    const uint32_t last = across + down + (d[N].n - 1) * step[N];
    if (last >= rows) {
        return false;
    }
    const struct dim span = {last + 1, k->c->caps.cols * 4};
    const int64_t at = maker_place_mem(k, SYSTOLE_MEM_ACC, &span, 1, k->c->caps.cols * 4, k->c->caps.cols * 4);
    *base = (uint32_t)(at / (k->c->caps.cols * 4));
    return at >= 0;
}

static int64_t weight_base(const struct maker *k, uint32_t mode, const struct dim *d, int64_t eb)
{
    const struct ref_caps *caps = &k->c->caps;
    if (mode > SYSTOLE_MODE_DEPTHWISE) {
        return rng_percent(k->r, 50) ? 0 : (int64_t)(uint32_t)rng_next(k->r); /* not heeded */
    }
    const bool matrix = mode == SYSTOLE_MODE_MATRIX;
    const int64_t tile = (int64_t)(matrix ? caps->rows : 1) * caps->cols * eb;
    const struct dim tiles = {d[KH].n * d[KW].n * d[KC].n * d[N].n, tile};
    return maker_place_mem(k, SYSTOLE_MEM_WPAD, &tiles, 1, tile, matrix ? caps->word_bytes : tile);
}

static int64_t param_row(const struct maker *k, uint32_t n)
{
    const struct dim rows = {n, k->c->caps.cols * 4};
    const int64_t at = maker_place_mem(k, SYSTOLE_MEM_PARAM, &rows, 1, rows.step, rows.step);
    return at < 0 ? -1 : at / rows.step;
}

static void put_matmul(const struct maker *k, const struct dim *d, const uint32_t *c_step)
{
    uint32_t *insn = k->insn;
    SYSTOLE_PUT(insn, MATMUL, kh, d[KH].n);
    SYSTOLE_PUT(insn, MATMUL, kw, d[KW].n);
    SYSTOLE_PUT(insn, MATMUL, kc, d[KC].n);
    SYSTOLE_PUT(insn, MATMUL, n, d[N].n);
    SYSTOLE_PUT(insn, MATMUL, p, d[P].n);
    SYSTOLE_PUT(insn, MATMUL, q, d[Q].n);
    SYSTOLE_PUT(insn, MATMUL, a_skh, d[KH].step);
    SYSTOLE_PUT(insn, MATMUL, a_skw, d[KW].step);
    SYSTOLE_PUT(insn, MATMUL, a_skc, d[KC].step);
    SYSTOLE_PUT(insn, MATMUL, a_sn, d[N].step);
    SYSTOLE_PUT(insn, MATMUL, a_sp, d[P].step);
    SYSTOLE_PUT(insn, MATMUL, a_sq, d[Q].step);
    SYSTOLE_PUT(insn, MATMUL, c_sn, c_step[N]);
    SYSTOLE_PUT(insn, MATMUL, c_sp, c_step[P]);
    SYSTOLE_PUT(insn, MATMUL, c_sq, c_step[Q]);
}

static void put_types(const struct maker *k, uint32_t mode, bool fp)
{
    uint32_t *insn = k->insn;
    const uint32_t rows = k->c->caps.rows;
    SYSTOLE_PUT(insn, MATMUL, mode, mode);
    SYSTOLE_PUT(insn, MATMUL, dtype, fp ? SYSTOLE_DTYPE_BF16 : SYSTOLE_DTYPE_INT8);
    SYSTOLE_PUT(insn, MATMUL, k_tail, rng_percent(k->r, 50) ? rows : rng_range(k->r, 1, rows));
    if (!fp) {
        SYSTOLE_PUT(insn, MATMUL, a_unsigned, rng_below(k->r, 2));
        SYSTOLE_PUT(insn, MATMUL, b_unsigned, rng_below(k->r, 2));
        SYSTOLE_PUT(insn, MATMUL, a_zp, rng_percent(k->r, 50) ? 0 : rng_below(k->r, 256));
        SYSTOLE_PUT(insn, MATMUL, b_zp, rng_percent(k->r, 60) ? 0 : rng_below(k->r, 256));
    }
}

static void replace(uint32_t *insn, unsigned word, unsigned lsb, unsigned width, uint32_t value)
{
    insn[word] = (insn[word] & ~(SYSTOLE_MASK(width) << lsb)) | (value & SYSTOLE_MASK(width)) << lsb;
}
#define REPLACE(insn, field, value)                                                                                    \
    replace(insn, SYSTOLE_F_MATMUL_##field##_WORD, SYSTOLE_F_MATMUL_##field##_LSB, SYSTOLE_F_MATMUL_##field##_WIDTH,   \
            (uint32_t)(value))

/*
 * The latest MATMUL once more, on its own sums, as a matrix product goes on along K: the same rows of ACC, or rows that
 * only nearly are the same. A device that takes one for the other reads sums that are not there yet.
 */
static bool continue_last(const struct maker *k)
{
    uint32_t *insn = k->insn;
    uint32_t at = k->c->count;
    while (at > 0 && SYSTOLE_GET(k->c->insn[at - 1], ANY, opcode) != SYSTOLE_OP_MATMUL) {
        at--;
    }
    if (at == 0) {
        return false;
    }
    memcpy(insn, k->c->insn[at - 1], sizeof k->c->insn[0]);
    insn[SYSTOLE_F_ANY_wait_WORD] = 0; /* its tokens are its own; what it signals is in the same word */
    const uint32_t across = SYSTOLE_GET(insn, MATMUL, c_sq) * (SYSTOLE_GET(insn, MATMUL, q) - 1);
    const uint32_t down = SYSTOLE_GET(insn, MATMUL, c_sp) * (SYSTOLE_GET(insn, MATMUL, p) - 1);
    const uint32_t last = SYSTOLE_GET(insn, MATMUL, c_sn) * (SYSTOLE_GET(insn, MATMUL, n) - 1) + across + down;
    const uint32_t base = SYSTOLE_GET(insn, MATMUL, c_base);
    REPLACE(insn, init, SYSTOLE_INIT_ACC);
    switch (rng_below(k->r, 10)) {
    case 0:
        REPLACE(insn, c_base, base + last); /* its last row only */
        break;
    case 1:
        REPLACE(insn, c_base, base + rng_range(k->r, 1, last + 1));
        break;
    case 2:
        REPLACE(insn, c_base, base - rng_range(k->r, 1, last + 1));
        break;
    case 3:
        REPLACE(insn, c_sn, SYSTOLE_GET(insn, MATMUL, c_sn) + 1);
        break;
    case 4:
        REPLACE(insn, c_sp, SYSTOLE_GET(insn, MATMUL, c_sp) + 1);
        break;
    case 5:
        REPLACE(insn, c_sq, rng_range(k->r, 1, 3));
        break;
    default:
        break;
    }
    return true;
}

bool make_matmul(const struct maker *k)
{
    uint32_t *insn = k->insn;
    struct dim d[LOOPS] = {{0, 0}};
    uint32_t c_step[LOOPS] = {0};
    uint32_t c_base;
    const uint32_t mode = rng_percent(k->r, 55) ? (uint32_t)SYSTOLE_MODE_MATRIX : rng_range(k->r, 1, 3);
    const bool fp = k->c->caps.has_fp && rng_percent(k->r, k->c->fp ? 80 : 20);
    const uint32_t init = rng_below(k->r, 3);
    const int64_t eb = fp ? 2 : 1;
    const int64_t vector = (mode == SYSTOLE_MODE_MATRIX ? k->c->caps.rows : k->c->caps.cols) * eb;
    if (rng_percent(k->r, 25) && continue_last(k)) {
        return true;
    }
    matmul_shape(k, mode, d);
    matmul_steps(k, d, vector);
    const bool taps = mode == SYSTOLE_MODE_DEPTHWISE && !fp && rng_percent(k->r, 60);
    if (taps) {
        matmul_taps(k, d);
    }
    const int64_t a = maker_place_mem(k, SYSTOLE_MEM_APAD, d, LOOPS, vector, vector);
    const int64_t w = weight_base(k, mode, d, eb);
    const int64_t bias = init == SYSTOLE_INIT_PARAM ? param_row(k, d[N].n) : (int64_t)rng_below(k->r, 65536);
    if (a < 0 || w < 0 || bias < 0 || !acc_rows(k, d, c_step, &c_base)) {
        return false;
    }
    put_types(k, mode, fp);
    put_matmul(k, d, c_step);
    SYSTOLE_PUT(insn, MATMUL, taps, taps);
    SYSTOLE_PUT(insn, MATMUL, init, init);
    SYSTOLE_PUT(insn, MATMUL, a_base, a);
    SYSTOLE_PUT(insn, MATMUL, w_base, w);
    SYSTOLE_PUT(insn, MATMUL, c_base, c_base);
    SYSTOLE_PUT(insn, MATMUL, bias, bias);
    return true;
}

static void put_post(const struct maker *k, uint32_t out, bool fp)
{
    struct rng *r = k->r;
    uint32_t *insn = k->insn;
    const bool bytes = out == SYSTOLE_OUT_I8 || out == SYSTOLE_OUT_U8;
    SYSTOLE_PUT(insn, STORE, src_fp, fp);
    SYSTOLE_PUT(insn, STORE, out, out);
    SYSTOLE_PUT(insn, STORE, scale_imm, data_scale(r));
    SYSTOLE_PUT(insn, STORE, r_scale, rng_percent(r, 40) ? 0x3f800000u : data_scale(r));
    SYSTOLE_PUT(insn, STORE, alpha, rng_percent(r, 50) ? 0x3dcccccdu : data_f32(r));
    SYSTOLE_PUT(insn, STORE, lo, rng_percent(r, 30) ? 0 : data_f32(r));
    SYSTOLE_PUT(insn, STORE, hi, rng_percent(r, 30) ? 0x40c00000u : data_f32(r));
    SYSTOLE_PUT(insn, STORE, o_zp, rng_percent(r, 40) ? 0 : rng_below(r, 256));
    SYSTOLE_PUT(insn, STORE, r_zp, rng_percent(r, 40) ? 0 : rng_below(r, 256));
    if (out == SYSTOLE_OUT_RAW32) {
        return;
    }
    SYSTOLE_PUT(insn, STORE, scale, rng_below(r, 3));
    SYSTOLE_PUT(insn, STORE, act, rng_below(r, bytes ? 4 : 3));
    SYSTOLE_PUT(insn, STORE, clamp, rng_percent(r, 35));
    if (rng_percent(r, 45)) {
        SYSTOLE_PUT(insn, STORE, res, rng_range(r, 1, k->c->caps.has_fp ? 3 : 2));
    }
}

/* Rows of ACC that are read: any steps do, as long as they stay inside. */
static bool put_source(const struct maker *k, const struct dim *d)
{
    uint32_t step[LOOPS];
    uint32_t base;
    uint32_t *insn = k->insn;
    if (rng_percent(k->r, 75)) {
        if (!acc_rows(k, d, step, &base)) {
            return false;
        }
    } else {
        step[N] = rng_below(k->r, 6);
        step[P] = rng_below(k->r, 6);
        step[Q] = rng_below(k->r, 4);
        const uint32_t last = (d[N].n - 1) * step[N] + (d[P].n - 1) * step[P] + (d[Q].n - 1) * step[Q];
        if (last >= k->c->caps.acc_rows) {
            return false;
        }
        base = rng_below(k->r, k->c->caps.acc_rows - last);
    }
    SYSTOLE_PUT(insn, STORE, c_base, base);
    SYSTOLE_PUT(insn, STORE, c_sn, step[N]);
    SYSTOLE_PUT(insn, STORE, c_sp, step[P]);
    SYSTOLE_PUT(insn, STORE, c_sq, step[Q]);
    return true;
}

/* The residual: where the result goes (added in place), or anywhere. */
static bool put_residual(const struct maker *k, const struct dim *to, int64_t at, bool same)
{
    uint32_t *insn = k->insn;
    const uint32_t res = SYSTOLE_GET(insn, STORE, res);
    const int64_t er = res == SYSTOLE_RES_BF16 ? 2 : 1;
    const int64_t unit = k->c->caps.cols * er;
    struct dim from[3] = {to[0], to[1], to[2]};
    int64_t base = at;
    if (res == SYSTOLE_RES_NONE || !same) {
        maker_wander(k->r, from, 3, unit, unit);
        base = maker_place_mem(k, SYSTOLE_MEM_APAD, from, 3, unit, unit);
        if (base < 0) {
            return false;
        }
    }
    SYSTOLE_PUT(insn, STORE, r_base, base);
    SYSTOLE_PUT(insn, STORE, r_sn, from[0].step);
    SYSTOLE_PUT(insn, STORE, r_sp, from[1].step);
    SYSTOLE_PUT(insn, STORE, r_sq, from[2].step);
    return true;
}

/* Where the result goes. The dimensions come in the order n, p, q. -1 when it fits nowhere. */
static int64_t put_target(const struct maker *k, struct dim *to, uint32_t tail, int64_t eo, bool wide_out)
{
    uint32_t *insn = k->insn;
    struct rng *r = k->r;
    const uint32_t cols = k->c->caps.cols;
    int64_t at;
    uint32_t dst = SYSTOLE_DST_DRAM;
    uint32_t w = rng_below(r, SYSTOLE_WINDOWS);
    if (!wide_out && rng_percent(r, 40)) {
        dst = rng_range(r, SYSTOLE_DST_APAD, SYSTOLE_DST_WPAD);
        maker_nest(r, to, 3, cols * eo, cols * eo);
        at = maker_place_mem(k, dst == SYSTOLE_DST_APAD ? SYSTOLE_MEM_APAD : SYSTOLE_MEM_WPAD, to, 3, cols * eo,
                             cols * eo);
    } else {
        w = rng_range(r, 1, SYSTOLE_WINDOWS - 1); /* never the program's */
        const int64_t full = (to[0].n > 1 ? cols : tail) * eo;
        maker_nest(r, to, 3, full, eo);
        if (to[0].n > 1 && rng_percent(r, 50)) { /* channels side by side, pixels without a gap */
            const int64_t pixel = (to[0].n - 1) * (int64_t)cols * eo + tail * eo;
            to[0].step = cols * eo;
            to[2].step = pixel;
            to[1].step = pixel * to[2].n;
        }
        const bool tight = to[0].step >= (int64_t)cols * eo; /* the last block may end at the window's last byte */
        at = maker_place_window(k, w, to, 3, tight ? tail * eo : full, eo);
    }
    if (at < 0) {
        return -1;
    }
    SYSTOLE_PUT(insn, STORE, dst, dst);
    SYSTOLE_PUT(insn, STORE, window, w);
    SYSTOLE_PUT(insn, STORE, dst_lo, at);
    SYSTOLE_PUT(insn, STORE, dst_hi, at >> 32);
    SYSTOLE_PUT(insn, STORE, d_sn, to[0].step);
    SYSTOLE_PUT(insn, STORE, d_sp, to[1].step);
    SYSTOLE_PUT(insn, STORE, d_sq, to[2].step);
    return at;
}

bool make_store(const struct maker *k)
{
    uint32_t *insn = k->insn;
    struct rng *r = k->r;
    const bool fp = k->c->caps.has_fp && rng_percent(r, k->c->fp ? 80 : 20);
    static const uint8_t outs[] = {SYSTOLE_OUT_RAW32, SYSTOLE_OUT_F32, SYSTOLE_OUT_I8, SYSTOLE_OUT_U8, SYSTOLE_OUT_BF16};
    const uint32_t out = outs[rng_below(r, k->c->caps.has_fp ? 5 : 4)];
    const int64_t eo = out == SYSTOLE_OUT_BF16 ? 2 : out == SYSTOLE_OUT_I8 || out == SYSTOLE_OUT_U8 ? 1 : 4;
    const uint32_t cols = k->c->caps.cols;
    const uint32_t tail = rng_percent(r, 50) ? cols : rng_range(r, 1, cols);
    struct dim d[LOOPS] = {{0, 0}};
    do {
        d[N].n = maker_count(r, 5);
        d[P].n = maker_count(r, 8);
        d[Q].n = maker_count(r, 16);
    } while (d[N].n * d[P].n * d[Q].n * 8 > k->budget);
    put_post(k, out, fp);
    struct dim to[3] = {d[N], d[P], d[Q]};
    const int64_t at = put_target(k, to, tail, eo, eo == 4);
    if (at < 0 || !put_source(k, d)) {
        return false;
    }
    const int64_t er = SYSTOLE_GET(insn, STORE, res) == SYSTOLE_RES_BF16 ? 2 : 1;
    const bool same = SYSTOLE_GET(insn, STORE, dst) == SYSTOLE_DST_APAD && er == eo && rng_percent(r, 50);
    int64_t s_base = rng_below(r, 65536);
    if (SYSTOLE_GET(insn, STORE, scale) == SYSTOLE_SCALE_PARAM) {
        s_base = param_row(k, d[N].n);
    }
    SYSTOLE_PUT(insn, STORE, s_base, s_base);
    SYSTOLE_PUT(insn, STORE, n, d[N].n);
    SYSTOLE_PUT(insn, STORE, n_tail, tail);
    SYSTOLE_PUT(insn, STORE, p, d[P].n);
    SYSTOLE_PUT(insn, STORE, q, d[Q].n);
    return s_base >= 0 && put_residual(k, to, at, same);
}
