/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Training by a group. The gradients of a pass, one parameter behind the other, are cut into a part for each rank; each rank adds up its
 * part of all ranks' gradients in the order of the ranks, behind the sum so far, and gives it to all: the additions of one trainer
 * that makes the passes one after the other. A parameter that has no gradient in a rank's pass is no term.
 */
#include "host/group/group.h"
#include "host/io/bytes.h"
#include "host/train/train.h"

#include <string.h>

/* Floats that are under way at a time: a megabyte a rank and buffer, or less. */
enum { CHUNK = 1 << 18 };

/* What a trainer of a group has. All memory that a pass needs is got beforehand, or before the ranks speak: one that has none can say so. */
struct sharing {
    struct systole_group *group;
    int params;      /* when training began */
    uint64_t passes; /* made since */
    int64_t part;    /* floats of a rank in a chunk, at most */
    float *chunk, *parts, *own;  /* of all ranks; of this rank's part, all ranks'; their sum */
    uint8_t *mine, *all, *there; /* headers; there[r * params + i]: has rank r a gradient of parameter i? */
};

/* What ranks say to each other before the gradients of a pass; behind it a byte for each parameter: is there a gradient? */
struct header {
    uint64_t steps, passes;
    int32_t status, params;
};

static enum systole_status link_failed(struct systole_trainer *t, const struct systole_group *g, const char *message)
{
    return sy_fail(t->ctx, SYSTOLE_IO, "rank %d of %d: %s", g->rank, g->ranks, message);
}

/* ---- Are all of one mind? ---- */

/* Every rank sees the same headers, and so fails or goes on as the others do. */
static enum systole_status judge(struct systole_trainer *t, const struct systole_group *g, const uint8_t *all, size_t each)
{
    struct header first, h;
    memcpy(&first, all, sizeof first);
    memcpy(&h, all + (size_t)g->rank * each, sizeof h);
    if (h.status) /* described already */
        return (enum systole_status)h.status;
    for (int r = 0; r < g->ranks; r++) {
        memcpy(&h, all + (size_t)r * each, sizeof h);
        if (h.status)
            return sy_fail(t->ctx, SYSTOLE_BAD_STATE, "the pass of rank %d of %d failed: %s", r, g->ranks,
                           systole_status_text((enum systole_status)h.status));
        if (h.steps != first.steps || h.passes != first.passes || h.params != first.params)
            return sy_fail(t->ctx, SYSTOLE_BAD_STATE,
                           "rank %d is in pass %llu after %llu steps with %d parameters, rank 0 in pass %llu after %llu with %d", r,
                           (unsigned long long)h.passes, (unsigned long long)h.steps, (int)h.params, (unsigned long long)first.passes,
                           (unsigned long long)first.steps, (int)first.params);
    }
    return SYSTOLE_OK;
}

static enum systole_status agree(struct systole_trainer *t, struct sharing *s, enum systole_status own)
{
    const struct systole_group *const g = s->group;
    const size_t params = (size_t)s->params, each = sizeof(struct header) + params;
    const struct header h = {t->steps, s->passes, (int32_t)own, t->n_params};
    char message[SY_LINK_MESSAGE] = "";
    memcpy(s->mine, &h, sizeof h);
    if (g->link->gather(g->self, s->mine, each, s->all, message))
        return link_failed(t, g, message);
    for (int r = 0; r < g->ranks; r++)
        memcpy(s->there + (size_t)r * params, s->all + (size_t)r * each + sizeof h, params);
    return judge(t, g, s->all, each);
}

static bool is_there(const struct sharing *s, int rank, int param)
{
    return s->there[(size_t)rank * (size_t)s->params + (size_t)param];
}

static bool is_anywhere(const struct sharing *s, int param)
{
    bool found = false;
    for (int r = 0; r < s->group->ranks; r++)
        found = found || is_there(s, r, param);
    return found;
}

/* Says which gradients this rank has, and gets memory for those that it may get from others. */
static enum systole_status make_room(struct systole_trainer *t, const struct sharing *s)
{
    for (int i = 0; i < s->params; i++) {
        struct systole_value *const v = &t->params[i]->value;
        s->mine[sizeof(struct header) + (size_t)i] = v->gradient != NULL;
        if (!v->gradient && !(v->gradient = sy_alloc((size_t)v->count, sizeof *v->gradient)))
            return sy_no_memory(t->ctx);
    }
    return SYSTOLE_OK;
}

/* ---- Adding up ---- */

struct exchange {
    struct systole_trainer *t;
    const struct sharing *s;
    int64_t part; /* floats of a rank in a chunk */
};

/* Where what begins at `begin` of all parameters and has `count` floats overlaps `first` to `behind`. */
struct overlap {
    int64_t from, in, count; /* in the parameter, in the range */
};

static struct overlap overlap_of(int64_t begin, int64_t count, int64_t first, int64_t behind)
{
    const int64_t low = begin > first ? begin : first, high = begin + count < behind ? begin + count : behind;
    return (struct overlap){low - begin, low - first, high > low ? high - low : 0};
}

typedef void visit_fn(struct exchange *e, int param, struct overlap o);

/* Calls `visit` for each parameter with a gradient somewhere that has floats from `first` to `behind`. */
static void each_in(struct exchange *e, int64_t first, int64_t behind, visit_fn *visit)
{
    int64_t begin = 0;
    for (int i = 0; i < e->s->params; i++) {
        const int64_t count = e->t->params[i]->value.count;
        if (!is_anywhere(e->s, i))
            continue;
        const struct overlap o = overlap_of(begin, count, first, behind);
        if (o.count)
            visit(e, i, o);
        begin += count;
    }
}

static void put_gradient(struct exchange *e, int param, struct overlap o)
{
    if (is_there(e->s, e->s->group->rank, param))
        memcpy(e->s->chunk + o.in, e->t->params[param]->value.gradient + o.from, (size_t)o.count * sizeof(float));
}

static void take_sum(struct exchange *e, int param, struct overlap o)
{
    memcpy(e->t->params[param]->value.gradient + o.from, e->s->chunk + o.in, (size_t)o.count * sizeof(float));
}

/* Of this rank's part. */
static void add_up(struct exchange *e, int param, struct overlap o)
{
    const struct sy_param *const p = e->t->params[param];
    float *const to = e->s->own + o.in;
    bool begun = p->sum != NULL;
    if (begun)
        memcpy(to, p->sum + o.from, (size_t)o.count * sizeof *to);
    for (int r = 0; r < e->s->group->ranks; r++) {
        const float *const from = e->s->parts + (int64_t)r * e->part + o.in;
        if (!is_there(e->s, r, param))
            continue;
        if (begun)
            sy_train_accumulate(to, from, o.count);
        else
            memcpy(to, from, (size_t)o.count * sizeof *to);
        begun = true;
    }
}

static enum systole_status exchange_chunk(struct exchange *e, int64_t first)
{
    const struct systole_group *const g = e->s->group;
    const size_t bytes = (size_t)e->part * sizeof(float);
    const int64_t behind = first + g->ranks * e->part, own = first + g->rank * e->part;
    char message[SY_LINK_MESSAGE] = "";
    each_in(e, first, behind, put_gradient);
    if (g->link->exchange(g->self, e->s->chunk, bytes, e->s->parts, message))
        return link_failed(e->t, g, message);
    each_in(e, own, own + e->part, add_up);
    if (g->link->gather(g->self, e->s->own, bytes, e->s->chunk, message))
        return link_failed(e->t, g, message);
    each_in(e, first, behind, take_sum);
    return SYSTOLE_OK;
}

/* A pass of this rank is over, with that status. In the end each parameter's gradient is the sum of all passes of all ranks so far. */
static enum systole_status share_pass(void *user, struct systole_trainer *t, enum systole_status status)
{
    struct sharing *const s = user;
    struct exchange e = {.t = t, .s = s};
    int64_t total = 0;
    if (!status && t->n_params != s->params)
        status = sy_fail(t->ctx, SYSTOLE_BAD_STATE, "%d parameters, and %d when the group began to train: make them before",
                         t->n_params, s->params);
    if (!status)
        status = make_room(t, s);
    status = agree(t, s, status);
    s->passes++;
    if (status)
        return status;
    for (int i = 0; i < s->params; i++)
        total += is_anywhere(s, i) ? t->params[i]->value.count : 0;
    e.part = (total + s->group->ranks - 1) / s->group->ranks;
    e.part = e.part < s->part ? e.part : s->part;
    for (int64_t first = 0; first < total && !status; first += e.part * s->group->ranks)
        status = exchange_chunk(&e, first);
    for (int i = 0; i < s->params && !status; i++) {
        struct sy_param *const p = t->params[i];
        float **const old = is_anywhere(s, i) ? &p->sum : &p->value.gradient;
        sy_free(*old);
        *old = NULL;
    }
    return status;
}

/* ---- The same trainer everywhere? ---- */

/* A checksum of what `sum` is one of, and of this. */
static uint64_t summed(uint64_t sum, const void *data, size_t size)
{
    return (sum ^ sy_checksum(data, size)) * 0x9e3779b97f4a7c15u;
}

struct identity {
    uint64_t form, bits; /* of a parameter: its name and shape; its values and moments */
};

static struct identity identity_of(const struct sy_param *p)
{
    const size_t bytes = (size_t)p->value.count * sizeof(float);
    struct identity id = {p->name_hash, 0};
    const int64_t flags[] = {p->value.rank, p->frozen, p->moment[0] != NULL, p->moment[1] != NULL, p->sum != NULL};
    id.form = summed(id.form, p->value.dims, sizeof p->value.dims);
    id.form = summed(id.form, flags, 2 * sizeof *flags);
    id.bits = summed(id.bits, flags, sizeof flags);
    const float *const of[] = {p->value.data, p->moment[0], p->moment[1], p->sum};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (of[i])
            id.bits = summed(id.bits, of[i], bytes);
    return id;
}

struct counts {
    uint64_t params, steps, seed;
};

static enum systole_status same_counts(struct systole_trainer *t, struct systole_group *g, struct counts *all)
{
    const struct counts own = {(uint64_t)t->n_params, t->steps, t->seed};
    enum systole_status status = systole_group_gather(g, &own, sizeof own, all);
    for (int r = 1; r < g->ranks && !status; r++) {
        if (all[r].params != all[0].params)
            status = sy_fail(t->ctx, SYSTOLE_BAD_STATE, "rank %d has %llu parameters, rank 0 %llu", r, (unsigned long long)all[r].params,
                             (unsigned long long)all[0].params);
        else if (all[r].steps != all[0].steps || all[r].seed != all[0].seed)
            status = sy_fail(t->ctx, SYSTOLE_BAD_STATE,
                             "rank %d is behind step %llu with seed %llu, rank 0 behind %llu with %llu: have both read the same checkpoint?",
                             r, (unsigned long long)all[r].steps, (unsigned long long)all[r].seed, (unsigned long long)all[0].steps,
                             (unsigned long long)all[0].seed);
    }
    return status;
}

static enum systole_status same_params(struct systole_trainer *t, struct systole_group *g, struct identity *own, struct identity *all)
{
    const size_t params = (size_t)t->n_params;
    for (size_t i = 0; i < params; i++)
        own[i] = identity_of(t->params[i]);
    enum systole_status status = systole_group_gather(g, own, params * sizeof *own, all);
    for (size_t i = 0; i < params && !status; i++)
        for (int r = 1; r < g->ranks && !status; r++) {
            const struct identity *const of = &all[(size_t)r * params + i];
            if (of->form != all[i].form || of->bits != all[i].bits)
                status = sy_fail(t->ctx, SYSTOLE_BAD_STATE, "parameter %zu of rank %d (here '%s', %s) has not rank 0's %s", i, r,
                                 t->params[i]->name, sy_value_shape(&t->params[i]->value).text,
                                 of->form != all[i].form ? "name or shape" : "values or moments");
        }
    return status;
}

enum systole_status systole_group_same(struct systole_group *group, struct systole_trainer *trainer)
{
    if (!group || !trainer)
        return SYSTOLE_BAD_ARGUMENT;
    const size_t ranks = (size_t)group->ranks, params = (size_t)trainer->n_params;
    sy_clear(trainer->ctx);
    struct counts *const counts = sy_alloc(ranks, sizeof *counts);
    struct identity *const own = sy_alloc(params, sizeof *own), *const all = sy_alloc(ranks * params, sizeof *all);
    enum systole_status status = counts && own && all ? SYSTOLE_OK : sy_no_memory(trainer->ctx);
    if (!status)
        status = same_counts(trainer, group, counts);
    if (!status)
        status = same_params(trainer, group, own, all);
    sy_free(counts);
    sy_free(own);
    sy_free(all);
    return status;
}

/* ---- Beginning ---- */

static void free_sharing(void *user)
{
    struct sharing *const s = user;
    sy_free(s->chunk);
    sy_free(s->parts);
    sy_free(s->own);
    sy_free(s->mine);
    sy_free(s->all);
    sy_free(s->there);
    sy_free(s);
}

static struct sharing *make_sharing(const struct systole_trainer *t, struct systole_group *g)
{
    struct sharing *const s = sy_alloc(1, sizeof *s);
    const size_t ranks = (size_t)g->ranks, params = (size_t)t->n_params, each = sizeof(struct header) + params;
    int64_t total = 0;
    if (!s)
        return NULL;
    for (int i = 0; i < t->n_params; i++)
        total += t->params[i]->value.count;
    const int64_t part = ((total < CHUNK ? total : CHUNK) + g->ranks - 1) / g->ranks;
    *s = (struct sharing){.group = g, .params = t->n_params, .part = part};
    s->chunk = sy_alloc((size_t)part * ranks, sizeof *s->chunk);
    s->parts = sy_alloc((size_t)part * ranks, sizeof *s->parts);
    s->own = sy_alloc((size_t)part, sizeof *s->own);
    s->mine = sy_alloc(each, 1);
    s->all = sy_alloc(each, ranks);
    s->there = sy_alloc(params, ranks);
    if (s->chunk && s->parts && s->own && s->mine && s->all && s->there)
        return s;
    free_sharing(s);
    return NULL;
}

enum systole_status systole_group_train(struct systole_group *group, struct systole_trainer *trainer)
{
    struct systole_trainer *const t = trainer;
    if (!group || !t)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(t->ctx);
    if (t->shared.pass)
        return sy_fail(t->ctx, SYSTOLE_BAD_STATE, "the trainer trains with a group already");
    if (!group->link)
        return SYSTOLE_OK;
    const enum systole_status status = systole_group_same(group, t);
    struct sharing *const s = status ? NULL : make_sharing(t, group);
    if (s)
        t->shared = (struct sy_shared){share_pass, free_sharing, s};
    return status || s ? status : sy_no_memory(t->ctx);
}
