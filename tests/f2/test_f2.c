/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end f2 on the Verilated custom logic, through the library that stands in for the AWS FPGA SDK's: random programs
 * leave the memory that the simulated device leaves, memory keeps what it is given, runs are stopped and started again.
 *
 *     test_f2 SIMULATED_DEVICE LIBRARY [PROGRAMS [SEED]]
 */
#define _GNU_SOURCE
#include <inttypes.h>

#include "cards.h"
#include "tests/fuzz/generate.h"

/* ---- random programs ---- */

/* Each window within one of the regions: what a program with the driver has. */
static bool is_placed(const struct fuzz_case *c)
{
    for (unsigned w = 0; w < SYSTOLE_WINDOWS; w++) {
        const struct ref_window *win = &c->window[w];
        bool inside = win->size == 0;
        for (unsigned r = 0; r < CASE_REGIONS; r++) {
            const uint64_t at = win->base - c->region_addr[r];
            inside |= at < c->region_size[r] && win->size <= c->region_size[r] - at && at % SYSTOLE_WINDOW_ALIGN == 0;
        }
        if (!inside)
            return false;
    }
    return true;
}

/* Runs a program; the status and the instruction, and what all of its memory holds then. */
static void run_case(struct systole_device *dev, const struct fuzz_case *c, struct ref_machine *m,
                     struct systole_device_status *out)
{
    struct systole_buffer *b[REF_REGIONS] = {NULL};
    for (unsigned r = 0; r < m->regions; r++) {
        b[r] = alloc_or_fail(dev, m->region[r].size);
        assert_int_equal(systole_buffer_write(b[r], 0, m->region[r].host, m->region[r].size), SYSTOLE_OK);
    }
    for (unsigned w = 0; w < SYSTOLE_WINDOWS; w++) {
        assert_int_equal(systole_device_set_window(dev, w, NULL, 0, 0), SYSTOLE_OK);
        for (unsigned r = 0; r < m->regions && c->window[w].size != 0; r++) {
            const uint64_t at = c->window[w].base - m->region[r].addr;
            if (at < m->region[r].size)
                assert_int_equal(systole_device_set_window(dev, w, b[r], at, c->window[w].size), SYSTOLE_OK);
        }
    }
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    const enum systole_status status = systole_device_wait(dev, 60000 * MS);
    if (status != SYSTOLE_OK && status != SYSTOLE_DEVICE_ERROR)
        fail_msg("%s: %s", systole_device_name(dev), systole_device_message(dev));
    assert_int_equal(systole_device_status(dev, out), SYSTOLE_OK);
    for (unsigned r = 0; r < m->regions; r++) {
        assert_int_equal(systole_buffer_read(b[r], 0, m->region[r].host, m->region[r].size), SYSTOLE_OK);
        systole_buffer_free(b[r]);
    }
}

static void compare_case(struct systole_device *f2, struct systole_device *sim, const struct fuzz_case *c)
{
    struct ref_machine ours, theirs;
    struct systole_device_status a, b;
    assert_int_equal(case_machine(c, &ours), 0);
    assert_int_equal(case_machine(c, &theirs), 0);
    run_case(f2, c, &ours, &a);
    run_case(sim, c, &theirs, &b);
    bool same = a.code == b.code && (a.code == SYSTOLE_ERR_OK || a.index == b.index);
    for (unsigned r = 0; r < ours.regions; r++)
        same &= memcmp(ours.region[r].host, theirs.region[r].host, ours.region[r].size) == 0;
    if (!same)
        print_error("program of seed 0x%" PRIx64 ": %s at %u, simulated %s at %u, or another memory\n", c->seed, a.name,
                    (unsigned)a.index, b.name, (unsigned)b.index);
    assert_true(same);
    case_machine_free(&ours);
    case_machine_free(&theirs);
}

static void test_random_programs_leave_the_memory_of_the_simulated_device(void **s)
{
    (void)s;
    static struct fuzz_case c;
    const struct case_options generate = {.flaws = 20};
    struct systole_device *f2 = open_f2("f2:0"), *sim = open_or_fail(simulated);
    const struct systole_caps *caps = systole_device_caps(f2);
    const struct ref_caps ref = {caps->ROWS, caps->COLS, caps->HAS_FP, caps->AXI_BYTES, caps->WORD_BYTES, caps->APAD_BYTES,
                                 caps->WPAD_BYTES, caps->ACC_ROWS, caps->PARAM_ROWS, caps->LANE_TAPS};
    struct rng r = {seed};
    unsigned long compared = 0, drawn = 0;
    while (compared < programs && drawn++ < 40 * programs) {
        assert_int_equal(case_generate(&c, &ref, rng_next(&r), &generate), 0);
        if (c.level != LEVEL_ALL || !is_placed(&c))
            continue;
        compare_case(f2, sim, &c);
        compared++;
    }
    print_message("%lu programs of seed %" PRIu64 ", of %lu drawn\n", compared, seed, drawn);
    assert_true(compared == programs);
    close_f2(f2);
    systole_device_close(sim);
}

/* ---- memory ---- */

static void test_bytes_anywhere_are_kept_and_no_others_changed(void **s)
{
    (void)s;
    enum { SIZE = 20000 };
    static uint8_t expected[SIZE], got[SIZE], piece[SIZE];
    struct systole_device *dev = open_f2("f2:0");
    struct systole_buffer *b = alloc_or_fail(dev, SIZE);
    struct rng r = {seed};
    memset(expected, 0, sizeof expected);
    assert_int_equal(systole_buffer_read(b, 0, got, SIZE), SYSTOLE_OK);
    assert_memory_equal(got, expected, SIZE); /* zero, though the card's memory was not */
    for (unsigned i = 0; i < 300; i++) {
        const size_t most = i % 8 == 0 ? SIZE : 200, size = 1 + (size_t)(rng_next(&r) % most);
        const size_t at = (size_t)(rng_next(&r) % (SIZE - size + 1));
        for (size_t k = 0; k < size; k++)
            expected[at + k] = piece[k] = (uint8_t)rng_next(&r);
        assert_int_equal(systole_buffer_write(b, at, piece, size), SYSTOLE_OK);
        const size_t from = (size_t)(rng_next(&r) % SIZE), n = (size_t)(rng_next(&r) % (SIZE - from));
        assert_int_equal(systole_buffer_read(b, from, got, n), SYSTOLE_OK);
        assert_memory_equal(got, expected + from, n);
    }
    close_f2(dev);
}

static void test_buffers_do_not_overlap_and_their_room_is_used_again(void **s)
{
    (void)s;
    enum { MOST = 24 };
    struct systole_device *dev = open_f2("f2:0");
    struct systole_buffer *b[MOST] = {NULL};
    struct rng r = {seed};
    uint64_t highest = 0;
    for (unsigned i = 0; i < 400; i++) {
        struct systole_buffer **at = &b[rng_next(&r) % MOST];
        systole_buffer_free(*at);
        *at = NULL;
        if (rng_next(&r) % 3 == 0)
            continue;
        struct systole_buffer *one = alloc_or_fail(dev, 1 + rng_next(&r) % 5000);
        const uint64_t from = systole_buffer_address(one), to = from + systole_buffer_size(one);
        assert_int_equal(from % SYSTOLE_BUFFER_ALIGN, 0);
        for (unsigned k = 0; k < MOST; k++)
            assert_true(!b[k] || to <= systole_buffer_address(b[k]) ||
                        from >= systole_buffer_address(b[k]) + systole_buffer_size(b[k]));
        highest = to > highest ? to : highest;
        *at = one;
    }
    assert_true(highest < 4096 + 2 * MOST * 5064);
    struct systole_buffer *huge = NULL;
    assert_int_equal(systole_buffer_alloc(dev, CARD_MEMORY, &huge), SYSTOLE_NO_MEMORY);
    ASSERT_CONTAINS(systole_device_message(dev), "68719476736 bytes: of the card's 68719476672 the largest gap has");
    close_f2(dev);
}

/* ---- runs ---- */

static void test_memory_is_used_while_a_program_runs(void **s)
{
    (void)s;
    enum { M = 64, N = 256, K = 128, SIZE = 3000 };
    static uint8_t out[SIZE], in[SIZE];
    uint8_t *expected = expected_product(M, N, K);
    struct systole_device *dev = open_f2("f2:0");
    const struct product p = load_product(dev, M, N, K);
    struct systole_buffer *other = alloc_or_fail(dev, SIZE);
    struct rng r = {seed};
    unsigned rounds = 0;
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    enum systole_status status = SYSTOLE_TIMEOUT;
    for (; status == SYSTOLE_TIMEOUT; rounds++) {
        for (size_t i = 0; i < SIZE; i++)
            out[i] = (uint8_t)rng_next(&r);
        assert_int_equal(systole_buffer_write(other, 0, out, SIZE), SYSTOLE_OK);
        assert_int_equal(systole_buffer_read(other, 0, in, SIZE), SYSTOLE_OK);
        assert_memory_equal(in, out, SIZE);
        status = systole_device_wait(dev, 0);
    }
    assert_int_equal(status, SYSTOLE_OK);
    assert_true(rounds > 3);
    check_product(&p, expected);
    close_f2(dev);
    free(expected);
}

/* The core reads a beat in every cycle that the memory has one; the host's accesses still end in time, and are right. */
static void test_memory_is_used_while_the_core_reads_all_it_can(void **s)
{
    (void)s;
    enum { LOADS = 100, BYTES = 32768, SIZE = 8192 };
    static uint32_t insn[LOADS + 1][SYSTOLE_INSN_WORDS];
    static uint8_t out[SIZE], in[SIZE];
    memset(insn, 0, sizeof insn);
    for (unsigned i = 0; i < LOADS; i++) {
        SYSTOLE_PUT(insn[i], ANY, opcode, SYSTOLE_OP_LOAD);
        SYSTOLE_PUT(insn[i], LOAD, mem, SYSTOLE_MEM_APAD);
        SYSTOLE_PUT(insn[i], LOAD, conv, SYSTOLE_CONV_COPY8);
        SYSTOLE_PUT(insn[i], LOAD, window, 1);
        SYSTOLE_PUT(insn[i], LOAD, len, BYTES);
        SYSTOLE_PUT(insn[i], LOAD, n1, 1);
        SYSTOLE_PUT(insn[i], LOAD, n2, 1);
        SYSTOLE_PUT(insn[i], LOAD, n3, 1);
    }
    SYSTOLE_PUT(insn[LOADS], ANY, opcode, SYSTOLE_OP_END);
    struct systole_device *dev = open_f2("f2:0");
    struct systole_buffer *program = alloc_or_fail(dev, sizeof insn), *data = alloc_or_fail(dev, BYTES), *b = alloc_or_fail(dev, SIZE);
    struct systole_counters c;
    struct rng r = {seed};
    assert_int_equal(systole_buffer_write(program, 0, insn, sizeof insn), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, 0, program, 0, sizeof insn), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, 1, data, 0, BYTES), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    enum systole_status status = SYSTOLE_TIMEOUT;
    unsigned rounds = 0;
    for (; status == SYSTOLE_TIMEOUT; rounds++) {
        for (size_t i = 0; i < SIZE; i++)
            out[i] = (uint8_t)rng_next(&r);
        assert_int_equal(systole_buffer_write(b, 0, out, SIZE), SYSTOLE_OK);
        assert_int_equal(systole_buffer_read(b, 0, in, SIZE), SYSTOLE_OK);
        assert_memory_equal(in, out, SIZE);
        status = systole_device_wait(dev, 0);
    }
    assert_int_equal(status, SYSTOLE_OK);
    assert_int_equal(systole_device_counters(dev, &c), SYSTOLE_OK);
    assert_int_equal(c.value[SYSTOLE_CNT_READ_BYTES], LOADS * BYTES);
    assert_true(rounds > 5);
    close_f2(dev);
}

/* Beyond the memory nothing is, and nothing of the memory is seen there. */
static void test_what_is_beyond_the_memory_is_nothing(void **s)
{
    (void)s;
    enum { WORDS = 16 };
    int registers = -1, memory = -1;
    uint32_t line[WORDS], value = 1;
    void *at = NULL;
    struct systole_device *dev = open_f2("f2:0");
    struct systole_buffer *b = alloc_or_fail(dev, sizeof line);
    assert_int_equal(lib.attach(0, F2_APP_FUNCTION, F2_MEMORY_BAR, F2_BURST_CAPABLE, &memory), 0);
    assert_int_equal(lib.get_address(memory, CARD_MEMORY + systole_buffer_address(b), WORDS, &at), 0);
    memset(line, 0x5a, sizeof line);
    assert_int_equal(lib.write_burst(memory, CARD_MEMORY + systole_buffer_address(b), line, WORDS), 0);
    memcpy(line, at, sizeof line);
    for (unsigned i = 0; i < WORDS; i++)
        assert_int_equal(line[i], UINT32_MAX);
    assert_int_equal(systole_buffer_read(b, 0, line, sizeof line), SYSTOLE_OK);
    for (unsigned i = 0; i < WORDS; i++)
        assert_int_equal(line[i], 0);
    assert_int_equal(lib.attach(0, F2_APP_FUNCTION, F2_REGISTERS_BAR, 0, &registers), 0);
    for (uint32_t offset = 0x1018; offset < 64u << 20; offset = 2 * offset + 4) {
        assert_int_equal(lib.poke(registers, offset, 1), 0);
        assert_int_equal(lib.peek(registers, offset, &value), 0);
        assert_int_equal(value, 0);
    }
    /* A program there: the core is told of it. */
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_WIN_BASE_HI, (uint32_t)(CARD_MEMORY >> 32)), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_WIN_SIZE_LO, 1u << 20), 0);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
    ASSERT_CONTAINS(systole_device_message(dev), "BUS_READ");
    close_f2(dev);
}

static void test_timeout_then_reset_then_the_next_run_is_right(void **s)
{
    (void)s;
    enum { M = 64, N = 128, K = 128 };
    uint8_t *expected = expected_product(M, N, K);
    struct systole_device *dev = open_f2("f2:0");
    const struct product p = load_product(dev, M, N, K);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, 0), SYSTOLE_TIMEOUT);
    ASSERT_CONTAINS(systole_device_message(dev), "did not end within 0 ns");
    assert_int_equal(systole_device_start(dev), SYSTOLE_BUSY);
    assert_int_equal(systole_device_reset(dev, 1000 * MS), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_OK);
    check_product(&p, expected);
    close_f2(dev);
    free(expected);
}

static void test_card_that_is_busy_when_opened_is_stopped(void **s)
{
    (void)s;
    int registers = -1;
    uint32_t ctrl = 0, size = 0;
    struct systole_device *dev = open_f2("f2:0");
    const struct product p = load_product(dev, 64, 256, 128);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
    assert_int_equal(systole_device_reset(dev, 1000 * MS), SYSTOLE_OK);
    assert_non_null(p.b[0]);
    /* As a program that was killed leaves it: the run goes on. */
    uint32_t base_lo = (uint32_t)systole_buffer_address(p.b[0]), base_size = (uint32_t)systole_buffer_size(p.b[0]);
    close_f2(dev);
    assert_int_equal(lib.attach(0, F2_APP_FUNCTION, F2_REGISTERS_BAR, 0, &registers), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_WIN_BASE_LO, base_lo), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_WIN_SIZE_LO, base_size), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_WIN_SIZE_LO + SYSTOLE_REG_WIN_SIZE_LO_STEP, 1u << 30), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_WIN_SIZE_LO + 2 * SYSTOLE_REG_WIN_SIZE_LO_STEP, 1u << 30), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_WIN_SIZE_LO + 3 * SYSTOLE_REG_WIN_SIZE_LO_STEP, 1u << 20), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_WIN_BASE_LO + 3 * SYSTOLE_REG_WIN_BASE_LO_STEP, 1u << 24), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_CTRL, CTRL_START), 0);
    assert_int_equal(lib.peek(registers, SYSTOLE_REG_CTRL, &ctrl), 0);
    assert_int_equal(ctrl & 4u, 0); /* busy */
    dev = open_f2("f2:0");
    assert_int_equal(lib.attach(0, F2_APP_FUNCTION, F2_REGISTERS_BAR, 0, &registers), 0);
    assert_int_equal(lib.peek(registers, SYSTOLE_REG_CTRL, &ctrl), 0);
    assert_int_equal(ctrl & 4u, 4u);
    assert_int_equal(lib.peek(registers, SYSTOLE_REG_WIN_SIZE_LO, &size), 0);
    assert_int_equal(size, 0);
    close_f2(dev);
}

static void test_interrupts_reach_the_shell_once_a_run(void **s)
{
    (void)s;
    int registers = -1;
    uint32_t requested = 0, accepted = 0;
    struct systole_device *dev = open_f2("f2:0");
    load_product(dev, 16, 16, 16);
    assert_int_equal(lib.attach(0, F2_APP_FUNCTION, F2_REGISTERS_BAR, 0, &registers), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_IER, 1), 0);
    assert_int_equal(lib.poke(registers, SYSTOLE_REG_GIE, 1), 0);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
        assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_OK);
        assert_int_equal(lib.poke(registers, SYSTOLE_REG_ISR, 1), 0);
        for (unsigned k = 0; k < 20; k++)
            assert_int_equal(lib.peek(registers, 0x1014, &accepted), 0);
        assert_int_equal(lib.peek(registers, 0x1010, &requested), 0);
        assert_int_equal(lib.interrupts(), i);
        assert_int_equal(requested, i);
        assert_int_equal(accepted, i);
    }
    close_f2(dev);
}

/* ---- start ---- */

int main(int argc, char **argv)
{
    if (argc < 3 || !load_library(argv[2])) {
        fprintf(stderr, "usage: test_f2 SIMULATED_DEVICE LIBRARY [PROGRAMS [SEED]]\n");
        return 2;
    }
    simulated = argv[1];
    programs = argc > 3 ? strtoul(argv[3], NULL, 0) : programs;
    seed = argc > 4 ? strtoull(argv[4], NULL, 0) : seed;
    /* The library reads its options when it is initialised: by the first that is opened. */
    struct systole_device *dev = NULL;
    if (try_open("f2:0", &dev) != SYSTOLE_OK)
        fprintf(stderr, "%s\n", message);
    close_f2(dev);
    usual = *lib.options();
    const struct CMUnitTest tests[] = {
        KEPT(test_random_programs_leave_the_memory_of_the_simulated_device),
        KEPT(test_bytes_anywhere_are_kept_and_no_others_changed),
        KEPT(test_buffers_do_not_overlap_and_their_room_is_used_again),
        KEPT(test_memory_is_used_while_a_program_runs),
        KEPT(test_memory_is_used_while_the_core_reads_all_it_can),
        KEPT(test_what_is_beyond_the_memory_is_nothing),
        KEPT(test_timeout_then_reset_then_the_next_run_is_right),
        KEPT(test_card_that_is_busy_when_opened_is_stopped),
        KEPT(test_interrupts_reach_the_shell_once_a_run),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    printf("the longest answer took %" PRIu64 " of %u cycles\n", slowest, SHELL_LIMIT_CYCLES);
    return failed + run_failures();
}
