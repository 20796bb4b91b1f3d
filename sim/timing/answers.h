/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to bursts that a STORE in stream sends: they come a fixed time after the last beat, whatever else happens. */
#ifndef SYSTOLE_TIMING_ANSWERS_H
#define SYSTOLE_TIMING_ANSWERS_H

#include "timing.h"

/* Cycles in which no answer matters, if what the period sends is sent again and again. */
uint64_t answers_apart(const struct timing *m, const struct store_period *p);

/* The same answers are on their way, `cycles` later. */
void answers_shift(struct timing *m, uint64_t cycles);

/* What the period sends has been sent `times` times more, and what has fallen due was answered. */
void answers_pass(struct timing *m, const struct store_period *p, uint64_t times);

#endif
