/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/engine.h"

#include <math.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/engine/backend.h"

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
            if (*precision == SY_F32 && strcmp(rest, "cpu") != 0)
                return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "'%s': precision f32 is for the cpu; the array has x6, x3 and x1", device);
            return SYSTOLE_OK;
        }
    return sy_fail(ctx, SYSTOLE_BAD_DEVICE, "'%s': precision is x6, x3, x1, or f32 on the cpu", device);
}

enum systole_status sy_engine_open(struct systole_context *ctx, const char *whole, struct sy_engine **out)
{
    char device[512];
    enum sy_precision precision;
    const enum systole_status bad = take_precision(ctx, whole, device, sizeof device, &precision);
    if (bad)
        return bad;
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct sy_engine *e = sy_alloc(1, sizeof *e);
    if (!e)
        return sy_no_memory(ctx);
    e->precision = precision;
    e->ops = &sy_engine_cpu_ops;
    if (strcmp(device, "cpu") != 0) {
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

void sy_engine_close(struct sy_engine *e)
{
    if (!e)
        return;
    systole_device_close(e->dev);
    sy_free(e);
}

struct sy_engine_totals sy_engine_totals(const struct sy_engine *e)
{
    return e->totals;
}

void sy_engine_on_host(struct sy_engine *e)
{
    if (e)
        e->totals.on_host++;
}

/* Operands as they are, on the host: for those that cannot be split. */
static struct sy_engine plain = {.precision = SY_F32};

static bool has_special(const struct sy_factor *f, int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < cols; c++)
            if (!isfinite(((const float *)f->data)[r * f->row + c * f->column]))
                return true;
    return false;
}

static enum systole_status gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g)
{
    if (g->m == 0 || g->n == 0 || g->k == 0)
        return SYSTOLE_OK;
    const bool special = g->f32 && e->precision != SY_F32 &&
                         (has_special(&g->a, g->m, g->k) || has_special(&g->b, g->k, g->n));
    e->totals.special += special;
    const enum systole_status status = special ? sy_engine_cpu_ops.gemm(&plain, ctx, g) : e->ops->gemm(e, ctx, g);
    if (!status) {
        e->totals.runs++;
        e->totals.macs += (uint64_t)g->m * (uint64_t)g->n * (uint64_t)g->k;
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
    const enum systole_status status = special ? sy_engine_cpu_ops.conv(&plain, ctx, j) : e->ops->conv(e, ctx, j);
    if (!status) {
        e->totals.runs++;
        e->totals.macs += (uint64_t)(v->batch * v->p * v->q) * (uint64_t)(v->groups * v->m) * (uint64_t)(v->c * v->kh * v->kw);
    }
    return status;
}

enum systole_status sy_engine_matmul_f32(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                         struct sy_factor a, struct sy_factor b, float *c)
{
    return gemm(e, ctx, &(struct sy_gemm){m, n, k, true, a, b, c});
}

enum systole_status sy_engine_matmul_i8(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                        struct sy_factor a, struct sy_factor b, int32_t *c)
{
    return gemm(e, ctx, &(struct sy_gemm){m, n, k, false, a, b, c});
}

enum systole_status sy_engine_conv_f32(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                       const float *x, const float *w, const float *bias, float *y)
{
    return conv(e, ctx, &(struct sy_conv_job){v, true, {.data = x}, {.data = w}, bias, y});
}

enum systole_status sy_engine_conv_i8(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                      struct sy_factor x, struct sy_factor w, const int32_t *bias, int32_t *y)
{
    return conv(e, ctx, &(struct sy_conv_job){v, false, x, w, bias, y});
}
