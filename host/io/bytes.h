/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and texts into bytes, little endian, and back: nothing that is read is believed. */
#ifndef SY_BYTES_H
#define SY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sy_writer {
    uint8_t *data; /* sy_free */
    size_t size, room;
    bool failed;   /* memory was short: the rest is lost */
};
void sy_write_u32(struct sy_writer *w, uint32_t v);
void sy_write_u64(struct sy_writer *w, uint64_t v);
void sy_write_bytes(struct sy_writer *w, const void *data, size_t size);
/* Room for bytes that the caller fills in before the next call; NULL without memory. */
void *sy_write_room(struct sy_writer *w, size_t size);

struct sy_reader {
    const uint8_t *data;
    size_t size, at;
    bool failed; /* it ended too early, or a number was too large: everything read since is 0 */
};
uint32_t sy_read_u32(struct sy_reader *r);
uint64_t sy_read_u64(struct sy_reader *r);
/* A count or an index: above `most` is a failure. */
uint32_t sy_read_most(struct sy_reader *r, uint32_t most);
/* The next bytes where they stand; NULL when there are not as many. */
const uint8_t *sy_read_bytes(struct sy_reader *r, uint64_t size);

/* Of all bytes: any change of one shows. */
uint64_t sy_checksum(const void *data, size_t size);

#endif
