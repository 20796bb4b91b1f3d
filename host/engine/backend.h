/* SPDX-License-Identifier: Apache-2.0 */
/* The two kinds of engine behind one table: element type `f32`, else int8 into int32. */
#ifndef SY_ENGINE_BACKEND_H
#define SY_ENGINE_BACKEND_H

#include "host/engine/engine.h"
#include "host/engine/record.h"
#include "host/plan/conv.h"
#include "systole_driver.h"

struct sy_gemm {
    int64_t m, n, k;
    bool f32;
    struct sy_factor a, b;
    void *c; /* fp32 or int32 */
    const struct sy_batch *batch; /* NULL: one product, whose chains start from c; else as engine.h says */
};

struct sy_conv_job {
    const struct sy_conv2d *v;
    bool f32;
    struct sy_factor x, w;
    const void *bias;
    void *y;
    bool from_y; /* fp32: y holds what the chains begin at; there is no bias */
};

struct sy_engine_ops {
    enum systole_status (*gemm)(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g);
    bool batches; /* gemm takes them; UNSUPPORTED where only one at a time fits */
    enum systole_status (*conv)(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j);
    void (*close)(struct sy_engine *e); /* NULL: nothing to close */
};

struct sy_engine {
    const struct sy_engine_ops *ops;
    enum sy_precision precision;
    bool precision_given; /* it was among the options */
    struct systole_device *dev; /* NULL where the driver is not what multiplies */
    void *own;                  /* of the kind of engine */
    const void *windows;        /* whose windows are set on the device: a segment's, or NULL */
    struct sy_engine_totals totals;
    struct sy_record *record;   /* of the session; or NULL */
    struct systole_fault *probe; /* where products are looked at (probe.h): what to tell; or NULL */
};

extern const struct sy_engine_ops sy_engine_cpu_ops, sy_engine_device_ops;

/* Starts the program in window 0, waits for its end and adds what the device counted to the engine's totals. */
enum systole_status sy_engine_launch(struct sy_engine *e);
/*
 * The geometry and the passes of a convolution; images lie pixel by pixel and dense, results have 4 bytes. Windows, zero points,
 * bias and post are the caller's.
 */
struct sy_convolution sy_engine_describe(const struct sy_conv2d *v, bool f32, enum sy_precision precision);
/* One pass of fp32, its weights, and its images where `in`, as their high parts in bf16. Again with another `in`: as if for the first time. */
void sy_engine_as_halves(struct sy_convolution *v, bool in);
/* Products of two of the numbers fit 31 bits. */
bool sy_engine_fits(int64_t a, int64_t b, int64_t c);
bool sy_engine_fits_conv(const struct sy_conv2d *v);
struct sy_caps sy_engine_caps(const struct sy_engine *e);

/* What a device's name may begin with, an engine's or a back end's of the driver; NULL past the last. */
const char *sy_engine_name(size_t index);
/* Whether a colon follows that name: a device's number or size. */
bool sy_engine_has_number(size_t index);
/* Whether the name begins with one of them. BAD_DEVICE tells all of them, and the one that was perhaps meant. */
enum systole_status sy_engine_check_name(struct systole_context *ctx, const char *device);

/* Kinds that are no device of the driver: `options` is empty or begins with a comma. They set ops, own and what else is theirs. */
enum systole_status sy_engine_open_cpu(struct sy_engine *e, struct systole_context *ctx, const char *options);

#endif
