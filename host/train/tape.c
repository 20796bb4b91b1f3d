/* SPDX-License-Identifier: Apache-2.0 */
/* Values and records of the tape, and the walk back. */
#include "host/train/train.h"

#include "host/ref/chain.h"

#include <stdio.h>
#include <string.h>

enum systole_status sy_train_failed(struct systole_trainer *t, enum systole_status status)
{
    if (!t->failed)
        t->failed = status;
    return status;
}

enum systole_status sy_train_fail(struct systole_trainer *t, enum systole_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sy_vfail(t->ctx, status, "", format, arguments);
    va_end(arguments);
    return sy_train_failed(t, status);
}

enum systole_status sy_train_no_memory(struct systole_trainer *t)
{
    return sy_train_failed(t, sy_no_memory(t->ctx));
}

enum systole_status sy_train_begin(struct systole_trainer *t, const void *x, const void *y)
{
    if (!t || !y)
        return SYSTOLE_BAD_ARGUMENT;
    if (t->failed)
        return t->failed;
    sy_clear(t->ctx);
    return x ? SYSTOLE_OK : sy_train_fail(t, SYSTOLE_BAD_ARGUMENT, "a layer has no input");
}

struct sy_value_text sy_value_shape(const struct systole_value *v)
{
    struct sy_value_text s = {""};
    size_t at = 0;
    for (int i = 0; i < v->rank && at < sizeof s.text; i++)
        at += (size_t)snprintf(s.text + at, sizeof s.text - at, "%s%lld", i ? "x" : "", (long long)v->dims[i]);
    return s;
}

static void free_value(struct systole_value *v)
{
    if (!v)
        return;
    sy_free(v->data);
    sy_free(v->gradient);
    sy_free(v);
}

/* Room for one more of `size` bytes each. */
static bool grow(void **array, int used, int *room, size_t size)
{
    if (used < *room)
        return true;
    void *const more = sy_realloc(*array, (size_t)(2 * *room + 16), size);
    if (!more)
        return false;
    *array = more;
    *room = 2 * *room + 16;
    return true;
}

enum systole_status sy_train_value(struct systole_trainer *t, int rank, const int64_t *dims, struct systole_value **value)
{
    int64_t count = 1;
    if (rank < 0 || rank > SYSTOLE_MAX_RANK)
        return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT, "a value of rank %d; the most is %d", rank, SYSTOLE_MAX_RANK);
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0 || !sy_mul(count, dims[i], &count))
            return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT, "dimension %d of a value is %lld", i, (long long)dims[i]);
    void *array = t->values;
    struct systole_value *v = sy_alloc(1, sizeof *v);
    if (v)
        v->data = sy_alloc((size_t)count, sizeof *v->data);
    const bool whole = v && v->data && grow(&array, t->n_values, &t->values_room, sizeof(struct systole_value *));
    t->values = array;
    if (!whole) {
        free_value(v);
        return sy_train_no_memory(t);
    }
    v->rank = rank;
    v->count = count;
    if (rank)
        memcpy(v->dims, dims, (size_t)rank * sizeof *dims);
    t->values[t->n_values++] = v;
    *value = v;
    return SYSTOLE_OK;
}

enum systole_status sy_train_record(struct systole_trainer *t, const struct sy_node *n, struct systole_value **y)
{
    bool wants = false;
    for (int i = 0; i < SY_NODE_INPUTS; i++)
        wants = wants || (n->in[i] && n->in[i]->wants_gradient);
    void *array = t->nodes;
    if (wants && !grow(&array, t->n_nodes, &t->nodes_room, sizeof *t->nodes)) {
        sy_free(n->saved);
        return sy_train_no_memory(t);
    }
    t->nodes = array;
    n->out->wants_gradient = wants;
    if (wants) {
        t->nodes[t->n_nodes] = *n;
        t->nodes[t->n_nodes++].precision = t->precision;
    } else
        sy_free(n->saved);
    *y = n->out;
    return SYSTOLE_OK;
}

void systole_train_clear(struct systole_trainer *trainer)
{
    if (!trainer)
        return;
    for (int i = 0; i < trainer->n_nodes; i++)
        sy_free(trainer->nodes[i].saved);
    for (int i = 0; i < trainer->n_values; i++)
        free_value(trainer->values[i]);
    trainer->n_nodes = trainer->n_values = 0;
    trainer->failed = SYSTOLE_OK;
}

static enum systole_status input(struct systole_trainer *t, int rank, const int64_t *dims, const float *data, bool wants,
                                 struct systole_value **y)
{
    enum systole_status status = sy_train_begin(t, data, y);
    struct systole_value *v = NULL;
    if (!status)
        status = sy_train_value(t, rank, dims, &v);
    if (status)
        return status;
    memcpy(v->data, data, (size_t)v->count * sizeof *data);
    v->wants_gradient = wants;
    *y = v;
    return SYSTOLE_OK;
}

enum systole_status systole_train_input(struct systole_trainer *trainer, int rank, const int64_t *dims, const float *data,
                                        struct systole_value **y)
{
    return input(trainer, rank, dims, data, false, y);
}

enum systole_status systole_train_input_with_gradient(struct systole_trainer *trainer, int rank, const int64_t *dims,
                                                      const float *data, struct systole_value **y)
{
    return input(trainer, rank, dims, data, true, y);
}

/* ---- going back ---- */

enum systole_status sy_train_gradient(struct systole_trainer *t, struct systole_value *v, float **gradient)
{
    *gradient = NULL;
    if (!v || !v->wants_gradient)
        return SYSTOLE_OK;
    if (!v->gradient)
        v->gradient = sy_alloc((size_t)v->count, sizeof *v->gradient);
    if (!v->gradient)
        return sy_train_no_memory(t);
    *gradient = v->gradient;
    return SYSTOLE_OK;
}

void sy_train_accumulate(float *to, const float *from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] += from[i];
    sy_canonical_f32(to, n);
}

static void forget_gradients(struct systole_trainer *t)
{
    for (int i = 0; i < t->n_values; i++) {
        sy_free(t->values[i]->gradient);
        t->values[i]->gradient = NULL;
    }
    for (int i = 0; i < t->n_params; i++) {
        sy_free(t->params[i]->value.gradient);
        t->params[i]->value.gradient = NULL;
    }
}

/* The gradients of this pass join the sums of the passes before it; the first is taken as it is. */
static void add_to_sums(struct systole_trainer *t)
{
    for (int i = 0; i < t->n_params; i++) {
        struct sy_param *const p = t->params[i];
        if (!p->value.gradient)
            continue;
        if (!p->sum)
            p->sum = p->value.gradient;
        else {
            sy_train_accumulate(p->sum, p->value.gradient, p->value.count);
            sy_free(p->value.gradient);
        }
        p->value.gradient = NULL;
    }
}

static enum systole_status walk_back(struct systole_trainer *t, struct systole_value *y, const float *gradient)
{
    forget_gradients(t);
    float *first = NULL;
    enum systole_status status = sy_train_gradient(t, y, &first);
    if (!status && !first)
        status = sy_train_fail(t, SYSTOLE_BAD_STATE, "the value depends on nothing that has a gradient");
    if (first)
        memcpy(first, gradient, (size_t)y->count * sizeof *first);
    for (int i = t->n_nodes; i-- > 0 && !status;)
        if (t->nodes[i].out->gradient)
            status = t->nodes[i].backward(t, &t->nodes[i]);
    if (status)
        forget_gradients(t);
    return status;
}

/* Trainers that share their passes have to hear of one that failed, too: they wait for it. */
static enum systole_status end_pass(struct systole_trainer *t, enum systole_status status)
{
    if (!t || !t->shared.pass) {
        if (!status)
            add_to_sums(t);
        return status;
    }
    status = t->shared.pass(t->shared.user, t, status);
    if (status)
        forget_gradients(t);
    else
        add_to_sums(t);
    return status;
}

enum systole_status systole_train_backward_from(struct systole_trainer *trainer, struct systole_value *y, const float *gradient)
{
    enum systole_status status = sy_train_begin(trainer, y, trainer);
    if (!status)
        status = gradient ? walk_back(trainer, y, gradient) : SYSTOLE_BAD_ARGUMENT;
    return end_pass(trainer, status);
}

enum systole_status systole_train_backward_scaled(struct systole_trainer *trainer, struct systole_value *loss, float scale)
{
    enum systole_status status = sy_train_begin(trainer, loss, trainer);
    if (!status && loss->count != 1)
        status = sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "a loss is one number, not %s", sy_value_shape(loss).text);
    if (status)
        return end_pass(trainer, status);
    status = systole_train_backward_from(trainer, loss, &scale);
    if (!status)
        systole_train_clear(trainer);
    return status;
}

enum systole_status systole_train_backward(struct systole_trainer *trainer, struct systole_value *loss)
{
    return systole_train_backward_scaled(trainer, loss, 1);
}
