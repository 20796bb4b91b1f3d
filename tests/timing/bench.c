/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The convolutions of ResNet-50 as one program, on the simulated RTL and on the fast model, one after the other on the same core: are all counters
 * equal, and how many cycles a second does each make?
 *
 *     bench [--report FILE] [--repeat N] [--layers N] 'PRECISION;SIM;MODEL' ...     int8;sim:16x16_has_fp0_assert0;model:16x16_has_fp0,data=0
 *
 * Exit 1 only where a counter differs, or nothing could be measured.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/plan/conv.h"
#include "systole_driver.h"

enum { WIN_PROGRAM, WIN_IN, WIN_WEIGHTS, WIN_BIAS, WIN_SCALE, WIN_OUT, WIN_COUNT };

/* More than the largest picture and the largest layer's weights; nothing is written there where only time is asked for. */
#define IN_BYTES (8u << 20)
#define WEIGHT_BYTES (64u << 20)

struct layer {
    uint32_t c, m, k, stride, pad, h; /* channels in and out, kernel, side of the input */
    uint32_t count;
};

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

struct outcome {
    struct systole_counters counters;
    double seconds;
};

struct setup {
    const char *report;
    uint32_t repeat;
    size_t layers;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the program ---- */

static struct sy_convolution convolution(const struct layer *l, bool bf16)
{
    const uint32_t element = bf16 ? 2 : 1, out = (l->h + 2 * l->pad - l->k) / l->stride + 1;
    struct sy_convolution v = {.mode = SYSTOLE_MODE_MATRIX, .batch = 1, .h = l->h, .w = l->h, .p = out, .q = out, .groups = 1, .c = l->c,
                               .m = l->m, .kh = l->k, .kw = l->k, .stride_h = l->stride, .stride_w = l->stride, .dil_h = 1, .dil_w = 1,
                               .pad_h = l->pad, .pad_w = l->pad, .bf16 = bf16, .passes = 1, .has_bias = 1};
    v.pass[0].conv_a = v.pass[0].conv_b = bf16 ? SYSTOLE_CONV_COPY16 : SYSTOLE_CONV_COPY8;
    v.in = (struct sy_images){.window = WIN_IN, .pixel = l->c * element, .row = (uint64_t)l->h * l->c * element, .element = element};
    v.in.image = v.in.row * l->h;
    v.out = (struct sy_images){.window = WIN_OUT, .pixel = l->m * element, .row = (uint64_t)out * l->m * element, .element = element};
    v.out.image = v.out.row * out;
    v.weights = (struct sy_operand){.window = WIN_WEIGHTS, .element = element};
    v.bias.window = WIN_BIAS;
    v.scale.window = WIN_SCALE;
    SYSTOLE_PUT(v.post, STORE, src_fp, bf16);
    SYSTOLE_PUT(v.post, STORE, out, bf16 ? SYSTOLE_OUT_BF16 : SYSTOLE_OUT_I8);
    SYSTOLE_PUT(v.post, STORE, scale, bf16 ? SYSTOLE_SCALE_NONE : SYSTOLE_SCALE_PARAM);
    SYSTOLE_PUT(v.post, STORE, act, SYSTOLE_ACT_RELU);
    return v;
}

static struct sy_program *plan(const struct setup *u, const struct systole_caps *c, bool bf16)
{
    struct sy_caps caps = {{0}};
#define SYSTOLE_CAP(name, index, doc) caps.word[index] = c->name;
#include "spec/caps.def"
#undef SYSTOLE_CAP
    struct sy_program *p = sy_program_new(&caps);
    bool ok = p != NULL;
    for (size_t i = 0; ok && i < u->layers; i++)
        for (uint32_t k = 0; ok && k < resnet50[i].count; k++) {
            const struct sy_convolution v = convolution(&resnet50[i], bf16);
            struct sy_conv_layout layout;
            ok = sy_conv_cut(&v, &caps, &layout) == SY_PLANNED && sy_plan_conv(p, &caps, &v, &layout) == SY_PLANNED;
        }
    if (ok && sy_program_finish(p))
        return p;
    sy_program_free(p);
    return NULL;
}

/* ---- a device ---- */

static enum systole_status window(struct systole_device *dev, uint32_t index, size_t bytes, const void *data)
{
    struct systole_buffer *buffer = NULL;
    enum systole_status status = systole_buffer_alloc(dev, bytes, &buffer);
    if (status == SYSTOLE_OK && data)
        status = systole_buffer_write(buffer, 0, data, bytes);
    return status == SYSTOLE_OK ? systole_device_set_window(dev, index, buffer, 0, bytes) : status;
}

static enum systole_status run(struct systole_device *dev, struct outcome *o)
{
    const double begin = now();
    enum systole_status status = systole_device_start(dev);
    if (status == SYSTOLE_OK)
        status = systole_device_wait(dev, SYSTOLE_FOREVER);
    o->seconds = now() - begin;
    return status == SYSTOLE_OK ? systole_device_counters(dev, &o->counters) : status;
}

static bool measure(const struct setup *u, const char *name, bool bf16, uint32_t times, struct outcome *best)
{
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    static const size_t bytes[WIN_COUNT] = {0, IN_BYTES, WEIGHT_BYTES, 65536, 65536, IN_BYTES};
    struct systole_device *dev = NULL;
    struct sy_program *p = NULL;
    bool ok = systole_device_open(name, &options, &dev) == SYSTOLE_OK && (p = plan(u, systole_device_caps(dev), bf16)) != NULL &&
              window(dev, WIN_PROGRAM, (size_t)sy_program_count(p) * SYSTOLE_INSN_BYTES, sy_program_words(p)) == SYSTOLE_OK;
    for (uint32_t i = WIN_IN; ok && i < WIN_COUNT; i++)
        ok = window(dev, i, bytes[i], NULL) == SYSTOLE_OK;
    for (uint32_t i = 0; ok && i < times; i++) {
        struct outcome o;
        ok = run(dev, &o) == SYSTOLE_OK;
        if (i == 0 || o.seconds < best->seconds)
            *best = o;
    }
    if (!ok)
        fprintf(stderr, "%s: %s\n", name, dev ? systole_device_message(dev) : message);
    sy_program_free(p);
    systole_device_close(dev);
    return ok;
}

/* ---- the comparison ---- */

static uint32_t count_differences(const struct outcome *sim, const struct outcome *model)
{
    uint32_t differing = 0;
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        if (sim->counters.value[i] != model->counters.value[i]) {
            printf("  %s: RTL %" PRIu64 ", model %" PRIu64 "\n", systole_counter_name(i), sim->counters.value[i],
                   model->counters.value[i]);
            differing++;
        }
    return differing;
}

static void rows(FILE *f, const char *job, const struct outcome *sim, const struct outcome *model, uint32_t differing)
{
    const double cycles = (double)sim->counters.value[SYSTOLE_CNT_CYCLES];
    const double rtl = cycles / sim->seconds, fast = cycles / model->seconds;
    if (!f)
        return;
    fprintf(f, "%s  {\"claim\": \"ResNet-50's convolutions, %s: counters of the fast model that are not the RTL's\", \"value\": %u, \"unit\": "
               "\"counters\", \"bound\": 0, \"sense\": \"max\", \"command\": \"make bench-model\"},\n", ftell(f) > 2 ? ",\n" : "", job, differing);
    fprintf(f, "  {\"claim\": \"ResNet-50's convolutions, %s: cycles of the RTL simulation in a second\", \"value\": %.0f, \"unit\": \"cycles/s\", "
               "\"bound\": 0, \"sense\": \"min\", \"command\": \"make bench-model\"},\n", job, rtl);
    fprintf(f, "  {\"claim\": \"ResNet-50's convolutions, %s: cycles of the fast model in a second\", \"value\": %.0f, \"unit\": \"cycles/s\", "
               "\"bound\": 0, \"sense\": \"min\", \"command\": \"make bench-model\"},\n", job, fast);
    fprintf(f, "  {\"claim\": \"ResNet-50's convolutions, %s: fast model over RTL simulation, time alone\", \"value\": %.0f, \"unit\": \"times\", "
               "\"bound\": 1000, \"sense\": \"min\", \"command\": \"make bench-model\"}", job, fast / rtl);
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
    if (!measure(u, second, bf16, u->repeat, &model) || !measure(u, first, bf16, 1, &sim))
        return false;
    const uint32_t differing = count_differences(&sim, &model);
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
