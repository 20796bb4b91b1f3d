/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled network as bytes. Everything that is read is checked before it is used: indices against the graph, places against the arena.
 * The instructions are the device's to check: it fences them in their windows.
 */
#include <string.h>

#include "host/core/alloc.h"
#include "host/io/bytes.h"
#include "host/net/compile.h"

enum { FORMAT = 3, MOST_STEPS = 1 << 20, MOST_INSTRUCTIONS = 1 << 26 };

/* Bytes of values: as much as one allocation of the library may have. */
static const uint64_t most_values = (uint64_t)1 << 34;

/* ---- writing ---- */

static void write_port(struct sy_writer *w, const struct net_port *p)
{
    sy_write_u32(w, (uint32_t)p->value);
    sy_write_u32(w, p->layout);
    sy_write_u32(w, p->dtype);
    sy_write_u32(w, p->checked);
    sy_write_u32(w, p->half);
    sy_write_u64(w, p->offset);
    sy_write_u32(w, (uint32_t)p->rank);
    for (int i = 0; i < p->rank; i++)
        sy_write_u64(w, (uint64_t)p->dims[i]);
}

static void write_ports(struct sy_writer *w, const struct net_port *ports, int n)
{
    sy_write_u32(w, (uint32_t)n);
    for (int i = 0; i < n; i++)
        write_port(w, &ports[i]);
}

static enum systole_status write_buffer(struct systole_context *ctx, const struct net_segment *s, struct systole_buffer *from, uint64_t size,
                                        struct sy_writer *w)
{
    sy_write_u64(w, size);
    void *to = sy_write_room(w, (size_t)size);
    if (!to)
        return sy_no_memory(ctx);
    const enum systole_status status = systole_buffer_read(from, 0, to, (size_t)size);
    return status ? sy_fail(ctx, status, "%s: %s", systole_device_name(s->e->dev), systole_device_message(s->e->dev)) : SYSTOLE_OK;
}

static enum systole_status write_segment(struct systole_context *ctx, const struct net_segment *s, struct sy_writer *w)
{
    write_ports(w, s->in, s->n_in);
    write_ports(w, s->out, s->n_out);
    write_ports(w, s->watch, s->n_watch);
    sy_write_u32(w, (uint32_t)s->n_nodes);
    for (int i = 0; i < s->n_nodes; i++) {
        sy_write_u32(w, (uint32_t)s->nodes[i]);
        sy_write_u32(w, (uint32_t)s->into[i]);
    }
    sy_write_u32(w, (uint32_t)s->n_steps);
    for (int i = 0; i < s->n_steps; i++) {
        const struct net_step *t = &s->steps[i];
        sy_write_u32(w, (uint32_t)t->node);
        sy_write_u32(w, t->first);
        sy_write_u32(w, t->count);
        sy_write_u64(w, t->macs);
        sy_write_u64(w, t->bytes_in);
        sy_write_u64(w, t->bytes_out);
        sy_write_bytes(w, t->text, sizeof t->text);
    }
    sy_write_u64(w, s->products);
    sy_write_u64(w, s->arena_size);
    const enum systole_status status = write_buffer(ctx, s, s->program, s->program_size, w);
    return status ? status : write_buffer(ctx, s, s->constants, s->constants_size, w);
}

static void write_device(const struct sy_engine *e, struct sy_writer *w)
{
    const struct systole_caps *caps = systole_device_caps(e->dev);
    const struct sy_caps words = sy_engine_caps(e);
    sy_write_u32(w, FORMAT);
    sy_write_u64(w, caps->contract);
    sy_write_u64(w, caps->build);
    sy_write_u32(w, SYSTOLE_REG_CAPS_COUNT);
    for (int i = 0; i < SYSTOLE_REG_CAPS_COUNT; i++)
        sy_write_u32(w, words.word[i]);
    sy_write_u32(w, e->precision);
}

enum systole_status sy_net_save(struct systole_context *ctx, struct sy_net *net, struct sy_writer *w)
{
    enum systole_status status = SYSTOLE_OK;
    write_device(net->e, w);
    sy_write_u32(w, (uint32_t)net->g->n_inputs);
    for (int i = 0; i < net->g->n_inputs; i++) {
        const struct net_shape *s = &net->inputs[i];
        sy_write_u32(w, s->known);
        sy_write_u32(w, s->dtype);
        sy_write_u32(w, (uint32_t)(s->rank + 1)); /* 0: a constant in whose place nothing may be set */
        for (int k = 0; k < s->rank; k++)
            sy_write_u64(w, (uint64_t)s->dims[k]);
    }
    sy_write_u32(w, (uint32_t)net->n_items);
    for (int i = 0; i < net->n_items && !status; i++) {
        sy_write_u32(w, (uint32_t)net->items[i].node);
        sy_write_u32(w, net->items[i].segment != NULL);
        if (net->items[i].segment)
            status = write_segment(ctx, net->items[i].segment, w);
        else
            sy_write_bytes(w, net->why[net->items[i].node], SY_WHY);
    }
    return status ? status : w->failed ? sy_no_memory(ctx) : SYSTOLE_OK;
}

/* ---- reading ---- */

static void *list_of(uint32_t count, size_t size)
{
    return sy_alloc((size_t)count + 1, size);
}

static void read_shape(struct sy_reader *r, int rank, int64_t *dims, int64_t *count)
{
    *count = 1;
    for (int i = 0; i < rank; i++) {
        dims[i] = (int64_t)sy_read_u64(r);
        if (dims[i] < 0 || dims[i] > INT32_MAX || !sy_mul(*count, dims[i], count) || *count > (int64_t)1 << 40)
            r->failed = true;
    }
}

/* Only what the device's memory can hold: bytes and words of four. */
static bool is_portable(enum systole_dtype d)
{
    return d == SYSTOLE_F32 || d == SYSTOLE_I8 || d == SYSTOLE_U8 || d == SYSTOLE_I32;
}

static void read_port(struct sy_reader *r, const struct sy_graph *g, struct net_port *p)
{
    p->value = (int)sy_read_most(r, (uint32_t)g->n_values - 1);
    p->layout = (enum net_layout)sy_read_most(r, NET_PIXELS);
    p->dtype = (enum systole_dtype)sy_read_u32(r);
    p->checked = sy_read_most(r, 1) != 0;
    p->half = sy_read_most(r, 1) != 0;
    p->offset = sy_read_u64(r);
    p->rank = (int)sy_read_most(r, SYSTOLE_MAX_RANK);
    read_shape(r, p->rank, p->dims, &p->count);
    if (!is_portable(p->dtype) || (p->layout == NET_PIXELS && (p->rank < 3 || p->dims[0] < 1 || p->dims[1] < 1)) ||
        ((p->checked || p->half) && p->dtype != SYSTOLE_F32))
        r->failed = true;
}

static enum systole_status read_ports(struct systole_context *ctx, struct sy_reader *r, const struct sy_graph *g, struct net_port **ports,
                                      int *n)
{
    const uint32_t count = sy_read_most(r, (uint32_t)g->n_values * 2);
    *ports = list_of(count, sizeof **ports);
    if (!*ports)
        return sy_no_memory(ctx);
    for (uint32_t i = 0; i < count && !r->failed; i++)
        read_port(r, g, &(*ports)[i]);
    *n = (int)count;
    return SYSTOLE_OK;
}

static bool fits_arena(const struct net_port *ports, int n, uint64_t size)
{
    for (int i = 0; i < n; i++) {
        const uint64_t bytes = net_port_bytes(&ports[i]);
        if (ports[i].offset > size || bytes > size - ports[i].offset)
            return false;
    }
    return true;
}

static enum systole_status read_nodes(struct systole_context *ctx, struct sy_reader *r, const struct sy_graph *g, struct net_segment *s)
{
    const uint32_t last = (uint32_t)g->n_nodes - 1, nodes = sy_read_most(r, (uint32_t)g->n_nodes);
    s->nodes = list_of(nodes, sizeof *s->nodes);
    s->into = list_of(nodes, sizeof *s->into);
    if (!s->nodes || !s->into)
        return sy_no_memory(ctx);
    s->n_nodes = (int)nodes;
    for (int i = 0; i < s->n_nodes; i++) {
        s->nodes[i] = (int)sy_read_most(r, last);
        s->into[i] = (int)sy_read_most(r, last);
    }
    const uint32_t steps = sy_read_most(r, MOST_STEPS);
    s->steps = r->failed ? NULL : list_of(steps, sizeof *s->steps);
    if (!s->steps)
        return r->failed ? SYSTOLE_OK : sy_no_memory(ctx);
    for (uint32_t i = 0; i < steps && !r->failed; i++) {
        struct net_step *t = &s->steps[s->n_steps++];
        t->node = (int)sy_read_most(r, last);
        t->first = sy_read_most(r, MOST_INSTRUCTIONS);
        t->count = sy_read_most(r, MOST_INSTRUCTIONS);
        t->macs = sy_read_u64(r);
        t->bytes_in = sy_read_u64(r);
        t->bytes_out = sy_read_u64(r);
        const uint8_t *text = sy_read_bytes(r, sizeof t->text);
        if (text)
            memcpy(t->text, text, sizeof t->text - 1);
    }
    return SYSTOLE_OK;
}

static enum systole_status read_buffer(struct systole_context *ctx, struct sy_reader *r, struct net_segment *s, struct systole_buffer **to,
                                       uint64_t *size)
{
    *size = sy_read_u64(r);
    const uint8_t *data = sy_read_bytes(r, *size);
    if (!data || *size == 0) {
        r->failed = true;
        return SYSTOLE_OK;
    }
    return net_to_buffer(ctx, s->e, to, *size, data);
}

static enum systole_status read_segment(struct systole_context *ctx, struct sy_reader *r, const struct sy_graph *g, struct net_segment *s)
{
    enum systole_status status = read_ports(ctx, r, g, &s->in, &s->n_in);
    if (!status)
        status = read_ports(ctx, r, g, &s->out, &s->n_out);
    if (!status)
        status = read_ports(ctx, r, g, &s->watch, &s->n_watch);
    if (!status && !r->failed)
        status = read_nodes(ctx, r, g, s);
    if (status || r->failed)
        return status;
    s->products = sy_read_u64(r);
    s->arena_size = sy_read_u64(r);
    if (s->arena_size == 0 || s->arena_size > most_values || !fits_arena(s->in, s->n_in, s->arena_size) ||
        !fits_arena(s->out, s->n_out, s->arena_size) || !fits_arena(s->watch, s->n_watch, s->arena_size))
        r->failed = true;
    if (!r->failed)
        status = read_buffer(ctx, r, s, &s->program, &s->program_size);
    if (!status && !r->failed)
        status = read_buffer(ctx, r, s, &s->constants, &s->constants_size);
    s->instructions = (uint32_t)(s->program_size / SYSTOLE_INSN_BYTES);
    return status || r->failed ? status : net_make_arena(ctx, s);
}

static enum systole_status read_item(struct systole_context *ctx, struct sy_reader *r, struct sy_net *net)
{
    struct net_item *item = &net->items[net->n_items++];
    item->node = (int)sy_read_most(r, (uint32_t)net->g->n_nodes - 1);
    if (!sy_read_most(r, 1)) {
        const uint8_t *why = sy_read_bytes(r, SY_WHY);
        if (why)
            memcpy(net->why[item->node], why, SY_WHY - 1);
        return SYSTOLE_OK;
    }
    item->segment = sy_alloc(1, sizeof *item->segment);
    if (!item->segment)
        return sy_no_memory(ctx);
    item->segment->e = net->e;
    return r->failed ? SYSTOLE_OK : read_segment(ctx, r, net->g, item->segment);
}

static enum systole_status check_device(struct systole_context *ctx, const struct sy_engine *e, struct sy_reader *r)
{
    const struct systole_caps *caps = systole_device_caps(e->dev);
    const uint32_t format = sy_read_u32(r);
    const uint64_t contract = sy_read_u64(r), build = sy_read_u64(r);
    if (!r->failed && format != FORMAT)
        return sy_fail(ctx, SYSTOLE_MISMATCH, "a compiled network of format %u; this library has %u: compile it again", format, FORMAT);
    if (!r->failed && (contract != caps->contract || build != caps->build))
        return sy_fail(ctx, SYSTOLE_MISMATCH, "compiled for contract %016llx, build %016llx; %s has contract %016llx, build %016llx: "
                       "compile it again",
                       (unsigned long long)contract, (unsigned long long)build, systole_device_name(e->dev),
                       (unsigned long long)caps->contract, (unsigned long long)caps->build);
    const struct sy_caps words = sy_engine_caps(e);
    if (sy_read_u32(r) != SYSTOLE_REG_CAPS_COUNT)
        r->failed = true;
    for (int i = 0; i < SYSTOLE_REG_CAPS_COUNT; i++)
        if (sy_read_u32(r) != words.word[i])
            r->failed = true; /* the build's hash is made from them */
    const uint32_t precision = sy_read_u32(r);
    if (!r->failed && precision != (uint32_t)e->precision)
        return sy_fail(ctx, SYSTOLE_MISMATCH, "compiled with precision=x%u, opened with x%u", precision, (uint32_t)e->precision);
    return SYSTOLE_OK;
}

static void read_inputs(struct sy_reader *r, struct sy_net *net)
{
    if (sy_read_u32(r) != (uint32_t)net->g->n_inputs)
        r->failed = true;
    for (int i = 0; i < net->g->n_inputs && !r->failed; i++) {
        struct net_shape *s = &net->inputs[i];
        s->known = sy_read_most(r, 1) != 0;
        s->dtype = (enum systole_dtype)sy_read_u32(r);
        s->rank = (int)sy_read_most(r, SYSTOLE_MAX_RANK + 1) - 1;
        read_shape(r, s->rank, s->dims, &s->count);
    }
}

/* Each node once, and none before what it reads: then the order works. */
static bool covers_graph(const struct sy_net *net, char *done)
{
    const struct sy_graph *g = net->g;
    int count = 0;
    for (int i = 0; i < net->n_items; i++) {
        const struct net_segment *s = net->items[i].segment;
        for (int k = 0; k < (s ? s->n_nodes : 1); k++) {
            const int node = s ? s->nodes[k] : net->items[i].node;
            for (int j = 0; j < g->nodes[node].n_in; j++) {
                const int v = g->nodes[node].in[j], made_by = v >= 0 ? g->values[v].producer : -1;
                if (made_by >= 0 && !done[made_by])
                    return false;
            }
            if (done[node])
                return false;
            done[node] = 1;
            count++;
        }
    }
    return count == g->n_nodes;
}

/* What comes out of a segment is made by its nodes, and whole; what goes in is not. */
static bool ports_are_its_own(const struct sy_net *net)
{
    for (int i = 0; i < net->n_items; i++) {
        const struct net_segment *s = net->items[i].segment;
        for (int k = 0; s && k < s->n_in + s->n_out; k++) {
            const int value = k < s->n_in ? s->in[k].value : s->out[k - s->n_in].value, made_by = net->g->values[value].producer;
            bool inside = false;
            for (int j = 0; j < s->n_nodes; j++)
                inside = inside || s->nodes[j] == made_by;
            if (inside != (k >= s->n_in) || (k >= s->n_in && s->out[k - s->n_in].half))
                return false;
        }
    }
    return true;
}

static enum systole_status read_items(struct systole_context *ctx, struct sy_reader *r, struct sy_net *net)
{
    const uint32_t items = sy_read_most(r, (uint32_t)net->g->n_nodes);
    enum systole_status status = SYSTOLE_OK;
    for (uint32_t i = 0; i < items && !status && !r->failed; i++)
        status = read_item(ctx, r, net);
    char *done = sy_alloc((size_t)net->g->n_nodes, 1);
    if (!done)
        return sy_no_memory(ctx);
    if (!status && !r->failed && (!covers_graph(net, done) || !ports_are_its_own(net)))
        r->failed = true;
    sy_free(done);
    return status;
}

enum systole_status sy_net_load(struct systole_context *ctx, const struct sy_graph *g, struct sy_engine *e, struct sy_reader *r,
                                struct sy_net **out)
{
    struct sy_net *net = net_alloc(g, e);
    if (!net)
        return sy_no_memory(ctx);
    enum systole_status status = check_device(ctx, e, r);
    if (!status)
        read_inputs(r, net);
    if (!status && !r->failed && g->n_nodes > 0)
        status = read_items(ctx, r, net);
    if (!status && r->failed)
        status = sy_fail(ctx, SYSTOLE_IO, "the compiled network is damaged: byte %zu of %zu", r->at, r->size);
    if (status) {
        sy_net_free(net);
        return status;
    }
    net_find_last_uses(net);
    *out = net;
    return SYSTOLE_OK;
}
