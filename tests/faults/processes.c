/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes: two with one device string, and one that is killed at any moment. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "machine.h"

/* ---- two with one device ---- */

/* So many runs of the reference program; the exit code says what was wrong. */
static int work(const char *library, unsigned rounds)
{
    struct machine m = {0};
    char what[120];
    if (!machine_load(&m, library))
        return 2;
    for (unsigned i = 0; i < rounds; i++)
        if (machine_next(&m, what, sizeof what) != HANDLED)
            return 1;
    machine_close(&m);
    return 0;
}

static pid_t spawn(const char *library, unsigned rounds)
{
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        _exit(work(library, rounds));
    return child;
}

void campaign_two_processes(const struct setup *s, struct tally *t)
{
    enum { PAIRS = 20, ROUNDS = 20 };
    const char *const libraries[] = {s->sim, s->hls};
    for (unsigned n = 0; n < PAIRS; n++) {
        const char *library = libraries[n % 2];
        const pid_t child[2] = {spawn(library, ROUNDS), spawn(library, ROUNDS)};
        for (unsigned i = 0; i < 2; i++) {
            int code = -1;
            const bool ended = child[i] > 0 && waitpid(child[i], &code, 0) == child[i] && WIFEXITED(code);
            tally_case(t, !ended ? HUNG : WEXITSTATUS(code) ? WRONG : HANDLED, "pair %u, process %u: %s", n, i, library);
        }
    }
    tally_note(t, "sim, hls: a device of its own each (cards: make test-xrt)");
}

/* ---- killed ---- */

static void sleep_us(uint64_t us)
{
    const struct timespec pause = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    nanosleep(&pause, NULL);
}

/* Writes the file again and again, seeds 1 and 2 in turn, and runs the device between. */
static void write_for_ever(const struct setup *s, const struct file_kind *kind, const char *path)
{
    struct systole_context *ctx = NULL;
    struct machine m = {0};
    char what[120];
    if (systole_context_create(NULL, &ctx) || !machine_load(&m, s->sim))
        _exit(2);
    for (uint64_t n = 0;; n++) {
        if (kind->write(ctx, path, 1 + n % 2) || machine_next(&m, what, sizeof what) != HANDLED)
            _exit(3);
    }
}

static enum outcome kill_one(const struct setup *s, struct systole_context *ctx, const struct file_kind *kind, const char *path, uint64_t us, char *what,
                             size_t room)
{
    struct machine m = {0};
    uint64_t seed = 0;
    int code = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0)
        write_for_ever(s, kind, path);
    sleep_us(us);
    kill(child, SIGKILL);
    if (child < 0 || waitpid(child, &code, 0) != child || !WIFSIGNALED(code))
        return snprintf(what, room, "the process ended by itself, code %d", code), WRONG;
    if (!kind->read(ctx, path, &seed) || (seed != 1 && seed != 2))
        return snprintf(what, room, "the file is not whole"), LOST;
    if (!machine_load(&m, s->sim))
        return snprintf(what, room, "the device does not open"), HUNG;
    const enum outcome o = machine_next(&m, what, room);
    machine_close(&m);
    return o;
}

void campaign_killed_host(const struct setup *s, struct tally *t)
{
    enum { KILLS = 60, LONGEST_US = 40000 };
    struct systole_context *ctx = NULL;
    struct rng r = {s->seed};
    char path[300], what[120] = "", command[340];
    if (systole_context_create(NULL, &ctx)) {
        tally_case(t, WRONG, "no context");
        return;
    }
    for (unsigned k = 0; k < file_kind_count; k++) {
        snprintf(path, sizeof path, "%s/%s", s->folder, file_kinds[k].file);
        if (file_kinds[k].write(ctx, path, 1))
            tally_case(t, WRONG, "%s: %s", file_kinds[k].name, systole_context_detail(ctx));
        for (unsigned n = 0; n < KILLS; n += s->share) {
            const uint64_t us = rng_below(&r, LONGEST_US * (file_kinds[k].cost > 1 ? 8 : 1));
            tally_case(t, kill_one(s, ctx, &file_kinds[k], path, us, what, sizeof what), "%s, killed after %" PRIu64 " us: %s", file_kinds[k].name, us, what);
        }
        /* What a killed process was writing lies beside the file, under a name of its own. */
        snprintf(command, sizeof command, "rm -f %s*", path);
        if (system(command))
            tally_case(t, WRONG, "%s cannot be removed", path);
    }
    systole_context_free(ctx);
}
