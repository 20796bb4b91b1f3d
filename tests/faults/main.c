/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults [--sim LIBRARY] [--hls LIBRARY] [--parity LIBRARY] [--seed S] [--share N] [--report FILE] [--only CAMPAIGN] [--device STRING] [--upsets FILE]
 *
 * Runs the campaigns and prints one table. --share N tries one case in N where cases are many; the table says how many there were. Exit 0 when all
 * were handled, 1 when not, 2 for usage.
 */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faults.h"

struct campaign {
    const char *name, *text;
    campaign_fn *run;
};

static const struct campaign campaigns[] = {
#define FAULT_ROW(name, text) {#name, text, campaign_##name},
    FAULT_CAMPAIGNS(FAULT_ROW)
#undef FAULT_ROW
};
enum { CAMPAIGNS = sizeof campaigns / sizeof *campaigns };

static const char *const outcome_names[OUTCOMES] = {"handled", "lost", "hung", "wrong and silent"};

void tally_case(struct tally *t, enum outcome outcome, const char *format, ...)
{
    va_list args;
    t->count[outcome]++;
    if (outcome == HANDLED || t->first[0])
        return;
    va_start(args, format);
    vsnprintf(t->first, sizeof t->first, format, args);
    va_end(args);
}

void tally_skip(struct tally *t, uint64_t cases, const char *why)
{
    t->skipped += cases;
    snprintf(t->skip, sizeof t->skip, "%.*s", (int)strcspn(why, "\n"), why);
}

void tally_note(struct tally *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t->note, sizeof t->note, format, args);
    va_end(args);
}

static uint64_t bad(const struct tally *t)
{
    return t->count[LOST] + t->count[HUNG] + t->count[WRONG];
}

static void print_row(const struct campaign *c, const struct tally *t, double seconds)
{
    printf("%-60s %8" PRIu64 " %5" PRIu64 " %5" PRIu64 " %6" PRIu64 " %8.1f s  %s\n", c->text, t->count[HANDLED], t->count[LOST], t->count[HUNG],
           t->count[WRONG], seconds, t->note);
    if (t->first[0])
        printf("    first: %s\n", t->first);
    if (t->skipped)
        printf("    SKIP: %" PRIu64 ": %s\n", t->skipped, t->skip);
    fflush(stdout);
}

/* Rows of the report, the way all targets write them. */
static bool write_report(const char *path, const struct tally *all)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    const char *separator = "[";
    for (unsigned i = 0; i < CAMPAIGNS; i++)
        for (unsigned o = 0; o < OUTCOMES; o++, separator = ",\n ")
            fprintf(f, "%s{\"claim\": \"%s: %s\", \"value\": %" PRIu64 ", \"unit\": \"cases\", \"bound\": %d, \"sense\": \"%s\", "
                    "\"command\": \"make faults\"}", separator, campaigns[i].text, outcome_names[o], all[i].count[o], o == HANDLED,
                    o == HANDLED ? "min" : "max");
    fprintf(f, "]\n");
    const bool good = !ferror(f);
    return fclose(f) == 0 && good;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int run_all(struct setup *s, const char *only, const char *report)
{
    struct tally all[CAMPAIGNS] = {0};
    uint64_t handled = 0, failed = 0, skipped = 0;
    printf("seed 0x%" PRIx64 ", one case in %u\n%-60s %8s %5s %5s %6s\n", s->seed, s->share, "class", "handled", "lost", "hung", "wrong");
    for (unsigned i = 0; i < CAMPAIGNS; i++) {
        if (only && strcmp(only, campaigns[i].name) != 0)
            continue;
        const double begin = now();
        campaigns[i].run(s, &all[i]);
        print_row(&campaigns[i], &all[i], now() - begin);
        handled += all[i].count[HANDLED];
        failed += bad(&all[i]);
        skipped += all[i].skipped;
    }
    if (report && !only && !write_report(report, all)) {
        fprintf(stderr, "faults: %s cannot be written\n", report);
        return 2;
    }
    printf("faults: %" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " skipped\n", handled, failed, skipped);
    return failed || handled == 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: faults [--sim LIBRARY] [--hls LIBRARY] [--parity LIBRARY] [--seed S] [--share N] [--report FILE] [--only CAMPAIGN] "
                    "[--device STRING] [--upsets FILE]\n");
    return 2;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/systole_faults_XXXXXX";
    struct setup s = {.sim = "build/sim/libsystole_sim_4x4.so", .hls = "build/hls/libsystole_hls_4x4.so",
                      .parity = "build/sim/libsystole_sim_4x4_parity1.so", .seed = 1, .share = 1,
                      .systole = "build/systole"};
    const char *only = NULL, *report = NULL, *upset_report = NULL;
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!value)
            return usage();
        if (strcmp(argv[i], "--sim") == 0)
            s.sim = value;
        else if (strcmp(argv[i], "--hls") == 0)
            s.hls = value;
        else if (strcmp(argv[i], "--parity") == 0)
            s.parity = value;
        else if (strcmp(argv[i], "--seed") == 0)
            s.seed = strtoull(value, NULL, 0);
        else if (strcmp(argv[i], "--share") == 0)
            s.share = (unsigned)strtoul(value, NULL, 0);
        else if (strcmp(argv[i], "--report") == 0)
            report = value;
        else if (strcmp(argv[i], "--only") == 0)
            only = value;
        else if (strcmp(argv[i], "--device") == 0)
            s.device = value;
        else if (strcmp(argv[i], "--upsets") == 0)
            upset_report = value;
        else
            return usage();
    }
    if (s.share == 0 || !mkdtemp(folder))
        return usage();
    s.folder = folder;
    const int code = upset_report ? !upsets(&s, upset_report) : run_all(&s, only, report);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) || code;
}
