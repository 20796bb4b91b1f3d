/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The points of a rank, shared out to threads in chunks of one array each: what was compiled for it serves all its memories where the device can change its
 * memory (systole_session_retime), so that a point costs a run and no more.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "difference.h"
#include "measure.h"
#include "progress.h"
#include "sweep.h"

enum { CHUNKS_EACH = 4, MOST_THREADS = 256 };

struct work {
    struct cli_sweep *s;
    struct cli_sweep_run *run;
    struct systole_tensor **first;   /* outputs of the first point that had any */
    struct systole_tensor ***other;  /* by point: where they are not those */
    int *own, n_own;                 /* this rank's points */
    int n_outputs, chunk;
    pthread_mutex_t lock;            /* of what follows, and of the outputs */
    int next, done, failed_at;
    enum cli_exit code;
    struct cli_progress *progress;
};

/* ---- Outputs ---- */

static void free_outputs(const struct work *w, struct systole_tensor **outputs)
{
    for (int i = 0; outputs && i < w->n_outputs; i++)
        systole_tensor_free(outputs[i]);
    free(outputs);
}

static int count_differing(const struct work *w, struct systole_tensor *const *got, struct systole_tensor *const *wanted)
{
    int differing = 0;
    for (int i = 0; i < w->n_outputs; i++) {
        const struct cli_difference d = cli_difference(got[i], wanted[i]);
        differing += !d.comparable || d.mismatches != 0;
    }
    return differing;
}

/* Kept are those of the first to end, and of points that have others: rarely any. */
static enum cli_exit keep_outputs(struct work *w, struct systole_context *ctx, struct systole_session *session, int point)
{
    struct systole_tensor **outputs = calloc((size_t)w->n_outputs + 1, sizeof *outputs);
    if (!outputs)
        return cli_no_memory();
    for (int i = 0; i < w->n_outputs; i++) {
        struct systole_value_info info = {.size = sizeof info};
        enum systole_status status = systole_model_output(w->run->source->model, i, &info);
        if (!status)
            status = systole_session_get(session, info.name, &outputs[i]);
        if (status) {
            free_outputs(w, outputs);
            return cli_report(ctx, status, "output");
        }
    }
    pthread_mutex_lock(&w->lock);
    if (!w->first)
        w->first = outputs;
    else if (count_differing(w, outputs, w->first))
        w->other[point] = outputs;
    else
        free_outputs(w, outputs);
    pthread_mutex_unlock(&w->lock);
    return CLI_OK;
}

/* What the ranks found becomes everyone's; outputs are held against those of the first point that has any. */
static enum cli_exit gather(struct work *w)
{
    struct cli_sweep *s = w->s;
    struct cli_ranks *ranks = w->run->ranks;
    enum cli_exit code = CLI_OK;
    int reference = 0;
    while (reference < s->n_points && !cli_point_has_data(&s->points[reference]))
        reference++;
    struct systole_tensor **wanted = calloc((size_t)w->n_outputs + 1, sizeof *wanted);
    if (!wanted)
        return cli_no_memory();
    for (int i = 0; i < w->n_outputs && reference < s->n_points && !code; i++) {
        if (cli_ranks_runs(ranks, reference))
            wanted[i] = systole_tensor_ref(w->other[reference] ? w->other[reference][i] : w->first[i]);
        code = cli_ranks_share_tensor(ranks, reference, &wanted[i]);
    }
    const int differing = code || !w->first ? 0 : count_differing(w, w->first, wanted);
    for (int i = 0; i < s->n_points && !code; i++) {
        struct cli_point *p = &s->points[i];
        if (cli_ranks_runs(ranks, i) && cli_point_has_data(p))
            p->differing = w->other[i] ? count_differing(w, w->other[i], wanted) : differing;
        code = cli_ranks_share(ranks, i, p, sizeof *p);
        w->run->differing += p->differing;
        w->run->without_data += !cli_point_has_data(p);
    }
    free_outputs(w, wanted);
    return code;
}

/* ---- A thread ---- */

struct runner {
    struct work *w;
    struct cli_source source; /* with the thread's own context */
    struct systole_session *session;
    int array; /* that the session is compiled for */
};

/* A session for the point: the one that there is, on another memory, or a new one. */
static enum cli_exit open_point(struct runner *r, const struct cli_point *p)
{
    if (r->session && r->array == p->array && systole_session_retime(r->session, p->device) == SYSTOLE_OK)
        return CLI_OK;
    systole_session_free(r->session);
    r->session = NULL;
    r->array = p->array;
    enum cli_exit code = cli_source_session(&r->source, p->device, 0, &r->session);
    if (!code)
        code = cli_set_inputs(r->source.ctx, r->source.model, r->session, r->w->run->inputs);
    return code;
}

static enum cli_exit run_point(struct runner *r, int point)
{
    struct cli_point *p = &r->w->s->points[point];
    enum cli_exit code = open_point(r, p);
    if (code)
        return code;
    const struct systole_totals was = cli_totals(r->session);
    const double start = cli_now();
    const enum systole_status status = systole_session_run(r->session);
    p->seconds = cli_now() - start;
    if (status)
        return cli_report(r->source.ctx, status, p->device);
    p->totals = cli_totals_since(cli_totals(r->session), &was);
    return cli_point_has_data(p) ? keep_outputs(r->w, r->source.ctx, r->session, point) : CLI_OK;
}

/* The next points of this rank that are of one array, at most a chunk; 0: none are left. */
static int take_chunk(struct work *w, int *from)
{
    int count = 0;
    pthread_mutex_lock(&w->lock);
    *from = w->next;
    while (!w->code && w->next < w->n_own && count < w->chunk &&
           (count == 0 || w->s->points[w->own[w->next]].array == w->s->points[w->own[*from]].array)) {
        w->next++;
        count++;
    }
    pthread_mutex_unlock(&w->lock);
    return count;
}

/* Whether to go on. */
static int tell_done(struct work *w, int point, enum cli_exit code)
{
    pthread_mutex_lock(&w->lock);
    if (!code)
        cli_progress_step(w->progress, (uint64_t)++w->done, (uint64_t)w->n_own, w->s->points[point].device);
    else if (!w->code)
        w->code = code;
    const int goes_on = !w->code;
    pthread_mutex_unlock(&w->lock);
    return goes_on;
}

static void *run_chunks(void *user)
{
    struct work *w = user;
    struct runner r = {.w = w, .source = *w->run->source};
    enum cli_exit code = systole_context_create(NULL, &r.source.ctx) ? cli_no_memory() : CLI_OK;
    int from, goes_on = 1;
    for (int count = take_chunk(w, &from); count && goes_on; count = take_chunk(w, &from))
        for (int i = from; i < from + count && goes_on; i++) {
            if (!code && cli_ranks_runs(w->run->ranks, w->own[i]))
                code = run_point(&r, w->own[i]);
            goes_on = tell_done(w, w->own[i], code);
        }
    systole_session_free(r.session);
    systole_context_free(r.source.ctx);
    return NULL;
}

/* ---- All ---- */

static int thread_count(const struct work *w)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const uint64_t usual = cli_ranks_count(w->run->ranks) > 1 || online < 1 ? 1 : (uint64_t)online;
    uint64_t wanted = w->run->threads ? w->run->threads : usual;
    wanted = wanted > MOST_THREADS ? MOST_THREADS : wanted;
    return wanted > (uint64_t)w->n_own ? (w->n_own ? w->n_own : 1) : (int)wanted;
}

/* This thread is one of them; where the system gives fewer, those do the work. */
static void run_threads(struct work *w)
{
    pthread_t thread[MOST_THREADS];
    const int count = thread_count(w);
    int started = 0;
    w->chunk = w->n_own / (CHUNKS_EACH * count) + 1;
    while (started + 1 < count && pthread_create(&thread[started], NULL, run_chunks, w) == 0)
        started++;
    run_chunks(w);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}

enum cli_exit cli_sweep_run(struct cli_sweep *s, struct cli_sweep_run *run)
{
    struct work w = {.s = s, .run = run, .n_outputs = systole_model_output_count(run->source->model), .lock = PTHREAD_MUTEX_INITIALIZER};
    enum cli_exit code = CLI_OK;
    w.own = calloc((size_t)s->n_points + 1, sizeof *w.own);
    w.other = calloc((size_t)s->n_points + 1, sizeof *w.other);
    if (!w.own || !w.other) {
        code = cli_no_memory();
        goto out;
    }
    for (int i = 0; i < s->n_points; i++)
        if (cli_ranks_owns(run->ranks, i))
            w.own[w.n_own++] = i;
    w.progress = cli_progress_start("sweep", run->quiet || !cli_ranks_tells(run->ranks));
    run_threads(&w);
    cli_progress_end(w.progress);
    code = w.code ? w.code : gather(&w);
    if (!code)
        cli_sweep_fronts(s);
out:
    free_outputs(&w, w.first);
    for (int i = 0; w.other && i < s->n_points; i++)
        free_outputs(&w, w.other[i]);
    free(w.other);
    free(w.own);
    return code;
}
