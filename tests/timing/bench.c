/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The convolutions of ResNet-50 as one program, on the simulated RTL and on the fast model, one after the other on the same
 * core: are all counters equal, and how many cycles a second does each make?
 *
 *     bench [--report FILE] [--repeat N] [--layers N] 'PRECISION;SIM;MODEL' ...     int8;sim:16x16_has_fp0_assert0;model:16x16_has_fp0,data=0
 *
 * Exit 1 only where a counter differs, or nothing could be measured.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

/* Each kind of convolution of ResNet-50 (the stride in the 3x3, as it is trained today) with how many there are. */
static const struct layer resnet50[] = {
    {3, 64, 7, 2, 3, 224, 1},
    {64, 64, 1, 1, 0, 56, 1},    {64, 64, 3, 1, 1, 56, 3},    {64, 256, 1, 1, 0, 56, 4},   {256, 64, 1, 1, 0, 56, 2},
    {256, 128, 1, 1, 0, 56, 1},  {128, 128, 3, 2, 1, 56, 1},  {128, 512, 1, 1, 0, 28, 4},  {256, 512, 1, 2, 0, 56, 1},
    {512, 128, 1, 1, 0, 28, 3},  {128, 128, 3, 1, 1, 28, 3},
    {512, 256, 1, 1, 0, 28, 1},  {256, 256, 3, 2, 1, 28, 1},  {256, 1024, 1, 1, 0, 14, 6}, {512, 1024, 1, 2, 0, 28, 1},
    {1024, 256, 1, 1, 0, 14, 5}, {256, 256, 3, 1, 1, 14, 5},
    {1024, 512, 1, 1, 0, 14, 1}, {512, 512, 3, 2, 1, 14, 1},  {512, 2048, 1, 1, 0, 7, 3},  {1024, 2048, 1, 2, 0, 14, 1},
    {2048, 512, 1, 1, 0, 7, 2},  {512, 512, 3, 1, 1, 7, 2},
};

#define LAYERS (sizeof(resnet50) / sizeof(resnet50[0]))

struct setup {
    const char *report;
    uint32_t repeat;
    size_t layers;
};

/* ---- the comparison ---- */

static void row(FILE *f, const char *job, const char *claim, double value, const char *unit, const char *bound)
{
    fprintf(f, "%s  {\"claim\": \"ResNet-50's convolutions, %s: %s\", \"value\": %.0f, \"unit\": \"%s\", %s, "
               "\"command\": \"make bench-model\"}", ftell(f) > 2 ? ",\n" : "", job, claim, value, unit, bound);
}

static void rows(FILE *f, const char *job, const struct outcome *sim, const struct outcome *model, uint32_t differing)
{
    const double cycles = (double)sim->counters.value[SYSTOLE_CNT_CYCLES];
    const double rtl = cycles / sim->seconds, fast = cycles / model->seconds;
    if (!f)
        return;
    row(f, job, "counters of the fast model that are not the RTL's", differing, "counters", "\"bound\": 0, \"sense\": \"max\"");
    row(f, job, "cycles of the RTL simulation in a second", rtl, "cycles/s", "\"bound\": 0, \"sense\": \"min\"");
    row(f, job, "cycles of the fast model in a second", fast, "cycles/s", "\"bound\": 0, \"sense\": \"min\"");
    row(f, job, "fast model over RTL simulation, time alone", fast / rtl, "times", "\"bound\": 1000, \"sense\": \"min\"");
}

static bool compare(const struct setup *u, char *job, FILE *report)
{
    struct outcome sim = {.seconds = 0}, model = {.seconds = 0};
    char *first = strchr(job, ';'), *second = first ? strchr(first + 1, ';') : NULL;
    if (!second)
        return fprintf(stderr, "%s: is not PRECISION;SIM;MODEL\n", job), false;
    *first++ = '\0';
    *second++ = '\0';
    const bool bf16 = strcmp(job, "bf16") == 0;
    if (!network_measure(resnet50, u->layers, second, bf16, u->repeat, &model) ||
        !network_measure(resnet50, u->layers, first, bf16, 1, &sim))
        return false;
    const uint32_t differing = network_differences(&sim, &model);
    const double cycles = (double)sim.counters.value[SYSTOLE_CNT_CYCLES];
    printf("%-28s %5s  %11.0f cycles  %6.2f s  %8.3f Mcycle/s\n", first, job, cycles, sim.seconds, 1e-6 * cycles / sim.seconds);
    printf("%-28s %5s  %11.0f cycles  %6.4f s  %8.3f Mcycle/s  %.0f times; %u counters differ\n", second, job,
           (double)model.counters.value[SYSTOLE_CNT_CYCLES], model.seconds, 1e-6 * cycles / model.seconds,
           sim.seconds / model.seconds, differing);
    char name[300];
    snprintf(name, sizeof name, "%s on %s", job, first);
    rows(report, name, &sim, &model, differing);
    return differing == 0;
}

int main(int argc, char **argv)
{
    struct setup u = {.repeat = 3, .layers = LAYERS};
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "--report") == 0)
            u.report = argv[i + 1];
        else if (strcmp(argv[i], "--repeat") == 0)
            u.repeat = (uint32_t)strtoul(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--layers") == 0)
            u.layers = strtoul(argv[i + 1], NULL, 0);
        else
            break;
    }
    if (i == argc || argv[i][0] == '-' || u.repeat == 0 || u.layers == 0 || u.layers > LAYERS)
        return fprintf(stderr, "usage: bench [--report FILE] [--repeat N] [--layers 1-%zu] 'PRECISION;SIM;MODEL' ...\n", LAYERS), 2;
    FILE *report = u.report ? fopen(u.report, "w") : NULL;
    if (u.report && !report)
        return perror(u.report), 2;
    if (report)
        fputs("[\n", report);
    bool ok = true;
    for (; i < argc; i++)
        ok = compare(&u, argv[i], report) && ok;
    if (report) {
        fputs("\n]\n", report);
        fclose(report);
    }
    return !ok;
}
