/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "xclbin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../driver/backend_xrt_kernel.h"
#include "kernel_xml.h"

#define PREFIX_BYTES 304u
#define HEADER_BYTES 152u
#define SECTION_BYTES 40u
#define ALIGN 8u
#define MODE_HW_EMULATION 4u
#define MEMORY_DDR4 1u
#define UNIT_KERNEL 1u
#define CONNECTIONS SYSTOLE_WINDOWS /* of each unit: its pointers */

enum section_kind {
    SECTION_BITSTREAM = 0,
    SECTION_METADATA = 2,
    SECTION_MEMORY = 6,
    SECTION_CONNECTIVITY = 7,
    SECTION_UNITS = 8,
    SECTION_KEYVALUE = 15,
    SECTION_GROUPS = 26,
    SECTION_GROUP_CONNECTIVITY = 27,
};

struct section {
    enum section_kind kind;
    const char *name;
    struct bytes data;
};

/* ---- the archive: files as they are, not compressed ---- */

struct archived {
    uint32_t crc, size, offset;
};

static const char *const archive_names[] = {"behav_waveform/xsim/simulate.sh", "behav_waveform/xsim/systole-xrt-server",
                                            "behav_waveform/xsim/device.so"};
#define ARCHIVED (sizeof archive_names / sizeof archive_names[0])
#define ZIP_VERSION 20u
#define ZIP_DATE 0x21u /* 1 January 1980: the same input gives the same file */
#define UNIX_EXECUTABLE (0100755u << 16)

static void zip_common(struct bytes *zip, const struct archived *a, const char *name)
{
    bytes_le(zip, ZIP_VERSION, 2);
    bytes_le(zip, 0, 4); /* flags; method: stored */
    bytes_le(zip, 0, 2);
    bytes_le(zip, ZIP_DATE, 2);
    bytes_le(zip, a->crc, 4);
    bytes_le(zip, a->size, 4);
    bytes_le(zip, a->size, 4);
    bytes_le(zip, strlen(name), 2);
    bytes_le(zip, 0, 2); /* extra */
}

static void make_archive(const struct bytes *files[ARCHIVED], struct bytes *zip)
{
    struct archived entries[ARCHIVED];
    for (size_t i = 0; i < ARCHIVED; i++) {
        const struct bytes *f = files[i];
        entries[i] = (struct archived){(uint32_t)crc32(0, f->data, (uInt)f->size), (uint32_t)f->size, (uint32_t)zip->size};
        bytes_le(zip, 0x04034b50u, 4);
        zip_common(zip, &entries[i], archive_names[i]);
        bytes_add(zip, archive_names[i], strlen(archive_names[i]));
        bytes_add(zip, f->data, f->size);
    }
    const size_t directory = zip->size;
    for (size_t i = 0; i < ARCHIVED; i++) {
        bytes_le(zip, 0x02014b50u, 4);
        bytes_le(zip, 3u << 8 | ZIP_VERSION, 2); /* made on UNIX: the attributes below are a mode */
        zip_common(zip, &entries[i], archive_names[i]);
        bytes_le(zip, 0, 6); /* comment, disk, internal attributes */
        bytes_le(zip, UNIX_EXECUTABLE, 4);
        bytes_le(zip, entries[i].offset, 4);
        bytes_add(zip, archive_names[i], strlen(archive_names[i]));
    }
    const size_t size = zip->size - directory;
    bytes_le(zip, 0x06054b50u, 4);
    bytes_le(zip, 0, 4);
    bytes_le(zip, ARCHIVED, 2);
    bytes_le(zip, ARCHIVED, 2);
    bytes_le(zip, size, 4);
    bytes_le(zip, directory, 4);
    bytes_le(zip, 0, 2);
}

static uint64_t unit_base(unsigned unit)
{
    return XCLBIN_UNIT_BASE + (uint64_t)CARD_UNIT_BYTES * unit;
}

static void make_bitstream(const struct xclbin_design *d, struct bytes *out)
{
    struct bytes script = {.data = NULL};
    char line[160];
    const char *begin = "#!/bin/sh\nexec ./systole-xrt-server --library ./device.so";
    bytes_add(&script, begin, strlen(begin));
    snprintf(line, sizeof line, " --memory 0x%" PRIx64 ",0x%" PRIx64, (uint64_t)XCLBIN_MEMORY_BASE, d->memory_size);
    bytes_add(&script, line, strlen(line));
    for (unsigned i = 0; i < d->units; i++) {
        snprintf(line, sizeof line, " --cu 0x%" PRIx64, unit_base(i));
        bytes_add(&script, line, strlen(line));
    }
    bytes_add(&script, " --options '", 12);
    bytes_add(&script, d->options, strlen(d->options));
    bytes_add(&script, "'\n", 2);
    const struct bytes *files[ARCHIVED] = {&script, d->server, d->library};
    make_archive(files, out);
    out->failed |= script.failed;
    bytes_free(&script);
}

/* ---- the tables ---- */

static void make_metadata(const struct xclbin_design *d, struct bytes *out)
{
    uint64_t bases[CARD_MAX_UNITS];
    char *text = NULL;
    size_t size = 0;
    for (unsigned i = 0; i < d->units; i++)
        bases[i] = unit_base(i);
    FILE *f = open_memstream(&text, &size);
    if (!f) {
        out->failed = true;
        return;
    }
    kernel_xml_xclbin(f, d->axi_bytes, bases, d->units);
    if (fclose(f) != 0)
        out->failed = true;
    bytes_add(out, text, size);
    free(text);
}

static void make_memory(const struct xclbin_design *d, struct bytes *out)
{
    bytes_le(out, 1, 4);
    bytes_le(out, 0, 4);
    bytes_le(out, MEMORY_DDR4, 1);
    bytes_le(out, 1, 1); /* used */
    bytes_le(out, 0, 6);
    bytes_le(out, d->memory_size / 1024, 8);
    bytes_le(out, XCLBIN_MEMORY_BASE, 8);
    bytes_text(out, "bank0", 16);
}

static void make_connectivity(const struct xclbin_design *d, struct bytes *out)
{
    bytes_le(out, (uint64_t)CONNECTIONS * d->units, 4);
    for (unsigned u = 0; u < d->units; u++)
        for (unsigned arg = 0; arg < CONNECTIONS; arg++) {
            bytes_le(out, arg, 4);
            bytes_le(out, u, 4);
            bytes_le(out, 0, 4); /* the bank */
        }
}

static void make_units(const struct xclbin_design *d, struct bytes *out)
{
    bytes_le(out, d->units, 4);
    bytes_le(out, 0, 4);
    for (unsigned u = 0; u < d->units; u++) {
        char name[64];
        snprintf(name, sizeof name, "%s:%s_%u", XRT_KERNEL_NAME, XRT_KERNEL_NAME, u + 1);
        bytes_le(out, UNIT_KERNEL, 4);
        bytes_le(out, 0, 4); /* ap_ctrl_hs, no interrupt */
        bytes_le(out, unit_base(u), 8);
        bytes_text(out, name, 64);
    }
}

/* ---- the file ---- */

/* FNV-1a over all sections, from two starts: 128 bits that differ when anything does. */
static void identity(const struct section *s, size_t count, struct bytes *out)
{
    uint64_t h[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < s[i].data.size; k++)
            for (unsigned j = 0; j < 2; j++)
                h[j] = (h[j] ^ s[i].data.data[k]) * UINT64_C(0x100000001b3);
    bytes_le(out, h[0], 8);
    bytes_le(out, h[1], 8);
}

static void put_headers(const struct section *s, size_t count, size_t first, size_t total, struct bytes *out)
{
    bytes_add(out, "xclbin2", 8);
    bytes_fill(out, 0xff, 32); /* signature: none; reserved */
    bytes_fill(out, 0, PREFIX_BYTES - 40);
    bytes_le(out, total, 8);
    bytes_fill(out, 0, 16);      /* times: of the file, of the platform */
    bytes_le(out, 0, 2);         /* patch, */
    bytes_le(out, 2, 1);         /* major, */
    bytes_le(out, 13, 1);        /* minor: of the XRT whose format this is */
    bytes_le(out, MODE_HW_EMULATION, 2);
    bytes_le(out, 0, 2);
    bytes_fill(out, 0, 16);      /* interface */
    bytes_text(out, XCLBIN_PLATFORM, 64);
    identity(s, count, out);
    bytes_fill(out, 0, 16);      /* debug file */
    bytes_le(out, count, 4);
    bytes_le(out, 0, 4);
    for (size_t i = 0; i < count; i++) {
        bytes_le(out, s[i].kind, 4);
        bytes_text(out, s[i].name, 16);
        bytes_le(out, 0, 4);
        bytes_le(out, first, 8);
        bytes_le(out, s[i].data.size, 8);
        first += (s[i].data.size + ALIGN - 1) / ALIGN * ALIGN;
    }
}

void xclbin_make(const struct xclbin_design *d, struct bytes *out)
{
    struct section s[] = {
        {.kind = SECTION_BITSTREAM, .name = "bitstream"},  {.kind = SECTION_METADATA, .name = "embedded"},
        {.kind = SECTION_MEMORY, .name = "mem_topology"},  {.kind = SECTION_UNITS, .name = "ip_layout"},
        {.kind = SECTION_CONNECTIVITY, .name = "connect"}, {.kind = SECTION_GROUPS, .name = "group_topo"},
        {.kind = SECTION_GROUP_CONNECTIVITY, .name = "group_conn"}, {.kind = SECTION_KEYVALUE, .name = "keyvalue"},
    };
    const size_t count = sizeof s / sizeof s[0];
    make_bitstream(d, &s[0].data);
    make_metadata(d, &s[1].data);
    make_memory(d, &s[2].data);
    make_units(d, &s[3].data);
    make_connectivity(d, &s[4].data);
    make_memory(d, &s[5].data);
    make_connectivity(d, &s[6].data);
    bytes_add(&s[7].data, d->description, strlen(d->description));
    const size_t first = (PREFIX_BYTES + HEADER_BYTES + SECTION_BYTES * count + ALIGN - 1) / ALIGN * ALIGN;
    size_t total = first;
    for (size_t i = 0; i < count; i++) {
        total += (s[i].data.size + ALIGN - 1) / ALIGN * ALIGN;
        out->failed |= s[i].data.failed;
    }
    put_headers(s, count, first, total, out);
    bytes_align(out, ALIGN);
    for (size_t i = 0; i < count; i++) {
        bytes_add(out, s[i].data.data, s[i].data.size);
        bytes_align(out, ALIGN);
        bytes_free(&s[i].data);
    }
}
