/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Normalisation over the last dimension (layer) or over all others than the second (batch). Both keep the normalised values and 1
 * / deviation of each group; a group's elements are walked in the order in which they lie in memory.
 */
#include "host/train/train.h"

#include "host/core/fixed_math.h"
#include "host/ref/chain.h"

#include <math.h>
#include <string.h>

/* Groups of elements that are normalised together: element i of group g is at base(g) + (i / run) * jump + i % run. */
struct groups {
    int64_t count, size, run, jump, start; /* group g begins at g * start */
};

static int64_t place(const struct groups *s, int64_t g, int64_t i)
{
    return g * s->start + i / s->run * s->jump + i % s->run;
}

struct moments {
    float mean, variance;
};

/* Sums in order, times 1 / size. */
static struct moments moments_of(const struct groups *s, int64_t g, const float *x)
{
    const float share = sy_fixed_reciprocal((float)s->size);
    float sum = 0, squares = 0;
    for (int64_t i = 0; i < s->size; i++)
        sum += x[place(s, g, i)];
    const float mean = sum * share;
    for (int64_t i = 0; i < s->size; i++) {
        const float d = x[place(s, g, i)] - mean;
        squares = fmaf(d, d, squares);
    }
    return (struct moments){mean, squares * share};
}

static float one_over_deviation(float variance, float epsilon)
{
    return sy_fixed_reciprocal(sy_fixed_sqrt(variance + epsilon));
}

/* What a group's input gets from g[i], the gradients of its normalised values `hat`: with both means taken off. */
static void group_back(const struct groups *s, int64_t g, const float *by_hat, const float *hat, float scale, float *to)
{
    const float share = sy_fixed_reciprocal((float)s->size);
    float sum = 0, along = 0;
    for (int64_t i = 0; i < s->size; i++) {
        const int64_t at = place(s, g, i);
        sum += by_hat[at];
        along = fmaf(by_hat[at], hat[at], along);
    }
    sum *= share;
    along *= share;
    for (int64_t i = 0; i < s->size; i++) {
        const int64_t at = place(s, g, i);
        to[at] += scale * (by_hat[at] - fmaf(hat[at], along, sum));
    }
}

/* saved: the normalised values, then 1 / deviation of each group, then room for as many values again. */
static float *saved_for(int64_t count, int64_t groups)
{
    return sy_alloc(2 * (size_t)count + (size_t)groups, sizeof(float));
}

/* ---- layer ---- */

static struct groups of_rows(int64_t rows, int64_t width)
{
    return (struct groups){rows, width, width, 0, width};
}

/* number: rows, width. */
static enum systole_status layer_norm_back(struct systole_trainer *t, const struct sy_node *n)
{
    const int64_t rows = n->number[0], width = n->number[1], count = rows * width;
    const struct groups s = of_rows(rows, width);
    const struct systole_value *const gain = n->in[1];
    const float *const hat = n->saved, *const scale = hat + count, *const dy = n->out->gradient;
    float *const work = (float *)n->saved + count + rows, *g;
    enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    if (!status && g) {
        for (int64_t i = 0; i < count; i++)
            work[i] = dy[i] * gain->data[i % width];
        for (int64_t r = 0; r < rows; r++)
            group_back(&s, r, work, hat, scale[r], g);
        sy_canonical_f32(g, count);
    }
    if (!status)
        status = sy_train_gradient(t, n->in[1], &g);
    if (!status && g) {
        for (int64_t i = 0; i < count; i++)
            work[i] = dy[i] * hat[i];
        status = sy_train_sum_rows(t, n->precision, rows, width, (struct sy_factor){.data = work, .row = width, .column = 1}, g);
    }
    if (!status)
        status = sy_train_gradient(t, n->in[2], &g);
    if (!status && g)
        status = sy_train_sum_rows(t, n->precision, rows, width, (struct sy_factor){.data = dy, .row = width, .column = 1}, g);
    return status;
}

static bool is_vector(const struct systole_value *v, int64_t size)
{
    return v && v->rank == 1 && v->dims[0] == size;
}

enum systole_status systole_train_layer_norm(struct systole_trainer *trainer, struct systole_value *x, struct systole_value *gain,
                                             struct systole_value *shift, float epsilon, struct systole_value **y)
{
    enum systole_status status = sy_train_begin(trainer, gain && shift ? x : NULL, y);
    if (status)
        return status;
    const int64_t width = x->rank ? x->dims[x->rank - 1] : 0, rows = width ? x->count / width : 0;
    if (width == 0 || !is_vector(gain, width) || !is_vector(shift, width) || !(epsilon >= 0))
        return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "layer_norm: x is %s, gain %s, shift %s, epsilon %g",
                             sy_value_shape(x).text, sy_value_shape(gain).text, sy_value_shape(shift).text, (double)epsilon);
    struct sy_node n = {.backward = layer_norm_back, .in = {x, gain, shift}, .number = {rows, width}};
    status = sy_train_value(trainer, x->rank, x->dims, &n.out);
    if (status)
        return status;
    float *const hat = n.saved = saved_for(x->count, rows);
    if (!hat)
        return sy_train_no_memory(trainer);
    const struct groups s = of_rows(rows, width);
    for (int64_t r = 0; r < rows; r++) {
        const struct moments m = moments_of(&s, r, x->data);
        const float scale = hat[x->count + r] = one_over_deviation(m.variance, epsilon);
        for (int64_t i = r * width; i < (r + 1) * width; i++) {
            hat[i] = (x->data[i] - m.mean) * scale;
            n.out->data[i] = fmaf(hat[i], gain->data[i - r * width], shift->data[i - r * width]);
        }
    }
    sy_canonical_f32(n.out->data, x->count);
    return sy_train_record(trainer, &n, y);
}

/* ---- batch ---- */

/* number: images, channels, pixels, 1 where running values were used. */
static struct groups of_channels(const int64_t number[])
{
    return (struct groups){number[1], number[0] * number[2], number[2], number[1] * number[2], number[2]};
}

/* Sums over a channel's elements: of dy, and of dy * hat. */
static void channel_sums(const struct groups *s, int64_t c, const float *dy, const float *hat, float *shift, float *gain)
{
    float sum = 0, along = 0;
    for (int64_t i = 0; i < s->size; i++) {
        const int64_t at = place(s, c, i);
        sum += dy[at];
        along = fmaf(dy[at], hat[at], along);
    }
    if (shift)
        sy_train_accumulate(shift + c, &sum, 1);
    if (gain)
        sy_train_accumulate(gain + c, &along, 1);
}

static enum systole_status batch_norm_back(struct systole_trainer *t, const struct sy_node *n)
{
    const struct groups s = of_channels(n->number);
    const int64_t count = n->out->count;
    const float *const hat = n->saved, *const scale = hat + count, *const dy = n->out->gradient, *const gain = n->in[1]->data;
    float *x_gradient, *gain_gradient, *shift_gradient;
    enum systole_status status = sy_train_gradient(t, n->in[0], &x_gradient);
    if (!status)
        status = sy_train_gradient(t, n->in[1], &gain_gradient);
    if (!status)
        status = sy_train_gradient(t, n->in[2], &shift_gradient);
    for (int64_t c = 0; c < s.count && !status; c++) {
        channel_sums(&s, c, dy, hat, shift_gradient, gain_gradient);
        const float by_channel = gain[c] * scale[c];
        if (x_gradient && !n->number[3])
            group_back(&s, c, dy, hat, by_channel, x_gradient);
        for (int64_t i = 0; i < s.size && x_gradient && n->number[3]; i++)
            x_gradient[place(&s, c, i)] += by_channel * dy[place(&s, c, i)];
    }
    if (!status && x_gradient)
        sy_canonical_f32(x_gradient, count);
    return status;
}

static void keep_running(const struct systole_batch_norm_options *o, int64_t c, struct moments m)
{
    o->mean->data[c] = fmaf(o->momentum, m.mean, (1 - o->momentum) * o->mean->data[c]);
    o->variance->data[c] = fmaf(o->momentum, m.variance, (1 - o->momentum) * o->variance->data[c]);
}

static enum systole_status check_batch_norm(struct systole_trainer *t, const struct systole_value *x,
                                            const struct systole_value *gain, const struct systole_value *shift,
                                            const struct systole_batch_norm_options *o)
{
    const int64_t c = x->rank >= 2 ? x->dims[1] : 0;
    const bool running = is_vector(o->mean, c) && is_vector(o->variance, c) && o->mean->param && o->variance->param;
    if (c == 0 || x->count == 0 || !is_vector(gain, c) || !is_vector(shift, c))
        return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT, "batch_norm: x is %s, gain %s, shift %s", sy_value_shape(x).text,
                             sy_value_shape(gain).text, sy_value_shape(shift).text);
    if ((!running && (o->mean || o->variance || o->evaluate)) || !(o->epsilon >= 0))
        return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT,
                             "batch_norm: mean and variance are parameters of %lld numbers; epsilon is %g", (long long)c,
                             (double)o->epsilon);
    return SYSTOLE_OK;
}

enum systole_status systole_train_batch_norm(struct systole_trainer *trainer, struct systole_value *x, struct systole_value *gain,
                                             struct systole_value *shift, const struct systole_batch_norm_options *options,
                                             struct systole_value **y)
{
    struct systole_batch_norm_options o = {0};
    enum systole_status status = sy_train_begin(trainer, gain && shift && options ? x : NULL, y);
    if (status)
        return status;
    memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    status = check_batch_norm(trainer, x, gain, shift, &o);
    struct sy_node n = {.backward = batch_norm_back, .in = {x, gain, shift}};
    if (!status)
        status = sy_train_value(trainer, x->rank, x->dims, &n.out);
    if (status)
        return status;
    n.number[0] = x->dims[0];
    n.number[1] = x->dims[1];
    n.number[2] = x->count / (x->dims[0] * x->dims[1]);
    n.number[3] = o.evaluate != 0;
    const struct groups s = of_channels(n.number);
    float *const hat = n.saved = saved_for(x->count, s.count);
    if (!hat)
        return sy_train_no_memory(trainer);
    for (int64_t c = 0; c < s.count; c++) {
        const struct moments m = o.evaluate ? (struct moments){o.mean->data[c], o.variance->data[c]} : moments_of(&s, c, x->data);
        const float scale = hat[x->count + c] = one_over_deviation(m.variance, o.epsilon);
        for (int64_t i = 0; i < s.size; i++) {
            const int64_t at = place(&s, c, i);
            hat[at] = (x->data[at] - m.mean) * scale;
            n.out->data[at] = fmaf(hat[at], gain->data[c], shift->data[c]);
        }
        if (o.mean && !o.evaluate)
            keep_running(&o, c, m);
    }
    sy_canonical_f32(n.out->data, x->count);
    return sy_train_record(trainer, &n, y);
}
