/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two sockets of XRT's hardware emulation, seen from the simulator: requests come on the first, with their headers. The
 * second is for what the device would begin by itself; here only the word that the simulation is over.
 */
#ifndef SYSTOLE_XRT_WIRE_H
#define SYSTOLE_XRT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX_BODY (256u << 20) /* of a request: XRT cuts transfers into far smaller ones */

struct wire {
    int requests, events; /* file descriptors */
    uint8_t *body;        /* of the last request */
    size_t capacity;
};

struct wire_request {
    uint32_t call;
    const uint8_t *body;
    size_t size;
};

enum wire_got { WIRE_REQUEST, WIRE_CLOSED, WIRE_BROKEN };

/* Connects to both sockets, waiting up to `seconds` for them to be there. 0, or -1 with the reason on stderr. */
int wire_connect(struct wire *w, unsigned seconds);
void wire_close(struct wire *w);

/* The next request. BROKEN, said on stderr, when it is no request. */
enum wire_got wire_receive(struct wire *w, struct wire_request *out);

/* 0, or -1 when the other side is gone. */
int wire_reply(struct wire *w, const uint8_t *body, size_t size);

/* Tells the other side that no more will come. */
void wire_say_over(struct wire *w);

#endif
