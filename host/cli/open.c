/* SPDX-License-Identifier: Apache-2.0 */
#include "open.h"

#include <stdio.h>
#include <string.h>

enum systole_status cli_session_profiled(struct systole_context *ctx, struct systole_model *model, const char *device,
                                         struct systole_session **session)
{
    char with_events[CLI_DEVICE_ROOM];
    const int n = snprintf(with_events, sizeof with_events, "%s,events=1", device);
    if (!strstr(device, ",events=") && n > 0 && (size_t)n < sizeof with_events &&
        systole_session_create(ctx, model, with_events, session) == SYSTOLE_OK)
        return SYSTOLE_OK;
    return systole_session_create(ctx, model, device, session);
}

int cli_is_compiled(const char *path)
{
    static const char mark[] = "SYSTNET";
    char begin[sizeof mark] = "";
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    const size_t n = fread(begin, 1, sizeof begin, f);
    fclose(f);
    return n == sizeof begin && memcmp(begin, mark, sizeof mark) == 0;
}

static enum cli_exit load_compiled(struct systole_context *ctx, const char *path, const char *device, int profiled,
                                   struct systole_session **session)
{
    char with_events[CLI_DEVICE_ROOM];
    const int n = snprintf(with_events, sizeof with_events, "%s,events=1", device);
    enum systole_status status = systole_device_check(ctx, device);
    if (status)
        return cli_report_device(ctx, status, device);
    if (profiled && n > 0 && (size_t)n < sizeof with_events && systole_session_load(ctx, path, with_events, session) == SYSTOLE_OK)
        return CLI_OK;
    status = systole_session_load(ctx, path, device, session);
    if (!status)
        return CLI_OK;
    cli_report(ctx, status, path);
    return status == SYSTOLE_MISMATCH ? CLI_DEVICE : status == SYSTOLE_IO ? CLI_FILE : status == SYSTOLE_LOST ? CLI_LOST : CLI_FAILED;
}

enum cli_exit cli_source_open(struct systole_context *ctx, const char *path, const struct cli_shapes *shapes, struct cli_source *source)
{
    *source = (struct cli_source){.ctx = ctx, .path = path, .compiled = cli_is_compiled(path)};
    const enum systole_status status = systole_model_load(ctx, path, &source->model);
    if (status)
        return cli_report(ctx, status, path);
    return shapes ? cli_fix_shapes(ctx, source->model, shapes) : CLI_OK;
}

enum cli_exit cli_source_make(struct systole_context *ctx, const char *what, const struct cli_one_operator *op, struct cli_source *source)
{
    unsigned char bytes[CLI_MODEL_ROOM];
    *source = (struct cli_source){.ctx = ctx, .path = what};
    const enum systole_status status = systole_model_load_memory(ctx, bytes, cli_make_model(op, bytes), NULL, &source->model);
    return status ? cli_report(ctx, status, what) : CLI_OK;
}

enum cli_exit cli_source_session(const struct cli_source *s, const char *device, int profiled, struct systole_session **session)
{
    struct systole_device_info info = {.size = sizeof info};
    enum systole_status status = s->compiled ? systole_device_query(s->ctx, device, &info) : SYSTOLE_OK;
    if (!status && info.rows)
        return load_compiled(s->ctx, s->path, device, profiled, session);
    if (!status)
        status = profiled ? cli_session_profiled(s->ctx, s->model, device, session)
                          : systole_session_create(s->ctx, s->model, device, session);
    return status ? cli_report_device(s->ctx, status, device) : CLI_OK;
}

enum cli_exit cli_session_open(struct systole_context *ctx, const char *path, const struct cli_shapes *shapes, const char *device, int profiled,
                               struct systole_session **session)
{
    struct cli_source source;
    if (cli_is_compiled(path)) /* what is within need not be read twice; on a host it is refused */
        return load_compiled(ctx, path, device, profiled, session);
    enum cli_exit code = cli_source_open(ctx, path, shapes, &source);
    if (!code)
        code = cli_source_session(&source, device, profiled, session);
    systole_model_free(source.model); /* the session has a reference of its own */
    return code;
}
