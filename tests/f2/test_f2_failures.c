/* SPDX-License-Identifier: Apache-2.0 */
/* The back end f2: every way to fail is told, and a custom logic that breaks a rule of the shell is found out. */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "cards.h"
#include "driver/alloc.h"

static void expect_refused(const char *name, enum systole_status expected, const char *words)
{
    struct systole_device *dev = NULL;
    const enum systole_status status = try_open(name, &dev);
    if (status != expected || !strstr(message, words))
        print_error("%s: status %d, \"%s\"\n", name, (int)status, message);
    assert_int_equal(status, expected);
    ASSERT_CONTAINS(message, words);
    assert_null(dev);
}

/* ---- what is refused ---- */

static void test_names_that_are_none_are_refused(void **s)
{
    (void)s;
    expect_refused("f2:8", SYSTOLE_BAD_DEVICE, "\"8\" is no number of a slot, 0 to 7");
    expect_refused("f2:x", SYSTOLE_BAD_DEVICE, "\"x\" is no number of a slot");
    expect_refused("f2", SYSTOLE_BAD_DEVICE, "\"\" is no number of a slot");
    expect_refused("f2:0,colour=1", SYSTOLE_BAD_DEVICE, "no such option: \"colour=1\"; there is afi");
    expect_refused("f2:0,afi=afi-12", SYSTOLE_BAD_DEVICE, "afi is the global name of an image, agfi-..., not \"afi-12\"");
}

static void test_slots_without_a_card_or_an_image_are_refused(void **s)
{
    (void)s;
    expect_refused("f2:1", SYSTOLE_NOT_FOUND, "there is no card in slot 1 (pci-device-missing)");
    lib.options()->loaded = 0;
    expect_refused("f2:0", SYSTOLE_NOT_FOUND, "no image is loaded in slot 0, its status is \"cleared\": `fpga-load-local-image "
                                              "-S 0");
}

static void test_another_image_or_contract_is_refused(void **s)
{
    (void)s;
    expect_refused("f2:0,afi=agfi-00000000000000001", SYSTOLE_MISMATCH,
                   "the image in slot 0 is agfi-0123456789abcdef0, not agfi-00000000000000001");
    struct systole_device *dev = open_f2("f2:0,afi=agfi-0123456789abcdef0");
    close_f2(dev);
    lib.power_off();
    lib.options()->contract = 0x123456789abcdef0u;
    expect_refused("f2:0", SYSTOLE_MISMATCH, "its contract is 0x123456789abcdef0");
    lib.power_off();
    *lib.options() = usual;
    lib.options()->ready = 0;
    expect_refused("f2:0", SYSTOLE_IO, "the card's memory of 65536 MiB is not ready: `fpga-load-local-image -S 0");
}

static void test_slot_belongs_to_one_device_of_one_process(void **s)
{
    (void)s;
    struct systole_device *dev = open_f2("f2:0");
    expect_refused("f2:0", SYSTOLE_BUSY, "slot 0 is open already, in this process or another");
    const pid_t child = fork();
    if (child == 0) {
        struct systole_device *second = NULL;
        _exit(try_open("f2:0", &second) == SYSTOLE_BUSY ? 0 : 1);
    }
    int how = -1;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    close_f2(dev);
    dev = open_f2("f2:0");
    close_f2(dev);
}

static void test_two_cards_are_two_devices(void **s)
{
    (void)s;
    lib.options()->slots = 2;
    uint8_t *expected = expected_product(16, 32, 16);
    struct systole_device *dev[2] = {open_f2("f2:0"), open_f2("f2:1")};
    struct product p[2];
    for (unsigned i = 0; i < 2; i++)
        p[i] = load_product(dev[i], 16, 32, 16);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(systole_device_start(dev[i]), SYSTOLE_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(systole_device_wait(dev[i], SYSTOLE_FOREVER), SYSTOLE_OK);
        check_product(&p[i], expected);
        close_f2(dev[i]);
    }
    free(expected);
}

/* ---- failures ---- */

static enum systole_status run_once(const char *name)
{
    struct systole_device *dev = NULL;
    struct systole_buffer *b = NULL;
    const uint32_t insn[SYSTOLE_INSN_WORDS] = {SYSTOLE_OP_END};
    uint32_t back[SYSTOLE_INSN_WORDS];
    enum systole_status status = try_open(name, &dev);
    if (status == SYSTOLE_OK)
        status = systole_buffer_alloc(dev, sizeof insn + 3, &b);
    if (status == SYSTOLE_OK)
        status = systole_buffer_write(b, 0, insn, sizeof insn);
    if (status == SYSTOLE_OK)
        status = systole_buffer_write(b, sizeof insn, insn, 3);
    if (status == SYSTOLE_OK)
        status = systole_device_set_window(dev, 0, b, 0, sizeof insn);
    if (status == SYSTOLE_OK)
        status = systole_device_start(dev);
    if (status == SYSTOLE_OK)
        status = systole_device_wait(dev, 2000 * MS);
    if (status == SYSTOLE_OK)
        status = systole_buffer_read(b, 0, back, sizeof back);
    if (status == SYSTOLE_OK)
        assert_memory_equal(back, insn, sizeof insn);
    if (dev)
        snprintf(message, sizeof message, "%s", systole_device_message(dev));
    close_f2(dev);
    return status;
}

static void test_each_call_of_the_sdk_may_fail(void **s)
{
    (void)s;
    unsigned failures = 0;
    for (uint32_t n = 1; n < 1000; n++) {
        lib.options()->fail_call = n;
        const enum systole_status status = run_once("f2:0");
        const bool has_failed = lib.options()->fail_call == 0;
        lib.options()->fail_call = 0;
        if (!has_failed) {
            assert_int_equal(status, SYSTOLE_OK);
            break;
        }
        /* Closing a window while a buffer is freed has nobody to tell. */
        if (status != SYSTOLE_OK)
            ASSERT_CONTAINS(message, "unspecified-error");
        failures += status != SYSTOLE_OK;
    }
    print_message("%u calls failed and were told\n", failures);
    assert_true(failures > 80);
}

static unsigned long refuse_from;
static bool count_down(void *user, size_t size)
{
    (void)user;
    (void)size;
    return refuse_from == 0 || --refuse_from != 0;
}

static void test_each_allocation_may_fail(void **s)
{
    (void)s;
    driver_alloc_set_hook(count_down, NULL);
    unsigned told = 0;
    for (unsigned long n = 1; n < 100; n++) {
        refuse_from = n;
        const enum systole_status status = run_once("f2:0");
        const bool was_refused = refuse_from == 0;
        refuse_from = 0;
        if (!was_refused)
            break;
        /* What is cleared at the end has nobody to tell. */
        assert_true(status == SYSTOLE_NO_MEMORY || status == SYSTOLE_OK);
        told += status == SYSTOLE_NO_MEMORY;
    }
    driver_alloc_set_hook(NULL, NULL);
    assert_true(told > 6);
}

static void test_card_lost_in_the_middle_of_a_run_is_told(void **s)
{
    (void)s;
    uint8_t byte = 0;
    lib.options()->gone = 3000;
    struct systole_device *dev = open_f2("f2:0");
    const struct product p = load_product(dev, 64, 256, 128);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_LOST);
    ASSERT_CONTAINS(systole_device_message(dev), "device \"f2:0\" is gone: its registers read all ones");
    assert_int_equal(systole_device_reset(dev, 100 * MS), SYSTOLE_LOST);
    assert_int_equal(systole_buffer_read(p.b[GEMM_C], 0, &byte, 1), SYSTOLE_LOST);
    assert_int_equal(systole_buffer_write(p.b[GEMM_C], 0, &byte, 1), SYSTOLE_OK); /* posted: nobody knows yet */
    close_f2(dev);
    expect_refused("f2:0", SYSTOLE_LOST, "is gone");
}

/* A card that leaves before the run, unseen: the start finds it out. */
static void test_card_lost_before_a_start_is_told(void **s)
{
    (void)s;
    lib.options()->gone = 20000;
    struct systole_device *dev = open_f2("f2:0");
    load_product(dev, 16, 16, 16);
    enum systole_status status = SYSTOLE_OK;
    for (unsigned i = 0; i < 1000 && status == SYSTOLE_OK; i++) {
        status = systole_device_start(dev);
        if (status == SYSTOLE_OK)
            status = systole_device_wait(dev, SYSTOLE_FOREVER);
    }
    assert_int_equal(status, SYSTOLE_LOST);
    assert_int_equal(systole_device_start(dev), SYSTOLE_LOST);
    ASSERT_CONTAINS(systole_device_message(dev), "is gone");
    close_f2(dev);
}

/* ---- the shell's rules ---- */

static void expect_found_out(uint32_t twin, const char *rule)
{
    int registers = -1;
    lib.power_off();
    *lib.options() = usual;
    lib.options()->twin = twin;
    lib.options()->shell.prefetch = 60;
    struct systole_device *dev = NULL;
    if (try_open("f2:0", &dev) == SYSTOLE_OK) {
        load_product(dev, 16, 32, 16);
        lib.attach(0, F2_APP_FUNCTION, F2_REGISTERS_BAR, 0, &registers);
        lib.poke(registers, SYSTOLE_REG_IER, 1);
        lib.poke(registers, SYSTOLE_REG_GIE, 1);
        for (unsigned i = 0; i < 20 && lib.failure()[0] == '\0'; i++) {
            uint32_t value;
            if (systole_device_start(dev) == SYSTOLE_OK)
                systole_device_wait(dev, 200 * MS);
            lib.poke(registers, SYSTOLE_REG_ISR, 1);
            for (unsigned k = 0; k < 60 && lib.failure()[0] == '\0'; k++)
                lib.peek(registers, SYSTOLE_REG_CTRL, &value);
        }
        assert_int_equal(systole_device_start(dev), SYSTOLE_LOST); /* a card that broke a rule is gone */
        close_f2(dev);
    }
    ASSERT_CONTAINS(lib.failure(), rule);
}

static void test_custom_logic_that_breaks_a_rule_is_found_out(void **s)
{
    (void)s;
    expect_found_out(1, "OCL did not answer within 8 us");
    expect_found_out(2, "a read of a register has a side effect");
    expect_found_out(3, "PCIS did not answer a read within 8 us");
    expect_found_out(4, "PCIS did not answer a write within 8 us");
    expect_found_out(5, "an interrupt is asked for again before it was accepted");
    if (usual.sim.memory.stall != 0)
        expect_found_out(6, "an answer on PCIS changed before it was taken");
}

static void test_memory_that_never_answers_is_a_lost_card(void **s)
{
    (void)s;
    /* In the clearing when the card is opened; in a run. */
    for (uint64_t beats = 40; beats <= 5000; beats += 4960) {
        struct systole_device *dev = NULL;
        lib.power_off();
        *lib.options() = usual;
        lib.options()->sim.memory.hang_read = beats;
        enum systole_status status = try_open("f2:0", &dev);
        for (unsigned i = 0; i < 100 && status == SYSTOLE_OK; i++) {
            if (i == 0)
                load_product(dev, 64, 64, 64);
            status = systole_device_start(dev);
            if (status == SYSTOLE_OK)
                status = systole_device_wait(dev, 50 * MS);
            if (status == SYSTOLE_TIMEOUT)
                status = systole_device_reset(dev, 50 * MS);
        }
        assert_true(status == SYSTOLE_LOST || status == SYSTOLE_TIMEOUT);
        if (status == SYSTOLE_TIMEOUT) {
            uint8_t byte = 0;
            struct systole_buffer *b = alloc_or_fail(dev, 64);
            assert_int_equal(systole_buffer_read(b, 0, &byte, 1), SYSTOLE_LOST);
        }
        systole_device_close(dev);
        ASSERT_CONTAINS(lib.failure(), "PCIS did not answer a read within 8 us");
    }
}

int run_failures(void)
{
    const struct CMUnitTest tests[] = {
        KEPT(test_names_that_are_none_are_refused),
        KEPT(test_slots_without_a_card_or_an_image_are_refused),
        KEPT(test_another_image_or_contract_is_refused),
        KEPT(test_slot_belongs_to_one_device_of_one_process),
        KEPT(test_two_cards_are_two_devices),
        KEPT(test_each_call_of_the_sdk_may_fail),
        KEPT(test_each_allocation_may_fail),
        KEPT(test_card_lost_in_the_middle_of_a_run_is_told),
        KEPT(test_card_lost_before_a_start_is_told),
        cmocka_unit_test_setup(test_custom_logic_that_breaks_a_rule_is_found_out, begin),
        cmocka_unit_test_setup(test_memory_that_never_answers_is_a_lost_card, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
