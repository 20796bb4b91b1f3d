/* SPDX-License-Identifier: Apache-2.0 */
/* Fused nodes: each a session of the library, all of a provider on one device. */
#include "host/ort_ep/ep.h"

#include <stdlib.h>
#include <string.h>

struct fused {
    struct ort_compute_info base; /* first */
    struct provider *provider;
    struct systole_session *session;
    struct pool pool; /* of the names */
    const char **inputs, **outputs;
    int n_inputs, n_outputs;
    int number; /* for messages */
};

/* ---- Running ---- */

/* The input is not copied: ONNX Runtime keeps it until the node has run. */
static struct OrtStatus *set_input(struct fused *f, int index, const struct OrtKernelContext *context)
{
    struct systole_context *const ctx = f->provider->ctx;
    const struct OrtValue *value = NULL;
    struct OrtTensorTypeAndShapeInfo *info = NULL;
    struct systole_tensor *tensor = NULL;
    int64_t dims[SYSTOLE_MAX_RANK];
    const void *data = NULL;
    size_t rank = 0;
    int type = 0;
    struct OrtStatus *bad = ort.KernelContext_GetInput(context, (size_t)index, &value);
    if (!bad && !value)
        return ort_fail(ORT_CODE_FAIL, "input '%.200s' is not there", f->inputs[index]);
    if (!bad)
        bad = ort.GetTensorTypeAndShape(value, &info);
    if (bad)
        return bad;
    bad = ort.GetTensorElementType(info, &type);
    if (!bad)
        bad = ort.GetDimensionsCount(info, &rank);
    if (!bad && rank > SYSTOLE_MAX_RANK)
        bad = ort_fail(ORT_CODE_NOT_IMPLEMENTED, "input '%.200s' has %zu dimensions; at most %d", f->inputs[index], rank, SYSTOLE_MAX_RANK);
    if (!bad && rank)
        bad = ort.GetDimensions(info, dims, rank);
    ort.ReleaseTensorTypeAndShapeInfo(info);
    if (!bad)
        bad = ort.GetTensorData(value, &data);
    if (bad)
        return bad;
    enum systole_status status = systole_tensor_wrap(ctx, (enum systole_dtype)type, (int)rank, dims, data, &tensor);
    if (!status)
        status = systole_session_set(f->session, f->inputs[index], tensor);
    systole_tensor_free(tensor);
    return status ? ort_library_failed(ctx, status, f->inputs[index]) : NULL;
}

static struct OrtStatus *get_output(struct fused *f, int index, struct OrtKernelContext *context)
{
    struct systole_tensor *tensor = NULL;
    struct OrtValue *value = NULL;
    void *data = NULL;
    size_t room = 0;
    const enum systole_status status = systole_session_get(f->session, f->outputs[index], &tensor);
    if (status)
        return ort_library_failed(f->provider->ctx, status, f->outputs[index]);
    const size_t size = systole_tensor_bytes(tensor);
    struct OrtStatus *bad = ort.KernelContext_GetOutput(context, (size_t)index, systole_tensor_dims(tensor), (size_t)systole_tensor_rank(tensor),
                                                        &value);
    if (!bad && value)
        bad = ort.GetTensorSizeInBytes(value, &room);
    if (!bad && value && room != size)
        bad = ort_fail(ORT_CODE_FAIL, "output '%.200s' is %zu bytes of %s, and ONNX Runtime foresees %zu bytes", f->outputs[index], size,
                       systole_dtype_name(systole_tensor_dtype(tensor)), room);
    if (!bad && value && size)
        bad = ort.GetTensorMutableData(value, &data);
    if (!bad && data)
        memcpy(data, systole_tensor_data(tensor), size);
    systole_tensor_free(tensor);
    return bad;
}

static struct OrtStatus *compute(struct ort_compute_info *self, void *state, struct OrtKernelContext *context)
{
    struct fused *const f = (struct fused *)self;
    struct OrtStatus *bad = NULL;
    (void)state;
    pthread_mutex_lock(&f->provider->lock);
    for (int i = 0; !bad && i < f->n_inputs; i++)
        bad = set_input(f, i, context);
    if (!bad) {
        const enum systole_status status = systole_session_run(f->session);
        if (status)
            bad = ort_library_failed(f->provider->ctx, status, f->provider->settings.device);
    }
    for (int i = 0; !bad && i < f->n_outputs; i++)
        bad = get_output(f, i, context);
    pthread_mutex_unlock(&f->provider->lock);
    return bad;
}

/* There is no state beside the session's. */
static struct OrtStatus *create_state(struct ort_compute_info *self, struct OrtNodeComputeContext *context, void **state)
{
    (void)context;
    *state = self;
    return NULL;
}

static void release_state(struct ort_compute_info *self, void *state)
{
    (void)self;
    (void)state;
}

/* ---- Making ---- */

static void free_fused(struct fused *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->provider->lock);
    systole_session_free(f->session);
    pthread_mutex_unlock(&f->provider->lock);
    pool_free(&f->pool);
    free(f);
}

/* What goes in and out, in the order of the fused node. */
static struct OrtStatus *take_names(const struct view *view, const int *values, int count, struct pool *pool, const char ***names)
{
    *names = pool_get(pool, (size_t)count + 1, sizeof **names);
    for (int i = 0; i < count && *names; i++) {
        const char *const name = view->values[values[i]].name;
        char *const copy = pool_get(pool, strlen(name) + 1, 1);
        (*names)[i] = copy ? strcpy(copy, name) : NULL;
    }
    return pool->failed ? ort_no_memory() : NULL;
}

typedef struct OrtStatus *count_fn(const struct OrtNode *node, size_t *count);
typedef struct OrtStatus *list_fn(const struct OrtNode *node, const struct OrtValueInfo **values, size_t count);

/* The values of the view that have the names of a fused node's inputs or outputs. */
static struct OrtStatus *find_values(struct view *view, const struct OrtNode *node, count_fn *how_many, list_fn *list, int **values, int *n)
{
    size_t count = 0;
    struct OrtStatus *bad = how_many(node, &count);
    if (bad)
        return bad;
    const struct OrtValueInfo **const infos = pool_get(&view->pool, count + 1, sizeof(const struct OrtValueInfo *));
    *values = pool_get(&view->pool, count + 1, sizeof **values);
    if (!infos || !*values)
        return ort_no_memory();
    bad = count ? list(node, infos, count) : NULL;
    for (size_t i = 0; !bad && i < count; i++) {
        const char *name = NULL;
        bad = ort.GetValueInfoName(infos[i], &name);
        int k = 0;
        while (!bad && k < view->n_values && strcmp(view->values[k].name, name) != 0)
            k++;
        if (!bad && k == view->n_values)
            bad = ort_fail(ORT_CODE_FAIL, "no node of the fused ones has '%.200s', which the fused node takes or gives", name);
        (*values)[i] = k;
    }
    *n = (int)count;
    return bad;
}

/* The first session opens the device, the others run on it too. */
static enum systole_status open_session(struct provider *p, struct systole_model *model, struct systole_session **session)
{
    if (p->holder)
        return systole_session_create_beside(p->ctx, model, p->holder, session);
    return systole_session_create(p->ctx, model, p->settings.device, session);
}

static struct OrtStatus *make_session(struct fused *f, const struct view *view, const struct model_part *part)
{
    struct provider *const p = f->provider;
    struct pool pool = {0};
    struct systole_model *model = NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    struct OrtStatus *bad = model_write(view, part, &pool, &data, &size);
    if (!bad) {
        pthread_mutex_lock(&p->lock);
        enum systole_status status = systole_model_load_memory(p->ctx, data, size, NULL, &model);
        if (!status)
            status = open_session(p, model, &f->session);
        if (status)
            bad = ort_library_failed(p->ctx, status, p->settings.device);
        pthread_mutex_unlock(&p->lock);
    }
    systole_model_free(model);
    pool_free(&pool);
    return bad;
}

static struct OrtStatus *make_fused(struct fused *f, const struct OrtGraph *graph, const struct OrtNode *node)
{
    struct view view;
    struct model_part part = {0};
    int *nodes = NULL, *inputs = NULL, *outputs = NULL;
    struct OrtStatus *bad = view_read(graph, &view);
    if (!bad)
        bad = find_values(&view, node, ort.Node_GetNumInputs, ort.Node_GetInputs, &inputs, &part.n_inputs);
    if (!bad)
        bad = find_values(&view, node, ort.Node_GetNumOutputs, ort.Node_GetOutputs, &outputs, &part.n_outputs);
    if (!bad && !(nodes = pool_get(&view.pool, (size_t)view.n_nodes + 1, sizeof *nodes)))
        bad = ort_no_memory();
    for (int i = 0; !bad && i < view.n_nodes; i++)
        nodes[i] = i;
    part.nodes = nodes;
    part.n_nodes = view.n_nodes;
    part.inputs = inputs;
    part.outputs = outputs;
    f->n_inputs = part.n_inputs;
    f->n_outputs = part.n_outputs;
    if (!bad)
        bad = take_names(&view, inputs, part.n_inputs, &f->pool, &f->inputs);
    if (!bad)
        bad = take_names(&view, outputs, part.n_outputs, &f->pool, &f->outputs);
    if (!bad)
        bad = make_session(f, &view, &part);
    view_free(&view);
    return bad;
}

struct OrtStatus *provider_compile(struct ort_ep *self, const struct OrtGraph **graphs, const struct OrtNode **fused, size_t count,
                                   struct ort_compute_info **infos, struct OrtNode **context_nodes)
{
    struct provider *const p = (struct provider *)self;
    struct OrtStatus *bad = NULL;
    (void)context_nodes;
    for (size_t i = 0; i < count; i++)
        infos[i] = NULL;
    for (size_t i = 0; !bad && i < count; i++) {
        struct fused *const f = calloc(1, sizeof *f);
        if (!f) {
            bad = ort_no_memory();
            break;
        }
        f->base = (struct ort_compute_info){ORT_VERSION_USED, create_state, compute, release_state};
        f->provider = p;
        f->number = p->fused++;
        infos[i] = &f->base;
        bad = make_fused(f, graphs[i], fused[i]);
        if (!bad && !p->holder)
            p->holder = f->session;
    }
    if (bad)
        provider_release_infos(self, infos, count);
    return bad;
}

void provider_release_infos(struct ort_ep *self, struct ort_compute_info **infos, size_t count)
{
    struct provider *const p = (struct provider *)self;
    for (size_t i = 0; i < count; i++) {
        struct fused *const f = (struct fused *)infos[i];
        if (f && f->session == p->holder)
            p->holder = NULL;
        free_fused(f);
        infos[i] = NULL;
    }
}
