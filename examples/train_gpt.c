/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small GPT learns to continue a text, character by character: made-up sentences, or a file. Every matrix product runs on the
 * device.
 *
 *     train_gpt --device hls:16x16 --check cpu
 */
#include <stdlib.h>
#include <string.h>

#include "train_common.h"

static const char usage[] =
    "train_gpt [options]\n"
    "  --device D       where products run (cpu)\n"
    "  --check D        train on D too, and compare every loss, parameter and moment bit by bit\n"
    "  --steps N        (200)      --batch N (4)      --rate R (0.01)      --seed N (1)\n"
    "  --text F         learn from a file's bytes instead of made-up sentences\n"
    "  --parts N        passes that the batch of a step is cut into (one a rank; mpirun starts several)\n"
    "  --checkpoint F   go on from F where it is there; write it every --every N steps (50)\n"
    "  --curve F        a line \"step,loss\" a step\n";

enum { TIME = 32, CHANNELS = 32, HEADS = 4, BLOCKS = 2, BYTES = 256, SAID = 120 };

/* ---- the text ---- */

struct text {
    int64_t count, vocabulary;
    int32_t *tokens;
    uint8_t byte[BYTES]; /* of a token */
};

/* Sentences of a few words each: enough to be learnt in minutes. */
static uint8_t *sentences(uint64_t seed, int64_t *size)
{
    static const char *const who[] = {"the cat", "a small bird", "my neighbour", "the old clock", "every child", "the river"};
    static const char *const does[] = {"sings to", "looks at", "waits for", "remembers", "walks past", "is afraid of"};
    static const char *const when[] = {"in the morning", "at night", "when it rains", "without a word", "again and again"};
    enum { ROOM = 20000, LONGEST = 80 };
    uint8_t *const text = malloc(ROOM + LONGEST);
    int64_t at = 0;
    for (uint64_t i = 0; text && at < ROOM; i += 4)
        at += snprintf((char *)text + at, LONGEST, "%s %s %s %s.\n", who[systole_random(seed, i, 6)],
                       does[systole_random(seed, i + 1, 6)], who[systole_random(seed, i + 2, 6)],
                       when[systole_random(seed, i + 3, 5)]);
    *size = at;
    return text;
}

static uint8_t *file_bytes(const char *path, int64_t *size)
{
    FILE *const f = fopen(path, "rb");
    uint8_t *bytes = NULL;
    if (f && fseek(f, 0, SEEK_END) == 0 && (*size = ftell(f)) > 0 && fseek(f, 0, SEEK_SET) == 0)
        bytes = malloc((size_t)*size);
    if (bytes && fread(bytes, 1, (size_t)*size, f) != (size_t)*size) {
        free(bytes);
        bytes = NULL;
    }
    if (f)
        fclose(f);
    if (!bytes)
        fprintf(stderr, "%s: cannot be read, or is empty\n", path);
    return bytes;
}

/* Tokens are the bytes that occur, in their order. */
static int read_text(const struct options *o, struct text *t)
{
    int32_t number[BYTES];
    uint8_t *const bytes = o->text ? file_bytes(o->text, &t->count) : sentences(o->seed, &t->count);
    if (!bytes)
        return EXIT_FAILED;
    memset(number, -1, sizeof number);
    for (int64_t i = 0; i < t->count; i++)
        number[bytes[i]] = 0;
    for (int b = 0; b < BYTES; b++)
        if (number[b] == 0) {
            t->byte[t->vocabulary] = (uint8_t)b;
            number[b] = (int32_t)t->vocabulary++;
        }
    t->tokens = malloc((size_t)t->count * sizeof *t->tokens);
    for (int64_t i = 0; t->tokens && i < t->count; i++)
        t->tokens[i] = number[bytes[i]];
    free(bytes);
    return t->tokens ? 0 : EXIT_FAILED;
}

/* ---- the network ---- */

struct batch {
    int64_t n, time, vocabulary;
    const int32_t *tokens, *next;
};

struct parameter {
    const char *name;
    int rank;
    int64_t dims[2];
    float scale; /* 0: zeros; 1: ones where the rank is 1 */
};

static enum systole_status make_all(struct systole_trainer *t, const char *prefix, const struct parameter *p, size_t n)
{
    enum systole_status status = SYSTOLE_OK;
    for (size_t i = 0; i < n && !status; i++) {
        struct systole_value *made = NULL;
        char name[64];
        snprintf(name, sizeof name, "%s%s", prefix, p[i].name);
        status = systole_param_create(t, name, p[i].rank, p[i].dims, p[i].rank == 1 ? SYSTOLE_INIT_CONSTANT : SYSTOLE_INIT_NORMAL,
                                      p[i].scale, &made);
    }
    return status;
}

static enum systole_status make(struct systole_trainer *t, const void *user)
{
    enum { C = CHANNELS };
    const struct batch *const b = user;
    const struct parameter whole[] = {{"token", 2, {b->vocabulary, C}, 0.08f},
                                      {"place", 2, {TIME, C}, 0.08f},
                                      {"last.gain", 1, {C}, 1},
                                      {"last.shift", 1, {C}, 0}};
    static const struct parameter block[] = {
        {"norm1.gain", 1, {C}, 1},    {"norm1.shift", 1, {C}, 0},       {"qkv", 2, {3 * C, C}, 0.12f},
        {"qkv.bias", 1, {3 * C}, 0},  {"mix", 2, {C, C}, 0.08f},        {"mix.bias", 1, {C}, 0},
        {"norm2.gain", 1, {C}, 1},    {"norm2.shift", 1, {C}, 0},       {"wide", 2, {4 * C, C}, 0.12f},
        {"wide.bias", 1, {4 * C}, 0}, {"narrow", 2, {C, 4 * C}, 0.05f}, {"narrow.bias", 1, {C}, 0}};
    enum systole_status status = make_all(t, "", whole, sizeof whole / sizeof *whole);
    for (int i = 0; i < BLOCKS && !status; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "%d.", i);
        status = make_all(t, prefix, block, sizeof block / sizeof *block);
    }
    return status;
}

static struct systole_value *of_block(struct systole_trainer *t, int block, const char *name)
{
    char whole[64];
    snprintf(whole, sizeof whole, "%d.%s", block, name);
    return named(t, whole);
}

static void record_block(struct systole_trainer *t, int i, struct systole_value **x)
{
    struct systole_value *v = NULL;
    systole_train_layer_norm(t, *x, of_block(t, i, "norm1.gain"), of_block(t, i, "norm1.shift"), 1e-5f, &v);
    systole_train_dense(t, v, of_block(t, i, "qkv"), of_block(t, i, "qkv.bias"), &v);
    systole_train_attention(t, v, HEADS, 1, &v);
    systole_train_dense(t, v, of_block(t, i, "mix"), of_block(t, i, "mix.bias"), &v);
    systole_train_add(t, *x, v, x);
    systole_train_layer_norm(t, *x, of_block(t, i, "norm2.gain"), of_block(t, i, "norm2.shift"), 1e-5f, &v);
    systole_train_dense(t, v, of_block(t, i, "wide"), of_block(t, i, "wide.bias"), &v);
    systole_train_activation(t, SYSTOLE_GELU_TANH, v, &v);
    systole_train_dense(t, v, of_block(t, i, "narrow"), of_block(t, i, "narrow.bias"), &v);
    systole_train_add(t, *x, v, x);
}

/* The first sequence of a part. */
static int64_t first_of(const struct batch *b, struct part part)
{
    return b->n * part.index / part.of;
}

/* The output's weights are those of the tokens. */
static enum systole_status logits(struct systole_trainer *t, const void *user, struct part part, struct systole_value **y)
{
    const struct batch *const b = user;
    struct systole_value *x = NULL, *place = NULL;
    const int64_t first = first_of(b, part), n = first_of(b, (struct part){part.index + 1, part.of}) - first;
    int32_t places[TIME];
    for (int32_t i = 0; i < TIME; i++)
        places[i] = i;
    systole_train_embedding(t, b->tokens + first * b->time, 2, (const int64_t[]){n, b->time}, named(t, "token"), &x);
    systole_train_embedding(t, places, 1, &b->time, named(t, "place"), &place);
    systole_train_add(t, x, place, &x);
    for (int i = 0; i < BLOCKS; i++)
        record_block(t, i, &x);
    systole_train_layer_norm(t, x, named(t, "last.gain"), named(t, "last.shift"), 1e-5f, &x);
    return systole_train_dense(t, x, named(t, "token"), NULL, y);
}

static enum systole_status record(struct systole_trainer *t, const void *user, struct part part, struct systole_value **loss)
{
    const struct batch *const b = user;
    struct systole_value *y = NULL;
    const enum systole_status status = logits(t, user, part, &y);
    return status ? status : systole_train_cross_entropy(t, y, b->next + first_of(b, part) * b->time, loss);
}

/* ---- the run ---- */

static int train(struct session *s, const struct text *text, struct systole_dataset *data, struct batch *b)
{
    const struct systole_optimiser_options adam = {.size = sizeof adam, .kind = SYSTOLE_ADAMW, .weight_decay = 0.01f, .clip = 1};
    int32_t *const tokens = malloc((size_t)(b->n * TIME) * sizeof *tokens);
    int32_t *const next = malloc((size_t)(b->n * TIME) * sizeof *next);
    int64_t *const starts = malloc((size_t)b->n * sizeof *starts);
    int bad = tokens && next && starts ? 0 : EXIT_FAILED;
    b->tokens = tokens;
    b->next = next;
    for (uint64_t step = s->first; step < s->o->steps && !bad; step++) {
        float loss;
        const float rate =
            systole_train_rate(SYSTOLE_RATE_COSINE, step, 10, s->o->steps, (float)s->o->rate, (float)s->o->rate / 10);
        for (int64_t i = 0; i < b->n; i++)
            starts[i] =
                (int64_t)systole_random(s->o->seed + 9, step * (uint64_t)b->n + (uint64_t)i, (uint64_t)(text->count - TIME));
        if (systole_dataset_windows(s->context[0], data, starts, b->n, TIME, tokens, next))
            bad = session_fail(s, 0, "the batch");
        if (!bad)
            bad = session_step(s, step, record, b, &adam, rate, &loss);
        if (!bad)
            bad = session_save(s, step, step + 1 == s->o->steps);
    }
    free(tokens);
    free(next);
    free(starts);
    return bad;
}

/* Continues the text's beginning, always by the likeliest character. */
static int say(struct session *s, const struct text *text)
{
    int32_t seen[TIME];
    memcpy(seen, text->tokens, sizeof seen);
    printf("it goes on: ");
    for (int i = 0; i < SAID; i++) {
        const struct batch b = {.n = 1, .time = TIME, .vocabulary = text->vocabulary, .tokens = seen};
        struct systole_value *y = NULL;
        const int bad = session_forward(s, logits, &b, &y);
        if (bad)
            return bad;
        const float *const row = systole_value_data(y) + (TIME - 1) * text->vocabulary;
        int32_t best = 0;
        for (int32_t k = 1; k < text->vocabulary; k++)
            best = row[k] > row[best] ? k : best;
        systole_train_clear(s->trainer[0]);
        memmove(seen, seen + 1, sizeof seen - sizeof *seen);
        seen[TIME - 1] = best;
        putchar(text->byte[best] == '\n' ? '|' : text->byte[best]);
    }
    putchar('\n');
    return 0;
}

int main(int argc, char **argv)
{
    struct options o = {.device = "cpu", .seed = 1, .steps = 200, .batch = 4, .every = 50, .rate = 0.01};
    int help;
    int code = options_read(argc, argv, &o, &help);
    if (code || help) {
        fputs(usage, code ? stderr : stdout);
        return code;
    }
    struct text text = {0};
    struct session s = {0};
    struct systole_dataset *data = NULL;
    code = read_text(&o, &text);
    if (!code && text.count <= TIME) {
        fprintf(stderr, "a text of %lld bytes is too short: more than %d are needed\n", (long long)text.count, TIME);
        code = EXIT_FAILED;
    }
    struct batch b = {.n = (int64_t)o.batch, .time = TIME, .vocabulary = text.vocabulary};
    if (!code)
        code = session_open(&s, &o, make, &b);
    if (!code && systole_dataset_text(s.context[0], text.count, text.tokens, &data))
        code = session_fail(&s, 0, "the text");
    if (!code)
        code = train(&s, &text, data, &b);
    if (!code && o.steps > 2 && session_tells(&s))
        code = say(&s, &text);
    if (!code)
        session_totals(&s);
    session_close(&s, code);
    systole_dataset_free(data);
    free(text.tokens);
    return code;
}
