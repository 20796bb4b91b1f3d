/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a session's last run did, step by step: a plain table of records that whoever runs the graph fills in.
 *
 * Node by node on the reference operators it is filled by begin and end around each node, from what the engine's totals grew by
 * in between. Whoever runs several nodes as one program adds the records itself: sy_profile_add, then the public members.
 */
#ifndef SY_PROFILE_H
#define SY_PROFILE_H

#include "host/engine/engine.h"
#include "host/graph/graph.h"

enum { SY_WHY = 320 };

struct sy_step {
    struct systole_step told; /* all but `why`; node and op live as long as the model */
    char why[SY_WHY];         /* "" when there is no reason to tell */
};

struct sy_profile {
    struct sy_step *steps;
    size_t count, room;
    double began; /* clock of the run's start */
    struct sy_engine_totals before;
};

/* Forgets the records and starts the clock. */
void sy_profile_restart(struct sy_profile *p);
/* A zeroed record at the end, with its name and the time of now as its start; NULL without memory. Valid until the next is added. */
struct sy_step *sy_profile_add(struct sy_profile *p, const char *node, const char *op);
/* The text is copied, and cut where it is long. Only the first reason of a step is kept. */
void sy_profile_why(struct sy_step *step, const char *why);
/* Seconds since the run began. */
double sy_profile_now(const struct sy_profile *p);
void sy_profile_free(struct sy_profile *p);

/* Around a node that the reference operators run; a NULL profile is allowed, as in a graph within a node. */
enum systole_status sy_profile_begin(struct sy_profile *p, struct systole_context *ctx, const struct sy_engine *e, const struct sy_node *n);
void sy_profile_end(struct sy_profile *p, const struct sy_engine *e);
/* The host does what the engine of the running node should have done. */
void sy_profile_on_host(struct sy_profile *p, const char *why);

#endif
