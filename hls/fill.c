/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FILL: one value into a strided block of an on-chip memory.
 */
#include "dram.h"

#define FILL_PIECE 256 /* elements between two looks at the watchdog */

static void fill_bytes(uint8_t *mem, int64_t to, uint32_t count, uint32_t value)
{
    HLS_LABEL(bytes)
    for (uint32_t i = 0; i < count; i++)
        mem[to + i] = (uint8_t)value;
}

static void fill_pad(uint8_t *mem, int64_t to, uint32_t count, uint32_t ed, uint32_t value)
{
    if (ed == 1) {
        fill_bytes(mem, to, count, value);
        return;
    }
    HLS_LABEL(halves)
    for (uint32_t i = 0; i < count; i++)
        bytes_put16(mem + to + 2 * i, value);
}

static void fill_words(uint32_t *mem, int64_t to, uint32_t count, uint32_t value)
{
    HLS_LABEL(words)
    for (uint32_t i = 0; i < count; i++)
        mem[(to >> 2) + i] = value;
}

static enum systole_error fill_row(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], int64_t to)
{
    const uint32_t len = SYSTOLE_GET(insn, FILL, len);
    const uint32_t conv = SYSTOLE_GET(insn, FILL, conv);
    const uint32_t value = SYSTOLE_GET(insn, FILL, value);
    const uint32_t ed = conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY16 ? 2 : 4;
    HLS_LABEL(pieces)
    for (uint32_t i0 = 0; i0 < len; i0 += FILL_PIECE) {
        const uint32_t count = len - i0 < FILL_PIECE ? len - i0 : FILL_PIECE;
        const int64_t at = to + (int64_t)i0 * ed;
        if (systole_hls_work(s, 1))
            return SYSTOLE_ERR_WATCHDOG;
        switch (SYSTOLE_GET(insn, FILL, mem)) {
        case SYSTOLE_MEM_APAD:
            fill_pad(s->apad, at, count, ed, value);
            break;
        case SYSTOLE_MEM_WPAD:
            fill_pad(s->wpad, at, count, ed, value);
            break;
        case SYSTOLE_MEM_ACC:
            fill_words(s->acc, at, count, value);
            break;
        default:
            fill_words(s->param, at, count, value);
            break;
        }
    }
    return SYSTOLE_ERR_OK;
}

enum systole_error systole_hls_fill(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS])
{
    const int32_t d1 = (int32_t)SYSTOLE_GET(insn, FILL, d1);
    const int32_t d2 = (int32_t)SYSTOLE_GET(insn, FILL, d2);
    const int32_t d3 = (int32_t)SYSTOLE_GET(insn, FILL, d3);
    HLS_LABEL(dim3)
    for (uint32_t i3 = 0; i3 < SYSTOLE_GET(insn, FILL, n3); i3++) {
        HLS_LABEL(dim2)
        for (uint32_t i2 = 0; i2 < SYSTOLE_GET(insn, FILL, n2); i2++) {
            HLS_LABEL(dim1)
            for (uint32_t i1 = 0; i1 < SYSTOLE_GET(insn, FILL, n1); i1++) {
                const int64_t to = (int64_t)SYSTOLE_GET(insn, FILL, dst) + (int64_t)i3 * d3 + (int64_t)i2 * d2 +
                                   (int64_t)i1 * d1;
                if (fill_row(s, insn, to) != SYSTOLE_ERR_OK)
                    return SYSTOLE_ERR_WATCHDOG;
            }
        }
    }
    return SYSTOLE_ERR_OK;
}
