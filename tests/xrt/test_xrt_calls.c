/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end xrt on a library that takes the place of XRT's (fake_xrt.h): calls that fail one after the other, runs that XRT ends with an
 * error, resets that its scheduler does not notice. Needs no XRT. The program starts itself again with the paths that it needs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "driver/alloc.h"
#include "driver/backend_xrt_kernel.h"
#include "fake_xrt.h"
#include "tests/unit/test_driver.h"

#define MS 1000000ull

static struct fake_xrt *fake;
static char device[PATH_BYTES + 32];
static char message[SYSTOLE_MESSAGE_BYTES];

/* ---- helpers ---- */

static enum systole_status try_open(const char *name, struct systole_device **dev)
{
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    message[0] = '\0';
    return systole_device_open(name, &options, dev);
}

static int begin(void **s)
{
    (void)s;
    const uint32_t nothing[FAKE_REGISTERS] = {0};
    memcpy(fake->reg, nothing, sizeof nothing);
    *fake = (struct fake_xrt){.open_handles = 0};
    return 0;
}

static int nothing_is_left_open(void **s)
{
    (void)s;
    return fake->open_handles == 0 ? 0 : -1;
}

/* Window 1 begins `offset` into a buffer. */
static enum systole_status run_once(struct systole_device *dev, uint64_t offset)
{
    struct systole_buffer *program = NULL, *data = NULL;
    const uint32_t insn[SYSTOLE_INSN_WORDS] = {SYSTOLE_OP_END};
    uint32_t back[SYSTOLE_INSN_WORDS] = {0};
    enum systole_status status = systole_buffer_alloc(dev, sizeof insn, &program);
    if (status == SYSTOLE_OK)
        status = systole_buffer_alloc(dev, 20000, &data);
    if (status == SYSTOLE_OK)
        status = systole_buffer_write(program, 0, insn, sizeof insn);
    if (status == SYSTOLE_OK)
        status = systole_device_set_window(dev, 0, program, 0, sizeof insn);
    if (status == SYSTOLE_OK)
        status = systole_device_set_window(dev, 1, data, offset, 1000);
    if (status == SYSTOLE_OK)
        status = systole_device_start(dev);
    if (status == SYSTOLE_OK)
        status = systole_device_wait(dev, 2000 * MS);
    if (status == SYSTOLE_OK)
        status = systole_buffer_read(program, 0, back, sizeof back);
    if (status == SYSTOLE_OK)
        assert_memory_equal(back, insn, sizeof insn);
    snprintf(message, sizeof message, "%s", systole_device_message(dev));
    systole_buffer_free(data);
    systole_buffer_free(program);
    return status;
}

/* ---- tests ---- */

static void test_each_call_may_fail(void **s)
{
    (void)s;
    unsigned failures = 0;
    for (unsigned n = 1;; n++) {
        struct systole_device *dev = NULL;
        fake->fail_call = n;
        enum systole_status status = try_open(device, &dev);
        if (status == SYSTOLE_OK)
            status = run_once(dev, 4096);
        const bool has_failed = fake->fail_call == 0;
        fake->fail_call = 0;
        systole_device_close(dev);
        assert_int_equal(fake->open_handles, 0);
        if (!has_failed) {
            assert_int_equal(status, SYSTOLE_OK);
            break;
        }
        failures += status != SYSTOLE_OK;
        /* A failure is told with XRT's words; one that was got over is none. */
        if (status != SYSTOLE_OK && (message[0] == '\0' || !strstr(message, "was told to fail")))
            fail_msg("call %u: \"%s\"", n, message);
    }
    print_message("%u calls failed and were told\n", failures);
    assert_true(failures > 60);
}

static bool refuse_nth(void *user, size_t size)
{
    unsigned *left = user;
    (void)size;
    return *left == 0 || --*left != 0;
}

static void test_each_allocation_may_fail(void **s)
{
    (void)s;
    for (unsigned n = 1;; n++) {
        struct systole_device *dev = NULL;
        unsigned left = n;
        driver_alloc_set_hook(refuse_nth, &left);
        enum systole_status status = try_open(device, &dev);
        if (status == SYSTOLE_OK)
            status = run_once(dev, 0);
        driver_alloc_set_hook(NULL, NULL);
        systole_device_close(dev);
        assert_int_equal(fake->open_handles, 0);
        if (left != 0)
            break;
        assert_int_equal(status, SYSTOLE_NO_MEMORY);
    }
}

static void test_runs_go_through_the_scheduler_where_they_can(void **s)
{
    (void)s;
    struct systole_device *dev = open_or_fail(device);
    const unsigned before = fake->runs;
    assert_int_equal(run_once(dev, 0), SYSTOLE_OK);
    assert_int_equal(run_once(dev, 4096), SYSTOLE_OK);
    assert_int_equal(fake->runs, before + 2);
    /* XRT makes no part that begins here. */
    assert_int_equal(run_once(dev, 64), SYSTOLE_OK);
    assert_int_equal(fake->runs, before + 2);
    assert_int_equal(fake->starts, before + 3);
    systole_device_close(dev);
}

static void test_state_of_a_run_that_is_an_error_is_told(void **s)
{
    (void)s;
    const struct {
        int state;
        const char *words;
    } cases[] = {{5, "state 5 (error)"}, {6, "state 6 (abort)"}, {8, "state 8 (time out"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct systole_device *dev = open_or_fail(device);
        fake->run_state = cases[i].state;
        assert_int_equal(run_once(dev, 0), SYSTOLE_IO);
        assert_non_null(strstr(message, cases[i].words));
        fake->run_state = 0;
        systole_device_close(dev);
    }
}

static void test_reset_that_the_scheduler_does_not_notice_leaves_the_device_usable(void **s)
{
    (void)s;
    struct systole_device *dev = open_or_fail(device);
    const unsigned before = fake->runs;
    fake->hangs = 1;
    struct systole_buffer *program = NULL;
    const uint32_t insn[SYSTOLE_INSN_WORDS] = {SYSTOLE_OP_END};
    assert_int_equal(systole_buffer_alloc(dev, sizeof insn, &program), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, 0, program, 0, sizeof insn), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, 10 * MS), SYSTOLE_TIMEOUT);
    assert_int_equal(systole_device_reset(dev, 3000 * MS), SYSTOLE_OK);
    fake->hangs = 0;
    /* The scheduler still waits for the run that was stopped: the next is started by register, and its end is the end of both. */
    assert_int_equal(run_once(dev, 0), SYSTOLE_OK);
    assert_int_equal(fake->runs, before + 1);
    assert_int_equal(run_once(dev, 0), SYSTOLE_OK);
    assert_int_equal(fake->runs, before + 2);
    systole_device_close(dev);
}

/* What the program does is in test_driver_isolation. */
static void test_card_is_cleared_when_it_is_opened_and_when_it_is_closed(void **s)
{
    (void)s;
    struct systole_device *dev = open_or_fail(device);
    assert_int_equal(fake->starts, 1);
    assert_int_equal(fake->run_program_opcode, SYSTOLE_OP_LOAD); /* a device of the fake's size has a table, and no memories to FILL */
    assert_int_equal(run_once(dev, 0), SYSTOLE_OK);
    assert_int_equal(fake->run_program_opcode, SYSTOLE_OP_END);
    systole_device_close(dev);
    assert_int_equal(fake->starts, 3);
    assert_int_equal(fake->run_program_opcode, SYSTOLE_OP_LOAD);
}

static void test_card_that_cannot_be_cleared_is_not_opened(void **s)
{
    (void)s;
    struct systole_device *dev = NULL;
    fake->hangs = 1;
    assert_int_equal(try_open(device, &dev), SYSTOLE_TIMEOUT);
    assert_null(dev);
    /* XRT's scheduler looks at the run as long as it does not end: so long the card stays taken. */
    assert_int_equal(try_open(device, &dev), SYSTOLE_BUSY);
    assert_non_null(strstr(message, "its run did not end"));
    assert_int_not_equal(fake->open_handles, 0);
    fake->hangs = 0;
    fake->ends_late = 1;
    dev = open_or_fail(device);
    assert_int_equal(run_once(dev, 0), SYSTOLE_OK);
    systole_device_close(dev);
}

static void test_unit_that_is_busy_is_stopped_at_open_and_its_windows_closed(void **s)
{
    (void)s;
    struct systole_device *dev = NULL;
    fake->reg[0] = 1;
    for (unsigned i = 0; i < XRT_KERNEL_ARGS; i++)
        fake->reg[xrt_kernel_arg(i).offset / 4] = 0x1000 + i;
    dev = open_or_fail(device);
    assert_true(fake->reg[0] & 4);
    /* A window of no size is closed, wherever it begins. */
    for (unsigned i = SYSTOLE_WINDOWS; i < XRT_KERNEL_ARGS; i++)
        assert_int_equal(fake->reg[xrt_kernel_arg(i).offset / 4], 0);
    systole_device_close(dev);

    fake->reg[0] = 1;
    fake->deaf = 1;
    dev = NULL;
    assert_int_equal(try_open(device, &dev), SYSTOLE_TIMEOUT);
    assert_non_null(strstr(message, "did not stop"));
}

static void test_kernel_with_other_arguments_is_refused(void **s)
{
    (void)s;
    struct systole_device *dev = NULL;
    fake->offset_of_win3 = 0x44;
    assert_int_equal(try_open(device, &dev), SYSTOLE_MISMATCH);
    assert_non_null(strstr(message, "argument 3 of the kernel"));
    assert_non_null(strstr(message, "is at 0x44, not 0x34"));
}

static void test_card_whose_registers_read_all_ones_is_gone(void **s)
{
    (void)s;
    struct systole_device *dev = open_or_fail(device);
    fake->deaf = 1;
    memset(fake->reg, 0xff, sizeof fake->reg);
    assert_int_equal(systole_device_reset(dev, 10 * MS), SYSTOLE_LOST);
    assert_non_null(strstr(systole_device_message(dev), "is gone"));
    systole_device_close(dev);
}

/* ---- the environment ---- */

/* The least that passes for an xclbin of a card. */
static void write_xclbin(const char *path)
{
    unsigned char file[496] = "xclbin2";
    const uint64_t length = sizeof file, section = 496;
    const uint32_t one = 1;
    memcpy(file + 304, &length, sizeof length);
    memcpy(file + 448, &one, sizeof one);
    memcpy(file + 456 + 24, &section, sizeof section);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(file, sizeof file, 1, f) != 1 || fclose(f) != 0)
        exit(2);
}

int main(int argc, char **argv)
{
    (void)argc;
    char root[PATH_BYTES], library[PATH_BYTES + 8], path[PATH_BYTES + 16];
    snprintf(root, sizeof root, "%s", fake_path());
    snprintf(strrchr(root, '/'), 16, "/fake_xrt");
    snprintf(library, sizeof library, "%s/lib", root);
    const char *searched = getenv("LD_LIBRARY_PATH");
    if (!searched || strcmp(searched, library) != 0) {
        setenv("LD_LIBRARY_PATH", library, 1);
        setenv("XILINX_XRT", root, 1);
        unsetenv("XCL_EMULATION_MODE");
        unsetenv("SYSTOLE_XCLBIN");
        execv("/proc/self/exe", argv);
        return 2;
    }
    snprintf(path, sizeof path, "%s/a.xclbin", root);
    write_xclbin(path);
    snprintf(device, sizeof device, "xrt:0,xclbin=%s", path);
    void *instance = dlopen("libxrt_coreutil.so.2", RTLD_NOW);
    struct fake_xrt *(*get)(void) = NULL;
    void *symbol = instance ? dlsym(instance, "fake_xrt_get") : NULL;
    memcpy(&get, &symbol, sizeof get);
    if (!get) {
        fprintf(stderr, "test_xrt_calls: the fake library is not found: %s\n", dlerror());
        return 2;
    }
    fake = get();
#define FAKE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, nothing_is_left_open)
    const struct CMUnitTest tests[] = {
        FAKE_TEST(test_each_call_may_fail),
        FAKE_TEST(test_each_allocation_may_fail),
        FAKE_TEST(test_runs_go_through_the_scheduler_where_they_can),
        FAKE_TEST(test_state_of_a_run_that_is_an_error_is_told),
        FAKE_TEST(test_reset_that_the_scheduler_does_not_notice_leaves_the_device_usable),
        FAKE_TEST(test_card_is_cleared_when_it_is_opened_and_when_it_is_closed),
        FAKE_TEST(test_card_that_cannot_be_cleared_is_not_opened),
        FAKE_TEST(test_unit_that_is_busy_is_stopped_at_open_and_its_windows_closed),
        FAKE_TEST(test_kernel_with_other_arguments_is_refused),
        FAKE_TEST(test_card_whose_registers_read_all_ones_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
