/* SPDX-License-Identifier: Apache-2.0 */
/* OpenBLAS, oneDNN and cuBLAS as engines: another order of sums, so not the same bits in fp32. */
#ifndef SY_ENGINE_REFERENCE_H
#define SY_ENGINE_REFERENCE_H

#include "host/engine/backend.h"

enum sy_reference { SY_OPENBLAS, SY_ONEDNN };

/* The threads of an engine that is one of them; 0: it is another. */
int sy_reference_threads(const struct sy_engine *e);
bool sy_reference_is_here(enum sy_reference which);

/* A convolution as products of the engine, with the pixels laid out as a matrix. */
enum systole_status sy_reference_conv(struct sy_engine *e, struct systole_context *ctx, const struct sy_conv_job *j);

enum systole_status sy_engine_open_cublas(struct sy_engine *e, struct systole_context *ctx, const char *options);
enum systole_status sy_engine_open_openblas(struct sy_engine *e, struct systole_context *ctx, const char *options);
enum systole_status sy_engine_open_onednn(struct sy_engine *e, struct systole_context *ctx, const char *options);

#endif
