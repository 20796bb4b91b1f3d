/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Campaigns of faults: each tries one class of them in many cases, and every case has one outcome. (tests/rtl/faults.txt is something else: wrong
 * values inside the RTL, by which the comparisons are judged.)
 */
#ifndef SYSTOLE_TESTS_FAULTS_H
#define SYSTOLE_TESTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum outcome {
    HANDLED, /* told as it is documented, or of no effect; and the next use is right */
    LOST,    /* data that the case had no right to change, or that was there before, is not as it was */
    HUNG,    /* no end within the limits, or a device that takes no other program */
    WRONG,   /* said to be good, or another error than it is, or results that are not those of the specification */
    OUTCOMES
};

struct tally {
    uint64_t count[OUTCOMES], skipped;
    char skip[160];  /* why */
    char first[240]; /* of the cases not handled: which, and what it did */
    char note[160];  /* figures of its own, for the table's last column */
};

/* One case. Its words are kept when it is the first that was not handled. */
void tally_case(struct tally *t, enum outcome outcome, const char *format, ...) __attribute__((format(printf, 3, 4)));
void tally_skip(struct tally *t, uint64_t cases, const char *why);
void tally_note(struct tally *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct setup {
    const char *sim, *hls; /* libraries of one configuration */
    const char *parity;    /* and one more: the RTL with parity in its memories */
    uint64_t seed;
    unsigned share;        /* of the cases of a campaign that are many, one in so many is tried; 1: all */
    const char *folder;    /* for files; empty, and removed afterwards */
    const char *systole;   /* the command */
    const char *device;    /* one more back end for random programs, or NULL */
};

typedef void campaign_fn(const struct setup *s, struct tally *t);

/* FAULT_CAMPAIGN(name, class) */
#define FAULT_CAMPAIGNS(X)                                                                                                     \
    X(bus_read_error, "AXI: read answered SLVERR or DECERR, each beat")                                                        \
    X(bus_write_error, "AXI: write answered SLVERR or DECERR, each beat")                                                      \
    X(bus_read_hang, "AXI: no answers to reads, from each beat on")                                                            \
    X(bus_write_hang, "AXI: writes not taken, from each beat on")                                                              \
    X(interrupts, "interrupt lost, late, spurious or switched off, each cycle")                                                \
    X(words, "program: each bit of each word inverted, RTL and HLS C")                                                         \
    X(random_programs, "program: random bytes and random fields, RTL and HLS C")                                               \
    X(every_backend, "program: random, through the driver on every back end")                                                  \
    X(resets, "soft reset at each cycle of a program")                                                                         \
    X(two_processes, "two processes with one device string")                                                                   \
    X(killed_host, "host killed at any moment while it writes")                                                                \
    X(full_disk, "disk full after each number of bytes")                                                                       \
    X(full_disk_command, "disk full, files of the command")                                                                    \
    X(no_memory, "each allocation refused: saved networks")

#define FAULT_DECLARE(name, text) campaign_fn campaign_##name;
FAULT_CAMPAIGNS(FAULT_DECLARE)
#undef FAULT_DECLARE

/*
 * Bit flips in the memories, without and with parity; prints a table of its own. True when every run ended within its windows, and with parity no
 * result was wrong without an error.
 */
bool upsets(const struct setup *s, const char *report);

#endif
