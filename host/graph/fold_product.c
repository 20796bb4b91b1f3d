/* SPDX-License-Identifier: Apache-2.0 */
/* MatMul, Gemm and Conv between DequantizeLinear and QuantizeLinear: one integer operator. */
#include <math.h>
#include <string.h>

#include "host/graph/fold_pass.h"

/* What was found around one QuantizeLinear. */
struct match {
    struct sy_node *quantize, *core;
    const struct sy_node *x, *w;    /* DequantizeLinear */
    const struct sy_node *residual; /* DequantizeLinear of what is added, or NULL */
    int bias;                       /* int32 value, or -1 */
    bool conv, transposed;          /* transposed: the weights lie n x k */
};

/* An int32 bias whose scale is the product's, and whose zero point is 0. */
static bool is_bias(const struct sy_graph *g, const struct sy_node *n, const struct match *m, int64_t channels)
{
    if (!sy_fold_is(n, "DequantizeLinear"))
        return false;
    const struct systole_tensor *b = sy_fold_constant(g, n->in[0]), *s = sy_fold_constant(g, sy_fold_input(n, 1));
    const struct systole_tensor *z = sy_fold_constant(g, sy_fold_input(n, 2));
    const struct systole_tensor *sx = sy_fold_constant(g, m->x->in[1]), *sw = sy_fold_constant(g, m->w->in[1]);
    if (!b || !s || b->dtype != SYSTOLE_I32 || b->rank != 1 || b->count != channels || (s->count != 1 && s->count != channels))
        return false;
    if (sy_fold_input(n, 2) >= 0 && !z)
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

static bool is_plain_gemm(const struct sy_node *n)
{
    const struct sy_attr *alpha = sy_fold_attr(n, "alpha"), *beta = sy_fold_attr(n, "beta");
    return sy_fold_is(n, "Gemm") && (!alpha || alpha->f == 1) && (!beta || beta->f == 1) && sy_fold_attr_int(n, "transA", 0) == 0;
}

/* The product and what it reads. */
static bool match_core(const struct sy_fold *f, struct sy_node *core, struct match *m)
{
    const struct sy_graph *g = f->g;
    m->conv = sy_fold_is(core, "Conv");
    const bool gemm = core && is_plain_gemm(core);
    if (!sy_fold_is_private(f, core) || !(m->conv || gemm || sy_fold_is(core, "MatMul")) || core->n_in < 2)
        return false;
    m->core = core;
    m->transposed = gemm && sy_fold_attr_int(core, "transB", 0) != 0;
    m->x = sy_fold_maker(g, core->in[0]);
    m->w = sy_fold_maker(g, core->in[1]);
    if (!sy_fold_is(m->w, "DequantizeLinear"))
        return false;
    const struct systole_tensor *w = sy_fold_constant(g, m->w->in[0]);
    if (!w) /* both come from the run: a scale each */
        return sy_fold_is(core, "MatMul") && sy_fold_is_dequantize(g, m->x, 1, 0) && sy_fold_is_dequantize(g, m->w, 1, 0);
    if (!sy_fold_is_byte(w->dtype) || (m->conv ? w->rank < 3 : w->rank != 2))
        return false;
    const int axis = m->conv || m->transposed ? 0 : 1;
    if (!sy_fold_is_dequantize(g, m->x, 1, 0) || !sy_fold_is_dequantize(g, m->w, w->dims[axis], axis))
        return false;
    const int bias = sy_fold_is(core, "MatMul") ? -1 : sy_fold_input(core, 2);
    if (bias < 0)
        return true;
    const struct sy_node *b = sy_fold_maker(g, bias);
    if (!b || !is_bias(g, b, m, w->dims[axis]))
        return false;
    m->bias = b->in[0];
    return true;
}

/* An Add behind the product: of its bias, where that is a MatMul, or of a tensor of bytes. */
static bool match_sum(const struct sy_fold *f, const struct sy_node *add, struct match *m)
{
    for (int side = 0; side < 2; side++) {
        struct sy_node *core = sy_fold_maker(f->g, add->in[side]), *other = sy_fold_maker(f->g, add->in[1 - side]);
        if (!core || !other || !match_core(f, core, m))
            continue;
        const struct systole_tensor *w = sy_fold_constant(f->g, m->w->in[0]);
        if (w && sy_fold_is(core, "MatMul") && is_bias(f->g, other, m, w->dims[1])) {
            m->bias = other->in[0];
            return true;
        }
        if (m->conv && sy_fold_is_dequantize(f->g, other, 1, 0)) {
            m->residual = other;
            return true;
        }
    }
    return false;
}

static bool match(const struct sy_fold *f, int q, struct match *m)
{
    const struct sy_graph *g = f->g;
    *m = (struct match){.quantize = &g->nodes[q], .bias = -1};
    if (!sy_fold_is_quantize(g, m->quantize))
        return false;
    struct sy_node *before = sy_fold_before(f, m->quantize);
    if (before && sy_fold_is(before, "Add") && before->n_in == 2)
        return match_sum(f, before, m);
    return before && match_core(f, before, m);
}

/* Weights k x n in place of n x k. */
static enum systole_status turn_weights(struct sy_fold *f, const struct match *m, int *value)
{
    const struct systole_tensor *w = sy_fold_constant(f->g, m->w->in[0]);
    const int64_t dims[2] = {w->dims[1], w->dims[0]};
    struct systole_tensor *turned = NULL;
    const enum systole_status status = sy_tensor_new(f->ctx, w->dtype, 2, dims, &turned);
    if (status)
        return status;
    for (int64_t n = 0; n < dims[1]; n++)
        for (int64_t k = 0; k < dims[0]; k++)
            sy_copy_element(turned, k * dims[1] + n, w, n * dims[0] + k);
    return sy_fold_add_constant(f, m->core->name, turned, value);
}

enum systole_status sy_fold_product(struct sy_fold *f, int node)
{
    struct match m;
    if (!match(f, node, &m))
        return SYSTOLE_OK;
    int weights = m.w->in[0];
    if (m.transposed) {
        const enum systole_status status = turn_weights(f, &m, &weights);
        if (status)
            return status;
    }
    /* x, scale, zero, w, scale, zero, scale and zero of the result, bias; and a residual, its scale, its zero. */
    int in[12] = {m.x->in[0], m.x->in[1], sy_fold_input(m.x, 2), weights, m.w->in[1], sy_fold_input(m.w, 2),
                  m.quantize->in[1], m.quantize->in[2], m.bias};
    if (m.residual) {
        in[9] = m.residual->in[0];
        in[10] = m.residual->in[1];
        in[11] = sy_fold_input(m.residual, 2);
    }
    return sy_fold_become(f, m.quantize, m.core, "systole", m.conv ? "QLinearConv" : "QLinearMatMul", 1, in, m.residual ? 12 : 9);
}
