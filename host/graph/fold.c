/* SPDX-License-Identifier: Apache-2.0 */
#include "host/graph/fold.h"

#include <stdio.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/graph/fold_pass.h"

bool sy_fold_is(const struct sy_node *n, const char *op)
{
    return n && n->domain[0] == '\0' && strcmp(n->op_type, op) == 0;
}

struct sy_node *sy_fold_maker(const struct sy_graph *g, int v)
{
    return v >= 0 && g->values[v].producer >= 0 ? &g->nodes[g->values[v].producer] : NULL;
}

int sy_fold_input(const struct sy_node *n, int i)
{
    return i < n->n_in ? n->in[i] : -1;
}

const struct systole_tensor *sy_fold_constant(const struct sy_graph *g, int v)
{
    if (v < 0)
        return NULL;
    /* An initialiser that is also an input may be replaced for a run: it is no constant. */
    for (int i = 0; i < g->n_inputs; i++)
        if (g->inputs[i] == v)
            return NULL;
    return g->values[v].initialiser;
}

bool sy_fold_is_byte(enum systole_dtype d)
{
    return d == SYSTOLE_I8 || d == SYSTOLE_U8;
}

const struct sy_attr *sy_fold_attr(const struct sy_node *n, const char *name)
{
    for (int i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, name) == 0)
            return &n->attrs[i];
    return NULL;
}

int64_t sy_fold_attr_int(const struct sy_node *n, const char *name, int64_t otherwise)
{
    const struct sy_attr *a = sy_fold_attr(n, name);
    return a && a->kind == SY_ATTR_INT ? a->i : otherwise;
}

bool sy_fold_is_private(const struct sy_fold *f, const struct sy_node *n)
{
    return n && n->n_out == 1 && n->out[0] >= 0 && f->uses[n->out[0]] == 1;
}

bool sy_fold_is_dequantize(const struct sy_graph *g, const struct sy_node *n, int64_t channels, int axis)
{
    if (!sy_fold_is(n, "DequantizeLinear") || sy_fold_attr_int(n, "block_size", 0))
        return false;
    const struct systole_tensor *scale = sy_fold_constant(g, sy_fold_input(n, 1)), *zero = sy_fold_constant(g, sy_fold_input(n, 2));
    if (!scale || scale->dtype != SYSTOLE_F32 || scale->rank > 1 || (sy_fold_input(n, 2) >= 0 && (!zero || zero->count != scale->count)))
        return false;
    const struct systole_tensor *x = sy_fold_constant(g, n->in[0]);
    if (!(x && sy_fold_is_byte(x->dtype)) && !(zero && sy_fold_is_byte(zero->dtype)))
        return false;
    return scale->count == 1 || (scale->count == channels && channels > 1 && sy_fold_attr_int(n, "axis", 1) == axis);
}

bool sy_fold_is_quantize(const struct sy_graph *g, const struct sy_node *n)
{
    if (!sy_fold_is(n, "QuantizeLinear"))
        return false;
    const struct systole_tensor *scale = sy_fold_constant(g, sy_fold_input(n, 1)), *zero = sy_fold_constant(g, sy_fold_input(n, 2));
    return scale && zero && scale->dtype == SYSTOLE_F32 && scale->count == 1 && zero->count == 1 && sy_fold_is_byte(zero->dtype);
}

struct sy_node *sy_fold_before(const struct sy_fold *f, const struct sy_node *quantize)
{
    struct sy_node *before = sy_fold_maker(f->g, quantize->in[0]);
    if (!sy_fold_is_private(f, before))
        return NULL;
    if (!sy_fold_is(before, "Relu"))
        return before;
    const struct systole_tensor *zero = sy_fold_constant(f->g, quantize->in[2]);
    double lowest, highest;
    sy_dtype_range(zero->dtype, &lowest, &highest);
    if (sy_get(zero, 0) != lowest)
        return NULL; /* the saturation of the type does not do what the Relu does */
    before = sy_fold_maker(f->g, before->in[0]);
    return sy_fold_is_private(f, before) ? before : NULL;
}

enum systole_status sy_fold_become(struct sy_fold *f, struct sy_node *n, struct sy_node *core, const char *domain, const char *op,
                                   int64_t version, const int *in, int n_in)
{
    char *new_domain = sy_strdup(domain), *new_op = sy_strdup(op);
    int *inputs = sy_alloc((size_t)n_in, sizeof *inputs);
    if (!new_domain || !new_op || !inputs) {
        sy_free(new_domain);
        sy_free(new_op);
        sy_free(inputs);
        return sy_no_memory(f->ctx);
    }
    memcpy(inputs, in, (size_t)n_in * sizeof *inputs);
    sy_log(f->ctx, SYSTOLE_LOG_DEBUG, "node '%.100s' and its neighbours become one %s", core->name, op);
    const struct sy_node old = *n;
    n->in = inputs;
    n->n_in = n_in;
    n->domain = new_domain;
    n->op_type = new_op;
    n->version = version;
    n->op = sy_op_find(domain, op, version);
    if (n != core) {
        n->attrs = core->attrs; /* strides, pads, ...; the core gets the other's and is removed with them */
        n->n_attrs = core->n_attrs;
        n->name = core->name;
        core->attrs = old.attrs;
        core->n_attrs = old.n_attrs;
        core->name = old.name;
    }
    sy_free(old.in);
    sy_free(old.domain);
    sy_free(old.op_type);
    f->changed++;
    return SYSTOLE_OK;
}

enum systole_status sy_fold_add_constant(struct sy_fold *f, const char *name, struct systole_tensor *t, int *value)
{
    char unique[256];
    for (int i = 0;; i++) {
        snprintf(unique, sizeof unique, "%.200s/folded%d", name, i);
        if (sy_graph_find(f->g, unique) < 0)
            break;
    }
    const int v = sy_graph_value(f->g, unique);
    if (v >= f->room) {
        int *more = sy_realloc(f->uses, (size_t)v * 2, sizeof *more);
        if (more) {
            memset(more + f->room, 0, ((size_t)v * 2 - (size_t)f->room) * sizeof *more);
            f->uses = more;
            f->room = v * 2;
        }
    }
    if (v < 0 || v >= f->room) {
        systole_tensor_free(t);
        return sy_no_memory(f->ctx);
    }
    f->g->values[v].initialiser = t;
    *value = v;
    return SYSTOLE_OK;
}

static void count_uses(const struct sy_fold *f)
{
    const struct sy_graph *g = f->g;
    memset(f->uses, 0, (size_t)f->room * sizeof(*f->uses));
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] >= 0)
                f->uses[g->nodes[i].in[k]]++;
    for (int i = 0; i < g->n_outputs; i++)
        f->uses[g->outputs[i]]++;
}

static bool is_needed(const struct sy_fold *f, const struct sy_node *n)
{
    for (int k = 0; k < n->n_out; k++)
        if (n->out[k] >= 0 && f->uses[n->out[k]] > 0)
            return true;
    return false;
}

/* From the end of the order to its beginning, so that what only dead nodes read is dead too. */
static void remove_dead(const struct sy_fold *f)
{
    struct sy_graph *g = f->g;
    for (int at = g->n_nodes - 1; at >= 0; at--) {
        struct sy_node *n = &g->nodes[g->order[at]];
        if (n->op && is_needed(f, n))
            continue;
        for (int k = 0; k < n->n_in; k++)
            if (n->in[k] >= 0)
                f->uses[n->in[k]]--;
        n->op = NULL;
    }
    int kept = 0;
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op)
            g->nodes[kept++] = g->nodes[i];
        else
            sy_node_clear(&g->nodes[i]);
    g->n_nodes = kept;
}

/* Constants of which the graph no longer knows anything take no memory. */
static void free_unused(const struct sy_fold *f)
{
    struct sy_graph *g = f->g;
    for (int v = 0; v < g->n_values; v++) {
        bool is_input = false;
        for (int i = 0; i < g->n_inputs; i++)
            is_input = is_input || g->inputs[i] == v;
        if (f->uses[v] == 0 && !is_input) {
            systole_tensor_free(g->values[v].initialiser);
            g->values[v].initialiser = NULL;
        }
    }
}

static enum systole_status tidy(struct sy_fold *f)
{
    if (!f->changed)
        return SYSTOLE_OK;
    f->changed = 0;
    count_uses(f);
    remove_dead(f);
    count_uses(f);
    free_unused(f);
    return sy_graph_finish(f->ctx, f->g);
}

typedef enum systole_status (*look_fn)(struct sy_fold *f, int node);

/* A rewrite leaves dead nodes behind that still read values: they go before the next pass, which asks who reads what. */
static enum systole_status pass(struct sy_fold *f, look_fn look)
{
    enum systole_status status = SYSTOLE_OK;
    for (int i = 0; i < f->g->n_nodes && !status; i++)
        status = look(f, i);
    return status ? status : tidy(f);
}

static enum systole_status constants(struct sy_fold *f, bool dequantize)
{
    const enum systole_status status = sy_fold_constants(f, dequantize);
    return status ? status : tidy(f);
}

enum systole_status sy_graph_fold(struct systole_context *ctx, struct sy_graph *g)
{
    for (int i = 0; i < g->n_nodes; i++)
        for (int a = 0; a < g->nodes[i].n_attrs; a++)
            if (g->nodes[i].attrs[a].g)
                return SYSTOLE_OK;
    struct sy_fold f = {.ctx = ctx, .g = g, .room = g->n_values + 1};
    f.uses = sy_alloc((size_t)f.room, sizeof(*f.uses));
    if (!f.uses)
        return sy_no_memory(ctx);
    count_uses(&f);
    enum systole_status status = constants(&f, false);
    if (!status)
        status = pass(&f, sy_fold_product);
    if (!status)
        status = pass(&f, sy_fold_lanes);
    if (!status)
        status = constants(&f, true);
    if (!status)
        status = pass(&f, sy_fold_float);
    sy_free(f.uses);
    return status;
}
