/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products of the public interface: alpha, beta, strides, precisions, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "host/core/alloc.h"
#include "host/include/systole_multiply.h"

static struct systole_context *ctx;

static struct systole_multiplier *open_device(const char *device)
{
    struct systole_multiplier *m = NULL;
    assert_int_equal(systole_multiplier_create(ctx, device, &m), SYSTOLE_OK);
    return m;
}

static int setup(void **unused)
{
    (void)unused;
    return systole_context_create(NULL, &ctx) != SYSTOLE_OK;
}

static int teardown(void **unused)
{
    (void)unused;
    systole_context_free(ctx);
    return 0;
}

static const float left[6] = {1, 2, 3, 4, 5, 6}, right[6] = {1, -1, 2, 0.5f, -3, 7};

/* 2 x 3 times 3 x 2. */
static struct systole_product product(float *c)
{
    return (struct systole_product){.size = sizeof(struct systole_product),
                                    .m = 2,
                                    .n = 2,
                                    .k = 3,
                                    .a = {left, 3, 1},
                                    .b = {right, 2, 1},
                                    .c = c,
                                    .c_row = 2,
                                    .c_column = 1,
                                    .alpha = 1};
}

static void test_multiply_beta_zero_does_not_read_c(void **unused)
{
    (void)unused;
    struct systole_multiplier *const m = open_device("cpu");
    float c[4] = {NAN, NAN, NAN, NAN};
    const struct systole_product p = product(c);
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_OK);
    const float want[4] = {1 + 4 - 9, -1 + 1 + 21, 4 + 10 - 18, -4 + 2.5f + 42};
    assert_memory_equal(c, want, sizeof c);
    systole_multiplier_free(m);
}

static void test_multiply_alpha_zero_does_not_read_a_and_b(void **unused)
{
    (void)unused;
    struct systole_multiplier *const m = open_device("cpu");
    float c[4] = {1, 2, 3, 4};
    struct systole_product p = product(c);
    p.a.data = p.b.data = NULL;
    p.alpha = 0;
    p.beta = 2;
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_OK);
    assert_memory_equal(c, ((const float[]){2, 4, 6, 8}), sizeof c);
    systole_multiplier_free(m);
}

static void test_multiply_rounds_alpha_then_adds_beta_c_once(void **unused)
{
    (void)unused;
    struct systole_multiplier *const m = open_device("cpu");
    const float a = 3, b = 0.1f, alpha = 0.7f, beta = 1.3f;
    float c = 0.3f;
    const struct systole_product p = {.size = sizeof p,
                                      .m = 1,
                                      .n = 1,
                                      .k = 1,
                                      .a = {&a, 1, 1},
                                      .b = {&b, 1, 1},
                                      .c = &c,
                                      .c_row = 1,
                                      .c_column = 1,
                                      .alpha = alpha,
                                      .beta = beta};
    const float r = alpha * (a * b), want = fmaf(beta, c, r);
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_OK);
    assert_memory_equal(&c, &want, sizeof c);
    systole_multiplier_free(m);
}

static void test_multiply_strides_reach_any_layout(void **unused)
{
    (void)unused;
    struct systole_multiplier *const m = open_device("cpu");
    float rows[4] = {0}, columns[7];
    struct systole_product p = product(rows);
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_OK);
    for (int i = 0; i < 7; i++)
        columns[i] = -99;
    p.c = columns;
    p.c_row = 1;
    p.c_column = 4;
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_OK);
    assert_memory_equal(columns, ((const float[]){rows[0], rows[2], -99, -99, rows[1], rows[3], -99}), sizeof columns);
    systole_multiplier_free(m);
}

static void test_multiply_from_c_continues_the_chain(void **unused)
{
    (void)unused;
    struct systole_multiplier *const m = open_device("cpu,precision=x1");
    /* 2^24 + 1 + 1: each step of the chain rounds to 2^24; a sum of 1 + 1, added afterwards, would not. */
    const float one[2] = {1, 1};
    float chained = 0x1p24f, added = 0x1p24f;
    struct systole_product p = {.size = sizeof p,
                                .m = 1,
                                .n = 1,
                                .k = 2,
                                .a = {one, 2, 1},
                                .b = {one, 1, 1},
                                .c = &chained,
                                .c_row = 1,
                                .c_column = 1,
                                .alpha = 1,
                                .from_c = 1};
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_OK);
    p.c = &added;
    p.beta = 1;
    p.from_c = 0;
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_OK);
    assert_true(chained == 0x1p24f && added == 0x1p24f + 2);
    p.from_c = 1;
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_BAD_ARGUMENT);
    systole_multiplier_free(m);
}

static void test_multiply_precision_of_a_call_is_that_of_a_device_string(void **unused)
{
    (void)unused;
    static const struct {
        const char *device;
        enum systole_precision precision;
    } cases[] = {{"cpu,precision=x1", SYSTOLE_X1}, {"cpu,precision=x3", SYSTOLE_X3}, {"cpu", SYSTOLE_X6}};
    const float a[2] = {0.1f, 0.7f}, b[2] = {0.3f, -0.9f};
    struct systole_multiplier *const any = open_device("cpu,precision=x3");
    uint32_t seen[3];
    for (int i = 0; i < 3; i++) {
        struct systole_multiplier *const own = open_device(cases[i].device);
        float c[2];
        struct systole_product p = {.size = sizeof p,
                                    .m = 1,
                                    .n = 1,
                                    .k = 2,
                                    .a = {a, 2, 1},
                                    .b = {b, 1, 1},
                                    .c = &c[0],
                                    .c_row = 1,
                                    .c_column = 1,
                                    .alpha = 1};
        assert_int_equal(systole_multiply(own, &p), SYSTOLE_OK);
        p.c = &c[1];
        p.precision = cases[i].precision;
        assert_int_equal(systole_multiply(any, &p), SYSTOLE_OK);
        assert_memory_equal(&c[0], &c[1], sizeof c[0]);
        memcpy(&seen[i], &c[0], sizeof c[0]);
        systole_multiplier_free(own);
    }
    assert_true(seen[0] != seen[1] && seen[0] != seen[2]);
    systole_multiplier_free(any);
}

static void test_multiply_wrong_products_are_refused_and_c_stays(void **unused)
{
    (void)unused;
    struct systole_multiplier *const m = open_device("cpu");
    float c[4] = {1, 2, 3, 4};
    struct systole_product p = product(c);
    p.m = -1;
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_BAD_ARGUMENT);
    p = product(c);
    p.m = INT64_MAX;
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_BAD_ARGUMENT);
    p = product(c);
    p.a.data = NULL;
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_BAD_ARGUMENT);
    p = product(c);
    p.precision = (enum systole_precision)2;
    assert_int_equal(systole_multiply(m, &p), SYSTOLE_BAD_ARGUMENT);
    for (long n = 1;; n++) {
        p = product(c);
        sy_alloc_fail_at(n);
        const enum systole_status status = systole_multiply(m, &p);
        if (!sy_alloc_has_failed()) {
            assert_int_equal(status, SYSTOLE_OK);
            break;
        }
        assert_int_equal(status, SYSTOLE_NO_MEMORY);
        assert_memory_equal(c, ((const float[]){1, 2, 3, 4}), sizeof c);
    }
    sy_alloc_fail_at(0);
    systole_multiplier_free(m);
}

static void test_multiplier_wrong_devices_are_refused(void **unused)
{
    (void)unused;
    static const char *const wrong[] = {"abacus:1", "cpu,precision=x5", "cpu,precision=", "hls:3x3", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct systole_multiplier *m = NULL;
        assert_true(systole_multiplier_create(ctx, wrong[i], &m) != SYSTOLE_OK);
        assert_null(m);
        assert_true(strlen(systole_context_detail(ctx)) > 0);
    }
    for (long n = 1; n < 4; n++) {
        struct systole_multiplier *m = NULL;
        sy_alloc_fail_at(n);
        assert_int_equal(systole_multiplier_create(ctx, "cpu", &m), SYSTOLE_NO_MEMORY);
        assert_null(m);
    }
    sy_alloc_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_multiply_beta_zero_does_not_read_c),
        cmocka_unit_test(test_multiply_alpha_zero_does_not_read_a_and_b),
        cmocka_unit_test(test_multiply_rounds_alpha_then_adds_beta_c_once),
        cmocka_unit_test(test_multiply_strides_reach_any_layout),
        cmocka_unit_test(test_multiply_from_c_continues_the_chain),
        cmocka_unit_test(test_multiply_precision_of_a_call_is_that_of_a_device_string),
        cmocka_unit_test(test_multiply_wrong_products_are_refused_and_c_stays),
        cmocka_unit_test(test_multiplier_wrong_devices_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
