/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "train_common.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- options ---- */

static int read_number(const char *name, const char *text, double most, double *to)
{
    char *end = NULL;
    errno = 0;
    const double v = text ? strtod(text, &end) : -1;
    if (text && *text && *end == '\0' && !errno && v >= 0 && v <= most) {
        *to = v;
        return 0;
    }
    fprintf(stderr, "%s takes a number from 0 to %g, not '%s'\n", name, most, text ? text : "");
    return EXIT_USAGE;
}

struct choice {
    const char *name;
    const char **text;
    uint64_t *whole;
    double *number;
    double most;
};

static int read_choice(const struct choice *c, const char *value)
{
    double v = 0;
    if (!value) {
        fprintf(stderr, "%s takes a value\n", c->name);
        return EXIT_USAGE;
    }
    if (c->text) {
        *c->text = value;
        return 0;
    }
    const int bad = read_number(c->name, value, c->most, c->number ? c->number : &v);
    if (!bad && c->whole && (double)(uint64_t)v != v) {
        fprintf(stderr, "%s takes a whole number, not '%s'\n", c->name, value);
        return EXIT_USAGE;
    }
    if (!bad && c->whole)
        *c->whole = (uint64_t)v;
    return bad;
}

int options_read(int argc, char **argv, struct options *o, int *help)
{
    const struct choice choices[] = {{"--device", &o->device, NULL, NULL, 0},
                                     {"--check", &o->check, NULL, NULL, 0},
                                     {"--checkpoint", &o->checkpoint, NULL, NULL, 0},
                                     {"--curve", &o->curve, NULL, NULL, 0},
                                     {"--images", &o->images, NULL, NULL, 0},
                                     {"--labels", &o->labels, NULL, NULL, 0},
                                     {"--text", &o->text, NULL, NULL, 0},
                                     {"--seed", NULL, &o->seed, NULL, 9e15},
                                     {"--steps", NULL, &o->steps, NULL, 1e9},
                                     {"--batch", NULL, &o->batch, NULL, 65536},
                                     {"--parts", NULL, &o->parts, NULL, 65536},
                                     {"--every", NULL, &o->every, NULL, 1e9},
                                     {"--rate", NULL, NULL, &o->rate, 1000},
                                     {"--accuracy", NULL, NULL, &o->accuracy, 100}};
    *help = 0;
    for (int i = 1; i < argc; i++) {
        const struct choice *found = NULL;
        for (size_t k = 0; k < sizeof choices / sizeof *choices && !found; k++)
            found = strcmp(argv[i], choices[k].name) == 0 ? &choices[k] : NULL;
        if (strcmp(argv[i], "--help") == 0)
            *help = 1;
        else if (strcmp(argv[i], "--mlp") == 0)
            o->mlp = 1;
        else if (!found) {
            fprintf(stderr, "'%s' is no option: --help lists them\n", argv[i]);
            return EXIT_USAGE;
        } else {
            const int bad = read_choice(found, argv[++i]);
            if (bad)
                return bad;
        }
    }
    if (o->batch == 0 || o->every == 0) {
        fprintf(stderr, "--batch and --every are at least 1\n");
        return EXIT_USAGE;
    }
    return 0;
}

/* ---- sessions ---- */

static const char *device_of(const struct session *s, int side)
{
    return side ? s->o->check : s->o->device;
}

int session_fail(const struct session *s, int side, const char *what)
{
    const char *const why = s->context[side] ? systole_context_detail(s->context[side]) : "no memory";
    /* In one call each: what several ranks say at the same time must not be mixed. */
    if (s->group && systole_group_size(s->group) > 1)
        fprintf(stderr, "rank %d: %s on %s: %s\n", systole_group_rank(s->group), what, device_of(s, side), why);
    else
        fprintf(stderr, "%s on %s: %s\n", what, device_of(s, side), why);
    return EXIT_FAILED;
}

int session_tells(const struct session *s)
{
    return !s->group || systole_group_rank(s->group) == 0;
}

/* ---- when a rank dies, the launcher ends the others by SIGTERM: then one of them says what is left ---- */

enum { ADVICE = 5000 };

static struct systole_group *watched;
static char advice[2][ADVICE]; /* the one that is being written is not the one that may be read */
static volatile sig_atomic_t valid;

static void say_last_words(int signal_number)
{
    enum { WORDS_ROOM = 128 };
    char text[WORDS_ROOM + ADVICE];
    const size_t length = systole_group_last_words(watched, "step", text, WORDS_ROOM);
    if (length) {
        /* In one write: the launcher has something to say at the same time. */
        const char *const rest = advice[valid];
        memcpy(text + length, rest, strlen(rest));
        const ssize_t written = write(2, text, length + strlen(rest));
        (void)written;
        /* The launcher passes on what was written while the process lives. */
        nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void set_advice(const struct session *s, uint64_t done)
{
    char *const to = advice[!valid];
    if (s->o->checkpoint && done)
        snprintf(to, ADVICE, ": the same command goes on from '%s', which holds %llu steps\n", s->o->checkpoint,
                 (unsigned long long)done);
    else
        snprintf(to, ADVICE, ": nothing was saved%s; the same command begins anew\n", s->o->checkpoint ? " yet" : ", for want of --checkpoint");
    valid = !valid;
}

static void watch(const struct session *s)
{
    if (systole_group_size(s->group) == 1)
        return;
    watched = s->group;
    set_advice(s, s->first);
    signal(SIGTERM, say_last_words);
}

/* ---- opening ---- */

/* Words of a checkpoint: steps, and the parts that their batches were cut into. */
enum { WORDS = 2 };

static int take_up(struct session *s)
{
    FILE *const there = s->o->checkpoint ? fopen(s->o->checkpoint, "rb") : NULL;
    uint64_t words[WORDS] = {0, (uint64_t)s->parts};
    if (!there)
        return 0;
    fclose(there);
    for (int i = 0; i < s->sides; i++)
        if (systole_checkpoint_read(s->trainer[i], s->o->checkpoint, words, WORDS))
            return session_fail(s, i, "the checkpoint");
    if (words[1] != (uint64_t)s->parts) {
        fprintf(stderr, "%s is of a run with %llu parts a batch, not %lld: --parts %llu goes on\n", s->o->checkpoint,
                (unsigned long long)words[1], (long long)s->parts, (unsigned long long)words[1]);
        return EXIT_FAILED;
    }
    s->first = words[0];
    if (session_tells(s))
        printf("goes on after step %llu of %s\n", (unsigned long long)s->first, s->o->checkpoint);
    return 0;
}

static int join(struct session *s)
{
    if (systole_context_create(NULL, &s->context[0]) || systole_group_join(s->context[0], &s->group))
        return session_fail(s, 0, "the other ranks");
    const int64_t ranks = systole_group_size(s->group);
    s->parts = s->o->parts ? (int64_t)s->o->parts : ranks;
    if (s->parts % ranks == 0 && (int64_t)s->o->batch % s->parts == 0)
        return 0;
    fprintf(stderr, "a batch of %llu in %lld parts on %lld ranks: each rank makes as many parts, and each part has as many examples\n",
            (unsigned long long)s->o->batch, (long long)s->parts, (long long)ranks);
    return EXIT_USAGE;
}

int session_open(struct session *s, const struct options *o, make_fn *make, const void *user)
{
    *s = (struct session){.o = o, .sides = o->check ? 2 : 1};
    int bad = join(s);
    for (int i = 0; i < s->sides && !bad; i++) {
        if (!s->context[i] && systole_context_create(NULL, &s->context[i]))
            bad = session_fail(s, i, "a context");
        else if (systole_trainer_create(s->context[i], device_of(s, i), o->seed, &s->trainer[i]))
            bad = session_fail(s, i, "a trainer");
        else if (make(s->trainer[i], user))
            bad = session_fail(s, i, "the parameters");
    }
    if (!bad)
        bad = take_up(s);
    for (int i = 0; i < s->sides && !bad; i++)
        if (systole_group_train(s->group, s->trainer[i]))
            bad = session_fail(s, i, "training together");
    if (!bad)
        watch(s);
    if (bad || !o->curve || !session_tells(s))
        return bad;
    s->curve = fopen(o->curve, s->first ? "a" : "w");
    if (!s->curve)
        fprintf(stderr, "%s: %s\n", o->curve, strerror(errno));
    return s->curve ? 0 : EXIT_FAILED;
}

void session_close(struct session *s, int code)
{
    if (s->curve)
        fclose(s->curve);
    fflush(stdout);
    if (code)
        systole_group_end(s->group, code);
    watched = NULL;
    for (int i = 0; i < s->sides; i++)
        systole_trainer_free(s->trainer[i]);
    systole_group_leave(s->group);
    for (int i = 0; i < s->sides; i++)
        systole_context_free(s->context[i]);
}

static int differ(const struct session *s, uint64_t step, const char *what, const float *a, const float *b, int64_t n)
{
    if (!a && !b)
        return 0;
    for (int64_t i = 0; i < n; i++)
        if (!a || !b || memcmp(&a[i], &b[i], sizeof *a) != 0) {
            fprintf(stderr, "step %llu: %s, element %lld, is %a on %s and %a on %s\n", (unsigned long long)step, what,
                    (long long)i, a ? (double)a[i] : 0, s->o->device, b ? (double)b[i] : 0, s->o->check);
            return EXIT_WRONG;
        }
    return 0;
}

/* Every parameter and moment of both sides. */
static int compare(const struct session *s, uint64_t step)
{
    int bad = 0;
    for (int i = 0; i < systole_param_count(s->trainer[0]) && !bad; i++) {
        const struct systole_value *const a = systole_param_at(s->trainer[0], i), *const b = systole_param_at(s->trainer[1], i);
        const int64_t n = systole_value_count(a);
        bad = differ(s, step, systole_param_name(a), systole_value_data(a), systole_value_data(b), n);
        for (int k = 0; k < 2 && !bad; k++)
            bad = differ(s, step, systole_param_name(a), systole_param_moment(a, k), systole_param_moment(b, k), n);
    }
    return bad;
}

static void progress(const struct session *s, uint64_t step, float loss)
{
    if (!session_tells(s))
        return;
    if (s->curve)
        fprintf(s->curve, "%llu,%a\n", (unsigned long long)step, (double)loss);
    if (s->curve)
        fflush(s->curve);
    if (isatty(2))
        fprintf(stderr, "\rstep %llu of %llu, loss %.4f ", (unsigned long long)step + 1, (unsigned long long)s->o->steps,
                (double)loss);
    if ((step + 1) % s->o->every == 0 || step == s->first)
        printf("%sstep %5llu  loss %.6f (%a)%s\n", isatty(2) && isatty(1) ? "\r" : "", (unsigned long long)step + 1, (double)loss,
               (double)loss, s->sides == 2 ? "  the same bits on both" : "");
    fflush(stdout);
}

/* All parts of this rank; the sum of all ranks' losses, part by part in their order. */
static int pass_parts(struct session *s, int side, record_fn *record, const void *user, float *loss)
{
    const int ranks = systole_group_size(s->group), rank = systole_group_rank(s->group);
    float *const all = malloc((size_t)ranks * sizeof *all);
    int bad = all ? 0 : EXIT_FAILED;
    *loss = 0;
    for (int64_t first = 0; first < s->parts && !bad; first += ranks) {
        struct systole_value *y = NULL;
        const enum systole_status recorded = record(s->trainer[side], user, (struct part){first + rank, s->parts}, &y);
        const float own = recorded ? 0 : *systole_value_data(y);
        /* A pass that could not be recorded is told to the others by the pass back. */
        if (systole_train_backward(s->trainer[side], y))
            bad = session_fail(s, side, recorded ? "the network" : "the way back");
        else if (systole_group_gather(s->group, &own, sizeof own, all))
            bad = session_fail(s, 0, "the losses");
        for (int r = 0; r < ranks && !bad; r++)
            *loss += all[r];
    }
    free(all);
    return bad;
}

int session_step(struct session *s, uint64_t step, record_fn *record, const void *user,
                 const struct systole_optimiser_options *optimiser, float rate, float *loss)
{
    struct systole_optimiser_options whole = *optimiser;
    float losses[2] = {0, 0};
    whole.scale = (float)s->parts;
    systole_group_at(s->group, step + 1);
    for (int i = 0; i < s->sides; i++) {
        const int bad = pass_parts(s, i, record, user, &losses[i]);
        if (bad)
            return bad;
        losses[i] /= (float)s->parts;
        if (systole_train_step(s->trainer[i], &whole, rate))
            return session_fail(s, i, "the step");
    }
    *loss = losses[0];
    int bad = s->sides == 2 ? differ(s, step, "the loss", &losses[0], &losses[1], 1) : 0;
    if (s->sides == 2 && !bad)
        bad = compare(s, step);
    if (!bad)
        progress(s, step, *loss);
    return bad;
}

int session_forward(struct session *s, record_fn *record, const void *user, struct systole_value **y)
{
    return record(s->trainer[0], user, (struct part){0, 1}, y) ? session_fail(s, 0, "the network") : 0;
}

int session_save(struct session *s, uint64_t step, int last)
{
    const uint64_t words[WORDS] = {step + 1, (uint64_t)s->parts};
    int32_t bad = 0;
    if (!s->o->checkpoint || (!last && words[0] % s->o->every != 0))
        return 0;
    /* What is kept is what every rank has. */
    if (systole_group_same(s->group, s->trainer[0]))
        return session_fail(s, 0, "the ranks' parameters");
    if (session_tells(s) && systole_checkpoint_write(s->trainer[0], s->o->checkpoint, words, WORDS))
        return session_fail(s, 0, "the checkpoint");
    if (systole_group_share(s->group, 0, &bad, sizeof bad)) /* it is written */
        return session_fail(s, 0, "the checkpoint's end");
    set_advice(s, words[0]);
    return 0;
}

void session_totals(const struct session *s)
{
    for (int i = 0; i < s->sides && session_tells(s); i++) {
        struct systole_totals t = {.size = sizeof t};
        if (!systole_trainer_totals(s->trainer[i], &t))
            printf(
                "%s: %llu products, %llu multiply-adds, %llu cycles; %llu on the host instead, %llu with an infinity or a NaN\n",
                device_of(s, i), (unsigned long long)t.runs, (unsigned long long)t.macs, (unsigned long long)t.cycles,
                (unsigned long long)t.on_host, (unsigned long long)t.special);
    }
}
