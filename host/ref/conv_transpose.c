/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ConvTranspose. Outputs whose positions leave the same rest when divided by the strides meet the same positions of the kernel: each such
 * phase is a convolution of stride 1 with those, from the last to the first, and runs where convolutions run.
 */
#include "host/ref/conv.h"

#include "host/graph/ops.h"
#include "host/ref/offload.h"

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

struct transposed {
    struct sy_call *call;
    struct sy_spatial s; /* of the operator */
    enum sy_work work;
    size_t size; /* of an element */
    int64_t batch, groups, channels, made; /* channels: read and made by a group */
    const char *x, *w, *bias;
    char *y;
};

/* One dimension of a phase. */
struct phase {
    int64_t kernel, first_k, step_k;  /* positions of the kernel: how many, the first, from one to the next */
    int64_t out, first_out;           /* outputs: how many, the first; the stride from one to the next */
    int64_t reach, at;                /* inputs from one position of the kernel to the next; that of the first output and the last position */
};

static int64_t divisor(int64_t a, int64_t b)
{
    return b ? divisor(b, a % b) : a;
}

/* Rounded up, for any a. */
static int64_t quotient_up(int64_t a, int64_t b)
{
    return a > 0 ? (a - 1) / b + 1 : -(-a / b);
}

/* Positions first_k, first_k + step, ... meet outputs at rest `first_k * dilation mod stride`, counted from before the padding. */
static struct phase phase_of(const struct sy_spatial *s, int i, int64_t first_k)
{
    const int64_t stride = s->stride[i], d = s->dilation[i], common = divisor(stride, d), rest = first_k * d % stride;
    const int64_t from = sy_max(quotient_up(s->before[i] - rest, stride), 0);
    const int64_t end = quotient_up(s->before[i] + s->out[i] - rest, stride);
    struct phase p = {.first_k = first_k, .step_k = stride / common, .reach = d / common, .out = sy_max(end - from, 0)};
    p.kernel = (s->kernel[i] - 1 - first_k) / p.step_k + 1;
    p.first_out = rest + stride * from - s->before[i];
    p.at = from + (rest - first_k * d) / stride - (p.kernel - 1) * p.reach;
    return p;
}

/* out channels, channels of a group, kernel, from channels, out channels of a group, kernel. */
static void gather_weights(const struct transposed *t, const struct phase *p, int64_t kernel_count, char *to)
{
    const struct sy_spatial *s = &t->s;
    for (int64_t oc = 0; oc < t->groups * t->made; oc++)
        for (int64_t ch = 0; ch < t->channels; ch++) {
            const int64_t from = ((oc / t->made * t->channels + ch) * t->made + oc % t->made) * s->kernel_count;
            int64_t k[SY_SPATIAL] = {0}, dims[SY_SPATIAL];
            for (int i = 0; i < s->n; i++)
                dims[i] = p[i].kernel;
            for (int64_t j = 0; j < kernel_count; j++, sy_spatial_next(s->n, dims, k), to += t->size) {
                int64_t at = 0;
                for (int i = 0; i < s->n; i++)
                    at = at * s->kernel[i] + p[i].first_k + (p[i].kernel - 1 - k[i]) * p[i].step_k;
                memcpy(to, t->w + (size_t)(from + at) * t->size, t->size);
            }
        }
}

/* The input from `skip` on in each dimension; NULL without memory. */
static char *crop(const struct transposed *t, const int64_t *skip, const struct sy_spatial *to)
{
    const struct sy_spatial *s = &t->s;
    const int64_t planes = t->batch * t->groups * t->channels, row = to->in[s->n - 1];
    char *cut = sy_alloc((size_t)(planes * to->in_count), t->size), *end = cut;
    for (int64_t plane = 0; cut && plane < planes; plane++) {
        int64_t at[SY_SPATIAL] = {0};
        for (int64_t r = 0; r < to->in_count / row; r++, sy_spatial_next(s->n - 1, to->in, at), end += (size_t)row * t->size) {
            int64_t from = 0;
            for (int i = 0; i < s->n; i++)
                from = from * s->in[i] + at[i] + skip[i];
            memcpy(end, t->x + (size_t)(plane * s->in_count + from) * t->size, (size_t)row * t->size);
        }
    }
    return cut;
}

/* The phase's results to where they belong among the outputs. */
static void scatter(const struct transposed *t, const struct phase *p, const struct sy_spatial *from, const char *v)
{
    const struct sy_spatial *s = &t->s;
    for (int64_t plane = 0; plane < t->batch * t->groups * t->made; plane++) {
        int64_t o[SY_SPATIAL] = {0};
        for (int64_t i = 0; i < from->out_count; i++, sy_spatial_next(s->n, from->out, o), v += t->size) {
            int64_t at = 0;
            for (int d = 0; d < s->n; d++)
                at = at * s->out[d] + p[d].first_out + o[d] * s->stride[d];
            memcpy(t->y + (size_t)(plane * s->out_count + at) * t->size, v, t->size);
        }
    }
}

static enum systole_status run_phase(const struct transposed *t, const struct phase *p)
{
    struct sy_conv v = {.s = {.n = t->s.n, .in_count = 1, .kernel_count = 1, .out_count = 1}, .batch = t->batch, .groups = t->groups,
                        .in_channels = t->groups * t->channels, .out_channels = t->groups * t->made, .rank = t->s.n + 2};
    int64_t skip[SY_SPATIAL];
    bool cropped = false;
    for (int i = 0; i < t->s.n; i++) {
        skip[i] = sy_max(p[i].at, 0);
        cropped = cropped || skip[i] > 0;
        v.s.in[i] = t->s.in[i] - skip[i];
        v.s.kernel[i] = p[i].kernel;
        v.s.dilation[i] = p[i].reach;
        v.s.stride[i] = 1;
        v.s.before[i] = sy_max(-p[i].at, 0);
        v.s.out[i] = p[i].out;
        if (v.s.in[i] < 1 || p[i].out < 1)
            return SYSTOLE_OK; /* nothing but padding, or nobody to give it to */
        v.s.in_count *= v.s.in[i];
        v.s.kernel_count *= p[i].kernel;
        v.s.out_count *= p[i].out;
    }
    char *x = cropped ? crop(t, skip, &v.s) : NULL;
    char *w = sy_alloc((size_t)(v.out_channels * t->channels * v.s.kernel_count), t->size);
    char *y = sy_alloc((size_t)(v.batch * v.out_channels * v.s.out_count), t->size);
    enum systole_status status = w && y && (x || !cropped) ? SYSTOLE_OK : sy_no_memory(t->call->ctx);
    if (!status) {
        gather_weights(t, p, v.s.kernel_count, w);
        status = sy_call_conv(t->call, &v, t->work, cropped ? x : t->x, w, t->bias, y);
    }
    if (!status)
        scatter(t, p, &v.s, y);
    sy_free(x);
    sy_free(w);
    sy_free(y);
    return status;
}

static enum systole_status run_phases(const struct transposed *t)
{
    const struct sy_spatial *s = &t->s;
    int64_t many[SY_SPATIAL], at[SY_SPATIAL] = {0}, count = 1;
    for (int64_t i = 0; t->bias && i < t->batch * t->groups * t->made * s->out_count; i++)
        memcpy(t->y + (size_t)i * t->size, t->bias + (size_t)(i / s->out_count % (t->groups * t->made)) * t->size, t->size);
    for (int i = 0; i < s->n; i++) {
        many[i] = sy_min(s->kernel[i], s->stride[i] / divisor(s->stride[i], s->dilation[i]));
        count *= many[i];
    }
    if (t->channels == 0 || s->in_count == 0 || s->out_count == 0 || t->batch * t->made == 0)
        return SYSTOLE_OK;
    enum systole_status status = SYSTOLE_OK;
    for (int64_t k = 0; k < count && !status; k++, sy_spatial_next(s->n, many, at)) {
        struct phase p[SY_SPATIAL];
        for (int i = 0; i < s->n; i++)
            p[i] = phase_of(s, i, at[i]);
        status = run_phase(t, p);
    }
    return status;
}

enum systole_status sy_op_conv_transpose(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *w = sy_in(c, 1), *b = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    struct transposed t = {.call = c, .groups = sy_attr_int(c, "group", 1), .batch = x->dims[0]};
    int64_t dims[SYSTOLE_MAX_RANK];
    if (x->rank < 3 || w->rank != x->rank || !sy_dtype_is_float(x->dtype) || w->dtype != x->dtype || t.groups < 1 ||
        x->dims[1] != w->dims[0] || x->dims[1] % t.groups || (b && b->dtype != x->dtype))
        return sy_bad(c, "%s with a kernel %s in %lld groups", sy_shape(x).text, sy_shape(w).text, (long long)t.groups);
    t.channels = x->dims[1] / t.groups;
    t.made = w->dims[1];
    if (!sy_mul(t.made, t.groups, &dims[1]) || (b && b->count != dims[1]))
        return sy_bad(c, "%lld biases for %lld channels", b ? (long long)b->count : 0, (long long)dims[1]);
    enum systole_status status = sy_spatial_attrs(c, x, w->dims + 2, &t.s);
    if (!status)
        status = transposed_shape(c, &t.s);
    if (status)
        return status;
    dims[0] = x->dims[0];
    memcpy(dims + 2, t.s.out, (size_t)t.s.n * sizeof(*dims));
    status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    if (status)
        return status;
    t.work = sy_work_of(x->dtype);
    t.size = sy_work_size(t.work);
    void *vx = sy_as_work(x, t.work), *vw = sy_as_work(w, t.work), *vb = b ? sy_as_work(b, t.work) : NULL;
    void *vy = sy_alloc((size_t)y->count, t.size);
    t.x = vx;
    t.w = vw;
    t.bias = vb;
    t.y = vy;
    status = vx && vw && vy && (vb || !b) ? run_phases(&t) : sy_no_memory(c->ctx);
    if (!status)
        sy_work_to(y, 0, vy, t.work, y->count);
    sy_free(vx);
    sy_free(vw);
    sy_free(vb);
    sy_free(vy);
    return status;
}
