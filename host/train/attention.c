/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attention of several heads over one matrix of queries, keys and values. For each head: scores Q K', times the scale, softmax of
 * each row, times V. What a row may not look at has the share +0. Back: of the shares dO V', of the scores by the row's softmax,
 * of queries, keys and values by one product each.
 */
#include "host/train/train.h"

#include "host/core/fixed_math.h"
#include "host/ref/chain.h"
#include "host/train/softmax.h"

#include <math.h>
#include <string.h>

/* number: batch, time, channels, heads, causal. saved: shares, time x time for each head of each sequence. */
struct heads {
    int64_t batch, time, channels, heads, width;
    bool causal;
};

static struct heads of_node(const struct sy_node *n)
{
    const int64_t *const v = n->number;
    return (struct heads){v[0], v[1], v[2], v[3], v[2] / v[3], v[4] != 0};
}

enum part { QUERY, KEY, VALUE };

/* A head's part of qkv, time x width; turned: width x time. */
static struct sy_factor part_of(const struct heads *h, const float *qkv, int64_t sequence, int64_t head, enum part part,
                                bool turned)
{
    const int64_t row = 3 * h->channels;
    const float *const data = qkv + sequence * h->time * row + part * h->channels + head * h->width;
    return (struct sy_factor){.data = data, .row = turned ? 1 : row, .column = turned ? row : 1};
}

static struct sy_factor square(const float *data, int64_t time, bool turned)
{
    return (struct sy_factor){.data = data, .row = turned ? 1 : time, .column = turned ? time : 1};
}

static void shares_of(const struct heads *h, float *scores, float scale)
{
    for (int64_t i = 0; i < h->time; i++) {
        float *const row = scores + i * h->time;
        const int64_t seen = h->causal ? i + 1 : h->time;
        for (int64_t j = 0; j < seen; j++)
            row[j] *= scale;
        sy_train_softmax(row, seen, row, NULL, NULL);
        for (int64_t j = seen; j < h->time; j++)
            row[j] = 0;
    }
    sy_canonical_f32(scores, h->time * h->time);
}

static enum systole_status head_forward(struct systole_trainer *t, const struct heads *h, const float *qkv, int64_t sequence,
                                        int64_t head, float scale, float *shares, float *work, float *y)
{
    enum systole_status status =
        sy_train_product(t, t->precision, h->time, h->time, h->width, part_of(h, qkv, sequence, head, QUERY, false),
                         part_of(h, qkv, sequence, head, KEY, true), shares);
    if (status)
        return status;
    shares_of(h, shares, scale);
    memset(work, 0, (size_t)(h->time * h->width) * sizeof *work);
    status = sy_train_product(t, t->precision, h->time, h->width, h->time, square(shares, h->time, false),
                              part_of(h, qkv, sequence, head, VALUE, false), work);
    for (int64_t i = 0; i < h->time && !status; i++)
        memcpy(y + (sequence * h->time + i) * h->channels + head * h->width, work + i * h->width,
               (size_t)h->width * sizeof *work);
    return status;
}

/* ---- back ---- */

/* The gradients of a head's shares become those of its scores before the scale. */
static void scores_back(const struct heads *h, const float *shares, float scale, float *by)
{
    for (int64_t i = 0; i < h->time; i++) {
        const float *const p = shares + i * h->time;
        float *const row = by + i * h->time, along = 0;
        for (int64_t j = 0; j < h->time; j++)
            along = fmaf(row[j], p[j], along);
        for (int64_t j = 0; j < h->time; j++)
            row[j] = p[j] * (row[j] - along) * scale;
    }
    sy_canonical_f32(by, h->time * h->time);
}

/* The gradient of one part of qkv continues with left (time x time) times right (time x width). */
static enum systole_status part_back(struct systole_trainer *t, const struct sy_node *n, const struct heads *h, int64_t sequence,
                                     int64_t head, enum part part, struct sy_factor left, struct sy_factor right, float *work,
                                     float *gradient)
{
    float *const to = gradient + sequence * h->time * 3 * h->channels + part * h->channels + head * h->width;
    const size_t bytes = (size_t)h->width * sizeof *work;
    for (int64_t i = 0; i < h->time; i++)
        memcpy(work + i * h->width, to + i * 3 * h->channels, bytes);
    const enum systole_status status = sy_train_product(t, n->precision, h->time, h->width, h->time, left, right, work);
    for (int64_t i = 0; i < h->time && !status; i++)
        memcpy(to + i * 3 * h->channels, work + i * h->width, bytes);
    return status;
}

/* by: room for time x time numbers; work: for time x width. */
static enum systole_status head_back(struct systole_trainer *t, const struct sy_node *n, const struct heads *h, int64_t sequence,
                                     int64_t head, float *by, float *work, float *gradient)
{
    const float *const qkv = n->in[0]->data, *const shares =
                                                 (const float *)n->saved + (sequence * h->heads + head) * h->time * h->time;
    const struct sy_factor dy = {
        .data = n->out->gradient + sequence * h->time * h->channels + head * h->width, .row = h->channels, .column = 1};
    memset(by, 0, (size_t)(h->time * h->time) * sizeof *by);
    enum systole_status status = sy_train_product(t, n->precision, h->time, h->time, h->width, dy,
                                                  part_of(h, qkv, sequence, head, VALUE, true), by);
    if (!status)
        status = part_back(t, n, h, sequence, head, VALUE, square(shares, h->time, true), dy, work, gradient);
    if (status)
        return status;
    scores_back(h, shares, n->scalar, by);
    status = part_back(t, n, h, sequence, head, QUERY, square(by, h->time, false), part_of(h, qkv, sequence, head, KEY, false),
                       work, gradient);
    if (!status)
        status = part_back(t, n, h, sequence, head, KEY, square(by, h->time, true), part_of(h, qkv, sequence, head, QUERY, false),
                           work, gradient);
    return status;
}

static enum systole_status attention_back(struct systole_trainer *t, const struct sy_node *n)
{
    const struct heads h = of_node(n);
    float *g;
    enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    if (status || !g)
        return status;
    float *const by = sy_alloc((size_t)h.time, (size_t)h.time * sizeof *by);
    float *const work = sy_alloc((size_t)h.time, (size_t)h.width * sizeof *work);
    if (!by || !work)
        status = sy_train_no_memory(t);
    for (int64_t sequence = 0; sequence < h.batch; sequence++)
        for (int64_t head = 0; head < h.heads && !status; head++)
            status = head_back(t, n, &h, sequence, head, by, work, g);
    sy_free(by);
    sy_free(work);
    return status;
}

enum systole_status systole_train_attention(struct systole_trainer *trainer, struct systole_value *qkv, int64_t heads, int causal,
                                            struct systole_value **y)
{
    struct systole_trainer *const t = trainer;
    enum systole_status status = sy_train_begin(t, qkv, y);
    if (status)
        return status;
    const int64_t channels = qkv->rank == 3 ? qkv->dims[2] / 3 : 0;
    if (qkv->rank != 3 || qkv->count == 0 || qkv->dims[2] % 3 != 0 || heads < 1 || channels % heads != 0)
        return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT,
                             "attention: %s for %lld heads; the last dimension is three times the heads' widths",
                             sy_value_shape(qkv).text, (long long)heads);
    struct sy_node n = {
        .backward = attention_back, .in = {qkv}, .number = {qkv->dims[0], qkv->dims[1], channels, heads, causal != 0}};
    const struct heads h = of_node(&n);
    n.scalar = sy_fixed_reciprocal(sy_fixed_sqrt((float)h.width));
    status = sy_train_value(t, 3, (const int64_t[]){h.batch, h.time, channels}, &n.out);
    if (status)
        return status;
    float *const shares = n.saved = sy_alloc((size_t)(h.batch * h.heads), (size_t)(h.time * h.time) * sizeof *shares);
    float *const work = sy_alloc((size_t)h.time, (size_t)h.width * sizeof *work);
    if (!shares || !work)
        status = sy_train_no_memory(t);
    for (int64_t sequence = 0; sequence < h.batch; sequence++)
        for (int64_t head = 0; head < heads && !status; head++)
            status = head_forward(t, &h, qkv->data, sequence, head, n.scalar,
                                  shares + (sequence * heads + head) * h.time * h.time, work, n.out->data);
    sy_free(work);
    if (status) {
        sy_free(shares);
        return status;
    }
    return sy_train_record(t, &n, y);
}
