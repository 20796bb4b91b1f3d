/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LOAD: rows of DRAM, piece by piece, through a line into an on-chip memory.
 */
#include "dram.h"
#include "extent.h"
#include "softfloat.h"

/* A piece: elements of one row, where they go, and how far apart. */
struct piece {
    const uint8_t *from;
    uint32_t count;
    int64_t to, step; /* bytes */
};

static void put_bytes(uint8_t *mem, struct piece x)
{
    if (x.step == 1) {
        HLS_LABEL(bytes_together)
        for (uint32_t i = 0; i < x.count; i++)
            mem[x.to + i] = x.from[i];
        return;
    }
    HLS_LABEL(bytes_apart)
    for (uint32_t i = 0; i < x.count; i++)
        mem[x.to + (int64_t)i * x.step] = x.from[i];
}

static uint32_t convert(uint32_t conv, uint32_t u)
{
    switch (conv) {
    case SYSTOLE_CONV_F32_H:
        return f32_split_h(u);
    case SYSTOLE_CONV_F32_M:
        return f32_split_m(u);
    default:
        return f32_split_l(u);
    }
}

static void put_halves(uint8_t *mem, struct piece x, uint32_t conv)
{
    if (conv == SYSTOLE_CONV_COPY16) {
        HLS_LABEL(bf16)
        for (uint32_t i = 0; i < x.count; i++) {
            const uint32_t u = bytes_get16(x.from + 2 * i);
            bytes_put16(mem + x.to + (int64_t)i * x.step, (u & 0x7fffu) > 0x7f80u ? SYSTOLE_NAN_BF16 : u);
        }
        return;
    }
    HLS_LABEL(split)
    for (uint32_t i = 0; i < x.count; i++)
        bytes_put16(mem + x.to + (int64_t)i * x.step, convert(conv, bytes_get32(x.from + 4 * i)));
}

static void put_pad(uint8_t *mem, struct piece x, uint32_t conv)
{
    if (conv == SYSTOLE_CONV_COPY8)
        put_bytes(mem, x);
    else
        put_halves(mem, x, conv);
}

static void put_words(uint32_t *mem, struct piece x)
{
    HLS_LABEL(words)
    for (uint32_t i = 0; i < x.count; i++)
        mem[(x.to + (int64_t)i * x.step) >> 2] = bytes_get32(x.from + 4 * i);
}

static void put_piece(struct systole_hls *s, uint32_t mem, uint32_t conv, struct piece x)
{
    switch (mem) {
    case SYSTOLE_MEM_APAD:
        put_pad(s->apad, x, conv);
        break;
    case SYSTOLE_MEM_WPAD:
        put_pad(s->wpad, x, conv);
        break;
    case SYSTOLE_MEM_ACC:
        put_words(s->acc, x);
        break;
    case SYSTOLE_MEM_PARAM:
        put_words(s->param, x);
        break;
    default:
        put_bytes(s->lut, x);
        break;
    }
}

struct row {
    uint32_t mem, conv, window, len, es;
    int64_t from, to, step;
};

static enum systole_error load_row(struct systole_hls *s, struct row r, DRAM_PORTS)
{
    const uint32_t most = DRAM_PIECE_BYTES / r.es;
    uint8_t line[DRAM_LINE_BYTES];
    struct piece x;
    HLS_LABEL(pieces)
    for (uint32_t i0 = 0; i0 < r.len; i0 += most) {
        if (systole_hls_work(s, 1))
            return SYSTOLE_ERR_WATCHDOG;
        const uint64_t at = (uint64_t)r.from + (uint64_t)i0 * r.es;
        x.count = r.len - i0 < most ? r.len - i0 : most;
        dram_read(r.window, at, x.count * r.es, line, DRAM_ARGS);
        x.from = line + dram_skew(at);
        x.to = r.to + (int64_t)i0 * r.step;
        x.step = r.step;
        put_piece(s, r.mem, r.conv, x);
    }
    return SYSTOLE_ERR_OK;
}

enum systole_error systole_hls_load(struct systole_hls *s, const uint32_t insn[SYSTOLE_INSN_WORDS], DRAM_PORTS)
{
    const bool trans = SYSTOLE_GET(insn, LOAD, trans) != 0;
    const uint32_t n1 = SYSTOLE_GET(insn, LOAD, n1);
    const uint32_t n2 = SYSTOLE_GET(insn, LOAD, n2);
    const uint32_t n3 = SYSTOLE_GET(insn, LOAD, n3);
    const int32_t s1 = (int32_t)SYSTOLE_GET(insn, LOAD, s1);
    const int32_t s2 = (int32_t)SYSTOLE_GET(insn, LOAD, s2);
    const int32_t s3 = (int32_t)SYSTOLE_GET(insn, LOAD, s3);
    const int32_t d1 = (int32_t)SYSTOLE_GET(insn, LOAD, d1);
    const int32_t d2 = (int32_t)SYSTOLE_GET(insn, LOAD, d2);
    const int32_t d3 = (int32_t)SYSTOLE_GET(insn, LOAD, d3);
    const uint64_t src = SYSTOLE_GET(insn, LOAD, src_lo) | (uint64_t)SYSTOLE_GET(insn, LOAD, src_hi) << 32;
    struct row r;
    r.mem = SYSTOLE_GET(insn, LOAD, mem);
    r.conv = SYSTOLE_GET(insn, LOAD, conv);
    r.window = SYSTOLE_GET(insn, LOAD, window);
    r.len = SYSTOLE_GET(insn, LOAD, len);
    const uint32_t ed = r.conv == SYSTOLE_CONV_COPY8 ? 1 : r.conv == SYSTOLE_CONV_COPY32 ? 4 : 2;
    r.es = r.conv >= SYSTOLE_CONV_F32_H ? 4 : ed;
    r.step = trans ? d1 : (int32_t)ed;
    const int32_t row_step = trans ? (int32_t)ed : d1;

    const struct extent from =
        extent_along(extent_along(extent_along(extent_at(src), n1, s1), n2, s2), n3, s3);
    if ((uint64_t)from.low < s->mapped_from[r.window] ||
        !extent_inside(from, (uint64_t)r.len * r.es, s->mapped[r.window]))
        return SYSTOLE_ERR_BUS_READ;
    HLS_LABEL(dim3)
    for (uint32_t i3 = 0; i3 < n3; i3++) {
        HLS_LABEL(dim2)
        for (uint32_t i2 = 0; i2 < n2; i2++) {
            HLS_LABEL(dim1)
            for (uint32_t i1 = 0; i1 < n1; i1++) {
                r.from = (int64_t)src + (int64_t)i3 * s3 + (int64_t)i2 * s2 + (int64_t)i1 * s1;
                r.to = (int64_t)SYSTOLE_GET(insn, LOAD, dst) + (int64_t)i3 * d3 + (int64_t)i2 * d2 +
                       (int64_t)i1 * row_step;
                if (load_row(s, r, DRAM_ARGS) != SYSTOLE_ERR_OK)
                    return SYSTOLE_ERR_WATCHDOG;
            }
        }
    }
    s->counters[SYSTOLE_CNT_READ_BYTES] += (uint64_t)n1 * n2 * n3 * r.len * r.es;
    return SYSTOLE_ERR_OK;
}
