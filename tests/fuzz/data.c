/* SPDX-License-Identifier: Apache-2.0 */
/* Contents for memories: runs of one kind of number each, with special values strewn in. */
#include <string.h>

#include "generate.h"

static const uint32_t special[] = {
    0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0xffffffff, 0x00000001,
    0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f7f8000, 0x7f7f7fff, 0x3f800000, 0xbf800000,
    0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff, 0x00008000, 0x00018000, 0x00007fff, 0x4b000001, 0xcb000001,
    0x3f000000, 0x3fc00000, 0x40200000, 0x7f7f0000, 0x7f7fc000, 0x0000ffff, 0xffff0000, 0x80007fff, 0x42fe0000,
};

uint32_t data_f32(struct rng *r)
{
    const uint32_t any = (uint32_t)rng_next(r);
    switch (rng_below(r, 8)) {
    case 0:
        return special[rng_below(r, sizeof special / sizeof special[0])];
    case 1:
        return any;
    case 2: /* subnormals and their neighbours */
        return any & 0x81ffffffu;
    case 3: /* short mantissas, near one: sums meet and cancel */
        return (any & 0x80700000u) | (0x3e800000u + (rng_below(r, 8) << 23));
    default: /* around one */
        return (any & 0x807fffffu) | ((120u + rng_below(r, 14)) << 23);
    }
}

uint32_t data_scale(struct rng *r)
{
    switch (rng_below(r, 6)) {
    case 0:
        return data_f32(r);
    case 1:
    case 2: /* a power of two: results stand on ties */
        return (127u - rng_below(r, 12)) << 23;
    default:
        return ((112u + rng_below(r, 16)) << 23) | (uint32_t)(rng_next(r) & 0x7fffffu);
    }
}

enum style { RANDOM, ZERO, SMALL_BYTES, EDGE_BYTES, BF16, F32, INT32, BF16_PAD, STYLES };

static enum style style_of(struct rng *r, bool fp)
{
    static const uint8_t whole[] = {RANDOM, RANDOM, SMALL_BYTES, SMALL_BYTES, EDGE_BYTES, INT32, F32, ZERO};
    static const uint8_t floating[] = {BF16, BF16, BF16, F32, F32, BF16_PAD, RANDOM, ZERO};
    return fp ? floating[rng_below(r, sizeof floating)] : whole[rng_below(r, sizeof whole)];
}

static uint32_t word_of(struct rng *r, enum style style)
{
    const uint32_t any = (uint32_t)rng_next(r);
    uint32_t v = 0;
    switch (style) {
    case ZERO:
        return 0;
    case SMALL_BYTES:
        for (int i = 0; i < 4; i++) {
            v = (v << 8) | ((rng_below(r, 9) - 4u) & 0xffu);
        }
        return v;
    case EDGE_BYTES:
        for (int i = 0; i < 4; i++) {
            static const uint8_t edge[] = {0x80, 0x7f, 0xff, 0x00, 0x01, 0x81};
            v = (v << 8) | edge[rng_below(r, sizeof edge)];
        }
        return v;
    case BF16_PAD:
        for (int i = 0; i < 2; i++) {
            v = (v << 16) | (rng_percent(r, 30) ? SYSTOLE_PAD_BF16 : data_f32(r) >> 16);
        }
        return v;
    case BF16:
        return (data_f32(r) & 0xffff0000u) | (data_f32(r) >> 16);
    case F32:
        return data_f32(r);
    case INT32:
        return rng_percent(r, 10) ? any : (uint32_t)((int32_t)any >> rng_below(r, 31));
    default:
        return any;
    }
}

void data_fill(struct rng *r, uint8_t *p, size_t size, bool fp)
{
    size_t at = 0;
    while (at < size) {
        const enum style style = style_of(r, fp);
        size_t run = 64u << rng_below(r, 6);
        run = run > size - at ? size - at : run;
        for (size_t i = 0; i < run; i += 4) {
            const uint32_t v = word_of(r, style);
            for (size_t b = 0; b < 4 && i + b < run; b++) {
                p[at + i + b] = (uint8_t)(v >> (8 * b));
            }
        }
        at += run;
    }
}
