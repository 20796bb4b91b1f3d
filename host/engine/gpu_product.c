/* SPDX-License-Identifier: Apache-2.0 */
/* A product on a device of its own memory: panels are packed here, and go there; one launch runs every pass of a block of C. */
#include "host/core/alloc.h"
#include "host/engine/cpu_panels.h"
#include "host/engine/gpu.h"

#define MOST_GROUPS 65535               /* rows of groups that a launch may have */
#define MOST_PANELS ((int64_t)64 << 20) /* elements of A, and of B, at a time */

struct block {
    struct sy_panels p;
    struct sy_gpu *g;
    struct systole_context *ctx;
    enum sy_gpu_kind kind;
    struct sy_gpu_shape shape;
};

static enum systole_status put(const struct block *b, enum sy_gpu_buffer which, const void *from, size_t size)
{
    return b->g->ops->put(b->g, b->ctx, which, from, size);
}

static enum systole_status put_operands(const struct block *b)
{
    const struct sy_panels *p = &b->p;
    int32_t parts[2 * SY_MAX_PASSES] = {0};
    for (uint32_t i = 0; i < p->passes; i++) {
        parts[2 * i] = (int32_t)sy_panels_part(p, p->pass[i].conv_a);
        parts[2 * i + 1] = (int32_t)sy_panels_part(p, p->pass[i].conv_b);
    }
    enum systole_status status = put(b, SY_GPU_PARTS, parts, sizeof parts);
    if (!status)
        status = put(b, SY_GPU_A, p->a, (size_t)(p->rows * p->height * p->words) * p->parts * 4);
    if (!status)
        status = put(b, SY_GPU_B, p->b, (size_t)(p->columns * p->width * p->words) * p->parts * 4);
    if (!status && b->kind == SY_GPU_F32_MASKED)
        status = put(b, SY_GPU_MASKS, p->mask, (size_t)(p->columns * (p->words + 1)) * sizeof *p->mask);
    if (!status && b->kind == SY_GPU_I8)
        status = put(b, SY_GPU_ROW_ADD, p->row_add, (size_t)(p->rows * p->height) * 4);
    if (!status && b->kind == SY_GPU_I8)
        status = put(b, SY_GPU_COLUMN_ADD, p->column_add, (size_t)(p->columns * p->width) * 4);
    return status ? status : put(b, SY_GPU_C, NULL, (size_t)(p->rows * p->height * p->columns * p->width) * 4);
}

/* The rows and columns of C that the block has; on the device it has room for whole panels. */
static enum systole_status move_c(const struct block *b, bool to_device)
{
    const struct sy_panels *p = &b->p;
    const struct sy_fast *f = p->f;
    const int64_t row = p->row0 * p->height, column = p->column0 * p->width;
    const int64_t rows = f->m - row < p->rows * p->height ? f->m - row : p->rows * p->height;
    const int64_t columns = f->n - column < p->columns * p->width ? f->n - column : p->columns * p->width;
    const struct sy_gpu_rect r = {to_device, (size_t)columns * 4, (size_t)rows, (size_t)(p->columns * p->width) * 4, (size_t)f->stride * 4,
                                  (uint32_t *)f->c + row * f->stride + column};
    return b->g->ops->move(b->g, b->ctx, &r);
}

static enum systole_status run(const struct block *b)
{
    const struct sy_panels *p = &b->p;
    const struct sy_gpu_launch l = {.kind = b->kind, .shape = b->shape, .columns = p->columns, .rows = p->rows,
                                    .passes = (int32_t)p->passes, .steps = (int32_t)p->words, .stride = (int32_t)(p->columns * p->width)};
    enum systole_status status = put_operands(b);
    if (!status)
        status = move_c(b, true);
    if (!status)
        status = b->g->ops->launch(b->g, b->ctx, &l);
    return status ? status : move_c(b, false);
}

static void pack(void *user, int64_t i)
{
    const struct sy_panels *p = user;
    sy_panels_pack(p, i >= p->rows, i >= p->rows ? p->column0 + i - p->rows : p->row0 + i);
}

enum systole_status sy_gpu_product(struct sy_fast *f)
{
    struct sy_gpu *g = f->owner;
    struct block b = {.g = g, .ctx = f->ctx, .kind = f->f32 ? SY_GPU_F32 : SY_GPU_I8};
    struct sy_panels *p = &b.p;
    b.shape = sy_gpu_shape_of(g, b.kind);
    sy_panels_plan(p, f, f->f32 ? g->host.kernels : sy_kernels_bytes(), b.shape.high * b.shape.tall,
                   b.shape.across * b.shape.vectors * b.shape.wide);
    if (sy_panels_have_masks(p))
        b.kind = SY_GPU_F32_MASKED;
    const int64_t fit = (int64_t)(g->most / 4), room = fit < MOST_PANELS ? fit : MOST_PANELS;
    const int64_t all_rows = (f->m + p->height - 1) / p->height, all_columns = (f->n + p->width - 1) / p->width;
    int64_t high = sy_panels_fit(p, f->m, p->height, room), wide = sy_panels_fit(p, f->n, p->width, room);
    high = high < MOST_GROUPS ? high : MOST_GROUPS;
    while (high * p->height * wide * p->width > room && (high > 1 || wide > 1)) { /* C as well */
        high = (high + 1) / 2;
        wide = (wide + 1) / 2;
    }
    if (!sy_panels_memory(p, high, wide))
        return sy_no_memory(f->ctx);
    enum systole_status status = SYSTOLE_OK;
    for (p->row0 = 0; p->row0 < all_rows && !status; p->row0 += high) {
        p->rows = all_rows - p->row0 < high ? all_rows - p->row0 : high;
        for (p->column0 = 0; p->column0 < all_columns && !status; p->column0 += wide) {
            p->columns = all_columns - p->column0 < wide ? all_columns - p->column0 : wide;
            sy_pool_run(g->host.pool, p->rows + p->columns, pack, p);
            status = run(&b);
        }
    }
    for (int64_t r = 0; r < f->m && f->f32 && !status; r++)
        g->host.kernels->canonical((float *)f->c + r * f->stride, f->n);
    return status;
}
