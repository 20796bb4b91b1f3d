/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled session as a file: a mark, the model's own bytes, what was compiled, and a checksum over all of it. */
#include <string.h>

#include "host/core/alloc.h"
#include "host/graph/session.h"
#include "host/io/bytes.h"
#include "host/io/file.h"
#include "host/onnx/onnx.h"

static const char mark[8] = "SYSTNET";

/* ---- saving ---- */

static enum systole_status write_model(struct systole_context *ctx, const struct systole_model *m, struct sy_writer *w)
{
    uint8_t *data = m->bytes;
    size_t size = m->size;
    enum systole_status status = m->bytes ? SYSTOLE_OK : sy_file_read(ctx, m->path, &data, &size);
    if (!status && (size != m->size || sy_checksum(data, size) != m->checksum))
        status = sy_fail(ctx, SYSTOLE_IO, "%.400s is not the file that the model was loaded from any more", m->path);
    struct sy_graph *alone = NULL;
    if (!status && sy_onnx_model(ctx, data, size, NULL, &alone))
        status = sy_fail(ctx, SYSTOLE_UNSUPPORTED, "a model with data in other files cannot be saved with its programs");
    sy_graph_free(alone);
    if (!status) {
        sy_write_u64(w, size);
        sy_write_bytes(w, data, size);
    }
    if (!m->bytes)
        sy_free(data);
    return status;
}

enum systole_status systole_session_save(struct systole_session *session, const char *path)
{
    if (!session || !path)
        return SYSTOLE_BAD_ARGUMENT;
    struct systole_context *ctx = session->ctx;
    struct sy_writer w = {0};
    sy_clear(ctx);
    if (!session->net)
        return sy_fail(ctx, SYSTOLE_UNSUPPORTED, "nothing is compiled: the session runs node by node");
    sy_write_bytes(&w, mark, sizeof mark);
    enum systole_status status = write_model(ctx, session->model, &w);
    if (!status)
        status = sy_net_save(ctx, session->net, &w);
    const uint64_t checksum = w.failed ? 0 : sy_checksum(w.data, w.size);
    sy_write_u64(&w, checksum);
    if (!status && w.failed)
        status = sy_no_memory(ctx);
    if (!status)
        status = sy_file_write(ctx, path, w.data, w.size);
    sy_free(w.data);
    return status;
}

/* ---- loading ---- */

static enum systole_status check_whole(struct systole_context *ctx, const uint8_t *data, size_t size)
{
    if (size < sizeof mark + 2 * sizeof(uint64_t) || memcmp(data, mark, sizeof mark) != 0)
        return sy_fail(ctx, SYSTOLE_IO, "no compiled network (%zu bytes)", size);
    struct sy_reader end = {.data = data, .size = size, .at = size - sizeof(uint64_t)};
    const uint64_t have = sy_checksum(data, size - sizeof(uint64_t)), want = sy_read_u64(&end);
    return have == want ? SYSTOLE_OK
                        : sy_fail(ctx, SYSTOLE_IO, "the compiled network is damaged: its checksum is %016llx, the file says %016llx",
                                  (unsigned long long)have, (unsigned long long)want);
}

bool sy_is_saved(const void *data, size_t size)
{
    return size >= sizeof mark && memcmp(data, mark, sizeof mark) == 0;
}

enum systole_status sy_saved_model(struct systole_context *ctx, const void *data, size_t size, const uint8_t **model, size_t *model_size)
{
    const enum systole_status status = check_whole(ctx, data, size);
    if (status)
        return status;
    struct sy_reader r = {.data = data, .size = size - sizeof(uint64_t), .at = sizeof mark};
    const uint64_t n = sy_read_u64(&r);
    *model = sy_read_bytes(&r, n);
    *model_size = (size_t)n;
    return *model ? SYSTOLE_OK
                  : sy_fail(ctx, SYSTOLE_IO, "the compiled network is damaged: a model of %llu bytes in %zu", (unsigned long long)n, size);
}

static enum systole_status read_session(struct systole_context *ctx, struct sy_reader *r, const char *device, struct systole_session **session)
{
    const uint64_t size = sy_read_u64(r);
    const uint8_t *bytes = sy_read_bytes(r, size);
    struct systole_model *model = NULL;
    struct sy_engine *engine = NULL;
    struct systole_session *s = NULL;
    if (!bytes)
        return sy_fail(ctx, SYSTOLE_IO, "the compiled network is damaged: a model of %llu bytes in %zu", (unsigned long long)size, r->size);
    enum systole_status status = systole_model_load_memory(ctx, bytes, (size_t)size, NULL, &model);
    if (!status)
        status = sy_engine_open(ctx, device, &engine);
    if (!status && !sy_engine_is_device(engine)) {
        status = sy_fail(ctx, SYSTOLE_MISMATCH, "a network compiled for a device does not run on '%.200s'", device);
        sy_engine_close(engine);
        engine = NULL;
    }
    if (!status && engine)
        status = sy_session_new(ctx, model, engine, &s);
    if (!status)
        status = sy_net_load(ctx, model->graph, engine, r, &s->net);
    systole_model_free(model);
    if (status)
        systole_session_free(s);
    else
        *session = s;
    return status;
}

enum systole_status systole_session_load_memory(struct systole_context *context, const void *data, size_t size, const char *device,
                                                struct systole_session **session)
{
    if (!context || (!data && size) || !device || !session)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    const enum systole_status status = check_whole(context, data, size);
    struct sy_reader r = {.data = data, .size = size < sizeof(uint64_t) ? 0 : size - sizeof(uint64_t), .at = sizeof mark};
    return status ? status : read_session(context, &r, device, session);
}

enum systole_status systole_session_load(struct systole_context *context, const char *path, const char *device,
                                         struct systole_session **session)
{
    if (!context || !path || !device || !session)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    uint8_t *data = NULL;
    size_t size = 0;
    enum systole_status status = sy_file_read(context, path, &data, &size);
    if (!status)
        status = systole_session_load_memory(context, data, size, device, session);
    sy_free(data);
    return status;
}
