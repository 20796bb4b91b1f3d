/* SPDX-License-Identifier: Apache-2.0 */
/*
 * systole_load against the loops of docs/semantics.md: random legal LOAD and FILL instructions, a memory with random
 * latency and back-pressure, every write checked by the byte against the instruction it must belong to, the rules of AXI,
 * aborts, bus errors, and the rate at which it streams. SYSTOLE_SEED and SYSTOLE_LOADS (how many instructions) are read
 * from the environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load_reference.h"
#include "load_shim.h"
#include "systole_spec.h"

#define READS 512u

struct load_read {
    uint64_t addr;
    uint64_t due;
    uint32_t beats;
};

struct bench {
    struct load_in in;
    struct load_out out;
    uint64_t cycle;
    /* the memory */
    struct load_read read[READS];
    uint32_t read_first, read_count;
    uint32_t latency, jitter;                 /* cycles; jitter is added at random */
    uint32_t ar_pct, r_pct, wr_pct, insn_pct; /* chance of ready or valid */
    uint64_t bad_lo, bad_hi;                  /* addresses that answer with an error */
    int ar_waited, wr_waited, aborting;
    struct load_out before;
    /* what was issued and what came back: numbers of instructions begin at 1 */
    uint32_t issued, written, done;
    uint64_t beats, bytes, asked, seen_beats, writes, first_beat, last_beat;
    uint32_t errors;
};

static struct bench b;

/* ---- the cycle ---- */

static void present(const uint32_t *insn, uint64_t window) {
    memcpy(b.in.insn, insn, sizeof b.in.insn);
    b.in.base = window;
}

static void make_random(void) {
    uint32_t insn[SYSTOLE_INSN_WORDS];
    uint64_t window;
    do {
        window = DRAM_BASE + rnd(64) * SYSTOLE_WINDOW_ALIGN;
    } while (!load_random(insn, window) || !load_expect(insn, window, b.issued + 1));
    present(insn, window);
}

static void check_write(void) {
    struct expected *e = &expected[(b.written + 1) % SLOTS];
    assert_true(b.written < b.issued);
    assert_int_equal(b.out.wr_addr % AXI_BYTES, 0);
    uint32_t count = 0;
    for (uint32_t i = 0; i < AXI_BYTES; i++) {
        if (b.out.wr_be[i / 8] >> (i % 8) & 1) {
            uint32_t at = b.out.wr_addr + i;
            assert_true(at < PAD_BYTES);
            if (e->id[b.out.wr_mem][at] != b.written + 1 || e->value[b.out.wr_mem][at] != b.out.wr_data[i]) {
                fail_msg("instruction %u: byte %u of memory %u: %02x not expected (%02x, %u)", b.written + 1, at,
                         b.out.wr_mem, b.out.wr_data[i], e->value[b.out.wr_mem][at], e->id[b.out.wr_mem][at]);
            }
            e->id[b.out.wr_mem][at] = 0;
            e->left--;
            count++;
        }
    }
    assert_true(count > 0);
    b.writes++;
    if (e->left == 0) {
        b.written++;
    }
}

static void take_address(void) {
    uint64_t span = ((uint64_t)b.out.ar_len + 1) * AXI_BYTES;
    assert_int_equal(b.out.ar_addr % AXI_BYTES, 0);
    assert_true(b.out.ar_len < 64);
    assert_true(b.out.ar_addr % 4096 + span <= 4096);
    assert_true(b.out.ar_addr >= DRAM_BASE && b.out.ar_addr + span <= DRAM_BASE + DRAM_BYTES);
    struct load_read *r = &b.read[(b.read_first + b.read_count) % READS];
    r->addr = b.out.ar_addr;
    r->beats = b.out.ar_len + 1u;
    r->due = b.cycle + b.latency + (b.jitter ? rnd(b.jitter) : 0);
    b.read_count++;
    b.asked += r->beats;
}

static void drive_memory(void) {
    b.in.ar_ready = b.read_count < READS && chance(b.ar_pct);
    b.in.wr_ready = (uint8_t)chance(b.wr_pct);
    const struct load_read *r = &b.read[b.read_first];
    if (!b.in.r_valid && b.read_count && r->due <= b.cycle && chance(b.r_pct)) {
        b.in.r_valid = 1;
        b.in.r_last = r->beats == 1;
        b.in.r_resp = r->addr >= b.bad_lo && r->addr < b.bad_hi ? 2 : 0;
        memcpy(b.in.r_data, &dram[r->addr - DRAM_BASE], AXI_BYTES);
    }
}

static void check_stable(void) {
    if (b.ar_waited) {
        assert_true(b.out.ar_valid && b.out.ar_addr == b.before.ar_addr && b.out.ar_len == b.before.ar_len);
    } else if (b.aborting) {
        assert_false(b.out.ar_valid); /* in the first cycle of an abort one may still appear */
    }
    b.aborting = b.in.abort;
    if (b.wr_waited && !b.in.abort) {
        assert_true(b.out.wr_valid && b.out.wr_addr == b.before.wr_addr && b.out.wr_mem == b.before.wr_mem);
        assert_memory_equal(b.out.wr_be, b.before.wr_be, sizeof b.out.wr_be);
        assert_memory_equal(b.out.wr_data, b.before.wr_data, sizeof b.out.wr_data);
    }
    b.ar_waited = b.out.ar_valid && !b.in.ar_ready;
    b.wr_waited = b.out.wr_valid && !b.in.wr_ready;
    b.before = b.out;
}

/* One cycle; 1 if the instruction presented was taken. */
static int tick(void) {
    drive_memory();
    load_eval(&b.in, &b.out);
    check_stable();
    int taken = b.in.insn_valid && b.out.insn_ready;
    if (taken) {
        b.issued++;
        b.in.insn_valid = 0;
    }
    if (b.out.ar_valid && b.in.ar_ready) {
        take_address();
    }
    if (b.in.r_valid && b.out.r_ready) {
        struct load_read *r = &b.read[b.read_first];
        r->addr += AXI_BYTES;
        b.first_beat = b.seen_beats++ ? b.first_beat : b.cycle;
        b.last_beat = b.cycle;
        b.in.r_valid = 0;
        if (--r->beats == 0) {
            b.read_first = (b.read_first + 1) % READS;
            b.read_count--;
        }
    }
    if (b.out.wr_valid && b.in.wr_ready) {
        assert_false(b.in.abort);
        check_write();
    }
    if (b.out.beats) {
        b.beats++;
        b.bytes += b.out.bytes;
        assert_true(b.out.bytes >= 1 && b.out.bytes <= AXI_BYTES);
    }
    if (b.out.done) {
        b.done++;
        assert_true(b.done <= b.written);
    }
    b.errors += b.out.bus_error;
    if (b.out.idle) {
        assert_int_equal(b.read_count, 0);
    }
    load_edge();
    b.cycle++;
    return taken;
}

static void start(void) {
    memset(&b, 0, sizeof b);
    memset(expected, 0, sizeof expected);
    b.ar_pct = b.r_pct = b.wr_pct = b.insn_pct = 100;
    b.latency = 1;
    for (int i = 0; i < 3; i++) {
        load_eval(&b.in, &b.out);
        load_edge();
    }
    b.in.rst_n = 1;
}

static void finish(void) {
    for (uint32_t i = 0; i < 2000000 && !(b.done == b.issued && b.out.idle); i++) {
        tick();
    }
    assert_int_equal(b.done, b.issued);
    assert_int_equal(b.written, b.issued);
    assert_true(b.out.idle);
    assert_int_equal(b.read_count, 0);
    assert_int_equal(b.beats, b.seen_beats);
    assert_int_equal(b.beats, b.asked);
}

static void random_memory(void) {
    static const uint32_t pct[4] = {100, 90, 50, 15};
    b.latency = rnd(2) ? rnd(5) : rnd(120);
    b.jitter = rnd(2) * 20;
    b.ar_pct = pct[rnd(4)];
    b.r_pct = pct[rnd(4)];
    b.wr_pct = pct[rnd(4)];
    b.insn_pct = pct[rnd(4)];
}

static uint64_t run_random(uint32_t count) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        make_random();
        bytes += load_source_bytes(b.in.insn);
        while (!chance(b.insn_pct)) {
            tick();
        }
        b.in.insn_valid = 1;
        for (uint32_t t = 0; !tick(); t++) {
            assert_true(t < 2000000);
        }
    }
    return bytes;
}

/* ---- tests ---- */

static void test_load_random_instructions_write_what_the_loops_say(void **state) {
    const char *env = getenv("SYSTOLE_LOADS");
    uint32_t count = env ? (uint32_t)strtoul(env, NULL, 0) : 20000;
    uint64_t cycles = 0;
    (void)state;
    for (uint32_t i = 0; i < count; i += 100) {
        start();
        random_memory();
        uint64_t bytes = run_random(100);
        finish();
        assert_int_equal(b.bytes, bytes);
        cycles += b.cycle;
    }
    print_message("AXI_BYTES %d: %u instructions, %llu cycles\n", AXI_BYTES, count, (unsigned long long)cycles);
}

static void test_load_abort_drains_and_goes_on(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        start();
        random_memory();
        for (int again = 0; again < 4; again++) {
            run_random(1 + rnd(6));
            for (uint32_t wait = rnd(150); wait > 0; wait--) {
                tick();
            }
            b.in.abort = 1;
            uint32_t t = 0;
            do {
                tick();
                assert_true(t++ < 200000);
            } while (!b.out.idle);
            b.in.abort = 0;
            b.written = b.done = b.issued; /* forgotten */
            tick();
        }
        run_random(3);
        finish();
    }
}

static void put32(uint32_t *insn, unsigned word, int32_t value) {
    insn[word] = (uint32_t)value;
}

static void plain(uint32_t *insn, uint32_t src, uint32_t dst, uint32_t len, uint32_t rows, int32_t s1, int32_t d1) {
    memset(insn, 0, 4 * SYSTOLE_INSN_WORDS);
    SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_LOAD);
    SYSTOLE_PUT(insn, LOAD, src_lo, src);
    SYSTOLE_PUT(insn, LOAD, dst, dst);
    SYSTOLE_PUT(insn, LOAD, len, len);
    SYSTOLE_PUT(insn, LOAD, n1, rows);
    SYSTOLE_PUT(insn, LOAD, n2, 1);
    SYSTOLE_PUT(insn, LOAD, n3, 1);
    put32(insn, SYSTOLE_F_LOAD_s1_WORD, s1);
    put32(insn, SYSTOLE_F_LOAD_d1_WORD, d1);
}

/* Gives up after a bus error: nothing is taken then. */
static void issue(const uint32_t *insn) {
    assert_true(load_expect(insn, DRAM_BASE, b.issued + 1));
    present(insn, DRAM_BASE);
    b.in.insn_valid = 1;
    for (uint32_t t = 0; !tick() && !b.errors; t++) {
        assert_true(t < 200000);
    }
}

static void test_load_bus_error_is_told_when_older_ones_are_done(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 200; i++) {
        uint32_t insn[SYSTOLE_INSN_WORDS], bad = 1 + rnd(4);
        start();
        random_memory();
        b.bad_lo = DRAM_BASE + bad * 65536 + rnd(8) * 256;
        b.bad_hi = DRAM_BASE + bad * 65536 + 4096;
        for (uint32_t k = 1; k <= 4; k++) {
            plain(insn, k * 65536, rnd(64), 1 + rnd(30), 128, 32, 64);
            SYSTOLE_PUT(insn, LOAD, trans, rnd(2));
            insn[SYSTOLE_F_LOAD_d1_WORD] = SYSTOLE_GET(insn, LOAD, trans) ? 256 : 64;
            issue(insn);
        }
        b.in.insn_valid = 0;
        for (uint32_t t = 0; t < 20000 && !b.errors; t++) {
            tick();
            assert_true(b.done < bad);
        }
        assert_int_equal(b.errors, 1);
        assert_int_equal(b.done, bad - 1);
        assert_true(b.written == bad - 1);
        tick();
        assert_true(b.out.err);
        b.in.abort = 1;
        do {
            tick();
        } while (!b.out.idle);
        b.in.abort = 0;
        tick();
        tick();
        assert_false(b.out.err);
        assert_int_equal(b.errors, 1);
    }
}

struct rate {
    const char *name;
    uint32_t src, dst, len, rows, trans;
    int32_t s1, d1;
    double least; /* beats a cycle; 0: only printed */
};

static void test_load_streams_at_full_rate_behind_a_slow_memory(void **state) {
    static const struct rate rates[] = {
        {"one row of 4 KiB an instruction", 0, 0, 4096, 1, 0, 0, 0, 0.95},
        {"rows of 4 KiB, apart", 0, 0, 4096, 7, 0, 8192, 4096, 0.95},
        {"the same, source off by 3", 3, 0, 4096, 7, 0, 8192, 4096, 0.9},
        {"the same, destination off by 5", 0, 5, 4096, 7, 0, 8192, 4096, 0.9},
        {"rows of 21 bytes that touch", 0, 0, 21, 1024, 0, 21, 21, 0.9},
        {"rows of 21 bytes, apart", 0, 0, 21, 500, 0, 64, 64, 0.9},
        {"rows of 64 bytes, apart", 0, 0, 64, 500, 0, 128, 64, 0.9},
        {"64 rows of 256 bytes, transposed", 0, 0, 256, 64, 1, 256, 64, 0},
    };
    (void)state;
    for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
        const struct rate *r = &rates[k];
        uint32_t insn[SYSTOLE_INSN_WORDS];
        start();
        b.latency = 100;
        for (uint32_t i = 0; i < 32; i++) {
            plain(insn, r->src, r->dst, r->len, r->rows, r->s1, r->d1);
            SYSTOLE_PUT(insn, LOAD, trans, r->trans);
            issue(insn);
        }
        finish();
        double got = (double)b.beats / (double)(b.last_beat - b.first_beat + 1);
        print_message("  %-36s %.3f beats, %.1f bytes a cycle\n", r->name, got,
                      (double)b.bytes / (double)(b.last_beat - b.first_beat + 1));
        assert_true(got >= r->least);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_random_instructions_write_what_the_loops_say),
        cmocka_unit_test(test_load_abort_drains_and_goes_on),
        cmocka_unit_test(test_load_bus_error_is_told_when_older_ones_are_done),
        cmocka_unit_test(test_load_streams_at_full_rate_behind_a_slow_memory),
    };
    const char *seed = getenv("SYSTOLE_SEED");
    uint64_t number = seed ? strtoull(seed, NULL, 0) : 1;
    print_message("SYSTOLE_SEED=%llu\n", (unsigned long long)number);
    load_seed(number);
    load_open();
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    load_close();
    return rc;
}
