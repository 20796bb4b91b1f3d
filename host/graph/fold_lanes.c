/* SPDX-License-Identifier: Apache-2.0 */
/* What works element by element or moves elements, between DequantizeLinear and QuantizeLinear: one operator on bytes. */
#include <string.h>

#include "host/graph/fold_pass.h"
#include "host/ref/call.h"

/* Both of the same type, scale and zero point: bytes that pass through both unchanged. */
static bool same_numbers(const struct sy_graph *g, const struct sy_node *dequantize, const struct sy_node *quantize)
{
    const struct systole_tensor *s0 = sy_fold_constant(g, dequantize->in[1]), *s1 = sy_fold_constant(g, quantize->in[1]);
    const struct systole_tensor *z0 = sy_fold_constant(g, sy_fold_input(dequantize, 2)), *z1 = sy_fold_constant(g, quantize->in[2]);
    return z0 && z0->dtype == z1->dtype && z0->count == 1 && sy_get(s0, 0) == sy_get(s1, 0) && sy_get(s0, 0) > 0 &&
           sy_get(z0, 0) == sy_get(z1, 0);
}

static const struct sy_node *dequantize_of(const struct sy_fold *f, int v)
{
    const struct sy_node *n = sy_fold_maker(f->g, v);
    return n && sy_fold_is_dequantize(f->g, n, 1, 0) && !sy_fold_constant(f->g, n->in[0]) ? n : NULL;
}

/* ---- moves: the same numbers in another order, or the largest of them ---- */

/* How many are negative or reach their limit; without limits, how many are not 0. */
static int64_t misfits(const struct sy_attr *a, const struct sy_attr *limit)
{
    int64_t count = 0;
    for (size_t i = 0; a && i < a->count; i++)
        count += limit ? a->ints[i] < 0 || a->ints[i] >= limit->ints[i % limit->count] : a->ints[i] != 0;
    return count;
}

/* No window of it lies wholly in the padding, where there is no largest byte. */
static bool is_full_max_pool(const struct sy_node *n)
{
    const struct sy_attr *kernel = sy_fold_attr(n, "kernel_shape"), *pads = sy_fold_attr(n, "pads"), *dil = sy_fold_attr(n, "dilations");
    if (!sy_fold_is(n, "MaxPool") || n->n_out != 1 || !kernel || kernel->kind != SY_ATTR_INTS || kernel->count == 0 ||
        sy_fold_attr_int(n, "ceil_mode", 0) || (pads && (pads->kind != SY_ATTR_INTS || pads->count != 2 * kernel->count)))
        return false;
    for (size_t i = 0; dil && i < dil->count; i++)
        if (dil->kind != SY_ATTR_INTS || dil->ints[i] != 1)
            return false;
    return misfits(pads, kernel) == 0;
}

static bool is_move(const struct sy_node *n)
{
    static const char *const moves[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity"};
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (sy_fold_is(n, moves[i]))
            return n->n_out == 1;
    return is_full_max_pool(n);
}

static enum systole_status fold_move(struct sy_fold *f, struct sy_node *q, struct sy_node *move, const struct sy_node *dequantize)
{
    int in[3] = {dequantize->in[0], -1, -1};
    for (int i = 1; i < move->n_in && i < 3; i++)
        in[i] = move->in[i];
    char op[32];
    strcpy(op, move->op_type);
    return sy_fold_become(f, q, move, "", op, move->version, in, move->n_in);
}

/* ---- sums and averages ---- */

static enum systole_status fold_add(struct sy_fold *f, struct sy_node *q, struct sy_node *add)
{
    const struct sy_node *a = dequantize_of(f, add->in[0]), *b = dequantize_of(f, add->in[1]);
    if (!a || !b)
        return SYSTOLE_OK;
    const int in[8] = {a->in[0], a->in[1], a->in[2], b->in[0], b->in[1], b->in[2], q->in[1], q->in[2]};
    return sy_fold_become(f, q, add, "systole", "QLinearAdd", 1, in, 8);
}

/* Windows all of the same size: no padding, none cut off. */
static bool is_even_average(const struct sy_node *n)
{
    const struct sy_attr *mode = sy_fold_attr(n, "auto_pad"), *pads = sy_fold_attr(n, "pads");
    if (sy_fold_is(n, "GlobalAveragePool"))
        return true;
    return sy_fold_is(n, "AveragePool") && !sy_fold_attr_int(n, "ceil_mode", 0) && (!pads || pads->kind == SY_ATTR_INTS) &&
           (!mode || !mode->s || strncmp(mode->s, "SAME_", 5) != 0) && misfits(pads, NULL) == 0;
}

static enum systole_status fold_average(struct sy_fold *f, struct sy_node *q, struct sy_node *pool, const struct sy_node *dequantize)
{
    const int in[5] = {dequantize->in[0], dequantize->in[1], dequantize->in[2], q->in[1], q->in[2]};
    const bool global = sy_fold_is(pool, "GlobalAveragePool");
    return sy_fold_become(f, q, pool, "systole", global ? "QLinearGlobalAveragePool" : "QLinearAveragePool", 1, in, 5);
}

/* ---- functions of one element: a table of what every byte becomes ---- */

static bool is_function(const struct sy_graph *g, const struct sy_node *n)
{
    static const char *const functions[] = {"Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Selu", "Celu",
                                            "Softplus", "Softsign", "Exp", "Erf", "Gelu", "Abs", "Neg", "Mish", "Swish", "Identity",
                                            "ThresholdedRelu", "Sqrt", "Log", "Reciprocal", "Floor", "Ceil", "Round", "Sign"};
    if (!n || n->n_out != 1)
        return false;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (sy_fold_is(n, functions[i]))
            return true;
    if (!sy_fold_is(n, "Clip"))
        return false;
    for (int i = 1; i < n->n_in; i++)
        if (n->in[i] >= 0 && !sy_fold_constant(g, n->in[i]))
            return false;
    return true;
}

enum { MOST_FUNCTIONS = 8 };

/* Input 0 of the node is *t, which its output replaces. */
static enum systole_status apply(struct sy_fold *f, const struct sy_node *n, struct systole_tensor **t)
{
    const struct systole_tensor *in[4] = {*t};
    struct systole_tensor *out[1] = {NULL};
    const struct sy_scope scope = {.graph = f->g};
    for (int i = 1; i < n->n_in && i < 4; i++)
        in[i] = sy_fold_constant(f->g, n->in[i]);
    struct sy_call call = {f->ctx, n, n->n_in < 4 ? n->n_in : 4, 1, in, out, &scope};
    const enum systole_status status = n->op->run(&call);
    systole_tensor_free(*t);
    *t = out[0];
    return status;
}

static enum systole_status make_table(struct sy_fold *f, struct sy_node *const *chain, int n, struct systole_tensor **table)
{
    const int64_t dims[1] = {256};
    const struct systole_tensor *zero = sy_fold_constant(f->g, sy_fold_input(chain[n - 1], 2));
    struct systole_tensor *t = NULL;
    enum systole_status status = sy_tensor_new(f->ctx, zero->dtype, 1, dims, &t);
    for (int i = 0; i < 256 && !status; i++)
        ((uint8_t *)t->data)[i] = (uint8_t)i;
    for (int i = n - 1; i >= 0 && !status; i--)
        status = apply(f, chain[i], &t);
    if (status)
        systole_tensor_free(t);
    else
        *table = t;
    return status;
}

/* chain: the QuantizeLinear first, then what is before it, the DequantizeLinear last. */
static enum systole_status fold_functions(struct sy_fold *f, struct sy_node *q)
{
    struct sy_node *chain[MOST_FUNCTIONS + 2] = {q};
    int n = 1;
    struct sy_node *before = sy_fold_maker(f->g, q->in[0]);
    while (n <= MOST_FUNCTIONS && is_function(f->g, before) && sy_fold_is_private(f, before)) {
        chain[n++] = before;
        before = sy_fold_maker(f->g, before->in[0]);
    }
    if (!before || !sy_fold_is_dequantize(f->g, before, 1, 0) || sy_fold_constant(f->g, before->in[0]))
        return SYSTOLE_OK;
    chain[n++] = before;
    struct systole_tensor *table = NULL;
    int in[2] = {before->in[0], -1};
    enum systole_status status = make_table(f, chain, n, &table);
    if (status && status != SYSTOLE_NO_MEMORY) {
        sy_clear(f->ctx); /* the node itself will say what is wrong when it runs */
        return SYSTOLE_OK;
    }
    if (!status)
        status = sy_fold_add_constant(f, q->name, table, &in[1]);
    return status ? status : sy_fold_become(f, q, q, "systole", "QLinearTable", 1, in, 2);
}

enum systole_status sy_fold_lanes(struct sy_fold *f, int node)
{
    struct sy_node *q = &f->g->nodes[node];
    if (!sy_fold_is_quantize(f->g, q))
        return SYSTOLE_OK;
    struct sy_node *before = sy_fold_before(f, q), *direct = sy_fold_maker(f->g, q->in[0]);
    if (before && sy_fold_is(before, "Add") && before->n_in == 2)
        return fold_add(f, q, before);
    const struct sy_node *dequantize = before && before->n_in ? dequantize_of(f, before->in[0]) : NULL;
    if (dequantize && is_even_average(before))
        return fold_average(f, q, before, dequantize);
    if (dequantize && before == direct && is_move(before) && same_numbers(f->g, dequantize, q))
        return fold_move(f, q, before, dequantize);
    return fold_functions(f, q);
}
