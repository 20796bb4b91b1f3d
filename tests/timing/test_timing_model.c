/* SPDX-License-Identifier: Apache-2.0 */
/* The fast model as a device without data: its options, the names of configurations, its registers, what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../sim/timing/model.h"
#include "../unit/program.h"

static void test_options_name_the_configuration_as_make_does(void **state)
{
    (void)state;
    static const struct {
        const char *options, *name;
    } cases[] = {
        {"", "16x16"},
        {"config=8x8", "8x8"},
        {"config=16x16_has_fp0", "16x16_has_fp0"},
        {"config=16x16,fp=0,axi=32", "16x16_has_fp0_axi_bytes32"},
        {"config=16x16_has_fp0_mac_latency2", "16x16_has_fp0_mac_latency2"},
        {"config=16x16_has_fp0,mac_latency=1", "16x16_has_fp0"},
        {"config=32x32_assert0_body1,latency=7", "32x32"},
        {"config=4x4_post_latency7", "4x4_post_latency7"},
        {"config=4x4_post_latency7,post_latency=1", "4x4"},
        {"config=4x4_post_latency7,parity=1", "4x4_post_latency7_parity1"},
        {"config=4x8_post_latency3_post_lanes2", "4x8_post_latency3_post_lanes2"},
        {"config=4x4,axi_bytes=16,apad=65536,planes=4", "4x4"},
        {"acc_banks=4,config=8x16,apad_banks=1,weight_planes=8", "8x16_apad_banks1_acc_banks4_weight_planes8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct model_options o;
        char name[MODEL_NAME_BYTES], err[256] = "";
        assert_int_equal(model_options_parse(&o, cases[i].options, err, sizeof err), 0);
        model_name(&o.config, name);
        assert_string_equal(name, cases[i].name);
    }
}

static void test_options_not_known_or_illegal_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "config=3x4",         "config=16",          "config=16x",         "config=16x16_",      "config=16x16_has_fp", "config=16x16_speed9",
        "config=128x128",     "axi=12",             "axi=4",              "config=4x4,axi=64",  "apad=1000",          "acc=131072",
        "param=1",            "mac_latency=0",      "mac_latency=17",     "planes=3",           "post_latency=0",     "post_latency=8",
        "apad_banks=3",       "acc_banks=2048",     "has_fp=2",           "data=2",             "data=",              "events=yes",
        "stepping=2",         "latency",            "latency=0",          "bandwidth=0",        "outstanding=1000",   "stall=100",
        "error_read=1",       "hang_write=1",       "wave=x",             "coverage=x",         "fault=x",            "axi=99999999999999",
        "nothing=1",          "refresh_for=3",      "post_lanes=2",       "post_latency=2,post_lanes=3"
    };
    const struct systole_model_ops *ops = systole_model_get();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char options[200], err[256] = "";
        snprintf(options, sizeof options, "data=0,%s", bad[i]);
        struct systole_model *m = ops->create(options, err, sizeof err);
        if (m)
            print_error("%s was taken\n", bad[i]);
        assert_null(m);
        assert_string_not_equal(err, "");
        assert_null(ops->create(options, NULL, 0));
    }
}

static void test_model_without_its_functional_device_says_what_to_build(void **state)
{
    (void)state;
    char err[400] = "";
    assert_null(systole_model_get()->create("config=64x32,planes=8", err, sizeof err));
    assert_non_null(strstr(err, "libsystole_hls_64x32_weight_planes8.so"));
    assert_non_null(strstr(err, "data=0"));
    assert_null(systole_model_get()->create("function=/nowhere/x.so", err, sizeof err));
}

static void test_memory_changes_between_runs_and_nothing_else_does(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "config=8x8,data=0,planes=8", "config=8x4,data=0", "config=8x8,data=0,events=1", "config=8x8,data=0,stepping=1", "config=8x8,data=0,stall=5",
        "config=8x8,data=0,refresh_every=9", "config=8x8,data=0,latency=0", "config=8x8,data=0,wave=x", "",
    };
    const struct systole_model_ops *ops = systole_model_get();
    char err[256] = "";
    struct systole_model *m = ops->create("config=8x8,data=0", err, sizeof err);
    assert_non_null(m);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        err[0] = '\0';
        assert_int_equal(ops->retime(m, refused[i], err, sizeof err), -1);
        assert_string_not_equal(err, "");
    }
    assert_int_equal(ops->retime(m, "config=8x8,data=0,latency=300,bandwidth=3.5", err, sizeof err), 0);
    ops->destroy(m);
}

static void test_model_runs_without_data(void **state)
{
    (void)state;
    char err[200] = "", byte = 0;
    static uint8_t memory[BENCH_BYTES];
    struct bench b = {.ops = systole_model_get(), .memory = memory};
    b.m = b.ops->create("config=8x8,data=0,events=1", err, sizeof err);
    assert_non_null(b.m);
    assert_int_equal(b.ops->read_reg(b.m, SYSTOLE_REG_MAGIC), SYSTOLE_MAGIC);
    assert_int_equal(b.ops->read_reg(b.m, SYSTOLE_REG_CAPS + 4 * SYSTOLE_CAP_ROWS), 8);
    assert_int_equal(b.ops->peek(b.m, SYSTOLE_MEM_APAD, 0, &byte, 1), -1);
    assert_int_equal(b.ops->attach(b.m, BENCH_BASE, memory, sizeof memory), 0);
    uint64_t cycles[2];
    for (int again = 0; again < 2; again++) {
        struct program p = {.count = 0};
        uint32_t *load = program_add(&p, SYSTOLE_OP_LOAD);
        SET(load, LOAD, window, 1);
        SET(load, LOAD, len, 4096);
        bench_run(&b, &p);
        assert_int_equal(b.status, SYSTOLE_ERR_OK);
        cycles[again] = b.ops->read_reg(b.m, SYSTOLE_REG_COUNTER_LO);
        assert_int_equal(b.ops->read_reg(b.m, SYSTOLE_REG_COUNTER_LO + 8 * SYSTOLE_CNT_READ_BYTES), 4096);
        size_t count = 0;
        const struct systole_event *e = b.ops->events(b.m, &count);
        assert_int_equal(count, 1);
        assert_true(e[0].enter < e[0].begin && e[0].begin < e[0].end && e[0].end < cycles[again]);
    }
    assert_int_equal(cycles[0], cycles[1]);
    b.ops->destroy(b.m);
}

/* What a device tells when it is asked after so many cycles, and again at the end. */
static void look_twice(const char *options, uint64_t after, uint64_t told[2][SYSTOLE_COUNTER_COUNT])
{
    char err[200] = "";
    static uint8_t memory[BENCH_BYTES];
    struct bench b = {.ops = systole_model_get(), .memory = memory};
    struct program p = {.count = 0};
    b.m = b.ops->create(options, err, sizeof err);
    assert_non_null(b.m);
    assert_int_equal(b.ops->attach(b.m, BENCH_BASE, memory, sizeof memory), 0);
    uint32_t *load = program_add(&p, SYSTOLE_OP_LOAD);
    SET(load, LOAD, window, 1);
    SET(load, LOAD, len, 4096);
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t *store = program_add(&p, SYSTOLE_OP_STORE);
        SET(store, STORE, window, 1);
        SET(store, STORE, n_tail, 8);
        SET(store, STORE, q, 64);
        SET(store, STORE, c_sq, 1);
        SET(store, STORE, d_sq, 32);
    }
    bench_run(&b, &p); /* leaves the program and its windows */
    b.ops->write_reg(b.m, SYSTOLE_REG_CTRL, 1);
    bool is_over = b.ops->run(b.m, after) == 1;
    for (uint32_t look = 0; look < 2; look++) {
        for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
            told[look][i] = b.ops->read_reg(b.m, SYSTOLE_REG_COUNTER_LO + SYSTOLE_REG_COUNTER_LO_STEP * i);
        is_over = is_over || b.ops->run(b.m, 100000) == 1;
    }
    assert_true(is_over);
    b.ops->destroy(b.m);
}

static void test_counters_read_in_a_run_are_those_of_the_present_cycle(void **state)
{
    (void)state;
    uint32_t in_between = 0;
    for (uint64_t after = 1; after < 900; after += 37) {
        uint64_t usual[2][SYSTOLE_COUNTER_COUNT], stepping[2][SYSTOLE_COUNTER_COUNT];
        look_twice("config=8x8,data=0", after, usual);
        look_twice("config=8x8,data=0,stepping=1,events=1", after, stepping);
        assert_memory_equal(usual, stepping, sizeof usual);
        in_between += usual[0][SYSTOLE_CNT_WRITE_BEATS] != 0 && usual[0][SYSTOLE_CNT_WRITE_BEATS] < usual[1][SYSTOLE_CNT_WRITE_BEATS];
    }
    assert_true(in_between > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_name_the_configuration_as_make_does),
        cmocka_unit_test(test_options_not_known_or_illegal_are_refused),
        cmocka_unit_test(test_model_without_its_functional_device_says_what_to_build),
        cmocka_unit_test(test_memory_changes_between_runs_and_nothing_else_does),
        cmocka_unit_test(test_model_runs_without_data),
        cmocka_unit_test(test_counters_read_in_a_run_are_those_of_the_present_cycle),
    };
    return cmocka_run_group_tests_name("timing_model", tests, NULL, NULL);
}
