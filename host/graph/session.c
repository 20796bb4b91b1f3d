/* SPDX-License-Identifier: Apache-2.0 */
/* Models and sessions of the public interface. */
#include "host/core/alloc.h"
#include "host/graph/session.h"
#include "host/io/bytes.h"
#include "host/io/file.h"
#include "host/onnx/onnx.h"
#include "host/text/names.h"

#include <stdio.h>
#include <string.h>

/* Where the bytes are when they are wanted again: in a file, or, without one, in a copy. */
static enum systole_status load(struct systole_context *ctx, const void *data, size_t size, const char *folder, const char *path,
                                struct systole_model **model)
{
    const uint8_t *within = NULL;
    if (sy_is_saved(data, size)) {
        const enum systole_status status = sy_saved_model(ctx, data, size, &within, &size);
        if (status)
            return status;
        data = within;
        path = NULL;
    }
    struct systole_model *m = sy_alloc(1, sizeof(*m));
    if (!m)
        return sy_no_memory(ctx);
    atomic_init(&m->refs, 1);
    m->size = size;
    m->checksum = sy_checksum(data, size);
    m->path = path ? sy_strdup(path) : NULL;
    m->bytes = path ? NULL : sy_alloc(size, 1);
    if (m->bytes && size)
        memcpy(m->bytes, data, size);
    enum systole_status status = m->path || m->bytes ? sy_onnx_model(ctx, data, size, folder, &m->graph) : sy_no_memory(ctx);
    if (status)
        systole_model_free(m);
    else
        *model = m;
    return status;
}

enum systole_status systole_model_load_memory(struct systole_context *context, const void *data, size_t size,
                                              const char *folder, struct systole_model **model)
{
    if (!context || (!data && size) || !model)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    return load(context, data, size, folder, NULL, model);
}

enum systole_status systole_model_load(struct systole_context *context, const char *path, struct systole_model **model)
{
    if (!context || !path || !model)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    uint8_t *data = NULL;
    size_t size = 0;
    const char *slash = strrchr(path, '/');
    char *folder = sy_strdup(slash ? path : ".");
    if (!folder)
        return sy_no_memory(context);
    if (slash)
        folder[slash == path ? 1 : slash - path] = '\0';
    enum systole_status status = sy_file_read(context, path, &data, &size);
    if (!status)
        status = load(context, data, size, folder, path, model);
    sy_free(data);
    sy_free(folder);
    return status;
}

void systole_model_free(struct systole_model *model)
{
    if (!model || atomic_fetch_sub(&model->refs, 1) > 1)
        return;
    sy_graph_free(model->graph);
    sy_free(model->path);
    sy_free(model->bytes);
    sy_free(model);
}

static bool is_open_input(const struct sy_graph *g, int k)
{
    return !g->values[g->inputs[k]].initialiser;
}

int systole_model_input_count(const struct systole_model *model)
{
    int n = 0;
    for (int i = 0; i < model->graph->n_inputs; i++)
        n += is_open_input(model->graph, i);
    return n;
}

int systole_model_output_count(const struct systole_model *model)
{
    return model->graph->n_outputs;
}

static enum systole_status info_of(const struct sy_value *v, struct systole_value_info *info)
{
    struct systole_value_info full = {.size = info->size, .name = v->name, .dtype = v->dtype, .rank = v->rank};
    if (info->size < sizeof(info->size))
        return SYSTOLE_BAD_ARGUMENT;
    if (v->rank > 0)
        memcpy(full.dims, v->dims, (size_t)v->rank * sizeof(*v->dims));
    memcpy(info, &full, info->size < sizeof(full) ? info->size : sizeof(full));
    return SYSTOLE_OK;
}

enum systole_status systole_model_input(const struct systole_model *model, int index, struct systole_value_info *info)
{
    if (!model || !info)
        return SYSTOLE_BAD_ARGUMENT;
    for (int i = 0; i < model->graph->n_inputs; i++)
        if (is_open_input(model->graph, i) && index-- == 0)
            return info_of(&model->graph->values[model->graph->inputs[i]], info);
    return SYSTOLE_NOT_FOUND;
}

static struct sy_shape_text wanted_shape(const struct sy_value *v);

enum systole_status systole_model_set_shape(struct systole_context *context, struct systole_model *model, const char *name, int rank,
                                            const int64_t *dims)
{
    if (!context || !model || !name || rank < 0 || rank > SYSTOLE_MAX_RANK || (rank > 0 && !dims))
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    struct sy_value *v = NULL;
    for (int i = 0; i < model->graph->n_inputs; i++)
        if (strcmp(model->graph->values[model->graph->inputs[i]].name, name) == 0)
            v = &model->graph->values[model->graph->inputs[i]];
    if (!v)
        return sy_fail(context, SYSTOLE_NOT_FOUND, "the model has no input '%.200s'", name);
    struct sy_value shaped = {.rank = rank};
    bool fits = v->rank < 0 || v->rank == rank;
    for (int i = 0; i < rank; i++) {
        shaped.dims[i] = dims[i];
        fits = fits && dims[i] >= 0 && (v->rank < 0 || v->dims[i] < 0 || v->dims[i] == dims[i]);
    }
    if (!fits)
        return sy_fail(context, SYSTOLE_BAD_ARGUMENT, "input '%.200s' is not %s: the model says %s", name, wanted_shape(&shaped).text,
                       wanted_shape(v).text);
    v->rank = rank;
    memcpy(v->dims, shaped.dims, sizeof v->dims);
    return SYSTOLE_OK;
}

enum systole_status systole_model_output(const struct systole_model *model, int index, struct systole_value_info *info)
{
    if (!model || !info)
        return SYSTOLE_BAD_ARGUMENT;
    if (index < 0 || index >= model->graph->n_outputs)
        return SYSTOLE_NOT_FOUND;
    return info_of(&model->graph->values[model->graph->outputs[index]], info);
}

/* For the shapes of the inputs as they are; on the cpu there is nothing to compile. */
static enum systole_status compile(struct systole_session *s)
{
    if (!sy_engine_is_device(s->engine) || (s->net && sy_net_fits(s->net, s->set)))
        return SYSTOLE_OK;
    sy_net_free(s->net);
    s->net = NULL;
    return sy_net_new(s->ctx, s->model->graph, s->engine, s->set, &s->net);
}

/* One more that uses the engine; nothing is taken over when it fails. */
static enum systole_status new_session(struct systole_context *ctx, struct systole_model *model, struct sy_engine *engine, int *sharers,
                                       struct systole_session **session)
{
    struct systole_session *s = sy_alloc(1, sizeof(*s));
    size_t n = (size_t)model->graph->n_values;
    if (s) {
        s->set = sy_alloc(n, sizeof(*s->set));
        s->values = sy_alloc(n, sizeof(*s->values));
    }
    if (!s || !s->set || !s->values) {
        if (s) {
            sy_free(s->set);
            sy_free(s->values);
        }
        sy_free(s);
        return sy_no_memory(ctx);
    }
    s->ctx = ctx;
    s->engine = engine;
    s->sharers = sharers;
    ++*sharers;
    s->model = model;
    atomic_fetch_add(&model->refs, 1);
    *session = s;
    return SYSTOLE_OK;
}

enum systole_status sy_session_new(struct systole_context *ctx, struct systole_model *model, struct sy_engine *engine,
                                   struct systole_session **session)
{
    int *const sharers = sy_alloc(1, sizeof(*sharers));
    const enum systole_status status = sharers ? new_session(ctx, model, engine, sharers, session) : sy_no_memory(ctx);
    if (status) {
        sy_free(sharers);
        sy_engine_close(engine);
    }
    return status;
}

enum systole_status systole_session_create(struct systole_context *context, struct systole_model *model, const char *device,
                                           struct systole_session **session)
{
    if (!context || !model || !device || !session)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    struct sy_engine *engine = NULL;
    struct systole_session *s = NULL;
    enum systole_status status = sy_engine_open(context, device, &engine);
    if (!status)
        status = sy_session_new(context, model, engine, &s);
    if (!status)
        status = compile(s);
    if (status)
        systole_session_free(s);
    else
        *session = s;
    return status;
}

enum systole_status systole_session_create_beside(struct systole_context *context, struct systole_model *model,
                                                  struct systole_session *other, struct systole_session **session)
{
    if (!context || !model || !other || other->ctx != context || !session)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    struct systole_session *s = NULL;
    enum systole_status status = new_session(context, model, other->engine, other->sharers, &s);
    if (!status)
        status = compile(s);
    if (status)
        systole_session_free(s);
    else
        *session = s;
    return status;
}

enum systole_status systole_session_retime(struct systole_session *session, const char *device)
{
    if (!session || !device)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(session->ctx);
    return sy_engine_retime(session->engine, session->ctx, device);
}

static void drop_values(struct systole_session *s)
{
    for (int v = 0; v < s->model->graph->n_values; v++) {
        systole_tensor_free(s->values[v]);
        s->values[v] = NULL;
    }
}

void systole_session_free(struct systole_session *session)
{
    if (!session)
        return;
    drop_values(session);
    for (int v = 0; v < session->model->graph->n_values; v++)
        systole_tensor_free(session->set[v]);
    sy_free(session->set);
    sy_free(session->values);
    sy_profile_free(&session->profile);
    sy_record_free(&session->record);
    sy_net_free(session->net);
    systole_model_free(session->model);
    sy_engine_set_record(session->engine, NULL);
    if (--*session->sharers == 0) {
        sy_engine_close(session->engine);
        sy_free(session->sharers);
    }
    sy_free(session);
}

/* What the model says of an input: ? is a free dimension. */
static struct sy_shape_text wanted_shape(const struct sy_value *v)
{
    struct sy_shape_text s = {"any shape"};
    size_t at = 0;
    if (v->rank == 0)
        strcpy(s.text, "scalar");
    for (int i = 0; i < v->rank && at < sizeof s.text; i++) {
        char size[24] = "?";
        if (v->dims[i] >= 0)
            snprintf(size, sizeof size, "%lld", (long long)v->dims[i]);
        const int n = snprintf(s.text + at, sizeof s.text - at, "%s%s", i ? "x" : "", size);
        at += n > 0 ? (size_t)n : 0;
    }
    return s;
}

enum systole_status systole_session_set(struct systole_session *session, const char *name, struct systole_tensor *tensor)
{
    if (!session || !name || !tensor)
        return SYSTOLE_BAD_ARGUMENT;
    struct systole_context *ctx = session->ctx;
    const struct sy_graph *g = session->model->graph;
    sy_clear(ctx);
    int v = sy_graph_find(g, name);
    bool found = false;
    for (int i = 0; i < g->n_inputs; i++)
        found = found || g->inputs[i] == v;
    if (!found)
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "the model has no input '%.200s'", name);
    const struct sy_value *value = &g->values[v];
    bool fits = !value->dtype || value->dtype == tensor->dtype;
    if (value->rank >= 0 && value->rank != tensor->rank)
        fits = false;
    for (int i = 0; fits && i < value->rank; i++)
        fits = value->dims[i] < 0 || value->dims[i] == tensor->dims[i];
    if (!fits)
        return sy_fail(ctx, SYSTOLE_BAD_ARGUMENT, "input '%.200s' does not take %s of %s: the model says %s of %s", name,
                       sy_shape(tensor).text, systole_dtype_name(tensor->dtype), wanted_shape(value).text,
                       value->dtype ? systole_dtype_name(value->dtype) : "any type");
    systole_tensor_free(session->set[v]);
    session->set[v] = systole_tensor_ref(tensor);
    return SYSTOLE_OK;
}

void sy_session_take_inputs(struct systole_session *s)
{
    const struct sy_graph *g = s->model->graph;
    for (int i = 0; i < g->n_inputs; i++) {
        const int v = g->inputs[i];
        if (s->set[v] && !s->values[v])
            s->values[v] = systole_tensor_ref(s->set[v]);
    }
}

enum systole_status systole_session_run(struct systole_session *session)
{
    if (!session)
        return SYSTOLE_BAD_ARGUMENT;
    const struct sy_graph *g = session->model->graph;
    sy_clear(session->ctx);
    drop_values(session);
    for (int i = 0; i < g->n_inputs; i++) {
        int v = g->inputs[i];
        if (!session->set[v] && !g->values[v].initialiser)
            return sy_fail(session->ctx, SYSTOLE_BAD_STATE, "input '%.200s' is not set: %s of %s", g->values[v].name,
                           wanted_shape(&g->values[v]).text, g->values[v].dtype ? systole_dtype_name(g->values[v].dtype) : "any type");
    }
    sy_session_take_inputs(session);
    enum systole_status status = session->keeps ? SYSTOLE_OK : compile(session);
    if (status)
        return status;
    sy_profile_restart(&session->profile);
    sy_record_restart(&session->record);
    sy_engine_set_record(session->engine, &session->record);
    const struct sy_scope scope = {.graph = g, .values = session->values, .engine = session->engine, .profile = &session->profile,
                                   .progress = session->progress.told ? &session->progress : NULL, .keeps = session->keeps};
    status = session->net && !session->keeps ? sy_net_run(session->ctx, session->net, &scope) : sy_graph_run(session->ctx, &scope);
    if (status)
        drop_values(session);
    return status;
}

enum systole_status systole_session_get(struct systole_session *session, const char *name, struct systole_tensor **tensor)
{
    if (!session || !name || !tensor)
        return SYSTOLE_BAD_ARGUMENT;
    const struct sy_graph *g = session->model->graph;
    sy_clear(session->ctx);
    int v = sy_graph_find(g, name);
    bool found = false;
    for (int i = 0; i < g->n_outputs; i++)
        found = found || g->outputs[i] == v;
    if (session->keeps && v >= 0)
        found = true;
    if (!found)
        return sy_fail(session->ctx, SYSTOLE_NOT_FOUND, "the model has no output '%.200s'", name);
    if (!session->values[v])
        return sy_fail(session->ctx, SYSTOLE_BAD_STATE, "'%.200s' is not there: the session has not run", name);
    if (session->values[v]->items)
        return sy_fail(session->ctx, SYSTOLE_UNSUPPORTED, "'%.200s' is a sequence of %lld tensors; SequenceAt gives one of them", name,
                       (long long)session->values[v]->n_items);
    *tensor = systole_tensor_ref(session->values[v]);
    return SYSTOLE_OK;
}

const struct systole_model *systole_session_model(const struct systole_session *session)
{
    return session->model;
}

enum systole_status systole_session_totals(const struct systole_session *session, struct systole_totals *totals)
{
    if (!session || !totals || totals->size < sizeof(totals->size))
        return SYSTOLE_BAD_ARGUMENT;
    const struct sy_engine_totals t = sy_engine_totals(session->engine);
    const struct systole_totals full = {totals->size, t.runs, t.on_host, t.special, t.macs, t.cycles, t.busy,
                                        t.read_bytes, t.write_bytes, t.rows, t.cols, t.waited};
    memcpy(totals, &full, totals->size < sizeof(full) ? totals->size : sizeof(full));
    return SYSTOLE_OK;
}

uint64_t systole_session_step_count(const struct systole_session *session)
{
    return session ? session->profile.count : 0;
}

enum systole_status systole_session_step(const struct systole_session *session, uint64_t index, struct systole_step *step)
{
    if (!session || !step || step->size < sizeof(step->size))
        return SYSTOLE_BAD_ARGUMENT;
    if (index >= session->profile.count)
        return SYSTOLE_NOT_FOUND;
    const struct sy_step *s = &session->profile.steps[index];
    struct systole_step full = s->told;
    full.size = step->size;
    full.why = s->why[0] ? s->why : NULL;
    memcpy(step, &full, step->size < sizeof(full) ? step->size : sizeof(full));
    return SYSTOLE_OK;
}

void systole_session_record(struct systole_session *session, int wanted)
{
    if (session)
        session->record.wanted = wanted != 0;
}

uint64_t systole_session_instruction_count(const struct systole_session *session)
{
    return session ? session->record.count : 0;
}

enum systole_status systole_session_instruction(const struct systole_session *session, uint64_t index, struct systole_instruction *instruction)
{
    if (!session || !instruction || instruction->size < sizeof(instruction->size))
        return SYSTOLE_BAD_ARGUMENT;
    if (index >= session->record.count)
        return session->record.failed ? SYSTOLE_NO_MEMORY : SYSTOLE_NOT_FOUND;
    const struct sy_instruction *r = &session->record.list[index];
    const struct systole_instruction full = {instruction->size, sy_opcode_name(r->opcode), sy_queue_name(r->queue), r->launch, r->index,
                                             r->enter, r->begin, r->end};
    memcpy(instruction, &full, instruction->size < sizeof(full) ? instruction->size : sizeof(full));
    return SYSTOLE_OK;
}

void systole_session_set_progress(struct systole_session *session, systole_progress_fn progress, void *user)
{
    if (session)
        session->progress = (struct sy_progress){progress, user};
}

enum systole_status systole_device_check(struct systole_context *context, const char *device)
{
    struct sy_engine *engine = NULL;
    if (!context || !device)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    const enum systole_status status = sy_engine_open(context, device, &engine);
    sy_engine_close(engine);
    return status;
}
