/* SPDX-License-Identifier: Apache-2.0 */
/* What a session holds. */
#ifndef SY_SESSION_H
#define SY_SESSION_H

#include "host/engine/record.h"
#include "host/graph/profile.h"
#include "host/net/net.h"

struct systole_session {
    struct systole_context *ctx;
    struct systole_model *model;
    struct sy_engine *engine;
    int *sharers;                   /* how many sessions use the engine */
    struct sy_net *net;             /* compiled; NULL: node by node */
    struct systole_tensor **set;    /* by value: what the caller gave */
    struct systole_tensor **values; /* by value: of the last run */
    struct sy_profile profile;      /* of the last run */
    struct sy_progress progress;
    bool keeps;                     /* runs go node by node, and all values stay */
    struct sy_record record;        /* of the last run, where it was asked for */
};

/* Without anything compiled; takes the engine over, also when it fails. */
enum systole_status sy_session_new(struct systole_context *ctx, struct systole_model *model, struct sy_engine *engine,
                                   struct systole_session **session);
/* A compiled session's file begins with its mark; the model's own bytes within one. */
bool sy_is_saved(const void *data, size_t size);
enum systole_status sy_saved_model(struct systole_context *ctx, const void *data, size_t size, const uint8_t **model, size_t *model_size);
/* Inputs that were set become values of a run. */
void sy_session_take_inputs(struct systole_session *s);

#endif
