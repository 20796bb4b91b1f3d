/* SPDX-License-Identifier: Apache-2.0 */
/* Quantised operators of the domain com.microsoft that dequantise, compute in fp32 and quantise again. */
#include "host/graph/ops.h"
#include "host/ref/compose.h"

/* Inputs i, i + 1 and i + 2: bytes, their scale, their zero point (which may be left out). */
static const struct systole_tensor *dequantised(struct sy_steps *s, int i)
{
    if (!sy_in(s->c, i) || !sy_in(s->c, i + 1)) {
        sy_steps_fail(s, sy_bad(s->c, "input %d is missing", sy_in(s->c, i) ? i + 1 : i));
        return NULL;
    }
    return sy_step(s, "DequantizeLinear", 3, s->c->in + i, 0, NULL);
}

/* By inputs i and i + 1; without a zero point the bytes are unsigned. */
static void quantise_out(struct sy_steps *s, const struct systole_tensor *y, int i)
{
    const struct systole_tensor *const in[3] = {y, sy_in(s->c, i), sy_in(s->c, i + 1)};
    if (!in[1])
        sy_steps_fail(s, sy_bad(s->c, "input %d is missing", i));
    sy_steps_out(s, 0, sy_step(s, "QuantizeLinear", 3, in, 0, NULL));
}

/* A function of one tensor, with the node's attributes. */
static enum systole_status one(struct sy_call *c, const char *op)
{
    struct sy_steps s = {.c = c};
    if (sy_attr_int(c, "channels_last", 0))
        return sy_cannot(c, "channels behind the rest (channels_last)");
    const struct systole_tensor *x = dequantised(&s, 0);
    quantise_out(&s, sy_step(&s, op, 1, &x, c->node->n_attrs, c->node->attrs), 3);
    return sy_steps_end(&s);
}

enum systole_status sy_op_qlinear_sigmoid(struct sy_call *c)
{
    return one(c, "Sigmoid");
}

enum systole_status sy_op_qlinear_leaky_relu(struct sy_call *c)
{
    return one(c, "LeakyRelu");
}

/* Before ONNX's version 13 the axis splits the dimensions in two; the attribute `opset` says which it is. */
enum systole_status sy_op_qlinear_softmax(struct sy_call *c)
{
    const int axis = sy_axis(sy_attr_int(c, "axis", -1), sy_in(c, 0)->rank);
    if (sy_attr_int(c, "opset", 13) < 13 && axis != sy_in(c, 0)->rank - 1)
        return sy_cannot(c, "axis %d of %d, as before version 13", axis, sy_in(c, 0)->rank);
    return one(c, "Softmax");
}

enum systole_status sy_op_qlinear_average_pool_float(struct sy_call *c)
{
    return one(c, "AveragePool");
}

enum systole_status sy_op_qlinear_mul(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *a = dequantised(&s, 0), *b = dequantised(&s, 3);
    quantise_out(&s, sy_step2(&s, "Mul", a, b), 6);
    return sy_steps_end(&s);
}

/* condition, X and its scale and zero point, Y and its, Z's scale and zero point */
enum systole_status sy_op_qlinear_where(struct sy_call *c)
{
    struct sy_steps s = {.c = c};
    const struct systole_tensor *x = dequantised(&s, 1), *y = dequantised(&s, 4);
    quantise_out(&s, sy_step(&s, "Where", 3, (const struct systole_tensor *const[]){sy_in(c, 0), x, y}, 0, NULL), 7);
    return sy_steps_end(&s);
}

/* Y's scale and zero point, and then X, its scale, its zero point, again and again */
enum systole_status sy_op_qlinear_concat(struct sy_call *c)
{
    enum { MOST = 16 };
    struct sy_steps s = {.c = c};
    const struct systole_tensor *list[MOST] = {NULL};
    const int n = (c->n_in - 2) / 3;
    if (c->n_in < 5 || (c->n_in - 2) % 3 || n > MOST)
        return sy_bad(c, "%d inputs: a scale, a zero point, and three for each of at most %d tensors", c->n_in, MOST);
    for (int i = 0; i < n; i++)
        list[i] = dequantised(&s, 2 + 3 * i);
    quantise_out(&s, sy_step(&s, "Concat", n, list, c->node->n_attrs, c->node->attrs), 0);
    return sy_steps_end(&s);
}
