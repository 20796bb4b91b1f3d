/* SPDX-License-Identifier: Apache-2.0 */
/* Quantised operators of the domain com.microsoft. */
#include "host/graph/ops.h"

static double dequantised(const struct systole_tensor *t, int64_t i, const struct systole_tensor *scale,
                          const struct systole_tensor *zero)
{
    return (double)((float)(sy_get(t, i) - (zero ? sy_get(zero, 0) : 0)) * (float)sy_get(scale, 0));
}

static void put(struct systole_tensor *y, int64_t i, float real, const struct systole_tensor *scale,
                const struct systole_tensor *zero)
{
    double lo, hi, z = zero ? sy_get(zero, 0) : 0;
    sy_dtype_range(y->dtype, &lo, &hi);
    double f = (double)(real / (float)sy_get(scale, 0));
    f = isnan(f) || f < lo - z ? lo - z : f > hi - z ? hi - z : f;
    sy_put(y, i, sy_rne(f) + z);
}

static enum systole_status check_single(struct sy_call *c, const int *inputs, int n)
{
    for (int i = 0; i < n; i++)
        if (sy_in(c, inputs[i]) && sy_in(c, inputs[i])->count != 1)
            return sy_bad(c, "input %d is one number, not %s", inputs[i], sy_shape(sy_in(c, inputs[i])).text);
    return SYSTOLE_OK;
}

/* A, A_scale, A_zero_point, B, B_scale, B_zero_point, C_scale, C_zero_point */
enum systole_status sy_op_qlinear_add(struct sy_call *c)
{
    static const int single[] = {1, 2, 4, 5, 6, 7};
    const struct systole_tensor *a = sy_in(c, 0), *b = sy_in(c, 3);
    struct systole_tensor *y = NULL;
    int rank = 0;
    int64_t dims[SYSTOLE_MAX_RANK];
    enum systole_status status = check_single(c, single, 6);
    if (!status)
        status = sy_broadcast(c, a, b, &rank, dims);
    if (!status)
        status = sy_out(c, 0, a->dtype, rank, dims, &y);
    if (status)
        return status;
    struct sy_walk w;
    sy_walk_start(&w, rank, dims);
    sy_walk_broadcast(&w, a);
    sy_walk_broadcast(&w, b);
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&w)) {
        float sum = (float)dequantised(a, w.at[0], sy_in(c, 1), sy_in(c, 2)) +
                    (float)dequantised(b, w.at[1], sy_in(c, 4), sy_in(c, 5));
        put(y, i, sum, sy_in(c, 6), sy_in(c, 7));
    }
    return SYSTOLE_OK;
}

/* X, x_scale, x_zero_point, y_scale, y_zero_point: the exact sum times fl32(x_scale / count), quantised. */
enum systole_status sy_op_qlinear_global_average_pool(struct sy_call *c)
{
    static const int single[] = {1, 2, 3, 4};
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    enum systole_status status = check_single(c, single, 4);
    if (!status && (x->rank < 3 || x->count == 0))
        status = sy_bad(c, "the input is %s", sy_shape(x).text);
    if (status)
        return status;
    bool last = sy_attr_int(c, "channels_last", 0) != 0;
    int64_t channels = last ? x->dims[x->rank - 1] : x->dims[1], inner = sy_span(x, 1, x->rank) / channels;
    int64_t dims[SYSTOLE_MAX_RANK], zero = sy_in(c, 2) ? sy_get_int(sy_in(c, 2), 0) : 0;
    for (int i = 0; i < x->rank; i++)
        dims[i] = i == 0 ? x->dims[0] : i == (last ? x->rank - 1 : 1) ? channels : 1;
    status = sy_out(c, 0, x->dtype, x->rank, dims, &y);
    for (int64_t i = 0; !status && i < y->count; i++) {
        int64_t sum = 0;
        for (int64_t k = 0; k < inner; k++)
            sum += sy_get_int(x, last ? (i / channels * inner + k) * channels + i % channels : i * inner + k) - zero;
        float real = (float)sum * ((float)sy_get(sy_in(c, 1), 0) / (float)inner);
        put(y, i, real, sy_in(c, 3), sy_in(c, 4));
    }
    return status;
}
