/* SPDX-License-Identifier: Apache-2.0 */
/* Tensor files: any bytes are read as .npy and as TensorProto. What is read, written and read again is the same. */
#include "fuzz.h"
#include "host/core/alloc.h"
#include "host/io/file.h"
#include "host/onnx/onnx.h"

#include <string.h>

enum { ROOM = 1 << 20 };

typedef enum systole_status read_fn(struct systole_context *ctx, const uint8_t *data, size_t size, struct systole_tensor **tensor);
typedef enum systole_status write_fn(struct systole_context *ctx, const struct systole_tensor *t, uint8_t **data, size_t *size);

static void there_and_back(struct systole_context *ctx, const uint8_t *data, size_t size, read_fn *read, write_fn *write)
{
    struct systole_tensor *t = NULL, *again = NULL;
    uint8_t *written = NULL;
    size_t n = 0;
    if (read(ctx, data, size, &t)) {
        FUZZ_CHECK(!t && systole_context_detail(ctx)[0]);
        return;
    }
    FUZZ_CHECK(write(ctx, t, &written, &n) == SYSTOLE_OK);
    FUZZ_CHECK(read(ctx, written, n, &again) == SYSTOLE_OK);
    FUZZ_CHECK(again->dtype == t->dtype && again->rank == t->rank && again->count == t->count);
    FUZZ_CHECK(memcmp(again->dims, t->dims, (size_t)t->rank * sizeof *t->dims) == 0);
    FUZZ_CHECK(memcmp(again->data, t->data, systole_tensor_bytes(t)) == 0);
    sy_free(written);
    systole_tensor_free(t);
    systole_tensor_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct systole_context *ctx = NULL;
    sy_alloc_set_limit(ROOM);
    FUZZ_CHECK(systole_context_create(NULL, &ctx) == SYSTOLE_OK);
    there_and_back(ctx, data, size, sy_npy_read, sy_npy_write);
    there_and_back(ctx, data, size, sy_pb_read, sy_pb_write);
    systole_context_free(ctx);
    return 0;
}
