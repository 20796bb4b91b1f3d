/* SPDX-License-Identifier: Apache-2.0 */
#include "host/multiply/multiplier.h"

#include "host/core/alloc.h"
#include "host/ref/chain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char option[] = ",precision=";

/* Splits "hls:4x4,precision=x3,latency=7" into the device without its precision and that. What is no precision is left where it
 * is: the engine says what is wrong with it. */
static void take_precision(struct systole_multiplier *m)
{
    char *at = strstr(m->device, option);
    m->precision = SYSTOLE_X6;
    if (!at)
        return;
    const char *value = at + sizeof option - 1;
    const size_t length = strcspn(value, ",");
    if (length == 2 && value[0] == 'x' && (value[1] == '1' || value[1] == '3' || value[1] == '6'))
        m->precision = (enum systole_precision)(value[1] - '0');
    else
        return;
    memmove(at, value + length, strlen(value + length) + 1);
}

static int slot_of(enum systole_precision precision)
{
    return precision == SYSTOLE_X1 ? 1 : precision == SYSTOLE_X3 ? 2 : precision == SYSTOLE_X6 ? 3 : 0;
}

enum systole_status sy_multiplier_engine(struct systole_multiplier *m, enum systole_precision precision,
                                         struct sy_engine **engine)
{
    char device[640];
    const enum systole_precision p = precision ? precision : m->precision;
    const int slot = m->plain ? 0 : slot_of(p);
    if (!m->plain && slot == 0)
        return sy_fail(m->ctx, SYSTOLE_BAD_ARGUMENT, "precision %d: there are 1, 3 and 6 passes, and 0 for the device's own",
                       (int)p);
    if (!m->engine[slot]) {
        const char *const format = m->plain ? "%s" : "%s,precision=x%d";
        const int length = snprintf(device, sizeof device, format, m->device, (int)p);
        if (length < 0 || (size_t)length >= sizeof device)
            return sy_fail(m->ctx, SYSTOLE_BAD_DEVICE, "a device string of %zu characters is too long", strlen(m->device));
        const enum systole_status status = sy_engine_open(m->ctx, device, &m->engine[slot]);
        if (status)
            return status;
    }
    *engine = m->engine[slot];
    return SYSTOLE_OK;
}

enum systole_status systole_multiplier_create(struct systole_context *context, const char *device,
                                              struct systole_multiplier **multiplier)
{
    if (!context || !device || !multiplier)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    struct systole_multiplier *m = sy_alloc(1, sizeof *m);
    if (m)
        m->device = sy_strdup(device);
    if (!m || !m->device) {
        sy_free(m);
        return sy_no_memory(context);
    }
    m->ctx = context;
    take_precision(m);
    /* What is left of an option "precision" is "f32", or wrong: either way the engine reads it. */
    m->plain = strstr(m->device, option) != NULL;
    struct sy_engine *first = NULL;
    const enum systole_status status = sy_multiplier_engine(m, SYSTOLE_PRECISION_DEFAULT, &first);
    if (status)
        systole_multiplier_free(m);
    else
        *multiplier = m;
    return status;
}

void systole_multiplier_free(struct systole_multiplier *multiplier)
{
    if (!multiplier)
        return;
    for (int i = 0; i < SY_MULTIPLIER_ENGINES; i++)
        sy_engine_close(multiplier->engine[i]);
    sy_free(multiplier->device);
    sy_free(multiplier);
}

enum systole_status systole_multiplier_totals(const struct systole_multiplier *multiplier, struct systole_totals *totals)
{
    if (!multiplier || !totals || totals->size < sizeof totals->size)
        return SYSTOLE_BAD_ARGUMENT;
    struct systole_totals sum = {.size = totals->size};
    for (int i = 0; i < SY_MULTIPLIER_ENGINES; i++) {
        if (!multiplier->engine[i])
            continue;
        const struct sy_engine_totals t = sy_engine_totals(multiplier->engine[i]);
        sum.runs += t.runs;
        sum.on_host += t.on_host;
        sum.special += t.special;
        sum.macs += t.macs;
        sum.cycles += t.cycles;
        sum.busy += t.busy;
        sum.read_bytes += t.read_bytes;
        sum.write_bytes += t.write_bytes;
        sum.waited += t.waited;
        sum.rows = t.rows;
        sum.cols = t.cols;
    }
    memcpy(totals, &sum, totals->size < sizeof sum ? totals->size : sizeof sum);
    return SYSTOLE_OK;
}

/* ---- products ---- */

/* acc: m x n, dense, what the chains gave; it is overwritten. */
static void combine(const struct systole_product *p, float *acc)
{
    const float alpha = p->alpha, beta = p->beta;
    for (int64_t i = 0; i < p->m; i++) {
        float *const c = p->c + i * p->c_row, *const row = acc + i * p->n;
        for (int64_t j = 0; j < p->n; j++)
            row[j] = beta != 0 ? fmaf(beta, c[j * p->c_column], alpha * row[j]) : alpha * row[j];
        sy_canonical_f32(row, p->n);
        for (int64_t j = 0; j < p->n; j++)
            c[j * p->c_column] = row[j];
    }
}

static enum systole_status check(struct systole_multiplier *m, const struct systole_product *p)
{
    int64_t elements;
    if (p->m < 0 || p->n < 0 || p->k < 0 || !sy_mul(p->m, p->n, &elements) || !sy_mul(p->m, p->k, &elements) ||
        !sy_mul(p->k, p->n, &elements))
        return sy_fail(m->ctx, SYSTOLE_BAD_ARGUMENT, "a product of %lld x %lld x %lld", (long long)p->m, (long long)p->n,
                       (long long)p->k);
    const bool reads = p->alpha != 0 && p->k > 0, writes = p->m > 0 && p->n > 0;
    if (writes && (!p->c || (reads && (!p->a.data || !p->b.data))))
        return sy_fail(m->ctx, SYSTOLE_BAD_ARGUMENT, "a product of %lld x %lld x %lld without its matrices", (long long)p->m,
                       (long long)p->n, (long long)p->k);
    if (p->from_c && (p->alpha != 1 || p->beta != 0))
        return sy_fail(m->ctx, SYSTOLE_BAD_ARGUMENT, "chains that start from C have alpha 1 and beta 0, not %g and %g",
                       (double)p->alpha, (double)p->beta);
    return SYSTOLE_OK;
}

enum systole_status systole_multiply(struct systole_multiplier *multiplier, const struct systole_product *product)
{
    struct systole_product p = {0};
    if (!multiplier || !product || product->size < sizeof product->size)
        return SYSTOLE_BAD_ARGUMENT;
    memcpy(&p, product, product->size < sizeof p ? product->size : sizeof p);
    sy_clear(multiplier->ctx);
    struct sy_engine *engine = NULL;
    enum systole_status status = check(multiplier, &p);
    if (!status)
        status = sy_multiplier_engine(multiplier, p.precision, &engine);
    if (status || p.m == 0 || p.n == 0 || (p.from_c && p.k == 0))
        return status;
    float *acc = sy_alloc((size_t)p.m, (size_t)p.n * sizeof *acc);
    if (!acc)
        return sy_no_memory(multiplier->ctx);
    for (int64_t i = 0; p.from_c && i < p.m; i++)
        for (int64_t j = 0; j < p.n; j++)
            acc[i * p.n + j] = p.c[i * p.c_row + j * p.c_column];
    if (p.alpha != 0 && p.k > 0)
        status = sy_engine_matmul_f32(engine, multiplier->ctx, p.m, p.n, p.k,
                                      (struct sy_factor){.data = p.a.data, .row = p.a.row, .column = p.a.column},
                                      (struct sy_factor){.data = p.b.data, .row = p.b.row, .column = p.b.column}, acc);
    if (!status)
        combine(&p, acc);
    sy_free(acc);
    return status;
}
