/* SPDX-License-Identifier: Apache-2.0 */
/* A graph through ONNX Runtime's interface: who makes and who reads each value. */
#include "host/ort_ep/ep.h"

#include <limits.h>
#include <string.h>

static unsigned hash(const char *name)
{
    unsigned h = 2166136261u;
    while (*name)
        h = (h ^ (unsigned char)*name++) * 16777619u;
    return h;
}

static struct OrtStatus *read_type(struct view_value *v)
{
    const struct OrtTypeInfo *type = NULL;
    const struct OrtTensorTypeAndShapeInfo *info = NULL;
    size_t rank = 0;
    struct OrtStatus *bad = ort.GetValueInfoTypeInfo(v->info, &type);
    if (!bad && type)
        bad = ort.CastTypeInfoToTensorInfo(type, &info);
    if (bad || !info)
        return bad;
    bad = ort.GetTensorElementType(info, &v->dtype);
    if (!bad)
        bad = ort.GetDimensionsCount(info, &rank);
    if (bad || rank > SYSTOLE_MAX_RANK)
        return bad;
    v->rank = (int)rank;
    return rank ? ort.GetDimensions(info, v->dims, rank) : NULL;
}

/* The values of a node's inputs or outputs, each entered once. */
static struct OrtStatus *enter(struct view *view, const struct OrtValueInfo *info, int *value)
{
    const char *name = NULL;
    struct OrtStatus *bad = info ? ort.GetValueInfoName(info, &name) : NULL;
    *value = -1;
    if (bad || !info || !name || !*name)
        return bad;
    unsigned at = hash(name) % (unsigned)view->n_buckets;
    while (view->buckets[at] && strcmp(view->values[view->buckets[at] - 1].name, name) != 0)
        at = (at + 1) % (unsigned)view->n_buckets;
    if (view->buckets[at]) {
        *value = view->buckets[at] - 1;
        return NULL;
    }
    struct view_value *const v = &view->values[view->n_values];
    *v = (struct view_value){.name = name, .info = info, .producer = -1, .consumer = -1};
    *value = view->n_values++;
    view->buckets[at] = view->n_values;
    bad = ort.ValueInfo_IsConstantInitializer(info, &v->constant);
    if (!bad)
        bad = ort.ValueInfo_IsGraphOutput(info, &v->output);
    return bad ? bad : read_type(v);
}

/* How many inputs, outputs and implicit inputs nodes have: so many values there can be at most. */
static struct OrtStatus *count_values(const struct OrtNode *const *nodes, size_t count, size_t *total)
{
    for (size_t i = 0; i < count; i++) {
        size_t in = 0, out = 0, inside = 0;
        struct OrtStatus *bad = ort.Node_GetNumInputs(nodes[i], &in);
        if (!bad)
            bad = ort.Node_GetNumOutputs(nodes[i], &out);
        if (!bad)
            bad = ort.Node_GetNumImplicitInputs(nodes[i], &inside);
        if (bad)
            return bad;
        *total += in + out + inside;
    }
    return NULL;
}

typedef struct OrtStatus *count_fn(const struct OrtNode *node, size_t *count);
typedef struct OrtStatus *list_fn(const struct OrtNode *node, const struct OrtValueInfo **values, size_t count);

static struct OrtStatus *read_list(struct view *view, const struct OrtNode *node, count_fn *how_many, list_fn *list, int *n, int **values)
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
    for (size_t i = 0; !bad && i < count; i++)
        bad = enter(view, infos[i], &(*values)[i]);
    *n = (int)count;
    return bad;
}

static void note_reader(struct view *view, int value, int node)
{
    if (value >= 0) {
        view->values[value].uses++;
        view->values[value].consumer = node;
    }
}

static struct OrtStatus *read_node(struct view *view, int index, const struct OrtNode *node)
{
    struct view_node *const n = &view->nodes[index];
    int n_inside = 0, *inside = NULL;
    n->node = node;
    struct OrtStatus *bad = ort.Node_GetName(node, &n->name);
    if (!bad)
        bad = ort.Node_GetOperatorType(node, &n->op);
    if (!bad)
        bad = ort.Node_GetDomain(node, &n->domain);
    if (!bad)
        bad = read_list(view, node, ort.Node_GetNumInputs, ort.Node_GetInputs, &n->n_in, &n->in);
    if (!bad)
        bad = read_list(view, node, ort.Node_GetNumImplicitInputs, ort.Node_GetImplicitInputs, &n_inside, &inside);
    if (!bad)
        bad = read_list(view, node, ort.Node_GetNumOutputs, ort.Node_GetOutputs, &n->n_out, &n->out);
    for (int i = 0; !bad && i < n->n_in; i++)
        note_reader(view, n->in[i], index);
    for (int i = 0; !bad && i < n_inside; i++)
        note_reader(view, inside[i], index);
    for (int i = 0; !bad && i < n->n_out; i++)
        if (n->out[i] >= 0)
            view->values[n->out[i]].producer = index;
    return bad;
}

static struct OrtStatus *read_sets(const struct OrtGraph *graph, struct view *view)
{
    struct OrtStatus *const bad = ort.Graph_GetNumOperatorSets(graph, &view->n_sets);
    if (bad)
        return bad;
    view->domains = pool_get(&view->pool, view->n_sets + 1, sizeof *view->domains);
    view->versions = pool_get(&view->pool, view->n_sets + 1, sizeof *view->versions);
    if (!view->domains || !view->versions)
        return ort_no_memory();
    return ort.Graph_GetOperatorSets(graph, view->domains, view->versions, view->n_sets);
}

struct OrtStatus *view_read(const struct OrtGraph *graph, struct view *view)
{
    size_t count = 0, total = 0;
    *view = (struct view){0};
    struct OrtStatus *bad = ort.Graph_GetNumNodes(graph, &count);
    if (bad)
        return bad;
    const struct OrtNode **const nodes = pool_get(&view->pool, count + 1, sizeof(const struct OrtNode *));
    view->nodes = pool_get(&view->pool, count + 1, sizeof *view->nodes);
    if (!nodes || !view->nodes)
        return ort_no_memory();
    bad = count ? ort.Graph_GetNodes(graph, nodes, count) : NULL;
    if (!bad)
        bad = count_values(nodes, count, &total);
    if (bad)
        return bad;
    if (count > INT_MAX / 4 || total > INT_MAX / 4)
        return ort_fail(ORT_CODE_FAIL, "a graph of %zu nodes with %zu inputs and outputs", count, total);
    view->n_nodes = (int)count;
    view->n_buckets = 2 * (int)total + 1;
    view->values = pool_get(&view->pool, total + 1, sizeof *view->values);
    view->buckets = pool_get(&view->pool, (size_t)view->n_buckets, sizeof *view->buckets);
    if (!view->values || !view->buckets)
        return ort_no_memory();
    bad = read_sets(graph, view);
    for (int i = 0; !bad && i < view->n_nodes; i++)
        bad = read_node(view, i, nodes[i]);
    return bad;
}

void view_free(struct view *view)
{
    pool_free(&view->pool);
}

struct view_value *view_input(const struct view *view, const struct view_node *node, int place)
{
    return place < node->n_in && node->in[place] >= 0 ? &view->values[node->in[place]] : NULL;
}

struct view_value *view_output(const struct view *view, const struct view_node *node, int place)
{
    return place < node->n_out && node->out[place] >= 0 ? &view->values[node->out[place]] : NULL;
}
