/* SPDX-License-Identifier: Apache-2.0 */
/* The program that the campaigns run, for a 4x4: about 700 cycles, 17 instructions. */
#include <string.h>

#include "../unit/program.h"
#include "machine.h"

enum {
    SIDE = 4,
    /* window 1 */
    IN_A = 0, IN_W = 256, IN_BIAS = 512, IN_LUT = 1024, IN_F32 = 2048, IN_BF16 = 2304, IN_BYTES = 2368,
    /* window 2 */
    OUT_I8 = 0, OUT_RAW = 128, OUT_F32 = 256, OUT_BF16 = 512, OUT_BYTES = 576,
    /* tokens */
    LOADED = 1 << 4, TABLED = 1 << 5, CONVERTED = 1 << 6, SUMMED = 1 << 8, MAXED = 1 << 9, FLOATED = 1 << 10
};

static uint32_t *add_load(struct program *p, uint32_t mem, uint32_t conv, uint32_t src, uint32_t dst, uint32_t count)
{
    uint32_t *i = program_add(p, SYSTOLE_OP_LOAD);
    SET(i, LOAD, mem, mem);
    SET(i, LOAD, conv, conv);
    SET(i, LOAD, window, 1);
    SET(i, LOAD, src_lo, src);
    SET(i, LOAD, dst, dst);
    SET(i, LOAD, len, count);
    return i;
}

/* Rows of ACC from `row` on: p x q of them. */
static uint32_t *add_store(struct program *p, uint32_t out, uint32_t row, uint32_t rows, uint32_t pixels)
{
    uint32_t *i = program_add(p, SYSTOLE_OP_STORE);
    SET(i, STORE, window, 2);
    SET(i, STORE, out, out);
    SET(i, STORE, c_base, row);
    SET(i, STORE, n_tail, SIDE);
    SET(i, STORE, p, rows);
    SET(i, STORE, q, pixels);
    SET(i, STORE, c_sp, pixels);
    SET(i, STORE, c_sq, 1);
    return i;
}

/* int8: 12 pixels of 7 channels times two blocks of columns, with a bias. */
static void add_product(struct program *p)
{
    add_load(p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, IN_A, 0, 96);
    add_load(p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY8, IN_W, 0, 64);
    add_load(p, SYSTOLE_MEM_PARAM, SYSTOLE_CONV_COPY32, IN_BIAS, 0, 4 * SIDE);
    add_load(p, SYSTOLE_MEM_LUT, SYSTOLE_CONV_COPY8, IN_LUT, 0, 256);
    uint32_t *i = program_add(p, SYSTOLE_OP_FILL);
    SET(i, FILL, mem, SYSTOLE_MEM_ACC);
    SET(i, FILL, conv, SYSTOLE_CONV_COPY32);
    SET(i, FILL, dst, 24 * 4 * SIDE);
    SET(i, FILL, len, SIDE);
    SET(i, FILL, value, 0x12345678);
    i = program_add(p, SYSTOLE_OP_SYNC);
    SET(i, SYNC, queue, SYSTOLE_QUEUE_LOAD);
    SET(i, ANY, signal, LOADED);
    i = program_add(p, SYSTOLE_OP_MATMUL);
    SET(i, ANY, wait, LOADED);
    SET(i, ANY, signal, SUMMED);
    SET(i, MATMUL, init, SYSTOLE_INIT_PARAM);
    SET(i, MATMUL, k_tail, SIDE - 1);
    SET(i, MATMUL, kc, 2);
    SET(i, MATMUL, n, 2);
    SET(i, MATMUL, p, 3);
    SET(i, MATMUL, q, 4);
    SET(i, MATMUL, a_skc, SIDE);
    SET(i, MATMUL, a_sp, 32);
    SET(i, MATMUL, a_sq, 8);
    SET(i, MATMUL, c_sn, 12);
    SET(i, MATMUL, c_sp, 4);
    SET(i, MATMUL, c_sq, 1);
}

/* The sums through the table into the pad, and with a residual to DRAM; a row that FILL wrote; a maximum over what the table gave. */
static void add_stores(struct program *p)
{
    uint32_t *i = add_store(p, SYSTOLE_OUT_I8, 0, 3, 4);
    SET(i, ANY, wait, SUMMED);
    SET(i, ANY, signal, TABLED);
    SET(i, STORE, dst, SYSTOLE_DST_APAD);
    SET(i, STORE, window, 0);
    SET(i, STORE, scale, SYSTOLE_SCALE_IMM);
    SET(i, STORE, scale_imm, 0x3c000000); /* 1/128 */
    SET(i, STORE, act, SYSTOLE_ACT_TABLE);
    SET(i, STORE, dst_lo, 256);
    SET(i, STORE, d_sp, 16);
    SET(i, STORE, d_sq, 4);
    i = add_store(p, SYSTOLE_OUT_I8, 0, 3, 4);
    SET(i, STORE, n, 2);
    SET(i, STORE, n_tail, 3);
    SET(i, STORE, c_sn, 12);
    SET(i, STORE, scale, SYSTOLE_SCALE_IMM);
    SET(i, STORE, scale_imm, 0x3c800000);
    SET(i, STORE, res, SYSTOLE_RES_I8);
    SET(i, STORE, r_scale, 0x3f000000);
    SET(i, STORE, r_sn, 4);
    SET(i, STORE, r_sp, 32);
    SET(i, STORE, r_sq, 8);
    SET(i, STORE, act, SYSTOLE_ACT_LEAKY);
    SET(i, STORE, alpha, 0x3e800000);
    SET(i, STORE, clamp, 1);
    SET(i, STORE, lo, 0xc2c80000);
    SET(i, STORE, hi, 0x42c80000);
    SET(i, STORE, dst_lo, OUT_I8);
    SET(i, STORE, d_sn, 4);
    SET(i, STORE, d_sp, 32);
    SET(i, STORE, d_sq, 8);
    i = add_store(p, SYSTOLE_OUT_RAW32, 24, 1, 1);
    SET(i, STORE, dst_lo, OUT_RAW);
    i = program_add(p, SYSTOLE_OP_MATMUL);
    SET(i, ANY, wait, TABLED);
    SET(i, ANY, signal, MAXED);
    SET(i, MATMUL, mode, SYSTOLE_MODE_MAX);
    SET(i, MATMUL, kw, 2);
    SET(i, MATMUL, p, 3);
    SET(i, MATMUL, q, 3);
    SET(i, MATMUL, a_base, 256);
    SET(i, MATMUL, a_skw, 4);
    SET(i, MATMUL, a_sp, 16);
    SET(i, MATMUL, a_sq, 4);
    SET(i, MATMUL, c_base, 32);
    SET(i, MATMUL, c_sp, 3);
    SET(i, MATMUL, c_sq, 1);
    i = add_store(p, SYSTOLE_OUT_F32, 32, 3, 3);
    SET(i, ANY, wait, MAXED);
    SET(i, STORE, scale, SYSTOLE_SCALE_PARAM);
    SET(i, STORE, dst_lo, OUT_F32);
    SET(i, STORE, d_sp, 48);
    SET(i, STORE, d_sq, 16);
}

/* bf16: a matrix transposed and converted on its way in. */
static void add_floats(struct program *p)
{
    uint32_t *i = add_load(p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_F32_H, IN_F32, 512, 4);
    SET(i, LOAD, trans, 1);
    SET(i, LOAD, n1, 4);
    SET(i, LOAD, s1, 16);
    SET(i, LOAD, d1, 8);
    i = add_load(p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY16, IN_BF16, 64, 16);
    SET(i, ANY, signal, CONVERTED);
    i = program_add(p, SYSTOLE_OP_MATMUL);
    SET(i, ANY, wait, CONVERTED);
    SET(i, ANY, signal, FLOATED);
    SET(i, MATMUL, dtype, SYSTOLE_DTYPE_BF16);
    SET(i, MATMUL, k_tail, SIDE);
    SET(i, MATMUL, q, 4);
    SET(i, MATMUL, a_base, 512);
    SET(i, MATMUL, a_sq, 8);
    SET(i, MATMUL, w_base, 64);
    SET(i, MATMUL, c_base, 48);
    SET(i, MATMUL, c_sq, 1);
    i = add_store(p, SYSTOLE_OUT_BF16, 48, 1, 4);
    SET(i, ANY, wait, FLOATED);
    SET(i, STORE, src_fp, 1);
    SET(i, STORE, act, SYSTOLE_ACT_RELU);
    SET(i, STORE, dst_lo, OUT_BF16);
    SET(i, STORE, d_sq, 8);
}

/* `size` bytes at `offset` of a region, as a window. */
static void place(struct fuzz_case *c, uint32_t w, uint32_t region, uint32_t offset, uint32_t size)
{
    c->window[w] = (struct ref_window){.base = c->region_addr[region] + offset, .size = size};
    c->live_region[w] = region;
    c->live_lo[w] = offset;
    c->live_hi[w] = offset + size;
}

void reference_case(struct fuzz_case *c, const struct ref_caps *caps, uint64_t seed)
{
    struct program p = {.count = 0};
    add_product(&p);
    add_stores(&p);
    add_floats(&p);
    program_add(&p, SYSTOLE_OP_END);
    *c = (struct fuzz_case){.caps = *caps, .seed = seed, .count = p.count, .level = LEVEL_ALL, .flaw = "none"};
    memcpy(c->insn, p.words, p.count * sizeof p.words[0]);
    c->region_addr[0] = 0x40000000;
    c->region_size[0] = 4096 + GUARD;
    c->region_addr[1] = 0x200000000;
    c->region_size[1] = 8192;
    place(c, 0, 0, GUARD, p.count * SYSTOLE_INSN_BYTES);
    place(c, 1, 1, GUARD, IN_BYTES);
    place(c, 2, 1, 5 * GUARD, OUT_BYTES);
}
