/* SPDX-License-Identifier: Apache-2.0 */
/* fp32: a batch normalisation, a bias or a sum behind a product goes into the product. */
#include <math.h>
#include <string.h>

#include "host/graph/fold_pass.h"

static const struct systole_tensor *f32_constant(const struct sy_graph *g, int v, int64_t count)
{
    const struct systole_tensor *t = sy_fold_constant(g, v);
    return t && t->dtype == SYSTOLE_F32 && (count < 0 || t->count == count) ? t : NULL;
}

/* A convolution, with constant weights, that only the node behind it reads. */
static struct sy_node *private_conv(const struct sy_fold *f, int v)
{
    struct sy_node *n = sy_fold_maker(f->g, v);
    if (!n || !sy_fold_is(n, "Conv") || !sy_fold_is_private(f, n))
        return NULL;
    const struct systole_tensor *w = f32_constant(f->g, n->in[1], -1);
    if (!w || w->rank < 3 || (sy_fold_input(n, 2) >= 0 && !f32_constant(f->g, n->in[2], w->dims[0])))
        return NULL;
    return n;
}

/* ---- batch normalisation ---- */

/* w' = fl(w * s), b' = fl((b - mean) * s + offset), with s = scale / sqrt(variance + epsilon), all but the roundings as double. */
static enum systole_status normalised(struct sy_fold *f, const struct sy_node *conv, const struct sy_node *norm, int values[2])
{
    const struct systole_tensor *w = sy_fold_constant(f->g, conv->in[1]), *b = sy_fold_constant(f->g, sy_fold_input(conv, 2));
    const struct systole_tensor *p[4];
    const struct sy_attr *epsilon = sy_fold_attr(norm, "epsilon");
    struct systole_tensor *weights = NULL, *bias = NULL;
    for (int i = 0; i < 4; i++)
        p[i] = sy_fold_constant(f->g, norm->in[i + 1]);
    enum systole_status status = sy_tensor_new(f->ctx, SYSTOLE_F32, w->rank, w->dims, &weights);
    if (!status)
        status = sy_tensor_new(f->ctx, SYSTOLE_F32, 1, w->dims, &bias);
    for (int64_t c = 0; !status && c < w->dims[0]; c++) {
        const double s = sy_get(p[0], c) / sqrt(sy_get(p[3], c) + (epsilon ? (double)epsilon->f : 1e-5));
        const int64_t inner = w->count / w->dims[0];
        for (int64_t i = c * inner; i < (c + 1) * inner; i++)
            ((float *)weights->data)[i] = (float)((double)((const float *)w->data)[i] * s);
        ((float *)bias->data)[c] = (float)(((b ? sy_get(b, c) : 0) - sy_get(p[2], c)) * s + sy_get(p[1], c));
    }
    if (status) {
        systole_tensor_free(weights);
        systole_tensor_free(bias);
        return status;
    }
    status = sy_fold_add_constant(f, conv->name, weights, &values[0]);
    if (status) {
        systole_tensor_free(bias);
        return status;
    }
    return sy_fold_add_constant(f, conv->name, bias, &values[1]);
}

static enum systole_status fold_norm(struct sy_fold *f, struct sy_node *n)
{
    struct sy_node *conv = private_conv(f, n->in[0]);
    if (!conv || n->n_in < 5 || sy_fold_attr_int(n, "training_mode", 0) || sy_fold_attr_int(n, "spatial", 1) != 1)
        return SYSTOLE_OK;
    for (int i = 1; i < n->n_out; i++)
        if (n->out[i] >= 0)
            return SYSTOLE_OK;
    const struct systole_tensor *w = sy_fold_constant(f->g, conv->in[1]);
    for (int i = 1; i < 5; i++)
        if (!f32_constant(f->g, n->in[i], w->dims[0]))
            return SYSTOLE_OK;
    int in[3] = {conv->in[0], -1, -1};
    const int64_t version = conv->version;
    const enum systole_status status = normalised(f, conv, n, in + 1);
    if (status)
        return status;
    n->n_out = 1;
    return sy_fold_become(f, n, conv, "", "Conv", version, in, 3);
}

/* ---- sums ---- */

/* A product with a constant matrix and perhaps a bias, that only the node behind it reads. */
static struct sy_node *private_product(const struct sy_fold *f, int v)
{
    struct sy_node *n = sy_fold_maker(f->g, v);
    if (!n || !sy_fold_is_private(f, n) || strcmp(n->op_type, "MatMul") != 0 || n->n_in > 3 ||
        !(n->domain[0] == '\0' || strcmp(n->domain, "systole") == 0))
        return NULL;
    const struct systole_tensor *w = f32_constant(f->g, n->in[1], -1);
    return w && w->rank == 2 ? n : NULL;
}

static enum systole_status fold_sum(struct sy_fold *f, struct sy_node *n)
{
    for (int side = 0; side < 2; side++) {
        struct sy_node *conv = private_conv(f, n->in[side]), *product = conv ? NULL : private_product(f, n->in[side]);
        struct sy_node *core = conv ? conv : product;
        const int other = n->in[1 - side];
        const struct systole_tensor *constant = sy_fold_constant(f->g, other);
        if (!core || other == n->in[side])
            continue;
        int in[4] = {core->in[0], core->in[1], sy_fold_input(core, 2), -1};
        const struct systole_tensor *w = sy_fold_constant(f->g, core->in[1]);
        if (!constant && f->g->values[other].initialiser == NULL)
            in[3] = other;
        else if (product && in[2] < 0 && constant && constant->dtype == SYSTOLE_F32 && constant->rank == 1 && constant->count == w->dims[1])
            in[2] = other;
        else
            continue;
        return sy_fold_become(f, n, core, "systole", conv ? "Conv" : "MatMul", 1, in, in[3] >= 0 ? 4 : 3);
    }
    return SYSTOLE_OK;
}

enum systole_status sy_fold_float(struct sy_fold *f, int node)
{
    struct sy_node *n = &f->g->nodes[node];
    if (sy_fold_is(n, "BatchNormalization"))
        return fold_norm(f, n);
    if ((sy_fold_is(n, "Add") || sy_fold_is(n, "Sum")) && n->n_in == 2 && n->n_out == 1)
        return fold_sum(f, n);
    return SYSTOLE_OK;
}
