/* SPDX-License-Identifier: Apache-2.0 */
/* What works lane by lane on bytes: pools, sums, tables, conversions; and what moves nothing at all. */
#include <math.h>
#include <string.h>

#include "host/net/compile.h"
#include "host/ref/spatial.h"

/* ---- geometry ---- */

static bool fill_lanes(struct net_op *op, uint32_t mode, const struct sy_conv2d *v, char why[SY_WHY])
{
    if (!sy_engine_fits_conv(v) || v->batch <= 0 || v->p <= 0 || v->q <= 0)
        return net_no(why, "it is empty or too large");
    op->conv = sy_engine_describe(v, false, SY_F32);
    op->conv.mode = mode;
    op->conv.c = op->conv.m = (uint32_t)(v->groups * v->c);
    op->conv.groups = 1;
    op->conv.in.image = op->conv.in.row * op->conv.h;
    return true;
}

/* Every element by itself: pixels of as many channels as there are, or rows of the last dimension. */
bool net_lanes(struct net_compiler *c, struct net_op *op, uint32_t mode, char why[SY_WHY])
{
    const struct net_shape *x = &c->shape[op->in];
    const int made = c->maker[op->in] >= 0 ? op->in : op->other >= 0 && c->maker[op->other] >= 0 ? op->other : -1;
    op->layout = made >= 0 ? c->layout[made] : x->rank >= 3 ? NET_PIXELS : NET_ROWS;
    const int64_t last = x->rank == 0 ? 1 : x->dims[op->layout == NET_PIXELS ? 1 : x->rank - 1];
    const struct sy_conv2d v = {.batch = 1, .h = 1, .w = x->count / last, .p = 1, .q = x->count / last, .groups = last, .c = 1, .m = 1,
                                .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1};
    return fill_lanes(op, mode, &v, why);
}

/* Windows over pixels. */
static bool window_lanes(struct net_op *op, uint32_t mode, const struct net_shape *x, const struct sy_spatial *s, char why[SY_WHY])
{
    const int w = s->n - 1;
    if (s->n > 2)
        return net_no(why, "windows over three dimensions or more");
    struct sy_conv2d v = {.batch = x->dims[0], .h = 1, .w = s->in[w], .p = 1, .q = s->out[w], .groups = x->dims[1], .c = 1, .m = 1, .kh = 1,
                          .kw = s->kernel[w], .stride_h = 1, .stride_w = s->stride[w], .dil_h = 1, .dil_w = s->dilation[w],
                          .pad_w = s->before[w]};
    if (s->n == 2) {
        v.h = s->in[0];
        v.p = s->out[0];
        v.kh = s->kernel[0];
        v.stride_h = s->stride[0];
        v.dil_h = s->dilation[0];
        v.pad_h = s->before[0];
    }
    op->layout = NET_PIXELS;
    return v.pad_h >= 0 && v.pad_w >= 0 ? fill_lanes(op, mode, &v, why) : net_no(why, "it is cropped");
}

static struct sy_spatial whole_image(const struct net_shape *x)
{
    struct sy_spatial s = {.n = x->rank - 2};
    for (int i = 0; i < s.n; i++) {
        s.in[i] = s.kernel[i] = x->dims[i + 2];
        s.stride[i] = s.dilation[i] = s.out[i] = 1;
    }
    return s;
}

static bool spatial_of(struct net_compiler *c, const struct sy_node *n, bool global, struct sy_spatial *s, char why[SY_WHY])
{
    const struct net_shape *x = net_input(c, n, 0);
    struct systole_tensor shape = {.dtype = x->dtype, .rank = x->rank, .count = x->count};
    memcpy(shape.dims, x->dims, sizeof shape.dims);
    struct sy_call call = {.ctx = c->ctx, .node = n};
    if (x->rank < 3 || x->rank > 4)
        return net_no(why, "windows over %d dimensions", x->rank - 2);
    if (global)
        *s = whole_image(x);
    else if (sy_spatial(&call, &shape, NULL, s))
        return net_no(why, "its shapes do not fit");
    return true;
}

static void set_window_shape(struct net_compiler *c, int value, enum systole_dtype dtype, const struct net_shape *x, const struct sy_spatial *s)
{
    int64_t dims[SYSTOLE_MAX_RANK] = {x->dims[0], x->dims[1]};
    memcpy(dims + 2, s->out, (size_t)s->n * sizeof *dims);
    net_set_shape(c, value, dtype, x->rank, dims);
}

/* ---- pools ---- */

/* Does every window have an element of the input, in each dimension? */
static bool no_window_is_empty(const struct sy_spatial *s)
{
    for (int d = 0; d < s->n; d++)
        for (int64_t o = 0; o < s->out[d]; o++) {
            bool inside = false;
            for (int64_t k = 0; k < s->kernel[d] && !inside; k++) {
                const int64_t at = o * s->stride[d] + k * s->dilation[d] - s->before[d];
                inside = at >= 0 && at < s->in[d];
            }
            if (!inside)
                return false;
        }
    return true;
}

bool net_max_pool(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY])
{
    const struct net_shape x = *net_input(c, n, 0);
    struct sy_spatial s;
    if (!net_is_byte(x.dtype))
        return net_no(why, "a largest of %s: the lanes have 8 bits", systole_dtype_name(x.dtype));
    if (!spatial_of(c, n, strcmp(n->op_type, "GlobalMaxPool") == 0, &s, why) || !window_lanes(op, SYSTOLE_MODE_MAX, &x, &s, why))
        return false;
    if (!no_window_is_empty(&s))
        return net_no(why, "a window lies wholly in the padding");
    op->conv.a_unsigned = x.dtype == SYSTOLE_U8;
    op->conv.pad_value = x.dtype == SYSTOLE_U8 ? 0 : 0x80;
    net_to_bytes(op, NULL, x.dtype);
    set_window_shape(c, op->out, x.dtype, &x, &s);
    return true;
}

bool net_average(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY])
{
    const struct net_shape x = *net_input(c, n, 0);
    const struct systole_tensor *sx = net_constant(c, n, 1), *sy = net_constant(c, n, 3), *zy = net_constant(c, n, 4);
    struct sy_spatial s;
    int64_t count = 1;
    if (!net_is_byte(x.dtype) || !sx || !sy || sx->count != 1 || sy->count != 1 || (n->n_in > 4 && n->in[4] >= 0 && (!zy || zy->count != 1)))
        return net_no(why, "not of bytes with constant scales");
    for (int i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, "channels_last") == 0 && n->attrs[i].i)
            return net_no(why, "channels behind the pixels");
    const enum systole_dtype dtype = zy ? zy->dtype : x.dtype;
    if (!net_is_byte(dtype) || !spatial_of(c, n, strcmp(n->op_type, "QLinearGlobalAveragePool") == 0, &s, why) ||
        !window_lanes(op, SYSTOLE_MODE_SUM, &x, &s, why) || !net_zero(c, n, 2, &op->conv.a_zp, why))
        return net_no(why, "%s", why[0] ? why : "not of bytes");
    for (int i = 0; i < s.n; i++)
        count *= s.kernel[i];
    op->conv.a_unsigned = x.dtype == SYSTOLE_U8;
    op->conv.pad_value = op->conv.a_zp;
    net_to_bytes(op, zy, dtype);
    const float wide = (float)sy_get(sy, 0) * (float)count;
    net_scale_imm(op, (float)sy_get(sx, 0) / wide);
    set_window_shape(c, op->out, dtype, &x, &s);
    return true;
}

/* ---- element by element ---- */

static bool same_dims(const struct net_shape *a, const struct net_shape *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

/* a, scale, zero, b, scale, zero, scale, zero: the first in the accumulators, the second as the residual. */
bool net_add(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY])
{
    const struct net_shape *b = net_input(c, n, 3);
    const struct systole_tensor *sa = net_constant(c, n, 1), *sb = net_constant(c, n, 4), *sy = net_constant(c, n, 6), *zy = net_constant(c, n, 7);
    uint32_t zero;
    const struct net_shape a = c->shape[op->in];
    if (!b || b->constant || !same_dims(&a, b))
        return net_no(why, "a sum of different shapes, or with a constant");
    if (!net_is_byte(a.dtype) || !net_is_byte(b->dtype) || !sa || !sb || !sy || sa->count != 1 || sb->count != 1 || sy->count != 1 ||
        (n->n_in > 7 && n->in[7] >= 0 && (!zy || zy->count != 1 || !net_is_byte(zy->dtype))))
        return net_no(why, "not of bytes with constant scales");
    const enum systole_dtype b_type = b->dtype, dtype = zy ? zy->dtype : a.dtype;
    op->other = n->in[3];
    if (!net_lanes(c, op, SYSTOLE_MODE_SUM, why) || !net_zero(c, n, 2, &op->conv.a_zp, why) || !net_zero(c, n, 5, &zero, why))
        return false;
    op->conv.a_unsigned = a.dtype == SYSTOLE_U8;
    net_to_bytes(op, zy, dtype);
    net_scale_imm(op, (float)sy_get(sa, 0) / (float)sy_get(sy, 0));
    net_residual(op, b_type, (float)sy_get(sb, 0) / (float)sy_get(sy, 0), zero);
    net_set_shape(c, op->out, dtype, a.rank, a.dims);
    return true;
}

bool net_table(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY])
{
    const struct net_shape x = c->shape[op->in];
    op->table = net_constant(c, n, 1);
    if (!net_is_byte(x.dtype) || !op->table || op->table->count != 256 || !net_is_byte(op->table->dtype))
        return net_no(why, "not a constant table of bytes");
    if (!net_lanes(c, op, SYSTOLE_MODE_SUM, why))
        return false;
    op->conv.a_unsigned = x.dtype == SYSTOLE_U8;
    op->conv.has_table = 1;
    net_to_bytes(op, NULL, x.dtype);
    SYSTOLE_PUT(op->conv.post, STORE, act, SYSTOLE_ACT_TABLE);
    net_set_shape(c, op->out, op->table->dtype, x.rank, x.dims);
    return true;
}

bool net_dequantize(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY])
{
    const struct net_shape x = c->shape[op->in];
    const struct systole_tensor *scale = net_constant(c, n, 1);
    uint32_t zero;
    for (int i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, "output_dtype") == 0 && n->attrs[i].i && n->attrs[i].i != SYSTOLE_F32)
            return net_no(why, "a result that is not fp32");
    if (!net_is_byte(x.dtype) || !scale || scale->count != 1 || scale->rank > 1 || scale->dtype != SYSTOLE_F32 ||
        !isfinite(sy_get(scale, 0)))
        return net_no(why, "not of bytes with one constant fp32 scale");
    if (!net_zero(c, n, 2, &zero, why) || !net_lanes(c, op, SYSTOLE_MODE_SUM, why))
        return false;
    op->conv.a_zp = zero;
    op->conv.a_unsigned = x.dtype == SYSTOLE_U8;
    SYSTOLE_PUT(op->conv.post, STORE, out, SYSTOLE_OUT_F32);
    net_scale_imm(op, (float)sy_get(scale, 0));
    net_set_shape(c, op->out, SYSTOLE_F32, x.rank, x.dims);
    return true;
}

/* ---- the same bytes under another shape ---- */

/* The reference operator says the shape, on zeros that nobody touches. */
bool net_alias(struct net_compiler *c, const struct sy_node *n, struct net_op *op, char why[SY_WHY])
{
    const struct net_shape x = c->shape[op->in];
    const struct systole_tensor *in[4] = {NULL};
    struct systole_tensor *zeros = NULL, *out[1] = {NULL};
    const struct sy_scope scope = {.graph = c->g};
    if (n->n_in > 4 || n->n_out != 1)
        return net_no(why, "too many inputs or outputs");
    for (int i = 1; i < n->n_in; i++) {
        in[i] = net_constant(c, n, i);
        if (n->in[i] >= 0 && !in[i])
            return net_no(why, "a shape that is not constant");
    }
    if (sy_tensor_new(c->ctx, x.dtype, x.rank, x.dims, &zeros))
        return net_short_of_memory(c);
    in[0] = zeros;
    struct sy_call call = {c->ctx, n, n->n_in, 1, in, out, &scope};
    const enum systole_status status = n->op->run(&call);
    const bool fine = status == SYSTOLE_OK && out[0];
    c->no_memory = status == SYSTOLE_NO_MEMORY;
    if (fine)
        net_set_shape(c, op->out, out[0]->dtype, out[0]->rank, out[0]->dims);
    systole_tensor_free(out[0]);
    systole_tensor_free(zeros);
    op->is_alias = true;
    op->layout = NET_ROWS;
    return fine ? true : net_no(why, "its shapes do not fit");
}
