/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The array's body in C against plain loops: every size, both types, all element widths, groups of rows written one after the other, skipped
 * rows, and operands of every kind. Built once for each kind of vector code. SYSTOLE_SEED and SYSTOLE_COUNT choose another run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../sim/array_body.h"
#include "../rtl/bench_float.h"

enum { MOST = 64, PLANES = 4 };

/* An array as plain loops see it: the elements as they were written, bf16 or int. */
struct plain {
    unsigned rows, cols, group, bits;
    bool fp[PLANES];
    uint16_t weight[PLANES][MOST][MOST];
};

static uint32_t below(struct bench_random *r, uint32_t n)
{
    return bench_random_below(r, n);
}

static uint16_t random_element(struct bench_random *r, bool fp)
{
    static const uint16_t ends[] = {255, (uint16_t)-255, 0, 1, (uint16_t)-1};
    if (fp)
        return below(r, 8) != 0 ? (uint16_t)(0x3f80u ^ (bench_random64(r) & 0x83ffu)) : (uint16_t)(bench_random_f32(r) >> 16);
    return below(r, 8) == 0 ? ends[below(r, 5)] : (uint16_t)((int32_t)below(r, 511) - 255);
}

static void put(uint32_t *words, unsigned i, unsigned bits, uint16_t value)
{
    for (unsigned b = 0; b < bits; b++) {
        const unsigned at = i * bits + b;
        words[at / 32] = (words[at / 32] & ~(UINT32_C(1) << at % 32)) | (uint32_t)(value >> b & 1) << at % 32;
    }
}

static void write_plane(struct bench_random *r, struct plain *p, void *body, unsigned plane, bool fp)
{
    const unsigned step = fp ? p->group / 2 : p->group;
    p->fp[plane] = fp;
    for (unsigned row = 0; row < p->rows; row += step) {
        uint32_t data[MOST * MOST / 2] = {0};
        for (unsigned i = 0; i < p->group * p->cols; i++) {
            const uint16_t e = random_element(r, fp);
            const unsigned k = row + i / p->cols;
            put(data, i, p->bits, e);
            if (i / p->cols < step && k < p->rows)
                p->weight[plane][k][i % p->cols] = e;
        }
        systole_body_weights(body, plane, row, fp, data);
    }
}

static uint32_t expect(const struct plain *p, unsigned plane, uint64_t skip, const uint16_t *x, uint32_t acc, unsigned j)
{
    for (unsigned k = 0; k < p->rows; k++) {
        const uint16_t w = p->weight[plane][k][j];
        if (skip >> k & 1)
            continue;
        acc = p->fp[plane] ? bench_mac(x[k], w, acc) : acc + (uint32_t)((int16_t)x[k] * (int16_t)w);
    }
    return acc;
}

static uint64_t random_skip(struct bench_random *r)
{
    switch (below(r, 4)) {
    case 0: return bench_random64(r);
    case 1: return ~UINT64_C(0) << below(r, 64);
    case 2: return below(r, 4) == 0 ? ~UINT64_C(0) : bench_random64(r) & bench_random64(r) & bench_random64(r);
    default: return 0;
    }
}

static void check_vector(struct bench_random *r, const struct plain *p, void *body, unsigned plane)
{
    const bool fp = p->fp[plane];
    const uint64_t skip = random_skip(r);
    uint16_t x[MOST];
    uint32_t vector[MOST / 2] = {0}, partial[MOST], sum[MOST];
    for (unsigned k = 0; k < p->rows; k++) {
        x[k] = random_element(r, fp);
        put(vector, k, p->bits, x[k]);
    }
    for (unsigned j = 0; j < p->cols; j++) {
        const uint32_t bits = bench_random_f32(r);
        partial[j] = fp && below(r, 8) != 0 ? (bits & 0x83ffffffu) ^ 0x3f800000u : bits;
    }
    systole_body_vector(body, plane, fp, skip & (p->rows == 64 ? ~UINT64_C(0) : (UINT64_C(1) << p->rows) - 1), vector, partial, sum);
    for (unsigned j = 0; j < p->cols; j++) {
        const uint32_t want = expect(p, plane, skip, x, partial[j], j);
        if (sum[j] != want)
            fail_msg("%ux%u, %u bits, %s, skip %016llx, column %u: %08x, not %08x", p->rows, p->cols, p->bits, fp ? "bf16" : "int8",
                     (unsigned long long)skip, j, (unsigned)sum[j], (unsigned)want);
    }
}

static void test_body_random_arrays_equal_plain_loops(void **state)
{
    (void)state;
    static struct plain p;
    struct bench_random r = bench_random_start(__func__);
    const uint64_t count = bench_env("SYSTOLE_COUNT", 300);
    for (uint64_t n = 0; n < count; n++) {
        const bool has_fp = below(&r, 2) != 0;
        p = (struct plain){.rows = 4u << below(&r, 5), .cols = 4u << below(&r, 5), .bits = has_fp ? 16 : 9};
        p.group = (has_fp ? 2u : 1u) << below(&r, 3);
        void *body = systole_body_new(p.rows, p.cols, PLANES, p.group, p.bits);
        assert_non_null(body);
        for (unsigned plane = 0; plane < PLANES; plane++)
            write_plane(&r, &p, body, plane, has_fp && below(&r, 2) != 0);
        for (unsigned i = 0; i < 40; i++) {
            if (i % 8 == 7)
                write_plane(&r, &p, body, below(&r, PLANES), has_fp && below(&r, 2) != 0);
            check_vector(&r, &p, body, below(&r, PLANES));
        }
        systole_body_free(body);
    }
}

static void test_body_unwritten_weights_are_zero(void **state)
{
    (void)state;
    const uint32_t vector[8] = {0x00ff00ff, 0x00ff00ff}, partial[4] = {1, 2, 3, 0xffffffff};
    uint32_t sum[4] = {0};
    void *body = systole_body_new(4, 4, PLANES, 4, 16);
    systole_body_vector(body, 1, 0, 0, vector, partial, sum);
    assert_memory_equal(sum, partial, sizeof sum);
    systole_body_free(body);
    systole_body_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body_random_arrays_equal_plain_loops),
        cmocka_unit_test(test_body_unwritten_weights_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
