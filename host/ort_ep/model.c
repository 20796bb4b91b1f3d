/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes as the bytes of an ONNX model, which the library reads like any other. */
#include "host/ort_ep/ep.h"

#include <string.h>

#include "onnx.pb-c.h"

/* All of a message is from one pool, and refers to ONNX Runtime's texts and tensors where it can. */
struct writer {
    const struct view *view;
    const struct model_part *part;
    struct pool *pool;
    Onnx__GraphProto *graph;
    bool *entered; /* by value: it is among the initialisers */
};

/* protobuf-c's messages have no const: what they point to here is only read. */
static char *text_of(const char *text)
{
    return (char *)text;
}

#define NEW(w, name, pointer)                                  \
    do {                                                       \
        (pointer) = pool_get((w)->pool, 1, sizeof *(pointer)); \
        if (!(pointer))                                        \
            return ort_no_memory();                            \
        onnx__##name##__init(pointer);                         \
    } while (0)

/* Room for `count` pointers or numbers in `list`. */
#define ROOM(w, list, count)                                           \
    do {                                                               \
        (list) = pool_get((w)->pool, (size_t)(count) + 1, sizeof *(list)); \
        if (!(list))                                                   \
            return ort_no_memory();                                    \
    } while (0)

/* ---- Tensors ---- */

static struct OrtStatus *shape_of(const struct writer *w, const struct OrtValue *value, Onnx__TensorProto *t)
{
    struct OrtTensorTypeAndShapeInfo *info = NULL;
    int type = 0;
    size_t rank = 0;
    struct OrtStatus *bad = ort.GetTensorTypeAndShape(value, &info);
    if (bad)
        return bad;
    bad = ort.GetTensorElementType(info, &type);
    if (!bad)
        bad = ort.GetDimensionsCount(info, &rank);
    if (!bad && !(t->dims = pool_get(w->pool, rank + 1, sizeof *t->dims)))
        bad = ort_no_memory();
    if (!bad && rank)
        bad = ort.GetDimensions(info, t->dims, rank);
    t->n_dims = rank;
    t->has_data_type = 1;
    t->data_type = type;
    ort.ReleaseTensorTypeAndShapeInfo(info);
    return bad;
}

static struct OrtStatus *tensor_of(const struct writer *w, const struct OrtValue *value, const char *name, Onnx__TensorProto **tensor)
{
    Onnx__TensorProto *t;
    const void *data = NULL;
    NEW(w, tensor_proto, t);
    *tensor = t;
    t->name = text_of(name);
    struct OrtStatus *bad = shape_of(w, value, t);
    if (!bad)
        bad = ort.GetTensorSizeInBytes(value, &t->raw_data.len);
    if (!bad)
        bad = ort.GetTensorData(value, &data);
    t->has_raw_data = 1;
    t->raw_data.data = (uint8_t *)data;
    return bad;
}

/* ---- Attributes ---- */

/* An attribute's bytes; ONNX Runtime tells the size where there is no room. */
static struct OrtStatus *read_bytes(const struct writer *w, const struct OrtOpAttr *attribute, int type, void **data, size_t *size)
{
    char none = 0;
    *size = 0;
    struct OrtStatus *const short_of_room = ort.ReadOpAttr(attribute, type, &none, 0, size);
    if (short_of_room)
        ort.ReleaseStatus(short_of_room);
    *data = pool_get(w->pool, *size + 1, 1);
    if (!*data)
        return ort_no_memory();
    return *size ? ort.ReadOpAttr(attribute, type, *data, *size, size) : NULL;
}

/* A copy of a tensor that ONNX Runtime made for us. */
static struct OrtStatus *tensor_attribute(const struct writer *w, const struct OrtOpAttr *attribute, Onnx__TensorProto **tensor)
{
    struct OrtValue *value = NULL;
    struct OrtStatus *bad = ort.OpAttr_GetTensorAttributeAsOrtValue(attribute, &value);
    if (bad)
        return bad;
    bad = tensor_of(w, value, "", tensor);
    if (!bad) {
        ProtobufCBinaryData *const raw = &(*tensor)->raw_data;
        uint8_t *const copy = pool_get(w->pool, raw->len + 1, 1);
        if (copy && raw->len)
            memcpy(copy, raw->data, raw->len);
        if (!copy)
            bad = ort_no_memory();
        raw->data = copy;
    }
    ort.ReleaseValue(value);
    return bad;
}

static struct OrtStatus *attribute_value(const struct writer *w, const struct OrtOpAttr *attribute, int type, Onnx__AttributeProto *a)
{
    void *data = NULL;
    size_t size = 0;
    struct OrtStatus *bad = NULL;
    a->has_type = 1;
    if (type == ORT_ATTRIBUTE_TENSOR) {
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
        return tensor_attribute(w, attribute, &a->t);
    }
    bad = read_bytes(w, attribute, type, &data, &size);
    if (bad)
        return bad;
    switch (type) {
    case ORT_ATTRIBUTE_INT:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        a->has_i = 1;
        a->i = *(int64_t *)data;
        return NULL;
    case ORT_ATTRIBUTE_FLOAT:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        a->has_f = 1;
        a->f = *(float *)data;
        return NULL;
    case ORT_ATTRIBUTE_STRING:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
        a->has_s = 1;
        a->s = (ProtobufCBinaryData){strlen(data), data};
        return NULL;
    case ORT_ATTRIBUTE_INTS:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        a->ints = data;
        a->n_ints = size / sizeof *a->ints;
        return NULL;
    case ORT_ATTRIBUTE_FLOATS:
        a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS;
        a->floats = data;
        a->n_floats = size / sizeof *a->floats;
        return NULL;
    default:
        return ort_fail(ORT_CODE_NOT_IMPLEMENTED, "attribute '%.100s' is of a kind, %d, that the plug-in does not read", a->name, type);
    }
}

static struct OrtStatus *add_attributes(const struct writer *w, const struct view_node *from, Onnx__NodeProto *node)
{
    size_t count = 0;
    struct OrtStatus *bad = ort.Node_GetNumAttributes(from->node, &count);
    if (bad || !count)
        return bad;
    const struct OrtOpAttr **attributes;
    ROOM(w, attributes, count);
    ROOM(w, node->attribute, count);
    bad = ort.Node_GetAttributes(from->node, attributes, count);
    for (size_t i = 0; !bad && i < count; i++) {
        const char *name = NULL;
        int type = 0;
        if (!attributes[i])
            continue; /* an optional one that is not set */
        Onnx__AttributeProto *a;
        NEW(w, attribute_proto, a);
        node->attribute[node->n_attribute++] = a;
        bad = ort.OpAttr_GetName(attributes[i], &name);
        if (!bad)
            bad = ort.OpAttr_GetType(attributes[i], &type);
        a->name = text_of(name ? name : "");
        if (!bad)
            bad = attribute_value(w, attributes[i], type, a);
    }
    return bad;
}

/* ---- Nodes, inputs and outputs ---- */

static struct OrtStatus *add_constant(const struct writer *w, int value)
{
    const struct view_value *const v = &w->view->values[value];
    const struct OrtValue *data = NULL;
    if (w->part->bare || !v->constant || w->entered[value])
        return NULL;
    w->entered[value] = true;
    struct OrtStatus *const bad = ort.ValueInfo_GetInitializerValue(v->info, &data);
    if (bad)
        return bad;
    if (!data)
        return ort_fail(ORT_CODE_FAIL, "the constant '%.200s' has no data", v->name);
    return tensor_of(w, data, v->name, &w->graph->initializer[w->graph->n_initializer++]);
}

static struct OrtStatus *add_node(const struct writer *w, const struct view_node *from)
{
    Onnx__NodeProto *node;
    struct OrtStatus *bad = NULL;
    NEW(w, node_proto, node);
    w->graph->node[w->graph->n_node++] = node;
    node->name = text_of(from->name);
    node->op_type = text_of(from->op);
    node->domain = text_of(from->domain);
    ROOM(w, node->input, from->n_in);
    ROOM(w, node->output, from->n_out);
    for (int i = 0; !bad && i < from->n_in; i++) {
        node->input[node->n_input++] = text_of(from->in[i] < 0 ? "" : w->view->values[from->in[i]].name);
        bad = from->in[i] < 0 ? NULL : add_constant(w, from->in[i]);
    }
    for (int i = 0; i < from->n_out; i++)
        node->output[node->n_output++] = text_of(from->out[i] < 0 ? "" : w->view->values[from->out[i]].name);
    return bad ? bad : add_attributes(w, from, node);
}

/* With its shape, where there is one and it is wanted; a free dimension stays without a size. */
static struct OrtStatus *info_of(const struct writer *w, int value, bool shaped, Onnx__ValueInfoProto **info)
{
    const struct view_value *const v = &w->view->values[value];
    Onnx__TypeProto__Tensor *tensor;
    NEW(w, value_info_proto, *info);
    (*info)->name = text_of(v->name);
    NEW(w, type_proto, (*info)->type);
    NEW(w, type_proto__tensor, tensor);
    (*info)->type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    (*info)->type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = v->dtype;
    if (!shaped || !v->rank)
        return NULL;
    NEW(w, tensor_shape_proto, tensor->shape);
    ROOM(w, tensor->shape->dim, v->rank);
    for (int i = 0; i < v->rank; i++) {
        Onnx__TensorShapeProto__Dimension *d;
        NEW(w, tensor_shape_proto__dimension, d);
        tensor->shape->dim[tensor->shape->n_dim++] = d;
        if (v->dims[i] < 0)
            continue;
        d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        d->dim_value = v->dims[i];
    }
    return NULL;
}

static struct OrtStatus *add_sets(const struct writer *w, Onnx__ModelProto *model)
{
    ROOM(w, model->opset_import, w->view->n_sets);
    for (size_t i = 0; i < w->view->n_sets; i++) {
        Onnx__OperatorSetIdProto *set;
        NEW(w, operator_set_id_proto, set);
        set->domain = text_of(w->view->domains[i]);
        set->has_version = 1;
        set->version = w->view->versions[i];
        model->opset_import[model->n_opset_import++] = set;
    }
    return NULL;
}

static struct OrtStatus *fill(struct writer *w, Onnx__ModelProto *model)
{
    const struct model_part *const part = w->part;
    size_t inputs = 1;
    for (int i = 0; i < part->n_nodes; i++)
        inputs += (size_t)w->view->nodes[part->nodes[i]].n_in;
    ROOM(w, w->entered, w->view->n_values);
    ROOM(w, w->graph->node, part->n_nodes);
    ROOM(w, w->graph->initializer, inputs);
    ROOM(w, w->graph->input, part->n_inputs);
    ROOM(w, w->graph->output, part->n_outputs);
    w->graph->name = text_of("part");
    struct OrtStatus *bad = add_sets(w, model);
    for (int i = 0; !bad && i < part->n_nodes; i++)
        bad = add_node(w, &w->view->nodes[part->nodes[i]]);
    for (int i = 0; !bad && i < part->n_inputs; i++)
        if (!w->entered[part->inputs[i]])
            bad = info_of(w, part->inputs[i], !part->bare, &w->graph->input[w->graph->n_input++]);
    for (int i = 0; !bad && i < part->n_outputs; i++)
        bad = info_of(w, part->outputs[i], false, &w->graph->output[w->graph->n_output++]);
    return bad;
}

struct OrtStatus *model_write(const struct view *view, const struct model_part *part, struct pool *pool, uint8_t **data, size_t *size)
{
    enum { IR_VERSION = 8 }; /* inputs with initialisers are no constants from version 4 on; here none is both */
    struct writer w = {.view = view, .part = part, .pool = pool};
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    NEW(&w, graph_proto, w.graph);
    model.has_ir_version = 1;
    model.ir_version = IR_VERSION;
    model.graph = w.graph;
    struct OrtStatus *const bad = fill(&w, &model);
    if (bad)
        return bad;
    *size = onnx__model_proto__get_packed_size(&model);
    *data = pool_get(pool, *size + 1, 1);
    if (!*data)
        return ort_no_memory();
    onnx__model_proto__pack(&model, *data);
    return NULL;
}
