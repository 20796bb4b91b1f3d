/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of DRAM, a line at a time: the bus moves words of 64 bits, the units want bytes. A line holds its piece at the
 * offset that the first byte has within its word, so that no byte is shifted.
 */
#ifndef SYSTOLE_HLS_DRAM_H
#define SYSTOLE_HLS_DRAM_H

#include "state.h"

#define DRAM_PIECE_BYTES 256 /* as long as a row of ACC can be */
#define DRAM_LINE_BYTES (DRAM_PIECE_BYTES + 8)

/* Bytes of a line before its piece. */
static inline uint32_t dram_skew(uint64_t offset)
{
    return (uint32_t)(offset & 7u);
}

static inline void dram_read_words(const dram_word_t *win, uint64_t first, uint32_t words, uint8_t *line)
{
    HLS_LABEL(read_words)
    for (uint32_t i = 0; i < words; i++) {
        HLS_PIPELINE
        const uint64_t word = win[first + i];
        for (uint32_t b = 0; b < 8; b++) {
            HLS_UNROLL
            line[8 * i + b] = (uint8_t)(word >> (8 * b));
        }
    }
}

/* Words that the piece covers in part keep their other bytes. */
static inline void dram_write_words(dram_word_t *win, uint64_t offset, uint32_t bytes, const uint8_t *line)
{
    const uint64_t first = offset >> 3;
    const uint32_t begin = dram_skew(offset);
    const uint32_t end = begin + bytes;
    HLS_LABEL(write_words)
    for (uint32_t i = 0; 8 * i < end; i++) {
        HLS_PIPELINE
        uint64_t word = 0, mask = 0;
        for (uint32_t b = 0; b < 8; b++) {
            HLS_UNROLL
            word |= (uint64_t)line[8 * i + b] << (8 * b);
        }
        if (8 * i >= begin && 8 * i + 8 <= end) {
            win[first + i] = word;
            continue;
        }
        for (uint32_t b = 0; b < 8; b++) {
            HLS_UNROLL
            if (8 * i + b >= begin && 8 * i + b < end)
                mask |= 0xffull << (8 * b);
        }
        win[first + i] = (word & mask) | (win[first + i] & ~mask);
    }
}

/* At most DRAM_PIECE_BYTES bytes, at line[dram_skew(offset)]. */
static inline void dram_read(uint32_t window, uint64_t offset, uint32_t bytes, uint8_t *line, DRAM_PORTS)
{
    const uint64_t first = offset >> 3;
    const uint32_t words = (dram_skew(offset) + bytes + 7) >> 3;
    switch (window) {
    case 0: dram_read_words(win0, first, words, line); break;
    case 1: dram_read_words(win1, first, words, line); break;
    case 2: dram_read_words(win2, first, words, line); break;
    case 3: dram_read_words(win3, first, words, line); break;
    case 4: dram_read_words(win4, first, words, line); break;
    case 5: dram_read_words(win5, first, words, line); break;
    case 6: dram_read_words(win6, first, words, line); break;
    default: dram_read_words(win7, first, words, line); break;
    }
}

/* The same way out. */
static inline void dram_write(uint32_t window, uint64_t offset, uint32_t bytes, const uint8_t *line, DRAM_PORTS)
{
    switch (window) {
    case 0: dram_write_words(win0, offset, bytes, line); break;
    case 1: dram_write_words(win1, offset, bytes, line); break;
    case 2: dram_write_words(win2, offset, bytes, line); break;
    case 3: dram_write_words(win3, offset, bytes, line); break;
    case 4: dram_write_words(win4, offset, bytes, line); break;
    case 5: dram_write_words(win5, offset, bytes, line); break;
    case 6: dram_write_words(win6, offset, bytes, line); break;
    default: dram_write_words(win7, offset, bytes, line); break;
    }
}

static inline uint32_t bytes_get16(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static inline uint32_t bytes_get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void bytes_put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void bytes_put32(uint8_t *at, uint32_t value)
{
    bytes_put16(at, value);
    bytes_put16(at + 2, value >> 16);
}

#endif
