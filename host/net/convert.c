/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors between the host's order and the device's. */
#include <math.h>
#include <string.h>

#include "host/core/bits.h"
#include "host/net/compile.h"

/* Planes of an image to pixels, or back: a transposition of `rows` x `cols` elements, in blocks that stay in the cache. */
#define TRANSPOSE(name, type, to_type, as)                                                \
    static void name(const type *from, to_type *to, int64_t rows, int64_t cols)          \
    {                                                                                     \
        enum { BLOCK = 32 };                                                              \
        for (int64_t r0 = 0; r0 < rows; r0 += BLOCK)                                      \
            for (int64_t c0 = 0; c0 < cols; c0 += BLOCK)                                  \
                for (int64_t c = c0; c < cols && c < c0 + BLOCK; c++)                     \
                    for (int64_t r = r0; r < rows && r < r0 + BLOCK; r++)                 \
                        to[c * rows + r] = as(from[r * cols + c]);                        \
    }
#define AS_IT_IS(x) (x)
TRANSPOSE(transpose8, uint8_t, uint8_t, AS_IT_IS)
TRANSPOSE(transpose32, uint32_t, uint32_t, AS_IT_IS)
TRANSPOSE(transpose_halves, uint32_t, uint16_t, sy_high_part)

static void transpose(const void *from, void *to, int64_t rows, int64_t cols, const struct net_port *p)
{
    if (p->half)
        transpose_halves(from, to, rows, cols);
    else if (sy_dtype_size(p->dtype) == 1)
        transpose8(from, to, rows, cols);
    else
        transpose32(from, to, rows, cols);
}

static void copy(const void *from, void *to, const struct net_port *p)
{
    if (!p->half) {
        memcpy(to, from, (size_t)net_port_bytes(p));
        return;
    }
    for (int64_t i = 0; i < p->count; i++)
        ((uint16_t *)to)[i] = sy_high_part(((const uint32_t *)from)[i]);
}

uint64_t net_port_bytes(const struct net_port *p)
{
    return (uint64_t)p->count * (p->half ? sizeof(uint16_t) : (uint64_t)sy_dtype_size(p->dtype));
}

/* Images of so many channels and pixels; false where the order is the same. */
static bool planes(const struct net_port *p, int64_t *images, int64_t *channels, int64_t *pixels)
{
    if (p->layout == NET_ROWS)
        return false;
    *images = p->dims[0];
    *channels = p->dims[1];
    *pixels = p->count > 0 ? p->count / *images / *channels : 0;
    return *channels > 1 && *pixels > 1;
}

static void convert(const struct net_port *p, const void *from, void *to, bool to_pixels)
{
    const int size = sy_dtype_size(p->dtype);
    int64_t images, channels, pixels;
    if (!planes(p, &images, &channels, &pixels)) {
        copy(from, to, p);
        return;
    }
    for (int64_t i = 0; i < images; i++) {
        const int64_t at = i * channels * pixels;
        transpose((const char *)from + at * size, (char *)to + at * (p->half ? 2 : size), to_pixels ? channels : pixels,
                  to_pixels ? pixels : channels, p);
    }
}

void net_to_device(const struct net_port *p, const void *from, void *to)
{
    convert(p, from, to, true);
}

void net_from_device(const struct net_port *p, const void *from, void *to)
{
    convert(p, from, to, false);
}

bool net_is_special(const void *data, int64_t count, bool half)
{
    const uint32_t *u = data, exponent = 0x7f800000;
    const uint16_t *h = data, half_exponent = 0x7f80;
    uint32_t found = 0;
    for (int64_t i = 0; i < count && half; i++)
        found |= (h[i] & half_exponent) == half_exponent;
    for (int64_t i = 0; i < count && !half; i++)
        found |= (u[i] & exponent) == exponent;
    return found != 0;
}
