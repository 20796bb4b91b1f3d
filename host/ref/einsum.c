/* SPDX-License-Identifier: Apache-2.0 */
/* Einsum of one or two operands: one chain per output element over the letters that are not in it, in their order of
 * appearance, the last fastest. */
#include "host/graph/ops.h"
#include "host/ref/matmul.h"

enum { LABELS = 2 * SYSTOLE_MAX_RANK, ELLIPSIS = 256 };

struct labels { int n, v[LABELS]; };

struct equation {
    struct labels in[2], out;
    int operands;
    bool has_out;
};

/* One term; an ellipsis stands for the last `extra` of the dimensions it covers, as labels of their own. */
static bool read_term(const char **at, int rank, struct labels *l)
{
    int letters = 0;
    bool dots = false;
    for (const char *p = *at; *p && *p != ',' && *p != '-'; p++)
        letters += (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
    for (; **at && **at != ',' && **at != '-'; (*at)++) {
        if (**at == ' ')
            continue;
        if (**at == '.') {
            if (dots || strncmp(*at, "...", 3) != 0)
                return false;
            dots = true;
            *at += 2;
            for (int extra = rank - letters; extra > 0; extra--) {
                if (l->n == LABELS)
                    return false;
                l->v[l->n++] = ELLIPSIS + extra;
            }
            continue;
        }
        if (!((**at >= 'a' && **at <= 'z') || (**at >= 'A' && **at <= 'Z')) || l->n == LABELS)
            return false;
        l->v[l->n++] = (unsigned char)**at;
    }
    return rank < 0 || l->n == rank;
}

static int place_of(const struct labels *l, int label)
{
    for (int i = 0; i < l->n; i++)
        if (l->v[i] == label)
            return i;
    return -1;
}

/* Without "->" the result has what the ellipsis covers, then the letters that appear once, by the alphabet. */
static bool implicit_output(struct equation *e, int extra)
{
    for (; extra > 0; extra--)
        e->out.v[e->out.n++] = ELLIPSIS + extra;
    for (int letter = 'A'; letter <= 'z'; letter++) {
        int n = 0;
        for (int k = 0; k < e->operands; k++)
            for (int i = 0; i < e->in[k].n; i++)
                n += e->in[k].v[i] == letter;
        if (n == 1 && e->out.n < LABELS)
            e->out.v[e->out.n++] = letter;
    }
    return true;
}

static bool read_equation(struct sy_call *c, const char *text, struct equation *e)
{
    int extra = 0;
    e->operands = c->n_in;
    for (int k = 0; k < c->n_in; k++) {
        if (!sy_in(c, k) || !read_term(&text, sy_in(c, k)->rank, &e->in[k]))
            return false;
        for (int i = 0; i < e->in[k].n; i++)
            extra = e->in[k].v[i] > ELLIPSIS + extra ? e->in[k].v[i] - ELLIPSIS : extra;
        if (*text == ',' ? k + 1 == c->n_in : k + 1 < c->n_in)
            return false;
        text += *text == ',';
    }
    if (*text == '\0')
        return implicit_output(e, extra);
    if (strncmp(text, "->", 2) != 0)
        return false;
    text += 2;
    int letters = 0;
    for (const char *p = text; *p; p++)
        letters += *p != '.' && *p != ' ';
    return read_term(&text, strstr(text, "...") ? letters + extra : letters, &e->out) && *text == '\0';
}

/* Dimensions of all labels: those of the result, then those summed over. */
struct space { struct labels labels; int64_t dims[LABELS]; };

static bool measure(struct sy_call *c, const struct equation *e, struct space *s)
{
    s->labels = e->out;
    for (int k = 0; k < e->operands; k++)
        for (int i = 0; i < e->in[k].n; i++)
            if (place_of(&s->labels, e->in[k].v[i]) < 0) {
                if (s->labels.n == LABELS)
                    return false;
                s->labels.v[s->labels.n++] = e->in[k].v[i];
            }
    for (int l = 0; l < s->labels.n; l++) {
        s->dims[l] = -1;
        for (int k = 0; k < e->operands; k++)
            for (int i = 0; i < e->in[k].n; i++) {
                int64_t d = sy_in(c, k)->dims[i];
                if (e->in[k].v[i] != s->labels.v[l])
                    continue;
                if (s->dims[l] >= 0 && s->dims[l] != d && s->dims[l] != 1 && d != 1)
                    return false;
                s->dims[l] = s->dims[l] < 0 || s->dims[l] == 1 ? d : s->dims[l];
            }
        if (s->dims[l] < 0 || place_of(&s->labels, s->labels.v[l]) != l)
            return false; /* a letter of the result that no operand has, or that it has twice */
    }
    return s->labels.n <= SYSTOLE_MAX_RANK;
}

/* A walk over labels [from, to) with the operands' strides (a letter twice in a term: its diagonal). */
static void walk_over(struct sy_call *c, const struct equation *e, const struct space *s, int from, int to, struct sy_walk *w)
{
    sy_walk_start(w, to - from, s->dims + from);
    w->operands = e->operands;
    for (int k = 0; k < e->operands; k++) {
        int64_t strides[SYSTOLE_MAX_RANK];
        sy_strides(sy_in(c, k)->rank, sy_in(c, k)->dims, strides);
        for (int i = 0; i < e->in[k].n; i++) {
            int l = place_of(&s->labels, e->in[k].v[i]);
            if (l >= from && l < to && sy_in(c, k)->dims[i] != 1)
                w->stride[k][l - from] += strides[i];
        }
    }
}

enum systole_status sy_op_einsum(struct sy_call *c)
{
    struct equation e = {.operands = 0};
    struct space s;
    struct systole_tensor *y = NULL;
    const char *text = sy_attr_string(c, "equation", "");
    if (!read_equation(c, text, &e) || !measure(c, &e, &s))
        return sy_bad(c, "the equation '%.100s' is not valid for its inputs", text);
    if (c->n_in == 2 && sy_in(c, 0)->dtype != sy_in(c, 1)->dtype)
        return sy_bad(c, "%s and %s", systole_dtype_name(sy_in(c, 0)->dtype), systole_dtype_name(sy_in(c, 1)->dtype));
    enum systole_status status = sy_out(c, 0, sy_in(c, 0)->dtype, e.out.n, s.dims, &y);
    if (status)
        return status;
    const struct systole_tensor *a = sy_in(c, 0), *b = c->n_in == 2 ? sy_in(c, 1) : NULL;
    enum sy_work work = sy_work_of(a->dtype);
    struct sy_walk kept, summed;
    walk_over(c, &e, &s, 0, e.out.n, &kept);
    walk_over(c, &e, &s, e.out.n, s.labels.n, &summed);
    int64_t n = 1;
    for (int l = e.out.n; l < s.labels.n; l++)
        n *= s.dims[l];
    for (int64_t i = 0; i < y->count; i++, sy_walk_next(&kept)) {
        struct sy_walk w = summed;
        double d = 0;
        float f = 0;
        uint64_t u = 0;
        for (int64_t k = 0; k < n; k++, sy_walk_next(&w)) {
            int64_t ia = kept.at[0] + w.at[0], ib = kept.at[1] + w.at[1];
            if (work == SY_WORK_F32)
                f = fmaf((float)sy_get(a, ia), b ? (float)sy_get(b, ib) : 1, f);
            else if (work == SY_WORK_F64)
                d = fma(sy_get(a, ia), b ? sy_get(b, ib) : 1, d);
            else
                u += (uint64_t)sy_get_int(a, ia) * (b ? (uint64_t)sy_get_int(b, ib) : 1);
        }
        if (work == SY_WORK_I64)
            sy_put_int(y, i, (int64_t)u);
        else
            sy_put(y, i, work == SY_WORK_F32 ? (double)f : d);
    }
    return SYSTOLE_OK;
}
