/* SPDX-License-Identifier: Apache-2.0 */
/* The two kinds of engine behind one table: element type `f32`, else int8 into int32. */
#ifndef SY_ENGINE_BACKEND_H
#define SY_ENGINE_BACKEND_H

#include "host/engine/engine.h"
#include "systole_driver.h"

struct sy_gemm {
    int64_t m, n, k;
    bool f32;
    struct sy_factor a, b;
    void *c; /* fp32 or int32 */
};

struct sy_conv_job {
    const struct sy_conv2d *v;
    bool f32;
    struct sy_factor x, w;
    const void *bias;
    void *y;
};

struct sy_engine_ops {
    enum systole_status (*gemm)(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g);
    enum systole_status (*conv)(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j);
    void (*close)(struct sy_engine *e); /* NULL: nothing to close */
};

struct sy_engine {
    const struct sy_engine_ops *ops;
    enum sy_precision precision;
    bool precision_given; /* it was among the options */
    struct systole_device *dev; /* NULL where the driver is not what multiplies */
    void *own;                  /* of the kind of engine */
    struct sy_engine_totals totals;
};

extern const struct sy_engine_ops sy_engine_cpu_ops, sy_engine_device_ops;

/* Kinds that are no device of the driver: `options` is empty or begins with a comma. They set ops, own and what else is theirs. */
enum systole_status sy_engine_open_cpu(struct sy_engine *e, struct systole_context *ctx, const char *options);

#endif
