/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies in the device's memory as bf16: in one pass the array takes an fp32 operand's high part and nothing else, so where products alone read a
 * value, its high part is all that anybody wants of it. STORE rounds as LOAD would; the one difference, a finite number that rounds to an infinity, is
 * seen after the run, as any infinity inside a segment is (run.c).
 */
#include "host/net/compile.h"

int net_size_of(const struct net_compiler *c, int value)
{
    return c->half[value] ? (int)sizeof(uint16_t) : sy_dtype_size(c->shape[value].dtype);
}

static bool is_f32(const struct net_compiler *c, int value)
{
    return c->shape[value].dtype == SYSTOLE_F32;
}

static bool is_of(const struct net_op *op, int level)
{
    return !op->gone && op->level == level;
}

/*
 * Operations stand in running order. Backwards, a value is half where all its readers take it so, other names for it included; then forwards, the names
 * follow what they stand for.
 */
static void choose(struct net_compiler *c, int level, const int *levels)
{
    for (int i = 0; i < c->n_ops; i++)
        if (is_of(&c->ops[i], level)) {
            c->half[c->ops[i].in] = is_f32(c, c->ops[i].in);
            c->half[c->ops[i].out] = is_f32(c, c->ops[i].out);
        }
    for (int i = c->n_ops; i-- > 0;) {
        const struct net_op *op = &c->ops[i];
        if (!is_of(op, level))
            continue;
        c->half[op->out] = c->half[op->out] && !net_leaves(c, op->out, level, levels);
        c->half[op->in] = c->half[op->in] && (op->is_alias ? c->half[op->out] : op->is_product && op->conv.bf16);
        if (op->other >= 0)
            c->half[op->other] = false;
    }
    for (int i = 0; i < c->n_ops; i++)
        if (is_of(&c->ops[i], level) && c->ops[i].is_alias)
            c->half[c->ops[i].out] = c->half[c->ops[i].in];
}

static void set_out(const struct net_compiler *c, struct net_op *op)
{
    uint32_t *word = &op->conv.post[SYSTOLE_F_STORE_out_WORD];
    *word &= ~(SYSTOLE_MASK(SYSTOLE_F_STORE_out_WIDTH) << SYSTOLE_F_STORE_out_LSB);
    SYSTOLE_PUT(op->conv.post, STORE, out, c->half[op->out] ? SYSTOLE_OUT_BF16 : SYSTOLE_OUT_F32);
}

void net_choose_halves(struct net_compiler *c, int level, const int *levels)
{
    if (c->e->precision != SY_X1)
        return;
    choose(c, level, levels);
    for (int i = 0; i < c->n_ops; i++) {
        struct net_op *op = &c->ops[i];
        if (!is_of(op, level) || op->is_alias)
            continue;
        if (op->conv.bf16)
            sy_engine_as_halves(&op->conv, c->half[op->in]);
        if (is_f32(c, op->out))
            set_out(c, op);
    }
}
