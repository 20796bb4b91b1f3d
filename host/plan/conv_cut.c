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
    return l->fold ? l->span : (l->span - 1) * v->stride_w + (v->kw - 1) * v->dil_w + 1;
}

/* Bytes of input that a band of output needs. */
static uint64_t band_bytes(const struct sy_convolution *v, const struct sy_conv_layout *l, uint32_t eb)
{
    const uint64_t rows = (uint64_t)(l->band - 1) * v->stride_h + (uint64_t)(v->kh - 1) * v->dil_h + 1;
    return (l->fold == SY_FOLD_KERNEL ? l->band : rows) * columns_of(v, l) * l->channels * eb;
}

/* Of a half of APAD: its end holds a block's residual, or the ones that a bias is multiplied by. */
static uint64_t band_room(const struct sy_convolution *v, const struct sy_caps *caps, uint32_t eb)
{
    const uint64_t half = sy_cap(caps, SYSTOLE_CAP_APAD_BYTES) / 2;
    const uint64_t residual = (uint64_t)sy_cap(caps, SYSTOLE_CAP_ACC_ROWS) / 2 * sy_cap(caps, SYSTOLE_CAP_COLS);
    const uint64_t taken = v->has_residual ? residual : v->has_start && v->has_bias ? (uint64_t)sy_cap(caps, SYSTOLE_CAP_ROWS) * eb : 0;
    return taken < half ? half - taken : 0;
}

/*
 * Halves the rows, then the columns of a band until its input fits half of APAD; then the tiles, rows and columns until its results fit half
 * of ACC. False when one pixel of output is too much.
 */
static bool cut_band(const struct sy_convolution *v, const struct sy_caps *caps, struct sy_conv_layout *l, uint32_t eb)
{
    const uint32_t acc = sy_cap(caps, SYSTOLE_CAP_ACC_ROWS) / 2;
    const uint64_t apad = band_room(v, caps, eb);
    l->band = v->p;
    l->span = v->q;
    l->because |= band_bytes(v, l, eb) > apad ? SY_CUT_INPUT : 0;
    while (band_bytes(v, l, eb) > apad) {
        if (l->band > 1)
            l->band = (l->band + 1) / 2;
        else if (l->span > 1)
            l->span = (l->span + 1) / 2;
        else
            return false;
    }
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
    l->columns = columns_of(v, l);
    return true;
}

/* So many at a time that the last time is not much less than the others: a short piece would leave its part of WPAD, and so the bus, idle. */
static uint32_t evenly(uint32_t all, uint64_t most)
{
    if (most == 0)
        return 0;
    const uint64_t times = (all + most - 1) / most;
    return (uint32_t)((all + times - 1) / times);
}

/* The largest piece of the reduction whose tiles fit a part of WPAD: all of it, whole kernel rows, single taps, blocks of channels. */
static bool cut_weights(const struct sy_convolution *v, const struct sy_caps *caps, struct sy_conv_layout *l, uint32_t eb)
{
    const bool matrix = v->mode == SYSTOLE_MODE_MATRIX;
    const uint64_t part = sy_cap(caps, SYSTOLE_CAP_WPAD_BYTES) / sy_conv_parts(caps);
    const uint64_t tile = (uint64_t)(matrix ? sy_cap(caps, SYSTOLE_CAP_ROWS) : 1) * sy_cap(caps, SYSTOLE_CAP_COLS) * eb;
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
    const uint64_t fill = pixels < pipe ? (pipe + pixels - 1) / pixels : 1, room = sy_cap(caps, SYSTOLE_CAP_WPAD_BYTES) / sy_conv_parts(caps) / tile;
    uint32_t nb = least(l->tiles, fill > 8 ? (uint32_t)fill : 8);
    nb = least(nb, sy_cap(caps, SYSTOLE_CAP_PARAM_ROWS) / 4);
    return room > 0 && room < nb ? (uint32_t)room : nb;
}

/*
 * Folds as saves most cycles: those of the array, or those of the loads where these take longer. A run of the input is a burst of its own, and
 * folding the kernel reads each run as often as windows have it.
 */
static void choose_fold(const struct sy_convolution *v, const struct sy_caps *caps, struct sy_conv_layout *l)
{
    const uint32_t rows = sy_cap(caps, SYSTOLE_CAP_ROWS), cols = sy_cap(caps, SYSTOLE_CAP_COLS), axi = sy_cap(caps, SYSTOLE_CAP_AXI_BYTES);
    l->kh = v->kh;
    l->kw = v->kw;
    l->c = v->c;
    /* Folding reads whole runs of memory: channels of a group together, no dilation, pixels dense. */
    if (v->mode != SYSTOLE_MODE_MATRIX || v->kw == 1 || v->c * 2 > rows || v->groups != 1 || v->dil_w != 1 ||
        v->in.pixel != (uint64_t)v->c * v->in.element)
        return;
    const uint64_t run = (uint64_t)v->kw * v->c, whole = v->kh * run, pixels = (uint64_t)v->p * v->q, tiles = up(v->m, cols) / cols;
    const uint64_t beats = run * v->in.element / axi + 2; /* it may begin and end inside a beat */
    const uint64_t by_row = pixels * tiles * v->kh * ((run + rows - 1) / rows), by_kernel = pixels * tiles * ((whole + rows - 1) / rows);
    const uint64_t row_loads = (uint64_t)v->h * v->q * beats, kernel_loads = pixels * v->kh * beats;
    l->fold = (by_kernel > kernel_loads ? by_kernel : kernel_loads) < (by_row > row_loads ? by_row : row_loads) ? SY_FOLD_KERNEL : SY_FOLD_ROW;
    l->kw = 1;
    l->c = (uint32_t)run;
    if (l->fold == SY_FOLD_KERNEL) {
        l->kh = 1;
        l->c = (uint32_t)whole;
    }
}

enum sy_planned sy_conv_cut(const struct sy_convolution *v, const struct sy_caps *caps, struct sy_conv_layout *out)
{
    const bool matrix = v->mode == SYSTOLE_MODE_MATRIX;
    const uint32_t rows = sy_cap(caps, SYSTOLE_CAP_ROWS), cols = sy_cap(caps, SYSTOLE_CAP_COLS), eb = v->bf16 ? 2 : 1;
    struct sy_conv_layout l = {.lanes = matrix ? rows : cols};
    choose_fold(v, caps, &l);
    l.channels = up(l.c, l.lanes);
    l.steps = matrix ? l.channels / rows : 1;
    l.tiles = up(v->m, cols) / cols;
    l.nb = blocks_at_once(v, caps, &l, eb);
    if (!cut_band(v, caps, &l, eb) || !cut_weights(v, caps, &l, eb))
        return SY_PLAN_TOO_LARGE;
    l.packed = (uint64_t)v->groups * l.tiles * l.kh * l.kw * l.steps * (matrix ? rows : 1) * cols;
    *out = l;
    return SY_PLANNED;
}

static bool is_one_band(const struct sy_convolution *v, const struct sy_conv_layout *l)
{
    return v->batch == 1 && v->groups == 1 && v->passes == 1 && !v->bf16 && l->band == v->p && l->span == v->q;
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
        return (block * l->nb * taps + ((uint64_t)kh * l->kw + kw) * in_block + tile % l->nb) * cols + m % cols;
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
    memset(to, 0, l->packed * size);
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
