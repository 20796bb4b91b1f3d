/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systole_fp_pkg against the host's fmaf and float arithmetic, bit for bit.
 * SYSTOLE_SEED and SYSTOLE_VECTORS (in thousands) choose another run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench_float.h"
#include "mac_shim.h"

static struct mac_ports ports;
static struct mac_model *model;

struct mac_operands {
    uint16_t a[MAC_LANES];
    uint16_t b[MAC_LANES];
    uint32_t c[MAC_LANES];
};

static int make_model(void **state)
{
    (void)state;
    model = mac_model_new(&ports);
    return 0;
}

static int free_model(void **state)
{
    (void)state;
    mac_model_free(model);
    return 0;
}

static uint16_t lane16(const uint32_t *words, size_t lane)
{
    return (uint16_t)(words[lane / 2] >> (lane % 2 * 16));
}

static uint64_t vectors(void)
{
    return bench_env("SYSTOLE_VECTORS", 1000) * 1000 / MAC_LANES;
}

static void check_macs(const struct mac_operands *in)
{
    for (size_t i = 0; i < MAC_LANES / 2; i++) {
        ports.mac_a[i] = in->a[2 * i] | (uint32_t)in->a[2 * i + 1] << 16;
        ports.mac_b[i] = in->b[2 * i] | (uint32_t)in->b[2 * i + 1] << 16;
    }
    memcpy(ports.mac_c, in->c, sizeof in->c);
    mac_model_eval(model);
    for (size_t i = 0; i < MAC_LANES; i++) {
        uint32_t want = bench_mac(in->a[i], in->b[i], in->c[i]);
        if (ports.mac[i] != want)
            fail_msg("mac(%04x, %04x, %08x) is %08x, not %08x", in->a[i], in->b[i], in->c[i], ports.mac[i], want);
    }
}

/* x - h without the host's rounding of h: as docs/numerics.md has it. */
static uint16_t split_part(uint32_t bits, unsigned part)
{
    float x = bench_float(bits);
    uint16_t h = bench_to_bf16(x);
    uint16_t m;
    if (isfinite(x) && !isfinite(bench_bf16(h)))
        h = (uint16_t)(bits >> 16);
    if (part == 0)
        return h;
    if (!isfinite(x))
        return 0;
    m = bench_to_bf16(x - bench_bf16(h));
    return part == 1 ? m : bench_to_bf16(x - bench_bf16(h) - bench_bf16(m));
}

static uint16_t nearest_int(float x)
{
    float r = fminf(fmaxf(rintf(x), -32767.0f), 32767.0f);
    return (uint16_t)(int16_t)r;
}

static void check_lane(size_t i)
{
    uint32_t a = ports.a[i];
    uint32_t b = ports.b[i];
    float x = bench_float(a);
    float y = bench_float(b);
    if (ports.add[i] != bench_bits(x + y))
        fail_msg("%08x + %08x is %08x, not %08x", a, b, ports.add[i], bench_bits(x + y));
    if (ports.mul[i] != bench_bits(x * y))
        fail_msg("%08x * %08x is %08x, not %08x", a, b, ports.mul[i], bench_bits(x * y));
    if (ports.from_int[i] != bench_bits((float)(int32_t)a))
        fail_msg("from_int(%08x) is %08x", a, ports.from_int[i]);
    if (lane16(ports.bf16, i) != bench_to_bf16(x))
        fail_msg("to_bf16(%08x) is %04x", a, lane16(ports.bf16, i));
    for (unsigned part = 0; part < 3; part++)
        if (lane16(ports.split[part], i) != split_part(a, part))
            fail_msg("split(%08x, %u) is %04x", a, part, lane16(ports.split[part], i));
    if (!isnan(x) && lane16(ports.to_int, i) != nearest_int(x))
        fail_msg("to_int(%08x) is %04x", a, lane16(ports.to_int, i));
    if ((*ports.less >> i & 1u) != (x < y))
        fail_msg("%08x < %08x is wrong", a, b);
    if ((*ports.is_nan >> i & 1u) != (isnan(x) != 0))
        fail_msg("is_nan(%08x) is wrong", a);
}

static void check_pairs(const uint32_t *a, const uint32_t *b)
{
    memcpy(ports.a, a, MAC_LANES * sizeof *a);
    memcpy(ports.b, b, MAC_LANES * sizeof *b);
    mac_model_eval(model);
    for (size_t i = 0; i < MAC_LANES; i++)
        check_lane(i);
}

static void test_mac_all_corners_crossed_equals_fmaf(void **state)
{
    struct mac_operands in;
    size_t lane = 0;
    (void)state;
    memset(&in, 0, sizeof in);
    for (size_t i = 0; i < 2 * BENCH_CORNERS; i++) {
        for (size_t j = 0; j < 2 * BENCH_CORNERS; j++) {
            for (size_t k = 0; k < 2 * BENCH_CORNERS; k++) {
                in.a[lane] = (uint16_t)(bench_corner(i) >> 16);
                in.b[lane] = (uint16_t)(bench_corner(j) >> 16);
                in.c[lane] = bench_corner(k);
                lane = (lane + 1) % MAC_LANES;
                if (lane == 0)
                    check_macs(&in);
            }
        }
    }
    check_macs(&in);
}

static void test_mac_random_operands_equals_fmaf(void **state)
{
    struct bench_random r = bench_random_start(__func__);
    struct mac_operands in;
    (void)state;
    for (uint64_t v = 0; v < vectors(); v++) {
        for (size_t i = 0; i < MAC_LANES; i++) {
            in.a[i] = (uint16_t)(bench_random_f32(&r) >> 16);
            in.b[i] = (uint16_t)(bench_random_f32(&r) >> 16);
            in.c[i] = bench_random_f32(&r);
        }
        check_macs(&in);
    }
}

/* acc within a few last bits of -a*b, or with an exponent near the product's: what random bits hardly reach. */
static void test_mac_near_cancellation_equals_fmaf(void **state)
{
    struct bench_random r = bench_random_start(__func__);
    struct mac_operands in;
    (void)state;
    for (uint64_t v = 0; v < vectors(); v++) {
        for (size_t i = 0; i < MAC_LANES; i++) {
            uint64_t z = bench_random64(&r);
            in.a[i] = (uint16_t)z;
            in.b[i] = (uint16_t)(z >> 16);
            if (z >> 63 != 0) /* keep the product within the range of fp32 */
                in.b[i] = (uint16_t)((in.b[i] & 0x807fu) | ((0x7f00u - (in.a[i] & 0x7f80u)) & 0x7f80u));
            in.c[i] = bench_bits(-bench_bf16(in.a[i]) * bench_bf16(in.b[i]));
            if ((z >> 62 & 1u) != 0)
                in.c[i] += (uint32_t)(z >> 32 & 7u) - 3u;
            else
                in.c[i] += ((uint32_t)(z >> 32 & 63u) - 31u) << 23 | (uint32_t)(z >> 40 & 0xfffffu);
        }
        check_macs(&in);
    }
}

static void test_mac_one_lane_functions_corners_equal_host(void **state)
{
    uint32_t a[MAC_LANES] = {0};
    uint32_t b[MAC_LANES] = {0};
    size_t lane = 0;
    (void)state;
    for (size_t i = 0; i < 2 * BENCH_CORNERS; i++) {
        for (size_t j = 0; j < 2 * BENCH_CORNERS; j++) {
            a[lane] = bench_corner(i);
            b[lane] = bench_corner(j);
            lane = (lane + 1) % MAC_LANES;
            if (lane == 0)
                check_pairs(a, b);
        }
    }
    check_pairs(a, b);
}

static void test_mac_one_lane_functions_random_equal_host(void **state)
{
    struct bench_random r = bench_random_start(__func__);
    uint32_t a[MAC_LANES];
    uint32_t b[MAC_LANES];
    (void)state;
    for (uint64_t v = 0; v < vectors(); v++) {
        for (size_t i = 0; i < MAC_LANES; i++) {
            uint64_t z = bench_random64(&r);
            a[i] = bench_random_f32(&r);
            b[i] = bench_random_f32(&r);
            if ((z & 3u) == 0) /* near to a, so that sums cancel and comparisons are close */
                b[i] = (a[i] ^ 0x80000000u) + (uint32_t)(z >> 8 & 15u) - 7u;
            if ((z & 3u) == 1) /* of exponents that add up to the lowest ones of a product */
                b[i] = (b[i] & 0x807fffffu) | ((0x3f000000u + (uint32_t)(z >> 8 & 63u) * 0x800000u - a[i]) & 0x7f800000u);
            if ((z & 3u) == 2) /* halves and their neighbours, for to_int */
                a[i] = bench_bits((float)((int32_t)(z >> 8 & 0xfffu) - 2048) * 0.5f) + (uint32_t)(z >> 24 & 3u) - 1u;
        }
        check_pairs(a, b);
    }
}

/* What of the product lies below the smallest subnormal decides how it is rounded: too rare for random operands. */
static void test_mac_products_just_off_a_tie_of_subnormals_equal_host(void **state)
{
    static const uint32_t x[] = {0x1eff7f97, 0x1e8f6265, 0x1eeb2ea1};
    static const uint32_t y[] = {0x1f7af027, 0x1f677f6d, 0x1f3c3561};
    uint32_t a[MAC_LANES] = {0};
    uint32_t b[MAC_LANES] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) {
        a[2 * i] = x[i];
        b[2 * i] = y[i];
        a[2 * i + 1] = y[i] | 0x80000000u;
        b[2 * i + 1] = x[i];
    }
    check_pairs(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mac_all_corners_crossed_equals_fmaf),
        cmocka_unit_test(test_mac_random_operands_equals_fmaf),
        cmocka_unit_test(test_mac_near_cancellation_equals_fmaf),
        cmocka_unit_test(test_mac_one_lane_functions_corners_equal_host),
        cmocka_unit_test(test_mac_one_lane_functions_random_equal_host),
        cmocka_unit_test(test_mac_products_just_off_a_tie_of_subnormals_equal_host),
    };
    return cmocka_run_group_tests(tests, make_model, free_model);
}
