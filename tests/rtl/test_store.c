/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store unit against naive loops: random legal instructions, random grants and back-pressure, aborts and bus
 * errors, the rules of AXI on every beat, and the rate for contiguous output.
 * SYSTOLE_SEED and SYSTOLE_COUNT (instructions) choose another run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench_random.h"
#include "store_model.h"
#include "systole_spec.h"

enum { BATCH = 12, BURSTS = 64, DELAY = 2, LIMIT = 200000 };

struct burst {
    uint64_t addr, bytes, first_byte;
    uint32_t beats;
    uint8_t resp;
};

struct bench {
    struct store_sim *sim;
    struct bench_random rnd;
    struct store_in in;
    struct store_out out, last;
    struct store_memory *dut, *want;
    uint32_t *touched;
    uint64_t base, cycle;
    /* chances out of 8 that the outside is ready */
    uint32_t grant, ready;
    /* reads on their way: what the ports show DELAY cycles later */
    bool c_on[DELAY], r_on[DELAY], s_on[DELAY];
    uint32_t c_row[DELAY], r_addr[DELAY], s_row[DELAY];
    /* bursts: addresses taken, beats done, responses given */
    struct burst burst[BURSTS];
    uint32_t sent, written, answered, beat, error_at;
    bool aborting;
    /* since the batch began */
    uint64_t dones, errors, strobed, responded, pad_vectors, counted_beats, counted_bytes, beats;
    uint64_t first_take, last_take, first_beat, last_beat, takes;
};

struct batch {
    uint32_t insn[BATCH][SYSTOLE_INSN_WORDS];
    struct store_work until[BATCH]; /* work of it and all before it */
    uint32_t count;
};

static struct bench *bench;

static bool chance(struct bench *b, uint32_t of8)
{
    return of8 >= 8 || bench_random_below(&b->rnd, 8) < of8;
}

static bool bit(const uint8_t *bits, uint32_t i)
{
    return (bits[i / 8] >> (i % 8) & 1) != 0;
}

/* ---- the outside: memories and bus ---- */

static void drive(struct bench *b)
{
    struct store_in *in = &b->in;
    memset(in->c_data, (int)(b->cycle * 37), sizeof in->c_data); /* nothing that anybody may use */
    memset(in->r_data, (int)(b->cycle * 41), sizeof in->r_data);
    memset(in->s_data, (int)(b->cycle * 43), sizeof in->s_data);
    if (b->c_on[DELAY - 1])
        memcpy(in->c_data, b->dut->acc[b->c_row[DELAY - 1]], sizeof in->c_data);
    if (b->s_on[DELAY - 1])
        memcpy(in->s_data, b->dut->param[b->s_row[DELAY - 1]], sizeof in->s_data);
    if (b->r_on[DELAY - 1]) {
        const uint32_t at = b->r_addr[DELAY - 1], room = APAD_BYTES - at;
        memcpy(in->r_data, b->dut->apad + at, room < sizeof in->r_data ? room : sizeof in->r_data);
    }
    memcpy(in->lut, b->dut->lut, sizeof in->lut);
    in->c_gnt = chance(b, b->grant);
    in->r_gnt = chance(b, b->grant);
    in->pw_ready = chance(b, b->ready);
    in->aw_ready = b->sent - b->answered < BURSTS && chance(b, b->ready);
    in->w_ready = chance(b, b->ready);
    if (!in->b_valid && b->answered != b->written && chance(b, b->ready)) {
        in->b_valid = 1;
        in->b_resp = b->burst[b->answered % BURSTS].resp;
    }
}

static void reads(struct bench *b)
{
    for (int k = DELAY - 1; k > 0; k--) {
        b->c_on[k] = b->c_on[k - 1];
        b->c_row[k] = b->c_row[k - 1];
        b->r_on[k] = b->r_on[k - 1];
        b->r_addr[k] = b->r_addr[k - 1];
        b->s_on[k] = b->s_on[k - 1];
        b->s_row[k] = b->s_row[k - 1];
    }
    b->c_on[0] = b->out.c_req && b->in.c_gnt;
    b->c_row[0] = b->out.c_addr;
    b->r_on[0] = b->out.r_req && b->in.r_gnt;
    b->r_addr[0] = b->out.r_addr;
    b->s_on[0] = b->out.s_req;
    b->s_row[0] = b->out.s_addr;
    assert_true(!b->c_on[0] || b->c_row[0] < ACC_ROWS);
    assert_true(!b->r_on[0] || (b->r_addr[0] < APAD_BYTES && b->r_addr[0] % COLS == 0));
    assert_true(!b->s_on[0] || b->s_row[0] < PARAM_ROWS);
    if (b->c_on[0]) {
        b->first_take = b->takes++ == 0 ? b->cycle : b->first_take;
        b->last_take = b->cycle;
    }
}

static void pads(struct bench *b)
{
    const uint32_t size = b->out.pw_wpad ? WPAD_BYTES : APAD_BYTES;
    uint8_t *to = b->out.pw_wpad ? b->dut->wpad : b->dut->apad;
    if (!b->out.pw_valid || !b->in.pw_ready)
        return;
    assert_int_equal(b->out.pw_addr % COLS, 0);
    for (uint32_t i = 0; i < PAD_VEC_BYTES; i++)
        if (bit(b->out.pw_be, i)) {
            assert_true(b->out.pw_addr + i < size);
            to[b->out.pw_addr + i] = b->out.pw_data[i];
        }
    b->pad_vectors++;
}

static void address(struct bench *b)
{
    const struct store_out *o = &b->out;
    if (!o->aw_valid || !b->in.aw_ready)
        return;
    struct burst *s = &b->burst[b->sent % BURSTS];
    s->addr = o->aw_addr;
    s->beats = o->aw_len + 1u;
    s->bytes = 0;
    s->resp = b->sent == b->error_at ? 2 : 0;
    assert_int_equal(s->addr % AXI_BYTES, 0);
    assert_true(s->beats <= 64);
    assert_true((s->addr & 4095) + s->beats * AXI_BYTES <= 4096);
    assert_true(s->addr >= b->base && s->addr - b->base + s->beats * AXI_BYTES <= DRAM_BYTES);
    b->sent++;
}

static void data(struct bench *b)
{
    const struct store_out *o = &b->out;
    uint32_t strobes = 0;
    if (!o->w_valid || !b->in.w_ready)
        return;
    assert_true(b->written != b->sent); /* no data before its address */
    struct burst *s = &b->burst[b->written % BURSTS];
    const uint64_t at = s->addr - b->base + (uint64_t)b->beat * AXI_BYTES;
    for (uint32_t i = 0; i < AXI_BYTES; i++)
        if (bit(o->w_strb, i)) {
            b->dut->dram[at + i] = o->w_data[i];
            strobes++;
        }
    assert_true(strobes != 0);
    if (b->beat == 0)
        s->first_byte = b->strobed;
    s->bytes += strobes;
    b->strobed += strobes;
    b->first_beat = b->beats++ == 0 ? b->cycle : b->first_beat;
    b->last_beat = b->cycle;
    assert_int_equal(o->w_last, ++b->beat == s->beats);
    if (o->w_last) {
        b->beat = 0;
        b->written++;
    }
}

/* What was offered and not taken in the cycle before stands unchanged. */
static void stable(struct bench *b, bool aw_waited, bool w_waited)
{
    const struct store_out *o = &b->out, *l = &b->last;
    if (aw_waited) {
        assert_true(o->aw_valid && o->aw_addr == l->aw_addr && o->aw_len == l->aw_len);
    } else if (b->aborting) {
        assert_false(o->aw_valid); /* an abort starts no burst */
    }
    if (w_waited) {
        assert_true(o->w_valid && o->w_last == l->w_last);
        assert_memory_equal(o->w_data, l->w_data, sizeof o->w_data);
        assert_memory_equal(o->w_strb, l->w_strb, sizeof o->w_strb);
    }
}

static void cycle(struct bench *b)
{
    const bool aw_waited = b->last.aw_valid && !b->in.aw_ready, w_waited = b->last.w_valid && !b->in.w_ready;
    const bool aborting = b->in.abort != 0;
    drive(b);
    store_settle(b->sim, &b->in, &b->out);
    stable(b, aw_waited, w_waited);
    b->aborting = aborting;
    reads(b);
    pads(b);
    data(b);
    address(b);
    b->dones += b->out.done;
    b->errors += b->out.bus_error;
    b->counted_beats += b->out.wbeats;
    b->counted_bytes += b->out.wbeats ? b->out.wbytes : 0u;
    const bool answer = b->in.b_valid && b->out.b_ready;
    store_clock(b->sim);
    if (answer) {
        b->responded += b->burst[b->answered++ % BURSTS].bytes;
        b->in.b_valid = 0;
    }
    b->last = b->out;
    b->cycle++;
}

/* ---- batches ---- */

static int start(void **state)
{
    (void)state;
    struct bench *b = calloc(1, sizeof *b);
    assert_non_null(b);
    bench = b;
    b->rnd = bench_random_start("test_store");
    b->sim = store_open();
    b->dut = calloc(1, sizeof *b->dut);
    b->want = calloc(1, sizeof *b->want);
    b->touched = calloc(DRAM_BYTES, sizeof *b->touched);
    assert_true(b->dut != NULL && b->want != NULL && b->touched != NULL);
    b->error_at = UINT32_MAX;
    for (int k = 0; k < 4; k++)
        cycle(b);
    b->in.rst_n = 1;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    store_close(bench->sim);
    free(bench->dut);
    free(bench->want);
    free(bench->touched);
    free(bench);
    return 0;
}

static void begin(struct bench *b)
{
    b->base = bench_random64(&b->rnd) >> 8 & ~63ull;
    b->dones = b->errors = b->strobed = b->responded = b->pad_vectors = 0;
    b->counted_beats = b->counted_bytes = b->beats = b->takes = 0;
    store_random_operands(&b->rnd, b->dut);
    memcpy(b->want, b->dut, sizeof *b->want);
}

static void expect(struct bench *b, struct batch *t, uint32_t stamp)
{
    struct store_work sum = {0, 0};
    for (uint32_t i = 0; i < t->count; i++) {
        const struct store_work work = store_model(b->want, t->insn[i], b->touched, stamp);
        sum.dram_bytes += work.dram_bytes;
        sum.pad_vectors += work.pad_vectors;
        t->until[i] = sum;
    }
}

/* What is reported as done is done. */
static void check_done(struct bench *b, const struct batch *t)
{
    if (!b->out.done)
        return;
    assert_true(b->dones <= t->count);
    assert_true(b->responded >= t->until[b->dones - 1].dram_bytes);
    assert_true(b->pad_vectors >= t->until[b->dones - 1].pad_vectors);
}

/* Runs until all are done, or an error is reported, or abort_at cycles have gone by. */
static void run(struct bench *b, const struct batch *t, uint64_t abort_at, uint32_t offer)
{
    uint32_t given = 0;
    const uint64_t from = b->cycle;
    while (b->dones < t->count && b->errors == 0 && b->cycle - from < abort_at) {
        if (!b->in.insn_valid && given < t->count && chance(b, offer)) {
            b->in.insn_valid = 1;
            b->in.base = b->base;
            memcpy(b->in.insn, t->insn[given++], sizeof b->in.insn);
        }
        cycle(b);
        check_done(b, t);
        if (b->out.insn_ready)
            b->in.insn_valid = 0;
        assert_true(b->cycle - from < LIMIT);
    }
    b->in.insn_valid = 0;
}

static void abort_run(struct bench *b)
{
    const uint64_t from = b->cycle;
    b->in.abort = 1;
    do {
        cycle(b);
        assert_true(b->cycle - from < LIMIT);
        assert_false(b->out.done);
    } while (!b->out.idle);
    b->in.abort = 0;
    assert_int_equal(b->sent, b->answered);
}

static void random_batch(struct bench *b, struct batch *t)
{
    static const uint32_t rates[] = {8, 8, 6, 4, 2, 1};
    t->count = 1 + bench_random_below(&b->rnd, BATCH);
    for (uint32_t i = 0; i < t->count; i++)
        store_random_insn(&b->rnd, t->insn[i]);
    b->grant = rates[bench_random_below(&b->rnd, 6)];
    b->ready = rates[bench_random_below(&b->rnd, 6)];
}

static void check_complete(struct bench *b, const struct batch *t)
{
    for (int k = 0; k < 4; k++)
        cycle(b); /* nothing more comes */
    assert_true(b->out.idle);
    assert_int_equal(b->dones, t->count);
    assert_int_equal(b->errors, 0);
    assert_int_equal(b->strobed, t->until[t->count - 1].dram_bytes);
    assert_int_equal(b->pad_vectors, t->until[t->count - 1].pad_vectors);
    assert_int_equal(b->counted_bytes, b->strobed);
    assert_int_equal(b->counted_beats, b->beats);
    assert_memory_equal(b->dut->dram, b->want->dram, DRAM_BYTES);
    assert_memory_equal(b->dut->apad, b->want->apad, APAD_BYTES);
    assert_memory_equal(b->dut->wpad, b->want->wpad, WPAD_BYTES);
}

/* Bytes that no instruction of the batch writes keep their values. */
static void check_untouched(struct bench *b, const uint8_t *before, uint32_t stamp)
{
    for (uint32_t i = 0; i < DRAM_BYTES; i++)
        if (b->touched[i] != stamp && b->dut->dram[i] != before[i])
            fail_msg("byte %u was written", i);
}

static void check_error(struct bench *b, const struct batch *t)
{
    uint32_t guilty = 0;
    if (b->sent <= b->error_at) /* the burst never came: all is well */
        return;
    while (t->until[guilty].dram_bytes <= b->burst[b->error_at % BURSTS].first_byte)
        guilty++;
    assert_int_equal(b->errors, 1);
    assert_int_equal(b->dones, guilty);
}

static void test_store_random_instructions_match_naive_loops(void **state)
{
    struct bench *b = bench;
    const uint64_t count = bench_env("SYSTOLE_COUNT", 20000);
    uint64_t done = 0, vectors = 0, aborts = 0, errors = 0;
    uint32_t stamp = 0;
    struct batch t;
    uint8_t *before = malloc(DRAM_BYTES);
    (void)state;
    assert_non_null(before);
    while (done < count) {
        const uint32_t kind = bench_random_below(&b->rnd, 12);
        const uint64_t abort_at = kind == 0 ? bench_random_below(&b->rnd, 600) : UINT64_MAX;
        random_batch(b, &t);
        begin(b);
        memcpy(before, b->dut->dram, DRAM_BYTES);
        expect(b, &t, ++stamp);
        b->error_at = kind == 1 ? b->sent + bench_random_below(&b->rnd, 16) : UINT32_MAX;
        run(b, &t, abort_at, b->grant);
        done += b->dones;
        vectors += b->takes;
        if (b->dones == t.count) {
            assert_true(b->sent <= b->error_at); /* an error would have been reported */
            check_complete(b, &t);
        } else {
            aborts += kind == 0;
            errors += kind == 1;
            if (kind == 1)
                check_error(b, &t);
            abort_run(b);
            check_untouched(b, before, stamp);
        }
        b->error_at = UINT32_MAX;
    }
    free(before);
    printf("COLS %d, AXI_BYTES %d, HAS_FP %d: %llu instructions, %llu vectors, %llu aborts, %llu bus errors, "
           "%llu cycles\n",
           COLS, AXI_BYTES, HAS_FP, (unsigned long long)done, (unsigned long long)vectors, (unsigned long long)aborts,
           (unsigned long long)errors, (unsigned long long)b->cycle);
}

/* ---- rates ---- */

/* Instructions of 64 vectors each, one behind the other in memory, everything outside always ready. */
static void rate(struct bench *b, const char *name, uint32_t dst, uint32_t out, uint32_t res, uint32_t bytes)
{
    struct batch t = {.count = BATCH};
    const uint32_t vectors = 64, size = vectors * COLS * bytes;
    for (uint32_t i = 0; i < t.count; i++) {
        uint32_t *insn = t.insn[i];
        SYSTOLE_PUT(insn, ANY, opcode, SYSTOLE_OP_STORE);
        SYSTOLE_PUT(insn, STORE, dst, dst);
        SYSTOLE_PUT(insn, STORE, out, out);
        SYSTOLE_PUT(insn, STORE, scale, SYSTOLE_SCALE_IMM);
        SYSTOLE_PUT(insn, STORE, res, res);
        SYSTOLE_PUT(insn, STORE, scale_imm, 0x3c000000u);
        SYSTOLE_PUT(insn, STORE, dst_lo, dst == SYSTOLE_DST_DRAM ? i * size % DRAM_BYTES : 0);
        SYSTOLE_PUT(insn, STORE, n, 4);
        SYSTOLE_PUT(insn, STORE, n_tail, COLS);
        SYSTOLE_PUT(insn, STORE, q, vectors / 4);
        SYSTOLE_PUT(insn, STORE, p, 1);
        SYSTOLE_PUT(insn, STORE, c_sn, 1);
        SYSTOLE_PUT(insn, STORE, c_sq, 4);
        SYSTOLE_PUT(insn, STORE, d_sn, COLS * bytes);
        SYSTOLE_PUT(insn, STORE, d_sq, 4 * COLS * bytes);
    }
    b->grant = b->ready = 8;
    begin(b);
    expect(b, &t, 0);
    run(b, &t, UINT64_MAX, 8);
    check_complete(b, &t);
    /* Vectors bound it where they are narrower than a beat, beats where they are not; W waits once, for the first
       long burst. */
    const double vectors_rate = (double)b->takes / (double)(b->last_take - b->first_take + 1);
    const double beats_rate = b->beats != 0 ? (double)b->beats / (double)(b->last_beat - b->first_beat + 1) : 0.0;
    const bool narrow = dst != SYSTOLE_DST_DRAM || COLS * bytes < AXI_BYTES;
    printf("  %-22s %.3f vectors a cycle, %.3f beats a cycle", name, vectors_rate, beats_rate);
    assert_true((narrow ? vectors_rate : beats_rate) >= 0.95);
    printf("\n");
}

static void test_store_contiguous_output_runs_at_full_rate(void **state)
{
    (void)state;
    rate(bench, "int8 to DRAM", SYSTOLE_DST_DRAM, SYSTOLE_OUT_I8, SYSTOLE_RES_NONE, 1);
    rate(bench, "int8 residual to DRAM", SYSTOLE_DST_DRAM, SYSTOLE_OUT_I8, SYSTOLE_RES_I8, 1);
    rate(bench, "fp32 to DRAM", SYSTOLE_DST_DRAM, SYSTOLE_OUT_F32, SYSTOLE_RES_NONE, 4);
    rate(bench, "int8 to WPAD", SYSTOLE_DST_WPAD, SYSTOLE_OUT_I8, SYSTOLE_RES_NONE, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store_contiguous_output_runs_at_full_rate),
        cmocka_unit_test(test_store_random_instructions_match_naive_loops),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
