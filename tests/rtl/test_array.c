/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three bodies of systole_array, and systole_lanes, on random streams against a model in C, cycle by cycle:
 * gaps, skipped rows, both types, and weights rewritten in the first cycle in which that is allowed.
 *
 * Compiled once for each configuration: BENCH_ROWS, BENCH_COLS, BENCH_HAS_FP, BENCH_MAC_LATENCY, BENCH_PLANES and
 * BENCH_WORD_BYTES are the parameters of systole_array_bench. SYSTOLE_SEED and SYSTOLE_CYCLES choose another run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "array_shim.h"
#include "bench_float.h"
#include "systole_spec.h"

enum {
    ROWS = BENCH_ROWS,
    COLS = BENCH_COLS,
    HAS_FP = BENCH_HAS_FP,
    MAC_LATENCY = BENCH_MAC_LATENCY,
    PLANES = BENCH_PLANES,
    RPW = BENCH_WORD_BYTES / BENCH_COLS,
    LATENCY = ROWS * MAC_LATENCY + 1,
    LANE_LATENCY = MAC_LATENCY + 1,
    TAPS = 3,
    RING = 2048 /* above any latency */
};

struct result {
    bool valid;
    uint32_t data[COLS];
};

/* A plane of weights, the rows that are not yet written again, and the last vector that used it. */
struct plane {
    bool fp;
    int next_row;
    uint64_t last_use;
    uint16_t w[ROWS][COLS];
};

struct bench {
    struct array_model *model;
    struct array_ports ports;
    struct bench_random random;
    uint64_t now;
    struct plane planes[PLANES];
    struct result array[RING];
    struct result lanes[RING];
    uint16_t kept[TAPS][COLS]; /* by the lanes, the newest vector first */
};

static struct bench bench;

static int make_bench(void **state)
{
    (void)state;
    memset(&bench, 0, sizeof bench);
    bench.model = array_model_new(&bench.ports);
    *bench.ports.rst_n = 0;
    array_model_cycle(bench.model);
    *bench.ports.rst_n = 1;
    return 0;
}

static int free_bench(void **state)
{
    (void)state;
    array_model_free(bench.model);
    return 0;
}

static uint32_t below(uint32_t n)
{
    return bench_random_below(&bench.random, n);
}

static void put16(uint32_t *words, size_t lane, uint16_t value)
{
    uint32_t shift = (uint32_t)(lane % 2 * 16);
    words[lane / 2] = (words[lane / 2] & ~(0xffffu << shift)) | (uint32_t)value << shift;
}

static uint16_t get16(const uint32_t *words, size_t lane)
{
    return (uint16_t)(words[lane / 2] >> (lane % 2 * 16));
}

/* -255 to 255, the ends often; or a bf16 of any kind, mostly of moderate size so that sums stay finite. */
static uint16_t random_element(bool fp)
{
    if (fp)
        return below(16) != 0 ? (uint16_t)((0x3f80u ^ (bench_random64(&bench.random) & 0x83ffu)))
                              : (uint16_t)(bench_random_f32(&bench.random) >> 16);
    if (below(8) == 0)
        return (uint16_t)(below(2) != 0 ? 255 : -255);
    return (uint16_t)((int32_t)below(511) - 255);
}

static uint32_t random_sum(bool fp)
{
    uint32_t bits = bench_random_f32(&bench.random);
    return fp && below(8) != 0 ? (bits & 0x83ffffffu) ^ 0x3f800000u : bits;
}

/* An int8 operand's value, modulo 2^32. */
static uint32_t extend(uint16_t x)
{
    return (uint32_t)(int32_t)(int16_t)x;
}

static uint32_t mac(bool fp, uint16_t x, uint16_t w, uint32_t acc)
{
    return fp ? bench_mac(x, w, acc) : acc + extend(x) * extend(w);
}

static uint32_t lane_step(uint32_t mode, bool fp, uint16_t x, uint16_t w, uint32_t acc)
{
    float a = bench_bf16(x);
    float p = bench_float(acc);
    if (mode == SYSTOLE_MODE_DEPTHWISE)
        return mac(fp, x, w, acc);
    if (mode == SYSTOLE_MODE_SUM)
        return fp ? bench_bits(p + a) : acc + extend(x);
    if (!fp)
        return (int16_t)x > (int32_t)acc ? extend(x) : acc;
    if (isnan(a) || isnan(p))
        return SYSTOLE_NAN_F32;
    return a > p ? (uint32_t)x << 16 : acc;
}

/* Writes the next group of a plane, or does nothing in this cycle. A plane is started at random. */
static void drive_weights(void)
{
    uint32_t index = below(PLANES);
    struct plane *plane = &bench.planes[index];
    const struct array_ports *p = &bench.ports;
    int first = plane->next_row < ROWS ? plane->next_row : 0;
    bool fp = first != 0 ? plane->fp : HAS_FP && below(2) != 0;
    int rows, last;
    *p->w_valid = 0;
    if (plane->next_row == ROWS && below(8) != 0)
        return;
    rows = fp ? RPW / 2 : RPW;
    last = first + rows < ROWS ? first + rows : ROWS;
    if (bench.now < plane->last_use + (uint64_t)(last - 1) * MAC_LATENCY)
        return;
    plane->fp = fp;
    *p->w_valid = 1;
    *p->w_plane = (uint8_t)index;
    *p->w_fp = fp;
    *p->w_row = (uint8_t)first;
    for (int i = 0; i < RPW * COLS; i++) {
        uint16_t w = random_element(fp);
        put16(p->w_data, (size_t)i, w);
        if (i / COLS < last - first)
            plane->w[first + i / COLS][i % COLS] = w;
    }
    plane->next_row = last;
}

static void drive_operands(bool fp)
{
    const struct array_ports *p = &bench.ports;
    *p->x_fp = fp;
    *p->x_skip = below(2) != 0 ? 0 : bench_random64(&bench.random);
    for (size_t i = 0; i < ARRAY_LANES; i++)
        put16(p->x_data, i, random_element(fp));
    for (size_t i = 0; i < COLS; i++)
        p->p_data[i] = random_sum(fp);
}

/* A vector for the array, if its plane was whole before this cycle. */
static void drive_vector(bool wanted, uint32_t index, bool ready)
{
    struct plane *plane = &bench.planes[index];
    const struct array_ports *p = &bench.ports;
    struct result *r = &bench.array[(bench.now + LATENCY) % RING];
    *p->x_plane = (uint8_t)index;
    *p->x_valid = wanted && ready;
    r->valid = wanted && ready;
    if (!r->valid)
        return;
    plane->last_use = bench.now;
    for (size_t j = 0; j < COLS; j++) {
        uint32_t acc = p->p_data[j];
        for (size_t i = 0; i < ROWS; i++)
            if ((*p->x_skip >> i & 1u) == 0)
                acc = mac(plane->fp, get16(p->x_data, i), plane->w[i][j], acc);
        r->data[j] = acc;
    }
}

/* What the lanes keep of the vector that is driven: taps at once push the older ones on. */
static void keep_vector(bool taps)
{
    if (taps)
        memmove(bench.kept[1], bench.kept[0], sizeof bench.kept - sizeof bench.kept[0]);
    for (size_t j = 0; j < COLS; j++)
        bench.kept[0][j] = get16(bench.ports.x_data, j);
}

static void drive_lanes(bool wanted, bool fp)
{
    const struct array_ports *p = &bench.ports;
    struct result *r = &bench.lanes[(bench.now + LANE_LATENCY) % RING];
    uint32_t mode = 1 + below(3);
    *p->lane_valid = wanted;
    *p->lane_mode = (uint8_t)mode;
    *p->lane_taps = mode == SYSTOLE_MODE_DEPTHWISE && !fp && below(4) != 0;
    *p->lane_feed = !wanted && *p->lane_taps && below(2) != 0;
    r->valid = wanted;
    if (wanted || *p->lane_feed)
        keep_vector(*p->lane_taps);
    if (!wanted)
        return;
    for (size_t j = 0; j < COLS; j++) {
        bool skip = (*p->x_skip >> j & 1u) != 0;
        uint32_t acc = p->p_data[j];
        r->data[j] = skip ? acc : lane_step(mode, fp, get16(p->x_data, j), get16(p->w_data, j), acc);
        for (size_t k = 1; k < TAPS && *p->lane_taps; k++)
            r->data[j] += extend(bench.kept[k][j]) * extend(get16(p->w_data, k * COLS + j));
    }
}

static const char *const body_name[ARRAY_BODIES] = {"loops", "grid", "call"};

static void check(const char *what, const struct result *want, uint8_t valid, const uint32_t *data)
{
    if (valid != want->valid)
        fail_msg("%s, cycle %llu: valid is %u", what, (unsigned long long)bench.now, valid);
    for (size_t j = 0; valid != 0 && j < COLS; j++)
        if (data[j] != want->data[j])
            fail_msg("%s, cycle %llu, column %zu: %08x, not %08x", what, (unsigned long long)bench.now, j, data[j],
                     want->data[j]);
}

/* One cycle of the stream; `density` of 16 cycles have a vector. */
static void step(uint32_t density, bool lanes)
{
    const struct array_ports *p = &bench.ports;
    uint32_t index = below(PLANES);
    bool ready = bench.planes[index].next_row == ROWS;
    bool fp = ready ? bench.planes[index].fp : HAS_FP && below(2) != 0;
    drive_operands(fp);
    if (lanes) {
        for (size_t i = 0; i < ARRAY_LANES; i++)
            put16(p->w_data, i, random_element(fp));
        drive_lanes(below(16) < density, fp);
    } else {
        drive_vector(below(16) < density, index, ready);
        drive_weights();
    }
    array_model_cycle(bench.model);
    bench.now++;
    for (size_t b = 0; b < ARRAY_BODIES; b++)
        check(body_name[b], &bench.array[bench.now % RING], *p->body_valid >> b & 1, p->body_data + b * ARRAY_LANES);
    check("lanes", &bench.lanes[bench.now % RING], *p->lanes_valid, p->lanes_data);
}

static void run(const char *test, bool lanes, bool resets)
{
    uint64_t cycles = bench_env("SYSTOLE_CYCLES", 20000);
    uint64_t results = 0;
    uint32_t density = 16;
    bench.random = bench_random_start(test);
    for (uint64_t c = 0; c < cycles; c++) {
        if (below(200) == 0)
            density = 1 + below(16);
        if (resets && below(300) == 0) {
            *bench.ports.x_valid = below(2) != 0;
            *bench.ports.w_valid = 0;
            *bench.ports.rst_n = 0;
            array_model_cycle(bench.model);
            bench.now++;
            *bench.ports.rst_n = 1;
            memset(bench.array, 0, sizeof bench.array);
            memset(bench.lanes, 0, sizeof bench.lanes);
        }
        step(density, lanes);
        results += (*bench.ports.body_valid & 1u) | *bench.ports.lanes_valid;
    }
    printf("%s: %llu results in %llu cycles\n", test, (unsigned long long)results, (unsigned long long)cycles);
    assert_true(results > cycles / 20);
}

static void test_array_random_stream_equals_model(void **state)
{
    (void)state;
    run(__func__, false, false);
}

static void test_array_reset_drops_what_is_on_its_way(void **state)
{
    (void)state;
    run(__func__, false, true);
}

static void test_array_lanes_random_stream_equals_model(void **state)
{
    (void)state;
    run(__func__, true, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_array_random_stream_equals_model, make_bench, free_bench),
        cmocka_unit_test_setup_teardown(test_array_reset_drops_what_is_on_its_way, make_bench, free_bench),
        cmocka_unit_test_setup_teardown(test_array_lanes_random_stream_equals_model, make_bench, free_bench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
