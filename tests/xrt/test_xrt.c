/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back ends xrt and ocl-fpga on XRT's hardware emulation: the same memory as the simulated device, several units and cards,
 * and what is said when something fails. Started by tests/xrt/run.sh, which sets the environment. Arguments: the simulated device
 * to compare with, the xclbin of it, and that of the fake device of the tests of the driver.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>

#include "descendants.h"
#include "tests/bench/gemm.h"
#include "tests/unit/test_driver.h"

#define MS 1000000ull
#define DEVICE_BYTES 900
#define MAX_INSNS 512

static const char *simulated, *real_xclbin, *fake_xclbin;
static const char *const backends[] = {"xrt", "ocl-fpga"};
#define BACKENDS 2

static unsigned long long seed;

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static const char *name_of(char text[DEVICE_BYTES], const char *backend, const char *card, const char *xclbin, const char *options)
{
    snprintf(text, DEVICE_BYTES, "%s:%s,xclbin=%s%s", backend, card, xclbin, options);
    return text;
}

static void expect_refused(const char *device, enum systole_status expected, const char *words)
{
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct systole_device *dev = NULL;
    const enum systole_status status = systole_device_open(device, &options, &dev);
    if (status != expected || !strstr(message, words))
        print_error("%s: status %d, \"%s\"\n", device, (int)status, message);
    assert_int_equal(status, expected);
    assert_non_null(strstr(message, words));
    assert_null(dev);
}

/* ---- one product: its memory ---- */

struct job {
    struct gemm g;
    uint32_t insn[MAX_INSNS][SYSTOLE_INSN_WORDS];
    uint32_t count;
    uint64_t data; /* seed of the operands */
    uint64_t shift; /* by how much the windows begin after their buffers */
};

struct result {
    uint8_t *c;
    size_t size;
    struct systole_counters counters;
};

static void make_job(struct job *j, uint64_t *state, const struct systole_caps *c)
{
    const struct gemm_caps caps = {c->ROWS, c->COLS, c->APAD_BYTES, c->WPAD_BYTES, c->ACC_ROWS};
    j->g = (struct gemm){.m = c->ROWS * (1 + next_random(state) % 6), .n = c->COLS * (1 + next_random(state) % 6),
                         .k = c->ROWS * (1 + next_random(state) % 6), .bf16 = next_random(state) % 2, .scale = 0x3c000000u};
    j->count = gemm_program(&j->g, &caps, j->insn, MAX_INSNS);
    j->data = next_random(state);
    j->shift = 0;
    assert_true(j->count > 0 && j->count <= MAX_INSNS);
}

static struct systole_buffer *put(struct systole_device *dev, const struct job *j, uint32_t window, const void *data, size_t size)
{
    struct systole_buffer *b = NULL;
    assert_int_equal(systole_buffer_alloc(dev, size + j->shift, &b), SYSTOLE_OK);
    if (data)
        assert_int_equal(systole_buffer_write(b, j->shift, data, size), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, window, b, j->shift, size), SYSTOLE_OK);
    return b;
}

/* Operands of bytes; as bf16 they have small exponents. */
static void fill(uint8_t *bytes, size_t size, uint64_t *state, uint32_t bf16)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = bf16 && i % 2 ? (uint8_t)(0x3e | (next_random(state) & 0x81)) : (uint8_t)next_random(state);
}

static void begin(struct systole_device *dev, const struct job *j, struct systole_buffer *b[4])
{
    const size_t e = j->g.bf16 ? 2 : 1, a_size = j->g.m * j->g.k * e, b_size = j->g.k * j->g.n * e;
    uint8_t *operands = malloc(a_size + b_size);
    uint64_t state = j->data;
    assert_non_null(operands);
    fill(operands, a_size + b_size, &state, j->g.bf16);
    b[GEMM_PROGRAM] = put(dev, j, GEMM_PROGRAM, j->insn, (size_t)j->count * SYSTOLE_INSN_BYTES);
    b[GEMM_A] = put(dev, j, GEMM_A, operands, a_size);
    b[GEMM_B] = put(dev, j, GEMM_B, operands + a_size, b_size);
    b[GEMM_C] = put(dev, j, GEMM_C, NULL, j->g.m * j->g.n * e);
    free(operands);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
}

static void end(struct systole_device *dev, struct systole_buffer *b[4], struct result *out)
{
    const enum systole_status status = systole_device_wait(dev, SYSTOLE_FOREVER);
    if (status != SYSTOLE_OK)
        print_error("%s: %s\n", systole_device_name(dev), systole_device_message(dev));
    assert_int_equal(status, SYSTOLE_OK);
    out->size = systole_buffer_size(b[GEMM_C]);
    out->c = malloc(out->size);
    assert_non_null(out->c);
    assert_int_equal(systole_buffer_read(b[GEMM_C], 0, out->c, out->size), SYSTOLE_OK);
    assert_int_equal(systole_device_counters(dev, &out->counters), SYSTOLE_OK);
    for (int i = 0; i < 4; i++)
        systole_buffer_free(b[i]);
}

static void run_job(struct systole_device *dev, const struct job *j, struct result *out)
{
    struct systole_buffer *b[4];
    begin(dev, j, b);
    end(dev, b, out);
}

static void assert_equal(const struct result *got, const struct result *expected)
{
    assert_int_equal(got->size, expected->size);
    assert_memory_equal(got->c, expected->c, expected->size);
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        if (got->counters.value[i] != expected->counters.value[i])
            fail_msg("counter %s is %" PRIu64 ", simulated %" PRIu64, systole_counter_name(i), got->counters.value[i],
                     expected->counters.value[i]);
}

static void compare_with_simulated(const char *device, unsigned products, uint64_t shift)
{
    struct systole_device *reference = open_or_fail(simulated), *dev = open_or_fail(device);
    struct job *j = malloc(sizeof *j);
    uint64_t state = seed;
    assert_non_null(j);
    for (unsigned i = 0; i < products; i++) {
        struct result expected, got;
        make_job(j, &state, systole_device_caps(reference));
        j->shift = shift;
        run_job(reference, j, &expected);
        run_job(dev, j, &got);
        assert_equal(&got, &expected);
        free(got.c);
        free(expected.c);
    }
    free(j);
    systole_device_close(dev);
    systole_device_close(reference);
}

/* ---- what must work ---- */

static void test_products_leave_the_memory_and_counters_of_the_simulated_device(void **s)
{
    (void)s;
    char text[DEVICE_BYTES];
    for (int b = 0; b < BACKENDS; b++) {
        compare_with_simulated(name_of(text, backends[b], "0", real_xclbin, ""), 6, 0);
        compare_with_simulated(name_of(text, backends[b], "0", real_xclbin, ",start=registers"), 3, 0);
        compare_with_simulated(name_of(text, backends[b], "1", real_xclbin, ",cu=systole_2"), 2, 0);
    }
}

static void test_windows_may_begin_inside_buffers(void **s)
{
    (void)s;
    char text[DEVICE_BYTES];
    for (int b = 0; b < BACKENDS; b++) {
        compare_with_simulated(name_of(text, backends[b], "0", real_xclbin, ""), 2, 64);
        compare_with_simulated(name_of(text, backends[b], "0", real_xclbin, ""), 1, 4096);
    }
}

static void test_buffers_are_zero_and_keep_bytes(void **s)
{
    (void)s;
    char text[DEVICE_BYTES], bytes[200], back[200];
    for (int b = 0; b < BACKENDS; b++) {
        struct systole_device *dev = open_or_fail(name_of(text, backends[b], "0", real_xclbin, ""));
        struct systole_buffer *buffer = NULL;
        /* Twice: what a freed buffer held must not be seen in the next. */
        for (int i = 0; i < 2; i++) {
            void *map = NULL;
            assert_int_equal(systole_buffer_alloc(dev, 100000, &buffer), SYSTOLE_OK);
            assert_int_equal(systole_buffer_address(buffer) % SYSTOLE_BUFFER_ALIGN, 0);
            memset(bytes, 0, sizeof bytes);
            assert_int_equal(systole_buffer_read(buffer, 77777, back, sizeof back), SYSTOLE_OK);
            assert_memory_equal(back, bytes, sizeof back);
            memset(bytes, 0x5a + i, sizeof bytes);
            assert_int_equal(systole_buffer_write(buffer, 77777, bytes, sizeof bytes), SYSTOLE_OK);
            assert_int_equal(systole_buffer_map(buffer, &map), SYSTOLE_OK);
            memset(map, 0xff, 100000); /* on the host alone */
            assert_int_equal(systole_buffer_read(buffer, 77777, back, sizeof back), SYSTOLE_OK);
            assert_memory_equal(back, bytes, sizeof back);
            systole_buffer_free(buffer);
        }
        assert_int_equal(systole_buffer_alloc(dev, 1ull << 40, &buffer), SYSTOLE_NO_MEMORY);
        systole_device_close(dev);
    }
}

static void test_two_units_of_a_card_run_side_by_side(void **s)
{
    (void)s;
    char text[2][DEVICE_BYTES];
    struct systole_device *reference = open_or_fail(simulated);
    struct systole_device *dev[2] = {open_or_fail(name_of(text[0], "xrt", "0", real_xclbin, "")),
                                     open_or_fail(name_of(text[1], "xrt", "0", real_xclbin, ",cu=2"))};
    struct job *j = malloc(2 * sizeof *j);
    struct systole_buffer *b[2][4];
    uint64_t state = seed + 1;
    assert_non_null(j);
    for (int i = 0; i < 2; i++) {
        make_job(&j[i], &state, systole_device_caps(reference));
        begin(dev[i], &j[i], b[i]);
    }
    for (int i = 0; i < 2; i++) {
        struct result expected, got;
        end(dev[i], b[i], &got);
        run_job(reference, &j[i], &expected);
        assert_equal(&got, &expected);
        free(got.c);
        free(expected.c);
    }
    expect_refused(text[1], SYSTOLE_BUSY, "unit systole_2 of card 0 is open already");
    expect_refused(name_of(text[0], "ocl-fpga", "0", real_xclbin, ""), SYSTOLE_BUSY, "uses card 0 already");
    expect_refused(name_of(text[0], "xrt", "0", fake_xclbin, ",cu=3"), SYSTOLE_BUSY, "cannot be loaded");
    free(j);
    systole_device_close(dev[0]);
    systole_device_close(dev[1]);
    systole_device_close(reference);
}

static void *compare_in_thread(void *device)
{
    compare_with_simulated(device, 3, 0);
    return NULL;
}

static void test_cards_serve_threads(void **s)
{
    (void)s;
    char text[2][DEVICE_BYTES];
    pthread_t thread[2];
    name_of(text[0], "xrt", "0", real_xclbin, "");
    name_of(text[1], "xrt", "1", real_xclbin, "");
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, compare_in_thread, text[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
}

struct cards {
    int xrt, ocl;
};

static void count_card(void *user, const struct systole_found *found)
{
    struct cards *c = user;
    const bool is_card = strcmp(found->backend, "xrt") == 0 || strcmp(found->backend, "ocl-fpga") == 0;
    if (found->device && is_card)
        systole_device_close(open_or_fail(found->device)); /* whoever is told of a card may open it at once */
    if (found->device)
        c->xrt += strcmp(found->backend, "xrt") == 0, c->ocl += strcmp(found->backend, "ocl-fpga") == 0;
}

static void test_both_cards_are_found_and_open(void **s)
{
    (void)s;
    struct cards c = {0, 0};
    systole_enumerate(count_card, &c);
    assert_int_equal(c.xrt, 2);
    assert_int_equal(c.ocl, 2);
}

/* ---- what must be refused ---- */

static void test_devices_that_are_not_there_are_refused_with_reasons(void **s)
{
    (void)s;
    char text[DEVICE_BYTES];
    expect_refused("xrt:x", SYSTOLE_BAD_DEVICE, "\"x\" is no number of a card");
    expect_refused("xrt:99", SYSTOLE_BAD_DEVICE, "no number of a card, 0 to 15");
    expect_refused("xrt:0,colour=red", SYSTOLE_BAD_DEVICE, "there are cu, xclbin and start");
    expect_refused("xrt:0,start=late", SYSTOLE_BAD_DEVICE, "start is xrt or registers");
    expect_refused("xrt:0,xclbin=/nowhere/a.xclbin", SYSTOLE_NOT_FOUND, "cannot read the xclbin /nowhere/a.xclbin");
    expect_refused(name_of(text, "xrt", "7", real_xclbin, ""), SYSTOLE_NOT_FOUND, "XRT finds no card 7");
    expect_refused(name_of(text, "ocl-fpga", "7", real_xclbin, ""), SYSTOLE_NOT_FOUND, "OpenCL finds no card 7");
    for (int b = 0; b < BACKENDS; b++)
        expect_refused(name_of(text, backends[b], "0", real_xclbin, ",cu=9"), SYSTOLE_MISMATCH, "no compute unit systole:{systole_9}");
}

static void test_files_that_are_no_xclbin_are_refused(void **s)
{
    (void)s;
    char text[DEVICE_BYTES], path[] = "/tmp/test_xrt_XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    for (int size = 0; size < 3; size++) { /* empty, a line, a line and the first bytes of an xclbin */
        for (int b = 0; b < BACKENDS; b++)
            expect_refused(name_of(text, backends[b], "0", path, ""), SYSTOLE_MISMATCH, "xclbin");
        assert_true(pwrite(fd, "no bitstream at all\n", 20, 0) == 20);
        assert_true(size == 0 || pwrite(fd, "xclbin2", 8, 0) == 8);
    }
    close(fd);
    unlink(path);
}

/* The fake device takes what its registers say from the options of the simulation. */
static void expect_fake_refused(const char *simulation, enum systole_status expected, const char *words)
{
    char text[DEVICE_BYTES];
    setenv("SYSTOLE_SIM_OPTIONS", simulation, 1);
    for (int b = 0; b < BACKENDS; b++)
        expect_refused(name_of(text, backends[b], "0", fake_xclbin, ""), expected, words);
    unsetenv("SYSTOLE_SIM_OPTIONS");
}

static void test_cards_of_another_contract_are_refused(void **s)
{
    (void)s;
    expect_fake_refused("contract=0x123456789abcdef0", SYSTOLE_MISMATCH, "its contract is 0x123456789abcdef0");
    expect_fake_refused("magic=0x12345678", SYSTOLE_MISMATCH, "MAGIC reads 0x12345678");
    expect_fake_refused("version=77", SYSTOLE_MISMATCH, "version 77");
    expect_fake_refused("build=5", SYSTOLE_MISMATCH, "BUILD is 0x0000000000000005");
    /* The simulation does not come up: nothing answers. */
    expect_fake_refused("nonsense=1", SYSTOLE_LOST, "is gone");
}

/* ---- runs that do not end well ---- */

static struct systole_device *open_with(const char *simulation, const char *backend, const char *xclbin, const char *options)
{
    char text[DEVICE_BYTES];
    setenv("SYSTOLE_SIM_OPTIONS", simulation, 1);
    struct systole_device *dev = open_or_fail(name_of(text, backend, "0", xclbin, options));
    unsetenv("SYSTOLE_SIM_OPTIONS");
    return dev;
}

static void start_something(struct systole_device *dev)
{
    struct systole_buffer *program = NULL;
    uint32_t insn[SYSTOLE_INSN_WORDS] = {SYSTOLE_OP_END};
    assert_int_equal(systole_buffer_alloc(dev, sizeof insn, &program), SYSTOLE_OK);
    assert_int_equal(systole_buffer_write(program, 0, insn, sizeof insn), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, 0, program, 0, sizeof insn), SYSTOLE_OK);
    assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
}

static void test_run_that_hangs_times_out_and_can_be_reset(void **s)
{
    (void)s;
    for (int b = 0; b < 2 * BACKENDS; b++) {
        struct systole_device *dev = open_with("hang=2", backends[b / 2], fake_xclbin, b % 2 ? ",start=registers" : "");
        for (int i = 0; i < 2; i++) {
            start_something(dev);
            assert_int_equal(systole_device_wait(dev, 0), SYSTOLE_TIMEOUT);
            assert_int_equal(systole_device_wait(dev, 250 * MS), SYSTOLE_TIMEOUT);
            assert_int_equal(systole_device_start(dev), SYSTOLE_BUSY);
            assert_int_equal(systole_device_reset(dev, 1000 * MS), SYSTOLE_OK);
        }
        systole_device_close(dev);
    }
}

static void test_device_closed_while_it_runs_can_be_opened_again(void **s)
{
    (void)s;
    for (int b = 0; b < BACKENDS; b++) {
        struct systole_device *dev = open_with("hang=2", backends[b], fake_xclbin, "");
        start_something(dev);
        systole_device_close(dev); /* while it runs */
        dev = open_with("", backends[b], fake_xclbin, "");
        start_something(dev);
        assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_OK);
        systole_device_close(dev);
    }
}

static void test_program_that_fails_is_told_with_its_instruction(void **s)
{
    (void)s;
    for (int b = 0; b < BACKENDS; b++) {
        struct systole_device *dev = open_with("", backends[b], real_xclbin, "");
        struct systole_buffer *program = NULL;
        uint32_t insn[SYSTOLE_INSN_WORDS] = {99};
        assert_int_equal(systole_buffer_alloc(dev, sizeof insn, &program), SYSTOLE_OK);
        assert_int_equal(systole_buffer_write(program, 0, insn, sizeof insn), SYSTOLE_OK);
        assert_int_equal(systole_device_set_window(dev, 0, program, 0, sizeof insn), SYSTOLE_OK);
        assert_int_equal(systole_device_start(dev), SYSTOLE_OK);
        assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_DEVICE_ERROR);
        assert_non_null(strstr(systole_device_message(dev), "BAD_OPCODE (1) at instruction 0"));
        systole_device_close(dev);
    }
}

static void test_card_that_is_lost_is_told(void **s)
{
    (void)s;
    for (int b = 0; b < 2 * BACKENDS; b++) {
        /* Behind what clears the card when it is opened the memory never answers: the run goes on until the simulation is killed. */
        struct systole_device *dev = open_with("hang_read=65", backends[b / 2], real_xclbin, b % 2 ? ",start=registers" : "");
        start_something(dev);
        assert_int_equal(systole_device_wait(dev, 20 * MS), SYSTOLE_TIMEOUT);
        assert_int_equal(end_descendants("systole-card"), 1);
        assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_LOST);
        assert_non_null(strstr(systole_device_message(dev), "is gone"));
        assert_int_equal(systole_device_reset(dev, 100 * MS), SYSTOLE_LOST);
        systole_device_close(dev);
    }
    for (int b = 0; b < BACKENDS; b++) {
        struct systole_device *dev = open_with("gone=2", backends[b], fake_xclbin, "");
        start_something(dev);
        assert_int_equal(systole_device_wait(dev, SYSTOLE_FOREVER), SYSTOLE_LOST);
        systole_device_close(dev);
    }
}

static void test_environment_of_xrt_is_looked_at_before_xrt_is(void **s)
{
    (void)s;
    char text[DEVICE_BYTES], *root = strdup(getenv("XILINX_XRT"));
    assert_non_null(root);
    for (int b = 0; b < BACKENDS; b++) {
        unsetenv("XILINX_XRT");
        expect_refused(name_of(text, backends[b], "0", real_xclbin, ""), SYSTOLE_NOT_FOUND, "XILINX_XRT is not set");
        setenv("XILINX_XRT", "/nowhere", 1);
        expect_refused(text, SYSTOLE_NOT_FOUND, "there is no /nowhere/lib/libxrt_hwemu.so.2");
        setenv("XILINX_XRT", root, 1);
    }
    unsetenv("SYSTOLE_XCLBIN");
    expect_refused("xrt:0", SYSTOLE_NOT_FOUND, "set SYSTOLE_XCLBIN");
    free(root);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: test_xrt DEVICE XCLBIN FAKE_XCLBIN\n");
        return 2;
    }
    simulated = argv[1];
    real_xclbin = argv[2];
    fake_xclbin = argv[3];
    const char *given = getenv("SEED");
    seed = given ? strtoull(given, NULL, 0) : 1;
    printf("test_xrt: SEED=%llu\n", seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products_leave_the_memory_and_counters_of_the_simulated_device),
        cmocka_unit_test(test_windows_may_begin_inside_buffers),
        cmocka_unit_test(test_buffers_are_zero_and_keep_bytes),
        cmocka_unit_test(test_two_units_of_a_card_run_side_by_side),
        cmocka_unit_test(test_cards_serve_threads),
        cmocka_unit_test(test_both_cards_are_found_and_open),
        cmocka_unit_test(test_devices_that_are_not_there_are_refused_with_reasons),
        cmocka_unit_test(test_files_that_are_no_xclbin_are_refused),
        cmocka_unit_test(test_cards_of_another_contract_are_refused),
        cmocka_unit_test(test_run_that_hangs_times_out_and_can_be_reset),
        cmocka_unit_test(test_device_closed_while_it_runs_can_be_opened_again),
        cmocka_unit_test(test_program_that_fails_is_told_with_its_instruction),
        cmocka_unit_test(test_card_that_is_lost_is_told),
        cmocka_unit_test(test_environment_of_xrt_is_looked_at_before_xrt_is),
    };
    if (getenv("ONLY"))
        cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
