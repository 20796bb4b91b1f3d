/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of two elements with broadcasting, and of any number of them. */
#include "host/graph/ops.h"

/* One for each kind of element; NULL: not for that kind. u64 NULL: as int64. */
struct function {
    double (*f)(double a, double b);
    int64_t (*i)(int64_t a, int64_t b);
    uint64_t (*u)(uint64_t a, uint64_t b);
};

static enum systole_status apply(struct sy_call *c, const struct function *fn, const struct systole_tensor *a,
                                 const struct systole_tensor *b, struct systole_tensor *y)
{
    struct sy_walk w;
    sy_walk_start(&w, y->rank, y->dims);
    sy_walk_broadcast(&w, a);
    sy_walk_broadcast(&w, b);
    bool is_float = sy_dtype_is_float(a->dtype), is_u64 = a->dtype == SYSTOLE_U64 && fn->u;
    if (is_float ? !fn->f : !fn->i)
        return sy_cannot(c, "elements of %s", systole_dtype_name(a->dtype));
    bool to_float = sy_dtype_is_float(y->dtype);
    for (int64_t k = 0; k < y->count; k++, sy_walk_next(&w)) {
        if (is_float) {
            double v = fn->f(sy_get(a, w.at[0]), sy_get(b, w.at[1]));
            if (to_float)
                sy_put(y, k, v);
            else
                sy_put_int(y, k, v != 0);
        } else if (is_u64)
            sy_put_int(y, k, (int64_t)fn->u((uint64_t)sy_get_int(a, w.at[0]), (uint64_t)sy_get_int(b, w.at[1])));
        else
            sy_put_int(y, k, fn->i(sy_get_int(a, w.at[0]), sy_get_int(b, w.at[1])));
    }
    return SYSTOLE_OK;
}

/* Before version 7 the second operand's dimensions could be put at an axis of the first's: the same as ones behind them. */
static enum systole_status old_broadcast(struct sy_call *c, const struct systole_tensor *a, const struct systole_tensor **b,
                                         struct systole_tensor *view)
{
    const struct sy_attr *axis = sy_attr(c, "axis");
    if (c->node->version >= 7 || !axis || !sy_attr_int(c, "broadcast", 0))
        return SYSTOLE_OK;
    int at = sy_axis(axis->i, a->rank);
    if (at < 0 || at + (*b)->rank > a->rank)
        return sy_bad(c, "%s at axis %lld of %s", sy_shape(*b).text, (long long)axis->i, sy_shape(a).text);
    view->dtype = (*b)->dtype;
    view->rank = a->rank - at;
    for (int i = 0; i < view->rank; i++)
        view->dims[i] = i < (*b)->rank ? (*b)->dims[i] : 1;
    view->count = (*b)->count;
    view->data = (*b)->data;
    *b = view;
    return SYSTOLE_OK;
}

/* dtype 0: that of the inputs. */
static enum systole_status two(struct sy_call *c, const struct function *fn, enum systole_dtype dtype)
{
    const struct systole_tensor *a = sy_in(c, 0), *b = sy_in(c, 1);
    struct systole_tensor view = {.rank = 0};
    struct systole_tensor *y = NULL;
    int rank = 0;
    int64_t dims[SYSTOLE_MAX_RANK];
    if (a->dtype != b->dtype)
        return sy_bad(c, "%s and %s", systole_dtype_name(a->dtype), systole_dtype_name(b->dtype));
    enum systole_status status = old_broadcast(c, a, &b, &view);
    if (!status)
        status = sy_broadcast(c, a, b, &rank, dims);
    if (!status)
        status = sy_out(c, 0, dtype ? dtype : a->dtype, rank, dims, &y);
    return status ? status : apply(c, fn, a, b, y);
}

#define BINARY(name, type, float_expression, int_expression, uint_expression)                         \
    static double name##_f(double a, double b) { return (double)(float_expression); }                \
    static int64_t name##_i(int64_t a, int64_t b) { return (int64_t)(int_expression); }              \
    static uint64_t name##_u(uint64_t a, uint64_t b) { return (uint64_t)(uint_expression); }         \
    static const struct function name##_fn = {name##_f, name##_i, name##_u};                         \
    enum systole_status sy_op_##name(struct sy_call *c) { return two(c, &name##_fn, type); }
#define ONLY_INT(name, expression)                                                                    \
    static int64_t name##_i(int64_t a, int64_t b) { return (int64_t)(expression); }                  \
    static const struct function name##_fn = {NULL, name##_i, NULL};                                 \
    enum systole_status sy_op_##name(struct sy_call *c) { return two(c, &name##_fn, (enum systole_dtype)0); }
#define SAME (enum systole_dtype)0

static int64_t divide(int64_t a, int64_t b)
{
    return b == 0 ? 0 : b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

static int64_t remainder_of_divisor(int64_t a, int64_t b)
{
    int64_t r = b == 0 || b == -1 ? 0 : a % b;
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static double float_remainder_of_divisor(double a, double b)
{
    double r = fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

/* An integer division by zero gives 0: the file decides over the divisor, and it must not stop the process. */
BINARY(add, SAME, a + b, (uint64_t)a + (uint64_t)b, a + b)
BINARY(sub, SAME, a - b, (uint64_t)a - (uint64_t)b, a - b)
BINARY(mul, SAME, a * b, (uint64_t)a * (uint64_t)b, a * b)
BINARY(div, SAME, a / b, divide(a, b), b ? a / b : 0)
BINARY(equal, SYSTOLE_BOOL, a == b, a == b, a == b)
BINARY(less, SYSTOLE_BOOL, a < b, a < b, a < b)
BINARY(less_or_equal, SYSTOLE_BOOL, a <= b, a <= b, a <= b)
BINARY(greater, SYSTOLE_BOOL, a > b, a > b, a > b)
BINARY(greater_or_equal, SYSTOLE_BOOL, a >= b, a >= b, a >= b)
ONLY_INT(and, a != 0 && b != 0)
ONLY_INT(or, a != 0 || b != 0)
ONLY_INT(xor, (a != 0) != (b != 0))
ONLY_INT(bitwise_and, a & b)
ONLY_INT(bitwise_or, a | b)
ONLY_INT(bitwise_xor, a ^ b)

static int64_t shift_left(int64_t a, int64_t b)
{
    return b < 0 || b > 63 ? 0 : (int64_t)((uint64_t)a << b);
}

/* Signed types keep the sign; unsigned ones are never negative here but for uint64, which has its own. */
static int64_t shift_right(int64_t a, int64_t b)
{
    return b < 0 || b > 63 ? (a < 0 ? -1 : 0) : a >> b;
}

static uint64_t shift_right_u(uint64_t a, uint64_t b)
{
    return b > 63 ? 0 : a >> b;
}

enum systole_status sy_op_bit_shift(struct sy_call *c)
{
    static const struct function left = {NULL, shift_left, NULL}, right = {NULL, shift_right, shift_right_u};
    return two(c, strcmp(sy_attr_string(c, "direction", ""), "LEFT") == 0 ? &left : &right, SAME);
}

static uint64_t remainder_u(uint64_t a, uint64_t b)
{
    return b ? a % b : 0;
}

static int64_t remainder_i(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

enum systole_status sy_op_mod(struct sy_call *c)
{
    static const struct function of_divisor = {float_remainder_of_divisor, remainder_of_divisor, remainder_u};
    static const struct function of_dividend = {fmod, remainder_i, remainder_u};
    return two(c, sy_attr_int(c, "fmod", 0) ? &of_dividend : &of_divisor, SAME);
}

static int64_t int_power(int64_t a, int64_t b)
{
    if (b < 0)
        return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    uint64_t r = 1, x = (uint64_t)a;
    for (; b; b >>= 1, x *= x)
        if (b & 1)
            r *= x;
    return (int64_t)r;
}

/* The exponent may be of another type; the result has the base's. */
enum systole_status sy_op_pow(struct sy_call *c)
{
    const struct systole_tensor *a = sy_in(c, 0), *b = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    int rank = 0;
    int64_t dims[SYSTOLE_MAX_RANK];
    enum systole_status status = sy_broadcast(c, a, b, &rank, dims);
    if (!status)
        status = sy_out(c, 0, a->dtype, rank, dims, &y);
    if (status)
        return status;
    bool ints = !sy_dtype_is_float(a->dtype) && !sy_dtype_is_float(b->dtype);
    struct sy_walk w;
    sy_walk_start(&w, rank, dims);
    sy_walk_broadcast(&w, a);
    sy_walk_broadcast(&w, b);
    for (int64_t k = 0; k < y->count; k++, sy_walk_next(&w))
        if (ints)
            sy_put_int(y, k, int_power(sy_get_int(a, w.at[0]), sy_get_int(b, w.at[1])));
        else
            sy_put(y, k, pow(sy_get(a, w.at[0]), sy_get(b, w.at[1])));
    return SYSTOLE_OK;
}

static double prelu_f(double a, double b) { return a < 0 ? a * b : a; }
static int64_t prelu_i(int64_t a, int64_t b) { return a < 0 ? (int64_t)((uint64_t)a * (uint64_t)b) : a; }
static uint64_t prelu_u(uint64_t a, uint64_t b) { (void)b; return a; }

enum systole_status sy_op_prelu(struct sy_call *c)
{
    static const struct function fn = {prelu_f, prelu_i, prelu_u};
    const struct systole_tensor *a = sy_in(c, 0), *slope = sy_in(c, 1);
    if (c->node->version >= 7 || slope->count == 1 || a->rank < 2)
        return two(c, &fn, SAME);
    /* Before version 7 a slope is of the channels. */
    struct systole_tensor view = {.dtype = slope->dtype, .rank = a->rank - 1, .count = slope->count, .data = slope->data};
    for (int i = 0; i < view.rank; i++)
        view.dims[i] = i == 0 ? slope->count : 1;
    struct systole_tensor *y = NULL;
    if (slope->count != a->dims[1] || slope->dtype != a->dtype)
        return sy_bad(c, "%lld slopes for %s", (long long)slope->count, sy_shape(a).text);
    enum systole_status status = sy_out_like(c, 0, a, &y);
    return status ? status : apply(c, &fn, a, &view, y);
}

/* ---- Any number of inputs ---- */

static double max_f(double a, double b) { return isnan(a) || a > b ? a : b; }
static int64_t max_i(int64_t a, int64_t b) { return a > b ? a : b; }
static uint64_t max_u(uint64_t a, uint64_t b) { return a > b ? a : b; }
static double min_f(double a, double b) { return isnan(a) || a < b ? a : b; }
static int64_t min_i(int64_t a, int64_t b) { return a < b ? a : b; }
static uint64_t min_u(uint64_t a, uint64_t b) { return a < b ? a : b; }

static enum systole_status many(struct sy_call *c, const struct function *fn, double divisor)
{
    const struct systole_tensor *first = sy_in(c, 0);
    struct systole_tensor *y = NULL, *acc = NULL;
    int rank = first->rank;
    int64_t dims[SYSTOLE_MAX_RANK];
    memcpy(dims, first->dims, sizeof(dims));
    struct systole_tensor shape = *first;
    enum systole_status status = SYSTOLE_OK;
    for (int i = 1; i < c->n_in && !status; i++) {
        const struct systole_tensor *t = sy_in(c, i);
        if (!t || t->dtype != first->dtype)
            return sy_bad(c, "input %d is missing or of another type", i);
        status = sy_broadcast(c, &shape, t, &rank, dims);
        shape.rank = rank;
        memcpy(shape.dims, dims, sizeof(dims));
    }
    if (!status)
        status = sy_out(c, 0, first->dtype, rank, dims, &y);
    if (!status)
        status = sy_tensor_new(c->ctx, first->dtype, rank, dims, &acc);
    if (status)
        return status;
    struct sy_walk w;
    sy_walk_start(&w, rank, dims);
    sy_walk_broadcast(&w, first);
    for (int64_t k = 0; k < y->count; k++, sy_walk_next(&w))
        sy_copy_element(y, k, first, w.at[0]);
    for (int i = 1; i < c->n_in && !status; i++) {
        memcpy(acc->data, y->data, systole_tensor_bytes(y));
        status = apply(c, fn, acc, sy_in(c, i), y);
    }
    for (int64_t k = 0; divisor != 1 && !status && k < y->count; k++)
        sy_put(y, k, sy_get(y, k) / divisor);
    systole_tensor_free(acc);
    return status;
}

enum systole_status sy_op_max(struct sy_call *c)
{
    static const struct function fn = {max_f, max_i, max_u};
    return many(c, &fn, 1);
}

enum systole_status sy_op_min(struct sy_call *c)
{
    static const struct function fn = {min_f, min_i, min_u};
    return many(c, &fn, 1);
}

enum systole_status sy_op_sum(struct sy_call *c)
{
    return many(c, &add_fn, 1);
}

enum systole_status sy_op_mean(struct sy_call *c)
{
    return many(c, &add_fn, c->n_in);
}

enum systole_status sy_op_where(struct sy_call *c)
{
    const struct systole_tensor *p = sy_in(c, 0), *a = sy_in(c, 1), *b = sy_in(c, 2);
    struct systole_tensor *y = NULL;
    int rank = 0;
    int64_t dims[SYSTOLE_MAX_RANK];
    if (a->dtype != b->dtype || p->dtype != SYSTOLE_BOOL)
        return sy_bad(c, "%s ? %s : %s", systole_dtype_name(p->dtype), systole_dtype_name(a->dtype), systole_dtype_name(b->dtype));
    enum systole_status status = sy_broadcast(c, a, b, &rank, dims);
    if (!status) {
        struct systole_tensor shape = *a;
        shape.rank = rank;
        memcpy(shape.dims, dims, sizeof(dims));
        status = sy_broadcast(c, &shape, p, &rank, dims);
    }
    if (!status)
        status = sy_out(c, 0, a->dtype, rank, dims, &y);
    if (status)
        return status;
    struct sy_walk w;
    sy_walk_start(&w, rank, dims);
    sy_walk_broadcast(&w, p);
    sy_walk_broadcast(&w, a);
    sy_walk_broadcast(&w, b);
    for (int64_t k = 0; k < y->count; k++, sy_walk_next(&w))
        sy_copy_element(y, k, sy_get_int(p, w.at[0]) ? a : b, sy_get_int(p, w.at[0]) ? w.at[1] : w.at[2]);
    return SYSTOLE_OK;
}
