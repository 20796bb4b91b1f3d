/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests of bitstreams: any bytes are read as JSON, and checked as a manifest. */
#define _GNU_SOURCE
#include "bitstreams/tool/manifest.h"
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json json;
    static char text[MOST + 1];
    char path[40], reason[MANIFEST_REASON_BYTES] = "";
    if (size > MOST)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (json_read(&json, text)) {
        FUZZ_CHECK(json.count <= JSON_MAX_VALUES);
        for (size_t i = 0; i < json.count; i++) {
            const struct json_value *v = json_find(&json, json.value[i].name);
            FUZZ_CHECK(v == &json.value[i] && strlen(v->text) < JSON_TEXT_BYTES && strlen(v->name) < JSON_NAME_BYTES);
        }
    } else {
        FUZZ_CHECK(json.error[0]);
    }
    const int file = memfd_create("fuzz", 0);
    FUZZ_CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const enum manifest_verdict verdict = manifest_check(path, &json, reason);
    FUZZ_CHECK(verdict != MANIFEST_GOOD && reason[0]); /* for no file has the checksum that stands in it by chance */
    close(file);
    return 0;
}
