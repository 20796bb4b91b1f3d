/* SPDX-License-Identifier: Apache-2.0 */
/* Decides how a convolution is cut, and packs its weights accordingly. */
#include <stdbool.h>
#include <string.h>

#include "host/core/bits.h"
#include "host/plan/conv.h"
#include "host/plan/round.h"

/* Pixels of a row in APAD that the columns of output need. */
static uint32_t columns_of(const struct sy_convolution *v, const struct sy_conv_layout *l)
{
    const uint32_t kernel = l->taps > 1 ? l->kw * l->taps : v->kw;
    return (l->span - 1) * l->step_w + (l->fold ? 0 : (kernel - 1) * v->dil_w) + 1;
}

/* Bytes of input that a band of output needs. */
static uint64_t band_bytes(const struct sy_convolution *v, const struct sy_conv_layout *l, uint32_t eb)
{
    const uint64_t rows = (uint64_t)(l->band - 1) * l->step_h + (uint64_t)(l->kh - 1) * v->dil_h + 1;
    return rows * columns_of(v, l) * l->channels * eb;
}

/* Of a half of APAD: its end holds a block's residual, or the ones that a bias is multiplied by. */
static uint64_t band_room(const struct sy_convolution *v, const struct sy_caps *caps, uint32_t eb)
{
    const uint64_t half = sy_cap(caps, SYSTOLE_CAP_APAD_BYTES) / 2;
    const uint64_t residual = (uint64_t)sy_cap(caps, SYSTOLE_CAP_ACC_ROWS) / 2 * sy_cap(caps, SYSTOLE_CAP_COLS);
    const uint64_t taken = v->has_residual ? residual : v->has_start && v->has_bias ? (uint64_t)sy_cap(caps, SYSTOLE_CAP_ROWS) * eb : 0;
    return taken < half ? half - taken : 0;
}

/* So many at a time that the last time is not much less than the others: a short piece would leave its part of WPAD, and so the bus, idle. */
static uint32_t evenly(uint32_t all, uint64_t most)
{
    if (most == 0)
        return 0;
    return (uint32_t)pieces(all, pieces(all, most));
}

/* Halves the tiles, rows and columns until the results of a band fit half of ACC. */
static void cut_results(const struct sy_caps *caps, struct sy_conv_layout *l)
{
    const uint32_t acc = sy_cap(caps, SYSTOLE_CAP_ACC_ROWS) / 2;
    l->because |= (uint64_t)l->band * l->span * l->nb > acc ? SY_CUT_RESULTS : 0;
    while ((uint64_t)l->band * l->span * l->nb > acc) {
        if (l->nb > 2)
            l->nb /= 2;
        else if (l->band > 1)
            l->band = (l->band + 1) / 2;
        else if (l->span > 1)
            l->span = (l->span + 1) / 2;
        else
            l->nb = 1;
    }
}

/* Halves the rows, then the columns of a band until its input fits half of APAD. False when one pixel of output is too much. */
static bool cut_input(const struct sy_convolution *v, uint64_t room, struct sy_conv_layout *l, uint32_t eb)
{
    l->because |= band_bytes(v, l, eb) > room ? SY_CUT_INPUT : 0;
    while (band_bytes(v, l, eb) > room) {
        if (l->band > 1)
            l->band = (l->band + 1) / 2;
        else if (l->span > 1)
            l->span = (l->span + 1) / 2;
        else
            return false;
    }
    return true;
}

/*
 * A band's input, whole in half of APAD, and its results in half of ACC. Or, `in_chunks`, only the results, and so many steps' input as there is room for.
 * False when one pixel of output, or one step of it, is too much.
 */
static bool cut_band(const struct sy_convolution *v, const struct sy_caps *caps, bool in_chunks, struct sy_conv_layout *l, uint32_t eb)
{
    const uint64_t room = band_room(v, caps, eb);
    l->band = v->p;
    l->span = v->q;
    if (!in_chunks && !cut_input(v, room, l, eb))
        return false;
    cut_results(caps, l);
    l->columns = columns_of(v, l);
    if (in_chunks) {
        const uint64_t step = band_bytes(v, l, eb) / l->channels * l->lanes;
        l->because |= SY_CUT_CHUNKS;
        l->chunk = step > 0 && room / step < l->steps ? evenly(l->steps, room / step) : l->steps;
        l->channels = l->chunk * l->lanes;
    }
    return l->chunk > 0;
}

/* The largest piece of the reduction whose tiles fit a part of WPAD: all of it, whole kernel rows, single taps, blocks of channels. */
static bool cut_weights(const struct sy_convolution *v, const struct sy_caps *caps, struct sy_conv_layout *l, uint32_t eb)
{
    const bool matrix = v->mode == SYSTOLE_MODE_MATRIX;
    const uint64_t part = sy_cap(caps, SYSTOLE_CAP_WPAD_BYTES) / sy_conv_parts(caps);
    const uint64_t tile = (uint64_t)(matrix ? sy_cap(caps, SYSTOLE_CAP_ROWS) : l->taps) * sy_cap(caps, SYSTOLE_CAP_COLS) * eb;
    l->piece_kh = l->kh;
    l->piece_kw = l->kw;
    l->piece_kc = l->steps;
    if (v->mode == SYSTOLE_MODE_MAX || v->mode == SYSTOLE_MODE_SUM)
        return true;
    const uint64_t room = part / tile / l->nb;
    if ((uint64_t)l->kh * l->kw * l->steps <= room)
        return true;
    l->because |= SY_CUT_WEIGHTS;
    l->piece_kh = evenly(l->kh, room / ((uint64_t)l->kw * l->steps));
    if (l->piece_kh > 0)
        return true;
    l->piece_kh = 1;
    l->piece_kw = evenly(l->kw, room / l->steps);
    if (l->piece_kw > 0)
        return true;
    l->piece_kw = 1;
    l->piece_kc = evenly(l->steps, room);
    return l->piece_kc > 0;
}

/*
 * Blocks of output channels that a step of the reduction goes through: eight, and more where there are so few pixels that a chain would wait for
 * its own last sum.
 */
static uint32_t blocks_at_once(const struct sy_convolution *v, const struct sy_caps *caps, const struct sy_conv_layout *l, uint32_t eb)
{
    const bool matrix = v->mode == SYSTOLE_MODE_MATRIX;
    const uint32_t rows = matrix ? sy_cap(caps, SYSTOLE_CAP_ROWS) : 1, pipe = rows * sy_cap(caps, SYSTOLE_CAP_MAC_LATENCY) + 8;
    const uint64_t pixels = (uint64_t)v->p * v->q, tile = (uint64_t)rows * sy_cap(caps, SYSTOLE_CAP_COLS) * eb;
    const uint64_t fill = pixels < pipe ? pieces(pipe, pixels) : 1, room = sy_cap(caps, SYSTOLE_CAP_WPAD_BYTES) / sy_conv_parts(caps) / tile;
    uint32_t nb = least(l->tiles, fill > 8 ? (uint32_t)fill : 8);
    nb = least(nb, sy_cap(caps, SYSTOLE_CAP_PARAM_ROWS) / 4);
    return room > 0 && room < nb ? (uint32_t)room : nb;
}

/* Folding reads whole runs of memory: channels of a group together, no dilation, pixels dense. */
static bool can_fold(const struct sy_convolution *v, const struct sy_caps *caps)
{
    return v->mode == SYSTOLE_MODE_MATRIX && v->kw > 1 && v->c * 2 <= sy_cap(caps, SYSTOLE_CAP_ROWS) && v->groups == 1 && v->dil_w == 1 &&
           v->in.pixel == (uint64_t)v->c * v->in.element;
}

/* A kernel of one steps over pixels that no output reads. */
static bool can_skip(const struct sy_convolution *v)
{
    return v->mode == SYSTOLE_MODE_MATRIX && v->kh == 1 && v->kw == 1 && v->pad_h == 0 && v->pad_w == 0 && (v->stride_h > 1 || v->stride_w > 1) &&
           (uint64_t)(v->p - 1) * v->stride_h < v->h && (uint64_t)(v->q - 1) * v->stride_w < v->w;
}

/* One way to cut a convolution. */
struct way {
    enum sy_fold fold;
    bool skips, in_chunks, in_parts, takes_rows;
};

static bool is_possible(const struct sy_convolution *v, const struct sy_caps *caps, const struct way *w)
{
    if (w->fold && (!can_fold(v, caps) || w->in_chunks || w->in_parts))
        return false;
    if (w->in_chunks && (v->mode != SYSTOLE_MODE_MATRIX || v->kh > 1 || v->kw > 1))
        return false;
    if (w->takes_rows && (v->mode != SYSTOLE_MODE_DEPTHWISE || v->bf16 || (v->stride_w != v->dil_w && v->stride_w != 2 * v->dil_w)))
        return false;
    return (!w->skips || can_skip(v)) && (!w->in_parts || v->mode == SYSTOLE_MODE_MATRIX);
}

static void fold(const struct sy_convolution *v, const struct way *w, struct sy_conv_layout *l)
{
    l->fold = w->fold;
    l->kh = w->fold == SY_FOLD_KERNEL ? 1 : v->kh;
    l->kw = w->fold ? 1 : v->kw;
    l->c = v->c * (w->fold ? v->kw : 1) * (w->fold == SY_FOLD_KERNEL ? v->kh : 1);
    l->step_h = w->fold == SY_FOLD_KERNEL || w->skips ? 1 : v->stride_h;
    l->step_w = w->fold || w->skips ? 1 : v->stride_w;
    l->skip_h = w->skips ? v->stride_h : 1;
    l->skip_w = w->skips ? v->stride_w : 1;
}

/*
 * Taps of a kernel's row at once, up to as many as the lanes take: each row of pixels is then read once, a tap's distance apart, and not once
 * for each tap. So a pixel of output has to begin at the next of what is read or at the one after that. A long row of the kernel takes several steps
 * of as many taps each. False where that reads no fewer vectors.
 */
static bool take_rows(const struct sy_convolution *v, uint32_t most, struct sy_conv_layout *l)
{
    if (most < 2)
        return false;
    l->kw = (uint32_t)pieces(v->kw, most);
    l->taps = (uint32_t)pieces(v->kw, l->kw);
    return l->kw * (((uint64_t)v->q - 1) * (v->stride_w / v->dil_w) + l->taps) < (uint64_t)v->kw * v->q;
}

static bool cut(const struct sy_convolution *v, const struct sy_caps *caps, const struct way *w, struct sy_conv_layout *out)
{
    const bool matrix = v->mode == SYSTOLE_MODE_MATRIX;
    const uint32_t rows = sy_cap(caps, SYSTOLE_CAP_ROWS), cols = sy_cap(caps, SYSTOLE_CAP_COLS), eb = v->bf16 ? 2 : 1;
    struct sy_conv_layout l = {.lanes = matrix ? rows : cols, .taps = 1};
    if (!is_possible(v, caps, w))
        return false;
    fold(v, w, &l);
    if (w->takes_rows && !take_rows(v, sy_cap(caps, SYSTOLE_CAP_LANE_TAPS), &l))
        return false;
    l.channels = up(l.c, l.lanes);
    l.steps = l.chunk = matrix ? l.channels / rows : 1;
    l.tiles = up(v->m, cols) / cols;
    l.nb = blocks_at_once(v, caps, &l, eb);
    if (!cut_band(v, caps, w->in_chunks, &l, eb) || !cut_weights(v, caps, &l, eb))
        return false;
    l.part = w->in_parts ? least(l.piece_kc, l.chunk) : l.chunk;
    l.packed = (uint64_t)v->groups * l.tiles * l.kh * l.kw * l.steps * (matrix ? rows : l.taps) * cols;
    *out = l;
    return !w->in_parts || l.part < l.chunk; /* else it is the same without */
}

enum sy_planned sy_conv_cut(const struct sy_convolution *v, const struct sy_caps *caps, struct sy_conv_layout *out)
{
    enum { WAYS = 3 * 2 * 2 * 2 * 2 };
    uint64_t best = UINT64_MAX;
    for (uint32_t i = 0; i < WAYS; i++) {
        const struct way w = {.fold = (enum sy_fold)(i % 3), .skips = i / 3 % 2, .in_chunks = i / 6 % 2, .in_parts = i / 12 % 2,
                              .takes_rows = i / 24};
        struct sy_conv_layout l;
        const uint64_t cycles = cut(v, caps, &w, &l) ? sy_conv_cycles(v, caps, &l) : UINT64_MAX;
        if (cycles < best) {
            best = cycles;
            *out = l;
        }
    }
    return best < UINT64_MAX ? SY_PLANNED : SY_PLAN_TOO_LARGE;
}

static bool is_one_band(const struct sy_convolution *v, const struct sy_conv_layout *l)
{
    return v->batch == 1 && v->groups == 1 && v->passes == 1 && !v->bf16 && l->band == v->p && l->span == v->q &&
           l->chunk == l->steps && l->skip_h == 1 && l->skip_w == 1;
}

bool sy_conv_can_stay(const struct sy_convolution *v, const struct sy_conv_layout *layout, const struct sy_convolution *next,
                      const struct sy_conv_layout *next_layout, const struct sy_caps *caps, struct sy_pad_place *place)
{
    const uint32_t cols = sy_cap(caps, SYSTOLE_CAP_COLS);
    if (!is_one_band(v, layout) || !is_one_band(next, next_layout) || next_layout->fold || v->out.element != 1 || next->in.element != 1)
        return false;
    if (v->p != next->h || v->q != next->w || v->m != next->c || next_layout->channels % cols != 0 || next_layout->channels < up(v->m, cols))
        return false;
    /* The results must not lie where this one's residual lies, and the border not be narrower than what is left of the image. */
    const uint32_t rows = (next->p - 1) * next->stride_h + (next->kh - 1) * next->dil_h + 1;
    if (band_bytes(next, next_layout, 1) > band_room(v, caps, 1) || next->pad_h + next->h > rows || next->pad_w + next->w > next_layout->columns)
        return false;
    place->pixel = next_layout->channels;
    place->row = place->pixel * next_layout->columns;
    place->first = next->pad_h * place->row + next->pad_w * place->pixel;
    return true;
}

/* Where element (m, c, kh, kw) of a group's weights is in its packed tiles. */
static uint64_t packed_at(const struct sy_convolution *v, const struct sy_caps *caps, const struct sy_conv_layout *l, uint32_t m, uint32_t c,
                          uint32_t kh, uint32_t kw)
{
    const uint32_t rows = sy_cap(caps, SYSTOLE_CAP_ROWS), cols = sy_cap(caps, SYSTOLE_CAP_COLS);
    const uint32_t tile = m / cols, block = tile / l->nb, in_block = least(l->nb, l->tiles - block * l->nb);
    const uint64_t taps = (uint64_t)l->kh * l->kw * l->steps;
    if (v->mode == SYSTOLE_MODE_DEPTHWISE)
        return ((block * l->nb * taps + ((uint64_t)kh * l->kw + kw / l->taps) * in_block + tile % l->nb) * l->taps + kw % l->taps) * cols +
               m % cols;
    const uint32_t run = l->fold == SY_FOLD_KERNEL ? (kh * v->kw + kw) * v->c + c : l->fold ? kw * v->c + c : c;
    const uint64_t tap = l->fold == SY_FOLD_KERNEL ? 0 : l->fold ? kh : (uint64_t)kh * l->kw + kw, step = tap * l->steps + run / rows;
    return ((block * l->nb * taps + step * in_block + tile % l->nb) * rows + run % rows) * cols + m % cols;
}

struct sy_weight_strides sy_conv_dense_weights(const struct sy_convolution *v)
{
    const uint64_t kernel = (uint64_t)v->kh * v->kw;
    return (struct sy_weight_strides){kernel * (v->mode == SYSTOLE_MODE_DEPTHWISE ? 1 : v->c), kernel, v->kw, 1};
}

/* An element, or the high part of one. */
static void put_element(char *to, uint32_t to_size, const char *from, uint32_t from_size)
{
    uint32_t bits;
    if (to_size == from_size) {
        memcpy(to, from, to_size);
        return;
    }
    memcpy(&bits, from, sizeof bits);
    const uint16_t high = sy_high_part(bits);
    memcpy(to, &high, sizeof high);
}

void sy_conv_pack(const struct sy_convolution *v, const struct sy_caps *caps, const struct sy_conv_layout *l, const void *w,
                  uint32_t element, const struct sy_weight_strides *strides, void *to)
{
    const uint32_t size = v->weights.element, channels = v->mode == SYSTOLE_MODE_DEPTHWISE ? 1 : v->c;
    const uint64_t group_elements = l->packed / v->groups;
    memset(to, l->taps > 1 ? (int)v->b_zp : 0, l->packed * size); /* taps beyond the kernel's count nothing */
    for (uint32_t g = 0; g < v->groups; g++)
        for (uint32_t m = 0; m < v->m; m++)
            for (uint32_t c = 0; c < channels; c++)
                for (uint32_t kh = 0; kh < v->kh; kh++)
                    for (uint32_t kw = 0; kw < v->kw; kw++) {
                        const uint64_t from = ((uint64_t)g * v->m + m) * strides->m + c * strides->c + kh * strides->kh + kw * strides->kw;
                        put_element((char *)to + (g * group_elements + packed_at(v, caps, l, m, c, kh, kw)) * size, size,
                                    (const char *)w + from * element, element);
                    }
}
