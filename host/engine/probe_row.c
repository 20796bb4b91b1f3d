/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which row of a column of the array is wrong. A sum goes through all rows of a tile, also through those that are left out, so cutting a chain
 * does not tell. Instead one product stands in each row in turn, with zeros in all others: the exact sum is the same wherever it stands.
 *
 * A PE that multiplies or adds wrongly is wrong when the product is its own (`single`). One whose sum is wrong has one result when the product is at it or
 * above, another when it is below (`step`). What is wrong before the first row or behind the last one does not depend on the row at all.
 * One that multiplies what is to be left out is right in all of these: it shows in tiles whose last rows are left out, up to its own row (`tail`).
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
    bool *column;        /* of the array: some sum in it was wrong */
    bool *tail;          /* by rows in use: the sum was wrong */
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

/* `k` steps of the factors as they are. */
static enum systole_status multiply(struct trial *t, struct sy_engine *e, int64_t k, uint32_t start, uint32_t *sum)
{
    for (int64_t i = 0; i < t->columns; i++)
        t->sums[i] = start;
    const struct sy_gemm g = {1, t->columns, k, t->f32, {t->factor_a, k, 1, false, 0}, {t->factor_b, 1, 0, false, 0}, t->sums, NULL};
    const enum systole_status status = e->ops->gemm(e, t->ctx, &g);
    *sum = t->sums[t->column];
    return status;
}

/* The trial's factors at one step, or at all of them. */
static void put_factors(struct trial *t, int64_t first, int64_t count)
{
    const size_t bytes = t->f32 ? 4 : 1;
    for (int64_t i = first; i < first + count; i++) {
        memcpy(t->factor_a + (size_t)i * bytes, &t->a, bytes);
        memcpy(t->factor_b + (size_t)i * bytes, &t->b, bytes);
    }
}

/* The product in row `row` of the last tile; -1: zeros everywhere. */
static enum systole_status run(struct trial *t, struct sy_engine *e, int64_t row, uint32_t start, uint32_t *sum)
{
    const size_t room = (size_t)(t->rows * MOST_TILES) * 4;
    memset(t->factor_a, 0, room);
    memset(t->factor_b, 0, room);
    if (row >= 0)
        put_factors(t, (t->tiles - 1) * t->rows + row, 1);
    return multiply(t, e, t->tiles * t->rows, start, sum);
}

static void mark_columns(struct verdict *v, const struct trial *t, uint32_t exact)
{
    for (int64_t i = 0; i < t->columns; i++)
        v->column[i] = v->column[i] || t->sums[i] != exact;
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
    for (int64_t j = 0; j < t->rows && !status; j++) {
        status = run(t, t->e, j, t->start, &got[j]);
        if (!status)
            mark_columns(v, t, exact);
    }
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

/* Two tiles, the last with some of its rows in use; what a full one left behind lies in the others. */
static enum systole_status try_tails(struct trial *t, struct verdict *v)
{
    struct sy_engine host = {.ops = &sy_engine_cpu_ops, .precision = t->e->precision};
    uint32_t got, exact;
    enum systole_status status = SYSTOLE_OK;
    for (int64_t used = 1; used < t->rows && !status; used++) {
        put_factors(t, 0, 2 * t->rows);
        status = multiply(t, t->e, 2 * t->rows, t->start, &got);
        if (!status)
            status = multiply(t, &host, t->rows + used, t->start, &exact);
        if (!status)
            status = multiply(t, t->e, t->rows + used, t->start, &got);
        if (status)
            return status;
        mark_columns(v, t, exact);
        v->tail[used] = v->tail[used] || got != exact;
    }
    return status;
}

/* Wrong with 1 to `row` rows in use, right with more: that row is not left out. 0: it is not so. */
static uint32_t row_of_tails(const struct verdict *v, uint32_t rows)
{
    uint32_t row = 0;
    while (row + 1 < rows && v->tail[row + 1])
        row++;
    for (uint32_t used = row + 1; used < rows; used++)
        if (v->tail[used])
            return 0;
    return row;
}

static void tell(const struct verdict *v, struct systole_fault *f)
{
    uint32_t columns = 0;
    for (uint32_t i = 0; i < f->cols; i++)
        columns += v->column[i];
    const enum systole_fault_place found = columns > 1 ? SYSTOLE_FAULT_ROW : SYSTOLE_FAULT_PE;
    f->place = SYSTOLE_FAULT_ELSEWHERE;
    if (!v->wrong) {
        f->row = row_of_tails(v, f->rows);
        f->place = f->row ? found : SYSTOLE_FAULT_ELSEWHERE;
        return;
    }
    if (!v->differ && columns > 1)
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
                f->place = found;
                f->row = r;
                return;
            }
}

static enum systole_status try_all(struct trial *t, struct verdict *v, uint32_t *got)
{
    uint64_t state = 1;
    enum systole_status status = SYSTOLE_OK;
    for (int i = 0; i < TRIALS && !status; i++) {
        draw(t, &state, i);
        status = try_rows(t, v, got);
    }
    if (!status && !v->wrong)
        status = try_tails(t, v);
    return status;
}

enum systole_status sy_probe_row(struct sy_engine *e, struct systole_context *ctx, bool f32, struct systole_fault *f)
{
    const enum sy_precision precision = e->precision;
    const size_t rows = f->rows, k = rows * MOST_TILES;
    struct trial t = {.e = e, .ctx = ctx, .f32 = f32, .rows = f->rows, .columns = f->cols, .column = f->column};
    struct verdict v = {.behind = true};
    uint32_t *got = sy_alloc(rows, sizeof *got);
    t.factor_a = sy_alloc(k, 4);
    t.factor_b = sy_alloc(k, 4);
    t.sums = sy_alloc((size_t)f->cols, sizeof *t.sums);
    v.single = sy_alloc(rows, sizeof *v.single);
    v.step = sy_alloc(rows, sizeof *v.step);
    v.column = sy_alloc((size_t)f->cols, sizeof *v.column);
    v.tail = sy_alloc(rows, sizeof *v.tail);
    const bool has_room = got && t.factor_a && t.factor_b && t.sums && v.single && v.step && v.column && v.tail;
    enum systole_status status = has_room ? SYSTOLE_OK : sy_no_memory(ctx);
    if (has_room) {
        memset(v.single, true, rows);
        memset(v.step, true, rows);
        e->precision = f32 ? SY_X1 : precision; /* one pass: one sum through the column for each tile */
        status = try_all(&t, &v, got);
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
    sy_free(v.column);
    sy_free(v.tail);
    return status;
}
