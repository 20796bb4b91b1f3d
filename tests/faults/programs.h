/* SPDX-License-Identifier: Apache-2.0 */
/* Programs without sense. */
#ifndef SYSTOLE_TESTS_FAULTS_PROGRAMS_H
#define SYSTOLE_TESTS_FAULTS_PROGRAMS_H

#include "machine.h"

/* Replaces instructions of a sound program: bytes without any sense, some words, or an opcode with random fields. */
void program_scramble(struct fuzz_case *c, struct rng *r);

/* Loops that no check bounds may be long: a program of a month is no error. Whether one has more steps than a test can wait for. */
bool program_is_long(const struct fuzz_case *c);

#endif
