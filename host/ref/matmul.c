/* SPDX-License-Identifier: Apache-2.0 */
/* MatMul and Gemm on floats and integers. 16-bit floats are converted exactly to fp32, chained there and rounded at the end. */
#include "host/ref/matmul.h"

#include "host/engine/engine.h"
#include "host/graph/ops.h"
#include "host/ref/chain.h"
#include "host/ref/offload.h"

enum sy_work sy_work_of(enum systole_dtype dtype)
{
    if (dtype == SYSTOLE_F64)
        return SY_WORK_F64;
    return sy_dtype_is_float(dtype) ? SY_WORK_F32 : SY_WORK_I64;
}

void *sy_as_work(const struct systole_tensor *t, enum sy_work work)
{
    if (work == SY_WORK_F64)
        return sy_as_f64(t);
    return work == SY_WORK_F32 ? (void *)sy_as_f32(t) : (void *)sy_as_i64(t);
}

size_t sy_work_size(enum sy_work work)
{
    return work == SY_WORK_F32 ? 4 : 8;
}

double sy_work_get(const void *v, enum sy_work work, int64_t i)
{
    if (work == SY_WORK_F64)
        return ((const double *)v)[i];
    return work == SY_WORK_F32 ? (double)((const float *)v)[i] : (double)((const int64_t *)v)[i];
}

void sy_work_to(struct systole_tensor *t, int64_t at, const void *v, enum sy_work work, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (work == SY_WORK_I64)
            sy_put_int(t, at + i, ((const int64_t *)v)[i]);
        else
            sy_put(t, at + i, sy_work_get(v, work, i));
}

void sy_work_matmul(enum sy_work work, int64_t m, int64_t n, int64_t k, struct sy_matrix a, struct sy_matrix b, void *c)
{
    if (work == SY_WORK_F64)
        sy_matmul_f64(m, n, k, a, b, c);
    else if (work == SY_WORK_F32)
        sy_matmul_f32(m, n, k, a, b, c);
    else
        sy_matmul_i64(m, n, k, a, b, c);
}

enum systole_status sy_matmul_shape(struct sy_call *c, const struct systole_tensor *a, const struct systole_tensor *b,
                                    struct sy_matmul *s)
{
    memset(s, 0, sizeof(*s));
    if (a->rank == 0 || b->rank == 0)
        return sy_bad(c, "%s times %s", sy_shape(a).text, sy_shape(b).text);
    s->m = a->rank == 1 ? 1 : a->dims[a->rank - 2];
    s->n = b->rank == 1 ? 1 : b->dims[b->rank - 1];
    s->k = a->dims[a->rank - 1];
    if (s->k != b->dims[b->rank == 1 ? 0 : b->rank - 2])
        return sy_bad(c, "%s times %s", sy_shape(a).text, sy_shape(b).text);
    s->a = *a;
    s->b = *b;
    s->a.rank = a->rank > 2 ? a->rank - 2 : 0;
    s->b.rank = b->rank > 2 ? b->rank - 2 : 0;
    enum systole_status status = sy_broadcast(c, &s->a, &s->b, &s->rank, s->dims);
    if (status)
        return status;
    s->batches = 1;
    for (int i = 0; i < s->rank; i++)
        s->batches *= s->dims[i];
    memcpy(s->out, s->dims, sizeof(s->dims));
    s->out_rank = s->rank;
    if ((a->rank > 1) + (b->rank > 1) + s->rank > SYSTOLE_MAX_RANK)
        return sy_cannot(c, "%s times %s", sy_shape(a).text, sy_shape(b).text);
    if (a->rank > 1)
        s->out[s->out_rank++] = s->m;
    if (b->rank > 1)
        s->out[s->out_rank++] = s->n;
    return SYSTOLE_OK;
}

void sy_matmul_walk(const struct sy_matmul *s, struct sy_walk *w)
{
    sy_walk_start(w, s->rank, s->dims);
    sy_walk_broadcast(w, &s->a);
    sy_walk_broadcast(w, &s->b);
}

int64_t *sy_matmul_places(const struct sy_matmul *s)
{
    int64_t *at = sy_alloc(2, (size_t)s->batches * sizeof *at);
    struct sy_walk w;
    sy_matmul_walk(s, &w);
    for (int64_t i = 0; at && i < s->batches; i++, sy_walk_next(&w)) {
        at[i] = w.at[0] * s->m * s->k;
        at[s->batches + i] = w.at[1] * s->k * s->n;
    }
    return at;
}

enum systole_status sy_op_matmul(struct sy_call *c)
{
    const struct systole_tensor *a = sy_in(c, 0), *b = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    struct sy_matmul s;
    if (a->dtype != b->dtype)
        return sy_bad(c, "%s times %s", systole_dtype_name(a->dtype), systole_dtype_name(b->dtype));
    enum systole_status status = sy_matmul_shape(c, a, b, &s);
    if (!status)
        status = sy_out(c, 0, a->dtype, s.out_rank, s.out, &y);
    if (status || y->count == 0)
        return status;
    const enum sy_work work = sy_work_of(a->dtype);
    void *va = sy_as_work(a, work), *vb = sy_as_work(b, work), *vc = sy_alloc((size_t)y->count, sy_work_size(work));
    int64_t *at = sy_matmul_places(&s);
    if (va && vb && vc && at)
        status = sy_call_matmuls(c, work, s.m, s.n, s.k, (struct sy_matrix){va, s.k, 1}, (struct sy_matrix){vb, s.n, 1},
                                 &(struct sy_batch){s.batches, at, at + s.batches}, vc);
    else
        status = sy_no_memory(c->ctx);
    if (!status)
        sy_work_to(y, 0, vc, work, y->count);
    sy_free(va);
    sy_free(vb);
    sy_free(vc);
    sy_free(at);
    return status;
}

/* r = alpha * acc; out = fma(beta, C, r); each step rounded. Integers: modulo 2^64, alpha and beta as they are. */
static void scale_and_add(struct systole_tensor *y, void *acc, enum sy_work work, double alpha, double beta,
                          const struct systole_tensor *extra)
{
    struct sy_walk w;
    sy_walk_start(&w, y->rank, y->dims);
    if (extra)
        sy_walk_broadcast(&w, extra);
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w)) {
        double e = extra ? sy_get(extra, w.at[0]) : 0;
        if (work == SY_WORK_F32) {
            float *v = (float *)acc + i, r = (float)alpha * *v;
            *v = extra && beta != 0 ? fmaf((float)beta, (float)e, r) : r;
        } else if (work == SY_WORK_F64) {
            double *v = (double *)acc + i, r = alpha * *v;
            *v = extra && beta != 0 ? fma(beta, e, r) : r;
        } else if (alpha == 1 && (!extra || beta == 1)) {
            int64_t *v = (int64_t *)acc + i;
            *v = (int64_t)((uint64_t)*v + (extra ? (uint64_t)sy_get_int(extra, w.at[0]) : 0));
        } else {
            int64_t *v = (int64_t *)acc + i;
            *v = (int64_t)(alpha * (double)*v + beta * e);
        }
    }
    if (work == SY_WORK_F32)
        sy_canonical_f32(acc, y->count);
    sy_work_to(y, 0, acc, work, y->count);
}

/* A plain sum: the chains start from C. */
static void start_from(void *acc, enum sy_work work, const struct systole_tensor *extra, const struct systole_tensor *y)
{
    struct sy_walk w;
    sy_walk_start(&w, y->rank, y->dims);
    sy_walk_broadcast(&w, extra);
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w))
        if (work == SY_WORK_F32)
            ((float *)acc)[i] = (float)sy_get(extra, w.at[0]);
        else if (work == SY_WORK_F64)
            ((double *)acc)[i] = sy_get(extra, w.at[0]);
        else
            ((int64_t *)acc)[i] = sy_get_int(extra, w.at[0]);
}

enum systole_status sy_op_gemm(struct sy_call *c)
{
    const struct systole_tensor *a = sy_in(c, 0), *b = sy_in(c, 1), *extra = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    int ta = sy_attr_int(c, "transA", 0) != 0, tb = sy_attr_int(c, "transB", 0) != 0;
    if (a->rank != 2 || b->rank != 2 || a->dtype != b->dtype || a->dims[1 - ta] != b->dims[tb])
        return sy_bad(c, "%s%s times %s%s", sy_shape(a).text, ta ? "'" : "", sy_shape(b).text, tb ? "'" : "");
    int64_t m = a->dims[ta], k = a->dims[1 - ta], n = b->dims[1 - tb], dims[2] = {m, n};
    if (extra && (!sy_fits(extra, 2, dims) || extra->dtype != a->dtype))
        return sy_bad(c, "C is %s; it has to broadcast to %lldx%lld", sy_shape(extra).text, (long long)m, (long long)n);
    enum systole_status status = sy_out(c, 0, a->dtype, 2, dims, &y);
    if (status)
        return status;
    enum sy_work work = sy_work_of(a->dtype);
    void *va = sy_as_work(a, work), *vb = sy_as_work(b, work), *vc = sy_alloc((size_t)y->count, sy_work_size(work));
    if (va && vb && vc) {
        struct sy_matrix ma = {va, ta ? 1 : k, ta ? m : 1}, mb = {vb, tb ? 1 : n, tb ? k : 1};
        double alpha = (double)sy_attr_float(c, "alpha", 1), beta = (double)sy_attr_float(c, "beta", 1);
        bool from_c = extra && alpha == 1 && beta == 1;
        if (from_c)
            start_from(vc, work, extra, y);
        status = sy_call_matmul(c, work, m, n, k, ma, mb, vc);
        scale_and_add(y, vc, work, alpha, beta, from_c ? NULL : extra);
    } else
        status = sy_no_memory(c->ctx);
    sy_free(va);
    sy_free(vb);
    sy_free(vc);
    return status;
}
