/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes of all values before anything runs. An operation of the device says the shape of its result; any other node is tried on
 * zeros, its products left out.
 *
 * A shape found so may be wrong where it depends on data. Nobody relies on it: a segment looks at the shapes of what it is really given,
 * and inside it every shape follows from those.
 */
#include <string.h>

#include "host/core/alloc.h"
#include "host/net/compile.h"
#include "host/ref/call.h"

enum { MOST_TRIED = 1 << 24, MOST_EXACT = 4096 };

void net_set_shape(struct net_compiler *c, int value, enum systole_dtype dtype, int rank, const int64_t *dims)
{
    struct net_shape *s = &c->shape[value];
    *s = (struct net_shape){.known = true, .dtype = dtype, .rank = rank, .count = 1};
    for (int i = 0; i < rank; i++) {
        s->dims[i] = dims[i];
        if (!sy_mul(s->count, dims[i], &s->count))
            s->known = false;
    }
}

const struct systole_tensor *net_constant(const struct net_compiler *c, const struct sy_node *n, int input)
{
    return input >= 0 && input < n->n_in && n->in[input] >= 0 ? c->shape[n->in[input]].constant : NULL;
}

const struct net_shape *net_input(const struct net_compiler *c, const struct sy_node *n, int input)
{
    return input >= 0 && input < n->n_in && n->in[input] >= 0 && c->shape[n->in[input]].known ? &c->shape[n->in[input]] : NULL;
}

static void shape_of_tensor(struct net_compiler *c, int v, const struct systole_tensor *t, bool constant)
{
    net_set_shape(c, v, t->dtype, t->rank, t->dims);
    c->shape[v].constant = constant ? t : NULL;
}

/* An initialiser that a run has replaced is an input like any other. */
static void given_shapes(struct net_compiler *c)
{
    const struct sy_graph *g = c->g;
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].initialiser)
            shape_of_tensor(c, v, g->values[v].initialiser, true);
    for (int i = 0; i < g->n_inputs; i++) {
        const int v = g->inputs[i];
        const struct sy_value *value = &g->values[v];
        int64_t dims[SYSTOLE_MAX_RANK];
        if (c->set[v]) {
            shape_of_tensor(c, v, c->set[v], false);
        } else if (!value->initialiser && value->rank >= 0 && value->dtype) {
            for (int k = 0; k < value->rank; k++)
                dims[k] = value->dims[k] < 0 ? 1 : value->dims[k];
            net_set_shape(c, v, value->dtype, value->rank, dims);
        }
    }
}

/* ---- nodes that are not the device's ---- */

static bool is_about_shapes(const struct sy_node *n)
{
    return n->domain[0] == '\0' && (strcmp(n->op_type, "Shape") == 0 || strcmp(n->op_type, "Size") == 0);
}

/* The inputs of a node: what is known exactly, zeros for the rest. `own`: the zeros, to be freed. */
static enum systole_status zeros_for(struct net_compiler *c, const struct sy_node *n, const struct systole_tensor **in,
                                     struct systole_tensor **own, bool *exact)
{
    *exact = true;
    for (int i = 0; i < n->n_in; i++) {
        const struct net_shape *s = net_input(c, n, i);
        in[i] = s ? s->constant : NULL;
        if (!s || in[i])
            continue;
        *exact = false;
        const enum systole_status status = sy_tensor_new(c->ctx, s->dtype, s->rank, s->dims, &own[i]);
        if (status)
            return status;
        in[i] = own[i];
    }
    return SYSTOLE_OK;
}

enum { FEW = 16 };

static bool can_be_tried(const struct net_compiler *c, const struct sy_node *n)
{
    int64_t count = 0;
    if (n->n_in > FEW || n->n_out > FEW)
        return false;
    for (int i = 0; i < n->n_in; i++) {
        const struct net_shape *s = net_input(c, n, i);
        if (n->in[i] >= 0 && (!s || !sy_dtype_size(s->dtype)))
            return false;
        count += s && !s->constant ? s->count : 0;
    }
    for (int i = 0; i < n->op->least; i++)
        if (i >= n->n_in || n->in[i] < 0)
            return false;
    return count <= MOST_TRIED;
}

/* Runs it on zeros and keeps the shapes of what comes out; a node that fails has none. */
static enum systole_status try_node(struct net_compiler *c, const struct sy_node *n)
{
    const struct systole_tensor *in[FEW] = {0};
    struct systole_tensor *own[FEW] = {0}, *out[FEW] = {0};
    const struct sy_scope scope = {.graph = c->g, .engine = sy_engine_dry()};
    bool exact;
    if (!can_be_tried(c, n))
        return SYSTOLE_OK;
    struct sy_call call = {c->ctx, n, n->n_in, n->n_out, in, out, &scope};
    const systole_log_fn log = c->ctx->log;
    enum systole_status status = zeros_for(c, n, in, own, &exact);
    c->ctx->log = NULL; /* what it says of zeros is nobody's business */
    if (!status)
        status = n->op->run(&call);
    c->ctx->log = log;
    for (int i = 0; i < n->n_out; i++) {
        if (!status && out[i] && n->out[i] >= 0) {
            struct net_shape *s = &c->shape[n->out[i]];
            const bool keep = (exact || is_about_shapes(n)) && out[i]->count <= MOST_EXACT;
            shape_of_tensor(c, n->out[i], out[i], keep);
            s->owned = keep ? out[i] : NULL;
            out[i] = keep ? NULL : out[i];
        }
        systole_tensor_free(out[i]);
    }
    for (int i = 0; i < n->n_in; i++)
        systole_tensor_free(own[i]);
    if (status == SYSTOLE_NO_MEMORY)
        return sy_no_memory(c->ctx);
    sy_clear(c->ctx);
    return SYSTOLE_OK;
}

/* ---- all nodes ---- */

bool net_is_both(const struct net_shape *s)
{
    int64_t area = 1;
    for (int i = 2; i < s->rank; i++)
        area *= s->dims[i];
    return s->rank < 3 || area == 1 || s->dims[1] == 1;
}

/* What an operation here makes lies as it lies; what comes from the host can be put in any order. */
static bool lies_right(const struct net_compiler *c, const struct net_op *op, int value, char why[SY_WHY])
{
    if (value < 0 || c->maker[value] < 0 || c->layout[value] == op->layout || net_is_both(&c->shape[value]))
        return true;
    return net_no(why, "it needs its input's elements in another order than the node before leaves them in");
}

static enum systole_status look_at(struct net_compiler *c, int node)
{
    struct net_op *op = &c->ops[c->n_ops];
    const struct sy_node *n = &c->g->nodes[node];
    *op = (struct net_op){.node = node, .in = -1, .other = -1, .out = -1};
    if (net_fuse(c, node, c->why[node]))
        return SYSTOLE_OK;
    if (net_recognise(c, node, op, c->why[node]) && lies_right(c, op, op->in, c->why[node]) && lies_right(c, op, op->other, c->why[node])) {
        c->op_of[node] = c->n_ops;
        c->maker[op->out] = c->n_ops;
        c->layout[op->out] = op->layout;
        c->n_ops++;
        return SYSTOLE_OK;
    }
    sy_free(op->scale);
    op->scale = NULL;
    sy_clear(c->ctx);
    return c->no_memory ? sy_no_memory(c->ctx) : try_node(c, n);
}

enum systole_status net_shapes(struct net_compiler *c)
{
    enum systole_status status = SYSTOLE_OK;
    given_shapes(c);
    for (int at = 0; at < c->g->n_nodes && !status; at++)
        status = look_at(c, c->g->order[at]);
    return status;
}
