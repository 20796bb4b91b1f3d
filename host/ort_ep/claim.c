/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which nodes are ours, and which of them become one fused node.
 *
 * A unit is a product with what belongs to it, or another operation with the DequantizeLinears before and the QuantizeLinear behind it. Units that
 * can be reached from each other without a node of somebody else's between them run together. For that each unit has a level: ours
 * even, those of others odd, none lower than that of what it reads. A way from a level back to itself would have to pass a node of others, which
 * raises it: so a level is free of cycles with the rest of the graph, also where branches lie side by side.
 */
#include "host/ort_ep/ep.h"

#include <string.h>

enum { PRODUCT = 1, BEHIND = 2, BETWEEN = 4, BYTES = 8, MOVE = 16, DEQUANTIZE = 32, QUANTIZE = 64 };

static const struct {
    const char *domain, *op;
    int roles;
} table[] = {
#define CLAIM(domain, op, roles) {domain, #op, roles},
#include "host/ort_ep/claim.def"
#undef CLAIM
};

struct work {
    struct view *view;
    struct systole_context *ctx;
    bool has_fp;
    int *roles;       /* by node; 0: not for us */
    int *unit;        /* by node: the node it belongs to, itself at first; */
    bool *ours;       /* by node: candidate */
    int *level;       /* by node, of its unit where it is one */
    int *group;       /* by node: union of what is connected inside a level */
    const char **why;
};

static bool is_byte(const struct view_value *v)
{
    return v && (v->dtype == SYSTOLE_I8 || v->dtype == SYSTOLE_U8);
}

static bool is_float(const struct view_value *v)
{
    return v && (v->dtype == SYSTOLE_F32 || v->dtype == SYSTOLE_F16 || v->dtype == SYSTOLE_BF16);
}

static int roles_of(const struct view_node *n)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].op, n->op) == 0 && strcmp(table[i].domain, n->domain) == 0)
            return table[i].roles;
    return 0;
}

static int producer_of(const struct view_value *v)
{
    return v ? v->producer : -1;
}

/* ---- Does the library have the operator, in this version, with these attributes? It is asked by a model of the one node. ---- */

static struct OrtStatus *ask_library(struct work *w, int node)
{
    const struct view_node *const n = &w->view->nodes[node];
    struct pool pool = {0};
    struct systole_model *model = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    int *const inputs = pool_get(&pool, (size_t)n->n_in + 1, sizeof *inputs);
    struct model_part part = {.nodes = &node, .n_nodes = 1, .inputs = inputs, .outputs = n->out, .n_outputs = 1, .bare = true};
    struct OrtStatus *bad = inputs ? NULL : ort_no_memory();
    for (int i = 0; !bad && i < n->n_in; i++) {
        bool twice = n->in[i] < 0;
        for (int k = 0; k < part.n_inputs; k++)
            twice = twice || inputs[k] == n->in[i];
        if (!twice)
            inputs[part.n_inputs++] = n->in[i];
    }
    if (!bad)
        bad = model_write(w->view, &part, &pool, &data, &size);
    if (!bad && systole_model_load_memory(w->ctx, data, size, NULL, &model)) {
        const char *const detail = systole_context_detail(w->ctx);
        char *const why = pool_get(&w->view->pool, strlen(detail) + 1, 1);
        w->why[node] = why ? strcpy(why, detail) : "out of memory";
        w->roles[node] = 0;
    }
    systole_model_free(model);
    pool_free(&pool);
    return bad;
}

/* Tensors that the plug-in can hand on: whole bytes an element. Constants may be packed. */
static bool has_known_types(const struct view *view, const struct view_node *n)
{
    for (int i = 0; i < n->n_in + n->n_out; i++) {
        const struct view_value *const v = i < n->n_in ? view_input(view, n, i) : view_output(view, n, i - n->n_in);
        if (v && (v->dtype == 0 || v->dtype == 8 || v->dtype == 14 || v->dtype == 15 || (v->dtype > SYSTOLE_F8E5M2FNUZ && !v->constant)))
            return false;
    }
    return true;
}

static struct OrtStatus *find_roles(struct work *w)
{
    struct OrtStatus *bad = NULL;
    for (int i = 0; !bad && i < w->view->n_nodes; i++) {
        const struct view_node *const n = &w->view->nodes[i];
        const struct view_value *const x = view_input(w->view, n, 0);
        w->unit[i] = i;
        w->roles[i] = roles_of(n);
        if (!w->roles[i])
            w->why[i] = "the array has no such operator";
        else if (!has_known_types(w->view, n) || n->n_in < 1 || !view_output(w->view, n, 0))
            w->roles[i] = 0, w->why[i] = "types of its inputs or outputs";
        else if (view_output(w->view, n, 1))
            w->roles[i] = 0, w->why[i] = "the device gives one output";
        else if ((w->roles[i] & PRODUCT) && !is_byte(x) && !is_float(x))
            w->roles[i] = 0, w->why[i] = "the array multiplies 8-bit integers and floats of 16 and 32 bits";
        else if ((w->roles[i] & PRODUCT) && strstr(n->op, "Conv") && x->rank && x->rank != 3 && x->rank != 4)
            w->roles[i] = 0, w->why[i] = "convolutions of one and two dimensions are the device's";
        else
            bad = ask_library(w, i);
    }
    return bad;
}

/* ---- Units ---- */

/* A DequantizeLinear of bytes or of a constant that nobody but `reader` reads; -1. */
static int dequantize_for(const struct work *w, const struct view_value *v)
{
    const int k = producer_of(v);
    if (k < 0 || !(w->roles[k] & DEQUANTIZE) || v->output || v->uses != 1)
        return -1;
    const struct view_value *const x = view_input(w->view, &w->view->nodes[k], 0);
    return is_byte(x) || (x && x->constant) ? k : -1;
}

/* The QuantizeLinear to bytes that alone reads a value; -1. */
static int quantize_of(const struct work *w, const struct view_value *v)
{
    if (!v || v->output || v->uses != 1 || !(w->roles[v->consumer] & QUANTIZE))
        return -1;
    const struct view_node *const n = &w->view->nodes[v->consumer];
    return view_input(w->view, n, 0) == v && is_byte(view_output(w->view, n, 0)) ? v->consumer : -1;
}

static void join(struct work *w, int node, int unit)
{
    if (node < 0)
        return;
    w->unit[node] = unit;
    w->ours[node] = true;
}

/* Can a node that alone reads `v` go into the product that makes it? */
static bool goes_behind(const struct work *w, int node, const struct view_value *v)
{
    const struct view_node *const n = &w->view->nodes[node];
    const bool sum = strcmp(n->op, "Add") == 0;
    if (!(w->roles[node] & BEHIND) || !is_float(view_output(w->view, n, 0)))
        return false;
    for (int i = 0; i < n->n_in; i++) {
        const struct view_value *const in = view_input(w->view, n, i);
        if (in && in != v && !in->constant && !sum)
            return false;
    }
    return sum || view_input(w->view, n, 0) == v;
}

static void take_inputs(struct work *w, int node, int unit)
{
    const struct view_node *const n = &w->view->nodes[node];
    for (int i = 0; i < n->n_in; i++)
        join(w, dequantize_for(w, view_input(w->view, n, i)), unit);
}

/* A product, and what follows it up to a QuantizeLinear. */
static void take_product(struct work *w, int node)
{
    enum { MOST_BEHIND = 4 };
    const struct view_node *const n = &w->view->nodes[node];
    const struct view_value *v = view_output(w->view, n, 0);
    int chain[MOST_BEHIND], length = 0, end = -1;
    const bool real = is_float(v);
    while (real && length < MOST_BEHIND && v && !v->output && v->uses == 1 && goes_behind(w, v->consumer, v)) {
        chain[length++] = v->consumer;
        v = view_output(w->view, &w->view->nodes[v->consumer], 0);
    }
    if (real)
        end = quantize_of(w, v);
    bool quantised = end >= 0;
    for (int i = 0; i < 2 && quantised; i++)
        quantised = dequantize_for(w, view_input(w->view, n, i)) >= 0;
    if (real && !quantised && !w->has_fp) {
        w->why[node] = "the device was built without floating point";
        return;
    }
    join(w, node, node);
    take_inputs(w, node, node);
    for (int i = 0; i < length; i++) {
        join(w, chain[i], node);
        take_inputs(w, chain[i], node);
    }
    join(w, end, node);
}

/* An operation that the device does on bytes, as they are or between DequantizeLinear and QuantizeLinear. */
static void take_other(struct work *w, int node)
{
    const struct view_node *const n = &w->view->nodes[node];
    const struct view_value *const y = view_output(w->view, n, 0), *const x = view_input(w->view, n, 0);
    if ((w->roles[node] & (BYTES | MOVE)) && is_byte(x) && is_byte(y)) {
        join(w, node, node);
        return;
    }
    if ((w->roles[node] & MOVE) && is_float(x) && producer_of(x) >= 0 && w->ours[x->producer] && quantize_of(w, y) < 0) {
        join(w, node, node);
        return;
    }
    bool between = (w->roles[node] & BETWEEN) && is_float(y) && quantize_of(w, y) >= 0;
    for (int i = 0; i < n->n_in && between; i++) {
        const struct view_value *const in = view_input(w->view, n, i);
        between = !in || in->constant || dequantize_for(w, in) >= 0;
    }
    if (!between || dequantize_for(w, x) < 0)
        return;
    join(w, node, node);
    take_inputs(w, node, node);
    join(w, quantize_of(w, y), node);
}

/* ---- Levels and regions ---- */

static int raised(int level, bool ours)
{
    return ((level & 1) == 0) == ours ? level : level + 1;
}

static void find_levels(struct work *w)
{
    const struct view *const view = w->view;
    for (int i = 0; i < view->n_nodes; i++)
        w->level[i] = w->ours[i] ? 0 : -1;
    for (int i = 0; i < view->n_nodes; i++) {
        int *const level = &w->level[w->unit[i]];
        for (int k = 0; k < view->nodes[i].n_in; k++) {
            const int p = producer_of(view_input(view, &view->nodes[i], k));
            if (p < 0 || w->unit[p] == w->unit[i])
                continue;
            const int least = raised(w->level[w->unit[p]], w->ours[i]);
            *level = least > *level ? least : *level;
        }
    }
    for (int i = 0; i < view->n_nodes; i++)
        w->level[i] = w->level[w->unit[i]];
}

static int root(const struct work *w, int node)
{
    while (w->group[node] != node)
        node = w->group[node];
    return node;
}

/* What is connected inside a level stays together, where there is a product in it. */
static void find_regions(struct work *w, struct claims *claims)
{
    const struct view *const view = w->view;
    bool *const worth = pool_get(&w->view->pool, (size_t)view->n_nodes + 1, sizeof *worth);
    int *const region_of = pool_get(&w->view->pool, (size_t)view->n_nodes + 2, sizeof *region_of);
    if (!worth || !region_of)
        return;
    for (int i = 0; i < view->n_nodes; i++)
        w->group[i] = i;
    for (int i = 0; i < view->n_nodes; i++)
        for (int k = 0; w->ours[i] && k < view->nodes[i].n_in; k++) {
            const int p = producer_of(view_input(view, &view->nodes[i], k));
            if (p >= 0 && w->ours[p] && w->level[p] == w->level[i])
                w->group[root(w, i)] = root(w, p);
        }
    for (int i = 0; i < view->n_nodes; i++)
        if (w->ours[i] && (w->roles[i] & PRODUCT))
            worth[root(w, i)] = true;
    for (int i = 0; i < view->n_nodes; i++) {
        claims->region[i] = -1;
        if (!w->ours[i] || !worth[root(w, i)]) {
            if (!w->why[i])
                w->why[i] = w->ours[i] ? "no product of the device's is beside it"
                                       : "it stands neither at a product nor, of bytes, between DequantizeLinear and QuantizeLinear";
            continue;
        }
        if (!region_of[w->level[i]])
            region_of[w->level[i]] = ++claims->n_regions;
        claims->region[i] = region_of[w->level[i]] - 1;
    }
}

/* Constants that several products read go with them where all are in one region: else each run would hand them from one to the next. */
static void take_shared_constants(struct work *w, struct claims *claims)
{
    const struct view *const view = w->view;
    for (int i = 0; i < view->n_nodes; i++) {
        const struct view_value *const x = view_input(view, &view->nodes[i], 0), *const y = view_output(view, &view->nodes[i], 0);
        if (!(w->roles[i] & DEQUANTIZE) || w->ours[i] || !x->constant || y->output || y->uses < 2)
            continue;
        int region = -1, found = 0;
        for (int k = i + 1; k < view->n_nodes; k++)
            for (int j = 0; j < view->nodes[k].n_in; j++)
                if (view_input(view, &view->nodes[k], j) == y) {
                    region = found++ == 0 || region == claims->region[k] ? claims->region[k] : -2;
                }
        if (region >= 0 && found == y->uses)
            claims->region[i] = region;
    }
}

static bool is_in_order(const struct view *view)
{
    for (int i = 0; i < view->n_nodes; i++)
        for (int k = 0; k < view->nodes[i].n_in; k++) {
            const struct view_value *const v = view_input(view, &view->nodes[i], k);
            if (v && v->producer >= i)
                return false;
        }
    return true;
}

struct OrtStatus *claims_make(struct systole_context *ctx, struct view *view, bool has_fp, struct claims *claims)
{
    struct pool *const pool = &view->pool;
    const size_t count = (size_t)view->n_nodes + 1;
    struct work w = {.view = view, .ctx = ctx, .has_fp = has_fp};
    if (!is_in_order(view))
        return ort_fail(ORT_CODE_FAIL, "the nodes of the graph are not in the order in which they run");
    w.roles = pool_get(pool, count, sizeof *w.roles);
    w.unit = pool_get(pool, count, sizeof *w.unit);
    w.ours = pool_get(pool, count, sizeof *w.ours);
    w.level = pool_get(pool, count, sizeof *w.level);
    w.group = pool_get(pool, count, sizeof *w.group);
    w.why = pool_get(pool, count, sizeof *w.why);
    *claims = (struct claims){.region = pool_get(pool, count, sizeof *claims->region), .why = w.why};
    if (pool->failed)
        return ort_no_memory();
    struct OrtStatus *const bad = find_roles(&w);
    if (bad)
        return bad;
    for (int i = 0; i < view->n_nodes; i++)
        if (w.roles[i] & PRODUCT)
            take_product(&w, i);
    for (int i = 0; i < view->n_nodes; i++)
        if (!w.ours[i] && (w.roles[i] & (BETWEEN | BYTES | MOVE)))
            take_other(&w, i);
    find_levels(&w);
    find_regions(&w, claims);
    take_shared_constants(&w, claims);
    return pool->failed ? ort_no_memory() : NULL;
}
