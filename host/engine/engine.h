/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What multiplies: the device that matrix products and convolutions run on, whatever operator they belong to.
 *
 * Every engine computes the same chains: fp32 operands in the passes of the engine's precision (docs/numerics.md), int8 operands exactly. So the
 * results of all engines are equal in every bit.
 *
 * An infinity or a NaN has no parts that multiply as it does. Products that have one among their operands are done on the host, as one chain of
 * fp32; `special` of the totals counts them.
 */
#ifndef SY_ENGINE_H
#define SY_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "host/core/context.h"

struct sy_engine;

/* SY_F32: operands as they are, in one pass; on the CPU only. */
enum sy_precision { SY_F32 = 0, SY_X1 = 1, SY_X3 = 3, SY_X6 = 6 };

/* A matrix by its strides, in elements: fp32, or int8 with a zero point. */
struct sy_factor {
    const void *data;
    int64_t row, column;
    bool is_unsigned;
    int32_t zero;
};

/* Images NCHW, weights OIHW, channels of all groups together; dense. c and m: of one group. */
struct sy_conv2d {
    int64_t batch, h, w, p, q, groups, c, m, kh, kw;
    int64_t stride_h, stride_w, dil_h, dil_w, pad_h, pad_w; /* pads above and to the left */
};

/* What was done so far, and for how much; cycles are 0 where a device has no time. */
struct sy_engine_totals {
    uint64_t runs, on_host, special, macs, cycles, busy, read_bytes, write_bytes;
    uint64_t launches;                  /* programs started on the device */
    uint64_t counter[SYSTOLE_COUNTERS]; /* of the device, by enum systole_counter */
    uint64_t rows, cols;
    double waited; /* seconds, by the clock, from starts to ends of programs */
};

/* "cpu", or what the driver opens: "sim:16x16", "hls:16x16", ...; ",precision=x6", x3, x1 or f32 among the options. */
enum systole_status sy_engine_open(struct systole_context *ctx, const char *whole, struct sy_engine **out);
void sy_engine_close(struct sy_engine *e);
/* As systole_session_retime(). */
enum systole_status sy_engine_retime(struct sy_engine *e, struct systole_context *ctx, const char *whole);

/* Engines that are no device of the driver: one that is here, or (device NULL) a kind without any, and why. Texts live as long as the call. */
typedef void sy_engine_found_fn(void *user, const char *kind, const char *purpose, const char *device, const char *detail);
void sy_engine_kinds(sy_engine_found_fn *each, void *user);
/* Is it a device, that networks are compiled for? */
bool sy_engine_is_device(const struct sy_engine *e);
/* Multiplies nothing: for shapes alone. */
struct sy_engine *sy_engine_dry(void);
/* Operands as they are, in one chain on the CPU: where there is no session. */
struct sy_engine *sy_engine_plain(void);
struct sy_engine_totals sy_engine_totals(const struct sy_engine *e);
/* A product that the engine does not take was done on the host. NULL is allowed. */
void sy_engine_on_host(struct sy_engine *e);

/* The high, middle or low part (0, 1, 2) of a number, as it is split for the bf16 array. */
float sy_engine_part(float x, int part);

/* c (m x n, dense) holds what the chains start from, and then the result. UNSUPPORTED: too large for the device in this form. */
enum systole_status sy_engine_matmul_f32(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                         struct sy_factor a, struct sy_factor b, float *c);
enum systole_status sy_engine_matmul_i8(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                        struct sy_factor a, struct sy_factor b, int32_t *c);

/* Several products of one size: element a_at[i] of a's data, and b_at[i] of b's, is where the operands of the i-th begin. */
struct sy_batch {
    int64_t count;
    const int64_t *a_at, *b_at;
};
/* The chains start from zero; results lie one behind the other. On a device one program does all, where they fit its memory together. */
enum systole_status sy_engine_matmuls_f32(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                          struct sy_factor a, struct sy_factor b, const struct sy_batch *batch, float *c);
enum systole_status sy_engine_matmuls_i8(struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                         struct sy_factor a, struct sy_factor b, const struct sy_batch *batch, int32_t *c);

/* The same chains, in the engine's precision, on the host: for what its device does not take. */
enum systole_status sy_engine_host_matmul_f32(const struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                              struct sy_factor a, struct sy_factor b, float *c);
enum systole_status sy_engine_host_matmuls_f32(const struct sy_engine *e, struct systole_context *ctx, int64_t m, int64_t n, int64_t k,
                                               struct sy_factor a, struct sy_factor b, const struct sy_batch *batch, float *c);
enum systole_status sy_engine_host_conv_from_f32(const struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                                 const float *x, const float *w, float *y);
enum systole_status sy_engine_host_conv_f32(const struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                            const float *x, const float *w, const float *bias, float *y);

/* Only `data`, `is_unsigned` and `zero` of x and w count. A NULL bias is zero. */
enum systole_status sy_engine_conv_f32(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                       const float *x, const float *w, const float *bias, float *y);
/* y holds what the chains begin at. */
enum systole_status sy_engine_conv_from_f32(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                            const float *x, const float *w, float *y);
enum systole_status sy_engine_conv_i8(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv2d *v,
                                      struct sy_factor x, struct sy_factor w, const int32_t *bias, int32_t *y);

#endif
