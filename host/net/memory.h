/* SPDX-License-Identifier: Apache-2.0 */
/* Places of values in a segment's memory: two that live at the same time do not overlap. */
#ifndef SY_NET_MEMORY_H
#define SY_NET_MEMORY_H

#include "host/net/compile.h"

struct net_place {
    int value;
    enum net_layout layout;
    int of;           /* the place whose bytes these are, or -1 */
    int begin, end;   /* operations, the first that writes and the last that reads it */
    uint64_t size, offset;
};

struct net_memory {
    struct net_place *places;
    int count, room;
    uint64_t size; /* of all, once planned */
};

/* Indices; -1 without memory, or where there is none. */
int net_memory_add(struct net_memory *m, int value, enum net_layout layout, uint64_t size, int begin);
int net_memory_alias(struct net_memory *m, int value, enum net_layout layout, int of);
int net_memory_find(const struct net_memory *m, int value, enum net_layout layout);
void net_memory_use(struct net_memory *m, int place, int when);
/* Offsets for all, the largest first, each as low as it fits. False without memory. */
bool net_memory_plan(struct net_memory *m);
uint64_t net_memory_offset(const struct net_memory *m, int place);
void net_memory_free(struct net_memory *m);

#endif
