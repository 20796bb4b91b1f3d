/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with alternatives, and what an array is said to cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../host/cli/area.h"
#include "../../host/cli/grid.h"

static void test_grid_names_each_value_with_each(void **state)
{
    (void)state;
    static const char *const all[] = {
        "model:8x8,acc=1024,data=0", "model:8x8,acc=2048,data=0", "model:8x8,acc=4096,data=0",
        "model:16x16,acc=1024,data=0", "model:16x16,acc=2048,data=0", "model:16x16,acc=4096,data=0",
    };
    const char *const text = "model:8x8+16x16,acc=1024+2048+4096,data=0";
    char out[64];
    assert_int_equal(cli_grid_count(text), 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(cli_grid_at(text, i, out, sizeof out), 0);
        assert_string_equal(out, all[i]);
    }
}

static void test_grid_without_alternatives_is_its_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "cpu", "sim:4x4,lib=/opt/c++/model.so", "latency=200", "a,,b", "sim:4x4,", "=", ":"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char out[64] = "?";
        assert_int_equal(cli_grid_count(texts[i]), 1);
        assert_int_equal(cli_grid_at(texts[i], 0, out, sizeof out), 0);
        assert_string_equal(out, texts[i]);
    }
}

static void test_grid_with_empty_values_and_a_path_beside_them(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(cli_grid_count("x=+,lib=/a+b"), 2);
    assert_int_equal(cli_grid_at("x=+,lib=/a+b", 1, out, sizeof out), 0);
    assert_string_equal(out, "x=,lib=/a+b");
    assert_int_equal(cli_grid_at("latency=1+22", 1, out, sizeof out), 0);
    assert_string_equal(out, "latency=22");
}

static void test_grid_without_room_is_refused(void **state)
{
    (void)state;
    const char *const text = "latency=100+200,bandwidth=8";
    char out[32];
    for (size_t room = 0; room < sizeof "latency=200,bandwidth=8"; room++)
        assert_int_equal(cli_grid_at(text, 1, out, room), -1);
    assert_int_equal(cli_grid_at(text, 1, out, sizeof "latency=200,bandwidth=8"), 0);
    assert_string_equal(out, "latency=200,bandwidth=8");
}

static void test_grid_of_more_than_can_be_counted_saturates(void **state)
{
    (void)state;
    char text[400] = "";
    for (int i = 0; i < 40; i++)
        strcat(text, "a=1+2+3,");
    assert_int_equal(cli_grid_count(text), UINT32_MAX);
}

static void test_area_is_that_of_the_synthesised_arrays(void **state)
{
    (void)state;
    struct systole_device_info info = {.size = sizeof info, .rows = 16, .cols = 16};
    for (uint32_t i = 0; i < SYSTOLE_CAPABILITIES && systole_capability_name(i); i++)
        info.capability[i] = strcmp(systole_capability_name(i), "WEIGHT_PLANES") == 0 ? 4 : 0;
    assert_true(cli_area_of(&info).array > 405 && cli_area_of(&info).array < 425); /* 411.1 by asic-report */
    assert_true(cli_area_of(&info).memories == 0);
    info.has_fp = 1;
    info.rows = info.cols = 8;
    assert_true(cli_area_of(&info).array > 400 && cli_area_of(&info).array < 420); /* 409.9 */
    const struct systole_device_info none = {.size = sizeof none};
    assert_true(cli_area_of(&none).array == 0 && cli_area_of(&none).memory_bytes == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid_names_each_value_with_each),
        cmocka_unit_test(test_grid_without_alternatives_is_its_text),
        cmocka_unit_test(test_grid_with_empty_values_and_a_path_beside_them),
        cmocka_unit_test(test_grid_without_room_is_refused),
        cmocka_unit_test(test_grid_of_more_than_can_be_counted_saturates),
        cmocka_unit_test(test_area_is_that_of_the_synthesised_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
