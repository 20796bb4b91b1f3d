/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a graph node by node on the reference operators. */
#include "host/graph/ops.h"
#include "host/graph/profile.h"
#include "host/ref/call.h"

#include <stdio.h>

enum { FEW = 16 };

struct systole_tensor *sy_value_of(const struct sy_scope *s, int v)
{
    if (s->values[v])
        return s->values[v];
    const struct sy_value *value = &s->graph->values[v];
    if (value->initialiser)
        return value->initialiser;
    for (const struct sy_scope *o = s->outer; o; o = o->outer) {
        int there = sy_graph_find(o->graph, value->name);
        if (there >= 0 && (o->values[there] || o->graph->values[there].initialiser))
            return o->values[there] ? o->values[there] : o->graph->values[there].initialiser;
    }
    return NULL;
}

static enum systole_status check_inputs(struct sy_call *c)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->node->in[i] >= 0 && !c->in[i])
            return sy_bad(c, "input '%s' has no value", c->scope->graph->values[c->node->in[i]].name);
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->items && !sy_op_takes_sequences(c->node->op))
            return sy_bad(c, "input %d is a sequence of %lld, not a tensor", i, (long long)c->in[i]->n_items);
    for (int i = 0; i < c->n_in || i < c->node->op->least; i++)
        if (sy_op_needs(c->node->op, i) && !sy_in(c, i))
            return sy_bad(c, "input %d is missing", i);
    return SYSTOLE_OK;
}

enum systole_status sy_run_node(struct systole_context *ctx, const struct sy_scope *s, const struct sy_node *n)
{
    const struct systole_tensor *few_in[FEW], **in = few_in;
    struct systole_tensor *few_out[FEW] = {0}, **out = few_out;
    enum systole_status status = SYSTOLE_OK;
    if (n->n_in > FEW)
        in = sy_alloc((size_t)n->n_in, sizeof(*in));
    if (n->n_out > FEW)
        out = sy_alloc((size_t)n->n_out, sizeof(*out));
    if (!in || !out) {
        status = sy_no_memory(ctx);
        goto out;
    }
    for (int i = 0; i < n->n_in; i++)
        in[i] = n->in[i] < 0 ? NULL : sy_value_of(s, n->in[i]);
    struct sy_call call = {ctx, n, n->n_in, n->n_out, in, out, s};
    status = check_inputs(&call);
    if (!status)
        status = n->op->run(&call);
    for (int i = 0; i < n->n_out && !status; i++)
        if (n->out[i] >= 0 && !out[i])
            status = sy_cannot(&call, "its output %d", i);
    for (int i = 0; i < n->n_out; i++) {
        if (!status && n->out[i] >= 0)
            s->values[n->out[i]] = out[i];
        else
            systole_tensor_free(out[i]);
    }
    if (status == SYSTOLE_NO_MEMORY && !ctx->detail[0])
        sy_no_memory(ctx);
    sy_at_node(&call, status);
out:
    if (in != few_in)
        sy_free((void *)in);
    if (out != few_out)
        sy_free(out);
    return status;
}

/* What the node was the last to read, or made for nobody. */
static void free_dead(const struct sy_scope *s, const struct sy_node *n, int at)
{
    for (int i = 0; i < n->n_in + n->n_out; i++) {
        int v = i < n->n_in ? n->in[i] : n->out[i - n->n_in];
        if (v < 0 || s->graph->values[v].last_use > at || s->graph->values[v].producer < 0)
            continue;
        systole_tensor_free(s->values[v]);
        s->values[v] = NULL;
    }
}

enum systole_status sy_take_outputs(struct systole_context *ctx, const struct sy_scope *s)
{
    for (int i = 0; i < s->graph->n_outputs; i++) {
        int v = s->graph->outputs[i];
        if (s->values[v])
            continue;
        struct systole_tensor *t = sy_value_of(s, v);
        if (!t)
            return sy_fail(ctx, SYSTOLE_BAD_ARGUMENT, "output '%s' has no value", s->graph->values[v].name);
        s->values[v] = systole_tensor_ref(t);
    }
    return SYSTOLE_OK;
}

enum systole_status sy_graph_run(struct systole_context *ctx, const struct sy_scope *scope)
{
    const struct sy_graph *g = scope->graph;
    enum systole_status status = SYSTOLE_OK;
    for (int at = 0; at < g->n_nodes && !status; at++) {
        const struct sy_node *n = &g->nodes[g->order[at]];
        if (scope->progress)
            scope->progress->told(scope->progress->user, (uint64_t)at, (uint64_t)g->n_nodes, n->name);
        status = sy_profile_begin(scope->profile, ctx, scope->engine, n);
        if (!status)
            status = sy_run_node(ctx, scope, n);
        if (!status)
            sy_profile_end(scope->profile, scope->engine);
        if (!scope->keeps)
            free_dead(scope, n, at);
    }
    if (!status && scope->progress)
        scope->progress->told(scope->progress->user, (uint64_t)g->n_nodes, (uint64_t)g->n_nodes, "");
    if (!status)
        status = sy_take_outputs(ctx, scope);
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].producer >= 0 && (status || (!scope->keeps && g->values[v].last_use < g->n_nodes))) {
            systole_tensor_free(scope->values[v]);
            scope->values[v] = NULL;
        }
    return status;
}
