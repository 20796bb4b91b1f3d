/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of one element. Floats are computed as double and rounded once to their type. */
#include "host/graph/ops.h"

typedef double (*float_fn)(double v, const double *p);
typedef int64_t (*int_fn)(int64_t v);

/* p: up to three numbers the function knows. `g` NULL: floats only. */
static enum systole_status map(struct sy_call *c, float_fn f, int_fn g, const double *p)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    bool is_float = sy_dtype_is_float(x->dtype);
    if (!is_float && !g)
        return sy_cannot(c, "elements of %s", systole_dtype_name(x->dtype));
    enum systole_status status = sy_out_like(c, 0, x, &y);
    for (int64_t i = 0; !status && i < y->count; i++)
        if (is_float)
            sy_put(y, i, f(sy_get(x, i), p));
        else
            sy_put_int(y, i, g(sy_get_int(x, i)));
    return status;
}

#define UNARY(name, expression)                                     \
    static double name##_of(double v, const double *p)             \
    {                                                              \
        (void)p;                                                   \
        return expression;                                         \
    }
#define PLAIN(name, expression)                                     \
    UNARY(name, expression)                                        \
    enum systole_status sy_op_##name(struct sy_call *c)            \
    {                                                              \
        return map(c, name##_of, NULL, NULL);                      \
    }
#define WITH_INT(name, expression, int_expression)                  \
    UNARY(name, expression)                                        \
    static int64_t name##_of_int(int64_t v) { return int_expression; } \
    enum systole_status sy_op_##name(struct sy_call *c)            \
    {                                                              \
        return map(c, name##_of, name##_of_int, NULL);             \
    }
/* With the attributes a and b, and what they are when left out. */
#define WITH_ATTRS(name, expression, a, a_otherwise, b, b_otherwise)                            \
    UNARY(name, expression)                                                                    \
    enum systole_status sy_op_##name(struct sy_call *c)                                        \
    {                                                                                          \
        const double p[2] = {(double)sy_attr_float(c, a, a_otherwise), (double)sy_attr_float(c, b, b_otherwise)}; \
        return map(c, name##_of, NULL, p);                                                     \
    }

WITH_INT(abs, fabs(v), v < 0 ? (int64_t)(0 - (uint64_t)v) : v)
WITH_INT(neg, -v, (int64_t)(0 - (uint64_t)v))
WITH_INT(sign, v > 0 ? 1 : v < 0 ? -1 : v, v > 0 ? 1 : v < 0 ? -1 : 0)
WITH_INT(relu, v > 0 || isnan(v) ? v : 0, v > 0 ? v : 0)
WITH_INT(bitwise_not, v, ~v)
PLAIN(ceil, ceil(v))
PLAIN(floor, floor(v))
PLAIN(round, sy_rne(v))
PLAIN(sqrt, sqrt(v))
PLAIN(reciprocal, 1 / v)
PLAIN(exp, exp(v))
PLAIN(log, log(v))
PLAIN(erf, erf(v))
PLAIN(sin, sin(v))
PLAIN(cos, cos(v))
PLAIN(tan, tan(v))
PLAIN(asin, asin(v))
PLAIN(acos, acos(v))
PLAIN(atan, atan(v))
PLAIN(sinh, sinh(v))
PLAIN(cosh, cosh(v))
PLAIN(tanh, tanh(v))
PLAIN(asinh, asinh(v))
PLAIN(acosh, acosh(v))
PLAIN(atanh, atanh(v))
PLAIN(sigmoid, 1 / (1 + exp(-v)))
PLAIN(softplus, (v > 0 ? v : 0) + log1p(exp(-fabs(v))))
PLAIN(softsign, v / (1 + fabs(v)))
PLAIN(hard_swish, v *fmax(0, fmin(1, v / 6 + 0.5)))
PLAIN(mish, v *tanh((v > 0 ? v : 0) + log1p(exp(-fabs(v)))))
WITH_ATTRS(leaky_relu, v < 0 ? v * p[0] : v, "alpha", 0.01f, "", 0)
WITH_ATTRS(elu, v < 0 ? p[0] * expm1(v) : v, "alpha", 1, "", 0)
WITH_ATTRS(celu, v < 0 ? p[0] * expm1(v / p[0]) : v, "alpha", 1, "", 0)
WITH_ATTRS(selu, p[1] * (v <= 0 ? p[0] * expm1(v) : v), "alpha", 1.67326319217681884765625f, "gamma",
           1.05070102214813232421875f)
WITH_ATTRS(thresholded_relu, v > p[0] ? v : 0, "alpha", 1, "", 0)
WITH_ATTRS(hard_sigmoid, fmax(0, fmin(1, p[0] * v + p[1])), "alpha", 0.2f, "beta", 0.5f)
WITH_ATTRS(swish, v / (1 + exp(-p[0] * v)), "alpha", 1, "", 0)
UNARY(shrink, v < -p[0] ? v + p[1] : v > p[0] ? v - p[1] : 0)

enum systole_status sy_op_shrink(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0);
    const double p[2] = {(double)sy_attr_float(c, "lambd", 0.5f), (double)sy_attr_float(c, "bias", 0)};
    struct systole_tensor *y = NULL;
    enum systole_status status = sy_out_like(c, 0, x, &y);
    for (int64_t i = 0; !status && i < y->count; i++)
        sy_put(y, i, shrink_of(sy_get(x, i), p));
    return status;
}

UNARY(gelu_exact, 0.5 * v * (1 + erf(v * 0.70710678118654752440)))
UNARY(gelu_tanh, 0.5 * v * (1 + tanh(0.79788456080286535588 * (v + 0.044715 * v * v * v))))

enum systole_status sy_op_gelu(struct sy_call *c)
{
    bool tanh_form = strcmp(sy_attr_string(c, "approximate", "none"), "tanh") == 0;
    return map(c, tanh_form ? gelu_tanh_of : gelu_exact_of, NULL, NULL);
}

/* Functions from any type to bool. */
static enum systole_status test(struct sy_call *c, bool (*f)(double v, const double *p), const double *p)
{
    const struct systole_tensor *x = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    enum systole_status status = sy_out(c, 0, SYSTOLE_BOOL, x->rank, x->dims, &y);
    for (int64_t i = 0; !status && i < y->count; i++)
        sy_put_int(y, i, f(sy_get(x, i), p));
    return status;
}

static bool not_of(double v, const double *p)
{
    (void)p;
    return v == 0;
}

static bool is_nan_of(double v, const double *p)
{
    (void)p;
    return isnan(v);
}

static bool is_inf_of(double v, const double *p)
{
    return isinf(v) && (v > 0 ? p[1] : p[0]) != 0;
}

enum systole_status sy_op_not(struct sy_call *c)
{
    return test(c, not_of, NULL);
}

enum systole_status sy_op_is_nan(struct sy_call *c)
{
    return test(c, is_nan_of, NULL);
}

enum systole_status sy_op_is_inf(struct sy_call *c)
{
    const double p[2] = {(double)sy_attr_int(c, "detect_negative", 1), (double)sy_attr_int(c, "detect_positive", 1)};
    return test(c, is_inf_of, p);
}

/* Limits are attributes before version 11, then inputs. A limit that is left out does not limit. */
enum systole_status sy_op_clip(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *low = sy_in(c, 1), *high = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    if ((low && low->count != 1) || (high && high->count != 1))
        return sy_bad(c, "a limit is one number");
    if (sy_dtype_is_float(x->dtype)) {
        double lo = low ? sy_get(low, 0) : (double)sy_attr_float(c, "min", -INFINITY);
        double hi = high ? sy_get(high, 0) : (double)sy_attr_float(c, "max", INFINITY);
        enum systole_status status = sy_out_like(c, 0, x, &y);
        for (int64_t i = 0; !status && i < y->count; i++) {
            double v = sy_get(x, i);
            v = v < lo ? lo : v;
            sy_put(y, i, v > hi ? hi : v);
        }
        return status;
    }
    bool is_u64 = x->dtype == SYSTOLE_U64;
    int64_t lo = low ? sy_get_int(low, 0) : is_u64 ? 0 : INT64_MIN, hi = high ? sy_get_int(high, 0) : is_u64 ? -1 : INT64_MAX;
    enum systole_status status = sy_out_like(c, 0, x, &y);
    for (int64_t i = 0; !status && i < y->count; i++) {
        int64_t v = sy_get_int(x, i);
        if (is_u64) {
            v = (uint64_t)v < (uint64_t)lo ? lo : v;
            v = (uint64_t)v > (uint64_t)hi ? hi : v;
        } else
            v = sy_min(sy_max(v, lo), hi);
        sy_put_int(y, i, v);
    }
    return status;
}
