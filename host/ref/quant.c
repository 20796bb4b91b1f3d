/* SPDX-License-Identifier: Apache-2.0 */
/* Quantised operators. Integers accumulate exactly; requantisation is the blueprint's: M = fl32(fl32(sx*sw)/sy),
 * f = fl32(fl32(acc) * M), clamped, rounded to nearest even, and only then the zero point. */
#include "host/engine/engine.h"
#include "host/graph/ops.h"
#include "host/ref/offload.h"

/* Quantised parameters: one for all, or one for each of a line of channels. */
struct channels {
    const struct systole_tensor *scale, *zero;
};

static double scale_at(const struct channels *q, int64_t i)
{
    return sy_get(q->scale, q->scale->count == 1 ? 0 : i);
}

static double zero_at(const struct channels *q, int64_t i)
{
    return q->zero ? sy_get(q->zero, q->zero->count == 1 ? 0 : i) : 0;
}

/* rne(f) + zp, saturated to the type. */
static void put_quantised(struct systole_tensor *y, int64_t i, double f, double zero)
{
    double lo, hi;
    sy_dtype_range(y->dtype, &lo, &hi);
    double low = lo - zero, high = hi - zero;
    f = isnan(f) || f < low ? low : f > high ? high : f;
    sy_put(y, i, sy_rne(f) + zero);
}

static bool is_quantised(const struct systole_tensor *t)
{
    return t && !sy_dtype_is_float(t->dtype) && t->dtype != SYSTOLE_BOOL && sy_dtype_bits(t->dtype) <= 8;
}

/* ---- QuantizeLinear and DequantizeLinear ---- */

/* Which scale an element has: per tensor, along an axis, or in blocks along it. */
struct spread { int64_t inner, length, block, blocks; bool single; };

static enum systole_status spread(struct sy_call *c, const struct systole_tensor *x, const struct systole_tensor *scale,
                                  const struct systole_tensor *zero, struct spread *s)
{
    if (zero && zero->count != scale->count)
        return sy_bad(c, "%lld scales and %lld zero points", (long long)scale->count, (long long)zero->count);
    s->single = scale->count == 1 && scale->rank < 2;
    if (s->single)
        return SYSTOLE_OK;
    int axis = sy_axis(sy_attr_int(c, "axis", 1), x->rank);
    if (axis < 0)
        return sy_bad(c, "axis of %s", sy_shape(x).text);
    int64_t block = sy_attr_int(c, "block_size", 0);
    if (block < 0 || block > INT32_MAX)
        return sy_bad(c, "blocks of %lld", (long long)block);
    s->inner = sy_span(x, axis + 1, x->rank);
    s->length = x->dims[axis];
    if (scale->rank == 1 && block == 0) {
        s->block = 0;
        if (scale->count != s->length)
            return sy_bad(c, "%lld scales for %lld channels", (long long)scale->count, (long long)s->length);
        return SYSTOLE_OK;
    }
    if (scale->rank != x->rank || scale->dims[axis] < 1)
        return sy_bad(c, "scales %s for %s", sy_shape(scale).text, sy_shape(x).text);
    s->blocks = scale->dims[axis];
    s->block = block > 0 ? block : (s->length + s->blocks - 1) / s->blocks;
    for (int i = 0; i < x->rank; i++)
        if (i == axis ? (s->length + s->block - 1) / s->block != s->blocks : scale->dims[i] != x->dims[i])
            return sy_bad(c, "scales %s for %s in blocks of %lld", sy_shape(scale).text, sy_shape(x).text, (long long)s->block);
    return SYSTOLE_OK;
}

static int64_t spread_at(const struct spread *s, int64_t i)
{
    if (s->single)
        return 0;
    int64_t place = i / s->inner % s->length;
    if (s->block == 0)
        return place;
    return (i / s->inner / s->length * s->blocks + place / s->block) * s->inner + i % s->inner;
}

enum systole_status sy_op_quantize(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *scale = sy_in(c, 1), *zero = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    struct spread s = {0};
    int64_t wanted = sy_attr_int(c, "output_dtype", 0);
    enum systole_dtype dtype = zero ? zero->dtype : wanted ? (enum systole_dtype)wanted : SYSTOLE_U8;
    enum systole_status status = spread(c, x, scale, zero, &s);
    if (!status)
        status = sy_out(c, 0, dtype, x->rank, x->dims, &y);
    if (status)
        return status;
    bool saturate = sy_attr_int(c, "saturate", 1) != 0, to_float = sy_dtype_is_float(dtype);
    bool half = scale->dtype == SYSTOLE_F16 || scale->dtype == SYSTOLE_BF16;
    for (int64_t i = 0; i < x->count; i++) {
        int64_t at = spread_at(&s, i);
        double v = sy_get(x, i), by = sy_get(scale, at), z = zero ? sy_get(zero, at) : 0;
        double f = half ? sy_small_decode(scale->dtype, sy_small_encode(scale->dtype, v / by, false))
                        : (double)((float)v / (float)by);
        if (!to_float)
            put_quantised(y, i, f, z);
        else if (sy_dtype_size(dtype) == 1)
            ((uint8_t *)y->data)[i] = (uint8_t)sy_small_encode(dtype, f + z, saturate);
        else
            sy_put(y, i, f + z);
    }
    return SYSTOLE_OK;
}

enum systole_status sy_op_dequantize(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *scale = sy_in(c, 1), *zero = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    struct spread s = {0};
    int64_t wanted = sy_attr_int(c, "output_dtype", 0);
    enum systole_status status = spread(c, x, scale, zero, &s);
    if (!status)
        status = sy_out(c, 0, wanted ? (enum systole_dtype)wanted : scale->dtype, x->rank, x->dims, &y);
    for (int64_t i = 0; !status && i < x->count; i++) {
        int64_t at = spread_at(&s, i);
        double difference = sy_get(x, i) - (zero ? sy_get(zero, at) : 0);
        sy_put(y, i, (double)((float)difference * (float)sy_get(scale, at)));
    }
    return status;
}

enum systole_status sy_op_dynamic_quantize(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL, *scale = NULL, *zero = NULL;
    float lo = 0, hi = 0; /* the range has to hold zero */
    for (int64_t i = 0; i < x->count; i++) {
        float v = (float)sy_get(x, i);
        lo = v < lo ? v : lo;
        hi = v > hi ? v : hi;
    }
    float step = (hi - lo) / 255;
    step = step == 0 ? 1 : step;
    double z = sy_rne((double)fminf(fmaxf(-lo / step, 0), 255));
    enum systole_status status = sy_out(c, 0, SYSTOLE_U8, x->rank, x->dims, &y);
    if (!status)
        status = sy_out(c, 1, SYSTOLE_F32, 0, NULL, &scale);
    if (!status)
        status = sy_out(c, 2, SYSTOLE_U8, 0, NULL, &zero);
    if (status)
        return status;
    sy_put(scale, 0, (double)step);
    sy_put(zero, 0, z);
    for (int64_t i = 0; i < x->count; i++)
        put_quantised(y, i, (double)((float)sy_get(x, i) / step), z);
    return SYSTOLE_OK;
}

/* ---- Matrix products ---- */

/* Elements less their zero point: one, or one for each line of `inner` elements, `lines` of them over and over. */
static int64_t *less_zero(const struct systole_tensor *t, const struct systole_tensor *zero, int64_t inner, int64_t lines)
{
    int64_t *v = sy_as_i64(t);
    for (int64_t i = 0; v && zero && i < t->count; i++)
        v[i] -= sy_get_int(zero, zero->count == 1 ? 0 : i / inner % lines);
    return v;
}

struct product {
    struct channels a, b, y;
    const struct systole_tensor *residual; /* what is added before the rounding, or NULL */
    struct channels r;
};

/* Modulo 2^32, as the device counts. */
static int32_t wrap(int64_t sum)
{
    return (int32_t)(uint32_t)(uint64_t)sum;
}

/* `p` NULL: the int32 sums themselves. */
static void put_sums(struct systole_tensor *y, int64_t base, const int64_t *acc, int64_t rows, int64_t columns,
                     const struct product *p, const struct systole_tensor *bias)
{
    for (int64_t i = 0; i < rows * columns; i++) {
        if (!p) {
            sy_put_int(y, base + i, acc[i]);
            continue;
        }
        float sa = (float)scale_at(&p->a, i / columns), sb = (float)scale_at(&p->b, i % columns);
        float m = sa * sb / (float)scale_at(&p->y, 0), f = (float)wrap(acc[i] + (bias ? sy_get_int(bias, i % columns) : 0)) * m;
        put_quantised(y, base + i, (double)f, zero_at(&p->y, 0));
    }
}

/* One zero point, or one for each of n, of 8 bits or fewer: a float's could be too large to subtract. */
static bool fits_zero(const struct systole_tensor *zero, int64_t n)
{
    return !zero || (is_quantised(zero) && (zero->count == 1 || zero->count == n));
}

static bool fits_line(const struct systole_tensor *t, int64_t n)
{
    return !t || t->count == 1 || t->count == n;
}

static enum systole_status integer_product(struct sy_call *c, const struct systole_tensor *b, const struct systole_tensor *za,
                                           const struct systole_tensor *zb, enum systole_dtype dtype, const struct product *p,
                                           const struct systole_tensor *bias)
{
    const struct systole_tensor *a = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct sy_matmul s;
    if (!is_quantised(a) || !is_quantised(b))
        return sy_bad(c, "%s times %s", systole_dtype_name(a->dtype), systole_dtype_name(b->dtype));
    enum systole_status status = sy_matmul_shape(c, a, b, &s);
    if (!status && (!fits_zero(za, s.m) || !fits_zero(zb, s.n) ||
                    (p && (!fits_line(p->a.scale, s.m) || !fits_line(p->b.scale, s.n))) || (bias && bias->count != s.n)))
        status = sy_bad(c, "scales or zero points do not fit %s times %s", sy_shape(a).text, sy_shape(b).text);
    if (!status)
        status = sy_out(c, 0, dtype, s.out_rank, s.out, &y);
    if (status)
        return status;
    if (y->count == 0)
        return SYSTOLE_OK;
    int64_t *va = less_zero(a, za, s.k ? s.k : 1, s.m), *vb = less_zero(b, zb, 1, s.n), *acc = sy_alloc((size_t)y->count, sizeof *acc);
    int64_t *at = sy_matmul_places(&s);
    bool done = false;
    if (va && vb && acc && at)
        status = sy_call_matmuls_i8(c, s.m, s.n, s.k, (struct sy_bytes){a, za, 0}, (struct sy_bytes){b, zb, 0},
                                    &(struct sy_batch){s.batches, at, at + s.batches}, acc, &done);
    else
        status = sy_no_memory(c->ctx);
    for (int64_t i = 0; i < s.batches && !status; i++) {
        int64_t *sums = acc + i * s.m * s.n;
        if (!done)
            sy_matmul_i64(s.m, s.n, s.k, (struct sy_matrix){va + at[i], s.k, 1}, (struct sy_matrix){vb + at[s.batches + i], s.n, 1}, sums);
        put_sums(y, i * s.m * s.n, sums, s.m, s.n, p, bias);
    }
    sy_free(va);
    sy_free(vb);
    sy_free(acc);
    sy_free(at);
    return status;
}

enum systole_status sy_op_matmul_integer(struct sy_call *c)
{
    return integer_product(c, sy_in(c, 1), sy_in(c, 2), sy_in(c, 3), SYSTOLE_I32, NULL, NULL);
}

/* a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point; of the domain systole also a bias, and a and b
 * may be without zero points. */
enum systole_status sy_op_qlinear_matmul(struct sy_call *c)
{
    struct product p = {.a = {sy_in(c, 1), sy_in(c, 2)}, .b = {sy_in(c, 4), sy_in(c, 5)}, .y = {sy_in(c, 6), sy_in(c, 7)}};
    if (!sy_in(c, 3) || !p.b.scale || !p.y.scale || !is_quantised(p.y.zero) || p.y.zero->count != 1 ||
        p.y.scale->count != 1)
        return sy_bad(c, "the output has one scale and one zero point of 8 bits");
    return integer_product(c, sy_in(c, 3), p.a.zero, p.b.zero, p.y.zero->dtype, &p, sy_in(c, 8));
}

/* ---- Convolutions ---- */

/* f = fl(fl(acc) * M), and with a residual f = fl(f + fl(r' * fl(sr / sy))). */
static void put_convolution(struct systole_tensor *y, const struct sy_conv *p, const int64_t *acc, const struct product *q)
{
    struct systole_tensor sums = {.rank = p->rank};
    memcpy(sums.dims, p->dims, sizeof(sums.dims));
    struct sy_walk w;
    sy_walk_start(&w, y->rank, y->dims);
    sy_walk_broadcast(&w, &sums);
    if (q->residual)
        sy_walk_broadcast(&w, q->residual);
    const double zero = zero_at(&q->y, 0), r_zero = zero_at(&q->r, 0);
    const float r_scale = q->residual ? (float)scale_at(&q->r, 0) / (float)scale_at(&q->y, 0) : 0;
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w)) {
        const int64_t channel = w.at[0] / p->s.out_count % p->out_channels;
        const float m = (float)scale_at(&q->a, 0) * (float)scale_at(&q->b, channel) / (float)scale_at(&q->y, 0);
        float f = (float)wrap(acc[w.at[0]]) * m;
        if (q->residual) {
            const float r = (float)(sy_get(q->residual, w.at[1]) - r_zero) * r_scale;
            f = f + r;
        }
        put_quantised(y, i, (double)f, zero);
    }
}

static enum systole_status integer_conv(struct sy_call *c, const struct systole_tensor *w, const struct systole_tensor *zx,
                                        const struct systole_tensor *zw, const struct systole_tensor *bias,
                                        enum systole_dtype dtype, const struct product *q)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    struct sy_conv p;
    if (!is_quantised(x) || !is_quantised(w))
        return sy_bad(c, "%s with a kernel of %s", systole_dtype_name(x->dtype), systole_dtype_name(w->dtype));
    enum systole_status status = sy_conv_shape(c, x, w, &p);
    if (!status && (!fits_zero(zx, 1) || !fits_zero(zw, p.out_channels) || (bias && bias->count != p.out_channels) ||
                    (q && (q->a.scale->count != 1 || !fits_line(q->b.scale, p.out_channels)))))
        status = sy_bad(c, "scales, zero points or biases do not fit a kernel %s", sy_shape(w).text);
    int rank = p.rank;
    int64_t dims[SYSTOLE_MAX_RANK];
    memcpy(dims, p.dims, sizeof(dims));
    if (!status && q && q->residual) {
        struct systole_tensor sums = {.rank = p.rank};
        memcpy(sums.dims, p.dims, sizeof(sums.dims));
        status = sy_broadcast(c, &sums, q->residual, &rank, dims);
    }
    if (!status)
        status = sy_out(c, 0, dtype, rank, dims, &y);
    if (status)
        return status;
    int64_t *vx = less_zero(x, zx, 1, 1), *vb = bias ? sy_as_i64(bias) : NULL;
    int64_t *vw = less_zero(w, zw, sy_max(1, sy_span(w, 1, w->rank)), p.out_channels);
    int64_t *acc = sy_alloc((size_t)(p.batch * p.out_channels), (size_t)p.s.out_count * sizeof(*acc));
    if (vx && vw && acc && (vb || !bias)) {
        bool done;
        status = sy_call_conv_i8(c, &p, (struct sy_bytes){x, zx, 0}, (struct sy_bytes){w, zw, 0}, bias, acc, &done);
        if (!done)
            sy_conv(&p, SY_WORK_I64, vx, vw, vb, acc);
    } else
        status = sy_no_memory(c->ctx);
    if (!status && q)
        put_convolution(y, &p, acc, q);
    for (int64_t i = 0; !status && !q && i < y->count; i++)
        sy_put_int(y, i, acc[i]);
    sy_free(vx);
    sy_free(vw);
    sy_free(vb);
    sy_free(acc);
    return status;
}

enum systole_status sy_op_conv_integer(struct sy_call *c)
{
    return integer_conv(c, sy_in(c, 1), sy_in(c, 2), sy_in(c, 3), NULL, SYSTOLE_I32, NULL);
}

/* x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, bias; of the domain systole also a residual, its scale, its
 * zero point. */
enum systole_status sy_op_qlinear_conv(struct sy_call *c)
{
    struct product p = {{sy_in(c, 1), sy_in(c, 2)}, {sy_in(c, 4), sy_in(c, 5)}, {sy_in(c, 6), sy_in(c, 7)},
                        sy_in(c, 9), {sy_in(c, 10), sy_in(c, 11)}};
    if (p.residual && (!is_quantised(p.residual) || !p.r.scale || p.r.scale->count != 1 || (p.r.zero && p.r.zero->count != 1)))
        return sy_bad(c, "the residual has one scale and one zero point, of 8 bits");
    if (!sy_in(c, 3) || !p.b.scale || !p.y.scale || !is_quantised(p.y.zero) || p.y.zero->count != 1 ||
        p.y.scale->count != 1)
        return sy_bad(c, "the output has one scale and one zero point of 8 bits");
    return integer_conv(c, sy_in(c, 3), p.a.zero, p.b.zero, sy_in(c, 8), p.y.zero->dtype, &p);
}
