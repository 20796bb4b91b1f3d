/* SPDX-License-Identifier: Apache-2.0 */
/* The memory bus: a beat of the reference program is answered with an error, or from a beat on there are no answers. */
#include <inttypes.h>
#include <stdio.h>

#include "machine.h"

enum { WATCHDOG = 20000, HANG_FOR = 100000, DRAIN = 65536 };

/* A device with this option, the reference program loaded. */
static bool begin(struct machine *m, struct fuzz_case *c, uint64_t seed, const char *options)
{
    reference_case(c, &m->caps, seed);
    return machine_open(m, options) && machine_put(m, c);
}

static bool prepare(const struct setup *s, struct machine *m, struct course *course)
{
    struct fuzz_case c;
    if (!machine_load(m, s->sim))
        return false;
    reference_case(&c, &m->caps, s->seed);
    return machine_course(m, &c, course);
}

/* The run must end with `status`, nothing outside the windows moved, the bus drained, and the next program right. */
static enum outcome judge_error(struct machine *m, const struct fuzz_case *c, uint32_t status, char *what, size_t room)
{
    machine_start(m);
    const struct ending e = machine_finish(m, RUN_CYCLES);
    if (!e.ended)
        return snprintf(what, room, "the run does not end"), HUNG;
    if (e.status != status || e.index >= c->count)
        return snprintf(what, room, "status %u at %u, not %u", e.status, e.index, status), WRONG;
    if (machine_moved(m, c, what, room))
        return LOST;
    if (machine_read(m, SYSTOLE_REG_BUS) != 0)
        return snprintf(what, room, "the bus is busy after the run"), HUNG;
    machine_drop(m, c);
    return machine_next(m, what, room);
}

static void errors(const struct setup *s, struct tally *t, bool write)
{
    struct machine m = {0};
    struct fuzz_case c;
    struct course course = {0};
    char options[100], what[120] = "";
    if (!prepare(s, &m, &course)) {
        tally_case(t, WRONG, "the reference program does not run");
        return;
    }
    const uint64_t beats = write ? course.write_beats : course.read_beats;
    for (uint64_t k = 1 + s->seed % s->share; k <= beats; k += s->share)
        for (unsigned decode = 0; decode < 2; decode++) {
            snprintf(options, sizeof options, "%s=%" PRIu64 ",error_decode=%u", write ? "error_write" : "error_read", k, decode);
            const enum outcome o = begin(&m, &c, s->seed, options)
                                       ? judge_error(&m, &c, write ? SYSTOLE_ERR_BUS_WRITE : SYSTOLE_ERR_BUS_READ, what, sizeof what)
                                       : HUNG;
            tally_case(t, o, "%s: %s", options, what);
        }
    tally_note(t, "%" PRIu64 " beats", beats);
    machine_close(&m);
}

void campaign_bus_read_error(const struct setup *s, struct tally *t)
{
    errors(s, t, false);
}

void campaign_bus_write_error(const struct setup *s, struct tally *t)
{
    errors(s, t, true);
}

/*
 * The memory hangs for a while: the watchdog ends the run, BUS tells that answers are owed, and a start waits until they came; then the program
 * runs right, though all that was outstanding arrives late.
 */
static enum outcome judge_while(struct machine *m, struct fuzz_case *c, char *what, size_t room)
{
    machine_write64(m, SYSTOLE_REG_WATCHDOG_LO, WATCHDOG);
    machine_start(m);
    struct ending e = machine_finish(m, WATCHDOG + DRAIN + 4096);
    if ((machine_read(m, SYSTOLE_REG_CTRL) & 2u) == 0)
        return snprintf(what, room, "the watchdog does not end the run"), HUNG;
    if (e.status != SYSTOLE_ERR_WATCHDOG)
        return snprintf(what, room, "status %u, not WATCHDOG", e.status), WRONG;
    m->ops->run(m->model, HANG_FOR + DRAIN);
    if (machine_moved(m, c, what, room))
        return LOST;
    if (machine_read(m, SYSTOLE_REG_BUS) != 0)
        return snprintf(what, room, "the memory answers again, and the bus stays busy"), HUNG;
    machine_drop(m, c);
    machine_write64(m, SYSTOLE_REG_WATCHDOG_LO, 0);
    return machine_next(m, what, room);
}

/* The memory hangs for ever: the run is reported over, and a reset does not pretend. */
static enum outcome judge_ever(struct machine *m, const struct fuzz_case *c, char *what, size_t room)
{
    machine_write64(m, SYSTOLE_REG_WATCHDOG_LO, WATCHDOG);
    machine_start(m);
    m->ops->run(m->model, WATCHDOG + DRAIN + 4096);
    if ((machine_read(m, SYSTOLE_REG_CTRL) & 2u) == 0)
        return snprintf(what, room, "the watchdog does not end the run"), HUNG;
    if (machine_read(m, SYSTOLE_REG_STATUS) != SYSTOLE_ERR_WATCHDOG)
        return snprintf(what, room, "status %u, not WATCHDOG", machine_read(m, SYSTOLE_REG_STATUS)), WRONG;
    if (machine_reset(m, 4096) || machine_read(m, SYSTOLE_REG_BUS) != 1)
        return snprintf(what, room, "idle after a reset, while answers are owed"), WRONG;
    return machine_moved(m, c, what, room) ? LOST : HANDLED;
}

static void hangs(const struct setup *s, struct tally *t, bool write)
{
    struct machine m = {0};
    struct fuzz_case c;
    struct course course = {0};
    char options[100], what[120] = "";
    if (!prepare(s, &m, &course)) {
        tally_case(t, WRONG, "the reference program does not run");
        return;
    }
    const uint64_t beats = write ? course.write_beats : course.read_beats;
    for (uint64_t k = 1 + s->seed % s->share; k <= beats; k += s->share)
        for (unsigned ever = 0; ever < 2; ever++) {
            snprintf(options, sizeof options, "%s=%" PRIu64 ",hang_for=%u", write ? "hang_write" : "hang_read", k, ever ? 0 : HANG_FOR);
            const enum outcome o = !begin(&m, &c, s->seed, options) ? HUNG
                                   : ever                           ? judge_ever(&m, &c, what, sizeof what)
                                                                    : judge_while(&m, &c, what, sizeof what);
            tally_case(t, o, "%s: %s", options, what);
        }
    tally_note(t, "%" PRIu64 " beats", beats);
    machine_close(&m);
}

void campaign_bus_read_hang(const struct setup *s, struct tally *t)
{
    hangs(s, t, false);
}

void campaign_bus_write_hang(const struct setup *s, struct tally *t)
{
    hangs(s, t, true);
}
