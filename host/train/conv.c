/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolutions. Back for the weights: for each tap of the kernel one product over (image, row, column) of those outputs that the
 * tap reached the picture for. Back for the picture: its pixels fall into stride x stride phases, each of which only every
 * stride-th tap reaches; a phase is one dense convolution of the outputs' gradient with those taps turned round. No zero is
 * inserted anywhere, and the border is no step of a chain.
 */
#include "host/train/train.h"

#include <string.h>

struct conv {
    struct sy_conv2d v; /* forward */
    enum systole_precision precision;
};

/* Indices of a line whose taps are inside: first <= i < end. */
struct range {
    int64_t first, end;
};

static int64_t ceiling(int64_t a, int64_t b)
{
    return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

static int64_t flooring(int64_t a, int64_t b)
{
    return -ceiling(-a, b);
}

/* Outputs for which the tap at `offset` (kernel index * dilation - pad) lies in a picture of `size`. */
static struct range reached(int64_t outputs, int64_t size, int64_t stride, int64_t offset)
{
    struct range r = {ceiling(-offset, stride), flooring(size - 1 - offset, stride) + 1};
    r.first = r.first < 0 ? 0 : r.first;
    r.end = r.end > outputs ? outputs : r.end;
    return r;
}

/* ---- weights ---- */

struct tap {
    struct range p, q;
    int64_t kh, kw;
};

static int64_t extent(struct range r)
{
    return r.end > r.first ? r.end - r.first : 0;
}

/* Channels `first` and on of dy, as rows of (image, p, q). */
static void gather_outputs(const struct sy_conv2d *v, const float *dy, int64_t first, const struct tap *tap, float *to)
{
    const int64_t channels = v->groups * v->m;
    for (int64_t m = 0; m < v->m; m++)
        for (int64_t image = 0; image < v->batch; image++)
            for (int64_t p = tap->p.first; p < tap->p.end; p++) {
                const float *const from = dy + ((image * channels + first + m) * v->p + p) * v->q;
                memcpy(to, from + tap->q.first, (size_t)extent(tap->q) * sizeof *to);
                to += extent(tap->q);
            }
}

/* What the tap saw of channels `first` and on of x, as rows of (image, p, q). */
static void gather_inputs(const struct sy_conv2d *v, const float *x, int64_t first, const struct tap *tap, float *to)
{
    const int64_t channels = v->groups * v->c;
    for (int64_t c = 0; c < v->c; c++)
        for (int64_t image = 0; image < v->batch; image++)
            for (int64_t p = tap->p.first; p < tap->p.end; p++) {
                const int64_t row = p * v->stride_h + tap->kh * v->dil_h - v->pad_h;
                const float *const from =
                    x + ((image * channels + first + c) * v->h + row) * v->w + tap->kw * v->dil_w - v->pad_w;
                for (int64_t q = tap->q.first; q < tap->q.end; q++)
                    *to++ = from[q * v->stride_w];
            }
}

/* The gradient of one tap of one group, m x c. */
static enum systole_status tap_back(struct systole_trainer *t, const struct conv *k, const float *x, const float *dy,
                                    int64_t group, const struct tap *tap, float *gradient)
{
    const struct sy_conv2d *v = &k->v;
    const int64_t length = v->batch * extent(tap->p) * extent(tap->q);
    if (length == 0)
        return SYSTOLE_OK;
    float *const out = sy_alloc((size_t)v->m, (size_t)length * sizeof *out);
    float *const in = sy_alloc((size_t)v->c, (size_t)length * sizeof *in);
    float *const sum = sy_alloc((size_t)v->m, (size_t)v->c * sizeof *sum);
    enum systole_status status = out && in && sum ? SYSTOLE_OK : sy_train_no_memory(t);
    if (!status) {
        float *const at = gradient + (group * v->m * v->c * v->kh + tap->kh) * v->kw + tap->kw;
        const int64_t step = v->kh * v->kw;
        gather_outputs(v, dy, group * v->m, tap, out);
        gather_inputs(v, x, group * v->c, tap, in);
        for (int64_t i = 0; i < v->m * v->c; i++)
            sum[i] = at[i * step];
        status =
            sy_train_product(t, k->precision, v->m, v->c, length, (struct sy_factor){.data = out, .row = length, .column = 1},
                             (struct sy_factor){.data = in, .row = 1, .column = length}, sum);
        for (int64_t i = 0; i < v->m * v->c && !status; i++)
            at[i * step] = sum[i];
    }
    sy_free(out);
    sy_free(in);
    sy_free(sum);
    return status;
}

static enum systole_status weights_back(struct systole_trainer *t, const struct conv *k, const float *x, const float *dy,
                                        float *gradient)
{
    const struct sy_conv2d *v = &k->v;
    enum systole_status status = SYSTOLE_OK;
    for (int64_t group = 0; group < v->groups; group++)
        for (int64_t kh = 0; kh < v->kh; kh++)
            for (int64_t kw = 0; kw < v->kw && !status; kw++) {
                const struct tap tap = {reached(v->p, v->h, v->stride_h, kh * v->dil_h - v->pad_h),
                                        reached(v->q, v->w, v->stride_w, kw * v->dil_w - v->pad_w), kh, kw};
                status = tap_back(t, k, x, dy, group, &tap, gradient);
            }
    return status;
}

static enum systole_status bias_back(struct systole_trainer *t, const struct conv *k, const float *dy, float *gradient)
{
    struct sy_conv2d v = k->v;
    const int64_t length = v.batch * v.p * v.q;
    v.m *= v.groups;
    v.groups = 1;
    float *const rows = sy_alloc((size_t)v.m, (size_t)length * sizeof *rows);
    if (!rows)
        return sy_train_no_memory(t);
    gather_outputs(&v, dy, 0, &(struct tap){{0, v.p}, {0, v.q}, 0, 0}, rows);
    const enum systole_status status =
        sy_train_sum_rows(t, k->precision, length, v.m, (struct sy_factor){.data = rows, .row = 1, .column = length}, gradient);
    sy_free(rows);
    return status;
}

/* ---- picture ---- */

/* One direction of one phase: pixels first, first + stride, ... (count of them), reached by taps last, last - tap_step, ... (taps
 * of them). */
struct phase {
    int64_t first, count, last, tap_step, taps, dilation, pad;
};

static struct phase phase_of(int64_t which, int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad)
{
    struct phase f = {0};
    int64_t first_tap = -1;
    for (int64_t k = 0; k < kernel; k++)
        if (k * dilation % stride == which) {
            f.tap_step = f.taps == 1 ? k - first_tap : f.tap_step;
            first_tap = f.taps++ == 0 ? k : first_tap;
            f.last = k;
        }
    const int64_t u = ceiling(pad - which, stride), end = flooring(size - 1 + pad - which, stride) + 1;
    f.count = end > u ? end - u : 0;
    f.first = stride * u + which - pad;
    f.tap_step = f.tap_step ? f.tap_step : 1;
    f.dilation = f.tap_step * dilation / stride;
    f.dilation = f.taps > 1 ? f.dilation : 1;
    f.pad = (f.last * dilation - which) / stride - u;
    return f;
}

/* Taps of the phase, turned round; channels of input and output change places in each group. */
static void turn_weights(const struct sy_conv2d *v, const float *w, const struct phase *fh, const struct phase *fw, float *to)
{
    for (int64_t group = 0; group < v->groups; group++)
        for (int64_t c = 0; c < v->c; c++)
            for (int64_t m = 0; m < v->m; m++)
                for (int64_t i = 0; i < fh->taps; i++)
                    for (int64_t j = 0; j < fw->taps; j++)
                        *to++ = w[(((group * v->m + m) * v->c + c) * v->kh + fh->last - i * fh->tap_step) * v->kw + fw->last -
                                  j * fw->tap_step];
}

/* Rows and columns of dy that come before the phase's first tap reaches the picture are left away: a pad is not negative. */
static void crop(const struct sy_conv2d *v, const float *dy, int64_t rows, int64_t columns, float *to)
{
    for (int64_t plane = 0; plane < v->batch * v->groups * v->m; plane++)
        for (int64_t p = rows; p < v->p; p++, to += v->q - columns)
            memcpy(to, dy + (plane * v->p + p) * v->q + columns, (size_t)(v->q - columns) * sizeof *to);
}

static enum systole_status phase_back(struct systole_trainer *t, const struct conv *k, const float *w, const float *dy,
                                      const struct phase *fh, const struct phase *fw, float *gradient)
{
    const struct sy_conv2d *v = &k->v;
    const int64_t skip_h = fh->pad < 0 ? -fh->pad : 0, skip_w = fw->pad < 0 ? -fw->pad : 0;
    if (!fh->taps || !fw->taps || !fh->count || !fw->count || skip_h >= v->p || skip_w >= v->q)
        return SYSTOLE_OK;
    const struct sy_conv2d back = {.batch = v->batch, .h = v->p - skip_h, .w = v->q - skip_w, .p = fh->count, .q = fw->count,
                                   .groups = v->groups, .c = v->m, .m = v->c, .kh = fh->taps, .kw = fw->taps, .stride_h = 1,
                                   .stride_w = 1, .dil_h = fh->dilation, .dil_w = fw->dilation, .pad_h = fh->pad + skip_h,
                                   .pad_w = fw->pad + skip_w};
    const int64_t planes = v->batch * v->groups * v->c;
    float *const turned = sy_alloc((size_t)(v->groups * v->c * v->m), (size_t)(fh->taps * fw->taps) * sizeof *turned);
    float *const outputs = sy_alloc((size_t)(v->batch * v->groups * v->m), (size_t)(back.h * back.w) * sizeof *outputs);
    float *const result = sy_alloc((size_t)planes, (size_t)(back.p * back.q) * sizeof *result);
    enum systole_status status = turned && outputs && result ? SYSTOLE_OK : sy_train_no_memory(t);
    if (!status) {
        turn_weights(v, w, fh, fw, turned);
        crop(v, dy, skip_h, skip_w, outputs);
        status = sy_train_convolution(t, k->precision, &back, outputs, turned, NULL, result);
    }
    const float *from = result;
    for (int64_t plane = 0; plane < planes && !status; plane++)
        for (int64_t i = 0; i < back.p; i++)
            for (int64_t j = 0; j < back.q; j++)
                sy_train_accumulate(&gradient[(plane * v->h + fh->first + i * v->stride_h) * v->w + fw->first + j * v->stride_w],
                                    from++, 1);
    sy_free(turned);
    sy_free(outputs);
    sy_free(result);
    return status;
}

static enum systole_status picture_back(struct systole_trainer *t, const struct conv *k, const float *w, const float *dy,
                                        float *gradient)
{
    const struct sy_conv2d *v = &k->v;
    enum systole_status status = SYSTOLE_OK;
    for (int64_t a = 0; a < v->stride_h; a++)
        for (int64_t b = 0; b < v->stride_w && !status; b++) {
            const struct phase fh = phase_of(a, v->h, v->kh, v->stride_h, v->dil_h, v->pad_h);
            const struct phase fw = phase_of(b, v->w, v->kw, v->stride_w, v->dil_w, v->pad_w);
            status = phase_back(t, k, w, dy, &fh, &fw, gradient);
        }
    return status;
}

/* ---- the layer ---- */

static enum systole_status conv_back(struct systole_trainer *t, const struct sy_node *n)
{
    struct conv k = {.precision = n->precision};
    struct systole_value *const x = n->in[0], *const w = n->in[1], *const b = n->in[2];
    const float *const dy = n->out->gradient;
    memcpy(&k.v, n->saved, sizeof k.v);
    float *g;
    enum systole_status status = sy_train_gradient(t, x, &g);
    if (!status && g)
        status = picture_back(t, &k, w->data, dy, g);
    if (!status)
        status = sy_train_gradient(t, w, &g);
    if (!status && g)
        status = weights_back(t, &k, x->data, dy, g);
    if (!status)
        status = sy_train_gradient(t, b, &g);
    if (!status && g)
        status = bias_back(t, &k, dy, g);
    return status;
}

static int64_t outputs_of(int64_t size, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation)
{
    const int64_t room = size + 2 * pad - ((kernel - 1) * dilation + 1);
    return room < 0 ? 0 : room / stride + 1;
}

enum { MOST = 1 << 20 }; /* of an option or a size: sums and products of a few stay exact */

static enum systole_status describe(struct systole_trainer *t, const struct systole_value *x, const struct systole_value *w,
                                    const struct systole_value *b, const struct systole_conv_options *o, struct sy_conv2d *v)
{
    const int64_t stride = o->stride ? o->stride : 1, dilation = o->dilation ? o->dilation : 1,
                  groups = o->groups ? o->groups : 1;
    if (stride < 1 || stride > MOST || dilation < 1 || dilation > MOST || o->pad < 0 || o->pad > MOST || groups < 1)
        return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT, "conv2d: stride %lld, dilation %lld, pad %lld, groups %lld",
                             (long long)stride, (long long)dilation, (long long)o->pad, (long long)groups);
    const bool fits = x->rank == 4 && w->rank == 4 && x->dims[1] == groups * w->dims[1] && w->dims[0] % groups == 0 &&
                      (!b || (b->rank == 1 && b->dims[0] == w->dims[0])) && x->dims[2] <= MOST && x->dims[3] <= MOST &&
                      w->dims[2] <= MOST && w->dims[3] <= MOST;
    if (!fits)
        return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT, "conv2d: x is %s, w %s, b %s, with %lld groups", sy_value_shape(x).text,
                             sy_value_shape(w).text, b ? sy_value_shape(b).text : "none", (long long)groups);
    *v = (struct sy_conv2d){.batch = x->dims[0], .h = x->dims[2], .w = x->dims[3], .groups = groups, .c = w->dims[1],
                            .m = w->dims[0] / groups, .kh = w->dims[2], .kw = w->dims[3], .stride_h = stride, .stride_w = stride,
                            .dil_h = dilation, .dil_w = dilation, .pad_h = o->pad, .pad_w = o->pad};
    v->p = outputs_of(v->h, v->kh, stride, o->pad, dilation);
    v->q = outputs_of(v->w, v->kw, stride, o->pad, dilation);
    if (v->p == 0 || v->q == 0)
        return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT,
                             "conv2d: a kernel of %s does not fit into x, %s, with pad %lld and dilation %lld",
                             sy_value_shape(w).text, sy_value_shape(x).text, (long long)o->pad, (long long)dilation);
    return SYSTOLE_OK;
}

enum systole_status systole_train_conv2d(struct systole_trainer *trainer, struct systole_value *x, struct systole_value *w,
                                         struct systole_value *b, const struct systole_conv_options *options,
                                         struct systole_value **y)
{
    struct systole_trainer *const t = trainer;
    struct systole_conv_options o = {0};
    struct sy_conv2d v;
    enum systole_status status = sy_train_begin(t, x && w ? x : NULL, y);
    if (status)
        return status;
    if (options)
        memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    status = describe(t, x, w, b, &o, &v);
    struct sy_node n = {.backward = conv_back, .in = {x, w, b}};
    if (!status)
        status = sy_train_value(t, 4, (const int64_t[]){v.batch, v.groups * v.m, v.p, v.q}, &n.out);
    if (!status)
        status = sy_train_convolution(t, t->precision, &v, x->data, w->data, b ? b->data : NULL, n.out->data);
    if (status)
        return status;
    n.saved = sy_alloc(1, sizeof v);
    if (!n.saved)
        return sy_train_no_memory(t);
    memcpy(n.saved, &v, sizeof v);
    return sy_train_record(t, &n, y);
}
