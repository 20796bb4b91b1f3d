/* SPDX-License-Identifier: Apache-2.0 */
/* An instruction, and the state of the store unit. */
#ifndef SYSTOLE_TIMING_STORE_TYPES_H
#define SYSTOLE_TIMING_STORE_TYPES_H

#include <stdbool.h>
#include <stdint.h>

struct timing_insn {
    const uint32_t *words;
    uint64_t base; /* of its window */
    uint32_t index;
    uint16_t wait, signal, c_hi;
    uint8_t op, queue;
};

struct store_slot {
    struct timing_insn insn;
    bool complete, failed, to_apad, has_res, close;
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

/* What the store unit shows and is shown in one cycle. */
struct store_wires {
    bool start, c_hit, r_hit, pw_valid, pw_hit, waits, aw, w, b, b_failed;
};

/* An instruction that the queue gave in cycle `at`. */
struct store_start {
    uint64_t at;
    struct timing_insn insn;
};

/* What state is seen from. */
struct store_place {
    uint64_t d;
    uint8_t slot;
};

#define STORE_WORDS 448u
#define STORE_KNOWN 512u
#define STORE_DONE 8u

/*
 * An instruction from the cycle in which its walk begins. Up to the one after its last vector it does the same whatever comes next; and
 * if nothing does, up to the one after it is complete.
 */
struct store_known {
    uint64_t shape[3]; /* the first is 0 where there is none */
    uint64_t walked, over;     /* cycles; over is 0 where it is not known */
    uint64_t beats[2], bytes[2]; /* of each */
    uint64_t done[STORE_DONE]; /* cycles in which instructions are complete, those before it and at last itself */
    uint32_t walked_done, over_done, begins, ends;
    uint64_t begin[STORE_WORDS], end[STORE_WORDS]; /* state: when the walk begins, and when it has ended */
};

struct timing_store {
    uint64_t now;  /* its own time, up to that of the run: store_time.c */
    uint64_t next, memory_next;
    uint64_t busy_from;
    bool on, busy;
    uint32_t close; /* instructions in use with which it must keep up with the others */
    struct store_wires wire;
    struct store_start start[STORE_SLOTS]; /* that its own time has not reached yet */
    uint32_t s_head, s_tail;
    const struct store_known *sleeps; /* what it would do is known, and not done yet, but that `told` instructions are complete */
    uint32_t told;
    uint64_t known_from;
    struct store_place known_place;
    uint32_t looked_at; /* parts of MATMULs before this one do not meet it */
    bool seeing;        /* what it does is kept for later: from its beginning on, or from the end of its walk on in `ending` */
    struct store_known seen, *ending;
    uint64_t seen_counter[3];
    uint32_t seen_done;
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

#endif
