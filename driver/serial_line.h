/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A serial line to a board, and the requests of serial_link.def over it. Every request is answered or it fails: what is lost or
 * damaged on the way is sent again. After a failure the line stays as it is until it is closed, and everything fails at once.
 */
#ifndef SYSTOLE_DRIVER_SERIAL_LINE_H
#define SYSTOLE_DRIVER_SERIAL_LINE_H

#include "message.h"

enum {
#define SERIAL_LINK(name, bits, value, text) SERIAL_##name = (value),
#include "serial_link.def"
#undef SERIAL_LINK
};

/* What one request carries at most. */
#define SERIAL_MOST_BYTES 1024u
#define SERIAL_BLOCK_BYTES 64u
#define SERIAL_MOST_BLOCKS 4096u

struct serial_line {
    int fd; /* -1: closed */
    const char *device; /* the whole device string, for messages */
    uint32_t baud, timeout_ms, tries;
    uint8_t number; /* of the last request */
    bool lost;
    uint64_t retries; /* requests that were sent again */
};

/* The baud rates that there are, in words, for messages and documents. */
extern const char serial_line_rates[];

/*
 * Opens a terminal and sets it: raw, eight bits, no parity, no flow control. Takes it for this process alone: BUSY. NOT_FOUND, IO;
 * BAD_DEVICE for a rate that there is not.
 */
enum systole_status serial_line_open(struct serial_line *line, const char *path, struct driver_message *why);
void serial_line_close(struct serial_line *line);

struct serial_request {
    uint8_t op;
    uint32_t count, address, value;
    const void *out; /* `count` bytes that go with it, or NULL */
    void *in;        /* where `count` bytes that are answered go, or NULL */
};

/* CRC-32, as in zlib. */
uint32_t serial_line_crc(const uint8_t *bytes, size_t size);

/* IO when it was not answered; else what is answered, and `value` from it. */
enum systole_status serial_line_ask(struct serial_line *line, const struct serial_request *request, uint32_t *value,
                                    struct driver_message *why);

#endif
