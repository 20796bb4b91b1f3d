/* SPDX-License-Identifier: Apache-2.0 */
/* What layers multiply with. */
#include "host/train/train.h"

/* After UNSUPPORTED: an engine of the host with the same passes, and a word to the log. */
static enum systole_status host_engine(struct systole_trainer *t, enum systole_precision precision, struct sy_engine *refused,
                                       struct sy_engine **engine)
{
    sy_log(t->ctx, SYSTOLE_LOG_INFO, "on the host: %s", systole_context_detail(t->ctx));
    sy_engine_on_host(refused);
    sy_clear(t->ctx);
    enum systole_status status = SYSTOLE_OK;
    if (!t->host)
        status = systole_multiplier_create(t->ctx, t->multiplier->plain ? "cpu,precision=f32" : "cpu", &t->host);
    if (!status)
        status = sy_multiplier_engine(t->host, precision ? precision : t->multiplier->precision, engine);
    return status;
}

enum systole_status sy_train_product(struct systole_trainer *t, enum systole_precision precision, int64_t m, int64_t n, int64_t k,
                                     struct sy_factor a, struct sy_factor b, float *c)
{
    struct sy_engine *engine = NULL;
    enum systole_status status = sy_multiplier_engine(t->multiplier, precision, &engine);
    if (!status)
        status = sy_engine_matmul_f32(engine, t->ctx, m, n, k, a, b, c);
    if (status == SYSTOLE_UNSUPPORTED) {
        status = host_engine(t, precision, engine, &engine);
        if (!status)
            status = sy_engine_matmul_f32(engine, t->ctx, m, n, k, a, b, c);
    }
    return status ? sy_train_failed(t, status) : SYSTOLE_OK;
}

enum systole_status sy_train_sum_rows(struct systole_trainer *t, enum systole_precision precision, int64_t rows, int64_t n,
                                      struct sy_factor from, float *gradient)
{
    static const float one = 1;
    /* Without strides every element of the factor is the same one. */
    return sy_train_product(t, precision, 1, n, rows, (struct sy_factor){.data = &one}, from, gradient);
}

enum systole_status sy_train_convolution(struct systole_trainer *t, enum systole_precision precision, const struct sy_conv2d *v,
                                         const float *x, const float *w, const float *bias, float *y)
{
    struct sy_engine *engine = NULL;
    enum systole_status status = sy_multiplier_engine(t->multiplier, precision, &engine);
    if (!status)
        status = sy_engine_conv_f32(engine, t->ctx, v, x, w, bias, y);
    if (status == SYSTOLE_UNSUPPORTED) {
        status = host_engine(t, precision, engine, &engine);
        if (!status)
            status = sy_engine_conv_f32(engine, t->ctx, v, x, w, bias, y);
    }
    return status ? sy_train_failed(t, status) : SYSTOLE_OK;
}
