/* SPDX-License-Identifier: Apache-2.0 */
/* Data sets: any bytes are read as IDX files, as CIFAR's rows and as tokens. What is read has batches whose numbers are in their limits. */
#define _GNU_SOURCE
#include "fuzz.h"
#include "host/core/alloc.h"
#include "host/include/systole_train.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROOM = 1 << 20, MOST_PIXELS = 1 << 16 };

/* The bytes as a file without a name in any folder. */
static int make_file(const uint8_t *data, size_t size, char path[40])
{
    const int file = memfd_create("fuzz", 0);
    FUZZ_CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, 40, "/proc/self/fd/%d", file);
    return file;
}

static void use(struct systole_context *ctx, struct systole_dataset *d, uint32_t vocabulary)
{
    const int64_t count = systole_dataset_count(d), *shape = systole_dataset_shape(d);
    FUZZ_CHECK(count > 0);
    const int64_t order[2] = {0, count - 1}, beyond[1] = {count};
    int32_t labels[2], next[2];
    if (!shape) {
        const int64_t start[1] = {count > 2 ? count - 3 : 0};
        if (!systole_dataset_windows(ctx, d, start, 1, 2, labels, next))
            for (int i = 0; i < 2; i++)
                FUZZ_CHECK((uint32_t)labels[i] < vocabulary && (uint32_t)next[i] < vocabulary);
        return;
    }
    const int64_t pixels = shape[0] * shape[1] * shape[2];
    FUZZ_CHECK(pixels > 0);
    if (pixels > MOST_PIXELS)
        return;
    float *out = calloc((size_t)(2 * pixels), sizeof *out);
    FUZZ_CHECK(out);
    FUZZ_CHECK(systole_dataset_batch(ctx, d, order, 2, out, labels) == SYSTOLE_OK);
    for (int64_t i = 0; i < 2 * pixels; i++)
        FUZZ_CHECK(out[i] >= 0 && out[i] <= 1);
    FUZZ_CHECK(labels[0] >= 0 && labels[0] < 256 && labels[1] >= 0 && labels[1] < 256);
    FUZZ_CHECK(systole_dataset_batch(ctx, d, beyond, 1, out, labels) != SYSTOLE_OK);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct systole_context *ctx = NULL;
    struct systole_dataset *d = NULL;
    char path[2][40];
    if (size < 4)
        return 0;
    /* The first bytes choose the format and where the first file ends. */
    const unsigned kind = data[0] % 4;
    const size_t rest = size - 4, first = kind == 0 ? (data[1] | (size_t)data[2] << 8) % (rest + 1) : rest;
    const uint32_t vocabulary = 1 + data[3];
    sy_alloc_set_limit(ROOM);
    FUZZ_CHECK(systole_context_create(NULL, &ctx) == SYSTOLE_OK);
    const int files[2] = {make_file(data + 4, first, path[0]), make_file(data + 4 + first, rest - first, path[1])};
    const enum systole_status status = kind == 0   ? systole_dataset_idx(ctx, path[0], path[1], &d)
                                       : kind == 1 ? systole_dataset_cifar(ctx, path[0], data[1] % 4, &d)
                                                   : systole_dataset_tokens(ctx, path[0], data[1] % 6, vocabulary, &d);
    FUZZ_CHECK(status ? !d && systole_context_detail(ctx)[0] : d != NULL);
    if (d)
        use(ctx, d, vocabulary);
    systole_dataset_free(d);
    systole_context_free(ctx);
    close(files[0]);
    close(files[1]);
    return 0;
}
