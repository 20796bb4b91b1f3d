/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: who is in them, what they pass on, who is gone. */
#define _POSIX_C_SOURCE 200809L
#include "host/group/group.h"

#include "host/core/alloc.h"
#include "host/engine/library.h"
#include "systole_driver.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Joining ---- */

/* How many processes the launcher says it started: Open MPI, then those that speak PMI (MPICH and its kin). 1: none says anything. */
static long started(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *const text = getenv(names[i]);
        char *end = NULL;
        const long count = text ? strtol(text, &end, 10) : 0;
        if (text && end != text && *end == '\0' && count > 0)
            return count;
    }
    return 1;
}

static void join_neighbours(struct systole_group *g)
{
    g->slots = g->link->nearby(g->self, sizeof *g->slots, &g->slot, &g->n_slots);
    if (!g->slots)
        return;
    atomic_store(&g->slots[g->slot].rank, g->rank);
    atomic_store(&g->slots[g->slot].process, (int)getpid());
}

enum systole_status sy_group_over(struct systole_context *ctx, const struct sy_link *link, void *library, struct systole_group **group)
{
    char message[SY_LINK_MESSAGE] = "";
    if (link->version != SY_LINK_VERSION || link->size < sizeof *link)
        return sy_fail(ctx, SYSTOLE_MISMATCH, "libsystole_mpi.so: version %u, this library has %d; make mpi builds it anew",
                       (unsigned)link->version, SY_LINK_VERSION);
    struct systole_group *const g = sy_alloc(1, sizeof *g);
    if (!g)
        return sy_no_memory(ctx);
    *g = (struct systole_group){.ctx = ctx, .link = link, .library = library};
    if (link->open(&g->self, &g->rank, &g->ranks, message)) {
        sy_free(g);
        return sy_fail(ctx, SYSTOLE_IO, "joining the other ranks: %s", message);
    }
    join_neighbours(g);
    *group = g;
    return SYSTOLE_OK;
}

static enum systole_status join_started(struct systole_context *ctx, long ranks, struct systole_group **group)
{
    static char path[4096];
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct sy_link *link = NULL;
    if (systole_library_find("mpi", path, sizeof path, message, sizeof message))
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "started as one of %ld ranks: %s", ranks, message);
    /* MPI's own plug-ins look for its symbols among the global ones. */
    void *const library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library)
        return sy_fail(ctx, SYSTOLE_NOT_FOUND, "started as one of %ld ranks: %s", ranks, dlerror());
    if (!sy_library_find(library, "systole_link", &link)) {
        dlclose(library);
        return sy_fail(ctx, SYSTOLE_MISMATCH, "%s has no systole_link; make mpi builds it", path);
    }
    struct systole_group *g = NULL;
    const enum systole_status status = sy_group_over(ctx, link, library, &g);
    if (status) {
        dlclose(library);
        return status;
    }
    const int found = g->ranks;
    if (found == ranks) {
        *group = g;
        return SYSTOLE_OK;
    }
    systole_group_leave(g);
    return sy_fail(ctx, SYSTOLE_MISMATCH, "the launcher started %ld ranks, %s finds %d: was it built with the MPI of that launcher?", ranks,
                   path, found);
}

enum systole_status systole_group_join(struct systole_context *context, struct systole_group **group)
{
    if (!context || !group)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(context);
    const long ranks = started();
    if (ranks > 1)
        return join_started(context, ranks, group);
    struct systole_group *const g = sy_alloc(1, sizeof *g);
    if (!g)
        return sy_no_memory(context);
    *g = (struct systole_group){.ctx = context, .ranks = 1};
    *group = g;
    return SYSTOLE_OK;
}

void systole_group_leave(struct systole_group *group)
{
    if (!group)
        return;
    if (group->slots)
        atomic_store(&group->slots[group->slot].process, 0);
    if (group->link)
        group->link->close(group->self);
    /* The library stays: MPI has functions that run when the process ends. */
    sy_free(group);
}

int systole_group_rank(const struct systole_group *group)
{
    return group->rank;
}

int systole_group_size(const struct systole_group *group)
{
    return group->ranks;
}

/* ---- Passing on ---- */

enum systole_status systole_group_share(struct systole_group *group, int owner, void *data, size_t bytes)
{
    char message[SY_LINK_MESSAGE] = "";
    if (!group || (bytes && !data) || owner < 0 || owner >= group->ranks)
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(group->ctx);
    if (group->link && bytes && group->link->share(group->self, owner, data, bytes, message))
        return sy_fail(group->ctx, SYSTOLE_IO, "rank %d of %d: %s", group->rank, group->ranks, message);
    return SYSTOLE_OK;
}

enum systole_status systole_group_gather(struct systole_group *group, const void *own, size_t bytes, void *all)
{
    char message[SY_LINK_MESSAGE] = "";
    if (!group || (bytes && (!own || !all)))
        return SYSTOLE_BAD_ARGUMENT;
    sy_clear(group->ctx);
    if (!group->link && bytes)
        memcpy(all, own, bytes);
    else if (bytes && group->link->gather(group->self, own, bytes, all, message))
        return sy_fail(group->ctx, SYSTOLE_IO, "rank %d of %d: %s", group->rank, group->ranks, message);
    return SYSTOLE_OK;
}

/* ---- Ends ---- */

void systole_group_end(struct systole_group *group, int code)
{
    if (!group || !group->link)
        return;
    if (group->slots)
        atomic_store(&group->slots[group->slot].process, 0);
    group->link->end(group->self, code);
}

void systole_group_at(struct systole_group *group, uint64_t place)
{
    if (group && group->slots)
        atomic_store(&group->slots[group->slot].place, place);
}

/* Nothing here may be called in a handler but what POSIX says of: so numbers are written by hand. */
static size_t say(char *line, size_t room, size_t at, const char *text)
{
    for (; *text && at + 1 < room; text++)
        line[at++] = *text;
    line[at < room ? at : 0] = '\0';
    return at;
}

static size_t say_number(char *line, size_t room, size_t at, unsigned long long number)
{
    char digits[24];
    size_t first = sizeof digits - 1;
    digits[first] = '\0';
    do
        digits[--first] = (char)('0' + number % 10);
    while (number /= 10);
    return say(line, room, at, digits + first);
}

/* A process that is gone and did not leave; -1: none. */
static int find_lost(const struct systole_group *g)
{
    for (int i = 0; i < g->n_slots; i++) {
        const int process = atomic_load(&g->slots[i].process);
        if (process && kill((pid_t)process, 0) && errno == ESRCH)
            return i;
    }
    return -1;
}

size_t systole_group_last_words(struct systole_group *group, const char *unit, char *line, size_t room)
{
    if (!group || !unit || !line || !room || !group->slots || atomic_exchange(&group->slots->told, 1))
        return 0;
    const int kept = errno, lost = find_lost(group);
    const struct sy_rank_slot *const slot = &group->slots[lost < 0 ? group->slot : lost];
    size_t at = say(line, room, 0, "rank ");
    at = say_number(line, room, at, (unsigned long long)atomic_load(&slot->rank));
    at = say(line, room, at, " of ");
    at = say_number(line, room, at, (unsigned long long)group->ranks);
    at = say(line, room, at, lost < 0 ? " was told to end in " : " died in ");
    at = say(line, room, at, unit);
    at = say(line, room, at, " ");
    at = say_number(line, room, at, atomic_load(&slot->place));
    errno = kept;
    return at;
}
