/* SPDX-License-Identifier: Apache-2.0 */
/* A run as events for trace viewers (Perfetto, chrome://tracing): JSON of Chrome's trace event format. */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include "profile.h"

/* With the instructions, where the session recorded them. */
enum cli_exit cli_trace_write(const struct cli_profile *p, const struct systole_context *ctx, const struct systole_session *session,
                              const char *path);

#endif
