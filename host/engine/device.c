/* SPDX-License-Identifier: Apache-2.0 */
/* The engine on a device: each product is planned, its operands put into the device's memory, run, and its result fetched. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <time.h>

#include "host/core/alloc.h"
#include "host/core/bits.h"
#include "host/engine/backend.h"
#include "host/plan/conv.h"

enum { WIN_PROGRAM, WIN_A, WIN_B, WIN_START, WIN_C, WINDOWS };

struct job {
    struct sy_engine *e;
    struct systole_context *ctx;
    struct sy_caps caps;
    struct systole_buffer *buffer[WINDOWS];
    void *host[WINDOWS];
    struct sy_program *program;
};

static enum systole_status driver_failed(struct job *j, enum systole_status status)
{
    return sy_fail(j->ctx, status, "%s: %s", systole_device_name(j->e->dev), systole_device_message(j->e->dev));
}

struct sy_caps sy_engine_caps(const struct sy_engine *e)
{
    const struct systole_caps *c = systole_device_caps(e->dev);
    struct sy_caps caps;
#define SYSTOLE_CAP(name, index, doc) caps.word[index] = c->name;
#include "spec/caps.def"
#undef SYSTOLE_CAP
    struct sy_memory memory;
    const bool is_known = systole_device_memory(e->dev, &memory.latency, &memory.outstanding) == SYSTOLE_OK;
    caps.memory = is_known ? memory : (struct sy_memory){0, 0};
    return caps;
}

static enum systole_status begin(struct job *j, struct sy_engine *e, struct systole_context *ctx, bool f32)
{
    *j = (struct job){.e = e, .ctx = ctx};
    if (f32 && !systole_device_caps(e->dev)->HAS_FP)
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "%s has no floating point", systole_device_name(e->dev));
    *j = (struct job){.e = e, .ctx = ctx, .caps = sy_engine_caps(e)};
    e->windows = NULL; /* they are the job's now */
    j->program = sy_program_new(&j->caps);
    for (uint32_t i = WIN_A; j->program && i <= WIN_START; i++)
        sy_program_constant(j->program, i);
    return j->program ? SYSTOLE_OK : sy_no_memory(ctx);
}

static void end(struct job *j)
{
    for (int i = 0; i < WINDOWS; i++)
        systole_buffer_free(j->buffer[i]);
    sy_program_free(j->program);
}

/* A window of `size` bytes; its memory is host[window] until the run. */
static enum systole_status window(struct job *j, int which, uint64_t size)
{
    enum systole_status status = systole_buffer_alloc(j->e->dev, size ? size : 1, &j->buffer[which]);
    if (!status)
        status = systole_buffer_map(j->buffer[which], &j->host[which]);
    if (!status)
        status = systole_device_set_window(j->e->dev, (uint32_t)which, j->buffer[which], 0, size ? size : 1);
    return status ? driver_failed(j, status) : SYSTOLE_OK;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void count(struct sy_engine *e)
{
    struct systole_counters counters;
    e->totals.launches++;
    if (systole_device_counters(e->dev, &counters))
        return;
    struct sy_engine_totals *t = &e->totals;
    for (int i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        t->counter[i] += counters.value[i];
    t->cycles += counters.value[SYSTOLE_CNT_CYCLES];
    t->busy += counters.value[SYSTOLE_CNT_ARRAY_BUSY];
    t->read_bytes += counters.value[SYSTOLE_CNT_READ_BYTES];
    t->write_bytes += counters.value[SYSTOLE_CNT_WRITE_BYTES];
    sy_record_take(e->record, e->dev, counters.value[SYSTOLE_CNT_CYCLES]);
}

/* A bit that has changed stays in words of which a program writes but a part, and would end the next run too: it goes before that. */
static void mend(struct sy_engine *e)
{
    struct systole_device_status s;
    if (systole_device_status(e->dev, &s) || s.code != SYSTOLE_ERR_PARITY || systole_device_clear(e->dev))
        return;
    e->windows = NULL; /* clearing closed them */
}

enum systole_status sy_engine_launch(struct sy_engine *e)
{
    const double begin = now();
    enum systole_status status = systole_device_start(e->dev);
    if (!status)
        status = systole_device_wait(e->dev, SYSTOLE_FOREVER);
    e->totals.waited += now() - begin;
    if (!status)
        count(e);
    if (status == SYSTOLE_DEVICE_ERROR)
        mend(e);
    return status;
}

static enum systole_status run(struct job *j, enum sy_planned planned, const char *what)
{
    if (planned != SY_PLANNED)
        return sy_fail(j->ctx, SYSTOLE_UNSUPPORTED, "%s does not fit %s", what, systole_device_name(j->e->dev));
    if (!sy_program_finish(j->program))
        return sy_no_memory(j->ctx);
    const uint64_t size = (uint64_t)sy_program_count(j->program) * SYSTOLE_INSN_BYTES;
    enum systole_status status = window(j, WIN_PROGRAM, size);
    if (status)
        return status;
    memcpy(j->host[WIN_PROGRAM], sy_program_words(j->program), size);
    for (int i = 0; i < WINDOWS && !status; i++)
        if (j->buffer[i])
            status = systole_buffer_sync(j->buffer[i], SYSTOLE_TO_DEVICE, 0, systole_buffer_size(j->buffer[i]));
    if (!status)
        status = sy_engine_launch(j->e);
    if (!status)
        status = systole_buffer_sync(j->buffer[WIN_C], SYSTOLE_FROM_DEVICE, 0, systole_buffer_size(j->buffer[WIN_C]));
    return status ? driver_failed(j, status) : SYSTOLE_OK;
}

/* ---- products ---- */

/* Bytes of an operand's element here and in the device's memory: of one pass nothing but the high parts is wanted. */
struct element {
    uint32_t here, there;
};

static struct element element_of(const struct sy_engine *e, bool f32)
{
    return f32 ? (struct element){4, e->precision == SY_X1 ? 2 : 4} : (struct element){1, 1};
}

/* `count` elements, `step` of them apart. */
static void put_elements(char *to, const char *from, int64_t count, int64_t step, struct element size)
{
    if (size.here != size.there) {
        for (int64_t i = 0; i < count; i++)
            ((uint16_t *)(void *)to)[i] = sy_high_part(((const uint32_t *)(const void *)from)[i * step]);
    } else if (step == 1) {
        memcpy(to, from, (size_t)count * size.here);
    } else {
        for (int64_t i = 0; i < count; i++)
            memcpy(to + i * size.there, from + i * step * size.here, size.here);
    }
}

/* Copies the matrix densely, row by row, or column by column when those are what is contiguous. */
static struct sy_operand put_matrix(struct job *j, int which, const struct sy_factor *f, int64_t at, int64_t rows, int64_t cols,
                                    struct element size, uint64_t offset)
{
    const bool trans = f->column != 1 && f->row == 1;
    const int64_t outer = trans ? cols : rows, inner = trans ? rows : cols;
    const int64_t outer_step = trans ? f->column : f->row, inner_step = trans ? f->row : f->column;
    const uint64_t stride = (uint64_t)inner * size.there;
    for (int64_t i = 0; i < outer; i++)
        put_elements((char *)j->host[which] + offset + (uint64_t)i * stride, (const char *)f->data + (at + i * outer_step) * size.here, inner,
                     inner_step, size);
    return (struct sy_operand){.window = (uint32_t)which, .offset = offset, .stride = stride, .trans = trans, .element = size.there};
}

static uint32_t passes_of(const struct sy_engine *e, bool f32, struct sy_pass pass[SY_MAX_PASSES])
{
    if (f32 && e->precision != SY_X1)
        return sy_product_split((uint32_t)e->precision, pass);
    pass[0].conv_a = pass[0].conv_b = f32 ? SYSTOLE_CONV_COPY16 : SYSTOLE_CONV_COPY8;
    return 1;
}

static void result_type(uint32_t *post, bool f32)
{
    SYSTOLE_PUT(post, STORE, src_fp, f32);
    SYSTOLE_PUT(post, STORE, out, f32 ? SYSTOLE_OUT_F32 : SYSTOLE_OUT_RAW32);
}

/* Bytes of a product's operands and result, each to whole beats of the widest bus. */
struct sizes {
    uint64_t a, b, c;
};

static uint64_t padded(int64_t elements, uint32_t element)
{
    return ((uint64_t)elements * element + 63) / 64 * 64;
}

/* All products of a batch one after the other; the halves of the pads alternate from one to the next. */
static enum sy_planned plan_products(struct job *j, const struct sy_gemm *g, const struct sizes *size)
{
    const struct element element = element_of(j->e, g->f32);
    const int64_t count = g->batch ? g->batch->count : 1;
    struct sy_product p = {.m = (uint32_t)g->m, .n = (uint32_t)g->n, .k = (uint32_t)g->k, .bf16 = g->f32,
                           .start = g->batch ? SY_START_ZERO : SY_START_C};
    p.passes = passes_of(j->e, g->f32, p.pass);
    p.start_at = (struct sy_operand){.window = WIN_START, .stride = (uint64_t)g->n * 4, .element = 4};
    p.a_unsigned = g->a.is_unsigned;
    p.b_unsigned = g->b.is_unsigned;
    p.a_zp = (uint32_t)g->a.zero & 0xff;
    p.b_zp = (uint32_t)g->b.zero & 0xff;
    result_type(p.post, g->f32);
    enum sy_planned planned = SY_PLANNED;
    for (int64_t i = 0; i < count && planned == SY_PLANNED; i++) {
        p.a = put_matrix(j, WIN_A, &g->a, g->batch ? g->batch->a_at[i] : 0, g->m, g->k, element, (uint64_t)i * size->a);
        p.b = put_matrix(j, WIN_B, &g->b, g->batch ? g->batch->b_at[i] : 0, g->k, g->n, element, (uint64_t)i * size->b);
        p.c = (struct sy_operand){.window = WIN_C, .offset = (uint64_t)i * size->c, .stride = (uint64_t)g->n * 4, .element = 4};
        if (i == 0 && !sy_product_blocks(&p, &j->caps, &p.blocks))
            return SY_PLAN_TOO_LARGE;
        planned = sy_plan_product(j->program, &j->caps, &p);
    }
    return planned;
}

/* More bytes than a host's memory should be asked for at once: such products are run one by one. */
#define BATCH_BYTES (UINT64_C(1) << 30)

static enum systole_status device_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    struct job j;
    const uint32_t element = element_of(e, g->f32).there;
    const uint64_t count = g->batch ? (uint64_t)g->batch->count : 1;
    if (!sy_engine_fits(g->m, g->n, g->k))
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "a product of %lld x %lld x %lld is too large", (long long)g->m, (long long)g->n,
                       (long long)g->k);
    const struct sizes size = {padded(g->m * g->k, element), padded(g->k * g->n, element), padded(g->m * g->n, 4)};
    if (g->batch && count > BATCH_BYTES / (size.a + size.b + size.c))
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "%llu products at once are too large", (unsigned long long)count);
    enum systole_status status = begin(&j, e, ctx, g->f32);
    const size_t c_size = (size_t)(g->m * g->n) * 4;
    if (!status)
        status = window(&j, WIN_A, count * size.a);
    if (!status)
        status = window(&j, WIN_B, count * size.b);
    if (!status && !g->batch)
        status = window(&j, WIN_START, c_size);
    if (!status)
        status = window(&j, WIN_C, count * size.c);
    if (status)
        goto out;
    if (!g->batch)
        memcpy(j.host[WIN_START], g->c, c_size);
    status = run(&j, plan_products(&j, g, &size), "the product");
    for (uint64_t i = 0; i < count && !status; i++)
        memcpy((char *)g->c + i * c_size, (const char *)j.host[WIN_C] + i * size.c, c_size);
out:
    end(&j);
    return status;
}

/* ---- convolutions ---- */

/* Pixels with their channels together, from planes; or back. */
static void to_pixels(const void *planes, void *pixels, int64_t batch, int64_t channels, int64_t area, struct element size)
{
    for (int64_t b = 0; b < batch; b++)
        for (int64_t i = 0; i < area; i++)
            put_elements((char *)pixels + (b * area + i) * channels * size.there, (const char *)planes + (b * channels * area + i) * size.here,
                         channels, area, size);
}

static void to_planes(const void *pixels, void *planes, int64_t batch, int64_t channels, int64_t area)
{
    uint32_t *to = planes;
    for (int64_t b = 0; b < batch; b++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t i = 0; i < area; i++)
                *to++ = ((const uint32_t *)pixels)[(b * area + i) * channels + c];
}

static struct sy_convolution describe(const struct sy_engine *e, const struct sy_conv_job *j)
{
    struct sy_convolution d = sy_engine_describe(j->v, j->f32, e->precision);
    d.a_unsigned = j->x.is_unsigned;
    d.b_unsigned = j->w.is_unsigned;
    d.a_zp = d.pad_value = (uint32_t)j->x.zero & 0xff;
    d.b_zp = (uint32_t)j->w.zero & 0xff;
    d.in.window = WIN_A;
    d.out.window = WIN_C;
    d.weights.window = WIN_B;
    d.has_bias = j->bias != NULL;
    d.bias.window = WIN_START;
    d.has_start = j->from_y;
    d.start = d.out;
    d.start.window = WIN_START;
    result_type(d.post, j->f32);
    if (j->f32 && e->precision == SY_X1)
        sy_engine_as_halves(&d, true);
    return d;
}

static enum systole_status device_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *job)
{
    const struct sy_conv2d *v = job->v;
    const int64_t in_channels = v->groups * v->c, out_channels = v->groups * v->m;
    struct job j;
    struct sy_conv_layout layout;
    const struct sy_convolution d = describe(e, job);
    if (!sy_engine_fits_conv(v))
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "a convolution of %lld x %lld x %lld with %lld channels is too large",
                       (long long)v->h, (long long)v->w, (long long)in_channels, (long long)out_channels);
    enum systole_status status = begin(&j, e, ctx, job->f32);
    if (!status && sy_conv_cut(&d, &j.caps, &layout) != SY_PLANNED)
        status = run(&j, SY_PLAN_TOO_LARGE, "one pixel's input of the convolution");
    if (!status)
        status = window(&j, WIN_A, d.in.image * d.batch);
    if (!status)
        status = window(&j, WIN_B, layout.packed * d.weights.element);
    if (!status)
        status = window(&j, WIN_START, job->from_y ? d.start.image * d.batch : (uint64_t)out_channels * 4);
    if (!status)
        status = window(&j, WIN_C, d.out.image * d.batch);
    if (status)
        goto out;
    to_pixels(job->x.data, j.host[WIN_A], v->batch, in_channels, v->h * v->w, element_of(e, job->f32));
    const struct sy_weight_strides dense = sy_conv_dense_weights(&d);
    sy_conv_pack(&d, &j.caps, &layout, job->w.data, element_of(e, job->f32).here, &dense, j.host[WIN_B]);
    if (job->from_y)
        to_pixels(job->y, j.host[WIN_START], v->batch, out_channels, v->p * v->q, (struct element){4, 4});
    if (job->bias)
        memcpy(j.host[WIN_START], job->bias, (size_t)out_channels * 4);
    status = run(&j, sy_plan_conv(j.program, &j.caps, &d, &layout), "the convolution");
    if (!status)
        to_planes(j.host[WIN_C], job->y, v->batch, out_channels, v->p * v->q);
out:
    end(&j);
    return status;
}

const struct sy_engine_ops sy_engine_device_ops = {.gemm = device_gemm, .batches = true, .conv = device_conv};
