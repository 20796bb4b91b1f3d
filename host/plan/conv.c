/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk: images, groups, bands of output rows, blocks of output channels, passes, pieces of the kernel. The band's input lies in one half
 * of APAD, with its border; the pieces of the weights go through the parts of WPAD in turn, the blocks of results between those of ACC.
 */
#include "host/plan/conv_walk.h"
#include "host/plan/round.h"

#include <string.h>

/* ---- the input of a band ---- */

/* Part of [from, from + count) that is inside [0, size). */
static void clip(int64_t from, int64_t count, int64_t size, int64_t *first, int64_t *inside)
{
    const int64_t lo = from < 0 ? 0 : from, hi = from + count > size ? size : from + count;
    *first = lo;
    *inside = hi > lo ? hi - lo : 0;
}

/* Rows [y, y + n) and columns [x, x + m) of the band's block in APAD become border. */
static void fill_border(struct sy_conv_walk *k, uint64_t y, uint64_t n, uint64_t x, uint64_t m)
{
    const uint64_t pixel = (uint64_t)k->l->channels * k->eb, row = pixel * k->l->columns;
    const struct sy_conv_copy c = {.op = SYSTOLE_OP_FILL,
                           .mem = SYSTOLE_MEM_APAD,
                           .conv = k->v->bf16 ? SYSTOLE_CONV_COPY16 : SYSTOLE_CONV_COPY8,
                           .dst = (uint32_t)(k->turn->a * k->apad_half + y * row + x * pixel),
                           .value = k->v->bf16 ? SYSTOLE_PAD_BF16 : k->v->pad_value,
                           .len = m * k->l->channels,
                           .n1 = n,
                           .n2 = 1,
                           .d1 = row};
    sy_conv_put(k, &c);
}

/* Rows of a folded band: the first of them begins at `dst` in APAD and reads row y of the input; the next `step` rows further on. */
struct folded_rows {
    uint32_t conv;
    uint64_t dst, y, count, step;
};

/* Columns [q, q + n) whose runs begin `skip` elements late and have `len` elements. */
static void load_runs(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct folded_rows *r, uint64_t q, uint64_t n, uint64_t skip,
                      uint64_t len)
{
    const struct sy_convolution *v = k->v;
    const uint64_t pixel = (uint64_t)k->l->channels * k->eb, row = pixel * k->l->columns;
    const int64_t x = (int64_t)(b->q0 + q) * v->stride_w - (int64_t)v->pad_w;
    const struct sy_conv_copy c = {.op = SYSTOLE_OP_LOAD,
                           .mem = SYSTOLE_MEM_APAD,
                           .conv = r->conv,
                           .window = v->in.window,
                           .dst = (uint32_t)(r->dst + q * pixel + skip * k->eb),
                           .src = v->in.offset + b->image * v->in.image + r->y * v->in.row +
                                  (uint64_t)(x * (int64_t)v->in.pixel + (int64_t)(skip * v->in.element)),
                           .len = len,
                           .n1 = n,
                           .n2 = r->count,
                           .s1 = v->stride_w * v->in.pixel,
                           .s2 = r->step * v->in.row,
                           .d1 = pixel,
                           .d2 = row};
    sy_conv_put(k, &c);
}

/* A thin input: for each output column its run of kw * c elements. Columns at the edges have shorter runs. */
static void load_folded(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct folded_rows *r)
{
    const struct sy_convolution *v = k->v;
    for (uint32_t q = 0; q < b->cols;) {
        const int64_t x = (int64_t)(b->q0 + q) * v->stride_w - (int64_t)v->pad_w;
        int64_t first, inside;
        uint32_t same = 1;
        clip(x, v->kw, v->w, &first, &inside);
        if (inside == v->kw)
            while (q + same < b->cols && x + (int64_t)same * v->stride_w + v->kw <= v->w)
                same++;
        if (inside > 0)
            load_runs(k, b, r, q, same, (uint64_t)(first - x) * v->c, (uint64_t)inside * v->c);
        q += same;
    }
}

/* Output rows, and columns, whose windows begin outside the image, or end there: the first `before` of a band, and those from `after` on. */
static void at_edges(int64_t first, uint32_t count, uint32_t stride, uint32_t reach, uint32_t size, uint32_t *before, uint32_t *after)
{
    *before = 0;
    while (*before < count && first + (int64_t)*before * stride < 0)
        ++*before;
    *after = *before;
    while (*after < count && first + (int64_t)*after * stride + reach <= size)
        ++*after;
}

/* Each output pixel's whole window, kernel row by kernel row; border where windows leave the image. */
static void load_windows(struct sy_conv_walk *k, const struct sy_conv_band *b, uint32_t conv)
{
    const struct sy_convolution *v = k->v;
    const int64_t top = (int64_t)b->p0 * v->stride_h - (int64_t)v->pad_h, left = (int64_t)b->q0 * v->stride_w - (int64_t)v->pad_w;
    const uint64_t row = (uint64_t)k->l->channels * k->eb * k->l->columns;
    uint32_t above, below, before, after;
    at_edges(top, b->rows, v->stride_h, (v->kh - 1) * v->dil_h + 1, v->h, &above, &below);
    at_edges(left, b->cols, v->stride_w, v->kw, v->w, &before, &after);
    fill_border(k, 0, above, 0, b->cols);
    fill_border(k, below, b->rows - below, 0, b->cols);
    fill_border(k, above, below - above, 0, before);
    fill_border(k, above, below - above, after, b->cols - after);
    for (uint32_t kh = 0; kh < v->kh; kh++) {
        uint32_t first = 0, last = b->rows; /* output rows for which this row of the kernel is inside */
        const int64_t y = top + (int64_t)kh * v->dil_h;
        while (first < last && y + (int64_t)first * v->stride_h < 0)
            first++;
        while (last > first && y + (int64_t)(last - 1) * v->stride_h >= v->h)
            last--;
        if (first == last)
            continue;
        load_folded(k, b, &(struct folded_rows){
            .conv = conv, .dst = k->turn->a * k->apad_half + first * row + (uint64_t)kh * v->kw * v->c * k->eb,
            .y = (uint64_t)(y + (int64_t)first * v->stride_h), .count = last - first, .step = v->stride_h});
    }
}

/* Steps [first, first + count) of the input, of all the region's pixels; lane by lane all channels are one step. */
static void load_pixels(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_held *held, uint32_t first, uint32_t count)
{
    const struct sy_convolution *v = k->v;
    const struct sy_conv_region *r = &held->region;
    const uint64_t pixel = (uint64_t)k->l->channels * k->eb, row = pixel * k->l->columns;
    const bool matrix = sy_conv_is_matrix(k);
    const uint64_t at = matrix ? (uint64_t)first * k->rows : 0, channel = (matrix ? (uint64_t)b->group * v->c : 0) + at;
    struct sy_conv_copy c = {.op = SYSTOLE_OP_LOAD,
                     .mem = SYSTOLE_MEM_APAD,
                     .conv = held->conv,
                     .window = v->in.window,
                     .dst = (uint32_t)(k->turn->a * k->apad_half + (uint64_t)r->at_y * row + (uint64_t)r->at_x * pixel +
                                       (at - (uint64_t)held->chunk * k->l->chunk * k->rows * matrix) * k->eb),
                     .src = v->in.offset + b->image * v->in.image + (uint64_t)r->y * v->in.row + (uint64_t)r->x * v->in.pixel +
                            channel * v->in.element,
                     .len = matrix ? least(count * k->rows, v->c - (uint32_t)at) : v->c,
                     .n1 = (uint64_t)r->columns,
                     .n2 = (uint64_t)r->rows,
                     .s1 = k->l->skip_w * v->in.pixel,
                     .s2 = k->l->skip_h * v->in.row,
                     .d1 = pixel,
                     .d2 = row};
    /* Whole rows at once where pixels are dense on both sides. */
    if (c.s1 == c.len * v->in.element && c.d1 == c.len * k->eb) {
        c.len *= c.n1;
        c.n1 = c.n2;
        c.n2 = 1;
        c.s1 = c.s2;
        c.d1 = c.d2;
    }
    sy_conv_put(k, &c);
}

/* The border around what the image has of a band. */
static struct sy_conv_region border_band(struct sy_conv_walk *k, const struct sy_conv_band *b)
{
    const struct sy_convolution *v = k->v;
    const int64_t rows = (int64_t)(b->rows - 1) * k->l->step_h + (int64_t)(v->kh - 1) * v->dil_h + 1;
    const int64_t top = (int64_t)b->p0 * v->stride_h - (int64_t)v->pad_h, left = (int64_t)b->q0 * v->stride_w - (int64_t)v->pad_w;
    const int64_t columns = k->l->columns; /* of a band narrower than most, some are not needed */
    struct sy_conv_region r = {.y = top, .rows = rows, .x = left, .columns = k->l->skip_w > 1 ? b->cols : columns};
    if (k->l->skip_h > 1 || k->l->skip_w > 1)
        return r; /* all inside */
    clip(top, rows, v->h, &r.y, &r.rows);
    r.at_y = r.rows ? r.y - top : rows;
    fill_border(k, 0, (uint64_t)r.at_y, 0, (uint64_t)columns);
    if (r.rows == 0)
        return r;
    fill_border(k, (uint64_t)(r.at_y + r.rows), (uint64_t)(rows - r.at_y - r.rows), 0, (uint64_t)columns);
    if (k->l->fold)
        return r;
    clip(left, columns, v->w, &r.x, &r.columns);
    r.at_x = r.columns ? r.x - left : columns;
    fill_border(k, (uint64_t)r.at_y, (uint64_t)r.rows, 0, (uint64_t)r.at_x);
    if (r.columns)
        fill_border(k, (uint64_t)r.at_y, (uint64_t)r.rows, (uint64_t)(r.at_x + r.columns), (uint64_t)(columns - r.at_x - r.columns));
    return r;
}

/* Rows of runs, with their border. */
static void load_rows(struct sy_conv_walk *k, const struct sy_conv_band *b, uint32_t conv)
{
    const struct sy_convolution *v = k->v;
    const struct sy_conv_region r = border_band(k, b);
    const int64_t left = (int64_t)b->q0 * v->stride_w - (int64_t)v->pad_w;
    const uint64_t columns = k->l->columns, row = (uint64_t)k->l->channels * k->eb * columns;
    if (r.rows == 0)
        return;
    /* The ends of edge columns' runs, and nothing else of what is filled, stay as they are. */
    if (left < 0 || (int64_t)(b->q0 + b->cols - 1) * v->stride_w - (int64_t)v->pad_w + v->kw > v->w)
        fill_border(k, (uint64_t)r.at_y, (uint64_t)r.rows, 0, columns);
    load_folded(k, b, &(struct folded_rows){.conv = conv, .dst = k->turn->a * k->apad_half + (uint64_t)r.at_y * row, .y = (uint64_t)r.y,
                                            .count = (uint64_t)r.rows, .step = 1});
}

enum { NOTHING = 255 };

/* The input that a piece reads, as far as it is not in APAD yet; another chunk, or another part of the numbers, goes into the other half. */
static void load_input(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t, struct sy_conv_held *held)
{
    const struct sy_conv_layout *l = k->l;
    const uint32_t conv = k->v->pass[t->pass].conv_a, chunk = t->kc / l->chunk;
    if (conv != held->conv || chunk != held->chunk) {
        k->turn->a = 1 - k->turn->a;
        *held = (struct sy_conv_held){.conv = conv, .chunk = chunk};
        if (l->fold) {
            held->steps = l->chunk;
            (l->fold == SY_FOLD_KERNEL ? load_windows : load_rows)(k, b, conv);
        } else {
            held->region = border_band(k, b);
            held->steps = k->v->is_here || held->region.rows == 0 || held->region.columns == 0 ? l->chunk : 0;
        }
    }
    while (held->steps < least(l->chunk, t->kc - chunk * l->chunk + t->nkc)) {
        const uint32_t first = chunk * l->chunk + held->steps, count = least(l->part, least(l->chunk - held->steps, l->steps - first));
        load_pixels(k, b, held, first, count);
        held->steps += count;
    }
}

/* ---- weights, bias, scale ---- */

static uint64_t tile_elements(const struct sy_conv_walk *k)
{
    return (uint64_t)(sy_conv_is_matrix(k) ? k->rows : k->l->taps) * k->cols;
}

static void load_weights(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    const struct sy_convolution *v = k->v;
    const struct sy_conv_layout *l = k->l;
    k->turn->w = (k->turn->w + 1) % k->wpad_parts;
    const uint64_t taps = (uint64_t)l->kh * l->kw * l->steps;
    const uint64_t step = ((uint64_t)t->kh * l->kw + t->kw) * l->steps + t->kc;
    const uint64_t tiles = (uint64_t)b->group * l->tiles * taps + t->tile * taps + step * t->tiles;
    const struct sy_conv_copy c = {.op = SYSTOLE_OP_LOAD,
                           .mem = SYSTOLE_MEM_WPAD,
                           .conv = v->pass[t->pass].conv_b,
                           .window = v->weights.window,
                           .dst = k->turn->w * k->wpad_part,
                           .src = v->weights.offset + tiles * tile_elements(k) * v->weights.element,
                           .len = (uint64_t)t->nkh * t->nkw * t->nkc * t->tiles * tile_elements(k),
                           .n1 = 1,
                           .n2 = 1};
    sy_conv_put(k, &c);
}

static void load_param(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t, const struct sy_operand *from, uint32_t row)
{
    const uint32_t lanes = least(t->tiles * k->cols, k->v->m - t->tile * k->cols);
    const struct sy_conv_copy c = {.op = SYSTOLE_OP_LOAD,
                           .mem = SYSTOLE_MEM_PARAM,
                           .conv = SYSTOLE_CONV_COPY32,
                           .window = from->window,
                           .dst = row * k->cols * 4,
                           .src = from->offset + 4ull * ((uint64_t)b->group * k->v->m + (uint64_t)t->tile * k->cols),
                           .len = lanes,
                           .n1 = 1,
                           .n2 = 1};
    sy_conv_put(k, &c);
}

/* ---- compute and store ---- */

static uint32_t init_of(const struct sy_convolution *v, const struct sy_conv_piece *t)
{
    if (!t->first || v->has_start)
        return SYSTOLE_INIT_ACC;
    return v->has_bias ? SYSTOLE_INIT_PARAM : SYSTOLE_INIT_ZERO;
}

static void compute(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    const struct sy_convolution *v = k->v;
    const struct sy_conv_layout *l = k->l;
    const uint32_t pixel = l->channels * k->eb, row = pixel * l->columns;
    const bool tail = sy_conv_is_matrix(k) && t->kc + t->nkc == l->steps && l->c % k->rows;
    uint32_t *i = sy_program_next(k->program, SYSTOLE_OP_MATMUL);
    SYSTOLE_PUT(i, MATMUL, mode, v->mode);
    SYSTOLE_PUT(i, MATMUL, dtype, v->bf16);
    SYSTOLE_PUT(i, MATMUL, a_unsigned, v->a_unsigned);
    SYSTOLE_PUT(i, MATMUL, b_unsigned, v->b_unsigned);
    SYSTOLE_PUT(i, MATMUL, a_zp, v->a_zp);
    SYSTOLE_PUT(i, MATMUL, b_zp, v->b_zp);
    SYSTOLE_PUT(i, MATMUL, init, init_of(v, t));
    SYSTOLE_PUT(i, MATMUL, bias, k->turn->c * k->param_half);
    SYSTOLE_PUT(i, MATMUL, a_base,
                k->turn->a * k->apad_half + t->kh * v->dil_h * row + t->kw * l->taps * v->dil_w * pixel +
                    (sy_conv_is_matrix(k) ? t->kc % l->chunk * k->rows : t->tile * k->cols) * k->eb);
    SYSTOLE_PUT(i, MATMUL, w_base, k->turn->w * k->wpad_part);
    SYSTOLE_PUT(i, MATMUL, c_base, k->turn->c * k->acc_half);
    SYSTOLE_PUT(i, MATMUL, k_tail, tail ? l->c % k->rows : k->rows);
    SYSTOLE_PUT(i, MATMUL, kh, t->nkh);
    SYSTOLE_PUT(i, MATMUL, kw, t->nkw);
    SYSTOLE_PUT(i, MATMUL, taps, l->taps > 1);
    SYSTOLE_PUT(i, MATMUL, kc, l->taps > 1 ? l->taps : t->nkc);
    SYSTOLE_PUT(i, MATMUL, n, t->tiles);
    SYSTOLE_PUT(i, MATMUL, p, b->rows);
    SYSTOLE_PUT(i, MATMUL, q, b->cols);
    SYSTOLE_PUT(i, MATMUL, a_skh, v->dil_h * row);
    SYSTOLE_PUT(i, MATMUL, a_skw, l->taps * v->dil_w * pixel);
    SYSTOLE_PUT(i, MATMUL, a_skc, l->taps > 1 ? v->dil_w * pixel : sy_conv_is_matrix(k) ? k->rows * k->eb : 0);
    SYSTOLE_PUT(i, MATMUL, a_sn, sy_conv_is_matrix(k) ? 0 : k->cols * k->eb);
    SYSTOLE_PUT(i, MATMUL, a_sp, l->step_h * row);
    SYSTOLE_PUT(i, MATMUL, a_sq, l->step_w * pixel);
    SYSTOLE_PUT(i, MATMUL, c_sn, b->rows * b->cols);
    SYSTOLE_PUT(i, MATMUL, c_sp, b->cols);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
    sy_program_commit(k->program);
}

/* Tiles [first, first + count) of a block's results. */
static void store_tiles(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t, uint32_t first, uint32_t count)
{
    const struct sy_convolution *v = k->v;
    const uint32_t tile = t->tile + first, lanes = least(count * k->cols, v->m - tile * k->cols);
    const uint64_t channel = (uint64_t)b->group * v->m + (uint64_t)tile * k->cols;
    const uint64_t dst = v->stays ? (1 - k->turn->a) * k->apad_half + v->place.first + channel
                                  : v->out.offset + b->image * v->out.image + b->p0 * v->out.row + b->q0 * v->out.pixel +
                                        channel * v->out.element;
    if (v->out.row > INT32_MAX || v->out.pixel > INT32_MAX || dst >> SYSTOLE_ADDR_BITS) {
        k->too_large = true;
        return;
    }
    uint32_t *i = sy_program_next(k->program, SYSTOLE_OP_STORE);
    memcpy(i, v->post, sizeof v->post);
    i[0] = (i[0] & ~0xffu) | SYSTOLE_OP_STORE;
    SYSTOLE_PUT(i, STORE, dst, v->stays ? SYSTOLE_DST_APAD : SYSTOLE_DST_DRAM);
    SYSTOLE_PUT(i, STORE, window, v->stays ? 0 : v->out.window);
    SYSTOLE_PUT(i, STORE, dst_lo, dst);
    SYSTOLE_PUT(i, STORE, dst_hi, dst >> 32);
    SYSTOLE_PUT(i, STORE, c_base, k->turn->c * k->acc_half + first * b->rows * b->cols);
    SYSTOLE_PUT(i, STORE, s_base, k->turn->c * k->param_half + k->param_half / 2 + first);
    SYSTOLE_PUT(i, STORE, n, count);
    SYSTOLE_PUT(i, STORE, n_tail, lanes % k->cols ? lanes % k->cols : k->cols);
    SYSTOLE_PUT(i, STORE, p, b->rows);
    SYSTOLE_PUT(i, STORE, q, b->cols);
    SYSTOLE_PUT(i, STORE, c_sn, b->rows * b->cols);
    SYSTOLE_PUT(i, STORE, c_sp, b->cols);
    SYSTOLE_PUT(i, STORE, c_sq, 1);
    SYSTOLE_PUT(i, STORE, d_sn, k->cols * v->out.element);
    SYSTOLE_PUT(i, STORE, d_sp, v->stays ? v->place.row : v->out.row);
    SYSTOLE_PUT(i, STORE, d_sq, v->stays ? v->place.pixel : v->out.pixel);
    sy_conv_residual_fields(k, b, t, i);
    sy_program_commit(k->program);
}

/*
 * The results of a block. Where chains begin at a tensor, tile by tile, if the memory takes so short bursts: what comes next for that half of ACC is
 * loaded behind each of them, and the array has both back sooner.
 */
static void store(struct sy_conv_walk *k, const struct sy_conv_band *b, const struct sy_conv_piece *t)
{
    const bool apart = k->v->has_start && sy_memory_streams(k->caps, (uint64_t)k->cols * k->v->out.element);
    for (uint32_t first = 0; first < t->tiles; first += apart ? 1 : t->tiles)
        store_tiles(k, b, t, first, apart ? 1 : t->tiles);
}

/* ---- the walk ---- */

/* The next piece of a block's reduction in the order kh, kw, kc, then the next pass; false after the last. */
static bool next_piece(const struct sy_conv_walk *k, struct sy_conv_piece *t)
{
    const struct sy_conv_layout *l = k->l;
    t->first = false;
    t->kc += t->nkc;
    if (t->kc >= l->steps) {
        t->kc = 0;
        t->kw += t->nkw;
    }
    if (t->kw >= l->kw) {
        t->kw = 0;
        t->kh += t->nkh;
    }
    if (t->kh >= l->kh) {
        t->kh = 0;
        t->pass++;
    }
    return t->pass < k->v->passes;
}

static void size_piece(const struct sy_conv_walk *k, struct sy_conv_piece *t)
{
    const struct sy_conv_layout *l = k->l;
    t->nkh = least(l->piece_kh, l->kh - t->kh);
    t->nkw = least(l->piece_kw, l->kw - t->kw);
    t->nkc = least(least(l->piece_kc, l->steps - t->kc), l->chunk - t->kc % l->chunk);
}

/* One block of output channels of a band. */
static void walk_block(struct sy_conv_walk *k, const struct sy_conv_band *b, uint32_t tile, struct sy_conv_held *held)
{
    const struct sy_convolution *v = k->v;
    const bool weights = sy_conv_is_matrix(k) || v->mode == SYSTOLE_MODE_DEPTHWISE;
    struct sy_conv_piece t = {.tile = tile, .tiles = least(k->l->nb, k->l->tiles - tile), .first = true};
    k->turn->c = 1 - k->turn->c;
    if (v->has_start)
        sy_conv_begin_at(k, b, &t);
    else if (v->has_bias)
        load_param(k, b, &t, &v->bias, k->turn->c * k->param_half);
    if (SYSTOLE_GET(v->post, STORE, scale) == SYSTOLE_SCALE_PARAM)
        load_param(k, b, &t, &v->scale, k->turn->c * k->param_half + k->param_half / 2);
    do {
        size_piece(k, &t);
        /* The first weights come before the first input: that may have to wait for the results of whoever makes it. */
        const bool first = !k->begun && weights;
        k->begun = true;
        if (first)
            load_weights(k, b, &t);
        load_input(k, b, &t, held);
        if (weights && !first)
            load_weights(k, b, &t);
        compute(k, b, &t);
    } while (next_piece(k, &t));
    if (v->has_residual)
        sy_conv_load_residual(k, b, &t);
    store(k, b, &t);
}

static void walk_band(struct sy_conv_walk *k, struct sy_conv_band *b)
{
    struct sy_conv_held held = {.conv = NOTHING};
    b->rows = least(k->l->band, k->v->p - b->p0);
    b->cols = least(k->l->span, k->v->q - b->q0);
    for (uint32_t tile = 0; tile < k->l->tiles; tile += k->l->nb)
        walk_block(k, b, tile, &held);
}

enum sy_planned sy_plan_conv(struct sy_program *program, const struct sy_caps *caps, const struct sy_convolution *conv,
                             const struct sy_conv_layout *layout)
{
    struct sy_conv_walk k = {.program = program,
                     .caps = caps,
                     .turn = sy_program_turn(program),
                     .v = conv,
                     .l = layout,
                     .rows = sy_cap(caps, SYSTOLE_CAP_ROWS),
                     .cols = sy_cap(caps, SYSTOLE_CAP_COLS),
                     .eb = conv->bf16 ? 2 : 1,
                     .apad_half = sy_cap(caps, SYSTOLE_CAP_APAD_BYTES) / 2,
                     .wpad_parts = sy_conv_parts(caps),
                     .wpad_part = sy_cap(caps, SYSTOLE_CAP_WPAD_BYTES) / sy_conv_parts(caps),
                     .acc_half = sy_cap(caps, SYSTOLE_CAP_ACC_ROWS) / 2,
                     .param_half = sy_cap(caps, SYSTOLE_CAP_PARAM_ROWS) / 2};
    if (conv->has_table)
        sy_conv_load_table(&k);
    struct sy_conv_band b;
    for (b.image = 0; b.image < conv->batch; b.image++)
        for (b.group = 0; b.group < conv->groups; b.group++)
            for (b.p0 = 0; b.p0 < conv->p; b.p0 += layout->band)
                for (b.q0 = 0; b.q0 < conv->q; b.q0 += layout->span)
                    walk_band(&k, &b);
    return k.too_large ? SY_PLAN_TOO_LARGE : SY_PLANNED;
}
