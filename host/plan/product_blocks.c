/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a product is cut into blocks: of all that fit the memories the one whose cycles, of the array, of the loads or of the stores, are fewest. A block of A
 * that the step before left in a half of APAD is not loaded again, so that as much of A as two halves hold is read once for all columns.
 */
#include "host/plan/product.h"
#include "host/plan/round.h"

/* Cycles that a block of an operand takes to come: beats of its rows; or transposed, 16 elements a cycle. */
static uint64_t load_of(const struct sy_caps *caps, const struct sy_operand *from, uint64_t rows, uint64_t row)
{
    const uint64_t axi = sy_cap(caps, SYSTOLE_CAP_AXI_BYTES);
    const struct sy_memory m = sy_memory_of(caps);
    const uint64_t beats = pieces(row * from->element, axi), each = larger(beats, (m.latency + beats) / m.outstanding);
    return from->trans ? larger(rows * row / 16, rows * each) : rows * each;
}

/* A step of the reduction goes through all tiles of a block; each takes its vectors, or the time until its plane of weights is free again. */
static uint64_t array_of(const struct sy_product *g, const struct sy_caps *caps, const struct sy_blocks *b)
{
    const uint64_t rows = sy_cap(caps, SYSTOLE_CAP_ROWS), pipe = rows * sy_cap(caps, SYSTOLE_CAP_MAC_LATENCY);
    const uint64_t tiles = pieces(g->n, sy_cap(caps, SYSTOLE_CAP_COLS)), blocks = pieces(tiles, b->nb);
    const uint64_t reuse = (b->mb + pipe + rows) / sy_cap(caps, SYSTOLE_CAP_WEIGHT_PLANES), tile = larger(b->mb, larger(reuse, rows));
    return pieces(g->m, b->mb) * pieces(g->k, rows) * g->passes * larger(tiles * tile, blocks * (pipe + 8));
}

static uint64_t cycles_of(const struct sy_product *g, const struct sy_caps *caps, const struct sy_blocks *b)
{
    const uint64_t down = pieces(g->m, b->mb), across = pieces(pieces(g->n, sy_cap(caps, SYSTOLE_CAP_COLS)), b->nb), deep = pieces(g->k, b->kb);
    const uint64_t turns = deep * g->passes, cols = sy_cap(caps, SYSTOLE_CAP_COLS), axi = sy_cap(caps, SYSTOLE_CAP_AXI_BYTES);
    const uint64_t a_block = g->a.trans ? load_of(caps, &g->a, b->kb, b->mb) : load_of(caps, &g->a, b->mb, b->kb);
    const uint64_t b_block = g->b.trans ? load_of(caps, &g->b, b->nb * cols, b->kb) : load_of(caps, &g->b, (uint64_t)b->kb * b->nb, cols);
    const uint64_t loads = down * turns * (a_block * (turns <= 2 ? 1 : across) + b_block * across) +
                           (g->start == SY_START_C ? (uint64_t)g->m * g->n * 4 / axi : 0);
    const uint64_t array = array_of(g, caps, b), stores = (uint64_t)g->m * g->n * 4 / axi;
    /* Loads are one step ahead: a step takes its own time, or that of what the next one needs. A block of A that stays comes with the first of its steps. */
    const uint64_t steps = down * across * turns, latency = sy_memory_of(caps).latency;
    const uint64_t each = larger(array / steps, latency + b_block + (turns <= 2 ? 0 : a_block));
    const uint64_t with_a = larger(array / steps, latency + b_block + a_block);
    const uint64_t work = steps * each + (turns <= 2 ? down * turns * (with_a - each) : 0), most = larger(work, larger(loads, stores));
    return most + (work + loads + stores - most) / 8 + latency + a_block + b_block;
}

bool sy_product_blocks(const struct sy_product *g, const struct sy_caps *caps, struct sy_blocks *out)
{
    const uint32_t rows = sy_cap(caps, SYSTOLE_CAP_ROWS), cols = sy_cap(caps, SYSTOLE_CAP_COLS), eb = g->bf16 ? 2 : 1;
    const uint32_t acc = sy_cap(caps, SYSTOLE_CAP_ACC_ROWS) / 2, apad = sy_cap(caps, SYSTOLE_CAP_APAD_BYTES) / 2;
    const uint32_t wpad = sy_cap(caps, SYSTOLE_CAP_WPAD_BYTES) / 2, steps = up(g->k, rows) / rows;
    const uint32_t tiles = up(g->n, cols) / cols, most = least(least(tiles, 8), sy_cap(caps, SYSTOLE_CAP_PARAM_ROWS) / 4);
    uint64_t best = UINT64_MAX;
    if (g->m == 0 || g->n == 0 || g->k == 0) {
        *out = (struct sy_blocks){1, 1, rows};
        return true;
    }
    for (uint32_t parts = 1; parts <= steps; parts += parts < 4 ? 1 : parts / 2)
        for (uint32_t nb = most; nb > 0; nb--) {
            struct sy_blocks b = {.nb = nb, .kb = (uint32_t)pieces(steps, parts) * rows};
            const uint32_t room = least(acc / nb, apad / (b.kb * eb));
            if (room == 0 || (uint64_t)nb * cols * b.kb * eb > wpad)
                continue;
            b.mb = (uint32_t)pieces(g->m, pieces(g->m, room));
            const uint64_t cycles = cycles_of(g, caps, &b);
            if (cycles < best) {
                best = cycles;
                *out = b;
            }
        }
    return best < UINT64_MAX;
}
