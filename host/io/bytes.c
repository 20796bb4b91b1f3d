/* SPDX-License-Identifier: Apache-2.0 */
#include "host/io/bytes.h"

#include <string.h>

#include "host/core/alloc.h"

void *sy_write_room(struct sy_writer *w, size_t size)
{
    if (w->failed || size > SIZE_MAX / 2 - w->size) {
        w->failed = true;
        return NULL;
    }
    if (w->size + size > w->room) {
        const size_t room = w->size + size < 256 ? 512 : 2 * (w->size + size);
        uint8_t *more = sy_realloc(w->data, room, 1);
        if (!more) {
            w->failed = true;
            return NULL;
        }
        w->data = more;
        w->room = room;
    }
    w->size += size;
    return w->data + w->size - size;
}

void sy_write_bytes(struct sy_writer *w, const void *data, size_t size)
{
    void *to = sy_write_room(w, size);
    if (to && size)
        memcpy(to, data, size);
}

void sy_write_u64(struct sy_writer *w, uint64_t v)
{
    uint8_t b[8];
    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(v >> (8 * i));
    sy_write_bytes(w, b, sizeof b);
}

void sy_write_u32(struct sy_writer *w, uint32_t v)
{
    uint8_t b[4];
    for (int i = 0; i < 4; i++)
        b[i] = (uint8_t)(v >> (8 * i));
    sy_write_bytes(w, b, sizeof b);
}

const uint8_t *sy_read_bytes(struct sy_reader *r, uint64_t size)
{
    if (r->failed || size > r->size - r->at) {
        r->failed = true;
        return NULL;
    }
    r->at += (size_t)size;
    return r->data + r->at - (size_t)size;
}

uint64_t sy_read_u64(struct sy_reader *r)
{
    const uint8_t *b = sy_read_bytes(r, 8);
    uint64_t v = 0;
    for (int i = 0; b && i < 8; i++)
        v |= (uint64_t)b[i] << (8 * i);
    return v;
}

uint32_t sy_read_u32(struct sy_reader *r)
{
    const uint8_t *b = sy_read_bytes(r, 4);
    uint32_t v = 0;
    for (int i = 0; b && i < 4; i++)
        v |= (uint32_t)b[i] << (8 * i);
    return v;
}

uint32_t sy_read_most(struct sy_reader *r, uint32_t most)
{
    const uint32_t v = sy_read_u32(r);
    if (v <= most)
        return v;
    r->failed = true;
    return 0;
}

/*
 * FNV-1a over words, the bytes behind the last word as one more: each step is a bijection of the state, so two texts that
 * differ in one word differ.
 */
uint64_t sy_checksum(const void *data, size_t size)
{
    const uint64_t prime = 0x100000001b3;
    const uint8_t *at = data;
    uint64_t h = 0xcbf29ce484222325 ^ size;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word = 0;
        for (int i = 0; i < 8; i++)
            word |= (uint64_t)at[i] << (8 * i);
        h = (h ^ word) * prime;
        h ^= h >> 29;
    }
    uint64_t rest = 0;
    for (size_t i = 0; i < size; i++)
        rest |= (uint64_t)at[i] << (8 * i);
    h = (h ^ rest) * prime;
    return h ^ h >> 32;
}
