/* SPDX-License-Identifier: Apache-2.0 */
/* Values inside a model: its nodes, what they made, and one node run by itself. */
#include "host/core/alloc.h"
#include "host/engine/probe.h"
#include "host/graph/session.h"

#include <string.h>

/* The index counts in running order. NULL past the last. */
static const struct sy_node *node_at(const struct systole_model *model, int index)
{
    const struct sy_graph *g = model->graph;
    return index < 0 || index >= g->n_nodes ? NULL : &g->nodes[g->order[index]];
}

int systole_model_node_count(const struct systole_model *model)
{
    return model ? model->graph->n_nodes : 0;
}

enum systole_status systole_model_node(const struct systole_model *model, int index, struct systole_node_info *info)
{
    if (!model || !info || info->size < sizeof info->size)
        return SYSTOLE_BAD_ARGUMENT;
    const struct sy_node *n = node_at(model, index);
    if (!n)
        return SYSTOLE_NOT_FOUND;
    const struct systole_node_info full = {info->size, n->name, n->op_type, n->n_out};
    memcpy(info, &full, info->size < sizeof full ? info->size : sizeof full);
    return SYSTOLE_OK;
}

const char *systole_model_node_output(const struct systole_model *model, int index, int output)
{
    const struct sy_node *n = model ? node_at(model, index) : NULL;
    return n && output >= 0 && output < n->n_out && n->out[output] >= 0 ? model->graph->values[n->out[output]].name : NULL;
}

void systole_session_keep(struct systole_session *session, int wanted)
{
    if (session)
        session->keeps = wanted != 0;
}

enum systole_status systole_session_put(struct systole_session *session, const char *name, struct systole_tensor *tensor)
{
    if (!session || !name || !tensor)
        return SYSTOLE_BAD_ARGUMENT;
    const struct sy_graph *g = session->model->graph;
    sy_clear(session->ctx);
    const int v = sy_graph_find(g, name);
    if (v < 0 || g->values[v].producer < 0)
        return sy_fail(session->ctx, SYSTOLE_NOT_FOUND, "no node of the model makes '%.200s'", name);
    systole_tensor_ref(tensor);
    systole_tensor_free(session->values[v]);
    session->values[v] = tensor;
    return SYSTOLE_OK;
}

/* What the node made goes only when it has made it anew. */
static enum systole_status run_alone(struct systole_session *s, const struct sy_scope *scope, const struct sy_node *n)
{
    struct systole_tensor **before = sy_alloc((size_t)n->n_out + 1, sizeof(*before));
    if (!before)
        return sy_no_memory(s->ctx);
    for (int i = 0; i < n->n_out; i++)
        if (n->out[i] >= 0) {
            before[i] = s->values[n->out[i]];
            s->values[n->out[i]] = NULL;
        }
    sy_profile_restart(&s->profile);
    enum systole_status status = sy_profile_begin(&s->profile, s->ctx, s->engine, n);
    if (!status)
        status = sy_run_node(s->ctx, scope, n);
    if (!status)
        sy_profile_end(&s->profile, s->engine);
    for (int i = 0; i < n->n_out; i++) {
        if (n->out[i] >= 0 && !s->values[n->out[i]])
            s->values[n->out[i]] = before[i];
        else
            systole_tensor_free(before[i]);
    }
    sy_free(before);
    return status;
}

enum systole_status systole_session_run_node(struct systole_session *session, int index)
{
    if (!session)
        return SYSTOLE_BAD_ARGUMENT;
    const struct sy_graph *g = session->model->graph;
    const struct sy_node *n = node_at(session->model, index);
    sy_clear(session->ctx);
    if (!n)
        return sy_fail(session->ctx, SYSTOLE_NOT_FOUND, "node %d of %d", index, g->n_nodes);
    if (!session->keeps)
        return sy_fail(session->ctx, SYSTOLE_BAD_STATE, "a session runs a node by itself when it keeps its values");
    sy_session_take_inputs(session);
    const struct sy_scope scope = {.graph = g, .values = session->values, .engine = session->engine, .profile = &session->profile};
    return run_alone(session, &scope, n);
}

enum systole_status systole_session_locate(struct systole_session *session, int index, struct systole_fault *fault)
{
    if (!session || !fault || fault->size < sizeof fault->size)
        return SYSTOLE_BAD_ARGUMENT;
    struct systole_fault full = {.element = -1, .k = -1};
    sy_engine_probe(session->engine, &full);
    const enum systole_status status = systole_session_run_node(session, index);
    sy_engine_probe(session->engine, NULL);
    if (status)
        return status;
    full.size = fault->size;
    memcpy(fault, &full, fault->size < sizeof full ? fault->size : sizeof full);
    return SYSTOLE_OK;
}
