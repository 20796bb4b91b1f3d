/* SPDX-License-Identifier: Apache-2.0 */
/* libsystole_mpi.so: what a group of ranks needs of MPI, and the only file that knows it. */
#include "host/group/link.h"

#include <limits.h>
#include <mpi.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* MPI belongs to the process. */
static struct {
    MPI_Comm all, near;
    MPI_Win window;
    int has_window, initialised_here;
} mpi = {.all = MPI_COMM_NULL, .near = MPI_COMM_NULL};

static int check(int result, char *message)
{
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    if (result == MPI_SUCCESS)
        return 0;
    if (MPI_Error_string(result, text, &length) != MPI_SUCCESS)
        length = 0;
    length = length < SY_LINK_MESSAGE ? length : SY_LINK_MESSAGE - 1;
    memcpy(message, text, (size_t)length);
    message[length] = '\0';
    return 1;
}

static int refuse(const char *why, char *message)
{
    memcpy(message, why, strlen(why) + 1);
    return 1;
}

static int open_link(void **self, int *rank, int *ranks, char *message)
{
    int initialised = 0, finalised = 0, given;
    if (mpi.all != MPI_COMM_NULL)
        return refuse("this process is in a group already", message);
    if (MPI_Initialized(&initialised) != MPI_SUCCESS || MPI_Finalized(&finalised) != MPI_SUCCESS || finalised)
        return refuse("MPI was left already: a process joins once", message);
    if (!initialised && check(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given), message))
        return 1;
    mpi.initialised_here = !initialised;
    if (check(MPI_Comm_dup(MPI_COMM_WORLD, &mpi.all), message) || check(MPI_Comm_set_errhandler(mpi.all, MPI_ERRORS_RETURN), message) ||
        check(MPI_Comm_rank(mpi.all, rank), message) || check(MPI_Comm_size(mpi.all, ranks), message))
        return 1;
    *self = &mpi;
    return 0;
}

static void close_link(void *self)
{
    (void)self;
    if (mpi.has_window)
        MPI_Win_free(&mpi.window);
    if (mpi.near != MPI_COMM_NULL)
        MPI_Comm_free(&mpi.near);
    MPI_Comm_free(&mpi.all);
    mpi.has_window = 0;
    if (mpi.initialised_here)
        MPI_Finalize();
}

/* MPI counts in int. */
static int share(void *self, int owner, void *data, size_t bytes, char *message)
{
    (void)self;
    char *at = data;
    for (size_t left = bytes; left;) {
        const int now = left > INT_MAX ? INT_MAX : (int)left;
        if (check(MPI_Bcast(at, now, MPI_BYTE, owner, mpi.all), message))
            return 1;
        at += now;
        left -= (size_t)now;
    }
    return 0;
}

static int gather(void *self, const void *own, size_t each, void *all, char *message)
{
    (void)self;
    if (each > INT_MAX)
        return refuse("more than 2 GiB a rank at a time", message);
    return check(MPI_Allgather(own, (int)each, MPI_BYTE, all, (int)each, MPI_BYTE, mpi.all), message);
}

static int exchange(void *self, const void *parts, size_t each, void *own, char *message)
{
    (void)self;
    if (each > INT_MAX)
        return refuse("more than 2 GiB a rank at a time", message);
    return check(MPI_Alltoall(parts, (int)each, MPI_BYTE, own, (int)each, MPI_BYTE, mpi.all), message);
}

static void *nearby(void *self, size_t each, int *index, int *count)
{
    char *own = NULL, *first = NULL;
    MPI_Aint bytes = 0;
    int unit = 0;
    (void)self;
    if (MPI_Comm_split_type(mpi.all, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &mpi.near) != MPI_SUCCESS)
        return NULL;
    MPI_Comm_set_errhandler(mpi.near, MPI_ERRORS_RETURN);
    if (MPI_Comm_rank(mpi.near, index) != MPI_SUCCESS || MPI_Comm_size(mpi.near, count) != MPI_SUCCESS)
        return NULL;
    /* All in the first one's part: then they lie one behind the other. */
    const MPI_Aint whole = *index ? 0 : (MPI_Aint)each * *count;
    mpi.has_window = MPI_Win_allocate_shared(whole, 1, MPI_INFO_NULL, mpi.near, &own, &mpi.window) == MPI_SUCCESS;
    if (!mpi.has_window || MPI_Win_shared_query(mpi.window, 0, &bytes, &unit, &first) != MPI_SUCCESS)
        return NULL;
    memset(first + (size_t)*index * each, 0, each);
    MPI_Barrier(mpi.near);
    return first;
}

static void end(void *self, int code)
{
    (void)self;
    MPI_Abort(mpi.all, code);
}

EXPORT extern const struct sy_link systole_link;
const struct sy_link systole_link = {.version = SY_LINK_VERSION,
                                     .size = sizeof(struct sy_link),
                                     .open = open_link,
                                     .close = close_link,
                                     .share = share,
                                     .gather = gather,
                                     .exchange = exchange,
                                     .nearby = nearby,
                                     .end = end};
