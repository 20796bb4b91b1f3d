/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and ending the board's process for the tests of the back end `serial`. */
#ifndef SYSTOLE_TESTS_BOARDS_H
#define SYSTOLE_TESTS_BOARDS_H

#include <stdarg.h>
#include <signal.h>
#include <sys/types.h>

#include "tests/unit/test_driver.h"

#define BOARD_ARGUMENTS 12
#define DEVICE_BYTES 700

struct board_process {
    pid_t pid;
    int input; /* closed: it ends by itself */
    char folder[64], link[96], report[96];
};

/* Options of tests/ulx3s/board.c, up to NULL. */
void board_start(struct board_process *p, ...);
void board_end(struct board_process *p);
void board_kill(struct board_process *p);

/* "damaged 3" of its report: 3. After board_end(). */
unsigned long board_counted(const struct board_process *p, const char *what);

/* "serial:LINK" and options, in a static buffer. */
const char *board_device(const struct board_process *p, const char *options);

#endif
