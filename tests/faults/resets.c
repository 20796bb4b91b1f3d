/* SPDX-License-Identifier: Apache-2.0 */
/* Soft resets and interrupts, at each cycle of the reference program. */
#include <inttypes.h>
#include <stdio.h>

#include "machine.h"

#define DONE 2u

static bool prepare(const struct setup *s, struct machine *m, struct fuzz_case *c, struct ref_machine *want, struct course *course)
{
    if (!machine_load(m, s->sim))
        return false;
    reference_case(c, &m->caps, s->seed);
    return machine_course(m, c, course) && reference_result(c, want);
}

/* ---- resets ---- */

/* Nothing is loaded again but the data, which the stopped run may have begun to write. */
static enum outcome reset_at(struct machine *m, const struct fuzz_case *c, const struct ref_machine *want, uint64_t cycle, char *what, size_t room)
{
    machine_start(m);
    m->sim->step(m->model, cycle);
    if (!machine_reset(m, RUN_CYCLES))
        return snprintf(what, room, "not idle after the reset"), HUNG;
    if (machine_moved(m, c, what, room))
        return LOST;
    if (!machine_refill(m, c))
        return snprintf(what, room, "no memory"), HUNG;
    machine_start(m);
    const struct ending e = machine_finish(m, RUN_CYCLES);
    if (!e.ended)
        return snprintf(what, room, "the next program does not end"), HUNG;
    if (e.status != SYSTOLE_ERR_OK)
        return snprintf(what, room, "the next program ends with status %u", e.status), WRONG;
    return machine_differs(m, want, false, what, room) ? WRONG : HANDLED;
}

void campaign_resets(const struct setup *s, struct tally *t)
{
    static const char *const memories[] = {"latency=100", "latency=7,write_latency=300,stall=30"};
    struct machine m = {0};
    struct fuzz_case c;
    struct ref_machine want;
    struct course course = {0};
    char what[120] = "", options[120];
    if (!prepare(s, &m, &c, &want, &course)) {
        tally_case(t, WRONG, "the reference program does not run");
        return;
    }
    for (unsigned k = 0; k < 2; k++)
        for (uint64_t cycle = s->seed % s->share; cycle <= course.cycles + 8; cycle += s->share) {
            snprintf(options, sizeof options, "%s,seed=%" PRIu64, memories[k], s->seed + cycle);
            const enum outcome o = machine_open(&m, options) && machine_put(&m, &c) ? reset_at(&m, &c, &want, cycle, what, sizeof what) : HUNG;
            tally_case(t, o, "reset at cycle %" PRIu64 " (%s): %s", cycle, options, what);
        }
    tally_note(t, "%" PRIu64 " cycles", course.cycles);
    case_machine_free(&want);
    machine_close(&m);
}

/* ---- interrupts ---- */

enum mischief { IGNORED, SWITCHED_OFF, SPURIOUS, ACKNOWLEDGED_LATE, MISCHIEFS };
static const char *const mischief_names[] = {"ignored", "switched off", "acknowledged before it came", "acknowledged in the next run"};

static void run_to_done(struct machine *m)
{
    for (uint64_t n = 0; n < RUN_CYCLES && !(machine_read(m, SYSTOLE_REG_CTRL) & DONE); n += 64)
        m->sim->step(m->model, 64);
}

/* What a host that lost the interrupt does: it looks at CTRL, and finds the end and the results there. Then all is switched on again and must work. */
static enum outcome interrupt_at(struct machine *m, const struct fuzz_case *c, const struct ref_machine *want, enum mischief how, uint64_t cycle,
                                 char *what, size_t room)
{
    machine_write(m, SYSTOLE_REG_GIE, 1);
    machine_write(m, SYSTOLE_REG_IER, 1);
    machine_start(m);
    m->sim->step(m->model, cycle);
    if (how == SWITCHED_OFF)
        machine_write(m, SYSTOLE_REG_IER, 0);
    if (how == SPURIOUS)
        machine_write(m, SYSTOLE_REG_ISR, 1);
    run_to_done(m);
    if (!(machine_read(m, SYSTOLE_REG_CTRL) & DONE))
        return snprintf(what, room, "CTRL never tells the end"), HUNG;
    if (machine_differs(m, want, false, what, room))
        return WRONG;
    if (how == ACKNOWLEDGED_LATE) {
        machine_start(m);
        m->sim->step(m->model, cycle / 2);
        machine_write(m, SYSTOLE_REG_ISR, machine_read(m, SYSTOLE_REG_ISR));
        run_to_done(m);
    }
    machine_write(m, SYSTOLE_REG_IER, 1);
    machine_write(m, SYSTOLE_REG_ISR, machine_read(m, SYSTOLE_REG_ISR));
    if (m->sim->irq(m->model))
        return snprintf(what, room, "the pin stays up after it was acknowledged"), WRONG;
    if (!machine_refill(m, c))
        return snprintf(what, room, "no memory"), HUNG;
    machine_start(m);
    run_to_done(m);
    if (!m->sim->irq(m->model))
        return snprintf(what, room, "the next run raises no interrupt"), LOST;
    return machine_differs(m, want, false, what, room) ? WRONG : HANDLED;
}

void campaign_interrupts(const struct setup *s, struct tally *t)
{
    struct machine m = {0};
    struct fuzz_case c;
    struct ref_machine want;
    struct course course = {0};
    char what[120] = "";
    if (!prepare(s, &m, &c, &want, &course)) {
        tally_case(t, WRONG, "the reference program does not run");
        return;
    }
    for (enum mischief how = 0; how < MISCHIEFS; how++)
        for (uint64_t cycle = s->seed % s->share; cycle <= course.cycles + 8; cycle += how == IGNORED ? course.cycles + 9 : s->share) {
            const enum outcome o = machine_open(&m, "") && machine_put(&m, &c) ? interrupt_at(&m, &c, &want, how, cycle, what, sizeof what) : HUNG;
            tally_case(t, o, "%s, cycle %" PRIu64 ": %s", mischief_names[how], cycle, what);
        }
    case_machine_free(&want);
    machine_close(&m);
}
