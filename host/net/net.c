/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/net.h"

#include <stdio.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/net/compile.h"

/* ---- compiling ---- */

static void free_compiler(struct net_compiler *c)
{
    for (int v = 0; c->shape && v < c->g->n_values; v++)
        systole_tensor_free(c->shape[v].owned);
    for (int i = 0; c->ops && i < c->n_ops; i++)
        sy_free(c->ops[i].scale);
    sy_free(c->shape);
    sy_free(c->uses);
    sy_free(c->maker);
    sy_free(c->layout);
    sy_free(c->half);
    sy_free(c->op_of);
    sy_free(c->why);
    sy_free(c->ops);
}

static enum systole_status new_compiler(struct systole_context *ctx, const struct sy_graph *g, struct sy_engine *e,
                                        struct systole_tensor *const *set, struct net_compiler *c)
{
    const size_t values = (size_t)g->n_values, nodes = (size_t)g->n_nodes;
    *c = (struct net_compiler){.ctx = ctx, .g = g, .e = e, .caps = sy_engine_caps(e), .set = set};
    c->shape = sy_alloc(values, sizeof *c->shape);
    c->uses = sy_alloc(values, sizeof *c->uses);
    c->maker = sy_alloc(values, sizeof *c->maker);
    c->layout = sy_alloc(values, sizeof *c->layout);
    c->half = sy_alloc(values, sizeof *c->half);
    c->op_of = sy_alloc(nodes, sizeof *c->op_of);
    c->why = sy_alloc(nodes, sizeof *c->why);
    c->ops = sy_alloc(nodes + 1, sizeof *c->ops); /* one more: where the next is tried */
    if (!c->shape || !c->uses || !c->maker || !c->layout || !c->half || !c->op_of || !c->why || !c->ops)
        return sy_no_memory(ctx);
    for (int v = 0; v < g->n_values; v++)
        c->maker[v] = -1;
    for (int i = 0; i < g->n_nodes; i++) {
        c->op_of[i] = -1;
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] >= 0)
                c->uses[g->nodes[i].in[k]]++;
    }
    for (int i = 0; i < g->n_outputs; i++)
        c->uses[g->outputs[i]]++;
    return SYSTOLE_OK;
}

static enum systole_status add_item(struct sy_net *net, struct net_compiler *c, int node, int level, const int *levels, int *failed)
{
    struct net_item *item = &net->items[net->n_items++];
    *item = (struct net_item){.node = node};
    return level % 2 ? SYSTOLE_OK : net_segment_new(c, level, levels, &item->segment, failed);
}

static void drop_items(struct sy_net *net)
{
    for (int i = 0; i < net->n_items; i++)
        net_segment_free(net->items[i].segment);
    net->n_items = 0;
}

/* All levels in ascending order; within an odd one the nodes in theirs. */
static enum systole_status make_items(struct sy_net *net, struct net_compiler *c, const int *level, int *failed)
{
    const struct sy_graph *g = c->g;
    int highest = -1;
    for (int i = 0; i < g->n_nodes; i++)
        highest = level[i] > highest ? level[i] : highest;
    enum systole_status status = SYSTOLE_OK;
    for (int now = 0; now <= highest && !status; now++)
        for (int at = 0; at < g->n_nodes && !status; at++) {
            if (level[g->order[at]] != now)
                continue;
            status = add_item(net, c, g->order[at], now, level, failed);
            if (now % 2 == 0)
                break;
        }
    return status;
}

/* An operation that turns out not to fit goes back to the host, and the segments are made anew. */
static enum systole_status make_segments(struct sy_net *net, struct net_compiler *c)
{
    int *level = sy_alloc((size_t)c->g->n_nodes, sizeof *level);
    enum systole_status status = level ? SYSTOLE_OK : sy_no_memory(c->ctx);
    for (bool again = true; again && !status;) {
        int failed = -1;
        status = net_levels(c, level);
        if (!status)
            status = make_items(net, c, level, &failed);
        again = status == SYSTOLE_UNSUPPORTED && failed >= 0;
        if (again) {
            drop_items(net);
            net_drop(c, failed, "one pixel of it does not fit the device, or a stride does not fit an instruction");
            status = SYSTOLE_OK;
        }
    }
    sy_free(level);
    return status;
}

static void mark_use(struct sy_net *net, const struct sy_node *n, int item)
{
    for (int k = 0; k < n->n_in; k++)
        if (n->in[k] >= 0)
            net->last_use[n->in[k]] = item;
    for (int k = 0; k < n->n_out; k++)
        if (n->out[k] >= 0 && net->last_use[n->out[k]] < item)
            net->last_use[n->out[k]] = item;
}

void net_find_last_uses(struct sy_net *net)
{
    const struct sy_graph *g = net->g;
    for (int v = 0; v < g->n_values; v++)
        net->last_use[v] = -1;
    for (int i = 0; i < net->n_items; i++) {
        const struct net_segment *s = net->items[i].segment;
        if (!s)
            mark_use(net, &g->nodes[net->items[i].node], i);
        for (int k = 0; s && k < s->n_nodes; k++)
            mark_use(net, &g->nodes[s->nodes[k]], i);
    }
    for (int i = 0; i < g->n_outputs; i++)
        net->last_use[g->outputs[i]] = net->n_items;
}

static void tell(struct net_compiler *c, const struct sy_net *net)
{
    for (int i = 0; i < net->n_items; i++) {
        const struct net_segment *s = net->items[i].segment;
        const struct sy_node *n = &c->g->nodes[net->items[i].node];
        if (!s)
            sy_log(c->ctx, SYSTOLE_LOG_INFO, "node '%s' (%s) by itself: %s", n->name, n->op_type, c->why[net->items[i].node]);
        else
            sy_log(c->ctx, SYSTOLE_LOG_INFO, "%d nodes from '%s' on are one program: %u instructions, %llu bytes of constants, %llu of values",
                   s->n_nodes, n->name, s->instructions, (unsigned long long)s->constants_size, (unsigned long long)s->arena_size);
    }
}

static bool has_graphs_inside(const struct sy_graph *g)
{
    for (int i = 0; i < g->n_nodes; i++)
        for (int a = 0; a < g->nodes[i].n_attrs; a++)
            if (g->nodes[i].attrs[a].g)
                return true;
    return false;
}

static void keep_inputs(struct sy_net *net, const struct net_compiler *c)
{
    for (int i = 0; i < c->g->n_inputs; i++) {
        net->inputs[i] = c->shape[c->g->inputs[i]];
        if (net->inputs[i].constant && c->g->values[c->g->inputs[i]].initialiser)
            net->inputs[i].rank = -1; /* a constant: nothing may be set in its place */
        net->inputs[i].constant = NULL;
        net->inputs[i].owned = NULL;
    }
}

struct sy_net *net_alloc(const struct sy_graph *g, struct sy_engine *e)
{
    struct sy_net *net = sy_alloc(1, sizeof *net);
    if (!net)
        return NULL;
    net->g = g;
    net->e = e;
    net->items = sy_alloc((size_t)g->n_nodes, sizeof *net->items);
    net->last_use = sy_alloc((size_t)g->n_values, sizeof *net->last_use);
    net->inputs = sy_alloc((size_t)g->n_inputs, sizeof *net->inputs);
    net->why = sy_alloc((size_t)g->n_nodes, sizeof *net->why);
    if (net->items && net->last_use && net->inputs && net->why)
        return net;
    sy_net_free(net);
    return NULL;
}

enum systole_status sy_net_new(struct systole_context *ctx, const struct sy_graph *g, struct sy_engine *e,
                               struct systole_tensor *const *set, struct sy_net **out)
{
    struct net_compiler c;
    if (has_graphs_inside(g)) {
        sy_log(ctx, SYSTOLE_LOG_INFO, "not compiled, run node by node: graphs inside nodes read values unseen");
        *out = NULL;
        return SYSTOLE_OK;
    }
    struct sy_net *net = net_alloc(g, e);
    enum systole_status status = new_compiler(ctx, g, e, set, &c);
    if (!net)
        status = sy_no_memory(ctx);
    if (!status)
        status = net_shapes(&c);
    if (!status)
        status = make_segments(net, &c);
    if (!status) {
        net_find_last_uses(net);
        keep_inputs(net, &c);
        tell(&c, net);
        memcpy(net->why, c.why, (size_t)g->n_nodes * sizeof *c.why);
        *out = net;
    } else {
        sy_net_free(net);
    }
    free_compiler(&c);
    return status;
}

void sy_net_free(struct sy_net *net)
{
    if (!net)
        return;
    drop_items(net);
    sy_free(net->items);
    sy_free(net->last_use);
    sy_free(net->inputs);
    sy_free(net->why);
    sy_free(net);
}

bool sy_net_fits(const struct sy_net *net, struct systole_tensor *const *set)
{
    for (int i = 0; i < net->g->n_inputs; i++) {
        const struct net_shape *was = &net->inputs[i];
        const struct systole_tensor *t = set[net->g->inputs[i]];
        if (!t)
            continue;
        if (!was->known || was->rank != t->rank || was->dtype != t->dtype ||
            memcmp(was->dims, t->dims, (size_t)t->rank * sizeof *t->dims) != 0)
            return false;
    }
    return true;
}

/* ---- running ---- */

static void free_dead(const struct sy_net *net, const struct sy_scope *scope, const struct sy_node *n, int item)
{
    for (int i = 0; i < n->n_in + n->n_out; i++) {
        const int v = i < n->n_in ? n->in[i] : n->out[i - n->n_in];
        if (v < 0 || net->last_use[v] > item || net->g->values[v].producer < 0)
            continue;
        systole_tensor_free(scope->values[v]);
        scope->values[v] = NULL;
    }
}

static void tell_progress(const struct sy_net *net, const struct sy_scope *scope, int done, const char *what)
{
    if (scope->progress)
        scope->progress->told(scope->progress->user, (uint64_t)done, (uint64_t)net->n_items, what);
}

static enum systole_status run_node(struct systole_context *ctx, const struct sy_net *net, const struct sy_scope *scope, int node)
{
    const struct sy_node *n = &net->g->nodes[node];
    enum systole_status status = sy_profile_begin(scope->profile, ctx, scope->engine, n);
    if (!status)
        status = sy_run_node(ctx, scope, n);
    if (!status)
        sy_profile_end(scope->profile, scope->engine);
    return status;
}

static enum systole_status run_segment(struct systole_context *ctx, const struct sy_net *net, const struct sy_scope *scope, int item)
{
    struct net_segment *s = net->items[item].segment;
    bool done = false;
    enum systole_status status = net_profile_begin(ctx, net->g, s, scope);
    if (!status)
        status = net_segment_run(ctx, s, scope, &done);
    net_profile_end(s, scope, !status && done);
    if (!status && !done)
        sy_log(ctx, SYSTOLE_LOG_INFO, "%d nodes from '%s' on node by node: their inputs have other shapes, or an infinity or a NaN among them",
               s->n_nodes, net->g->nodes[s->nodes[0]].name);
    for (int i = 0; i < s->n_nodes && !status; i++) {
        if (!done)
            status = run_node(ctx, net, scope, s->nodes[i]);
        free_dead(net, scope, &net->g->nodes[s->nodes[i]], done ? item : item - 1);
    }
    for (int i = 0; i < s->n_nodes && !status && !done; i++)
        free_dead(net, scope, &net->g->nodes[s->nodes[i]], item);
    return status;
}

enum systole_status sy_net_run(struct systole_context *ctx, struct sy_net *net, const struct sy_scope *scope)
{
    const struct sy_graph *g = net->g;
    enum systole_status status = SYSTOLE_OK;
    for (int i = 0; i < net->n_items && !status; i++) {
        const struct net_item *item = &net->items[i];
        tell_progress(net, scope, i, g->nodes[item->node].name);
        status = item->segment ? run_segment(ctx, net, scope, i) : run_node(ctx, net, scope, item->node);
        if (!item->segment)
            free_dead(net, scope, &g->nodes[item->node], i);
    }
    if (!status)
        tell_progress(net, scope, net->n_items, "");
    if (!status)
        status = sy_take_outputs(ctx, scope);
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].producer >= 0 && (status || net->last_use[v] < net->n_items)) {
            systole_tensor_free(scope->values[v]);
            scope->values[v] = NULL;
        }
    return status;
}
