/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does what the fast model passes over change anything? Random networks on random configurations, under random memories, once as
 * usual, once with every cycle by itself (stepping=1), whose cycles are the RTL's by the comparison in compare.c, and once on a
 * device that had another memory before. Every counter must be the same.
 *
 *     passing [--networks N] [--seed S] [--one SEED]
 *
 * Exit 1 when one differs. Ends with a line that counts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/random.h"
#include "network.h"

#define MOST_LAYERS 4u
#define MOST_DIFFERENCES 5u

static uint32_t one_of(struct rng *r, const uint32_t *list, size_t count)
{
    return list[rng_below(r, (uint32_t)count)];
}

#define ONE_OF(r, ...) one_of(r, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void draw_layer(struct rng *r, struct layer *l)
{
    l->k = ONE_OF(r, 1, 1, 3, 5);
    l->h = l->k + rng_below(r, 30);
    l->c = ONE_OF(r, 3, 16, 24, 64, 96, 256);
    l->m = ONE_OF(r, 8, 16, 32, 60, 64, 128, 256);
    l->stride = 1 + rng_below(r, 2);
    l->pad = rng_below(r, l->k / 2 + 1);
    l->count = 1 + rng_below(r, 2);
}

/* Options of a memory, each with a comma before it. */
static void draw_memory(struct rng *r, char *text, size_t size)
{
    int n = snprintf(text, size, ",latency=%u,write_latency=%u", (unsigned)ONE_OF(r, 1, 7, 40, 100, 300), (unsigned)ONE_OF(r, 1, 7, 40, 100, 300));
    if (rng_below(r, 3) == 0)
        n += snprintf(text + n, size - (size_t)n, ",outstanding=%u", (unsigned)ONE_OF(r, 1, 3, 16));
    if (rng_below(r, 8) == 0)
        snprintf(text + n, size - (size_t)n, ",bandwidth=%u.5", (unsigned)ONE_OF(r, 3, 9, 20, 80));
}

/* A configuration. */
static void draw_device(struct rng *r, bool fp, char *name, size_t size)
{
    const uint32_t rows = ONE_OF(r, 4, 8, 16, 32), cols = ONE_OF(r, 4, 8, 16, 32);
    const uint32_t widest = 4 * cols < rows * cols ? 4 * cols : rows * cols, axi = ONE_OF(r, 8, 16, 32, 64, 64);
    int n = snprintf(name, size, "model:%ux%u,fp=%d,data=0,axi=%u", (unsigned)rows, (unsigned)cols, fp,
                     (unsigned)(axi < widest ? axi : widest));
    n += snprintf(name + n, size - (size_t)n, ",apad_banks=%u,acc_banks=%u,planes=%u", (unsigned)ONE_OF(r, 1, 2, 4), (unsigned)ONE_OF(r, 1, 2, 2, 4),
                  (unsigned)ONE_OF(r, 2, 4, 8));
    if (rng_below(r, 3) == 0)
        snprintf(name + n, size - (size_t)n, ",post_latency=%u,post_lanes=%u", (unsigned)ONE_OF(r, 2, 3, 5, 7),
                 (unsigned)(cols / ONE_OF(r, 1, 1, 2, 4)));
}

static bool same(uint64_t seed, uint64_t *cycles)
{
    struct rng r = {seed};
    struct layer layers[MOST_LAYERS];
    struct outcome usual, stepping, retimed;
    char array[300], memory[100], other[100], name[420], slow[440], first[420];
    const bool fp = rng_below(&r, 3) == 0;
    const size_t count = 1 + rng_below(&r, MOST_LAYERS);
    draw_device(&r, fp, array, sizeof array);
    draw_memory(&r, memory, sizeof memory);
    draw_memory(&r, other, sizeof other);
    for (size_t i = 0; i < count; i++)
        draw_layer(&r, &layers[i]);
    snprintf(name, sizeof name, "%s%s", array, memory);
    snprintf(slow, sizeof slow, "%s,stepping=1", name);
    snprintf(first, sizeof first, "%s%s", array, other);
    if (!network_measure(layers, count, name, fp, 2, &usual) || !network_measure(layers, count, slow, fp, 2, &stepping) ||
        !network_retimed(layers, count, first, name, fp, &retimed))
        return false;
    *cycles += stepping.counters.value[SYSTOLE_CNT_CYCLES];
    if (network_differences(&stepping, &usual) == 0 && network_differences(&stepping, &retimed) == 0)
        return true;
    printf("DIFFERENT: seed 0x%" PRIx64 ": %s\n", seed, name);
    return false;
}

int main(int argc, char **argv)
{
    uint64_t networks = 100, seed = 1, one = 0, cycles = 0, different = 0, i;
    for (int a = 1; a < argc; a += 2) {
        uint64_t *to = strcmp(argv[a], "--networks") == 0 ? &networks : strcmp(argv[a], "--seed") == 0 ? &seed
                     : strcmp(argv[a], "--one") == 0 ? &one : NULL;
        if (!to || a + 1 == argc)
            return fprintf(stderr, "usage: passing [--networks N] [--seed S] [--one SEED]\n"), 2;
        *to = strtoull(argv[a + 1], NULL, 0);
    }
    struct rng r = {seed};
    for (i = 0; i < (one ? 1 : networks) && different < MOST_DIFFERENCES; i++)
        different += !same(one ? one : rng_next(&r), &cycles);
    printf("seed 0x%" PRIx64 ": %" PRIu64 " networks, %" PRIu64 " cycles passed over or stepped through; %" PRIu64 " different\n",
           seed, i, cycles, different);
    return different != 0;
}
