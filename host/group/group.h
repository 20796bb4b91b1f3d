/* SPDX-License-Identifier: Apache-2.0 */
/* A group, inside the library. */
#ifndef SY_GROUP_H
#define SY_GROUP_H

#include "host/core/context.h"
#include "host/group/link.h"
#include "host/include/systole_group.h"

#include <stdatomic.h>

/* What a rank tells the others of its machine, read when one of them is gone. */
struct sy_rank_slot {
    atomic_int process; /* 0: not joined, or left */
    atomic_int rank;
    atomic_int told; /* of slot 0: a rank has asked who died */
    atomic_int reserved;
    atomic_ullong place;
};

struct systole_group {
    struct systole_context *ctx;
    const struct sy_link *link; /* NULL: a group of one */
    void *self, *library;
    int rank, ranks;
    struct sy_rank_slot *slots; /* of this machine; NULL: unknown */
    int slot, n_slots;
};

/* The same over any link. Takes `library`, which may be NULL, when it succeeds. */
enum systole_status sy_group_over(struct systole_context *ctx, const struct sy_link *link, void *library, struct systole_group **group);

#endif
