/* SPDX-License-Identifier: Apache-2.0 */
/* FusedConv and FusedGemm of ONNX Runtime's optimiser, back into what they were made of: so the compiler sees it, and fuses it its own way. */
#include "host/core/alloc.h"
#include "host/onnx/onnx.h"

#include <stdio.h>
#include <string.h>

enum { VERSION = 21, PARAMETERS = 2 };

/* An activation's attributes, in the order of `activation_params` or by FusedGemm's names. */
struct activation { const char *op, *names[PARAMETERS], *of_gemm[PARAMETERS]; };

static const struct activation activations[] = {
    {"Relu", {NULL}, {NULL}},
    {"Sigmoid", {NULL}, {NULL}},
    {"Tanh", {NULL}, {NULL}},
    {"LeakyRelu", {"alpha", NULL}, {"activation_alpha", NULL}},
    {"HardSigmoid", {"alpha", "beta"}, {"activation_alpha", "activation_beta"}},
    {"Clip", {"min", "max"}, {NULL}},
};

static const struct sy_attr *find(const struct sy_node *n, const char *name)
{
    for (int i = 0; i < n->n_attrs; i++)
        if (strcmp(n->attrs[i].name, name) == 0)
            return &n->attrs[i];
    return NULL;
}

static bool parameter(const struct sy_node *n, const struct activation *a, int i, float *value)
{
    const struct sy_attr *list = find(n, "activation_params"), *one = a->of_gemm[i] ? find(n, a->of_gemm[i]) : NULL;
    if (list && list->kind == SY_ATTR_FLOATS && list->count > (size_t)i)
        *value = list->floats[i];
    else if (one && one->kind == SY_ATTR_FLOAT)
        *value = one->f;
    else
        return false;
    return true;
}

static enum systole_status set_texts(const struct sy_onnx *o, struct sy_node *n, const char *op, int64_t version)
{
    sy_free(n->domain);
    sy_free(n->op_type);
    n->domain = sy_strdup("");
    n->op_type = sy_strdup(op);
    n->version = version;
    n->op = sy_op_find("", op, version);
    return n->domain && n->op_type ? SYSTOLE_OK : sy_no_memory(o->ctx);
}

/* A node behind number `at`, which then makes a value of its own; the new one reads it and `other` (-1: nothing) and makes what that made. */
static enum systole_status put_behind(const struct sy_onnx *o, struct sy_graph *g, int at, const char *op, int64_t version, int other)
{
    char name[256];
    snprintf(name, sizeof name, "%.200s/%d", g->nodes[at].name, g->n_nodes);
    const int value = sy_graph_value(g, name);
    struct sy_node *n = value < 0 ? NULL : sy_graph_node(g);
    if (!n)
        return sy_no_memory(o->ctx);
    n->name = sy_strdup(name);
    n->in = sy_alloc(2, sizeof *n->in);
    n->out = sy_alloc(1, sizeof *n->out);
    n->attrs = sy_alloc(PARAMETERS, sizeof *n->attrs);
    const enum systole_status status = n->name && n->in && n->out && n->attrs ? set_texts(o, n, op, version) : sy_no_memory(o->ctx);
    if (status)
        return status;
    n->n_in = other < 0 ? 1 : 2;
    n->in[0] = value;
    n->in[1] = other;
    n->n_out = 1;
    n->out[0] = g->nodes[at].out[0];
    g->nodes[at].out[0] = value;
    return SYSTOLE_OK;
}

static enum systole_status put_activation(const struct sy_onnx *o, struct sy_graph *g, int at, int last, const struct activation *a)
{
    /* Limits are attributes of Clip up to version 10 alone. */
    enum systole_status status = put_behind(o, g, last, a->op, strcmp(a->op, "Clip") == 0 ? 6 : VERSION, -1);
    struct sy_node *n = &g->nodes[g->n_nodes - 1];
    for (int i = 0; i < PARAMETERS && !status && a->names[i]; i++) {
        float value;
        if (!parameter(&g->nodes[at], a, i, &value))
            continue;
        struct sy_attr *attr = &n->attrs[n->n_attrs++];
        *attr = (struct sy_attr){.name = sy_strdup(a->names[i]), .kind = SY_ATTR_FLOAT, .f = value};
        if (!attr->name)
            status = sy_no_memory(o->ctx);
    }
    return status;
}

enum systole_status sy_onnx_split(const struct sy_onnx *o, struct sy_graph *g, const char *where)
{
    const int at = g->n_nodes - 1;
    const struct sy_node *n = &g->nodes[at];
    const bool conv = strcmp(n->op_type, "FusedConv") == 0;
    if (strcmp(n->domain, "com.microsoft") != 0 || (!conv && strcmp(n->op_type, "FusedGemm") != 0))
        return SYSTOLE_OK;
    const struct sy_attr *wanted = find(n, "activation");
    const struct activation *a = NULL;
    const char *name = wanted && wanted->kind == SY_ATTR_STRING ? wanted->s : "";
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        a = strcmp(activations[i].op, name) == 0 ? &activations[i] : a;
    if (name[0] && !a) {
        sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "%s: its activation '%.40s'", where, name);
        sy_fail_operator(o->ctx, n->domain, n->op_type);
        return SYSTOLE_UNSUPPORTED;
    }
    const int added = conv && n->n_in > 3 ? n->in[3] : -1;
    enum systole_status status = set_texts(o, &g->nodes[at], conv ? "Conv" : "Gemm", VERSION);
    g->nodes[at].n_in = g->nodes[at].n_in > 3 ? 3 : g->nodes[at].n_in;
    if (!status && added >= 0)
        status = put_behind(o, g, at, "Add", VERSION, added);
    if (!status && a)
        status = put_activation(o, g, at, g->n_nodes - 1, a);
    return status;
}
