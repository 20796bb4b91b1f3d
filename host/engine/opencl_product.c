/* SPDX-License-Identifier: Apache-2.0 */
/* A product on an OpenCL device: panels are packed here, and go there; one launch runs every pass of a block of C. */
#include "host/core/alloc.h"
#include "host/engine/cpu_panels.h"
#include "host/engine/opencl.h"

#define MOST_PANELS ((int64_t)64 << 20) /* elements of A, and of B, at a time */

static enum systole_status put(struct sy_opencl *o, struct systole_context *ctx, enum sy_cl_buffer which, const void *from, size_t size)
{
    cl_int error = CL_SUCCESS;
    if (o->size[which] < size) {
        if (o->buffer[which])
            o->api.clReleaseMemObject(o->buffer[which]);
        o->size[which] = 0;
        o->buffer[which] = o->api.clCreateBuffer(o->context, CL_MEM_READ_WRITE, size, NULL, &error);
        if (!o->buffer[which])
            return sy_cl_failed(o, ctx, "clCreateBuffer", error);
        o->size[which] = size;
    }
    if (from)
        error = o->api.clEnqueueWriteBuffer(o->queue, o->buffer[which], CL_FALSE, 0, size, from, 0, NULL, NULL);
    return error == CL_SUCCESS ? SYSTOLE_OK : sy_cl_failed(o, ctx, "clEnqueueWriteBuffer", error);
}

struct block {
    struct sy_panels p;
    struct sy_opencl *o;
    struct systole_context *ctx;
    enum sy_cl_kind kind;
    struct sy_cl_shape shape;
};

/* The rows and columns of C that the block has; on the device it has room for whole panels. */
static cl_int move_c(const struct block *b, bool to_device)
{
    const struct sy_panels *p = &b->p;
    const struct sy_fast *f = p->f;
    const int64_t row = p->row0 * p->height, column = p->column0 * p->width;
    const int64_t rows = f->m - row < p->rows * p->height ? f->m - row : p->rows * p->height;
    const int64_t columns = f->n - column < p->columns * p->width ? f->n - column : p->columns * p->width;
    const size_t zero[3] = {0}, region[3] = {(size_t)columns * 4, (size_t)rows, 1};
    const size_t device_row = (size_t)(p->columns * p->width) * 4, host_row = (size_t)f->stride * 4;
    void *at = (uint32_t *)f->c + row * f->stride + column;
    cl_mem c = b->o->buffer[SY_CL_C];
    if (to_device)
        return b->o->api.clEnqueueWriteBufferRect(b->o->queue, c, CL_FALSE, zero, zero, region, device_row, 0, host_row, 0, at, 0, NULL, NULL);
    return b->o->api.clEnqueueReadBufferRect(b->o->queue, c, CL_TRUE, zero, zero, region, device_row, 0, host_row, 0, at, 0, NULL, NULL);
}

static cl_int set_arguments(const struct block *b, cl_kernel kernel)
{
    static const enum sy_cl_buffer order[] = {SY_CL_A, SY_CL_B, SY_CL_C, SY_CL_MASKS, SY_CL_ROW_ADD, SY_CL_COLUMN_ADD, SY_CL_PARTS};
    enum { BUFFERS = sizeof order / sizeof *order };
    const cl_int numbers[] = {(cl_int)b->p.passes, (cl_int)b->p.words, (cl_int)(b->p.columns * b->p.width)};
    cl_int error = CL_SUCCESS;
    for (cl_uint i = 0; i < BUFFERS && error == CL_SUCCESS; i++) {
        const cl_mem buffer = b->o->buffer[order[i]] ? b->o->buffer[order[i]] : b->o->buffer[SY_CL_PARTS]; /* one that is not read */
        error = b->o->api.clSetKernelArg(kernel, i, sizeof buffer, &buffer);
    }
    for (cl_uint i = 0; i < sizeof numbers / sizeof *numbers && error == CL_SUCCESS; i++)
        error = b->o->api.clSetKernelArg(kernel, BUFFERS + i, sizeof numbers[i], &numbers[i]);
    return error;
}

static enum systole_status put_operands(const struct block *b)
{
    const struct sy_panels *p = &b->p;
    cl_int parts[2 * SY_MAX_PASSES];
    for (uint32_t i = 0; i < p->passes; i++) {
        parts[2 * i] = (cl_int)sy_panels_part(p, p->pass[i].conv_a);
        parts[2 * i + 1] = (cl_int)sy_panels_part(p, p->pass[i].conv_b);
    }
    enum systole_status status = put(b->o, b->ctx, SY_CL_PARTS, parts, sizeof parts);
    if (!status)
        status = put(b->o, b->ctx, SY_CL_A, p->a, (size_t)(p->rows * p->height * p->words) * p->parts * 4);
    if (!status)
        status = put(b->o, b->ctx, SY_CL_B, p->b, (size_t)(p->columns * p->width * p->words) * p->parts * 4);
    if (!status && b->kind == SY_CL_F32_MASKED)
        status = put(b->o, b->ctx, SY_CL_MASKS, p->mask, (size_t)(p->columns * (p->words + 1)) * sizeof *p->mask);
    if (!status && b->kind == SY_CL_I8)
        status = put(b->o, b->ctx, SY_CL_ROW_ADD, p->row_add, (size_t)(p->rows * p->height) * 4);
    if (!status && b->kind == SY_CL_I8)
        status = put(b->o, b->ctx, SY_CL_COLUMN_ADD, p->column_add, (size_t)(p->columns * p->width) * 4);
    if (!status)
        status = put(b->o, b->ctx, SY_CL_C, NULL, (size_t)(p->rows * p->height * p->columns * p->width) * 4);
    /* What was put is read from here until it has arrived. */
    const cl_int error = b->o->api.clFinish(b->o->queue);
    return status || error == CL_SUCCESS ? status : sy_cl_failed(b->o, b->ctx, "clFinish", error);
}

static enum systole_status launch(const struct block *b)
{
    const struct sy_panels *p = &b->p;
    const size_t local[2] = {(size_t)b->shape.across, (size_t)b->shape.high};
    const size_t global[2] = {(size_t)p->columns * local[0], (size_t)p->rows * local[1]};
    cl_kernel kernel;
    enum systole_status status = sy_cl_kernel(b->o, b->ctx, b->kind, &kernel);
    if (!status)
        status = put_operands(b);
    if (status)
        return status;
    cl_int error = move_c(b, true);
    if (error == CL_SUCCESS)
        error = set_arguments(b, kernel);
    if (error == CL_SUCCESS)
        error = b->o->api.clEnqueueNDRangeKernel(b->o->queue, kernel, 2, NULL, global, local, 0, NULL, NULL);
    if (error == CL_SUCCESS)
        error = move_c(b, false);
    return error == CL_SUCCESS ? SYSTOLE_OK : sy_cl_failed(b->o, b->ctx, "the product", error);
}

static void pack(void *user, int64_t i)
{
    const struct sy_panels *p = user;
    sy_panels_pack(p, i >= p->rows, i >= p->rows ? p->column0 + i - p->rows : p->row0 + i);
}

enum systole_status sy_cl_product(struct sy_fast *f)
{
    struct sy_opencl *o = f->owner;
    struct block b = {.o = o, .ctx = f->ctx, .kind = f->f32 ? SY_CL_F32 : SY_CL_I8};
    struct sy_panels *p = &b.p;
    b.shape = sy_cl_shape_of(o, b.kind);
    sy_panels_plan(p, f, f->f32 ? o->host.kernels : sy_kernels_bytes(), b.shape.high * b.shape.tall,
                   b.shape.across * b.shape.vectors * b.shape.wide);
    if (sy_panels_have_masks(p))
        b.kind = SY_CL_F32_MASKED;
    const int64_t fit = (int64_t)(o->most / 4), room = fit < MOST_PANELS ? fit : MOST_PANELS;
    const int64_t all_rows = (f->m + p->height - 1) / p->height, all_columns = (f->n + p->width - 1) / p->width;
    int64_t high = sy_panels_fit(p, f->m, p->height, room), wide = sy_panels_fit(p, f->n, p->width, room);
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
            sy_pool_run(o->host.pool, p->rows + p->columns, pack, p);
            status = launch(&b);
        }
    }
    for (int64_t r = 0; r < f->m && f->f32 && !status; r++)
        o->host.kernels->canonical((float *)f->c + r * f->stride, f->n);
    return status;
}
