/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX files: any bytes are loaded, and what loads is run. Memory is short, so that no step is long. */
#include "host/core/alloc.h"
#include "host/graph/graph.h"
#include "fuzz.h"

#include <string.h>

/* Per allocation: while loading, and while running. The latter bounds the elements of a tensor, and so the work of a node. */
enum { LOAD_ROOM = 1 << 20, RUN_ROOM = 1 << 14 };

/* Loops may go on for as long as the model says: they are loaded, not run. */
static bool may_run(const uint8_t *data, size_t size)
{
    static const char *const endless[] = {"Loop", "Scan", "LSTM", "GRU", "RNN"};
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++)
        for (size_t at = 0, n = strlen(endless[i]); at + n <= size; at++)
            if (memcmp(data + at, endless[i], n) == 0)
                return false;
    return true;
}

/* An input as the model declares it; what it leaves open is chosen by the last bytes, and the elements are the bytes of the file. */
static enum systole_status make_input(struct systole_context *ctx, struct systole_value_info *info, const uint8_t *data, size_t size,
                                      struct systole_tensor **t)
{
    static const enum systole_dtype types[] = {SYSTOLE_F32, SYSTOLE_F32, SYSTOLE_F32, SYSTOLE_I64, SYSTOLE_I8, SYSTOLE_U8, SYSTOLE_BOOL, SYSTOLE_F16};
    if (info->rank < 0) {
        info->rank = data[size - 1] % 5;
        for (int k = 0; k < info->rank; k++)
            info->dims[k] = -1;
    }
    for (int k = 0; k < info->rank; k++)
        info->dims[k] = info->dims[k] < 0 ? 1 + (data[size - 1] >> 3 >> k) % 3 : info->dims[k];
    const enum systole_dtype dtype = info->dtype ? info->dtype : types[data[size / 2] % (sizeof types / sizeof *types)];
    const enum systole_status status = systole_tensor_create(ctx, dtype, info->rank, info->dims, NULL, t);
    const size_t bytes = status ? 0 : systole_tensor_bytes(*t);
    uint8_t *to = status ? NULL : systole_tensor_data_mutable(*t);
    for (size_t i = 0; i < bytes; i++)
        to[i] = dtype == SYSTOLE_BOOL || dtype == SYSTOLE_I64 ? (i % 8 == 0) : data[i % size];
    return status;
}

static void run(struct systole_context *ctx, struct systole_model *model, const uint8_t *data, size_t size)
{
    struct systole_session *session = NULL;
    if (systole_session_create(ctx, model, "cpu,threads=1", &session))
        return;
    for (int i = 0; i < systole_model_input_count(model); i++) {
        struct systole_value_info info = {.size = sizeof info};
        struct systole_tensor *t = NULL;
        if (!systole_model_input(model, i, &info) && !make_input(ctx, &info, data, size, &t))
            systole_session_set(session, info.name, t);
        systole_tensor_free(t);
    }
    const enum systole_status status = systole_session_run(session);
    for (int i = 0; i < systole_model_output_count(model) && !status; i++) {
        struct systole_value_info info = {.size = sizeof info};
        struct systole_tensor *t = NULL;
        if (!systole_model_output(model, i, &info))
            FUZZ_CHECK(systole_session_get(session, info.name, &t) == SYSTOLE_OK);
        systole_tensor_free(t);
    }
    FUZZ_CHECK(!status || systole_context_detail(ctx)[0]);
    systole_session_free(session);
}

/* With FUZZ_LOG in the environment: what became of an input. */
static void tell(void *user, enum systole_log_level level, const char *text)
{
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct systole_context *ctx = NULL;
    struct systole_model *model = NULL;
    sy_alloc_set_limit(LOAD_ROOM);
    const struct systole_context_options options = {.size = sizeof options, .log = getenv("FUZZ_LOG") ? tell : NULL};
    FUZZ_CHECK(systole_context_create(&options, &ctx) == SYSTOLE_OK);
    const enum systole_status status = systole_model_load_memory(ctx, data, size, NULL, &model);
    FUZZ_CHECK(status ? systole_context_detail(ctx)[0] != '\0' : model != NULL);
    sy_alloc_set_limit(RUN_ROOM);
    if (!status && may_run(data, size))
        run(ctx, model, data, size);
    systole_model_free(model);
    systole_context_free(ctx);
    return 0;
}
