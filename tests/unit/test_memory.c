/* SPDX-License-Identifier: Apache-2.0 */
/* The memory model alone: time, data, faults, the rules it checks, and that it repeats itself. */
#include "memory_bench.h"

static void test_read_latency_is_exact(void **state)
{
    (void)state;
    static const uint32_t latencies[] = {1, 2, 3, 17, 100};
    for (size_t i = 0; i < sizeof(latencies) / sizeof(latencies[0]); i++) {
        struct memory_options o = memory_defaults();
        o.read_latency = latencies[i];
        struct bench *b = open_bench(&o);
        uint8_t resp, data[BYTES];
        for (int idle = 0; idle < 10; idle++)
            cycle(b);
        uint64_t taken = send_ar(b, BASE + 128, 3, 0);
        for (uint64_t beat = 0; beat < 4; beat++) {
            assert_int_equal(wait_r(b, 200, &resp, data), taken + latencies[i] + beat);
            assert_int_equal(resp, MEMORY_OKAY);
            assert_memory_equal(data, b->host + 128 + beat * BYTES, BYTES);
        }
        assert_true(memory_idle(b->mem));
        close_bench(b);
    }
}

static void test_write_latency_is_exact(void **state)
{
    (void)state;
    static const uint32_t latencies[] = {1, 2, 50};
    for (size_t i = 0; i < sizeof(latencies) / sizeof(latencies[0]); i++) {
        struct memory_options o = memory_defaults();
        o.write_latency = latencies[i];
        struct bench *b = open_bench(&o);
        uint8_t resp;
        send_aw(b, BASE + 256, 1);
        send_w(b, 0x11, 0);
        uint64_t last = send_w(b, 0x22, 1);
        assert_int_equal(wait_b(b, 100, &resp), last + latencies[i]);
        assert_int_equal(resp, MEMORY_OKAY);
        assert_int_equal(b->host[256], 0x11);
        assert_int_equal(b->host[256 + 127], 0x22);
        assert_true(memory_idle(b->mem));
        assert_int_equal(memory_stats(b->mem)->violations, 0);
        close_bench(b);
    }
}

/* Both directions at once, bursts of 16 beats with the next address always there; beats of each in `edges`. */
static void stream(struct bench *b, unsigned edges, uint64_t *read, uint64_t *written)
{
    unsigned beat = 0;
    *read = 0;
    *written = 0;
    b->ar_valid = b->aw_valid = b->w_valid = 1;
    b->ar_addr = BASE;
    b->aw_addr = BASE + SIZE / 2;
    b->ar_len = b->aw_len = 15;
    while (edges-- > 0) {
        b->w_last = beat % 16 == 15;
        cycle(b);
        *read += (uint64_t)b->took_r;
        *written += (uint64_t)b->took_w;
        beat += (unsigned)b->took_w;
    }
}

static void test_bandwidth_unlimited_gives_a_beat_each_cycle_each_way(void **state)
{
    (void)state;
    struct memory_options o = memory_defaults();
    struct bench *b = open_bench(&o);
    uint64_t read, written;
    stream(b, 1101, &read, &written);
    assert_int_equal(read, 1001);    /* edge 1 took the address, edge 101 the first beat */
    assert_int_equal(written, 1100); /* edge 2 took the first beat */
    close_bench(b);
}

static void test_bandwidth_limit_is_kept_to_a_beat(void **state)
{
    (void)state;
    static const double limits[] = {12.8, 32, 48, 63.5};
    for (size_t i = 0; i < 4; i++) {
        struct memory_options o = memory_defaults();
        o.bandwidth = (uint64_t)(limits[i] * 65536);
        struct bench *b = open_bench(&o);
        uint64_t read, written;
        stream(b, 10101, &read, &written);
        double want = 10000 * limits[i] / BYTES;
        assert_true((double)read > want - 3 && (double)read < want + 3);
        assert_true((double)written > want * 1.01 - 3 && (double)written < want * 1.01 + 3);
        close_bench(b);
    }
}

static void test_refresh_stops_data_for_its_share(void **state)
{
    (void)state;
    struct memory_options o = memory_defaults();
    o.refresh_every = 100;
    o.refresh_for = 25;
    struct bench *b = open_bench(&o);
    uint64_t read, written;
    stream(b, 10101, &read, &written);
    assert_in_range(read, 7490, 7510);
    assert_in_range(written, 7560, 7585);
    close_bench(b);
}

static void test_outstanding_limits_hold_back_addresses(void **state)
{
    (void)state;
    struct memory_options o = memory_defaults();
    o.read_outstanding = 3;
    o.write_outstanding = 2;
    struct bench *b = open_bench(&o);
    unsigned reads = 0, writes = 0;
    b->ar_valid = b->aw_valid = 1;
    b->ar_addr = b->aw_addr = BASE;
    for (int i = 0; i < 90; i++) {
        cycle(b);
        reads += (unsigned)b->took_ar;
        writes += (unsigned)b->took_aw;
    }
    assert_int_equal(reads, 3);
    assert_int_equal(writes, 2);
    for (int i = 0; i < 20; i++) { /* answers free places, one each */
        cycle(b);
        reads += (unsigned)b->took_ar;
    }
    assert_int_equal(reads, 6);
    close_bench(b);
}

static void test_access_outside_regions_answers_decerr(void **state)
{
    (void)state;
    struct memory_options o = memory_defaults();
    struct bench *b = open_bench(&o);
    uint8_t resp, data[BYTES];
    send_ar(b, BASE + SIZE, 0, 0);
    assert_true(wait_r(b, 200, &resp, data));
    assert_int_equal(resp, MEMORY_DECERR);
    send_ar(b, BASE - BYTES, 1, 0); /* the second beat is inside */
    assert_true(wait_r(b, 200, &resp, data));
    assert_int_equal(resp, MEMORY_DECERR);
    assert_true(wait_r(b, 200, &resp, data));
    assert_int_equal(resp, MEMORY_OKAY);
    assert_memory_equal(data, b->host, BYTES);
    send_aw(b, 0, 0);
    send_w(b, 0x33, 1);
    assert_true(wait_b(b, 200, &resp));
    assert_int_equal(resp, MEMORY_DECERR);
    assert_int_equal(memory_stats(b->mem)->stray, 3);
    assert_int_equal(memory_detach(b->mem, BASE), 0);
    assert_int_equal(memory_detach(b->mem, BASE), -1);
    send_ar(b, BASE, 0, 0);
    assert_true(wait_r(b, 200, &resp, data));
    assert_int_equal(resp, MEMORY_DECERR);
    close_bench(b);
}

static void test_detach_of_a_burst_in_flight_answers_decerr(void **state)
{
    (void)state;
    struct memory_options o = memory_defaults();
    struct bench *b = open_bench(&o);
    uint8_t resp, data[BYTES];
    send_ar(b, BASE, 7, 1);
    assert_true(wait_r(b, 200, &resp, data));
    assert_int_equal(resp, MEMORY_OKAY);
    assert_int_equal(memory_detach(b->mem, BASE), 0);
    for (int i = 0; i < 7; i++) {
        assert_true(wait_r(b, 200, &resp, data));
        assert_int_equal(resp, i == 0 ? MEMORY_OKAY : MEMORY_DECERR); /* one beat was on the wires */
    }
    close_bench(b);
}

static void test_attach_illegal_regions_are_refused(void **state)
{
    (void)state;
    struct memory_options o = memory_defaults();
    struct bench *b = open_bench(&o);
    assert_int_equal(memory_attach(b->mem, BASE + SIZE - 64, b->host, 64), -1);
    assert_int_equal(memory_attach(b->mem, BASE - 64, b->host, 128), -1);
    assert_int_equal(memory_attach(b->mem, 32, b->host, 64), -1);
    assert_int_equal(memory_attach(b->mem, 0, b->host, 0), -1);
    assert_int_equal(memory_attach(b->mem, 0, NULL, 64), -1);
    assert_int_equal(memory_attach(b->mem, 0, b->host, 96), -1);
    assert_int_equal(memory_attach(b->mem, UINT64_MAX - 63, b->host, 128), -1);
    assert_int_equal(memory_attach(b->mem, UINT64_MAX - 63, b->host, 64), 0);
    assert_int_equal(memory_attach(b->mem, BASE + SIZE, b->host, 64), 0);
    for (uint64_t i = 0; i < 40; i++)
        assert_int_equal(memory_attach(b->mem, (40 - i) * 4096, b->host, 4096), 0);
    close_bench(b);
}

static void test_strobes_write_only_their_bytes(void **state)
{
    (void)state;
    static const uint64_t strobes[] = {0, 1, 0x8000000000000000u, 0x00ff00f00000000fu, 0x5555555555555555u, ~(uint64_t)0 << 1};
    struct memory_options o = memory_defaults();
    struct bench *b = open_bench(&o);
    for (size_t i = 0; i < sizeof(strobes) / sizeof(strobes[0]); i++) {
        uint8_t want[BYTES], resp;
        memcpy(want, b->host + i * BYTES, BYTES);
        for (unsigned byte = 0; byte < BYTES; byte++)
            if (strobes[i] >> byte & 1)
                want[byte] = 0xee;
        b->w_strb = strobes[i];
        send_aw(b, BASE + i * BYTES, 0);
        send_w(b, 0xee, 1);
        assert_true(wait_b(b, 200, &resp));
        assert_memory_equal(b->host + i * BYTES, want, BYTES);
    }
    close_bench(b);
}

static void injected_errors_hit_the_beat_they_name(uint32_t decode)
{
    struct memory_options o = memory_defaults();
    const int error = decode ? MEMORY_DECERR : MEMORY_SLVERR;
    o.error_read = 3;
    o.error_write = 2;
    o.error_decode = decode;
    struct bench *b = open_bench(&o);
    uint8_t resp, data[BYTES];
    send_ar(b, BASE, 3, 0);
    for (int i = 1; i <= 4; i++) {
        assert_true(wait_r(b, 200, &resp, data));
        assert_int_equal(resp, i == 3 ? error : MEMORY_OKAY);
    }
    uint8_t before = b->host[64];
    send_aw(b, BASE, 2);
    send_w(b, (uint8_t)~before, 0);
    send_w(b, (uint8_t)~before, 0);
    send_w(b, (uint8_t)~before, 1);
    assert_true(wait_b(b, 200, &resp));
    assert_int_equal(resp, error);
    assert_int_equal(b->host[64], before);
    assert_int_equal(b->host[128], (uint8_t)~before);
    send_aw(b, BASE, 0);
    send_w(b, 0, 1);
    assert_true(wait_b(b, 200, &resp));
    assert_int_equal(resp, MEMORY_OKAY);
    close_bench(b);
}

static void test_injected_errors_hit_the_beat_they_name(void **state)
{
    (void)state;
    injected_errors_hit_the_beat_they_name(0);
    injected_errors_hit_the_beat_they_name(1);
}

static void test_hang_for_a_while_ends_and_all_is_answered(void **state)
{
    (void)state;
    struct memory_options o = memory_defaults();
    o.hang_read = 3;
    o.hang_write = 2;
    o.hang_for = 500;
    struct bench *b = open_bench(&o);
    uint8_t resp, data[BYTES];
    send_ar(b, BASE, 7, 0);
    for (int i = 1; i <= 8; i++) {
        if (i == 3)
            assert_int_equal(wait_r(b, 490, &resp, data), 0);
        assert_true(wait_r(b, 200, &resp, data));
        assert_int_equal(resp, MEMORY_OKAY);
    }
    send_aw(b, BASE, 1);
    send_w(b, 1, 0);
    send_w(b, 1, 1);
    assert_true(wait_b(b, 1000, &resp));
    assert_int_equal(resp, MEMORY_OKAY);
    assert_true(memory_idle(b->mem));
    close_bench(b);
}

static void test_hang_answers_nothing_from_its_beat_on(void **state)
{
    (void)state;
    struct memory_options o = memory_defaults();
    o.hang_read = 3;
    o.hang_write = 2;
    struct bench *b = open_bench(&o);
    uint8_t resp, data[BYTES];
    send_ar(b, BASE, 7, 0);
    assert_true(wait_r(b, 200, &resp, data));
    assert_true(wait_r(b, 200, &resp, data));
    assert_int_equal(wait_r(b, 5000, &resp, data), 0);
    send_aw(b, BASE, 1);
    send_w(b, 1, 0);
    b->w_valid = 1;
    b->w_last = 1;
    for (int i = 0; i < 1000; i++) {
        cycle(b);
        assert_false(b->took_w);
    }
    assert_false(memory_idle(b->mem));
    close_bench(b);
}

/* Each rule broken alone is found, and named. */
static void break_rule(unsigned rule, const char *word)
{
    struct memory_options o = memory_defaults();
    o.read_outstanding = 1;
    o.write_outstanding = 1;
    struct bench *b = open_bench(&o);
    send_ar(b, rule == 0 ? BASE + 4096 - 64 : BASE, rule == 0 ? 1 : 0, 0);
    b->ar_valid = 1; /* waits: one is outstanding */
    b->ar_addr = BASE + 64;
    cycle(b);
    if (rule == 1)
        b->ar_valid = 0;
    if (rule == 2)
        b->ar_addr = BASE;
    if (rule == 3) {
        b->w_valid = 1;
        cycle(b);
        b->w_data[63] ^= 1;
    }
    if (rule == 4) {
        b->w_valid = 1;
        for (unsigned i = 0; i <= MEMORY_ORPHAN_CYCLES; i++)
            cycle(b);
    }
    if (rule == 5 || rule == 6) {
        send_aw(b, BASE, rule == 5);
        send_w(b, 0, rule == 5);
    }
    if (rule == 7)
        send_aw(b, BASE + 8192 - 64, 255);
    cycle(b);
    if (word[0] == '\0') {
        assert_int_equal(memory_stats(b->mem)->violations, 0);
        assert_string_equal(memory_violation(b->mem), "");
    } else {
        assert_int_equal(memory_stats(b->mem)->violations, 1);
        assert_non_null(strstr(memory_violation(b->mem), word));
    }
    close_bench(b);
}

static void test_rules_broken_are_found(void **state)
{
    (void)state;
    static const char *const words[] = {
        "AR burst crosses 4 KiB", "AR valid was withdrawn", "AR payload changed", "W payload changed",
        "no AW comes",            "last comes too early",   "last is missing",    "AW burst crosses 4 KiB",
        "",
    };
    for (unsigned rule = 0; rule < sizeof(words) / sizeof(words[0]); rule++)
        break_rule(rule, words[rule]);
}

/* A hash of everything that the memory drove while two IDs read and one wrote, under random stalls. */
static uint64_t stalled_run(uint64_t seed)
{
    struct memory_options o = memory_defaults();
    o.read_latency = 10;
    o.stall = 40;
    o.seed = seed;
    struct bench *b = open_bench(&o);
    uint64_t hash = 0, beats = 0;
    uint64_t next[2] = {0, 0}; /* beats seen of each ID: in order */
    uint64_t sent[2] = {0, 0};
    for (unsigned i = 0; i < 20000; i++) {
        if (!b->ar_valid) {
            b->ar_valid = 1;
            b->ar_id = (uint8_t)(i & 1);
            b->ar_addr = BASE + b->ar_id * SIZE / 2 + sent[b->ar_id]++ % 128 * 256;
            b->ar_len = 3;
        }
        b->aw_valid = b->w_valid = 1;
        b->aw_addr = BASE;
        b->aw_len = 0;
        b->w_last = 1;
        memcpy(b->w_data, b->host, BYTES);
        uint8_t id = b->r_id;
        uint8_t data[BYTES];
        memcpy(data, b->r_data, BYTES);
        const uint8_t wires[] = {b->ar_ready, b->aw_ready, b->w_ready, b->r_valid, b->b_valid, id};
        for (size_t wire = 0; wire < sizeof(wires); wire++)
            hash = (hash ^ wires[wire]) * 0x100000001b3u;
        b->r_ready = i % 5 != 0;
        b->b_ready = i % 3 != 0;
        cycle(b);
        if (b->took_ar)
            b->ar_valid = 0;
        if (b->took_r) {
            assert_memory_equal(data, b->host + id * SIZE / 2 + next[id]++ % 512 * BYTES, BYTES);
            beats++;
        }
    }
    assert_int_equal(memory_stats(b->mem)->violations, 0);
    assert_in_range(beats, 6000, 16000);
    close_bench(b);
    return hash;
}

static void test_stalls_repeat_with_the_seed(void **state)
{
    (void)state;
    uint64_t first = stalled_run(7);
    assert_true(first == stalled_run(7));
    assert_true(first != stalled_run(8));
}

static void test_options_outside_limits_are_refused(void **state)
{
    (void)state;
    const struct memory_port port = {.bytes = 64}, odd = {.bytes = 24};
    struct memory_options o[4] = {memory_defaults(), memory_defaults(), memory_defaults(), memory_defaults()};
    o[0].read_latency = 0;
    o[1].write_outstanding = MEMORY_MAX_OUTSTANDING + 1;
    o[2].stall = 100;
    for (int i = 0; i < 4; i++)
        assert_null(memory_create(i < 3 ? &port : &odd, &o[i]));
    memory_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_latency_is_exact),
        cmocka_unit_test(test_write_latency_is_exact),
        cmocka_unit_test(test_bandwidth_unlimited_gives_a_beat_each_cycle_each_way),
        cmocka_unit_test(test_bandwidth_limit_is_kept_to_a_beat),
        cmocka_unit_test(test_refresh_stops_data_for_its_share),
        cmocka_unit_test(test_outstanding_limits_hold_back_addresses),
        cmocka_unit_test(test_access_outside_regions_answers_decerr),
        cmocka_unit_test(test_detach_of_a_burst_in_flight_answers_decerr),
        cmocka_unit_test(test_attach_illegal_regions_are_refused),
        cmocka_unit_test(test_strobes_write_only_their_bytes),
        cmocka_unit_test(test_injected_errors_hit_the_beat_they_name),
        cmocka_unit_test(test_hang_answers_nothing_from_its_beat_on),
        cmocka_unit_test(test_hang_for_a_while_ends_and_all_is_answered),
        cmocka_unit_test(test_rules_broken_are_found),
        cmocka_unit_test(test_stalls_repeat_with_the_seed),
        cmocka_unit_test(test_options_outside_limits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
