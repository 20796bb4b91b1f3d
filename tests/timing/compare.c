/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random programs on the simulated RTL and on the fast model: every counter, the status and the index must be the same.
 *
 *     compare --sim SIM.so --model MODEL.so --config NAME [--programs N] [--seed S] [--one SEED] [--flaws PERCENT]
 *             [--options "..."] [--events] [--holes]
 *
 * The programs are those of tests/fuzz. %SEED in the options becomes a number of each program's own; with --holes two programs
 * in eight have no memory behind a part of their windows, and end with a bus error, one is stopped by the watchdog and one by a
 * soft reset; --events compares each instruction's events too. Exit 0: all agree; 1: a difference; 2: usage, or a library that
 * does not load. Ends with a line that counts.
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/fields.h"
#include "../fuzz/generate.h"
#include "../../driver/systole_model.h"

#define SLICE 2000000u
#define MOST_DIFFERENCES 5u

struct side {
    const struct systole_model_ops *ops;
    const char *extra; /* options of its own */
};

struct setup {
    struct side sim, model;
    const char *config, *options;
    uint64_t programs, seed, one;
    bool has_one, events, holes;
    struct case_options generate;
};

struct outcome {
    bool hangs, reset;
    uint32_t status, index;
    uint64_t counter[SYSTOLE_COUNTER_COUNT];
    struct systole_event *event;
    size_t events;
};

struct totals {
    uint64_t programs, different, hung, broken, cycles, stopped, instructions;
};

/* ---- one side ---- */

static int load(struct side *s, const char *path)
{
    const struct systole_model_ops *(*get)(void) = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, "systole_model_get") : NULL;
    memcpy(&get, &symbol, sizeof get);
    s->ops = get ? get() : NULL;
    if (!s->ops)
        fprintf(stderr, "%s: %s\n", path, dlerror());
    return s->ops ? 0 : -1;
}

static struct systole_model *create(const struct side *s, const struct setup *u, uint64_t seed)
{
    char options[512], error[256] = "";
    const char *given = u->options ? u->options : "", *mark = strstr(given, "%SEED");
    int n = snprintf(options, sizeof options, "events=%d%s%s", u->events, s->extra[0] ? "," : "", s->extra);
    if (mark)
        n += snprintf(options + n, sizeof options - (size_t)n, ",%.*s%" PRIu32 "%s", (int)(mark - given), given,
                      (uint32_t)(seed & 0x7fffffffu), mark + strlen("%SEED"));
    else if (given[0])
        n += snprintf(options + n, sizeof options - (size_t)n, ",%s", given);
    struct systole_model *m = s->ops->create(options, error, sizeof error);
    if (!m)
        fprintf(stderr, "create(\"%s\"): %s\n", options, error);
    return m;
}

static void write64(const struct side *s, struct systole_model *m, uint32_t at, uint64_t value)
{
    s->ops->write_reg(m, at, (uint32_t)value);
    s->ops->write_reg(m, at + 4, (uint32_t)(value >> 32));
}

static void take_outcome(const struct side *s, struct systole_model *m, struct outcome *o)
{
    o->status = s->ops->read_reg(m, SYSTOLE_REG_STATUS);
    o->index = s->ops->read_reg(m, SYSTOLE_REG_ERROR_INDEX);
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++) {
        const uint32_t at = SYSTOLE_REG_COUNTER_LO + SYSTOLE_REG_COUNTER_LO_STEP * i;
        o->counter[i] = s->ops->read_reg(m, at) | (uint64_t)s->ops->read_reg(m, at + 4) << 32;
    }
    const struct systole_event *event = s->ops->events ? s->ops->events(m, &o->events) : NULL;
    o->event = event ? malloc((o->events + 1) * sizeof *event) : NULL;
    if (o->event)
        memcpy(o->event, event, o->events * sizeof *event);
}

/* Runs the program twice: the second time all that a run leaves behind is there. */
static int run_side(const struct side *s, const struct setup *u, const struct fuzz_case *c, struct outcome out[2])
{
    struct ref_machine r;
    struct systole_model *m = create(s, u, c->seed);
    if (!m || case_machine(c, &r) != 0)
        return -1;
    for (unsigned i = 0; i < r.regions; i++) {
        const bool hole = u->holes && c->seed % 8 == i; /* the second half is not there */
        s->ops->attach(m, r.region[i].addr, r.region[i].host, hole ? r.region[i].size / 128 * 64 : r.region[i].size);
    }
    for (uint32_t w = 0; w < SYSTOLE_WINDOWS; w++) {
        write64(s, m, SYSTOLE_REG_WIN_BASE_LO + w * SYSTOLE_REG_WIN_BASE_LO_STEP, r.window[w].base);
        write64(s, m, SYSTOLE_REG_WIN_SIZE_LO + w * SYSTOLE_REG_WIN_SIZE_LO_STEP, r.window[w].size);
    }
    if (u->holes && c->seed % 8 == 5) /* stopped somewhere */
        write64(s, m, SYSTOLE_REG_WATCHDOG_LO, 1 + (c->seed >> 8) % 1500);
    for (unsigned i = 0; i < 2; i++) {
        out[i] = (struct outcome){.hangs = false};
        const bool stops = u->holes && c->seed % 8 == 6; /* by a soft reset */
        s->ops->write_reg(m, SYSTOLE_REG_CTRL, 1);
        out[i].hangs = s->ops->run(m, stops ? 50 + (c->seed >> 8) % 1500 : SLICE) != 1;
        out[i].reset = stops && out[i].hangs;
        out[i].hangs = out[i].hangs && !stops;
        if (out[i].reset)
            s->ops->write_reg(m, SYSTOLE_REG_RESET, 1);
        take_outcome(s, m, &out[i]);
        /* Time after an abort is not the model's; and a hung run would not take another start. */
        if (out[i].hangs || out[i].reset || out[i].status >= SYSTOLE_ERR_BUS_READ) {
            out[1] = out[i];
            out[1].event = NULL;
            out[1].events = 0;
            break;
        }
    }
    s->ops->destroy(m);
    case_machine_free(&r);
    return 0;
}

/* ---- comparison ---- */

static const char *const counter_names[] = {
#define SYSTOLE_COUNTER(name, index, doc) [index] = #name,
#include "../../driver/spec/counters.def"
#undef SYSTOLE_COUNTER
};

static bool same_events(const struct outcome *a, const struct outcome *b)
{
    if (a->events != b->events)
        return printf("  %zu events, expected %zu\n", b->events, a->events), false;
    for (size_t i = 0; a->event && b->event && i < a->events; i++) {
        const struct systole_event *x = &a->event[i], *y = &b->event[i];
        if (memcmp(x, y, sizeof *x) == 0)
            continue;
        printf("  instruction %zu (op %u): enter %" PRId64 " %" PRId64 ", begin %" PRId64 " %" PRId64 ", end %" PRId64 " %" PRId64 "\n",
               i, x->opcode, (int64_t)x->enter, (int64_t)y->enter, (int64_t)x->begin, (int64_t)y->begin, (int64_t)x->end,
               (int64_t)y->end);
        for (uint32_t k = 0; k < SYSTOLE_COUNTER_COUNT; k++)
            if (x->counter[k] != y->counter[k])
                printf("    %s: expected %" PRIu64 ", got %" PRIu64 "\n", counter_names[k], x->counter[k], y->counter[k]);
        return false;
    }
    return true;
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
    bool same = a->hangs == b->hangs && a->reset == b->reset;
    if (a->hangs || b->hangs)
        return same;
    if (a->status != b->status || a->index != b->index) {
        printf("  status %u, index %u; expected %u, %u\n", b->status, b->index, a->status, a->index);
        same = false;
    }
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        if (a->counter[i] != b->counter[i]) {
            printf("  %s: expected %" PRIu64 ", got %" PRIu64 "\n", counter_names[i], a->counter[i], b->counter[i]);
            same = false;
        }
    return same_events(a, b) && same;
}

/* Without events more is passed over: all but them must be as with them. */
static bool same_without_events(const struct setup *u, const struct fuzz_case *c, const struct outcome expected[2])
{
    struct setup without = *u;
    struct outcome got[2] = {{.hangs = false}};
    without.events = false;
    if (!u->events)
        return true;
    bool same = run_side(&u->model, &without, c, got) == 0;
    for (unsigned i = 0; i < 2; i++) {
        struct outcome told = expected[i];
        told.event = NULL;
        told.events = got[i].events;
        same = same && same_outcome(&told, &got[i]);
        free(got[i].event);
    }
    return same;
}

static void compare(const struct setup *u, const struct ref_caps *caps, uint64_t seed, struct totals *t)
{
    struct fuzz_case *c = malloc(sizeof *c);
    struct outcome sim[2] = {{.hangs = false}}, model[2] = {{.hangs = false}};
    t->programs++;
    if (!c || case_generate(c, caps, seed, &u->generate) != 0 || run_side(&u->sim, u, c, sim) != 0 ||
        run_side(&u->model, u, c, model) != 0) {
        t->broken++;
        free(c);
        return;
    }
    bool same = true;
    for (unsigned i = 0; i < 2; i++) {
        same = same && same_outcome(&sim[i], &model[i]);
        free(model[i].event);
    }
    same = same && same_without_events(u, c, sim);
    for (unsigned i = 0; i < 2; i++)
        free(sim[i].event);
    t->cycles += sim[0].counter[SYSTOLE_CNT_CYCLES];
    t->stopped += sim[0].reset || sim[0].status >= SYSTOLE_ERR_BUS_READ;
    t->hung += sim[0].hangs;
    t->instructions += c->count;
    if (!same) {
        t->different++;
        printf("DIFFERENT: seed 0x%" PRIx64 ", flaw %s, %u instructions, status %u\n", seed, c->flaw, c->count, sim[0].status);
        for (uint32_t i = 0; u->has_one && i < c->count; i++)
            disassemble(stdout, i, c->insn[i]);
    }
    free(c);
}

/* ---- the command ---- */

static bool option(struct setup *u, const char *name, const char *value)
{
    static char extra[300];
    const uint64_t number = strtoull(value, NULL, 0);
    if (strcmp(name, "--sim") == 0)
        return load(&u->sim, value) == 0;
    if (strcmp(name, "--model") == 0)
        return load(&u->model, value) == 0;
    if (strcmp(name, "--config") == 0) {
        snprintf(extra, sizeof extra, "config=%s,data=0", value);
        u->config = value;
        u->model.extra = extra;
    } else if (strcmp(name, "--options") == 0) {
        u->options = value;
    } else if (strcmp(name, "--programs") == 0) {
        u->programs = number;
    } else if (strcmp(name, "--seed") == 0) {
        u->seed = number;
    } else if (strcmp(name, "--one") == 0) {
        u->one = number;
        u->has_one = true;
    } else if (strcmp(name, "--flaws") == 0) {
        u->generate.flaws = (uint32_t)number;
    } else {
        return false;
    }
    return true;
}

static bool parse(struct setup *u, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--events") == 0)
            u->events = true;
        else if (strcmp(argv[i], "--holes") == 0)
            u->holes = true;
        else if (i + 1 == argc || !option(u, argv[i], argv[i + 1]))
            return false;
        else
            i++;
    }
    return u->sim.ops && u->model.ops && u->config;
}

static int read_caps(const struct setup *u, struct ref_caps *caps)
{
    struct systole_model *m = create(&u->sim, u, 1);
    if (!m)
        return -1;
#define CAP(name) u->sim.ops->read_reg(m, SYSTOLE_REG_CAPS + SYSTOLE_REG_CAPS_STEP * SYSTOLE_CAP_##name)
    *caps = (struct ref_caps){.rows = CAP(ROWS), .cols = CAP(COLS), .has_fp = CAP(HAS_FP), .axi_bytes = CAP(AXI_BYTES),
                              .word_bytes = CAP(WORD_BYTES), .apad_bytes = CAP(APAD_BYTES), .wpad_bytes = CAP(WPAD_BYTES),
                              .acc_rows = CAP(ACC_ROWS), .param_rows = CAP(PARAM_ROWS)};
    u->sim.ops->destroy(m);
    return 0;
}

int main(int argc, char **argv)
{
    static struct setup u = {.programs = 100, .seed = 1, .sim = {.extra = ""}, .model = {.extra = ""}, .generate = {.flaws = 15}};
    struct totals t = {.programs = 0};
    struct ref_caps caps;
    if (!parse(&u, argc, argv)) {
        fprintf(stderr, "usage: compare --sim SIM.so --model MODEL.so --config NAME [--programs N] [--seed S] [--one SEED]\n"
                        "               [--flaws PERCENT] [--options TEXT] [--events] [--holes]\n");
        return 2;
    }
    if (read_caps(&u, &caps) != 0)
        return 2;
    struct rng r = {u.seed};
    for (uint64_t i = 0; i < (u.has_one ? 1 : u.programs) && t.different < MOST_DIFFERENCES; i++)
        compare(&u, &caps, u.has_one ? u.one : rng_next(&r), &t);
    printf("%s, seed 0x%" PRIx64 ": %" PRIu64 " programs of %" PRIu64 " instructions, %" PRIu64 " cycles, %" PRIu64 " stopped, %" PRIu64
           " without an end; %" PRIu64 " different, %" PRIu64 " broken\n", u.config, u.seed, t.programs, t.instructions, t.cycles,
           t.stopped, t.hung, t.different, t.broken);
    return t.different + t.broken != 0;
}
