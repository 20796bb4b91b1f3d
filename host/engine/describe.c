/* SPDX-License-Identifier: Apache-2.0 */
/* A convolution as the planner wants it. */
#include "host/engine/backend.h"

bool sy_engine_fits(int64_t a, int64_t b, int64_t c)
{
    const int64_t most = INT32_MAX;
    return a <= most && b <= most && c <= most && a * b <= most && b * c <= most && a * c <= most;
}

bool sy_engine_fits_conv(const struct sy_conv2d *v)
{
    const int64_t in_channels = v->groups * v->c, out_channels = v->groups * v->m;
    return sy_engine_fits(v->batch * in_channels, v->h, v->w) && sy_engine_fits(v->batch * out_channels, v->p, v->q) &&
           sy_engine_fits(out_channels, v->c, v->kh * v->kw) && v->stride_h <= INT32_MAX && v->stride_w <= INT32_MAX &&
           v->dil_h <= INT32_MAX && v->dil_w <= INT32_MAX && v->pad_h <= INT32_MAX && v->pad_w <= INT32_MAX;
}

struct sy_convolution sy_engine_describe(const struct sy_conv2d *v, bool f32, enum sy_precision precision)
{
    const bool lanes = v->groups > 1 && v->c == 1 && v->m == 1;
    const uint32_t element = f32 ? 4 : 1;
    const uint64_t in = (uint64_t)(v->groups * v->c) * element, out = (uint64_t)(v->groups * v->m) * 4;
    struct sy_convolution d = {
        .mode = lanes ? SYSTOLE_MODE_DEPTHWISE : SYSTOLE_MODE_MATRIX,
        .batch = (uint32_t)v->batch, .h = (uint32_t)v->h, .w = (uint32_t)v->w, .p = (uint32_t)v->p, .q = (uint32_t)v->q,
        .groups = lanes ? 1 : (uint32_t)v->groups,
        .c = (uint32_t)(lanes ? v->groups : v->c),
        .m = (uint32_t)(lanes ? v->groups : v->m),
        .kh = (uint32_t)v->kh, .kw = (uint32_t)v->kw,
        .stride_h = (uint32_t)v->stride_h, .stride_w = (uint32_t)v->stride_w,
        .dil_h = (uint32_t)v->dil_h, .dil_w = (uint32_t)v->dil_w,
        .pad_h = (uint32_t)v->pad_h, .pad_w = (uint32_t)v->pad_w,
        .bf16 = f32,
        .in = {0, 0, in, in * (uint64_t)v->w, in * (uint64_t)(v->w * v->h), element},
        .out = {0, 0, out, out * (uint64_t)v->q, out * (uint64_t)(v->q * v->p), 4},
        .weights = {.element = element},
    };
    if (f32) {
        d.passes = sy_product_split((uint32_t)precision, d.pass);
    } else {
        d.passes = 1;
        d.pass[0].conv_a = d.pass[0].conv_b = SYSTOLE_CONV_COPY8;
    }
    return d;
}

void sy_engine_as_halves(struct sy_convolution *v, bool in)
{
    const uint32_t was = v->in.element, element = in ? 2 : 4;
    v->in.element = element;
    v->in.pixel = v->in.pixel / was * element;
    v->in.row = v->in.row / was * element;
    v->in.image = v->in.image / was * element;
    v->weights.element = 2;
    v->pass[0] = (struct sy_pass){in ? SYSTOLE_CONV_COPY16 : SYSTOLE_CONV_F32_H, SYSTOLE_CONV_COPY16};
}
