/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of the element type. */
#include "host/graph/ops.h"

/* e8m0 has no mantissa: how a value between two powers of two is rounded is chosen by the node. */
static uint32_t to_e8m0(double v, const char *mode, bool saturate)
{
    if (isnan(v))
        return 0xff;
    double a = fabs(v);
    int e;
    double m = frexp(a, &e);
    if (a > 0 && isfinite(a) && strcmp(mode, "nearest") != 0 && m != 0.5)
        a = ldexp(1, strcmp(mode, "up") == 0 ? e : e - 1);
    return sy_small_encode(SYSTOLE_F8E8M0, a, saturate);
}

static enum systole_status cast(struct sy_call *c, enum systole_dtype dtype)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    enum systole_status status = sy_out(c, 0, dtype, x->rank, x->dims, &y);
    if (status)
        return status;
    bool saturate = sy_attr_int(c, "saturate", 1) != 0, small = sy_dtype_is_float(dtype) && sy_dtype_size(dtype) == 1;
    bool ints = !sy_dtype_is_float(dtype) && !sy_dtype_is_float(x->dtype);
    const char *mode = sy_attr_string(c, "round_mode", "up");
    for (int64_t i = 0; i < x->count; i++)
        if (ints)
            sy_put_int(y, i, sy_get_int(x, i));
        else if (dtype == SYSTOLE_F8E8M0)
            ((uint8_t *)y->data)[i] = (uint8_t)to_e8m0(sy_get(x, i), mode, saturate);
        else if (small)
            ((uint8_t *)y->data)[i] = (uint8_t)sy_small_encode(dtype, sy_get(x, i), saturate);
        else
            sy_put(y, i, sy_get(x, i));
    return SYSTOLE_OK;
}

enum systole_status sy_op_cast(struct sy_call *c)
{
    return cast(c, (enum systole_dtype)sy_attr_int(c, "to", 0));
}

enum systole_status sy_op_cast_like(struct sy_call *c)
{
    return cast(c, sy_in(c, 1)->dtype);
}

/* The same bits as another type of the same size. */
enum systole_status sy_op_bit_cast(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    enum systole_dtype dtype = (enum systole_dtype)sy_attr_int(c, "to", 0);
    if (sy_dtype_bits(dtype) != sy_dtype_bits(x->dtype))
        return sy_bad(c, "%s as %s", systole_dtype_name(x->dtype), systole_dtype_name(dtype));
    enum systole_status status = sy_out(c, 0, dtype, x->rank, x->dims, &y);
    if (!status)
        memcpy(y->data, x->data, systole_tensor_bytes(x));
    return status;
}
