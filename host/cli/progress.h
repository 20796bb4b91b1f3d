/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far long work is, on standard error: on a terminal a bar with the time that remains, redrawn in place by a thread of its own;
 * elsewhere a plain line every ten seconds. SYSTOLE_PROGRESS=SECONDS in the environment: as often as that; 0: at each step.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdint.h>

struct cli_progress;

/* NULL when `quiet`, or when there is no memory or thread for it: the others take NULL. `what` stays the caller's. */
struct cli_progress *cli_progress_start(const char *what, int quiet);
/* Fits systole_progress_fn; `user` is the progress. */
void cli_progress_step(void *user, uint64_t done, uint64_t total, const char *step);
/* Takes the bar away for a while: before a line on standard output. */
void cli_progress_hide(struct cli_progress *p);
/* Takes it away for good, and frees. */
void cli_progress_end(struct cli_progress *p);

#endif
