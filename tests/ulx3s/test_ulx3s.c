/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back end `serial` on the Verilated top of the ULX3S: random programs against the reference, memory, resets; and what is said when the
 * line or the board fails. SEED and PROGRAMS in the environment.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <termios.h>

#include "boards.h"
#include "driver/serial_line.h"
#include "tests/fuzz/generate.h"

#define MS 1000000ull
#define SLOW ",timeout=20000" /* the board is simulated, and the machine may be busy */
#define QUICK ",timeout=1500,tries=8"

static uint64_t seed = 1;
static unsigned programs = 20;

static void expect_refused(const char *device, enum systole_status expected, const char *words)
{
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct systole_device *dev = NULL;
    const enum systole_status status = systole_device_open(device, &options, &dev);
    if (status != expected)
        print_error("%s: status %d, \"%s\"\n", device, (int)status, message);
    assert_int_equal(status, expected);
    ASSERT_CONTAINS(message, words);
    assert_null(dev);
}

static void expect(struct systole_device *dev, enum systole_status status)
{
    if (status != SYSTOLE_OK)
        print_error("%s\n", systole_device_message(dev));
    assert_int_equal(status, SYSTOLE_OK);
}

/* ---- random programs: what one leaves on the chip and in memory, the next finds ---- */

struct world {
    struct systole_device *dev;
    struct systole_buffer *region[CASE_REGIONS];
    struct ref_caps caps;
    uint8_t *mem[REF_MEMS], *dram[CASE_REGIONS];
    unsigned runs, errors;
};

static void world_open(struct world *w, const char *device)
{
    *w = (struct world){.dev = open_or_fail(device)};
    const struct systole_caps *c = systole_device_caps(w->dev);
    w->caps = (struct ref_caps){c->ROWS, c->COLS, c->HAS_FP, c->AXI_BYTES, c->WORD_BYTES, c->APAD_BYTES, c->WPAD_BYTES, c->ACC_ROWS,
                                c->PARAM_ROWS, c->LANE_TAPS};
    for (unsigned i = 0; i < CASE_REGIONS; i++) {
        expect(w->dev, systole_buffer_alloc(w->dev, CASE_REGION_BYTES, &w->region[i]));
        w->dram[i] = calloc(1, CASE_REGION_BYTES);
        assert_non_null(w->dram[i]);
    }
    for (unsigned i = 0; i < REF_MEMS; i++) {
        w->mem[i] = calloc(1, ref_mem_size(&w->caps, i));
        assert_non_null(w->mem[i]);
    }
}

static void world_close(struct world *w)
{
    for (unsigned i = 0; i < REF_MEMS; i++)
        free(w->mem[i]);
    for (unsigned i = 0; i < CASE_REGIONS; i++)
        free(w->dram[i]);
    systole_device_close(w->dev);
}

/* Part of a region, from the reference to the board. */
static void upload(struct world *w, unsigned region, size_t from, size_t size)
{
    expect(w->dev, systole_buffer_write(w->region[region], from, w->dram[region] + from, size));
}

static void compare_part(struct world *w, unsigned region, size_t from, size_t size, uint64_t case_seed)
{
    uint8_t *got = malloc(size);
    assert_non_null(got);
    expect(w->dev, systole_buffer_read(w->region[region], from, got, size));
    for (size_t i = 0; i < size; i++)
        if (got[i] != w->dram[region][from + i])
            fail_msg("program 0x%" PRIx64 ": region %u, byte %zu is 0x%02x, the reference's is 0x%02x", case_seed, region, from + i, got[i],
                     w->dram[region][from + i]);
    free(got);
}

/* Whether the driver can set its windows: it refuses those that are not aligned, or not inside. */
static bool is_settable(const struct fuzz_case *c)
{
    bool good = c->level == LEVEL_ALL;
    for (unsigned i = 0; i < SYSTOLE_WINDOWS && good; i++) {
        const unsigned r = i == 0 ? 0 : c->live_region[i];
        const uint64_t from = c->window[i].base - c->region_addr[r];
        good = c->window[i].base >= c->region_addr[r] && from % SYSTOLE_WINDOW_ALIGN == 0 && from <= c->region_size[r] &&
               c->window[i].size <= c->region_size[r] - from;
    }
    return good;
}

/* The program's memories become those that the board has; the program itself goes to both. */
static void set_up(struct world *w, const struct fuzz_case *c, struct ref_machine *m)
{
    const size_t at = (size_t)(c->window[0].base - c->region_addr[0]), size = (size_t)c->window[0].size;
    memcpy(w->dram[0] + at, m->region[0].host + at, size);
    for (unsigned i = 0; i < REF_MEMS; i++)
        memcpy(m->mem[i], w->mem[i], ref_mem_size(&w->caps, i));
    for (unsigned i = 0; i < CASE_REGIONS; i++)
        memcpy(m->region[i].host, w->dram[i], c->region_size[i]);
    upload(w, 0, at, size);
    for (uint32_t i = 0; i < SYSTOLE_WINDOWS; i++) {
        const unsigned r = i == 0 ? 0 : c->live_region[i];
        expect(w->dev, systole_device_set_window(w->dev, i, w->region[r], c->window[i].base - c->region_addr[r], c->window[i].size));
    }
}

static void compare_run(struct world *w, const struct fuzz_case *c, const struct ref_machine *m)
{
    struct systole_device_status status;
    struct systole_counters counters;
    expect(w->dev, systole_device_start(w->dev));
    const enum systole_status ended = systole_device_wait(w->dev, SYSTOLE_FOREVER);
    assert_int_equal(ended, m->status == SYSTOLE_ERR_OK ? SYSTOLE_OK : SYSTOLE_DEVICE_ERROR);
    expect(w->dev, systole_device_status(w->dev, &status));
    expect(w->dev, systole_device_counters(w->dev, &counters));
    if (status.code != m->status || (m->status != SYSTOLE_ERR_OK && status.index != m->error_index))
        fail_msg("program 0x%" PRIx64 ": status %u at %u, the reference's %u at %u", c->seed, status.code, status.index, m->status,
                 m->error_index);
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        if (m->counter[i] != 0 && counters.value[i] != m->counter[i])
            fail_msg("program 0x%" PRIx64 ": counter %s is %" PRIu64 ", the reference's %" PRIu64, c->seed, systole_counter_name(i),
                     counters.value[i], m->counter[i]);
    w->errors += m->status != SYSTOLE_ERR_OK;
}

/* What the reference has changed is read back at once; all the rest at the end. */
static void keep(struct world *w, const struct fuzz_case *c, const struct ref_machine *m)
{
    for (unsigned i = 0; i < REF_MEMS; i++)
        memcpy(w->mem[i], m->mem[i], ref_mem_size(&w->caps, i));
    for (unsigned i = 0; i < CASE_REGIONS; i++) {
        size_t lo = 0, hi = c->region_size[i];
        while (lo < hi && w->dram[i][lo] == m->region[i].host[lo])
            lo++;
        while (hi > lo && w->dram[i][hi - 1] == m->region[i].host[hi - 1])
            hi--;
        memcpy(w->dram[i], m->region[i].host, c->region_size[i]);
        if (hi > lo)
            compare_part(w, i, lo, hi - lo, c->seed);
    }
}

static void run_case(struct world *w, uint64_t case_seed)
{
    const struct case_options options = {.flaws = 15};
    struct fuzz_case *c = malloc(sizeof *c);
    struct ref_machine m;
    assert_non_null(c);
    assert_int_equal(case_generate(c, &w->caps, case_seed, &options), 0);
    if (is_settable(c)) {
        assert_int_equal(case_machine(c, &m), 0);
        set_up(w, c, &m);
        ref_run(&m);
        compare_run(w, c, &m);
        keep(w, c, &m);
        case_machine_free(&m);
        w->runs++;
    }
    free(c);
}

static void run_programs(struct world *w, unsigned count)
{
    struct rng r = {seed};
    for (unsigned i = 0; i < CASE_REGIONS; i++) {
        data_fill(&r, w->dram[i], CASE_REGION_BYTES, false);
        upload(w, i, 0, CASE_REGION_BYTES);
    }
    for (uint64_t s = seed << 20; w->runs < count; s++)
        run_case(w, s);
    for (unsigned i = 0; i < CASE_REGIONS; i++)
        compare_part(w, i, 0, CASE_REGION_BYTES, 0);
}

static void test_random_programs_leave_the_memory_of_the_reference(void **state)
{
    (void)state;
    struct board_process p;
    struct world w;
    board_start(&p, NULL);
    world_open(&w, board_device(&p, SLOW));
    run_programs(&w, programs);
    world_close(&w);
    board_end(&p);
    print_message("%u programs, %u of them with an error: equal; %lu cycles\n", w.runs, w.errors, board_counted(&p, "cycles "));
}

static void test_damaged_and_lost_bytes_change_nothing(void **state)
{
    (void)state;
    static char number[24];
    struct board_process p;
    struct world w;
    snprintf(number, sizeof number, "%" PRIu64, seed);
    board_start(&p, "--damage", "2000", "--lose", "3000", "--seed", number, NULL);
    world_open(&w, board_device(&p, QUICK));
    /* Each loss costs a timeout, so one program is enough. */
    for (uint64_t s = seed << 20; w.runs < 1; s++)
        run_case(&w, s);
    struct rng r = {seed};
    data_fill(&r, w.dram[1], 4000, false);
    upload(&w, 1, 0, 4000);
    compare_part(&w, 1, 0, 4000, 0);
    world_close(&w);
    board_end(&p);
    const unsigned long damaged = board_counted(&p, "damaged "), lost = board_counted(&p, "lost ");
    print_message("%lu bytes damaged, %lu lost\n", damaged, lost);
    assert_true(damaged > 0 && lost > 0);
}

/* ---- memory ---- */

static void test_buffers_are_zero_and_keep_bytes_at_any_place(void **state)
{
    (void)state;
    struct board_process p;
    uint8_t bytes[300], back[300];
    board_start(&p, NULL);
    struct systole_device *dev = open_or_fail(board_device(&p, SLOW));
    for (int i = 0; i < 2; i++) {
        struct systole_buffer *b = NULL;
        void *map = NULL;
        expect(dev, systole_buffer_alloc(dev, 5000, &b));
        assert_int_equal(systole_buffer_address(b) % SYSTOLE_BUFFER_ALIGN, 0);
        memset(bytes, 0, sizeof bytes);
        expect(dev, systole_buffer_read(b, 4001, back, sizeof back));
        assert_memory_equal(back, bytes, sizeof back);
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)(k * 7 + 0xa5); /* marks of frames too */
        expect(dev, systole_buffer_write(b, 4001, bytes, sizeof bytes));
        expect(dev, systole_buffer_read(b, 4001, back, sizeof back));
        assert_memory_equal(back, bytes, sizeof back);
        assert_int_equal(systole_buffer_map(b, &map), SYSTOLE_UNSUPPORTED);
        systole_buffer_free(b);
    }
    systole_device_close(dev);
    board_end(&p);
}

static void test_memory_that_is_used_up_is_said_and_given_back(void **state)
{
    (void)state;
    struct board_process p;
    struct systole_buffer *a = NULL, *b = NULL, *c = NULL;
    board_start(&p, NULL);
    struct systole_device *dev = open_or_fail(board_device(&p, SLOW));
    expect(dev, systole_buffer_alloc(dev, 100000, &a));
    expect(dev, systole_buffer_alloc(dev, 100000, &b));
    assert_int_equal(systole_buffer_alloc(dev, 100000, &c), SYSTOLE_NO_MEMORY);
    ASSERT_CONTAINS(systole_device_message(dev), "no place for a buffer of 100032 bytes: of the board's 262144 bytes 200064 are in use");
    assert_int_equal(systole_buffer_alloc(dev, UINT64_MAX - 100, &c), SYSTOLE_NO_MEMORY);
    const uint64_t address = systole_buffer_address(a);
    systole_buffer_free(a);
    expect(dev, systole_buffer_alloc(dev, 90000, &c));
    assert_int_equal(systole_buffer_address(c), address);
    systole_device_close(dev);
    board_end(&p);
}

/* ---- the link ---- */

static struct serial_line bare_line(const struct board_process *p)
{
    static struct driver_message why;
    struct serial_line line = {.fd = -1, .device = "bare", .baud = 3000000, .timeout_ms = 20000, .tries = 2};
    assert_int_equal(serial_line_open(&line, p->link, &why), SYSTOLE_OK);
    return line;
}

static void test_a_request_that_comes_twice_writes_a_register_once(void **state)
{
    (void)state;
    struct board_process p;
    struct driver_message why;
    const struct serial_request flip = {.op = SERIAL_OP_WRITE_REGISTER, .address = SYSTOLE_REG_ISR, .value = 1};
    const struct serial_request look = {.op = SERIAL_OP_READ_REGISTER, .address = SYSTOLE_REG_ISR};
    uint32_t before, once, twice;
    board_start(&p, NULL);
    struct serial_line line = bare_line(&p);
    assert_int_equal(serial_line_ask(&line, &look, &before, &why), SYSTOLE_OK);
    assert_int_equal(serial_line_ask(&line, &flip, NULL, &why), SYSTOLE_OK);
    line.number--;
    assert_int_equal(serial_line_ask(&line, &flip, NULL, &why), SYSTOLE_OK);
    assert_int_equal(serial_line_ask(&line, &look, &once, &why), SYSTOLE_OK);
    assert_int_equal(serial_line_ask(&line, &flip, NULL, &why), SYSTOLE_OK);
    assert_int_equal(serial_line_ask(&line, &look, &twice, &why), SYSTOLE_OK);
    assert_int_equal(once, before ^ 1);
    assert_int_equal(twice, before);
    serial_line_close(&line);
    board_end(&p);
}

static void test_wrong_requests_are_refused_with_their_numbers(void **state)
{
    (void)state;
    static const struct {
        struct serial_request request;
        const char *words;
    } cases[] = {
        {{.op = 0x77}, "state 2: the board does not know it"},
        {{.op = SERIAL_OP_READ_REGISTER, .address = 0x1000}, "state 4: there is no such register"},
        {{.op = SERIAL_OP_ZERO_MEMORY, .count = 1, .address = 262144}, "state 3: it is not inside the memory"},
        {{.op = SERIAL_OP_ZERO_MEMORY, .count = 1, .address = 8}, "state 3"},
        {{.op = SERIAL_OP_ZERO_MEMORY, .count = 65535, .address = 0}, "state 3"},
        {{.op = SERIAL_OP_WRITE_MEMORY, .count = 5, .address = 262140, .out = "01234"}, "address 0x0003fffc, 5 bytes"},
        {{.op = SERIAL_OP_WRITE_MEMORY, .count = 5, .address = 0xfffffffe, .out = "01234"}, "state 3"},
        {{.op = SERIAL_OP_READ_MEMORY, .count = 9, .address = 262136}, "state 3"},
    };
    struct board_process p;
    struct driver_message why;
    uint8_t start[8];
    board_start(&p, NULL);
    struct serial_line line = bare_line(&p);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(serial_line_ask(&line, &cases[i].request, NULL, &why), SYSTOLE_IO);
        ASSERT_CONTAINS(why.text, cases[i].words);
    }
    /* Nothing was written, and the line still works. */
    const struct serial_request read = {.op = SERIAL_OP_READ_MEMORY, .count = sizeof start, .in = start};
    assert_int_equal(serial_line_ask(&line, &read, NULL, &why), SYSTOLE_OK);
    assert_memory_equal(start, "\0\0\0\0\0\0\0\0", sizeof start);
    serial_line_close(&line);
    board_end(&p);
}

/* Anything may have been sent before: also the beginning of a frame that never went on. */
static void test_garbage_before_a_request_is_passed_over(void **state)
{
    (void)state;
    struct board_process p;
    struct rng r = {seed};
    board_start(&p, NULL);
    for (int round = 0; round < 3; round++) {
        uint8_t garbage[700];
        struct serial_line line = bare_line(&p);
        for (size_t i = 0; i < sizeof garbage; i++)
            garbage[i] = rng_percent(&r, 20) ? SERIAL_REQUEST_MARK : (uint8_t)rng_next(&r);
        garbage[sizeof garbage - 1] = SERIAL_REQUEST_MARK;
        assert_int_equal(write(line.fd, garbage, sizeof garbage), (ssize_t)sizeof garbage);
        usleep(300000);
        serial_line_close(&line);
        systole_device_close(open_or_fail(board_device(&p, QUICK)));
    }
    board_end(&p);
}

static void test_a_run_is_reset_and_the_next_one_runs(void **state)
{
    (void)state;
    struct board_process p;
    struct world w;
    board_start(&p, NULL);
    world_open(&w, board_device(&p, SLOW));
    uint32_t insn[SYSTOLE_INSN_WORDS] = {0}; /* no instruction has opcode 0xff */
    insn[0] = 0xff;
    memcpy(w.dram[0], insn, sizeof insn);
    upload(&w, 0, 0, 1024);
    expect(w.dev, systole_device_set_window(w.dev, 0, w.region[0], 0, 1024));
    expect(w.dev, systole_device_start(w.dev));
    expect(w.dev, systole_device_reset(w.dev, 10000 * MS));
    expect(w.dev, systole_device_start(w.dev));
    assert_int_equal(systole_device_wait(w.dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
    ASSERT_CONTAINS(systole_device_message(w.dev), "BAD_OPCODE (1) at instruction 0");
    run_programs(&w, 1);
    world_close(&w);
    board_end(&p);
}

/* ---- failures ---- */

static void test_strings_that_name_no_line_are_refused(void **state)
{
    (void)state;
    expect_refused("serial", SYSTOLE_BAD_DEVICE, "which line?");
    expect_refused("serial:/dev/ttyUSB0,baud=fast", SYSTOLE_BAD_DEVICE, "baud is a number");
    expect_refused("serial:/dev/ttyUSB0,timeout=0", SYSTOLE_BAD_DEVICE, "timeout is a number from 1 to 600000, not \"0\"");
    expect_refused("serial:/dev/ttyUSB0,colour=1", SYSTOLE_BAD_DEVICE, "there are baud, timeout and tries");
    expect_refused("serial:/nowhere/tty", SYSTOLE_NOT_FOUND, "cannot open /nowhere/tty: No such file");
    expect_refused("serial:/dev/null", SYSTOLE_IO, "/dev/null is no serial line");
    expect_refused("serial:/dev/null,baud=1234", SYSTOLE_BAD_DEVICE, "no such baud: 1234; there are 9600");
}

static void test_one_line_has_one_user(void **state)
{
    (void)state;
    struct board_process p;
    board_start(&p, NULL);
    struct systole_device *dev = open_or_fail(board_device(&p, SLOW));
    expect_refused(board_device(&p, SLOW), SYSTOLE_BUSY, "in use by another");
    systole_device_close(dev);
    systole_device_close(open_or_fail(board_device(&p, SLOW)));
    board_end(&p);
}

static void test_another_contract_is_refused(void **state)
{
    (void)state;
    struct board_process p;
    board_start(&p, "--replace", "0x108=0x12345678", NULL);
    expect_refused(board_device(&p, SLOW), SYSTOLE_MISMATCH, "its contract is 0x");
    board_end(&p);
    board_start(&p, "--replace", "0x100=0", NULL);
    expect_refused(board_device(&p, SLOW), SYSTOLE_MISMATCH, "MAGIC reads 0x00000000");
    board_end(&p);
}

static void test_a_wrong_baud_is_told(void **state)
{
    (void)state;
    struct board_process p;
    board_start(&p, NULL);
    expect_refused(board_device(&p, ",baud=115200,timeout=400,tries=2"), SYSTOLE_IO, "the baud that of the bitstream?");
    expect_refused(board_device(&p, ",baud=2000000,timeout=400,tries=2"), SYSTOLE_IO, "the baud that of the bitstream?");
    /* And the right one works after that. */
    systole_device_close(open_or_fail(board_device(&p, QUICK)));
    board_end(&p);
}

static void test_a_board_that_falls_silent_is_told_once(void **state)
{
    (void)state;
    struct board_process p;
    struct systole_buffer *b = NULL;
    board_start(&p, "--mute-after", "2000", NULL);
    struct systole_device *dev = open_or_fail(board_device(&p, ",timeout=1000,tries=2"));
    static uint8_t bytes[4000];
    expect(dev, systole_buffer_alloc(dev, sizeof bytes, &b));
    assert_int_equal(systole_buffer_write(b, 0, bytes, sizeof bytes), SYSTOLE_IO);
    ASSERT_CONTAINS(systole_device_message(dev), "no answer: a request was sent 2 times, each waited 1000 ms at 3000000 baud");
    assert_int_equal(systole_buffer_read(b, 0, bytes, 4), SYSTOLE_IO);
    ASSERT_CONTAINS(systole_device_message(dev), "its line failed before");
    assert_int_equal(systole_device_start(dev), SYSTOLE_IO);
    systole_device_close(dev);
    board_end(&p);
}

static void test_a_board_that_is_unplugged_is_told(void **state)
{
    (void)state;
    struct board_process p;
    struct systole_buffer *b = NULL;
    board_start(&p, NULL);
    struct systole_device *dev = open_or_fail(board_device(&p, SLOW));
    expect(dev, systole_buffer_alloc(dev, 64, &b));
    board_kill(&p);
    assert_int_equal(systole_buffer_write(b, 0, "abcd", 4), SYSTOLE_IO);
    ASSERT_CONTAINS(systole_device_message(dev), "was the board unplugged?");
    systole_device_close(dev);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_that_name_no_line_are_refused),
        cmocka_unit_test(test_buffers_are_zero_and_keep_bytes_at_any_place),
        cmocka_unit_test(test_memory_that_is_used_up_is_said_and_given_back),
        cmocka_unit_test(test_a_request_that_comes_twice_writes_a_register_once),
        cmocka_unit_test(test_wrong_requests_are_refused_with_their_numbers),
        cmocka_unit_test(test_garbage_before_a_request_is_passed_over),
        cmocka_unit_test(test_a_run_is_reset_and_the_next_one_runs),
        cmocka_unit_test(test_random_programs_leave_the_memory_of_the_reference),
        cmocka_unit_test(test_damaged_and_lost_bytes_change_nothing),
        cmocka_unit_test(test_one_line_has_one_user),
        cmocka_unit_test(test_another_contract_is_refused),
        cmocka_unit_test(test_a_wrong_baud_is_told),
        cmocka_unit_test(test_a_board_that_falls_silent_is_told_once),
        cmocka_unit_test(test_a_board_that_is_unplugged_is_told),
    };
    if (getenv("SEED"))
        seed = strtoull(getenv("SEED"), NULL, 10);
    if (getenv("PROGRAMS"))
        programs = (unsigned)strtoul(getenv("PROGRAMS"), NULL, 10);
    print_message("seed %" PRIu64 "\n", seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
