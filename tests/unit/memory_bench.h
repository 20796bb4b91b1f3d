/* SPDX-License-Identifier: Apache-2.0 */
/* A master of the memory model's port, for its tests: wires, a clock, and the four kinds of transfer. */
#ifndef SYSTOLE_TESTS_MEMORY_BENCH_H
#define SYSTOLE_TESTS_MEMORY_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../sim/memory.h"

#define BYTES 64u
#define BASE 0x40000000u
#define SIZE 65536u

/* The wires, and what the master of the tests has seen. */
struct bench {
    struct memory *mem;
    uint64_t edge;
    uint8_t ar_valid, ar_id, ar_len, ar_ready, r_valid, r_id, r_resp, r_last, r_ready;
    uint8_t aw_valid, aw_len, aw_ready, w_valid, w_last, w_ready, b_valid, b_resp, b_ready;
    uint64_t ar_addr, aw_addr, w_strb;
    uint8_t r_data[BYTES], w_data[BYTES];
    uint8_t host[SIZE];
    /* Handshakes at the last edge. */
    int took_ar, took_r, took_aw, took_w, took_b;
};

static inline struct bench *open_bench(const struct memory_options *options)
{
    struct bench *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    const struct memory_port port = {
        .bytes = BYTES,
        .ar_valid = &b->ar_valid, .ar_id = &b->ar_id, .ar_len = &b->ar_len, .ar_addr = &b->ar_addr, .ar_ready = &b->ar_ready,
        .r_valid = &b->r_valid, .r_id = &b->r_id, .r_resp = &b->r_resp, .r_last = &b->r_last, .r_data = b->r_data,
        .r_ready = &b->r_ready,
        .aw_valid = &b->aw_valid, .aw_len = &b->aw_len, .aw_addr = &b->aw_addr, .aw_ready = &b->aw_ready,
        .w_valid = &b->w_valid, .w_last = &b->w_last, .w_data = b->w_data, .w_strb = &b->w_strb, .w_ready = &b->w_ready,
        .b_valid = &b->b_valid, .b_resp = &b->b_resp, .b_ready = &b->b_ready,
    };
    b->mem = memory_create(&port, options);
    assert_non_null(b->mem);
    for (uint32_t i = 0; i < SIZE; i++)
        b->host[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(memory_attach(b->mem, BASE, b->host, SIZE), 0);
    b->r_ready = 1;
    b->b_ready = 1;
    b->w_strb = ~(uint64_t)0;
    return b;
}

static inline void close_bench(struct bench *b)
{
    memory_destroy(b->mem);
    free(b);
}

static inline void cycle(struct bench *b)
{
    b->edge++;
    b->took_ar = b->ar_valid && b->ar_ready;
    b->took_r = b->r_valid && b->r_ready;
    b->took_aw = b->aw_valid && b->aw_ready;
    b->took_w = b->w_valid && b->w_ready;
    b->took_b = b->b_valid && b->b_ready;
    memory_edge(b->mem);
    memory_drive(b->mem);
}

/* Drives AR until it is taken; the edge that took it. */
static inline uint64_t send_ar(struct bench *b, uint64_t addr, uint8_t len, uint8_t id)
{
    b->ar_valid = 1;
    b->ar_addr = addr;
    b->ar_len = len;
    b->ar_id = id;
    do
        cycle(b);
    while (!b->took_ar);
    b->ar_valid = 0;
    return b->edge;
}

static inline uint64_t send_aw(struct bench *b, uint64_t addr, uint8_t len)
{
    b->aw_valid = 1;
    b->aw_addr = addr;
    b->aw_len = len;
    do
        cycle(b);
    while (!b->took_aw);
    b->aw_valid = 0;
    return b->edge;
}

static inline uint64_t send_w(struct bench *b, uint8_t fill, uint8_t last)
{
    b->w_valid = 1;
    b->w_last = last;
    memset(b->w_data, fill, BYTES);
    do
        cycle(b);
    while (!b->took_w);
    b->w_valid = 0;
    return b->edge;
}

/* Clocks until a beat (an answer) arrives, at most `limit` edges; the edge, or 0. Its payload is still on the wires' copies. */
static inline uint64_t wait_r(struct bench *b, unsigned limit, uint8_t *resp, uint8_t data[BYTES])
{
    while (limit-- > 0) {
        *resp = b->r_resp;
        memcpy(data, b->r_data, BYTES);
        cycle(b);
        if (b->took_r)
            return b->edge;
    }
    return 0;
}

static inline uint64_t wait_b(struct bench *b, unsigned limit, uint8_t *resp)
{
    while (limit-- > 0) {
        *resp = b->b_resp;
        cycle(b);
        if (b->took_b)
            return b->edge;
    }
    return 0;
}

#endif
