/* SPDX-License-Identifier: Apache-2.0 */
/* RotaryEmbedding (23): pairs of a head's elements turned by an angle of their position. */
#include "host/graph/ops.h"

struct rotary {
    const struct systole_tensor *x, *cosine, *sine, *position;
    int64_t heads, length, size, turned; /* turned: elements of a head that are */
    bool flat, interleaved;
};

static enum systole_status read_shapes(struct sy_call *c, struct rotary *r)
{
    const struct systole_tensor *x = r->x;
    int64_t heads = sy_attr_int(c, "num_heads", 0);
    r->flat = x->rank == 3;
    if ((x->rank != 3 && x->rank != 4) || (r->flat && (heads < 1 || x->dims[2] % heads)))
        return sy_bad(c, "%s in %lld heads", sy_shape(x).text, (long long)heads);
    r->heads = r->flat ? heads : x->dims[1];
    r->length = x->dims[r->flat ? 1 : 2];
    r->size = r->flat ? x->dims[2] / heads : x->dims[3];
    r->turned = sy_attr_int(c, "rotary_embedding_dim", 0);
    r->turned = r->turned ? r->turned : r->size;
    r->interleaved = sy_attr_int(c, "interleaved", 0) != 0;
    int rank = r->position ? 2 : 3;
    bool ok = r->turned > 0 && r->turned <= r->size && r->turned % 2 == 0 && r->cosine->rank == rank &&
              r->sine->rank == rank && r->cosine->count == r->sine->count && r->cosine->dims[rank - 1] == r->turned / 2 &&
              r->sine->dims[rank - 1] == r->turned / 2;
    if (ok && r->position)
        ok = r->position->count == x->dims[0] * r->length && !sy_dtype_is_float(r->position->dtype);
    else if (ok)
        ok = r->cosine->dims[0] == x->dims[0] && r->cosine->dims[1] == r->length;
    return ok ? SYSTOLE_OK : sy_bad(c, "%s with caches %s and %s", sy_shape(x).text, sy_shape(r->cosine).text,
                                    sy_shape(r->sine).text);
}

static enum systole_status turn(struct sy_call *c, const struct rotary *r, struct systole_tensor *y, int64_t b, int64_t t)
{
    int64_t row = b * r->length + t, half = r->turned / 2;
    if (r->position) {
        row = sy_get_int(r->position, row);
        if (row < 0 || row >= r->cosine->dims[0])
            return sy_bad(c, "position %lld of %lld", (long long)row, (long long)r->cosine->dims[0]);
    }
    for (int64_t n = 0; n < r->heads; n++) {
        int64_t base = (r->flat ? (b * r->length + t) * r->heads + n : (b * r->heads + n) * r->length + t) * r->size;
        for (int64_t i = 0; i < half; i++) {
            int64_t p = base + (r->interleaved ? 2 * i : i), q = base + (r->interleaved ? 2 * i + 1 : half + i);
            double cosine = sy_get(r->cosine, row * half + i), sine = sy_get(r->sine, row * half + i);
            sy_put(y, p, cosine * sy_get(r->x, p) - sine * sy_get(r->x, q));
            sy_put(y, q, sine * sy_get(r->x, p) + cosine * sy_get(r->x, q));
        }
        for (int64_t i = r->turned; i < r->size; i++)
            sy_copy_element(y, base + i, r->x, base + i);
    }
    return SYSTOLE_OK;
}

enum systole_status sy_op_rotary_embedding(struct sy_call *c)
{
    struct rotary r = {.x = sy_in(c, 0), .cosine = sy_in(c, 1), .sine = sy_in(c, 2), .position = sy_in(c, 3)};
    struct systole_tensor *y = NULL;
    enum systole_status status = read_shapes(c, &r);
    if (!status)
        status = sy_out_like(c, 0, r.x, &y);
    for (int64_t i = 0; !status && i < r.x->dims[0] * r.length; i++)
        status = turn(c, &r, y, i / r.length, i % r.length);
    return status;
}
