/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the training examples share: options, a trainer and, with --check, a second one on another device that does every step too
 * and is compared with the first bit by bit; checkpoints, a loss curve, a progress line.
 *
 * A step's batch is cut into parts, each a pass of its own. Started by mpirun, rank r of n makes the parts r, r + n, r + 2n ...: the
 * same bits as one process that makes all of them. Rank 0 alone prints, and writes files.
 *
 * Exit codes: 0 done; 1 a result is wrong (devices differ, the accuracy is below --accuracy); 2 the command line; 3 something
 * failed.
 */
#ifndef TRAIN_COMMON_H
#define TRAIN_COMMON_H

#include <stdint.h>
#include <stdio.h>

#include "systole_group.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

struct options {
    const char *device, *check; /* check: NULL, or the other device */
    const char *checkpoint;     /* NULL: none; read where it is there, written every `every` steps and at the end */
    const char *curve;          /* NULL, or a file with a line "step,loss" a step */
    uint64_t seed, steps, batch, every;
    uint64_t parts; /* of a batch; 0: one a rank */
    double rate, accuracy; /* accuracy: the least, in percent */
    const char *images, *labels, *text;
    int mlp;
};

/* Fills `o`, whose defaults stand there already. 0, or an exit code after a word on stderr; --help: *help becomes 1. */
int options_read(int argc, char **argv, struct options *o, int *help);

struct session {
    const struct options *o;
    struct systole_group *group;
    int64_t parts;
    int sides;
    struct systole_context *context[2];
    struct systole_trainer *trainer[2];
    FILE *curve;
    uint64_t first; /* step to begin with: above 0 after a checkpoint */
};

typedef enum systole_status make_fn(struct systole_trainer *t, const void *user);
/* Of a batch. */
struct part {
    int64_t index, of;
};
typedef enum systole_status record_fn(struct systole_trainer *t, const void *user, struct part part, struct systole_value **y);

/* Joins the ranks, opens the devices, makes the parameters with `make`, takes up a checkpoint. All return an exit code, 0 for
 * none. */
int session_open(struct session *s, const struct options *o, make_fn *make, const void *user);
/* Takes the program's exit code: one that is not 0 ends the other ranks, who would wait for this one. */
void session_close(struct session *s, int code);
/* Does this process tell of what all did? */
int session_tells(const struct session *s);
/* One step of every side: each part is recorded and gone back through, then the step; then the losses, parameters and moments are
 * compared. */
int session_step(struct session *s, uint64_t step, record_fn *record, const void *user,
                 const struct systole_optimiser_options *optimiser, float rate, float *loss);
/* Runs a network forwards, as one part, on the first side: the caller looks at *y, then clears the tape. */
int session_forward(struct session *s, record_fn *record, const void *user, struct systole_value **y);
int session_save(struct session *s, uint64_t step, int last);
/* What ran where. */
void session_totals(const struct session *s);
int session_fail(const struct session *s, int side, const char *what);

/* A parameter that the example made. */
static inline struct systole_value *named(struct systole_trainer *t, const char *name)
{
    return systole_param_find(t, name);
}

#endif
