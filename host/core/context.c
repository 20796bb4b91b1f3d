/* SPDX-License-Identifier: Apache-2.0 */
#include "host/core/context.h"

#include "host/core/alloc.h"

#include <stdio.h>
#include <string.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *systole_version(void)
{
    return TEXT(SYSTOLE_VERSION_MAJOR) "." TEXT(SYSTOLE_VERSION_MINOR) "." TEXT(SYSTOLE_VERSION_PATCH);
}

enum systole_status systole_context_create(const struct systole_context_options *options, struct systole_context **context)
{
    if (!context || (options && options->size < sizeof(options->size)))
        return SYSTOLE_BAD_ARGUMENT;
    struct systole_context_options o = {0};
    if (options)
        memcpy(&o, options, options->size < sizeof(o) ? options->size : sizeof(o));
    struct systole_context *ctx = sy_alloc(1, sizeof(*ctx));
    if (!ctx)
        return SYSTOLE_NO_MEMORY;
    ctx->log = o.log;
    ctx->log_user = o.log_user;
    *context = ctx;
    return SYSTOLE_OK;
}

void systole_context_free(struct systole_context *context)
{
    sy_free(context);
}

const char *systole_context_detail(const struct systole_context *context)
{
    return context ? context->detail : "";
}

const char *systole_context_operator(const struct systole_context *context)
{
    return context ? context->op : "";
}

enum systole_status sy_vfail(struct systole_context *ctx, enum systole_status status, const char *prefix, const char *format,
                             va_list arguments)
{
    int used = snprintf(ctx->detail, sizeof(ctx->detail), "%s", prefix);
    size_t at = used < 0 ? 0 : (size_t)used < sizeof(ctx->detail) ? (size_t)used : sizeof(ctx->detail) - 1;
    vsnprintf(ctx->detail + at, sizeof(ctx->detail) - at, format, arguments);
    ctx->op[0] = '\0';
    sy_log(ctx, SYSTOLE_LOG_ERROR, "%s", ctx->detail);
    return status;
}

enum systole_status sy_fail(struct systole_context *ctx, enum systole_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    sy_vfail(ctx, status, "", format, arguments);
    va_end(arguments);
    return status;
}

enum systole_status sy_no_memory(struct systole_context *ctx)
{
    return sy_fail(ctx, SYSTOLE_NO_MEMORY, "out of memory");
}

void sy_fail_operator(struct systole_context *ctx, const char *domain, const char *name)
{
    snprintf(ctx->op, sizeof(ctx->op), "%s%s%s", domain, domain[0] ? ":" : "", name);
}

void sy_clear(struct systole_context *ctx)
{
    ctx->detail[0] = '\0';
    ctx->op[0] = '\0';
    ctx->steps = 0;
}

void sy_log(struct systole_context *ctx, enum systole_log_level level, const char *format, ...)
{
    if (!ctx->log)
        return;
    char text[SY_DETAIL];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    ctx->log(ctx->log_user, level, text);
}
