/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The convolutions of AlexNet as SCALE-Sim's topology of that name has them (no border; its 224 of the first layer, whose last window would leave the
 * picture, is the 227 that the window needs), as one program on our devices.
 *
 *     bench_topology --layers N --csv             the first N as SCALE-Sim reads them
 *     bench_topology --layers N TYPE DEVICE       cycles, seconds of the processor, multiply-adds
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/timing/network.h"

static const struct layer alexnet[] = {
    {3, 96, 11, 4, 0, 227, 1}, {96, 256, 5, 1, 0, 27, 1}, {256, 384, 3, 1, 0, 13, 1}, {384, 384, 3, 1, 0, 13, 1}, {384, 256, 3, 1, 0, 13, 1},
};

#define LAYERS (sizeof alexnet / sizeof *alexnet)

static uint64_t macs_of(const struct layer *l)
{
    const uint64_t side = (l->h - l->k) / l->stride + 1;
    return side * side * l->m * l->c * l->k * l->k;
}

int main(int argc, char **argv)
{
    const size_t layers = argc > 3 && strcmp(argv[1], "--layers") == 0 ? strtoul(argv[2], NULL, 0) : 0;
    struct outcome o;
    uint64_t macs = 0;
    if (layers == 0 || layers > LAYERS || argc > 5) {
        fprintf(stderr, "usage: bench_topology --layers 1-%zu --csv | int8|bf16 DEVICE\n", LAYERS);
        return 2;
    }
    if (strcmp(argv[3], "--csv") == 0)
        puts("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,");
    for (size_t i = 0; i < layers; i++) {
        const struct layer *l = &alexnet[i];
        macs += macs_of(l);
        if (strcmp(argv[3], "--csv") == 0)
            printf("Conv%zu, %u, %u, %u, %u, %u, %u, %u,\n", i + 1, l->h, l->h, l->k, l->k, l->c, l->m, l->stride);
    }
    if (argc < 5)
        return 0;
    if (!network_measure(alexnet, layers, argv[4], strcmp(argv[3], "bf16") == 0, 1, &o))
        return 1;
    printf("%" PRIu64 " %.6f %" PRIu64 "\n", o.counters.value[SYSTOLE_CNT_CYCLES], o.seconds, macs);
    return 0;
}
