/* SPDX-License-Identifier: Apache-2.0 */
/* Attention (23): scores, softcap, masks, softmax and values as double, rounded once at each output. */
#include "host/graph/ops.h"

/* Q, K or V as batch x heads x length x size, whatever the rank it came in. */
struct heads {
    const struct systole_tensor *t;
    int64_t batch, heads, length, size;
    bool flat; /* batch x length x (heads * size) */
};

struct attention {
    struct heads q, k, v;
    const struct systole_tensor *past_k, *past_v, *mask, *valid;
    int64_t past, total; /* keys before, and in all */
    double scale, softcap;
    bool causal;
    int64_t left, right, mode;
    struct systole_tensor *scores; /* output 3 */
};

static bool set_heads(struct heads *h, const struct systole_tensor *t, int64_t heads)
{
    h->t = t;
    h->flat = t->rank == 3;
    if (t->rank != 4 && (t->rank != 3 || heads < 1 || t->dims[2] % heads))
        return false;
    h->batch = t->dims[0];
    h->heads = h->flat ? heads : t->dims[1];
    h->length = h->flat ? t->dims[1] : t->dims[2];
    h->size = h->flat ? t->dims[2] / heads : t->dims[3];
    return true;
}

static double head_at(const struct heads *h, int64_t b, int64_t n, int64_t i, int64_t d)
{
    return sy_get(h->t, h->flat ? (b * h->length + i) * h->heads * h->size + n * h->size + d
                                : ((b * h->heads + n) * h->length + i) * h->size + d);
}

/* Key or value j, from the past or from now. */
static double cached(const struct heads *h, const struct systole_tensor *past, int64_t n_past, int64_t b, int64_t n, int64_t j,
                     int64_t d)
{
    if (j < n_past)
        return sy_get(past, ((b * h->heads + n) * n_past + j) * h->size + d);
    return head_at(h, b, n, j - n_past, d);
}

/* The mask broadcasts to batch x heads x queries x keys; keys beyond it are masked. */
static double mask_at(const struct attention *a, int64_t b, int64_t n, int64_t i, int64_t j)
{
    const struct systole_tensor *m = a->mask;
    const int64_t index[4] = {b, n, i, j};
    int64_t at = 0;
    if (!m)
        return 0;
    if (j >= m->dims[m->rank - 1] && m->dims[m->rank - 1] != 1)
        return -(double)INFINITY;
    if (j >= m->dims[m->rank - 1] && a->total != 1)
        return -(double)INFINITY;
    for (int d = 0; d < m->rank; d++)
        at = at * m->dims[d] + (m->dims[d] == 1 ? 0 : index[4 - m->rank + d]);
    double v = sy_get(m, at);
    return m->dtype == SYSTOLE_BOOL ? (v != 0 ? 0 : -(double)INFINITY) : v;
}

static double bias_at(const struct attention *a, int64_t b, int64_t n, int64_t i, int64_t j)
{
    double bias = mask_at(a, b, n, i, j);
    int64_t offset = a->past;
    if (a->valid) {
        int64_t valid = sy_get_int(a->valid, b);
        if (!a->past_k)
            offset = valid - a->q.length;
        if (j >= valid)
            bias = -(double)INFINITY;
    }
    int64_t ahead = j - (i + offset);
    if ((a->causal && ahead > 0) || (a->left >= 0 && -ahead > a->left) || (a->right >= 0 && ahead > a->right))
        bias = -(double)INFINITY;
    return bias;
}

/* One query's probabilities; all zero when every key is masked. */
static void query(const struct attention *a, int64_t b, int64_t n, int64_t i, double *p)
{
    int64_t kv = n / (a->q.heads / a->k.heads), out = ((b * a->q.heads + n) * a->q.length + i) * a->total;
    double largest = -(double)INFINITY, open = -(double)INFINITY, sum = 0;
    for (int64_t j = 0; j < a->total; j++) {
        double s = 0, bias = bias_at(a, b, n, i, j);
        for (int64_t d = 0; d < a->q.size; d++)
            s += head_at(&a->q, b, n, i, d) * cached(&a->k, a->past_k, a->past, b, kv, j, d);
        s *= a->scale;
        if (a->scores && a->mode == 0)
            sy_put(a->scores, out + j, s);
        if (a->softcap > 0)
            s = tanh(s / a->softcap) * a->softcap;
        if (a->scores && a->mode == 1)
            sy_put(a->scores, out + j, s);
        p[j] = s + bias;
        if (a->scores && a->mode == 2)
            sy_put(a->scores, out + j, p[j]);
        largest = p[j] > largest ? p[j] : largest;
        open = bias > open ? bias : open;
    }
    bool masked = isinf(open) && open < 0;
    for (int64_t j = 0; j < a->total; j++)
        sum += p[j] = masked ? 0 : exp(p[j] - largest);
    for (int64_t j = 0; j < a->total; j++) {
        p[j] = sum == 0 ? 0 : p[j] / sum;
        if (a->scores && a->mode == 3)
            sy_put(a->scores, out + j, p[j]);
    }
}

static enum systole_status check(struct sy_call *c, const struct attention *a)
{
    const struct systole_tensor *m = a->mask, *pk = a->past_k, *pv = a->past_v;
    bool ok = a->k.batch == a->q.batch && a->v.batch == a->q.batch && a->k.heads == a->v.heads && a->k.heads > 0 &&
              a->q.heads % a->k.heads == 0 && a->k.size == a->q.size && a->k.length == a->v.length && !pk == !pv;
    if (ok && pk)
        ok = pk->rank == 4 && pv->rank == 4 && pk->dims[0] == a->q.batch && pv->dims[0] == a->q.batch &&
             pk->dims[1] == a->k.heads && pv->dims[1] == a->k.heads && pk->dims[2] == pv->dims[2] &&
             pk->dims[3] == a->k.size && pv->dims[3] == a->v.size;
    if (ok && m) {
        const int64_t wanted[4] = {a->q.batch, a->q.heads, a->q.length, a->total};
        ok = m->rank >= 1 && m->rank <= 4 && m->dims[m->rank - 1] <= a->total && m->dims[m->rank - 1] > 0;
        for (int d = 0; ok && d < m->rank - 1; d++)
            ok = m->dims[d] == 1 || m->dims[d] == wanted[4 - m->rank + d];
    }
    if (ok && a->valid)
        ok = a->valid->count == a->q.batch && !sy_dtype_is_float(a->valid->dtype);
    return ok ? SYSTOLE_OK : sy_bad(c, "Q %s, K %s, V %s and their masks or caches do not fit", sy_shape(a->q.t).text,
                                    sy_shape(a->k.t).text, sy_shape(a->v.t).text);
}

/* Outputs 1 and 2: the cache with what is new behind it. */
static enum systole_status present(struct sy_call *c, int out, const struct heads *h, const struct systole_tensor *past,
                                   int64_t n_past)
{
    struct systole_tensor *y = NULL;
    const int64_t dims[4] = {h->batch, h->heads, n_past + h->length, h->size};
    if (!sy_wants(c, out))
        return SYSTOLE_OK;
    enum systole_status status = sy_out(c, out, h->t->dtype, 4, dims, &y);
    for (int64_t i = 0; !status && i < y->count; i++)
        sy_put(y, i, cached(h, past, n_past, i / (dims[1] * dims[2] * dims[3]), i / (dims[2] * dims[3]) % dims[1],
                            i / dims[3] % dims[2], i % dims[3]));
    return status;
}

static enum systole_status outputs(struct sy_call *c, struct attention *a, struct systole_tensor **y)
{
    const int64_t flat[3] = {a->q.batch, a->q.length, a->q.heads * a->v.size};
    const int64_t deep[4] = {a->q.batch, a->q.heads, a->q.length, a->v.size};
    const int64_t scores[4] = {a->q.batch, a->q.heads, a->q.length, a->total};
    enum systole_status status = sy_out(c, 0, a->q.t->dtype, a->q.flat ? 3 : 4, a->q.flat ? flat : deep, y);
    if (!status)
        status = present(c, 1, &a->k, a->past_k, a->past);
    if (!status)
        status = present(c, 2, &a->v, a->past_v, a->past);
    if (!status && sy_wants(c, 3))
        status = sy_out(c, 3, a->q.t->dtype, 4, scores, &a->scores);
    return status;
}

enum systole_status sy_op_attention(struct sy_call *c)
{
    struct attention a = {.mask = sy_in(c, 3), .past_k = sy_in(c, 4), .past_v = sy_in(c, 5), .valid = sy_in(c, 6)};
    struct systole_tensor *y = NULL;
    int64_t kv_heads = sy_attr_int(c, "kv_num_heads", 0);
    if (!set_heads(&a.q, sy_in(c, 0), sy_attr_int(c, "q_num_heads", 0)) || !set_heads(&a.k, sy_in(c, 1), kv_heads) ||
        !set_heads(&a.v, sy_in(c, 2), kv_heads))
        return sy_bad(c, "Q, K and V have 4 dimensions, or 3 and numbers of heads");
    a.past = a.past_k && a.past_k->rank == 4 ? a.past_k->dims[2] : 0;
    a.total = a.past + a.k.length;
    a.scale = (double)sy_attr_float(c, "scale", (float)(1 / sqrt((double)a.q.size)));
    a.softcap = (double)sy_attr_float(c, "softcap", 0);
    a.causal = sy_attr_int(c, "is_causal", 0) != 0;
    a.left = sy_attr_int(c, "left_window_size", -1);
    a.right = sy_attr_int(c, "right_window_size", -1);
    a.mode = sy_attr_int(c, "qk_matmul_output_mode", 0);
    enum systole_status status = check(c, &a);
    if (!status)
        status = outputs(c, &a, &y);
    double *p = status ? NULL : sy_alloc((size_t)a.total, sizeof(*p));
    if (!status && !p)
        status = sy_no_memory(c->ctx);
    for (int64_t q = 0; !status && q < a.q.batch * a.q.heads * a.q.length; q++) {
        int64_t b = q / (a.q.heads * a.q.length), n = q / a.q.length % a.q.heads, i = q % a.q.length;
        query(&a, b, n, i, p);
        for (int64_t d = 0; d < a.v.size; d++) {
            double sum = 0;
            for (int64_t j = 0; j < a.total; j++)
                sum += p[j] == 0 ? 0 : p[j] * cached(&a.v, a.past_v, a.past, b, n / (a.q.heads / a.k.heads), j, d);
            sy_put(y, a.q.flat ? ((b * a.q.length + i) * a.q.heads + n) * a.v.size + d : q * a.v.size + d, sum);
        }
    }
    sy_free(p);
    return status;
}
