/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, windows and the course of a run, on the fake device and on a table of operations written here. */
#define _POSIX_C_SOURCE 200809L
#include "device.h"
#include "test_driver.h"

/* ---- memory ---- */

static void test_buffer_is_aligned_zero_and_copies(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_fail(fake_device(""));
    struct systole_buffer *a = NULL, *b = NULL;
    uint8_t in[100], out[100];
    void *map = NULL;
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i + 1);
    assert_int_equal(systole_buffer_alloc(dev, 1, &a), SYSTOLE_OK);
    assert_int_equal(systole_buffer_alloc(dev, 100, &b), SYSTOLE_OK);
    assert_int_equal(systole_buffer_size(b), 100);
    assert_int_equal(systole_buffer_address(b) % SYSTOLE_BUFFER_ALIGN, 0);
    assert_true(systole_buffer_address(b) > systole_buffer_address(a));
    assert_int_equal(systole_buffer_map(b, &map), SYSTOLE_OK);
    assert_int_equal((uintptr_t)map % SYSTOLE_BUFFER_ALIGN, 0);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(((uint8_t *)map)[i], 0);
    assert_int_equal(systole_buffer_write(b, 0, in, 100), SYSTOLE_OK);
    assert_int_equal(systole_buffer_read(b, 0, out, 100), SYSTOLE_OK);
    assert_memory_equal(in, out, 100);
    assert_int_equal(systole_buffer_write(b, 99, in, 1), SYSTOLE_OK);
    assert_int_equal(((uint8_t *)map)[99], 1);
    assert_int_equal(systole_buffer_write(b, 100, NULL, 0), SYSTOLE_OK);
    assert_int_equal(systole_buffer_sync(b, SYSTOLE_TO_DEVICE, 0, 100), SYSTOLE_OK);
    systole_buffer_free(a);
    systole_buffer_free(NULL);
    systole_device_close(dev); /* b goes with it */
}

static void test_buffer_outside_or_too_large_is_refused(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_fail(fake_device(""));
    struct systole_buffer *b = NULL, *c = NULL;
    uint8_t byte = 0;
    assert_int_equal(systole_buffer_alloc(dev, 100, &b), SYSTOLE_OK);
    assert_int_equal(systole_buffer_write(b, 100, &byte, 1), SYSTOLE_BAD_ARGUMENT);
    ASSERT_CONTAINS(systole_device_message(dev), "1 bytes at offset 100 are not inside a buffer of 100 bytes");
    assert_int_equal(systole_buffer_read(b, UINT64_MAX, &byte, 1), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_buffer_read(b, 1, &byte, SIZE_MAX), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_buffer_sync(b, SYSTOLE_FROM_DEVICE, 101, 0), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_buffer_alloc(dev, 0, &c), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_buffer_alloc(dev, UINT64_MAX, &c), SYSTOLE_BAD_ARGUMENT);
    ASSERT_CONTAINS(systole_device_message(dev), "18446744073709551615");
    assert_int_equal(systole_buffer_alloc(dev, UINT64_MAX - 63, &c), SYSTOLE_NO_MEMORY);
    assert_int_equal(systole_buffer_alloc(dev, (uint64_t)1 << 63, &c), SYSTOLE_NO_MEMORY);
    assert_null(c);
    systole_device_close(dev);
}

static void test_window_arguments_are_checked(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_fail(fake_device("")), *other = open_or_fail(fake_device(""));
    struct systole_buffer *b = NULL;
    assert_int_equal(systole_buffer_alloc(dev, 256, &b), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, 7, b, 64, 192), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, 8, b, 0, 1), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_device_set_window(dev, 0, b, 32, 1), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_device_set_window(dev, 0, b, 64, 193), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_device_set_window(dev, 0, b, 64, UINT64_MAX), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_device_set_window(dev, 0, b, UINT64_MAX - 63, 64), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_device_set_window(other, 0, b, 0, 64), SYSTOLE_BAD_ARGUMENT);
    ASSERT_CONTAINS(systole_device_message(other), "another device's");
    assert_int_equal(systole_device_set_window(dev, 7, NULL, 0, 64), SYSTOLE_OK);
    uint32_t size = 1;
    assert_int_equal(driver_read(dev, SYSTOLE_REG_WIN_SIZE_LO + 7 * SYSTOLE_REG_WIN_SIZE_LO_STEP, &size), SYSTOLE_OK);
    assert_int_equal(size, 0);
    /* A freed buffer leaves no window open. */
    assert_int_equal(systole_device_set_window(dev, 2, b, 0, 64), SYSTOLE_OK);
    systole_buffer_free(b);
    assert_int_equal(driver_read(dev, SYSTOLE_REG_WIN_SIZE_LO + 2 * SYSTOLE_REG_WIN_SIZE_LO_STEP, &size), SYSTOLE_OK);
    assert_int_equal(size, 0);
    systole_device_close(dev);
    systole_device_close(other);
}

/* ---- runs ---- */

static void test_run_out_of_order_calls_are_refused(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_fail(fake_device(",hang=1"));
    assert_int_equal(systole_device_wait(dev, 0), SYSTOLE_BAD_STATE);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_BUSY);
    assert_int_equal(systole_device_set_window(dev, 0, NULL, 0, 0), SYSTOLE_BUSY);
    assert_int_equal(systole_device_set_watchdog(dev, 5), SYSTOLE_BUSY);
    assert_int_equal(systole_device_wait(dev, 0), SYSTOLE_TIMEOUT);
    assert_int_equal(systole_device_wait(dev, 2000000), SYSTOLE_TIMEOUT);
    ASSERT_CONTAINS(systole_device_message(dev), "2000000 ns");
    struct systole_device_status s;
    assert_int_equal(systole_device_status(dev, &s), SYSTOLE_OK);
    assert_true(s.running);
    assert_int_equal(systole_device_reset(dev, SYSTOLE_FOREVER), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, 0), SYSTOLE_BAD_STATE);
    assert_int_equal(systole_device_set_watchdog(dev, 0x500000007), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    systole_device_close(dev); /* while it runs */
}

static void test_run_error_is_told_with_code_and_index(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_fail(fake_device(",code=4,index=17"));
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
    ASSERT_CONTAINS(systole_device_message(dev), "BAD_WINDOW (4) at instruction 17: A DRAM address");
    systole_device_close(dev);
    dev = open_or_fail(fake_device(",code=200"));
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
    ASSERT_CONTAINS(systole_device_message(dev), "UNKNOWN (200)");
    systole_device_close(dev);
}

static void test_run_of_a_device_that_is_gone_is_lost(void **state)
{
    (void)state;
    struct systole_device *dev = open_or_fail(fake_device(",gone=1"));
    struct systole_buffer *b = NULL;
    assert_int_equal(systole_buffer_alloc(dev, 64, &b), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_LOST);
    ASSERT_CONTAINS(systole_device_message(dev), "all ones");
    assert_int_equal(systole_device_reset(dev, SYSTOLE_FOREVER), SYSTOLE_LOST);
    systole_buffer_free(b);
    systole_device_close(dev);
}

/* ---- a back end without mapping and without wait ---- */

struct backend_state {
    uint8_t memory[256];
    unsigned polls;
};

static enum systole_status poll_read(struct backend_state *s, uint32_t offset, uint32_t *value, struct driver_message *why)
{
    (void)why;
    *value = offset == SYSTOLE_REG_CTRL ? (s->polls++ < 20 ? CTRL_START : CTRL_DONE | CTRL_IDLE) : 0;
    return SYSTOLE_OK;
}

static enum systole_status poll_write(struct backend_state *s, uint32_t offset, uint32_t value, struct driver_message *why)
{
    (void)s, (void)offset, (void)value, (void)why;
    return SYSTOLE_OK;
}

static enum systole_status far_alloc(struct backend_state *s, uint64_t size, struct backend_memory *out,
                                     struct driver_message *why)
{
    (void)s, (void)size, (void)why;
    *out = (struct backend_memory){.address = 64};
    return SYSTOLE_OK;
}

static void far_free(struct backend_state *s, const struct backend_memory *memory)
{
    (void)s, (void)memory;
}

static enum systole_status far_in(struct backend_state *s, const struct backend_memory *memory, uint64_t offset,
                                  const void *from, size_t size, struct driver_message *why)
{
    (void)memory, (void)why;
    memcpy(s->memory + offset, from, size);
    return SYSTOLE_OK;
}

static enum systole_status far_out(struct backend_state *s, const struct backend_memory *memory, uint64_t offset, void *to,
                                   size_t size, struct driver_message *why)
{
    (void)memory, (void)why;
    memcpy(to, s->memory + offset, size);
    return SYSTOLE_OK;
}

static void test_backend_that_copies_and_is_polled_works(void **state)
{
    (void)state;
    struct backend_ops ops = {.read_reg = poll_read, .write_reg = poll_write, .alloc = far_alloc, .free = far_free,
                              .copy_in = far_in, .copy_out = far_out};
    struct backend_state far = {.polls = 0};
    struct systole_device dev = {.ops = &ops, .state = &far};
    struct systole_buffer *b = NULL;
    void *map = NULL;
    char out[6];
    assert_int_equal(systole_buffer_alloc(&dev, 200, &b), SYSTOLE_OK);
    assert_int_equal(systole_buffer_map(b, &map), SYSTOLE_UNSUPPORTED);
    assert_null(map);
    assert_int_equal(systole_buffer_write(b, 9, "hello", 6), SYSTOLE_OK);
    assert_int_equal(systole_buffer_read(b, 9, out, 6), SYSTOLE_OK);
    assert_string_equal(out, "hello");
    assert_int_equal(systole_device_start(&dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(&dev, 0), SYSTOLE_TIMEOUT);
    assert_int_equal(systole_device_wait(&dev, SYSTOLE_FOREVER), SYSTOLE_OK);
    assert_int_equal(far.polls, 21);
    ops.copy_in = NULL;
    assert_int_equal(systole_buffer_write(b, 9, "hello", 6), SYSTOLE_UNSUPPORTED);
    systole_buffer_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer_is_aligned_zero_and_copies),
        cmocka_unit_test(test_buffer_outside_or_too_large_is_refused),
        cmocka_unit_test(test_window_arguments_are_checked),
        cmocka_unit_test(test_run_out_of_order_calls_are_refused),
        cmocka_unit_test(test_run_error_is_told_with_code_and_index),
        cmocka_unit_test(test_run_of_a_device_that_is_gone_is_lost),
        cmocka_unit_test(test_backend_that_copies_and_is_polled_works),
    };
    return cmocka_run_group_tests_name("driver_buffer", tests, NULL, NULL);
}
