/* SPDX-License-Identifier: Apache-2.0 */
/* ModelProto and GraphProto into a graph. */
#include "host/core/alloc.h"
#include "host/graph/fold.h"
#include "host/onnx/onnx.h"

#include <stdio.h>
#include <string.h>

enum { WHERE = 200 };

const char *sy_onnx_domain(const char *domain)
{
    return !domain || strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

int64_t sy_onnx_version(const struct sy_onnx *o, const char *domain)
{
    const int64_t of_function = sy_onnx_frame_version(o->frame, domain);
    if (of_function >= 0)
        return of_function;
    for (size_t i = 0; i < o->model->n_opset_import; i++)
        if (strcmp(sy_onnx_domain(o->model->opset_import[i]->domain), domain) == 0)
            return o->model->opset_import[i]->version;
    return domain[0] == '\0' ? 0 : 1;
}

/* Bytes of a file as text; what follows a zero byte is dropped. */
static char *text_of(ProtobufCBinaryData b)
{
    char *s = sy_alloc(b.len + 1, 1);
    if (s && b.len)
        memcpy(s, b.data, b.len);
    return s;
}

static enum systole_status copy_numbers(const struct sy_onnx *o, const Onnx__AttributeProto *p, struct sy_attr *a)
{
    a->count = a->kind == SY_ATTR_INTS ? p->n_ints : p->n_floats;
    if (a->kind == SY_ATTR_INTS) {
        a->ints = sy_alloc(a->count, sizeof(*a->ints));
        if (a->ints && a->count)
            memcpy(a->ints, p->ints, a->count * sizeof(*a->ints));
    } else {
        a->floats = sy_alloc(a->count, sizeof(*a->floats));
        if (a->floats && a->count)
            memcpy(a->floats, p->floats, a->count * sizeof(*a->floats));
    }
    return a->ints || a->floats ? SYSTOLE_OK : sy_no_memory(o->ctx);
}

static enum systole_status join_strings(const struct sy_onnx *o, const Onnx__AttributeProto *p, struct sy_attr *a)
{
    size_t room = 1, at = 0;
    for (size_t i = 0; i < p->n_strings; i++)
        room += p->strings[i].len + 1;
    a->s = sy_alloc(room, 1);
    if (!a->s)
        return sy_no_memory(o->ctx);
    a->count = p->n_strings;
    for (size_t i = 0; i < p->n_strings; i++) {
        if (p->strings[i].len)
            memcpy(a->s + at, p->strings[i].data, p->strings[i].len);
        at += p->strings[i].len;
        a->s[at++] = '\n';
    }
    return SYSTOLE_OK;
}

static enum systole_status load_attr(const struct sy_onnx *o, const Onnx__AttributeProto *p, const struct sy_graph *parent,
                                     const char *where, struct sy_attr *a)
{
    a->name = sy_strdup(p->name ? p->name : "");
    if (!a->name)
        return sy_no_memory(o->ctx);
    p = sy_onnx_attribute(&o, p);
    if (!p)
        return SYSTOLE_OK; /* the call of the function left it out: as if it were not here; no operator asks for its kind */
    if (p->ref_attr_name && p->ref_attr_name[0])
        return sy_fail(o->ctx, SYSTOLE_IO, "%s: attribute '%.80s' refers to a function's, outside one", where, a->name);
    switch ((int)p->type) {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
        a->kind = SY_ATTR_INT;
        a->i = p->i;
        return SYSTOLE_OK;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
        a->kind = SY_ATTR_FLOAT;
        a->f = p->f;
        return SYSTOLE_OK;
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
        a->kind = SY_ATTR_STRING;
        a->s = text_of(p->s);
        return a->s ? SYSTOLE_OK : sy_no_memory(o->ctx);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
        a->kind = SY_ATTR_INTS;
        return copy_numbers(o, p, a);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
        a->kind = SY_ATTR_FLOATS;
        return copy_numbers(o, p, a);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
        a->kind = SY_ATTR_STRINGS;
        return join_strings(o, p, a);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
        a->kind = SY_ATTR_TENSOR;
        if (!p->t)
            return sy_fail(o->ctx, SYSTOLE_IO, "%s: attribute '%.80s' is a tensor without a tensor", where, a->name);
        return sy_onnx_tensor(o, p->t, where, &a->t);
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
        a->kind = SY_ATTR_GRAPH;
        if (!p->g)
            return sy_fail(o->ctx, SYSTOLE_IO, "%s: attribute '%.80s' is a graph without a graph", where, a->name);
        return sy_onnx_graph(o, p->g, parent, &a->g);
    default:
        return SYSTOLE_OK; /* of a kind no operator of ours asks for */
    }
}

/* Values by their names; an empty name is a value left out. */
static enum systole_status load_names(const struct sy_onnx *o, struct sy_graph *g, char *const *names, size_t n, int **list,
                                      int *count)
{
    *list = sy_alloc(n, sizeof(**list));
    if (!*list)
        return sy_no_memory(o->ctx);
    for (size_t i = 0; i < n; i++) {
        char *name = sy_onnx_name(o, names[i]);
        const bool is_there = name && name[0];
        (*list)[i] = is_there ? sy_graph_value(g, name) : -1;
        sy_free(name);
        if (!name || (is_there && (*list)[i] < 0))
            return sy_no_memory(o->ctx);
        *count = (int)i + 1;
    }
    return SYSTOLE_OK;
}

enum systole_status sy_onnx_node(const struct sy_onnx *o, const Onnx__NodeProto *p, size_t place, struct sy_graph *g)
{
    const Onnx__FunctionProto *function = sy_onnx_function(o, p);
    if (function)
        return sy_onnx_inline(o, function, p, g);
    struct sy_node *n = sy_graph_node(g);
    if (!n)
        return sy_no_memory(o->ctx);
    char number[32], where[WHERE];
    snprintf(number, sizeof(number), "#%zu", place);
    const char *name = p->name && p->name[0] ? p->name : number;
    n->name = o->frame ? sy_onnx_inner_name(o->frame, name) : sy_strdup(name);
    n->domain = sy_strdup(sy_onnx_domain(p->domain));
    n->op_type = sy_strdup(p->op_type ? p->op_type : "");
    n->attrs = sy_alloc(p->n_attribute, sizeof(*n->attrs));
    if (!n->name || !n->domain || !n->op_type || !n->attrs)
        return sy_no_memory(o->ctx);
    snprintf(where, sizeof(where), "node '%.100s' (%.60s)", n->name, n->op_type);
    n->version = sy_onnx_version(o, n->domain);
    enum systole_status status = load_names(o, g, p->input, p->n_input, &n->in, &n->n_in);
    if (!status)
        status = load_names(o, g, p->output, p->n_output, &n->out, &n->n_out);
    if (status)
        return status;
    if (n->n_out == 0)
        return sy_fail(o->ctx, SYSTOLE_IO, "%s: it has no outputs", where);
    n->op = sy_op_find(n->domain, n->op_type, n->version);
    if (!n->op)
        return sy_onnx_missing(o, p, n, where);
    if (n->n_in < 0 || (n->op->most >= 0 && n->n_in > n->op->most)) {
        status = sy_fail(o->ctx, SYSTOLE_IO, "%s: %d inputs; at most %d", where, n->n_in, n->op->most);
        sy_fail_operator(o->ctx, n->domain, n->op_type);
        return status;
    }
    for (size_t i = 0; i < p->n_attribute && !status; i++) {
        n->n_attrs = (int)i + 1;
        status = load_attr(o, p->attribute[i], g, where, &n->attrs[i]);
    }
    return status ? status : sy_onnx_split(o, g, where);
}

/* The value of that name in the file; -1 without memory. */
static int value_of(const struct sy_onnx *o, struct sy_graph *g, const char *name)
{
    char *full = sy_onnx_name(o, name);
    const int v = full ? sy_graph_value(g, full) : -1;
    sy_free(full);
    return v;
}

static enum systole_status load_info(const struct sy_onnx *o, const Onnx__ValueInfoProto *p, struct sy_graph *g, int *value)
{
    const char *name = p->name ? p->name : "";
    int v = value_of(o, g, name);
    if (v < 0)
        return sy_no_memory(o->ctx);
    *value = v;
    if (!p->type || p->type->value_case == ONNX__TYPE_PROTO__VALUE__NOT_SET)
        return SYSTOLE_OK;
    if (p->type->value_case == ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE && g->parent)
        return SYSTOLE_OK; /* within the model there are sequences */
    if (p->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || !p->type->tensor_type)
        return sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "value '%.100s' is not a tensor: inputs and outputs of a model are (no sequences, maps, optionals)", name);
    const Onnx__TypeProto__Tensor *t = p->type->tensor_type;
    if (t->elem_type && sy_dtype_kind((enum systole_dtype)t->elem_type) == SY_KIND_NONE)
        return sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "value '%.100s': element type %d", name, t->elem_type);
    g->values[v].dtype = (enum systole_dtype)t->elem_type;
    if (!t->shape)
        return SYSTOLE_OK;
    if (t->shape->n_dim > SYSTOLE_MAX_RANK)
        return sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "value '%.100s': %zu dimensions; at most %d", name, t->shape->n_dim,
                       SYSTOLE_MAX_RANK);
    g->values[v].rank = (int)t->shape->n_dim;
    for (int i = 0; i < g->values[v].rank; i++) {
        const Onnx__TensorShapeProto__Dimension *d = t->shape->dim[i];
        bool known = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && d->dim_value >= 0;
        g->values[v].dims[i] = known ? d->dim_value : -1;
    }
    return SYSTOLE_OK;
}

static enum systole_status load_infos(const struct sy_onnx *o, Onnx__ValueInfoProto **infos, size_t n, struct sy_graph *g,
                                      int **list, int *count)
{
    *list = sy_alloc(n, sizeof(**list));
    if (!*list)
        return sy_no_memory(o->ctx);
    for (size_t i = 0; i < n; i++) {
        enum systole_status status = load_info(o, infos[i], g, &(*list)[i]);
        if (status) { /* the operator it is for, so that it can be counted */
            if (o->model->graph->n_node && o->model->graph->node[0]->op_type)
                sy_fail_operator(o->ctx, sy_onnx_domain(o->model->graph->node[0]->domain), o->model->graph->node[0]->op_type);
            return status;
        }
        *count = (int)i + 1;
    }
    return SYSTOLE_OK;
}

static enum systole_status load_initialisers(const struct sy_onnx *o, const Onnx__GraphProto *p, struct sy_graph *g)
{
    if (p->n_sparse_initializer)
        return sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "%zu sparse initialisers", p->n_sparse_initializer);
    for (size_t i = 0; i < p->n_initializer; i++) {
        int v = value_of(o, g, p->initializer[i]->name ? p->initializer[i]->name : "");
        if (v < 0)
            return sy_no_memory(o->ctx);
        if (g->values[v].initialiser)
            return sy_fail(o->ctx, SYSTOLE_IO, "initialiser '%.100s' is there twice", g->values[v].name);
        enum systole_status status = sy_onnx_tensor(o, p->initializer[i], "initialiser", &g->values[v].initialiser);
        if (status)
            return status;
    }
    return SYSTOLE_OK;
}

enum systole_status sy_onnx_graph(const struct sy_onnx *o, const Onnx__GraphProto *p, const struct sy_graph *parent,
                                  struct sy_graph **graph)
{
    struct sy_graph *g = sy_graph_new();
    if (!g)
        return sy_no_memory(o->ctx);
    g->parent = parent;
    enum systole_status status = load_initialisers(o, p, g);
    if (!status)
        status = load_infos(o, p->input, p->n_input, g, &g->inputs, &g->n_inputs);
    if (!status)
        status = load_infos(o, p->output, p->n_output, g, &g->outputs, &g->n_outputs);
    for (size_t i = 0; i < p->n_node && !status; i++)
        status = sy_onnx_node(o, p->node[i], i, g);
    if (!status)
        status = sy_graph_finish(o->ctx, g);
    if (status)
        sy_graph_free(g);
    else
        *graph = g;
    return status;
}

static enum systole_status check_versions(struct systole_context *ctx, const struct sy_onnx *o)
{
    int64_t version = sy_onnx_version(o, "");
    bool uses = false;
    for (size_t i = 0; i < o->model->graph->n_node; i++)
        uses = uses || sy_onnx_domain(o->model->graph->node[i]->domain)[0] == '\0';
    if (uses && (version < SY_ONNX_OPSET_LEAST || version > SY_ONNX_OPSET_MOST))
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "the model is of version %lld of ONNX's operators; %d to %d are known here: export it with one of those",
                       (long long)version, SY_ONNX_OPSET_LEAST, SY_ONNX_OPSET_MOST);
    return SYSTOLE_OK;
}

/* Files of an old version list every initialiser as an input too, for form's sake: there they are constants. */
enum { IR_VERSION_OF_DEFAULTS = 4 };

static void drop_listed_constants(const Onnx__ModelProto *p, struct sy_graph *g)
{
    int kept = 0;
    if (!p->has_ir_version || p->ir_version >= IR_VERSION_OF_DEFAULTS)
        return;
    for (int i = 0; i < g->n_inputs; i++)
        if (!g->values[g->inputs[i]].initialiser)
            g->inputs[kept++] = g->inputs[i];
    g->n_inputs = kept;
}

enum systole_status sy_onnx_model(struct systole_context *ctx, const uint8_t *data, size_t size, const char *folder,
                                  struct sy_graph **graph)
{
    enum systole_status status = sy_onnx_check_depth(ctx, &onnx__model_proto__descriptor, data, size);
    if (status)
        return status;
    struct sy_onnx_memory memory = {.short_of = false};
    Onnx__ModelProto *p = onnx__model_proto__unpack(sy_onnx_allocator(&memory), size, data);
    if (!p)
        return memory.short_of ? sy_no_memory(ctx) : sy_fail(ctx, SYSTOLE_IO, "not an ONNX model (%zu bytes)", size);
    int inlined = 0;
    struct sy_onnx o = {.ctx = ctx, .folder = folder, .model = p, .inlined = &inlined};
    struct sy_graph *g = NULL;
    if (!p->graph)
        status = sy_fail(ctx, SYSTOLE_IO, "an ONNX model without a graph (%zu bytes)", size);
    else
        status = check_versions(ctx, &o);
    if (!status)
        status = sy_onnx_graph(&o, p->graph, NULL, &g);
    if (!status)
        drop_listed_constants(p, g);
    onnx__model_proto__free_unpacked(p, &memory.allocator);
    if (status)
        return status;
    status = sy_graph_fold(ctx, g);
    if (status)
        sy_graph_free(g);
    else
        *graph = g;
    return status;
}
