/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels' text through NVRTC. */
#ifndef SY_ENGINE_CUDA_H
#define SY_ENGINE_CUDA_H

#include "host/engine/cuda_api.h"
#include "host/engine/gpu.h"

/* The driver, found at run time; false: not here, and nothing is to be closed. */
bool sy_cuda_load(struct sy_cuda_api *api);
/* Starts it; how many devices it has. */
int sy_cuda_devices(const struct sy_cuda_api *api);

/* $SYSTOLE_NVRTC, or libnvrtc by its usual names; false: not here. */
bool sy_nvrtc_load(struct sy_nvrtc_api *api);
void sy_nvrtc_unload(struct sy_nvrtc_api *api);

/* A kind's kernel as PTX for compute capability major.minor, in new memory (sy_free); the failure's text is NVRTC's. */
enum systole_status sy_cuda_compile(const struct sy_nvrtc_api *api, const struct sy_gpu *g, struct systole_context *ctx,
                                    enum sy_gpu_kind kind, int major, int minor, char **ptx);

#endif
