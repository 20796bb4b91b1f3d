/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "ranks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "systole_group.h"

struct cli_ranks {
    struct systole_context *ctx;
    struct systole_group *group;
};

/* ---- When a rank dies, the launcher ends the others by SIGTERM ---- */

static struct systole_group *watched;

static void say_last_words(int signal_number)
{
    static const char before[] = "systole: ", behind[] = " (counted from 0): nothing was told; the same command runs it again\n";
    char text[256];
    const size_t start = sizeof before - 1, length = systole_group_last_words(watched, "point", text + start, 128);
    if (length) {
        /* In one write: the launcher has something to say at the same time. */
        memcpy(text, before, start);
        memcpy(text + start + length, behind, sizeof behind - 1);
        const ssize_t written = write(STDERR_FILENO, text, start + length + sizeof behind - 1);
        (void)written;
        /* The launcher passes on what was written while the process lives. */
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* ---- Joining and leaving ---- */

enum cli_exit cli_ranks_join(struct systole_context *ctx, struct cli_ranks **ranks)
{
    struct cli_ranks *r = calloc(1, sizeof *r);
    if (!r)
        return cli_no_memory();
    r->ctx = ctx;
    const enum systole_status status = systole_group_join(ctx, &r->group);
    if (status) {
        free(r);
        return cli_report(ctx, status, "the other ranks");
    }
    if (systole_group_size(r->group) > 1) {
        watched = r->group;
        signal(SIGTERM, say_last_words);
    }
    *ranks = r;
    return CLI_OK;
}

enum cli_exit cli_ranks_leave(struct cli_ranks *ranks, enum cli_exit code)
{
    if (!ranks)
        return code;
    fflush(stdout);
    if (code && code != CLI_DIFFERS)
        systole_group_end(ranks->group, (int)code);
    if (watched)
        signal(SIGTERM, SIG_DFL);
    watched = NULL;
    systole_group_leave(ranks->group);
    free(ranks);
    return code;
}

/* ---- Points ---- */

static int owner_of(const struct cli_ranks *ranks, int point)
{
    return point % systole_group_size(ranks->group);
}

int cli_ranks_owns(const struct cli_ranks *ranks, int point)
{
    return owner_of(ranks, point) == systole_group_rank(ranks->group);
}

int cli_ranks_count(const struct cli_ranks *ranks)
{
    return systole_group_size(ranks->group);
}

int cli_ranks_runs(struct cli_ranks *ranks, int point)
{
    const int own = cli_ranks_owns(ranks, point);
    if (own)
        systole_group_at(ranks->group, (uint64_t)point);
    return own;
}

int cli_ranks_tells(const struct cli_ranks *ranks)
{
    return systole_group_rank(ranks->group) == 0;
}

enum cli_exit cli_ranks_share(struct cli_ranks *ranks, int point, void *data, size_t bytes)
{
    const enum systole_status status = systole_group_share(ranks->group, owner_of(ranks, point), data, bytes);
    return status ? cli_report(ranks->ctx, status, "what a rank found") : CLI_OK;
}

/* What is sent before a tensor's bytes. */
struct form {
    int64_t there, dtype, rank, bytes, dims[SYSTOLE_MAX_RANK];
};

static struct form form_of(const struct systole_tensor *t)
{
    struct form f = {.there = t != NULL};
    if (!t)
        return f;
    f.dtype = (int64_t)systole_tensor_dtype(t);
    f.rank = systole_tensor_rank(t);
    f.bytes = (int64_t)systole_tensor_bytes(t);
    memcpy(f.dims, systole_tensor_dims(t), (size_t)f.rank * sizeof *f.dims);
    return f;
}

enum cli_exit cli_ranks_share_tensor(struct cli_ranks *ranks, int point, struct systole_tensor **tensor)
{
    if (systole_group_size(ranks->group) == 1)
        return CLI_OK;
    const int own = cli_ranks_owns(ranks, point);
    struct form f = form_of(own ? *tensor : NULL);
    enum cli_exit code = cli_ranks_share(ranks, point, &f, sizeof f);
    if (code || !f.there)
        return code;
    void *bytes = malloc((size_t)f.bytes + 1);
    if (!bytes)
        return cli_no_memory();
    if (own)
        memcpy(bytes, systole_tensor_data(*tensor), (size_t)f.bytes);
    code = cli_ranks_share(ranks, point, bytes, (size_t)f.bytes);
    enum systole_status status = SYSTOLE_OK;
    if (!code && !own)
        status = systole_tensor_create(ranks->ctx, (enum systole_dtype)f.dtype, (int)f.rank, f.dims, bytes, tensor);
    free(bytes);
    return status ? cli_report(ranks->ctx, status, "a tensor of another rank") : code;
}
