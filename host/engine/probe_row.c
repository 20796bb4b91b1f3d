/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which row of a column of the array is wrong. A sum goes through all rows of a tile, also through those that are left out, so cutting a chain
 * does not tell. Instead one product stands in each row in turn, with zeros in all others: the exact sum is the same wherever it stands.
 *
 * A PE that multiplies or adds wrongly is wrong when the product is its own (`single`). One whose sum is wrong has one result when the product is at it or
 * above, another when it is below (`step`). What is wrong before the first row or behind the last one does not depend on the row at all.
 */
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/backend.h"
#include "host/engine/probe.h"

enum { TRIALS = 32, MOST_TILES = 5 };

struct trial {
    struct sy_engine *e;
    struct systole_context *ctx;
    bool f32;
    int64_t rows, columns, column, tiles;
    uint32_t a, b, start; /* as stored */
    char *factor_a, *factor_b;
    uint32_t *sums;
};

/* What the trials so far allow. */
struct verdict {
    bool *single, *step; /* by row */
    bool differ;         /* some trial's sum depends on the row */
    bool wrong, behind;
};

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 32;
}

/* fp32: of a size near one, the sum with all its bits, factors with those of bf16. */
static void draw(struct trial *t, uint64_t *state, int index)
{
    t->tiles = 1 + index % MOST_TILES;
    t->start = index % 3 == 0 ? 0 : (uint32_t)next(state);
    t->a = (uint32_t)next(state);
    t->b = (uint32_t)next(state);
    if (!t->f32)
        return;
    const uint32_t near_one = 0x81ffffff;
    t->start = t->start ? (t->start & near_one) | 0x3e000000 : 0;
    t->a = ((t->a & near_one) | 0x3e000000) & 0xffff0000;
    t->b = ((t->b & near_one) | 0x3e000000) & 0xffff0000;
}

/* The product in row `row` of the last tile; -1: zeros everywhere. */
static enum systole_status run(struct trial *t, struct sy_engine *e, int64_t row, uint32_t start, uint32_t *sum)
{
    const size_t bytes = t->f32 ? 4 : 1, k = (size_t)(t->tiles * t->rows);
    memset(t->factor_a, 0, k * bytes);
    memset(t->factor_b, 0, k * bytes);
    if (row >= 0) {
        const size_t at = ((size_t)((t->tiles - 1) * t->rows) + (size_t)row) * bytes;
        memcpy(t->factor_a + at, &t->a, bytes);
        memcpy(t->factor_b + at, &t->b, bytes);
    }
    for (int64_t i = 0; i < t->columns; i++)
        t->sums[i] = start;
    const struct sy_gemm g = {1, t->columns, (int64_t)k, t->f32, {t->factor_a, (int64_t)k, 1, false, 0}, {t->factor_b, 1, 0, false, 0}, t->sums};
    const enum systole_status status = e->ops->gemm(e, t->ctx, &g);
    *sum = t->sums[t->column];
    return status;
}

static void take(struct verdict *v, const struct trial *t, const uint32_t *got, uint32_t exact)
{
    for (int64_t r = 0; r < t->rows; r++)
        for (int64_t j = 0; j < t->rows; j++) {
            v->single[r] = v->single[r] && (j == r || got[j] == exact);
            v->step[r] = v->step[r] && got[j] == got[j <= r ? 0 : r + 1];
        }
    for (int64_t j = 0; j < t->rows; j++) {
        v->differ = v->differ || got[j] != got[0];
        v->wrong = v->wrong || got[j] != exact;
    }
}

static enum systole_status try_rows(struct trial *t, struct verdict *v, uint32_t *got)
{
    struct sy_engine host = {.ops = &sy_engine_cpu_ops, .precision = t->e->precision};
    uint32_t exact, through;
    enum systole_status status = run(t, &host, 0, t->start, &exact);
    for (int64_t j = 0; j < t->rows && !status; j++)
        status = run(t, t->e, j, t->start, &got[j]);
    if (!status)
        take(v, t, got, exact);
    /* The same sum through one tile without a product: wrong in the same way where the wrong is behind the last addition. */
    if (status || t->tiles > 1)
        return status;
    status = run(t, t->e, -1, exact, &through);
    v->wrong = v->wrong || through != exact;
    v->behind = v->behind && got[0] == through;
    return status;
}

static void tell(const struct verdict *v, struct systole_fault *f)
{
    f->place = SYSTOLE_FAULT_ELSEWHERE;
    if (!v->wrong)
        return;
    if (!v->differ && f->wrong_columns > 1)
        return;
    if (!v->differ) {
        f->place = v->behind ? SYSTOLE_FAULT_LEAVING : SYSTOLE_FAULT_ENTERING;
        f->row = v->behind ? f->rows - 1 : 0;
        return;
    }
    const bool *const kinds[] = {v->single, v->step};
    for (int k = 0; k < 2; k++)
        for (uint32_t r = 0; r < f->rows; r++)
            if (kinds[k][r]) {
                f->place = f->wrong_columns > 1 ? SYSTOLE_FAULT_ROW : SYSTOLE_FAULT_PE;
                f->row = r;
                return;
            }
}

enum systole_status sy_probe_row(struct sy_engine *e, struct systole_context *ctx, bool f32, struct systole_fault *f)
{
    const enum sy_precision precision = e->precision;
    const size_t rows = f->rows, k = rows * MOST_TILES;
    struct trial t = {.e = e, .ctx = ctx, .f32 = f32, .rows = f->rows, .columns = f->cols, .column = f->column};
    struct verdict v = {.behind = true};
    uint32_t *got = sy_alloc(rows, sizeof *got);
    uint64_t state = 1;
    t.factor_a = sy_alloc(k, 4);
    t.factor_b = sy_alloc(k, 4);
    t.sums = sy_alloc((size_t)f->cols, sizeof *t.sums);
    v.single = sy_alloc(rows, sizeof *v.single);
    v.step = sy_alloc(rows, sizeof *v.step);
    enum systole_status status = got && t.factor_a && t.factor_b && t.sums && v.single && v.step ? SYSTOLE_OK : sy_no_memory(ctx);
    if (!status) {
        memset(v.single, true, rows);
        memset(v.step, true, rows);
        e->precision = f32 ? SY_X1 : precision; /* one pass: one sum through the column for each tile */
    }
    for (int i = 0; i < TRIALS && !status; i++) {
        draw(&t, &state, i);
        status = try_rows(&t, &v, got);
    }
    e->precision = precision;
    if (!status)
        tell(&v, f);
    sy_free(got);
    sy_free(t.factor_a);
    sy_free(t.factor_b);
    sy_free(t.sums);
    sy_free(v.single);
    sy_free(v.step);
    return status;
}
