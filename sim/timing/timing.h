/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of a run, without its data: the control of the RTL, cycle for cycle, in C. docs/fast-model.md says how it is made and
 * what it leaves out.
 *
 * Cycles count from 0 for the first in which the run is counted. What a unit shows in cycle t follows from its state before the
 * edge that ends t; an edge function takes a unit over that edge and returns whether anything in it moved. Where nothing moves,
 * time jumps to the next cycle in which something can.
 */
#ifndef SYSTOLE_TIMING_H
#define SYSTOLE_TIMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../driver/systole_event.h"
#include "../memory.h"
#include "../regions.h"

#define TIMING_NEVER UINT64_MAX
#define TIMING_ROOM 8u /* instructions a queue holds, and as many beside them with the unit */

/* What parameters systole_core has; checked by timing_config_legal(). */
struct timing_config {
    uint32_t rows, cols, has_fp, axi_bytes, apad_bytes, wpad_bytes, acc_rows, param_rows, apad_banks, acc_banks, mac_latency, post_latency, post_lanes,
        weight_planes, lane_taps, parity;
    uint32_t word_bytes; /* follows from the others */
};

struct timing_insn {
    const uint32_t *words;
    uint64_t base; /* of its window */
    uint32_t index;
    uint16_t wait, signal, c_hi;
    uint8_t op, queue;
};

/* ---- the memory bus ---- */

struct timing_burst {
    uint64_t addr, due;
    uint32_t left;
    bool whole; /* all of it is in one region; else each beat is looked up */
    bool failed;
};

#define TIMING_BURSTS MEMORY_MAX_OUTSTANDING

struct timing_ring {
    struct timing_burst slot[TIMING_BURSTS];
    uint32_t head, data, tail;
};

struct timing_bucket {
    uint64_t level, last;
};

struct timing_memory {
    struct memory_options opt;
    struct regions *regions;
    uint32_t bytes;
    uint64_t origin; /* clock edges before cycle 0 */
    uint64_t cost;
    bool steady;     /* nothing depends on the cycle's number: edges without a move can be skipped */
    struct timing_bucket read_bucket, write_bucket;
    uint32_t draw;
    bool ar_ready, aw_ready, w_ready, r_valid, b_valid;
    bool r_id, r_last, r_failed, b_failed;
    uint32_t reading, writing;
    uint64_t read_beats, write_beats;
    struct timing_ring reads[2], writes;
};

/* ---- load ---- */

struct load_ctl {
    bool fill, trans, row_end, blk_end, last;
    uint8_t seq, mem, conv;
    uint32_t aux, dst;
};

struct load_segment {
    struct load_ctl ctl;
    uint64_t src;
    uint32_t left;
    bool valid;
};

struct load_burst {
    struct load_ctl ctl;
    uint16_t bytes;
    uint8_t off;
};

struct load_piece {
    struct load_ctl ctl;
    uint8_t bytes;
    bool valid;
};

struct load_walk {
    uint8_t state; /* 0 idle, 1 setup, 2 run */
    struct load_ctl ctl;
    uint8_t es_log, ed_log, tb_log;
    uint32_t len, n1, n2, i0_left, i1_left, i2_left, i3_left, a_left;
    uint32_t s1, s2, s3, d1, d2, d3;
    uint64_t sa, sb, sc, sd, se;
    uint32_t da, db, dc, dd, de;
};

struct load_bank {
    uint32_t dst, step;
    uint8_t mem, row_bytes, rows;
    bool two, last, full;
};

struct load_transpose {
    struct load_bank bank[2];
    uint8_t wr_bank, rd_bank, wr_row, wr_byte, col;
    uint32_t col_dst;
};

struct load_pack {
    bool hold, hold_last, wr_valid, wr_last;
    uint8_t hold_mem, wr_mem;
    uint32_t hold_word, wr_addr;
    uint64_t hold_be;
};

#define LOAD_BURSTS 128u
#define LOAD_INSIDE 4u

struct timing_load {
    struct load_walk walk;
    struct load_segment split;
    struct load_burst burst[LOAD_BURSTS];
    uint32_t burst_head, burst_tail;
    bool ar_valid;
    uint64_t ar_addr;
    uint32_t ar_beats;
    uint32_t beats; /* in the FIFO behind the bus */
    bool beat_failed[2];
    bool later;     /* the burst's first beat was taken */
    uint16_t left;
    uint32_t dst;
    struct load_piece stage[3];
    struct load_transpose transpose;
    struct load_pack pack;
    uint8_t oldest, next;
    bool done, beat, err, told, bus_error;
    uint8_t beat_bytes, err_seq;
};

/* ---- store ---- */

struct store_slot {
    struct timing_insn insn;
    bool complete, failed, to_apad, has_res;
};

struct store_walk {
    bool active, c_have, r_have;
    uint8_t slot, log;
    uint32_t n_last, q_last, p_last, n, q, p;
    uint16_t c, c_row, c_plane, c_sn, c_sp, c_sq;
    uint32_t r, r_row, r_plane, r_sn, r_sp, r_sq;
    uint64_t d, d_row, d_plane;
    int64_t d_sn, d_sp, d_sq;
    uint8_t dst, n_tail;
    bool has_res;
};

struct store_vector {
    uint64_t ready, addr;
    uint16_t bytes;
    uint8_t slot, dst;
    bool last;
};

#define STORE_CREDITS 64u /* room in the model; store_credits() is how many the RTL has */
#define STORE_SLOTS 4u
#define WRITE_BURSTS 8u
#define WRITE_BEATS 64u
#define WRITE_BURST_BEATS 32u
#define WRITE_OUTSTANDING 128u
#define WRITE_SENT 64u /* bursts that a period of a store may send */

struct write_chunk { /* a piece of a vector over two beats, or the open beat */
    bool valid, last;
    uint8_t slot;
    uint64_t addr, lo, hi; /* beat, strobes in it and in the next */
};

struct write_burst {
    uint64_t addr;
    uint16_t beats;
    uint8_t slot;
    bool last;
};

struct timing_write {
    uint16_t done; /* bytes of the vector taken */
    struct write_chunk a, b;
    bool open;
    uint64_t start, next;
    uint16_t count;
    uint8_t slot;
    struct write_burst queue[WRITE_BURSTS];
    uint32_t q_head, q_tail;
    bool aw_valid;
    struct write_burst aw;
    uint32_t waiting;
    struct write_burst taken[WRITE_OUTSTANDING]; /* addresses taken: those before t_data have all their beats sent */
    uint32_t t_answer, t_data, t_tail;
    uint64_t sent_at[WRITE_SENT];  /* cycles in which the last bursts sent were whole */
    uint8_t strobes[WRITE_BEATS]; /* how many, of each beat */
    uint32_t beat_head, beat_tail, sent;
    bool beat;
    uint8_t beat_bytes;
};

struct timing_store {
    struct store_slot slot[STORE_SLOTS];
    uint8_t tail, head, walking, used, fresh;
    bool reported, any_failed;
    struct store_walk walk;
    uint64_t walk_count; /* instructions walked so far */
    struct store_vector vector[STORE_CREDITS];
    uint32_t v_head, v_tail;
    uint64_t free; /* the cycle in which the post-processing takes the next vector */
    struct timing_write write;
};

/* All of a store's state at the beginning of a pixel, seen from there. */
struct store_shot {
    uint64_t now, pixel, outline, patience, distance, insn, row;
    uint64_t last_outline, alike; /* of the pixel before, and how often it was the same */
    uint64_t counter[3];
    uint32_t words, own; /* own: those that do not tell of answers to come */
    uint32_t sent;       /* bursts whose beats were all sent */
    uint64_t word[896];
};

/*
 * A state that was seen to come again: from it on a store does the same every so many pixels, in whatever instruction it is met. It is found by the
 * words of its shot, by what the walk is like, and by where the pixel stands in its page.
 */
struct store_period {
    uint64_t traits[5]; /* of the walk; the first is 0 where there is none */
    uint64_t cycles, pixels, beats, bytes;
    bool pageless;      /* no page ended in it, or before it among what was on its way: it comes again where none does */
    uint32_t sent;
    uint64_t sent_at[WRITE_SENT]; /* from its beginning */
    uint32_t words;
    uint64_t word[640];
};

#define STORE_PERIODS 128u

/* ---- matmul ---- */

/*
 * Vectors of one instruction: `steps` of its reduction loops, each n * p * q vectors without a gap, `period` cycles from one to the next.
 * Where there are weights, one tile of them: one step, n = 1.
 */
struct matmul_part {
    uint64_t from, begin, end; /* cycles: could have begun, began, the one after the last vector */
    uint64_t weights;          /* from here on the tile is loaded; 0 without */
    uint64_t vectors, period;  /* of a step; of vectors also those that only feed the lanes */
    uint64_t steps;
    uint32_t kc, kw, n, p, q;
    uint32_t taps, apart;      /* at once, and how many vectors from one pixel of a row to the next: 1, 1 where they are not */
    uint32_t a, a_sn, a_sp, a_sq, a_skc, a_skw, a_skh;
    uint16_t c, c_sn, c_sp, c_sq;
    int8_t a_bank, c_bank;     /* that all its vectors are in, or -1 */
    bool lanes, first_acc;     /* first_acc: the first step reads the accumulators too */
};

struct matmul_run {
    uint64_t first, last, done; /* cycles: the walker has it, its last vector, its completion */
};

struct timing_matmul {
    struct matmul_part *part; /* ring, a power of two */
    uint32_t room, head, reading, tail; /* from head on results are on their way, from reading on vectors */
    uint64_t ready_at;        /* the next instruction can be accepted */
    uint64_t taken;           /* by the walker: the last one accepted */
    uint64_t plane_free[8];
    uint32_t plane;
    /* Of the last vector so far, and of what it ended. */
    bool any, lanes, is_long;
    uint64_t issued;
    uint64_t step;
    uint16_t lo, hi;
    uint32_t shape[6];
    struct matmul_run run[TIMING_ROOM]; /* accepted and not yet complete */
    uint32_t run_head, run_tail;
    uint64_t done_last;
    bool failed;              /* no memory */
};

/* ---- instructions ---- */

struct timing_fetch {
    uint32_t room, waited, beat, count, head; /* count: in the queue to the decoder */
    uint64_t offset;
    bool half, over, ar_valid, ar_second, bad;
    uint64_t ar_addr;
    uint8_t code[4];
    uint32_t index[4], arrived;
};

enum decode_state { DECODE_IDLE, DECODE_BUSY, DECODE_OFFER, DECODE_STOPPED };

struct timing_decode {
    enum decode_state state;
    uint64_t until;
    struct timing_insn insn;
    uint32_t index;
    uint8_t code;
    bool is_end, is_bad;
};

struct timing_queue {
    struct timing_insn waiting[TIMING_ROOM], running[TIMING_ROOM];
    uint32_t w_head, w_tail, r_head, r_tail;
};

struct timing_control {
    uint32_t quiet;
    bool over;
    uint32_t code, index;
};

/* What the units show each other in one cycle. */
struct timing_wires {
    bool l_ready, c_hit, r_hit, pw_valid, pw_hit, store_waits;
    bool fetch_ar, load_ar;  /* addresses taken */
    bool fetch_r, load_r, r_fire, r_failed;
    bool aw, w, b, b_failed;
    bool start[3], done[3], sync[3];
};

struct timing {
    struct timing_config c;
    uint64_t now, cycles; /* cycles: of the whole run, once it is over */
    uint64_t watchdog;
    uint64_t window_base[8], window_size[8];
    struct timing_wires wire;
    struct timing_memory memory;
    struct timing_fetch fetch;
    struct timing_decode decode;
    struct timing_queue queue[3];
    uint32_t token[12];
    struct timing_load load;
    struct timing_store store;
    struct timing_matmul matmul;
    struct timing_control control;
    bool ar_held, ar_held_load;
    struct store_shot store_shot, page_shot, store_here;
    struct store_period store_now, store_period[STORE_PERIODS];
    /* Which units have something to do in this cycle, and when the others will by themselves. */
    bool stepping; /* nothing is passed over: slower, for tests */
    bool front_on, load_on, store_on;
    uint64_t front_next, memory_next, store_next;
    uint32_t level; /* since level_from */
    uint64_t level_from;
    uint64_t counter[SYSTOLE_COUNTER_COUNT];
    struct systole_event *event;
    size_t event_count, event_room;
    uint32_t ended[8], ended_count; /* instructions that ended in this cycle */
    bool want_events, event_failed;
};

/* NULL, or what is wrong; fills in what follows from the rest. */
const char *timing_config_legal(struct timing_config *c);

/* A run from its start: state of before is forgotten. The caller has set c, memory.opt, memory.regions, windows, watchdog. */
void timing_begin(struct timing *m, uint64_t origin);

/* Lets cycles pass up to, and without, cycle `until`. True when the run is over. */
bool timing_run(struct timing *m, uint64_t until);
/* Ends the run by hand, as a soft reset does, so that `cycles` of it count. True when it is over before that. */
bool timing_stop(struct timing *m, uint64_t cycles);
void timing_free(struct timing *m);

/* Counters as they stand before cycle `now`. */
void timing_counters(struct timing *m, uint64_t counter[SYSTOLE_COUNTER_COUNT]);

/* ---- the parts, for each other ---- */

/* The code of the first check of docs/semantics.md that an instruction fails; sets base and c_hi. */
uint32_t timing_check(const struct timing *m, struct timing_insn *insn);

void memory_begin(struct timing *m, uint64_t origin);
bool timing_memory_edge(struct timing *m);
/* The next cycle in which the memory moves by itself. */
uint64_t timing_memory_wake(const struct timing *m);

void front_begin(struct timing *m);
bool control_edge(struct timing *m);
void front_wires(struct timing *m);
bool front_edge(struct timing *m);
uint64_t front_wake(const struct timing *m);

void load_begin(struct timing *m);
bool load_edge(struct timing *m);
bool load_data_edge(struct timing *m);
static inline bool load_ready(const struct timing_load *l)
{
    return l->walk.state == 0 && ((uint32_t)(l->next - l->oldest) & 15u) < LOAD_INSIDE;
}
static inline bool load_idle(const struct timing_load *l)
{
    return l->next == l->oldest;
}

/* Passes over cycles that are all alike, and says how many. */
uint64_t stream_skip(struct timing *m, uint64_t until);
uint64_t store_stream_skip(struct timing *m, uint64_t until);

void store_begin(struct timing *m);
void store_wires(struct timing *m);
bool store_edge(struct timing *m);
uint64_t store_wake(const struct timing *m);
bool write_edge(struct timing *m, const struct store_vector *v, bool *taken);
bool write_idle(const struct timing_write *w);
static inline bool store_done(const struct timing_store *s)
{
    return s->used != 0 && s->slot[s->head].complete && !s->slot[s->head].failed;
}
bool store_idle(const struct timing *m);

void matmul_begin(struct timing *m);
void matmul_accept(struct timing *m, const struct timing_insn *insn);
bool matmul_reads_acc(struct timing *m, uint32_t bank);
bool matmul_reads_apad(struct timing *m, uint32_t bank);
bool matmul_writes_acc(struct timing *m, uint32_t bank);
bool matmul_idle(const struct timing *m);
bool matmul_walks(const struct timing *m, uint64_t t);
uint64_t matmul_wake(const struct timing *m);
/* Adds what vectors before cycle `until` were and waited for. */
void matmul_retire(struct timing *m);
void matmul_count(struct timing *m, uint64_t until, uint64_t counter[SYSTOLE_COUNTER_COUNT]);

static inline uint64_t timing_least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The lowest n bits, n up to 64. */
static inline uint64_t timing_ones(uint32_t n)
{
    return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
}

/* fp32 to bf16: half the bytes go on. */
static inline bool load_halves(uint32_t conv)
{
    return conv >= SYSTOLE_CONV_F32_H;
}

static inline uint32_t timing_log2(uint32_t x)
{
    return 31u - (uint32_t)__builtin_clz(x);
}

/* Bank of an address of a memory of `units` in `banks`. */
static inline uint32_t timing_bank(uint32_t addr, uint32_t units, uint32_t banks)
{
    return (addr & (units - 1)) / (units / banks);
}

#endif
