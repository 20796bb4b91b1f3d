/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-event upsets: one bit of a memory of the simulated RTL is inverted in one cycle of the reference program, by the debug access that tests
 * have. The memories have no check bits, so what is not masked is wrong, and nothing tells it: that is what this measures.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"

enum { TRIALS = 2000 };

/* What the reference program uses of each memory, in bytes. */
static const struct part {
    int mem;
    const char *name;
    uint32_t bytes;
} parts[] = {
    {SYSTOLE_MEM_APAD, "APAD", 576}, {SYSTOLE_MEM_WPAD, "WPAD", 96}, {SYSTOLE_MEM_ACC, "ACC", 832}, {SYSTOLE_MEM_PARAM, "PARAM", 32},
    {SYSTOLE_MEM_LUT, "LUT", 256},
};
enum { PARTS = sizeof parts / sizeof *parts };

enum effect { MASKED, SILENT, TOLD, BROKEN, EFFECTS };

static bool flip(struct machine *m, int mem, uint32_t byte, uint32_t bit)
{
    uint8_t value = 0;
    if (m->ops->peek(m->model, mem, byte, &value, 1) != 0)
        return false;
    value ^= (uint8_t)(1u << bit);
    return m->ops->poke(m->model, mem, byte, &value, 1) == 0;
}

static enum effect upset(struct machine *m, const struct fuzz_case *c, const struct ref_machine *want, const struct part *part, struct rng *r,
                         uint64_t cycles)
{
    char what[120];
    if (!machine_open(m, "") || !machine_put(m, c))
        return BROKEN;
    machine_start(m);
    m->sim->step(m->model, rng_below(r, (uint32_t)cycles));
    const uint32_t byte = rng_below(r, part->bytes);
    if (!flip(m, part->mem, byte, rng_below(r, 8)))
        return BROKEN;
    const struct ending e = machine_finish(m, RUN_CYCLES);
    if (!e.ended || machine_moved(m, c, what, sizeof what))
        return BROKEN;
    if (e.status != SYSTOLE_ERR_OK)
        return TOLD;
    return machine_differs(m, want, false, what, sizeof what) ? SILENT : MASKED;
}

static void write_rows(FILE *f, const uint64_t count[PARTS][EFFECTS])
{
    static const char *const names[] = {"masked", "wrong, not detected", "detected"};
    const char *separator = "[";
    for (unsigned p = 0; p < PARTS; p++)
        for (unsigned k = MASKED; k <= TOLD; k++, separator = ",\n ")
            fprintf(f, "%s{\"claim\": \"single-event upsets in %s: %s\", \"value\": %" PRIu64 ", \"unit\": \"of %d\", \"bound\": 0, \"sense\": \"min\", "
                    "\"command\": \"make faults-upsets\"}", separator, parts[p].name, names[k], count[p][k], TRIALS);
    fprintf(f, "]\n");
}

bool upsets(const struct setup *s, const char *report)
{
    struct machine m = {0};
    struct fuzz_case c;
    struct ref_machine want;
    struct course course = {0};
    uint64_t count[PARTS][EFFECTS] = {{0}}, broken = 0;
    if (!machine_load(&m, s->sim))
        return false;
    reference_case(&c, &m.caps, s->seed);
    if (!machine_course(&m, &c, &course) || !reference_result(&c, &want))
        return false;
    printf("seed 0x%" PRIx64 ", %d bit flips in what the program uses of each memory, at any of its %" PRIu64 " cycles\n%-8s %8s %8s %9s\n",
           s->seed, TRIALS, course.cycles, "memory", "masked", "wrong", "detected");
    for (unsigned p = 0; p < PARTS; p++) {
        struct rng r = {s->seed * PARTS + p};
        for (unsigned n = 0; n < TRIALS; n++)
            count[p][upset(&m, &c, &want, &parts[p], &r, course.cycles)]++;
        printf("%-8s %8" PRIu64 " %8" PRIu64 " %9" PRIu64 "\n", parts[p].name, count[p][MASKED], count[p][SILENT], count[p][TOLD]);
        broken += count[p][BROKEN];
    }
    if (broken)
        printf("%" PRIu64 " runs did not end, or left their windows\n", broken);
    machine_close(&m);
    case_machine_free(&want);
    FILE *f = fopen(report, "w");
    if (!f)
        return false;
    write_rows(f, (const uint64_t (*)[EFFECTS])count);
    return fclose(f) == 0 && !broken;
}
