/* SPDX-License-Identifier: Apache-2.0 */
/* The option `fault`, and what its effects do to a value and to a step of a PE. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../sim/fault.h"

static struct fault parse(const char *text)
{
    struct fault f;
    char err[200] = "";
    assert_int_equal(fault_parse(text, &f, err, sizeof err), 0);
    assert_string_equal(err, "");
    return f;
}

static void test_fault_bad_text_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } bad[] = {
        {"pe:1:0:swap", "option 'fault': this point has no effect 'swap'"},
        {"pe:1:0:stuck0:bit32", "option 'fault': not bitN, fromN or toN, or N too large: 'bit32'"},
        {"pe:64:0:dead", "option 'fault': not a row or column from 0 to 63: '64'"},
        {"pe:1", "option 'fault': says no effect: '1'"},
        {"load_data:dead", "option 'fault': this point has no effect 'dead'"},
        {"load_data:flip:bit", "option 'fault': not bitN, fromN or toN, or N too large: 'bit'"},
        {"load_data:flip:from-1", "option 'fault': not bitN, fromN or toN, or N too large: 'from-1'"},
        {"nowhere:flip", "option 'fault': no such point: 'nowhere'"},
        {"", "option 'fault': no such point: ''"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fault f;
        char err[200] = "";
        assert_int_equal(fault_parse(bad[i].text, &f, err, sizeof err), -1);
        assert_string_equal(err, bad[i].reason);
    }
}

/* What a value of the RTL becomes in a cycle: its two lowest words. */
static uint64_t shown(const char *text, const char *point, uint64_t cycle, uint64_t value)
{
    const struct fault f = parse(text);
    uint32_t in[64] = {(uint32_t)value, (uint32_t)(value >> 32)}, out[64];
    fault_use(&f, &cycle);
    systole_fault(point, in, out);
    fault_use(NULL, NULL);
    assert_memory_equal(in + 2, out + 2, sizeof in - 8);
    return out[0] | (uint64_t)out[1] << 32;
}

static void test_fault_values_change_at_their_point_in_their_window(void **state)
{
    (void)state;
    const uint64_t v = 0x1122334455667788;
    assert_true(shown("scale:flip:bit33", "scale", 5, v) == (v ^ UINT64_C(1) << 33));
    assert_true(shown("scale:stuck0:bit3", "scale", 5, v) == v - 8);
    assert_true(shown("scale:stuck1:bit0", "scale", 5, v) == v + 1);
    assert_true(shown("scale:swap:bit8", "scale", 5, v) == 0x1122334455668877);
    assert_true(shown("scale:swap:bit0", "scale", 5, v) == 0x1122334455668877);
    assert_true(shown("scale:plus", "scale", 5, 0x1ffffffff) == 0x100000000);
    assert_true(shown("scale:minus:bit32", "scale", 5, v) == v - (UINT64_C(1) << 32));
    assert_true(shown("scale:flip", "residual", 5, v) == v);
    assert_true(shown("scale:flip:from5:to6", "scale", 5, v) == (v ^ 1));
    assert_true(shown("scale:flip:from6", "scale", 5, v) == v);
    assert_true(shown("scale:flip:to5", "scale", 5, v) == v);
    assert_true(shown("pe:0:0:flip", "scale", 5, v) == v);
}

/* int8 unless the text says bf16. */
static uint32_t step(const char *text, bool fp, bool skip, uint32_t x, uint32_t w, uint32_t acc)
{
    const struct fault f = parse(text);
    return fault_step(&f, fp, skip, x, w, fp ? 0x4000 : 2, acc);
}

static void test_fault_steps_of_a_pe_are_wrong_as_told(void **state)
{
    (void)state;
    assert_int_equal(fault_mac(false, 0xffff, 3, 1), 0xfffffffeu);
    assert_int_equal(step("pe:0:0:stuck1:bit0", false, false, 2, 3, 10), 17);
    assert_int_equal(step("pe:0:0:stuck0:bit4", false, false, 2, 3, 10), 0);
    assert_int_equal(step("pe:0:0:flip:bit31", false, true, 2, 3, 10), 0x8000000au);
    assert_int_equal(step("pe:0:0:weight1:bit2", false, false, 2, 3, 10), 24);
    assert_int_equal(step("pe:0:0:weight0:bit0", false, false, 2, 3, 10), 14);
    assert_int_equal(step("pe:0:0:operand1:bit0", false, false, 2, 3, 10), 19);
    assert_int_equal(step("pe:0:0:operand0:bit1", false, false, 2, 3, 10), 10);
    assert_int_equal(step("pe:0:0:carry:bit1", false, false, 2, 3, 10), 12);
    assert_int_equal(step("pe:0:0:align", false, false, 2, 3, 10), 13);
    assert_int_equal(step("pe:0:0:dead", false, false, 2, 3, 10), 10);
    assert_int_equal(step("pe:0:0:noskip", false, true, 2, 3, 10), 16);
    assert_int_equal(step("pe:0:0:plane", false, false, 2, 3, 10), 14);
    assert_int_equal(step("pe:0:0:truncate", false, false, 2, 3, 10), 16);
    /* 1 * 1.5 * 2^-24 + 1 is rounded up, and cut to 1; 1 * 1 + 1 at half the product is 1.5. */
    assert_int_equal(fault_mac(true, 0x3f80, 0x33c0, 0x3f800000), 0x3f800001);
    assert_int_equal(step("pe:0:0:truncate", true, false, 0x3f80, 0x33c0, 0x3f800000), 0x3f800000);
    assert_int_equal(step("pe:0:0:align", true, false, 0x3f80, 0x3f80, 0x3f800000), 0x3fc00000);
    assert_int_equal(step("pe:0:0:plane", true, false, 0x3f80, 0x3f80, 0x3f800000), 0x40400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault_bad_text_is_refused_with_the_reason),
        cmocka_unit_test(test_fault_values_change_at_their_point_in_their_window),
        cmocka_unit_test(test_fault_steps_of_a_pe_are_wrong_as_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
