/* SPDX-License-Identifier: Apache-2.0 */
/* Opening devices: strings, search, identity, the table of back ends, the trace. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <sys/stat.h>

#include "backend.h"
#include "device.h"
#include "systole_hash.h"
#include "test_driver.h"

static char message[SYSTOLE_MESSAGE_BYTES];

static enum systole_status try_open(const char *device)
{
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct systole_device *untouched = (struct systole_device *)message, *dev = untouched;
    const enum systole_status status = systole_device_open(device, &options, &dev);
    if (status == SYSTOLE_OK)
        systole_device_close(dev);
    else
        assert_ptr_equal(dev, untouched);
    return status;
}

static void test_open_fake_gives_caps_and_name(void **state)
{
    (void)state;
    const char *device = fake_device("");
    struct systole_device *dev = open_or_fail(device);
    assert_int_equal(systole_device_caps(dev)->ROWS, 4);
    assert_int_equal(systole_device_caps(dev)->COLS, 4);
    assert_true(systole_device_caps(dev)->contract == SYSTOLE_CONTRACT_HASH);
    assert_string_equal(systole_device_name(dev), device);
    assert_string_equal(systole_device_message(dev), "");
    systole_device_close(dev);
    systole_device_close(NULL);
}

static void test_open_other_contract_is_refused_with_both_hashes(void **state)
{
    (void)state;
    char ours[32];
    snprintf(ours, sizeof ours, "0x%016" PRIx64, (uint64_t)SYSTOLE_CONTRACT_HASH);
    assert_int_equal(try_open(fake_device(",contract=0x123456789abcdef0")), SYSTOLE_MISMATCH);
    ASSERT_CONTAINS(message, "0x123456789abcdef0");
    ASSERT_CONTAINS(message, ours);
}

static void test_open_wrong_identity_is_refused(void **state)
{
    (void)state;
    assert_int_equal(try_open(fake_device(",magic=0xffffffff")), SYSTOLE_MISMATCH);
    ASSERT_CONTAINS(message, "MAGIC reads 0xffffffff");
    assert_int_equal(try_open(fake_device(",version=9")), SYSTOLE_MISMATCH);
    ASSERT_CONTAINS(message, "version 9");
    assert_int_equal(try_open(fake_device(",build=5")), SYSTOLE_MISMATCH);
    ASSERT_CONTAINS(message, "BUILD is 0x0000000000000005");
    assert_int_equal(try_open(fake_device(",rows=8")), SYSTOLE_MISMATCH);
    ASSERT_CONTAINS(message, "is 8x4, not 4x4");
    assert_int_equal(try_open(fake_device(",rows=65")), SYSTOLE_MISMATCH);
    ASSERT_CONTAINS(message, "65x4");
}

static void test_open_bad_strings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *device, *reason;
    } bad[] = {
        {"", "names no back end"},
        {":4x4", "names no back end"},
        {"gpu:0", "no back end is called \"gpu\"; there are sim, hls"},
        {"sim", "\"\" is no configuration"},
        {"sim:", "\"\" is no configuration"},
        {"sim:4", "no configuration"},
        {"sim:4x", "rows and columns are 4 to 64"},
        {"sim:x4", "rows and columns are 4 to 64"},
        {"sim:4y4", "no configuration"},
        {"sim:4x4z", "no configuration"},
        {"sim:4x4_", "no configuration"},
        {"sim:4x4_has_fp", "no configuration"},
        {"sim:4x4_../../x1", "no configuration"},
        {"sim:3x4", "rows and columns are 4 to 64"},
        {"sim:4x65", "rows and columns are 4 to 64"},
        {"sim:99999999999999999999x4", "rows and columns are 4 to 64"},
        {"sim:-4x4", "no configuration"},
        {"sim:4x4,", "is not name=value"},
        {"sim:4x4,seed", "option \"seed\" is not name=value"},
        {"sim:4x4,=3", "is not name=value"},
        {"sim:4x4,seed=", "is not name=value"},
        {"sim:4x4,seed=1,,latency=2", "option \"\" is not name=value"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const enum systole_status status = try_open(bad[i].device);
        if (status != SYSTOLE_BAD_DEVICE)
            print_error("%s: %s\n", bad[i].device, systole_status_name(status));
        assert_int_equal(status, SYSTOLE_BAD_DEVICE);
        ASSERT_CONTAINS(message, bad[i].reason);
    }
    char lengthy[3000];
    memset(lengthy, 'a', sizeof lengthy);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_int_equal(try_open(lengthy), SYSTOLE_BAD_DEVICE);
    ASSERT_CONTAINS(message, "2999 characters; the limit is 1023");
    assert_int_equal(try_open(NULL), SYSTOLE_BAD_ARGUMENT);
    assert_int_equal(systole_device_open("sim:4x4", NULL, NULL), SYSTOLE_BAD_ARGUMENT);
    struct systole_device *dev = NULL;
    const struct systole_open_options short_options = {.size = 3};
    assert_int_equal(systole_device_open("sim:4x4", &short_options, &dev), SYSTOLE_BAD_ARGUMENT);
}

static void test_open_option_unknown_to_model_is_refused(void **state)
{
    (void)state;
    assert_int_equal(try_open(fake_device(",colour=3")), SYSTOLE_BAD_DEVICE);
    ASSERT_CONTAINS(message, "no such option: colour=3");
    struct systole_device *hls = open_or_skip("hls:4x4");
    systole_device_close(hls);
    assert_int_equal(try_open("hls:4x4,latency=3"), SYSTOLE_BAD_DEVICE);
    ASSERT_CONTAINS(message, "latency=3");
}

static void test_target_take_removes_one_option_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const lists[][2] = {
        {"lib=x,a=1,b=2", "a=1,b=2"}, {"a=1,lib=x,b=2", "a=1,b=2"}, {"a=1,b=2,lib=x", "a=1,b=2"}, {"lib=x", ""},
    };
    char list[TARGET_BYTES], value[TARGET_BYTES];
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        strcpy(list, lists[i][0]);
        assert_true(driver_target_take(list, "lib", value));
        assert_string_equal(value, "x");
        assert_string_equal(list, lists[i][1]);
    }
    strcpy(list, "library=x");
    assert_false(driver_target_take(list, "lib", value));
}

static void test_open_missing_library_says_where_and_what_to_type(void **state)
{
    (void)state;
    setenv("SYSTOLE_LIBRARY_PATH", "/nowhere/one::/nowhere/two", 1);
    assert_int_equal(try_open("sim:61x59_has_fp0_axi_bytes8"), SYSTOLE_NOT_FOUND);
    unsetenv("SYSTOLE_LIBRARY_PATH");
    ASSERT_CONTAINS(message, "libsystole_sim_61x59_has_fp0_axi_bytes8.so");
    ASSERT_CONTAINS(message, "make sim ROWS=61 COLS=59 HAS_FP=0 AXI_BYTES=8");
    ASSERT_CONTAINS(message, "/nowhere/one\n");
    ASSERT_CONTAINS(message, "/nowhere/two\n");
    ASSERT_CONTAINS(message, "/lib/systole");
    assert_int_equal(try_open("hls:4x4,lib=/nowhere/x.so"), SYSTOLE_NOT_FOUND);
    ASSERT_CONTAINS(message, "/nowhere/x.so");
}

static void test_open_file_that_is_no_model_is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/systole_driver_XXXXXX", device[64];
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    snprintf(device, sizeof device, "sim:4x4,lib=%s", path);
    assert_int_equal(try_open(device), SYSTOLE_IO);
    ASSERT_CONTAINS(message, path);
    close(fd);
    unlink(path);
    assert_int_equal(try_open("sim:4x4,lib=/proc/self/exe"), SYSTOLE_IO);
    setenv("FAKE_MODEL_ABI", "2", 1);
    assert_int_equal(try_open(fake_device("")), SYSTOLE_MISMATCH);
    unsetenv("FAKE_MODEL_ABI");
    ASSERT_CONTAINS(message, "version 2");
}

/* ---- search ---- */

struct seen {
    unsigned count, here;
    bool usable[2];
};

static void see(void *user, const struct systole_found *found)
{
    struct seen *s = user;
    s->count++;
    s->usable[strcmp(found->backend, "hls") == 0] |= found->device != NULL;
    assert_non_null(found->purpose);
    assert_true(found->detail && *found->detail);
    s->here += found->device && strcmp(found->device, "sim:5x6_has_fp0") == 0;
}

static void test_library_path_is_searched_and_listed_once(void **state)
{
    (void)state;
    char first[] = "/tmp/systole_driver_XXXXXX", second[] = "/tmp/systole_driver_XXXXXX";
    char a[64], b[64], c[64], path[128];
    assert_non_null(mkdtemp(first));
    assert_non_null(mkdtemp(second));
    snprintf(a, sizeof a, "%s/libsystole_sim_5x6_has_fp0.so", first);
    snprintf(b, sizeof b, "%s/libsystole_sim_5x6_has_fp0.so", second);
    snprintf(c, sizeof c, "%s/libsystole_sim_not_one.so", second);
    snprintf(path, sizeof path, "%s:%s", first, second);
    assert_int_equal(symlink(fake_path(), a), 0);
    assert_int_equal(symlink("/nowhere", b), 0);
    assert_int_equal(symlink(fake_path(), c), 0);
    setenv("SYSTOLE_LIBRARY_PATH", path, 1);
    struct seen s = {0};
    systole_enumerate(see, &s);
    assert_int_equal(s.here, 1);
    assert_true(s.usable[0]);
    assert_true(s.count >= 2);
    assert_int_equal(try_open("sim:5x6_has_fp0,rows=5,cols=6"), SYSTOLE_OK);
    assert_int_equal(try_open("sim:5x6_has_fp0"), SYSTOLE_MISMATCH);
    unsetenv("SYSTOLE_LIBRARY_PATH");
    unlink(a);
    unlink(b);
    unlink(c);
    rmdir(first);
    rmdir(second);
}

/* ---- tables ---- */

static void test_backend_tables_are_complete(void **state)
{
    (void)state;
    struct driver_message why;
    for (const struct backend *b = driver_backends; b->name; b++)
        assert_int_equal(driver_backend_check(b->name, b->ops, &why), SYSTOLE_OK);
    struct backend_ops bad = *driver_backends[0].ops;
    bad.read_reg = NULL;
    assert_int_equal(driver_backend_check("x", &bad, &why), SYSTOLE_MISMATCH);
    ASSERT_CONTAINS(why.text, "no operation read_reg");
    bad = *driver_backends[0].ops;
    bad.abi++;
    assert_int_equal(driver_backend_check("x", &bad, &why), SYSTOLE_MISMATCH);
    ASSERT_CONTAINS(why.text, "version 2");
}

static void test_names_of_statuses_registers_and_counters(void **state)
{
    (void)state;
    char name[REGISTER_NAME_BYTES];
    assert_string_equal(systole_status_name(SYSTOLE_TIMEOUT), "TIMEOUT");
    assert_string_equal(systole_status_text(SYSTOLE_NO_MEMORY), "no memory");
    assert_string_equal(systole_status_name((enum systole_status)99), "UNKNOWN");
    assert_string_equal(systole_counter_name(SYSTOLE_CNT_INSN_STORE), "INSN_STORE");
    assert_null(systole_counter_name(SYSTOLE_COUNTER_COUNT));
    static const struct {
        uint32_t offset;
        const char *name;
    } registers[] = {
        {0x000, "CTRL"},           {0x010, "WIN_BASE_LO[0]"}, {0x068, "WIN_BASE_HI[7]"}, {0x070, "WIN_SIZE_LO[0]"},
        {0x0d0, "WATCHDOG_LO"},    {0x140, "CAPS[0]"},        {0x180, "CAPS[16]"},       {0x20c, "COUNTER_HI[1]"},
        {0x018, "0x018"},          {0xffc, "0xffc"},
    };
    for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++) {
        driver_register_name(registers[i].offset, name);
        assert_string_equal(name, registers[i].name);
    }
}

static void test_message_too_long_ends_in_dots(void **state)
{
    (void)state;
    struct driver_message m;
    char lengthy[SYSTOLE_MESSAGE_BYTES + 10];
    memset(lengthy, 'a', sizeof lengthy);
    lengthy[sizeof lengthy - 1] = '\0';
    driver_fail(&m, SYSTOLE_IO, "%s", "short");
    driver_add(&m, "%s", lengthy);
    assert_int_equal(strlen(m.text), SYSTOLE_MESSAGE_BYTES - 1);
    assert_string_equal(m.text + SYSTOLE_MESSAGE_BYTES - 5, "a...");
}

/* ---- trace ---- */

struct heard {
    unsigned info, reads, windows;
};

static void hear(void *user, enum systole_device_log_level level, const char *text)
{
    struct heard *h = user;
    h->info += level == SYSTOLE_DEVICE_LOG_INFO;
    h->reads += level == SYSTOLE_DEVICE_LOG_REGISTER && strcmp(text, "read MAGIC 0x53595354") == 0;
    h->windows += level == SYSTOLE_DEVICE_LOG_REGISTER && strcmp(text, "write WIN_SIZE_LO[3] 0x00000040") == 0;
}

static void test_trace_names_registers_in_log_and_file(void **state)
{
    (void)state;
    char path[] = "/tmp/systole_driver_XXXXXX", line[PATH_BYTES * 2];
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    setenv("SYSTOLE_TRACE_REGISTERS", path, 1);
    struct heard h = {0};
    const struct systole_open_options options = {.size = sizeof options, .log = hear, .log_user = &h, .trace_registers = true};
    struct systole_device *dev = NULL;
    struct systole_buffer *b = NULL;
    assert_int_equal(systole_device_open(fake_device(""), &options, &dev), SYSTOLE_OK);
    assert_int_equal(systole_buffer_alloc(dev, 64, &b), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, 3, b, 0, 64), SYSTOLE_OK);
    systole_device_close(dev);
    assert_int_equal(h.info, 1);
    assert_int_equal(h.reads, 1);
    assert_int_equal(h.windows, 1);
    FILE *f = fopen(path, "r");
    unsigned magic = 0, window = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        magic += strstr(line, " read MAGIC 0x53595354\n") != NULL;
        window += strstr(line, " write WIN_SIZE_LO[3] 0x00000040\n") != NULL;
    }
    fclose(f);
    assert_int_equal(magic, 1);
    assert_int_equal(window, 1);
    setenv("SYSTOLE_TRACE_REGISTERS", "/nowhere/file", 1);
    assert_int_equal(try_open(fake_device("")), SYSTOLE_IO);
    ASSERT_CONTAINS(message, "/nowhere/file");
    unsetenv("SYSTOLE_TRACE_REGISTERS");
    close(fd);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_fake_gives_caps_and_name),
        cmocka_unit_test(test_open_other_contract_is_refused_with_both_hashes),
        cmocka_unit_test(test_open_wrong_identity_is_refused),
        cmocka_unit_test(test_open_bad_strings_are_refused),
        cmocka_unit_test(test_open_option_unknown_to_model_is_refused),
        cmocka_unit_test(test_target_take_removes_one_option_wherever_it_stands),
        cmocka_unit_test(test_open_missing_library_says_where_and_what_to_type),
        cmocka_unit_test(test_open_file_that_is_no_model_is_refused),
        cmocka_unit_test(test_library_path_is_searched_and_listed_once),
        cmocka_unit_test(test_backend_tables_are_complete),
        cmocka_unit_test(test_names_of_statuses_registers_and_counters),
        cmocka_unit_test(test_message_too_long_ends_in_dots),
        cmocka_unit_test(test_trace_names_registers_in_log_and_file),
    };
    return cmocka_run_group_tests_name("driver", tests, NULL, NULL);
}
