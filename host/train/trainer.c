/* SPDX-License-Identifier: Apache-2.0 */
/* Trainers, their parameters, and random numbers. */
#include "host/train/train.h"

#include <math.h>
#include <string.h>

enum systole_status systole_trainer_create(struct systole_context *context, const char *device, uint64_t seed,
                                           struct systole_trainer **trainer)
{
    if (!context || !device || !trainer)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    struct systole_trainer *t = sy_alloc(1, sizeof *t);
    if (!t)
        return sy_no_memory(context);
    t->ctx = context;
    t->seed = seed;
    const enum systole_status status = systole_multiplier_create(context, device, &t->multiplier);
    if (status)
        sy_free(t);
    else
        *trainer = t;
    return status;
}

static void free_param(struct sy_param *p)
{
    if (!p)
        return;
    sy_free(p->value.data);
    sy_free(p->value.gradient);
    sy_free(p->name);
    sy_free(p->sum);
    sy_free(p->moment[0]);
    sy_free(p->moment[1]);
    sy_free(p);
}

void systole_trainer_free(struct systole_trainer *trainer)
{
    if (!trainer)
        return;
    systole_train_clear(trainer);
    if (trainer->shared.free)
        trainer->shared.free(trainer->shared.user);
    for (int i = 0; i < trainer->n_params; i++)
        free_param(trainer->params[i]);
    sy_free(trainer->params);
    sy_free(trainer->values);
    sy_free(trainer->nodes);
    systole_multiplier_free(trainer->multiplier);
    systole_multiplier_free(trainer->host);
    sy_free(trainer);
}

enum systole_status systole_trainer_set_precision(struct systole_trainer *trainer, enum systole_precision precision)
{
    if (!trainer)
        return SYSTOLE_BAD_ARGUMENT;
    struct sy_engine *engine = NULL;
    const enum systole_status status = sy_multiplier_engine(trainer->multiplier, precision, &engine);
    if (!status)
        trainer->precision = precision;
    return status;
}

enum systole_status systole_trainer_totals(const struct systole_trainer *trainer, struct systole_totals *totals)
{
    return trainer ? systole_multiplier_totals(trainer->multiplier, totals) : SYSTOLE_BAD_ARGUMENT;
}

uint64_t systole_trainer_steps(const struct systole_trainer *trainer)
{
    return trainer->steps;
}

/* ---- values ---- */

int systole_value_rank(const struct systole_value *value)
{
    return value->rank;
}

const int64_t *systole_value_dims(const struct systole_value *value)
{
    return value->dims;
}

int64_t systole_value_count(const struct systole_value *value)
{
    return value->count;
}

const float *systole_value_data(const struct systole_value *value)
{
    return value->data;
}

float *systole_value_data_mutable(struct systole_value *value)
{
    return value->param ? value->data : NULL;
}

const float *systole_value_gradient(const struct systole_value *value)
{
    return value->param ? value->param->sum : value->gradient;
}

float *systole_param_gradient_mutable(struct systole_value *param)
{
    return param->param ? param->param->sum : NULL;
}

/* ---- random numbers: a mixing of the bits of a counter ---- */

static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t sy_random_bits(uint64_t seed, uint64_t index)
{
    return mixed(mixed(seed + 0x9e3779b97f4a7c15u) + (index + 1) * 0x9e3779b97f4a7c15u);
}

uint64_t sy_hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

uint64_t systole_random(uint64_t seed, uint64_t index, uint64_t limit)
{
    /* The upper 32 bits, scaled: near enough to even for what picks data. */
    const uint64_t bits = sy_random_bits(seed, index);
    return limit > UINT32_MAX ? bits % limit : (bits >> 32) * limit >> 32;
}

void systole_shuffle(uint64_t seed, uint64_t epoch, int64_t count, int64_t *order)
{
    const uint64_t own = sy_random_bits(seed, epoch);
    for (int64_t i = 0; i < count; i++)
        order[i] = i;
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t other = (int64_t)systole_random(own, (uint64_t)i, (uint64_t)i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

/* From -1 to 1, a multiple of 2^-23. */
static float uniform(uint64_t seed, uint64_t index)
{
    return (float)((int64_t)(sy_random_bits(seed, index) >> 40) - (1 << 23)) * 0x1p-23f;
}

static float initial(enum systole_init init, float scale, uint64_t seed, int64_t element)
{
    if (init == SYSTOLE_INIT_CONSTANT)
        return scale;
    if (init == SYSTOLE_INIT_UNIFORM)
        return scale * uniform(seed, (uint64_t)element);
    /* Each uniform number has the variance 1/3: the sum of twelve is twice as wide as wanted. */
    float sum = 0;
    for (uint64_t i = 0; i < 12; i++)
        sum += uniform(seed, (uint64_t)element * 12 + i);
    return scale * (0.5f * sum);
}

/* ---- parameters ---- */

struct systole_value *systole_param_find(const struct systole_trainer *trainer, const char *name)
{
    for (int i = 0; i < trainer->n_params; i++)
        if (strcmp(trainer->params[i]->name, name) == 0)
            return &trainer->params[i]->value;
    return NULL;
}

static enum systole_status check_param(struct systole_trainer *t, const char *name, int rank, const int64_t *dims, int64_t *count)
{
    *count = 1;
    if (strlen(name) == 0 || strlen(name) > 200)
        return sy_fail(t->ctx, SYSTOLE_BAD_ARGUMENT, "a parameter's name has %zu characters; 1 to 200 are allowed", strlen(name));
    if (systole_param_find(t, name))
        return sy_fail(t->ctx, SYSTOLE_BAD_ARGUMENT, "there is a parameter '%s' already", name);
    if (rank < 0 || rank > SYSTOLE_MAX_RANK || (rank && !dims))
        return sy_fail(t->ctx, SYSTOLE_BAD_ARGUMENT, "parameter '%s' of rank %d; the most is %d", name, rank, SYSTOLE_MAX_RANK);
    for (int i = 0; i < rank; i++)
        if (dims[i] < 1 || !sy_mul(*count, dims[i], count))
            return sy_fail(t->ctx, SYSTOLE_BAD_ARGUMENT, "dimension %d of parameter '%s' is %lld", i, name, (long long)dims[i]);
    return SYSTOLE_OK;
}

enum systole_status systole_param_create(struct systole_trainer *trainer, const char *name, int rank, const int64_t *dims,
                                         enum systole_init init, float scale, struct systole_value **param)
{
    if (!trainer || !name || !param)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(trainer->ctx);
    int64_t count;
    const enum systole_status status = check_param(trainer, name, rank, dims, &count);
    if (status)
        return status;
    struct sy_param **const more = sy_realloc(trainer->params, (size_t)trainer->n_params + 1, sizeof(struct sy_param *));
    if (more)
        trainer->params = more;
    struct sy_param *p = more ? sy_alloc(1, sizeof *p) : NULL;
    if (p) {
        p->name = sy_strdup(name);
        p->value.data = sy_alloc((size_t)count, sizeof *p->value.data);
    }
    if (!p || !p->name || !p->value.data) {
        free_param(p);
        return sy_no_memory(trainer->ctx);
    }
    p->name_hash = sy_hash_text(name);
    p->value.param = p;
    p->value.rank = rank;
    p->value.count = count;
    p->value.wants_gradient = true;
    if (rank)
        memcpy(p->value.dims, dims, (size_t)rank * sizeof *dims);
    for (int64_t i = 0; i < count; i++)
        p->value.data[i] = initial(init, scale, trainer->seed ^ p->name_hash, i);
    trainer->params[trainer->n_params++] = p;
    *param = &p->value;
    return SYSTOLE_OK;
}

enum systole_status systole_param_freeze(struct systole_trainer *trainer, struct systole_value *param)
{
    if (!trainer || !param || !param->param)
        return SYSTOLE_BAD_ARGUMENT;
    param->param->frozen = true;
    param->wants_gradient = false;
    return SYSTOLE_OK;
}

int systole_param_count(const struct systole_trainer *trainer)
{
    return trainer->n_params;
}

struct systole_value *systole_param_at(const struct systole_trainer *trainer, int index)
{
    return index < 0 || index >= trainer->n_params ? NULL : &trainer->params[index]->value;
}

const char *systole_param_name(const struct systole_value *param)
{
    return param->param ? param->param->name : "";
}

const float *systole_param_moment(const struct systole_value *param, int which)
{
    return param->param && (which == 0 || which == 1) ? param->param->moment[which] : NULL;
}
