/* SPDX-License-Identifier: Apache-2.0 */
/* The host's engine in its parts: what one product needs, the naive loops that specify it, and the fast ones. */
#ifndef SY_ENGINE_CPU_H
#define SY_ENGINE_CPU_H

#include "host/engine/backend.h"
#include "host/engine/kernels.h"
#include "host/engine/pool.h"
#include "host/plan/product.h"

/* Beside the conversions of LOAD: no part, the number itself. */
enum { SY_WHOLE = 255 };

/* What the memory of an engine is for. */
enum sy_scratch { SY_PANELS_A, SY_PANELS_B, SY_PANELS_MASKS, SY_PANELS_SUMS, SY_WEIGHTS, SY_INPUT_PARTS, SY_SCRATCH };

/* An engine's own: memory is kept from one product to the next. */
struct sy_cpu {
    const struct sy_kernels *kernels; /* NULL: the naive loops */
    struct sy_pool *pool;
    void *scratch[SY_SCRATCH];
    size_t size[SY_SCRATCH];
};

/* The passes of a precision; returns how many. */
uint32_t sy_cpu_passes(enum sy_precision precision, struct sy_pass pass[SY_MAX_PASSES]);

/* At least `count` elements of `size`, of no particular content; NULL without memory. */
void *sy_cpu_scratch(struct sy_cpu *c, enum sy_scratch which, int64_t count, size_t size);
/* Gives back what is larger than `keep` bytes. */
void sy_cpu_drop(struct sy_cpu *c, size_t keep);

/* ---- the specification, as plain loops ---- */

bool sy_naive_gemm(enum sy_precision precision, const struct sy_gemm *g);
bool sy_naive_conv(enum sy_precision precision, const struct sy_conv_job *j);

/* Every output starts at its channel's bias, or at 0, or where it is. */
void sy_conv_start(const struct sy_conv_job *j);
/* One channel of one image: all steps of one pass. x, w: fp32 parts, or int32. */
struct sy_taps {
    const struct sy_conv2d *v;
    bool f32;
    const void *x, *w;
    void *y;
};
void sy_conv_plane(const struct sy_taps *t, int64_t image, int64_t oc);
/* Elements of a factor densely; int8 ones as int32 differences from the zero point. NULL without memory. */
void *sy_gather(const struct sy_factor *f, int64_t rows, int64_t cols, bool f32);

/* ---- the fast ones ---- */

enum systole_status sy_fast_gemm(struct sy_cpu *c, struct systole_context *ctx, enum sy_precision precision, const struct sy_gemm *g);
enum systole_status sy_fast_conv(struct sy_cpu *c, struct systole_context *ctx, enum sy_precision precision,
                                 const struct sy_conv_job *j);

/* One matrix product: C (m x n, rows `stride` apart) += A * B. Columns of B come from `b`, or, in a convolution, from pixels. */
struct sy_pixels {
    const struct sy_conv2d *v;
    const void *x; /* of the image and group: its channels' planes */
    int32_t zero;
};
struct sy_fast {
    struct sy_cpu *cpu;
    enum sy_precision precision;
    bool f32;
    int64_t m, n, k;
    struct sy_factor a, b;
    const struct sy_pixels *pixels; /* instead of b.data */
    void *c;
    int64_t stride;
    bool a_is_packed; /* from the call before, with the same A */
    void *owner;      /* where it is another engine's */
    struct systole_context *ctx;
};
enum systole_status sy_fast_product(struct sy_fast *f);

/* A convolution as a product for each group and image; `like` has what is common to them. */
enum systole_status sy_conv_by_products(const struct sy_fast *like, const struct sy_conv_job *j,
                                        enum systole_status (*product)(struct sy_fast *f));

/* Weights of a group as a matrix: rows (channel out), columns (kernel row, kernel column, channel). */
void sy_order_weights(const struct sy_conv2d *v, const char *from, char *to, size_t size);

/*
 * Rows k0 to k1 of the panel of pixels `first` to first + lanes, `width` apart; bits of lanes inside the image go to
 * mask[0 .. k1 - k0), unless that is NULL. True: all are inside.
 */
bool sy_pixels_f32(const struct sy_pixels *p, int64_t first, int lanes, int64_t k0, int64_t k1, int width, float *to,
                   uint64_t *mask);
bool sy_pixels_i8(const struct sy_pixels *p, int64_t first, int lanes, int64_t k0, int64_t k1, int width, uint8_t *to);

#endif
