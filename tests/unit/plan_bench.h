/* SPDX-License-Identifier: Apache-2.0 */
/* What the planner's tests share: random data, the parts of an fp32 number, a device with windows. */
#ifndef PLAN_BENCH_H
#define PLAN_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/plan/program.h"
#include "systole_driver.h"

static uint64_t state;

static inline uint32_t draw(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % below);
}

static inline float bits_float(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline uint32_t float_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return f != f ? 0x7fc00000u : u;
}

static inline uint16_t bf(float f)
{
    uint32_t u = float_bits(f);
    if (f != f)
        return 0x7fc0;
    u += 0x7fff + ((u >> 16) & 1);
    return (uint16_t)(u >> 16);
}

static inline float bf_float(uint16_t b)
{
    return bits_float((uint32_t)b << 16);
}

/* Finite operands only, far from the largest: the truncation of h is the device tests' business. */
static inline float part(float x, uint32_t conv)
{
    const float h = bf_float(bf(x)), m = bf_float(bf(x - h)), l = bf_float(bf(x - h - m));
    return conv == SYSTOLE_CONV_F32_H ? h : conv == SYSTOLE_CONV_F32_M ? m : l;
}

static inline void fill_random(void *to, size_t size, uint32_t element)
{
    for (size_t i = 0; i < size / element; i++) {
        const float f = ((float)draw(1u << 24) - 8388608.0f) * ldexpf(1.0f, (int)draw(12) - 30);
        if (element == 1)
            ((uint8_t *)to)[i] = (uint8_t)draw(256);
        else if (element == 2)
            ((uint16_t *)to)[i] = bf(f);
        else
            memcpy((char *)to + 4 * i, &f, 4);
    }
}

static inline void *filled(size_t size, uint32_t element)
{
    void *p = malloc(size);
    assert_non_null(p);
    fill_random(p, size, element);
    return p;
}

static inline struct sy_caps caps_of(const struct systole_device *dev)
{
    struct sy_caps caps = {.word = {0}};
    const struct systole_caps *c = systole_device_caps(dev);
#define SYSTOLE_CAP(name, index, doc) caps.word[index] = c->name;
#include "spec/caps.def"
#undef SYSTOLE_CAP
    return caps;
}

static inline void put_window(struct systole_device *dev, uint32_t window, const void *data, size_t size, struct systole_buffer **out)
{
    assert_int_equal(systole_buffer_alloc(dev, size, out), SYSTOLE_OK);
    assert_int_equal(systole_buffer_write(*out, 0, data, size), SYSTOLE_OK);
    assert_int_equal(systole_device_set_window(dev, window, *out, 0, size), SYSTOLE_OK);
}

/* Opens it and starts the random numbers: SYSTOLE_SEED chooses others. */
static inline struct systole_device *open_device(const char *name)
{
    const char *seed = getenv("SYSTOLE_SEED");
    char message[512] = "";
    struct systole_open_options options = {.size = sizeof options, .message = message, .message_size = sizeof message};
    struct systole_device *dev = NULL;
    state = seed ? strtoull(seed, NULL, 0) : 20;
    print_message("%s: seed %llu\n", name, (unsigned long long)state);
    if (systole_device_open(name, &options, &dev) != SYSTOLE_OK)
        fail_msg("%s", message);
    return dev;
}

#endif
