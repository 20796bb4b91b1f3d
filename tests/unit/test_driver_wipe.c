/* SPDX-License-Identifier: Apache-2.0 */
/* wipe=1, on back ends of the test's own: one whose memory is mapped, one whose memory is copied; what they see when a buffer is freed. */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>

#include "device.h"
#include "test_driver.h"

struct backend_state {
    uint8_t memory[8192];
    uint64_t size, synced;
    bool was_zero; /* all of the buffer, when it was freed */
};

static struct backend_memory place(const struct backend_state *s, bool is_mapped)
{
    return (struct backend_memory){.address = 64, .host = is_mapped ? (void *)(uintptr_t)s->memory : NULL};
}

static enum systole_status mapped_alloc(struct backend_state *s, uint64_t size, struct backend_memory *out, struct driver_message *why)
{
    (void)why;
    s->size = size;
    *out = place(s, true);
    return SYSTOLE_OK;
}

static enum systole_status far_alloc(struct backend_state *s, uint64_t size, struct backend_memory *out, struct driver_message *why)
{
    (void)why;
    s->size = size;
    *out = place(s, false);
    return SYSTOLE_OK;
}

static void look_and_free(struct backend_state *s, const struct backend_memory *memory)
{
    (void)memory;
    s->was_zero = true;
    for (uint64_t i = 0; i < s->size; i++)
        s->was_zero &= s->memory[i] == 0;
}

static enum systole_status copy_in(struct backend_state *s, const struct backend_memory *memory, uint64_t offset, const void *from, size_t size,
                                   struct driver_message *why)
{
    (void)memory, (void)why;
    memcpy(s->memory + offset, from, size);
    return SYSTOLE_OK;
}

static enum systole_status sync(struct backend_state *s, const struct backend_memory *memory, enum systole_direction direction, uint64_t offset,
                                uint64_t size, struct driver_message *why)
{
    (void)memory, (void)offset, (void)why;
    s->synced += direction == SYSTOLE_TO_DEVICE ? size : 0;
    return SYSTOLE_OK;
}

static const struct backend_ops mapped = {.alloc = mapped_alloc, .free = look_and_free, .sync = sync};
static const struct backend_ops far = {.alloc = far_alloc, .free = look_and_free, .copy_in = copy_in};

/* Whether a buffer of 5120 bytes full of a secret was zero when it was freed. */
static bool freed_as_zero(const struct backend_ops *ops, struct backend_state *s, bool wipe)
{
    struct systole_device dev = {.ops = ops, .state = s, .wipe = wipe};
    struct systole_buffer *b = NULL;
    assert_int_equal(systole_buffer_alloc(&dev, 5120, &b), SYSTOLE_OK);
    memset(s->memory, 0x5a, sizeof s->memory);
    systole_buffer_free(b);
    assert_int_equal(s->memory[5120], 0x5a); /* and nothing behind it was touched */
    return s->was_zero;
}

static void test_buffers_are_zeroed_before_they_are_freed_where_asked(void **state)
{
    (void)state;
    struct backend_state s = {.synced = 0};
    assert_true(freed_as_zero(&mapped, &s, true));
    assert_int_equal(s.synced, 5120);
    assert_true(freed_as_zero(&far, &s, true));
    assert_false(freed_as_zero(&mapped, &s, false));
    assert_false(freed_as_zero(&far, &s, false));
}

static void test_option_wipe_is_taken_by_the_driver(void **state)
{
    (void)state;
    static const char *const good[] = {",wipe=1", ",wipe=0"}, *const bad[] = {",wipe=2", ",wipe=", ",wipe=yes"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct systole_device *dev = open_or_fail(fake_device(good[i]));
        assert_int_equal(dev->wipe, i == 0);
        systole_device_close(dev);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct systole_device *dev = NULL;
        assert_int_equal(systole_device_open(fake_device(bad[i]), NULL, &dev), SYSTOLE_BAD_DEVICE);
        assert_null(dev);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffers_are_zeroed_before_they_are_freed_where_asked),
        cmocka_unit_test(test_option_wipe_is_taken_by_the_driver),
    };
    return cmocka_run_group_tests_name("driver_wipe", tests, NULL, NULL);
}
