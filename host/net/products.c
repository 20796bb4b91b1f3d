/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Convolutions and matrix products whose weights are constant: a product of matrices is a convolution with a kernel of one
 * over one row of pixels.
 */
#include <string.h>

#include "host/core/alloc.h"
#include "host/net/compile.h"
#include "host/ref/offload.h"

/* Where an operator has its operands: inputs, -1 for none. */
struct form {
    int w, bias, x_scale, x_zero, w_scale, w_zero, y_scale, y_zero, residual;
    bool quantised, raw; /* raw: the int32 sums are the result */
};

static struct form form_of(const struct sy_node *n)
{
    const bool ours = strcmp(n->domain, "systole") == 0;
    if (strncmp(n->op_type, "QLinear", 7) == 0)
        return (struct form){.x_scale = 1, .x_zero = 2, .w = 3, .w_scale = 4, .w_zero = 5, .y_scale = 6, .y_zero = 7, .bias = 8,
                             .residual = ours ? 9 : -1, .quantised = true};
    const bool integer = strcmp(n->op_type, "ConvInteger") == 0 || strcmp(n->op_type, "MatMulInteger") == 0;
    return (struct form){.w = 1, .bias = integer ? -1 : 2, .x_scale = -1, .x_zero = integer ? 2 : -1, .w_scale = -1,
                         .w_zero = integer ? 3 : -1, .y_scale = -1, .y_zero = -1, .residual = ours ? 3 : -1, .quantised = integer, .raw = integer};
}

static bool has_input(const struct sy_node *n, int i)
{
    return i >= 0 && i < n->n_in && n->in[i] >= 0;
}

static bool is_finite(const struct systole_tensor *t)
{
    for (int64_t i = 0; t && i < t->count; i++)
        if (!isfinite(((const float *)t->data)[i]))
            return false;
    return true;
}

/* ---- operands ---- */

static bool check_types(struct net_compiler *c, const struct sy_node *n, const struct form *f, struct net_op *op, char why[SY_WHY])
{
    const struct net_shape *x = net_input(c, n, 0);
    op->weights = net_constant(c, n, f->w);
    if (!op->weights)
        return net_no(why, "its weights are not constant");
    if (has_input(n, f->bias)) {
        op->bias = net_constant(c, n, f->bias);
        if (!op->bias)
            return net_no(why, "its bias is not constant");
    }
    if (f->quantised) {
        if (!net_is_byte(x->dtype) || !net_is_byte(op->weights->dtype) || (op->bias && op->bias->dtype != SYSTOLE_I32))
            return net_no(why, "operands of %s and %s", systole_dtype_name(x->dtype), systole_dtype_name(op->weights->dtype));
        return true;
    }
    if (x->dtype != SYSTOLE_F32 || op->weights->dtype != SYSTOLE_F32 || (op->bias && op->bias->dtype != SYSTOLE_F32))
        return net_no(why, "products of %s", systole_dtype_name(x->dtype));
    if (!sy_cap(&c->caps, SYSTOLE_CAP_HAS_FP))
        return net_no(why, "the device has no floating point");
    if (!is_finite(op->weights) || (has_input(n, f->residual) && !is_finite(op->bias)))
        return net_no(why, "an infinity or a NaN among its weights");
    return true;
}

static bool set_operands(struct net_compiler *c, const struct sy_node *n, const struct form *f, struct net_op *op, char why[SY_WHY])
{
    const struct net_shape *x = net_input(c, n, 0);
    op->is_product = true;
    op->conv.has_bias = op->bias != NULL;
    if (!f->quantised) {
        SYSTOLE_PUT(op->conv.post, STORE, src_fp, 1);
        SYSTOLE_PUT(op->conv.post, STORE, out, SYSTOLE_OUT_F32);
        return true;
    }
    op->conv.a_unsigned = x->dtype == SYSTOLE_U8;
    op->conv.b_unsigned = op->weights->dtype == SYSTOLE_U8;
    if (!net_zero(c, n, f->x_zero, &op->conv.a_zp, why) || !net_zero(c, n, f->w_zero, &op->conv.b_zp, why))
        return false;
    op->conv.pad_value = op->conv.a_zp;
    return true;
}

/* M of each channel: fl(fl(sx * sw) / sy). */
static bool set_scales(struct net_compiler *c, const struct sy_node *n, const struct form *f, struct net_op *op, char why[SY_WHY])
{
    const struct systole_tensor *sx = net_constant(c, n, f->x_scale), *sw = net_constant(c, n, f->w_scale);
    const struct systole_tensor *sy = net_constant(c, n, f->y_scale), *zy = net_constant(c, n, f->y_zero);
    const int64_t channels = (int64_t)op->conv.groups * op->conv.m;
    if (!sx || !sw || !sy || !zy || sx->count != 1 || sy->count != 1 || zy->count != 1 || (sw->count != 1 && sw->count != channels) ||
        !net_is_byte(zy->dtype) || (op->bias && op->bias->count != channels))
        return net_no(why, "scales that are not constant, or differ from row to row");
    net_to_bytes(op, zy, zy->dtype);
    const float a = (float)sy_get(sx, 0), y = (float)sy_get(sy, 0);
    if (sw->count == 1) {
        const float b = (float)sy_get(sw, 0);
        net_scale_imm(op, a * b / y);
        return true;
    }
    op->scale = sy_alloc((size_t)channels, sizeof *op->scale);
    if (!op->scale)
        return net_short_of_memory(c);
    for (int64_t i = 0; i < channels; i++) {
        const float b = (float)sy_get(sw, i);
        op->scale[i] = a * b / y;
    }
    SYSTOLE_PUT(op->conv.post, STORE, scale, SYSTOLE_SCALE_PARAM);
    return true;
}

static bool same_shape(const struct net_shape *s, int rank, const int64_t *dims)
{
    return s && s->rank == rank && memcmp(s->dims, dims, (size_t)rank * sizeof *dims) == 0;
}

/* Something is added: bytes in STORE, or fp32 that the chains begin at. */
static bool set_residual(struct net_compiler *c, const struct sy_node *n, const struct form *f, struct net_op *op, int rank,
                         const int64_t *dims, char why[SY_WHY])
{
    if (!has_input(n, f->residual))
        return true;
    const struct net_shape *r = net_input(c, n, f->residual);
    if (!same_shape(r, rank, dims) || r->constant)
        return net_no(why, "what is added has another shape, or is constant");
    op->other = n->in[f->residual];
    if (!f->quantised) {
        op->conv.has_start = 1;
        return r->dtype == SYSTOLE_F32 ? true : net_no(why, "a sum with %s", systole_dtype_name(r->dtype));
    }
    const struct systole_tensor *sr = net_constant(c, n, f->residual + 1), *sy = net_constant(c, n, f->y_scale);
    uint32_t zero;
    if (!net_is_byte(r->dtype) || !sr || sr->count != 1 || !net_zero(c, n, f->residual + 2, &zero, why))
        return net_no(why, "a residual that is not of bytes with one constant scale");
    net_residual(op, r->dtype, (float)sy_get(sr, 0) / (float)sy_get(sy, 0), zero);
    return true;
}

static bool finish(struct net_compiler *c, const struct sy_node *n, const struct form *f, struct net_op *op, int rank, const int64_t *dims,
                   char why[SY_WHY])
{
    if (!set_operands(c, n, f, op, why))
        return false;
    if (f->quantised && !f->raw && !set_scales(c, n, f, op, why))
        return false;
    if (!set_residual(c, n, f, op, rank, dims, why))
        return false;
    const struct systole_tensor *zy = net_constant(c, n, f->y_zero);
    net_set_shape(c, op->out, f->raw ? SYSTOLE_I32 : zy ? zy->dtype : SYSTOLE_F32, rank, dims);
    return true;
}

/* ---- convolutions ---- */

bool net_conv(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY])
{
    const struct form f = form_of(n);
    struct sy_conv p;
    struct sy_conv2d v;
    if (!check_types(c, n, &f, op, why))
        return false;
    const struct net_shape *x = net_input(c, n, 0);
    struct systole_tensor shape = {.dtype = x->dtype, .rank = x->rank, .count = x->count};
    memcpy(shape.dims, x->dims, sizeof shape.dims);
    struct sy_call call = {.ctx = c->ctx, .node = n};
    if (sy_conv_shape(&call, &shape, op->weights, &p))
        return net_no(why, "its shapes do not fit");
    if (!sy_conv_as_2d(&p, &v) || v.p <= 0 || v.q <= 0 || v.batch <= 0)
        return net_no(why, "a convolution over three dimensions or more, or an empty or cropped one");
    if (!sy_engine_fits_conv(&v) || (op->bias && op->bias->count != p.out_channels))
        return net_no(why, "it is too large, or its bias does not fit");
    op->conv = sy_engine_describe(&v, !f.quantised, c->e->precision);
    op->strides = sy_conv_dense_weights(&op->conv);
    op->layout = NET_PIXELS;
    op->macs = (uint64_t)(v.batch * v.p * v.q) * (uint64_t)(v.groups * v.m) * (uint64_t)(v.c * v.kh * v.kw);
    return finish(c, n, &f, op, p.rank, p.dims, why);
}

/* ---- matrix products ---- */

static bool is_plain_gemm(const struct sy_node *n, bool *transposed)
{
    *transposed = false;
    for (int i = 0; i < n->n_attrs; i++) {
        const struct sy_attr *a = &n->attrs[i];
        if (((strcmp(a->name, "alpha") == 0 || strcmp(a->name, "beta") == 0) && a->f != 1) || (strcmp(a->name, "transA") == 0 && a->i))
            return false;
        if (strcmp(a->name, "transB") == 0)
            *transposed = a->i != 0;
    }
    return true;
}

bool net_product(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY])
{
    const struct form f = form_of(n);
    bool transposed = false;
    if (!check_types(c, n, &f, op, why))
        return false;
    const struct net_shape *x = net_input(c, n, 0);
    const struct systole_tensor *w = op->weights;
    if (strcmp(n->op_type, "Gemm") == 0 && (!is_plain_gemm(n, &transposed) || x->rank != 2))
        return net_no(why, "alpha or beta is not 1, or A is transposed");
    if (w->rank != 2 || x->rank < 1 || x->dims[x->rank - 1] != w->dims[transposed])
        return net_no(why, "the weights are no matrix, or do not fit");
    const int64_t k = w->dims[transposed], m = w->dims[!transposed], rows = k ? x->count / k : 0;
    if (rows <= 0 || m <= 0 || !sy_engine_fits(rows, m, k))
        return net_no(why, "it is empty or too large");
    if (op->bias && (op->bias->count != m || op->bias->rank < 1 || op->bias->dims[op->bias->rank - 1] != m))
        return net_no(why, "what is added is no row of %lld", (long long)m);
    const struct sy_conv2d v = {.batch = 1, .h = 1, .w = rows, .p = 1, .q = rows, .groups = 1, .c = k, .m = m, .kh = 1, .kw = 1,
                                .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1};
    op->conv = sy_engine_describe(&v, !f.quantised, c->e->precision);
    op->strides = transposed ? (struct sy_weight_strides){(uint64_t)k, 1, 0, 0} : (struct sy_weight_strides){1, (uint64_t)m, 0, 0};
    op->layout = NET_ROWS;
    op->macs = (uint64_t)rows * (uint64_t)m * (uint64_t)k;
    int64_t dims[SYSTOLE_MAX_RANK];
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank - 1] = m;
    return finish(c, n, &f, op, x->rank, dims, why);
}
