/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "backend_xrt_xclbin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Where things stand in the file. */
#define LENGTH_AT 304u
#define MODE_AT 332u
#define SECTIONS_AT 448u
#define TABLE_AT 456u
#define ENTRY_BYTES 40u
#define OFFSET_IN_ENTRY 24u
#define SIZE_IN_ENTRY 32u
#define MAX_SECTIONS 0x10000u

#define MODE_HW_EMULATION 4u
#define MODE_SW_EMULATION 5u

static uint64_t get_le(const unsigned char *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static bool sections_are_inside(FILE *f, uint64_t count, uint64_t size)
{
    if (count == 0 || count > MAX_SECTIONS || TABLE_AT + ENTRY_BYTES * count > size)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        unsigned char entry[ENTRY_BYTES];
        if (fread(entry, sizeof entry, 1, f) != 1)
            return false;
        const uint64_t offset = get_le(entry + OFFSET_IN_ENTRY, 8), bytes = get_le(entry + SIZE_IN_ENTRY, 8);
        if (offset < TABLE_AT || offset > size || bytes > size - offset)
            return false;
    }
    return true;
}

static enum systole_status check_mode(const char *path, uint64_t mode, struct driver_message *why)
{
    const char *running = getenv("XCL_EMULATION_MODE");
    const bool emulation = mode == MODE_HW_EMULATION || mode == MODE_SW_EMULATION;
    if (emulation == (running != NULL))
        return SYSTOLE_OK;
    return driver_fail(why, SYSTOLE_MISMATCH, "%s is an xclbin for %s, but XCL_EMULATION_MODE is %s%s", path,
                       emulation ? "emulation" : "a card", running ? running : "not set",
                       emulation ? ": start the program with the script `run` beside it" : ": unset it");
}

enum systole_status xrt_xclbin_check(const char *path, struct driver_message *why)
{
    unsigned char head[TABLE_AT];
    struct stat about;
    enum systole_status status = SYSTOLE_IO;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &about) != 0) {
        driver_fail(why, status, "%s: %s", path, strerror(errno));
        goto out;
    }
    status = SYSTOLE_MISMATCH;
    const uint64_t size = (uint64_t)about.st_size;
    if (!S_ISREG(about.st_mode) || fread(head, sizeof head, 1, f) != 1 || memcmp(head, "xclbin2", 8) != 0) {
        driver_fail(why, status, "%s is no xclbin", path);
        goto out;
    }
    const uint64_t length = get_le(head + LENGTH_AT, 8);
    if (length != size) {
        driver_fail(why, status, "%s is an xclbin of %" PRIu64 " bytes, but the file has %" PRIu64 ": copy it again", path, length, size);
        goto out;
    }
    if (!sections_are_inside(f, get_le(head + SECTIONS_AT, 4), size)) {
        driver_fail(why, status, "%s is a damaged xclbin: its sections are not inside it", path);
        goto out;
    }
    status = check_mode(path, get_le(head + MODE_AT, 2), why);
out:
    if (f)
        fclose(f);
    return status;
}
