/* SPDX-License-Identifier: Apache-2.0 */
/* Which operators the device has, and what they share. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/core/bits.h"
#include "host/net/compile.h"

static const struct {
    const char *domain, *op;
    net_recognise_fn recognise;
} known[] = {
    {"", "Conv", net_conv},
    {"", "ConvInteger", net_conv},
    {"", "QLinearConv", net_conv},
    {"systole", "QLinearConv", net_conv},
    {"systole", "Conv", net_conv},
    {"", "MatMul", net_product},
    {"", "Gemm", net_product},
    {"", "MatMulInteger", net_product},
    {"", "QLinearMatMul", net_product},
    {"systole", "QLinearMatMul", net_product},
    {"systole", "MatMul", net_product},
    {"", "MaxPool", net_max_pool},
    {"", "GlobalMaxPool", net_max_pool},
    {"systole", "QLinearAveragePool", net_average},
    {"systole", "QLinearGlobalAveragePool", net_average},
    {"com.microsoft", "QLinearGlobalAveragePool", net_average},
    {"systole", "QLinearAdd", net_add},
    {"com.microsoft", "QLinearAdd", net_add},
    {"systole", "QLinearTable", net_table},
    {"", "DequantizeLinear", net_dequantize},
    {"", "Reshape", net_alias},
    {"", "Flatten", net_alias},
    {"", "Squeeze", net_alias},
    {"", "Unsqueeze", net_alias},
    {"", "Identity", net_alias},
};

bool net_no(char why[SY_WHY], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, SY_WHY, format, arguments);
    va_end(arguments);
    return false;
}

bool net_short_of_memory(struct net_compiler *c)
{
    c->no_memory = true;
    return false;
}

bool net_is_byte(enum systole_dtype d)
{
    return d == SYSTOLE_I8 || d == SYSTOLE_U8;
}

bool net_zero(const struct net_compiler *c, const struct sy_node *n, int input, uint32_t *zero, char why[SY_WHY])
{
    *zero = 0;
    if (input >= n->n_in || n->in[input] < 0)
        return true;
    const struct systole_tensor *t = net_constant(c, n, input);
    if (!t || t->count == 0)
        return net_no(why, "a zero point that is not constant");
    for (int64_t i = 1; i < t->count; i++)
        if (sy_get_int(t, i) != sy_get_int(t, 0))
            return net_no(why, "zero points that differ from channel to channel");
    *zero = (uint32_t)sy_get_int(t, 0) & 0xff;
    return true;
}

void net_to_bytes(struct net_op *op, const struct systole_tensor *zero, enum systole_dtype dtype)
{
    SYSTOLE_PUT(op->conv.post, STORE, out, dtype == SYSTOLE_U8 ? SYSTOLE_OUT_U8 : SYSTOLE_OUT_I8);
    SYSTOLE_PUT(op->conv.post, STORE, o_zp, zero ? (uint32_t)sy_get_int(zero, 0) & 0xff : 0);
    op->conv.out.element = 1;
}

void net_scale_imm(struct net_op *op, float scale)
{
    SYSTOLE_PUT(op->conv.post, STORE, scale, SYSTOLE_SCALE_IMM);
    SYSTOLE_PUT(op->conv.post, STORE, scale_imm, sy_to_bits(scale));
}

void net_residual(struct net_op *op, enum systole_dtype dtype, float scale, uint32_t zero)
{
    op->conv.has_residual = 1;
    SYSTOLE_PUT(op->conv.post, STORE, res, dtype == SYSTOLE_U8 ? SYSTOLE_RES_U8 : SYSTOLE_RES_I8);
    SYSTOLE_PUT(op->conv.post, STORE, r_scale, sy_to_bits(scale));
    SYSTOLE_PUT(op->conv.post, STORE, r_zp, zero);
}

/* An activation that STORE has, of fp32; false for any other operator. */
static bool activation(struct net_compiler *c, const struct sy_node *n, uint32_t *post)
{
    if (n->domain[0] != '\0')
        return false;
    float limit[2] = {-INFINITY, INFINITY}, alpha = 0.01f;
    for (int i = 0; i < n->n_attrs; i++) {
        const struct sy_attr *a = &n->attrs[i];
        if (a->kind == SY_ATTR_FLOAT && strcmp(a->name, "alpha") == 0)
            alpha = a->f;
        if (a->kind == SY_ATTR_FLOAT && strcmp(a->name, "min") == 0)
            limit[0] = a->f;
        if (a->kind == SY_ATTR_FLOAT && strcmp(a->name, "max") == 0)
            limit[1] = a->f;
    }
    uint32_t bits[3];
    if (strcmp(n->op_type, "Relu") == 0) {
        SYSTOLE_PUT(post, STORE, act, SYSTOLE_ACT_RELU);
    } else if (strcmp(n->op_type, "LeakyRelu") == 0) {
        memcpy(bits, &alpha, sizeof *bits);
        SYSTOLE_PUT(post, STORE, act, SYSTOLE_ACT_LEAKY);
        SYSTOLE_PUT(post, STORE, alpha, bits[0]);
    } else if (strcmp(n->op_type, "Clip") == 0) {
        for (int i = 0; i < 2; i++) {
            const struct systole_tensor *t = net_constant(c, n, i + 1);
            if (i + 1 < n->n_in && n->in[i + 1] >= 0 && (!t || t->count != 1 || t->dtype != SYSTOLE_F32))
                return false;
            limit[i] = t ? (float)sy_get(t, 0) : limit[i];
            memcpy(&bits[i], &limit[i], sizeof *bits);
        }
        if (!(limit[0] <= limit[1]))
            return false;
        SYSTOLE_PUT(post, STORE, clamp, 1);
        SYSTOLE_PUT(post, STORE, lo, bits[0]);
        SYSTOLE_PUT(post, STORE, hi, bits[1]);
    } else {
        return false;
    }
    return true;
}

bool net_fuse(struct net_compiler *c, int node, char why[SY_WHY])
{
    const struct sy_node *n = &c->g->nodes[node];
    uint32_t post[SYSTOLE_INSN_WORDS] = {0};
    if (n->n_in < 1 || n->n_out != 1 || n->in[0] < 0 || n->out[0] < 0)
        return false;
    const int k = c->maker[n->in[0]];
    const bool table = strcmp(n->domain, "systole") == 0 && strcmp(n->op_type, "QLinearTable") == 0;
    if (k < 0 || c->ops[k].is_alias || c->uses[n->in[0]] != 1 || !(table || activation(c, n, post)))
        return false;
    struct net_op *op = &c->ops[k];
    if (SYSTOLE_GET(op->conv.post, STORE, act) || SYSTOLE_GET(op->conv.post, STORE, clamp))
        return net_no(why, "the node before has an activation already");
    const struct systole_tensor *t = table ? net_constant(c, n, 1) : NULL;
    if (table && (!t || t->count != 256 || op->conv.out.element != 1))
        return false;
    if (!table && SYSTOLE_GET(op->conv.post, STORE, out) != SYSTOLE_OUT_F32)
        return false;
    if (table) {
        op->table = t;
        op->conv.has_table = 1;
        SYSTOLE_PUT(op->conv.post, STORE, act, SYSTOLE_ACT_TABLE);
    }
    for (int i = 0; i < SYSTOLE_INSN_WORDS; i++)
        op->conv.post[i] |= post[i];
    const struct net_shape in = c->shape[op->out];
    c->maker[op->out] = -1;
    op->out = n->out[0];
    c->maker[op->out] = k;
    c->layout[op->out] = op->layout;
    c->op_of[node] = k;
    net_set_shape(c, op->out, table ? t->dtype : in.dtype, in.rank, in.dims);
    return true;
}

bool net_recognise(struct net_compiler *c, int node, struct net_op *op, char why[SY_WHY])
{
    const struct sy_node *n = &c->g->nodes[node];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].op, n->op_type) != 0 || strcmp(known[i].domain, n->domain) != 0)
            continue;
        if (n->n_in < 1 || !net_input(c, n, 0))
            return net_no(why, "the shape of its input is not known before the run");
        if (c->shape[n->in[0]].constant)
            return net_no(why, "its input is constant");
        if (n->out[0] < 0 || c->shape[n->in[0]].count == 0)
            return net_no(why, "there is nothing to do");
        for (int k = 1; k < n->n_out; k++)
            if (n->out[k] >= 0)
                return net_no(why, "the device gives one output");
        op->in = n->in[0];
        op->out = n->out[0];
        return known[i].recognise(c, n, op, why);
    }
    return net_no(why, "the device has no such operator");
}
