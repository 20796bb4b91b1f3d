/* SPDX-License-Identifier: Apache-2.0 */
/* Programs on the models of the test configurations; several devices at a time; memory that is refused. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "alloc.h"
#include "device.h"
#include "program.h"
#include "test_driver.h"

#define A_AT 0u
#define W_AT 4096u
#define R_AT 8192u
#define DATA_BYTES 16384u
#define PIXELS 5u

/* ---- a matrix product ---- */

struct product {
    struct systole_buffer *program, *data;
    uint32_t instructions;
};

static void product_free(struct product *t)
{
    systole_buffer_free(t->program);
    systole_buffer_free(t->data);
    *t = (struct product){0};
}

/* RAW32 result of PIXELS rows of A (int8) times one tile of W; then END. */
static void product_words(struct program *p, uint32_t rows, uint32_t cols)
{
    uint32_t *i = program_add(p, SYSTOLE_OP_LOAD);
    SYSTOLE_PUT(i, LOAD, window, 1);
    SYSTOLE_PUT(i, LOAD, src_lo, A_AT);
    SET(i, LOAD, len, PIXELS * rows);
    i = program_add(p, SYSTOLE_OP_LOAD);
    SYSTOLE_PUT(i, LOAD, mem, SYSTOLE_MEM_WPAD);
    SYSTOLE_PUT(i, LOAD, window, 1);
    SYSTOLE_PUT(i, LOAD, src_lo, W_AT);
    SET(i, LOAD, len, rows * cols);
    program_sync(p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    i = program_add(p, SYSTOLE_OP_MATMUL);
    SET(i, MATMUL, k_tail, rows);
    SET(i, MATMUL, q, PIXELS);
    SYSTOLE_PUT(i, MATMUL, a_sq, rows);
    SYSTOLE_PUT(i, MATMUL, c_sq, 1);
    program_sync(p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    i = program_add(p, SYSTOLE_OP_STORE);
    SYSTOLE_PUT(i, STORE, window, 1);
    SYSTOLE_PUT(i, STORE, dst_lo, R_AT);
    SET(i, STORE, q, PIXELS);
    SET(i, STORE, n_tail, cols);
    SYSTOLE_PUT(i, STORE, c_sq, 1);
    SYSTOLE_PUT(i, STORE, d_sq, 4 * cols);
    program_add(p, SYSTOLE_OP_END);
}

static int8_t operand(uint32_t seed, uint32_t i)
{
    return (int8_t)((seed + i) * 2654435761u >> 24);
}

/* Puts program and data into buffers of the device and opens the windows. */
static enum systole_status product_load(struct systole_device *dev, struct product *t, uint32_t seed)
{
    const struct systole_caps *caps = systole_device_caps(dev);
    struct program p = {.count = 0};
    int8_t a[DATA_BYTES] = {0};
    product_words(&p, caps->ROWS, caps->COLS);
    for (uint32_t i = 0; i < PIXELS * caps->ROWS; i++)
        a[A_AT + i] = operand(seed, i);
    for (uint32_t i = 0; i < caps->ROWS * caps->COLS; i++)
        a[W_AT + i] = operand(seed + 7, i);
    const size_t bytes = p.count * SYSTOLE_INSN_BYTES;
    t->instructions = p.count;
    enum systole_status status = systole_buffer_alloc(dev, bytes, &t->program);
    if (status == SYSTOLE_OK)
        status = systole_buffer_alloc(dev, DATA_BYTES, &t->data);
    if (status == SYSTOLE_OK)
        status = systole_buffer_write(t->program, 0, p.words, bytes);
    if (status == SYSTOLE_OK)
        status = systole_buffer_write(t->data, 0, a, sizeof a);
    if (status == SYSTOLE_OK)
        status = systole_device_set_window(dev, 0, t->program, 0, bytes);
    if (status == SYSTOLE_OK)
        status = systole_device_set_window(dev, 1, t->data, 0, DATA_BYTES);
    return status;
}

/* Number of results that are not what plain loops give; all bytes after the results must be as before. */
static uint32_t product_wrong(struct systole_device *dev, struct product *t, uint32_t seed)
{
    const uint32_t rows = systole_device_caps(dev)->ROWS, cols = systole_device_caps(dev)->COLS;
    int32_t result[(DATA_BYTES - R_AT) / 4];
    uint32_t wrong = 0;
    if (systole_buffer_read(t->data, R_AT, result, sizeof result) != SYSTOLE_OK)
        return UINT32_MAX;
    for (uint32_t q = 0; q < PIXELS; q++)
        for (uint32_t j = 0; j < cols; j++) {
            int32_t sum = 0;
            for (uint32_t r = 0; r < rows; r++)
                sum += operand(seed, q * rows + r) * operand(seed + 7, r * cols + j);
            wrong += result[q * cols + j] != sum;
        }
    for (uint32_t i = PIXELS * cols; i < sizeof result / sizeof result[0]; i++)
        wrong += result[i] != 0;
    return wrong;
}

static enum systole_status product_run(struct systole_device *dev, struct product *t, uint32_t seed)
{
    enum systole_status status = product_load(dev, t, seed);
    if (status == SYSTOLE_OK)
        status = systole_device_start(dev);
    return status == SYSTOLE_OK ? systole_device_wait(dev, SYSTOLE_FOREVER) : status;
}

static const char *const models[] = {"hls:4x4", "sim:4x4"};

#define FOR_MODEL(n) open_or_skip(models[n])

/* ---- runs on the models ---- */

static void test_run_product_equals_plain_loops(void **state)
{
    struct systole_device *dev = FOR_MODEL(*(int *)*state);
    struct product t = {0};
    struct systole_counters c;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        assert_int_equal(product_run(dev, &t, seed), SYSTOLE_OK);
        assert_int_equal(product_wrong(dev, &t, seed), 0);
        assert_int_equal(systole_device_counters(dev, &c), SYSTOLE_OK);
        assert_int_equal(c.value[SYSTOLE_CNT_INSN_LOAD], 2);
        assert_int_equal(c.value[SYSTOLE_CNT_INSN_SYNC], 4);
        assert_int_equal(c.value[SYSTOLE_CNT_WRITE_BYTES], PIXELS * 4 * systole_device_caps(dev)->COLS);
        product_free(&t);
    }
    systole_device_close(dev);
}

static void test_run_bad_opcode_is_told_and_the_next_program_runs(void **state)
{
    struct systole_device *dev = FOR_MODEL(*(int *)*state);
    struct product t = {0};
    const uint32_t bad = 0x77;
    assert_int_equal(product_load(dev, &t, 4), SYSTOLE_OK);
    assert_int_equal(systole_buffer_write(t.program, 5 * SYSTOLE_INSN_BYTES, &bad, sizeof bad), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
    ASSERT_CONTAINS(systole_device_message(dev), "BAD_OPCODE (1) at instruction 5: No instruction has this opcode");
    struct systole_device_status s;
    assert_int_equal(systole_device_status(dev, &s), SYSTOLE_OK);
    assert_int_equal(s.code, SYSTOLE_ERR_BAD_OPCODE);
    assert_int_equal(s.index, 5);
    assert_false(s.running);
    product_free(&t);
    assert_int_equal(product_run(dev, &t, 5), SYSTOLE_OK);
    assert_int_equal(product_wrong(dev, &t, 5), 0);
    product_free(&t);
    systole_device_close(dev);
}

static void test_run_program_cut_short_is_told(void **state)
{
    struct systole_device *dev = FOR_MODEL(*(int *)*state);
    struct product t = {0};
    assert_int_equal(product_load(dev, &t, 4), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, 0, t.program, 0, 3 * SYSTOLE_INSN_BYTES - 1), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
    ASSERT_CONTAINS(systole_device_message(dev), "PROGRAM_END (5) at instruction 2");
    systole_device_close(dev);
}

/* ---- time, on the simulator alone ---- */

static void test_wait_in_slices_times_out_and_goes_on(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_skip("sim:4x4,latency=20000");
    struct product t = {0};
    unsigned timeouts = 0;
    assert_int_equal(product_load(dev, &t, 6), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    enum systole_status status;
    while ((status = systole_device_wait(dev, 0)) == SYSTOLE_TIMEOUT)
        timeouts++;
    assert_int_equal(status, SYSTOLE_OK);
    assert_true(timeouts > 5);
    assert_int_equal(product_wrong(dev, &t, 6), 0);
    systole_device_close(dev);
}

/* 20000: the bus drains during the reset. 70000: longer than the device itself waits for that. */
static void test_timeout_then_reset_then_the_next_program_runs(void **state)
{
    (void)state;
    static const char *const devices[] = {"sim:4x4,latency=20000", "sim:4x4,latency=70000"};
    for (unsigned i = 0; i < 2; i++) {
        struct systole_device *dev = open_or_skip(devices[i]);
        struct product t = {0};
        assert_int_equal(product_load(dev, &t, 7), SYSTOLE_OK);
        assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
        assert_int_equal(systole_device_wait(dev, 1), SYSTOLE_TIMEOUT);
        assert_int_equal(systole_device_reset(dev, SYSTOLE_FOREVER), SYSTOLE_OK);
        product_free(&t);
        assert_int_equal(product_run(dev, &t, 8), SYSTOLE_OK);
        assert_int_equal(product_wrong(dev, &t, 8), 0);
        systole_device_close(dev);
    }
}

static void test_reset_with_a_memory_that_never_answers_is_told(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_skip("sim:4x4,hang_read=1");
    struct product t = {0};
    assert_int_equal(product_load(dev, &t, 7), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, 1000000), SYSTOLE_TIMEOUT);
    assert_int_equal(systole_device_reset(dev, 100000000), SYSTOLE_TIMEOUT);
    ASSERT_CONTAINS(systole_device_message(dev), "still owes answers");
    product_free(&t);
    systole_device_close(dev);
}

static void test_watchdog_ends_a_run_even_when_the_memory_never_answers(void **state)
{
    (void)state;
    static const char *const devices[] = {"sim:4x4,latency=5000", "sim:4x4,hang_read=3"};
    for (unsigned i = 0; i < 2; i++) {
        struct systole_device *dev = open_or_skip(devices[i]);
        struct product t = {0};
        assert_int_equal(product_load(dev, &t, 7), SYSTOLE_OK);
        assert_int_equal(systole_device_set_watchdog(dev, 1000), SYSTOLE_OK);
        assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
        assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
        ASSERT_CONTAINS(systole_device_message(dev), "WATCHDOG (9)");
        systole_device_close(dev);
    }
}

/* ---- parity ---- */

static void test_run_whose_memories_lost_a_bit_says_which(void **state)
{
    (void)state;
    static const struct {
        uint32_t which;
        const char *names;
    } cases[] = {
        {1u << SYSTOLE_MEM_ACC, "PARITY (10) at instruction 17 (ACC): "},
        {(1u << SYSTOLE_MEMORIES) - 1u, "PARITY (10) at instruction 17 (APAD, WPAD, ACC, PARAM, LUT): "},
        {0, "PARITY (10) at instruction 17: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct systole_device *dev = open_or_fail(fake_device(",code=10,index=17"));
        struct systole_device_status s;
        assert_int_equal(driver_write(dev, SYSTOLE_REG_PARITY, cases[i].which), SYSTOLE_OK);
        assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
        assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
        ASSERT_CONTAINS(systole_device_message(dev), cases[i].names);
        ASSERT_CONTAINS(systole_device_message(dev), "run again");
        assert_int_equal(systole_device_status(dev, &s), SYSTOLE_OK);
        assert_string_equal(s.name, "PARITY");
        systole_device_close(dev);
    }
}

/* ---- several devices ---- */

struct worker {
    const char *device;
    uint32_t seed;
    uint32_t wrong;
    enum systole_status status;
};

static void *work(void *user)
{
    struct worker *w = user;
    for (uint32_t round = 0; round < 4; round++) {
        struct systole_device *dev = NULL;
        w->status = systole_device_open(w->device, NULL, &dev);
        for (uint32_t i = 0; i < 5 && w->status == SYSTOLE_OK; i++) {
            struct product t = {0};
            w->status = product_run(dev, &t, w->seed + i);
            w->wrong += product_wrong(dev, &t, w->seed + i);
            product_free(&t);
        }
        systole_device_close(dev);
    }
    return NULL;
}

static void test_devices_in_threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++)
        systole_device_close(FOR_MODEL(i));
    struct worker workers[4];
    pthread_t threads[4];
    for (uint32_t i = 0; i < 4; i++) {
        workers[i] = (struct worker){.device = models[i % 2], .seed = 100 * i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (uint32_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(workers[i].status, SYSTOLE_OK);
        assert_int_equal(workers[i].wrong, 0);
    }
}

/* ---- memory that is refused ---- */

struct refusal {
    uint32_t at, count;
};

static bool refuse_one(void *user, size_t size)
{
    (void)size;
    struct refusal *r = user;
    return r->count++ != r->at;
}

static void test_events_of_a_device_without_them_are_unsupported(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_fail(fake_device(""));
    const struct systole_event *events = NULL;
    size_t count = 7;
    assert_int_equal(systole_device_events(dev, &events, &count), SYSTOLE_UNSUPPORTED);
    assert_non_null(strstr(systole_device_message(dev), "events=1"));
    assert_null(events);
    assert_int_equal(count, 7);
    systole_device_close(dev);
}

static void test_memory_is_told_where_it_is_known(void **state)
{
    uint32_t latency = 1, outstanding = 2;
    (void)state;
    struct systole_device *dev = open_or_fail("hls:4x4");
    assert_int_equal(systole_device_memory(dev, &latency, &outstanding), SYSTOLE_UNSUPPORTED);
    assert_int_equal(latency, 1);
    assert_int_equal(outstanding, 2);
    systole_device_close(dev);
    dev = open_or_fail("sim:4x4,latency=77,outstanding=5");
    assert_int_equal(systole_device_memory(dev, &latency, &outstanding), SYSTOLE_OK);
    assert_int_equal(latency, 77);
    assert_int_equal(outstanding, 5);
    systole_device_close(dev);
}

static void test_each_allocation_may_fail(void **state)
{
    struct refusal r = {0, 0};
    const char *device = models[*(int *)*state];
    systole_device_close(FOR_MODEL(*(int *)*state));
    driver_alloc_set_hook(refuse_one, &r);
    enum systole_status status;
    do {
        struct systole_device *dev = NULL;
        struct product t = {0};
        r.count = 0;
        status = systole_device_open(device, NULL, &dev);
        if (status == SYSTOLE_OK)
            status = product_run(dev, &t, 9);
        if (status == SYSTOLE_OK)
            assert_int_equal(product_wrong(dev, &t, 9), 0);
        else
            assert_int_equal(status, SYSTOLE_NO_MEMORY);
        systole_device_close(dev);
    } while (r.at++, status != SYSTOLE_OK);
    driver_alloc_set_hook(NULL, NULL);
    assert_int_equal(r.at, 7); /* device, model, two buffers with a handle each; then none fails */
}

static void test_retiming_a_device_that_cannot_is_unsupported(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_fail(fake_device(""));
    assert_int_equal(systole_device_retime(dev, "model:16x16,latency=3"), SYSTOLE_UNSUPPORTED);
    assert_non_null(strstr(systole_device_message(dev), "fast model"));
    assert_int_equal(systole_device_retime(dev, systole_device_name(dev)), SYSTOLE_UNSUPPORTED);
    assert_int_equal(systole_device_retime(dev, NULL), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_device_retime(dev, ":"), SYSTOLE_BAD_DEVICE);
    systole_device_close(dev);
}

int main(void)
{
    static int hls = 0, sim = 1;
#define ON(name, model) {#name " (" #model ")", name, NULL, NULL, &model}
    const struct CMUnitTest tests[] = {
        ON(test_run_product_equals_plain_loops, hls),
        ON(test_run_product_equals_plain_loops, sim),
        ON(test_run_bad_opcode_is_told_and_the_next_program_runs, hls),
        ON(test_run_bad_opcode_is_told_and_the_next_program_runs, sim),
        ON(test_run_program_cut_short_is_told, hls),
        ON(test_run_program_cut_short_is_told, sim),
        cmocka_unit_test(test_wait_in_slices_times_out_and_goes_on),
        cmocka_unit_test(test_timeout_then_reset_then_the_next_program_runs),
        cmocka_unit_test(test_reset_with_a_memory_that_never_answers_is_told),
        cmocka_unit_test(test_watchdog_ends_a_run_even_when_the_memory_never_answers),
        cmocka_unit_test(test_run_whose_memories_lost_a_bit_says_which),
        cmocka_unit_test(test_devices_in_threads_do_not_disturb_each_other),
        cmocka_unit_test(test_events_of_a_device_without_them_are_unsupported),
        cmocka_unit_test(test_memory_is_told_where_it_is_known),
        cmocka_unit_test(test_retiming_a_device_that_cannot_is_unsupported),
        ON(test_each_allocation_may_fail, hls),
        ON(test_each_allocation_may_fail, sim),
    };
    return cmocka_run_group_tests_name("driver_run", tests, NULL, NULL);
}
