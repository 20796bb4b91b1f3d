/* SPDX-License-Identifier: Apache-2.0 */
/* DeformConv: what each position of the kernel reads is moved by an offset, between elements; then it is a product. And Col2Im. */
#include "host/graph/ops.h"
#include "host/ref/offload.h"

struct deform {
    struct sy_conv p;
    const struct systole_tensor *x, *offset, *mask;
    int64_t shifted; /* groups of channels with offsets of their own */
};

/* Between four elements; those outside are zeros. `plane`: the first element of the channel. */
static double between(const struct deform *d, int64_t plane, double row, double column)
{
    const int64_t h = d->p.s.in[0], w = d->p.s.in[1];
    double sum = 0;
    if (!(row > -1 && row < (double)h && column > -1 && column < (double)w))
        return 0;
    const double top = floor(row), left = floor(column);
    for (int i = 0; i < 4; i++) {
        const int64_t r = (int64_t)top + i / 2, q = (int64_t)left + i % 2;
        const double down = i / 2 ? row - top : 1 - (row - top), across = i % 2 ? column - left : 1 - (column - left);
        if (r >= 0 && r < h && q >= 0 && q < w)
            sum += down * across * sy_get(d->x, plane + r * w + q);
    }
    return sum;
}

/* What output `o` reads at kernel position `k` of channel `ch` of image n. */
static double read_moved(const struct deform *d, int64_t n, int64_t ch, int64_t k, int64_t o)
{
    const struct sy_spatial *s = &d->p.s;
    const int64_t group = ch / (d->p.in_channels / d->shifted), at = (n * d->shifted + group) * s->kernel_count + k;
    const double down = sy_get(d->offset, 2 * at * s->out_count + o), across = sy_get(d->offset, (2 * at + 1) * s->out_count + o);
    const int64_t row = o / s->out[1] * s->stride[0] - s->before[0] + k / s->kernel[1] * s->dilation[0];
    const int64_t column = o % s->out[1] * s->stride[1] - s->before[1] + k % s->kernel[1] * s->dilation[1];
    const double v = between(d, (n * d->p.in_channels + ch) * s->in_count, (double)row + down, (double)column + across);
    return d->mask ? v * sy_get(d->mask, at * s->out_count + o) : v;
}

/* One group of channels of one image. columns: what is read, kernel by outputs; out: the biases, then the result. */
static enum systole_status run_group(struct sy_call *c, const struct deform *d, int64_t n, int64_t g, const char *w, char *columns, char *out)
{
    const struct sy_spatial *s = &d->p.s;
    const enum sy_work work = sy_work_of(d->x->dtype);
    const int64_t channels = d->p.in_channels / d->p.groups, made = d->p.out_channels / d->p.groups, k = channels * s->kernel_count;
    for (int64_t i = 0; i < k * s->out_count; i++) {
        const double v = read_moved(d, n, g * channels + i / s->out_count / s->kernel_count, i / s->out_count % s->kernel_count, i % s->out_count);
        if (work == SY_WORK_F64)
            ((double *)(void *)columns)[i] = v;
        else
            ((float *)(void *)columns)[i] = (float)v;
    }
    const struct sy_matrix a = {w + (size_t)(g * made * k) * sy_work_size(work), k, 1}, b = {columns, s->out_count, 1};
    return sy_call_matmul(c, work, made, s->out_count, k, a, b, out);
}

static enum systole_status read_deform(struct sy_call *c, struct deform *d)
{
    const struct systole_tensor *w = sy_in(c, 1), *b = sy_in(c, 3);
    *d = (struct deform){.x = sy_in(c, 0), .offset = sy_in(c, 2), .mask = sy_in(c, 4), .shifted = sy_attr_int(c, "offset_group", 1)};
    if (d->x->rank != 4)
        return sy_cannot(c, "%s: two spatial dimensions it has to be", sy_shape(d->x).text);
    if (!sy_dtype_is_float(d->x->dtype) || w->dtype != d->x->dtype || !sy_dtype_is_float(d->offset->dtype))
        return sy_bad(c, "%s with a kernel of %s", systole_dtype_name(d->x->dtype), systole_dtype_name(w->dtype));
    const enum systole_status status = sy_conv_shape(c, d->x, w, &d->p);
    if (status)
        return status;
    const struct sy_spatial *s = &d->p.s;
    const int64_t moved = d->shifted > 0 && d->shifted <= d->p.in_channels ? d->shifted * s->kernel_count * s->out_count * d->p.batch : -1;
    if (moved < 0 || d->p.in_channels % d->shifted || d->offset->count != 2 * moved || (d->mask && d->mask->count != moved) ||
        (b && b->count != d->p.out_channels))
        return sy_bad(c, "offsets %s in %lld groups for %s with a kernel %s, or a mask or biases that do not fit", sy_shape(d->offset).text,
                      (long long)d->shifted, sy_shape(d->x).text, sy_shape(w).text);
    return SYSTOLE_OK;
}

/* X, W, offset, B, mask */
enum systole_status sy_op_deform_conv(struct sy_call *c)
{
    struct deform d;
    struct systole_tensor *y = NULL;
    enum systole_status status = read_deform(c, &d);
    if (!status)
        status = sy_out(c, 0, d.x->dtype, 4, d.p.dims, &y);
    if (status || y->count == 0)
        return status;
    const enum sy_work work = sy_work_of(d.x->dtype);
    const size_t size = sy_work_size(work);
    const int64_t channels = d.p.in_channels / d.p.groups, made = d.p.out_channels / d.p.groups, outs = made * d.p.s.out_count;
    char *w = sy_as_work(sy_in(c, 1), work), *columns = sy_alloc((size_t)(channels * d.p.s.kernel_count * d.p.s.out_count), size);
    char *out = sy_alloc((size_t)outs, size), *bias = sy_in(c, 3) ? sy_as_work(sy_in(c, 3), work) : NULL;
    if (!w || !columns || !out || (sy_in(c, 3) && !bias))
        status = sy_no_memory(c->ctx);
    for (int64_t i = 0; i < d.p.batch * d.p.groups && !status; i++) {
        memset(out, 0, (size_t)outs * size);
        for (int64_t k = 0; bias && k < outs; k++)
            memcpy(out + (size_t)k * size, bias + (size_t)(i % d.p.groups * made + k / d.p.s.out_count) * size, size);
        status = run_group(c, &d, i / d.p.groups, i % d.p.groups, w, columns, out);
        if (!status)
            sy_work_to(y, i * outs, out, work, outs);
    }
    sy_free(w);
    sy_free(columns);
    sy_free(out);
    sy_free(bias);
    return status;
}

/* Columns of blocks back to where the blocks lie in the image; where they overlap they are added up. */
enum systole_status sy_op_col2im(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL, image = {.dtype = x->dtype};
    struct sy_ints size, block;
    struct sy_spatial s;
    enum systole_status status = sy_ints(c, 1, NULL, &size);
    if (!status)
        status = sy_ints(c, 2, NULL, &block);
    if (status)
        return status;
    int64_t per_channel = 1;
    bool fits = size.n >= 1 && size.n <= SY_SPATIAL && size.n == block.n && x->rank == 3;
    for (int i = 0; fits && i < size.n; i++)
        fits = size.v[i] >= 0 && block.v[i] > 0 && sy_mul(per_channel, block.v[i], &per_channel);
    if (!fits || x->dims[1] % per_channel)
        return sy_bad(c, "columns %s of blocks of %lld for an image of %d dimensions", sy_shape(x).text, (long long)per_channel, size.n);
    image.rank = size.n + 2;
    image.dims[0] = x->dims[0];
    image.dims[1] = x->dims[1] / per_channel;
    memcpy(image.dims + 2, size.v, (size_t)size.n * sizeof *size.v);
    status = sy_spatial(c, &image, block.v, &s);
    if (!status && s.out_count != x->dims[2])
        status = sy_bad(c, "%lld blocks lie in the image, and %s has %lld", (long long)s.out_count, sy_shape(x).text, (long long)x->dims[2]);
    if (!status)
        status = sy_out(c, 0, x->dtype, image.rank, image.dims, &y);
    if (status || x->count == 0)
        return status;
    for (int64_t plane = 0; plane < image.dims[0] * image.dims[1]; plane++) {
        int64_t k[SY_SPATIAL] = {0};
        for (int64_t ki = 0; ki < per_channel; ki++, sy_spatial_next(s.n, s.kernel, k)) {
            int64_t o[SY_SPATIAL] = {0};
            for (int64_t i = 0; i < s.out_count; i++, sy_spatial_next(s.n, s.out, o)) {
                const int64_t at = sy_spatial_at(&s, o, k), to = plane * s.in_count + at;
                if (at >= 0)
                    sy_put(y, to, sy_get(y, to) + sy_get(x, (plane * per_channel + ki) * s.out_count + i));
            }
        }
    }
    return SYSTOLE_OK;
}
