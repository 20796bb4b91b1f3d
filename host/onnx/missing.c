/* SPDX-License-Identifier: Apache-2.0 */
/* An operator that is not there is told with all the others of the model that are not, so that nobody finds them one by one. */
#include "host/onnx/onnx.h"

#include <stdio.h>
#include <string.h>

enum { MOST_TOLD = 24, TEXT = 480, NESTING = 16 };

struct missing {
    const struct sy_onnx *o;
    const Onnx__NodeProto *first;
    const Onnx__NodeProto *list[MOST_TOLD];
    int n;
};

static bool is_same(const Onnx__NodeProto *a, const Onnx__NodeProto *b)
{
    return strcmp(a->op_type ? a->op_type : "", b->op_type ? b->op_type : "") == 0 &&
           strcmp(sy_onnx_domain(a->domain), sy_onnx_domain(b->domain)) == 0;
}

static void look_at(struct missing *m, Onnx__NodeProto **nodes, size_t n, int depth);

static void look_inside(struct missing *m, const Onnx__NodeProto *p, int depth)
{
    for (size_t i = 0; i < p->n_attribute && depth < NESTING; i++)
        if (p->attribute[i]->g)
            look_at(m, p->attribute[i]->g->node, p->attribute[i]->g->n_node, depth + 1);
}

static void look_at(struct missing *m, Onnx__NodeProto **nodes, size_t n, int depth)
{
    for (size_t i = 0; i < n && m->n < MOST_TOLD; i++) {
        const Onnx__NodeProto *p = nodes[i];
        const char *domain = sy_onnx_domain(p->domain);
        bool is_new = !is_same(p, m->first) && !sy_onnx_function(m->o, p) &&
                      !sy_op_find(domain, p->op_type ? p->op_type : "", sy_onnx_version(m->o, domain));
        for (int k = 0; k < m->n; k++)
            is_new = is_new && !is_same(p, m->list[k]);
        if (is_new)
            m->list[m->n++] = p;
        look_inside(m, p, depth);
    }
}

enum systole_status sy_onnx_missing(const struct sy_onnx *o, const Onnx__NodeProto *p, const struct sy_node *n, const char *where)
{
    struct missing m = {.o = o, .first = p};
    char text[TEXT] = "", version[64];
    size_t at = 0;
    look_at(&m, o->model->graph->node, o->model->graph->n_node, 0);
    for (size_t i = 0; i < o->model->n_functions; i++)
        look_at(&m, o->model->functions[i]->node, o->model->functions[i]->n_node, 0);
    for (int i = 0; i < m.n && at < sizeof text - 80; i++) {
        const char *domain = sy_onnx_domain(m.list[i]->domain);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%.30s%s%.40s", i ? ", " : "; nor are there ", domain, domain[0] ? ":" : "",
                               m.list[i]->op_type ? m.list[i]->op_type : "");
    }
    const struct sy_op *later = sy_op_find(n->domain, n->op_type, INT64_MAX);
    snprintf(version, sizeof version, later ? ", only from version %d on" : "", later ? later->since : 0);
    const enum systole_status status =
        sy_fail(o->ctx, SYSTOLE_UNSUPPORTED, "%s: there is no such operator here for version %lld of %s%.60s%s%s%s; docs/models.md says what to do",
                where, (long long)n->version, n->domain[0] ? "domain '" : "ONNX's own operators", n->domain, n->domain[0] ? "'" : "", version, text);
    sy_fail_operator(o->ctx, n->domain, n->op_type);
    return status;
}
