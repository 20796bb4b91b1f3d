/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-event upsets: one bit of a memory of the simulated RTL is inverted in one cycle of the reference program, by the debug access that tests
 * have. Without check bits what is not masked is wrong, and nothing tells it: that is what this measures. With parity nothing may be wrong and
 * silent, whichever bit it was, the parity's own among them: the run's error says which memory, and the next program is right.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"

enum { TRIALS = 2000, DATA_BITS = 8 };

/* What the reference program uses of each memory, in bytes; PARAM is there twice. */
static const struct part {
    int mem;
    const char *name;
    uint32_t bytes, copies;
} parts[] = {
    {SYSTOLE_MEM_APAD, "APAD", 576, 1}, {SYSTOLE_MEM_WPAD, "WPAD", 96, 1}, {SYSTOLE_MEM_ACC, "ACC", 832, 1}, {SYSTOLE_MEM_PARAM, "PARAM", 32, 2},
    {SYSTOLE_MEM_LUT, "LUT", 256, 1},
};
enum { PARTS = sizeof parts / sizeof *parts };

enum effect { MASKED, TOLD, SILENT, BROKEN, EFFECTS };

/* Which bits are flipped in which device. */
static const struct kind {
    const char *name;
    bool has_parity, is_parity;
} kinds[] = {
    {"no parity", false, false}, {"parity", true, false}, {"parity's own bit", true, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct campaign {
    struct machine m;
    struct fuzz_case program;
    struct ref_machine want;
    struct course course;
};

/* What `systole_device_clear` does for all bytes: written anew, a byte has its parity. */
static bool mend(struct machine *m, int mem, uint32_t byte)
{
    uint8_t value = 0;
    return m->ops->peek(m->model, mem, byte, &value, 1) == 0 && m->ops->poke(m->model, mem, byte, &value, 1) == 0;
}

/* An error that was told: the right one, and the device goes on. */
static enum effect told(struct campaign *c, const struct part *part, uint32_t byte, struct ending e)
{
    char what[120];
    struct machine *m = &c->m;
    if (e.status != SYSTOLE_ERR_PARITY || machine_read(m, SYSTOLE_REG_PARITY) != 1u << part->mem || e.index >= c->program.count) {
        printf("%s: status %u at instruction %u, memories %x\n", part->name, e.status, e.index, machine_read(m, SYSTOLE_REG_PARITY));
        return BROKEN;
    }
    machine_drop(m, &c->program);
    if (!mend(m, part->mem, byte) || machine_next(m, what, sizeof what) != HANDLED || machine_read(m, SYSTOLE_REG_PARITY) != 0) {
        printf("%s, after its parity's error: %s\n", part->name, what);
        return BROKEN;
    }
    return TOLD;
}

static enum effect upset(struct campaign *c, const struct part *part, const struct kind *kind, struct rng *r)
{
    char what[120];
    struct machine *m = &c->m;
    if (!machine_open(m, "") || !machine_put(m, &c->program))
        return BROKEN;
    machine_start(m);
    m->sim->step(m->model, rng_below(r, (uint32_t)c->course.cycles));
    const uint32_t byte = rng_below(r, part->bytes), bit = rng_below(r, DATA_BITS), copy = rng_below(r, part->copies);
    if (m->sim->flip(m->model, part->mem, byte, kind->is_parity ? DATA_BITS : bit, copy) != 0)
        return BROKEN;
    const struct ending e = machine_finish(m, RUN_CYCLES);
    if (!e.ended || machine_moved(m, &c->program, what, sizeof what))
        return BROKEN;
    if (e.status != SYSTOLE_ERR_OK)
        return told(c, part, byte, e);
    return machine_differs(m, &c->want, false, what, sizeof what) ? SILENT : MASKED;
}

/* Loads a device and runs the program on it once without a flip. */
static bool begin(struct campaign *c, const char *path, uint64_t seed)
{
    if (!machine_load(&c->m, path))
        return false;
    if (!c->m.sim || c->m.sim->abi != SYSTOLE_SIM_ABI) {
        fprintf(stderr, "faults: %s is no simulation of the RTL: nothing can be flipped\n", path);
        return false;
    }
    reference_case(&c->program, &c->m.caps, seed);
    return machine_course(&c->m, &c->program, &c->course) && reference_result(&c->program, &c->want);
}

static void write_rows(FILE *f, const char **separator, const struct kind *kind, const struct part *part, const uint64_t count[EFFECTS],
                       unsigned trials)
{
    static const char *const names[] = {"masked", "detected", "wrong, not detected"};
    for (unsigned k = MASKED; k <= SILENT; k++, *separator = ",\n ")
        fprintf(f, "%s{\"claim\": \"single-event upsets in %s, %s: %s\", \"value\": %" PRIu64 ", \"unit\": \"of %u\", \"bound\": %u, "
                "\"sense\": \"%s\", \"command\": \"make faults-upsets\"}", *separator, part->name, kind->name, names[k], count[k], trials,
                k == SILENT && !kind->has_parity ? trials : 0, k == SILENT ? "max" : "min");
}

/* All memories of one device, one kind of bits. How many flips did what they must not. */
static uint64_t run_kind(struct campaign *c, const struct kind *kind, const struct setup *s, FILE *f, const char **separator)
{
    const unsigned trials = TRIALS / s->share > 0 ? TRIALS / s->share : 1;
    uint64_t bad = 0;
    for (unsigned p = 0; p < PARTS; p++) {
        uint64_t count[EFFECTS] = {0};
        struct rng r = {s->seed * PARTS + p};
        for (unsigned n = 0; n < trials; n++)
            count[upset(c, &parts[p], kind, &r)]++;
        printf("%-18s %-8s %8" PRIu64 " %9" PRIu64 " %8" PRIu64 "\n", kind->name, parts[p].name, count[MASKED], count[TOLD], count[SILENT]);
        if (count[BROKEN])
            printf("    %" PRIu64 " runs did not end, left their windows, told another error, or the next program was not right\n", count[BROKEN]);
        bad += count[BROKEN] + (kind->has_parity ? count[SILENT] : count[TOLD]);
        write_rows(f, separator, kind, &parts[p], count, trials);
    }
    return bad;
}

bool upsets(const struct setup *s, const char *report)
{
    static struct campaign plain, checked;
    const char *separator = "[";
    uint64_t bad = 0;
    if (!begin(&plain, s->sim, s->seed) || !begin(&checked, s->parity, s->seed))
        return false;
    FILE *f = fopen(report, "w");
    if (!f) {
        fprintf(stderr, "faults: %s cannot be written\n", report);
        return false;
    }
    printf("seed 0x%" PRIx64 ", %u bit flips in what the program uses of each memory, at any of its %" PRIu64 " cycles\n%-18s %-8s %8s %9s %8s\n",
           s->seed, TRIALS / s->share, plain.course.cycles, "", "memory", "masked", "detected", "wrong");
    for (unsigned k = 0; k < KINDS; k++)
        bad += run_kind(kinds[k].has_parity ? &checked : &plain, &kinds[k], s, f, &separator);
    fprintf(f, "]\n");
    const bool good = !ferror(f);
    printf("upsets: %u passed, %" PRIu64 " failed, 0 skipped\n", KINDS * PARTS, bad);
    machine_close(&plain.m);
    machine_close(&checked.m);
    case_machine_free(&plain.want);
    case_machine_free(&checked.want);
    return fclose(f) == 0 && good && bad == 0;
}
