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
