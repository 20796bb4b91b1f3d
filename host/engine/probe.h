/* SPDX-License-Identifier: Apache-2.0 */
/* Products held against the exact chains on the host, and a wrong one followed to its first wrong step. */
#ifndef SY_ENGINE_PROBE_H
#define SY_ENGINE_PROBE_H

#include "host/engine/engine.h"

struct sy_gemm;
struct sy_conv_job;

/* From now on each product of the engine is looked at, and the first wrong one is told in *fault; NULL: no longer. */
void sy_engine_probe(struct sy_engine *e, struct systole_fault *fault);

/* The product as the engine does it, then as the host does; the result is the engine's. */
enum systole_status sy_probe_gemm(struct sy_engine *e, struct systole_context *ctx, const struct sy_gemm *g);
enum systole_status sy_probe_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j);

/* Counts in `bounded` and `beyond` of the probe; `start` is what the sums began at, NULL: 0. */
void sy_probe_bound_gemm(struct systole_fault *f, const struct sy_gemm *g, const uint32_t *start);
enum systole_status sy_probe_bound_conv(struct systole_fault *f, struct systole_context *ctx, const struct sy_conv_job *j, const uint32_t *start);

/* The chain of a convolution's sum `element`: inside the image, (kernel row, kernel column, channel) ascending; at[] says which of them each step is. */
int64_t sy_probe_gather(const struct sy_conv_job *j, int64_t element, void *a, void *b, int64_t *at);

/* f->rows, cols and column are set; finds `place`, and the row where there is one. */
enum systole_status sy_probe_row(struct sy_engine *e, struct systole_context *ctx, bool f32, struct systole_fault *f);

#endif
