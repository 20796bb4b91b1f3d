/* SPDX-License-Identifier: Apache-2.0 */
/* Products of fp32 whose chains begin at a bias, or at a tensor: then the bias follows as three additions, its low part first. */
#include "host/engine/engine.h"
#include "host/graph/ops.h"
#include "host/ref/offload.h"

/* fl(fl(fl(v + l) + m) + h), with the parts of the bias as docs/numerics.md splits an fp32 number. */
static float plus_bias(float v, float bias)
{
    const float h = sy_engine_part(bias, 0), m = sy_engine_part(bias, 1), l = sy_engine_part(bias, 2);
    const float vl = v + l, vm = vl + m;
    return vm + h;
}

static bool is_f32(const struct systole_tensor *t)
{
    return !t || t->dtype == SYSTOLE_F32;
}

static bool same_dims(const struct systole_tensor *t, int rank, const int64_t *dims)
{
    return t && t->rank == rank && memcmp(t->dims, dims, (size_t)rank * sizeof *dims) == 0;
}

/* The product and the sum one after the other, where their shapes are not the same. */
static enum systole_status add_after(struct sy_call *c, const float *product, int rank, const int64_t *dims, const struct systole_tensor *r)
{
    struct systole_tensor shape = {.rank = rank}, *y = NULL;
    int out_rank;
    int64_t out[SYSTOLE_MAX_RANK];
    memcpy(shape.dims, dims, (size_t)rank * sizeof *dims);
    enum systole_status status = sy_broadcast(c, &shape, r, &out_rank, out);
    if (!status)
        status = sy_out(c, 0, SYSTOLE_F32, out_rank, out, &y);
    if (status)
        return status;
    struct sy_walk w;
    sy_walk_start(&w, out_rank, out);
    sy_walk_broadcast(&w, &shape);
    sy_walk_broadcast(&w, r);
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w))
        ((float *)y->data)[i] = product[w.at[0]] + ((const float *)r->data)[w.at[1]];
    sy_canonical_f32(y->data, y->count);
    return SYSTOLE_OK;
}

static enum systole_status from_tensor(struct sy_call *c, const struct sy_conv *p, const struct sy_conv2d *v)
{
    const struct systole_tensor *b = sy_in(c, 2), *r = sy_in(c, 3);
    struct systole_tensor *y = NULL;
    const enum systole_status status = sy_out(c, 0, SYSTOLE_F32, p->rank, p->dims, &y);
    if (status)
        return status;
    float *to = y->data;
    memcpy(to, r->data, systole_tensor_bytes(r));
    for (int64_t i = 0; b && i < y->count; i++)
        to[i] = plus_bias(to[i], ((const float *)b->data)[i / p->s.out_count % p->out_channels]);
    return sy_call_conv_from(c, v, sy_in(c, 0)->data, sy_in(c, 1)->data, to);
}

/* x, w, bias, what is added. */
enum systole_status sy_op_conv_from(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *w = sy_in(c, 1), *b = sy_in(c, 2), *r = sy_in(c, 3);
    struct sy_conv p;
    struct sy_conv2d v;
    if (!r || !is_f32(x) || !is_f32(w) || !is_f32(b) || !is_f32(r))
        return sy_bad(c, "a convolution and a sum of fp32");
    enum systole_status status = sy_conv_shape(c, x, w, &p);
    if (!status && b && b->count != p.out_channels)
        status = sy_bad(c, "%lld biases for %lld channels", (long long)b->count, (long long)p.out_channels);
    if (status)
        return status;
    if (same_dims(r, p.rank, p.dims) && sy_conv_as_2d(&p, &v))
        return from_tensor(c, &p, &v);
    float *product = sy_alloc((size_t)(p.batch * p.out_channels), (size_t)p.s.out_count * sizeof *product);
    status = product ? sy_call_conv(c, &p, SY_WORK_F32, x->data, w->data, b ? b->data : NULL, product) : sy_no_memory(c->ctx);
    if (!status)
        status = add_after(c, product, p.rank, p.dims, r);
    sy_free(product);
    return status;
}

/* a, w of two dimensions, bias of a row, what is added. */
enum systole_status sy_op_matmul_from(struct sy_call *c)
{
    const struct systole_tensor *a = sy_in(c, 0), *w = sy_in(c, 1), *b = sy_in(c, 2), *r = sy_in(c, 3);
    struct sy_matmul s;
    if (!is_f32(a) || !is_f32(w) || !is_f32(b) || !is_f32(r) || w->rank != 2)
        return sy_bad(c, "a product with a matrix of fp32");
    enum systole_status status = sy_matmul_shape(c, a, w, &s);
    if (!status && b && b->count != s.n)
        status = sy_bad(c, "%lld biases for %lld columns", (long long)b->count, (long long)s.n);
    if (status)
        return status;
    const int64_t rows = s.batches * s.m;
    const bool from = same_dims(r, s.out_rank, s.out);
    float *product = sy_alloc((size_t)rows, (size_t)s.n * sizeof *product);
    for (int64_t i = 0; product && i < rows * s.n; i++) {
        const float bias = b ? ((const float *)b->data)[i % s.n] : 0, start = from ? ((const float *)r->data)[i] : 0;
        product[i] = from ? b ? plus_bias(start, bias) : start : bias;
    }
    const struct sy_matrix ma = {a->data, s.k, 1}, mw = {w->data, s.n, 1};
    status = product ? sy_call_matmul(c, SY_WORK_F32, rows, s.n, s.k, ma, mw, product) : sy_no_memory(c->ctx);
    struct systole_tensor *y = NULL;
    if (!status && r && !from)
        status = add_after(c, product, s.out_rank, s.out, r);
    else if (!status)
        status = sy_out(c, 0, SYSTOLE_F32, s.out_rank, s.out, &y);
    if (y)
        memcpy(y->data, product, systole_tensor_bytes(y));
    sy_free(product);
    return status;
}
