/* SPDX-License-Identifier: Apache-2.0 */
/* Attention as the domain com.microsoft has it: heads of a projected input, masks in several forms, a past that goes on. */
#include <float.h>

#include "host/graph/ops.h"
#include "host/ref/compose.h"

static char axis_name[] = "axis";

/* batch x heads x length x size each; bias: NULL, or what broadcasts to the scores. */
struct attention {
    const struct systole_tensor *q, *k, *v, *past_k, *past_v, *mask, *bias;
    int64_t heads;
};

/* batch x length x (heads * size) */
static const struct systole_tensor *to_heads(struct sy_steps *s, const struct systole_tensor *t, int64_t heads)
{
    static const int64_t order[4] = {0, 2, 1, 3};
    if (s->status)
        return NULL;
    const int64_t dims[4] = {t->dims[0], t->dims[1], heads, t->dims[2] / heads};
    return sy_step_transpose(s, sy_step_reshape(s, t, 4, dims), order);
}

static const struct systole_tensor *behind(struct sy_steps *s, const struct systole_tensor *past, const struct systole_tensor *t)
{
    const struct sy_attr axis = {.name = axis_name, .kind = SY_ATTR_INT, .i = 2};
    return past ? sy_step(s, "Concat", 2, (const struct systole_tensor *const[]){past, t}, 1, &axis) : t;
}

/* Of line b, query i: is key j left out? 1: by the mask. Masks: a length of each line; the ends and then the beginnings; one of each key. */
static bool is_masked(const struct systole_tensor *m, int64_t batch, int64_t queries, int64_t keys, int64_t b, int64_t i, int64_t j)
{
    if (!m)
        return false;
    if (m->rank == 1 && m->count == batch)
        return j >= sy_get_int(m, b);
    if (m->rank == 1)
        return j >= sy_get_int(m, b) || j < sy_get_int(m, batch + b);
    return sy_get_int(m, m->rank == 2 ? b * keys + j : (b * queries + i) * keys + j) <= 0;
}

static bool mask_fits(const struct systole_tensor *m, int64_t batch, int64_t queries, int64_t keys)
{
    if (!m || (m->rank == 1 && (m->count == batch || m->count == 2 * batch)))
        return true;
    if (m->rank == 2)
        return m->dims[0] == batch && m->dims[1] == keys;
    return m->rank == 3 && m->dims[0] == batch && m->dims[1] == queries && m->dims[2] == keys;
}

/* What is added to the scores: the filter's value where the mask is, the lowest number where the future is. NULL: nothing. */
static const struct systole_tensor *mask_of(struct sy_steps *s, const struct attention *a, int64_t queries, int64_t keys)
{
    const int64_t batch = a->q->dims[0], dims[4] = {batch, 1, queries, keys};
    const bool causal = sy_attr_int(s->c, "unidirectional", 0) != 0;
    const double filter = (double)sy_attr_float(s->c, "mask_filter_value", -10000);
    if (!a->mask && !causal)
        return NULL;
    if (!mask_fits(a->mask, batch, queries, keys)) {
        sy_steps_fail(s, sy_cannot(s->c, "a mask %s for %lld lines of %lld queries and %lld keys", sy_shape(a->mask).text, (long long)batch,
                                   (long long)queries, (long long)keys));
        return NULL;
    }
    struct systole_tensor *t = sy_step_new(s, a->q->dtype, 4, dims);
    for (int64_t at = 0; t && at < t->count; at++) {
        const int64_t b = at / (queries * keys), i = at / keys % queries, j = at % keys;
        if (causal && j > i + keys - queries)
            sy_put(t, at, (double)-FLT_MAX);
        else if (is_masked(a->mask, batch, queries, keys, b, i, j))
            sy_put(t, at, filter);
    }
    return t;
}

static bool heads_fit(const struct attention *a)
{
    const struct systole_tensor *q = a->q, *k = a->k, *v = a->v;
    bool ok = k->dims[0] == q->dims[0] && v->dims[0] == q->dims[0] && k->dims[1] == q->dims[1] && v->dims[1] == q->dims[1] &&
              k->dims[2] == v->dims[2] && k->dims[3] == q->dims[3] && q->dims[3] > 0;
    for (int i = 0; i < 2 && ok && a->past_k; i++) {
        const struct systole_tensor *past = i ? a->past_v : a->past_k, *now = i ? v : k;
        ok = past && past->rank == 4 && past->dims[0] == now->dims[0] && past->dims[1] == now->dims[1] && past->dims[3] == now->dims[3];
    }
    return ok;
}

/* Output 0 is batch x length x (heads * size); *k and *v become what the past and now are together. */
static void attend(struct sy_steps *s, struct attention *a)
{
    static const int64_t order[4] = {0, 2, 1, 3};
    if (!s->status && !heads_fit(a))
        sy_steps_fail(s, sy_bad(s->c, "Q %s, K %s and V %s, and what is past, do not fit", sy_shape(a->q).text, sy_shape(a->k).text,
                                sy_shape(a->v).text));
    a->k = behind(s, a->past_k, a->k);
    a->v = behind(s, a->past_v, a->v);
    if (s->status)
        return;
    const double scale = (double)sy_attr_float(s->c, "scale", 0);
    const struct systole_tensor *scores = sy_step2(s, "MatMul", a->q, sy_step_swap(s, a->k));
    scores = sy_step2(s, "Mul", scores, sy_step_number(s, a->q, scale != 0 ? scale : 1 / sqrt((double)a->q->dims[3])));
    if (a->bias)
        scores = sy_step2(s, "Add", scores, a->bias);
    const struct systole_tensor *mask = mask_of(s, a, a->q->dims[2], a->k->dims[2]);
    if (mask)
        scores = sy_step2(s, "Add", scores, mask);
    const struct systole_tensor *y = sy_step_transpose(s, sy_step2(s, "MatMul", sy_step1(s, "Softmax", scores), a->v), order);
    if (s->status)
        return;
    const int64_t dims[3] = {y->dims[0], y->dims[1], y->dims[2] * y->dims[3]};
    sy_steps_out(s, 0, sy_step_reshape(s, y, 3, dims));
}

/* ---- Attention: input, weights of all three projections, their bias, mask, past, what is added to the scores ---- */

struct projection { int64_t from, to; };

static enum systole_status read_projections(struct sy_call *c, int64_t heads, struct projection p[3])
{
    const struct systole_tensor *x = sy_in(c, 0), *w = sy_in(c, 1), *bias = sy_in(c, 2), *past = sy_in(c, 4);
    struct sy_ints sizes;
    enum systole_status status = sy_ints(c, -1, "qkv_hidden_sizes", &sizes);
    if (status)
        return status;
    int64_t at = 0;
    bool ok = x->rank == 3 && w->rank == 2 && w->dims[0] == x->dims[2] && heads > 0 && (!sizes.given || sizes.n == 3) &&
              (!bias || bias->count == w->dims[1]);
    for (int i = 0; i < 3 && ok; i++) {
        const int64_t size = sizes.given ? sizes.v[i] : w->dims[1] / 3;
        ok = size > 0 && size <= w->dims[1] - at && size % heads == 0;
        p[i] = (struct projection){at, at + size};
        at += size;
    }
    ok = ok && at == w->dims[1] && (!past || (past->rank == 5 && past->dims[0] == 2));
    return ok ? SYSTOLE_OK : sy_bad(c, "%s times %s for %lld heads", sy_shape(x).text, sy_shape(w).text, (long long)heads);
}

enum systole_status sy_op_attention_ms(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    struct attention a = {.heads = sy_attr_int(c, "num_heads", 0), .mask = sy_in(c, 3), .bias = sy_in(c, 5)};
    const struct systole_tensor *past = sy_in(c, 4), *part[3], *old[2] = {NULL, NULL};
    struct projection p[3];
    const enum systole_status status = read_projections(c, a.heads, p);
    if (status)
        return status;
    if (sy_attr_int(c, "do_rotary", 0) || sy_in(c, 6))
        return sy_cannot(c, "rotary embedding, or a past that shares its buffer");
    const struct systole_tensor *all = sy_step2(&s, "MatMul", sy_in(c, 0), sy_in(c, 1));
    if (sy_in(c, 2))
        all = sy_step2(&s, "Add", all, sy_in(c, 2));
    for (int i = 0; i < 3; i++)
        part[i] = to_heads(&s, sy_step_slice(&s, all, 2, p[i].from, p[i].to), a.heads);
    for (int i = 0; i < 2 && past; i++) {
        const struct systole_tensor *half = sy_step_slice(&s, past, 0, i, i + 1);
        old[i] = sy_step_reshape(&s, half, 4, past->dims + 1);
    }
    a.q = part[0];
    a.k = part[1];
    a.v = part[2];
    a.past_k = old[0];
    a.past_v = old[1];
    attend(&s, &a);
    if (!s.status && sy_wants(c, 1)) {
        const struct sy_attr axis = {.name = axis_name, .kind = SY_ATTR_INT, .i = 0};
        int64_t one[5] = {1}, other[5] = {1};
        memcpy(one + 1, a.k->dims, 4 * sizeof *one);
        memcpy(other + 1, a.v->dims, 4 * sizeof *other);
        const struct systole_tensor *const both[2] = {sy_step_reshape(&s, a.k, 5, one), sy_step_reshape(&s, a.v, 5, other)};
        sy_steps_out(&s, 1, sy_step(&s, "Concat", 2, both, 1, &axis));
    }
    return sy_steps_end(&s);
}

/* ---- MultiHeadAttention: query, key, value, bias, mask, what is added, past key, past value ---- */

/* Heads of one of the three, its part of the bias added; 4 dimensions: heads already. */
static const struct systole_tensor *headed(struct sy_steps *s, const struct systole_tensor *t, int64_t heads, int64_t *bias_at)
{
    const struct systole_tensor *bias = sy_in(s->c, 3);
    if (t->rank == 4)
        return t;
    if (t->rank != 3 || heads < 1 || t->dims[2] % heads || (bias && *bias_at + t->dims[2] > bias->count)) {
        sy_steps_fail(s, sy_bad(s->c, "%s for %lld heads", sy_shape(t).text, (long long)heads));
        return NULL;
    }
    if (bias)
        t = sy_step2(s, "Add", t, sy_step_slice(s, bias, 0, *bias_at, *bias_at + t->dims[2]));
    *bias_at += s->status ? 0 : t->dims[2];
    return to_heads(s, t, heads);
}

enum systole_status sy_op_multi_head_attention(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *q = sy_in(c, 0), *k = sy_in(c, 1), *v = sy_in(c, 2);
    struct attention a = {.heads = sy_attr_int(c, "num_heads", 0), .mask = sy_in(c, 4), .bias = sy_in(c, 5)};
    a.past_k = sy_in(c, 6);
    a.past_v = sy_in(c, 7);
    int64_t bias_at = 0;
    if (sy_in(c, 8) || sy_in(c, 9) || !k || !v || q->rank != 3)
        return sy_cannot(c, "Q, K and V packed into one, or a past that shares its buffer");
    if (sy_in(c, 3) && sy_in(c, 3)->rank != 1)
        return sy_bad(c, "the bias is %s", sy_shape(sy_in(c, 3)).text);
    a.q = headed(&s, q, a.heads, &bias_at);
    a.k = headed(&s, k, a.heads, &bias_at);
    a.v = headed(&s, v, a.heads, &bias_at);
    attend(&s, &a);
    sy_steps_out(&s, 1, a.k);
    sy_steps_out(&s, 2, a.v);
    return sy_steps_end(&s);
}

/* ---- RotaryEmbedding: input, positions (one: where the lines begin), cosines, sines; the rest is ONNX's ---- */

enum systole_status sy_op_rotary_embedding_ms(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *x = sy_in(c, 0), *position = sy_in(c, 1);
    const int64_t dims[2] = {x->dims[0], x->rank == 4 ? x->dims[2] : x->dims[1]};
    if (x->rank != 3 && x->rank != 4)
        return sy_bad(c, "the input is %s", sy_shape(x).text);
    if (position->count == 1 && dims[0] * dims[1] != 1) {
        struct systole_tensor *t = sy_step_new(&s, SYSTOLE_I64, 2, dims);
        for (int64_t i = 0; t && i < t->count; i++)
            sy_put_int(t, i, sy_get_int(position, 0) + i % dims[1]);
        position = t;
    }
    const struct systole_tensor *const in[4] = {x, sy_in(c, 2), sy_in(c, 3), position};
    sy_steps_out(&s, 0, sy_step(&s, "RotaryEmbedding", 4, in, c->node->n_attrs, c->node->attrs));
    return sy_steps_end(&s);
}
