/* SPDX-License-Identifier: Apache-2.0 */
/* Where a failure is described. Every function that can fail for more than want of memory takes a context. */
#ifndef SY_CONTEXT_H
#define SY_CONTEXT_H

#include "host/include/systole.h"

#include <stdarg.h>

#if defined(__GNUC__)
#define SY_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))
#else
#define SY_PRINTF(text, arguments)
#endif

enum { SY_DETAIL = 1024, SY_OPERATOR = 128 };

struct systole_context {
    systole_log_fn log;
    void *log_user;
    char detail[SY_DETAIL];
    char op[SY_OPERATOR];
    int64_t steps; /* of loops in models, since the caller asked for something */
};

/* Keeps the text as the detail and returns `status`: `return sy_fail(...)`. */
enum systole_status sy_fail(struct systole_context *ctx, enum systole_status status, const char *format, ...) SY_PRINTF(3, 4);
enum systole_status sy_vfail(struct systole_context *ctx, enum systole_status status, const char *prefix, const char *format,
                             va_list arguments) SY_PRINTF(4, 0);
enum systole_status sy_no_memory(struct systole_context *ctx);
/* Says which operator the failure just described is about. */
void sy_fail_operator(struct systole_context *ctx, const char *domain, const char *name);
/* Forgets an earlier failure. */
void sy_clear(struct systole_context *ctx);
void sy_log(struct systole_context *ctx, enum systole_log_level level, const char *format, ...) SY_PRINTF(3, 4);

#endif
