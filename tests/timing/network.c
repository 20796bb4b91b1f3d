/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "network.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

enum { WIN_PROGRAM, WIN_IN, WIN_WEIGHTS, WIN_BIAS, WIN_SCALE, WIN_OUT, WIN_COUNT };

/* More than the largest picture and the largest layer's weights; nothing is written there where only time is asked for. */
#define IN_BYTES (8u << 20)
#define WEIGHT_BYTES (64u << 20)

/* Time of the processor, not of the clock on the wall: other work on the machine does not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
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

static struct sy_program *plan(const struct layer *layers, size_t count, const struct systole_caps *c, bool bf16)
{
    struct sy_caps caps = {.word = {0}};
#define SYSTOLE_CAP(name, index, doc) caps.word[index] = c->name;
#include "spec/caps.def"
#undef SYSTOLE_CAP
    struct sy_program *p = sy_program_new(&caps);
    bool ok = p != NULL;
    for (size_t i = 0; ok && i < count; i++)
        for (uint32_t k = 0; ok && k < layers[i].count; k++) {
            const struct sy_convolution v = convolution(&layers[i], bf16);
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

/* A device with the program and its windows. */
struct loaded {
    struct systole_device *dev;
    struct sy_program *program;
};

static bool load(const struct layer *layers, size_t count, const char *device, bool bf16, struct loaded *l)
{
    char message[SYSTOLE_MESSAGE_BYTES] = "";
    const struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    static const size_t bytes[WIN_COUNT] = {0, IN_BYTES, WEIGHT_BYTES, 65536, 65536, IN_BYTES};
    *l = (struct loaded){NULL, NULL};
    bool ok = systole_device_open(device, &options, &l->dev) == SYSTOLE_OK &&
              (l->program = plan(layers, count, systole_device_caps(l->dev), bf16)) != NULL &&
              window(l->dev, WIN_PROGRAM, (size_t)sy_program_count(l->program) * SYSTOLE_INSN_BYTES, sy_program_words(l->program)) == SYSTOLE_OK;
    for (uint32_t i = WIN_IN; ok && i < WIN_COUNT; i++)
        ok = window(l->dev, i, bytes[i], NULL) == SYSTOLE_OK;
    if (!l->dev)
        fprintf(stderr, "%s: %s\n", device, message);
    return ok;
}

static bool unload(struct loaded *l, bool ok)
{
    if (!ok && l->dev)
        fprintf(stderr, "%s: %s\n", systole_device_name(l->dev), systole_device_message(l->dev));
    sy_program_free(l->program);
    systole_device_close(l->dev);
    return ok;
}

bool network_measure(const struct layer *layers, size_t count, const char *device, bool bf16, uint32_t times, struct outcome *best)
{
    struct loaded l;
    bool ok = load(layers, count, device, bf16, &l);
    for (uint32_t i = 0; ok && i < times; i++) {
        struct outcome o;
        ok = run(l.dev, &o) == SYSTOLE_OK;
        if (i == 0 || o.seconds < best->seconds)
            *best = o;
    }
    return unload(&l, ok);
}

bool network_retimed(const struct layer *layers, size_t count, const char *first, const char *device, bool bf16, struct outcome *o)
{
    struct loaded l;
    const bool ok = load(layers, count, first, bf16, &l) && run(l.dev, o) == SYSTOLE_OK && systole_device_retime(l.dev, device) == SYSTOLE_OK &&
                    run(l.dev, o) == SYSTOLE_OK;
    return unload(&l, ok);
}

uint32_t network_differences(const struct outcome *expected, const struct outcome *got)
{
    uint32_t differing = 0;
    for (uint32_t i = 0; i < SYSTOLE_COUNTER_COUNT; i++)
        if (expected->counters.value[i] != got->counters.value[i]) {
            printf("  %s: expected %" PRIu64 ", got %" PRIu64 "\n", systole_counter_name(i), expected->counters.value[i],
                   got->counters.value[i]);
            differing++;
        }
    return differing;
}
