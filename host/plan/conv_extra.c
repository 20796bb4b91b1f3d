/* SPDX-License-Identifier: Apache-2.0 */
/* What a block of results needs beside its sums: what the chains begin at, the residual, the table. */
#include "host/plan/conv_walk.h"
#include "host/plan/round.h"

void sy_conv_put(struct sy_conv_walk *k, const struct sy_conv_copy *c)
{
    if (c->len == 0 || c->n1 == 0 || c->n2 == 0)
        return;
    if (c->s1 > INT32_MAX || c->s2 > INT32_MAX || c->d1 > INT32_MAX || c->d2 > INT32_MAX || c->n1 > 65535 || c->n2 > 65535 ||
        c->len >= 1u << 24 || c->src >> SYSTOLE_ADDR_BITS) {
        k->too_large = true;
        return;
    }
    uint32_t *i = sy_program_next(k->program, (enum systole_opcode)c->op);
    SYSTOLE_PUT(i, LOAD, mem, c->mem);
    SYSTOLE_PUT(i, LOAD, conv, c->conv);
    SYSTOLE_PUT(i, LOAD, dst, c->dst);
    SYSTOLE_PUT(i, LOAD, len, c->len);
    SYSTOLE_PUT(i, LOAD, n1, c->n1);
    SYSTOLE_PUT(i, LOAD, n2, c->n2);
    SYSTOLE_PUT(i, LOAD, n3, 1);
    SYSTOLE_PUT(i, LOAD, d1, c->d1);
    SYSTOLE_PUT(i, LOAD, d2, c->d2);
    if (c->op == SYSTOLE_OP_LOAD) {
        SYSTOLE_PUT(i, LOAD, window, c->window);
        SYSTOLE_PUT(i, LOAD, src_lo, c->src);
        SYSTOLE_PUT(i, LOAD, src_hi, c->src >> 32);
        SYSTOLE_PUT(i, LOAD, s1, c->s1);
        SYSTOLE_PUT(i, LOAD, s2, c->s2);
    } else {
        SYSTOLE_PUT(i, FILL, value, c->value);
    }
    sy_program_commit(k->program);
}

/* Output channels of a block that there are, and the first of them among those of all groups. */
static uint32_t lanes_of(const struct sy_conv_walk *k, const struct sy_conv_piece *t)
{
    return least(t->tiles * k->cols, k->v->m - t->tile * k->cols);
}

static uint64_t first_channel(const struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    return (uint64_t)b->group * k->v->m + (uint64_t)t->tile * k->cols;
}

static uint64_t place_in(const struct sy_images *from, const struct sy_conv_band *b, uint64_t channel)
{
    return from->offset + b->image * from->image + b->p0 * from->row + b->q0 * from->pixel + channel * from->element;
}

/* ---- the residual ---- */

/* Each block has the end of one half of APAD, behind the band's input: as many bytes as half of ACC has lanes. */
static uint32_t residual_at(const struct sy_conv_walk *k)
{
    return (k->turn->c + 1) * k->apad_half - k->acc_half * k->cols;
}

void sy_conv_load_residual(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    const struct sy_images *from = &k->v->residual;
    const uint32_t pixel = t->tiles * k->cols;
    const struct sy_conv_copy c = {.op = SYSTOLE_OP_LOAD,
                                   .mem = SYSTOLE_MEM_APAD,
                                   .conv = SYSTOLE_CONV_COPY8,
                                   .window = from->window,
                                   .dst = residual_at(k),
                                   .src = place_in(from, b, first_channel(k, b, t)),
                                   .len = lanes_of(k, t),
                                   .n1 = b->cols,
                                   .n2 = b->rows,
                                   .s1 = from->pixel,
                                   .s2 = from->row,
                                   .d1 = pixel,
                                   .d2 = b->cols * pixel};
    sy_conv_put(k, &c);
}

void sy_conv_residual_fields(const struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t, uint32_t *store)
{
    const uint32_t pixel = t->tiles * k->cols;
    if (!k->v->has_residual)
        return;
    SYSTOLE_PUT(store, STORE, r_base, residual_at(k));
    SYSTOLE_PUT(store, STORE, r_sn, k->cols);
    SYSTOLE_PUT(store, STORE, r_sp, b->cols * pixel);
    SYSTOLE_PUT(store, STORE, r_sq, pixel);
}

/* ---- chains that begin at a tensor ---- */

/* Tile by tile, as the rows of ACC lie. */
static void load_start(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    const struct sy_images *from = &k->v->start;
    const uint32_t row = k->cols * 4, pixels = b->rows * b->cols;
    for (uint32_t tile = 0; tile < t->tiles; tile++) {
        const struct sy_conv_copy c = {.op = SYSTOLE_OP_LOAD,
                                       .mem = SYSTOLE_MEM_ACC,
                                       .conv = SYSTOLE_CONV_COPY32,
                                       .window = from->window,
                                       .dst = (k->turn->c * k->acc_half + tile * pixels) * row,
                                       .src = place_in(from, b, first_channel(k, b, t) + (uint64_t)tile * k->cols),
                                       .len = least(k->cols, lanes_of(k, t) - tile * k->cols),
                                       .n1 = b->cols,
                                       .n2 = b->rows,
                                       .s1 = from->pixel,
                                       .s2 = from->row,
                                       .d1 = row,
                                       .d2 = b->cols * row};
        sy_conv_put(k, &c);
    }
}

enum { BIAS_STEPS = 3, ONE_BF16 = 0x3f80 };

/* Rows l, m, h of a block's biases: the tiles of a step whose three activations are one. */
static void load_bias_tiles(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    static const uint32_t part[BIAS_STEPS] = {SYSTOLE_CONV_F32_L, SYSTOLE_CONV_F32_M, SYSTOLE_CONV_F32_H};
    const uint32_t row = k->cols * k->eb, lanes = lanes_of(k, t), whole = lanes / k->cols;
    for (uint32_t r = 0; r < BIAS_STEPS; r++) {
        struct sy_conv_copy c = {.op = SYSTOLE_OP_LOAD,
                                 .mem = SYSTOLE_MEM_WPAD,
                                 .conv = part[r],
                                 .window = k->v->bias.window,
                                 .dst = k->turn->w * k->wpad_part + r * row,
                                 .src = k->v->bias.offset + 4 * first_channel(k, b, t),
                                 .len = k->cols,
                                 .n1 = whole,
                                 .n2 = 1,
                                 .s1 = k->cols * 4,
                                 .d1 = k->rows * row};
        sy_conv_put(k, &c);
        c.src += (uint64_t)whole * k->cols * 4;
        c.dst += whole * k->rows * row;
        c.len = lanes % k->cols;
        c.n1 = 1;
        sy_conv_put(k, &c);
    }
}

/* A step of its own before those of the kernel: for every pixel the same three ones, in the last vector of APAD. */
static void add_bias(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    const uint32_t ones = 2 * k->apad_half - k->rows * k->eb;
    const struct sy_conv_copy fill = {.op = SYSTOLE_OP_FILL, .mem = SYSTOLE_MEM_APAD, .conv = SYSTOLE_CONV_COPY16, .dst = ones,
                                      .value = ONE_BF16, .len = BIAS_STEPS, .n1 = 1, .n2 = 1};
    if (!k->has_ones)
        sy_conv_put(k, &fill);
    k->has_ones = true;
    k->turn->w = (k->turn->w + 1) % k->wpad_parts;
    load_bias_tiles(k, b, t);
    uint32_t *i = sy_program_next(k->program, SYSTOLE_OP_MATMUL);
    SYSTOLE_PUT(i, MATMUL, mode, SYSTOLE_MODE_MATRIX);
    SYSTOLE_PUT(i, MATMUL, dtype, SYSTOLE_DTYPE_BF16);
    SYSTOLE_PUT(i, MATMUL, init, SYSTOLE_INIT_ACC);
    SYSTOLE_PUT(i, MATMUL, a_base, ones);
    SYSTOLE_PUT(i, MATMUL, w_base, k->turn->w * k->wpad_part);
    SYSTOLE_PUT(i, MATMUL, c_base, k->turn->c * k->acc_half);
    SYSTOLE_PUT(i, MATMUL, k_tail, BIAS_STEPS);
    SYSTOLE_PUT(i, MATMUL, kh, 1);
    SYSTOLE_PUT(i, MATMUL, kw, 1);
    SYSTOLE_PUT(i, MATMUL, kc, 1);
    SYSTOLE_PUT(i, MATMUL, n, t->tiles);
    SYSTOLE_PUT(i, MATMUL, p, b->rows);
    SYSTOLE_PUT(i, MATMUL, q, b->cols);
    SYSTOLE_PUT(i, MATMUL, c_sn, b->rows * b->cols);
    SYSTOLE_PUT(i, MATMUL, c_sp, b->cols);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
    sy_program_commit(k->program);
}

void sy_conv_begin_at(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    load_start(k, b, t);
    if (k->v->has_bias)
        add_bias(k, b, t);
}

/* ---- the table ---- */

void sy_conv_load_table(struct sy_conv_walk *k)
{
    const struct sy_conv_copy c = {.op = SYSTOLE_OP_LOAD, .mem = SYSTOLE_MEM_LUT, .conv = SYSTOLE_CONV_COPY8,
                                   .window = k->v->table.window, .src = k->v->table.offset, .len = SYSTOLE_LUT_BYTES, .n1 = 1, .n2 = 1};
    sy_conv_put(k, &c);
}
