/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX files: any bytes are loaded, and what loads is run on inputs of zeros. Memory is short, so that no step is long. */
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

static void run(struct systole_context *ctx, struct systole_model *model)
{
    struct systole_session *session = NULL;
    if (systole_session_create(ctx, model, "cpu,threads=1", &session))
        return;
    for (int i = 0; i < systole_model_input_count(model); i++) {
        struct systole_value_info info = {.size = sizeof info};
        struct systole_tensor *t = NULL;
        if (systole_model_input(model, i, &info))
            continue;
        for (int k = 0; k < info.rank; k++)
            info.dims[k] = info.dims[k] < 0 ? 2 : info.dims[k];
        const enum systole_dtype dtype = info.dtype ? info.dtype : SYSTOLE_F32;
        if (!systole_tensor_create(ctx, dtype, info.rank < 0 ? 0 : info.rank, info.dims, NULL, &t))
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct systole_context *ctx = NULL;
    struct systole_model *model = NULL;
    sy_alloc_set_limit(LOAD_ROOM);
    FUZZ_CHECK(systole_context_create(NULL, &ctx) == SYSTOLE_OK);
    const enum systole_status status = systole_model_load_memory(ctx, data, size, NULL, &model);
    FUZZ_CHECK(status ? systole_context_detail(ctx)[0] != '\0' : model != NULL);
    sy_alloc_set_limit(RUN_ROOM);
    if (!status && may_run(data, size))
        run(ctx, model);
    systole_model_free(model);
    systole_context_free(ctx);
    return 0;
}
