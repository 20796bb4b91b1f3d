/* SPDX-License-Identifier: Apache-2.0 */
/* A run as events for trace viewers (Perfetto, chrome://tracing): JSON of Chrome's trace event format. */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include "profile.h"

enum cli_exit cli_trace_write(const struct cli_profile *p, const char *path);

#endif
