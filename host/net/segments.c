/* SPDX-License-Identifier: Apache-2.0 */
/* Which operations run together: as many as can without a node of the host between them. */
#include <stdio.h>

#include "host/core/alloc.h"
#include "host/net/compile.h"

void net_drop(struct net_compiler *c, int op, const char *why)
{
    struct net_op *o = &c->ops[op];
    for (int i = 0; i < c->g->n_nodes; i++)
        if (c->op_of[i] == op) {
            c->op_of[i] = -1;
            snprintf(c->why[i], sizeof c->why[i], "%s", why);
        }
    c->maker[o->out] = -1;
    o->gone = true;
}

/* The level that a node at `node` may have at least for the sake of one input. */
static int above(const struct net_compiler *c, const int *level, int value, int least)
{
    const int made_by = value >= 0 ? c->g->values[value].producer : -1;
    return made_by >= 0 && level[made_by] > least ? level[made_by] : least;
}

static void assign(const struct net_compiler *c, int *level)
{
    for (int at = 0; at < c->g->n_nodes; at++) {
        const int node = c->g->order[at], op = c->op_of[node];
        const struct sy_node *n = &c->g->nodes[node];
        int least = op >= 0 ? 0 : 1;
        for (int i = 0; i < n->n_in; i++)
            least = above(c, level, n->in[i], least);
        if (least % 2 != (op < 0))
            least++;
        level[node] = least;
        if (op >= 0)
            c->ops[op].level = least;
    }
}

static int root_of(int *group, int op)
{
    while (group[op] != op)
        op = group[op] = group[group[op]];
    return op;
}

static void join(const struct net_compiler *c, int *group, int op, int value)
{
    const int before = value >= 0 ? c->maker[value] : -1;
    if (before >= 0 && !c->ops[before].gone && c->ops[before].level == c->ops[op].level)
        group[root_of(group, op)] = root_of(group, before);
}

/* A launch has to be worth it: a pool alone, between nodes of the host, stays there. True when something was dropped. */
static bool drop_idle(struct net_compiler *c, int *group, char *has_product)
{
    bool dropped = false;
    for (int i = 0; i < c->n_ops; i++) {
        group[i] = i;
        has_product[i] = 0;
    }
    for (int i = 0; i < c->n_ops; i++)
        if (!c->ops[i].gone) {
            join(c, group, i, c->ops[i].in);
            join(c, group, i, c->ops[i].other);
        }
    for (int i = 0; i < c->n_ops; i++)
        if (!c->ops[i].gone && c->ops[i].is_product)
            has_product[root_of(group, i)] = 1;
    for (int i = 0; i < c->n_ops; i++)
        if (!c->ops[i].gone && !has_product[root_of(group, i)]) {
            net_drop(c, i, "no product beside it");
            dropped = true;
        }
    return dropped;
}

enum systole_status net_levels(struct net_compiler *c, int *level)
{
    int *group = sy_alloc((size_t)c->n_ops, sizeof *group);
    char *has_product = sy_alloc((size_t)c->n_ops, 1);
    const bool whole = group && has_product;
    if (whole) {
        do
            assign(c, level);
        while (drop_idle(c, group, has_product));
    }
    sy_free(group);
    sy_free(has_product);
    return whole ? SYSTOLE_OK : sy_no_memory(c->ctx);
}
