/* SPDX-License-Identifier: Apache-2.0 */
/* y = x w' + b. Forward NT from the bias; back NN for x, TN for w, a product with ones for b, each continuing the gradient so
 * far. */
#include "host/train/train.h"

#include <string.h>

static struct sy_factor rows_of(const float *data, int64_t columns)
{
    return (struct sy_factor){.data = data, .row = columns, .column = 1};
}

static struct sy_factor columns_of(const float *data, int64_t columns)
{
    return (struct sy_factor){.data = data, .row = 1, .column = columns};
}

/* number: rows, in, out. */
static enum systole_status dense_back(struct systole_trainer *t, const struct sy_node *n)
{
    const int64_t rows = n->number[0], in = n->number[1], out = n->number[2];
    struct systole_value *const x = n->in[0], *const w = n->in[1], *const b = n->in[2];
    const float *const dy = n->out->gradient;
    float *g;
    enum systole_status status = sy_train_gradient(t, x, &g);
    if (!status && g)
        status = sy_train_product(t, n->precision, rows, in, out, rows_of(dy, out), rows_of(w->data, in), g);
    if (!status)
        status = sy_train_gradient(t, w, &g);
    if (!status && g)
        status = sy_train_product(t, n->precision, out, in, rows, columns_of(dy, out), rows_of(x->data, in), g);
    if (!status)
        status = sy_train_gradient(t, b, &g);
    if (!status && g)
        status = sy_train_sum_rows(t, n->precision, rows, out, rows_of(dy, out), g);
    return status;
}

enum systole_status systole_train_dense(struct systole_trainer *trainer, struct systole_value *x, struct systole_value *w,
                                        struct systole_value *b, struct systole_value **y)
{
    struct systole_trainer *const t = trainer;
    enum systole_status status = sy_train_begin(t, x && w ? x : NULL, y);
    if (status)
        return status;
    const int64_t in = x->rank ? x->dims[x->rank - 1] : 0, out = w->rank == 2 ? w->dims[0] : 0;
    if (x->rank < 1 || w->rank != 2 || w->dims[1] != in || (b && (b->rank != 1 || b->dims[0] != out)))
        return sy_train_fail(t, SYSTOLE_BAD_ARGUMENT,
                             "dense: x is %s, w %s, b %s; x ends with what w ends with, b has what w begins with",
                             sy_value_shape(x).text, sy_value_shape(w).text, b ? sy_value_shape(b).text : "none");
    int64_t dims[SYSTOLE_MAX_RANK];
    memcpy(dims, x->dims, sizeof dims);
    dims[x->rank - 1] = out;
    const int64_t rows = in ? x->count / in : 0;
    struct sy_node n = {.backward = dense_back, .in = {x, w, b}, .number = {rows, in, out}};
    status = sy_train_value(t, x->rank, dims, &n.out);
    for (int64_t i = 0; !status && b && i < rows; i++)
        memcpy(n.out->data + i * out, b->data, (size_t)out * sizeof *b->data);
    if (!status)
        status = sy_train_product(t, t->precision, rows, out, in, rows_of(x->data, in), columns_of(w->data, in), n.out->data);
    return status ? status : sy_train_record(t, &n, y);
}
