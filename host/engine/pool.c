/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "host/engine/pool.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "host/core/alloc.h"

enum { MOST_THREADS = 256 };

struct loop {
    void (*body)(void *user, int64_t i);
    void *user;
    int64_t count;
    atomic_int_fast64_t next;
};

struct sy_pool {
    int threads, started; /* the caller's among them; beside the caller's */
    pid_t owner;          /* threads do not follow into a forked process */
    bool leaving;
    uint64_t turn; /* counts the loops; a worker takes part once in each */
    int working;
    struct loop loop;
    pthread_mutex_t lock;
    pthread_cond_t begin, done;
    pthread_t thread[MOST_THREADS];
};

int sy_pool_cores(void)
{
#ifdef __linux__
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0)
        return CPU_COUNT(&allowed);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

static void work(struct loop *l)
{
    fenv_t before;
    fegetenv(&before);
    fesetenv(FE_DFL_ENV);
    for (int64_t i; (i = atomic_fetch_add(&l->next, 1)) < l->count;)
        l->body(l->user, i);
    fesetenv(&before);
}

static void *worker(void *pool)
{
    struct sy_pool *p = pool;
    uint64_t seen = 0;
    pthread_mutex_lock(&p->lock);
    while (!p->leaving) {
        if (p->turn == seen) {
            pthread_cond_wait(&p->begin, &p->lock);
            continue;
        }
        seen = p->turn;
        p->working++;
        pthread_mutex_unlock(&p->lock);
        work(&p->loop);
        pthread_mutex_lock(&p->lock);
        if (--p->working == 0)
            pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Signals are the application's: its own threads take them. */
static void start(struct sy_pool *p)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (p->started < p->threads - 1 && pthread_create(&p->thread[p->started], NULL, worker, p) == 0)
        p->started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct sy_pool *sy_pool_new(int threads)
{
    struct sy_pool *p = sy_alloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
    p->owner = getpid();
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->begin, NULL);
    pthread_cond_init(&p->done, NULL);
    return p;
}

void sy_pool_free(struct sy_pool *p)
{
    if (!p)
        return;
    if (p->owner == getpid()) {
        pthread_mutex_lock(&p->lock);
        p->leaving = true;
        pthread_cond_broadcast(&p->begin);
        pthread_mutex_unlock(&p->lock);
        for (int i = 0; i < p->started; i++)
            pthread_join(p->thread[i], NULL);
        pthread_cond_destroy(&p->done);
        pthread_cond_destroy(&p->begin);
        pthread_mutex_destroy(&p->lock);
    }
    sy_free(p);
}

int sy_pool_threads(const struct sy_pool *p)
{
    return p && p->owner == getpid() ? p->threads : 1;
}

void sy_pool_run(struct sy_pool *p, int64_t count, void (*body)(void *user, int64_t i), void *user)
{
    if (count < 2 || sy_pool_threads(p) < 2) {
        struct loop alone = {.body = body, .user = user, .count = count};
        work(&alone);
        return;
    }
    pthread_mutex_lock(&p->lock);
    start(p);
    /* A worker that was late for the loop before may still look for an index there; it finds none. */
    while (p->working > 0)
        pthread_cond_wait(&p->done, &p->lock);
    p->loop.body = body;
    p->loop.user = user;
    p->loop.count = count;
    atomic_store(&p->loop.next, 0);
    p->turn++;
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->lock);
    work(&p->loop);
    pthread_mutex_lock(&p->lock);
    while (p->working > 0)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
