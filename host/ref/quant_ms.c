/* SPDX-License-Identifier: Apache-2.0 */
/* Sums, averages and functions of quantised tensors: of the domains com.microsoft and systole, with the same arithmetic. */
#include "host/graph/ops.h"
#include "host/ref/spatial.h"

struct quantised {
    const struct systole_tensor *t, *scale, *zero; /* zero: NULL for 0 */
};

static double zero_of(const struct quantised *q)
{
    return q->zero ? sy_get(q->zero, 0) : 0;
}

static float less_zero(const struct quantised *q, int64_t i)
{
    return (float)(sy_get(q->t, i) - zero_of(q));
}

/* Saturates, rounds to the even integer, adds the zero point. */
static void put(const struct quantised *y, struct systole_tensor *t, int64_t i, float f)
{
    double lo, hi, z = zero_of(y), v = (double)f;
    sy_dtype_range(t->dtype, &lo, &hi);
    v = isnan(v) || v < lo - z ? lo - z : v > hi - z ? hi - z : v;
    sy_put(t, i, sy_rne(v) + z);
}

static enum systole_status check_single(struct sy_call *c, const int *inputs, int n)
{
    for (int i = 0; i < n; i++)
        if (sy_in(c, inputs[i]) && sy_in(c, inputs[i])->count != 1)
            return sy_bad(c, "input %d is one number, not %s", inputs[i], sy_shape(sy_in(c, inputs[i])).text);
    return SYSTOLE_OK;
}

static enum systole_status check_bytes(struct sy_call *c, const struct systole_tensor *t)
{
    if (t->dtype == SYSTOLE_I8 || t->dtype == SYSTOLE_U8)
        return SYSTOLE_OK;
    return sy_bad(c, "elements of %s, not of 8 bits", systole_dtype_name(t->dtype));
}

/* A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point: fl(fl(a' * fl(sa / sc)) + fl(b' * fl(sb / sc))). */
enum systole_status sy_op_qlinear_add(struct sy_call *c)
{
    static const int single[] = {1, 2, 4, 5, 6, 7};
    const struct quantised a = {sy_in(c, 0), sy_in(c, 1), sy_in(c, 2)}, b = {sy_in(c, 3), sy_in(c, 4), sy_in(c, 5)};
    const struct quantised sum = {NULL, sy_in(c, 6), sy_in(c, 7)};
    struct systole_tensor *y = NULL;
    int rank = 0;
    int64_t dims[SYSTOLE_MAX_RANK];
    enum systole_status status = check_single(c, single, 6);
    if (!status)
        status = check_bytes(c, a.t);
    if (!status)
        status = check_bytes(c, b.t);
    if (!status)
        status = sy_broadcast(c, a.t, b.t, &rank, dims);
    if (!status)
        status = sy_out(c, 0, sum.zero ? sum.zero->dtype : a.t->dtype, rank, dims, &y);
    if (status)
        return status;
    const float ma = (float)sy_get(a.scale, 0) / (float)sy_get(sum.scale, 0), mb = (float)sy_get(b.scale, 0) / (float)sy_get(sum.scale, 0);
    struct sy_walk w;
    sy_walk_start(&w, rank, dims);
    sy_walk_broadcast(&w, a.t);
    sy_walk_broadcast(&w, b.t);
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w)) {
        const float fa = less_zero(&a, w.at[0]) * ma, fb = less_zero(&b, w.at[1]) * mb;
        put(&sum, y, i, fa + fb);
    }
    return SYSTOLE_OK;
}

/* What an average of n elements is multiplied by: fl(sx / fl(sy * n)). */
static float average_factor(const struct quantised *x, const struct quantised *y, int64_t n)
{
    const float wide = (float)sy_get(y->scale, 0) * (float)n;
    return (float)sy_get(x->scale, 0) / wide;
}

static enum systole_status check_average(struct sy_call *c)
{
    static const int single[] = {1, 2, 3, 4};
    enum systole_status status = check_single(c, single, 4);
    if (!status)
        status = check_bytes(c, sy_in(c, 0));
    if (!status && (sy_in(c, 0)->rank < 3 || sy_in(c, 0)->count == 0))
        status = sy_bad(c, "the input is %s", sy_shape(sy_in(c, 0)).text);
    return status;
}

static enum systole_dtype average_type(const struct quantised *x, const struct quantised *y)
{
    return y->zero ? y->zero->dtype : x->t->dtype;
}

/* X, x_scale, x_zero_point, y_scale, y_zero_point: fl(fl(sum of x') * fl(sx / fl(sy * n))), the sum exact. */
enum systole_status sy_op_qlinear_global_average_pool(struct sy_call *c)
{
    const struct quantised x = {sy_in(c, 0), sy_in(c, 1), sy_in(c, 2)}, to = {NULL, sy_in(c, 3), sy_in(c, 4)};
    struct systole_tensor *y = NULL;
    enum systole_status status = check_average(c);
    if (status)
        return status;
    const struct systole_tensor *t = x.t;
    const bool last = sy_attr_int(c, "channels_last", 0) != 0;
    const int64_t channels = last ? t->dims[t->rank - 1] : t->dims[1], inner = sy_span(t, 1, t->rank) / channels;
    int64_t dims[SYSTOLE_MAX_RANK];
    for (int i = 0; i < t->rank; i++)
        dims[i] = i == 0 ? t->dims[0] : i == (last ? t->rank - 1 : 1) ? channels : 1;
    status = sy_out(c, 0, average_type(&x, &to), t->rank, dims, &y);
    const float m = average_factor(&x, &to, inner);
    for (int64_t i = 0; !status && i < y->count; i++) {
        int64_t sum = 0;
        for (int64_t k = 0; k < inner; k++)
            sum += sy_get_int(t, last ? (i / channels * inner + k) * channels + i % channels : i * inner + k) - (int64_t)zero_of(&x);
        put(&to, y, i, (float)(int32_t)(uint32_t)(uint64_t)sum * m);
    }
    return status;
}

/* The same over windows that lie wholly inside. */
enum systole_status sy_op_qlinear_average_pool(struct sy_call *c)
{
    const struct quantised x = {sy_in(c, 0), sy_in(c, 1), sy_in(c, 2)}, to = {NULL, sy_in(c, 3), sy_in(c, 4)};
    struct systole_tensor *y = NULL;
    struct sy_spatial s;
    enum systole_status status = check_average(c);
    if (!status)
        status = sy_spatial(c, x.t, NULL, &s);
    if (status)
        return status;
    int64_t dims[SYSTOLE_MAX_RANK] = {x.t->dims[0], x.t->dims[1]};
    memcpy(dims + 2, s.out, (size_t)s.n * sizeof(*dims));
    status = sy_out(c, 0, average_type(&x, &to), x.t->rank, dims, &y);
    const float m = average_factor(&x, &to, s.kernel_count);
    int64_t o[SY_SPATIAL] = {0};
    for (int64_t i = 0; !status && i < y->count; i++, sy_spatial_next(s.n, s.out, o)) {
        int64_t sum = 0;
        struct sy_taps t;
        const int64_t base = i / s.out_count * s.in_count;
        sy_taps_start(&s, o, &t);
        for (int64_t ki = 0; ki < t.count; ki++, sy_taps_next(s.n, &t))
            sum += sy_get_int(x.t, base + sy_spatial_at(&s, o, t.k)) - (int64_t)zero_of(&x);
        put(&to, y, i, (float)(int32_t)(uint32_t)(uint64_t)sum * m);
    }
    return status;
}

/* x of bytes, table of 256: what each byte becomes. */
enum systole_status sy_op_qlinear_table(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *table = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    enum systole_status status = check_bytes(c, x);
    if (!status)
        status = check_bytes(c, table);
    if (!status && table->count != 256)
        status = sy_bad(c, "a table of %lld", (long long)table->count);
    if (!status)
        status = sy_out(c, 0, table->dtype, x->rank, x->dims, &y);
    for (int64_t i = 0; !status && i < x->count; i++)
        ((uint8_t *)y->data)[i] = ((const uint8_t *)table->data)[((const uint8_t *)x->data)[i]];
    return status;
}
