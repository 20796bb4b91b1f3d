/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: the processes that `mpirun` started for one job, each with a device of its own. A process that was started alone is a
 * group of one, and needs no MPI; the others find libsystole_mpi.so where devices' libraries are found (`make mpi`).
 *
 *     systole_group_join(context, &g);
 *     ...                                      a trainer with its parameters, a checkpoint
 *     systole_group_train(g, t);               from now on every backward pass is one of all ranks
 *     for (;;) {
 *         ...                                  record this rank's part of the batch
 *         systole_train_backward(t, loss);
 *         systole_train_step(t, &adam, rate);  the same step, with the same bits, in every rank
 *     }
 *
 * Functions that say so are called by every rank, in the same order. The rest is as in systole_train.h.
 */
#ifndef SYSTOLE_GROUP_H
#define SYSTOLE_GROUP_H

#include "systole_train.h"

#ifdef __cplusplus
extern "C" {
#endif

struct systole_group;

/* By every rank, once in a process. NOT_FOUND where the launcher says that there are more processes and libsystole_mpi.so is not
 * there: nothing is computed several times over by mistake. The context has to live as long as the group. */
SYSTOLE_API enum systole_status systole_group_join(struct systole_context *context, struct systole_group **group);
/* By every rank, behind its trainers. NULL is allowed. */
SYSTOLE_API void systole_group_leave(struct systole_group *group);
SYSTOLE_API int systole_group_rank(const struct systole_group *group); /* 0 to size - 1 */
SYSTOLE_API int systole_group_size(const struct systole_group *group);

/* By every rank: the owner's bytes, in all. */
SYSTOLE_API enum systole_status systole_group_share(struct systole_group *group, int owner, void *data, size_t bytes);
/* By every rank: `bytes` of each rank, in the order of the ranks. */
SYSTOLE_API enum systole_status systole_group_gather(struct systole_group *group, const void *own, size_t bytes, void *all);

/* ---- Training ---- */

/*
 * By every rank, when its trainer has its parameters, and those of a checkpoint where there is one. From now on
 * systole_train_backward() and its kin are called by every rank, and add the gradients of all, in the order of the ranks, to the sums:
 * the bits of one trainer that made these passes one after the other. A pass that fails on one rank fails on all, and says which.
 * BAD_STATE on all ranks, with the first difference, unless their trainers are the same in every bit: systole_group_same() does
 * that comparison at any time.
 */
SYSTOLE_API enum systole_status systole_group_train(struct systole_group *group, struct systole_trainer *trainer);
SYSTOLE_API enum systole_status systole_group_same(struct systole_group *group, struct systole_trainer *trainer);

/* ---- Ends ---- */

/* Ends every rank, this one too, with this exit code: for a rank that failed, while others wait for it. Returns in a group of one. */
SYSTOLE_API void systole_group_end(struct systole_group *group, int code);
/* Tells the others where this rank is: a step, a point. */
SYSTOLE_API void systole_group_at(struct systole_group *group, uint64_t place);
/*
 * When a rank dies the launcher sends SIGTERM to the others. This may be called in the handler of that: "rank 2 of 4 died in step 18" for a
 * rank of the same machine, `unit` being "step"; or that this one was ended. Returns the length, which is 0 when another rank of
 * the machine has asked already: so one line a machine is said.
 */
SYSTOLE_API size_t systole_group_last_words(struct systole_group *group, const char *unit, char *line, size_t room);

#ifdef __cplusplus
}
#endif

#endif
