/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Panels of a convolution: columns are output pixels in row order, rows are k = (kernel row, kernel column, channel). What lies outside
 * the image is a lane without a mask bit (fp32) or the zero point (int8).
 */
#include <string.h>

#include "host/engine/cpu.h"

/* Neighbours in one row of outputs, and where their inputs begin for the present tap. */
struct run {
    int lane, count;
    int64_t p, q;
    int low, high; /* lanes of the run that are inside the image */
    int64_t from;
};

struct panel {
    int runs;
    struct run run[64];
};

static void cut(const struct sy_conv2d *v, int64_t first, int lanes, struct panel *panel)
{
    panel->runs = 0;
    for (int lane = 0; lane < lanes;) {
        const int64_t p = (first + lane) / v->q, q = (first + lane) % v->q;
        const int count = v->q - q < lanes - lane ? (int)(v->q - q) : lanes - lane;
        panel->run[panel->runs++] = (struct run){.lane = lane, .count = count, .p = p, .q = q};
        lane += count;
    }
}

/* How many of `count` steps of `stride` from x on lie below `limit`. */
static int below(int64_t x, int64_t stride, int64_t limit, int count)
{
    const int64_t n = x >= limit ? 0 : (limit - x + stride - 1) / stride;
    return n < count ? (int)n : count;
}

/* Places the runs for a tap; returns the mask of lanes inside. */
static uint64_t place(const struct sy_conv2d *v, struct panel *panel, int64_t kh, int64_t kw)
{
    uint64_t inside = 0;
    for (int i = 0; i < panel->runs; i++) {
        struct run *r = &panel->run[i];
        const int64_t y = r->p * v->stride_h + kh * v->dil_h - v->pad_h, x = r->q * v->stride_w + kw * v->dil_w - v->pad_w;
        const bool row = y >= 0 && y < v->h;
        r->low = row ? below(x, v->stride_w, 0, r->count) : 0;
        r->high = row ? below(x, v->stride_w, v->w, r->count) : 0;
        r->from = y * v->w + x + r->low * v->stride_w;
        if (r->high > r->low)
            inside |= (UINT64_MAX >> (64 - (r->high - r->low))) << (r->lane + r->low);
    }
    return inside;
}

static inline __attribute__((always_inline)) void copy(char *restrict to, const char *restrict from, int count, int64_t stride,
                                                       size_t size)
{
    if (stride == 1 && count == 48)
        memcpy(to, from, 48 * size);
    else if (stride == 1)
        memcpy(to, from, (size_t)count * size);
    else
        for (int i = 0; i < count; i++)
            memcpy(to + (size_t)i * size, from + (size_t)(i * stride) * size, size);
}

static inline __attribute__((always_inline)) bool gather(const struct sy_pixels *p, int64_t first, int lanes, int64_t k0, int64_t k1,
                                                         int width, void *to, uint64_t *mask, size_t size)
{
    const struct sy_conv2d *v = p->v;
    const uint64_t all = UINT64_MAX >> (64 - lanes);
    struct panel panel;
    bool whole = true;
    cut(v, first, lanes, &panel);
    for (int64_t k = k0; k < k1;) {
        const int64_t tap = k / v->c, end = (tap + 1) * v->c < k1 ? (tap + 1) * v->c : k1;
        const uint64_t inside = place(v, &panel, tap / v->kw, tap % v->kw);
        whole = whole && inside == all;
        for (; k < end; k++) {
            char *row = (char *)to + (size_t)((k - k0) * width) * size;
            const char *plane = (const char *)p->x + (size_t)((k - tap * v->c) * v->h * v->w) * size;
            if (inside != all || lanes < width)
                memset(row, size == 1 ? p->zero : 0, (size_t)width * size);
            for (int i = 0; i < panel.runs; i++) {
                const struct run *r = &panel.run[i];
                if (r->high > r->low)
                    copy(row + (size_t)(r->lane + r->low) * size, plane + r->from * (int64_t)size, r->high - r->low, v->stride_w, size);
            }
            if (mask)
                mask[k - k0] = inside;
        }
    }
    return whole;
}

bool sy_pixels_f32(const struct sy_pixels *p, int64_t first, int lanes, int64_t k0, int64_t k1, int width, float *to, uint64_t *mask)
{
    return gather(p, first, lanes, k0, k1, width, to, mask, sizeof(float));
}

bool sy_pixels_i8(const struct sy_pixels *p, int64_t first, int lanes, int64_t k0, int64_t k1, int width, uint8_t *to)
{
    return gather(p, first, lanes, k0, k1, width, to, NULL, 1);
}
