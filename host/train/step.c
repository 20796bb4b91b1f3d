/* SPDX-License-Identifier: Apache-2.0 */
/* Optimisers, clipping, rates, stochastic rounding. */
#include "host/train/train.h"

#include "host/core/fixed_math.h"
#include "host/ref/chain.h"

#include <math.h>
#include <string.h>

/* Powers by squaring: multiplications of fp64 in a fixed order. */
static double power(double base, uint64_t exponent)
{
    double result = 1;
    for (; exponent; exponent >>= 1, base *= base)
        if (exponent & 1)
            result *= base;
    return result;
}

static enum systole_status make_moments(struct systole_trainer *t, const struct systole_optimiser_options *o)
{
    const int moments = o->kind != SYSTOLE_SGD ? 2 : o->momentum != 0;
    for (int i = 0; i < t->n_params; i++)
        for (int k = 0; k < moments; k++) {
            struct sy_param *const p = t->params[i];
            if (!p->frozen && p->sum && !p->moment[k])
                p->moment[k] = sy_alloc((size_t)p->value.count, sizeof *p->moment[k]);
            if (!p->frozen && p->sum && !p->moment[k])
                return sy_no_memory(t->ctx);
        }
    return SYSTOLE_OK;
}

/* Divides by the scale; then the sum of all squares: each parameter's a chain, the parameters' added in the order of their
 * creation. */
static float prepare(struct systole_trainer *t, float scale)
{
    const float factor = scale == 0 || scale == 1 ? 1 : sy_fixed_reciprocal(scale);
    float total = 0;
    for (int i = 0; i < t->n_params; i++) {
        const struct sy_param *const p = t->params[i];
        float squares = 0;
        for (int64_t k = 0; k < p->value.count && p->sum; k++) {
            p->sum[k] *= factor;
            squares = fmaf(p->sum[k], p->sum[k], squares);
        }
        total += squares;
    }
    return total;
}

struct rule {
    struct systole_optimiser_options o;
    float rate, keep1, keep2, unbias1, unbias2, shrink; /* shrink: what clipping leaves */
    uint64_t round_seed;
};

static void sgd(const struct rule *r, struct sy_param *p)
{
    float *const w = p->value.data, *const m = p->moment[0];
    for (int64_t i = 0; i < p->value.count; i++) {
        const float g = fmaf(r->o.weight_decay, w[i], p->sum[i] * r->shrink);
        const float step = r->o.momentum != 0 ? (m[i] = fmaf(r->o.momentum, m[i], g)) : g;
        w[i] = fmaf(-r->rate, step, w[i]);
    }
}

static void adam(const struct rule *r, struct sy_param *p)
{
    float *const w = p->value.data, *const m = p->moment[0], *const v = p->moment[1];
    const bool decoupled = r->o.kind == SYSTOLE_ADAMW;
    for (int64_t i = 0; i < p->value.count; i++) {
        const float clipped = p->sum[i] * r->shrink;
        const float g = decoupled ? clipped : fmaf(r->o.weight_decay, w[i], clipped);
        m[i] = fmaf(r->o.beta1, m[i], r->keep1 * g);
        v[i] = fmaf(r->o.beta2, v[i], r->keep2 * (g * g));
        if (decoupled)
            w[i] = fmaf(-r->rate * r->o.weight_decay, w[i], w[i]);
        const float deviation = sy_fixed_sqrt(v[i] * r->unbias2) + r->o.epsilon;
        w[i] = fmaf(-r->rate, m[i] * r->unbias1 * sy_fixed_reciprocal(deviation), w[i]);
    }
}

/* To bf16: up with the probability of what is cut off. Never to an infinity. */
static void round_stochastically(uint64_t seed, float *w, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t u, up;
        memcpy(&u, &w[i], sizeof u);
        up = u + (uint32_t)(sy_random_bits(seed, (uint64_t)i) >> 48);
        if ((up & 0x7f800000u) != 0x7f800000u)
            u = up;
        u &= 0xffff0000u;
        memcpy(&w[i], &u, sizeof u);
    }
}

static enum systole_status check(struct systole_trainer *t, const struct systole_optimiser_options *o, float rate)
{
    const bool good = (o->kind == SYSTOLE_SGD || o->kind == SYSTOLE_ADAM || o->kind == SYSTOLE_ADAMW) && isfinite(rate) &&
                      o->momentum >= 0 && o->momentum < 1 && o->beta1 >= 0 && o->beta1 < 1 && o->beta2 >= 0 && o->beta2 < 1 &&
                      o->epsilon >= 0 && o->weight_decay >= 0 && o->clip >= 0 && o->scale >= 0 && isfinite(o->scale);
    if (good)
        return SYSTOLE_OK;
    return sy_fail(t->ctx, SYSTOLE_BAD_ARGUMENT,
                   "a step of kind %d, rate %g, momentum %g, betas %g and %g, epsilon %g, decay %g, clip %g, scale %g",
                   (int)o->kind, (double)rate, (double)o->momentum, (double)o->beta1, (double)o->beta2, (double)o->epsilon,
                   (double)o->weight_decay, (double)o->clip, (double)o->scale);
}

static struct rule rule_of(const struct systole_trainer *t, const struct systole_optimiser_options *o, float rate, float squares)
{
    struct rule r = {.o = *o, .rate = rate, .shrink = 1};
    const uint64_t step = t->steps + 1;
    const float norm = sy_fixed_sqrt(squares);
    if (o->clip > 0 && norm > o->clip)
        r.shrink = o->clip * sy_fixed_reciprocal(norm);
    r.keep1 = 1 - o->beta1;
    r.keep2 = 1 - o->beta2;
    r.unbias1 = sy_fixed_reciprocal((float)(1 - power((double)o->beta1, step)));
    r.unbias2 = sy_fixed_reciprocal((float)(1 - power((double)o->beta2, step)));
    r.round_seed = sy_random_bits(t->seed, step);
    return r;
}

void systole_train_clear_gradients(struct systole_trainer *trainer)
{
    for (int i = 0; i < trainer->n_params; i++) {
        sy_free(trainer->params[i]->sum);
        trainer->params[i]->sum = NULL;
    }
}

enum systole_status systole_train_step(struct systole_trainer *trainer, const struct systole_optimiser_options *options,
                                       float rate)
{
    struct systole_trainer *const t = trainer;
    struct systole_optimiser_options o = {0};
    if (!t || !options || options->size < sizeof options->size)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(t->ctx);
    memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    if (o.beta1 == 0 && o.beta2 == 0 && o.epsilon == 0) {
        o.beta1 = 0.9f;
        o.beta2 = 0.999f;
        o.epsilon = 1e-8f;
    }
    enum systole_status status = check(t, &o, rate);
    if (!status)
        status = make_moments(t, &o);
    if (status)
        return status;
    const float squares = prepare(t, o.scale);
    if (!isfinite(squares)) {
        systole_train_clear_gradients(t);
        return sy_fail(t->ctx, SYSTOLE_BAD_STATE, "the gradients have an infinity or a NaN, or squares above fp32: no step %llu",
                       (unsigned long long)t->steps + 1);
    }
    const struct rule r = rule_of(t, &o, rate, squares);
    for (int i = 0; i < t->n_params; i++) {
        struct sy_param *const p = t->params[i];
        if (p->frozen || !p->sum)
            continue;
        (o.kind == SYSTOLE_SGD ? sgd : adam)(&r, p);
        if (o.stochastic_bf16)
            round_stochastically(r.round_seed ^ p->name_hash, p->value.data, p->value.count);
        sy_canonical_f32(p->value.data, p->value.count);
    }
    t->steps++;
    systole_train_clear_gradients(t);
    systole_train_clear(t);
    return SYSTOLE_OK;
}

/* cos(pi x) for 0 <= x <= 1: the series around 1/2, in fp64, highest power first. */
static double cosine(double x)
{
    static const double c[] = {
        -1.0 / 1307674368000.0, 1.0 / 6227020800.0, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120, -1.0 / 6, 1};
    const double a = (0.5 - x) * 3.14159265358979323846, z = a * a;
    double sum = c[0];
    for (size_t i = 1; i < sizeof c / sizeof *c; i++)
        sum = sum * z + c[i];
    return a * sum;
}

float systole_train_rate(enum systole_schedule schedule, uint64_t step, uint64_t warm_up, uint64_t steps, float peak, float last)
{
    if (step < warm_up)
        return (float)((double)peak * (double)(step + 1) / (double)warm_up);
    if (schedule == SYSTOLE_RATE_CONSTANT || steps <= warm_up)
        return peak;
    const double at = step >= steps ? 1 : (double)(step - warm_up) / (double)(steps - warm_up);
    const double share = schedule == SYSTOLE_RATE_COSINE ? 0.5 * (1 + cosine(at)) : 1 - at;
    return (float)((double)last + ((double)peak - (double)last) * share);
}
