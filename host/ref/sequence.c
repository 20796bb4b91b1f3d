/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences: lists of tensors between the nodes of a model. A list is never changed; what comes of it is another, of the same tensors. */
#include "host/graph/ops.h"

static enum systole_status not_a_sequence(struct sy_call *c)
{
    return sy_bad(c, "its first input is a tensor %s, not a sequence", sy_shape(sy_in(c, 0)).text);
}

static enum systole_status new_sequence(struct sy_call *c, int64_t n, struct systole_tensor **s)
{
    const enum systole_status status = sy_at_node(c, sy_sequence_new(c->ctx, n, s));
    if (!status)
        c->out[0] = *s;
    return status;
}

/* The tensor that is in many places. */
static struct systole_tensor *shared(const struct systole_tensor *t)
{
    return systole_tensor_ref((struct systole_tensor *)(uintptr_t)t);
}

enum systole_status sy_op_sequence_empty(struct sy_call *c)
{
    struct systole_tensor *s = NULL;
    return new_sequence(c, 0, &s);
}

enum systole_status sy_op_sequence_construct(struct sy_call *c)
{
    struct systole_tensor *s = NULL;
    const enum systole_status status = new_sequence(c, c->n_in, &s);
    for (int i = 0; i < c->n_in && !status; i++)
        s->items[i] = shared(sy_in(c, i));
    return status;
}

/* Input `input` as a place in a list of n, from its end where it is negative; without it the last. -1: outside, or no number. */
static int64_t place(const struct sy_call *c, int input, int64_t n)
{
    const struct systole_tensor *t = sy_in(c, input);
    if (!t)
        return n - 1;
    const int64_t at = t->count == 1 && !sy_dtype_is_float(t->dtype) ? sy_get_int(t, 0) : INT64_MIN;
    return at < -n || at >= n ? -1 : at < 0 ? at + n : at;
}

static enum systole_status no_place(struct sy_call *c, int input, int64_t n)
{
    const struct systole_tensor *t = sy_in(c, input);
    return sy_bad(c, "place %lld in a sequence of %lld", t && t->count == 1 ? (long long)sy_get_int(t, 0) : -1LL, (long long)n);
}

enum systole_status sy_op_sequence_insert(struct sy_call *c)
{
    const struct systole_tensor *s = sy_in(c, 0), *t = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    if (!s->items)
        return not_a_sequence(c);
    if (t->items)
        return sy_cannot(c, "sequences in sequences");
    const int64_t at = sy_in(c, 2) && sy_in(c, 2)->count == 1 && sy_get_int(sy_in(c, 2), 0) == s->n_items ? s->n_items
                       : sy_in(c, 2) ? place(c, 2, s->n_items) : s->n_items;
    if (at < 0)
        return no_place(c, 2, s->n_items);
    const enum systole_status status = new_sequence(c, s->n_items + 1, &y);
    for (int64_t i = 0; i <= s->n_items && !status; i++)
        y->items[i] = shared(i == at ? t : s->items[i < at ? i : i - 1]);
    return status;
}

enum systole_status sy_op_sequence_erase(struct sy_call *c)
{
    const struct systole_tensor *s = sy_in(c, 0);
    struct systole_tensor *y = NULL;
    if (!s->items)
        return not_a_sequence(c);
    const int64_t at = place(c, 1, s->n_items);
    if (at < 0)
        return no_place(c, 1, s->n_items);
    const enum systole_status status = new_sequence(c, s->n_items - 1, &y);
    for (int64_t i = 0; i < s->n_items - 1 && !status; i++)
        y->items[i] = shared(s->items[i < at ? i : i + 1]);
    return status;
}

enum systole_status sy_op_sequence_at(struct sy_call *c)
{
    const struct systole_tensor *s = sy_in(c, 0);
    if (!s->items)
        return not_a_sequence(c);
    const int64_t at = place(c, 1, s->n_items);
    if (at < 0)
        return no_place(c, 1, s->n_items);
    c->out[0] = shared(s->items[at]);
    return SYSTOLE_OK;
}

enum systole_status sy_op_sequence_length(struct sy_call *c)
{
    struct systole_tensor *y = NULL;
    if (!sy_in(c, 0)->items)
        return not_a_sequence(c);
    const enum systole_status status = sy_out(c, 0, SYSTOLE_I64, 0, NULL, &y);
    if (!status)
        sy_put_int(y, 0, sy_in(c, 0)->n_items);
    return status;
}

/* ---- Tensors into sequences and back ---- */

/* Elements from `from` on of an axis, as many as `dims` has of it; without the axis where it is not kept. */
static enum systole_status cut(struct sy_call *c, const struct systole_tensor *x, int axis, int64_t from, int64_t many, bool keeps,
                               struct systole_tensor **piece)
{
    int64_t dims[SYSTOLE_MAX_RANK];
    int rank = 0;
    for (int i = 0; i < x->rank; i++)
        if (i != axis || keeps)
            dims[rank++] = i == axis ? many : x->dims[i];
    const enum systole_status status = sy_at_node(c, sy_tensor_new(c->ctx, x->dtype, rank, dims, piece));
    const size_t inner = (size_t)sy_span(x, axis + 1, x->rank) * (size_t)sy_dtype_size(x->dtype), row = inner * (size_t)many;
    for (int64_t o = 0; !status && row && o < sy_span(x, 0, axis); o++)
        memcpy((char *)(*piece)->data + (size_t)o * row, (const char *)x->data + (size_t)(o * x->dims[axis] + from) * inner, row);
    return status;
}

/* Sizes along the axis: a number is that of every piece but the last, a list is those of all, nothing is one each. */
static enum systole_status count_pieces(struct sy_call *c, int64_t size, int64_t *pieces)
{
    const struct systole_tensor *split = sy_in(c, 1);
    int64_t sum = 0;
    if (split && (sy_dtype_is_float(split->dtype) || split->rank > 1))
        return sy_bad(c, "sizes are whole numbers, not %s of %s", sy_shape(split).text, systole_dtype_name(split->dtype));
    if (!split || split->rank == 0) {
        const int64_t each = split ? sy_get_int(split, 0) : 1;
        *pieces = each > 0 ? size / each + (size % each > 0) : 0;
        return each > 0 ? SYSTOLE_OK : sy_bad(c, "pieces of %lld", (long long)each);
    }
    for (int64_t i = 0; i < split->count; i++) {
        const int64_t one = sy_get_int(split, i);
        if (one < 0 || one > size - sum)
            return sy_bad(c, "piece %lld is %lld of the %lld that are left of %lld", (long long)i, (long long)one, (long long)(size - sum),
                          (long long)size);
        sum += one;
    }
    *pieces = split->count;
    return sum == size ? SYSTOLE_OK : sy_bad(c, "the pieces have %lld of %lld", (long long)sum, (long long)size);
}

enum systole_status sy_op_split_to_sequence(struct sy_call *c)
{
    const struct systole_tensor *x = sy_in(c, 0), *split = sy_in(c, 1);
    struct systole_tensor *y = NULL;
    const int axis = sy_axis(sy_attr_int(c, "axis", 0), x->rank);
    const bool keeps = split || sy_attr_int(c, "keepdims", 1) != 0;
    int64_t pieces = 0, from = 0;
    if (x->items || axis < 0)
        return sy_bad(c, "axis %lld of %s", (long long)sy_attr_int(c, "axis", 0), x->items ? "a sequence" : sy_shape(x).text);
    enum systole_status status = count_pieces(c, x->dims[axis], &pieces);
    if (!status)
        status = new_sequence(c, pieces, &y);
    for (int64_t i = 0; i < pieces && !status; i++) {
        const int64_t each = !split ? 1 : split->rank ? sy_get_int(split, i) : sy_get_int(split, 0);
        const int64_t many = sy_min(each, x->dims[axis] - from);
        status = cut(c, x, axis, from, many, keeps, &y->items[i]);
        from += many;
    }
    return status;
}

enum systole_status sy_op_concat_from_sequence(struct sy_call *c)
{
    const struct systole_tensor *s = sy_in(c, 0);
    if (!s->items)
        return not_a_sequence(c);
    if (s->n_items == 0)
        return sy_bad(c, "an empty sequence has no shape");
    struct sy_call one = *c;
    struct systole_tensor *wide = NULL;
    enum systole_status status = sy_sequence_new(c->ctx, s->n_items, &wide);
    for (int64_t i = 0; i < s->n_items && !status; i++) {
        const struct systole_tensor *t = s->items[i];
        if (!sy_attr_int(c, "new_axis", 0)) {
            wide->items[i] = shared(t);
            continue;
        }
        int64_t dims[SYSTOLE_MAX_RANK + 1];
        const int at = sy_axis(sy_attr_int(c, "axis", 0), t->rank + 1);
        for (int d = 0; d <= t->rank && at >= 0; d++)
            dims[d] = d == at ? 1 : t->dims[d < at ? d : d - 1];
        status = at < 0 ? sy_bad(c, "a new axis %lld in %s", (long long)sy_attr_int(c, "axis", 0), sy_shape(t).text)
                        : sy_tensor_reshaped(c->ctx, t, t->rank + 1, dims, &wide->items[i]);
    }
    one.in = wide ? (const struct systole_tensor *const *)wide->items : NULL;
    one.n_in = (int)s->n_items;
    if (!status)
        status = sy_op_concat(&one);
    systole_tensor_free(wide);
    return sy_at_node(c, status);
}

/* ---- Values that may be missing: here a missing one is no value at all ---- */

enum systole_status sy_op_optional_has_element(struct sy_call *c)
{
    struct systole_tensor *y = NULL;
    const enum systole_status status = sy_out(c, 0, SYSTOLE_BOOL, 0, NULL, &y);
    if (!status)
        sy_put_int(y, 0, sy_in(c, 0) != NULL);
    return status;
}

enum systole_status sy_op_optional_get_element(struct sy_call *c)
{
    c->out[0] = shared(sy_in(c, 0));
    return SYSTOLE_OK;
}

bool sy_op_takes_sequences(const struct sy_op *op)
{
    static enum systole_status (*const all[])(struct sy_call *c) = {
        sy_op_sequence_insert, sy_op_sequence_erase, sy_op_sequence_at, sy_op_sequence_length, sy_op_concat_from_sequence,
        sy_op_optional_has_element, sy_op_optional_get_element, sy_op_identity, sy_op_loop, sy_op_if,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (op->run == all[i])
            return true;
    return false;
}
