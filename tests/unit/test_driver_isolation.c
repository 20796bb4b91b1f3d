/* SPDX-License-Identifier: Apache-2.0 */
/* One tenant after the other on a device: nothing of the first is there for the second. Buffers, windows, on-chip memories. */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>

#include "program.h"
#include "test_driver.h"

#define SECRET 0x5au
enum { RESULTS = 65536, TABLE = 0, RAMP = 4096, IN_BYTES = 8192 };

static const char *const models[] = {"hls:4x4", "sim:4x4"};

/* What one tenant has: a program, what it reads (window 1), what it writes (window 2). */
struct tenant {
    struct systole_device *dev;
    struct systole_buffer *program, *in, *out;
};

static struct tenant begin(struct systole_device *dev)
{
    struct tenant t = {.dev = dev};
    assert_int_equal(systole_buffer_alloc(dev, PROGRAM_ROOM * SYSTOLE_INSN_BYTES, &t.program), SYSTOLE_OK);
    assert_int_equal(systole_buffer_alloc(dev, IN_BYTES, &t.in), SYSTOLE_OK);
    assert_int_equal(systole_buffer_alloc(dev, RESULTS, &t.out), SYSTOLE_OK);
    return t;
}

static void end(struct tenant *t)
{
    systole_buffer_free(t->program);
    systole_buffer_free(t->in);
    systole_buffer_free(t->out);
}

static enum systole_status run(struct tenant *t, struct program *p)
{
    program_add(p, SYSTOLE_OP_END);
    const size_t bytes = p->count * SYSTOLE_INSN_BYTES;
    assert_int_equal(systole_buffer_write(t->program, 0, p->words, bytes), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(t->dev, 0, t->program, 0, bytes), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(t->dev, 1, t->in, 0, IN_BYTES), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(t->dev, 2, t->out, 0, RESULTS), SYSTOLE_OK);
    assert_int_equal(systole_device_start(t->dev), SYSTOLE_OK);
    p->count = 0;
    return systole_device_wait(t->dev, SYSTOLE_FOREVER);
}

/* ---- on-chip memories ---- */

static void add_fill(struct program *p, uint32_t mem, uint32_t conv, uint32_t elements, uint32_t value)
{
    uint32_t *i = program_add(p, SYSTOLE_OP_FILL);
    SET(i, FILL, mem, mem);
    SET(i, FILL, conv, conv);
    SET(i, FILL, len, elements);
    SET(i, FILL, value, value);
}

static uint32_t *add_load(struct program *p, uint32_t mem, uint32_t conv, uint32_t src, uint32_t elements)
{
    uint32_t *i = program_add(p, SYSTOLE_OP_LOAD);
    SET(i, LOAD, mem, mem);
    SET(i, LOAD, conv, conv);
    SET(i, LOAD, window, 1);
    SET(i, LOAD, src_lo, src);
    SET(i, LOAD, len, elements);
    return i;
}

static uint32_t *add_store(struct program *p, uint32_t out, uint32_t rows, uint32_t row_bytes)
{
    uint32_t *i = program_add(p, SYSTOLE_OP_STORE);
    SET(i, STORE, out, out);
    SET(i, STORE, window, 2);
    SET(i, STORE, q, rows);
    SET(i, STORE, n_tail, 4);
    SET(i, STORE, c_sq, 1);
    SET(i, STORE, d_sq, row_bytes);
    return i;
}

/* Every byte of every memory is the secret. */
static void leave_secrets(struct tenant *t)
{
    const struct systole_caps *caps = systole_device_caps(t->dev);
    struct program p = {.count = 0};
    uint8_t table[SYSTOLE_LUT_BYTES];
    memset(table, SECRET, sizeof table);
    assert_int_equal(systole_buffer_write(t->in, TABLE, table, sizeof table), SYSTOLE_OK);
    add_fill(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, caps->APAD_BYTES, SECRET);
    add_fill(&p, SYSTOLE_MEM_WPAD, SYSTOLE_CONV_COPY8, caps->WPAD_BYTES, SECRET);
    add_fill(&p, SYSTOLE_MEM_ACC, SYSTOLE_CONV_COPY32, caps->ACC_ROWS * caps->COLS, SECRET);
    add_fill(&p, SYSTOLE_MEM_PARAM, SYSTOLE_CONV_COPY32, caps->PARAM_ROWS * caps->COLS, SECRET);
    add_load(&p, SYSTOLE_MEM_LUT, SYSTOLE_CONV_COPY8, TABLE, SYSTOLE_LUT_BYTES);
    assert_int_equal(run(t, &p), SYSTOLE_OK);
}

/* Whether what the last program wrote is all zero. */
static bool is_zero(struct tenant *t, size_t bytes)
{
    static uint8_t got[RESULTS];
    assert_int_equal(systole_buffer_read(t->out, 0, got, bytes), SYSTOLE_OK);
    for (size_t i = 0; i < bytes; i++)
        if (got[i])
            return false;
    return true;
}

static bool acc_is_zero(struct tenant *t)
{
    struct program p = {.count = 0};
    const uint32_t rows = systole_device_caps(t->dev)->ACC_ROWS;
    add_store(&p, SYSTOLE_OUT_RAW32, rows, 16);
    assert_int_equal(run(t, &p), SYSTOLE_OK);
    return is_zero(t, 16 * (size_t)rows);
}

/* The largest of each lane over the whole pad, in one row for each so many vectors. */
static bool apad_is_zero(struct tenant *t)
{
    struct program p = {.count = 0};
    const struct systole_caps *caps = systole_device_caps(t->dev);
    const uint32_t rows = caps->ACC_ROWS, taps = caps->APAD_BYTES / caps->COLS / rows;
    uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL);
    SET(i, MATMUL, mode, SYSTOLE_MODE_MAX);
    SET(i, MATMUL, a_unsigned, 1);
    SET(i, MATMUL, kc, taps);
    SET(i, MATMUL, a_skc, caps->COLS);
    SET(i, MATMUL, q, rows);
    SET(i, MATMUL, a_sq, caps->COLS * taps);
    SET(i, MATMUL, c_sq, 1);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, rows, 16);
    assert_int_equal(run(t, &p), SYSTOLE_OK);
    return is_zero(t, 16 * (size_t)rows);
}

/* One vector of ones times every tile. */
static bool wpad_is_zero(struct tenant *t)
{
    struct program p = {.count = 0};
    const struct systole_caps *caps = systole_device_caps(t->dev);
    add_fill(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, 4, 1);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL);
    SET(i, MATMUL, b_unsigned, 1);
    SET(i, MATMUL, k_tail, 4);
    SET(i, MATMUL, kc, caps->WPAD_BYTES / 16);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, 1, 16);
    assert_int_equal(run(t, &p), SYSTOLE_OK);
    return is_zero(t, 16);
}

/* Each row as a bias of a sum of zeros. */
static bool param_is_zero(struct tenant *t)
{
    struct program p = {.count = 0};
    const uint32_t rows = systole_device_caps(t->dev)->PARAM_ROWS;
    add_fill(&p, SYSTOLE_MEM_APAD, SYSTOLE_CONV_COPY8, 4, 0);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_COMPUTE);
    uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL);
    SET(i, MATMUL, mode, SYSTOLE_MODE_SUM);
    SET(i, MATMUL, init, SYSTOLE_INIT_PARAM);
    SET(i, MATMUL, n, rows);
    SET(i, MATMUL, c_sn, 1);
    program_sync(&p, SYSTOLE_QUEUE_COMPUTE, SYSTOLE_QUEUE_STORE);
    add_store(&p, SYSTOLE_OUT_RAW32, rows, 16);
    assert_int_equal(run(t, &p), SYSTOLE_OK);
    return is_zero(t, 16 * (size_t)rows);
}

/* The numbers 0 to 255 through the table. */
static bool lut_is_zero(struct tenant *t)
{
    struct program p = {.count = 0};
    int32_t ramp[256];
    for (int32_t k = 0; k < 256; k++)
        ramp[k] = k;
    assert_int_equal(systole_buffer_write(t->in, RAMP, ramp, sizeof ramp), SYSTOLE_OK);
    add_load(&p, SYSTOLE_MEM_ACC, SYSTOLE_CONV_COPY32, RAMP, 256);
    program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_STORE);
    uint32_t *i = add_store(&p, SYSTOLE_OUT_U8, 64, 4);
    SET(i, STORE, act, SYSTOLE_ACT_TABLE);
    assert_int_equal(run(t, &p), SYSTOLE_OK);
    return is_zero(t, 256);
}

/* In an order in which no look at one memory changes what is looked at later. */
static const struct {
    const char *name;
    bool (*is_zero)(struct tenant *t);
} looks[] = {{"ACC", acc_is_zero}, {"APAD", apad_is_zero}, {"WPAD", wpad_is_zero}, {"PARAM", param_is_zero}, {"LUT", lut_is_zero}};

static void test_cleared_device_holds_nothing_of_the_tenant_before(void **state)
{
    struct systole_device *dev = open_or_skip(models[*(int *)*state]);
    struct tenant first = begin(dev);
    for (size_t k = 0; k < sizeof looks / sizeof *looks; k++) {
        leave_secrets(&first);
        /* What it left would be seen: else the looks are worth nothing. */
        assert_false(looks[k].is_zero(&first));
    }
    leave_secrets(&first);
    assert_int_equal(systole_device_clear(dev), SYSTOLE_OK);
    end(&first);
    struct tenant second = begin(dev);
    for (size_t k = 0; k < sizeof looks / sizeof *looks; k++)
        if (!looks[k].is_zero(&second))
            fail_msg("%s holds something", looks[k].name);
    end(&second);
    systole_device_close(dev);
}

static void test_reset_alone_clears_nothing(void **state)
{
    struct systole_device *dev = open_or_skip(models[*(int *)*state]);
    struct tenant t = begin(dev);
    leave_secrets(&t);
    assert_int_equal(systole_device_reset(dev, SYSTOLE_FOREVER), SYSTOLE_OK);
    assert_false(acc_is_zero(&t));
    end(&t);
    systole_device_close(dev);
}

static void test_clear_during_a_run_is_busy_and_closes_windows_otherwise(void **state)
{
    struct systole_device *dev = open_or_skip(models[*(int *)*state]);
    struct tenant t = begin(dev);
    leave_secrets(&t);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_clear(dev), SYSTOLE_BUSY);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_OK);
    assert_int_equal(systole_device_clear(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
    assert_non_null(strstr(systole_device_message(dev), "PROGRAM_END"));
    end(&t);
    systole_device_close(dev);
}

/* ---- windows and buffers ---- */

/* Loads from where the other's bytes stand, as seen from a window of one's own: before it, behind it, and around 2^48. */
static void test_program_cannot_read_a_buffer_of_another(void **state)
{
    struct systole_device *dev = open_or_skip(models[*(int *)*state]);
    struct systole_buffer *others[2] = {NULL, NULL};
    uint8_t secret[4096];
    memset(secret, SECRET, sizeof secret);
    assert_int_equal(systole_buffer_alloc(dev, sizeof secret, &others[0]), SYSTOLE_OK);
    struct tenant t = begin(dev);
    assert_int_equal(systole_buffer_alloc(dev, sizeof secret, &others[1]), SYSTOLE_OK);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(systole_buffer_write(others[k], 0, secret, sizeof secret), SYSTOLE_OK);
        const uint64_t distance = systole_buffer_address(others[k]) - systole_buffer_address(t.in);
        for (uint32_t window = 0; window < SYSTOLE_WINDOWS; window++)
            for (int how = 0; how < 3; how++) {
                struct program p = {.count = 0};
                uint32_t *i = add_load(&p, SYSTOLE_MEM_ACC, SYSTOLE_CONV_COPY32, 0, 64);
                SET(i, LOAD, window, window);
                SET(i, LOAD, src_lo, how == 1 ? 0 : (uint32_t)distance);
                SET(i, LOAD, src_hi, how == 0 ? (uint32_t)(distance >> 32) & 0xffff : 0);
                if (how == 1) { /* the second row is the other's */
                    SET(i, LOAD, len, 1);
                    SET(i, LOAD, n1, 2);
                    SET(i, LOAD, s1, (uint32_t)distance);
                    SET(i, LOAD, d1, 4);
                }
                program_sync(&p, SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_STORE);
                add_store(&p, SYSTOLE_OUT_RAW32, 16, 16);
                assert_int_equal(run(&t, &p), SYSTOLE_DEVICE_ERROR);
                assert_non_null(strstr(systole_device_message(dev), "BAD_WINDOW (4) at instruction 0"));
                assert_true(is_zero(&t, RESULTS));
            }
    }
    systole_buffer_free(others[0]);
    systole_buffer_free(others[1]);
    end(&t);
    systole_device_close(dev);
}

static void test_freed_buffer_is_out_of_reach_and_new_memory_is_zero(void **state)
{
    struct systole_device *dev = open_or_skip(models[*(int *)*state]);
    struct tenant t = begin(dev);
    uint8_t secret[IN_BYTES];
    memset(secret, SECRET, sizeof secret);
    assert_int_equal(systole_buffer_write(t.in, 0, secret, sizeof secret), SYSTOLE_OK);
    struct program p = {.count = 0};
    add_load(&p, SYSTOLE_MEM_ACC, SYSTOLE_CONV_COPY32, 0, 64);
    assert_int_equal(run(&t, &p), SYSTOLE_OK);
    systole_buffer_free(t.in);
    t.in = NULL;
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
    assert_non_null(strstr(systole_device_message(dev), "BAD_WINDOW"));
    for (int k = 0; k < 20; k++) {
        uint8_t got[IN_BYTES];
        assert_int_equal(systole_buffer_alloc(dev, IN_BYTES, &t.in), SYSTOLE_OK);
        assert_int_equal(systole_buffer_read(t.in, 0, got, sizeof got), SYSTOLE_OK);
        for (size_t i = 0; i < sizeof got; i++)
            assert_int_equal(got[i], 0);
        assert_int_equal(systole_buffer_write(t.in, 0, secret, sizeof secret), SYSTOLE_OK);
        systole_buffer_free(t.in);
    }
    t.in = NULL;
    end(&t);
    systole_device_close(dev);
}

int main(void)
{
    static int index[] = {0, 1};
#define ON_BOTH(name) {#name " on hls", name, NULL, NULL, &index[0]}, {#name " on sim", name, NULL, NULL, &index[1]}
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_cleared_device_holds_nothing_of_the_tenant_before),
        ON_BOTH(test_reset_alone_clears_nothing),
        ON_BOTH(test_clear_during_a_run_is_busy_and_closes_windows_otherwise),
        ON_BOTH(test_program_cannot_read_a_buffer_of_another),
        ON_BOTH(test_freed_buffer_is_out_of_reach_and_new_memory_is_zero),
    };
    return cmocka_run_group_tests_name("driver_isolation", tests, NULL, NULL);
}
