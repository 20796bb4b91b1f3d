/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ref/compose.h"

enum { VERSION = 24, MOST_OUT = 4 };

static void keep(struct sy_steps *s, struct systole_tensor *t)
{
    if (t && s->n == SY_STEPS) {
        systole_tensor_free(t);
        sy_steps_fail(s, sy_cannot(s->c, "more than %d steps", SY_STEPS));
    } else if (t)
        s->made[s->n++] = t;
}

void sy_steps_fail(struct sy_steps *s, enum systole_status status)
{
    s->status = s->status ? s->status : status;
}

void sy_step_all(struct sy_steps *s, const char *op, int n_in, const struct systole_tensor *const *in, int n_attrs,
                 const struct sy_attr *attrs, int n_out, const struct systole_tensor **out)
{
    struct systole_tensor *made[MOST_OUT] = {NULL};
    int wanted[MOST_OUT] = {0};
    for (int i = 0; i < n_out; i++)
        out[i] = NULL;
    if (s->status)
        return;
    struct sy_node node = *s->c->node; /* its name, for messages */
    node.op = sy_op_find("", op, VERSION);
    node.version = VERSION;
    node.n_in = n_in;
    node.n_out = n_out;
    node.out = wanted;
    node.n_attrs = n_attrs;
    union { const struct sy_attr *given; struct sy_attr *of_node; } list = {attrs}; /* no operator writes to its attributes */
    node.attrs = list.of_node;
    struct sy_call call = {s->c->ctx, &node, n_in, n_out, in, made, s->c->scope};
    if (!node.op)
        s->status = sy_cannot(s->c, "its step %s", op);
    for (int i = 0; !s->status && (i < n_in || i < node.op->least); i++)
        if (sy_op_needs(node.op, i) && (i >= n_in || !in[i]))
            s->status = sy_bad(s->c, "its step %s lacks input %d", op, i);
    if (!s->status)
        s->status = node.op->run(&call);
    for (int i = 0; i < n_out; i++) {
        if (!s->status && !made[i])
            s->status = sy_cannot(s->c, "output %d of its step %s", i, op);
        out[i] = made[i];
        keep(s, made[i]);
    }
}

const struct systole_tensor *sy_step(struct sy_steps *s, const char *op, int n_in, const struct systole_tensor *const *in, int n_attrs,
                                     const struct sy_attr *attrs)
{
    const struct systole_tensor *out;
    sy_step_all(s, op, n_in, in, n_attrs, attrs, 1, &out);
    return s->status ? NULL : out;
}

const struct systole_tensor *sy_step1(struct sy_steps *s, const char *op, const struct systole_tensor *a)
{
    return sy_step(s, op, 1, &a, 0, NULL);
}

const struct systole_tensor *sy_step2(struct sy_steps *s, const char *op, const struct systole_tensor *a, const struct systole_tensor *b)
{
    return sy_step(s, op, 2, (const struct systole_tensor *const[]){a, b}, 0, NULL);
}

struct systole_tensor *sy_step_new(struct sy_steps *s, enum systole_dtype dtype, int rank, const int64_t *dims)
{
    struct systole_tensor *t = NULL;
    if (!s->status)
        s->status = sy_at_node(s->c, sy_tensor_new(s->c->ctx, dtype, rank, dims, &t));
    keep(s, t);
    return s->status ? NULL : t;
}

const struct systole_tensor *sy_step_number(struct sy_steps *s, const struct systole_tensor *a, double value)
{
    struct systole_tensor *t = s->status ? NULL : sy_step_new(s, a->dtype, 0, NULL);
    if (t)
        sy_put(t, 0, value);
    return t;
}

const struct systole_tensor *sy_step_reshape(struct sy_steps *s, const struct systole_tensor *a, int rank, const int64_t *dims)
{
    struct systole_tensor *t = NULL;
    if (!s->status)
        s->status = sy_at_node(s->c, sy_tensor_reshaped(s->c->ctx, a, rank, dims, &t));
    keep(s, t);
    return s->status ? NULL : t;
}

const struct systole_tensor *sy_step_transpose(struct sy_steps *s, const struct systole_tensor *a, const int64_t *order)
{
    static char name[] = "perm";
    int64_t list[SYSTOLE_MAX_RANK] = {0};
    if (s->status)
        return NULL;
    memcpy(list, order, (size_t)a->rank * sizeof *list);
    const struct sy_attr perm = {.name = name, .kind = SY_ATTR_INTS, .ints = list, .count = (size_t)a->rank};
    return sy_step(s, "Transpose", 1, &a, 1, &perm);
}

const struct systole_tensor *sy_step_swap(struct sy_steps *s, const struct systole_tensor *a)
{
    int64_t order[SYSTOLE_MAX_RANK];
    if (s->status || a->rank < 2)
        return a;
    for (int i = 0; i < a->rank; i++)
        order[i] = i < a->rank - 2 ? i : 2 * a->rank - 3 - i;
    return sy_step_transpose(s, a, order);
}

const struct systole_tensor *sy_step_cast(struct sy_steps *s, const struct systole_tensor *a, enum systole_dtype dtype)
{
    static char name[] = "to";
    const struct sy_attr to = {.name = name, .kind = SY_ATTR_INT, .i = (int64_t)dtype};
    return sy_step(s, "Cast", 1, &a, 1, &to);
}

const struct systole_tensor *sy_step_slice(struct sy_steps *s, const struct systole_tensor *a, int axis, int64_t from, int64_t to)
{
    int64_t dims[SYSTOLE_MAX_RANK];
    if (s->status)
        return NULL;
    memcpy(dims, a->dims, sizeof dims);
    dims[axis] = to - from;
    struct systole_tensor *t = sy_step_new(s, a->dtype, a->rank, dims);
    const int64_t inner = sy_span(a, axis + 1, a->rank), line = (to - from) * inner;
    for (int64_t i = 0; t && i < t->count; i++)
        sy_copy_element(t, i, a, (i / line * a->dims[axis] + from) * inner + i % line);
    return t;
}

void sy_steps_out(struct sy_steps *s, int output, const struct systole_tensor *t)
{
    for (int i = 0; i < s->n && !s->status && sy_wants(s->c, output); i++)
        if (s->made[i] == t) {
            s->c->out[output] = systole_tensor_ref(s->made[i]);
            return;
        }
    if (!s->status && sy_wants(s->c, output)) /* one of the inputs */
        sy_steps_fail(s, sy_out_reshaped(s->c, output, t, t->rank, t->dims));
}

enum systole_status sy_steps_end(struct sy_steps *s)
{
    for (int i = 0; i < s->n; i++)
        systole_tensor_free(s->made[i]);
    s->n = 0;
    return s->status;
}
