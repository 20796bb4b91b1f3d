/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ref/conv.h"

#include "host/graph/ops.h"
#include "host/ref/offload.h"

enum systole_status sy_conv_shape(struct sy_call *c, const struct systole_tensor *x, const struct systole_tensor *w,
                                  struct sy_conv *p)
{
    memset(p, 0, sizeof(*p));
    if (x->rank < 3 || w->rank != x->rank)
        return sy_bad(c, "%s with a kernel %s", sy_shape(x).text, sy_shape(w).text);
    p->groups = sy_attr_int(c, "group", 1);
    p->batch = x->dims[0];
    p->in_channels = x->dims[1];
    p->out_channels = w->dims[0];
    if (p->groups < 1 || p->in_channels % p->groups || p->out_channels % p->groups ||
        w->dims[1] != p->in_channels / p->groups)
        return sy_bad(c, "%s with a kernel %s in %lld groups", sy_shape(x).text, sy_shape(w).text, (long long)p->groups);
    struct sy_ints shape;
    enum systole_status status = sy_ints(c, -1, "kernel_shape", &shape);
    for (int i = 0; !status && i < shape.n; i++)
        if (shape.n != w->rank - 2 || shape.v[i] != w->dims[i + 2])
            return sy_bad(c, "kernel_shape is not that of the kernel %s", sy_shape(w).text);
    if (!status)
        status = sy_spatial(c, x, w->dims + 2, &p->s);
    p->rank = x->rank;
    p->dims[0] = p->batch;
    p->dims[1] = p->out_channels;
    memcpy(p->dims + 2, p->s.out, (size_t)p->s.n * sizeof(*p->dims));
    return status;
}

/* One row of outputs: all positions of the last dimension at once. */
struct row {
    enum sy_work work;
    const char *x; /* the group's first channel */
    const char *w; /* the output channel's kernel */
    char *y;
    int64_t channels;
    const int64_t *o; /* output position; the last entry is not used */
};

static void chain(enum sy_work work, char *y, int64_t at, const char *w, int64_t wi, const char *x, int64_t xi, int64_t step,
                  int64_t n)
{
    if (work == SY_WORK_F32)
        sy_chain_f32((float *)(void *)y + at, ((const float *)(const void *)w)[wi], (const float *)(const void *)x + xi, step, n);
    else if (work == SY_WORK_F64)
        sy_chain_f64((double *)(void *)y + at, ((const double *)(const void *)w)[wi], (const double *)(const void *)x + xi,
                     step, n);
    else
        for (int64_t j = 0; j < n; j++) {
            int64_t *acc = (int64_t *)(void *)y + at + j;
            *acc += ((const int64_t *)(const void *)w)[wi] * ((const int64_t *)(const void *)x)[xi + j * step];
        }
}

static void conv_row(const struct sy_spatial *s, const struct row *r)
{
    int last = s->n - 1;
    int64_t k[SY_SPATIAL] = {0}, step = s->stride[last];
    for (int64_t ki = 0; ki < s->kernel_count; ki++, sy_spatial_next(s->n, s->kernel, k)) {
        int64_t base = 0, shift = k[last] * s->dilation[last] - s->before[last];
        bool outside = false;
        for (int i = 0; i < last; i++) {
            int64_t at = r->o[i] * s->stride[i] + k[i] * s->dilation[i] - s->before[i];
            outside = outside || at < 0 || at >= s->in[i];
            base = base * s->in[i] + at;
        }
        if (outside)
            continue;
        int64_t lo = shift >= 0 ? 0 : (-shift + step - 1) / step;
        int64_t hi = s->in[last] - shift <= 0 ? 0 : sy_min((s->in[last] - shift + step - 1) / step, s->out[last]);
        for (int64_t ch = 0; ch < r->channels && lo < hi; ch++)
            chain(r->work, r->y, lo, r->w, ch * s->kernel_count + ki, r->x,
                  ch * s->in_count + base * s->in[last] + lo * step + shift, step, hi - lo);
    }
}

void sy_conv(const struct sy_conv *p, enum sy_work work, const void *x, const void *w, const void *bias, void *y)
{
    const struct sy_spatial *s = &p->s;
    int64_t size = (int64_t)sy_work_size(work), width = s->out[s->n - 1], rows = width ? s->out_count / width : 0;
    int64_t per_in = p->in_channels / p->groups, per_out = p->out_channels / p->groups;
    for (int64_t n = 0; n < p->batch; n++)
        for (int64_t oc = 0; oc < p->out_channels; oc++) {
            int64_t o[SY_SPATIAL] = {0};
            struct row r = {work, (const char *)x + (n * p->in_channels + oc / per_out * per_in) * s->in_count * size,
                            (const char *)w + oc * per_in * s->kernel_count * size,
                            (char *)y + (n * p->out_channels + oc) * s->out_count * size, per_in, o};
            for (int64_t row = 0; row < rows; row++, sy_spatial_next(s->n - 1, s->out, o), r.y += width * size) {
                for (int64_t i = 0; i < width; i++)
                    if (bias)
                        memcpy(r.y + i * size, (const char *)bias + oc * size, (size_t)size);
                    else
                        memset(r.y + i * size, 0, (size_t)size);
                if (per_in > 0) /* else there is nothing to add, however large the kernel says it is */
                    conv_row(s, &r);
            }
        }
    if (work == SY_WORK_F32)
        sy_canonical_f32(y, p->batch * p->out_channels * s->out_count);
}

enum systole_status sy_op_conv(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *w = sy_in(c, 1), *b = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    struct sy_conv p;
    if (!sy_dtype_is_float(x->dtype) || w->dtype != x->dtype || (b && b->dtype != x->dtype))
        return sy_bad(c, "%s with a kernel of %s", systole_dtype_name(x->dtype), systole_dtype_name(w->dtype));
    enum systole_status status = sy_conv_shape(c, x, w, &p);
    if (!status && b && b->count != p.out_channels)
        return sy_bad(c, "%lld biases for %lld channels", (long long)b->count, (long long)p.out_channels);
    if (!status)
        status = sy_out(c, 0, x->dtype, p.rank, p.dims, &y);
    if (status)
        return status;
    enum sy_work work = sy_work_of(x->dtype);
    void *vx = sy_as_work(x, work), *vw = sy_as_work(w, work), *vb = b ? sy_as_work(b, work) : NULL;
    void *vy = sy_alloc((size_t)y->count, sy_work_size(work));
    if (vx && vw && vy && (vb || !b)) {
        status = sy_call_conv(c, &p, work, vx, vw, vb, vy);
        sy_work_to(y, 0, vy, work, y->count);
    } else
        status = sy_no_memory(c->ctx);
    sy_free(vx);
    sy_free(vw);
    sy_free(vb);
    sy_free(vy);
    return status;
}

/* ---- Transposed ---- */

/* The padding follows from output_shape where it is given, and from auto_pad. */
static enum systole_status transposed_shape(struct sy_call *c, struct sy_spatial *s)
{
    struct sy_ints extra, wanted;
    enum systole_status status = sy_ints(c, -1, "output_padding", &extra);
    if (!status)
        status = sy_ints(c, -1, "output_shape", &wanted);
    if (status)
        return status;
    if ((extra.given && extra.n != s->n) || (wanted.given && wanted.n < s->n))
        return sy_bad(c, "output_padding or output_shape does not have %d numbers", s->n);
    const char *mode = sy_attr_string(c, "auto_pad", "NOTSET");
    s->out_count = 1;
    for (int i = 0; i < s->n; i++) {
        int64_t add = extra.given ? extra.v[i] : 0, most = (int64_t)1 << 40;
        if (add < 0 || add > most || (wanted.given && (wanted.v[wanted.n - s->n + i] < 0 || wanted.v[wanted.n - s->n + i] > most)))
            return sy_bad(c, "dimension %d: output_padding %lld, or an output_shape that cannot be", i + 2, (long long)add);
        int64_t full = s->stride[i] * (s->in[i] - 1) + add + (s->kernel[i] - 1) * s->dilation[i] + 1;
        bool same = strncmp(mode, "SAME_", 5) == 0;
        if (wanted.given || same) {
            s->out[i] = wanted.given ? wanted.v[wanted.n - s->n + i] : s->in[i] * s->stride[i];
            int64_t total = sy_max(full - s->out[i], 0);
            /* Where it is odd, SAME_UPPER has the larger half at the end; the others at the beginning. */
            s->before[i] = strcmp(mode, "SAME_UPPER") == 0 ? total / 2 : total - total / 2;
            s->after[i] = total - s->before[i];
        } else
            s->out[i] = full - s->before[i] - s->after[i];
        if (s->out[i] < 0 || !sy_mul(s->out_count, s->out[i], &s->out_count))
            return sy_bad(c, "dimension %d of the output is %lld", i + 2, (long long)s->out[i]);
    }
    return SYSTOLE_OK;
}

/* The input position whose step `k` of the kernel goes to output `o`; -1: none. */
static int64_t source_of(const struct sy_spatial *s, const int64_t *o, const int64_t *k)
{
    int64_t at = 0;
    for (int i = 0; i < s->n; i++) {
        int64_t p = o[i] + s->before[i] - k[i] * s->dilation[i];
        if (p < 0 || p % s->stride[i] || p / s->stride[i] >= s->in[i])
            return -1;
        at = at * s->in[i] + p / s->stride[i];
    }
    return at;
}

/* One output element; weights are in channels, out channels of a group, kernel. */
static double transposed_at(const struct sy_spatial *s, const double *x, const double *w, int64_t channels, int64_t w_step,
                            const int64_t *o, double start, bool single)
{
    float f = (float)start;
    double d = start;
    int64_t k[SY_SPATIAL] = {0};
    for (int64_t ki = 0; channels > 0 && ki < s->kernel_count; ki++, sy_spatial_next(s->n, s->kernel, k)) {
        int64_t at = source_of(s, o, k);
        for (int64_t ch = 0; at >= 0 && ch < channels; ch++) {
            double a = x[ch * s->in_count + at], b = w[ch * w_step + ki];
            if (single)
                f = fmaf((float)a, (float)b, f);
            else
                d = fma(a, b, d);
        }
    }
    return single ? (double)f : d;
}

static void transposed(struct systole_tensor *y, const struct sy_spatial *s, int64_t groups, const struct systole_tensor *shape,
                       const double *x, const double *w, const double *bias)
{
    int64_t channels = shape->dims[1] / groups, out_channels = y->dims[1], per_out = out_channels / groups, at = 0;
    for (int64_t n = 0; n < y->dims[0]; n++)
        for (int64_t oc = 0; oc < out_channels; oc++) {
            int64_t g = oc / per_out, o[SY_SPATIAL] = {0};
            const double *px = x + (n * shape->dims[1] + g * channels) * s->in_count;
            const double *pw = w + (g * channels * per_out + oc % per_out) * s->kernel_count;
            for (int64_t i = 0; i < s->out_count; i++, sy_spatial_next(s->n, s->out, o))
                sy_put(y, at++, transposed_at(s, px, pw, channels, per_out * s->kernel_count, o, bias ? bias[oc] : 0,
                                              y->dtype != SYSTOLE_F64));
        }
    if (y->dtype == SYSTOLE_F32)
        sy_canonical_f32(y->data, y->count);
}

enum systole_status sy_op_conv_transpose(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *w = sy_in(c, 1), *b = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    struct sy_spatial s;
    int64_t groups = sy_attr_int(c, "group", 1), dims[SYSTOLE_MAX_RANK];
    if (x->rank < 3 || w->rank != x->rank || !sy_dtype_is_float(x->dtype) || w->dtype != x->dtype || groups < 1 ||
        x->dims[1] != w->dims[0] || x->dims[1] % groups)
        return sy_bad(c, "%s with a kernel %s in %lld groups", sy_shape(x).text, sy_shape(w).text, (long long)groups);
    if (!sy_mul(w->dims[1], groups, &dims[1]) || (b && b->count != dims[1]))
        return sy_bad(c, "%lld biases for %lld channels", b ? (long long)b->count : 0, (long long)dims[1]);
    enum systole_status status = sy_spatial_attrs(c, x, w->dims + 2, &s);
    if (!status)
        status = transposed_shape(c, &s);
    if (status)
        return status;
    dims[0] = x->dims[0];
    memcpy(dims + 2, s.out, (size_t)s.n * sizeof(*dims));
    status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    if (status)
        return status;
    double *vx = sy_as_f64(x), *vw = sy_as_f64(w), *vb = b ? sy_as_f64(b) : NULL;
    if (vx && vw && (vb || !b))
        transposed(y, &s, groups, x, vx, vw, vb);
    else
        status = sy_no_memory(c->ctx);
    sy_free(vx);
    sy_free(vw);
    sy_free(vb);
    return status;
}
