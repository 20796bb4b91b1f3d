/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ref/offload.h"

#include "host/engine/engine.h"
#include "host/graph/profile.h"

/* The engine of the session, for a subgraph too; NULL: everything runs on the host. */
static struct sy_engine *engine_of(const struct sy_call *c)
{
    for (const struct sy_scope *s = c->scope; s; s = s->outer)
        if (s->engine)
            return s->engine;
    return NULL;
}

/* The host does it instead: said once for each time it happens, and no error. */
static void on_host(struct sy_call *c, const char *why)
{
    sy_log(c->ctx, SYSTOLE_LOG_INFO, "node '%s' (%s) on the host: %s", c->node->name, c->node->op_type, why);
    sy_engine_on_host(engine_of(c));
    for (const struct sy_scope *s = c->scope; s; s = s->outer)
        sy_profile_on_host(s->profile, why);
}

/* What the engine could not do the host does; any other failure stands. */
static bool host_instead(struct sy_call *c, enum systole_status *status)
{
    if (*status != SYSTOLE_UNSUPPORTED)
        return false;
    on_host(c, systole_context_detail(c->ctx));
    sy_clear(c->ctx);
    *status = SYSTOLE_OK;
    return true;
}

enum systole_status sy_call_matmul(struct sy_call *c, enum sy_work work, int64_t m, int64_t n, int64_t k, struct sy_matrix a,
                                   struct sy_matrix b, void *out)
{
    struct sy_engine *e = engine_of(c);
    if (e && work == SY_WORK_F32) {
        const struct sy_factor fa = {a.data, a.row, a.column, false, 0}, fb = {b.data, b.row, b.column, false, 0};
        enum systole_status status = sy_engine_matmul_f32(e, c->ctx, m, n, k, fa, fb, out);
        return host_instead(c, &status) ? sy_engine_host_matmul_f32(e, c->ctx, m, n, k, fa, fb, out) : status;
    }
    if (e)
        on_host(c, work == SY_WORK_F64 ? "products of double" : "products of wide integers");
    sy_work_matmul(work, m, n, k, a, b, out);
    return SYSTOLE_OK;
}

enum systole_status sy_call_matmuls(struct sy_call *c, enum sy_work work, int64_t m, int64_t n, int64_t k, struct sy_matrix a,
                                    struct sy_matrix b, const struct sy_batch *batch, void *out)
{
    struct sy_engine *e = engine_of(c);
    const size_t size = sy_work_size(work), bytes = (size_t)(m * n) * size;
    if (e && work == SY_WORK_F32) {
        const struct sy_factor fa = {a.data, a.row, a.column, false, 0}, fb = {b.data, b.row, b.column, false, 0};
        enum systole_status status = sy_engine_matmuls_f32(e, c->ctx, m, n, k, fa, fb, batch, out);
        return host_instead(c, &status) ? sy_engine_host_matmuls_f32(e, c->ctx, m, n, k, fa, fb, batch, out) : status;
    }
    memset(out, 0, (size_t)batch->count * bytes);
    enum systole_status status = SYSTOLE_OK;
    for (int64_t i = 0; i < batch->count && !status; i++) {
        const struct sy_matrix ma = {(const char *)a.data + (size_t)batch->a_at[i] * size, a.row, a.column};
        const struct sy_matrix mb = {(const char *)b.data + (size_t)batch->b_at[i] * size, b.row, b.column};
        status = sy_call_matmul(c, work, m, n, k, ma, mb, (char *)out + (size_t)i * bytes);
    }
    return status;
}

bool sy_conv_as_2d(const struct sy_conv *p, struct sy_conv2d *v)
{
    const struct sy_spatial *s = &p->s;
    const int w = s->n - 1;
    *v = (struct sy_conv2d){.batch = p->batch, .groups = p->groups, .c = p->in_channels / p->groups,
                            .m = p->out_channels / p->groups, .h = 1, .p = 1, .kh = 1, .stride_h = 1, .dil_h = 1};
    if (s->n < 1 || s->n > 2)
        return false;
    v->w = s->in[w];
    v->q = s->out[w];
    v->kw = s->kernel[w];
    v->stride_w = s->stride[w];
    v->dil_w = s->dilation[w];
    v->pad_w = s->before[w];
    if (s->n == 2) {
        v->h = s->in[0];
        v->p = s->out[0];
        v->kh = s->kernel[0];
        v->stride_h = s->stride[0];
        v->dil_h = s->dilation[0];
        v->pad_h = s->before[0];
    }
    return v->pad_h >= 0 && v->pad_w >= 0 && v->c > 0 && v->h > 0 && v->w > 0 && v->kh > 0 && v->kw > 0;
}

enum systole_status sy_call_conv(struct sy_call *c, const struct sy_conv *p, enum sy_work work, const void *x, const void *w,
                                 const void *bias, void *y)
{
    struct sy_engine *e = engine_of(c);
    struct sy_conv2d v;
    if (e && work == SY_WORK_F32 && sy_conv_as_2d(p, &v)) {
        enum systole_status status = sy_engine_conv_f32(e, c->ctx, &v, x, w, bias, y);
        return host_instead(c, &status) ? sy_engine_host_conv_f32(e, c->ctx, &v, x, w, bias, y) : status;
    }
    if (e)
        on_host(c, work == SY_WORK_F32 ? "a convolution over three dimensions or more, or an empty or cropped one"
                                       : "a convolution of double");
    sy_conv(p, work, x, w, bias, y);
    return SYSTOLE_OK;
}

enum systole_status sy_call_conv_from(struct sy_call *c, const struct sy_conv2d *v, const float *x, const float *w, float *y)
{
    struct sy_engine *e = engine_of(c);
    if (!e) {
        struct sy_engine *none = sy_engine_plain();
        return sy_engine_conv_from_f32(none, c->ctx, v, x, w, y);
    }
    enum systole_status status = sy_engine_conv_from_f32(e, c->ctx, v, x, w, y);
    return host_instead(c, &status) ? sy_engine_host_conv_from_f32(e, c->ctx, v, x, w, y) : status;
}

/* ---- 8 bits ---- */

/* Zero points for each row or channel will do when they are all the same. */
static bool one_zero(const struct systole_tensor *zero)
{
    for (int64_t i = 1; zero && i < zero->count; i++)
        if (sy_get_int(zero, i) != sy_get_int(zero, 0))
            return false;
    return true;
}

static bool as_factor(const struct sy_bytes *b, int64_t columns, struct sy_factor *f)
{
    if (!one_zero(b->zero))
        return false;
    f->data = (const char *)b->t->data + b->at;
    f->row = columns;
    f->column = 1;
    f->is_unsigned = b->t->dtype == SYSTOLE_U8;
    f->zero = b->zero && b->zero->count ? (int32_t)sy_get_int(b->zero, 0) : 0;
    return b->t->dtype == SYSTOLE_U8 || b->t->dtype == SYSTOLE_I8;
}

static void widen(int64_t *to, const int32_t *from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = from[i];
}

enum systole_status sy_call_matmuls_i8(struct sy_call *c, int64_t m, int64_t n, int64_t k, struct sy_bytes a, struct sy_bytes b,
                                       const struct sy_batch *batch, int64_t *out, bool *done)
{
    struct sy_engine *e = engine_of(c);
    struct sy_factor fa, fb;
    *done = false;
    if (!e)
        return SYSTOLE_OK;
    if (!as_factor(&a, k, &fa) || !as_factor(&b, n, &fb)) {
        on_host(c, "different zero points for rows or columns, or elements not of 8 bits");
        return SYSTOLE_OK;
    }
    int32_t *sums = sy_alloc((size_t)batch->count, (size_t)(m * n) * sizeof *sums);
    if (!sums)
        return sy_no_memory(c->ctx);
    enum systole_status status = sy_engine_matmuls_i8(e, c->ctx, m, n, k, fa, fb, batch, sums);
    *done = !status;
    if (*done)
        widen(out, sums, batch->count * m * n);
    sy_free(sums);
    host_instead(c, &status);
    return status;
}

enum systole_status sy_call_conv_i8(struct sy_call *c, const struct sy_conv *p, struct sy_bytes x, struct sy_bytes w,
                                    const struct systole_tensor *bias, int64_t *y, bool *done)
{
    struct sy_engine *e = engine_of(c);
    struct sy_factor fx, fw;
    struct sy_conv2d v;
    *done = false;
    if (!e)
        return SYSTOLE_OK;
    if (!sy_conv_as_2d(p, &v) || !as_factor(&x, 1, &fx) || !as_factor(&w, 1, &fw)) {
        on_host(c, "different zero points for channels, three dimensions or more, or an empty convolution");
        return SYSTOLE_OK;
    }
    const int64_t count = p->batch * p->out_channels * p->s.out_count;
    int32_t *sums = sy_alloc((size_t)count, sizeof *sums);
    int32_t *start = bias ? sy_alloc((size_t)p->out_channels, sizeof *start) : NULL;
    enum systole_status status = sums && (start || !bias) ? SYSTOLE_OK : sy_no_memory(c->ctx);
    for (int64_t i = 0; start && i < p->out_channels; i++)
        start[i] = (int32_t)sy_get_int(bias, i);
    if (!status)
        status = sy_engine_conv_i8(e, c->ctx, &v, fx, fw, start, sums);
    *done = !status;
    if (*done)
        widen(y, sums, count);
    sy_free(sums);
    sy_free(start);
    host_instead(c, &status);
    return status;
}
