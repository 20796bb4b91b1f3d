/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled networks: any bytes, with a checksum that fits, are loaded for a device. A file that loads is not run: a program that was changed may
 * compute for as long as its counts say, which is what the fuzzer of programs is for.
 */
#include "fuzz.h"
#include "host/core/alloc.h"
#include "host/include/systole.h"
#include "host/io/bytes.h"

#include <string.h>

enum { ROOM = 1 << 22, MOST = 1 << 17 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[MOST];
    struct systole_context *ctx = NULL;
    struct systole_session *session = NULL;
    const char *device = getenv("FUZZ_DEVICE");
    char precise[1200];
    if (size < 9 || size > MOST)
        return 0;
    memcpy(bytes, data + 1, --size);
    if (data[0] & 1) {
        const uint64_t sum = sy_checksum(bytes, size - 8);
        memcpy(bytes + size - 8, &sum, sizeof sum);
    }
    snprintf(precise, sizeof precise, "%s,precision=x1", device ? device : "hls:4x4");
    sy_alloc_set_limit(ROOM);
    FUZZ_CHECK(systole_context_create(NULL, &ctx) == SYSTOLE_OK);
    const enum systole_status status = systole_session_load_memory(ctx, bytes, size, precise, &session);
    FUZZ_CHECK(status ? !session && systole_context_detail(ctx)[0] : session != NULL);
    systole_session_free(session);
    systole_context_free(ctx);
    return 0;
}
