/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What XRT's hardware emulation starts in place of a vendor's simulator: it connects to the program's sockets and answers them
 * with a card whose compute units are models of this device. systole-xclbin puts it, with a model's library, into an xclbin.
 *
 * This process answers; memory is its own. Another one simulates (link.h). Should that one die, the card is gone, not the answers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emulation.pb-c.h"
#include "link.h"
#include "wire.h"

#define CONNECT_SECONDS 60u
#define MAX_TRANSFER (64u << 20) /* bytes in one reply */

enum call {
    CALL_CLOSE = 1,
    CALL_COPY_IN = 6,
    CALL_COPY_OUT = 7,
    CALL_WRITE_MEMORY = 8,
    CALL_WRITE_REGISTERS = 9,
    CALL_READ_MEMORY = 10,
    CALL_READ_REGISTERS = 11,
    CALL_PROFILE_FIRST = 14, /* counters and traces of the platform's own monitors: there are none */
    CALL_PROFILE_LAST = 16,
    CALL_TIMESTAMP = 17,
    CALL_BUS_STATUS = 18,
    CALL_MESSAGES = 19,
    CALL_STREAM_COUNTERS = 32,
    CALL_STREAM_TRACE = 33,
    CALL_WRITE_REGISTER = 51,
    CALL_READ_REGISTER = 52,
};

struct server {
    struct wire wire;
    struct link link;
    struct card_options card;
    uint8_t *out; /* the reply in the making */
    size_t capacity;
    uint64_t requests;
};

/* ---- replies ---- */

static int reply(struct server *s, const ProtobufCMessage *message)
{
    const size_t size = protobuf_c_message_get_packed_size(message);
    if (size > s->capacity) {
        uint8_t *larger = realloc(s->out, size);
        if (!larger)
            return -1;
        s->out = larger;
        s->capacity = size;
    }
    protobuf_c_message_pack(message, s->out);
    return wire_reply(&s->wire, s->out, size);
}

static int acknowledge(struct server *s)
{
    Emu__Acknowledge message = EMU__ACKNOWLEDGE__INIT;
    message.valid = 1;
    return reply(s, &message.base);
}

static int bad_request(const struct wire_request *r)
{
    fprintf(stderr, "systole-xrt-server: request %u with %zu bytes is not understood\n", (unsigned)r->call, r->size);
    return -1;
}

/* ---- memory ---- */

/* Memory of the card; NULL where a part is outside. */
static uint8_t *memory_at(struct server *s, const char *what, uint64_t address, uint64_t size)
{
    const struct card_options *c = &s->card;
    if (address >= c->memory_base && size <= c->memory_size && address - c->memory_base <= c->memory_size - size)
        return (uint8_t *)c->memory + (address - c->memory_base);
    fprintf(stderr, "systole-xrt-server: %s of %" PRIu64 " bytes at 0x%" PRIx64 " is outside the card's memory\n", what, size,
            address);
    return NULL;
}

static void put_memory(struct server *s, uint64_t address, const uint8_t *data, uint64_t size)
{
    uint8_t *to = memory_at(s, "a write", address, size);
    if (to)
        memcpy(to, data, size);
}

/* Bytes of memory, all ones where there is none. `spare` is the caller's to free. NULL without memory for them. */
static uint8_t *get_memory(struct server *s, uint64_t address, uint64_t size, uint8_t **spare)
{
    uint8_t *from = memory_at(s, "a read", address, size);
    *spare = NULL;
    if (from)
        return from;
    *spare = malloc(size ? size : 1);
    return *spare ? memset(*spare, 0xff, size) : NULL;
}

static int copy_in(struct server *s, const struct wire_request *r)
{
    Emu__CopyIn *m = emu__copy_in__unpack(NULL, r->size, r->body);
    if (!m || m->data.len < m->size) {
        if (m)
            emu__copy_in__free_unpacked(m, NULL);
        return bad_request(r);
    }
    put_memory(s, m->address + m->offset, m->data.data, m->size);
    Emu__CopyInReply message = EMU__COPY_IN_REPLY__INIT;
    message.size = m->size;
    emu__copy_in__free_unpacked(m, NULL);
    return reply(s, &message.base);
}

static int copy_out(struct server *s, const struct wire_request *r)
{
    Emu__CopyOut *m = emu__copy_out__unpack(NULL, r->size, r->body);
    Emu__CopyOutReply message = EMU__COPY_OUT_REPLY__INIT;
    const uint64_t address = m ? m->address + m->offset : 0;
    message.size = m ? m->size : UINT64_MAX;
    if (m)
        emu__copy_out__free_unpacked(m, NULL);
    if (message.size > MAX_TRANSFER)
        return bad_request(r);
    uint8_t *spare;
    message.data.len = message.size;
    message.data.data = get_memory(s, address, message.size, &spare);
    const int result = message.data.data ? reply(s, &message.base) : -1;
    free(spare);
    return result;
}

/* ---- words: of memory, of registers ---- */

static void put_registers(struct server *s, uint64_t address, const ProtobufCBinaryData *data)
{
    for (size_t i = 0; i + 4 <= data->len; i += 4) {
        uint32_t value;
        memcpy(&value, data->data + i, sizeof value);
        link_write(&s->link, address + i, value);
    }
}

static int write_words(struct server *s, const struct wire_request *r)
{
    Emu__Write *m = emu__write__unpack(NULL, r->size, r->body);
    if (!m)
        return bad_request(r);
    if (r->call == CALL_WRITE_MEMORY)
        put_memory(s, m->address, m->data.data, m->data.len);
    else
        put_registers(s, m->address, &m->data);
    emu__write__free_unpacked(m, NULL);
    return acknowledge(s);
}

static int reply_registers(struct server *s, const struct wire_request *r, uint64_t address, uint32_t size)
{
    Emu__ReadReply message = EMU__READ_REPLY__INIT;
    uint32_t values[CARD_UNIT_BYTES / 4];
    if (size > sizeof values)
        return bad_request(r);
    for (uint32_t i = 0; i < (size + 3) / 4; i++)
        values[i] = link_read(&s->link, address + 4 * (uint64_t)i);
    message.valid = message.has_data = 1;
    message.data = (ProtobufCBinaryData){.len = size, .data = (uint8_t *)values};
    return reply(s, &message.base);
}

static int read_words(struct server *s, const struct wire_request *r)
{
    Emu__Read *m = emu__read__unpack(NULL, r->size, r->body);
    if (!m)
        return bad_request(r);
    const uint64_t address = m->address;
    const uint32_t size = m->size;
    emu__read__free_unpacked(m, NULL);
    if (r->call == CALL_READ_REGISTERS)
        return reply_registers(s, r, address, size);
    if (size > MAX_TRANSFER)
        return bad_request(r);
    uint8_t *spare;
    Emu__ReadReply message = EMU__READ_REPLY__INIT;
    message.valid = message.has_data = 1;
    message.data = (ProtobufCBinaryData){.len = size, .data = get_memory(s, address, size, &spare)};
    const int result = message.data.data ? reply(s, &message.base) : -1;
    free(spare);
    return result;
}

static int write_register(struct server *s, const struct wire_request *r)
{
    Emu__RegisterWrite *m = emu__register_write__unpack(NULL, r->size, r->body);
    if (!m)
        return bad_request(r);
    put_registers(s, (uint64_t)m->unit + m->offset, &m->data);
    emu__register_write__free_unpacked(m, NULL);
    return acknowledge(s);
}

static int read_register(struct server *s, const struct wire_request *r)
{
    Emu__RegisterRead *m = emu__register_read__unpack(NULL, r->size, r->body);
    if (!m)
        return bad_request(r);
    const uint64_t address = (uint64_t)m->unit + m->offset;
    const uint32_t size = m->size;
    emu__register_read__free_unpacked(m, NULL);
    return reply_registers(s, r, address, size);
}

static int timestamp(struct server *s)
{
    Emu__TimestampReply message = EMU__TIMESTAMP_REPLY__INIT;
    message.device_timestamp = s->requests;
    return reply(s, &message.base);
}

/* ---- the course of it ---- */

/* 0, 1 when it was the last, or -1. */
static int answer(struct server *s, const struct wire_request *r)
{
    s->requests++;
    switch (r->call) {
    case CALL_COPY_IN: return copy_in(s, r);
    case CALL_COPY_OUT: return copy_out(s, r);
    case CALL_WRITE_MEMORY:
    case CALL_WRITE_REGISTERS: return write_words(s, r);
    case CALL_READ_MEMORY:
    case CALL_READ_REGISTERS: return read_words(s, r);
    case CALL_WRITE_REGISTER: return write_register(s, r);
    case CALL_READ_REGISTER: return read_register(s, r);
    case CALL_TIMESTAMP: return timestamp(s);
    case CALL_PROFILE_FIRST:
    case CALL_PROFILE_FIRST + 1:
    case CALL_PROFILE_LAST:
    case CALL_BUS_STATUS:
    case CALL_MESSAGES:
    case CALL_STREAM_COUNTERS:
    case CALL_STREAM_TRACE: return wire_reply(&s->wire, NULL, 0);
    case CALL_CLOSE:
        /* Its files are whole before the program goes on. */
        link_end(&s->link);
        if (acknowledge(s) == 0)
            wire_say_over(&s->wire);
        return 1;
    default: return acknowledge(s);
    }
}

/* Until the program closes the card, or is gone itself. 0, or -1. */
static int serve(struct server *s)
{
    for (;;) {
        struct wire_request r;
        const enum wire_got got = wire_receive(&s->wire, &r);
        if (got != WIRE_REQUEST)
            return got == WIRE_CLOSED ? 0 : -1;
        const int result = answer(s, &r);
        if (result != 0)
            return result < 0 ? -1 : 0;
    }
}

/* Shared with the simulation. Pages of it that nobody touches are never made. */
static int map_memory(struct card_options *c)
{
    c->memory = mmap(NULL, c->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (c->memory != MAP_FAILED)
        return 0;
    fprintf(stderr, "systole-xrt-server: cannot map %" PRIu64 " bytes: %s\n", c->memory_size, strerror(errno));
    return -1;
}

/* ---- arguments ---- */

static int usage(const char *what, const char *which)
{
    fprintf(stderr, "systole-xrt-server: %s %s\n"
                    "usage: systole-xrt-server --library FILE --memory BASE,SIZE --cu BASE [--cu BASE ...] [--options TEXT]\n",
            what, which);
    return 2;
}

static int parse(int argc, char **argv, struct card_options *o)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        char *value = argv[i + 1], *end = NULL;
        if (strcmp(argv[i], "--library") == 0) {
            o->library = value;
        } else if (strcmp(argv[i], "--options") == 0) {
            o->model = value;
        } else if (strcmp(argv[i], "--memory") == 0) {
            o->memory_base = strtoull(value, &end, 0);
            if (*end != ',')
                return usage("no BASE,SIZE:", value);
            o->memory_size = strtoull(end + 1, NULL, 0);
        } else if (strcmp(argv[i], "--cu") == 0 && o->units < CARD_MAX_UNITS) {
            o->unit_base[o->units++] = strtoull(value, NULL, 0);
        } else {
            return usage("not understood:", argv[i]);
        }
    }
    if (argc % 2 == 0 || !o->library || o->units == 0 || o->memory_size == 0 || o->memory_size % 64 != 0 || o->memory_base % 64 != 0)
        return usage("an argument is missing, or not a multiple of 64", "");
    return 0;
}

int main(int argc, char **argv)
{
    struct server s = {.link = {.fd = -1}};
    int code = parse(argc, argv, &s.card);
    if (code != 0)
        return code;
    /* The program is the process that started this one; where it works is where its user looks for files. */
    char link[64], directory[4096];
    snprintf(link, sizeof link, "/proc/%ld/cwd", (long)getppid());
    const ssize_t length = readlink(link, directory, sizeof directory - 1);
    snprintf(directory + (length > 0 ? length : 0), 2, "%s", length > 0 ? "" : ".");
    signal(SIGPIPE, SIG_IGN);
    if (map_memory(&s.card) != 0 || wire_connect(&s.wire, CONNECT_SECONDS) != 0 || link_start(&s.link, &s.card, directory) != 0)
        return 1;
    code = serve(&s) == 0 ? 0 : 1;
    link_end(&s.link);
    free(s.out);
    wire_close(&s.wire);
    return code;
}
