/* SPDX-License-Identifier: Apache-2.0 */
/* One program of a segment's operations: where its values lie, its constants, its instructions. */
#include <stdio.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/net/memory.h"

struct build {
    struct net_compiler *c;
    struct net_segment *s;
    int level;
    int *ops; /* of the segment, in order */
    int n_ops;
    struct net_memory memory;
    char *constants;
    uint64_t constants_at;
    struct sy_program *program;
    int failed;
};

static enum systole_status driver_failed(struct systole_context *ctx, const struct sy_engine *e, enum systole_status status)
{
    return sy_fail(ctx, status, "%s: %s", systole_device_name(e->dev), systole_device_message(e->dev));
}

/* ---- values and their places ---- */

bool net_leaves(const struct net_compiler *c, int value, int level, const int *levels)
{
    const struct sy_graph *g = c->g;
    for (int i = 0; i < g->n_outputs; i++)
        if (g->outputs[i] == value)
            return true;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k] == value && levels[i] != level)
                return true;
    return false;
}

static enum systole_status add_port(struct build *b, struct net_port **list, int *count, int value, enum net_layout layout)
{
    const struct net_shape *shape = &b->c->shape[value];
    struct net_port *more = sy_realloc(*list, (size_t)*count + 1, sizeof *more);
    if (!more)
        return sy_no_memory(b->c->ctx);
    *list = more;
    struct net_port *p = &more[(*count)++];
    *p = (struct net_port){.value = value, .layout = net_is_both(shape) ? NET_ROWS : layout, .dtype = shape->dtype, .rank = shape->rank,
                           .count = shape->count, .half = b->c->half[value]};
    memcpy(p->dims, shape->dims, sizeof p->dims);
    return SYSTOLE_OK;
}

/* The place of a value that the operation at `when` reads: made here, or brought in. */
static enum systole_status read_place(struct build *b, int value, enum net_layout layout, int when, int *place)
{
    const struct net_compiler *c = b->c;
    const enum net_layout as = net_is_both(&c->shape[value]) ? NET_ROWS : layout;
    int p = net_memory_find(&b->memory, value, as);
    const int made = c->maker[value];
    if (p < 0 && !(made >= 0 && c->ops[made].level == b->level)) {
        p = net_memory_add(&b->memory, value, as, (uint64_t)c->shape[value].count * (uint64_t)net_size_of(c, value), 0);
        const enum systole_status status = p < 0 ? sy_no_memory(c->ctx) : add_port(b, &b->s->in, &b->s->n_in, value, layout);
        if (status)
            return status;
        b->s->in[b->s->n_in - 1].checked = c->shape[value].dtype == SYSTOLE_F32;
    }
    net_memory_use(&b->memory, p, when);
    *place = p;
    return SYSTOLE_OK;
}

static enum systole_status place_values(struct build *b, const int *level)
{
    const struct net_compiler *c = b->c;
    for (int i = 0; i < b->n_ops; i++) {
        const struct net_op *op = &c->ops[b->ops[i]];
        int in = -1, other = -1, out;
        enum systole_status status = read_place(b, op->in, op->layout, i, &in);
        if (!status && op->other >= 0)
            status = read_place(b, op->other, op->layout, i, &other);
        if (status)
            return status;
        const enum net_layout as = net_is_both(&c->shape[op->out]) ? NET_ROWS : op->layout;
        const uint64_t size = (uint64_t)c->shape[op->out].count * (uint64_t)net_size_of(c, op->out);
        out = op->is_alias ? net_memory_alias(&b->memory, op->out, as, in) : net_memory_add(&b->memory, op->out, as, size, i);
        if (out < 0)
            return sy_no_memory(c->ctx);
        if (!net_leaves(c, op->out, b->level, level))
            continue;
        net_memory_use(&b->memory, out, b->n_ops);
        status = add_port(b, &b->s->out, &b->s->n_out, op->out, op->layout);
        if (status)
            return status;
    }
    return SYSTOLE_OK;
}

/* fp32 that a product here reads and an operation here made: looked at after the run, so it keeps its place to the end. */
static enum systole_status watch_values(struct build *b)
{
    const struct net_compiler *c = b->c;
    for (int i = 0; i < b->n_ops; i++) {
        const struct net_op *op = &c->ops[b->ops[i]];
        const int made = c->maker[op->in];
        if (!op->is_product || !op->conv.bf16 || made < 0 || c->ops[made].level != b->level)
            continue;
        net_memory_use(&b->memory, net_memory_find(&b->memory, op->in, net_is_both(&c->shape[op->in]) ? NET_ROWS : op->layout), b->n_ops);
        const enum systole_status status = add_port(b, &b->s->watch, &b->s->n_watch, op->in, op->layout);
        if (status)
            return status;
    }
    return SYSTOLE_OK;
}

static void settle(struct build *b, struct net_port *ports, int n)
{
    for (int i = 0; i < n; i++)
        ports[i].offset = net_memory_offset(&b->memory, net_memory_find(&b->memory, ports[i].value, ports[i].layout));
}

/* ---- constants ---- */

enum { ALIGN = 64 };

static uint64_t take(uint64_t *at, uint64_t size)
{
    const uint64_t here = *at;
    *at += (size + ALIGN - 1) / ALIGN * ALIGN;
    return here;
}

/* Places of an operation's constants; with memory for them, their bytes too. */
static void put_constants(struct build *b, struct net_op *op)
{
    struct sy_convolution *v = &op->conv;
    const uint64_t channels = (uint64_t)v->groups * v->m;
    char *to = b->constants;
    if (op->weights) {
        v->weights.window = NET_CONSTANTS;
        v->weights.offset = take(&b->constants_at, op->cut.packed * v->weights.element);
        if (to)
            sy_conv_pack(v, &b->c->caps, &op->cut, op->weights->data, (uint32_t)sy_dtype_size(op->weights->dtype), &op->strides,
                         to + v->weights.offset);
    }
    if (op->bias) {
        v->bias = (struct sy_operand){.window = NET_CONSTANTS, .offset = take(&b->constants_at, channels * 4)};
        if (to)
            memcpy(to + v->bias.offset, op->bias->data, channels * 4);
    }
    if (op->scale) {
        v->scale = (struct sy_operand){.window = NET_CONSTANTS, .offset = take(&b->constants_at, channels * 4)};
        if (to)
            memcpy(to + v->scale.offset, op->scale, channels * 4);
    }
    if (op->table) {
        v->table = (struct sy_operand){.window = NET_CONSTANTS, .offset = take(&b->constants_at, SYSTOLE_LUT_BYTES)};
        if (to)
            memcpy(to + v->table.offset, op->table->data, SYSTOLE_LUT_BYTES);
    }
}

static enum systole_status make_constants(struct build *b)
{
    for (int i = 0; i < b->n_ops; i++) {
        struct net_op *op = &b->c->ops[b->ops[i]];
        if (op->is_alias)
            continue;
        if (sy_conv_cut(&op->conv, &b->c->caps, &op->cut) != SY_PLANNED) {
            b->failed = b->ops[i];
            return SYSTOLE_UNSUPPORTED;
        }
        put_constants(b, op);
    }
    b->s->constants_size = b->constants_at ? b->constants_at : ALIGN;
    b->constants = sy_alloc(1, b->s->constants_size);
    b->constants_at = 0;
    for (int i = 0; b->constants && i < b->n_ops; i++)
        if (!b->c->ops[b->ops[i]].is_alias)
            put_constants(b, &b->c->ops[b->ops[i]]);
    return b->constants ? SYSTOLE_OK : sy_no_memory(b->c->ctx);
}

/* ---- instructions ---- */

static void place_images(struct build *b, struct net_op *op)
{
    const struct net_compiler *c = b->c;
    struct sy_convolution *v = &op->conv;
    const uint64_t element = (uint64_t)net_size_of(c, op->out), pixel = (uint64_t)v->groups * v->m * element;
    v->in.window = v->out.window = NET_ARENA;
    v->in.offset = net_memory_offset(&b->memory, net_memory_find(&b->memory, op->in, net_is_both(&c->shape[op->in]) ? NET_ROWS : op->layout));
    v->out.offset = net_memory_offset(&b->memory, net_memory_find(&b->memory, op->out, net_is_both(&c->shape[op->out]) ? NET_ROWS : op->layout));
    v->out.element = (uint32_t)element;
    v->out.pixel = pixel;
    v->out.row = pixel * v->q;
    v->out.image = pixel * v->q * v->p;
    if (op->other < 0)
        return;
    struct sy_images *more = v->has_start ? &v->start : &v->residual;
    *more = v->out;
    more->element = (uint32_t)net_size_of(c, op->other);
    more->pixel = (uint64_t)v->groups * v->m * more->element;
    more->row = more->pixel * v->q;
    more->image = more->row * v->p;
    more->offset = net_memory_offset(&b->memory, net_memory_find(&b->memory, op->other, net_is_both(&c->shape[op->other]) ? NET_ROWS : op->layout));
}

/* Does nobody but `next` read what `op` makes, through other names for it too? */
static bool is_only_for(const struct build *b, const struct net_op *op, const struct net_op *next, const int *level)
{
    const struct net_compiler *c = b->c;
    int value = next->in;
    if (next->other == op->out)
        return false;
    for (;;) {
        const int made = c->maker[value];
        if (c->uses[value] != 1 || net_leaves(c, value, b->level, level) || made < 0 || c->ops[made].level != b->level)
            return false;
        if (&c->ops[made] == op)
            return true;
        if (!c->ops[made].is_alias)
            return false;
        value = c->ops[made].in;
    }
}

/* Results that fit stay in APAD for the operation right behind: nothing of them goes to memory and back. */
static void keep_on_chip(struct build *b, const int *level)
{
    struct net_op *before = NULL;
    for (int i = 0; i < b->n_ops; i++) {
        struct net_op *op = &b->c->ops[b->ops[i]];
        if (op->is_alias)
            continue;
        op->conv.is_here = before && is_only_for(b, before, op, level) &&
                           sy_conv_can_stay(&before->conv, &before->cut, &op->conv, &op->cut, &b->c->caps, &before->conv.place);
        if (before)
            before->conv.stays = op->conv.is_here;
        op->conv.stays = 0;
        before = op;
    }
}

static enum systole_status make_program(struct build *b)
{
    struct net_compiler *c = b->c;
    b->program = sy_program_new(&c->caps);
    b->s->steps = sy_alloc((size_t)b->n_ops, sizeof *b->s->steps);
    if (!b->program || !b->s->steps)
        return sy_no_memory(c->ctx);
    sy_program_constant(b->program, NET_CONSTANTS);
    for (int i = 0; i < b->n_ops; i++) {
        struct net_op *op = &c->ops[b->ops[i]];
        if (op->is_alias)
            continue;
        struct net_step *step = &b->s->steps[b->s->n_steps++];
        place_images(b, op);
        net_describe(c, op, step);
        step->first = sy_program_count(b->program);
        if (sy_plan_conv(b->program, &c->caps, &op->conv, &op->cut) != SY_PLANNED) {
            b->failed = b->ops[i];
            return SYSTOLE_UNSUPPORTED;
        }
        step->count = sy_program_count(b->program) - step->first;
        b->s->products += op->is_product;
    }
    return sy_program_finish(b->program) ? SYSTOLE_OK : sy_no_memory(c->ctx);
}

/* ---- the device's memory ---- */

enum systole_status net_to_buffer(struct systole_context *ctx, struct sy_engine *e, struct systole_buffer **buffer, uint64_t size,
                                  const void *data)
{
    enum systole_status status = systole_buffer_alloc(e->dev, size, buffer);
    if (!status && data)
        status = systole_buffer_write(*buffer, 0, data, (size_t)size);
    return status ? driver_failed(ctx, e, status) : SYSTOLE_OK;
}

enum systole_status net_make_arena(struct systole_context *ctx, struct net_segment *s)
{
    void *host = NULL;
    const enum systole_status status = net_to_buffer(ctx, s->e, &s->arena, s->arena_size, NULL);
    if (status)
        return status;
    s->mapped = systole_buffer_map(s->arena, &host) == SYSTOLE_OK;
    s->host = s->mapped ? host : sy_alloc(1, s->arena_size);
    return s->host ? SYSTOLE_OK : sy_no_memory(ctx);
}

static enum systole_status make_buffers(struct build *b)
{
    struct net_segment *s = b->s;
    s->instructions = sy_program_count(b->program);
    s->program_size = (uint64_t)s->instructions * SYSTOLE_INSN_BYTES;
    s->arena_size = b->memory.size ? b->memory.size : ALIGN;
    enum systole_status status = net_to_buffer(b->c->ctx, s->e, &s->program, s->program_size, sy_program_words(b->program));
    if (!status)
        status = net_to_buffer(b->c->ctx, s->e, &s->constants, s->constants_size, b->constants);
    return status ? status : net_make_arena(b->c->ctx, s);
}

/* ---- all of it ---- */

/* The node of the step that does an operation; what is no step itself belongs to the one that makes its bytes. */
static int step_of(const struct net_compiler *c, int op)
{
    while (c->ops[op].is_alias) {
        const int before = c->maker[c->ops[op].in];
        if (before < 0 || c->ops[before].level != c->ops[op].level)
            break;
        op = before;
    }
    return c->ops[op].node;
}

static enum systole_status collect(struct build *b, const int *level)
{
    const struct net_compiler *c = b->c;
    struct net_segment *s = b->s;
    b->ops = sy_alloc((size_t)c->n_ops, sizeof *b->ops);
    s->nodes = sy_alloc((size_t)c->g->n_nodes, sizeof *s->nodes);
    s->into = sy_alloc((size_t)c->g->n_nodes, sizeof *s->into);
    if (!b->ops || !s->nodes || !s->into)
        return sy_no_memory(c->ctx);
    for (int i = 0; i < c->n_ops; i++)
        if (!c->ops[i].gone && c->ops[i].level == b->level)
            b->ops[b->n_ops++] = i;
    for (int at = 0; at < c->g->n_nodes; at++) {
        const int node = c->g->order[at];
        if (level[node] != b->level)
            continue;
        s->into[s->n_nodes] = step_of(c, c->op_of[node]);
        s->nodes[s->n_nodes++] = node;
    }
    return SYSTOLE_OK;
}

enum systole_status net_segment_new(struct net_compiler *c, int level, const int *levels, struct net_segment **out, int *failed)
{
    struct net_segment *s = sy_alloc(1, sizeof *s);
    struct build b = {.c = c, .s = s, .level = level, .failed = -1};
    if (!s)
        return sy_no_memory(c->ctx);
    s->e = c->e;
    net_choose_halves(c, level, levels);
    enum systole_status status = collect(&b, levels);
    if (!status)
        status = place_values(&b, levels);
    if (!status)
        status = watch_values(&b);
    if (!status)
        status = net_memory_plan(&b.memory) ? SYSTOLE_OK : sy_no_memory(c->ctx);
    if (!status) {
        settle(&b, s->in, s->n_in);
        settle(&b, s->out, s->n_out);
        settle(&b, s->watch, s->n_watch);
        status = make_constants(&b);
    }
    if (!status)
        keep_on_chip(&b, levels);
    if (!status)
        status = make_program(&b);
    if (!status)
        status = make_buffers(&b);
    sy_free(b.ops);
    sy_free(b.constants);
    net_memory_free(&b.memory);
    sy_program_free(b.program);
    *failed = b.failed;
    if (status)
        net_segment_free(s);
    else
        *out = s;
    return status;
}

static void free_ports(struct net_port *ports, int n)
{
    for (int i = 0; i < n; i++)
        systole_tensor_free(ports[i].kept);
    sy_free(ports);
}

void net_segment_free(struct net_segment *s)
{
    if (!s)
        return;
    if (s->e->windows == s)
        s->e->windows = NULL;
    systole_buffer_free(s->program);
    systole_buffer_free(s->constants);
    systole_buffer_free(s->arena);
    if (!s->mapped)
        sy_free(s->host);
    free_ports(s->in, s->n_in);
    free_ports(s->out, s->n_out);
    free_ports(s->watch, s->n_watch);
    sy_free(s->steps);
    sy_free(s->nodes);
    sy_free(s->into);
    sy_free(s);
}
