/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ref/spatial.h"

/* What a file may say: large enough for every network, small enough that no product of a few overflows. */
static const int64_t largest = (int64_t)1 << 30;

static enum systole_status list(struct sy_call *c, const char *name, int n, int64_t least, int64_t otherwise, int64_t *v)
{
    struct sy_ints ints;
    enum systole_status status = sy_ints(c, -1, name, &ints);
    if (status)
        return status;
    if (ints.given && ints.n != n)
        return sy_bad(c, "attribute '%s' has %d numbers; %d are needed", name, ints.n, n);
    for (int i = 0; i < n; i++) {
        v[i] = ints.given ? ints.v[i] : otherwise;
        if (v[i] < least || v[i] > largest)
            return sy_bad(c, "attribute '%s' has %lld", name, (long long)v[i]);
    }
    return SYSTOLE_OK;
}

enum systole_status sy_spatial_attrs(struct sy_call *c, const struct systole_tensor *x, const int64_t *kernel,
                                     struct sy_spatial *s)
{
    memset(s, 0, sizeof(*s));
    s->n = x->rank - 2;
    if (s->n < 1)
        return sy_bad(c, "the input is %s: no spatial dimensions", sy_shape(x).text);
    int64_t pads[2 * SY_SPATIAL];
    enum systole_status status = list(c, "strides", s->n, 1, 1, s->stride);
    if (!status)
        status = list(c, "dilations", s->n, 1, 1, s->dilation);
    if (!status)
        status = list(c, "pads", 2 * s->n, -largest, 0, pads);
    if (!status && !kernel)
        status = list(c, "kernel_shape", s->n, 1, 0, s->kernel);
    if (status)
        return status;
    s->in_count = s->kernel_count = 1;
    for (int i = 0; i < s->n; i++) {
        s->in[i] = x->dims[i + 2];
        if (kernel)
            s->kernel[i] = kernel[i];
        s->before[i] = pads[i];
        s->after[i] = pads[s->n + i];
        s->in_count *= s->in[i];
        if (s->in[i] > largest || s->kernel[i] > largest || !sy_mul(s->kernel_count, s->kernel[i], &s->kernel_count))
            return sy_bad(c, "dimension %d of the window is too large", i);
    }
    return SYSTOLE_OK;
}

enum systole_status sy_spatial(struct sy_call *c, const struct systole_tensor *x, const int64_t *kernel, struct sy_spatial *s)
{
    enum systole_status status = sy_spatial_attrs(c, x, kernel, s);
    if (status)
        return status;
    const char *mode = sy_attr_string(c, "auto_pad", "NOTSET");
    bool same = strncmp(mode, "SAME_", 5) == 0, upper = strcmp(mode, "SAME_UPPER") == 0;
    bool ceil_mode = sy_attr_int(c, "ceil_mode", 0) != 0;
    s->out_count = 1;
    for (int i = 0; i < s->n; i++) {
        int64_t reach = (s->kernel[i] - 1) * s->dilation[i] + 1, st = s->stride[i];
        if (same) {
            int64_t total = sy_max(((s->in[i] + st - 1) / st - 1) * st + reach - s->in[i], 0);
            s->before[i] = upper ? total / 2 : total - total / 2;
            s->after[i] = total - s->before[i];
        } else if (strcmp(mode, "VALID") == 0)
            s->before[i] = s->after[i] = 0;
        int64_t room = s->in[i] + s->before[i] + s->after[i] - reach;
        /* With ceil_mode even the first window may be cut off. */
        if (room < 0 && !(ceil_mode && -room < st))
            return sy_bad(c, "the window reaches over %lld, dimension %d has %lld with its padding", (long long)reach, i + 2,
                          (long long)(room + reach));
        s->out[i] = room / st + 1;
        /* With ceil_mode a last window is added that is cut off, unless it would lie wholly in the padding. */
        if (ceil_mode && room > 0 && room % st && s->out[i] * st < s->in[i] + s->before[i])
            s->out[i]++;
        if (!sy_mul(s->out_count, s->out[i], &s->out_count))
            return sy_bad(c, "the output is too large");
    }
    return SYSTOLE_OK;
}

int64_t sy_spatial_at(const struct sy_spatial *s, const int64_t *o, const int64_t *k)
{
    int64_t at = 0;
    for (int i = 0; i < s->n; i++) {
        int64_t p = o[i] * s->stride[i] + k[i] * s->dilation[i] - s->before[i];
        if (p < 0 || p >= s->in[i])
            return -1;
        at = at * s->in[i] + p;
    }
    return at;
}

void sy_taps_start(const struct sy_spatial *s, const int64_t *o, struct sy_taps *t)
{
    t->count = 1;
    for (int i = 0; i < s->n; i++) {
        const int64_t start = s->before[i] - o[i] * s->stride[i], d = s->dilation[i];
        t->k[i] = t->first[i] = start > 0 ? (start + d - 1) / d : 0;
        t->beyond[i] = s->in[i] + start > 0 ? sy_min((s->in[i] + start + d - 1) / d, s->kernel[i]) : 0;
        t->count *= sy_max(t->beyond[i] - t->first[i], 0);
    }
}

void sy_taps_next(int n, struct sy_taps *t)
{
    for (int i = n - 1; i >= 0; i--) {
        if (++t->k[i] < t->beyond[i])
            return;
        t->k[i] = t->first[i];
    }
}

void sy_spatial_next(int n, const int64_t *dims, int64_t *index)
{
    for (int i = n - 1; i >= 0; i--) {
        if (++index[i] < dims[i])
            return;
        index[i] = 0;
    }
}
