/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/gpu.h"

const char *const sy_gpu_source[] = {
#include "gpu_lines.h" /* made by a rule: a string for each line */
};
const unsigned sy_gpu_lines = sizeof sy_gpu_source / sizeof *sy_gpu_source;
