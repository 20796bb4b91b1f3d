/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of values, other shapes, rows by number. */
#include "host/train/train.h"

#include "host/ref/chain.h"

#include <string.h>

static enum systole_status add_back(struct systole_trainer *t, const struct sy_node *n)
{
    const float *const dy = n->out->gradient;
    float *g;
    enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    if (!status && g)
        sy_train_accumulate(g, dy, n->out->count);
    if (!status)
        status = sy_train_gradient(t, n->in[1], &g);
    if (status || !g || n->in[1]->count == 0)
        return status;
    const int64_t width = n->in[1]->count, rows = n->out->count / width;
    if (rows == 1) {
        sy_train_accumulate(g, dy, width);
        return SYSTOLE_OK;
    }
    return sy_train_sum_rows(t, n->precision, rows, width, (struct sy_factor){.data = dy, .row = width, .column = 1}, g);
}

enum systole_status systole_train_add(struct systole_trainer *trainer, struct systole_value *a, struct systole_value *b,
                                      struct systole_value **y)
{
    enum systole_status status = sy_train_begin(trainer, a && b ? a : NULL, y);
    if (status)
        return status;
    bool fits = b->rank <= a->rank;
    for (int i = 1; fits && i <= b->rank; i++)
        fits = a->dims[a->rank - i] == b->dims[b->rank - i];
    if (!fits)
        return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "add: %s and %s; the second has the last dimensions of the first",
                             sy_value_shape(a).text, sy_value_shape(b).text);
    struct sy_node n = {.backward = add_back, .in = {a, b}};
    status = sy_train_value(trainer, a->rank, a->dims, &n.out);
    if (status)
        return status;
    for (int64_t i = 0; i < a->count; i++)
        n.out->data[i] = a->data[i] + b->data[i % b->count];
    sy_canonical_f32(n.out->data, a->count);
    return sy_train_record(trainer, &n, y);
}

static enum systole_status reshape_back(struct systole_trainer *t, const struct sy_node *n)
{
    float *g;
    const enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    if (!status && g)
        sy_train_accumulate(g, n->out->gradient, n->out->count);
    return status;
}

enum systole_status systole_train_reshape(struct systole_trainer *trainer, struct systole_value *x, int rank, const int64_t *dims,
                                          struct systole_value **y)
{
    struct sy_node n = {.backward = reshape_back, .in = {x}};
    enum systole_status status = sy_train_begin(trainer, rank == 0 || dims ? x : NULL, y);
    if (!status)
        status = sy_train_value(trainer, rank, dims, &n.out);
    if (status)
        return status;
    if (n.out->count != x->count)
        return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "reshape: %s has %lld elements, %s has %lld", sy_value_shape(x).text,
                             (long long)x->count, sy_value_shape(n.out).text, (long long)n.out->count);
    memcpy(n.out->data, x->data, (size_t)x->count * sizeof *x->data);
    return sy_train_record(trainer, &n, y);
}

/* saved: the numbers. */
static enum systole_status embedding_back(struct systole_trainer *t, const struct sy_node *n)
{
    const int64_t width = n->in[0]->dims[1], count = n->number[0];
    const int32_t *const numbers = n->saved;
    float *g;
    const enum systole_status status = sy_train_gradient(t, n->in[0], &g);
    for (int64_t i = 0; i < count && !status && g; i++)
        sy_train_accumulate(g + numbers[i] * width, n->out->gradient + i * width, width);
    return status;
}

enum systole_status systole_train_embedding(struct systole_trainer *trainer, const int32_t *numbers, int rank,
                                            const int64_t *dims, struct systole_value *table, struct systole_value **y)
{
    enum systole_status status = sy_train_begin(trainer, numbers && (rank == 0 || dims) ? table : NULL, y);
    if (status)
        return status;
    if (table->rank != 2 || rank < 0 || rank >= SYSTOLE_MAX_RANK)
        return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "embedding: the table is %s, the numbers have rank %d",
                             sy_value_shape(table).text, rank);
    int64_t out[SYSTOLE_MAX_RANK];
    if (rank)
        memcpy(out, dims, (size_t)rank * sizeof *dims);
    out[rank] = table->dims[1];
    struct sy_node n = {.backward = embedding_back, .in = {table}};
    status = sy_train_value(trainer, rank + 1, out, &n.out);
    if (status)
        return status;
    const int64_t width = table->dims[1], count = width ? n.out->count / width : 0;
    for (int64_t i = 0; i < count; i++)
        if (numbers[i] < 0 || numbers[i] >= table->dims[0])
            return sy_train_fail(trainer, SYSTOLE_BAD_ARGUMENT, "embedding: number %lld is %d; the table has %lld rows",
                                 (long long)i, (int)numbers[i], (long long)table->dims[0]);
    n.number[0] = count;
    n.saved = sy_alloc((size_t)count, sizeof *numbers);
    if (!n.saved)
        return sy_train_no_memory(trainer);
    memcpy(n.saved, numbers, (size_t)count * sizeof *numbers);
    for (int64_t i = 0; i < count; i++)
        memcpy(n.out->data + i * width, table->data + numbers[i] * width, (size_t)width * sizeof *table->data);
    return sy_train_record(trainer, &n, y);
}
