/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints: any bytes, with a checksum that fits where the first byte says so, for nobody guesses one. What is refused changes nothing; what is
 * taken is written again with the same bytes.
 */
#define _GNU_SOURCE
#include "fuzz.h"
#include "host/core/alloc.h"
#include "host/include/systole_train.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 1 << 20, VALUES = 6, MOST = 1 << 14 };

static int file_of(const uint8_t *data, size_t size, char path[40])
{
    const int file = memfd_create("fuzz", 0);
    FUZZ_CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, 40, "/proc/self/fd/%d", file);
    return file;
}

/* As in write_seeds.c. */
static struct systole_trainer *make_trainer(struct systole_context *ctx)
{
    struct systole_trainer *t = NULL;
    struct systole_value *w = NULL, *b = NULL;
    FUZZ_CHECK(!systole_trainer_create(ctx, "cpu,threads=1", 1, &t));
    FUZZ_CHECK(!systole_param_create(t, "w", 2, (const int64_t[]){2, 3}, SYSTOLE_INIT_UNIFORM, 1, &w));
    FUZZ_CHECK(!systole_param_create(t, "b", 1, (const int64_t[]){2}, SYSTOLE_INIT_CONSTANT, 0, &b));
    return t;
}

static void mend(uint8_t *data, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i + 8 < size; i++)
        hash = (hash ^ data[i]) * 0x100000001b3u;
    if (size >= 8)
        memcpy(data + size - 8, &hash, 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes[MOST], again[MOST];
    struct systole_context *ctx = NULL;
    float before[VALUES];
    char path[40];
    uint64_t words[2] = {7, 8};
    if (size < 1 || size > MOST)
        return 0;
    memcpy(bytes, data + 1, --size);
    if (data[0] & 1)
        mend(bytes, size);
    sy_alloc_set_limit(ROOM);
    FUZZ_CHECK(systole_context_create(NULL, &ctx) == SYSTOLE_OK);
    struct systole_trainer *t = make_trainer(ctx);
    memcpy(before, systole_value_data(systole_param_at(t, 0)), sizeof before);
    const int file = file_of(bytes, size, path);
    const int count = (data[0] >> 1) % 3;
    const enum systole_status status = systole_checkpoint_read(t, path, words, count);
    close(file);
    if (status) {
        FUZZ_CHECK(systole_context_detail(ctx)[0]);
        FUZZ_CHECK(memcmp(before, systole_value_data(systole_param_at(t, 0)), sizeof before) == 0);
        FUZZ_CHECK(systole_trainer_steps(t) == 0 && words[0] == 7 && words[1] == 8);
    } else {
        char fresh[] = "/tmp/systole_fuzz_XXXXXX";
        const int out = mkstemp(fresh);
        FUZZ_CHECK(out >= 0 && systole_checkpoint_write(t, fresh, words, count) == SYSTOLE_OK);
        FILE *f = fopen(fresh, "rb");
        FUZZ_CHECK(f && fread(again, 1, size, f) == size && memcmp(again, bytes, size) == 0);
        fclose(f);
        close(out);
        unlink(fresh);
    }
    systole_trainer_free(t);
    systole_context_free(ctx);
    return 0;
}
