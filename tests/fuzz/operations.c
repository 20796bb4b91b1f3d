/* SPDX-License-Identifier: Apache-2.0 */
/* Random legal instructions. The reference's own checks have the last word. */
#include <string.h>

#include "maker.h"

void hot_choose(struct hot *h, struct rng *r, const struct ref_caps *caps)
{
    for (unsigned i = 0; i < REF_MEMS; i++) {
        const uint32_t size = (uint32_t)ref_mem_size(caps, i);
        uint32_t hot = rng_percent(r, 15) ? size : 2048u << rng_below(r, 3);
        hot = hot > size ? size : hot;
        const uint32_t places[] = {0, size - hot, size / 2 - hot / 2, rng_below(r, (size - hot) / 256 + 1) * 256};
        h->lo[i] = places[rng_below(r, 4)] & ~255u;
        h->size[i] = hot;
        h->parts[i] = 1 + rng_below(r, 3);
    }
}

uint32_t maker_count(struct rng *r, uint32_t most)
{
    if (most <= 1 || rng_percent(r, 35)) {
        return 1;
    }
    return rng_percent(r, 70) ? rng_range(r, 1, most < 4 ? most : 4) : rng_range(r, 1, most);
}

static int64_t round_up(int64_t v, int64_t unit)
{
    return (v + unit - 1) / unit * unit;
}

int64_t maker_any_step(struct rng *r, int64_t unit)
{
    const int64_t v = (int32_t)rng_next(r);
    return v / unit * unit;
}

void maker_nest(struct rng *r, struct dim *d, unsigned dims, int64_t block, int64_t unit)
{
    unsigned order[3] = {0, 1, 2};
    for (unsigned i = dims; i > 1; i--) {
        const unsigned k = rng_percent(r, 60) ? i - 1 : rng_below(r, i);
        const unsigned t = order[i - 1];
        order[i - 1] = order[k];
        order[k] = t;
    }
    const uint32_t gap = rng_percent(r, 50) ? 0 : 40;
    int64_t span = block;
    for (unsigned i = 0; i < dims; i++) {
        struct dim *x = &d[order[i]];
        int64_t step = round_up(span, unit) + (rng_percent(r, gap) ? unit * (int64_t)rng_below(r, 5) : 0);
        if (x->n == 1 && rng_percent(r, 30)) {
            x->step = maker_any_step(r, unit);
            continue;
        }
        span += step * (x->n - 1);
        x->step = rng_percent(r, 12) ? -step : step;
    }
}

void maker_wander(struct rng *r, struct dim *d, unsigned dims, int64_t block, int64_t unit)
{
    if (dims <= 3 && rng_percent(r, 50)) {
        maker_nest(r, d, dims, block, unit);
        return;
    }
    for (unsigned i = 0; i < dims; i++) {
        d[i].step = unit * ((int64_t)rng_below(r, 12) - 3);
        if (d[i].n == 1 && rng_percent(r, 20)) {
            d[i].step = maker_any_step(r, unit);
        }
    }
}

/* A base in [from, to) for dimensions with blocks of `length`; the edges are likely. -1 when it does not fit. */
static int64_t place(struct rng *r, const struct dim *d, unsigned dims, int64_t length, int64_t from, int64_t to,
                     int64_t unit)
{
    int64_t lo = 0;
    int64_t hi = 0;
    for (unsigned i = 0; i < dims; i++) {
        const int64_t reach = (int64_t)(d[i].n - 1) * d[i].step;
        lo += reach < 0 ? reach : 0;
        hi += reach > 0 ? reach : 0;
    }
    const int64_t least = round_up(from - lo, unit);
    const int64_t most = (to - length - hi) / unit * unit;
    if (most < least || to - length - hi < 0) {
        return -1;
    }
    if (rng_percent(r, 30)) {
        return least;
    }
    if (rng_percent(r, 25)) {
        return most;
    }
    return least + unit * (int64_t)rng_below(r, (uint32_t)((most - least) / unit) + 1);
}

int64_t maker_place_mem(const struct maker *k, unsigned mem, const struct dim *d, unsigned dims, int64_t length,
                         int64_t unit)
{
    const uint32_t parts = k->hot->parts[mem];
    const uint32_t part = k->hot->size[mem] / parts;
    const uint32_t from = k->hot->lo[mem] + part * rng_below(k->r, parts);
    const uint32_t to = rng_percent(k->r, 10) ? k->hot->lo[mem] + k->hot->size[mem] : from + part;
    return place(k->r, d, dims, length, from, to, unit);
}

int64_t maker_place_window(const struct maker *k, unsigned w, const struct dim *d, unsigned dims, int64_t length,
                            int64_t unit)
{
    const struct fuzz_case *c = k->c;
    const uint64_t zero = c->region_addr[c->live_region[w]] - c->window[w].base; /* offset of the region, may wrap */
    const int64_t from = (int64_t)zero + c->live_lo[w];
    const int64_t to = (int64_t)zero + c->live_hi[w];
    return place(k->r, d, dims, length, from, to, unit);
}

static void choose_conv(const struct maker *k, uint32_t mem, uint32_t most, uint32_t *conv)
{
    if (mem == SYSTOLE_MEM_ACC || mem == SYSTOLE_MEM_PARAM) {
        *conv = SYSTOLE_CONV_COPY32;
    } else if (mem == SYSTOLE_MEM_LUT || !k->c->caps.has_fp || rng_percent(k->r, k->c->fp ? 15 : 60)) {
        *conv = SYSTOLE_CONV_COPY8;
    } else {
        static const uint8_t convs[] = {SYSTOLE_CONV_COPY16, SYSTOLE_CONV_F32_H, SYSTOLE_CONV_F32_M, SYSTOLE_CONV_F32_L};
        *conv = most == 1 ? SYSTOLE_CONV_COPY16 : convs[rng_below(k->r, 4)];
    }
}

static uint32_t choose_mem(struct rng *r)
{
    static const uint8_t mems[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4};
    return mems[rng_below(r, sizeof mems)];
}

/* Elements of the shapes of LOAD and FILL: len, n1, n2, n3. */
static void choose_shape(const struct maker *k, uint32_t mem, uint32_t *shape)
{
    uint32_t most = k->budget < 1600 ? k->budget : 1600;
    most = mem == SYSTOLE_MEM_LUT && most > 256 ? 256 : most;
    do {
        shape[0] = rng_percent(k->r, 10) ? 256 : rng_percent(k->r, 50) ? rng_range(k->r, 1, 96) : 4u << rng_below(k->r, 5);
        shape[1] = maker_count(k->r, 24);
        shape[2] = maker_count(k->r, 6);
        shape[3] = maker_count(k->r, 4);
    } while (shape[0] * shape[1] * shape[2] * shape[3] > most);
}

static int64_t element(uint32_t conv, bool source)
{
    return conv == SYSTOLE_CONV_COPY8 ? 1 : conv == SYSTOLE_CONV_COPY16 ? 2 : source || conv == SYSTOLE_CONV_COPY32 ? 4 : 2;
}

bool make_load(const struct maker *k)
{
    uint32_t *insn = k->insn;
    uint32_t conv;
    uint32_t shape[4];
    const uint32_t mem = choose_mem(k->r);
    const bool trans = mem <= SYSTOLE_MEM_WPAD && rng_percent(k->r, 35);
    const uint32_t w = rng_below(k->r, SYSTOLE_WINDOWS);
    choose_conv(k, mem, 4, &conv);
    choose_shape(k, mem, shape);
    const int64_t es = element(conv, true);
    const int64_t ed = element(conv, false);
    struct dim to[3] = {{trans ? shape[0] : shape[1], 0}, {shape[2], 0}, {shape[3], 0}};
    struct dim from[3] = {{shape[1], 0}, {shape[2], 0}, {shape[3], 0}};
    const int64_t run = (int64_t)(trans ? shape[1] : shape[0]) * ed;
    maker_nest(k->r, to, 3, run, rng_percent(k->r, 30) ? 8 * ed : ed);
    maker_wander(k->r, from, 3, shape[0] * es, es);
    const int64_t dst = maker_place_mem(k, mem, to, 3, run, ed);
    const int64_t src = maker_place_window(k, w, from, 3, shape[0] * es, es);
    if (dst < 0 || src < 0) {
        return false;
    }
    SYSTOLE_PUT(insn, LOAD, mem, mem);
    SYSTOLE_PUT(insn, LOAD, conv, conv);
    SYSTOLE_PUT(insn, LOAD, trans, trans);
    SYSTOLE_PUT(insn, LOAD, window, w);
    SYSTOLE_PUT(insn, LOAD, src_lo, src);
    SYSTOLE_PUT(insn, LOAD, src_hi, src >> 32);
    SYSTOLE_PUT(insn, LOAD, dst, dst);
    SYSTOLE_PUT(insn, LOAD, len, shape[0]);
    SYSTOLE_PUT(insn, LOAD, n1, shape[1]);
    SYSTOLE_PUT(insn, LOAD, n2, shape[2]);
    SYSTOLE_PUT(insn, LOAD, n3, shape[3]);
    SYSTOLE_PUT(insn, LOAD, s1, from[0].step);
    SYSTOLE_PUT(insn, LOAD, s2, from[1].step);
    SYSTOLE_PUT(insn, LOAD, s3, from[2].step);
    SYSTOLE_PUT(insn, LOAD, d1, to[0].step);
    SYSTOLE_PUT(insn, LOAD, d2, to[1].step);
    SYSTOLE_PUT(insn, LOAD, d3, to[2].step);
    return true;
}

bool make_fill(const struct maker *k)
{
    uint32_t *insn = k->insn;
    uint32_t conv;
    uint32_t shape[4];
    const uint32_t mem = choose_mem(k->r) % SYSTOLE_MEM_LUT;
    choose_conv(k, mem, 1, &conv);
    choose_shape(k, mem, shape);
    const int64_t ed = element(conv, false);
    struct dim to[3] = {{shape[1], 0}, {shape[2], 0}, {shape[3], 0}};
    maker_nest(k->r, to, 3, shape[0] * ed, ed);
    const int64_t dst = maker_place_mem(k, mem, to, 3, shape[0] * ed, ed);
    if (dst < 0) {
        return false;
    }
    const uint32_t value = rng_percent(k->r, 50) && conv == SYSTOLE_CONV_COPY16 ? SYSTOLE_PAD_BF16 : data_f32(k->r);
    SYSTOLE_PUT(insn, FILL, mem, mem);
    SYSTOLE_PUT(insn, FILL, conv, conv);
    SYSTOLE_PUT(insn, FILL, dst, dst);
    SYSTOLE_PUT(insn, FILL, len, shape[0]);
    SYSTOLE_PUT(insn, FILL, n1, shape[1]);
    SYSTOLE_PUT(insn, FILL, n2, shape[2]);
    SYSTOLE_PUT(insn, FILL, n3, shape[3]);
    SYSTOLE_PUT(insn, FILL, d1, to[0].step);
    SYSTOLE_PUT(insn, FILL, d2, to[1].step);
    SYSTOLE_PUT(insn, FILL, d3, to[2].step);
    SYSTOLE_PUT(insn, FILL, value, value);
    return true;
}

static bool make(const struct maker *k, uint32_t opcode)
{
    switch (opcode) {
    case SYSTOLE_OP_LOAD:
        return make_load(k);
    case SYSTOLE_OP_FILL:
        return make_fill(k);
    case SYSTOLE_OP_MATMUL:
        return make_matmul(k);
    case SYSTOLE_OP_STORE:
        return make_store(k);
    default:
        SYSTOLE_PUT(k->insn, SYNC, queue, rng_below(k->r, SYSTOLE_QUEUES));
        return true;
    }
}

bool operation(struct rng *r, const struct hot *h, const struct fuzz_case *c, uint32_t opcode, uint32_t budget,
               uint32_t *insn)
{
    const struct maker k = {r, h, c, budget, insn};
    for (int attempt = 0; attempt < 40; attempt++) {
        memset(insn, 0, SYSTOLE_INSN_BYTES);
        SYSTOLE_PUT(insn, ANY, opcode, opcode);
        if (make(&k, opcode)) {
            return true;
        }
    }
    return false;
}
