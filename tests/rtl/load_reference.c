/* SPDX-License-Identifier: Apache-2.0 */
#include "load_reference.h"

#include <string.h>

#include "systole_spec.h"

uint8_t dram[DRAM_BYTES];
struct expected expected[SLOTS];
static uint64_t rng_state;

uint32_t rnd(uint32_t n) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return (uint32_t)((rng_state >> 20) % n);
}

int chance(uint32_t pct) {
    return pct >= 100 || rnd(100) < pct;
}

void load_seed(uint64_t seed) {
    rng_state = seed * 0x9e3779b97f4a7c15ull + 0x1234567;
    for (uint32_t i = 0; i < DRAM_BYTES; i++) {
        dram[i] = (uint8_t)rnd(256);
        /* Many exponents at the ends: NaN, Inf, subnormals. */
        if (i % 4 >= 2 && rnd(3) == 0) {
            dram[i] = (uint8_t)(rnd(2) ? 0xff - rnd(2) * 0x80 : rnd(2) * 0x80);
        }
    }
}

static uint16_t bf(float x) {
    uint32_t u;
    memcpy(&u, &x, 4);
    if ((u & 0x7fffffffu) > 0x7f800000u) {
        return 0x7fc0;
    }
    u += 0x7fffu + ((u >> 16) & 1u);
    return (uint16_t)(u >> 16);
}

static float unbf(uint16_t h) {
    uint32_t u = (uint32_t)h << 16;
    float x;
    memcpy(&x, &u, 4);
    return x;
}

static uint16_t split(uint32_t u, uint32_t conv) {
    float x;
    memcpy(&x, &u, 4);
    int special = (u & 0x7f800000u) == 0x7f800000u;
    uint16_t h = bf(x);
    if (!special && (h & 0x7fffu) == 0x7f80u) {
        h = (uint16_t)(u >> 16);
    }
    if (conv == SYSTOLE_CONV_F32_H) {
        return h;
    }
    if (special) {
        return 0;
    }
    float rest = x - unbf(h);
    uint16_t m = bf(rest);
    return conv == SYSTOLE_CONV_F32_M ? m : bf(rest - unbf(m));
}

static const uint32_t es_of[6] = {1, 2, 4, 4, 4, 4};
static const uint32_t ed_of[6] = {1, 2, 4, 2, 2, 2};

static uint32_t element(const uint8_t *p, uint32_t conv) {
    uint32_t x = 0;
    memcpy(&x, p, es_of[conv]);
    if (conv == SYSTOLE_CONV_COPY16 && (x & 0x7fffu) > 0x7f80u) {
        return 0x7fc0;
    }
    return conv >= SYSTOLE_CONV_F32_H ? split(x, conv) : x;
}

int load_expect(const uint32_t *insn, uint64_t window, uint32_t id) {
    struct expected *e = &expected[id % SLOTS];
    int fill = SYSTOLE_GET(insn, ANY, opcode) == SYSTOLE_OP_FILL;
    uint32_t mem = SYSTOLE_GET(insn, LOAD, mem), conv = SYSTOLE_GET(insn, LOAD, conv);
    uint32_t len = SYSTOLE_GET(insn, LOAD, len), n1 = SYSTOLE_GET(insn, LOAD, n1);
    int trans = !fill && SYSTOLE_GET(insn, LOAD, trans);
    uint64_t src = window - DRAM_BASE + SYSTOLE_GET(insn, LOAD, src_lo);
    int32_t s1 = (int32_t)SYSTOLE_GET(insn, LOAD, s1), d1 = (int32_t)SYSTOLE_GET(insn, LOAD, d1);
    e->left = 0;
    memset(e->id, 0, sizeof e->id);
    for (int32_t i3 = 0; i3 < (int32_t)SYSTOLE_GET(insn, LOAD, n3); i3++) {
        for (int32_t i2 = 0; i2 < (int32_t)SYSTOLE_GET(insn, LOAD, n2); i2++) {
            int64_t s = (int64_t)src + (int64_t)i3 * (int32_t)SYSTOLE_GET(insn, LOAD, s3) +
                        (int64_t)i2 * (int32_t)SYSTOLE_GET(insn, LOAD, s2);
            int64_t d = (int64_t)SYSTOLE_GET(insn, LOAD, dst) + (int64_t)i3 * (int32_t)SYSTOLE_GET(insn, LOAD, d3) +
                        (int64_t)i2 * (int32_t)SYSTOLE_GET(insn, LOAD, d2);
            for (int32_t i1 = 0; i1 < (int32_t)n1; i1++) {
                for (int32_t i0 = 0; i0 < (int32_t)len; i0++) {
                    int64_t from = s + (int64_t)i1 * s1 + (int64_t)i0 * (int32_t)es_of[conv];
                    int64_t to = trans ? d + (int64_t)i0 * d1 + (int64_t)i1 * (int32_t)ed_of[conv]
                                       : d + (int64_t)i1 * d1 + (int64_t)i0 * (int32_t)ed_of[conv];
                    uint32_t x = fill ? SYSTOLE_GET(insn, FILL, value) : element(&dram[from], conv);
                    for (uint32_t k = 0; k < ed_of[conv]; k++, to++) {
                        if (e->id[mem][to] == id) {
                            return 0;
                        }
                        e->id[mem][to] = id;
                        e->value[mem][to] = (uint8_t)(x >> (8 * k));
                        e->left++;
                    }
                }
            }
        }
    }
    return 1;
}

static void put32(uint32_t *insn, unsigned word, int32_t value) {
    insn[word] = (uint32_t)value;
}

/* Strides of dimensions whose inner extent is `run` bytes: dense or with a gap, some negative; returns the extent. */
static uint32_t strides(int32_t *stride, const uint32_t *count, uint32_t run, uint32_t unit, int dense) {
    uint32_t extent = run;
    for (int i = 0; i < 3; i++) {
        uint32_t gap = dense || rnd(3) == 0 ? 0 : rnd(rnd(2) ? 4 : 70) * unit;
        uint32_t step = extent + gap;
        stride[i] = rnd(4) == 0 && !dense ? -(int32_t)step : (int32_t)step;
        extent += (count[i] - 1) * step;
    }
    return extent;
}

static int64_t lowest(const int32_t *stride, const uint32_t *count) {
    int64_t lo = 0;
    for (int i = 0; i < 3; i++) {
        lo += stride[i] < 0 ? (int64_t)stride[i] * (int64_t)(count[i] - 1) : 0;
    }
    return lo;
}

static uint32_t pick_len(uint32_t *n) {
    static const uint32_t most[4] = {1, 4, 9, 40};
    uint32_t kind = rnd(8);
    n[0] = 1 + rnd(most[rnd(4)]);
    n[1] = 1 + rnd(most[rnd(3)]);
    n[2] = 1 + rnd(most[rnd(2)]);
    if (kind == 0) {
        n[0] = n[1] = n[2] = 1;
        return 1 + rnd(6000);
    }
    return 1 + rnd(kind < 4 ? 12 : 100);
}

int load_random(uint32_t *insn, uint64_t window) {
    uint32_t n[3], extent_s, extent_d, len = pick_len(n);
    int32_t s[3], d[3];
    int fill = rnd(5) == 0, dense = rnd(4) == 0;
    uint32_t conv = rnd(fill ? 3 : 6), mem;
    if (!HAS_FP && conv != SYSTOLE_CONV_COPY32) {
        conv = SYSTOLE_CONV_COPY8;
    }
    if (conv == SYSTOLE_CONV_COPY32) {
        mem = SYSTOLE_MEM_ACC + rnd(2);
    } else {
        mem = rnd(2) ? SYSTOLE_MEM_APAD : SYSTOLE_MEM_WPAD;
        mem = conv == SYSTOLE_CONV_COPY8 && !fill && rnd(8) == 0 ? SYSTOLE_MEM_LUT : mem;
    }
    int trans = !fill && mem <= SYSTOLE_MEM_WPAD && rnd(3) == 0;
    uint32_t es = es_of[conv], ed = ed_of[conv], size = mem == SYSTOLE_MEM_LUT ? 256 : PAD_BYTES;
    uint32_t nd[3] = {trans ? len : n[0], n[1], n[2]};
    extent_s = strides(s, n, len * es, es, dense);
    extent_d = strides(d, nd, trans ? n[0] * ed : len * ed, ed, dense);
    if (rnd(10) == 0) {
        s[rnd(3)] = 0; /* the same source again */
    }
    if (extent_d > size || extent_s > DRAM_BYTES / 4 || len * n[0] * n[1] * n[2] > 8000) {
        return 0;
    }
    uint32_t room = DRAM_BYTES - (uint32_t)(window - DRAM_BASE) - extent_s;
    uint32_t src = rnd(room / es) * es;
    uint32_t dst = rnd((size - extent_d) / ed + 1) * ed;
    if (rnd(4) == 0) {
        src &= ~4095u;
    }
    memset(insn, 0, 4 * SYSTOLE_INSN_WORDS);
    SYSTOLE_PUT(insn, ANY, opcode, fill ? SYSTOLE_OP_FILL : SYSTOLE_OP_LOAD);
    SYSTOLE_PUT(insn, LOAD, mem, mem);
    SYSTOLE_PUT(insn, LOAD, conv, conv);
    SYSTOLE_PUT(insn, LOAD, dst, (uint32_t)((int64_t)dst - lowest(d, nd)));
    SYSTOLE_PUT(insn, LOAD, len, len);
    SYSTOLE_PUT(insn, LOAD, n1, n[0]);
    SYSTOLE_PUT(insn, LOAD, n2, n[1]);
    SYSTOLE_PUT(insn, LOAD, n3, n[2]);
    for (unsigned i = 0; i < 3; i++) {
        put32(insn, SYSTOLE_F_LOAD_d1_WORD + i, d[i]);
    }
    if (fill) {
        SYSTOLE_PUT(insn, FILL, value, (uint32_t)rng_state);
        return 1;
    }
    SYSTOLE_PUT(insn, LOAD, trans, (uint32_t)trans);
    SYSTOLE_PUT(insn, LOAD, src_lo, (uint32_t)((int64_t)src - lowest(s, n)));
    for (unsigned i = 0; i < 3; i++) {
        put32(insn, SYSTOLE_F_LOAD_s1_WORD + i, s[i]);
    }
    return 1;
}

uint64_t load_source_bytes(const uint32_t *insn) {
    uint64_t n = (uint64_t)SYSTOLE_GET(insn, LOAD, len) * SYSTOLE_GET(insn, LOAD, n1) * SYSTOLE_GET(insn, LOAD, n2) *
                 SYSTOLE_GET(insn, LOAD, n3) * es_of[SYSTOLE_GET(insn, LOAD, conv)];
    return SYSTOLE_GET(insn, ANY, opcode) == SYSTOLE_OP_FILL ? 0 : n;
}
