/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verbs under mpirun: of a list of points, rank r of n runs points r, r + n, r + 2n ...; what they found goes to all, and rank 0 tells it.
 * Where no launcher is, there is one rank, which does everything.
 */
#ifndef CLI_RANKS_H
#define CLI_RANKS_H

#include "cli.h"

struct cli_ranks;

/* By all ranks, first of all that can fail differently in each. */
enum cli_exit cli_ranks_join(struct systole_context *ctx, struct cli_ranks **ranks);
/* The exit code of this rank: the verdict is rank 0's; a failure ends all the others, who would wait for this one. NULL is allowed. */
enum cli_exit cli_ranks_leave(struct cli_ranks *ranks, enum cli_exit code);

/* Is it this rank's point? Then those who look for a rank that died are told so. */
int cli_ranks_runs(struct cli_ranks *ranks, int point);
/* The same, and nobody is told. */
int cli_ranks_owns(const struct cli_ranks *ranks, int point);
int cli_ranks_count(const struct cli_ranks *ranks);
/* Is this rank 0? */
int cli_ranks_tells(const struct cli_ranks *ranks);
/* By all ranks: memory, or a tensor (NULL stays NULL), of the rank whose point it is. */
enum cli_exit cli_ranks_share(struct cli_ranks *ranks, int point, void *data, size_t bytes);
enum cli_exit cli_ranks_share_tensor(struct cli_ranks *ranks, int point, struct systole_tensor **tensor);

#endif
