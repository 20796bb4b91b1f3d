/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/engine.h"

#include <stdio.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/backend.h"
#include "host/engine/gpu.h"
#include "host/engine/probe.h"
#include "host/engine/reference.h"

/* What multiplies without the driver, by the first word of its name. */
static const struct {
    const char *name; /* alone, or before options or a number */
    enum systole_status (*open)(struct sy_engine *e, struct systole_context *ctx, const char *options);
    const char *purpose;
    bool numbered; /* there may be several: the name goes on with a colon and a number */
} kinds[] = {
    {"cpu", sy_engine_open_cpu, "the reference, on the host", false},
    {"opencl", sy_engine_open_opencl, "the same bits on an OpenCL device", true},
    {"cuda", sy_engine_open_cuda, "the same bits on an NVIDIA device", true},
    {"cublas", sy_engine_open_cublas, "NVIDIA's products, in another order of sums", true},
    {"openblas", sy_engine_open_openblas, "another's products, in another order of sums", false},
    {"onednn", sy_engine_open_onednn, "another's products, in another order of sums", false},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* KINDS where it is a device of the driver. */
static size_t kind_of(const char *device)
{
    size_t i = 0;
    while (i < KINDS && (strncmp(device, kinds[i].name, strlen(kinds[i].name)) != 0 ||
                         !strchr(",:", device[strlen(kinds[i].name)])))
        i++;
    return i;
}

const char *sy_engine_name(size_t index)
{
    return index < KINDS ? kinds[index].name : systole_backend_name(index - KINDS);
}

bool sy_engine_has_number(size_t index)
{
    return index >= KINDS || kinds[index].numbered;
}

/* One kind, opened to see whether it is here; those with a number until there is none of it. */
static void tell_kind(size_t kind, sy_engine_found_fn *each, void *user)
{
    struct systole_context ctx = {0};
    const bool numbered = kinds[kind].numbered;
    enum { MOST = 64 };
    for (int i = 0; i < (numbered ? MOST : 1); i++) {
        char name[64];
        struct sy_engine e = {0};
        if (numbered)
            snprintf(name, sizeof name, "%s:%d", kinds[kind].name, i);
        else
            snprintf(name, sizeof name, "%s", kinds[kind].name);
        const bool here = !kinds[kind].open(&e, &ctx, name + strlen(kinds[kind].name));
        if (here || i == 0)
            each(user, kinds[kind].name, kinds[kind].purpose, here ? name : NULL, here ? "" : ctx.detail);
        if (!here)
            return;
        e.ops->close(&e);
    }
}

void sy_engine_kinds(sy_engine_found_fn *each, void *user)
{
    for (size_t i = 0; i < KINDS; i++)
        tell_kind(i, each, user);
}

/* Takes the option "precision" out of a device's name. */
static enum systole_status take_precision(struct systole_context *ctx, const char *device, char *rest, size_t room,
                                          enum sy_precision *precision)
{
    static const struct {
        const char *name;
        enum sy_precision value;
    } known[] = {{"x6", SY_X6}, {"x3", SY_X3}, {"x1", SY_X1}, {"f32", SY_F32}};
    const char *option = strstr(device, ",precision=");
    *precision = SY_X6;
    if (strlen(device) >= room)
        return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "a device's name of %zu characters", strlen(device));
    strcpy(rest, device);
    if (!option)
        return SYSTOLE_OK;
    const char *value = option + strlen(",precision=");
    const size_t length = strcspn(value, ",");
    memmove(rest + (option - device), value + length, strlen(value + length) + 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == length && memcmp(known[i].name, value, length) == 0) {
            *precision = known[i].value;
            if (*precision == SY_F32 && kind_of(rest) == KINDS)
                return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "'%s': precision f32 is for the cpu; the array has x6, x3 and x1", device);
            return SYSTOLE_OK;
        }
    return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "'%s': precision is x6, x3, x1, or f32 on the cpu", device);
}

enum systole_status sy_engine_open(struct systole_context *ctx, const char *whole, struct sy_engine **out)
{
    char device[512];
    enum sy_precision precision;
    enum systole_status bad = sy_engine_check_name(ctx, whole);
    if (!bad)
        bad = take_precision(ctx, whole, device, sizeof device, &precision);
    if (bad)
        return bad;
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct sy_engine *e = sy_alloc(1, sizeof *e);
    if (!e)
        return sy_no_memory(ctx);
    const size_t kind = kind_of(device);
    e->precision = precision;
    e->precision_given = strcmp(device, whole) != 0;
    if (kind < KINDS) {
        const enum systole_status status = kinds[kind].open(e, ctx, device + strlen(kinds[kind].name));
        if (status) {
            sy_free(e);
            return status;
        }
    } else {
        const enum systole_status status = systole_device_open(device, &options, &e->dev);
        if (status) {
            sy_free(e);
            return sy_fail(ctx, status, "%s", message);
        }
        e->ops = &sy_engine_device_ops;
        e->totals.rows = systole_device_caps(e->dev)->ROWS;
        e->totals.cols = systole_device_caps(e->dev)->COLS;
    }
    *out = e;
    return SYSTOLE_OK;
}

enum systole_status sy_engine_retime(struct sy_engine *e, struct systole_context *ctx, const char *whole)
{
    char device[512];
    enum sy_precision precision;
    enum systole_status status = take_precision(ctx, whole, device, sizeof device, &precision);
    if (status)
        return status;
    if (!e->dev || precision != e->precision)
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "'%s': only the memory of a simulated device may be another one", whole);
    char before[512];
    snprintf(before, sizeof before, "%s", systole_device_name(e->dev));
    const struct sy_caps planned = sy_engine_caps(e);
    status = systole_device_retime(e->dev, device);
    if (status)
        return sy_fail(ctx, status, "%s", systole_device_message(e->dev));
    const struct sy_caps now = sy_engine_caps(e);
    if (memcmp(&planned.memory, &now.memory, sizeof now.memory) == 0)
        return SYSTOLE_OK;
    status = systole_device_retime(e->dev, before);
    return sy_fail(ctx, status ? status : SYSTOLE_UNSUPPORTED, "'%s': latency and bursts under way are what programs are chosen by", whole);
}

void sy_engine_close(struct sy_engine *e)
{
    if (!e)
        return;
    if (e->ops->close)
        e->ops->close(e);
    systole_device_close(e->dev);
    sy_free(e);
}

struct sy_engine_totals sy_engine_totals(const struct sy_engine *e)
{
    return e->totals;
}

bool sy_engine_is_device(const struct sy_engine *e)
{
    return e->dev != NULL;
}

static enum systole_status dry_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    (void)e;
    (void)ctx;
    (void)g;
    return SYSTOLE_OK;
}

static enum systole_status dry_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j)
{
    (void)e;
    (void)ctx;
    (void)j;
    return SYSTOLE_OK;
}

struct sy_engine *sy_engine_dry(void)
{
    static const struct sy_engine_ops ops = {.gemm = dry_gemm, .conv = dry_conv};
    static _Thread_local struct sy_engine dry;
    dry = (struct sy_engine){.ops = &ops, .precision = SY_F32};
    return &dry;
}

struct sy_engine *sy_engine_plain(void)
{
    static _Thread_local struct sy_engine e;
    e = (struct sy_engine){.ops = &sy_engine_cpu_ops, .precision = SY_F32};
    return &e;
}

void sy_engine_on_host(struct sy_engine *e)
{
    if (e)
        e->totals.on_host++;
}

/* Operands as they are, on the host: for those that cannot be split. */
static struct sy_engine plain = {.precision = SY_F32};

/* An exponent of all ones, among `count` elements. */
static inline __attribute__((always_inline)) bool is_special(const float *v, int64_t step, int64_t count)
{
    uint32_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        uint32_t u;
        memcpy(&u, &v[i * step], sizeof u);
        found |= (u & 0x7f800000u) == 0x7f800000u;
    }
    return found;
}

static bool has_special(const struct sy_factor *f, int64_t rows, int64_t cols)
{
    const bool along = f->row == 1 && f->column != 1; /* columns are what lies together */
    const int64_t outer = along ? cols : rows, inner = along ? rows : cols;
    const int64_t outer_step = along ? f->column : f->row, inner_step = along ? f->row : f->column;
    for (int64_t i = 0; i < outer; i++) {
        const float *v = (const float *)f->data + i * outer_step;
        if (inner_step == 1 ? is_special(v, 1, inner) : is_special(v, inner_step, inner))
            return true;
    }
    return false;
}

static struct sy_factor moved(const struct sy_factor *f, bool f32, int64_t elements)
{
    struct sy_factor at = *f;
    at.data = (const char *)f->data + elements * (f32 ? 4 : 1);
    return at;
}

static bool any_special(const struct sy_gemm *g)
{
    bool found = false;
    for (int64_t i = 0; i < (g->batch ? g->batch->count : 1) && !found; i++) {
        const struct sy_factor a = moved(&g->a, g->f32, g->batch ? g->batch->a_at[i] : 0);
        const struct sy_factor b = moved(&g->b, g->f32, g->batch ? g->batch->b_at[i] : 0);
        found = has_special(&a, g->m, g->k) || has_special(&b, g->k, g->n);
    }
    return found;
}

static enum systole_status gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g);

static enum systole_status one_by_one(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    const size_t bytes = (size_t)(g->m * g->n) * 4;
    enum systole_status status = SYSTOLE_OK;
    for (int64_t i = 0; i < g->batch->count && !status; i++) {
        struct sy_gemm one = *g;
        one.batch = NULL;
        one.a = moved(&g->a, g->f32, g->batch->a_at[i]);
        one.b = moved(&g->b, g->f32, g->batch->b_at[i]);
        one.c = (char *)g->c + (size_t)i * bytes;
        memset(one.c, 0, bytes);
        status = gemm(e, ctx, &one);
    }
    return status;
}

static enum systole_status gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    const uint64_t products = g->batch ? (uint64_t)g->batch->count : 1;
    if (g->m == 0 || g->n == 0 || products == 0)
        return SYSTOLE_OK;
    if (g->k == 0 || (g->batch && (e->probe || !e->ops->batches)))
        return g->batch ? one_by_one(e, ctx, g) : SYSTOLE_OK;
    const bool special = g->f32 && e->precision != SY_F32 && any_special(g);
    if (special && g->batch)
        return one_by_one(e, ctx, g); /* each where it belongs */
    e->totals.special += special;
    const enum systole_status status = special    ? sy_engine_cpu_ops.gemm(&plain, ctx, g)
                                       : e->probe ? sy_probe_gemm(e, ctx, g)
                                                  : e->ops->gemm(e, ctx, g);
    if (status == SYSTOLE_UNSUPPORTED && g->batch) {
        sy_clear(ctx);
        return one_by_one(e, ctx, g);
    }
    if (!status) {
        e->totals.runs += products;
        e->totals.macs += products * (uint64_t)g->m * (uint64_t)g->n * (uint64_t)g->k;
    }
    return status;
}

static enum systole_status conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j)
{
    const struct sy_conv2d *v = j->v;
    if (v->batch == 0 || v->p == 0 || v->q == 0 || v->groups == 0 || v->m == 0)
        return SYSTOLE_OK;
    const struct sy_factor x = {.data = j->x.data, .column = 1}, w = {.data = j->w.data, .column = 1};
    const bool special = j->f32 && e->precision != SY_F32 &&
                         (has_special(&x, 1, v->batch * v->groups * v->c * v->h * v->w) ||
                          has_special(&w, 1, v->groups * v->m * v->c * v->kh * v->kw));
    e->totals.special += special;
    const enum systole_status status = special    ? sy_engine_cpu_ops.conv(&plain, ctx, j)
                                       : e->probe ? sy_probe_conv(e, ctx, j)
                                                  : e->ops->conv(e, ctx, j);
    if (!status) {
        e->totals.runs++;
        e->totals.macs += (uint64_t)(v->batch * v->p * v->q) * (uint64_t)(v->groups * v->m) * (uint64_t)(v->c * v->kh * v->kw);
    }
    return status;
}

/* The engine whose place the host takes: its precision, on the CPU. */
static struct sy_engine stand_in(const struct sy_engine *e)
{
    return (struct sy_engine){.ops = &sy_engine_cpu_ops, .precision = e->precision};
}

enum systole_status sy_engine_host_matmul_f32(const struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                              struct sy_factor a, struct sy_factor b, float *c)
{
    struct sy_engine host = stand_in(e);
    return gemm(&host, ctx, &(struct sy_gemm){m, n, k, true, a, b, c, NULL});
}

enum systole_status sy_engine_host_conv_f32(const struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                            const float *x, const float *w, const float *bias, float *y)
{
    struct sy_engine host = stand_in(e);
    return conv(&host, ctx, &(struct sy_conv_job){.v = v, .f32 = true, .x = {.data = x}, .w = {.data = w}, .bias = bias, .y = y});
}

enum systole_status sy_engine_matmul_f32(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                         struct sy_factor a, struct sy_factor b, float *c)
{
    return gemm(e, ctx, &(struct sy_gemm){m, n, k, true, a, b, c, NULL});
}

enum systole_status sy_engine_matmul_i8(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                        struct sy_factor a, struct sy_factor b, int32_t *c)
{
    return gemm(e, ctx, &(struct sy_gemm){m, n, k, false, a, b, c, NULL});
}

enum systole_status sy_engine_matmuls_f32(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                          struct sy_factor a, struct sy_factor b, const struct sy_batch *batch, float *c)
{
    return gemm(e, ctx, &(struct sy_gemm){m, n, k, true, a, b, c, batch});
}

enum systole_status sy_engine_matmuls_i8(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                         struct sy_factor a, struct sy_factor b, const struct sy_batch *batch, int32_t *c)
{
    return gemm(e, ctx, &(struct sy_gemm){m, n, k, false, a, b, c, batch});
}

enum systole_status sy_engine_host_matmuls_f32(const struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                               struct sy_factor a, struct sy_factor b, const struct sy_batch *batch, float *c)
{
    struct sy_engine host = stand_in(e);
    return gemm(&host, ctx, &(struct sy_gemm){m, n, k, true, a, b, c, batch});
}

enum systole_status sy_engine_conv_f32(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                       const float *x, const float *w, const float *bias, float *y)
{
    return conv(e, ctx, &(struct sy_conv_job){.v = v, .f32 = true, .x = {.data = x}, .w = {.data = w}, .bias = bias, .y = y});
}

enum systole_status sy_engine_conv_i8(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                      struct sy_factor x, struct sy_factor w, const int32_t *bias, int32_t *y)
{
    return conv(e, ctx, &(struct sy_conv_job){.v = v, .x = x, .w = w, .bias = bias, .y = y});
}

enum systole_status sy_engine_conv_from_f32(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                            const float *x, const float *w, float *y)
{
    return conv(e, ctx, &(struct sy_conv_job){.v = v, .f32 = true, .x = {.data = x}, .w = {.data = w}, .y = y, .from_y = true});
}

enum systole_status sy_engine_host_conv_from_f32(const struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                                 const float *x, const float *w, float *y)
{
    struct sy_engine host = stand_in(e);
    return sy_engine_conv_from_f32(&host, ctx, v, x, w, y);
}
