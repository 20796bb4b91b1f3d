/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator library as the driver sees it: options, registers, runs, faults of the memory, debug access. Loads the
 * library that SYSTOLE_SIM names, or the default 4x4.
 */
#include <dlfcn.h>
#include <fenv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../sim/systole_sim.h"
#include "../unit/program.h"

#define BASE 0x200000000u
#define SIZE 65536u
#define PROGRAM 0u
#define SOURCE 16384u
#define RESULT 32768u

static const struct systole_model_ops *ops;
static const struct systole_sim_ops *sim;
static uint8_t *dram;

static int load_library(void **state)
{
    (void)state;
    const char *path = getenv("SYSTOLE_SIM");
    void *lib = dlopen(path ? path : "build/sim/libsystole_sim_4x4.so", RTLD_NOW | RTLD_LOCAL);
    if (!lib)
        return -1;
    const struct systole_model_ops *(*model_get)(void);
    const struct systole_sim_ops *(*sim_get)(void);
    *(void **)&model_get = dlsym(lib, "systole_model_get");
    *(void **)&sim_get = dlsym(lib, "systole_sim_get");
    ops = model_get();
    sim = sim_get();
    dram = aligned_alloc(64, SIZE);
    return dram && ops->abi == SYSTOLE_MODEL_ABI && sim->abi == SYSTOLE_SIM_ABI ? 0 : -1;
}

static int free_memory(void **state)
{
    (void)state;
    free(dram);
    return 0;
}

static struct systole_model *create(const char *options)
{
    char err[200] = "";
    struct systole_model *m = ops->create(options, err, sizeof(err));
    assert_string_equal(err, "");
    assert_non_null(m);
    for (uint32_t i = 0; i < SIZE; i++)
        dram[i] = (uint8_t)(i * 13 + i / 256);
    assert_int_equal(ops->attach(m, BASE, dram, SIZE), 0);
    ops->write_reg(m, SYSTOLE_REG_WIN_BASE_LO, (uint32_t)BASE);
    ops->write_reg(m, SYSTOLE_REG_WIN_BASE_HI, (uint32_t)(BASE >> 32));
    ops->write_reg(m, SYSTOLE_REG_WIN_SIZE_LO, SIZE);
    return m;
}

/* A healthy model broke nothing and touched nothing but its memory. */
static void destroy(struct systole_model *m)
{
    assert_string_equal(sim->failure(m), "");
    assert_string_equal(sim->violation(m), "");
    ops->destroy(m);
}

static uint32_t run(struct systole_model *m, const struct program *p)
{
    memcpy(dram + PROGRAM, p->words, p->count * sizeof(p->words[0]));
    ops->write_reg(m, SYSTOLE_REG_CTRL, 1);
    assert_int_equal(ops->run(m, 1000000), 1);
    assert_int_equal(ops->read_reg(m, SYSTOLE_REG_CTRL) & 2u, 2);
    return ops->read_reg(m, SYSTOLE_REG_STATUS);
}

/* DRAM to accumulators and back: 1 KiB. */
static void add_copy(struct program *p)
{
    const uint32_t vector = 16; /* bytes of a row of ACC with 4 columns */
    uint32_t *load = program_add(p, SYSTOLE_OP_LOAD);
    SET(load, LOAD, mem, SYSTOLE_MEM_ACC);
    SET(load, LOAD, conv, SYSTOLE_CONV_COPY32);
    SET(load, LOAD, src_lo, SOURCE);
    SET(load, LOAD, len, 256);
    SET(load, ANY, signal, 1u << 8);
    uint32_t *store = program_add(p, SYSTOLE_OP_STORE);
    SET(store, ANY, wait, 1u << 8);
    SET(store, STORE, dst_lo, RESULT);
    SET(store, STORE, n_tail, 4);
    SET(store, STORE, q, 64);
    SET(store, STORE, c_sq, 1);
    SET(store, STORE, d_sq, vector);
    program_add(p, SYSTOLE_OP_END);
}

static void test_sim_identity_and_capabilities_are_read(void **state)
{
    (void)state;
    struct systole_model *m = create("");
    assert_int_equal(ops->read_reg(m, SYSTOLE_REG_MAGIC), SYSTOLE_MAGIC);
    assert_int_equal(ops->read_reg(m, SYSTOLE_REG_VERSION), SYSTOLE_CONTRACT_VERSION);
    assert_int_equal(ops->read_reg(m, SYSTOLE_REG_CAPS + 4 * SYSTOLE_CAP_ROWS), 4);
    assert_int_equal(ops->read_reg(m, SYSTOLE_REG_CAPS + 4 * SYSTOLE_CAP_COLS), 4);
    assert_int_equal(ops->read_reg(m, SYSTOLE_REG_WIN_BASE_HI), (uint32_t)(BASE >> 32));
    assert_int_equal(ops->read_reg(m, 0xffc), 0);
    destroy(m);
}

/* The array's body computes with the CPU's floating point: 1 + 2^-25 is 1 whatever the caller chose. */
static void test_sim_callers_rounding_mode_changes_nothing(void **state)
{
    (void)state;
    static const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    static const uint16_t a[4] = {0x3f80, 0x3980, 0, 0}; /* 1, 2^-12 */
    uint16_t w[4][4] = {{0x3f80, 0xbf80, 0x3f80, 0x3f80}, {0x3900, 0xb900, 0x3900, 0x3900}}; /* rows of 1 and 2^-13, signs apart */
    static const uint32_t expect[4] = {0x3f800000, 0xbf800000, 0x3f800000, 0x3f800000};
    for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
        struct systole_model *model = create("");
        struct program p = {.count = 0};
        uint32_t *i = program_add(&p, SYSTOLE_OP_MATMUL), sums[4] = {0};
        SET(i, MATMUL, dtype, SYSTOLE_DTYPE_BF16);
        SET(i, MATMUL, k_tail, 4);
        program_add(&p, SYSTOLE_OP_END);
        assert_int_equal(ops->poke(model, SYSTOLE_MEM_APAD, 0, a, sizeof a), 0);
        assert_int_equal(ops->poke(model, SYSTOLE_MEM_WPAD, 0, w, sizeof w), 0);
        assert_int_equal(fesetround(modes[m]), 0);
        const uint32_t status = run(model, &p);
        assert_int_equal(fegetround(), modes[m]);
        fesetround(FE_TONEAREST);
        assert_int_equal(status, SYSTOLE_ERR_OK);
        assert_int_equal(ops->peek(model, SYSTOLE_MEM_ACC, 0, sums, sizeof sums), 0);
        assert_memory_equal(sums, expect, sizeof sums);
        destroy(model);
    }
}

static void test_sim_copy_runs_under_every_kind_of_memory(void **state)
{
    (void)state;
    static const char *const options[] = {
        "",
        "latency=1,write_latency=1",
        "latency=300,outstanding=1,bandwidth=3.5",
        "stall=60,seed=5,latency=20",
        "refresh_every=50,refresh_for=20,read_outstanding=2,write_outstanding=1",
    };
    uint64_t cycles[5];
    for (size_t i = 0; i < 5; i++) {
        struct systole_model *m = create(options[i]);
        struct program p = {.count = 0};
        add_copy(&p);
        assert_int_equal(run(m, &p), SYSTOLE_ERR_OK);
        assert_memory_equal(dram + RESULT, dram + SOURCE, 1024);
        assert_int_equal(dram[RESULT + 1024], (uint8_t)((RESULT + 1024) * 13 + (RESULT + 1024) / 256));
        assert_int_equal(sim->stray(m), 0);
        cycles[i] = ops->read_reg(m, SYSTOLE_REG_COUNTER_LO);
        destroy(m);
    }
    assert_true(cycles[1] < cycles[0] && cycles[0] < cycles[2]);
}

static uint64_t counter(struct systole_model *m, uint32_t index)
{
    const uint32_t at = SYSTOLE_REG_COUNTER_LO_STEP * index;
    return ops->read_reg(m, SYSTOLE_REG_COUNTER_LO + at) | (uint64_t)ops->read_reg(m, SYSTOLE_REG_COUNTER_HI + at) << 32;
}

/* Rows that begin and end within a beat, and lie far apart: more beats than full ones, other ones than words written. */
static void add_rows(struct program *p)
{
    uint32_t *load = program_add(p, SYSTOLE_OP_LOAD);
    SET(load, LOAD, mem, SYSTOLE_MEM_APAD);
    SET(load, LOAD, conv, SYSTOLE_CONV_COPY8);
    SET(load, LOAD, src_lo, SOURCE + 15);
    SET(load, LOAD, len, 34);
    SET(load, LOAD, n1, 25);
    SET(load, LOAD, s1, 160);
    SET(load, LOAD, d1, 48);
}

static void test_sim_read_beats_are_those_the_memory_gave(void **state)
{
    (void)state;
    static const char *const options[] = {"", "stall=60,seed=3", "latency=1"};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        struct systole_model *m = create(options[i]);
        struct program p = {.count = 0};
        add_rows(&p);
        add_copy(&p);
        for (int again = 0; again < 2; again++) {
            uint64_t before = sim->read_beats(m);
            uint64_t written = sim->write_beats(m);
            assert_int_equal(run(m, &p), SYSTOLE_ERR_OK);
            uint64_t fetched = counter(m, SYSTOLE_CNT_FETCH_BEATS);
            assert_true(fetched >= p.count * SYSTOLE_INSN_BYTES / 16);
            assert_int_equal(counter(m, SYSTOLE_CNT_READ_BEATS) + fetched, sim->read_beats(m) - before);
            assert_int_equal(counter(m, SYSTOLE_CNT_WRITE_BEATS), sim->write_beats(m) - written);
        }
        destroy(m);
    }
}

static void test_sim_window_as_large_as_can_be_said_is_used(void **state)
{
    (void)state;
    static const uint32_t size[][2] = {{0, 0x80000000u}, {0xffffffffu, 0xffffffffu}, {0xffffffffu, 0x7fffffffu}};
    for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
        struct systole_model *m = create("");
        struct program p = {.count = 0};
        ops->write_reg(m, SYSTOLE_REG_WIN_SIZE_LO, size[i][0]);
        ops->write_reg(m, SYSTOLE_REG_WIN_SIZE_HI, size[i][1]);
        add_copy(&p);
        assert_int_equal(run(m, &p), SYSTOLE_ERR_OK);
        assert_memory_equal(dram + RESULT, dram + SOURCE, 1024);
        assert_int_equal(sim->stray(m), 0);
        destroy(m);
    }
}

static void test_sim_same_seed_takes_the_same_cycles(void **state)
{
    (void)state;
    uint64_t cycles[3];
    static const char *const options[] = {"stall=50,seed=9", "stall=50,seed=9", "stall=50,seed=10"};
    for (int i = 0; i < 3; i++) {
        struct systole_model *m = create(options[i]);
        struct program p = {.count = 0};
        add_copy(&p);
        assert_int_equal(run(m, &p), SYSTOLE_ERR_OK);
        cycles[i] = sim->cycles(m);
        destroy(m);
    }
    assert_true(cycles[0] == cycles[1]);
    assert_true(cycles[0] != cycles[2]);
}

static void test_sim_injected_errors_end_the_run(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        uint32_t status, index;
    } cases[] = {
        {"error_read=1", SYSTOLE_ERR_BUS_READ, 0},
        {"error_write=3", SYSTOLE_ERR_BUS_WRITE, 1},
    };
    for (size_t i = 0; i < 2; i++) {
        struct systole_model *m = create(cases[i].options);
        struct program p = {.count = 0};
        add_copy(&p);
        assert_int_equal(run(m, &p), cases[i].status);
        assert_int_equal(ops->read_reg(m, SYSTOLE_REG_ERROR_INDEX), cases[i].index);
        assert_int_equal(run(m, &p), SYSTOLE_ERR_OK); /* the fault came once: the device takes another start */
        assert_memory_equal(dram + RESULT, dram + SOURCE, 1024);
        destroy(m);
    }
}

static void test_sim_program_outside_attached_memory_is_a_bus_error(void **state)
{
    (void)state;
    struct systole_model *m = create("");
    struct program p = {.count = 0};
    add_copy(&p);
    assert_int_equal(ops->detach(m, BASE), 0);
    assert_int_equal(run(m, &p), SYSTOLE_ERR_BUS_READ);
    assert_true(sim->stray(m) > 0);
    assert_int_equal(sim->bus_busy(m), 0);
    destroy(m);
}

static void test_sim_hung_memory_leaves_the_run_unfinished(void **state)
{
    (void)state;
    struct systole_model *m = create("hang_read=2");
    struct program p = {.count = 0};
    add_copy(&p);
    memcpy(dram, p.words, p.count * sizeof(p.words[0]));
    ops->write_reg(m, SYSTOLE_REG_CTRL, 1);
    assert_int_equal(ops->run(m, 20000), 0);
    assert_int_equal(ops->read_reg(m, SYSTOLE_REG_BUS) & 1u, 1);
    assert_int_equal(sim->bus_busy(m), 1);
    destroy(m);
}

static void test_sim_interrupt_follows_its_enables(void **state)
{
    (void)state;
    struct systole_model *m = create("");
    struct program p = {.count = 0};
    program_add(&p, SYSTOLE_OP_END);
    assert_int_equal(run(m, &p), SYSTOLE_ERR_OK);
    assert_int_equal(sim->irq(m), 0);
    ops->write_reg(m, SYSTOLE_REG_GIE, 1);
    ops->write_reg(m, SYSTOLE_REG_IER, 1);
    assert_int_equal(run(m, &p), SYSTOLE_ERR_OK);
    assert_int_equal(sim->irq(m), 1);
    ops->write_reg(m, SYSTOLE_REG_ISR, 1);
    sim->step(m, 2);
    assert_int_equal(sim->irq(m), 0);
    destroy(m);
}

static void test_sim_poke_is_read_back_at_any_offset(void **state)
{
    (void)state;
    static const uint32_t size_cap[] = {SYSTOLE_CAP_APAD_BYTES, SYSTOLE_CAP_WPAD_BYTES};
    struct systole_model *m = create("");
    uint8_t in[100], out[100];
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (uint8_t)(200 - i);
    for (int mem = 0; mem <= SYSTOLE_MEM_LUT; mem++) {
        for (uint64_t at = 0; at < 9; at++) {
            memset(out, 0, sizeof(out));
            assert_int_equal(ops->poke(m, mem, at, in, sizeof(in)), 0);
            assert_int_equal(ops->peek(m, mem, at + 1, out, sizeof(out) - 1), 0);
            assert_memory_equal(out, in + 1, sizeof(out) - 1);
        }
    }
    for (int mem = 0; mem < 2; mem++) { /* the last bytes of the last bank, and the first outside */
        uint32_t size = ops->read_reg(m, SYSTOLE_REG_CAPS + 4 * size_cap[mem]);
        assert_int_equal(ops->poke(m, mem, size - 100, in, 100), 0);
        assert_int_equal(ops->peek(m, mem, size - 100, out, 100), 0);
        assert_memory_equal(out, in, 100);
        assert_int_equal(ops->peek(m, mem, size - 99, out, 100), -1);
        assert_int_equal(ops->poke(m, mem, size, in, 1), -1);
    }
    assert_int_equal(ops->peek(m, 5, 0, out, 1), -1);
    destroy(m);
}

static void test_sim_loaded_bytes_are_peeked(void **state)
{
    (void)state;
    struct systole_model *m = create("");
    struct program p = {.count = 0};
    uint8_t out[1024];
    add_copy(&p);
    assert_int_equal(run(m, &p), SYSTOLE_ERR_OK);
    assert_int_equal(ops->peek(m, SYSTOLE_MEM_ACC, 0, out, sizeof(out)), 0);
    assert_memory_equal(out, dram + SOURCE, sizeof(out));
    destroy(m);
}

static void test_sim_options_not_known_or_illegal_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"speed=9",     "latency=0",  "latency=x",    "latency",          "stall=100", "outstanding=0",
                                      "bandwidth=0", "stall=-1",   "refresh_for=3", "outstanding=1000", "latency=1,,seed=2",
                                      "fault=pe:1:1:dead", "fault=pe:4:0:dead", "fault=nowhere:flip"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char err[100] = "";
        assert_null(ops->create(bad[i], err, sizeof(err)));
        assert_string_not_equal(err, "");
        assert_null(ops->create(bad[i], NULL, 0));
    }
}

static void test_sim_write_strobes_choose_the_bytes(void **state)
{
    (void)state;
    struct systole_model *m = create("");
    for (unsigned half = 0; half < 2; half++) {
        const uint32_t at = (half ? SYSTOLE_REG_WIN_SIZE_HI : SYSTOLE_REG_WIN_SIZE_LO) + 5 * SYSTOLE_REG_WIN_SIZE_LO_STEP;
        uint32_t want = 0x11223344;
        ops->write_reg(m, at, want);
        for (unsigned strobes = 0; strobes < 16; strobes++) {
            const uint32_t value = 0xa1b2c3d4u + strobes * 0x01010101u;
            sim->write_bytes(m, at, value, strobes);
            for (unsigned b = 0; b < 4; b++)
                if (strobes >> b & 1)
                    want = (want & ~(0xffu << 8 * b)) | (value & 0xffu << 8 * b);
            assert_int_equal(ops->read_reg(m, at), want);
        }
    }
    /* A start is in the lowest byte: without its strobe there is none. */
    sim->write_bytes(m, SYSTOLE_REG_CTRL, 1, 0xe);
    assert_int_equal(sim->step(m, 10), 10);
    assert_true(ops->read_reg(m, SYSTOLE_REG_CTRL) & 4);
    destroy(m);
}

static void test_sim_two_models_do_not_meet(void **state)
{
    (void)state;
    struct systole_model *a = create("");
    struct systole_model *b = create("stall=30");
    struct program p = {.count = 0};
    uint8_t seven = 7, got = 0;
    assert_int_equal(ops->poke(a, SYSTOLE_MEM_APAD, 3, &seven, 1), 0);
    assert_int_equal(ops->peek(b, SYSTOLE_MEM_APAD, 3, &got, 1), 0);
    assert_int_equal(got, 0);
    add_copy(&p);
    assert_int_equal(run(b, &p), SYSTOLE_ERR_OK);
    assert_int_equal(run(a, &p), SYSTOLE_ERR_OK);
    assert_int_equal(ops->peek(a, SYSTOLE_MEM_APAD, 3, &got, 1), 0);
    assert_int_equal(got, 7);
    destroy(a);
    destroy(b);
}

/* SYNC between the two, so that something neither begins at a unit nor ends there. */
static void add_synced_copy(struct program *p)
{
    add_copy(p);
    p->count--;
    uint32_t *sync = program_add(p, SYSTOLE_OP_SYNC);
    SET(sync, SYNC, queue, SYSTOLE_QUEUE_STORE);
    program_add(p, SYSTOLE_OP_END);
}

static void check_events(const struct systole_event *e, struct systole_model *m)
{
    static const uint8_t opcode[3] = {SYSTOLE_OP_LOAD, SYSTOLE_OP_STORE, SYSTOLE_OP_SYNC};
    static const uint8_t queue[3] = {SYSTOLE_QUEUE_LOAD, SYSTOLE_QUEUE_STORE, SYSTOLE_QUEUE_STORE};
    const uint64_t cycles = counter(m, SYSTOLE_CNT_CYCLES);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(e[i].index, i);
        assert_int_equal(e[i].opcode, opcode[i]);
        assert_int_equal(e[i].queue, queue[i]);
        assert_true(e[i].enter < e[i].begin && e[i].begin <= e[i].end && e[i].end < cycles);
        assert_int_equal(e[i].counter[SYSTOLE_CNT_CYCLES], e[i].end + 1);
    }
    assert_int_equal(e[1].begin, e[0].end + 1); /* a token given in one cycle is taken in the next */
    assert_true(e[2].begin == e[2].end && e[2].begin > e[1].end);
    assert_int_equal(e[0].counter[SYSTOLE_CNT_READ_BEATS], 1024 / 16);
    assert_int_equal(e[0].counter[SYSTOLE_CNT_WRITE_BEATS], 0);
    assert_int_equal(e[1].counter[SYSTOLE_CNT_WRITE_BYTES], 1024);
    assert_int_equal(e[1].counter[SYSTOLE_CNT_INSN_STORE], 1);
}

static void test_sim_events_tell_when_each_instruction_began_and_ended(void **state)
{
    (void)state;
    size_t count = 1;
    struct systole_model *m = create("");
    assert_null(ops->events(m, &count));
    destroy(m);
    m = create("events=1");
    for (int again = 0; again < 2; again++) {
        struct program p = {.count = 0};
        add_synced_copy(&p);
        assert_int_equal(run(m, &p), SYSTOLE_ERR_OK);
        const struct systole_event *e = ops->events(m, &count);
        assert_int_equal(count, 3);
        check_events(e, m);
    }
    /* What waits for ever enters its queue and never begins. */
    struct program stuck = {.count = 0};
    uint32_t *sync = program_add(&stuck, SYSTOLE_OP_SYNC);
    SET(sync, SYNC, queue, SYSTOLE_QUEUE_LOAD);
    SET(sync, ANY, wait, 1);
    program_add(&stuck, SYSTOLE_OP_END);
    assert_int_equal(run(m, &stuck), SYSTOLE_ERR_DEADLOCK);
    const struct systole_event *e = ops->events(m, &count);
    assert_int_equal(count, 1);
    assert_true(e[0].begin == SYSTOLE_EVENT_NEVER && e[0].end == SYSTOLE_EVENT_NEVER);
    destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sim_identity_and_capabilities_are_read),
        cmocka_unit_test(test_sim_callers_rounding_mode_changes_nothing),
        cmocka_unit_test(test_sim_copy_runs_under_every_kind_of_memory),
        cmocka_unit_test(test_sim_read_beats_are_those_the_memory_gave),
        cmocka_unit_test(test_sim_window_as_large_as_can_be_said_is_used),
        cmocka_unit_test(test_sim_same_seed_takes_the_same_cycles),
        cmocka_unit_test(test_sim_injected_errors_end_the_run),
        cmocka_unit_test(test_sim_program_outside_attached_memory_is_a_bus_error),
        cmocka_unit_test(test_sim_hung_memory_leaves_the_run_unfinished),
        cmocka_unit_test(test_sim_interrupt_follows_its_enables),
        cmocka_unit_test(test_sim_poke_is_read_back_at_any_offset),
        cmocka_unit_test(test_sim_loaded_bytes_are_peeked),
        cmocka_unit_test(test_sim_options_not_known_or_illegal_are_refused),
        cmocka_unit_test(test_sim_write_strobes_choose_the_bytes),
        cmocka_unit_test(test_sim_two_models_do_not_meet),
        cmocka_unit_test(test_sim_events_tell_when_each_instruction_began_and_ended),
    };
    return cmocka_run_group_tests(tests, load_library, free_memory);
}
