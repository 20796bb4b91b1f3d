/* SPDX-License-Identifier: Apache-2.0 */
#include "host/engine/opencl.h"

const char *const sy_opencl_source[] = {
#include "opencl_lines.h" /* made by a rule: a string for each line */
};
const unsigned sy_opencl_lines = sizeof sy_opencl_source / sizeof *sy_opencl_source;
