/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs against devices:
 *
 *     fuzz --lib DEVICE.so [--lib ...] [--programs N] [--seed S] [--options "..."] [--one SEED] [--flaws PERCENT]
 *          [--max-cycles N] [--far] [--no-bytes] [--no-shrink] [--list] [--quiet] [--coverage-json FILE]
 *
 * Each program runs on the reference and on every device; memories, status and counters must agree. --options is for the
 * libraries before it that have none yet and for those after it; a library that refuses it runs without, and that is said.
 * %SEED in it becomes a number of each program's own. --far adds windows that have memory behind their far end only, with
 * offsets beyond 4 GiB: a device that turns a window's base into one host pointer cannot reach them. --one runs one program
 * by the seed that a mismatch printed. Exit 0: all agree; 1: a mismatch; 2: usage, or a library that does not load.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "device.h"
#include "fields.h"
#include "shrink.h"

enum { MOST_LIBS = 8, MOST_ERRORS = 16, MOST_MISMATCHES = 5, SHRINK_TRIES = 1500 };

struct setup {
    struct device device[MOST_LIBS];
    unsigned devices;
    uint64_t programs, seed, one, max_cycles;
    bool has_one, quiet, list, no_bytes, no_shrink;
    struct case_options generate;
    const char *json;
    char command[512];
};

struct totals {
    uint64_t programs, instructions, runs, levels[3], errors[MOST_ERRORS], mismatches, broken;
    struct coverage coverage;
};

static void print_case(FILE *out, const struct fuzz_case *c)
{
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++) {
        fprintf(out, "window %u: base 0x%" PRIx64 ", %" PRIu64 " bytes\n", w, c->window[w].base, c->window[w].size);
    }
    for (uint32_t i = 0; i < c->count; i++) {
        disassemble(out, i, c->insn[i]);
    }
}

static void report(struct device *d, struct fuzz_case *c, struct difference *diff, bool shrinking)
{
    printf("MISMATCH seed 0x%" PRIx64 " on %s (flaw: %s): %s, offset 0x%" PRIx64 ": expected 0x%" PRIx64
           ", got 0x%" PRIx64 "\n",
           c->seed, d->path, c->flaw, diff->what, diff->offset, diff->expected, diff->got);
    if (!shrinking) {
        print_case(stdout, c);
        return;
    }
    const unsigned tries = shrink(d, c, diff, SHRINK_TRIES);
    printf("smallest after %u runs: %u instructions: %s, offset 0x%" PRIx64 ": expected 0x%" PRIx64 ", got 0x%" PRIx64
           "\n",
           tries, c->count, diff->what, diff->offset, diff->expected, diff->got);
    print_case(stdout, c);
}

/* The reference must agree with itself whichever queue moves first; else the generator let a race through. */
static bool self_check(const struct fuzz_case *c, struct totals *t)
{
    struct ref_machine a;
    struct ref_machine b;
    bool same = false;
    if (case_machine(c, &a) != 0) {
        return false;
    }
    if (case_machine(c, &b) == 0) {
        a.observe = coverage_note;
        a.user = &t->coverage;
        b.schedule = 1 + (unsigned)(c->seed % 1000);
        ref_run(&a);
        ref_run(&b);
        same = a.status == b.status && a.error_index == b.error_index;
        for (unsigned i = 0; i < REF_MEMS; i++) {
            same = same && memcmp(a.mem[i], b.mem[i], ref_mem_size(&c->caps, i)) == 0;
        }
        for (unsigned i = 0; i < a.regions; i++) {
            same = same && memcmp(a.region[i].host, b.region[i].host, a.region[i].size) == 0;
        }
        for (unsigned i = SYSTOLE_CNT_INSN_SYNC; i <= SYSTOLE_CNT_INSN_STORE; i++) {
            t->instructions += a.counter[i];
        }
        t->errors[a.status % MOST_ERRORS]++;
        case_machine_free(&b);
    }
    case_machine_free(&a);
    return same || c->level != LEVEL_ALL;
}

/* One program on one device. */
static void run_program(const struct setup *s, struct device *d, uint64_t seed, struct totals *t)
{
    struct difference diff;
    struct fuzz_case *c = malloc(sizeof *c);
    if (c == NULL || case_generate(c, &d->caps, seed, &s->generate) != 0) {
        t->broken++;
        free(c);
        return;
    }
    t->coverage.caps = d->caps;
    t->coverage.stalls = d->options != NULL && !d->refused && strstr(d->options, "stall=") != NULL &&
                         strstr(d->options, "stall=0") == NULL;
    t->levels[c->level]++;
    t->runs++;
    if (s->list) {
        printf("seed 0x%" PRIx64 ", flaw %s, level %d\n", seed, c->flaw, (int)c->level);
        print_case(stdout, c);
    }
    if (!self_check(c, t)) {
        printf("RACE in the generator's program of seed 0x%" PRIx64 "\n", seed);
        t->broken++;
    } else if (device_compare(d, c, &diff) != 0) {
        t->broken++;
    } else if (diff.found) {
        t->mismatches++;
        report(d, c, &diff, !s->no_shrink);
    }
    free(c);
}

static void write_json(const struct setup *s, const struct totals *t)
{
    FILE *f = fopen(s->json, "w");
    if (f == NULL) {
        perror(s->json);
        return;
    }
    fprintf(f, "[\n");
    coverage_rows(f, &t->coverage, s->command);
    fprintf(f,
            "  {\"claim\": \"fuzz: programs that differ\", \"value\": %" PRIu64
            ", \"unit\": \"programs\", \"bound\": 0, \"sense\": \"max\", \"command\": \"%s\"},\n",
            t->mismatches + t->broken, s->command);
    fprintf(f,
            "  {\"claim\": \"fuzz: runs compared\", \"value\": %" PRIu64
            ", \"unit\": \"runs\", \"bound\": 1, \"sense\": \"min\", \"command\": \"%s\"}\n]\n",
            t->runs, s->command);
    fclose(f);
}

static void print_totals(const struct setup *s, const struct totals *t)
{
    static const char *const names[MOST_ERRORS] = {
#define SYSTOLE_ERROR(name, code, doc) [code] = #name,
#include "../../driver/spec/errors.def"
#undef SYSTOLE_ERROR
    };
    if (!s->quiet) {
        coverage_print(stdout, &t->coverage);
    }
    uint64_t cycles = 0;
    for (unsigned i = 0; i < s->devices; i++) {
        cycles += s->device[i].cycles;
    }
    printf("%" PRIu64 " programs, %" PRIu64 " runs (%" PRIu64 " whole, %" PRIu64 " status only, %" PRIu64
           " undefined), %" PRIu64 " instructions, %" PRIu64 " cycles;",
           t->programs, t->runs, t->levels[LEVEL_ALL], t->levels[LEVEL_STATUS], t->levels[LEVEL_NOTHING],
           t->instructions, cycles);
    for (unsigned i = 0; i < MOST_ERRORS; i++) {
        if (t->errors[i] != 0) {
            printf(" %s %" PRIu64, names[i] != NULL ? names[i] : "?", t->errors[i]);
        }
    }
    printf("; %" PRIu64 " mismatches, %" PRIu64 " broken\n", t->mismatches, t->broken);
}

static int usage(void)
{
    fprintf(stderr, "usage: fuzz --lib DEVICE.so [--lib ...] [--programs N] [--seed S] [--options TEXT] [--one SEED]\n"
                    "            [--flaws PERCENT] [--max-cycles N] [--far] [--no-bytes] [--no-shrink] [--list]\n"
                    "            [--quiet] [--coverage-json FILE]\n");
    return 2;
}

/* An option with a value. False when it is none or the value is missing. */
static bool option(struct setup *s, const char *name, const char *value, const char **options)
{
    const uint64_t number = value != NULL ? strtoull(value, NULL, 0) : 0;
    if (value == NULL) {
        return false;
    }
    if (strcmp(name, "--lib") == 0 && s->devices < MOST_LIBS) {
        s->device[s->devices].path = value;
        s->device[s->devices++].options = *options;
    } else if (strcmp(name, "--options") == 0) {
        *options = value;
        for (unsigned i = 0; i < s->devices; i++) {
            s->device[i].options = s->device[i].options != NULL ? s->device[i].options : value;
        }
    } else if (strcmp(name, "--programs") == 0) {
        s->programs = number;
    } else if (strcmp(name, "--seed") == 0) {
        s->seed = number;
    } else if (strcmp(name, "--one") == 0) {
        s->one = number;
        s->has_one = true;
    } else if (strcmp(name, "--flaws") == 0) {
        s->generate.flaws = (uint32_t)number;
    } else if (strcmp(name, "--max-cycles") == 0) {
        s->max_cycles = number;
    } else if (strcmp(name, "--coverage-json") == 0) {
        s->json = value;
    } else {
        return false;
    }
    return true;
}

static int parse(struct setup *s, int argc, char **argv)
{
    const char *options = NULL;
    size_t used = 0;
    for (int i = 0; i < argc && used < sizeof s->command; i++) {
        const int n = snprintf(s->command + used, sizeof s->command - used, "%s%s", i != 0 ? " " : "", argv[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    for (char *p = s->command; *p != '\0'; p++) {
        *p = *p == '"' || *p == '\\' ? '\'' : *p; /* it goes into JSON */
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quiet") == 0) {
            s->quiet = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            s->list = true;
        } else if (strcmp(argv[i], "--no-bytes") == 0) {
            s->no_bytes = true;
        } else if (strcmp(argv[i], "--far") == 0) {
            s->generate.far = true;
        } else if (strcmp(argv[i], "--no-shrink") == 0) {
            s->no_shrink = true;
        } else if (option(s, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &options)) {
            i++;
        } else {
            return -1;
        }
    }
    return s->devices != 0 ? 0 : -1;
}

static void run_all(struct setup *s, struct totals *t)
{
    struct rng r = {s->seed};
    const uint64_t programs = s->has_one ? 1 : s->programs;
    for (; t->programs < programs && t->mismatches + t->broken < MOST_MISMATCHES; t->programs++) {
        const uint64_t seed = s->has_one ? s->one : rng_next(&r);
        for (unsigned i = 0; i < s->devices; i++) {
            run_program(s, &s->device[i], seed, t);
        }
        if (!s->quiet && (t->programs + 1) % 1000 == 0) {
            fprintf(stderr, "%" PRIu64 " programs\n", t->programs + 1);
        }
    }
}

int main(int argc, char **argv)
{
    static struct setup s = {.programs = 100, .seed = 1, .generate = {.flaws = 15}, .max_cycles = 20000000};
    static struct totals t;
    int result = 2;
    if (parse(&s, argc, argv) != 0) {
        return usage();
    }
    bool taken = false;
    bool given = false;
    for (unsigned i = 0; i < s.devices; i++) {
        s.device[i].max_cycles = s.max_cycles;
        s.device[i].compare_bytes = !s.no_bytes;
        if (device_open(&s.device[i], s.device[i].path, s.device[i].options) != 0) {
            goto out;
        }
        t.coverage.any_fp = t.coverage.any_fp || s.device[i].caps.has_fp;
        taken = taken || s.device[i].options != NULL;
        given = given || s.device[i].refused || s.device[i].options != NULL;
    }
    if (given && !taken) {
        fprintf(stderr, "no library takes the options\n");
        goto out;
    }
    printf("seed 0x%" PRIx64 "\n", s.seed);
    run_all(&s, &t);
    print_totals(&s, &t);
    if (s.json != NULL) {
        write_json(&s, &t);
    }
    result = t.mismatches + t.broken != 0 ? 1 : 0;
out:
    for (unsigned i = 0; i < s.devices; i++) {
        device_close(&s.device[i]);
    }
    return result;
}
