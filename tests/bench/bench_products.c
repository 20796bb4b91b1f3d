/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How busy the array is over sets of matrix products, as the library plans them: each a program of its own, from its first fetch to its last store.
 *
 *     bench_products [--report FILE] SET@DEVICE[@BOUND[@TWIN]] ...        gpt2-bf16@model:32x32,data=0@92
 *
 * A set is one of `sets`, with -int8, -bf16 or -f32 behind it: bytes with bytes out; bf16 with bf16 out, sums of weights fp32; fp32 operands that are
 * converted on the way in, one pass. useful: MACs / (cycles x rows x columns). With the host: planning counts too, as cycles of a clock of
 * 250 MHz. TWIN is a second device, whose results and counters must be the same; both have data then. Exit status 1 only when something differs.
 */
#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/plan/product.h"
#include "systole_driver.h"

enum { WIN_PROGRAM, WIN_A, WIN_B, WIN_C, WINDOWS, NAME = 128, HEAD = 64 };
enum form { NN, NT, TN }; /* which operand is stored the other way round */

static const double clock_hz = 250e6; /* what the recipes ask the tools for */

/* `heads` products in one program, `times` such programs. pitch: elements from row to row of what is as wide as a head, 0: dense. */
struct shape {
    enum form form;
    uint32_t m, n, k, heads, times, pitch;
};

static const struct shape gemm512[] = {{NN, 512, 512, 512, 1, 1, 0}};
static const struct shape gemm1024[] = {{NN, 1024, 1024, 1024, 1, 1, 0}};
static const struct shape forms[] = {{NN, 192, 320, 256, 1, 1, 0}, {NT, 192, 320, 256, 1, 1, 0}, {TN, 192, 320, 256, 1, 1, 0},
                                     {NT, 128, 128, 64, 12, 1, 768}, {NN, 128, 64, 128, 12, 1, 768}};

/* A step of GPT-2 small on 1,024 tokens: twelve layers of width 768 with twelve heads, then 50,257 words. */
static const struct shape gpt2[] = {
    /* forward: queries, keys and values; scores; what they weigh; projection; the wide layer; back; words */
    {NN, 1024, 2304, 768, 1, 12, 0}, {NT, 1024, 1024, 64, 12, 12, 2304}, {NN, 1024, 64, 1024, 12, 12, 2304}, {NN, 1024, 768, 768, 1, 12, 0},
    {NN, 1024, 3072, 768, 1, 12, 0}, {NN, 1024, 768, 3072, 1, 12, 0}, {NT, 1024, 50257, 768, 1, 1, 0},
    /* gradients of activations */
    {NN, 1024, 768, 50257, 1, 1, 0}, {NT, 1024, 3072, 768, 1, 12, 0}, {NT, 1024, 768, 3072, 1, 12, 0}, {NT, 1024, 768, 768, 1, 12, 0},
    {NT, 1024, 1024, 64, 12, 12, 2304}, {TN, 1024, 64, 1024, 12, 12, 2304}, {NN, 1024, 64, 1024, 12, 12, 2304},
    {TN, 1024, 64, 1024, 12, 12, 2304}, {NT, 1024, 768, 2304, 1, 12, 0},
    /* of weights */
    {TN, 50257, 768, 1024, 1, 1, 0}, {TN, 768, 3072, 1024, 1, 12, 0}, {TN, 3072, 768, 1024, 1, 12, 0}, {TN, 768, 768, 1024, 1, 12, 0},
    {TN, 768, 2304, 1024, 1, 12, 0},
};

#define SET(name, what) {#name, what, name, sizeof name / sizeof *name}
static const struct set {
    const char *name, *what;
    const struct shape *shapes;
    size_t count;
} sets[] = {SET(gemm512, "product 512x512x512"), SET(gemm1024, "product 1024x1024x1024"), SET(forms, "small products NN, NT, TN and heads"),
            SET(gpt2, "GPT-2-small training step's products NN, NT, TN")};

struct job {
    char text[NAME * 2];
    const struct set *set;
    enum { INT8, BF16, F32 } type;
    const char *device, *twin;
    double bound;
};

struct result {
    uint64_t macs, counter[SYSTOLE_COUNTER_COUNT], hash;
    double plan;
    uint32_t rows, cols;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- one program ---- */

struct bytes {
    uint64_t a, b, c; /* of the operands and the result of one head */
};

static struct sy_operand operand(uint32_t window, uint32_t rows, uint32_t cols, uint32_t trans, uint32_t element, uint32_t pitch, uint64_t *bytes)
{
    const uint32_t outer = trans ? cols : rows, inner = trans ? rows : cols, step = pitch && inner == HEAD ? pitch : inner;
    *bytes = (uint64_t)outer * step * element;
    return (struct sy_operand){.window = window, .stride = (uint64_t)step * element, .trans = trans, .element = element};
}

static struct sy_product describe(const struct job *j, const struct shape *s, struct bytes *size)
{
    static const uint32_t in[] = {1, 2, 4}, conv[] = {SYSTOLE_CONV_COPY8, SYSTOLE_CONV_COPY16, SYSTOLE_CONV_F32_H};
    const bool sums = j->type != INT8 && s->form == TN; /* gradients of weights stay fp32 */
    const uint32_t element = in[j->type], out = j->type == F32 || sums ? 4 : element;
    struct sy_product p = {.m = s->m, .n = s->n, .k = s->k, .bf16 = j->type != INT8, .passes = 1, .start = SY_START_ZERO};
    p.pass[0] = (struct sy_pass){conv[j->type], conv[j->type]};
    p.a = operand(WIN_A, s->m, s->k, s->form == TN, element, s->pitch, &size->a);
    p.b = operand(WIN_B, s->k, s->n, s->form == NT, element, s->pitch, &size->b);
    p.c = operand(WIN_C, s->m, s->n, 0, out, 0, &size->c);
    SYSTOLE_PUT(p.post, STORE, src_fp, j->type != INT8);
    SYSTOLE_PUT(p.post, STORE, out, out == 4 ? SYSTOLE_OUT_F32 : out == 2 ? SYSTOLE_OUT_BF16 : SYSTOLE_OUT_I8);
    if (j->type == INT8) {
        const float scale = 1.0f / 4096;
        uint32_t bits;
        memcpy(&bits, &scale, sizeof bits);
        SYSTOLE_PUT(p.post, STORE, scale, SYSTOLE_SCALE_IMM);
        SYSTOLE_PUT(p.post, STORE, scale_imm, bits);
    }
    return p;
}

static struct sy_program *plan(const struct job *j, const struct shape *s, const struct systole_caps *c, struct bytes *size)
{
    struct sy_caps caps = {.word = {0}};
#define SYSTOLE_CAP(name, index, doc) caps.word[index] = c->name;
#include "spec/caps.def"
#undef SYSTOLE_CAP
    struct sy_program *program = sy_program_new(&caps);
    struct sy_product p = describe(j, s, size);
    bool ok = program && sy_product_blocks(&p, &caps, &p.blocks);
    for (uint32_t i = WIN_A; i <= WIN_B && ok; i++)
        sy_program_constant(program, i);
    for (uint32_t h = 0; h < s->heads && ok; h++) {
        p.a.offset = h * size->a;
        p.b.offset = h * size->b;
        p.c.offset = h * size->c;
        ok = sy_plan_product(program, &caps, &p) == SY_PLANNED;
    }
    if (ok && sy_program_finish(program))
        return program;
    sy_program_free(program);
    return NULL;
}

static enum systole_status window(struct systole_device *dev, uint32_t index, uint64_t bytes, struct systole_buffer **buffer, void **host)
{
    enum systole_status status = systole_buffer_alloc(dev, bytes, buffer);
    if (!status)
        status = systole_buffer_map(*buffer, host);
    return status ? status : systole_device_set_window(dev, index, *buffer, 0, bytes);
}

/* Numbers of one size with random signs: bytes; or fp32 and bf16 between 1 and 2 in size. */
static void fill(void *data, uint64_t bytes, const struct job *j, uint64_t state)
{
    for (uint64_t i = 0; i + 1 < bytes; i += 2) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const uint16_t high = (uint16_t)(0x3f80u | (uint16_t)(state >> 57) | (uint16_t)((state >> 40 & 1) << 15));
        const uint16_t v = j->type == INT8 ? (uint16_t)(state >> 48) : j->type == BF16 || i % 4 == 2 ? high : (uint16_t)(state >> 48);
        memcpy((char *)data + i, &v, sizeof v);
    }
}

static uint64_t hash(const unsigned char *data, uint64_t bytes, uint64_t h)
{
    for (uint64_t i = 0; i < bytes; i++)
        h = (h ^ data[i]) * 0x100000001b3u;
    return h;
}

static enum systole_status run_shape(struct systole_device *dev, const struct job *j, const struct shape *s, bool data, struct result *r)
{
    struct bytes size = {0, 0, 0};
    struct systole_buffer *buffer[WINDOWS] = {NULL};
    struct systole_counters counters;
    void *host[WINDOWS];
    const double begin = seconds();
    struct sy_program *program = plan(j, s, systole_device_caps(dev), &size);
    r->plan += (seconds() - begin) * s->times;
    if (!program)
        return fprintf(stderr, "bench_products: %ux%ux%u does not fit %s\n", s->m, s->n, s->k, j->device), SYSTOLE_UNSUPPORTED;
    const uint64_t bytes[WINDOWS] = {(uint64_t)sy_program_count(program) * SYSTOLE_INSN_BYTES, s->heads * size.a, s->heads * size.b, s->heads * size.c};
    enum systole_status status = SYSTOLE_OK;
    for (uint32_t i = 0; i < WINDOWS && !status; i++)
        status = window(dev, i, bytes[i], &buffer[i], &host[i]);
    if (!status) {
        memcpy(host[WIN_PROGRAM], sy_program_words(program), bytes[WIN_PROGRAM]);
        for (uint32_t i = WIN_A; i <= WIN_B && data; i++)
            fill(host[i], bytes[i], j, i);
        status = systole_device_start(dev);
    }
    if (!status)
        status = systole_device_wait(dev, SYSTOLE_FOREVER);
    if (!status)
        status = systole_device_counters(dev, &counters);
    if (!status && data)
        r->hash = hash(host[WIN_C], bytes[WIN_C], r->hash);
    for (int i = 0; i < SYSTOLE_COUNTER_COUNT && !status; i++)
        r->counter[i] += s->times * counters.value[i];
    r->macs += (uint64_t)s->times * s->heads * s->m * s->n * s->k;
    for (int i = 0; i < WINDOWS; i++)
        systole_buffer_free(buffer[i]);
    sy_program_free(program);
    return status;
}

/* ---- a set ---- */

static bool run_set(const struct job *j, const char *device, struct result *r)
{
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct systole_device *dev = NULL;
    bool ok = systole_device_open(device, &options, &dev) == SYSTOLE_OK;
    *r = (struct result){.hash = 0xcbf29ce484222325u};
    for (size_t i = 0; i < j->set->count && ok; i++)
        ok = run_shape(dev, j, &j->set->shapes[i], j->twin != NULL, r) == SYSTOLE_OK;
    if (ok) {
        r->rows = systole_device_caps(dev)->ROWS;
        r->cols = systole_device_caps(dev)->COLS;
    } else {
        fprintf(stderr, "bench_products: %s: %s\n", device, dev ? systole_device_message(dev) : message);
    }
    systole_device_close(dev);
    return ok;
}

static bool same(const struct job *j, const struct result *a, const struct result *b)
{
    bool equal = a->hash == b->hash;
    if (!equal)
        printf("  WRONG: the results of %s and %s differ\n", j->device, j->twin);
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        if (a->counter[i] != b->counter[i]) {
            printf("  WRONG: %s is %" PRIu64 ", on %s %" PRIu64 "\n", systole_counter_name(i), a->counter[i], j->twin, b->counter[i]);
            equal = false;
        }
    return equal;
}

static const char *type_name(const struct job *j)
{
    static const char *const names[] = {"int8", "bf16", "fp32 in one pass"};
    return names[j->type];
}

static void row(FILE *f, const struct job *j, const char *claim, double value, const char *unit, double bound)
{
    fprintf(f, "%s  {\"claim\": \"%s, %s, %s, on %s\", \"value\": %.4g, \"unit\": \"%s\", \"bound\": %.3g, \"sense\": \"min\", "
               "\"command\": \"make bench-work\"}", ftell(f) > 2 ? ",\n" : "", claim, j->set->what, type_name(j), j->device, value, unit, bound);
}

static void tell(const struct job *j, const struct result *r, FILE *report)
{
    const double cycles = (double)r->counter[SYSTOLE_CNT_CYCLES], peak = (double)r->rows * r->cols;
    const double bytes = (double)(r->counter[SYSTOLE_CNT_READ_BYTES] + r->counter[SYSTOLE_CNT_WRITE_BYTES]);
    const double useful = 100 * (double)r->macs / cycles / peak, whole = 100 * (double)r->macs / (cycles + r->plan * clock_hz) / peak;
    printf("%s, %s, %s: %.0f cycles, useful %.2f %% (at least %.0f%s), with planning %.2f %%, %.2f MACs a byte\n  ", j->set->what, type_name(j),
           j->device, cycles, useful, j->bound, useful < j->bound ? ": BELOW" : "", whole, (double)r->macs / bytes);
    for (uint32_t i = SYSTOLE_CNT_ARRAY_BUSY; i < SYSTOLE_COUNTER_COUNT; i++)
        if (i == SYSTOLE_CNT_ARRAY_BUSY || i == SYSTOLE_CNT_VECTOR_BUSY || strncmp(systole_counter_name(i), "STALL_", 6) == 0)
            printf(" %s %.2f", systole_counter_name(i), 100 * (double)r->counter[i] / cycles);
    printf("\n");
    if (report) {
        row(report, j, "useful share of the array's cycles", useful, "%", j->bound);
        row(report, j, "the same with planning at 250 MHz", whole, "%", 0);
    }
}

/* SET-TYPE@DEVICE[@BOUND[@TWIN]], in a copy that lives as long as the job. */
static bool parse(const char *text, struct job *j)
{
    static const char *const types[] = {"int8", "bf16", "f32"};
    *j = (struct job){.bound = 0};
    snprintf(j->text, sizeof j->text, "%s", text);
    char *rest = j->text, *name = strsep(&rest, "@"), *dash = strrchr(name, '-');
    j->device = strsep(&rest, "@");
    const char *bound = strsep(&rest, "@");
    j->bound = bound ? strtod(bound, NULL) : 0;
    j->twin = strsep(&rest, "@");
    if (!j->device || rest || !dash)
        return false;
    *dash = '\0';
    int type = 0;
    while (type < 3 && strcmp(types[type], dash + 1) != 0)
        type++;
    j->type = type;
    for (size_t i = 0; i < sizeof sets / sizeof *sets && type < 3; i++)
        if (strcmp(sets[i].name, name) == 0)
            j->set = &sets[i];
    return j->set != NULL;
}

static bool measure(const struct job *j, FILE *report)
{
    struct result r, twin;
    if (!run_set(j, j->device, &r))
        return false;
    tell(j, &r, report);
    if (!j->twin)
        return true;
    if (!run_set(j, j->twin, &twin) || !same(j, &r, &twin))
        return false;
    printf("  %s: the same results, and every counter the same\n", j->twin);
    return true;
}

int main(int argc, char **argv)
{
    const bool reports = argc > 2 && strcmp(argv[1], "--report") == 0;
    FILE *report = reports ? fopen(argv[2], "w") : NULL;
    bool ok = !reports || report, usage = argc < (reports ? 4 : 2);
    if (report)
        fputs("[\n", report);
    for (int i = reports ? 3 : 1; i < argc && !usage; i++) {
        struct job j;
        usage = !parse(argv[i], &j);
        ok = !usage && measure(&j, report) && ok;
        fflush(stdout);
    }
    if (report) {
        fputs("\n]\n", report);
        ok = fclose(report) == 0 && ok;
    }
    if (usage)
        fputs("usage: bench_products [--report FILE] SET-TYPE@DEVICE[@BOUND[@TWIN]] ...\n", stderr);
    return usage ? 2 : !ok;
}
