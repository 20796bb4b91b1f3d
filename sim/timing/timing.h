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
#include "store_types.h"

#define TIMING_NEVER UINT64_MAX
#define TIMING_ROOM 8u /* instructions a queue holds, and as many beside them with the unit */

/* What parameters systole_core has; checked by timing_config_legal(). */
struct timing_config {
    uint32_t rows, cols, has_fp, axi_bytes, apad_bytes, wpad_bytes, acc_rows, param_rows, apad_banks, acc_banks, mac_latency, post_latency, post_lanes,
        weight_planes, lane_taps, parity;
    uint32_t word_bytes; /* follows from the others */
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
    uint32_t draw, write_draw;
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
    bool l_ready;
    bool fetch_ar, load_ar;  /* addresses taken */
    bool fetch_r, load_r, r_fire, r_failed;
    bool start[3], done[2], sync[3];
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
    struct store_known store_known[STORE_KNOWN];
    /* Which units have something to do in this cycle, and when the others will by themselves. */
    bool stepping; /* nothing is passed over: slower, for tests */
    bool front_on, load_on;
    uint64_t front_next, memory_next;
    uint64_t settled;      /* the cycle up to which all but the store has been taken */
    uint64_t stepped;      /* the last cycle in which all but the store took an edge, and what the load wrote to a pad in it */
    struct load_pack pad;
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
/* Of reads, in the time of the run; of writes, in that of the store. */
bool memory_read_edge(struct timing *m);
bool memory_write_edge(struct timing *m);
/* The next cycle in which the memory moves by itself. */
uint64_t memory_read_wake(const struct timing *m);
uint64_t memory_write_wake(const struct timing *m);

void front_begin(struct timing *m);
bool control_edge(struct timing *m);
void front_wires(struct timing *m);
bool front_edge(struct timing *m);
/* The oldest instruction of a queue is complete in cycle `at`. */
void queue_done(struct timing *m, unsigned queue, uint64_t at);
/* Counters of what ended in the cycle before `until`. */
void timing_end_events(struct timing *m, uint64_t until);
/* A queue has an instruction that runs, or will without another's tokens. */
bool queue_busy(const struct timing *m, unsigned queue);
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
/* All of a store's state but the walk, as words; how many, which may be more than there is room for. And back, seen from elsewhere. */
uint32_t store_state_put(struct timing *m, const struct store_place *at, uint64_t *words);
void store_state_get(struct timing *m, const struct store_place *at, const uint64_t *words);
/* A walk begins; it has ended; an instruction is complete: what is known of such is looked up, or kept. */
void store_known_look(struct timing *m);
void store_known_walked(struct timing *m, bool goes_on);
void store_known_done(struct timing *m);
/* Whether the time of the store need not go on up to cycle `until`; is_done: an instruction is complete. */
bool store_known_sleeps(struct timing *m, uint64_t until, bool *is_done);
/* It must go on cycle by cycle. */
void store_known_wake(struct timing *m);
void store_take(struct timing *m);
void store_walk_load(struct timing *m);
bool write_edge(struct timing *m, const struct store_vector *v, bool *taken);
bool write_idle(const struct timing_write *w);
static inline bool store_done(const struct timing_store *s)
{
    return s->used != 0 && s->slot[s->head].complete && !s->slot[s->head].failed;
}
bool store_idle(const struct timing *m);
static inline bool store_has_room(const struct timing_store *s)
{
    return s->used - s->told + (s->s_tail - s->s_head) != STORE_SLOTS;
}

/* Whether the time of the store must be that of the run before that goes on. */
bool store_matters(const struct timing *m);
/* Whether it must be throughout this instruction. */
bool store_keeps_close(const struct timing *m, const struct timing_insn *insn);
/* The queue gives the store an instruction in this cycle. */
void store_give(struct timing *m, const struct timing_insn *insn);
/* The store's time goes on up to, and without, cycle `until`. True when it has stopped before or there, for an instruction is complete
   or has failed. */
bool store_advance(struct timing *m, uint64_t until);
/* The same, whatever happens. */
void store_catch_up(struct timing *m, uint64_t until);

/* Banks from one address to another of a memory. */
struct matmul_rows {
    uint32_t lo, hi;
};
struct matmul_rows matmul_rows(int64_t first, int64_t last, uint32_t units, uint32_t banks);
/* Cycles from `now` on, at most `most`, in which the array reads none of the banks, as far as its parts from `from` on go. pads NULL:
   the pad's are not asked for. */
uint64_t matmul_apart(const struct timing *m, uint32_t from, uint64_t now, const struct matmul_rows *rows,
                      const struct matmul_rows *pads, uint64_t most);
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

/* The lowest and the highest of addresses or rows. */
struct timing_span {
    int64_t lo, hi;
};

/* Each of them `last` times further on, too. */
static inline void timing_reach(struct timing_span *s, uint32_t last, uint32_t stride)
{
    const int64_t span = (int64_t)last * (int32_t)stride;
    s->lo += span < 0 ? span : 0;
    s->hi += span < 0 ? 0 : span;
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

/* Addresses in units of a size that is a power of two. */
static inline uint64_t timing_units(uint64_t addr, uint32_t size)
{
    return addr >> timing_log2(size);
}

/* Bank of an address of a memory of `units` in `banks`, both powers of two. */
static inline uint32_t timing_bank(uint32_t addr, uint32_t units, uint32_t banks)
{
    return (addr & (units - 1)) >> (timing_log2(units) - timing_log2(banks));
}

#endif
