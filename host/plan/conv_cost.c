/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a way to cut a convolution costs, to choose among several. The array, the loads and the stores run beside each other, so the longest counts; what
 * comes before the array can begin is nobody's to hide.
 */
#include "host/plan/conv.h"
#include "host/plan/round.h"

/* Reads of DRAM: bursts, and beats of all of them. */
struct reads {
    uint64_t bursts, beats;
};

/*
 * So many runs of that many bytes. Where they begin anywhere they touch more beats, and the words that a short one is written to are another's, too: each
 * such run costs about as much as if both happened to it.
 */
static struct reads runs(uint64_t count, uint64_t bytes, bool aligned, uint32_t axi)
{
    const uint64_t most = axi * 64 < 4096 ? axi * 64 : 4096, whole = pieces(bytes, axi), more = bytes < axi ? bytes : axi;
    return (struct reads){count * pieces(bytes, most), aligned ? count * whole : count + count * (bytes - 1 + more) / axi};
}

static void add(struct reads *to, struct reads more, uint64_t times)
{
    to->bursts += more.bursts * times;
    to->beats += more.beats * times;
}

/* A beat a cycle, and no more bursts under way than the memory takes. */
static uint64_t cycles_of(struct reads r, const struct sy_caps *caps)
{
    const struct sy_memory m = sy_memory_of(caps);
    return larger(r.beats, (r.bursts * m.latency + r.beats) / m.outstanding);
}

struct walk {
    uint64_t bands, pixels; /* all of them; of one, on average */
    uint64_t blocks;        /* of output channels */
    uint64_t rows, columns; /* of the input, of a band */
};

static struct walk walk_of(const struct sy_convolution *v, const struct sy_conv_layout *l)
{
    const uint64_t down = pieces(v->p, l->band), across = pieces(v->q, l->span);
    const uint64_t rows = (uint64_t)(l->band - 1) * l->step_h + (uint64_t)(l->kh - 1) * v->dil_h + 1;
    const struct walk w = {.bands = down * across, .pixels = pieces((uint64_t)v->p * v->q, down * across),
                           .blocks = pieces(l->tiles, l->nb), .rows = rows < v->h ? rows : v->h,
                           .columns = l->columns < v->w || l->fold ? l->columns : v->w};
    return w;
}

/* The input of a band, once. */
static struct reads input_of(const struct sy_convolution *v, const struct sy_caps *caps, const struct sy_conv_layout *l, const struct walk *w)
{
    const uint32_t axi = sy_cap(caps, SYSTOLE_CAP_AXI_BYTES);
    const uint64_t run = (uint64_t)v->kw * v->c * v->in.element, pixel = (uint64_t)v->c * v->in.element;
    if (l->fold == SY_FOLD_KERNEL)
        return runs(w->pixels * v->kh, run, false, axi);
    if (l->fold == SY_FOLD_ROW)
        return runs(w->rows * l->span, run, false, axi);
    if (v->in.pixel == pixel && l->channels == v->c && l->part == l->steps && l->skip_w == 1)
        return runs(w->rows, w->columns * pixel, v->in.row % axi == 0, axi);
    const uint64_t parts = pieces(l->steps, l->part);
    return runs(w->rows * w->columns * parts, pieces(pixel, parts), v->in.pixel % axi == 0 && pixel / parts % axi == 0, axi);
}

/* Vectors read for a row of pixels; once for each tap, or for all that are taken at once. */
static uint64_t row_of(const struct sy_convolution *v, const struct sy_conv_layout *l)
{
    return l->taps > 1 ? (uint64_t)(l->span - 1) * (v->stride_w / v->dil_w) + l->taps : l->span;
}

/* Cycles that the array takes: a tile's vectors, or the time in which its plane of weights is free again. */
static uint64_t array_of(const struct sy_convolution *v, const struct sy_caps *caps, const struct sy_conv_layout *l, const struct walk *w)
{
    const bool matrix = v->mode == SYSTOLE_MODE_MATRIX;
    const uint64_t rows = sy_cap(caps, SYSTOLE_CAP_ROWS), planes = sy_cap(caps, SYSTOLE_CAP_WEIGHT_PLANES);
    const uint64_t taps = (uint64_t)l->kh * l->kw * l->steps * v->passes, reuse = (w->pixels + rows * (sy_cap(caps, SYSTOLE_CAP_MAC_LATENCY) + 1)) / planes;
    const uint64_t vectors = w->pixels * row_of(v, l) / l->span;
    return w->bands * l->tiles * taps * (matrix ? larger(vectors, larger(reuse, rows)) : vectors);
}

uint64_t sy_conv_cycles(const struct sy_convolution *v, const struct sy_caps *caps, const struct sy_conv_layout *l)
{
    const struct walk w = walk_of(v, l);
    const uint32_t axi = sy_cap(caps, SYSTOLE_CAP_AXI_BYTES);
    const uint64_t again = v->passes * (l->chunk < l->steps ? w.blocks : 1);
    const struct reads input = input_of(v, caps, l, &w), weights = runs(1, l->packed / v->groups * v->weights.element, true, axi);
    struct reads all = {0, 0}, first = {0, 0};
    add(&all, input, w.bands * again);
    if (v->mode == SYSTOLE_MODE_MATRIX || v->mode == SYSTOLE_MODE_DEPTHWISE)
        add(&all, weights, w.bands * v->passes);
    if (v->has_start)
        add(&all, runs(w.pixels * l->tiles, sy_cap(caps, SYSTOLE_CAP_COLS) * 4ull, true, axi), w.bands);
    /* What the array waits for at the beginning: the input of the first piece. */
    first.bursts = input.bursts * l->part / l->steps;
    first.beats = input.beats * l->part / l->steps;
    const uint64_t images = (uint64_t)v->batch * v->groups, array = images * array_of(v, caps, l, &w), loads = images * cycles_of(all, caps);
    return (array > loads ? array + loads / 8 : loads + array / 8) + cycles_of(first, caps);
}
