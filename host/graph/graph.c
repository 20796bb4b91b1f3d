/* SPDX-License-Identifier: Apache-2.0 */
#include "host/graph/graph.h"

#include "host/core/alloc.h"

#include <string.h>

struct sy_graph *sy_graph_new(void)
{
    return sy_alloc(1, sizeof(struct sy_graph));
}

static void free_attr(struct sy_attr *a)
{
    sy_free(a->name);
    sy_free(a->s);
    systole_tensor_free(a->t);
    sy_free(a->ints);
    sy_free(a->floats);
    sy_graph_free(a->g);
}

void sy_node_clear(struct sy_node *n)
{
    for (int i = 0; i < n->n_attrs; i++)
        free_attr(&n->attrs[i]);
    sy_free(n->attrs);
    sy_free(n->name);
    sy_free(n->domain);
    sy_free(n->op_type);
    sy_free(n->in);
    sy_free(n->out);
}

void sy_graph_free(struct sy_graph *g)
{
    if (!g)
        return;
    for (int i = 0; i < g->n_nodes; i++)
        sy_node_clear(&g->nodes[i]);
    for (int i = 0; i < g->n_values; i++) {
        sy_free(g->values[i].name);
        systole_tensor_free(g->values[i].initialiser);
    }
    sy_free(g->nodes);
    sy_free(g->values);
    sy_free(g->buckets);
    sy_free(g->chain);
    sy_free(g->order);
    sy_free(g->inputs);
    sy_free(g->outputs);
    sy_free(g);
}

static uint32_t hash(const char *name)
{
    uint32_t h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 16777619u;
    return h;
}

int sy_graph_find(const struct sy_graph *g, const char *name)
{
    if (g->n_buckets == 0)
        return -1;
    int v = g->buckets[hash(name) % (uint32_t)g->n_buckets];
    while (v >= 0 && strcmp(g->values[v].name, name) != 0)
        v = g->chain[v];
    return v;
}

/* Twice the room, and every name into its bucket again. */
static bool grow_values(struct sy_graph *g)
{
    int room = g->room_values ? 2 * g->room_values : 64;
    struct sy_value *values = sy_realloc(g->values, (size_t)room, sizeof(*values));
    if (!values)
        return false;
    g->values = values;
    int *chain = sy_realloc(g->chain, (size_t)room, sizeof(*chain));
    if (!chain)
        return false;
    g->chain = chain;
    int *buckets = sy_realloc(g->buckets, (size_t)room, sizeof(*buckets));
    if (!buckets)
        return false;
    g->buckets = buckets;
    g->room_values = g->n_buckets = room;
    for (int b = 0; b < room; b++)
        buckets[b] = -1;
    for (int v = 0; v < g->n_values; v++) {
        uint32_t b = hash(g->values[v].name) % (uint32_t)room;
        chain[v] = buckets[b];
        buckets[b] = v;
    }
    return true;
}

int sy_graph_value(struct sy_graph *g, const char *name)
{
    int v = sy_graph_find(g, name);
    if (v >= 0)
        return v;
    if (g->n_values == g->room_values && !grow_values(g))
        return -1;
    char *copy = sy_strdup(name);
    if (!copy)
        return -1;
    v = g->n_values++;
    g->values[v] = (struct sy_value){.name = copy, .producer = -1, .last_use = -1, .rank = -1};
    uint32_t b = hash(name) % (uint32_t)g->n_buckets;
    g->chain[v] = g->buckets[b];
    g->buckets[b] = v;
    return v;
}

struct sy_node *sy_graph_node(struct sy_graph *g)
{
    if (g->n_nodes == g->room_nodes) {
        int room = g->room_nodes ? 2 * g->room_nodes : 64;
        struct sy_node *nodes = sy_realloc(g->nodes, (size_t)room, sizeof(*nodes));
        if (!nodes)
            return NULL;
        g->nodes = nodes;
        g->room_nodes = room;
    }
    struct sy_node *n = &g->nodes[g->n_nodes++];
    memset(n, 0, sizeof(*n));
    return n;
}

static enum systole_status find_producers(struct systole_context *ctx, struct sy_graph *g)
{
    for (int v = 0; v < g->n_values; v++)
        g->values[v].producer = g->values[v].last_use = -1;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_out; k++) {
            int v = g->nodes[i].out[k];
            if (v < 0)
                continue;
            struct sy_value *value = &g->values[v];
            if (value->producer >= 0 || value->initialiser)
                return sy_fail(ctx, SYSTOLE_IO, "node '%s': its output '%s' is made elsewhere too", g->nodes[i].name,
                               value->name);
            value->producer = i;
        }
    for (int k = 0; k < g->n_inputs; k++) {
        const struct sy_value *value = &g->values[g->inputs[k]];
        if (value->producer >= 0)
            return sy_fail(ctx, SYSTOLE_IO, "node '%s' makes the graph's input '%s'", g->nodes[value->producer].name,
                           value->name);
    }
    return SYSTOLE_OK;
}

static bool is_input(const struct sy_graph *g, int v)
{
    for (int i = 0; i < g->n_inputs; i++)
        if (g->inputs[i] == v)
            return true;
    return false;
}

/* Is it known when the graph starts, here or in a graph around? */
static bool is_given(const struct sy_graph *g, int v)
{
    if (g->values[v].initialiser || is_input(g, v))
        return true;
    for (const struct sy_graph *p = g->parent; p; p = p->parent)
        if (sy_graph_find(p, g->values[v].name) >= 0)
            return true;
    return false;
}

/* Nodes in their order in the file as far as it works, and else the first that is ready: a stack of nodes to be placed. */
static enum systole_status place_nodes(struct systole_context *ctx, struct sy_graph *g, int *stack, char *state)
{
    int placed = 0;
    for (int first = 0; first < g->n_nodes; first++) {
        int depth = 0;
        if (state[first] == 0)
            stack[depth++] = first;
        while (depth) {
            int i = stack[depth - 1], waits = -1;
            const struct sy_node *n = &g->nodes[i];
            state[i] = 1;
            for (int k = 0; k < n->n_in && waits < 0; k++)
                if (n->in[k] >= 0 && g->values[n->in[k]].producer >= 0 && state[g->values[n->in[k]].producer] != 2)
                    waits = g->values[n->in[k]].producer;
            if (waits < 0) {
                state[i] = 2;
                g->order[placed++] = i;
                depth--;
            } else if (state[waits] == 1)
                return sy_fail(ctx, SYSTOLE_IO, "node '%s' needs its own result (a cycle through '%s')", n->name,
                               g->nodes[waits].name);
            else
                stack[depth++] = waits;
        }
    }
    return SYSTOLE_OK;
}

static enum systole_status check_uses(struct systole_context *ctx, struct sy_graph *g)
{
    for (int at = 0; at < g->n_nodes; at++) {
        const struct sy_node *n = &g->nodes[g->order[at]];
        for (int k = 0; k < n->n_in; k++) {
            int v = n->in[k];
            if (v < 0)
                continue;
            if (g->values[v].producer < 0 && !is_given(g, v))
                return sy_fail(ctx, SYSTOLE_IO, "node '%s': nothing makes its input '%s'", n->name, g->values[v].name);
            g->values[v].last_use = at;
        }
    }
    for (int k = 0; k < g->n_outputs; k++) {
        int v = g->outputs[k];
        if (g->values[v].producer < 0 && !is_given(g, v))
            return sy_fail(ctx, SYSTOLE_IO, "nothing makes the output '%s'", g->values[v].name);
        g->values[v].last_use = g->n_nodes;
    }
    return SYSTOLE_OK;
}

/* A subgraph reads values of this graph at any time: they stay to the end. */
static void keep_for_subgraphs(struct sy_graph *g)
{
    for (int i = 0; i < g->n_nodes; i++)
        for (int a = 0; a < g->nodes[i].n_attrs; a++)
            if (g->nodes[i].attrs[a].g) {
                for (int v = 0; v < g->n_values; v++)
                    g->values[v].last_use = g->n_nodes;
                return;
            }
}

/* ONNX lists nodes in an order that works, so a node with a subgraph stays behind what the subgraph reads. */
enum systole_status sy_graph_finish(struct systole_context *ctx, struct sy_graph *g)
{
    enum systole_status status = find_producers(ctx, g);
    if (status)
        return status;
    size_t n = (size_t)g->n_nodes;
    int *stack = sy_alloc(n, sizeof(*stack));
    char *state = sy_alloc(n, 1);
    sy_free(g->order);
    g->order = sy_alloc(n, sizeof(*g->order));
    if (!stack || !state || !g->order)
        status = sy_no_memory(ctx);
    else
        status = place_nodes(ctx, g, stack, state);
    if (!status)
        status = check_uses(ctx, g);
    if (!status)
        keep_for_subgraphs(g);
    sy_free(state);
    sy_free(stack);
    return status;
}
