/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ranks do with each other, as a table: libsystole_mpi.so has one, called `systole_link`. Functions return 0, or fill the
 * message and return something else. All but `end` and `close` are called by every rank in the same order.
 */
#ifndef SY_LINK_H
#define SY_LINK_H

#include <stddef.h>
#include <stdint.h>

#define SY_LINK_VERSION 1
#define SY_LINK_MESSAGE 256

struct sy_link {
    uint32_t version;
    uint32_t size; /* of this table */
    int (*open)(void **self, int *rank, int *ranks, char *message);
    /* Ends; the memory of `nearby` too. */
    void (*close)(void *self);
    /* The owner's bytes to all. */
    int (*share)(void *self, int owner, void *data, size_t bytes, char *message);
    /* `each` bytes of every rank, in the order of the ranks, to all. */
    int (*gather)(void *self, const void *own, size_t each, void *all, char *message);
    /* Part i of `parts`, `each` bytes, to rank i; what rank i had for this one becomes part i of `own`. */
    int (*exchange)(void *self, const void *parts, size_t each, void *own, char *message);
    /* Zeroed memory that the ranks of this machine have in common: `each` bytes for every one of them, this one's the part `index` of
     * `count`. NULL: there is none. */
    void *(*nearby)(void *self, size_t each, int *index, int *count);
    /* Ends the processes of all ranks. */
    void (*end)(void *self, int code);
};

#endif
