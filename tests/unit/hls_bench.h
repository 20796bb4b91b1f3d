/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the functional device share: a fresh device for each test, numbers from a seed, and floats as the host
 * computes them.
 */
#ifndef SYSTOLE_TESTS_HLS_BENCH_H
#define SYSTOLE_TESTS_HLS_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../hls/systole_config.h"
#include "program.h"

#define R SYSTOLE_ROWS
#define C SYSTOLE_COLS

static inline int bench_open(void **state)
{
    char why[200] = "";
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->memory = calloc(1, BENCH_BYTES);
    assert_non_null(b->memory);
    b->ops = systole_model_get();
    b->m = b->ops->create("", why, sizeof why);
    assert_non_null(b->m);
    assert_int_equal(b->ops->attach(b->m, BENCH_BASE, b->memory, BENCH_BYTES), 0);
    *state = b;
    return 0;
}

static inline int bench_close(void **state)
{
    struct bench *b = *state;
    b->ops->destroy(b->m);
    free(b->memory);
    free(b);
    return 0;
}

static inline uint8_t *bench_data(const struct bench *b)
{
    return b->memory + BENCH_DATA;
}

static inline uint32_t bench_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 32);
}

static inline float float_of(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static inline uint32_t bits_of(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return isnan(f) ? 0x7fc00000 : bits;
}

/* To nearest even, by looking at the half that falls away. */
static inline uint16_t bf16_of(float f)
{
    if (isnan(f))
        return 0x7fc0;
    const uint32_t u = bits_of(f), low = u & 0xffff, up = u >> 16;
    return (uint16_t)(up + (low > 0x8000 || (low == 0x8000 && (up & 1))));
}

static inline float bf16_value(uint16_t h)
{
    return float_of((uint32_t)h << 16);
}

static inline void put16(uint8_t *at, uint16_t v)
{
    memcpy(at, &v, sizeof v);
}

static inline void put32(uint8_t *at, uint32_t v)
{
    memcpy(at, &v, sizeof v);
}

static inline uint32_t get32(const uint8_t *at)
{
    uint32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* `count` elements from `src` of window 1 to `dst`, one row. */
static inline uint32_t *add_load(struct program *p, uint32_t mem, uint32_t conv, uint32_t src, uint32_t dst, uint32_t count)
{
    uint32_t *i = program_add(p, SYSTOLE_OP_LOAD);
    SYSTOLE_PUT(i, LOAD, mem, mem);
    SYSTOLE_PUT(i, LOAD, conv, conv);
    SYSTOLE_PUT(i, LOAD, window, 1);
    SYSTOLE_PUT(i, LOAD, src_lo, src);
    SYSTOLE_PUT(i, LOAD, dst, dst);
    SET(i, LOAD, len, count);
    return i;
}

/* `rows` rows of ACC, one after the other, to `dst` of window 1. */
static inline uint32_t *add_store(struct program *p, uint32_t out, uint32_t dst, uint32_t rows)
{
    const uint32_t eo = out <= SYSTOLE_OUT_F32 ? 4 : out == SYSTOLE_OUT_BF16 ? 2 : 1;
    uint32_t *i = program_add(p, SYSTOLE_OP_STORE);
    SYSTOLE_PUT(i, STORE, out, out);
    SYSTOLE_PUT(i, STORE, window, 1);
    SYSTOLE_PUT(i, STORE, dst_lo, dst);
    SET(i, STORE, n_tail, C);
    SET(i, STORE, q, rows);
    SYSTOLE_PUT(i, STORE, c_sq, 1);
    SYSTOLE_PUT(i, STORE, d_sq, C * eo);
    return i;
}

#endif
