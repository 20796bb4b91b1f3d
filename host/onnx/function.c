/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of a model's own: a node that calls one becomes the function's nodes. Their values get the call's name before theirs; the
 * function's inputs and outputs are the call's.
 */
#include "host/core/alloc.h"
#include "host/onnx/onnx.h"

#include <stdio.h>
#include <string.h>

enum {
    MOST_CALLS = 64,         /* within each other */
    MOST_NODES = 1 << 18,    /* of all calls */
    FUNCTION_DEFAULTS = 11,  /* numbers of fields that the schema may be too old to know */
    FUNCTION_OVERLOAD = 13,
    NODE_OVERLOAD = 8
};

/* The n-th field of that number, as the file has it; NULL: there is no such one. For what the schema does not know. */
static const uint8_t *unknown_field(const ProtobufCMessage *m, unsigned number, size_t n, size_t *size)
{
    for (unsigned i = 0; i < m->n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *f = &m->unknown_fields[i];
        if (f->tag != number || f->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED || n-- > 0)
            continue;
        size_t at = 0;
        while (at < f->len && f->data[at] & 0x80) /* the length comes first */
            at++;
        *size = at < f->len ? f->len - at - 1 : 0;
        return f->data + (at < f->len ? at + 1 : at);
    }
    return NULL;
}

/* A text of that number, whether the schema knows it or not. */
static const char *text_field(const ProtobufCMessage *m, unsigned number, size_t *size)
{
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(m->descriptor, number);
    const char *text = "";
    if (f) {
        memcpy(&text, (const char *)m + f->offset, sizeof text);
        text = text ? text : "";
        *size = strlen(text);
        return text;
    }
    const uint8_t *bytes = unknown_field(m, number, 0, size);
    *size = bytes ? *size : 0;
    return bytes ? (const char *)bytes : "";
}

const Onnx__FunctionProto *sy_onnx_function(const struct sy_onnx *o, const Onnx__NodeProto *call)
{
    size_t wanted_size, size;
    const char *wanted = text_field(&call->base, NODE_OVERLOAD, &wanted_size);
    for (size_t i = 0; i < o->model->n_functions; i++) {
        const Onnx__FunctionProto *f = o->model->functions[i];
        if (!f->name || !call->op_type || strcmp(f->name, call->op_type) != 0 || strcmp(sy_onnx_domain(f->domain), sy_onnx_domain(call->domain)) != 0)
            continue;
        const char *overload = text_field(&f->base, FUNCTION_OVERLOAD, &size);
        if (size == wanted_size && memcmp(overload, wanted, size) == 0)
            return f;
    }
    return NULL;
}

int64_t sy_onnx_frame_version(const struct sy_onnx_frame *f, const char *domain)
{
    for (size_t i = 0; f && i < f->function->n_opset_import; i++)
        if (strcmp(sy_onnx_domain(f->function->opset_import[i]->domain), domain) == 0)
            return f->function->opset_import[i]->version;
    return -1;
}

/* What the name is outside the function: *name changes. False where it is the function's own. */
static bool is_of_call(const struct sy_onnx_frame *f, const char **name)
{
    for (size_t i = 0; i < f->function->n_input; i++)
        if (strcmp(f->function->input[i], *name) == 0) {
            *name = i < f->call->n_input ? f->call->input[i] : "";
            return true;
        }
    for (size_t i = 0; i < f->function->n_output && i < f->call->n_output; i++)
        if (strcmp(f->function->output[i], *name) == 0 && f->call->output[i][0]) {
            *name = f->call->output[i];
            return true;
        }
    return false;
}

char *sy_onnx_name(const struct sy_onnx *o, const char *name)
{
    const struct sy_onnx_frame *f = o->frame;
    while (f && name[0] && is_of_call(f, &name))
        f = f->outer->frame;
    if (!f || !name[0])
        return sy_strdup(name);
    return sy_onnx_inner_name(f, name);
}

char *sy_onnx_inner_name(const struct sy_onnx_frame *f, const char *name)
{
    const size_t room = strlen(f->prefix) + strlen(name) + 1;
    char *full = sy_alloc(room, 1);
    if (full)
        snprintf(full, room, "%s%s", f->prefix, name);
    return full;
}

const Onnx__AttributeProto *sy_onnx_attribute(const struct sy_onnx **o, const Onnx__AttributeProto *p)
{
    while (p && p->ref_attr_name && p->ref_attr_name[0] && (*o)->frame) {
        const struct sy_onnx_frame *f = (*o)->frame;
        const Onnx__AttributeProto *given = NULL;
        for (size_t i = 0; i < f->call->n_attribute && !given; i++)
            if (f->call->attribute[i]->name && strcmp(f->call->attribute[i]->name, p->ref_attr_name) == 0)
                given = f->call->attribute[i];
        *o = given ? f->outer : *o;
        for (size_t i = 0; i < f->n_defaults && !given; i++)
            if (f->defaults[i]->name && strcmp(f->defaults[i]->name, p->ref_attr_name) == 0)
                given = f->defaults[i];
        p = given;
    }
    return p;
}

/* What attributes are where a call does not say: the schema may know the list, or leave it as bytes. */
static enum systole_status read_defaults(const struct sy_onnx *o, struct sy_onnx_frame *f, struct sy_onnx_memory *memory)
{
    const ProtobufCMessage *m = &f->function->base;
    const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(m->descriptor, FUNCTION_DEFAULTS);
    size_t size, n = 0;
    if (known) {
        memcpy(&f->n_defaults, (const char *)m + known->quantifier_offset, sizeof f->n_defaults);
        memcpy(&f->defaults, (const char *)m + known->offset, sizeof f->defaults);
        return SYSTOLE_OK;
    }
    while (unknown_field(m, FUNCTION_DEFAULTS, n, &size))
        n++;
    f->owned = f->defaults = sy_alloc(n, sizeof *f->defaults);
    if (!f->defaults)
        return sy_no_memory(o->ctx);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *bytes = unknown_field(m, FUNCTION_DEFAULTS, i, &size);
        const enum systole_status status = sy_onnx_check_depth(o->ctx, &onnx__attribute_proto__descriptor, bytes, size);
        if (status)
            return status;
        f->defaults[i] = onnx__attribute_proto__unpack(sy_onnx_allocator(memory), size, bytes);
        if (!f->defaults[i])
            return memory->short_of ? sy_no_memory(o->ctx)
                                    : sy_fail(o->ctx, SYSTOLE_IO, "function '%.100s': a default that is no attribute", f->function->name);
        f->n_defaults = i + 1;
    }
    return SYSTOLE_OK;
}

static enum systole_status check_call(const struct sy_onnx *o, const struct sy_onnx_frame *f)
{
    const int64_t version = sy_onnx_frame_version(f, "");
    int depth = 0;
    for (const struct sy_onnx_frame *outer = o->frame; outer; outer = outer->outer->frame)
        depth++;
    if (depth >= MOST_CALLS)
        return sy_fail(o->ctx, SYSTOLE_IO, "function '%.100s' is called within %d others, or within itself", f->function->name, depth);
    if (*o->inlined + (int64_t)f->function->n_node > MOST_NODES)
        return sy_fail(o->ctx, SYSTOLE_IO, "function '%.100s': the functions of this model come to more than %d nodes", f->function->name,
                       MOST_NODES);
    if (version >= 0 && (version < SY_ONNX_OPSET_LEAST || version > SY_ONNX_OPSET_MOST))
        return sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "function '%.100s' is of version %lld of ONNX's operators; %d to %d are known here", f->function->name,
                       (long long)version, SY_ONNX_OPSET_LEAST, SY_ONNX_OPSET_MOST);
    return SYSTOLE_OK;
}

enum systole_status sy_onnx_inline(const struct sy_onnx *o, const Onnx__FunctionProto *function, const Onnx__NodeProto *call,
                                   struct sy_graph *g)
{
    struct sy_onnx_memory memory = {.short_of = false};
    struct sy_onnx_frame f = {.function = function, .call = call, .outer = o};
    struct sy_onnx inner = *o;
    inner.frame = &f;
    enum systole_status status = check_call(o, &f);
    if (status)
        return status;
    snprintf(f.prefix, sizeof f.prefix, "%.60s.%d/", call->name && call->name[0] ? call->name : function->name, *o->inlined);
    *o->inlined += (int)function->n_node + 1;
    status = read_defaults(o, &f, &memory);
    for (size_t i = 0; i < function->n_node && !status; i++)
        status = sy_onnx_node(&inner, function->node[i], i, g);
    for (size_t i = 0; f.owned && i < f.n_defaults; i++)
        onnx__attribute_proto__free_unpacked(f.defaults[i], &memory.allocator);
    sy_free((void *)f.owned);
    return status;
}
