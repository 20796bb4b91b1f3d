/* SPDX-License-Identifier: Apache-2.0 */
/* What the compiler made of a session's model: where each node goes and why, and the programs themselves. */
#include <string.h>

#include "host/graph/session.h"
#include "host/net/compile.h"

static const struct net_step *step_of(const struct net_segment *s, int node)
{
    for (int i = 0; i < s->n_steps; i++)
        if (s->steps[i].node == node)
            return &s->steps[i];
    return NULL;
}

/* Place of `node` among the segment's own; 0 when it is none of them. */
static uint64_t place_of(const struct net_segment *s, int node)
{
    for (int i = 0; i < s->n_nodes; i++)
        if (s->nodes[i] == node)
            return (uint64_t)i;
    return 0;
}

static void tell_segment(const struct sy_graph *g, const struct net_segment *s, uint64_t base, int at, struct systole_part *p)
{
    const struct sy_node *n = &g->nodes[s->nodes[at]];
    const struct net_step *step = step_of(s, s->nodes[at]);
    p->node = n->name;
    p->op = n->op_type;
    if (!step) {
        p->place = SYSTOLE_STEP_FUSED;
        const bool is_name = s->into[at] == s->nodes[at] && s->n_steps; /* only another name for what comes in */
        p->into = base + place_of(s, is_name ? s->steps[0].node : s->into[at]);
        return;
    }
    p->place = SYSTOLE_STEP_DEVICE;
    p->text = step->text[0] ? step->text : NULL;
    p->first = step->first;
    p->count = step->count;
    p->macs = step->macs;
    p->bytes_in = step->bytes_in;
    p->bytes_out = step->bytes_out;
}

/* Without a compiled network all nodes run one by one. */
static bool tell_alone(const struct systole_session *session, uint64_t index, struct systole_part *p)
{
    const struct sy_graph *g = session->model->graph;
    if (index >= (uint64_t)g->n_nodes)
        return false;
    p->node = g->nodes[g->order[index]].name;
    p->op = g->nodes[g->order[index]].op_type;
    return true;
}

static bool tell(const struct systole_session *session, uint64_t index, struct systole_part *p)
{
    const struct sy_net *net = session->net;
    uint64_t base = 0, program = 0;
    if (!net)
        return tell_alone(session, index, p);
    for (int i = 0; i < net->n_items; i++) {
        const struct net_item *item = &net->items[i];
        const uint64_t nodes = item->segment ? (uint64_t)item->segment->n_nodes : 1;
        if (index - base < nodes) {
            p->program = program;
            if (item->segment) {
                tell_segment(net->g, item->segment, base, (int)(index - base), p);
            } else {
                p->node = net->g->nodes[item->node].name;
                p->op = net->g->nodes[item->node].op_type;
                p->text = net->why[item->node][0] ? net->why[item->node] : NULL;
            }
            return true;
        }
        base += nodes;
        program += item->segment != NULL;
    }
    return false;
}

enum systole_status systole_session_part(const struct systole_session *session, uint64_t index, struct systole_part *part)
{
    if (!session || !part || part->size < sizeof(part->size))
        return SYSTOLE_BAD_ARGUMENT;
    struct systole_part full = {.size = part->size};
    if (!tell(session, index, &full))
        return SYSTOLE_NOT_FOUND;
    memcpy(part, &full, part->size < sizeof(full) ? part->size : sizeof(full));
    return SYSTOLE_OK;
}

enum systole_status systole_session_program(struct systole_session *session, uint64_t program, uint64_t offset, void *to, size_t room,
                                            uint64_t *size)
{
    if (!session || !size || (!to && room))
        return SYSTOLE_BAD_ARGUMENT;
    for (int i = 0; session->net && i < session->net->n_items; i++) {
        const struct net_segment *s = session->net->items[i].segment;
        if (!s || program-- > 0)
            continue;
        const uint64_t rest = offset < s->program_size ? s->program_size - offset : 0;
        const size_t n = rest < room ? (size_t)rest : room;
        const enum systole_status status = n ? systole_buffer_read(s->program, offset, to, n) : SYSTOLE_OK;
        if (status)
            return sy_fail(session->ctx, status, "%s: %s", systole_device_name(s->e->dev), systole_device_message(s->e->dev));
        *size = s->program_size;
        return SYSTOLE_OK;
    }
    return SYSTOLE_NOT_FOUND;
}
