/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small network learns digits: drawn ones, bent and smeared by chance, or MNIST's files. Every matrix product runs on the
 * device.
 *
 *     train_digits --device hls:16x16 --check cpu --accuracy 95
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train_common.h"

static const char usage[] =
    "train_digits [options]\n"
    "  --device D       where products run (cpu)\n"
    "  --check D        train on D too, and compare every loss, parameter and moment bit by bit\n"
    "  --steps N        (300)      --batch N (32)      --rate R (0.004)      --seed N (1)\n"
    "  --mlp            two dense layers instead of convolutions\n"
    "  --images F --labels F  MNIST's files (IDX, gunzipped) instead of drawn digits; a fifth is held out\n"
    "  --accuracy P     exit 1 when less than P percent of the held-out digits are recognised\n"
    "  --parts N        passes that the batch of a step is cut into (one a rank; mpirun starts several)\n"
    "  --checkpoint F   go on from F where it is there; write it every --every N steps (50)\n"
    "  --curve F        a line \"step,loss\" a step\n";

/* ---- digits, as strokes in a unit square ---- */

enum { SIDE = 16, DRAWN = 2500, MOST_POINTS = 14 };

struct stroke {
    int points;
    float at[MOST_POINTS][2];
};

static const struct stroke strokes[10] = {
    {9, {{.5f, .1f}, {.7f, .2f}, {.77f, .5f}, {.7f, .8f}, {.5f, .9f}, {.3f, .8f}, {.23f, .5f}, {.3f, .2f}, {.5f, .1f}}},
    {3, {{.35f, .28f}, {.55f, .1f}, {.55f, .9f}}},
    {7, {{.25f, .3f}, {.35f, .12f}, {.6f, .1f}, {.75f, .28f}, {.65f, .48f}, {.25f, .9f}, {.78f, .9f}}},
    {7, {{.25f, .15f}, {.6f, .1f}, {.75f, .28f}, {.45f, .47f}, {.77f, .68f}, {.6f, .9f}, {.25f, .85f}}},
    {4, {{.65f, .9f}, {.65f, .1f}, {.22f, .62f}, {.8f, .62f}}},
    {7, {{.75f, .1f}, {.3f, .1f}, {.28f, .45f}, {.6f, .42f}, {.77f, .65f}, {.6f, .9f}, {.25f, .85f}}},
    {8, {{.65f, .1f}, {.38f, .35f}, {.26f, .68f}, {.45f, .9f}, {.7f, .78f}, {.68f, .55f}, {.45f, .5f}, {.28f, .65f}}},
    {3, {{.22f, .1f}, {.78f, .1f}, {.42f, .9f}}},
    {13, {{.5f, .48f}, {.3f, .35f}, {.35f, .14f}, {.5f, .1f}, {.66f, .15f}, {.7f, .34f}, {.5f, .48f}, {.26f, .68f}, {.35f, .88f},
          {.5f, .91f}, {.68f, .86f}, {.74f, .68f}, {.5f, .48f}}},
    {8, {{.35f, .9f}, {.62f, .65f}, {.74f, .32f}, {.55f, .1f}, {.3f, .22f}, {.32f, .45f}, {.55f, .5f}, {.72f, .35f}}},
};

struct dice {
    uint64_t seed, at;
};

/* From -most to most. */
static float roll(struct dice *d, float most)
{
    return most * ((float)systole_random(d->seed, d->at++, 20001) / 10000 - 1);
}

static float distance(float x, float y, const float *a, const float *b)
{
    const float dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
    float along = length > 0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / length : 0;
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    const float ex = x - a[0] - along * dx, ey = y - a[1] - along * dy;
    return sqrtf(ex * ex + ey * ey);
}

/* Moved, turned, sheared, every corner a little elsewhere; ink that fades at its edge, and noise. */
static void draw(const struct stroke *s, struct dice *d, uint8_t *to)
{
    const float turn = roll(d, 0.3f), shear = roll(d, 0.25f), grow_x = 0.9f + roll(d, 0.2f), grow_y = 0.9f + roll(d, 0.2f);
    const float move_x = roll(d, 0.1f), move_y = roll(d, 0.1f), pen = 0.06f + roll(d, 0.025f), ink = 215 + roll(d, 40);
    float at[MOST_POINTS][2];
    for (int i = 0; i < s->points; i++) {
        const float x = (s->at[i][0] - 0.5f + roll(d, 0.035f)) * grow_x, y = (s->at[i][1] - 0.5f + roll(d, 0.035f)) * grow_y;
        at[i][0] = 0.5f + x - turn * y + shear * y + move_x;
        at[i][1] = 0.5f + y + turn * x + move_y;
    }
    for (int p = 0; p < SIDE * SIDE; p++) {
        const float x = ((float)(p % SIDE) + 0.5f) / SIDE, y = ((float)(p / SIDE) + 0.5f) / SIDE;
        float nearest = 2;
        for (int i = 1; i < s->points; i++)
            nearest = fminf(nearest, distance(x, y, at[i - 1], at[i]));
        const float edge = (pen + 0.04f - nearest) / 0.06f, v = ink * fmaxf(0, fminf(1, edge)) + 12 + roll(d, 12);
        to[p] = (uint8_t)fminf(255, v);
    }
}

static enum systole_status drawn_digits(struct systole_context *context, uint64_t seed, struct systole_dataset **data)
{
    static uint8_t pixels[DRAWN * SIDE * SIDE], labels[DRAWN];
    struct dice d = {seed + 77, 0};
    for (int i = 0; i < DRAWN; i++) {
        labels[i] = (uint8_t)systole_random(d.seed, d.at++, 10);
        draw(&strokes[labels[i]], &d, pixels + i * SIDE * SIDE);
    }
    return systole_dataset_pictures(context, DRAWN, (const int64_t[]){1, SIDE, SIDE}, pixels, labels, data);
}

/* ---- networks ---- */

struct batch {
    int64_t n, side;
    const float *pixels;
    const int32_t *labels;
    int mlp;
};

enum { MAPS1 = 8, MAPS2 = 16, HIDDEN = 64, CLASSES = 10 };

/* Pixels of the second convolution's output. */
static int64_t tail(const struct batch *b)
{
    const int64_t pooled = b->side / 2;
    return ((pooled - 1) / 2 + 1) * ((pooled - 1) / 2 + 1);
}

static enum systole_status weights(struct systole_trainer *t, const char *name, int rank, const int64_t *dims)
{
    struct systole_value *p = NULL;
    int64_t inputs = 1;
    char bias[64];
    for (int i = 1; i < rank; i++)
        inputs *= dims[i];
    snprintf(bias, sizeof bias, "%s.bias", name);
    const enum systole_status status =
        systole_param_create(t, name, rank, dims, SYSTOLE_INIT_UNIFORM, sqrtf(6 / (float)inputs), &p);
    return status ? status : systole_param_create(t, bias, 1, dims, SYSTOLE_INIT_CONSTANT, 0, &p);
}

static enum systole_status make(struct systole_trainer *t, const void *user)
{
    const struct batch *const b = user;
    if (b->mlp) {
        const enum systole_status status = weights(t, "hidden", 2, (const int64_t[]){HIDDEN, b->side * b->side});
        return status ? status : weights(t, "out", 2, (const int64_t[]){CLASSES, HIDDEN});
    }
    enum systole_status status = weights(t, "conv1", 4, (const int64_t[]){MAPS1, 1, 3, 3});
    if (!status)
        status = weights(t, "conv2", 4, (const int64_t[]){MAPS2, MAPS1, 3, 3});
    return status ? status : weights(t, "out", 2, (const int64_t[]){CLASSES, MAPS2 * tail(b)});
}

/* The first example of a part. */
static int64_t first_of(const struct batch *b, struct part part)
{
    return b->n * part.index / part.of;
}

static enum systole_status logits(struct systole_trainer *t, const void *user, struct part part, struct systole_value **y)
{
    const struct batch *const b = user;
    const struct systole_conv_options same = {.size = sizeof same, .pad = 1}, half = {.size = sizeof half, .pad = 1, .stride = 2};
    const int64_t first = first_of(b, part), n = first_of(b, (struct part){part.index + 1, part.of}) - first;
    struct systole_value *v = NULL;
    systole_train_input(t, 4, (const int64_t[]){n, 1, b->side, b->side}, b->pixels + first * b->side * b->side, &v);
    if (b->mlp) {
        systole_train_reshape(t, v, 2, (const int64_t[]){n, b->side * b->side}, &v);
        systole_train_dense(t, v, named(t, "hidden"), named(t, "hidden.bias"), &v);
        systole_train_activation(t, SYSTOLE_RELU, v, &v);
        return systole_train_dense(t, v, named(t, "out"), named(t, "out.bias"), y);
    }
    systole_train_conv2d(t, v, named(t, "conv1"), named(t, "conv1.bias"), &same, &v);
    systole_train_activation(t, SYSTOLE_RELU, v, &v);
    systole_train_pool2d(t, SYSTOLE_POOL_MAX, v, 2, 2, &v);
    systole_train_conv2d(t, v, named(t, "conv2"), named(t, "conv2.bias"), &half, &v);
    systole_train_activation(t, SYSTOLE_RELU, v, &v);
    systole_train_reshape(t, v, 2, (const int64_t[]){n, MAPS2 * tail(b)}, &v);
    return systole_train_dense(t, v, named(t, "out"), named(t, "out.bias"), y);
}

static enum systole_status record(struct systole_trainer *t, const void *user, struct part part, struct systole_value **loss)
{
    const struct batch *const b = user;
    struct systole_value *y = NULL;
    const enum systole_status status = logits(t, user, part, &y);
    return status ? status : systole_train_cross_entropy(t, y, b->labels + first_of(b, part), loss);
}

/* ---- the run ---- */

struct run {
    struct systole_dataset *data;
    int64_t count, held, pixels; /* pictures to learn from, and behind them those held out; of a picture */
    int64_t *order;              /* shuffled for the epoch under way */
    float *input;
    int32_t *labels;
    struct batch batch;
};

static int prepare(struct run *r, const struct options *o, struct systole_context *context)
{
    enum systole_status status;
    if (o->images || o->labels)
        status = systole_dataset_idx(context, o->images ? o->images : "", o->labels ? o->labels : "", &r->data);
    else
        status = drawn_digits(context, o->seed, &r->data);
    if (status) {
        fprintf(stderr, "the digits: %s\n", systole_context_detail(context));
        return EXIT_FAILED;
    }
    const int64_t *const shape = systole_dataset_shape(r->data);
    r->held = systole_dataset_count(r->data) / 5;
    r->count = systole_dataset_count(r->data) - r->held;
    r->pixels = shape[1] * shape[2];
    r->batch = (struct batch){.n = (int64_t)o->batch, .side = shape[1], .mlp = o->mlp};
    if (shape[1] != shape[2] || shape[1] < 4 || r->count < r->batch.n || r->held < 1) {
        fprintf(stderr, "%lld pictures of %lld x %lld do not do for batches of %lld\n", (long long)systole_dataset_count(r->data),
                (long long)shape[1], (long long)shape[2], (long long)r->batch.n);
        return EXIT_FAILED;
    }
    r->order = malloc((size_t)r->count * sizeof *r->order);
    r->input = malloc((size_t)(r->batch.n * r->pixels) * sizeof *r->input);
    r->labels = malloc((size_t)r->batch.n * sizeof *r->labels);
    if (!r->order || !r->input || !r->labels) {
        fprintf(stderr, "no memory\n");
        return EXIT_FAILED;
    }
    r->batch.pixels = r->input;
    r->batch.labels = r->labels;
    return 0;
}

/* The batch of a step follows from its number alone, so that a run can go on anywhere. */
static int fill(struct run *r, const struct session *s, uint64_t step, uint64_t *epoch)
{
    const uint64_t each = (uint64_t)(r->count / r->batch.n);
    if (*epoch != step / each + 1) {
        systole_shuffle(s->o->seed, step / each, r->count, r->order);
        *epoch = step / each + 1;
    }
    if (systole_dataset_batch(s->context[0], r->data, r->order + (int64_t)(step % each) * r->batch.n, r->batch.n, r->input,
                              r->labels))
        return session_fail(s, 0, "the batch");
    return 0;
}

static int64_t best(const float *row)
{
    int64_t at = 0;
    for (int64_t i = 1; i < CLASSES; i++)
        at = row[i] > row[at] ? i : at;
    return at;
}

static int judge(struct run *r, struct session *s)
{
    int64_t right = 0, seen = 0;
    while (seen < r->held) {
        const int64_t n = r->held - seen < r->batch.n ? r->held - seen : r->batch.n;
        for (int64_t i = 0; i < n; i++)
            r->order[i] = r->count + seen + i;
        struct systole_value *y = NULL;
        struct batch b = r->batch;
        b.n = n;
        if (systole_dataset_batch(s->context[0], r->data, r->order, n, r->input, r->labels))
            return session_fail(s, 0, "the batch");
        const int bad = session_forward(s, logits, &b, &y);
        if (bad)
            return bad;
        for (int64_t i = 0; i < n; i++)
            right += best(systole_value_data(y) + i * CLASSES) == r->labels[i];
        systole_train_clear(s->trainer[0]);
        seen += n;
    }
    const double percent = 100 * (double)right / (double)r->held;
    printf("%lld of %lld held-out digits recognised: %.1f %%\n", (long long)right, (long long)r->held, percent);
    if (percent >= s->o->accuracy)
        return 0;
    fprintf(stderr, "that is below %.1f %%\n", s->o->accuracy);
    return EXIT_WRONG;
}

static int train(struct run *r, struct session *s)
{
    const struct systole_optimiser_options adam = {.size = sizeof adam, .kind = SYSTOLE_ADAM};
    uint64_t epoch = 0;
    for (uint64_t step = s->first; step < s->o->steps; step++) {
        float loss;
        const float rate = systole_train_rate(SYSTOLE_RATE_COSINE, step, 10, s->o->steps, (float)s->o->rate, 0);
        int bad = fill(r, s, step, &epoch);
        if (!bad)
            bad = session_step(s, step, record, &r->batch, &adam, rate, &loss);
        if (!bad)
            bad = session_save(s, step, step + 1 == s->o->steps);
        if (bad)
            return bad;
    }
    return session_tells(s) ? judge(r, s) : 0;
}

int main(int argc, char **argv)
{
    struct options o = {.device = "cpu", .seed = 1, .steps = 300, .batch = 32, .every = 50, .rate = 0.004};
    int help;
    int code = options_read(argc, argv, &o, &help);
    if (code || help) {
        fputs(usage, code ? stderr : stdout);
        return code;
    }
    struct run r = {0};
    struct session s = {0};
    struct systole_context *context = NULL;
    if (systole_context_create(NULL, &context))
        return EXIT_FAILED;
    code = prepare(&r, &o, context);
    if (!code)
        code = session_open(&s, &o, make, &r.batch);
    if (!code)
        code = train(&r, &s);
    if (!code)
        session_totals(&s);
    session_close(&s, code);
    systole_dataset_free(r.data);
    systole_context_free(context);
    free(r.order);
    free(r.input);
    free(r.labels);
    return code;
}
