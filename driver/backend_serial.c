/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end serial: a board on a serial line (bitstreams/ulx3s). Its registers and its memory are reached by the requests of
 * serial_link.def; memory is copied, never mapped. Options: baud, timeout (ms without a byte), tries.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backend.h"
#include "serial_line.h"

#define DEFAULT_BAUD 3000000u
#define DEFAULT_TIMEOUT_MS 500u
#define DEFAULT_TRIES 4u
#define MOST_TIMEOUT_MS 600000u
#define MOST_TRIES 100u
#define FIRST_ADDRESS SYSTOLE_BUFFER_ALIGN /* nothing is at 0: an address that was never set is caught */
#define BOARDS "/dev/serial/by-id/*ULX3S*"

/* A piece of the board's memory that is in use; in the order of their addresses. */
struct piece {
    struct piece *next;
    uint64_t address, size;
};

struct backend_state {
    struct serial_line line;
    char device[TARGET_BYTES];
    uint64_t memory_bytes;
    struct piece *pieces;
};

/* ---- opening ---- */

static enum systole_status take_number(const struct driver_target *target, char *options, const char *name, uint32_t most, uint32_t *out,
                                       struct driver_message *why)
{
    char value[TARGET_BYTES];
    if (!driver_target_take(options, name, value))
        return SYSTOLE_OK;
    char *end = NULL;
    const unsigned long n = strtoul(value, &end, 10);
    if (*end != '\0' || value[0] < '0' || value[0] > '9' || n < 1 || n > most)
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": %s is a number from 1 to %u, not \"%s\"", target->text, name,
                           (unsigned)most, value);
    *out = (uint32_t)n;
    return SYSTOLE_OK;
}

static enum systole_status read_options(const struct driver_target *target, struct serial_line *line, struct driver_message *why)
{
    char options[TARGET_BYTES];
    memcpy(options, target->options, sizeof options);
    if (target->name[0] == '\0')
        return driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": which line? serial:/dev/ttyUSB0 names one", target->text);
    enum systole_status status = take_number(target, options, "baud", UINT32_MAX, &line->baud, why);
    if (status == SYSTOLE_OK)
        status = take_number(target, options, "timeout", MOST_TIMEOUT_MS, &line->timeout_ms, why);
    if (status == SYSTOLE_OK)
        status = take_number(target, options, "tries", MOST_TRIES, &line->tries, why);
    if (status == SYSTOLE_OK && options[0] != '\0')
        status = driver_fail(why, SYSTOLE_BAD_DEVICE, "device \"%s\": no such option: \"%s\"; there are baud, timeout and tries", target->text,
                             options);
    return status;
}

static enum systole_status ask_info(struct serial_line *line, uint32_t word, uint32_t *value, struct driver_message *why)
{
    const struct serial_request r = {.op = SERIAL_OP_INFO, .address = word};
    return serial_line_ask(line, &r, value, why);
}

static enum systole_status look(struct backend_state *s, struct backend_opened *out, struct driver_message *why)
{
    uint32_t info[SERIAL_INFO_WORDS];
    for (uint32_t i = 0; i < SERIAL_INFO_WORDS; i++) {
        const enum systole_status status = ask_info(&s->line, i, &info[i], why);
        if (status != SYSTOLE_OK)
            return status;
        if (i == SERIAL_INFO_LINK && info[i] != SERIAL_VERSION)
            return driver_fail(why, SYSTOLE_MISMATCH, "device \"%s\": its link is of version 0x%08" PRIx32 ", this library's is 0x%08x",
                               s->device, info[i], (unsigned)SERIAL_VERSION);
    }
    s->memory_bytes = info[SERIAL_INFO_MEMORY_BYTES];
    snprintf(out->detail, sizeof out->detail, "%" PRIu32 " bytes of memory, %" PRIu32 " Hz, %u baud, %" PRIu32 " frames dropped since its reset",
             info[SERIAL_INFO_MEMORY_BYTES], info[SERIAL_INFO_CLOCK_HZ], (unsigned)s->line.baud, info[SERIAL_INFO_ERRORS]);
    return SYSTOLE_OK;
}

static void serial_close(struct backend_state *s)
{
    if (!s)
        return;
    while (s->pieces) {
        struct piece *p = s->pieces;
        s->pieces = p->next;
        driver_free(p);
    }
    serial_line_close(&s->line);
    driver_free(s);
}

static enum systole_status serial_open(const struct driver_target *target, struct backend_opened *out, struct driver_message *why)
{
    struct backend_state *s = driver_alloc(sizeof *s);
    if (!s)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for a device: %zu bytes", sizeof *s);
    memcpy(s->device, target->text, sizeof s->device);
    s->line = (struct serial_line){.fd = -1, .device = s->device, .baud = DEFAULT_BAUD, .timeout_ms = DEFAULT_TIMEOUT_MS,
                                   .tries = DEFAULT_TRIES};
    enum systole_status status = read_options(target, &s->line, why);
    if (status == SYSTOLE_OK)
        status = serial_line_open(&s->line, target->name, why);
    if (status == SYSTOLE_OK)
        status = look(s, out, why);
    if (status != SYSTOLE_OK) {
        serial_close(s);
        return status;
    }
    out->state = s;
    return SYSTOLE_OK;
}

/* By the name that the adapter of the board gives itself: nothing is opened, for the line may be another program's. */
static size_t serial_list(const char *backend, backend_found_fn *found, void *user, struct driver_message *why)
{
    glob_t lines = {.gl_pathc = 0};
    size_t count = 0;
    (void)backend;
    if (glob(BOARDS, 0, NULL, &lines) == 0) {
        for (; count < lines.gl_pathc; count++)
            found(user, lines.gl_pathv[count], "a ULX3S by its name, not opened");
    }
    globfree(&lines);
    if (count == 0)
        driver_fail(why, SYSTOLE_NOT_FOUND, "there is no " BOARDS "; serial:/dev/ttyUSB0 names a line");
    return count;
}

/* ---- registers ---- */

static enum systole_status serial_read_reg(struct backend_state *s, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    const struct serial_request r = {.op = SERIAL_OP_READ_REGISTER, .address = offset};
    return serial_line_ask(&s->line, &r, value, why);
}

static enum systole_status serial_write_reg(struct backend_state *s, uint32_t offset, uint32_t value, struct driver_message *why)
{
    const struct serial_request r = {.op = SERIAL_OP_WRITE_REGISTER, .address = offset, .value = value};
    return serial_line_ask(&s->line, &r, NULL, why);
}

/* ---- memory ---- */

static enum systole_status clear(struct backend_state *s, uint64_t address, uint64_t size, struct driver_message *why)
{
    for (uint64_t blocks = size / SERIAL_BLOCK_BYTES; blocks > 0;) {
        const uint32_t n = blocks < SERIAL_MOST_BLOCKS ? (uint32_t)blocks : SERIAL_MOST_BLOCKS;
        const struct serial_request r = {.op = SERIAL_OP_ZERO_MEMORY, .count = n, .address = (uint32_t)address};
        const enum systole_status status = serial_line_ask(&s->line, &r, NULL, why);
        if (status != SYSTOLE_OK)
            return status;
        address += (uint64_t)n * SERIAL_BLOCK_BYTES;
        blocks -= n;
    }
    return SYSTOLE_OK;
}

/* The first gap that is large enough. */
static enum systole_status serial_alloc(struct backend_state *s, uint64_t size, struct backend_memory *out, struct driver_message *why)
{
    uint64_t address = FIRST_ADDRESS, in_use = 0;
    struct piece **at = &s->pieces, *p = driver_alloc(sizeof *p);
    if (!p)
        return driver_fail(why, SYSTOLE_NO_MEMORY, "no memory for the handle of a buffer of %" PRIu64 " bytes", size);
    for (; *at && (*at)->address - address < size; at = &(*at)->next)
        address = (*at)->address + (*at)->size;
    if (address > s->memory_bytes || size > s->memory_bytes - address) {
        for (const struct piece *q = s->pieces; q; q = q->next)
            in_use += q->size;
        driver_free(p);
        return driver_fail(why, SYSTOLE_NO_MEMORY, "device \"%s\": no place for a buffer of %" PRIu64 " bytes: of the board's %" PRIu64
                           " bytes %" PRIu64 " are in use", s->device, size, s->memory_bytes, in_use);
    }
    const enum systole_status status = clear(s, address, size, why);
    if (status != SYSTOLE_OK) {
        driver_free(p);
        return status;
    }
    *p = (struct piece){*at, address, size};
    *at = p;
    *out = (struct backend_memory){.address = address, .handle = p};
    return SYSTOLE_OK;
}

static void serial_free(struct backend_state *s, const struct backend_memory *memory)
{
    struct piece *p = memory->handle, **at = &s->pieces;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    driver_free(p);
}

static enum systole_status copy(struct backend_state *s, uint8_t op, uint64_t address, const char *from, char *to, size_t size,
                                struct driver_message *why)
{
    enum systole_status status = SYSTOLE_OK;
    for (size_t done = 0, n; status == SYSTOLE_OK && done < size; done += n) {
        n = size - done < SERIAL_MOST_BYTES ? size - done : SERIAL_MOST_BYTES;
        const struct serial_request r = {.op = op, .count = (uint32_t)n, .address = (uint32_t)(address + done),
                                         .out = from ? from + done : NULL, .in = to ? to + done : NULL};
        status = serial_line_ask(&s->line, &r, NULL, why);
    }
    return status;
}

static enum systole_status serial_copy_in(struct backend_state *s, const struct backend_memory *memory, uint64_t offset, const void *from,
                                          size_t size, struct driver_message *why)
{
    return copy(s, SERIAL_OP_WRITE_MEMORY, memory->address + offset, from, NULL, size, why);
}

static enum systole_status serial_copy_out(struct backend_state *s, const struct backend_memory *memory, uint64_t offset, void *to,
                                           size_t size, struct driver_message *why)
{
    return copy(s, SERIAL_OP_READ_MEMORY, memory->address + offset, NULL, to, size, why);
}

extern const struct backend_ops driver_backend_serial;
const struct backend_ops driver_backend_serial = {
    .abi = BACKEND_ABI, .size = sizeof(struct backend_ops), .list = serial_list, .open = serial_open, .close = serial_close,
    .read_reg = serial_read_reg, .write_reg = serial_write_reg, .alloc = serial_alloc, .free = serial_free, .copy_in = serial_copy_in,
    .copy_out = serial_copy_out,
};
