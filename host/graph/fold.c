/* SPDX-License-Identifier: Apache-2.0 */
#include "host/graph/fold.h"

#include "host/core/alloc.h"

#include <math.h>
#include <string.h>

struct fold {
    struct sy_graph *g;
    int *uses; /* of each value, by nodes and as output */
};

/* What was found around one QuantizeLinear; values, -1 where there is none. */
struct match {
    int quantize, core, bias;      /* bias: int32 value */
    const struct sy_node *x, *w;   /* DequantizeLinear */
    bool relu;
};

static bool is_op(const struct sy_node *n, const char *op)
{
    return n && n->domain[0] == '\0' && strcmp(n->op_type, op) == 0;
}

static struct sy_node *maker(const struct sy_graph *g, int v)
{
    return v >= 0 && g->values[v].producer >= 0 ? &g->nodes[g->values[v].producer] : NULL;
}

static int input_of(const struct sy_node *n, int i)
{
    return i < n->n_in ? n->in[i] : -1;
}

static const struct systole_tensor *constant(const struct sy_graph *g, int v)
{
    return v >= 0 ? g->values[v].initialiser : NULL;
}

/* An initialiser that is also an input may be replaced for a run: it is no constant. */
static bool may_change(const struct sy_graph *g, int v)
{
    for (int i = 0; i < g->n_inputs; i++)
        if (g->inputs[i] == v)
            return true;
    return false;
}

static bool is_constant(const struct sy_graph *g, int v)
{
    return constant(g, v) && !may_change(g, v);
}

static bool is_byte(enum systole_dtype d)
{
    return d == SYSTOLE_I8 || d == SYSTOLE_U8;
}

static int64_t attr_int(const struct sy_node *n, const char *name, int64_t otherwise)
{
    for (int i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, name) == 0 && n->attrs[i].kind == SY_ATTR_INT)
            return n->attrs[i].i;
    return otherwise;
}

/* DequantizeLinear by constants to fp32; `channels` 1: by one scale, else by one or by `channels` along `axis`. */
static bool is_dequantize(const struct sy_graph *g, const struct sy_node *n, int64_t channels, int axis)
{
    if (!is_op(n, "DequantizeLinear") || !is_constant(g, input_of(n, 1)) || attr_int(n, "block_size", 0))
        return false;
    const struct systole_tensor *scale = constant(g, n->in[1]), *zero = constant(g, input_of(n, 2));
    if (input_of(n, 2) >= 0 && (!is_constant(g, n->in[2]) || zero->count != scale->count))
        return false;
    return scale->dtype == SYSTOLE_F32 && scale->rank < 2 &&
           (scale->count == 1 || (scale->count == channels && channels > 1 && attr_int(n, "axis", 1) == axis));
}

/* An int32 bias whose scale is the product's, and whose zero point is 0. */
static bool is_bias(const struct sy_graph *g, const struct sy_node *n, const struct match *m, int64_t channels)
{
    if (!is_op(n, "DequantizeLinear") || !is_constant(g, input_of(n, 0)) || !is_constant(g, input_of(n, 1)))
        return false;
    const struct systole_tensor *b = constant(g, n->in[0]), *s = constant(g, n->in[1]), *z = constant(g, input_of(n, 2));
    const struct systole_tensor *sx = constant(g, m->x->in[1]), *sw = constant(g, m->w->in[1]);
    if (b->dtype != SYSTOLE_I32 || b->rank != 1 || b->count != channels || (s->count != 1 && s->count != channels))
        return false;
    if (input_of(n, 2) >= 0 && !z)
        return false;
    for (int64_t i = 0; z && i < z->count; i++)
        if (sy_get_int(z, i) != 0)
            return false;
    for (int64_t i = 0; i < channels; i++) {
        double product = sy_get(sx, 0) * sy_get(sw, sw->count == 1 ? 0 : i), scale = sy_get(s, s->count == 1 ? 0 : i);
        if (!(fabs(scale - product) <= 1e-6 * fabs(product)))
            return false;
    }
    return true;
}

/* Is the value made by the node read by nobody but the one that follows? */
static bool is_private(const struct fold *f, const struct sy_node *n)
{
    return n && n->n_out == 1 && n->out[0] >= 0 && f->uses[n->out[0]] == 1;
}

/* The product and what it reads. `add`: the Add behind a MatMul, or NULL. */
static bool match_core(const struct fold *f, struct sy_node *core, const struct sy_node *add, struct match *m)
{
    const struct sy_graph *g = f->g;
    bool conv = is_op(core, "Conv");
    if (!is_private(f, core) || !(conv || is_op(core, "MatMul")) || core->n_in < 2)
        return false;
    m->core = (int)(core - g->nodes);
    m->x = maker(g, core->in[0]);
    m->w = maker(g, core->in[1]);
    if (!is_op(m->w, "DequantizeLinear") || !is_constant(g, input_of(m->w, 0)))
        return false;
    const struct systole_tensor *w = constant(g, m->w->in[0]);
    if (!is_byte(w->dtype) || (conv ? w->rank < 3 : w->rank != 2))
        return false;
    int64_t channels = w->dims[conv ? 0 : 1];
    if (!is_dequantize(g, m->x, 1, 0) || !is_dequantize(g, m->w, channels, conv ? 0 : 1))
        return false;
    int bias = conv ? input_of(core, 2) : add ? add->in[add->in[0] == core->out[0]] : -1;
    if (conv && add)
        return false;
    if (bias < 0)
        return true;
    const struct sy_node *b = maker(g, bias);
    if (!b || !is_bias(g, b, m, channels))
        return false;
    m->bias = b->in[0];
    return true;
}

static bool match(const struct fold *f, int q, struct match *m)
{
    const struct sy_graph *g = f->g;
    const struct sy_node *n = &g->nodes[q];
    *m = (struct match){.quantize = q, .core = -1, .bias = -1};
    if (!is_op(n, "QuantizeLinear") || n->n_in < 3 || !is_constant(g, n->in[1]) || !is_constant(g, n->in[2]))
        return false;
    const struct systole_tensor *scale = constant(g, n->in[1]), *zero = constant(g, n->in[2]);
    if (scale->dtype != SYSTOLE_F32 || scale->count != 1 || zero->count != 1 || !is_byte(zero->dtype))
        return false;
    struct sy_node *before = maker(g, n->in[0]), *add = NULL;
    if (is_op(before, "Relu") && is_private(f, before)) {
        double lowest, highest;
        sy_dtype_range(zero->dtype, &lowest, &highest);
        if (sy_get(zero, 0) != lowest)
            return false; /* the saturation of the type does not do what the Relu does */
        m->relu = true;
        before = maker(g, before->in[0]);
    }
    if (is_op(before, "Add") && is_private(f, before) && before->n_in == 2) {
        add = before;
        before = maker(g, add->in[0]);
        if (!is_op(before, "MatMul"))
            before = maker(g, add->in[1]);
    }
    if (!before || !match_core(f, before, add, m))
        return false;
    /* The output of x's DequantizeLinear has to come from bytes; its type shows in the zero point or in what made it. */
    const struct systole_tensor *zx = constant(g, input_of(m->x, 2));
    return zx && is_byte(zx->dtype);
}

/* x, scale, zero, w, scale, zero, scale, zero of the result, bias: in place of the QuantizeLinear. */
static enum systole_status replace(struct systole_context *ctx, struct sy_graph *g, const struct match *m)
{
    struct sy_node *q = &g->nodes[m->quantize], *core = &g->nodes[m->core];
    bool conv = is_op(core, "Conv");
    char *domain = sy_strdup("systole"), *op = sy_strdup(conv ? "QLinearConv" : "QLinearMatMul");
    int *in = sy_alloc(9, sizeof(*in));
    if (!domain || !op || !in) {
        sy_free(domain);
        sy_free(op);
        sy_free(in);
        return sy_no_memory(ctx);
    }
    const int values[9] = {m->x->in[0], m->x->in[1], input_of(m->x, 2), m->w->in[0], m->w->in[1], input_of(m->w, 2),
                           q->in[1], q->in[2], m->bias};
    memcpy(in, values, sizeof(values));
    sy_log(ctx, SYSTOLE_LOG_DEBUG, "node '%.100s' and its neighbours become one %s", core->name, op);
    struct sy_node old = *q;
    q->in = in;
    q->n_in = 9;
    q->domain = domain;
    q->op_type = op;
    q->version = 1;
    q->op = sy_op_find(domain, op, 1);
    q->attrs = core->attrs; /* strides, pads, ...; the core gets the other's and is removed with them */
    q->n_attrs = core->n_attrs;
    q->name = core->name;
    core->attrs = old.attrs;
    core->n_attrs = old.n_attrs;
    core->name = old.name;
    sy_free(old.in);
    sy_free(old.domain);
    sy_free(old.op_type);
    return SYSTOLE_OK;
}

static void count_uses(const struct fold *f)
{
    const struct sy_graph *g = f->g;
    memset(f->uses, 0, (size_t)g->n_values * sizeof(*f->uses));
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] >= 0)
                f->uses[g->nodes[i].in[k]]++;
    for (int i = 0; i < g->n_outputs; i++)
        f->uses[g->outputs[i]]++;
}

static bool is_needed(const struct fold *f, const struct sy_node *n)
{
    for (int k = 0; k < n->n_out; k++)
        if (n->out[k] >= 0 && f->uses[n->out[k]] > 0)
            return true;
    return false;
}

/* From the end of the order to its beginning, so that what only dead nodes read is dead too. */
static void remove_dead(const struct fold *f)
{
    struct sy_graph *g = f->g;
    for (int at = g->n_nodes - 1; at >= 0; at--) {
        struct sy_node *n = &g->nodes[g->order[at]];
        if (is_needed(f, n))
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

enum systole_status sy_graph_fold(struct systole_context *ctx, struct sy_graph *g)
{
    for (int i = 0; i < g->n_nodes; i++)
        for (int a = 0; a < g->nodes[i].n_attrs; a++)
            if (g->nodes[i].attrs[a].g)
                return SYSTOLE_OK; /* a graph inside reads values of this one unseen */
    struct fold f = {g, sy_alloc((size_t)g->n_values, sizeof(*f.uses))};
    if (!f.uses)
        return sy_no_memory(ctx);
    enum systole_status status = SYSTOLE_OK;
    int folded = 0;
    count_uses(&f);
    for (int i = 0; i < g->n_nodes && !status; i++) {
        struct match m;
        if (!match(&f, i, &m))
            continue;
        status = replace(ctx, g, &m);
        folded++;
    }
    if (!status && folded) {
        count_uses(&f);
        remove_dead(&f);
        status = sy_graph_finish(ctx, g);
    }
    sy_free(f.uses);
    return status;
}
