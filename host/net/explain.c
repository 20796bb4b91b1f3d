/* SPDX-License-Identifier: Apache-2.0 */
/* A step for people: what it moves, how it was cut and why. */
#include <stdarg.h>
#include <stdio.h>

#include "host/net/compile.h"

struct text {
    char *to;
    size_t at;
};

static void say(struct text *t, const char *format, ...) SY_PRINTF(2, 3);
static void say(struct text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int n = vsnprintf(t->to + t->at, SY_WHY - t->at, format, arguments);
    va_end(arguments);
    t->at = n < 0 || t->at + (size_t)n >= SY_WHY ? SY_WHY - 1 : t->at + (size_t)n;
}

static void say_band(struct text *t, const struct net_compiler *c, const struct net_op *op)
{
    const struct sy_conv_layout *l = &op->cut;
    const struct sy_convolution *v = &op->conv;
    if (l->band == v->p && l->span == v->q)
        say(t, "all %u x %u outputs at a time", v->p, v->q);
    else
        say(t, "%u x %u of %u x %u outputs at a time, as much as ", l->band, l->span, v->p, v->q);
    if ((l->band != v->p || l->span != v->q) && (l->because & SY_CUT_INPUT))
        say(t, "half of APAD holds input for (%u bytes)", sy_cap(&c->caps, SYSTOLE_CAP_APAD_BYTES) / 2);
    else if (l->band != v->p || l->span != v->q)
        say(t, "half of ACC holds results of (%u rows)", sy_cap(&c->caps, SYSTOLE_CAP_ACC_ROWS) / 2);
    if (l->tiles > 1)
        say(t, "; %u of %u blocks of %u channels", l->nb, l->tiles, sy_cap(&c->caps, SYSTOLE_CAP_COLS));
}

static void say_weights(struct text *t, const struct net_compiler *c, const struct net_op *op)
{
    const struct sy_conv_layout *l = &op->cut;
    if (!op->weights)
        return;
    if (l->because & SY_CUT_WEIGHTS)
        say(t, "; weights in pieces of %u x %u taps x %u steps: one of %u parts of WPAD has %u bytes", l->piece_kh, l->piece_kw, l->piece_kc,
            sy_conv_parts(&c->caps), sy_cap(&c->caps, SYSTOLE_CAP_WPAD_BYTES) / sy_conv_parts(&c->caps));
    else
        say(t, "; the kernel whole");
    if (l->fold)
        say(t, "; kernel%s folded: %u channels would leave rows of the array empty", l->fold == SY_FOLD_KERNEL ? "" : " rows", op->conv.c);
    if (l->taps > 1)
        say(t, "; %u taps of a row of the kernel at once", l->taps);
    if (l->skip_h > 1 || l->skip_w > 1)
        say(t, "; pixels that no output reads are not loaded");
    if (l->chunk < l->steps)
        say(t, "; the input in chunks of %u of %u steps, for each block anew", l->chunk, l->steps);
    if (op->conv.passes > 1)
        say(t, "; %u passes", op->conv.passes);
}

/* What it was chosen for, and by. */
static void say_cost(struct text *t, const struct net_compiler *c, const struct net_op *op)
{
    const struct sy_memory m = sy_memory_of(&c->caps);
    say(t, "; about %llu cycles", (unsigned long long)sy_conv_cycles(&op->conv, &c->caps, &op->cut));
    if (c->caps.memory.outstanding)
        say(t, " (memory: latency %u, %u bursts)", m.latency, m.outstanding);
    else
        say(t, " (memory unknown, taken as latency %u, %u bursts)", m.latency, m.outstanding);
}

void net_describe(const struct net_compiler *c, const struct net_op *op, struct net_step *step)
{
    struct text t = {.to = step->text};
    const struct net_shape *in = &c->shape[op->in], *out = &c->shape[op->out];
    step->node = op->node;
    step->macs = op->macs;
    step->bytes_in = (uint64_t)in->count * (uint64_t)net_size_of(c, op->in);
    if (op->other >= 0)
        step->bytes_in += (uint64_t)c->shape[op->other].count * (uint64_t)net_size_of(c, op->other);
    if (op->weights)
        step->bytes_in += op->cut.packed * op->conv.weights.element;
    step->bytes_out = (uint64_t)out->count * (uint64_t)net_size_of(c, op->out);
    say_band(&t, c, op);
    say_weights(&t, c, op);
    if (op->other >= 0)
        say(&t, "; the sum in %s", op->conv.has_start ? "the chains" : "STORE");
    if (op->conv.has_table)
        say(&t, "; a table in STORE");
    if (c->half[op->out])
        say(&t, "; the results as bf16, for products of one pass alone");
    if (op->conv.stays)
        say(&t, "; the results stay in APAD");
    say_cost(&t, c, op);
}
