/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of constants become constants. Only operators whose output is no larger than what they are given, so that a file cannot
 * ask for more memory than it has.
 */
#include <string.h>

#include "host/core/alloc.h"
#include "host/graph/fold_pass.h"
#include "host/ref/call.h"

enum { MOST_INPUTS = 8, MOST_BYTES = 256 << 20, MOST_MADE = 1 << 30 }; /* MOST_MADE: of all together */

static bool is_simple(const struct sy_node *n, bool dequantize)
{
    static const char *const simple[] = {"Constant", "Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Cast", "Sqrt",
                                         "Neg", "Abs", "Reciprocal", "QuantizeLinear", "Concat", "Slice"};
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (sy_fold_is(n, simple[i]))
            return true;
    return dequantize && sy_fold_is(n, "DequantizeLinear");
}

/* Element by element, with a tensor of one element or of the same shape. */
static bool is_even_binary(const struct sy_node *n, const struct systole_tensor *const *in)
{
    if (!(sy_fold_is(n, "Add") || sy_fold_is(n, "Sub") || sy_fold_is(n, "Mul") || sy_fold_is(n, "Div")) || n->n_in != 2)
        return false;
    return in[0]->count == 1 || in[1]->count == 1 ||
           (in[0]->rank == in[1]->rank && memcmp(in[0]->dims, in[1]->dims, (size_t)in[0]->rank * sizeof *in[0]->dims) == 0);
}

static bool is_small_fill(const struct sy_node *n, const struct systole_tensor *shape)
{
    int64_t count = 1;
    if (!sy_fold_is(n, "ConstantOfShape") || shape->count > SYSTOLE_MAX_RANK || sy_dtype_is_float(shape->dtype))
        return false;
    for (int64_t i = 0; i < shape->count; i++)
        if (!sy_mul(count, sy_get_int(shape, i), &count))
            return false;
    return count <= MOST_BYTES / 8;
}

static enum systole_status fold_node(struct sy_fold *f, struct sy_node *n, bool dequantize)
{
    const struct systole_tensor *in[MOST_INPUTS];
    struct systole_tensor *out[1] = {NULL};
    if (f->made > MOST_MADE || n->n_in > MOST_INPUTS || n->n_out != 1 || n->out[0] < 0 || n->n_in < n->op->least)
        return SYSTOLE_OK;
    for (int i = 0; i < n->n_in; i++) {
        in[i] = sy_fold_constant(f->g, n->in[i]);
        if ((n->in[i] >= 0 || sy_op_needs(n->op, i)) && (!in[i] || systole_tensor_bytes(in[i]) > MOST_BYTES))
            return SYSTOLE_OK;
    }
    if (!is_simple(n, dequantize) && !is_even_binary(n, in) && !(n->n_in == 1 && is_small_fill(n, in[0])))
        return SYSTOLE_OK;
    const struct sy_scope scope = {.graph = f->g};
    struct sy_call call = {f->ctx, n, n->n_in, 1, in, out, &scope};
    const enum systole_status status = n->op->run(&call);
    if (status || !out[0]) {
        systole_tensor_free(out[0]);
        if (status == SYSTOLE_NO_MEMORY)
            return sy_no_memory(f->ctx);
        sy_clear(f->ctx); /* the node itself will say what is wrong when it runs */
        return SYSTOLE_OK;
    }
    f->made += systole_tensor_bytes(out[0]);
    f->g->values[n->out[0]].initialiser = out[0];
    f->g->values[n->out[0]].producer = -1;
    n->op = NULL; /* removed by whoever tidies up */
    f->changed++;
    return SYSTOLE_OK;
}

/* `dequantize`: DequantizeLinear too. Before the quantised operators are found it has to stay. */
enum systole_status sy_fold_constants(struct sy_fold *f, bool dequantize)
{
    enum systole_status status = SYSTOLE_OK;
    for (int at = 0; at < f->g->n_nodes && !status; at++)
        status = fold_node(f, &f->g->nodes[f->g->order[at]], dequantize);
    return status;
}
