/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks that are threads of one process, each with a trainer of its own. */
#ifndef GROUP_BENCH_H
#define GROUP_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "host/group/group.h"

enum { RANKS = 5, PARAMS = 4 };

/* ---- A link of threads: what each rank gives lies where all can see it, between two barriers ---- */

struct meeting {
    int ranks;
    pthread_barrier_t barrier;
    const void *given[RANKS];
    struct sy_rank_slot slots[RANKS];
};

struct seat {
    struct meeting *meeting;
    int rank, broken; /* broken: operations fail */
};

static struct seat *next_seat; /* of the rank that joins */
static pthread_mutex_t joining = PTHREAD_MUTEX_INITIALIZER;

static int open_seat(void **self, int *rank, int *ranks, char *message)
{
    (void)message;
    *self = next_seat;
    *rank = next_seat->rank;
    *ranks = next_seat->meeting->ranks;
    return 0;
}

static void close_seat(void *self)
{
    (void)self;
}

static void meet(const struct seat *s)
{
    pthread_barrier_wait(&s->meeting->barrier);
}

static int refuse(char *message)
{
    strcpy(message, "the wire is cut");
    return 1;
}

static int share(void *self, int owner, void *data, size_t bytes, char *message)
{
    struct seat *const s = self;
    if (s->broken)
        return refuse(message);
    s->meeting->given[s->rank] = data;
    meet(s);
    if (s->rank != owner)
        memcpy(data, s->meeting->given[owner], bytes);
    meet(s);
    return 0;
}

static int gather(void *self, const void *own, size_t each, void *all, char *message)
{
    struct seat *const s = self;
    if (s->broken)
        return refuse(message);
    s->meeting->given[s->rank] = own;
    meet(s);
    for (int r = 0; r < s->meeting->ranks; r++)
        memcpy((char *)all + (size_t)r * each, s->meeting->given[r], each);
    meet(s);
    return 0;
}

static int exchange(void *self, const void *parts, size_t each, void *own, char *message)
{
    struct seat *const s = self;
    if (s->broken)
        return refuse(message);
    s->meeting->given[s->rank] = parts;
    meet(s);
    for (int r = 0; r < s->meeting->ranks; r++)
        memcpy((char *)own + (size_t)r * each, (const char *)s->meeting->given[r] + (size_t)s->rank * each, each);
    meet(s);
    return 0;
}

static void *nearby(void *self, size_t each, int *index, int *count)
{
    struct seat *const s = self;
    assert_int_equal(each, sizeof s->meeting->slots[0]);
    *index = s->rank;
    *count = s->meeting->ranks;
    return s->meeting->slots;
}

static void end_all(void *self, int code)
{
    (void)self;
    (void)code;
}

static const struct sy_link threads = {SY_LINK_VERSION, sizeof threads, open_seat, close_seat, share, gather, exchange, nearby, end_all};

/* ---- Ranks ---- */

struct rank {
    struct seat seat;
    struct systole_context *ctx;
    struct systole_group *group;
    struct systole_trainer *t;
    struct systole_value *param[PARAMS];
    void (*work)(struct rank *r);
    const void *task;
    enum systole_status status;
};

/* Fewer than there are ranks; more than a chunk; the last gets no gradient from any rank. */
static const int64_t counts[PARAMS] = {3, 300000, 3, 5};

static void make_trainer(struct rank *r, uint64_t seed)
{
    assert_int_equal(systole_context_create(NULL, &r->ctx), SYSTOLE_OK);
    assert_int_equal(systole_trainer_create(r->ctx, "cpu", seed, &r->t), SYSTOLE_OK);
    for (int i = 0; i < PARAMS; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%d", i);
        assert_int_equal(systole_param_create(r->t, name, 1, &counts[i], SYSTOLE_INIT_UNIFORM, 1, &r->param[i]), SYSTOLE_OK);
    }
}

static void *run_rank(void *user)
{
    struct rank *const r = user;
    r->work(r);
    return NULL;
}

/* All ranks join, work, and leave. */
static void run_group(struct rank *ranks, struct meeting *m, int n, void (*work)(struct rank *r), const void *task)
{
    pthread_t thread[RANKS];
    memset(m, 0, sizeof *m);
    m->ranks = n;
    pthread_barrier_init(&m->barrier, NULL, (unsigned)n);
    for (int i = 0; i < n; i++) {
        ranks[i] = (struct rank){.seat = {m, i, 0}, .work = work, .task = task};
        make_trainer(&ranks[i], 1);
        pthread_mutex_lock(&joining);
        next_seat = &ranks[i].seat;
        assert_int_equal(sy_group_over(ranks[i].ctx, &threads, NULL, &ranks[i].group), SYSTOLE_OK);
        pthread_mutex_unlock(&joining);
    }
    for (int i = 0; i < n; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, run_rank, &ranks[i]), 0);
    for (int i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&m->barrier);
}

static void end_group(struct rank *ranks, int n)
{
    for (int i = 0; i < n; i++) {
        systole_trainer_free(ranks[i].t);
        systole_group_leave(ranks[i].group);
        systole_context_free(ranks[i].ctx);
    }
}

#endif
