/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Both headers are protocol buffers too, of fixed size: a tag and a 64-bit size, then in requests a tag and a 32-bit call. */
#define TAG_SIZE 0x09u
#define TAG_CALL 0x15u
#define REQUEST_HEADER 14u
#define REPLY_HEADER 9u
#define CALL_OVER 1u
#define RETRY_US 10000u

static int connect_to(const char *path, unsigned seconds)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "systole-xrt-server: the socket's name is too long: %s\n", path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int error = 0;
    for (uint64_t waited = 0; waited < (uint64_t)seconds * 1000000u; waited += RETRY_US) {
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        error = errno;
        if (fd >= 0)
            close(fd);
        usleep(RETRY_US);
    }
    fprintf(stderr, "systole-xrt-server: cannot connect to %s for %u s: %s\n", path, seconds, strerror(error));
    return -1;
}

int wire_connect(struct wire *w, unsigned seconds)
{
    const char *user = getenv("USER"), *id = getenv("EMULATION_SOCKETID");
    char requests[512], events[512];
    *w = (struct wire){.requests = -1, .events = -1};
    if (!id) {
        fprintf(stderr, "systole-xrt-server: EMULATION_SOCKETID is not set: XRT's hardware emulation starts this program\n");
        return -1;
    }
    if (user) {
        snprintf(requests, sizeof requests, "/tmp/%s/%s", user, id);
        snprintf(events, sizeof events, "/tmp/%s/D2X_unix_sock_%s", user, id);
    } else {
        snprintf(requests, sizeof requests, "/tmp/xcl_sock");
        snprintf(events, sizeof events, "/tmp/D2X_unix_sock_%s", id);
    }
    w->requests = connect_to(requests, seconds);
    if (w->requests >= 0)
        w->events = connect_to(events, seconds);
    return w->events >= 0 ? 0 : -1;
}

void wire_close(struct wire *w)
{
    if (w->requests >= 0)
        close(w->requests);
    if (w->events >= 0)
        close(w->events);
    free(w->body);
    *w = (struct wire){.requests = -1, .events = -1};
}

/* All of it; 0, or -1 at the end of the stream. */
static int read_all(int fd, uint8_t *to, size_t size)
{
    while (size > 0) {
        const ssize_t n = read(fd, to, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        to += n;
        size -= (size_t)n;
    }
    return 0;
}

static int send_all(int fd, const uint8_t *from, size_t size, int flags)
{
    while (size > 0) {
        const ssize_t n = send(fd, from, size, MSG_NOSIGNAL | flags);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        from += n;
        size -= (size_t)n;
    }
    return 0;
}

static uint64_t get_le(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void put_le(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static int reserve(struct wire *w, size_t size)
{
    if (size <= w->capacity)
        return 0;
    uint8_t *larger = realloc(w->body, size);
    if (!larger)
        return -1;
    w->body = larger;
    w->capacity = size;
    return 0;
}

enum wire_got wire_receive(struct wire *w, struct wire_request *out)
{
    uint8_t header[REQUEST_HEADER];
    if (read_all(w->requests, header, sizeof header) != 0)
        return WIRE_CLOSED;
    const uint64_t size = get_le(header + 1, 8);
    if (header[0] != TAG_SIZE || header[9] != TAG_CALL || size > WIRE_MAX_BODY) {
        fprintf(stderr, "systole-xrt-server: no header of a request: tags 0x%02x, 0x%02x, size %" PRIu64 "\n", header[0], header[9],
                size);
        return WIRE_BROKEN;
    }
    if (reserve(w, (size_t)size) != 0) {
        fprintf(stderr, "systole-xrt-server: no memory for a request of %" PRIu64 " bytes\n", size);
        return WIRE_BROKEN;
    }
    if (read_all(w->requests, w->body, (size_t)size) != 0)
        return WIRE_CLOSED;
    *out = (struct wire_request){.call = (uint32_t)get_le(header + 10, 4), .body = w->body, .size = (size_t)size};
    return WIRE_REQUEST;
}

int wire_reply(struct wire *w, const uint8_t *body, size_t size)
{
    uint8_t header[REPLY_HEADER] = {TAG_SIZE};
    put_le(header + 1, size, 8);
    /* Header and body in one packet: the other side waits for both. */
    if (send_all(w->requests, header, sizeof header, size > 0 ? MSG_MORE : 0) != 0)
        return -1;
    return send_all(w->requests, body, size, 0);
}

void wire_say_over(struct wire *w)
{
    uint8_t header[REQUEST_HEADER] = {TAG_SIZE};
    header[9] = TAG_CALL;
    put_le(header + 10, CALL_OVER, 4);
    send_all(w->events, header, sizeof header, 0);
}
